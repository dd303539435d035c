/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The pcapng file format: sections in either octet order, interfaces of different link types, snap
 * lengths and clocks; enhanced, simple and (old) packet blocks. All other blocks are skipped.
 */
#include "harness/capture/reader.h"

#include <errno.h>
#include <string.h>

#define BLOCK_SECTION	 0x0a0d0d0au
#define BLOCK_IFACE	 1u
#define BLOCK_OLD_PACKET 2u
#define BLOCK_SIMPLE	 3u
#define BLOCK_PACKET	 6u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du

#define BLOCK_HEADER_LEN  8
#define BLOCK_TRAILER_LEN 4
#define OPT_IF_TSRESOL	  9
#define OPT_IF_TSOFFSET	  14
#define OPT_EPB_FLAGS	  2

struct block {
	uint32_t type, len; /* whole block */
	uint8_t *body; /* between header and trailer */
	uint32_t body_len;
};

/* Blocks by type: how much of the body is fixed. What is not here is skipped. */
static const struct block_type {
	uint32_t type;
	uint32_t min_body;
	const char *name;
} block_types[] = {
	{ BLOCK_SECTION, 16, "section header" }, { BLOCK_IFACE, 8, "interface description" },
	{ BLOCK_OLD_PACKET, 20, "packet" },	 { BLOCK_SIMPLE, 4, "simple packet" },
	{ BLOCK_PACKET, 20, "enhanced packet" },
};

static bool pcapng_detect(const uint8_t magic[4])
{
	return !memcmp(magic, "\x0a\x0d\x0d\x0a", 4);
}

static const struct block_type *block_type(uint32_t type)
{
	for (size_t i = 0; i < sizeof(block_types) / sizeof(*block_types); i++)
		if (block_types[i].type == type)
			return &block_types[i];
	return NULL;
}

/* Find an option's value; its length, or -1. Options of a damaged list are not looked at. */
static int option_find(const struct capture *c, const uint8_t *p, uint32_t left, uint16_t code,
		       const uint8_t **ret)
{
	while (left >= 4) {
		uint16_t type = capture_u16(c, p), len = capture_u16(c, p + 2);
		uint32_t padded = 4 + (((uint32_t)len + 3) & ~3u);

		if (!type || padded > left)
			break;
		if (type == code) {
			*ret = p + 4;
			return len;
		}
		p += padded;
		left -= padded;
	}
	return -1;
}

/* A section header decides the octet order of what follows, its own length included. */
static int section_order(struct capture *c, struct errmsg *e)
{
	size_t have = stream_peek(&c->stream, 12);

	if (have < 12)
		return capture_short(c, have, 12, e);
	c->swapped = false;
	if (capture_u32(c, c->stream.pos + 8) == BYTE_ORDER_MAGIC)
		return 0;
	c->swapped = true;
	if (capture_u32(c, c->stream.pos + 8) == BYTE_ORDER_MAGIC)
		return 0;
	return errmsg_set(e, -EBADMSG, "damaged: a section header without its octet-order mark");
}

static int block_damaged(const struct capture *c, const struct block *b, const char *what,
			 struct errmsg *e)
{
	const struct block_type *t = block_type(b->type);

	(void)c;
	if (t)
		return errmsg_set(e, -EBADMSG, "damaged: %s block of %u octets %s", t->name, b->len,
				  what);
	return errmsg_set(e, -EBADMSG, "damaged: block of type 0x%x and %u octets %s", b->type,
			  b->len, what);
}

/* Take the next block that matters: 1, 0 at the end, -errno. Its octets stay till the next one. */
static int block_next(struct capture *c, struct block *b, struct errmsg *e)
{
	for (;;) {
		size_t have = stream_peek(&c->stream, BLOCK_HEADER_LEN);
		const struct block_type *t;
		int err = 0;

		if (have < BLOCK_HEADER_LEN) {
			err = stream_error(&c->stream, e);
			return !have && !err ? 0 : capture_short(c, have, BLOCK_HEADER_LEN, e);
		}
		b->type = capture_u32(c, c->stream.pos);
		if (b->type == BLOCK_SECTION)
			err = section_order(c, e);
		if (err)
			return err;
		b->len = capture_u32(c, c->stream.pos + 4);
		t = block_type(b->type);
		if (b->len % 4 || b->len < BLOCK_HEADER_LEN + BLOCK_TRAILER_LEN)
			return block_damaged(c, b, "cannot be", e);
		if (!t) {
			uint64_t got = stream_skip(&c->stream, b->len);

			if (got < b->len)
				return capture_short(c, (size_t)got, b->len, e);
			continue;
		}
		b->body_len = b->len - BLOCK_HEADER_LEN - BLOCK_TRAILER_LEN;
		if (b->body_len < t->min_body)
			return block_damaged(c, b, "is too short", e);
		if (b->len > STREAM_PEEK_MAX)
			return block_damaged(c, b, "is longer than any packet", e);
		have = stream_peek(&c->stream, b->len);
		if (have < b->len)
			return capture_short(c, have, b->len, e);
		b->body = c->stream.pos + BLOCK_HEADER_LEN;
		if (capture_u32(c, b->body + b->body_len) != b->len)
			return block_damaged(c, b, "ends with another length", e);
		stream_take(&c->stream, b->len);
		return 1;
	}
}

