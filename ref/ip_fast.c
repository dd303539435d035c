/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The short way in: flows, and UDP datagrams that are not fragments. See ip_fast.h. */
#include "ref/ip_fast.h"

#include <string.h>

#include "ref/compiler.h"
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/wire/csum_inline.h"

#define FRAME_MIN (L4_OFF + UDP_HLEN)
#define DSCP_MASK 0xfcu

/* ---- learning ---- */

/* Was the decision about these addresses local delivery? */
static bool known_local(struct ref *net, const struct net_device *dev, const uint8_t *iph)
{
	uint32_t daddr = iph_daddr(iph), saddr = iph_saddr(iph);
	const struct rt_cache_slot *slot = rt_cache_slot(&net->fib, daddr, saddr);

	if (slot->genid != net->genid || slot->daddr != daddr || slot->saddr != saddr ||
	    slot->tos != (iph_tos(iph) & DSCP_MASK) || slot->iif != dev->ifindex)
		return false;
	return slot->rt.rt_type == REF_RTN_LOCAL && !slot->cb_flags;
}

struct sock *udp_plain_sock(const struct ref *net, uint32_t daddr, uint16_t dport)
{
	const struct udp_table *table = &net->sock.udp_table;
	uint32_t laddr = daddr;
	struct sock *sk = table->hash2[ipv4_portaddr_hash(laddr, dport)].head;

	if (!sk) {
		laddr = 0;
		sk = table->hash2[ipv4_portaddr_hash(laddr, dport)].head;
	}
	if (!sk || sk->addr_next || sk->inet_num != dport || sk->inet_rcv_saddr != laddr ||
	    sk->inet_daddr || sk->inet_dport || sk->sk_bound_dev_if || sk->encap_type ||
	    (sk->sk_flags & (SOCK_REUSEPORT | SOCK_RXQ_OVFL)))
		return NULL;
	return sk;
}

/* Nobody but the protocol itself asks for a datagram. */
static bool udp_is_plain(const struct ref *net)
{
	const struct net_protocol *prot = net->inet_protos[IPPROTO_UDP];

	return prot && prot->handler == udp_rcv && !net->sock.raw_hash[IPPROTO_UDP];
}

/* Where a new flow goes: the older of those that might be in its two slots makes room. */
static struct rx_flow *flow_new(struct ref *net, const struct rx_flow *new)
{
	struct rx_flow *flow = rx_flow_slot(net->rx_flow, rx_flow_hash(new->addrs, new->ports));

	if (flow->genid == net->genid || flow->genid == ~net->genid)
		*rx_flow_other(net->rx_flow, flow) = *flow;
	return flow;
}

void ip_fast_learn(struct ref *net, const struct ref_event *event)
{
	const uint8_t *frame = event->data, *iph = frame + IPH_OFF;
	struct net_device *dev = dev_get_by_index(net, event->ifindex);
	struct sock *sk = NULL;
	struct rx_flow flow;
	uint32_t ports = 0;

	/* A veth looks at the length of each frame. */
	if (net->say || net->nf_hook || net->ordinary_path || net->wire == REF_WIRE_VETH ||
	    !(dev->flags & REF_LINK_UP) || event->len < FRAME_MIN ||
	    memcmp(frame, dev->dev_addr, 6) != 0 || wire_get16(frame + 12) != ETH_P_IP ||
	    iph[0] != 0x45)
		return;
	if (!known_local(net, dev, iph))
		return;
	if (!ip_is_fragment(iph)) {
		if (iph_protocol(iph) != IPPROTO_UDP || !udp_is_plain(net))
			return;
		sk = udp_plain_sock(net, iph_daddr(iph), wire_get16(frame + L4_OFF + 2));
		if (!sk)
			return;
		ports = wire_raw32(frame + L4_OFF);
	}
	flow = (struct rx_flow){
		.link = { wire_raw64(frame), wire_raw64(frame + 8) },
		.addrs = wire_raw64(iph + 12),
		.ports = ports,
		.genid = sk ? net->genid : ~net->genid,
		.ifindex = event->ifindex,
		.dev = dev,
		.sk = sk,
		.frag_udp = !sk && udp_is_plain(net),
	};
	*flow_new(net, &flow) = flow;
}

/*
 * A datagram of other lengths than the one before: what it is queued with. False: they are not
 * sound. The frame has room for the headers.
 */
