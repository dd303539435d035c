/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The routing decision of a received packet, and what becomes of one that has no route.
 * Mirrors: net/ipv4/route.c, input half; the output half is route_output.c.
 */
#include "ref/route.h"

#include <errno.h>

#include "ref/fib.h"
#include "ref/inet_peer.h"
#include "ref/ip.h"
#include "ref/net.h"

#define RTO_DSCP_MASK 0xfcu

/* In jiffies, as ip_rt_*. */
#define RT_ERROR_COST	    REF_HZ
#define RT_ERROR_BURST	    (5 * REF_HZ)
#define RT_REDIRECT_LOAD    (REF_HZ / 50)
#define RT_REDIRECT_NUMBER  9
#define RT_REDIRECT_SILENCE ((REF_HZ / 50) << (RT_REDIRECT_NUMBER + 1))

/* Older kernels tell only a failed reverse path from all other refusals. */
static int route_reason(const struct ref *net, enum skb_drop_reason reason)
{
	if (reason == SKB_DROP_REASON_IP_RPFILTER || ref_since(net, DIFF_ROUTE_DROP_REASONS))
		return (int)reason;
	return SKB_DROP_REASON_NOT_SPECIFIED;
}

int ip_mc_validate_source(struct sk_buff *skb, uint32_t daddr, uint32_t saddr, uint8_t tos,
			  struct net_device *dev)
{
	struct ref *net = skb->net;
	bool direct;
	int reason;

	if (!dev->in_dev)
		return SKB_DROP_REASON_NOT_SPECIFIED;
	if (ipv4_is_multicast(saddr) || ipv4_is_lbcast(saddr)) {
		REF_SAY(net, "the source is multicast or broadcast");
		return route_reason(net, SKB_DROP_REASON_IP_INVALID_SOURCE);
	}
	if (ipv4_is_loopback(saddr) && !IN_DEV_ORCONF(dev, ROUTE_LOCALNET)) {
		REF_SAY(net, "a loopback source from the wire");
		return route_reason(net, SKB_DROP_REASON_IP_LOCALNET);
	}
	if (ipv4_is_zeronet(saddr)) {
		if (ipv4_is_local_multicast(daddr) ||
		    iph_protocol(skb_network_header(skb)) == IPPROTO_IGMP)
			return SKB_NOT_DROPPED_YET;
		REF_SAY(net, "no source address, and neither 224.0.0.x nor IGMP");
		return route_reason(net, SKB_DROP_REASON_IP_INVALID_SOURCE);
	}
	reason = fib_validate_source(skb, saddr, 0, tos & RTO_DSCP_MASK, 0, dev, &direct);
	return reason == SKB_NOT_DROPPED_YET ? reason : route_reason(net, reason);
}

static void set_input_route(struct sk_buff *skb, struct net_device *dev, uint8_t type,
			    uint32_t flags, enum dst_input input)
{
	skb->rt = (struct rtable){
		.dev = dev,
		.rt_flags = flags,
		.rt_type = type,
		.input = (uint8_t)input,
		.rt_is_input = true,
	};
	skb->dst_set = true;
}

/* Mirrors: ip_route_input_mc(), with the membership test of ip_route_input_rcu(). */
static int ip_route_input_mc(struct sk_buff *skb, uint32_t daddr, uint32_t saddr, uint8_t tos,
			     struct net_device *dev)
{
	struct ref *net = skb->net;
	uint8_t protocol = iph_protocol(skb_network_header(skb));
	int reason;

	if (!dev->in_dev)
		return SKB_DROP_REASON_NOT_SPECIFIED;
	if (!ip_check_mc_rcu(dev, daddr, saddr, protocol)) {
		REF_SAY(net, "the device is not in this group");
		return SKB_DROP_REASON_NOT_SPECIFIED;
	}
	reason = ip_mc_validate_source(skb, daddr, saddr, tos, dev);
	if (reason != SKB_NOT_DROPPED_YET)
		return reason;
	set_input_route(skb, &net->dev[0], REF_RTN_MULTICAST, RTCF_MULTICAST | RTCF_LOCAL,
			DST_LOCAL_DELIVER);
	return SKB_NOT_DROPPED_YET;
}

