/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * IPv4 reassembly: which queue, is the fragment sound, is the datagram complete, what header it
 * gets, and what happens when it never completes. Mirrors: net/ipv4/ip_fragment.c.
 *
 * Not here: device time stamps, VRF (vif is 0), and users other than local delivery and router
 * alert.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "ref/compiler.h"
#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/ip_fast.h"
#include "ref/net.h"
#include "ref/wire/csum.h"

#define NSEC_PER_SEC  UINT64_C(1000000000)
#define INET_ECN_CE   3
#define INET_ECN_MASK 3

/* By the bits of the codepoints seen: 0, CE to be added, or ECN_INVALID. RFC 3168 section 5.3. */
#define ECN_INVALID	0xff
#define SEEN(codepoint) (1u << (codepoint))
static const uint8_t ip_frag_ecn_table[16] = {
	[SEEN(3) | SEEN(2)] = INET_ECN_CE,
	[SEEN(3) | SEEN(1)] = INET_ECN_CE,
	[SEEN(3) | SEEN(2) | SEEN(1)] = INET_ECN_CE,
	[SEEN(0) | SEEN(3)] = ECN_INVALID,
	[SEEN(0) | SEEN(2)] = ECN_INVALID,
	[SEEN(0) | SEEN(1)] = ECN_INVALID,
	[SEEN(0) | SEEN(2) | SEEN(1)] = ECN_INVALID,
	[SEEN(0) | SEEN(3) | SEEN(2)] = ECN_INVALID,
	[SEEN(0) | SEEN(3) | SEEN(1)] = ECN_INVALID,
	[SEEN(0) | SEEN(3) | SEEN(2) | SEEN(1)] = ECN_INVALID,
};

/* What reassembly looks at of a fragment. */
struct frag_in {
	const uint8_t *iph;
	uint32_t len; /* payload octets, as far as the link brought them */
	uint32_t truesize;
	int iif;
	uint8_t ihl; /* octets */
	uint8_t shape, ip_summed, pkt_type;
	bool refragmented; /* IPSKB_FRAG_COMPLETE: does not count for the distance */
	uint16_t payload_off; /* octets of the frame before the payload */
	const struct sk_buff *skb; /* NULL: nothing noted but iif */
};

static_assert(sizeof(struct frag_piece) <= offsetof(struct sk_buff, lean),
	      "skb_clear() leaves the piece that stands there alone");

enum frag_result {
	FRAG_KEPT,
	FRAG_COMPLETE,
	FRAG_DROP, /* the fragment alone */
	FRAG_DISCARD, /* the queue, which is killed, and the fragment before it */
};

REF_INLINE void frag_key(const uint8_t *iph, enum ip_defrag_users user, uint64_t ret_key[2])
{
	ret_key[0] = wire_raw64(iph + 12);
	ret_key[1] = inet_frag_key1(iph, user);
}

/* Is there memory for fragments, by the kernel's reckoning? */
REF_INLINE bool frag_mem_allows(const struct ref *net)
{
	int64_t high_thresh = net->sysctl[SYSCTL_IPFRAG_HIGH_THRESH];

	return high_thresh && net->frags.mem <= high_thresh;
}

/* NULL: no memory, by the kernel's reckoning or here. Mirrors: ip_find(), inet_frag_find(). */
REF_INLINE struct inet_frag_queue *frag_find(struct ref *net, const uint64_t key[2])
{
	struct inet_frag_queue *q;

	if (unlikely(!frag_mem_allows(net)))
		return NULL;
	q = inet_frag_lookup(&net->frags, key);
	return q ? q : inet_frag_create(net, key);
}

static enum skb_drop_reason frag_reason(const struct ref *net, enum skb_drop_reason newer)
{
	return ref_since(net, DIFF_FRAG_DROP_REASONS) ? newer : SKB_DROP_REASON_NOT_SPECIFIED;
}

