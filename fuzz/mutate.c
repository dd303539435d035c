/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Changes to one frame, and the repair of what they broke. */
#include "fuzz/mutate.h"

#include <string.h>

#include "ref/wire/csum.h"
#include "ref/wire/cur.h"

#define ETH_HLEN 14
#define IP_HLEN	 20

/* Fields worth changing: offset in the frame (IP header without options) and width, octets. */
static const struct {
	uint8_t off, len;
} fields[] = {
	{ ETH_HLEN + 0, 1 }, /* version, header length */
	{ ETH_HLEN + 1, 1 }, /* TOS */
	{ ETH_HLEN + 2, 2 }, /* total length */
	{ ETH_HLEN + 4, 2 }, /* id */
	{ ETH_HLEN + 6, 2 }, /* flags, offset */
	{ ETH_HLEN + 8, 1 }, /* TTL */
	{ ETH_HLEN + 9, 1 }, /* protocol */
	{ ETH_HLEN + 10, 2 }, /* checksum */
	{ ETH_HLEN + 12, 4 }, /* source */
	{ ETH_HLEN + 16, 4 }, /* destination */
	{ ETH_HLEN + 20, 2 }, /* source port; ICMP type and code */
	{ ETH_HLEN + 22, 2 }, /* destination port; ICMP checksum */
	{ ETH_HLEN + 24, 2 }, /* UDP length */
	{ ETH_HLEN + 26, 2 }, /* UDP checksum */
	{ ETH_HLEN + 28, 1 }, /* first octet behind a UDP header */
	{ 0, 1 }, /* destination MAC: the group bit */
	{ 12, 2 }, /* Ethernet type */
};

static const uint32_t interesting[] = {
	0,	    1,		7,	    8,		19,	    20,		27,
	28,	    0x7f,	0x80,	    0xff,	0x1fff,	    0x2000,	0x3fff,
	0x4000,	    0x7fff,	0x8000,	    0xffff,	0x0a000000, 0x0a000001, 0x0affffff,
	0x7f000001, 0xe0000001, 0xe0000016, 0xef010101, 0xffffffff,
};

static uint32_t get_field(const uint8_t *p, uint8_t len)
{
	uint32_t v = 0;

	for (int i = 0; i < len; i++)
		v = v << 8 | p[i];
	return v;
}

