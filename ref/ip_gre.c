/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Generic Routing Encapsulation (RFC 2784, 2890), IP and Ethernet inside. ERSPAN has no devices
 * here; nor has version 1 (PPTP). Mirrors: net/ipv4/ip_gre.c, net/ipv4/gre_demux.c.
 */
#include <errno.h>

#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/wire/csum.h"

#define ETH_P_WCCP    0x883e
#define ETH_P_ERSPAN  0x88be
#define ETH_P_ERSPAN2 0x22eb
#define GRE_BASE_LEN  4u
#define GRE_RCV_MIN   12u /* what gre_rcv() wants to see of each packet */

/* Flags of the header's first two octets. */
#define GRE_CSUM    0x8000u
#define GRE_ROUTING 0x4000u
#define GRE_KEY	    0x2000u
#define GRE_SEQ	    0x1000u
#define GRE_VERSION 0x0007u

static const struct ref_opt opts[] = {
	IP_TUNNEL_OPTS,
	{ .word = "key", .type = REF_OPT_KEY, .param = REF_P_IKEY, .also = REF_P_OKEY },
	{ .word = "ikey", .type = REF_OPT_KEY, .param = REF_P_IKEY },
	{ .word = "okey", .type = REF_OPT_KEY, .param = REF_P_OKEY },
	{ .word = "seq", .type = REF_OPT_SET, .param = REF_P_ISEQ, .also = REF_P_OSEQ, .min = 1 },
	{ .word = "iseq", .type = REF_OPT_SET, .param = REF_P_ISEQ, .min = 1 },
	{ .word = "oseq", .type = REF_OPT_SET, .param = REF_P_OSEQ, .min = 1 },
	{ .word = "noseq", .type = REF_OPT_SET, .param = REF_P_ISEQ, .also = REF_P_OSEQ },
	{ .word = "csum",
	  .type = REF_OPT_SET,
	  .param = REF_P_ICSUM,
	  .also = REF_P_OCSUM,
	  .min = 1 },
	{ .word = "icsum", .type = REF_OPT_SET, .param = REF_P_ICSUM, .min = 1 },
	{ .word = "ocsum", .type = REF_OPT_SET, .param = REF_P_OCSUM, .min = 1 },
	{ .word = "nocsum", .type = REF_OPT_SET, .param = REF_P_ICSUM, .also = REF_P_OCSUM },
	{ .word = "ignore-df", .type = REF_OPT_SET, .param = REF_P_UNUSED },
	{ .word = "noignore-df", .type = REF_OPT_SET, .param = REF_P_UNUSED },
};

/* Is the sum over the whole packet, from its GRE header on, wrong? */
static bool gre_csum_wrong(const struct sk_buff *skb)
{
	return !skb_csum_unnecessary(skb) && csum_fold(csum_partial(skb->data, skb->len, 0)) != 0;
}

/*
 * The header, nhs octets behind data. Returns its length, or -EINVAL: not to be understood, or
 * (verify) its checksum is wrong. Mirrors: gre_parse_header().
 */
static int gre_parse_header(const struct sk_buff *skb, struct tnl_ptk_info *tpi, bool verify,
			    size_t nhs)
{
	const uint8_t *h = skb->data + nhs;
	uint16_t flags, proto;
	size_t len = GRE_BASE_LEN, at = GRE_BASE_LEN;

	if (!pskb_may_pull(skb, nhs + GRE_BASE_LEN))
		return -EINVAL;
	flags = wire_get16(h);
	proto = wire_get16(h + 2);
	if (flags & (GRE_VERSION | GRE_ROUTING))
		return -EINVAL;
	*tpi = (struct tnl_ptk_info){
		.flags = (uint8_t)((flags & GRE_CSUM ? TUNNEL_CSUM : 0) |
				   (flags & GRE_KEY ? TUNNEL_KEY : 0) |
				   (flags & GRE_SEQ ? TUNNEL_SEQ : 0)),
		.proto = proto,
	};
	len += 4u * (unsigned int)__builtin_popcount(tpi->flags);
	if (!pskb_may_pull(skb, nhs + len))
		return -EINVAL;
	if (flags & GRE_CSUM) {
		if (verify && gre_csum_wrong(skb))
			return -EINVAL;
		at += 4;
	}
	if (flags & GRE_KEY) {
		tpi->key = wire_get32(h + at);
		at += 4;
	}
	if (flags & GRE_SEQ)
		tpi->seq = wire_get32(h + at);
	if (flags == 0 && proto == ETH_P_WCCP) {
		if (!pskb_may_pull(skb, nhs + len + 1))
			return -EINVAL;
		tpi->proto = ETH_P_IP;
		if ((h[len] & 0xf0) != 0x40)
			len += 4;
	}
	/* The session is the key. */
	if ((proto == ETH_P_ERSPAN && len != GRE_BASE_LEN) || proto == ETH_P_ERSPAN2) {
		if (!pskb_may_pull(skb, nhs + len + 4))
			return -EINVAL;
		tpi->key = wire_get16(h + len + 2) & 0x3ff;
	}
	tpi->hdr_len = (int)len;
	return (int)len;
}

