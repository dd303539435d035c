/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The pcap file format, versions 2.3 and 2.4, in either octet order, µs or ns. */
#include "harness/capture/reader.h"

#include <errno.h>
#include <string.h>

#define FILE_HEADER_LEN	  24
#define RECORD_HEADER_LEN 16
#define MAGIC_US	  0xa1b2c3d4u
#define MAGIC_NS	  0xa1b23c4du
/* The upper bits of the link type say whether frames end in a checksum. */
#define LINK_TYPE_MASK	  0x03ffffffu

static uint32_t little(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static bool pcap_detect(const uint8_t magic[4])
{
	uint32_t m = little(magic), s = __builtin_bswap32(m);

	return m == MAGIC_US || m == MAGIC_NS || s == MAGIC_US || s == MAGIC_NS;
}

static int pcap_begin(struct capture *c, struct errmsg *e)
{
	size_t have = stream_peek(&c->stream, FILE_HEADER_LEN);
	const uint8_t *h = c->stream.pos;
	uint16_t major, minor;
	uint32_t magic;

	if (have < FILE_HEADER_LEN)
		return capture_short(c, have, FILE_HEADER_LEN, e);
	magic = little(h);
	c->swapped = magic != MAGIC_US && magic != MAGIC_NS;
	c->nanoseconds = capture_u32(c, h) == MAGIC_NS;
	major = capture_u16(c, h + 4);
	minor = capture_u16(c, h + 6);
	if (major != 2 || (minor != 3 && minor != 4))
		return errmsg_set(e, -EPROTONOSUPPORT,
				  "pcap version %u.%u, only 2.4 is read here: try "
				  "`editcap FILE OUT` first",
				  major, minor);
	c->iface_nr = 1;
	c->iface[0].snap_len = capture_u32(c, h + 16);
	c->iface[0].link_type = capture_u32(c, h + 20) & LINK_TYPE_MASK;
	c->link = link_type_find(c->iface[0].link_type, e);
	if (!c->link)
		return -EPROTONOSUPPORT;
	stream_take(&c->stream, FILE_HEADER_LEN);
	return 0;
}

static int pcap_next_record(struct capture *c, struct record *r, struct errmsg *e)
{
	size_t have = stream_peek(&c->stream, RECORD_HEADER_LEN), want;
	const uint8_t *h = c->stream.pos;
	uint32_t len;
	int err;

	if (have < RECORD_HEADER_LEN) {
		err = stream_error(&c->stream, e);
		return !have && !err ? 0 : capture_short(c, have, RECORD_HEADER_LEN, e);
	}
	len = capture_u32(c, h + 8);
	r->orig_len = capture_u32(c, h + 12);
	r->time_ns = capture_u32(c, h) * 1000000000ull +
		     (uint64_t)capture_u32(c, h + 4) * (c->nanoseconds ? 1 : 1000);
	err = capture_check_len(len, &r->orig_len, c->iface[0].snap_len, e);
	if (err)
		return err;
	want = RECORD_HEADER_LEN + len;
	have = stream_peek(&c->stream, want);
	if (have < want)
		return capture_short(c, have, want, e);
	r->data = c->stream.pos + RECORD_HEADER_LEN;
	r->len = len;
	r->link_type = c->iface[0].link_type;
	r->no_time = r->outgoing = false;
	stream_take(&c->stream, want);
	return 1;
}

const struct file_format file_format_pcap = {
	.name = "pcap",
	.detect = pcap_detect,
	.begin = pcap_begin,
	.next = pcap_next_record,
};
