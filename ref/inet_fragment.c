/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Reassembly queues: finding, limits, which fragments go together, and where their octets are.
 * Mirrors: net/ipv4/inet_fragment.c, net/ipv4/inetpeer.c (rid).
 */
#include "ref/inet_frag.h"

#include <assert.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"

#define NSEC_PER_SEC	UINT64_C(1000000000)
/* No two begin at the same offset. */
#define FRAGS_MAX	8192u
/* Payload that a piece must be able to hold at most: more is never delivered. */
#define PIECE_ROOM_MAX	65535u
/* Above this a piece that grows gets all the room there can be: the blocks double anyway. */
#define PIECE_ROOM_HALF 16000u

static_assert(sizeof(struct frag_piece) <= SKB_STRUCT_LEN,
	      "a piece fits where its sk_buff will be");

/* Another source than the one that its slot is for. */
static struct frag_source *source_get_apart(struct ref *net, struct frag_source *slot,
					    uint32_t saddr)
{
	struct frag_source *s;

	for (s = slot->next; s; s = s->next)
		if (s->saddr == saddr) {
			s->queue_nr++;
			return s;
		}
	s = slot;
	if (slot->queue_nr) {
		s = arena_alloc(&net->arena, sizeof(*s));
		if (!s)
			return NULL;
		s->next = slot->next;
		slot->next = s;
	}
	s->saddr = saddr;
	s->rid = 0;
	s->queue_nr = 1;
	return s;
}

/* NULL: out of packet memory, and then there is no distance test, as in the kernel. */
static inline struct frag_source *source_get(struct ref *net, uint32_t saddr)
{
	struct frag_source *slot = inet_frag_source(&net->frags, saddr);

	if (slot->queue_nr && likely(slot->saddr == saddr)) {
		slot->queue_nr++;
		return slot;
	}
	if (unlikely(slot->queue_nr || slot->next))
		return source_get_apart(net, slot, saddr);
	slot->saddr = saddr;
	slot->rid = 0;
	slot->queue_nr = 1;
	return slot;
}

static void source_put(struct ref *net, struct frag_source *s)
{
	struct frag_source *before = inet_frag_source(&net->frags, s->saddr);

	if (likely(--s->queue_nr || s == before))
		return;
	while (before->next != s)
		before = before->next;
	before->next = s->next;
	arena_free(&net->arena, s, sizeof(*s));
}

REF_HOT struct inet_frag_queue *inet_frag_create(struct ref *net, const uint64_t key[2])
{
	struct inet_frag_queue *q = arena_alloc(&net->arena, sizeof(*q));

	if (unlikely(!q))
		return NULL;
	memset(&q->lean, 0,
	       offsetof(struct inet_frag_queue, head_cb) - offsetof(struct inet_frag_queue, lean));
	q->key[0] = key[0];
	q->key[1] = key[1];
	q->frag = q->frag_inline;
	q->frag_max = INET_FRAG_INLINE;
	q->peer = NULL;
	if (likely(net->sysctl[SYSCTL_IPFRAG_MAX_DIST]))
		q->peer = source_get(net, inet_frag_saddr(key[0]));
	net->frags.mem += INET_FRAG_QSIZE;
	inet_frag_hash_add(&net->frags.hash[inet_frag_hash(key)], q);
	q->timer.fn = ip_expire;
	timer_add(&net->timers, &q->timer,
		  net->now_ns + (uint64_t)net->sysctl[SYSCTL_IPFRAG_TIME] * NSEC_PER_SEC);
	return q;
}

void __inet_frag_flesh_out(struct inet_frag_queue *q)
{
	if (q->lean == FRAG_LEAN_ONE)
		inet_frag_lean_more(q);
	q->lean = FRAG_WHOLE;
	q->pieces->next = NULL;
	q->pieces->start = 0;
	q->pieces->end = q->tail_end;
	q->pieces->lead = 0;
	q->max_df_size = 0;
	q->flags = INET_FRAG_FIRST_IN;
	q->ip_summed = 1u << CHECKSUM_NONE;
	q->shapes = 1u << SKB_HEAD_FRAG;
	q->len = q->tail_end;
	q->meat = q->tail_end;
	q->head_cb = (struct inet_skb_parm){ .iif = q->iif };
	q->head_mark = 0;
	q->head_priority = 0;
	q->head_pkt_type = PACKET_HOST;
	q->head_ihl = IP_LEN;
	q->head_len = q->frag_inline[0].len;
	q->head_used = (uint16_t)(L4_OFF + q->head_len);
	q->frag = q->frag_inline;
	q->frag_max = INET_FRAG_INLINE;
	for (uint32_t i = 0; i < q->frag_nr; i++) {
		q->frag[i].shape = SKB_HEAD_FRAG;
		q->frag[i].joined = i > 0;
	}
}

