/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "harness/report/markup.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * One character of UTF-8. Returns its octets, 0: they are none (cut short, longer than need be, a
 * surrogate, beyond the last).
 */
static size_t decode(const unsigned char *p, size_t left, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = *p < 0x80		   ? 1
		     : (*p & 0xe0) == 0xc0 ? 2
		     : (*p & 0xf0) == 0xe0 ? 3
		     : (*p & 0xf8) == 0xf0 ? 4
					   : 0;
	uint32_t c;

	if (len == 0 || len > left)
		return 0;
	c = len == 1 ? *p : *p & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return len;
}

/* XML has no place for it, or it would hide what the text says. */
static bool is_odd(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c <= 0x9f) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c & 0xfffe) == 0xfffe;
}

static const char *entity(uint32_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	return NULL;
}

static void put(FILE *out, const char *text, size_t len, bool attr)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len;

	while (p < end) {
		uint32_t c = 0;
		size_t n = decode(p, (size_t)(end - p), &c);
		const char *name = n ? entity(c) : NULL;

		if (n == 0)
			fprintf(out, "\\x%02x", *p);
		else if (name)
			fputs(name, out);
		else if (c == '\n' || c == '\t')
			fprintf(out, attr ? "&#%" PRIu32 ";" : c == '\n' ? "\n" : "\t", c);
		else if (is_odd(c))
			fprintf(out, c < 0x80 ? "\\x%02" PRIx32 : "\\u%04" PRIx32, c);
		else
			fwrite(p, 1, n, out);
		p += n ? n : 1;
	}
}

void markup_text(FILE *out, const char *text, size_t len)
{
	put(out, text, len, false);
}

void markup_attr(FILE *out, const char *text)
{
	put(out, text, strlen(text), true);
}

void markup_pair(FILE *out, const char *name, const char *text)
{
	fprintf(out, " %s=\"", name);
	markup_attr(out, text);
	fputc('"', out);
}
