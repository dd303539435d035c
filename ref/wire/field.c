/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Finding the headers of a frame, and the values of their fields. */
#include "ref/wire/field.h"

#include "ref/wire/cur.h"

/* A walk over a frame: what is to be read next, and the layers found so far. */
struct walk {
	const uint8_t *frame;
	size_t off, end; /* octets not yet read: [off, end) of the frame */
	struct wire_layer *ret;
	size_t nr, max;
	bool quoted;
};

enum next {
	NEXT_ETHERNET,
	NEXT_ETHER_TYPE,
	NEXT_IPV4,
	NEXT_PROTOCOL,
	NEXT_PAYLOAD,
	NEXT_NONE,
};

/* Take a header of len octets; false: it is cut, and nothing follows. */
static bool take(struct walk *w, const struct wire_header *header, size_t len)
{
	size_t left = w->end - w->off;
	bool cut = left < len;

	if (w->nr == w->max)
		return false;
	w->ret[w->nr++] = (struct wire_layer){
		.header = header,
		.off = w->off,
		.len = cut ? left : len,
		.cut = cut,
		.quoted = w->quoted,
	};
	w->off += cut ? left : len;
	return !cut;
}

static enum next ether_type(struct walk *w, uint16_t type, uint16_t *ret_type)
{
	switch (type) {
	case 0x8100:
	case 0x88a8:
		if (!take(w, &wire_vlan, 4))
			return NEXT_NONE;
		*ret_type = wire_get16(w->frame + w->off - 2);
		return NEXT_ETHER_TYPE;
	case 0x0800:
		return NEXT_IPV4;
	case 0x0806:
		take(w, &wire_arp, 28);
		return NEXT_PAYLOAD;
	default:
		return NEXT_PAYLOAD;
	}
}

/* Options one by one; a run of one-octet options is one layer. */
static void options(struct walk *w, size_t end)
{
	while (w->off < end) {
		const uint8_t *opt = w->frame + w->off;
		size_t left = end - w->off, len = 1;

		if (opt[0] <= 1)
			while (len < left && opt[len] == opt[0])
				len++;
		else
			len = left >= 2 && opt[1] >= 2 && opt[1] <= left ? opt[1] : left;
		if (!take(w, &wire_ip_option, len))
			return;
	}
	w->off = end;
}

static enum next ipv4(struct walk *w, uint8_t *ret_protocol)
{
	const uint8_t *iph = w->frame + w->off;
	size_t start = w->off, header_len, total;

	if (!take(w, &wire_ipv4, 20))
		return NEXT_NONE;
	header_len = (size_t)(iph[0] & 15) * 4;
	total = wire_get16(iph + 2);
	if (header_len > 20)
		options(w, header_len < w->end - start ? start + header_len : w->end);
	/* What is behind the datagram is padding, which the caller finds left over. */
	if (total >= header_len && total >= 20 && total < w->end - start)
		w->end = start + total;
	*ret_protocol = iph[9];
	return wire_get16(iph + 6) & 0x1fff ? NEXT_PAYLOAD : NEXT_PROTOCOL;
}

static enum next icmp(struct walk *w)
{
	const struct wire_header *header = &wire_icmp;
	bool quotes = false;
	size_t len = 8;

	if (w->off == w->end)
		return take(w, header, len) ? NEXT_PAYLOAD : NEXT_NONE;
	switch (w->frame[w->off]) {
	case 0:
	case 8:
		header = &wire_icmp_echo;
		break;
	case 3:
		header = &wire_icmp_unreach;
		quotes = true;
		break;
	case 5:
		header = &wire_icmp_redirect;
		quotes = true;
		break;
	case 12:
		header = &wire_icmp_param;
		quotes = true;
		break;
	case 4:
	case 11:
		quotes = true;
		break;
	case 13:
	case 14:
		header = &wire_icmp_stamp;
		len = 20;
		break;
	}
	if (!take(w, header, len))
		return NEXT_NONE;
	if (!quotes || w->quoted)
		return NEXT_PAYLOAD;
	w->quoted = true;
	return NEXT_IPV4;
}

static enum next tcp(struct walk *w)
{
	size_t left = w->end - w->off, len = 20;

	if (left >= 13 && (size_t)(w->frame[w->off + 12] >> 4) * 4 > len)
		len = (size_t)(w->frame[w->off + 12] >> 4) * 4;
	return take(w, &wire_tcp, len) ? NEXT_PAYLOAD : NEXT_NONE;
}

static enum next protocol(struct walk *w, uint8_t proto)
{
	const struct wire_header *igmp = &wire_igmp;

	switch (proto) {
	case 1:
		return icmp(w);
	case 2:
		if (w->end > w->off && w->frame[w->off] == 0x22)
			igmp = &wire_igmp3_report;
		return take(w, igmp, 8) ? NEXT_PAYLOAD : NEXT_NONE;
	case 4:
		return NEXT_IPV4;
	case 6:
		return tcp(w);
	case 17:
		return take(w, &wire_udp, 8) ? NEXT_PAYLOAD : NEXT_NONE;
	case 136:
		return take(w, &wire_udplite, 8) ? NEXT_PAYLOAD : NEXT_NONE;
	default:
		return NEXT_PAYLOAD;
	}
}

size_t wire_layers(const uint8_t *frame, size_t len, struct wire_layer *ret, size_t max)
{
	struct walk w = { .frame = frame, .end = len, .ret = ret, .max = max };
	enum next next = NEXT_ETHERNET;
	uint16_t type = 0;
	uint8_t proto = 0;

	while (next != NEXT_NONE && next != NEXT_PAYLOAD && w.nr < w.max) {
		switch (next) {
		case NEXT_ETHERNET:
			next = take(&w, &wire_ethernet, 14) ? NEXT_ETHER_TYPE : NEXT_NONE;
			if (next == NEXT_ETHER_TYPE)
				type = wire_get16(frame + 12);
			break;
		case NEXT_ETHER_TYPE:
			next = ether_type(&w, type, &type);
			break;
		case NEXT_IPV4:
			next = ipv4(&w, &proto);
			break;
		case NEXT_PROTOCOL:
			next = protocol(&w, proto);
			break;
		case NEXT_PAYLOAD:
		case NEXT_NONE:
			break;
		}
	}
	if (next == NEXT_PAYLOAD && w.off < w.end)
		take(&w, &wire_payload, w.end - w.off);
	if (w.off < len) {
		w.end = len;
		w.quoted = false;
		take(&w, &wire_padding, len - w.off);
	}
	return w.nr;
}

bool wire_field_fits(const struct wire_layer *l, const struct wire_field *f)
{
	if (f->bits == 0)
		return l->len * 8 > f->bit_off;
	return (size_t)f->bit_off + f->bits <= l->len * 8;
}

uint32_t wire_field_value(const uint8_t *frame, const struct wire_layer *l,
			  const struct wire_field *f)
{
	const uint8_t *p = frame + l->off + f->bit_off / 8;
	unsigned int bits = f->bit_off % 8u + f->bits;
	uint64_t v = 0;

	for (unsigned int i = 0; i < (bits + 7) / 8; i++)
		v = v << 8 | p[i];
	v >>= (8 - bits % 8) % 8;
	return (uint32_t)(f->bits < 32 ? v & ((1u << f->bits) - 1) : v);
}

const char *wire_name(const struct wire_name *names, uint32_t value)
{
	for (; names && names->name; names++)
		if (names->value == value)
			return names->name;
	return NULL;
}
