/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A datagram from the wire to the protocol it carries. Mirrors: net/ipv4/ip_input.c.
 */
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"
#include "ref/wire/csum.h"

/* True: the datagram goes on; false: the hook has taken it. No hook is set but by tests. */
static inline bool nf_hook(struct sk_buff *skb, enum nf_inet_hooks hook)
{
	struct ref *net = skb->net;

	if (__builtin_expect(net->nf_hook == NULL, 1) || net->nf_hook(skb, hook))
		return true;
	kfree_skb_at(skb, SKB_DROP_REASON_NETFILTER_DROP, "nf_hook_slow");
	return false;
}

void ip_protocol_deliver_rcu(struct ref *net, struct sk_buff *skb, int protocol)
{
	for (;;) {
		const struct net_protocol *ipprot;
		bool raw = !raw_none(&net->sock, protocol) && raw_local_deliver(skb, protocol);
		int ret;

		ipprot = net->inet_protos[(uint8_t)protocol];
		if (__builtin_expect(!ipprot, 0)) {
			if (raw) {
				REF_SAY(net, "only raw sockets wanted it");
				IP_INC_STATS(net, IP_INDELIVERS);
				consume_skb(skb);
				return;
			}
			REF_SAY(net, "nobody speaks this protocol: unreachable");
			IP_INC_STATS(net, IP_INUNKNOWNPROTOS);
			icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
			kfree_skb_reason(skb, SKB_DROP_REASON_IP_NOPROTO);
			return;
		}
		REF_SAY(net, "to the handler of its protocol");
		ret = ipprot->handler(skb);
		if (ret >= 0)
			break;
		REF_SAY(net, "delivered again as the protocol inside");
		protocol = -ret;
	}
	IP_INC_STATS(net, IP_INDELIVERS);
}

int ip_local_deliver_finish(struct sk_buff *skb)
{
	skb_pull(skb, skb->transport_header - skb->network_header);
	ip_protocol_deliver_rcu(skb->net, skb, iph_protocol(skb_network_header(skb)));
	return 0;
}

int ip_local_deliver(struct sk_buff *skb)
{
	if (ip_is_fragment(skb_network_header(skb)) &&
	    ip_defrag(skb->net, skb, IP_DEFRAG_LOCAL_DELIVER))
		return 0;
	if (!nf_hook(skb, NF_INET_LOCAL_IN))
		return 0;
	return ip_local_deliver_finish(skb);
}

/* Mirrors: ip_rcv_options(). SKB_NOT_DROPPED_YET or the reason. */
static int ip_rcv_options(struct sk_buff *skb, struct net_device *dev)
{
	struct ip_options *opt = &IPCB(skb)->opt;
	struct ref *net = skb->net;

	/* Options are filled in in place: not in the caller's octets. */
	if (!skb_own(skb)) {
		IP_INC_STATS(net, IP_INDISCARDS);
		return SKB_DROP_REASON_NOT_SPECIFIED;
	}
	opt->optlen = (uint8_t)(iph_ihl(skb_network_header(skb)) - 20);
	if (ip_options_compile(net, opt, skb)) {
		IP_INC_STATS(net, IP_INHDRERRORS);
		return ref_since(net, DIFF_ROUTE_DROP_REASONS) ? SKB_DROP_REASON_IP_INHDR
							       : SKB_DROP_REASON_NOT_SPECIFIED;
	}
	if (!opt->srr)
		return SKB_NOT_DROPPED_YET;
	if (dev->in_dev && !IN_DEV_ANDCONF(dev, ACCEPT_SOURCE_ROUTE)) {
		REF_SAY(net, "accept_source_route is off");
		return SKB_DROP_REASON_NOT_SPECIFIED;
	}
	return ip_options_rcv_srr(skb, dev) ? SKB_DROP_REASON_NOT_SPECIFIED : SKB_NOT_DROPPED_YET;
}

/* A route that a socket keeps, instead of the lookup. SKB_NOT_DROPPED_YET or the reason. */
static inline int ip_early_demux(struct sk_buff *skb, const uint8_t *iph)
{
	const struct ref *net = skb->net;

	/* There are no connected TCP sockets here. */
	if (iph_protocol(iph) != IPPROTO_UDP || skb->dst_set || skb->sk || ip_is_fragment(iph) ||
	    !udp_demux_wanted(&net->sock, skb->pkt_type) ||
	    !net->sysctl[SYSCTL_IP_EARLY_DEMUX] || !net->sysctl[SYSCTL_UDP_EARLY_DEMUX])
		return SKB_NOT_DROPPED_YET;
	return udp_v4_early_demux(skb);
}

/* What is not plain unicast to this host or through it. SKB_NOT_DROPPED_YET or the reason. */
static int ip_count_type(struct sk_buff *skb, const struct net_device *dev)
{
	struct ref *net = skb->net;

	if (skb->rt.rt_type == REF_RTN_MULTICAST) {
		IP_INC_STATS(net, IPEXT_INMCASTPKTS);
		IP_ADD_STATS(net, IPEXT_INMCASTOCTETS, skb->len);
	} else if (skb->rt.rt_type == REF_RTN_BROADCAST) {
		IP_INC_STATS(net, IPEXT_INBCASTPKTS);
		IP_ADD_STATS(net, IPEXT_INBCASTOCTETS, skb->len);
	} else if ((skb->pkt_type == PACKET_BROADCAST || skb->pkt_type == PACKET_MULTICAST) &&
		   dev->in_dev && IN_DEV_ORCONF(dev, DROP_UNICAST_IN_L2_MULTICAST)) {
		return SKB_DROP_REASON_UNICAST_IN_L2_MULTICAST;
	}
	return SKB_NOT_DROPPED_YET;
}