static int iface_add(struct capture *c, const struct block *b, struct errmsg *e)
{
	struct capture_iface *iface;
	const uint8_t *val;

	if (c->iface_nr == CAPTURE_IFACE_MAX)
		return errmsg_set(e, -E2BIG, "more than %d interfaces", CAPTURE_IFACE_MAX);
	iface = &c->iface[c->iface_nr++];
	*iface = (struct capture_iface){
		.link_type = capture_u16(c, b->body),
		.snap_len = capture_u32(c, b->body + 4),
		.ts_resol = 6,
	};
	if (option_find(c, b->body + 8, b->body_len - 8, OPT_IF_TSRESOL, &val) == 1)
		iface->ts_resol = val[0];
	if (option_find(c, b->body + 8, b->body_len - 8, OPT_IF_TSOFFSET, &val) == 8) {
		uint64_t lo = capture_u32(c, val), hi = capture_u32(c, val + 4);

		iface->ts_offset_s = c->swapped ? lo << 32 | hi : hi << 32 | lo;
	}
	return 0;
}

/* Units of 10^-n s, or of 2^-n s with the highest bit set, as nanoseconds. */
static uint64_t time_to_ns(uint64_t t, const struct capture_iface *iface)
{
	unsigned int n = iface->ts_resol & 0x7f;
	uint64_t ns, unit = 1;

	if (iface->ts_resol & 0x80) {
		uint64_t s, frac;

		if (n > 63)
			n = 63;
		s = t >> n;
		frac = t - (s << n);
		/* Keep frac * 10^9 within 64 bits. */
		if (n > 34) {
			frac >>= n - 34;
			n = 34;
		}
		ns = s * 1000000000u + (frac * 1000000000u >> n);
	} else if (n <= 9) {
		for (; n < 9; n++)
			unit *= 10;
		ns = t * unit;
	} else {
		for (; n > 9 && unit <= UINT64_MAX / 10; n--)
			unit *= 10;
		ns = t / unit;
	}
	return ns + iface->ts_offset_s * 1000000000u;
}

static int packet_block(struct capture *c, const struct block *b, struct record *r,
			struct errmsg *e)
{
	uint8_t *body = b->body;
	uint32_t iface_idx = b->type == BLOCK_PACKET ? capture_u32(c, body) : capture_u16(c, body);
	uint32_t len = capture_u32(c, body + 12), padded;
	const struct capture_iface *iface;
	const uint8_t *val;
	int err;

	if (iface_idx >= c->iface_nr)
		return errmsg_set(e, -EBADMSG,
				  "damaged: it is of interface %u, but the section has %u so far",
				  iface_idx, c->iface_nr);
	iface = &c->iface[iface_idx];
	r->orig_len = capture_u32(c, body + 16);
	err = capture_check_len(len, &r->orig_len, iface->snap_len, e);
	if (err)
		return err;
	if (len > b->body_len - 20)
		return block_damaged(c, b, "is shorter than its packet", e);
	padded = (len + 3) & ~3u;
	r->data = body + 20;
	r->len = len;
	r->link_type = iface->link_type;
	r->time_ns = time_to_ns((uint64_t)capture_u32(c, body + 4) << 32 | capture_u32(c, body + 8),
				iface);
	r->no_time = false;
	r->outgoing = option_find(c, body + 20 + padded, b->body_len - 20 - padded, OPT_EPB_FLAGS,
				  &val) == 4 &&
		      (capture_u32(c, val) & 3) == 2;
	return 1;
}

/* Length on the wire and octets, nothing else: of the first interface, and cut at its length. */
static int simple_block(struct capture *c, const struct block *b, struct record *r,
			struct errmsg *e)
{
	uint64_t len = capture_u32(c, b->body);
	int err;

	if (!c->iface_nr)
		return errmsg_set(e, -EBADMSG, "damaged: a packet before any interface");
	r->orig_len = len;
	if (c->iface[0].snap_len && len > c->iface[0].snap_len)
		len = c->iface[0].snap_len;
	err = capture_check_len(len, &r->orig_len, c->iface[0].snap_len, e);
	if (err)
		return err;
	if (len > b->body_len - 4)
		return block_damaged(c, b, "is shorter than its packet", e);
	r->data = b->body + 4;
	r->len = (size_t)len;
	r->link_type = c->iface[0].link_type;
	r->no_time = true;
	r->outgoing = false;
	return 1;
}

static int pcapng_next(struct capture *c, struct record *r, struct errmsg *e)
{
	struct block b;
	int err;

	while ((err = block_next(c, &b, e)) == 1) {
		switch (b.type) {
		case BLOCK_SECTION:
			c->iface_nr = 0;
			break;
		case BLOCK_IFACE:
			err = iface_add(c, &b, e);
			if (err)
				return err;
			break;
		case BLOCK_SIMPLE:
			return simple_block(c, &b, r, e);
		default:
			return packet_block(c, &b, r, e);
		}
	}
	return err;
}

static int pcapng_begin(struct capture *c, struct errmsg *e)
{
	c->iface_nr = 0;
	return section_order(c, e);
}

const struct file_format file_format_pcapng = {
	.name = "pcapng",
	.detect = pcapng_detect,
	.begin = pcapng_begin,
	.next = pcapng_next,
};
