/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Fragments the short way (ip_fast.h): those that come in order from the first one on, up to the
 * datagram on its socket's queue. Their queue is a lean one (inet_frag.h). A fragment about which
 * anything is out of the ordinary (order, limits, lengths, whose datagram it is) is found out
 * before anything is changed, and goes the way of any fragment: frag_rcv_any(), which is
 * ip_fragment.c without a sk_buff for each fragment.
 */
#include <string.h>

#include "ref/compiler.h"
#include "ref/ip.h"
#include "ref/ip_fast.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/wire/csum_inline.h"

#define NSEC_PER_SEC UINT64_C(1000000000)

static inline void count_received(struct ref *net, struct net_device *dev,
				  const struct ref_event *event)
{
	rx_count(dev, event);
	IP_INC_STATS(net, IP_REASMREQDS);
}

REF_INLINE uint32_t frag_len(const uint8_t *iph)
{
	return iph_tot_len(iph) - IP_LEN;
}

/* Whatever comes of it. */
REF_NOINLINE static const struct ref_update *
frag_rcv_any(struct ref *net, const struct ref_event *event, const struct rx_flow *flow)
{
	const uint8_t *iph = event->data + IPH_OFF;
	struct sk_buff *skb;

	if (frag_len(iph) > event->len - L4_OFF || event->len > REF_FRAME_MAX)
		return ip_rcv_slow(net, event);
	count_received(net, flow->dev, event);
	skb = ip_defrag_fast(net, flow, iph, event->len);
	if (!skb)
		return &net->update;
	iph = skb->data;
	/* The route of the fragments, once more: it is the same for all that is the flow's. */
	ip_route_input_noref(skb, iph_daddr(iph), iph_saddr(iph), iph_tos(event->data + IPH_OFF),
			     flow->dev);
	ip_local_deliver_finish(skb);
	process_backlog(net);
	return &net->update;
}

#define QUEUE_CLASS 8
static_assert(sizeof(struct inet_frag_queue) <= 1u << QUEUE_CLASS &&
		      SKB_STRUCT_LEN + FRAG_FRONT > 1u << QUEUE_CLASS,
	      "a queue and its octets are of different classes: one block of each is enough");

/*
 * What the kernel charges for a frame that is a piece of a page: up to RX_TAP_PAGE_FRAG_MAX octets.
 * The short way knows no other wire.
 */
REF_INLINE uint32_t tap_truesize(size_t frame_len)
{
	return (((uint32_t)frame_len + RX_TAP_PAD + 63) & ~63u) + SKB_OVERHEAD;
}

/* ---- the first fragment of a datagram ---- */

static const struct ref_update *frag_first(struct ref *net, const struct ref_event *event,
					   struct rx_flow *flow, struct inet_frag_queue **bucket,
					   uint64_t key1);

/* Not as long as the first one before: what such a one needs. */
REF_NOINLINE static const struct ref_update *
frag_first_resized(struct ref *net, const struct ref_event *event, struct rx_flow *flow,
		   struct inet_frag_queue **bucket, uint64_t key1)
{
	uint32_t len = frag_len(event->data + IPH_OFF);
	size_t block = arena_room(SKB_STRUCT_LEN + FRAG_FRONT + len * 2);

	if (len > event->len - L4_OFF || event->len > RX_TAP_PAGE_FRAG_MAX || (len & 7) || !len)
		return frag_rcv_any(net, event, flow);
	flow->frame_len = (uint32_t)event->len;
	flow->tot_len_field = wire_raw16(event->data + IPH_OFF + 2);
	flow->truesize = tap_truesize(event->len);
	flow->arena_class = (uint8_t)arena_class(block);
	flow->piece_room = (uint32_t)(block - SKB_STRUCT_LEN - FRAG_FRONT);
	return frag_first(net, event, flow, bucket, key1);
}

