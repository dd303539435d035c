/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Tunnels that are found by the outer addresses: making and finding one, and what is done to the
 * inner packet. Mirrors: net/ipv4/ip_tunnel.c, ip_tunnel_core.c, include/net/inet_ecn.h.
 */
#include <errno.h>
#include <string.h>

#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/wire/csum.h"

#define IPTUNNEL_ERR_TIMEO (30u * REF_HZ)
#define ECN_MASK	   3u
#define ECN_ECT_1	   1u
#define ECN_CE		   3u
#define IPV6_HLEN	   40u
#define IPV4_MIN_MTU	   68u
#define IP_MAX_MTU	   0xffffu

const struct ref_word ref_words_inherit[] = { { "inherit", 0 }, { NULL, 0 } };
const struct ref_word ref_words_inherit_tos[] = { { "inherit", 1 }, { NULL, 0 } };
const struct ref_word ref_words_encap[] = {
	{ "none", 0 }, { "fou", 1 }, { "gue", 2 }, { NULL, 0 }
};
const struct ref_word ref_words_auto[] = { { "auto", 0 }, { NULL, 0 } };

/* ---- making one ---- */

/* Mirrors: ip_tunnel_find(). */
static bool same_tunnel(const struct ip_tunnel *a, const struct ip_tunnel *b)
{
	if (a->local != b->local || a->remote != b->remote || a->link != b->link)
		return false;
	if ((a->i_flags ^ b->i_flags) & TUNNEL_KEY)
		return false;
	return !(a->i_flags & TUNNEL_KEY) || a->i_key == b->i_key;
}

/* The device that is always there has neither addresses nor a key. */
static bool is_like_fallback(const struct ip_tunnel *t)
{
	return !t->local && !t->remote && !t->link && !(t->i_flags & TUNNEL_KEY);
}

static uint8_t direction_flags(const struct ref_params *p, int key, int seq, int csum)
{
	return (uint8_t)((p->given >> key & 1 ? TUNNEL_KEY : 0) | (p->v[seq] ? TUNNEL_SEQ : 0) |
			 (p->v[csum] ? TUNNEL_CSUM : 0));
}

/* What fits the way to the remote, less the headers. Mirrors: ip_tunnel_bind_dev(). */
static uint32_t tunnel_mtu(const struct ip_tunnel *t, uint32_t hlen)
{
	struct ref *net = t->dev->net;
	uint32_t mtu = 1500, less = 20 + hlen + (t->dev->tunnel->ether ? ETH_HLEN : 0);
	const struct net_device *out = dev_get_by_index(net, t->link);
	struct flowi4 fl4 = {
		.daddr = t->remote,
		.saddr = t->local,
		.flowi4_oif = t->link,
		.flowi4_tos = t->tos & 0xfc,
	};
	struct rtable rt;

	if (t->remote && ip_route_output_flow(net, &fl4, &rt) == 0)
		out = rt.dev;
	if (out)
		mtu = out->mtu < IP_MAX_MTU ? out->mtu : IP_MAX_MTU;
	return mtu < less + IPV4_MIN_MTU ? IPV4_MIN_MTU : mtu - less;
}

/* Octets of UDP and GUE headers around it. */
static uint32_t encap_hlen(const struct ref_params *p)
{
	return p->v[REF_P_ENCAP] ? 8u + (p->v[REF_P_ENCAP] == 2 ? 4u : 0) : 0;
}

