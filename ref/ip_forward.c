/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A datagram that is passed on. Mirrors: net/ipv4/ip_forward.c. */
#include "ref/ip.h"
#include "ref/net.h"

/* Mirrors: ip_exceeds_mtu(). */
static bool ip_exceeds_mtu(const struct sk_buff *skb, uint32_t mtu)
{
	return skb->len > mtu && (iph_frag_off(skb_network_header(skb)) & IP_DF);
}

/* One less, and the checksum with it, right or wrong as it was. Mirrors: ip_decrease_ttl(). */
static void ip_decrease_ttl(uint8_t *iph)
{
	uint32_t check = (uint32_t)wire_get16(iph + 10) + 0x0100;

	wire_put16(iph + 10, (uint16_t)(check + (check >= 0xffff)));
	iph[8]--;
}

/* Behind the FORWARD hook. Mirrors: ip_forward_finish(). */
static int ip_forward_finish(struct ref *net, struct sk_buff *skb)
{
	if (!ref_since(net, DIFF_FORW_COUNTED_FIRST)) {
		IP_INC_STATS(net, IP_FORWDATAGRAMS);
		IP_ADD_STATS(net, IPEXT_OUTOCTETS, skb->len);
	}
	if (IPCB(skb)->opt.optlen)
		ip_forward_options(skb);
	return dst_output(net, skb);
}

/* SKB_NOT_DROPPED_YET, or the reason not to pass it on; the sender is told here. */
static int ip_forward_check(struct ref *net, struct sk_buff *skb)
{
	uint32_t mtu;

	if (iph_ttl(skb_network_header(skb)) <= 1) {
		IP_INC_STATS(net, IP_INHDRERRORS);
		icmp_send(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
		return SKB_DROP_REASON_IP_INHDR;
	}
	if (IPCB(skb)->opt.is_strictroute && skb->rt.rt_uses_gateway) {
		REF_SAY(net, "a strict source route, and a gateway");
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_SR_FAILED, 0);
		return SKB_DROP_REASON_NOT_SPECIFIED;
	}
	if (ref_since(net, DIFF_FORW_COUNTED_FIRST))
		IP_INC_STATS(net, IP_FORWDATAGRAMS);
	IPCB(skb)->flags |= IPSKB_FORWARDED;
	mtu = ip_dst_mtu(net, &skb->rt, true);
	if (ip_exceeds_mtu(skb, mtu)) {
		IP_INC_STATS(net, IP_FRAGFAILS);
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
		return SKB_DROP_REASON_PKT_TOO_BIG;
	}
	return SKB_NOT_DROPPED_YET;
}

int ip_forward(struct sk_buff *skb)
{
	struct ref *net = skb->net;
	int reason = SKB_DROP_REASON_NOT_SPECIFIED;

	if (skb->pkt_type != PACKET_HOST) {
		REF_SAY(net, "the frame was not addressed to this host");
		goto drop;
	}
	if (skb->sk)
		goto drop;
	if (IPCB(skb)->opt.router_alert && ip_call_ra_chain(skb))
		return 0;
	reason = ip_forward_check(net, skb);
	if (reason != SKB_NOT_DROPPED_YET)
		goto drop;
	if (!skb_own(skb)) {
		reason = SKB_DROP_REASON_NOT_SPECIFIED;
		goto drop;
	}
	ip_decrease_ttl(skb_network_header(skb));
	if ((IPCB(skb)->flags & IPSKB_DOREDIRECT) && !IPCB(skb)->opt.srr)
		ip_rt_send_redirect(skb);
	return ip_forward_finish(net, skb);
drop:
	kfree_skb_reason(skb, (enum skb_drop_reason)reason);
	return 0;
}