/* No free blocks for a queue and its octets: such as there is memory for, and once again. */
REF_NOINLINE static const struct ref_update *
frag_first_stock(struct ref *net, const struct ref_event *event, struct rx_flow *flow,
		 struct inet_frag_queue **bucket, uint64_t key1)
{
	if (!arena_stock(&net->arena, QUEUE_CLASS) || !arena_stock(&net->arena, flow->arena_class))
		return frag_rcv_any(net, event, flow);
	return frag_first(net, event, flow, bucket, key1);
}

/* Is there memory for another queue, by the kernel's reckoning, and the distance test to be made?
 */
REF_INLINE bool queue_allowed(const struct ref *net)
{
	int64_t high_thresh = net->sysctl[SYSCTL_IPFRAG_HIGH_THRESH];

	return high_thresh && net->frags.mem <= high_thresh && net->sysctl[SYSCTL_IPFRAG_MAX_DIST];
}

/* The source's own slot; NULL: it is another's, or has others behind it. */
REF_INLINE struct frag_source *source_get(struct ref *net, uint32_t saddr)
{
	struct frag_source *peer = inet_frag_source(&net->frags, saddr);

	if (likely(!peer->queue_nr && !peer->next)) {
		peer->saddr = saddr;
		return peer;
	}
	return peer->queue_nr && peer->saddr == saddr ? peer : NULL;
}

REF_INLINE void queue_timer(struct ref *net, struct inet_frag_queue *q)
{
	q->timer.fn = ip_expire;
	timer_add(&net->timers, &q->timer,
		  net->now_ns + (uint64_t)net->sysctl[SYSCTL_IPFRAG_TIME] * NSEC_PER_SEC);
}

/* A new queue with its first fragment. Mirrors: inet_frag_create(), ip_frag_queue(). */
REF_HOT REF_NOINLINE static const struct ref_update *
frag_first(struct ref *net, const struct ref_event *event, struct rx_flow *flow,
	   struct inet_frag_queue **bucket, uint64_t key1)
{
	const uint8_t *iph = event->data + IPH_OFF;
	struct inet_frag_queue *q;
	struct frag_source *peer;
	struct frag_piece *piece;
	uint32_t len;

	if (unlikely((wire_raw16(iph + 6) & wire_swap16(0xffff - IP_CE)) != wire_swap16(IP_MF) ||
		     !queue_allowed(net)))
		return frag_rcv_any(net, event, flow);
	if (unlikely(flow->frame_len != event->len || flow->tot_len_field != wire_raw16(iph + 2)))
		return frag_first_resized(net, event, flow, bucket, key1);
	peer = source_get(net, wire_raw32(iph + 12));
	if (unlikely(!peer))
		return frag_rcv_any(net, event, flow);
	if (unlikely(!arena_has(&net->arena, QUEUE_CLASS) ||
		     !arena_has(&net->arena, flow->arena_class)))
		return frag_first_stock(net, event, flow, bucket, key1);
	q = arena_take(&net->arena, QUEUE_CLASS);
	piece = arena_take(&net->arena, flow->arena_class);
	ARENA_OPEN(q, sizeof(*q));
	ARENA_OPEN(piece, SKB_STRUCT_LEN + FRAG_FRONT + flow->piece_room);
	count_received(net, flow->dev, event);
	len = frag_len(iph);
	q->key[0] = wire_raw64(iph + 12);
	q->key[1] = key1;
	inet_frag_hash_add(bucket, q);
	queue_timer(net, q);
	peer->queue_nr++;
	q->peer = peer;
	q->lean = FRAG_LEAN_ONE;
	q->rid = ++peer->rid;
	q->tail_end = len;
	q->truesize = flow->truesize;
	q->iif = flow->ifindex;
	q->pieces = piece;
	net->frags.mem += INET_FRAG_QSIZE + flow->truesize;
	piece->room = flow->piece_room;
	memcpy(inet_frag_lean_payload(q) - IP_LEN, iph, IP_LEN + len);
	return &net->update;
}

/* ---- a fragment that continues its queue ---- */

