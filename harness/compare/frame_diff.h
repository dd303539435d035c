/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The field in which two frames differ. */
#ifndef HARNESS_FRAME_DIFF_H
#define HARNESS_FRAME_DIFF_H

#include <stddef.h>
#include <stdint.h>

/*
 * Name the first header field that differs ("IPv4 ttl") and both values ("64, 63"). Checksums and
 * lengths, which follow from other fields, only if nothing else differs.
 */
void frame_diff(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, char *field,
		size_t field_size, char *detail, size_t detail_size);

#endif