static bool flow_size(struct ref *net, struct rx_flow *flow, const struct ref_event *event)
{
	const uint8_t *frame = event->data;
	uint32_t tot_len = iph_tot_len(frame + IPH_OFF), ulen = wire_get16(frame + L4_OFF + 4);
	size_t len = event->len;
	struct sk_buff skb = {
		.len = ulen - UDP_HLEN,
		.room = L4_OFF + ulen + SKB_PAD,
		.network_header = IPH_OFF,
		.transport_header = L4_OFF,
		.lean = ulen > CHECKSUM_BREAK && IP_LEN + ulen <= SKB_QUICK ? SKB_LEAN_QUICK
									    : SKB_LEAN,
	};
	enum skb_shape shape;

	if (len > REF_FRAME_MAX || tot_len > len - ETH_HLEN || ulen < UDP_HLEN ||
	    ulen + IP_LEN > tot_len)
		return false;
	skb.truesize = rx_truesize(net, len, &shape);
	skb.shape = SKB_KMALLOC; /* nobody glues it */
	skb.pktinfo = flow->sk->inet_flags & IP_CMSG_PKTINFO;
	skb.arena_class = (uint8_t)arena_class(SKB_STRUCT_LEN + skb.room);
	flow->truesize = skb.truesize;
	memcpy(flow->plain, &skb.len, SKB_PLAIN_LEN);
	flow->frame_len = (uint32_t)len;
	flow->tot_len_field = wire_raw16(frame + IPH_OFF + 2);
	flow->ulen_field = wire_raw16(frame + L4_OFF + 4);
	flow->arena_class = skb.arena_class;
	flow->not_quick = skb.lean != SKB_LEAN_QUICK;
	return true;
}

/* ---- a datagram ---- */

/* No free block of the size: one more, and once again, if there is memory. */
REF_NOINLINE static const struct ref_update *
udp_rcv_stock(struct ref *net, const struct ref_event *event, const struct rx_flow *flow)
{
	if (!arena_stock(&net->arena, flow->arena_class))
		return ip_rcv_slow(net, event);
	return ip_rcv_fast(net, event);
}

/* More than 96 and up to SKB_QUICK octets: a call would cost more. */
REF_INLINE void copy_quick(uint8_t *to, const uint8_t *from, size_t n)
{
	memcpy(to, from, 96);
	if (n > 128) {
		memcpy(to + 96, from + 96, 32);
		if (n > 160)
			memcpy(to + 128, from + 128, 32);
		if (n > 192)
			memcpy(to + 160, from + 160, 32);
	}
	memcpy(to + n - 32, from + n - 32, 32);
}
static_assert(IP_LEN + CHECKSUM_BREAK >= 96 && SKB_QUICK <= 224, "what copy_quick() can do");

/* Straight to the socket's queue; summed: verified on arrival; rmem: with it. */
REF_INLINE const struct ref_update *udp_queue_fast(struct ref *net, const struct ref_event *event,
						   const struct rx_flow *flow, uint32_t rmem,
						   bool quick, bool summed)
{
	const uint8_t *iph = event->data + IPH_OFF;
	struct net_device *dev = flow->dev;
	struct sock *sk = flow->sk;
	struct sk_buff *skb;
	uint8_t *to;
	size_t len;

	skb = arena_take(&net->arena, flow->arena_class);
	if (unlikely(!skb))
		return udp_rcv_stock(net, event, flow);
	ARENA_OPEN(skb, SKB_STRUCT_LEN + L4_OFF + wire_get16(iph + IP_LEN + 4) + SKB_PAD);
	rx_count(dev, event);
	IP_INC_STATS(net, IP_INDELIVERS);
	skb->dev = dev;
	memcpy(&skb->len, flow->plain, SKB_PLAIN_LEN);
	if (summed) {
		skb->lean = SKB_LEAN_QUICK;
		skb->csum_valid = true;
		skb->ip_summed = CHECKSUM_COMPLETE;
	}
	skb->queued.tstamp_ns = net->now_ns;
	sk->sk_rmem_alloc = rmem;
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	/* The Ethernet header is not looked at again. */
	to = skb_lean_head(skb) + IPH_OFF;
	len = skb->room - IPH_OFF - SKB_PAD;
	if (quick) {
		copy_quick(to, iph, len);
		memset(to + len, 0, SKB_PAD);
	} else {
		memcpy(to, iph, len);
	}
	return &net->update;
}