static void piece_free(struct ref *net, struct frag_piece *piece)
{
	arena_free(&net->arena, piece, SKB_STRUCT_LEN + FRAG_FRONT + piece->room);
}

static void pieces_free(struct ref *net, struct inet_frag_queue *q)
{
	while (unlikely(q->pieces != NULL)) {
		struct frag_piece *piece = q->pieces;

		q->pieces = piece->next;
		piece_free(net, piece);
	}
}

/* What frees fragments one by one in the kernel: each an event of its own. */
static void inet_frag_rbtree_purge(struct ref *net, const struct inet_frag_queue *q,
				   enum skb_drop_reason reason)
{
	for (uint32_t i = 0; i < q->frag_nr; i++) {
		REF_SAY(net, ref_drop_name((uint16_t)reason));
		obs_drop(net, 0, reason, __func__);
	}
}

void inet_frag_queue_flush(struct ref *net, struct inet_frag_queue *q, enum skb_drop_reason reason)
{
	inet_frag_rbtree_purge(net, q, reason);
	net->frags.mem -= q->truesize;
	q->truesize = 0;
	q->frag_nr = 0;
	pieces_free(net, q);
}

REF_HOT void inet_frag_destroy(struct ref *net, struct inet_frag_queue *q)
{
	if (unlikely(q->frag_nr && !ref_since(net, DIFF_FRAG_DROP_REASONS)))
		inet_frag_rbtree_purge(net, q, SKB_DROP_REASON_NOT_SPECIFIED);
	else if (unlikely(q->flags & INET_FRAG_DROP))
		inet_frag_rbtree_purge(net, q, SKB_DROP_REASON_FRAG_REASM_TIMEOUT);
	net->frags.mem -= q->truesize + INET_FRAG_QSIZE;
	pieces_free(net, q);
	if (unlikely(q->frag != q->frag_inline))
		arena_free(&net->arena, q->frag, q->frag_max * sizeof(*q->frag));
	if (likely(q->peer != NULL))
		source_put(net, q->peer);
	arena_free(&net->arena, q, sizeof(*q));
}

bool inet_frags_grow(struct ref *net, struct inet_frag_queue *q)
{
	uint32_t max = q->frag_max * 8 < FRAGS_MAX ? q->frag_max * 8 : FRAGS_MAX;
	struct inet_frag *frag = arena_alloc(&net->arena, max * sizeof(*frag));

	if (!frag)
		return false;
	memcpy(frag, q->frag, q->frag_nr * sizeof(*frag));
	if (q->frag != q->frag_inline)
		arena_free(&net->arena, q->frag, q->frag_max * sizeof(*frag));
	q->frag = frag;
	q->frag_max = max;
	return true;
}

