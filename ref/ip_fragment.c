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

#include "ref/icmp.h"
#include "ref/ip.h"
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

static struct inet_frag_queue *ip_find(struct ref *net, const uint8_t *iph,
				       enum ip_defrag_users user, bool *ret_nomem)
{
	const uint64_t key[2] = {
		(uint64_t)iph_saddr(iph) << 32 | iph_daddr(iph),
		(uint64_t)user << 32 | (uint32_t)iph_protocol(iph) << 16 | iph_id(iph),
	};

	return inet_frag_find(net, key, ret_nomem);
}

static enum skb_drop_reason frag_reason(const struct ref *net, enum skb_drop_reason newer)
{
	return ref_since(net, DIFF_FRAG_DROP_REASONS) ? newer : SKB_DROP_REASON_NOT_SPECIFIED;
}

/* More than ipfrag_max_dist fragments of this source since the last one of this queue? */
static bool ip_frag_too_far(struct ref *net, struct inet_frag_queue *q)
{
	uint32_t max = (uint32_t)net->sysctl[SYSCTL_IPFRAG_MAX_DIST], start = q->rid;

	if (!q->peer || !max)
		return false;
	q->rid = ++q->peer->rid;
	return q->frag_nr && q->rid - start > max;
}

/* The sizes of the largest fragments are kept, as in the kernel. */
static void ip_frag_reinit(struct ref *net, struct inet_frag_queue *q)
{
	REF_SAY(net, "too far from the fragment before: the queue starts again");
	IP_INC_STATS(net, IP_REASMFAILS);
	timer_mod(net, &q->timer,
		  net->now_ns + (uint64_t)net->sysctl[SYSCTL_IPFRAG_TIME] * NSEC_PER_SEC);
	inet_frag_queue_flush(net, q, frag_reason(net, SKB_DROP_REASON_FRAG_TOO_FAR));
	q->flags = 0;
	q->len = 0;
	q->meat = 0;
	q->iif = 0;
	q->ecn = 0;
}

/* What the first fragment gives to the datagram. */
static void head_note(struct inet_frag_queue *q, const struct sk_buff *skb, const uint8_t *iph,
		      unsigned int ihl, uint32_t end)
{
	uint8_t *header = frag_piece_payload(q->pieces) - ihl;

	if (ihl == 20)
		memcpy(header, iph, 20);
	else
		memcpy(header, iph, ihl);
	q->flags |= INET_FRAG_FIRST_IN;
	q->head_cb = skb->cb;
	q->head_mark = skb->mark;
	q->head_priority = skb->priority;
	q->head_pkt_type = skb->pkt_type;
	q->head_ihl = (uint8_t)ihl;
	q->head_len = (uint16_t)end;
	q->head_used = (uint16_t)(skb->network_header + ihl + end);
}

/* What the kernel would charge a socket for the datagram, and what would hang behind its head. */
static void glue(const struct ref *net, const struct inet_frag_queue *q, struct sk_buff *skb)
{
	struct skb_glue parts;

	skb_glue_begin(&parts, net, q->frag[0].shape, q->frag[0].truesize, q->head_used);
	for (uint32_t i = 1; i < q->frag_nr; i++)
		skb_glue_add(&parts, q->frag[i].shape, q->frag[i].truesize, q->frag[i].len);
	skb->truesize = parts.truesize;
	skb_hang(skb, parts.listed_nr);
}

static void header_rewrite(struct inet_frag_queue *q, struct sk_buff *skb, uint32_t len,
			   uint8_t ecn)
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
	iph[1] |= ecn;
	wire_put16(iph + 10, 0);
	csum_store(iph + 10, ip_fast_csum(iph, q->head_ihl));
}

/*
 * The datagram takes the place of the fragment that completed it, whose device and route it keeps.
 * 0, or -errno: not to be delivered. The queue is killed, and destroyed by the caller.
 */
