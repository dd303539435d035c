/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * IPv6 in IPv4 (RFC 4213), and IPv4 in IPv4 where the mode says so. What is inside ends at IPv6,
 * which is off. Without 6rd and ISATAP. Mirrors: net/ipv6/sit.c.
 */
#include <errno.h>
#include <string.h>

#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/net.h"

static const struct ref_word modes[] = {
	{ "ip6ip", IPPROTO_IPV6 },
	{ "ipv6/ipv4", IPPROTO_IPV6 },
	{ "ipip", IPPROTO_IPIP },
	{ "ip4ip4", IPPROTO_IPIP },
	{ "ipv4/ipv4", IPPROTO_IPIP },
	{ "mplsip", IPPROTO_MPLS },
	{ "any", 0 },
	{ "any/ipv4", 0 },
	{ NULL, 0 },
};

static const struct ref_opt opts[] = {
	IP_TUNNEL_OPTS,
	{ .word = "mode", .type = REF_OPT_NAME, .param = REF_P_MODE, .names = modes },
};

/* A tunnel of another device than the packet's is none of these. */
static bool sit_usable(const struct ip_tunnel *t, int link)
{
	return (t->dev->flags & REF_LINK_UP) && (!t->link || t->link == link);
}

/* Mirrors: ipip6_tunnel_lookup(): four tables; of the last only the newest, whatever its device. */
static struct ip_tunnel *ipip6_tunnel_lookup(const struct ref *net, int link, uint32_t remote,
					     uint32_t local)
{
	const uint32_t wanted[][2] = { { local, remote }, { 0, remote }, { local, 0 } };
	struct ip_tunnel *t;

	for (size_t i = 0; i < 3; i++)
		for (t = net->tunnel.sit.tunnels; t; t = t->next)
			if (t->local == wanted[i][0] && t->remote == wanted[i][1] &&
			    sit_usable(t, link))
				return t;
	for (t = net->tunnel.sit.tunnels; t && (t->local || t->remote); t = t->next)
		;
	return t && (t->dev->flags & REF_LINK_UP) ? t : NULL;
}

static int sit_drop(struct sk_buff *skb, const char *at, const char *why)
{
	REF_SAY(skb->net, why);
	kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, at);
	return 0;
}

/* An address of 2002::/16 tells another IPv4 address than the outer header. */
static bool is_spoofed_6to4(uint32_t v4addr, const uint8_t *v6addr)
{
	return wire_get16(v6addr) == 0x2002 && wire_get32(v6addr + 2) != v4addr;
}

static bool packet_is_spoofed(const struct ip_tunnel *t, uint32_t saddr, uint32_t daddr,
			      const uint8_t *ip6h)
{
	/* With a remote of its own it is point to point: nobody else gets in. */
	return !t->remote &&
	       (is_spoofed_6to4(saddr, ip6h + 8) || is_spoofed_6to4(daddr, ip6h + 24));
}

static int ipip6_rcv(struct sk_buff *skb)
{
	const uint8_t *iph = skb_network_header(skb);
	uint32_t saddr = iph_saddr(iph), daddr = iph_daddr(iph);
	uint8_t outer_tos = iph_tos(iph);
	struct ip_tunnel *t = ipip6_tunnel_lookup(skb->net, skb->dev->ifindex, saddr, daddr);
	struct net_device *dev;

	if (!t)
		return 1;
	dev = t->dev;
	if (t->protocol != IPPROTO_IPV6 && t->protocol != 0)
		return sit_drop(skb, "ipip6_rcv", "the tunnel carries something else");
	if (packet_is_spoofed(t, saddr, daddr, skb->data)) {
		dev->stats.rx_errors++;
		return sit_drop(skb, "ipip6_rcv", "a 6to4 address of somebody else");
	}
	if (!skb_own(skb))
		return sit_drop(skb, "ipip6_rcv", "no memory");
	iptunnel_pull_header(skb, 0, ETH_P_IPV6, false);
	skb_reset_network_header(skb);
	if (IP_ECN_decapsulate(skb, outer_tos) > 1) {
		dev->stats.rx_frame_errors++;
		dev->stats.rx_errors++;
		return sit_drop(skb, "ipip6_rcv", "congestion mark outside, none expected inside");
	}
	dev_sw_netstats_rx_add(dev, skb->len);
	netif_rx(skb, dev);
	return 0;
}

/* Protocol 4. Mirrors: sit_tunnel_rcv(). */
static int sit_ipip_rcv(struct sk_buff *skb)
{
	static const struct tnl_ptk_info ipip_tpi = { .proto = ETH_P_IP };
	const uint8_t *iph = skb_network_header(skb);
	struct ip_tunnel *t =
		ipip6_tunnel_lookup(skb->net, skb->dev->ifindex, iph_saddr(iph), iph_daddr(iph));

	if (!t)
		return 1;
	if (t->protocol != IPPROTO_IPIP && t->protocol != 0)
		return sit_drop(skb, "sit_tunnel_rcv", "the tunnel carries something else");
	iptunnel_pull_header(skb, 0, ETH_P_IP, false);
	return ip_tunnel_rcv(t, skb, &ipip_tpi);
}

static int ipip6_err(struct sk_buff *skb, uint32_t info)
{
	const uint8_t *iph = skb->data;
	struct ip_tunnel *t;

	if (!ip_tunnel_err_matters(skb))
		return 0;
	t = ipip6_tunnel_lookup(skb->net, skb->dev->ifindex, iph_daddr(iph), iph_saddr(iph));
	if (!t)
		return -ENOENT;
	if (ip_tunnel_learn(skb, info, t->link) || ip6_err_gen_icmpv6_unreach(skb, iph_ihl(iph)))
		return 0;
	ip_tunnel_note_err(t, skb->net, skb_transport_header(skb)[0]);
	return 0;
}

static const struct xfrm_tunnel sit_handler = {
	.priority = 1,
	.handler = ipip6_rcv,
	.err_handler = ipip6_err,
};

static const struct xfrm_tunnel ipip_handler = {
	.priority = 2,
	.handler = sit_ipip_rcv,
	.err_handler = ipip6_err,
};

static int sit_load(struct ref *net)
{
	int err = xfrm4_tunnel_register(net, &sit_handler, TUNNEL4_IPV6);

	return err < 0 ? err : xfrm4_tunnel_register(net, &ipip_handler, TUNNEL4_IPV4);
}

static int sit_newlink(struct net_device *dev, const struct ref_params *params)
{
	return ip_tunnel_newlink(dev, params, &dev->net->tunnel.sit, IPPROTO_IPV6, 0);
}

const struct ref_tunnel_ops sit_tunnel_ops = {
	.kind = "sit",
	.fallback = "sit0",
	.opts = opts,
	.opt_nr = sizeof(opts) / sizeof(opts[0]),
	.load = sit_load,
	.newlink = sit_newlink,
	.priv_size = sizeof(struct ip_tunnel),
	.reset = ip_tunnel_reset,
};