int ip_tunnel_newlink(struct net_device *dev, const struct ref_params *p, struct ip_tunnel_net *itn,
		      uint8_t protocol, uint32_t hlen)
{
	struct ip_tunnel *t = dev->priv, **at = &itn->tunnels;
	bool fallback = dev->tunnel->fallback && strcmp(dev->name, dev->tunnel->fallback) == 0;

	t->dev = dev;
	t->local = (uint32_t)p->v[REF_P_LOCAL];
	t->remote = (uint32_t)p->v[REF_P_REMOTE];
	t->link = (int)p->v[REF_P_LINK];
	t->ttl = (uint8_t)p->v[REF_P_TTL];
	t->tos = (uint8_t)p->v[REF_P_TOS];
	t->i_key = (uint32_t)p->v[REF_P_IKEY];
	t->o_key = (uint32_t)p->v[REF_P_OKEY];
	t->i_flags = direction_flags(p, REF_P_IKEY, REF_P_ISEQ, REF_P_ICSUM);
	t->o_flags = direction_flags(p, REF_P_OKEY, REF_P_OSEQ, REF_P_OCSUM);
	t->protocol = p->given >> REF_P_MODE & 1 ? (uint8_t)p->v[REF_P_MODE] : protocol;
	t->collect_md = p->v[REF_P_EXTERNAL] != 0;
	if (t->collect_md && itn->collect_md_tun)
		return -EEXIST;
	for (struct ip_tunnel *other = itn->tunnels; other && !t->collect_md; other = other->next)
		if (same_tunnel(other, t) && !fallback)
			return -EEXIST;
	if (!fallback && !t->collect_md && dev->tunnel->fallback && is_like_fallback(t))
		return -EEXIST;
	/* ttl 0 and no path MTU discovery exclude each other. */
	if (t->ttl && p->given >> REF_P_PMTUDISC & 1 && !p->v[REF_P_PMTUDISC])
		return -EINVAL;
	while (fallback && *at)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
	if (t->collect_md)
		itn->collect_md_tun = t;
	if (fallback)
		itn->fb_tunnel_dev = dev;
	dev->mtu = tunnel_mtu(t, hlen + encap_hlen(p));
	return 0;
}

void ip_tunnel_reset(struct net_device *dev)
{
	struct ip_tunnel *t = dev->priv;

	t->i_seqno = t->i_seqno_set;
	t->err_count = 0;
	t->err_time = 0;
}

/* ---- finding one ---- */

/* Mirrors: ip_tunnel_key_match(). */
static bool key_match(const struct ip_tunnel *t, uint8_t flags, uint32_t key)
{
	if (!(t->i_flags & TUNNEL_KEY))
		return !(flags & TUNNEL_KEY);
	return flags & TUNNEL_KEY && key == t->i_key;
}

static bool is_exact(const struct ip_tunnel *t, uint32_t remote, uint32_t local)
{
	return t->local == local && t->remote == remote;
}

static bool is_remote(const struct ip_tunnel *t, uint32_t remote, uint32_t local)
{
	(void)local;
	return t->remote == remote && !t->local;
}

static bool is_local(const struct ip_tunnel *t, uint32_t remote, uint32_t local)
{
	(void)remote;
	if (t->local == local && !t->remote)
		return true;
	return t->remote == local && ipv4_is_multicast(local);
}

static bool is_any(const struct ip_tunnel *t, uint32_t remote, uint32_t local)
{
	(void)remote, (void)local;
	return !t->local && !t->remote;
}

/* The tables are asked in this order; a tunnel of the device that the packet came by ends it. */
static bool (*const tables[])(const struct ip_tunnel *t, uint32_t remote,
			      uint32_t local) = { is_exact, is_remote, is_local, is_any };

struct ip_tunnel *ip_tunnel_lookup(const struct ip_tunnel_net *itn, int link, uint8_t flags,
				   uint32_t remote, uint32_t local, uint32_t key)
{
	struct ip_tunnel *cand = NULL;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (struct ip_tunnel *t = itn->tunnels; t; t = t->next) {
			/* Where nothing else is said, only the number counts. */
			bool key_ok = tables[i] == is_any ? flags & TUNNEL_NO_KEY || t->i_key == key
							  : key_match(t, flags, key);

			if (!tables[i](t, remote, local) || !(t->dev->flags & REF_LINK_UP) ||
			    !key_ok)
				continue;
			if (t->link == link)
				return t;
			/* Of several exact ones the oldest, else the newest. */
			if (!cand || tables[i] == is_exact)
				cand = t;
		}
	if (cand)
		return cand;
	if (itn->collect_md_tun && itn->collect_md_tun->dev->flags & REF_LINK_UP)
		return itn->collect_md_tun;
	if (itn->fb_tunnel_dev && itn->fb_tunnel_dev->flags & REF_LINK_UP)
		return itn->fb_tunnel_dev->priv;
	return NULL;
}

