/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Text into a buffer of fixed size: what does not fit is cut, and nothing follows a cut; the end
 * is always terminated.
 */
#ifndef HARNESS_TEXT_H
#define HARNESS_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	char *buf;
	size_t size, len;
};

static inline struct text text_init(char *buf, size_t size)
{
	if (size > 0)
		buf[0] = '\0';
	return (struct text){ .buf = buf, .size = size };
}

void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Hexadecimal digits of n octets. */
void text_hex(struct text *t, const uint8_t *data, size_t n);

#endif
