/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Values of header fields as text. */
#ifndef HARNESS_FIELD_TEXT_H
#define HARNESS_FIELD_TEXT_H

#include "ref/wire/field.h"

/*
 * The value as text, cut to size; "(cut)" where the layer ends before. Returns as snprintf() does;
 * but octets (WIRE_OCTETS) end in "..." where buf ends, and only what is there counts.
 */
int field_text(char *buf, size_t size, const uint8_t *frame, const struct wire_layer *l,
	       const struct wire_field *f);

#endif