/* How many of the queued fragments start at or before `start`. */
static uint32_t frags_before(const struct inet_frag_queue *q, uint32_t start)
{
	uint32_t lo = 0, hi = q->frag_nr;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (inet_frag_start(&q->frag[mid]) <= start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * What a fragment that does not go beyond the last one is, where at_idx fragments start at or
 * before it. Inside one run: a duplicate. A run is what came in order at the end of the queue; a
 * fragment that came in between is a run of its own, even where it touches its neighbours.
 */
static enum ipfrag_verdict collision(const struct inet_frag_queue *q, uint32_t at_idx,
				     uint32_t start, uint32_t end)
{
	uint32_t i = at_idx;

	if (i && inet_frag_end(&q->frag[i - 1]) > start) {
		while (inet_frag_end(&q->frag[i - 1]) < end) {
			if (i == q->frag_nr || !q->frag[i].joined)
				return IPFRAG_OVERLAP;
			i++;
		}
		return IPFRAG_DUP;
	}
	return i < q->frag_nr && inet_frag_start(&q->frag[i]) < end ? IPFRAG_OVERLAP : IPFRAG_OK;
}

enum ipfrag_verdict inet_frag_insert_between(struct ref *net, struct inet_frag_queue *q,
					     uint32_t start, uint32_t end, uint32_t *ret_idx)
{
	enum ipfrag_verdict verdict;
	uint32_t idx = 0;

	/* Last first is the usual other order. */
	if (end > inet_frag_start(&q->frag[0])) {
		idx = frags_before(q, start);
		verdict = collision(q, idx, start, end);
		if (verdict != IPFRAG_OK)
			return verdict;
	}
	if (q->frag_nr == q->frag_max && !inet_frags_grow(net, q))
		return IPFRAG_NOMEM;
	memmove(&q->frag[idx + 1], &q->frag[idx], (q->frag_nr - idx) * sizeof(q->frag[0]));
	*ret_idx = idx;
	return IPFRAG_OK;
}

static struct frag_piece *piece_new(struct ref *net, uint32_t room)
{
	size_t n = arena_room(SKB_STRUCT_LEN + FRAG_FRONT + room);
	struct frag_piece *piece = arena_alloc(&net->arena, n);

	if (likely(piece != NULL)) {
		piece->lead = 0;
		piece->room = (uint32_t)(n - SKB_STRUCT_LEN - FRAG_FRONT);
	}
	return piece;
}

/*
 * A larger block for the latest piece, which is about to be [start, end): so much larger that a
 * long datagram moves twice or so, so little that memory stays in proportion to what came.
 */
static struct frag_piece *piece_grow(struct ref *net, struct inet_frag_queue *q, uint32_t start,
				     uint32_t end)
{
	struct frag_piece *old = q->pieces, *piece;
	uint32_t need = end - start, room = need * 3;

	if (room > PIECE_ROOM_HALF)
		room = PIECE_ROOM_MAX;
	if (q->flags & INET_FRAG_LAST_IN && room > q->len)
		room = q->len;
	piece = piece_new(net, room);
	if (!piece)
		return NULL;
	piece->next = old->next;
	piece->start = old->start;
	piece->end = old->end;
	/* What comes last first goes on downwards, where there is an end to it. */
	if (start < old->start) {
		piece->lead = piece->room - need + (old->start - start);
		if (piece->lead > old->start)
			piece->lead = old->start;
	}
	/* With what is in front: the header, if it is there already. */
	memcpy(frag_piece_payload(piece) - FRAG_FRONT, frag_piece_payload(old) - FRAG_FRONT,
	       FRAG_FRONT + (old->end - old->start));
	piece_free(net, old);
	q->pieces = piece;
	return piece;
}

REF_HOT bool inet_frag_store_apart(struct ref *net, struct inet_frag_queue *q,
				   const uint8_t *payload, uint32_t start, uint32_t end)
{
	struct frag_piece *piece = q->pieces;
	uint32_t len = end - start;

	if (piece && piece->start == end) {
		if (unlikely(piece->lead < len))
			piece = piece_grow(net, q, start, piece->end);
		if (unlikely(!piece))
			return false;
		piece->lead -= len;
		piece->start = start;
	} else if (piece && piece->end == start) {
		piece = piece_grow(net, q, piece->start, end);
		if (unlikely(!piece))
			return false;
		piece->end = end;
	} else {
		/* More is to come behind the first one of a datagram. */
		piece = piece_new(net, start == 0 && !piece ? len * 2 : len);
		if (unlikely(!piece))
			return false;
		piece->next = q->pieces;
		piece->start = start;
		piece->end = end;
		q->pieces = piece;
	}
	memcpy(frag_piece_payload(piece) + (start - piece->start), payload, len);
	return true;
}

struct frag_piece *inet_frag_head_piece(struct inet_frag_queue *q)
{
	struct frag_piece *piece = q->pieces;

	while (piece && piece->start)
		piece = piece->next;
	return piece;
}

struct frag_piece *inet_frag_gather_pieces(struct ref *net, struct inet_frag_queue *q)
{
	struct frag_piece *whole = piece_new(net, q->len);

	if (!whole)
		return NULL;
	for (struct frag_piece *piece = q->pieces; piece; piece = piece->next)
		memcpy(frag_piece_payload(whole) + piece->start, frag_piece_payload(piece),
		       piece->end - piece->start);
	memcpy(frag_piece_payload(whole) - q->head_ihl,
	       frag_piece_payload(inet_frag_head_piece(q)) - q->head_ihl, q->head_ihl);
	pieces_free(net, q);
	return whole;
}

/* The hash goes queue by queue, since most hosts that are reset have few of them. */
static void frags_reset(struct ref *net)
{
	const struct ref_timer *head = &net->timers.head;

	for (const struct ref_timer *t = head->next; t != head; t = t->next) {
		const struct inet_frag_queue *q;

		if (t->fn != ip_expire)
			continue;
		q = (const struct inet_frag_queue *)(const void *)((const uint8_t *)t -
								   offsetof(struct inet_frag_queue,
									    timer));
		net->frags.hash[inet_frag_hash(q->key)] = NULL;
		*inet_frag_source(&net->frags, inet_frag_saddr(q->key[0])) =
			(struct frag_source){ 0 };
	}
	net->frags.mem = 0;
}

const struct ref_part ref_part_frags = { .name = "frags", .reset = frags_reset };
