/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Text into a buffer of fixed size. */
#include "harness/text.h"

#include <stdarg.h>
#include <stdio.h>

void text_add(struct text *t, const char *fmt, ...)
{
	size_t room = t->size - t->len;
	va_list ap;
	int n;

	if (room <= 1)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, room, fmt, ap);
	va_end(ap);
	if (n <= 0)
		return;
	t->len += (size_t)n < room ? (size_t)n : room - 1;
	if ((size_t)n >= room)
		t->size = t->len + 1;
}

void text_hex(struct text *t, const uint8_t *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		if (t->size - t->len <= 2) {
			t->size = t->len + 1;
			break;
		}
		t->buf[t->len++] = digits[data[i] >> 4];
		t->buf[t->len++] = digits[data[i] & 15];
	}
	if (t->size > 0)
		t->buf[t->len] = '\0';
}