/* More than ipfrag_max_dist fragments of this source since the last one of this queue? */
REF_INLINE bool ip_frag_too_far(struct ref *net, struct inet_frag_queue *q)
{
	uint32_t max = (uint32_t)net->sysctl[SYSCTL_IPFRAG_MAX_DIST], start = q->rid;

	if (unlikely(!q->peer || !max))
		return false;
	q->rid = ++q->peer->rid;
	return q->rid - start > max && q->frag_nr;
}

/* The sizes of the largest fragments are kept, as in the kernel. */
static void ip_frag_reinit(struct ref *net, struct inet_frag_queue *q)
{
	REF_SAY(net, "too far from the fragment before: the queue starts again");
	IP_INC_STATS(net, IP_REASMFAILS);
	timer_mod(&net->timers, &q->timer,
		  net->now_ns + (uint64_t)net->sysctl[SYSCTL_IPFRAG_TIME] * NSEC_PER_SEC);
	inet_frag_queue_flush(net, q, frag_reason(net, SKB_DROP_REASON_FRAG_TOO_FAR));
	q->flags = 0;
	q->len = 0;
	q->meat = 0;
	q->iif = 0;
	q->ecn = 0;
	q->ip_summed = 0;
	q->shapes = 0;
}

/* What the first fragment gives to the datagram, but for its header. */
REF_INLINE void head_note(struct inet_frag_queue *q, const struct frag_in *in, uint32_t end)
{
	q->flags |= INET_FRAG_FIRST_IN;
	if (in->skb)
		q->head_cb = in->skb->cb;
	else
		q->head_cb = (struct inet_skb_parm){ .iif = in->iif };
	q->head_mark = in->skb ? in->skb->mark : 0;
	q->head_priority = in->skb ? in->skb->priority : 0;
	q->head_pkt_type = in->pkt_type;
	q->head_ihl = in->ihl;
	q->head_len = (uint16_t)end;
	q->head_used = (uint16_t)(in->payload_off + end);
}

/* The header goes before the payload, which was stored just now. */
REF_INLINE void head_store(struct inet_frag_queue *q, const uint8_t *iph, unsigned int ihl)
{
	uint8_t *header = frag_piece_payload(q->pieces) - ihl;

	if (likely(ihl == 20))
		memcpy(header, iph, 20);
	else
		memcpy(header, iph, ihl);
}

/* Does the end of this fragment agree with what is known of the datagram's length? */
REF_INLINE bool end_agrees(struct ref *net, struct inet_frag_queue *q, uint32_t end, bool more)
{
	if (!more) {
		if (unlikely(end < q->len || (q->flags & INET_FRAG_LAST_IN && end != q->len))) {
			REF_SAY(net, "the last fragment ends elsewhere");
			return false;
		}
		q->flags |= INET_FRAG_LAST_IN;
		q->len = end;
	} else if (end > q->len) {
		if (unlikely(q->flags & INET_FRAG_LAST_IN)) {
			REF_SAY(net, "beyond the end of the datagram");
			return false;
		}
		q->len = end;
	}
	return true;
}

static enum frag_result frag_discard(struct ref *net, struct inet_frag_queue *q)
{
	IP_INC_STATS(net, IP_REASMFAILS);
	inet_frag_kill(q);
	return FRAG_DISCARD;
}

static enum frag_result frag_collided(struct ref *net, struct inet_frag_queue *q,
				      enum ipfrag_verdict verdict, enum skb_drop_reason *ret_reason)
{
	if (verdict == IPFRAG_DUP) {
		REF_SAY(net, "duplicate");
		*ret_reason = frag_reason(net, SKB_DROP_REASON_DUP_FRAG);
		return FRAG_DROP;
	}
	if (verdict == IPFRAG_OVERLAP) {
		REF_SAY(net, "overlap: the datagram is discarded");
		IP_INC_STATS(net, IPEXT_REASMOVERLAPS);
	} else {
		REF_SAY(net, "no packet memory for the fragment");
		*ret_reason = SKB_DROP_REASON_NOMEM;
	}
	return frag_discard(net, q);
}