/* Does the kernel's memory, and its distance test, allow one more? */
REF_INLINE bool frag_allowed(const struct ref *net, const struct inet_frag_queue *q)
{
	return net->frags.mem <= net->sysctl[SYSCTL_IPFRAG_HIGH_THRESH] &&
	       q->peer->rid + 1 - q->rid <= (uint32_t)net->sysctl[SYSCTL_IPFRAG_MAX_DIST];
}

/* Not the last one. Mirrors: ip_frag_queue(). */
REF_HOT REF_NOINLINE static const struct ref_update *frag_next(struct ref *net,
							       const struct ref_event *event,
							       const struct rx_flow *flow,
							       struct inet_frag_queue *q)
{
	const uint8_t *iph = event->data + IPH_OFF;
	uint32_t len = frag_len(iph), start = q->tail_end, truesize = tap_truesize(event->len);
	struct inet_frag *f = &q->frag_inline[q->frag_nr];

	if (unlikely(len & 7))
		return frag_rcv_any(net, event, flow);
	count_received(net, flow->dev, event);
	f->len = (uint16_t)len;
	f->start_8 = (uint16_t)(start / 8);
	f->truesize = truesize;
	q->frag_nr++;
	q->rid = ++q->peer->rid;
	q->ecn |= (uint8_t)(1u << (iph_tos(iph) & 3));
	if (len + IP_LEN > q->max_size)
		q->max_size = (uint16_t)(len + IP_LEN);
	q->truesize += truesize;
	net->frags.mem += truesize;
	q->tail_end = start + len;
	memcpy(inet_frag_lean_payload(q) + start, iph + IP_LEN, len);
	return &net->update;
}

/* What the kernel charges for the datagram: skb_glue_add() of pieces of pages, few of them. */
static uint32_t frags_truesize(const struct inet_frag_queue *q, uint32_t last_len,
			       uint32_t last_truesize)
{
	uint32_t room =
		SKB_HEAD_FRAG_ROOM(q->frag_inline[0].truesize) - L4_OFF - q->frag_inline[0].len;
	uint32_t truesize = q->truesize, nr = q->frag_nr, i = 1;

	for (; i < nr && q->frag_inline[i].len <= room; i++) {
		room -= q->frag_inline[i].len;
		truesize -= q->frag_inline[i].truesize;
	}
	if (i == nr && last_len <= room)
		return truesize;
	return truesize + last_truesize - (nr - i + 1) * SKB_HEAD_LEN;
}

/* ---- the last one: the datagram is complete ---- */

/*
 * Header of the first fragment to that of the datagram: its length, no DF or MF, ECN as it is.
 * Mirrors: the end of ip_frag_reasm().
 */
REF_INLINE void header_rewrite(uint8_t *iph, uint16_t whole_len_field)
{
	uint64_t sum;

	memcpy(iph + 2, &whole_len_field, 2);
	memset(iph + 6, 0, 2);
	sum = wire_raw64(iph);
	sum = csum_add_word(sum, wire_raw64(iph + 12));
	sum = csum_add_word(sum, wire_raw16(iph + 8));
	csum_store(iph + 10, csum_fold(sum));
}

/* The queue has done its work. Mirrors: inet_frag_kill(), inet_frag_destroy(). */
REF_INLINE void queue_end(struct ref *net, struct inet_frag_queue *q)
{
	q->timer.prev->next = q->timer.next;
	q->timer.next->prev = q->timer.prev;
	*q->pprev = q->next;
	if (unlikely(q->next != NULL))
		q->next->pprev = q->pprev;
	net->frags.mem -= q->truesize + INET_FRAG_QSIZE;
	q->peer->rid++;
	q->peer->queue_nr--;
	arena_free_class(&net->arena, q, QUEUE_CLASS);
}

