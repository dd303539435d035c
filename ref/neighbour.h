/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Neighbours: link addresses of IPv4 next hops. Mirrors: include/net/neighbour.h, net/ipv4/arp.c.
 *
 * Deviation: an entry that was learnt stays valid; the kernel would ask again after some ten
 * seconds without a sign of life.
 */
#ifndef REF_NEIGHBOUR_H
#define REF_NEIGHBOUR_H

#include <stdbool.h>
#include <stdint.h>

#include "ref/limits.h"
#include "ref/skbuff.h"
#include "ref/timer.h"

#define NEIGH_HASH_BITS 10

enum nud_state { /* a subset of NUD_*: linux/neighbour.h */
		 NUD_NONE,
		 NUD_INCOMPLETE,
		 NUD_STALE, /* valid; heard of, not yet confirmed */
		 NUD_REACHABLE,
		 NUD_FAILED,
		 NUD_NOARP, /* valid without asking: multicast, broadcast, a device without ARP */
		 NUD_PERMANENT,
};

struct neighbour {
	struct neighbour *next; /* of the same bucket */
	struct net_device *dev; /* NULL: slot unused */
	uint32_t addr;
	uint8_t ha[6];
	uint8_t state; /* enum nud_state */
	uint8_t probes; /* requests sent since it became incomplete */
	uint64_t updated_ns;
	uint32_t queue_bytes; /* true sizes of arp_queue */
	struct sk_buff_head arp_queue;
	struct ref_timer timer;
};

struct netns_neigh {
	struct neighbour entry[REF_NEIGH_MAX];
	uint32_t nr; /* slots ever used */
	struct neighbour *hash[1u << NEIGH_HASH_BITS];
};

static inline bool nud_valid(uint8_t state)
{
	return state >= NUD_STALE && state != NUD_FAILED;
}

struct ref;
struct net_device;

/* NULL: not there. Mirrors: neigh_lookup(). */
struct neighbour *neigh_lookup(struct ref *net, const struct net_device *dev, uint32_t addr);
/* Made where it is missing; NULL: no room, or no IPv4 on the device. Mirrors: neigh_create(). */
struct neighbour *neigh_create(struct ref *net, struct net_device *dev, uint32_t addr);
/* Ask for it; skb (may be NULL, else taken) waits for the answer. Mirrors: neigh_event_send(). */
void neigh_event_send(struct neighbour *n, struct sk_buff *skb);
/* An address was heard. Mirrors: neigh_update(). */
void neigh_update(struct neighbour *n, const uint8_t ha[6], uint8_t state, bool override);
/* All entries of a device, NULL: the learnt ones of all devices. Mirrors: neigh_flush_dev(). */
void neigh_flush(struct ref *net, const struct net_device *dev);

/* arp.c */
/* An ARP packet, data at its header. Takes skb. Mirrors: arp_rcv(). */
void arp_rcv(struct sk_buff *skb, struct net_device *dev);
/* The request for a neighbour, in the name of the first waiting packet. Mirrors: arp_solicit(). */
void arp_solicit(struct neighbour *n);

#endif