/* One fragment into its queue. *ret_reason is of a drop. Mirrors: ip_frag_queue(). */
REF_INLINE enum frag_result frag_queue(struct ref *net, struct inet_frag_queue *q,
				       const struct frag_in *in, enum skb_drop_reason *ret_reason)
{
	uint16_t frag_off = iph_frag_off(in->iph);
	uint32_t start = (frag_off & IP_OFFSET) * 8u, end = start + in->len, fragsize;
	uint8_t ip_summed = in->ip_summed;
	enum ipfrag_verdict verdict;
	struct inet_frag *f;

	*ret_reason = SKB_DROP_REASON_NOT_SPECIFIED;
	if (!in->refragmented && unlikely(ip_frag_too_far(net, q)))
		ip_frag_reinit(net, q);
	if (frag_off & IP_MF && unlikely(end & 7)) {
		REF_SAY(net, "not a multiple of 8 octets: cut");
		end &= ~7u;
		if (ip_summed != CHECKSUM_UNNECESSARY)
			ip_summed = CHECKSUM_NONE;
	}
	if (unlikely(!end_agrees(net, q, end, frag_off & IP_MF)))
		return frag_discard(net, q);
	if (unlikely(end == start)) {
		REF_SAY(net, "nothing in it: the datagram is discarded");
		return frag_discard(net, q);
	}
	verdict = inet_frag_queue_insert(net, q, start, end, &f);
	if (unlikely(verdict != IPFRAG_OK))
		return frag_collided(net, q, verdict, ret_reason);
	f->truesize = in->truesize;
	f->shape = in->shape;
	q->iif = in->iif;
	q->meat += end - start;
	q->truesize += in->truesize;
	net->frags.mem += in->truesize;
	q->ecn |= (uint8_t)SEEN(iph_tos(in->iph) & INET_ECN_MASK);
	q->ip_summed |= (uint8_t)SEEN(ip_summed);
	q->shapes |= (uint8_t)SEEN(in->shape);
	fragsize = end - start + in->ihl;
	if (fragsize > q->max_size)
		q->max_size = (uint16_t)fragsize;
	if (frag_off & IP_DF && fragsize > q->max_df_size)
		q->max_df_size = (uint16_t)fragsize;
	if (start == 0)
		head_note(q, in, end);
	/* Beyond 65535 the datagram can't be delivered any more: only its length matters. */
	if (likely(end <= 65535) &&
	    unlikely(!inet_frag_store(net, q, in->iph + in->ihl, start, end))) {
		/* The one that is dropped here is not among those that the queue gives up. */
		q->frag_nr--;
		return frag_collided(net, q, IPFRAG_NOMEM, ret_reason);
	}
	if (start == 0)
		head_store(q, in->iph, in->ihl);
	return q->flags == (INET_FRAG_FIRST_IN | INET_FRAG_LAST_IN) && q->meat == q->len
		       ? FRAG_COMPLETE
		       : FRAG_KEPT;
}

/* What the kernel would charge a socket for the datagram, and what would hang behind its head. */
REF_INLINE uint32_t glue(const struct ref *net, const struct inet_frag_queue *q,
			 uint32_t *ret_listed)
{
	struct skb_glue parts;
	uint32_t truesize = q->truesize, i = 1, left, room;

	/* Only what is delivered here is glued. Mirrors: ip_frag_coalesce_ok(). */
	if (unlikely(q->key[1] >> 32 != IP_DEFRAG_LOCAL_DELIVER)) {
		*ret_listed = q->frag_nr - 1;
		return truesize;
	}
	if (unlikely(q->shapes != SEEN(SKB_HEAD_FRAG))) {
		skb_glue_begin(&parts, net, q->frag[0].shape, q->frag[0].truesize, q->head_used);
		for (; i < q->frag_nr; i++)
			skb_glue_add(&parts, q->frag[i].shape, q->frag[i].truesize, q->frag[i].len);
		*ret_listed = parts.listed_nr;
		return parts.truesize;
	}
	/* The same, when all fit the head or can be taken over up to the limit. */
	room = SKB_HEAD_FRAG_ROOM(q->frag[0].truesize) - q->head_used;
	for (; i < q->frag_nr && q->frag[i].len <= room; i++) {
		room -= q->frag[i].len;
		truesize -= q->frag[i].truesize;
	}
	left = q->frag_nr - i;
	*ret_listed = left > MAX_SKB_FRAGS ? left - MAX_SKB_FRAGS : 0;
	return truesize - (left - *ret_listed) * SKB_HEAD_LEN;
}