/* What a datagram of these fragments is queued with; ulen: its own length. */
static void datagram_plain(uint64_t plain[4], const struct sock *sk, uint32_t room,
			   uint32_t truesize, uint32_t ulen, uint32_t frag_max_size)
{
	const struct sk_buff skb = {
		.len = ulen - UDP_HLEN,
		.room = FRAG_FRONT + room,
		.arena_class = (uint8_t)arena_class(SKB_STRUCT_LEN + FRAG_FRONT + room),
		.frag_max_size = (uint16_t)frag_max_size,
		.truesize = truesize,
		.network_header = FRAG_FRONT - IP_LEN,
		.transport_header = FRAG_FRONT,
		.shape = SKB_KMALLOC,
		.lean = SKB_LEAN,
		.pktinfo = sk->inet_flags & IP_CMSG_PKTINFO,
	};

	memcpy(plain, &skb.len, SKB_PLAIN_LEN);
}

/* The sum of a datagram that is verified on arrival. */
REF_NOINLINE static bool udp_sum_holds(const uint8_t *uh, size_t ulen)
{
	uint64_t pseudo = wire_raw16(uh + 4) + csum_be16(IPPROTO_UDP);

	return csum_holds(csum_ones_below_256(uh - 8, 8 + ulen, pseudo));
}

/*
 * The datagram, all octets in place, to its socket. rmem: with it. False: its sum is wrong, nothing
 * was done. Mirrors: ip_frag_reasm() to udp_queue_rcv_skb().
 */
REF_INLINE bool datagram_queue(struct ref *net, struct sock *sk, struct net_device *dev,
			       struct inet_frag_queue *q, const uint64_t plain[4],
			       uint16_t whole_len_field, uint32_t rmem)
{
	struct sk_buff *skb = (struct sk_buff *)(void *)q->pieces;
	uint8_t *uh = inet_frag_lean_payload(q);
	uint32_t ulen = wire_get16(uh + 4);
	bool summed = ulen <= CHECKSUM_BREAK && wire_raw16(uh + 6) != 0;

	if (summed && unlikely(!udp_sum_holds(uh, ulen)))
		return false;
	header_rewrite(uh - IP_LEN, whole_len_field);
	skb->dev = dev;
	memcpy(&skb->len, plain, SKB_PLAIN_LEN);
	if (summed) {
		skb->lean = SKB_LEAN_QUICK;
		skb->csum_valid = true;
		skb->ip_summed = CHECKSUM_COMPLETE;
	}
	skb->queued.tstamp_ns = net->now_ns;
	sk->sk_rmem_alloc = rmem;
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	IP_INC_STATS(net, IP_REASMOKS);
	IP_INC_STATS(net, IP_INDELIVERS);
	queue_end(net, q);
	return true;
}

/* Whose datagram it is, of fragments like these; NULL: not to be said here. */
static struct sock *datagram_sock(const struct ref *net, const struct rx_flow *flow,
				  const struct inet_frag_queue *q)
{
	const uint8_t *uh = inet_frag_lean_payload(q), *iph = uh - IP_LEN;

	if (!flow->frag_udp || iph_protocol(iph) != IPPROTO_UDP)
		return NULL;
	return udp_plain_sock(net, iph_daddr(iph), wire_get16(uh + 2));
}

/* Are the lengths of a datagram that these two make sound? */
static bool datagram_sound(const struct inet_frag_queue *q, uint32_t whole)
{
	uint32_t ulen = wire_get16(inet_frag_lean_payload(q) + 4);

	return IP_LEN + whole <= 65535 && ulen >= UDP_HLEN && ulen <= whole;
}

/* Of three or more. */
REF_HOT REF_NOINLINE static const struct ref_update *frag_last(struct ref *net,
							       const struct ref_event *event,
							       struct rx_flow *flow,
							       struct inet_frag_queue *q)
{
	const uint8_t *iph = event->data + IPH_OFF;
	uint8_t *uh = inet_frag_lean_payload(q);
	uint32_t len = frag_len(iph), whole = q->tail_end + len, truesize, size = len + IP_LEN;
	struct sock *sk = datagram_sock(net, flow, q);
	uint64_t plain[4];