/* ---- the inner packet ---- */

int iptunnel_pull_header(struct sk_buff *skb, size_t hdr_len, uint16_t inner_proto, bool raw_proto)
{
	if (!pskb_may_pull(skb, hdr_len))
		return -ENOMEM;
	skb_pull(skb, hdr_len);
	if (!raw_proto && inner_proto == ETH_P_TEB) {
		uint16_t type;

		if (!pskb_may_pull(skb, ETH_HLEN))
			return -ENOMEM;
		type = wire_get16(skb->data + 12);
		skb->protocol = type >= 0x600 ? type : ETH_P_802_2;
	} else {
		skb->protocol = inner_proto;
	}
	skb_scrub_packet(skb);
	return 0;
}

/* Octets from the network header on, which may be in front of data or behind it. */
static long inner_len(const struct sk_buff *skb)
{
	return (long)skb->len - skb_network_offset(skb);
}

bool pskb_inet_may_pull(const struct sk_buff *skb)
{
	long need = 0;

	if (skb->protocol == ETH_P_IP)
		need = 20;
	else if (skb->protocol == ETH_P_IPV6)
		need = IPV6_HLEN;
	return inner_len(skb) >= need;
}

/*
 * The IPv4 header's sum follows the change of its TOS: by the difference, so that a sum of 0 may
 * become 0xffff as it does in the kernel.
 */
static void ipv4_set_tos(uint8_t *iph, uint8_t tos)
{
	uint32_t less = iph[1] >= tos ? (uint32_t)(iph[1] - tos) : 0xffffu - (tos - iph[1]);
	uint32_t sum = wire_get16(iph + 10) + less;

	iph[1] = tos;
	wire_put16(iph + 10, (uint16_t)(sum + (sum >> 16)));
}

/* Mirrors: INET_ECN_set_ce(), INET_ECN_set_ect1(). */
static void inner_set_ecn(struct sk_buff *skb, uint8_t ecn)
{
	uint8_t *h = skb_network_header(skb);

	if (skb->protocol == ETH_P_IP)
		ipv4_set_tos(h, (uint8_t)((h[1] & ~ECN_MASK) | ecn));
	else
		h[1] = (uint8_t)((h[1] & ~(ECN_MASK << 4)) | ecn << 4);
}

int IP_ECN_decapsulate(struct sk_buff *skb, uint8_t outer_tos)
{
	const uint8_t *h = skb_network_header(skb);
	uint8_t outer = outer_tos & ECN_MASK, inner;

	if (skb->protocol == ETH_P_IP)
		inner = h[1] & ECN_MASK;
	else if (skb->protocol == ETH_P_IPV6)
		inner = h[1] >> 4 & ECN_MASK;
	else
		return 0;
	if (inner == 0)
		return outer == 0 ? 0 : outer == ECN_CE ? 2 : 1;
	/* Of ECT(1) only ECT(0) hears. */
	if ((outer == ECN_CE && inner != ECN_CE) || (outer == ECN_ECT_1 && inner == 2))
		inner_set_ecn(skb, outer);
	return 0;
}

static int rcv_drop(struct sk_buff *skb, struct net_device *dev, uint64_t *stat, const char *why)
{
	REF_SAY(skb->net, why);
	(*stat)++;
	dev->stats.rx_errors++;
	kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, "ip_tunnel_rcv");
	return 0;
}

/* A number that is older than the one expected, or none where one is. */
static bool seq_refused(struct ip_tunnel *t, const struct tnl_ptk_info *tpi)
{
	if (!(t->i_flags & TUNNEL_SEQ))
		return false;
	if (!(tpi->flags & TUNNEL_SEQ) || (t->i_seqno && (int32_t)(tpi->seq - t->i_seqno) < 0))
		return true;
	t->i_seqno = tpi->seq + 1;
	return false;
}

