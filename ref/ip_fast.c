/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The short way in for plain frames: no IP options, for this host by unicast, a fragment or UDP to
 * the one socket there is for it. It decides nothing itself. What the ordinary path decided about a
 * frame that began with the same octets is kept until anything changes; what differs from packet
 * to packet (lengths, checksums, room in the receive buffer) is looked at here, and when it is not
 * in order the ordinary path gets the frame from its beginning. test_ip_fast.c holds the two ways
 * against each other.
 */
#include "ref/ip_fast.h"

#include <string.h>

#include "ref/compiler.h"
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/wire/csum.h"

#define IP_LEN	  20u
#define IPH_OFF	  ETH_HLEN
#define L4_OFF	  (ETH_HLEN + IP_LEN)
#define FRAME_MIN (L4_OFF + UDP_HLEN)
#define DSCP_MASK 0xfcu

static inline uint16_t word16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return v;
}

static inline uint32_t word32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

static inline uint64_t word64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

static inline struct rx_flow *flow_slot(struct ref *net, uint64_t addrs, uint32_t ports)
{
	uint64_t h = (addrs ^ ports) * 0x9e3779b97f4a7c15u;

	return &net->rx_flow[h >> (64 - RX_FLOW_BITS)];
}

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

/* The only socket that any sender reaches at this address and port, with nothing special to it. */
static struct sock *plain_sock(const struct ref *net, uint32_t daddr, uint16_t dport)
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

void ip_fast_learn(struct ref *net, const struct ref_event *event)
{
	const uint8_t *frame = event->data, *iph = frame + IPH_OFF;
	struct net_device *dev = dev_get_by_index(net, event->ifindex);
	struct sock *sk = NULL;
	struct rx_flow *flow;
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
		sk = plain_sock(net, iph_daddr(iph), wire_get16(frame + L4_OFF + 2));
		if (!sk)
			return;
		ports = word32(frame + L4_OFF);
	}
	flow = flow_slot(net, word64(iph + 12), ports);
	*flow = (struct rx_flow){
		.link = { word64(frame), word64(frame + 8) },
		.addrs = word64(iph + 12),
		.ports = ports,
		.genid = net->genid,
		.ifindex = event->ifindex,
		.dev = dev,
		.sk = sk,
		.frag_udp = !sk && udp_is_plain(net),
	};
}

static inline void count_received(struct ref *net, struct net_device *dev, const uint8_t *iph,
				  size_t len)
{
	dev->stats.rx_packets++;
	dev->stats.rx_bytes += len;
	IP_INC_STATS(net, IP_INRECEIVES);
	IP_ADD_STATS(net, IPEXT_INOCTETS, len - ETH_HLEN);
	net->mib[MIB_IPEXT_INNOECTPKTS + (iph_tos(iph) & 3)]++;
}

/*
 * A datagram of other lengths than the one before: what it needs. False: they are not sound. The
 * frame has room for the headers.
 */
REF_NOINLINE static bool flow_size(struct ref *net, struct rx_flow *flow, const uint8_t *frame,
				   size_t len)
{
	uint32_t tot_len = iph_tot_len(frame + IPH_OFF), ulen = wire_get16(frame + L4_OFF + 4);
	enum skb_shape shape;

	if (tot_len > len - ETH_HLEN || ulen < UDP_HLEN || ulen + IP_LEN > tot_len)
		return false;
	flow->frame_len = (uint32_t)len;
	flow->tot_len_field = word16(frame + IPH_OFF + 2);
	flow->ulen_field = word16(frame + L4_OFF + 4);
	flow->truesize = rx_truesize(net, len, &shape);
	flow->arena_class = (uint8_t)arena_class(SKB_STRUCT_LEN + len);
	return true;
}