REF_INLINE void header_rewrite(struct inet_frag_queue *q, struct sk_buff *skb, uint32_t len)
{
	uint8_t *iph = skb->data;
	uint16_t frag_off = 0;

	skb->cb.frag_max_size = q->max_size;
	/* DF only when no larger fragment came without it. */
	if (q->max_df_size == q->max_size) {
		skb->cb.flags |= IPSKB_FRAG_PMTU;
		frag_off = IP_DF;
	}
	wire_put16(iph + 2, (uint16_t)len);
	wire_put16(iph + 6, frag_off);
	iph[1] |= ip_frag_ecn_table[q->ecn];
	wire_put16(iph + 10, 0);
	csum_store(iph + 10, ip_fast_csum(iph, q->head_ihl));
}

/* The octets of a complete datagram; NULL: it can't be delivered. The queue is killed. */
REF_INLINE struct frag_piece *frag_reasm_prepare(struct ref *net, struct inet_frag_queue *q)
{
	struct frag_piece *piece;

	inet_frag_kill(q);
	if (unlikely(ip_frag_ecn_table[q->ecn] == ECN_INVALID)) {
		REF_SAY(net, "fragments with and without ECN: discarded");
		return NULL;
	}
	if (unlikely(q->head_ihl + q->len > 65535)) {
		REF_SAY(net, "longer than 65535 octets: discarded");
		return NULL;
	}
	piece = inet_frag_gather(net, q);
	if (unlikely(!piece))
		REF_SAY(net, "no packet memory for the datagram");
	return piece;
}

/* All of skb that comes from the fragments; net, dev and route are the caller's. */
REF_INLINE void frag_reasm_fill(struct ref *net, struct inet_frag_queue *q,
				struct frag_piece *piece, struct sk_buff *skb)
{
	uint32_t len = q->head_ihl + q->len, front = FRAG_FRONT + piece->lead, listed;
	uint8_t *block = (uint8_t *)piece;
	uint32_t room = FRAG_FRONT + piece->room;

	/* From here on skb may stand where the piece described itself. */
	skb->net = net;
	skb->borrowed = false;
	skb->head = block + SKB_STRUCT_LEN;
	skb->room = room;
	skb->data = block + SKB_STRUCT_LEN + front - q->head_ihl;
	skb->len = len;
	skb->network_header = (uint16_t)(front - q->head_ihl);
	skb->transport_header = (uint16_t)front;
	skb->pkt_type = q->head_pkt_type;
	skb->mark = q->head_mark;
	skb->priority = q->head_priority;
	skb->cb = q->head_cb;
	/* What they all were, or nothing. */
	skb->ip_summed = q->ip_summed & (q->ip_summed - 1) ? CHECKSUM_NONE
							   : (uint8_t)__builtin_ctz(q->ip_summed);
	skb->truesize = glue(net, q, &listed);
	header_rewrite(q, skb, len);
	if (unlikely(listed))
		skb_hang(skb, listed);
	REF_SAY(net, "complete");
	IP_INC_STATS(net, IP_REASMOKS);
	/* What the queue held is in the datagram now: nothing is left to be freed. */
	q->frag_nr = 0;
	inet_frag_destroy(net, q);
}