/* False: dropped. Mirrors: ip_rcv_finish_core(). */
static bool ip_rcv_finish_core(struct sk_buff *skb, struct net_device *dev)
{
	struct ref *net = skb->net;
	const uint8_t *iph = skb_network_header(skb);
	int reason = ip_early_demux(skb, iph);

	if (reason == SKB_NOT_DROPPED_YET && !skb->dst_set)
		reason = ip_route_input_noref(skb, iph_daddr(iph), iph_saddr(iph), iph_tos(iph),
					      dev);
	if (__builtin_expect(reason != SKB_NOT_DROPPED_YET, 0)) {
		if (reason == SKB_DROP_REASON_IP_RPFILTER)
			IP_INC_STATS(net, TCPEXT_IPREVERSEPATHFILTER);
		goto drop;
	}
	if (__builtin_expect(iph_ihl(iph) > 20, 0)) {
		reason = ip_rcv_options(skb, dev);
		if (reason != SKB_NOT_DROPPED_YET)
			goto drop;
	}
	reason = ip_count_type(skb, dev);
	if (reason == SKB_NOT_DROPPED_YET)
		return true;
drop:
	kfree_skb_reason(skb, (enum skb_drop_reason)reason);
	return false;
}

static void ip_rcv_finish(struct sk_buff *skb, struct net_device *dev)
{
	if (!ip_rcv_finish_core(skb, dev))
		return;
	if (skb->rt.input == DST_LOCAL_DELIVER)
		ip_local_deliver(skb);
	else
		dst_input(skb);
}

/* Does the header of ihl octets sum up? */
static inline bool ip_csum_ok(const uint8_t *iph, unsigned int ihl)
{
	uint64_t a, b, sum;
	uint32_t c;

	if (__builtin_expect(ihl != 20, 0))
		return csum_fold(csum_partial(iph, ihl, 0)) == 0;
	memcpy(&a, iph, 8);
	memcpy(&b, iph + 8, 8);
	memcpy(&c, iph + 16, 4);
	sum = (a & 0xffffffffu) + (a >> 32) + (b & 0xffffffffu) + (b >> 32) + c;
	return csum_fold(sum) == 0;
}

static bool inhdr_error(struct sk_buff *skb, enum skb_drop_reason reason, const char *why)
{
	struct ref *net = skb->net;

	if (net->say)
		net->say(net->say_ctx, "ip_rcv_core", why);
	IP_INC_STATS(net, IP_INHDRERRORS);
	kfree_skb_at(skb, reason, "ip_rcv_core");
	return false;
}

/* False: no datagram for this host, dropped. Mirrors: ip_rcv_core(). */
static bool ip_rcv_core(struct sk_buff *skb, struct net_device *dev)
{
	struct ref *net = skb->net;
	const uint8_t *iph = skb->data;
	unsigned int ihl, len;

	if (__builtin_expect(skb->pkt_type == PACKET_OTHERHOST, 0)) {
		dev->stats.rx_otherhost_dropped++;
		kfree_skb_reason(skb, SKB_DROP_REASON_OTHERHOST);
		return false;
	}
	IP_INC_STATS(net, IP_INRECEIVES);
	IP_ADD_STATS(net, IPEXT_INOCTETS, skb->len);
	if (!pskb_may_pull(skb, 20))
		return inhdr_error(skb, SKB_DROP_REASON_IP_INHDR, "shorter than an IP header");
	ihl = iph_ihl(iph);
	if (ihl < 20 || iph_version(iph) != 4)
		return inhdr_error(skb, SKB_DROP_REASON_IP_INHDR, "version or header length");
	net->mib[MIB_IPEXT_INNOECTPKTS + (iph_tos(iph) & 3)]++;
	if (!pskb_may_pull(skb, ihl))
		return inhdr_error(skb, SKB_DROP_REASON_IP_INHDR, "header longer than the packet");
	if (!ip_csum_ok(iph, ihl)) {
		IP_INC_STATS(net, IPEXT_INCSUMERRORS);
		return inhdr_error(skb, SKB_DROP_REASON_IP_CSUM, "header checksum");
	}
	len = iph_tot_len(iph);
	if (skb->len < len) {
		REF_SAY(net, "total length beyond the packet");
		IP_INC_STATS(net, IPEXT_INTRUNCATEDPKTS);
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_SMALL);
		return false;
	}
	if (len < ihl)
		return inhdr_error(skb, SKB_DROP_REASON_IP_INHDR, "total length within the header");
	skb_trim(skb, len);
	skb->transport_header = (uint16_t)(skb->network_header + ihl);
	*IPCB(skb) = (struct inet_skb_parm){ .iif = dev->ifindex };
	return true;
}

void ip_rcv(struct sk_buff *skb, struct net_device *dev)
{
	if (ip_rcv_core(skb, dev) && nf_hook(skb, NF_INET_PRE_ROUTING))
		ip_rcv_finish(skb, dev);
}
