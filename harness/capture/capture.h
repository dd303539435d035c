/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A capture as a stream of Ethernet frames: pcap and pcapng, microseconds and nanoseconds, gzip,
 * standard input ("-"); link types Ethernet (VLAN tags kept), raw IP, Linux cooked v1 and v2, BSD
 * null / loop. Packets of link types without a MAC header get one made from `host`/`peer`.
 * One packet at a time: constant memory whatever the size.
 */
#ifndef HARNESS_CAPTURE_H
#define HARNESS_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/errmsg.h"

struct capture;

struct capture_packet {
	uint64_t nr;		/* from 1, as Wireshark counts */
	uint64_t time_ns;	/* since the epoch, as recorded */
	uint64_t orig_len;	/* length on the wire */
	const uint8_t *frame;	/* from an Ethernet header on; valid until the next read */
	size_t len;
	bool outgoing;		/* the capture itself says that the host sent it (SLL, pcapng) */
	bool cut;		/* fewer octets than on the wire: snap length */
	bool backwards;		/* its time is before that of the packet before */
	bool not_ip;		/* a link-layer protocol other than IPv4 */
};

int capture_open(struct capture **ret, const char *path, struct errmsg *e);
/* 1: a packet; 0: the end; -errno: cannot be read on, message with file and packet number. */
int capture_next(struct capture *c, struct capture_packet *p, struct errmsg *e);
/* Start again from the first packet; -ESPIPE on standard input. */
int capture_rewind(struct capture *c, struct errmsg *e);
const char *capture_link_type(const struct capture *c);
void capture_close(struct capture *c);

#endif
