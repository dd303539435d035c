/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Inside of the capture reader: file formats give records, link types make frames of them. */
#ifndef HARNESS_CAPTURE_READER_H
#define HARNESS_CAPTURE_READER_H

#include "harness/capture/capture.h"
#include "harness/capture/stream.h"

/* The longest link-layer header that a made-up Ethernet header is written over. */
#define RECORD_HEAD_MAX 20

/* A recorded packet as the file has it. */
struct record {
	uint8_t *data; /* from the link-layer header on; 14 octets in front may be written */
	size_t len;
	uint64_t orig_len, time_ns;
	uint32_t link_type;
	bool no_time; /* the file has none for it */
	bool outgoing;
};

struct capture_iface {
	uint32_t link_type;
	uint32_t snap_len; /* 0: no limit */
	uint8_t ts_resol; /* if_tsresol of pcapng */
	uint64_t ts_offset_s;
};

struct file_format;

struct capture {
	char *name;
	struct capture_options opt;
	struct stream stream;
	const struct file_format *format;
	const struct link_type *link; /* of the packet read last, or of the file */
	/* The packet read last, as recorded. */
	struct capture_raw raw;
	uint8_t head[RECORD_HEAD_MAX];
	uint64_t nr, time_ns; /* of the packet read last */
	int err; /* sticky, with its message */
	struct errmsg msg;
	/* The formats' own. */
	bool swapped; /* written in the other octet order */
	bool nanoseconds; /* pcap */
	uint32_t iface_nr;
	struct capture_iface iface[CAPTURE_IFACE_MAX]; /* pcap has one */
};

struct file_format {
	const char *name;
	/* Is it one? By its first four octets. */
	bool (*detect)(const uint8_t magic[4]);
	/* Read the file's header. */
	int (*begin)(struct capture *c, struct errmsg *e);
	/* 1: a record; 0: the end; -errno with a message without file and packet number. */
	int (*next)(struct capture *c, struct record *r, struct errmsg *e);
};

extern const struct file_format file_format_pcap, file_format_pcapng;

struct link_type {
	uint32_t value; /* LINKTYPE_*, as files have it */
	const char *name;
	/* Where is the packet? Makes the Ethernet header in place and fills in p. */
	void (*parse)(struct record *r, struct capture_packet *p);
};

/* NULL and a message that lists what there is, when there is none. */
const struct link_type *link_type_find(uint32_t value, struct errmsg *e);
void link_parse(const struct link_type *link, struct record *r, struct capture_packet *p);

/* A short read of the file: where it ended, or why it could not be read. */
int capture_short(struct capture *c, size_t have, size_t want, struct errmsg *e);
/* 0, or an error: could a packet of an interface with this snap length have this many octets? */
int capture_check_len(uint64_t len, uint64_t *orig_len, uint32_t snap_len, struct errmsg *e);

static inline uint32_t capture_u32(const struct capture *c, const uint8_t *p)
{
	uint32_t v = (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];

	return c->swapped ? __builtin_bswap32(v) : v;
}

static inline uint16_t capture_u16(const struct capture *c, const uint8_t *p)
{
	uint16_t v = (uint16_t)((uint16_t)p[1] << 8 | p[0]);

	return c->swapped ? __builtin_bswap16(v) : v;
}

#endif
