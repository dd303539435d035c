/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The way out: packets of this host's own (local_out), the copies that multicast and broadcast
 * leave at home, the counters, and the hand-over to the neighbour layer. Fragmentation is in
 * ip_output_frag.c. The kernel keeps the pieces of a large datagram apart from the start; here it
 * is built flat and cut by the same rule, which gives the same pieces.
 * Mirrors: net/ipv4/ip_output.c.
 */
#include <errno.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"
#include "ref/wire/csum.h"

#define IPV4_MIN_MTU 68
#define IP_MAX_MTU   0xffffu
/* IP_DEFAULT_MULTICAST_TTL: mc_ttl of the kernel's own sockets. */
#define MC_TTL	     1

void ip_send_check(uint8_t *iph)
{
	wire_put16(iph + 10, 0);
	csum_store(iph + 10, ip_fast_csum(iph, iph_ihl(iph)));
}

/*
 * The kernel hashes the pair into a table of counters and adds a random step for the time that
 * went by; the step is left out.
 */
uint16_t ip_select_ident(struct ref *net, const uint8_t *iph)
{
	uint32_t hash =
		iph_saddr(iph) * 0x9e3779b1u ^ iph_daddr(iph) * 0x85ebca6bu ^ iph_protocol(iph);
	uint16_t *ident = &net->ip_idents[(hash ^ hash >> 15) & (REF_IDENTS - 1)];

	if (*ident == 0)
		*ident = (uint16_t)ref_random(net);
	return ++*ident;
}

/*
 * Does the sender's buffer hold all fragments at once? Each but the first is refused when what is
 * there already exceeds it.
 */
static bool fragments_fit(const struct ref *net, const struct ip_cork *cork, size_t hlen,
			  size_t len, uint32_t mtu)
{
	size_t data = (mtu - hlen) & ~(size_t)7, pieces;

	if (!cork->wmem_max || hlen + len <= mtu || data == 0)
		return true;
	pieces = (len - (mtu - hlen) + data - 1) / data + 1;
	return (pieces - 1) * tx_truesize(net, hlen + data) <= cork->wmem_max;
}

int ip_make_skb(struct ref *net, const struct ip_cork *cork, size_t len, struct sk_buff **ret_skb)
{
	size_t optlen = cork->opt ? cork->opt->optlen : 0;
	uint32_t mtu = ip_dst_mtu(net, cork->rt, false);
	struct sk_buff *skb;
	uint8_t *iph;

	if (mtu < IPV4_MIN_MTU) {
		REF_SAY(net, "device MTU below 68");
		return -ENETUNREACH;
	}
	if (20 + optlen + len > IP_MAX_MTU) {
		REF_SAY(net, "longer than a datagram can be");
		return -EMSGSIZE;
	}
	skb = fragments_fit(net, cork, 20 + optlen, len, mtu)
		      ? alloc_skb(net, LL_RESERVED_SPACE, 20 + optlen + len)
		      : NULL;
	if (!skb) {
		REF_SAY(net, "no room in the send buffer");
		IP_INC_STATS(net, IP_OUTDISCARDS);
		return -ENOBUFS;
	}
	skb_reset_network_header(skb);
	skb->transport_header = (uint16_t)(skb->network_header + 20 + optlen);
	skb->rt = *cork->rt;
	skb->dst_set = true;
	skb->mark = cork->mark;
	skb->truesize = tx_truesize(net, 20 + optlen + len);
	iph = skb_network_header(skb);
	iph[0] = 0x45;
	iph[1] = cork->tos;
	wire_put16(iph + 6, cork->df ? IP_DF : 0);
	iph[8] = cork->rt->rt_type == REF_RTN_MULTICAST
			 ? MC_TTL
			 : (uint8_t)net->sysctl[SYSCTL_IP_DEFAULT_TTL];
	iph[9] = cork->protocol;
	wire_put32(iph + 12, cork->saddr);
	wire_put32(iph + 16, cork->daddr);
	/* Nobody will put a packet together that must not come apart: no id. */
	wire_put16(iph + 4, cork->df ? 0 : ip_select_ident(net, iph));
	if (optlen) {
		iph[0] = (uint8_t)(iph[0] + optlen / 4);
		ip_options_build(skb, cork->opt, cork->opt_data, cork->addr, cork->rt);
	}
	*ret_skb = skb;
	return 0;
}

/* Up to the LOCAL_OUT hook, which would be asked here. Mirrors: __ip_local_out(). */
static void __ip_local_out(struct ref *net, struct sk_buff *skb)
{
	uint8_t *iph = skb_network_header(skb);

	if (ref_since(net, DIFF_OUT_COUNTED_SENT))
		IP_INC_STATS(net, IP_OUTREQUESTS);
	wire_put16(iph + 2, (uint16_t)skb->len);
	ip_send_check(iph);
	skb->protocol = ETH_P_IP;
}

int ip_local_out(struct ref *net, struct sk_buff *skb)
{
	__ip_local_out(net, skb);
	return dst_output(net, skb);
}

int ip_send_skb(struct ref *net, struct sk_buff *skb)
{
	int err = ip_local_out(net, skb);

	if (err)
		IP_INC_STATS(net, IP_OUTDISCARDS);
	return err;
}

