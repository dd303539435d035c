/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The short way in for plain frames: no IP options, for this host by unicast, a fragment or UDP to
 * the one socket there is for it. It decides nothing itself. What the ordinary path decided about a
 * frame that began with the same octets is kept (a flow) until anything changes; what differs from
 * packet to packet (lengths, checksums, room in the receive buffer) is looked at, and when it is
 * not in order the ordinary path gets the frame from its beginning. test_ip_fast.c holds the two
 * ways against each other.
 *
 * Each step ends in a call of the next one (ref_step(), ip_rcv_fast(), a datagram's or a fragment's
 * way), which the compiler turns into a jump, so all of them together are one function.
 */
#ifndef REF_IP_FAST_H
#define REF_IP_FAST_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ref/compiler.h"
#include "ref/skbuff.h"
#include "ref/wire/csum.h"
#include "ref/wire/cur.h"

#define RX_FLOW_BITS 12

#define IP_LEN	20u /* of a header without options */
#define IPH_OFF 14u /* in a frame: the IP header, what is behind it */
#define L4_OFF	(IPH_OFF + IP_LEN)

struct ref;
struct ref_event;
struct ref_update;

/* Frames that begin so were received, and their socket or queue found, while genid was the host's.
 */
struct rx_flow {
	/* As the octets stand in the frame. */
	uint64_t link[2]; /* 0 to 15: Ethernet header, version and IHL, TOS */
	uint64_t addrs; /* 26 to 33 */
	uint32_t ports; /* 34 to 37; fragments: 0 */
	uint32_t genid; /* the host's; fragments: its complement, so that they are never mistaken */
	int ifindex;
	/* Of the latest UDP datagram, or first fragment: lengths that were found sound. */
	uint32_t frame_len;
	uint16_t tot_len_field, ulen_field; /* as they stand in the frame */
	uint32_t truesize;
	uint8_t arena_class;
	bool not_quick; /* verified on arrival, or not SKB_LEAN_QUICK */
	bool frag_udp; /* fragments: UDP is for nobody but its sockets */
	uint32_t piece_room; /* of a block for the fragments of one datagram */
	struct net_device *dev;
	struct sock *sk; /* fragments: of the latest datagram of two, or NULL */
	uint64_t plain[4]; /* what the datagram is queued with: SKB_PLAIN_LEN */
	/*
	 * Of the latest datagram that came in two fragments: the first one's payload, and what
	 * stands in the second one and in the UDP header.
	 */
	struct rx_pair {
		uint16_t first_len, first_truesize; /* a padded frame is charged with more */
		uint32_t frame_len;
		uint32_t ports;
		uint32_t truesize; /* of the datagram */
		uint16_t tot_len_field, frag_off_field;
		uint16_t ulen_field;
		uint16_t whole_len_field; /* total length of the datagram */
	} pair;
};

static_assert(SKB_PLAIN_LEN == sizeof(((struct rx_flow *)NULL)->plain), "the template fits");
static_assert(sizeof(struct rx_flow) == 128, "an index is a shift");

/* Count a frame of a flow as received. */
#define rx_count(dev, event)                                                                       \
	do {                                                                                       \
		(dev)->plain_nr[(event)->data[IPH_OFF + 1] & 3]++;                                 \
		(dev)->plain_octets += (event)->len;                                               \
	} while (0)

/* Consecutive source addresses never share a slot: those of a scan, or of a fuzzer's cases. */
static inline uint64_t rx_flow_hash(uint64_t addrs, uint32_t ports)
{
	return (wire_swap64(addrs) ^ ports) * 0x9e3779b19e3779b1u;
}

/*
 * Receive a frame, the short way or else the ordinary one; the host's time is the event's. Returns
 * what ref_step() returns. Mirrors: what netif_receive_skb() to udp_queue_rcv_skb() do with a plain
 * frame.
 */
const struct ref_update *ip_rcv_fast(struct ref *net, const struct ref_event *event);
/* host.c: the ordinary way. */
const struct ref_update *ip_rcv_slow(struct ref *net, const struct ref_event *event);
/* A frame went the ordinary path: keep what was decided, for the next ones like it. */
void ip_fast_learn(struct ref *net, const struct ref_event *event);

/* Does the frame begin as those that the flow was learnt from? */
REF_INLINE bool rx_flow_is(uint32_t genid, const struct rx_flow *flow, const uint8_t *frame,
			   int ifindex, uint32_t ports)
{
	return flow->addrs == wire_raw64(frame + IPH_OFF + 12) && flow->ports == ports &&
	       flow->genid == genid && flow->link[0] == wire_raw64(frame) &&
	       flow->link[1] == wire_raw64(frame + 8) && flow->ifindex == ifindex;
}

static inline struct rx_flow *rx_flow_slot(struct rx_flow *table, uint64_t hash)
{
	return &table[hash >> (64 - RX_FLOW_BITS)];
}

/* The other slot where a flow may be. */
static inline struct rx_flow *rx_flow_other(struct rx_flow *table, const struct rx_flow *flow)
{
	return &table[(size_t)(flow - table) ^ 1];
}

/* The flow that a frame belongs to, or NULL; hash: rx_flow_hash(). */
#define rx_flow_find(table, event, genid, hash, ports)                                             \
	rx_flow_find_frame(table, (event)->data, (event)->ifindex, genid, hash, ports)
REF_INLINE struct rx_flow *rx_flow_find_frame(struct rx_flow *table, const uint8_t *frame,
					      int ifindex, uint32_t genid, uint64_t hash,
					      uint32_t ports)
{
	struct rx_flow *flow = rx_flow_slot(table, hash);

	if (likely(rx_flow_is(genid, flow, frame, ifindex, ports)))
		return flow;
	flow = rx_flow_other(table, flow);
	return rx_flow_is(genid, flow, frame, ifindex, ports) ? flow : NULL;
}

/* ip_fast_frag.c: a frame of L4_OFF octets or more that holds a fragment. */
const struct ref_update *frag_rcv_fast(struct ref *net, const struct ref_event *event);
/*
 * ip_fragment.c: any fragment that ip_rcv_fast() found sound, in a frame of frame_len octets;
 * counted so far. Returns the datagram that it completed, else NULL. Mirrors: ip_defrag().
 */
struct sk_buff *ip_defrag_fast(struct ref *net, const struct rx_flow *flow, const uint8_t *iph,
			       size_t frame_len);
/* The only socket that any sender reaches at this address and port, with nothing special to it. */
struct sock *udp_plain_sock(const struct ref *net, uint32_t daddr, uint16_t dport);

#endif
