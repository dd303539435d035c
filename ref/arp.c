/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Who has this address: asking, and answering for ours. Mirrors: net/ipv4/arp.c. */
#include <string.h>

#include "ref/ip.h"
#include "ref/neighbour.h"
#include "ref/net.h"

#define ARPOP_REQUEST  1
#define ARPOP_REPLY    2
#define ARPHRD_ETHER   1
#define ARPHRD_IEEE802 6
#define ARP_HLEN       28 /* octets of an ARP packet for Ethernet and IPv4 */
#define LOCKTIME_NS    1000000000ull

/* The fields of an ARP packet, in host order. */
struct arp {
	uint16_t hrd, pro, op;
	const uint8_t *sha, *tha;
	uint32_t sip, tip;
};

/* dest, tha NULL: to everybody, nobody named. Mirrors: arp_send_dst(), arp_create(). */
static void arp_send(struct net_device *dev, uint16_t op, uint32_t tip, uint32_t sip,
		     const uint8_t *dest, const uint8_t *tha)
{
	static const uint8_t head[6] = { 0, ARPHRD_ETHER, 0x08, 0x00, 6, 4 };
	struct sk_buff *skb;

	if (dev->flags & REF_LINK_NOARP)
		return;
	skb = alloc_skb(dev->net, LL_RESERVED_SPACE, ARP_HLEN);
	if (!skb)
		return;
	memset(skb->data, 0, ARP_HLEN);
	memcpy(skb->data, head, sizeof(head));
	wire_put16(skb->data + 6, op);
	memcpy(skb->data + 8, dev->dev_addr, 6);
	wire_put32(skb->data + 14, sip);
	if (tha)
		memcpy(skb->data + 18, tha, 6);
	wire_put32(skb->data + 24, tip);
	skb->dev = dev;
	skb->protocol = ETH_P_ARP;
	dev_queue_xmit(skb, dest ? dest : dev->broadcast);
}

void arp_solicit(struct neighbour *n)
{
	struct net_device *dev = n->dev;
	struct ref *net = dev->net;
	const struct sk_buff *skb = n->arp_queue.tail;
	uint32_t saddr = skb ? iph_saddr(skb_network_header(skb)) : 0;

	if (!saddr || inet_addr_type(net, saddr) != REF_RTN_LOCAL)
		saddr = inet_select_addr(net, dev, n->addr, RT_SCOPE_LINK);
	arp_send(dev, ARPOP_REQUEST, n->addr, saddr, NULL, NULL);
}

/* Mirrors: arp_ignore(). */
static bool arp_ignore(const struct net_device *dev, uint32_t sip, uint32_t tip)
{
	const struct ref *net = dev->net;

	switch (IN_DEV_MAXCONF(dev, ARP_IGNORE)) {
	case 1:
		return !inet_confirm_addr(net, dev, 0, tip, RT_SCOPE_HOST);
	case 2:
		return !inet_confirm_addr(net, dev, sip, tip, RT_SCOPE_HOST);
	case 3:
		return !inet_confirm_addr(net, NULL, 0, tip, RT_SCOPE_LINK);
	case 8:
		return true;
	default:
		return false;
	}
}

/* An entry that is there already is brought up to date; unasked, none is made. */
static void arp_update(struct sk_buff *skb, const struct arp *arp)
{
	struct net_device *dev = skb->dev;
	struct ref *net = skb->net;
	struct neighbour *n = neigh_lookup(net, dev, arp->sip);
	bool garp, override;

	if (!n)
		return;
	garp = arp->tip == arp->sip &&
	       (arp->op == ARPOP_REQUEST || memcmp(arp->tha, arp->sha, 6) == 0) &&
	       inet_addr_type(net, arp->sip) == REF_RTN_UNICAST;
	override = garp || net->now_ns > n->updated_ns + LOCKTIME_NS;
	neigh_update(n, arp->sha,
		     arp->op == ARPOP_REPLY && skb->pkt_type == PACKET_HOST ? NUD_REACHABLE
									    : NUD_STALE,
		     override);
}

/* A request for an address of ours: learn who asks, and answer. */
static void arp_answer(struct sk_buff *skb, const struct arp *arp)
{
	struct net_device *dev = skb->dev;
	struct ref *net = skb->net;
	struct neighbour *n;

	if (arp_ignore(dev, arp->sip, arp->tip)) {
		REF_SAY(net, "arp_ignore");
		return;
	}
	n = neigh_lookup(net, dev, arp->sip);
	if (!n)
		n = neigh_create(net, dev, arp->sip);
	if (!n)
		return;
	neigh_update(n, arp->sha, NUD_STALE, true);
	arp_send(dev, ARPOP_REPLY, arp->sip, arp->tip, arp->sha, arp->sha);
}

/* False: the packet is no ARP that this host understands. Mirrors: arp_process(). */
static bool arp_process(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct ref *net = skb->net;
	const uint8_t *h = skb->data;
	const struct arp arp = {
		.hrd = wire_get16(h),
		.pro = wire_get16(h + 2),
		.op = wire_get16(h + 6),
		.sha = h + 8,
		.sip = wire_get32(h + 14),
		.tha = h + 18,
		.tip = wire_get32(h + 24),
	};

	if (!dev->in_dev || (arp.hrd != ARPHRD_ETHER && arp.hrd != ARPHRD_IEEE802) ||
	    arp.pro != ETH_P_IP || (arp.op != ARPOP_REQUEST && arp.op != ARPOP_REPLY))
		return false;
	if (ipv4_is_multicast(arp.tip) ||
	    (ipv4_is_loopback(arp.tip) && !IN_DEV_ORCONF(dev, ROUTE_LOCALNET)))
		return false;
	if (arp.sip == 0) {
		/* Is this address taken (RFC 2131)? */
		if (arp.op == ARPOP_REQUEST && inet_addr_type(net, arp.tip) == REF_RTN_LOCAL &&
		    !arp_ignore(dev, arp.sip, arp.tip))
			arp_send(dev, ARPOP_REPLY, arp.sip, arp.tip, arp.sha, arp.sha);
		return true;
	}
	if (arp.op == ARPOP_REQUEST &&
	    ip_route_input_noref(skb, arp.tip, arp.sip, 0, dev) == SKB_NOT_DROPPED_YET &&
	    skb->rt.rt_type == REF_RTN_LOCAL)
		arp_answer(skb, &arp);
	else
		arp_update(skb, &arp);
	return true;
}

void arp_rcv(struct sk_buff *skb, struct net_device *dev)
{
	if ((dev->flags & REF_LINK_NOARP) || skb->pkt_type == PACKET_OTHERHOST ||
	    skb->pkt_type == PACKET_LOOPBACK) {
		consume_skb(skb);
		return;
	}
	if (!pskb_may_pull(skb, ARP_HLEN))
		kfree_skb_reason(skb, ref_since(skb->net, DIFF_ARP_SHORT_REASON) ?
					      SKB_DROP_REASON_PKT_TOO_SMALL :
					      SKB_DROP_REASON_NOT_SPECIFIED);
	else if (skb->data[4] != 6 || skb->data[5] != 4)
		kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
	else if (arp_process(skb))
		consume_skb(skb);
	else
		kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, "arp_process");
}
