/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Values of header fields as text. */
#include "harness/field_text.h"

#include <stdio.h>

/* Digits of a field that goes to the end of its header; "..." where the buffer ends. */
static int octets_text(char *buf, size_t size, const uint8_t *p, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		if (at + 6 > size) {
			at += (size_t)snprintf(buf + at, size - at, "...");
			break;
		}
		at += (size_t)snprintf(buf + at, size - at, "%02x", p[i]);
	}
	return (int)at;
}

int field_text(char *buf, size_t size, const uint8_t *frame, const struct wire_layer *l,
	       const struct wire_field *f)
{
	const uint8_t *p = frame + l->off + f->bit_off / 8;
	const char *name;
	uint32_t v;

	if (!wire_field_fits(l, f))
		return snprintf(buf, size, "(cut)");
	if (f->format == WIRE_MAC)
		return snprintf(buf, size, "%02x:%02x:%02x:%02x:%02x:%02x", p[0], p[1], p[2], p[3],
				p[4], p[5]);
	if (f->format == WIRE_OCTETS)
		return octets_text(buf, size, p, l->len - f->bit_off / 8);
	v = wire_field_value(frame, l, f);
	switch (f->format) {
	case WIRE_HEX:
		return snprintf(buf, size, "0x%x", v);
	case WIRE_IPV4:
		return snprintf(buf, size, "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255,
				v & 255);
	case WIRE_NAMED:
		name = wire_name(f->names, v);
		return name ? snprintf(buf, size, "%u (%s)", v, name)
			    : snprintf(buf, size, "%u", v);
	case WIRE_FRAG_OFF:
		return snprintf(buf, size, "%u", v * 8);
	case WIRE_DEC:
	case WIRE_MAC:
	case WIRE_OCTETS:
		break;
	}
	return snprintf(buf, size, "%u", v);
}
