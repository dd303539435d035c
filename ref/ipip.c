/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* IPv4 in IPv4 (RFC 2003). Mirrors: net/ipv4/ipip.c. */
#include <errno.h>

#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/net.h"

static const struct ref_word modes[] = {
	{ "ipip", IPPROTO_IPIP },
	{ "ip4ip4", IPPROTO_IPIP },
	{ "ipv4/ipv4", IPPROTO_IPIP },
	{ "mplsip", IPPROTO_MPLS },
	{ "mpls/ipv4", IPPROTO_MPLS },
	{ "any", 0 },
	{ "any/ipv4", 0 },
	{ NULL, 0 },
};

static const struct ref_opt opts[] = {
	IP_TUNNEL_OPTS,
	{ .word = "mode", .type = REF_OPT_NAME, .param = REF_P_MODE, .names = modes },
};

static int ipip_rcv(struct sk_buff *skb)
{
	static const struct tnl_ptk_info ipip_tpi = { .proto = ETH_P_IP };
	const uint8_t *iph = skb_network_header(skb);
	struct ref *net = skb->net;
	struct ip_tunnel *t = ip_tunnel_lookup(&net->tunnel.ipip, skb->dev->ifindex, TUNNEL_NO_KEY,
					       iph_saddr(iph), iph_daddr(iph), 0);

	if (!t)
		return -1;
	if (t->protocol != IPPROTO_IPIP && t->protocol != 0) {
		REF_SAY(net, "the tunnel carries something else");
		kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, "ipip_tunnel_rcv");
		return 0;
	}
	iptunnel_pull_header(skb, 0, ETH_P_IP, false);
	return ip_tunnel_rcv(t, skb, &ipip_tpi);
}

static int ipip_err(struct sk_buff *skb, uint32_t info)
{
	struct ref *net = skb->net;
	const uint8_t *iph = skb->data, *icmph = skb_transport_header(skb);
	struct ip_tunnel *t = ip_tunnel_lookup(&net->tunnel.ipip, skb->dev->ifindex, TUNNEL_NO_KEY,
					       iph_daddr(iph), iph_saddr(iph), 0);

	if (!t)
		return -ENOENT;
	if (!ip_tunnel_err_matters(skb) || ip_tunnel_learn(skb, info, t->link))
		return 0;
	return ip_tunnel_note_err(t, net, icmph[0]);
}

static const struct xfrm_tunnel ipip_handler = {
	.priority = 1,
	.handler = ipip_rcv,
	.err_handler = ipip_err,
};

static int ipip_load(struct ref *net)
{
	return xfrm4_tunnel_register(net, &ipip_handler, TUNNEL4_IPV4);
}

static int ipip_newlink(struct net_device *dev, const struct ref_params *params)
{
	return ip_tunnel_newlink(dev, params, &dev->net->tunnel.ipip, IPPROTO_IPIP, 0);
}

const struct ref_tunnel_ops ipip_tunnel_ops = {
	.kind = "ipip",
	.fallback = "tunl0",
	.opts = opts,
	.opt_nr = sizeof(opts) / sizeof(opts[0]),
	.load = ipip_load,
	.newlink = ipip_newlink,
	.priv_size = sizeof(struct ip_tunnel),
	.reset = ip_tunnel_reset,
};