/* Does the sum of a short datagram without IP options hold? The addresses stand right before it. */
REF_NOINLINE static bool udp_sum_holds(const uint8_t *uh, size_t ulen)
{
	uint64_t pseudo = wire_raw16(uh + 4) + csum_be16(IPPROTO_UDP);

	return csum_holds(csum_ones_below_256(uh - 8, 8 + ulen, pseudo));
}

/* A datagram that is verified on arrival, or would be; or a long one. */
REF_HOT REF_NOINLINE static const struct ref_update *
udp_rcv_not_quick(struct ref *net, const struct ref_event *event, const struct rx_flow *flow)
{
	const uint8_t *uh = event->data + L4_OFF;
	uint32_t ulen = wire_get16(uh + 4), rmem = flow->sk->sk_rmem_alloc + flow->truesize;

	if (ulen > CHECKSUM_BREAK || wire_raw16(uh + 6) == 0)
		return udp_queue_fast(net, event, flow, rmem, false, false);
	if (unlikely(!udp_sum_holds(uh, ulen)))
		return ip_rcv_slow(net, event);
	return udp_queue_fast(net, event, flow, rmem, false, true);
}

/* Not as long as the one before. */
REF_NOINLINE static const struct ref_update *
udp_rcv_resized(struct ref *net, const struct ref_event *event, struct rx_flow *flow)
{
	return flow_size(net, flow, event) ? ip_rcv_fast(net, event) : ip_rcv_slow(net, event);
}

/*
 * The frame begins as those of the flow: is the rest sound, and is there room? Mirrors: ip_rcv() to
 * udp_queue_rcv_skb().
 */
REF_INLINE const struct ref_update *udp_rcv_of_flow(struct ref *net, const struct ref_event *event,
						    struct rx_flow *flow)
{
	const uint8_t *frame = event->data, *iph = frame + IPH_OFF;
	uint32_t rmem;

	if (unlikely(!ip_header_holds(iph)))
		return ip_rcv_slow(net, event);
	if (unlikely(flow->frame_len != event->len || flow->tot_len_field != wire_raw16(iph + 2) ||
		     flow->ulen_field != wire_raw16(frame + L4_OFF + 4)))
		return udp_rcv_resized(net, event, flow);
	/* Else the ordinary path says whether it fits. */
	rmem = flow->sk->sk_rmem_alloc + flow->truesize;
	if (unlikely(rmem > (uint32_t)flow->sk->sk_rcvbuf))
		return ip_rcv_slow(net, event);
	if (flow->not_quick)
		return udp_rcv_not_quick(net, event, flow);
	return udp_queue_fast(net, event, flow, rmem, true, false);
}

/* ---- a frame ---- */

/* A datagram of another flow than the one before. */
REF_HOT REF_NOINLINE static const struct ref_update *
udp_rcv_other(struct ref *net, const struct ref_event *event, uint32_t ports)
{
	uint64_t hash = rx_flow_hash(wire_raw64(event->data + IPH_OFF + 12), ports);
	struct rx_flow *flow = rx_flow_find(net->rx_flow, event, net->genid, hash, ports);

	if (unlikely(!flow))
		return ip_rcv_slow(net, event);
	net->rx_last = flow;
	return udp_rcv_of_flow(net, event, flow);
}

/* Of octets 6 to 9 of the header: flags but CE and DF, offset, protocol. */
#define KIND_MASK wire_swap32((IP_MF | IP_OFFSET) << 16 | 0xff)
#define KIND_UDP  wire_swap32(IPPROTO_UDP)

/* Not a whole UDP datagram. */
REF_HOT REF_NOINLINE static const struct ref_update *rcv_other_kind(struct ref *net,
								    const struct ref_event *event)
{
	if (event->len >= FRAME_MIN && ip_is_fragment(event->data + IPH_OFF))
		return frag_rcv_fast(net, event);
	return ip_rcv_slow(net, event);
}

REF_HOT const struct ref_update *ip_rcv_fast(struct ref *net, const struct ref_event *event)
{
	const uint8_t *frame = event->data;
	struct rx_flow *flow = net->rx_last;
	uint32_t ports;

	if (unlikely(event->len < FRAME_MIN))
		return ip_rcv_slow(net, event);
	if ((wire_raw32(frame + IPH_OFF + 6) & KIND_MASK) != KIND_UDP)
		return rcv_other_kind(net, event);
	ports = wire_raw32(frame + L4_OFF);
	if (unlikely(!rx_flow_is(net->genid, flow, frame, event->ifindex, ports)))
		return udp_rcv_other(net, event, ports);
	return udp_rcv_of_flow(net, event, flow);
}
