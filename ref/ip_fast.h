/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What ip_fast.c keeps of the latest packets: a direct-mapped table. */
#ifndef REF_IP_FAST_H
#define REF_IP_FAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RX_FLOW_BITS 11

/* Frames that begin so were received, and their socket or queue found, while genid was the host's.
 */
struct rx_flow {
	/* As the octets stand in the frame. */
	uint64_t link[2]; /* 0 to 15: Ethernet header, version and IHL, TOS */
	uint64_t addrs; /* 26 to 33 */
	uint32_t ports; /* 34 to 37; 0: a fragment */
	uint32_t genid;
	int ifindex;
	/* Of the latest UDP datagram: lengths that were found sound, and what they need. */
	uint32_t frame_len;
	uint16_t tot_len_field, ulen_field; /* as they stand in the frame */
	uint32_t truesize;
	uint8_t arena_class;
	bool frag_udp; /* fragments: UDP is for nobody but its sockets */
	/* Of the latest datagram that came in such fragments. */
	uint32_t frag_ports;
	struct sock *frag_sk; /* NULL: the ordinary path finds it */
	struct net_device *dev;
	struct sock *sk; /* NULL: a fragment */
};

struct ref;
struct ref_event;
struct sk_buff;

/*
 * Receive a frame the short way. True: done, to the same end as by the ordinary path. False:
 * nothing was done. Mirrors: what netif_receive_skb() to udp_queue_rcv_skb() do with a plain frame.
 */
bool ip_rcv_fast(struct ref *net, const struct ref_event *event);
/* A frame went the ordinary path: keep what was decided, for the next ones like it. */
void ip_fast_learn(struct ref *net, const struct ref_event *event);

/*
 * ip_fragment.c: a fragment as ip_rcv_fast() saw it, in a frame of frame_len octets: 20 octets of
 * header, lengths and checksum right. Mirrors: ip_defrag().
 */
void ip_defrag_fast(struct ref *net, struct rx_flow *flow, const uint8_t *iph, size_t frame_len);
/* The datagram that it completed: owned, not in the slot; device and route are not set yet. */
void ip_frag_deliver_fast(struct ref *net, struct rx_flow *flow, struct sk_buff *skb);

#endif