static void frag_reasm_failed(struct ref *net, struct inet_frag_queue *q)
{
	IP_INC_STATS(net, IP_REASMFAILS);
	inet_frag_destroy(net, q);
}

/*
 * The datagram takes the place of the fragment that completed it, whose device and route it keeps.
 * 0, or -errno: not to be delivered, skb is freed. Mirrors: ip_frag_reasm().
 */
static int ip_frag_reasm(struct ref *net, struct inet_frag_queue *q, struct sk_buff *skb)
{
	struct frag_piece *piece = frag_reasm_prepare(net, q);

	consume_skb(skb);
	if (!piece) {
		frag_reasm_failed(net, q);
		return -EINVAL;
	}
	frag_reasm_fill(net, q, piece, skb);
	return 0;
}

/* No queue: memory is short, by the kernel's reckoning or here. */
REF_NOINLINE static enum skb_drop_reason frag_no_queue(struct ref *net)
{
	bool nomem = frag_mem_allows(net);

	REF_SAY(net, nomem ? "no packet memory for a queue" : "above ipfrag_high_thresh");
	IP_INC_STATS(net, IP_REASMFAILS);
	return nomem ? SKB_DROP_REASON_NOMEM : SKB_DROP_REASON_NOT_SPECIFIED;
}

int ip_defrag(struct ref *net, struct sk_buff *skb, enum ip_defrag_users user)
{
	const uint8_t *iph = skb_network_header(skb);
	const struct frag_in in = {
		.iph = iph,
		.len = (uint32_t)((long)skb->len - skb_network_offset(skb)) - iph_ihl(iph),
		.truesize = skb->truesize,
		.iif = skb->dev->ifindex,
		.ihl = (uint8_t)iph_ihl(iph),
		.shape = skb->shape,
		.ip_summed = skb->ip_summed,
		.pkt_type = skb->pkt_type,
		.refragmented = skb->cb.flags & IPSKB_FRAG_COMPLETE,
		.payload_off = (uint16_t)(skb->network_header + iph_ihl(iph)),
		.skb = skb,
	};
	enum skb_drop_reason reason;
	struct inet_frag_queue *q;
	uint64_t key[2];

	assert(skb->slot);
	IP_INC_STATS(net, IP_REASMREQDS);
	frag_key(iph, user, key);
	q = frag_find(net, key);
	if (!q) {
		kfree_skb_reason(skb, frag_no_queue(net));
		return -ENOMEM;
	}
	switch (frag_queue(net, q, &in, &reason)) {
	case FRAG_KEPT:
		REF_SAY(net, "kept");
		consume_skb(skb);
		return -EINPROGRESS;
	case FRAG_COMPLETE:
		return ip_frag_reasm(net, q, skb);
	case FRAG_DROP:
		kfree_skb_at(skb, reason, "ip_frag_queue");
		return -EINVAL;
	case FRAG_DISCARD:
		kfree_skb_at(skb, reason, "ip_frag_queue");
		inet_frag_destroy(net, q);
		return -EINVAL;
	}
	return -EINVAL;
}

/*
 * One that the short way refuses in the end is dropped by the slot, as ip_defrag() would: all that
 * a drop looks at is its device.
 */
REF_NOINLINE static void frag_drop_fast(struct ref *net, struct net_device *dev,
					enum skb_drop_reason reason, const char *at)
{
	struct sk_buff *skb = &net->rx_skb;

	skb->net = net;
	skb->dev = dev;
	skb->borrowed = true;
	kfree_skb_at(skb, reason, at);
}