static void set_field(uint8_t *p, uint8_t len, uint32_t v)
{
	for (int i = len - 1; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

static void change_field(struct rng *r, uint8_t *frame, size_t len)
{
	uint32_t i = rng_below(r, sizeof(fields) / sizeof(fields[0]));
	uint8_t *p = frame + fields[i].off;
	uint32_t v;

	if ((size_t)fields[i].off + fields[i].len > len)
		return;
	switch (rng_below(r, 4)) {
	case 0:
		v = interesting[rng_below(r, sizeof(interesting) / sizeof(interesting[0]))];
		break;
	case 1:
		v = get_field(p, fields[i].len) + rng_below(r, 17) - 8;
		break;
	case 2:
		v = get_field(p, fields[i].len) ^ 1u << rng_below(r, fields[i].len * 8u);
		break;
	default:
		v = (uint32_t)rng_next(r);
		break;
	}
	set_field(p, fields[i].len, v);
}

static void flip_bit(struct rng *r, uint8_t *frame, size_t len)
{
	uint32_t bit;

	if (len == 0)
		return;
	bit = rng_below(r, (uint32_t)len * 8);
	frame[bit / 8] = (uint8_t)(frame[bit / 8] ^ 1u << bit % 8);
}

static size_t cut_or_pad(struct rng *r, uint8_t *frame, size_t len, size_t max)
{
	size_t n = rng_below(r, 40);

	if (rng_one_in(r, 2))
		return n < len ? len - n : len;
	if (n > max - len)
		n = max - len;
	for (size_t i = 0; i < n; i++)
		frame[len + i] = (uint8_t)rng_next(r);
	return len + n;
}

/* Kinds that the kernel knows, among some that it does not. */
static const uint8_t option_kinds[] = { 7, 7, 68, 68, 82, 130, 131, 134, 136, 137, 148, 85, 213 };

/* One option of at most `left` (>= 4) octets at p; returns its length. */
static size_t random_option(struct rng *r, uint8_t *p, size_t left)
{
	static const uint8_t own[4] = { 10, 0, 0, 1 };
	uint8_t kind = option_kinds[rng_below(r, sizeof(option_kinds))];
	bool stamp = kind == 68;
	size_t n = rng_one_in(r, 6) ? rng_below(r, 45) : (stamp ? 4u : 3u) + 4 * rng_below(r, 9);

	if (n > left && !rng_one_in(r, 8))
		n = left;
	p[0] = kind;
	p[1] = (uint8_t)n;
	p[2] = (uint8_t)(rng_one_in(r, 4) ? rng_below(r, 48)
					  : (stamp ? 5u : 4u) + 4 * rng_below(r, 4));
	if (stamp)
		p[3] = (uint8_t)(rng_below(r, 4) | rng_below(r, 16) << 4);
	if (left >= 8 && rng_one_in(r, 4))
		memcpy(p + 4, own, sizeof(own));
	return n < 2 || n > left ? left : n;
}

/* Put random options into the IP header in place of those that are there. */
static size_t change_options(struct rng *r, uint8_t *frame, size_t len, size_t max)
{
	uint8_t *ip = frame + ETH_HLEN;
	uint8_t opt[40];
	size_t old, want, rest, at = 0;

	if (len < ETH_HLEN + IP_HLEN)
		return len;
	old = (size_t)(ip[0] & 15) * 4;
	if (old < IP_HLEN || ETH_HLEN + old > len)
		return len;
	want = 4 * (1 + rng_below(r, 10));
	rest = len - ETH_HLEN - old;
	if (ETH_HLEN + IP_HLEN + want + rest > max)
		return len;
	memset(opt, rng_one_in(r, 2), sizeof(opt));
	while (want - at >= 4) {
		if (rng_one_in(r, 4))
			at++;
		else
			at += random_option(r, opt + at, want - at);
	}
	memmove(ip + IP_HLEN + want, ip + old, rest);
	memcpy(ip + IP_HLEN, opt, want);
	ip[0] = (uint8_t)((ip[0] & 0xf0) | (5 + want / 4));
	return ETH_HLEN + IP_HLEN + want + rest;
}

size_t mutate_frame(struct rng *r, uint8_t *frame, size_t len, size_t max)
{
	uint32_t times = 1 + rng_below(r, 3);

	while (times--) {
		switch (rng_below(r, 8)) {
		case 0:
			flip_bit(r, frame, len);
			break;
		case 1:
			len = cut_or_pad(r, frame, len, max);
			break;
		case 2:
			len = change_options(r, frame, len, max);
			break;
		default:
			change_field(r, frame, len);
			break;
		}
	}
	mutate_repair(frame, len, rng_one_in(r, 5) ? rng_below(r, REPAIR_ALL + 1) : REPAIR_ALL);
	return len;
}

/* The sum field at `at` of n octets whose other contributions are in sum. */
static void store_sum(uint8_t *p, size_t n, size_t at, uint64_t sum, bool udp)
{
	uint16_t folded;

	p[at] = p[at + 1] = 0;
	folded = csum_fold(csum_partial(p, n, sum));
	csum_store(p + at, udp && folded == 0 ? 0xffff : folded);
}

static void repair_udp(const uint8_t *ip, uint8_t *l4, size_t l4_len, unsigned int what)
{
	uint8_t proto = ip[9];
	bool lite = proto == 136;
	size_t n;

	if (l4_len < 8)
		return;
	if (what & REPAIR_L4_LEN && !lite)
		wire_put16(l4 + 4, (uint16_t)l4_len);
	n = wire_get16(l4 + 4);
	if (lite && n == 0)
		n = l4_len;
	/* A UDP checksum of 0 says that there is none: it stays. */
	if (!(what & REPAIR_L4_CSUM) || n < 8 || n > l4_len || (!lite && wire_get16(l4 + 6) == 0))
		return;
	store_sum(l4, n, 6,
		  csum_tcpudp_nofold(wire_get32(ip + 12), wire_get32(ip + 16),
				     (uint32_t)(lite ? l4_len : n), proto, 0),
		  true);
}

static void repair_l4(const uint8_t *ip, uint8_t *l4, size_t l4_len, unsigned int what)
{
	/* The transport checksum of a fragment covers what is not here. */
	if (wire_get16(ip + 6) & 0x3fff)
		return;
	switch (ip[9]) {
	case 1:
	case 2:
		if (what & REPAIR_L4_CSUM && l4_len >= 4)
			store_sum(l4, l4_len, 2, 0, false);
		break;
	case 6:
		if (what & REPAIR_L4_CSUM && l4_len >= 18)
			store_sum(l4, l4_len, 16,
				  csum_tcpudp_nofold(wire_get32(ip + 12), wire_get32(ip + 16),
						     (uint32_t)l4_len, 6, 0),
				  false);
		break;
	case 17:
	case 136:
		repair_udp(ip, l4, l4_len, what);
		break;
	default:
		break;
	}
}

void mutate_repair(uint8_t *frame, size_t len, unsigned int what)
{
	uint8_t *ip = frame + ETH_HLEN;
	size_t ip_len, ihl;

	if (len < ETH_HLEN + IP_HLEN)
		return;
	ip_len = len - ETH_HLEN;
	ihl = (size_t)(ip[0] & 15) * 4;
	if (ihl < IP_HLEN || ihl > ip_len)
		return;
	if (what & REPAIR_TOT_LEN && ip_len <= 65535)
		wire_put16(ip + 2, (uint16_t)ip_len);
	if (wire_get16(ip + 2) >= ihl && wire_get16(ip + 2) < ip_len)
		ip_len = wire_get16(ip + 2);
	repair_l4(ip, ip + ihl, ip_len - ihl, what);
	if (what & REPAIR_IP_CSUM)
		store_sum(ip, ihl, 10, 0, false);
}