int dst_output(struct ref *net, struct sk_buff *skb)
{
	switch ((enum dst_output)skb->rt.output) {
	case DST_IP_OUTPUT:
		return ip_output(net, skb);
	case DST_MC_OUTPUT:
		return ip_mc_output(net, skb);
	case DST_DISCARD:
	case DST_OUTPUT_NONE:
		break;
	}
	/* dst_discard_out(), or ip_rt_bug() for a route that was made for input only. */
	kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED,
		     skb->rt.output == DST_DISCARD ? "dst_discard_out" : "ip_rt_bug");
	return 0;
}

int dst_input(struct sk_buff *skb)
{
	switch ((enum dst_input)skb->rt.input) {
	case DST_LOCAL_DELIVER:
		return ip_local_deliver(skb);
	case DST_FORWARD:
		return ip_forward(skb);
	case DST_ERROR:
		return ip_error(skb);
	case DST_INPUT_NONE:
		break;
	}
	kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, "dst_discard");
	return 0;
}

uint32_t ip_skb_dst_mtu(const struct sk_buff *skb)
{
	if (IPCB(skb)->flags & IPSKB_DEV_MTU)
		return skb->rt.dev->mtu < IP_MAX_MTU ? skb->rt.dev->mtu : IP_MAX_MTU;
	return ip_dst_mtu(skb->net, &skb->rt, (IPCB(skb)->flags & IPSKB_FORWARDED) != 0);
}

/* Packets and octets that left; one of the kernels counts them before fragmentation. */
static void count_out(struct ref *net, size_t len)
{
	if (ref_since(net, DIFF_OUT_COUNTED_SENT))
		IP_INC_STATS(net, IP_OUTTRANSMITS);
	else
		IP_INC_STATS(net, IP_OUTREQUESTS);
	IP_ADD_STATS(net, IPEXT_OUTOCTETS, len);
}

int ip_finish_output2(struct ref *net, struct sk_buff *skb)
{
	const uint8_t *iph = skb_network_header(skb);
	uint32_t nexthop = skb->rt.rt_gw4 ? skb->rt.rt_gw4 : iph_daddr(iph);

	if (skb->rt.rt_type == REF_RTN_MULTICAST) {
		IP_INC_STATS(net, IPEXT_OUTMCASTPKTS);
		IP_ADD_STATS(net, IPEXT_OUTMCASTOCTETS, skb->len);
	} else if (skb->rt.rt_type == REF_RTN_BROADCAST) {
		IP_INC_STATS(net, IPEXT_OUTBCASTPKTS);
		IP_ADD_STATS(net, IPEXT_OUTBCASTOCTETS, skb->len);
	}
	if (ref_since(net, DIFF_OUT_COUNTED_SENT))
		count_out(net, skb->len);
	return neigh_output(skb, nexthop);
}

/* After POST_ROUTING. Mirrors: __ip_finish_output(). */
static int ip_finish_output(struct ref *net, struct sk_buff *skb)
{
	uint32_t mtu = ip_skb_dst_mtu(skb);

	if ((skb->len > mtu && !skb->gso_size) || IPCB(skb)->frag_max_size)
		return ip_fragment(net, skb, mtu);
	return ip_finish_output2(net, skb);
}

/*
 * A copy for this host itself, as if it came in on the device: it keeps its route, whose input
 * side says who gets it. Mirrors: ip_mc_finish_output(), dev_loopback_xmit().
 *
 * The kernel's copy shares its octets with the packet. When that is cut, its options are turned
 * into those of a later fragment before the copy is received, whose checksum then is wrong.
 */
static void ip_mc_loopback(struct sk_buff *skb)
{
	struct sk_buff *copy = skb_copy(skb);
	const uint8_t *iph = skb_network_header(skb);

	if (!copy)
		return;
	if (iph_ihl(iph) > 20 && !(iph_frag_off(iph) & (IP_DF | IP_OFFSET)) &&
	    skb->len > ip_dst_mtu(skb->net, &skb->rt, false))
		ip_options_fragment(copy);
	copy->rt.rt_iif = 0;
	copy->pkt_type = PACKET_LOOPBACK;
	copy->ip_summed = CHECKSUM_UNNECESSARY;
	copy->data = skb_network_header(copy);
	copy->len = skb->len;
	netif_rx(copy, copy->dev);
}

int ip_mc_output(struct ref *net, struct sk_buff *skb)
{
	if (!ref_since(net, DIFF_OUT_COUNTED_SENT))
		count_out(net, skb->len);
	skb->dev = skb->rt.dev;
	skb->protocol = ETH_P_IP;
	if (skb->rt.rt_flags & RTCF_MULTICAST) {
		if (!(IPCB(skb)->flags & IPSKB_NO_MC_LOOP) &&
		    ((skb->rt.rt_flags & RTCF_LOCAL) || !(IPCB(skb)->flags & IPSKB_FORWARDED)))
			ip_mc_loopback(skb);
		if (iph_ttl(skb_network_header(skb)) == 0) {
			kfree_skb(skb);
			return 0;
		}
	}
	if (skb->rt.rt_flags & RTCF_BROADCAST)
		ip_mc_loopback(skb);
	return ip_finish_output(net, skb);
}

int ip_output(struct ref *net, struct sk_buff *skb)
{
	if (!ref_since(net, DIFF_OUT_COUNTED_SENT))
		count_out(net, skb->len);
	skb->dev = skb->rt.dev;
	skb->protocol = ETH_P_IP;
	return ip_finish_output(net, skb);
}
