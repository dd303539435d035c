/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A capture as a stream of Ethernet frames: pcap and pcapng, microseconds and nanoseconds, gzip,
 * standard input ("-"). Link types: the table in link.c. Packets of link types without a MAC header
 * get one: from CAPTURE_PEER_MAC to CAPTURE_HOST_MAC, or to the group or broadcast address that
 * belongs to their IP destination. One packet at a time: constant memory whatever the size.
 *
 * The files are read by our own code, for libpcap 1.10.3 cuts a packet longer than its snap length
 * without a word, refuses a pcapng file whose interfaces differ in link type or snap length, and
 * gives neither direction nor interface. test_capture.c holds it against libpcap.
 */
#ifndef HARNESS_CAPTURE_H
#define HARNESS_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/errmsg.h"

/* A recorded packet longer than this is a damaged file, as for libpcap. */
#define CAPTURE_PACKET_MAX 262144
/* Interfaces in one section of a pcapng file. */
#define CAPTURE_IFACE_MAX  1024

#define CAPTURE_HOST_MAC ((const uint8_t[6]){ 2, 0, 0, 0, 0, 1 })
#define CAPTURE_PEER_MAC ((const uint8_t[6]){ 2, 0, 0, 0, 1, 1 })

struct capture;

struct capture_options {
	/* capture_rewind() will be called: what comes from a pipe is kept in a temporary file. */
	bool twice;
	/* Take packets whose time is before that of the packet before; else they are an error. */
	bool any_order;
};

struct capture_packet {
	uint64_t nr; /* from 1, as Wireshark counts */
	uint64_t time_ns; /* since the epoch, as recorded */
	uint64_t orig_len; /* length on the wire */
	const uint8_t *frame; /* from an Ethernet header on; valid until the next read */
	size_t len;
	size_t ip_off; /* of the IPv4 header in frame, behind VLAN tags; unless not_ip */
	bool outgoing; /* the capture itself says that the host sent it (SLL, pcapng) */
	bool cut; /* octets of the IP packet are missing: snap length */
	bool backwards; /* its time is before that of the packet before */
	bool not_ip; /* not IPv4, or shorter than its link-layer header */
	bool made_mac; /* the MAC header was made up */
};

/*
 * Open a capture; opt may be NULL. -errno with a message "PATH: ..." when it is not one. Data given
 * to capture_open_memory() must stay until capture_close(); name is for messages.
 */
int capture_open(struct capture **ret, const char *path, const struct capture_options *opt,
		 struct errmsg *e);
int capture_open_memory(struct capture **ret, const char *name, const void *data, size_t len,
			const struct capture_options *opt, struct errmsg *e);
/*
 * 1: a packet; 0: the end; -errno: cannot be read on, message "PATH: packet N: ...". All packets
 * before the bad one have been given; the same error comes again until capture_rewind().
 */
int capture_next(struct capture *c, struct capture_packet *p, struct errmsg *e);
/* The octets of the packet read last, as recorded: in two pieces, valid until the next read. */
struct capture_raw {
	uint32_t link_type; /* LINKTYPE_* */
	const uint8_t *head, *body;
	size_t head_len, body_len;
};
void capture_raw(const struct capture *c, struct capture_raw *ret);
/* Start again from the first packet; -ESPIPE on a pipe that was not opened with `twice`. */
int capture_rewind(struct capture *c, struct errmsg *e);
/* Of the packet read last ("Ethernet"); before the first one of a pcapng file: "". */
const char *capture_link_type(const struct capture *c);
const char *capture_name(const struct capture *c);
void capture_close(struct capture *c);

#endif
