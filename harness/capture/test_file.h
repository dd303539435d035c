/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* For tests: a capture in the making, octet by octet. */
#ifndef HARNESS_CAPTURE_TEST_FILE_H
#define HARNESS_CAPTURE_TEST_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "harness/capture/capture.h"

struct file {
	uint8_t data[1 << 16];
	size_t len;
	bool big;
};

static inline void put(struct file *f, const void *p, size_t n)
{
	assert_true(f->len + n <= sizeof(f->data));
	memcpy(f->data + f->len, p, n);
	f->len += n;
}

static inline void put32(struct file *f, uint32_t v)
{
	if (f->big)
		v = __builtin_bswap32(v);
	put(f, &v, 4);
}

static inline void put16(struct file *f, uint16_t v)
{
	if (f->big)
		v = __builtin_bswap16(v);
	put(f, &v, 2);
}

static inline void put_zero(struct file *f, size_t n)
{
	while (n--)
		put(f, "", 1);
}

static inline void pcap_head(struct file *f, uint32_t magic, uint32_t snap, uint32_t link)
{
	put32(f, magic);
	put16(f, 2);
	put16(f, 4);
	put_zero(f, 8);
	put32(f, snap);
	put32(f, link);
}

/* len octets, claimed to be cap of orig. */
static inline void pcap_claim(struct file *f, uint32_t s, uint32_t frac, uint32_t cap,
			      uint32_t orig, const uint8_t *data, size_t len)
{
	put32(f, s);
	put32(f, frac);
	put32(f, cap);
	put32(f, orig);
	put(f, data, len);
}

static inline size_t block_begin(struct file *f, uint32_t type)
{
	size_t at = f->len;

	put32(f, type);
	put32(f, 0);
	return at;
}

static inline void block_end(struct file *f, size_t at)
{
	struct file tmp = { .big = f->big };

	put_zero(f, -f->len & 3);
	put32(&tmp, (uint32_t)(f->len - at + 4));
	memcpy(f->data + at + 4, tmp.data, 4);
	put(f, tmp.data, 4);
}

static inline void ng_section(struct file *f)
{
	size_t at = block_begin(f, 0x0a0d0d0a);

	put32(f, 0x1a2b3c4d);
	put16(f, 1);
	put16(f, 0);
	put32(f, 0xffffffff);
	put32(f, 0xffffffff);
	block_end(f, at);
}

static inline void ng_iface(struct file *f, uint16_t link, uint32_t snap, int tsresol)
{
	size_t at = block_begin(f, 1);

	put16(f, link);
	put16(f, 0);
	put32(f, snap);
	if (tsresol >= 0) {
		put16(f, 9);
		put16(f, 1);
		put32(f, f->big ? (uint32_t)tsresol << 24 : (uint32_t)tsresol);
		put32(f, 0);
	}
	block_end(f, at);
}

static inline void ng_packet(struct file *f, uint32_t iface, uint64_t t, const uint8_t *data,
			     size_t len, uint32_t flags)
{
	size_t at = block_begin(f, 6);

	put32(f, iface);
	put32(f, (uint32_t)(t >> 32));
	put32(f, (uint32_t)t);
	put32(f, (uint32_t)len);
	put32(f, (uint32_t)len);
	put(f, data, len);
	put_zero(f, -f->len & 3);
	if (flags) {
		put16(f, 2);
		put16(f, 4);
		put32(f, flags);
		put32(f, 0);
	}
	block_end(f, at);
}

/* An Ethernet frame with a UDP datagram 10.0.0.2:53 > 10.0.0.1:1024 of 18 octets. */
static const uint8_t eth_udp[60] = {
	2, 0, 0,  0,  0, 1, 2,	0, 0, 0, 1,  1,	 8,  0,	 0x45, 0,  0,  46, 0,  1,
	0, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0,	 0,  1,	 0,    53, 4,  0,  0,  26,
	0, 0, 1,  2,  3, 4, 5,	6, 7, 8, 9,  10, 11, 12, 13,   14, 15, 16, 17, 18,
};
#define IP_PACKET (eth_udp + 14)
#define IP_LEN	  (sizeof(eth_udp) - 14)

static inline void good(struct file *f, uint32_t s)
{
	pcap_claim(f, s, 0, sizeof(eth_udp), sizeof(eth_udp), eth_udp, sizeof(eth_udp));
}

/* The time of the second packet is before that of the first. */
static inline void packet_back(struct file *f)
{
	pcap_head(f, 0xa1b23c4d, 0, 1);
	pcap_claim(f, 5, 10, 60, 60, eth_udp, 60);
	pcap_claim(f, 5, 9, 60, 60, eth_udp, 60);
}

/* Reads to the end; the error at opening or reading, or 0. */
static inline int read_all(const uint8_t *data, size_t len, uint64_t *ret_nr, struct errmsg *e)
{
	struct capture_packet p;
	struct capture *c;
	int err = capture_open_memory(&c, "x.pcap", data, len, NULL, e);

	*ret_nr = 0;
	if (err)
		return err;
	while ((err = capture_next(c, &p, e)) == 1) {
		assert_int_equal(p.nr, *ret_nr + 1);
		*ret_nr = p.nr;
	}
	if (err) {
		struct errmsg again;

		/* The error stays. */
		assert_int_equal(capture_next(c, &p, &again), err);
		assert_string_equal(again.text, e->text);
	}
	capture_close(c);
	return err;
}

#endif