static int ip_frag_reasm(struct ref *net, struct inet_frag_queue *q, struct sk_buff *skb)
{
	uint8_t ecn = ip_frag_ecn_table[q->ecn];
	uint32_t len = q->head_ihl + q->len;
	struct frag_piece *piece;

	inet_frag_kill(net, q);
	if (ecn == ECN_INVALID) {
		REF_SAY(net, "fragments with and without ECN: discarded");
		return -EINVAL;
	}
	if (len > 65535) {
		REF_SAY(net, "longer than 65535 octets: discarded");
		return -E2BIG;
	}
	piece = inet_frag_gather(net, q);
	if (!piece) {
		REF_SAY(net, "no packet memory for the datagram");
		return -ENOMEM;
	}
	consume_skb(skb);
	skb->borrowed = false;
	skb->head = (uint8_t *)piece + SKB_STRUCT_LEN;
	skb->room = FRAG_FRONT + piece->room;
	skb->data = frag_piece_payload(piece) - q->head_ihl;
	skb->len = len;
	skb->network_header = (uint16_t)(FRAG_FRONT - q->head_ihl);
	skb->transport_header = FRAG_FRONT;
	skb->pkt_type = q->head_pkt_type;
	skb->ip_summed = q->ip_summed;
	skb->mark = q->head_mark;
	skb->priority = q->head_priority;
	skb->cb = q->head_cb;
	glue(net, q, skb);
	header_rewrite(q, skb, len, ecn);
	REF_SAY(net, "complete");
	IP_INC_STATS(net, IP_REASMOKS);
	/* What the queue held is in the datagram now: nothing is left to be freed. */
	q->frag_nr = 0;
	return 0;
}

/* The whole queue is given up because of this fragment. */
static int discard_qp(struct ref *net, struct inet_frag_queue *q, struct sk_buff *skb,
		      enum skb_drop_reason reason)
{
	IP_INC_STATS(net, IP_REASMFAILS);
	inet_frag_kill(net, q);
	kfree_skb_at(skb, reason, "ip_frag_queue");
	inet_frag_destroy(net, q);
	return -EINVAL;
}

/* Does the end of this fragment agree with what is known of the datagram's length? */
static bool end_agrees(struct ref *net, struct inet_frag_queue *q, uint32_t end, bool more)
{
	if (!more) {
		if (end < q->len || (q->flags & INET_FRAG_LAST_IN && end != q->len)) {
			REF_SAY(net, "the last fragment ends elsewhere");
			return false;
		}
		q->flags |= INET_FRAG_LAST_IN;
		q->len = end;
	} else if (end > q->len) {
		if (q->flags & INET_FRAG_LAST_IN) {
			REF_SAY(net, "beyond the end of the datagram");
			return false;
		}
		q->len = end;
	}
	return true;
}

/* The octets and sizes of a fragment that was inserted. False: no packet memory. */
static bool frag_account(struct ref *net, struct inet_frag_queue *q, const struct sk_buff *skb,
			 uint32_t start, uint32_t end)
{
	const uint8_t *iph = skb_network_header(skb);
	unsigned int ihl = iph_ihl(iph);
	uint32_t fragsize = end - start + ihl;

	/* Beyond 65535 the datagram can't be delivered any more: only its length matters. */
	if (end <= 65535 && !inet_frag_store(net, q, iph + ihl, start, end))
		return false;
	q->iif = skb->dev->ifindex;
	q->meat += end - start;
	q->truesize += skb->truesize;
	net->frags.mem += skb->truesize;
	q->ecn |= (uint8_t)SEEN(iph_tos(iph) & INET_ECN_MASK);
	if (q->frag_nr == 1)
		q->ip_summed = skb->ip_summed;
	else if (q->ip_summed != skb->ip_summed)
		q->ip_summed = CHECKSUM_NONE;
	if (fragsize > q->max_size)
		q->max_size = (uint16_t)fragsize;
	if (iph_frag_off(iph) & IP_DF && fragsize > q->max_df_size)
		q->max_df_size = (uint16_t)fragsize;
	if (start == 0)
		head_note(q, skb, iph, ihl, end);
	return true;
}