int ip_tunnel_rcv(struct ip_tunnel *t, struct sk_buff *skb, const struct tnl_ptk_info *tpi)
{
	struct net_device *dev = t->dev;
	struct ref *net = skb->net;
	const uint8_t *iph = skb_network_header(skb);
	uint8_t outer_tos = iph_tos(iph);
	int err;

	if (dev->tunnel->mcast && ipv4_is_multicast(iph_daddr(iph))) {
		dev->stats.multicast++;
		skb->pkt_type = PACKET_BROADCAST;
	}
	if ((t->i_flags ^ tpi->flags) & TUNNEL_CSUM)
		return rcv_drop(skb, dev, &dev->stats.rx_crc_errors,
				"checksum present, or absent, against what was agreed");
	if (seq_refused(t, tpi))
		return rcv_drop(skb, dev, &dev->stats.rx_fifo_errors, "out of sequence");
	skb->network_header =
		(uint16_t)(skb->data - skb->head + (dev->tunnel->ether ? ETH_HLEN : 0));
	if (!pskb_inet_may_pull(skb))
		return rcv_drop(skb, dev, &dev->stats.rx_length_errors,
				"shorter than the inner header");
	if (!skb_own(skb)) {
		kfree_skb_at(skb, SKB_DROP_REASON_NOMEM, "ip_tunnel_rcv");
		return 0;
	}
	err = IP_ECN_decapsulate(skb, outer_tos);
	if (err)
		REF_SAY(net, "congestion mark outside, none expected inside");
	if (err > 1)
		return rcv_drop(skb, dev, &dev->stats.rx_frame_errors,
				"the mark can't be handed on");
	REF_SAY(net, "the tunnel takes it");
	dev_sw_netstats_rx_add(dev, skb->len);
	skb_scrub_packet(skb);
	if (dev->tunnel->ether)
		eth_type_trans(skb, dev);
	gro_cells_receive(skb, dev);
	return 0;
}

bool ip_tunnel_err_matters(const struct sk_buff *skb)
{
	const uint8_t *icmph = skb_transport_header(skb);

	switch (icmph[0]) {
	case ICMP_DEST_UNREACH:
		return icmph[1] != ICMP_SR_FAILED;
	case ICMP_TIME_EXCEEDED:
		return icmph[1] == ICMP_EXC_TTL;
	case ICMP_REDIRECT:
		return true;
	}
	return false;
}

bool ip_tunnel_learn(struct sk_buff *skb, uint32_t info, int oif)
{
	const uint8_t *iph = skb->data, *icmph = skb_transport_header(skb);
	struct flowi4 fl4 = {
		.flowi4_oif = oif,
		.flowi4_tos = iph_tos(iph) & 0xfc,
		.flowi4_proto = iph_protocol(iph),
		.saddr = iph_saddr(iph),
		.daddr = iph_daddr(iph),
	};

	if (icmph[0] == ICMP_DEST_UNREACH && icmph[1] == ICMP_FRAG_NEEDED)
		ipv4_update_pmtu(skb->net, &fl4, info);
	else if (icmph[0] == ICMP_REDIRECT)
		ipv4_redirect(skb, skb->net, &fl4, info);
	else
		return false;
	return true;
}

bool ip6_err_gen_icmpv6_unreach(struct sk_buff *skb, size_t nhs)
{
	if (!pskb_may_pull(skb, nhs + IPV6_HLEN + 8))
		return false;
	REF_SAY(skb->net, "the inner sender would be told, if IPv6 were on");
	obs_drop(skb->net, skb->dev->ifindex, SKB_DROP_REASON_NOT_SPECIFIED, __func__);
	return true;
}

int ip_tunnel_note_err(struct ip_tunnel *t, const struct ref *net, uint8_t icmp_type)
{
	if (!t->remote)
		return -ENOENT;
	if (!t->ttl && icmp_type == ICMP_TIME_EXCEEDED)
		return 0;
	if (t->err_time && jiffies(net) < t->err_time + IPTUNNEL_ERR_TIMEO)
		t->err_count++;
	else
		t->err_count = 1;
	t->err_time = jiffies(net);
	return 0;
}