	truesize = frags_truesize(q, len, tap_truesize(event->len));
	if (unlikely(!sk || q->ecn != 1u << (iph_tos(iph) & 3) || !datagram_sound(q, whole) ||
		     sk->sk_rmem_alloc + truesize > (uint32_t)sk->sk_rcvbuf))
		return frag_rcv_any(net, event, flow);
	datagram_plain(plain, sk, q->pieces->room, truesize, wire_get16(uh + 4),
		       size > q->max_size ? size : q->max_size);
	memcpy(uh + q->tail_end, iph + IP_LEN, len);
	if (unlikely(!datagram_queue(net, sk, flow->dev, q, plain,
				     wire_swap16((uint16_t)(IP_LEN + whole)),
				     sk->sk_rmem_alloc + truesize)))
		return frag_rcv_any(net, event, flow);
	count_received(net, flow->dev, event);
	return &net->update;
}

/* Is this the second one of two such as made the datagram before? */
REF_INLINE bool frag_pairs(const struct rx_flow *flow, const struct ref_event *event,
			   const struct inet_frag_queue *q)
{
	const struct rx_pair *pair = &flow->pair;
	const uint8_t *iph = event->data + IPH_OFF, *uh;

	/* One that is not lean may have no piece. */
	if (q->lean != FRAG_LEAN_ONE)
		return false;
	uh = inet_frag_lean_payload(q);
	return pair->first_len == q->tail_end && pair->first_truesize == q->truesize &&
	       pair->frame_len == event->len && pair->tot_len_field == wire_raw16(iph + 2) &&
	       pair->frag_off_field == wire_raw16(iph + 6) && pair->ports == wire_raw32(uh) &&
	       pair->ulen_field == wire_raw16(uh + 4) && q->iif == flow->ifindex;
}