/* Addresses that no table need be asked about; SKB_NOT_DROPPED_YET: go on. */
static int martian(struct sk_buff *skb, uint32_t daddr, uint32_t saddr, struct net_device *dev)
{
	struct ref *net = skb->net;

	if (ipv4_is_zeronet(saddr)) {
		REF_SAY(net, "martian source: 0.0.0.0");
		return route_reason(net, SKB_DROP_REASON_IP_INVALID_SOURCE);
	}
	if (ipv4_is_zeronet(daddr)) {
		REF_SAY(net, "martian destination: 0.0.0.0");
		return route_reason(net, SKB_DROP_REASON_IP_INVALID_DEST);
	}
	if ((ipv4_is_loopback(daddr) || ipv4_is_loopback(saddr)) &&
	    !IN_DEV_ORCONF(dev, ROUTE_LOCALNET)) {
		REF_SAY(net, "martian: a loopback address on the wire");
		return route_reason(net, SKB_DROP_REASON_IP_LOCALNET);
	}
	return SKB_NOT_DROPPED_YET;
}

/* The result of a source check, as the input route returns it. */
static int source_refused(struct sk_buff *skb, int reason)
{
	struct ref *net = skb->net;

	REF_SAY(net, "martian source");
	return route_reason(net, reason);
}

/* Mirrors: __mkroute_input(). *ret_keep: the decision holds for the next packet too. */
static int mkroute_input(struct sk_buff *skb, struct fib_result *res, uint32_t daddr,
			 uint32_t saddr, uint8_t tos, struct net_device *dev, bool *ret_keep)
{
	struct ref *net = skb->net;
	struct net_device *out;
	bool direct;
	int reason;

	if (res->fi->nh_nr > 1)
		fib_select_multipath(net, res, fib_multipath_hash(net, saddr, daddr), 0);
	out = res->nh->dev;
	if (!out->in_dev)
		return SKB_DROP_REASON_NOT_SPECIFIED;
	reason = fib_validate_source(skb, saddr, daddr, tos, res->nh->oif, dev, &direct);
	if (reason != SKB_NOT_DROPPED_YET)
		return source_refused(skb, reason);
	if (out == dev && direct && IN_DEV_ORCONF(out, SEND_REDIRECTS) &&
	    (IN_DEV_ORCONF(out, SHARED_MEDIA) || inet_addr_onlink(out, saddr, res->nh->gw)))
		IPCB(skb)->flags |= IPSKB_DOREDIRECT;
	REF_SAY(net, "to be forwarded");
	set_input_route(skb, out, res->type, 0, DST_FORWARD);
	skb->rt.output = DST_IP_OUTPUT;
	rt_set_nexthop(net, &skb->rt, res, daddr);
	*ret_keep = res->fi->nh_nr == 1 && !skb->rt.rt_pmtu_expires_ns;
	return SKB_NOT_DROPPED_YET;
}

static int no_route(struct sk_buff *skb, int err)
{
	struct ref *net = skb->net;

	REF_SAY(net, "not for this host, and no way to pass it on");
	set_input_route(skb, &net->dev[0], REF_RTN_UNREACHABLE, 0, DST_ERROR);
	skb->rt.error = -err;
	return SKB_NOT_DROPPED_YET;
}

static int brd_input(struct sk_buff *skb, uint32_t saddr, uint8_t tos, struct net_device *dev)
{
	struct ref *net = skb->net;
	bool direct;
	int reason;

	if (!ipv4_is_zeronet(saddr)) {
		reason = fib_validate_source(skb, saddr, 0, tos, 0, dev, &direct);
		if (reason != SKB_NOT_DROPPED_YET)
			return source_refused(skb, reason);
	}
	REF_SAY(net, "a broadcast for this host");
	set_input_route(skb, &net->dev[0], REF_RTN_BROADCAST, RTCF_BROADCAST | RTCF_LOCAL,
			DST_LOCAL_DELIVER);
	return SKB_NOT_DROPPED_YET;
}

