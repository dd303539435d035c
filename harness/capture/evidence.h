/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What a capture shows of its hosts, gathered packet by packet in tables of fixed size. A table
 * that is full takes no new keys and counts what it turned away.
 */
#ifndef HARNESS_CAPTURE_EVIDENCE_H
#define HARNESS_CAPTURE_EVIDENCE_H

#include "harness/capture/capture.h"

/* Slots; three quarters of them are used at most. */
#define EVIDENCE_HOST_SLOTS (1u << 16)
#define EVIDENCE_TALK_SLOTS (1u << 17)
#define EVIDENCE_PORT_SLOTS (1u << 16)
#define EVIDENCE_NET_MAX    8

/* Open addressing; key 0 is an empty slot, so 0 is nobody's key. */
struct etable {
	uint64_t *keys;
	uint8_t *vals; /* zeroed when a key comes in */
	size_t val_size;
	uint32_t mask, nr, max;
	uint64_t turned_away;
};

/* A unicast address. */
struct ehost {
	uint64_t rx, tx; /* rx: packets to it alone */
	uint64_t tx_all; /* of tx: to a group or to all */
	uint64_t first_rx; /* packet number */
	uint32_t peers; /* how many have sent to it alone */
	uint32_t reach; /* how many sent what it hears; counted at the end */
	bool marked; /* the capture says that the machine itself sent from it */
	bool has_mac;
	uint8_t mac[6]; /* where the packets to it went, else where its own came from */
};

/* What a port number is of. */
enum port_kind {
	PORT_UDP,
	PORT_UDPLITE,
	PORT_PING, /* the identifier of an echo request */
	PORT_RAW, /* an IP protocol that has no ports here */
	PORT_KIND_NR,
};

/* One end of datagrams: a port at an address, a group, or broadcast (0xffffffff). */
struct eport {
	uint64_t rx, tx;
	uint32_t refused; /* "port (protocol) unreachable" that name it */
	uint32_t errors; /* other ICMP errors about what it sent */
	uint32_t peer; /* the first one */
	uint16_t peer_port;
	bool more_peers, tx_first;
};

struct evidence {
	struct etable hosts, talks, ports;
	/* Addresses that datagrams were broadcast to, other than 255.255.255.255. */
	uint32_t net_broadcast[EVIDENCE_NET_MAX];
	size_t net_nr;
	uint64_t packet_nr, ip_nr, tagged_nr;
	uint64_t all_nr; /* packets to a group or to all */
};

int evidence_init(struct evidence *ev, struct errmsg *e);
void evidence_done(struct evidence *ev);
void evidence_see(struct evidence *ev, const struct capture_packet *p);

static inline uint64_t evidence_port_key(uint32_t addr, enum port_kind kind, uint16_t port)
{
	/* The lowest bit keeps it from 0. */
	return (uint64_t)addr << 32 | (uint64_t)port << 16 | (uint64_t)kind << 8 | 1;
}

static inline uint64_t evidence_talk_key(uint32_t src, uint32_t dst)
{
	return (uint64_t)src << 32 | dst;
}

/* NULL: not there. */
const void *etable_find(const struct etable *t, uint64_t key);

#endif
