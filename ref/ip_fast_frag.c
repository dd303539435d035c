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

static inline void count_received(struct ref *net, struct net_device *dev, const uint8_t *iph,
				  size_t len)
{
	dev->stats.rx_packets++;
	dev->stats.rx_bytes += len;
	IP_INC_STATS(net, IP_INRECEIVES);
	IP_ADD_STATS(net, IPEXT_INOCTETS, len - ETH_HLEN);
	net->mib[MIB_IPEXT_INNOECTPKTS + (iph_tos(iph) & 3)]++;
	IP_INC_STATS(net, IP_REASMREQDS);
}

/* Whatever comes of it. */
REF_NOINLINE static const struct ref_update *
frag_rcv_any(struct ref *net, const struct ref_event *event, const struct rx_flow *flow)
{
	const uint8_t *iph = event->data + IPH_OFF;
	struct sk_buff *skb;

	count_received(net, flow->dev, iph, event->len);
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

REF_INLINE uint32_t frag_len(const uint8_t *iph)
{
	return iph_tot_len(iph) - IP_LEN;
}

/* ---- the first fragment of a datagram ---- */

static const struct ref_update *frag_first(struct ref *net, const struct ref_event *event,
					   struct rx_flow *flow, struct inet_frag_queue **bucket);

/* Not as long as the first one before: what such a one needs. */
REF_NOINLINE static const struct ref_update *frag_first_resized(struct ref *net,
								const struct ref_event *event,
								struct rx_flow *flow,
								struct inet_frag_queue **bucket)
{
	enum skb_shape shape;
	size_t block =
		arena_room(SKB_STRUCT_LEN + FRAG_FRONT + frag_len(event->data + IPH_OFF) * 2);

	flow->truesize = rx_truesize(net, event->len, &shape);
	if (shape != SKB_HEAD_FRAG)
		return frag_rcv_any(net, event, flow);
	flow->frame_len = (uint32_t)event->len;
	flow->tot_len_field = wire_raw16(event->data + IPH_OFF + 2);
	flow->arena_class = (uint8_t)arena_class(block);
	flow->piece_room = (uint32_t)(block - SKB_STRUCT_LEN - FRAG_FRONT);
	return frag_first(net, event, flow, bucket);
}

/* No free blocks for a queue and its octets: such as there is memory for, and once again. */
REF_NOINLINE static const struct ref_update *frag_first_stock(struct ref *net,
							      const struct ref_event *event,
							      struct rx_flow *flow,
							      struct inet_frag_queue **bucket)
{
	if (!arena_stock(&net->arena, arena_class(sizeof(struct inet_frag_queue))) ||
	    !arena_stock(&net->arena, flow->arena_class))
		return frag_rcv_any(net, event, flow);
	return frag_first(net, event, flow, bucket);
}

#define QUEUE_CLASS 8
static_assert(sizeof(struct inet_frag_queue) <= 1u << QUEUE_CLASS &&
		      SKB_STRUCT_LEN + FRAG_FRONT > 1u << QUEUE_CLASS,
	      "a queue and its octets are of different classes: one block of each is enough");

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
		peer->rid = 0;
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
REF_HOT REF_NOINLINE static const struct ref_update *frag_first(struct ref *net,
								const struct ref_event *event,
								struct rx_flow *flow,
								struct inet_frag_queue **bucket)
{
	const uint8_t *iph = event->data + IPH_OFF;
	uint32_t len = frag_len(iph);
	struct inet_frag_queue *q;
	struct frag_source *peer;
	struct frag_piece *piece;

	if (unlikely((iph_frag_off(iph) & ~IP_CE) != IP_MF || (len & 7) || !len ||
		     !queue_allowed(net)))
		return frag_rcv_any(net, event, flow);
	if (unlikely(flow->frame_len != event->len || flow->tot_len_field != wire_raw16(iph + 2)))
		return frag_first_resized(net, event, flow, bucket);
	peer = source_get(net, wire_raw32(iph + 12));
	if (unlikely(!peer))
		return frag_rcv_any(net, event, flow);
	if (unlikely(!arena_has(&net->arena, QUEUE_CLASS) ||
		     !arena_has(&net->arena, flow->arena_class)))
		return frag_first_stock(net, event, flow, bucket);
	q = arena_take(&net->arena, QUEUE_CLASS);
	piece = arena_take(&net->arena, flow->arena_class);
	ARENA_OPEN(q, sizeof(*q));
	ARENA_OPEN(piece, SKB_STRUCT_LEN + FRAG_FRONT + flow->piece_room);
	count_received(net, flow->dev, iph, event->len);
	q->key[0] = wire_raw64(iph + 12);
	q->key[1] = inet_frag_key1(iph, IP_DEFRAG_LOCAL_DELIVER);
	inet_frag_hash_add(bucket, q);
	queue_timer(net, q);
	peer->queue_nr++;
	q->peer = peer;
	q->lean = true;
	q->ecn = (uint8_t)(1u << (iph_tos(iph) & 3));
	q->max_size = (uint16_t)(len + IP_LEN);
	q->frag_nr = 1;
	q->pieces = piece;
	q->rid = ++peer->rid;
	q->tail_end = len;
	q->truesize = flow->truesize;
	q->iif = flow->ifindex;
	q->frag_inline[0].len = (uint16_t)len;
	q->frag_inline[0].start_8 = 0;
	q->frag_inline[0].truesize = flow->truesize;
	net->frags.mem += INET_FRAG_QSIZE + flow->truesize;
	piece->next = NULL;
	piece->start = 0;
	piece->end = len;
	piece->lead = 0;
	piece->room = flow->piece_room;
	memcpy(frag_piece_payload(piece) - IP_LEN, iph, IP_LEN + len);
	return &net->update;
}

/* ---- a fragment that continues its queue ---- */

/* Is it the next one of a lean queue, and as plain as those before? */
REF_INLINE bool frag_continues(const struct ref *net, const struct rx_flow *flow,
			       const struct inet_frag_queue *q, const uint8_t *iph, uint32_t len)
{
	const struct frag_piece *piece = q->pieces;
	uint32_t start = (uint32_t)(iph_frag_off(iph) & ~(IP_CE | IP_MF)) * 8;

	/* DF is an offset that is never right. */
	return q->lean && start == q->tail_end && len && q->frag_nr < INET_FRAG_INLINE &&
	       start + len <= piece->room && q->iif == flow->ifindex &&
	       net->frags.mem <= net->sysctl[SYSCTL_IPFRAG_HIGH_THRESH] &&
	       q->peer->rid + 1 - q->rid <= (uint32_t)net->sysctl[SYSCTL_IPFRAG_MAX_DIST];
}

/* Mirrors: ip_frag_queue(). */
REF_HOT REF_NOINLINE static const struct ref_update *frag_next(struct ref *net,
							       const struct ref_event *event,
							       const struct rx_flow *flow,
							       struct inet_frag_queue *q)
{
	const uint8_t *iph = event->data + IPH_OFF;
	uint32_t len = frag_len(iph), start = q->tail_end, truesize;
	struct inet_frag *f = &q->frag_inline[q->frag_nr];
	enum skb_shape shape;

	truesize = rx_truesize(net, event->len, &shape);
	if (unlikely((len & 7) || shape != SKB_HEAD_FRAG))
		return frag_rcv_any(net, event, flow);
	count_received(net, flow->dev, iph, event->len);
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
	q->pieces->end = start + len;
	memcpy(frag_piece_payload(q->pieces) + start, iph + IP_LEN, len);
	return &net->update;
}

/* What the kernel charges for the datagram: skb_glue_add() of pieces of pages, few of them. */
REF_INLINE uint32_t frags_truesize(const struct inet_frag_queue *q, uint32_t last_len,
				   uint32_t last_truesize)
{
	uint32_t room =
		SKB_HEAD_FRAG_ROOM(q->frag_inline[0].truesize) - L4_OFF - q->frag_inline[0].len;
	uint32_t truesize = q->truesize, nr = q->frag_nr, i = 1;

	for (; unlikely(i < nr) && q->frag_inline[i].len <= room; i++) {
		room -= q->frag_inline[i].len;
		truesize -= q->frag_inline[i].truesize;
	}
	if (likely(i == nr && last_len <= room))
		return truesize;
	return truesize + last_truesize - (nr - i + 1) * SKB_HEAD_LEN;
}

/* Header of the first fragment to that of the datagram: no DF, ECN as it is. */
REF_INLINE void header_rewrite(uint8_t *iph, uint32_t len)
{
	wire_put16(iph + 2, (uint16_t)len);
	wire_put16(iph + 6, 0);
	wire_put16(iph + 10, 0);
	csum_store(iph + 10, ip_fast_csum(iph, IP_LEN));
}

/* The datagram is to another port than the one before. */
REF_NOINLINE static const struct ref_update *frag_last_ports(struct ref *net,
							     const struct ref_event *event,
							     struct rx_flow *flow,
							     struct inet_frag_queue *q);

/* The datagram is verified on arrival; false: it is wrong. */
REF_NOINLINE static bool udp_sum_holds_short(const uint8_t *uh, size_t ulen)
{
	uint64_t pseudo = wire_raw16(uh + 4) + csum_be16(IPPROTO_UDP);

	return csum_holds(csum_ones_below_256(uh - 8, 8 + ulen, pseudo));
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

/* The datagram, octets in place, to its socket's queue. */
REF_INLINE void datagram_queue(struct ref *net, struct sock *sk, struct frag_piece *piece,
			       struct net_device *dev, uint32_t truesize, size_t payload_len,
			       uint16_t frag_max_size)
{
	uint32_t room = FRAG_FRONT + piece->room;
	struct sk_buff *skb = (struct sk_buff *)(void *)piece;

	skb->net = net;
	skb->dev = dev;
	skb->head = (uint8_t *)skb + SKB_STRUCT_LEN;
	skb->data = skb->head + FRAG_FRONT + UDP_HLEN;
	skb->len = payload_len;
	skb->room = room;
	skb->arena_class = (uint8_t)arena_class(SKB_STRUCT_LEN + room);
	skb->truesize = truesize;
	skb->network_header = FRAG_FRONT - IP_LEN;
	skb->transport_header = FRAG_FRONT;
	skb->borrowed = false;
	skb->slot = false;
	skb->shape = SKB_KMALLOC;
	skb->lean = true;
	skb->ip_summed = CHECKSUM_NONE;
	skb->csum_valid = false;
	skb->peeked = false;
	skb->pktinfo = sk->inet_flags & IP_CMSG_PKTINFO;
	skb->cb.frag_max_size = frag_max_size;
	skb->queued.tstamp_ns = net->now_ns;
	__skb_queue_tail(&sk->sk_receive_queue, skb);
}

/* Mirrors: ip_frag_reasm() to udp_queue_rcv_skb(). */
REF_HOT REF_NOINLINE static const struct ref_update *frag_last(struct ref *net,
							       const struct ref_event *event,
							       struct rx_flow *flow,
							       struct inet_frag_queue *q)
{
	const uint8_t *iph = event->data + IPH_OFF;
	struct frag_piece *piece = q->pieces;
	uint8_t *uh = frag_piece_payload(piece);
	uint32_t len = frag_len(iph), total = q->tail_end + len, ulen = wire_get16(uh + 4);
	uint32_t truesize, last_truesize;
	struct sock *sk = flow->frag_sk;
	enum skb_shape shape;
	uint8_t ip_summed = CHECKSUM_NONE;
	bool csum_valid = true;
	struct sk_buff *skb = (struct sk_buff *)(void *)piece;

	if (unlikely(flow->frag_ports != wire_raw32(uh)))
		return frag_last_ports(net, event, flow, q);
	last_truesize = rx_truesize(net, event->len, &shape);
	truesize = frags_truesize(q, len, last_truesize);
	if (unlikely(!sk || shape != SKB_HEAD_FRAG || iph_protocol(iph) != IPPROTO_UDP ||
		     q->ecn != 1u << (iph_tos(iph) & 3) || IP_LEN + total > 65535 ||
		     ulen < UDP_HLEN || ulen > total ||
		     sk->sk_rmem_alloc + truesize > (uint32_t)sk->sk_rcvbuf))
		return frag_rcv_any(net, event, flow);
	memcpy(uh + q->tail_end, iph + IP_LEN, len);
	if (wire_raw16(uh + 6) != 0) {
		csum_valid = ulen <= CHECKSUM_BREAK;
		if (csum_valid) {
			ip_summed = CHECKSUM_COMPLETE;
			if (unlikely(!udp_sum_holds_short(uh, ulen)))
				return frag_rcv_any(net, event, flow);
		}
	}
	count_received(net, flow->dev, iph, event->len);
	IP_INC_STATS(net, IP_REASMOKS);
	IP_INC_STATS(net, IP_INDELIVERS);
	header_rewrite(uh - IP_LEN, IP_LEN + total);
	datagram_queue(net, sk, piece, flow->dev, truesize, ulen - UDP_HLEN,
		       (uint16_t)(len + IP_LEN > q->max_size ? len + IP_LEN : q->max_size));
	skb->csum_valid = csum_valid;
	skb->ip_summed = ip_summed;
	sk->sk_rmem_alloc += truesize;
	queue_end(net, q);
	return &net->update;
}

static const struct ref_update *frag_last_ports(struct ref *net, const struct ref_event *event,
						struct rx_flow *flow, struct inet_frag_queue *q)
{
	const uint8_t *uh = frag_piece_payload(q->pieces);

	flow->frag_ports = wire_raw32(uh);
	flow->frag_sk = flow->frag_udp
				? udp_plain_sock(net, iph_daddr(uh - IP_LEN), wire_get16(uh + 2))
				: NULL;
	return flow->frag_sk ? frag_last(net, event, flow, q) : frag_rcv_any(net, event, flow);
}

REF_HOT const struct ref_update *frag_rcv_fast(struct ref *net, const struct ref_event *event,
					       struct rx_flow *flow, uint64_t hash)
{
	const uint8_t *iph = event->data + IPH_OFF;
	uint64_t key1 = inet_frag_key1(iph, IP_DEFRAG_LOCAL_DELIVER);
	struct inet_frag_queue **bucket = &net->frags.hash[inet_frag_bucket(hash, key1)], *q;
	uint32_t len = frag_len(iph);

	if (unlikely(len > event->len - L4_OFF || event->len > REF_FRAME_MAX))
		return ip_rcv_slow(net, event);
	q = *bucket;
	while (q && unlikely(q->key[0] != wire_raw64(iph + 12) || q->key[1] != key1))
		q = q->next;
	if (!q)
		return frag_first(net, event, flow, bucket);
	if (unlikely(!frag_continues(net, flow, q, iph, len)))
		return frag_rcv_any(net, event, flow);
	if (iph_frag_off(iph) & IP_MF)
		return frag_next(net, event, flow, q);
	return frag_last(net, event, flow, q);
}