/* Mirrors: ip_route_input_slow(). */
static int ip_route_input_slow(struct sk_buff *skb, uint32_t daddr, uint32_t saddr, uint8_t tos,
			       struct net_device *dev, bool *ret_keep)
{
	struct flowi4 fl4 = {
		.daddr = daddr,
		.saddr = saddr,
		.flowi4_tos = tos,
		.flowi4_mark = skb->mark,
	};
	struct ref *net = skb->net;
	struct fib_result res;
	bool direct;
	int reason, err;

	if (!dev->in_dev)
		return SKB_DROP_REASON_NOT_SPECIFIED;
	if (ipv4_is_multicast(saddr) || ipv4_is_lbcast(saddr)) {
		REF_SAY(net, "martian source: multicast or broadcast");
		return route_reason(net, SKB_DROP_REASON_IP_INVALID_SOURCE);
	}
	if (ipv4_is_lbcast(daddr) || (saddr == 0 && daddr == 0))
		return brd_input(skb, saddr, tos, dev);
	reason = martian(skb, daddr, saddr, dev);
	if (reason != SKB_NOT_DROPPED_YET)
		return reason;
	err = fib_lookup(net, &fl4, &res);
	if (err)
		return no_route(skb, IN_DEV_CONF(dev, FORWARDING) ? err : -EHOSTUNREACH);
	if (res.type == REF_RTN_BROADCAST)
		return brd_input(skb, saddr, tos, dev);
	if (res.type == REF_RTN_LOCAL) {
		reason = fib_validate_source(skb, saddr, daddr, tos, 0, dev, &direct);
		if (reason != SKB_NOT_DROPPED_YET)
			return source_refused(skb, reason);
		REF_SAY(net, "for this host");
		set_input_route(skb, &net->dev[0], REF_RTN_LOCAL, RTCF_LOCAL, DST_LOCAL_DELIVER);
		return SKB_NOT_DROPPED_YET;
	}
	if (!IN_DEV_CONF(dev, FORWARDING))
		return no_route(skb, -EHOSTUNREACH);
	if (res.type != REF_RTN_UNICAST) {
		REF_SAY(net, "martian destination: the route's type");
		return route_reason(net, SKB_DROP_REASON_IP_INVALID_DEST);
	}
	return mkroute_input(skb, &res, daddr, saddr, tos, dev, ret_keep);
}

int ip_route_input_noref(struct sk_buff *skb, uint32_t daddr, uint32_t saddr, uint8_t tos,
			 struct net_device *dev)
{
	struct ref *net = skb->net;
	struct rt_cache_slot *slot = rt_cache_slot(&net->fib, daddr, saddr);
	uint16_t flags_before = IPCB(skb)->flags;
	bool keep = true;
	int reason;

	tos &= RTO_DSCP_MASK;
	if (slot->genid == net->genid && slot->daddr == daddr && slot->saddr == saddr &&
	    slot->tos == tos && slot->iif == dev->ifindex && !net->say) {
		skb->rt = slot->rt;
		skb->dst_set = true;
		IPCB(skb)->flags |= slot->cb_flags;
		return SKB_NOT_DROPPED_YET;
	}
	if (ipv4_is_multicast(daddr))
		return ip_route_input_mc(skb, daddr, saddr, tos, dev);
	reason = ip_route_input_slow(skb, daddr, saddr, tos, dev, &keep);
	if (reason == SKB_NOT_DROPPED_YET && keep)
		*slot = (struct rt_cache_slot){
			.genid = net->genid,
			.daddr = daddr,
			.saddr = saddr,
			.iif = dev->ifindex,
			.tos = tos,
			.cb_flags = IPCB(skb)->flags & (uint16_t)~flags_before,
			.rt = skb->rt,
		};
	return reason;
}