/* True: skb was taken. Mirrors: __ipgre_rcv(). */
static bool ipgre_rcv_by(struct sk_buff *skb, const struct tnl_ptk_info *tpi,
			 const struct ip_tunnel_net *itn, bool raw_proto)
{
	const uint8_t *iph = skb_network_header(skb);
	struct ip_tunnel *t = ip_tunnel_lookup(itn, skb->dev->ifindex, tpi->flags, iph_saddr(iph),
					       iph_daddr(iph), tpi->key);

	if (!t)
		return false;
	if (iptunnel_pull_header(skb, (size_t)tpi->hdr_len, tpi->proto, raw_proto) < 0) {
		REF_SAY(skb->net, "shorter than the Ethernet header inside");
		kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, "__ipgre_rcv");
		return true;
	}
	ip_tunnel_rcv(t, skb, tpi);
	return true;
}

static int gre_rcv(struct sk_buff *skb)
{
	struct netns_tunnel *tunnel = &skb->net->tunnel;
	struct tnl_ptk_info tpi;

	if (!pskb_may_pull(skb, GRE_RCV_MIN) || (skb->data[1] & 0x7f) != 0) {
		REF_SAY(skb->net, "too short, or a version that nobody speaks");
		kfree_skb(skb);
		return 1;
	}
	if (gre_parse_header(skb, &tpi, true, 0) < 0) {
		REF_SAY(skb->net, "header cut short, with routing, or its checksum is wrong");
		kfree_skb(skb);
		return 0;
	}
	if (tpi.proto != ETH_P_ERSPAN && tpi.proto != ETH_P_ERSPAN2) {
		bool teb = tpi.proto == ETH_P_TEB;

		if (ipgre_rcv_by(skb, &tpi, teb ? &tunnel->gre_tap : &tunnel->gre, false) ||
		    (teb && ipgre_rcv_by(skb, &tpi, &tunnel->gre, true)))
			return 0;
	}
	REF_SAY(skb->net, "no tunnel takes it: port unreachable");
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	kfree_skb(skb);
	return 0;
}

static int gre_err(struct sk_buff *skb, uint32_t info)
{
	const uint8_t *iph = skb->data, *icmph = skb_transport_header(skb);
	struct netns_tunnel *tunnel = &skb->net->tunnel;
	struct tnl_ptk_info tpi;
	struct ip_tunnel *t;

	if (!pskb_may_pull(skb, iph_ihl(iph) + 2u))
		return 0;
	if ((iph[iph_ihl(iph) + 1] & 0x7f) > 1)
		return -EINVAL;
	if ((iph[iph_ihl(iph) + 1] & 0x7f) == 1)
		return -EPROTONOSUPPORT;
	if (gre_parse_header(skb, &tpi, false, iph_ihl(iph)) < 0)
		return 0;
	if (ip_tunnel_learn(skb, info, skb->dev->ifindex) || tpi.proto == ETH_P_ERSPAN ||
	    tpi.proto == ETH_P_ERSPAN2)
		return 0;
	t = ip_tunnel_lookup(tpi.proto == ETH_P_TEB ? &tunnel->gre_tap : &tunnel->gre,
			     skb->dev->ifindex, tpi.flags, iph_daddr(iph), iph_saddr(iph), tpi.key);
	if (!t || !ip_tunnel_err_matters(skb) ||
	    (icmph[0] == ICMP_DEST_UNREACH && icmph[1] == ICMP_PORT_UNREACH))
		return 0;
	if (tpi.proto == ETH_P_IPV6 &&
	    ip6_err_gen_icmpv6_unreach(skb, iph_ihl(iph) + (size_t)tpi.hdr_len))
		return 0;
	if (!ipv4_is_multicast(t->remote))
		ip_tunnel_note_err(t, skb->net, icmph[0]);
	return 0;
}

static const struct net_protocol gre_protocol = { .handler = gre_rcv, .err_handler = gre_err };

static int gre_load(struct ref *net)
{
	if (net->inet_protos[IPPROTO_GRE] == &gre_protocol)
		return 0;
	return inet_add_protocol(net, &gre_protocol, IPPROTO_GRE);
}

static int gre_newlink_in(struct net_device *dev, const struct ref_params *p,
			  struct ip_tunnel_net *itn)
{
	uint32_t hlen = GRE_BASE_LEN + (p->v[REF_P_OCSUM] ? 4 : 0) + (p->v[REF_P_OSEQ] ? 4 : 0) +
			(p->given >> REF_P_OKEY & 1 ? 4 : 0);

	return ip_tunnel_newlink(dev, p, itn, IPPROTO_GRE, hlen);
}

static int gre_newlink(struct net_device *dev, const struct ref_params *p)
{
	return gre_newlink_in(dev, p, &dev->net->tunnel.gre);
}

static int gre_tap_newlink(struct net_device *dev, const struct ref_params *p)
{
	return gre_newlink_in(dev, p, &dev->net->tunnel.gre_tap);
}

const struct ref_tunnel_ops gre_tunnel_ops = {
	.kind = "gre",
	.fallback = "gre0",
	.opts = opts,
	.opt_nr = sizeof(opts) / sizeof(opts[0]),
	.load = gre_load,
	.newlink = gre_newlink,
	.priv_size = sizeof(struct ip_tunnel),
	.reset = ip_tunnel_reset,
};

const struct ref_tunnel_ops gretap_tunnel_ops = {
	.kind = "gretap",
	.fallback = "gretap0",
	.ether = true,
	.opts = opts,
	.opt_nr = sizeof(opts) / sizeof(opts[0]),
	.load = gre_load,
	.newlink = gre_tap_newlink,
	.priv_size = sizeof(struct ip_tunnel),
	.reset = ip_tunnel_reset,
};