/* 16 to 64 octets without a call; to and from have no octet in common. */
REF_INLINE void copy_short(uint8_t *to, const uint8_t *from, size_t n)
{
	if (n >= 32) {
		memcpy(to, from, 32);
		memcpy(to + n - 32, from + n - 32, 32);
	} else {
		memcpy(to, from, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	}
}

/* The second one of two. */
REF_INLINE const struct ref_update *pair_complete(struct ref *net, const struct ref_event *event,
						  struct rx_flow *flow, struct inet_frag_queue *q,
						  bool is_short)
{
	const uint8_t *iph = event->data + IPH_OFF;
	uint8_t *uh = inet_frag_lean_payload(q), *to = uh + q->tail_end;
	struct sock *sk = flow->sk;
	uint32_t rmem = sk->sk_rmem_alloc + flow->pair.truesize;

	if (unlikely(rmem > (uint32_t)sk->sk_rcvbuf || !frag_allowed(net, q) ||
		     ((iph_tos(uh - IP_LEN) ^ iph_tos(iph)) & 3) != 0))
		return frag_rcv_any(net, event, flow);
	if (is_short)
		copy_short(to, iph + IP_LEN, frag_len(iph));
	else
		memcpy(to, iph + IP_LEN, frag_len(iph));
	if (unlikely(!datagram_queue(net, sk, flow->dev, q, flow->plain, flow->pair.whole_len_field,
				     rmem)))
		return frag_rcv_any(net, event, flow);
	count_received(net, flow->dev, event);
	return &net->update;
}

REF_HOT REF_NOINLINE static const struct ref_update *
pair_complete_long(struct ref *net, const struct ref_event *event, struct rx_flow *flow,
		   struct inet_frag_queue *q)
{
	return pair_complete(net, event, flow, q, false);
}

REF_HOT REF_NOINLINE static const struct ref_update *
pair_complete_short(struct ref *net, const struct ref_event *event, struct rx_flow *flow,
		    struct inet_frag_queue *q)
{
	return pair_complete(net, event, flow, q, true);
}

/* Two that are not like the two before: what they make, if they are sound. */
REF_NOINLINE static const struct ref_update *pair_resized(struct ref *net,
							  const struct ref_event *event,
							  struct rx_flow *flow,
							  struct inet_frag_queue *q)
{
	const uint8_t *iph = event->data + IPH_OFF, *uh = inet_frag_lean_payload(q);
	uint32_t len = frag_len(iph), whole = q->tail_end + len, truesize = q->truesize;
	uint32_t size = (len > q->tail_end ? len : q->tail_end) + IP_LEN;
	struct sock *sk = datagram_sock(net, flow, q);

	if (!sk || !datagram_sound(q, whole))
		return frag_rcv_any(net, event, flow);
	/* skb_glue_add(): it fits behind the first one, or its page is taken over. */
	if (len > SKB_HEAD_FRAG_ROOM(truesize) - L4_OFF - q->tail_end)
		truesize += tap_truesize(event->len) - SKB_HEAD_LEN;
	datagram_plain(flow->plain, sk, q->pieces->room, truesize, wire_get16(uh + 4), size);
	flow->sk = sk;
	flow->pair = (struct rx_pair){
		.first_len = (uint16_t)q->tail_end,
		.first_truesize = (uint16_t)q->truesize,
		.frame_len = (uint32_t)event->len,
		.ports = wire_raw32(uh),
		.truesize = truesize,
		.tot_len_field = wire_raw16(iph + 2),
		.frag_off_field = wire_raw16(iph + 6),
		.ulen_field = wire_raw16(uh + 4),
		.whole_len_field = wire_swap16((uint16_t)(IP_LEN + whole)),
	};
	return pair_complete_long(net, event, flow, q);
}

/* Another one of a queue that is there. */
REF_HOT REF_NOINLINE static const struct ref_update *frag_more(struct ref *net,
							       const struct ref_event *event,
							       struct rx_flow *flow,
							       struct inet_frag_queue *q)
{
	const uint8_t *iph = event->data + IPH_OFF;
	uint32_t len = frag_len(iph), start = (uint32_t)(iph_frag_off(iph) & ~(IP_CE | IP_MF)) * 8;
	bool more = iph_frag_off(iph) & IP_MF;

	/* The next one, and as plain as those before? DF is an offset that is never right. */
	if (unlikely(!q->lean || start != q->tail_end || !len || len > event->len - L4_OFF ||
		     event->len > RX_TAP_PAGE_FRAG_MAX || start + len > q->pieces->room ||
		     q->iif != flow->ifindex || !frag_allowed(net, q)))
		return frag_rcv_any(net, event, flow);
	if (q->lean == FRAG_LEAN_ONE) {
		if (!more && !(iph_frag_off(iph) & IP_CE))
			return pair_resized(net, event, flow, q);
		inet_frag_lean_more(q);
	}
	if (q->frag_nr == INET_FRAG_INLINE)
		return frag_rcv_any(net, event, flow);
	return more ? frag_next(net, event, flow, q) : frag_last(net, event, flow, q);
}

REF_HOT const struct ref_update *frag_rcv_fast(struct ref *net, const struct ref_event *event)
{
	const uint8_t *iph = event->data + IPH_OFF;
	uint64_t addrs = wire_raw64(iph + 12), hash = rx_flow_hash(addrs, 0), key1;
	struct rx_flow *flow = rx_flow_find(net->rx_flow, event, ~net->genid, hash, 0);
	struct inet_frag_queue **bucket, *q;

	if (unlikely(!flow || !ip_header_holds(iph)))
		return ip_rcv_slow(net, event);
	key1 = inet_frag_key1(iph, IP_DEFRAG_LOCAL_DELIVER);
	bucket = &net->frags.hash[inet_frag_bucket(hash, key1)];
	q = *bucket;
	while (q && unlikely(q->key[1] != key1 || q->key[0] != addrs))
		q = q->next;
	if (!q)
		return frag_first(net, event, flow, bucket, key1);
	if (unlikely(!frag_pairs(flow, event, q)))
		return frag_more(net, event, flow, q);
	if (frag_len(iph) - 16 <= 64 - 16)
		return pair_complete_short(net, event, flow, q);
	return pair_complete_long(net, event, flow, q);
}