struct sk_buff *ip_defrag_fast(struct ref *net, const struct rx_flow *flow, const uint8_t *iph,
			       size_t frame_len)
{
	enum skb_shape shape;
	const uint32_t truesize = rx_truesize(net, frame_len, &shape);
	const struct frag_in in = {
		.iph = iph,
		.len = iph_tot_len(iph) - 20u,
		.truesize = truesize,
		.iif = flow->ifindex,
		.ihl = 20,
		.shape = (uint8_t)shape,
		.payload_off = ETH_HLEN + 20,
	};
	enum skb_drop_reason reason;
	struct inet_frag_queue *q;
	struct frag_piece *piece;
	struct sk_buff *skb;
	uint64_t key[2];

	frag_key(iph, IP_DEFRAG_LOCAL_DELIVER, key);
	q = frag_find(net, key);
	if (unlikely(!q)) {
		frag_drop_fast(net, flow->dev, frag_no_queue(net), "ip_defrag");
		return NULL;
	}
	switch (frag_queue(net, q, &in, &reason)) {
	case FRAG_KEPT:
		return NULL;
	case FRAG_COMPLETE:
		break;
	case FRAG_DROP:
		frag_drop_fast(net, flow->dev, reason, "ip_frag_queue");
		return NULL;
	case FRAG_DISCARD:
		frag_drop_fast(net, flow->dev, reason, "ip_frag_queue");
		inet_frag_destroy(net, q);
		return NULL;
	}
	piece = frag_reasm_prepare(net, q);
	if (unlikely(!piece)) {
		frag_reasm_failed(net, q);
		return NULL;
	}
	skb = (struct sk_buff *)(void *)piece;
	skb_clear(skb);
	frag_reasm_fill(net, q, piece, skb);
	skb->next = NULL;
	skb->slot = false;
	skb->dev = flow->dev;
	skb->protocol = ETH_P_IP;
	return skb;
}

/* The first fragment alone, as it came, for the ICMP error that quotes it. */
static bool head_for_icmp(struct ref *net, struct inet_frag_queue *q, struct sk_buff *skb)
{
	struct frag_piece *piece = inet_frag_head_piece(q);
	uint8_t *payload = frag_piece_payload(piece);

	*skb = (struct sk_buff){
		.net = net,
		.dev = dev_get_by_index(net, q->iif),
		.head = (uint8_t *)piece + SKB_STRUCT_LEN,
		.data = payload,
		.len = q->head_len,
		.room = FRAG_FRONT + piece->room,
		.network_header = (uint16_t)(FRAG_FRONT + piece->lead - q->head_ihl),
		.transport_header = (uint16_t)(FRAG_FRONT + piece->lead),
		.borrowed = true,
		.slot = true,
		.pkt_type = q->head_pkt_type,
		.mark = q->head_mark,
		.priority = q->head_priority,
		.cb = q->head_cb,
	};
	return skb->dev != NULL;
}

void ip_expire(struct ref *net, struct ref_timer *timer)
{
	struct inet_frag_queue *q =
		(struct inet_frag_queue *)(void *)((uint8_t *)timer -
						   offsetof(struct inet_frag_queue, timer));
	enum skb_drop_reason reason = frag_reason(net, SKB_DROP_REASON_FRAG_REASM_TIMEOUT);
	struct sk_buff head;

	inet_frag_flesh_out(q);
	inet_frag_kill(q);
	IP_INC_STATS(net, IP_REASMFAILS);
	IP_INC_STATS(net, IP_REASMTIMEOUT);
	if (q->flags & INET_FRAG_FIRST_IN) {
		const uint8_t *iph;

		if (head_for_icmp(net, q, &head)) {
			iph = skb_network_header(&head);
			if (ip_route_input_noref(&head, iph_daddr(iph), iph_saddr(iph),
						 iph_tos(iph), head.dev) == SKB_NOT_DROPPED_YET) {
				REF_SAY(net, "time exceeded");
				icmp_send(&head, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0);
			}
		}
		kfree_skb_reason(&head, reason);
		/* The others are purged with the queue. */
		q->frag_nr--;
	}
	q->flags |= INET_FRAG_DROP;
	inet_frag_destroy(net, q);
}
