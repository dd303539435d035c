/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The short way in: flows, and UDP datagrams that are not fragments. See ip_fast.h. */
#include "ref/ip_fast.h"

#include <string.h>

#include "ref/compiler.h"
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/wire/csum_inline.h"

#define FRAME_MIN  (L4_OFF + UDP_HLEN)
#define DSCP_MASK  0xfcu
#define RX_FLOW_NR (1u << RX_FLOW_BITS)

REF_INLINE struct rx_flow *flow_slot(struct ref *net, uint64_t hash)
{
	return &net->rx_flow[hash >> (64 - RX_FLOW_BITS)];
}

/* The other slot where a flow may be. */
static inline struct rx_flow *flow_other(struct ref *net, struct rx_flow *flow)
{
	return &net->rx_flow[(size_t)(flow - net->rx_flow) ^ 1];
}

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
static struct rx_flow *flow_new(struct ref *net, uint64_t addrs, uint32_t ports)
{
	struct rx_flow *flow = flow_slot(net, rx_flow_hash(addrs, ports));

	if (flow->genid == net->genid && (flow->addrs != addrs || flow->ports != ports))
		*flow_other(net, flow) = *flow;
	return flow;
}

void ip_fast_learn(struct ref *net, const struct ref_event *event)
{
	const uint8_t *frame = event->data, *iph = frame + IPH_OFF;
	struct net_device *dev = dev_get_by_index(net, event->ifindex);
	struct sock *sk = NULL;
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
	*flow_new(net, wire_raw64(iph + 12), ports) = (struct rx_flow){
		.link = { wire_raw64(frame), wire_raw64(frame + 8) },
		.addrs = wire_raw64(iph + 12),
		.ports = ports,
		.genid = net->genid,
		.ifindex = event->ifindex,
		.dev = dev,
		.sk = sk,
		.frag_udp = !sk && udp_is_plain(net),
	};
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
		.room = L4_OFF + ulen,
		.network_header = IPH_OFF,
		.transport_header = L4_OFF,
		.lean = true,
	};
	enum skb_shape shape;

	if (!flow->sk || len > REF_FRAME_MAX || tot_len > len - ETH_HLEN || ulen < UDP_HLEN ||
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
	flow->sum_now = ulen <= CHECKSUM_BREAK;
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

/* Does one more fit the receive buffer? Else the ordinary path says whether it does. */
REF_INLINE bool udp_has_room(const struct rx_flow *flow)
{
	return flow->sk->sk_rmem_alloc + flow->truesize <= (uint32_t)flow->sk->sk_rcvbuf;
}

/* Does the sum of a short datagram without IP options hold? The addresses stand right before it. */
REF_INLINE bool udp_sum_holds(const uint8_t *uh, size_t ulen)
{
	uint64_t pseudo = wire_raw16(uh + 4) + csum_be16(IPPROTO_UDP);

	return csum_holds(csum_ones_below_256(uh - 8, 8 + ulen, pseudo));
}

/* Straight to the socket's queue; summed: verified on arrival. */
REF_INLINE const struct ref_update *udp_queue_fast(struct ref *net, const struct ref_event *event,
						   const struct rx_flow *flow, bool summed)
{
	const uint8_t *frame = event->data;
	struct net_device *dev = flow->dev;
	struct sock *sk = flow->sk;
	struct sk_buff *skb;

	skb = arena_take(&net->arena, flow->arena_class);
	if (unlikely(!skb))
		return udp_rcv_stock(net, event, flow);
	ARENA_OPEN(skb, SKB_STRUCT_LEN + L4_OFF + wire_get16(frame + L4_OFF + 4));
	dev->stats.rx_packets++;
	dev->stats.rx_bytes += event->len;
	IP_INC_STATS(net, IP_INRECEIVES);
	IP_ADD_STATS(net, IPEXT_INOCTETS, event->len - ETH_HLEN);
	net->mib[MIB_IPEXT_INNOECTPKTS + (iph_tos(frame + IPH_OFF) & 3)]++;
	IP_INC_STATS(net, IP_INDELIVERS);
	skb->net = net;
	skb->dev = dev;
	skb->head = (uint8_t *)skb + SKB_STRUCT_LEN;
	skb->data = skb->head + L4_OFF + UDP_HLEN;
	memcpy(&skb->len, flow->plain, SKB_PLAIN_LEN);
	if (summed) {
		skb->csum_valid = true;
		skb->ip_summed = CHECKSUM_COMPLETE;
	}
	if (wire_raw16(frame + L4_OFF + 6) == 0) {
		skb->csum_valid = true;
		skb->ip_summed = CHECKSUM_NONE;
	}
	skb->cb.frag_max_size = 0;
	skb->queued.tstamp_ns = net->now_ns;
	sk->sk_rmem_alloc += skb->truesize;
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	/* The Ethernet header is not looked at again. */
	memcpy(skb->head + IPH_OFF, frame + IPH_OFF, skb->room - IPH_OFF);
	return &net->update;
}

/* A datagram that is verified on arrival, or would be. */
REF_HOT REF_NOINLINE static const struct ref_update *
udp_rcv_small(struct ref *net, const struct ref_event *event, const struct rx_flow *flow)
{
	const uint8_t *uh = event->data + L4_OFF;

	if (wire_raw16(uh + 6) != 0 && unlikely(!udp_sum_holds(uh, wire_get16(uh + 4))))
		return ip_rcv_slow(net, event);
	return udp_queue_fast(net, event, flow, true);
}

/* Not as long as the one before. */
REF_NOINLINE static const struct ref_update *
udp_rcv_resized(struct ref *net, const struct ref_event *event, struct rx_flow *flow)
{
	return flow_size(net, flow, event) ? ip_rcv_fast(net, event) : ip_rcv_slow(net, event);
}

/* ---- a frame ---- */

/* Does the frame begin as those that the flow was learnt from? */
REF_INLINE bool flow_is(const struct ref *net, const struct rx_flow *flow,
			const struct ref_event *event, uint32_t ports)
{
	const uint8_t *frame = event->data;

	return flow->addrs == wire_raw64(frame + IPH_OFF + 12) && flow->ports == ports &&
	       flow->genid == net->genid && flow->link[0] == wire_raw64(frame) &&
	       flow->link[1] == wire_raw64(frame + 8) && flow->ifindex == event->ifindex;
}

/* The frame begins as those of the flow: is the rest sound, and a datagram or a fragment? */
REF_INLINE const struct ref_update *rcv_of_flow(struct ref *net, const struct ref_event *event,
						struct rx_flow *flow, uint64_t hash)
{
	const uint8_t *frame = event->data, *iph = frame + IPH_OFF;

	if (unlikely(!ip_header_holds(iph)))
		return ip_rcv_slow(net, event);
	if (ip_is_fragment(iph))
		return frag_rcv_fast(net, event, flow, hash);
	if (unlikely(flow->frame_len != event->len || flow->tot_len_field != wire_raw16(iph + 2) ||
		     flow->ulen_field != wire_raw16(frame + L4_OFF + 4)))
		return udp_rcv_resized(net, event, flow);
	if (unlikely(iph_protocol(iph) != IPPROTO_UDP || !udp_has_room(flow)))
		return ip_rcv_slow(net, event);
	if (flow->sum_now)
		return udp_rcv_small(net, event, flow);
	return udp_queue_fast(net, event, flow, false);
}

/* The flow is not in its first slot, or there is none. */
REF_NOINLINE static const struct ref_update *
rcv_other_slot(struct ref *net, const struct ref_event *event, struct rx_flow *flow, uint64_t hash)
{
	const uint8_t *frame = event->data, *iph = frame + IPH_OFF;

	flow = flow_other(net, flow);
	if (!flow_is(net, flow, event, ip_is_fragment(iph) ? 0 : wire_raw32(frame + L4_OFF)))
		return ip_rcv_slow(net, event);
	return rcv_of_flow(net, event, flow, hash);
}

REF_HOT const struct ref_update *ip_rcv_fast(struct ref *net, const struct ref_event *event)
{
	const uint8_t *frame = event->data, *iph = frame + IPH_OFF;
	struct rx_flow *flow;
	uint32_t ports = 0;
	uint64_t hash;

	if (unlikely(event->len < FRAME_MIN))
		return ip_rcv_slow(net, event);
	if (!ip_is_fragment(iph))
		ports = wire_raw32(frame + L4_OFF);
	hash = rx_flow_hash(wire_raw64(iph + 12), ports);
	flow = flow_slot(net, hash);
	if (unlikely(!flow_is(net, flow, event, ports)))
		return rcv_other_slot(net, event, flow, hash);
	return rcv_of_flow(net, event, flow, hash);
}