static int ip_frag_queue(struct ref *net, struct inet_frag_queue *q, struct sk_buff *skb)
{
	const uint8_t *iph = skb_network_header(skb);
	uint16_t frag_off = iph_frag_off(iph);
	uint32_t start = (frag_off & IP_OFFSET) * 8u, end;
	bool more = frag_off & IP_MF;
	int err;

	if (!(skb->cb.flags & IPSKB_FRAG_COMPLETE) && ip_frag_too_far(net, q))
		ip_frag_reinit(net, q);
	end = start + (uint32_t)((long)skb->len - skb_network_offset(skb)) - iph_ihl(iph);
	if (more && end & 7) {
		REF_SAY(net, "not a multiple of 8 octets: cut");
		end &= ~7u;
		if (skb->ip_summed != CHECKSUM_UNNECESSARY)
			skb->ip_summed = CHECKSUM_NONE;
	}
	if (!end_agrees(net, q, end, more))
		return discard_qp(net, q, skb, SKB_DROP_REASON_NOT_SPECIFIED);
	if (end == start) {
		REF_SAY(net, "nothing in it: the datagram is discarded");
		return discard_qp(net, q, skb, SKB_DROP_REASON_NOT_SPECIFIED);
	}
	switch (inet_frag_queue_insert(net, q,
				       (struct inet_frag){
					       .start_8 = frag_off & IP_OFFSET,
					       .len = (end - start) & 0xffff,
					       .shape = skb->shape & 3u,
					       .truesize = skb->truesize,
				       })) {
	case IPFRAG_OK:
		break;
	case IPFRAG_DUP:
		REF_SAY(net, "duplicate");
		kfree_skb_reason(skb, frag_reason(net, SKB_DROP_REASON_DUP_FRAG));
		return -EINVAL;
	case IPFRAG_OVERLAP:
		REF_SAY(net, "overlap: the datagram is discarded");
		IP_INC_STATS(net, IPEXT_REASMOVERLAPS);
		return discard_qp(net, q, skb, SKB_DROP_REASON_NOT_SPECIFIED);
	case IPFRAG_NOMEM:
		return discard_qp(net, q, skb, SKB_DROP_REASON_NOMEM);
	}
	if (!frag_account(net, q, skb, start, end)) {
		/* The one that is dropped here is not among those that the queue gives up. */
		q->frag_nr--;
		return discard_qp(net, q, skb, SKB_DROP_REASON_NOMEM);
	}
	if (q->flags != (INET_FRAG_FIRST_IN | INET_FRAG_LAST_IN) || q->meat != q->len) {
		REF_SAY(net, "kept");
		consume_skb(skb);
		return -EINPROGRESS;
	}
	err = ip_frag_reasm(net, q, skb);
	if (err) {
		IP_INC_STATS(net, IP_REASMFAILS);
		consume_skb(skb);
	}
	inet_frag_destroy(net, q);
	return err;
}

int ip_defrag(struct ref *net, struct sk_buff *skb, enum ip_defrag_users user)
{
	bool nomem = false;
	struct inet_frag_queue *q;

	assert(skb->slot);
	IP_INC_STATS(net, IP_REASMREQDS);
	q = ip_find(net, skb_network_header(skb), user, &nomem);
	if (q)
		return ip_frag_queue(net, q, skb);
	REF_SAY(net, nomem ? "no packet memory for a queue" : "above ipfrag_high_thresh");
	IP_INC_STATS(net, IP_REASMFAILS);
	kfree_skb_reason(skb, nomem ? SKB_DROP_REASON_NOMEM : SKB_DROP_REASON_NOT_SPECIFIED);
	return -ENOMEM;
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
		.network_header = (uint16_t)(FRAG_FRONT - q->head_ihl),
		.transport_header = FRAG_FRONT,
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

	inet_frag_kill(net, q);
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