/* One error costs a second, five are saved up. Mirrors: the limit in ip_error(). */
static bool error_allow(struct ref *net, uint32_t saddr)
{
	struct inet_peer *peer = inet_getpeer_v4(net, saddr);
	uint64_t now = jiffies(net);

	if (!peer)
		return true;
	peer->rate_tokens += now - peer->rate_last;
	if (peer->rate_tokens > RT_ERROR_BURST)
		peer->rate_tokens = RT_ERROR_BURST;
	peer->rate_last = now;
	if (peer->rate_tokens < RT_ERROR_COST) {
		REF_SAY(net, "no error: too many of them");
		return false;
	}
	peer->rate_tokens -= RT_ERROR_COST;
	return true;
}

int ip_error(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct ref *net = skb->net;
	enum skb_drop_reason reason = SKB_DROP_REASON_NOT_SPECIFIED;
	int code;

	if (!dev->in_dev)
		goto out;
	if (!IN_DEV_CONF(dev, FORWARDING)) {
		if (skb->rt.error == EHOSTUNREACH) {
			reason = SKB_DROP_REASON_IP_INADDRERRORS;
			IP_INC_STATS(net, IP_INADDRERRORS);
		} else if (skb->rt.error == ENETUNREACH) {
			reason = SKB_DROP_REASON_IP_INNOROUTES;
			IP_INC_STATS(net, IPEXT_INNOROUTES);
		}
		goto out;
	}
	switch (skb->rt.error) {
	case EHOSTUNREACH:
		code = ICMP_HOST_UNREACH;
		break;
	case ENETUNREACH:
		code = ICMP_NET_UNREACH;
		reason = SKB_DROP_REASON_IP_INNOROUTES;
		IP_INC_STATS(net, IPEXT_INNOROUTES);
		break;
	case EACCES:
		code = ICMP_PKT_FILTERED;
		break;
	default:
		goto out;
	}
	if (error_allow(net, iph_saddr(skb_network_header(skb))))
		icmp_send(skb, ICMP_DEST_UNREACH, code, 0);
out:
	kfree_skb_reason(skb, reason);
	return 0;
}

void ip_rt_send_redirect(struct sk_buff *skb)
{
	const uint8_t *iph = skb_network_header(skb);
	struct rtable *rt = &skb->rt;
	struct ref *net = skb->net;
	uint64_t now = jiffies(net);
	struct inet_peer *peer;

	if (!rt->dev->in_dev || !IN_DEV_ORCONF(rt->dev, SEND_REDIRECTS))
		return;
	peer = inet_getpeer_v4(net, iph_saddr(iph));
	if (!peer)
		return;
	/* After a silence the host is taken to have forgotten. */
	if (now > peer->rate_last + RT_REDIRECT_SILENCE) {
		peer->rate_tokens = 0;
		peer->n_redirects = 0;
	}
	if (peer->n_redirects >= RT_REDIRECT_NUMBER) {
		REF_SAY(net, "no redirect: this host does not listen");
		peer->rate_last = now;
		return;
	}
	if (peer->n_redirects &&
	    now <= peer->rate_last + ((uint64_t)RT_REDIRECT_LOAD << peer->n_redirects)) {
		REF_SAY(net, "no redirect: the last one was just now");
		return;
	}
	icmp_send(skb, ICMP_REDIRECT, ICMP_REDIR_HOST, rt->rt_gw4 ? rt->rt_gw4 : iph_daddr(iph));
	/* Sending may have given the slot to another host. */
	peer = inet_getpeer_v4(net, iph_saddr(iph));
	if (!peer)
		return;
	peer->rate_last = now;
	peer->n_redirects++;
}

void ipv4_link_failure(struct sk_buff *skb)
{
	struct ip_options *opt = &IPCB(skb)->opt;
	unsigned int ihl = iph_ihl(skb_network_header(skb));

	/* What was compiled may no longer hold: once more, on the packet as it is now. */
	*opt = (struct ip_options){ .optlen = (uint8_t)(ihl - 20) };
	if (opt->optlen && __ip_options_compile(skb->net, opt, skb, NULL, NULL))
		return;
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
}
