/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Reassembly queues of a host. Mirrors: include/net/inet_frag.h.
 *
 * The kernel keeps the fragments' buffers in a tree of "runs". Here a queue has a sorted array of
 * what arrived (struct inet_frag: what the kernel's decisions need) apart from the octets, which
 * are copied once into pieces that grow as long as fragments come in order. Usually there is one
 * piece in the end, and it becomes the datagram's buffer as it is.
 */
#ifndef REF_INET_FRAG_H
#define REF_INET_FRAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ref/compiler.h"
#include "ref/ip_fast.h"
#include "ref/skbuff.h"
#include "ref/timer.h"

#define INETFRAGS_HASH_BITS	12 /* queues */
#define INETFRAGS_SRC_HASH_BITS 12 /* sources */
#define INETFRAGS_HASHSZ	(1u << INETFRAGS_HASH_BITS)
#define INETFRAGS_SRC_HASHSZ	(1u << INETFRAGS_SRC_HASH_BITS)
#define INET_FRAG_INLINE	4 /* fragments that a queue describes without more memory */

/* What the kernel charges for a queue itself: sizeof(struct ipq), seen in /proc/net/sockstat. */
#define INET_FRAG_QSIZE 200

#define INET_FRAG_FIRST_IN 0x1u
#define INET_FRAG_LAST_IN  0x2u
#define INET_FRAG_DROP	   0x4u /* timed out: what is freed was not used up */

/* One fragment that is queued. */
struct inet_frag {
	uint16_t len; /* octets, after trimming */
	uint16_t start_8; /* offset in units of 8 octets, as on the wire */
	uint32_t truesize;
	uint8_t shape; /* enum skb_shape */
	bool joined; /* continues the run of the fragment before it */
};

static inline uint32_t inet_frag_start(const struct inet_frag *f)
{
	return f->start_8 * 8u;
}

static inline uint32_t inet_frag_end(const struct inet_frag *f)
{
	return f->start_8 * 8u + f->len;
}

/* Payload octets [start, end) of the datagram, in a block of the arena that can be a sk_buff. */
struct frag_piece {
	struct frag_piece *next;
	uint32_t start, end;
	uint32_t lead; /* octets that are still free before start */
	uint32_t room; /* octets in all: lead, payload, and what is free behind it */
};

/* Before all that: link header and the longest IP header, aligned. */
#define FRAG_FRONT 80

/* Where the octet at piece->start stands; the datagram's header ends here when that is 0. */
static inline uint8_t *frag_piece_payload(struct frag_piece *piece)
{
	return (uint8_t *)piece + SKB_STRUCT_LEN + FRAG_FRONT + piece->lead;
}

/* How many fragments came from one source: ipfrag_max_dist. Mirrors: rid of struct inet_peer. */
struct frag_source {
	struct frag_source *next; /* others of the same hash, from the arena */
	uint32_t saddr;
	uint32_t rid;
	uint32_t queue_nr; /* 0: free */
};

/* Mirrors: struct inet_frag_queue and struct ipq. */
struct inet_frag_queue {
	struct inet_frag_queue *next, **pprev; /* of the same hash */
	uint64_t key[2];
	struct ref_timer timer;
	struct frag_source *peer;
	/* From here to head_cb: zero in a new queue. */
	uint8_t lean; /* enum frag_lean */
	uint32_t rid;
	uint32_t tail_end; /* end of the last fragment of frag */
	uint32_t truesize; /* of all fragments */
	int iif; /* where the latest came in */
	struct frag_piece *pieces; /* the latest first */
	uint8_t ecn; /* bit per codepoint seen */
	uint16_t max_size; /* header + payload: largest */
	uint32_t frag_nr;
	uint16_t max_df_size; /* largest with DF */
	uint8_t flags;
	uint8_t ip_summed; /* bit per value seen */
	uint8_t shapes; /* bit per shape seen */
	uint32_t len; /* highest end; the total when LAST_IN */
	uint32_t meat; /* octets queued */
	/* Of the fragment with offset 0. */
	struct inet_skb_parm head_cb;
	uint32_t head_mark, head_priority;
	uint8_t head_pkt_type;
	uint8_t head_ihl;
	uint16_t head_len; /* payload octets */
	uint16_t head_used; /* octets of the frame up to the end of the payload */

	struct inet_frag *frag; /* sorted by start */
	uint32_t frag_max;
	struct inet_frag frag_inline[INET_FRAG_INLINE];
};

enum frag_lean {
	FRAG_WHOLE,
	FRAG_LEAN_ONE, /* holds one fragment: nothing behind `pieces` is written */
	FRAG_LEAN, /* several: nor is anything behind `frag_nr` */
};

/*
 * A lean queue is one of few fragments that came the short way and in order, from the first one on,
 * none with DF, all by the same device: what it holds follows from the little that is written (of
 * frag_inline: len, start_8, truesize; of the piece: room). Whoever wants more than in-order
 * fragments makes it a whole one first.
 */
static inline uint8_t *inet_frag_lean_payload(const struct inet_frag_queue *q)
{
	return (uint8_t *)q->pieces + SKB_STRUCT_LEN + FRAG_FRONT;
}

/* It is to hold several. */
static inline void inet_frag_lean_more(struct inet_frag_queue *q)
{
	q->lean = FRAG_LEAN;
	q->frag_nr = 1;
	q->ecn = (uint8_t)(1u << (inet_frag_lean_payload(q)[1 - (int)IP_LEN] & 3));
	q->max_size = (uint16_t)(q->tail_end + IP_LEN);
	q->frag_inline[0].start_8 = 0;
	q->frag_inline[0].len = (uint16_t)q->tail_end;
	q->frag_inline[0].truesize = q->truesize;
}

void __inet_frag_flesh_out(struct inet_frag_queue *q);
static inline void inet_frag_flesh_out(struct inet_frag_queue *q)
{
	if (unlikely(q->lean))
		__inet_frag_flesh_out(q);
}

struct netns_frags {
	int64_t mem; /* what the kernel would have charged */
	struct inet_frag_queue *hash[INETFRAGS_HASHSZ];
	struct frag_source source[INETFRAGS_SRC_HASHSZ];
};

/*
 * What a queue is found by: the addresses as they stand in the header; user, protocol and id (as it
 * stands) in the other word.
 */
static inline uint64_t inet_frag_key1(const uint8_t *iph, uint32_t user)
{
	return (uint64_t)user << 32 | (uint32_t)iph[9] << 16 | wire_raw16(iph + 4);
}

/* addrs_hash: rx_flow_hash(key0, 0). Consecutive ids never share a bucket. */
static inline size_t inet_frag_bucket(uint64_t addrs_hash, uint64_t key1)
{
	return (size_t)((addrs_hash ^ key1 * 0x009e3779b97f4a7du) >> (64 - INETFRAGS_HASH_BITS));
}

static inline size_t inet_frag_hash(const uint64_t key[2])
{
	return inet_frag_bucket(rx_flow_hash(key[0], 0), key[1]);
}

/* The source address as it stands. */
static inline uint32_t inet_frag_saddr(uint64_t key0)
{
	uint32_t saddr;

	memcpy(&saddr, &key0, sizeof(saddr));
	return saddr;
}

/* The slot where a source is counted, or others of the same hash hang. */
static inline struct frag_source *inet_frag_source(struct netns_frags *frags, uint32_t saddr)
{
	return &frags->source[wire_swap32(saddr) * 0x9e3779b1u >> (32 - INETFRAGS_SRC_HASH_BITS)];
}

/* The queue of this key, whole, or NULL. */
static inline struct inet_frag_queue *inet_frag_lookup(const struct netns_frags *frags,
						       const uint64_t key[2])
{
	struct inet_frag_queue *q = frags->hash[inet_frag_hash(key)];

	while (q && (q->key[0] != key[0] || q->key[1] != key[1]))
		q = q->next;
	if (q)
		inet_frag_flesh_out(q);
	return q;
}

/* A new queue, its timer running; NULL: out of packet memory. Mirrors: inet_frag_create(). */
struct inet_frag_queue *inet_frag_create(struct ref *net, const uint64_t key[2]);
/* The queue's timer, which makes it a queue of ip_fragment.c. Mirrors: ip_expire(). */
void ip_expire(struct ref *net, struct ref_timer *timer);
/* The first queue of its bucket from now on. */
static inline void inet_frag_hash_add(struct inet_frag_queue **bucket, struct inet_frag_queue *q)
{
	q->next = *bucket;
	q->pprev = bucket;
	if (unlikely(q->next != NULL))
		q->next->pprev = &q->next;
	*bucket = q;
}

/* Off the hash, timer stopped; the fragments stay. Mirrors: inet_frag_kill(). */
static inline void inet_frag_kill(struct inet_frag_queue *q)
{
	timer_del(&q->timer);
	*q->pprev = q->next;
	if (q->next)
		q->next->pprev = q->pprev;
}

/* The end of a queue that was killed. Mirrors: inet_frag_destroy(). */
void inet_frag_destroy(struct ref *net, struct inet_frag_queue *q);
/* Forget all fragments, each a drop event. Mirrors: inet_frag_queue_flush(). */
void inet_frag_queue_flush(struct ref *net, struct inet_frag_queue *q, enum skb_drop_reason reason);

enum ipfrag_verdict { IPFRAG_OK, IPFRAG_DUP, IPFRAG_OVERLAP, IPFRAG_NOMEM };
/*
 * inet_frag_queue_insert() of a fragment that does not go beyond the last one: *ret_idx is made
 * free in the middle.
 */
enum ipfrag_verdict inet_frag_insert_between(struct ref *net, struct inet_frag_queue *q,
					     uint32_t start, uint32_t end, uint32_t *ret_idx);
/* Room for more descriptions; false: out of packet memory. */
bool inet_frags_grow(struct ref *net, struct inet_frag_queue *q);
/*
 * Note a fragment unless it collides with what is there (then nothing changes); *ret_frag is to
 * be filled with the rest. Mirrors: inet_frag_queue_insert().
 */
static inline enum ipfrag_verdict inet_frag_queue_insert(struct ref *net, struct inet_frag_queue *q,
							 uint32_t start, uint32_t end,
							 struct inet_frag **ret_frag)
{
	uint32_t idx = q->frag_nr;
	bool joined = false;
	struct inet_frag *f;

	if (idx && unlikely(end <= q->tail_end)) {
		enum ipfrag_verdict verdict = inet_frag_insert_between(net, q, start, end, &idx);

		if (verdict != IPFRAG_OK)
			return verdict;
	} else {
		if (idx) {
			if (unlikely(start < q->tail_end))
				return IPFRAG_OVERLAP;
			joined = start == q->tail_end;
		}
		if (unlikely(idx == q->frag_max) && !inet_frags_grow(net, q))
			return IPFRAG_NOMEM;
		q->tail_end = end;
	}
	q->frag_nr++;
	f = &q->frag[idx];
	f->start_8 = (uint16_t)(start / 8);
	f->len = (uint16_t)(end - start);
	f->joined = joined;
	*ret_frag = f;
	return IPFRAG_OK;
}

/* inet_frag_store() where there is no room right behind the latest fragment. */
bool inet_frag_store_apart(struct ref *net, struct inet_frag_queue *q, const uint8_t *payload,
			   uint32_t start, uint32_t end);
/* Copy a fragment's octets, which are not there yet. False: out of packet memory. */
static inline bool inet_frag_store(struct ref *net, struct inet_frag_queue *q,
				   const uint8_t *payload, uint32_t start, uint32_t end)
{
	struct frag_piece *piece = q->pieces;

	if (!piece || piece->end != start || piece->lead + (end - piece->start) > piece->room)
		return inet_frag_store_apart(net, q, payload, start, end);
	piece->end = end;
	memcpy(frag_piece_payload(piece) + (start - piece->start), payload, end - start);
	return true;
}

struct frag_piece *inet_frag_gather_pieces(struct ref *net, struct inet_frag_queue *q);
/*
 * All octets [0, q->len) in one piece, which the caller takes; NULL: out of packet memory.
 * Mirrors: inet_frag_reasm_prepare(), inet_frag_reasm_finish().
 */
static inline struct frag_piece *inet_frag_gather(struct ref *net, struct inet_frag_queue *q)
{
	struct frag_piece *piece = q->pieces;

	if (unlikely(piece->next != NULL))
		return inet_frag_gather_pieces(net, q);
	q->pieces = NULL;
	return piece;
}

/* The piece that has offset 0, or NULL. */
struct frag_piece *inet_frag_head_piece(struct inet_frag_queue *q);

#endif