/* A datagram that is verified on arrival, or not at all: false, it is wrong. */
REF_HOT REF_NOINLINE static bool udp_csum_small(const uint8_t *uh, uint32_t ulen,
						uint8_t *ret_ip_summed)
{
	uint64_t sum = csum_be16((uint16_t)ulen) + csum_be16(IPPROTO_UDP);

	*ret_ip_summed = CHECKSUM_NONE;
	if ((uh[6] | uh[7]) == 0)
		return true;
	*ret_ip_summed = CHECKSUM_COMPLETE;
	/* The addresses stand right before the datagram. */
	return csum_fold(csum_partial(uh - 8, 8 + ulen, sum)) == 0;
}

/* Whose datagram these fragments made: as the one before, mostly. */
REF_INLINE struct sock *frag_sock(struct ref *net, struct rx_flow *flow, const struct sk_buff *skb)
{
	const uint8_t *iph = skb->data, *uh = skb_transport_header(skb);

	if (unlikely(!flow->frag_udp || skb->len < IP_LEN + UDP_HLEN || iph[0] != 0x45 ||
		     iph_protocol(iph) != IPPROTO_UDP))
		return NULL;
	if (unlikely(flow->frag_ports != word32(uh))) {
		flow->frag_ports = word32(uh);
		flow->frag_sk = plain_sock(net, iph_daddr(iph), wire_get16(uh + 2));
	}
	return flow->frag_sk;
}

/* Mirrors: ipv4_pktinfo_prepare(), of a packet that is this host's by unicast. */
static inline void pktinfo_prepare(const struct sock *sk, struct sk_buff *skb, int iif,
				   uint32_t daddr)
{
	if (!(sk->inet_flags & IP_CMSG_PKTINFO))
		return;
	skb->cb.iif = iif;
	skb->queued.spec_dst = daddr;
}

/* The datagram to its socket; false: it is as it was. */
REF_INLINE bool frag_deliver_fast(struct ref *net, struct rx_flow *flow, struct sk_buff *skb)
{
	struct sock *sk = frag_sock(net, flow, skb);
	const uint8_t *uh = skb->data + IP_LEN;
	uint32_t ulen = wire_get16(uh + 4);
	uint8_t ip_summed = CHECKSUM_NONE;
	int iif = skb->cb.iif;

	if (unlikely(!sk || ulen < UDP_HLEN || ulen + IP_LEN > skb->len ||
		     sk->sk_rmem_alloc + skb->truesize > (uint32_t)sk->sk_rcvbuf))
		return false;
	if (ulen <= CHECKSUM_BREAK || (uh[6] | uh[7]) == 0) {
		if (unlikely(!udp_csum_small(uh, ulen, &ip_summed)))
			return false;
		skb->csum_valid = true;
		skb->ip_summed = ip_summed;
	}
	skb->data += IP_LEN + UDP_HLEN;
	skb->len = ulen - UDP_HLEN;
	skb->cb.iif = 0;
	skb->queued = (struct skb_queued){ .tstamp_ns = net->now_ns };
	pktinfo_prepare(sk, skb, iif, iph_daddr(uh - IP_LEN));
	sk->sk_rmem_alloc += skb->truesize;
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	IP_INC_STATS(net, IP_INDELIVERS);
	return true;
}

REF_HOT void ip_frag_deliver_fast(struct ref *net, struct rx_flow *flow, struct sk_buff *skb)
{
	const uint8_t *iph = skb->data;

	skb->dev = flow->dev;
	skb->protocol = ETH_P_IP;
	skb->dst_set = true;
	if (likely(frag_deliver_fast(net, flow, skb)))
		return;
	skb->next = skb->prev = NULL;
	/* The route of the fragments, once more: it is the same for all that is the flow's. */
	ip_route_input_noref(skb, iph_daddr(iph), iph_saddr(iph), ((const uint8_t *)flow->link)[15],
			     flow->dev);
	ip_local_deliver_finish(skb);
}

