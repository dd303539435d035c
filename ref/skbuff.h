/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The packet buffer. Always linear: reassembly hands on one flat datagram.
 *
 * A packet is received in the host's slot (net->rx_skb), never in another buffer. The frame of an
 * event is borrowed: the slot points into the caller's octets until somebody keeps or writes them.
 * skb_own() moves the octets into the arena, skb_keep() the whole packet, when it must outlive the
 * event (a socket's queue): no second copy when the octets are owned already.
 *
 * Owned octets are a block of the arena that begins with room for a struct sk_buff: `head` is
 * always SKB_STRUCT_LEN octets into its block, so that keeping needs no further allocation.
 * Offsets are from head; data/len are what the layer at work sees (skb_pull / skb_push as in the
 * kernel).
 */
#ifndef REF_SKBUFF_H
#define REF_SKBUFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ref/dropreason.h"
#include "ref/ip_options.h"
#include "ref/ref.h"
#include "ref/route.h"

struct ref;
struct net_device;
struct sock;

enum pkt_type { /* values of PACKET_*: linux/if_packet.h */
		PACKET_HOST,
		PACKET_BROADCAST,
		PACKET_MULTICAST,
		PACKET_OTHERHOST,
		PACKET_OUTGOING,
		PACKET_LOOPBACK,
};

enum ip_summed {
	CHECKSUM_NONE,
	CHECKSUM_UNNECESSARY,
	CHECKSUM_COMPLETE, /* summed in software: csum_valid is the result */
	CHECKSUM_PARTIAL,
};

/* IPCB flags: include/net/ip.h */
#define IPSKB_FORWARDED	    0x0001u
#define IPSKB_REROUTED	    0x0010u
#define IPSKB_DOREDIRECT    0x0020u
#define IPSKB_FRAG_PMTU	    0x0040u
#define IPSKB_FRAG_COMPLETE 0x0008u
#define IPSKB_DEV_MTU	    0x4000u /* not the kernel's: ip_sk_use_pmtu() of the sender says no */
#define IPSKB_NO_MC_LOOP    0x8000u /* not the kernel's: sk_mc_loop() of the sender says no */

/* struct inet_skb_parm */
struct inet_skb_parm {
	int iif;
	struct ip_options opt; /* opt.optlen 0: no options */
	uint16_t flags;
	uint16_t frag_max_size; /* octets, header included */
};

/* How the kernel would hold the octets: decides what gluing fragments is charged with. */
enum skb_shape {
	SKB_KMALLOC, /* one allocation of its own */
	SKB_HEAD_FRAG, /* a piece of a page, which another buffer can take over */
	SKB_PAGED, /* most of it in pages behind the head */
};

/* What a packet on a socket's receive queue needs beside its header. */
struct skb_queued {
	uint64_t tstamp_ns; /* arrival; 0: not taken */
	uint32_t dropcount; /* drops of the socket before it */
	uint32_t spec_dst; /* IP_PKTINFO; cb.iif is the other half */
};

/* An entry of a socket's error queue. Mirrors: struct sock_exterr_skb. */
struct sock_exterr {
	uint32_t ee_errno, ee_info;
	uint16_t rfc4884_len;
	uint8_t rfc4884_flags;
	uint8_t ee_origin, ee_type, ee_code;
	uint16_t port;
	uint32_t addr; /* where the quoted packet was going */
};

/*
 * Fragments that the kernel could only hang behind the first one. They are freed with the last
 * buffer that shares them, each with a drop event of its own.
 */
struct skb_frag_list {
	uint32_t refs, nr;
};

enum skb_lean {
	SKB_WHOLE,
	SKB_LEAN, /* see skb_flesh_out() */
	SKB_LEAN_QUICK, /* also: its sum is verified, or it is short and SKB_PAD zeros follow */
};
#define SKB_PAD	  16u
#define SKB_QUICK 220u /* octets with the IP header that are short */

struct sk_buff {
	struct sk_buff *next; /* on a queue */
	struct ref *net;
	struct net_device *dev; /* where it came in, or goes out */
	uint8_t *head; /* start of the octets */
	uint8_t *data; /* start of what this layer sees */

	/* These are copied as one by ip_fast.c: SKB_PLAIN_LEN. */
	size_t len; /* octets from data on */
	uint32_t room; /* octets from head on that the buffer can hold */
	uint8_t arena_class; /* of a lean one's block */
	uint16_t frag_max_size; /* cb.frag_max_size of a lean one */
	uint32_t truesize; /* what the kernel would charge for it */
	uint16_t network_header; /* offsets from head */
	uint16_t transport_header;
	bool borrowed; /* head is the caller's: do not write */
	bool slot; /* net->rx_skb: the struct is not in the block */
	uint8_t shape; /* enum skb_shape */
	/* From here to rt: all zero in a fresh packet, see skb_clear(). */
	uint8_t lean; /* enum skb_lean: most of what follows is not written */
	uint8_t ip_summed; /* enum ip_summed */
	bool csum_valid; /* the transport checksum was verified, or is not needed */
	bool peeked; /* an empty datagram that MSG_PEEK has shown */
	bool pktinfo; /* lean: the socket wanted IP_PKTINFO when it was queued */

	struct sock *sk; /* early demux: not owned */
	struct skb_frag_list *frag_list; /* shared with copies; NULL: none */
	uint32_t mark;
	uint32_t priority;
	uint32_t csum_start; /* CHECKSUM_PARTIAL: offset from head of what is summed */
	uint16_t protocol; /* Ethernet type */
	uint16_t gso_size; /* payload of each segment that the device makes of it; 0: none */
	uint16_t cscov; /* UDP-Lite: octets from the UDP header on */
	uint8_t pkt_type; /* enum pkt_type */
	bool dst_set; /* rt below is a routing decision */
	bool ignore_df; /* may be fragmented here in spite of DF */
	bool partial_cov; /* UDP-Lite: only cscov octets are covered */
	struct inet_skb_parm cb;

	union {
		struct rtable rt; /* until a socket has it */
		struct skb_queued queued; /* on a receive queue */
		struct sock_exterr ext_err; /* on an error queue */
	};
};

#define SKB_PLAIN_LEN (offsetof(struct sk_buff, sk) - offsetof(struct sk_buff, len))

/* What is false, zero or none of a packet about which nothing is known yet. */
static inline void skb_clear(struct sk_buff *skb)
{
	memset(&skb->lean, 0, offsetof(struct sk_buff, rt) - offsetof(struct sk_buff, lean));
}

/*
 * Is there no checksum to be verified from data on? One that a device was to fill in counts as
 * right, unless what it covers began further out. Mirrors: skb_csum_unnecessary().
 */
static inline bool skb_csum_unnecessary(const struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_UNNECESSARY ||
	       (skb->ip_summed == CHECKSUM_PARTIAL && skb->head + skb->csum_start >= skb->data);
}

#define IPCB(skb) (&(skb)->cb)

/* Where the octets begin in a block of the arena. */
#define SKB_STRUCT_LEN ((sizeof(struct sk_buff) + 15) / 16 * 16)

/* FIFO of buffers. */
struct sk_buff_head {
	struct sk_buff *head, *tail;
	uint32_t qlen;
};

static inline uint8_t *skb_network_header(const struct sk_buff *skb)
{
	return skb->head + skb->network_header;
}

static inline uint8_t *skb_transport_header(const struct sk_buff *skb)
{
	return skb->head + skb->transport_header;
}

/* Offset of data from the network header, octets (may be negative after a push). */
static inline long skb_network_offset(const struct sk_buff *skb)
{
	return skb_network_header(skb) - skb->data;
}

static inline void skb_reset_network_header(struct sk_buff *skb)
{
	skb->network_header = (uint16_t)(skb->data - skb->head);
}

static inline void skb_reset_transport_header(struct sk_buff *skb)
{
	skb->transport_header = (uint16_t)(skb->data - skb->head);
}

static inline bool pskb_may_pull(const struct sk_buff *skb, size_t n)
{
	return n <= skb->len;
}

/* n must be within len. */
static inline void skb_pull(struct sk_buff *skb, size_t n)
{
	skb->data += n;
	skb->len -= n;
}

/* The room must be there: data - head >= n. */
static inline void skb_push(struct sk_buff *skb, size_t n)
{
	skb->data -= n;
	skb->len += n;
}

static inline void skb_trim(struct sk_buff *skb, size_t len)
{
	if (len < skb->len)
		skb->len = len;
}

/*
 * A buffer with `headroom` octets before data and `len` octets of data (not yet written).
 * NULL when the arena is full. Mirrors: alloc_skb(), net/core/skbuff.c.
 */
struct sk_buff *alloc_skb(struct ref *net, size_t headroom, size_t len);
/* A buffer of its own with the same octets, offsets, route and control block; NULL: no memory. */
struct sk_buff *skb_copy(const struct sk_buff *skb);
/*
 * Make the octets writable: a borrowed frame moves into the arena (head, data change; offsets
 * stay). False: no memory, skb unchanged. Mirrors: skb_ensure_writable() / skb_cow().
 */
bool skb_own(struct sk_buff *skb);
/* skb_keep() (net.h) of a borrowed frame: the octets are copied. NULL: no memory. */
struct sk_buff *skb_keep_copy(const struct sk_buff *skb);
/*
 * Take a queued packet back into the slot, to be received: returns net->rx_skb, and skb is gone.
 * The slot must be empty: no packet is being received.
 */
struct sk_buff *skb_unkeep(struct sk_buff *skb);

/* consume_skb() (net.h), which also keeps quiet about a list of fragments. */
void __consume_stateless_skb(struct sk_buff *skb);
/* Say of a datagram, not borrowed, that nr fragments hang behind its first one. */
void skb_hang(struct sk_buff *skb, uint32_t nr);
/* One buffer less that shares skb's list; the last one frees it. Mirrors: skb_release_data(). */
void skb_release_list(struct sk_buff *skb, bool quiet);
/* Free and note a drop at kernel function `at`. */
void kfree_skb_at(struct sk_buff *skb, enum skb_drop_reason reason, const char *at);
#define kfree_skb_reason(skb, reason) kfree_skb_at(skb, reason, __func__)
#define kfree_skb(skb)		      kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, __func__)

static inline void __skb_queue_tail(struct sk_buff_head *q, struct sk_buff *skb)
{
	skb->next = NULL;
	if (q->tail)
		q->tail->next = skb;
	else
		q->head = skb;
	q->tail = skb;
	q->qlen++;
}

/* The first of a queue that is not empty. */
static inline struct sk_buff *__skb_dequeue_first(struct sk_buff_head *q)
{
	struct sk_buff *skb = q->head;

	q->head = skb->next;
	if (!skb->next)
		q->tail = NULL;
	q->qlen--;
	return skb;
}

static inline struct sk_buff *__skb_dequeue(struct sk_buff_head *q)
{
	return q->head ? __skb_dequeue_first(q) : NULL;
}

/* From anywhere in the queue: cheap for the first one. */
void __skb_unlink(struct sk_buff_head *q, struct sk_buff *skb);

/*
 * A datagram that came the short way waits on its socket's queue as a lean record: beside what is
 * SKB_PLAIN_LEN only next, dev and queued.tstamp_ns are written; its octets begin where they do in
 * any block. Whoever looks at more of a queued datagram makes it a whole sk_buff first.
 */
void __skb_flesh_out(struct ref *net, struct sk_buff *skb);
static inline void skb_flesh_out(struct ref *net, struct sk_buff *skb)
{
	if (__builtin_expect(skb->lean, 1))
		__skb_flesh_out(net, skb);
}

static inline uint8_t *skb_lean_head(const struct sk_buff *skb)
{
	return (uint8_t *)(uintptr_t)skb + SKB_STRUCT_LEN;
}

/* Kernel truesize of a packet of len octets, IP header included, that this host makes. */
uint32_t tx_truesize(const struct ref *net, size_t len);
/*
 * What the kernel charges for one datagram glued from fragments: skb is the first one (with its
 * shape and truesize); each later one is offered in order of offset by skb_glue_add().
 * Mirrors: skb_try_coalesce() as inet_frag_reasm_finish() uses it.
 */
struct skb_glue {
	const struct ref *net;
	uint32_t truesize; /* so far */
	uint32_t tailroom; /* octets that still fit behind the head */
	uint32_t frag_nr; /* page fragments of the head */
	uint32_t listed_nr; /* fragments on the list */
	bool listed; /* one was hung on the list behind: so is all that follows */
};
/* The true size of a buffer beside its room; sizeof(struct sk_buff), in whole cache lines. */
#define SKB_OVERHEAD  576u
#define SKB_HEAD_LEN  256u
#define MAX_SKB_FRAGS 17u
/*
 * How each kind of wire makes the buffer of a frame, measured on 6.18 for every length up to 10000
 * octets and each page step above: `pad` octets of headroom asked for, the frame from `begin` of
 * the head on; up to page_frag_max octets in a piece of a page; below paged_min all in the head;
 * else `linear` octets there and the rest in pages.
 */
struct rx_wire {
	uint32_t pad, begin, page_frag_max, paged_min, linear;
	bool paged_glues; /* the head of a paged one is empty once its headers are off */
};
#define RX_TAP_PAD	     64u
#define RX_TAP_PAGE_FRAG_MAX 3456u
extern const struct rx_wire rx_wires[REF_WIRE_NR];
/* rx_truesize() (net.h) of a frame that is no piece of a page. */
uint32_t rx_truesize_apart(const struct ref *net, size_t frame_len, enum skb_shape *ret_shape);
/* Room of a SKB_HEAD_FRAG buffer from the start of the frame on. */
#define SKB_HEAD_FRAG_ROOM(truesize) ((truesize)-SKB_OVERHEAD - 64u)

/* `used`: octets from the start of the frame to the end of the first fragment's payload. */
void skb_glue_begin(struct skb_glue *glue, const struct ref *net, enum skb_shape shape,
		    uint32_t truesize, uint32_t used);
void skb_glue_add(struct skb_glue *glue, enum skb_shape shape, uint32_t truesize, uint32_t len);

#endif