/* Straight to the socket's queue. */
REF_HOT REF_NOINLINE static bool udp_rcv_fast(struct ref *net, struct rx_flow *flow,
					      const struct ref_event *event)
{
	const uint8_t *frame = event->data, *uh = frame + L4_OFF;
	uint32_t ulen = wire_get16(uh + 4);
	struct sock *sk = flow->sk;
	uint8_t ip_summed = CHECKSUM_NONE;
	bool csum_valid = false;
	struct sk_buff *skb;

	if (unlikely(sk->sk_rmem_alloc + flow->truesize > (uint32_t)sk->sk_rcvbuf))
		return false;
	if (ulen <= CHECKSUM_BREAK || word16(uh + 6) == 0) {
		csum_valid = udp_csum_small(uh, ulen, &ip_summed);
		if (unlikely(!csum_valid))
			return false;
	}
	skb = arena_alloc_class(&net->arena, flow->arena_class, SKB_STRUCT_LEN + event->len);
	if (unlikely(!skb))
		return false;
	count_received(net, flow->dev, frame + IPH_OFF, event->len);
	skb_clear(skb);
	skb->net = net;
	skb->dev = flow->dev;
	skb->head = (uint8_t *)skb + SKB_STRUCT_LEN;
	skb->data = skb->head + L4_OFF + UDP_HLEN;
	skb->len = ulen - UDP_HLEN;
	skb->room = event->len;
	skb->truesize = flow->truesize;
	skb->network_header = IPH_OFF;
	skb->transport_header = L4_OFF;
	skb->borrowed = false;
	skb->slot = false;
	skb->shape = SKB_KMALLOC; /* nobody glues it */
	skb->protocol = ETH_P_IP;
	if (csum_valid) {
		skb->csum_valid = true;
		skb->ip_summed = ip_summed;
	}
	skb->queued = (struct skb_queued){ .tstamp_ns = net->now_ns };
	pktinfo_prepare(sk, skb, event->ifindex, iph_daddr(frame + IPH_OFF));
	memcpy(skb->head, frame, L4_OFF + ulen);
	sk->sk_rmem_alloc += skb->truesize;
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	IP_INC_STATS(net, IP_INDELIVERS);
	return true;
}

/* Does the frame begin as those that the flow was learnt from? */
REF_INLINE bool flow_is(const struct ref *net, const struct rx_flow *flow,
			const struct ref_event *event, uint32_t ports)
{
	const uint8_t *frame = event->data;

	return flow->addrs == word64(frame + IPH_OFF + 12) && flow->ports == ports &&
	       flow->genid == net->genid && flow->link[0] == word64(frame) &&
	       flow->link[1] == word64(frame + 8) && flow->ifindex == event->ifindex &&
	       likely(ip_fast_csum(frame + IPH_OFF, IP_LEN) == 0);
}

static inline bool frag_rcv_fast(struct ref *net, const struct ref_event *event)
{
	const uint8_t *iph = event->data + IPH_OFF;
	struct rx_flow *flow = flow_slot(net, word64(iph + 12), 0);
	uint32_t tot_len = iph_tot_len(iph);

	if (unlikely(!flow_is(net, flow, event, 0) || tot_len < IP_LEN ||
		     tot_len > event->len - ETH_HLEN))
		return false;
	count_received(net, flow->dev, iph, event->len);
	ip_defrag_fast(net, flow, iph, event->len);
	return true;
}

REF_HOT bool ip_rcv_fast(struct ref *net, const struct ref_event *event)
{
	const uint8_t *frame = event->data, *iph = frame + IPH_OFF;
	struct rx_flow *flow;
	uint32_t ports;

	if (unlikely(event->len < FRAME_MIN || event->len > REF_FRAME_MAX))
		return false;
	if (ip_is_fragment(iph))
		return frag_rcv_fast(net, event);
	ports = word32(frame + L4_OFF);
	flow = flow_slot(net, word64(iph + 12), ports);
	if (unlikely(iph_protocol(iph) != IPPROTO_UDP || !flow_is(net, flow, event, ports) ||
		     !flow->sk))
		return false;
	if (unlikely(flow->frame_len != event->len || flow->tot_len_field != word16(iph + 2) ||
		     flow->ulen_field != word16(frame + L4_OFF + 4)) &&
	    !flow_size(net, flow, frame, event->len))
		return false;
	return udp_rcv_fast(net, flow, event);
}
