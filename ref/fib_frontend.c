/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What the routing tables say about an address: its type, whether it may be a source here, and
 * which of ours to answer with. Mirrors: net/ipv4/fib_frontend.c.
 */
#include <errno.h>

#include "ref/fib.h"
#include "ref/ip.h"
#include "ref/net.h"

uint8_t inet_addr_type(const struct ref *net, uint32_t addr)
{
	struct flowi4 fl4 = { .daddr = addr };
	struct fib_result res;

	if (ipv4_is_zeronet(addr) || ipv4_is_lbcast(addr))
		return REF_RTN_BROADCAST;
	if (ipv4_is_multicast(addr))
		return REF_RTN_MULTICAST;
	if (fib_table_lookup(net, RT_TABLE_LOCAL, &fl4, &res))
		return REF_RTN_UNICAST;
	return res.type;
}

uint32_t fib_compute_spec_dst(struct sk_buff *skb)
{
	const uint8_t *iph = skb_network_header(skb);
	struct net_device *dev = skb->dev;
	struct ref *net = skb->net;
	struct fib_result res;
	struct flowi4 fl4;

	if (skb->dst_set &&
	    (skb->rt.rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST | RTCF_LOCAL)) == RTCF_LOCAL)
		return iph_daddr(iph);
	if (ipv4_is_zeronet(iph_saddr(iph)))
		return inet_select_addr(net, dev, 0, RT_SCOPE_LINK);
	fl4 = (struct flowi4){
		.daddr = iph_saddr(iph),
		.flowi4_tos = iph_tos(iph) & 0xfc,
		.flowi4_mark = IN_DEV_ORCONF(dev, SRC_VMARK) ? skb->mark : 0,
	};
	if (fib_lookup(net, &fl4, &res) == 0)
		return fib_result_prefsrc(net, &res);
	return inet_select_addr(net, dev, iph_saddr(iph), RT_SCOPE_UNIVERSE);
}

/* Mirrors: fib_info_nh_uses_dev(). */
static bool fib_info_nh_uses_dev(const struct fib_info *fi, const struct net_device *dev)
{
	for (unsigned int i = 0; i < fi->nh_nr; i++)
		if (fi->nh[i].dev == dev)
			return true;
	return false;
}

/*
 * The full check: a route back to the source must exist, be no broadcast, multicast or (without
 * accept_local) local one, and lead over the input device (rpf 1) or any (rpf 2).
 * Mirrors: __fib_validate_source().
 */
static int __fib_validate_source(struct sk_buff *skb, uint32_t src, uint32_t dst, uint8_t tos,
				 struct net_device *dev, int rpf, bool *ret_direct)
{
	struct ref *net = skb->net;
	struct flowi4 fl4 = {
		.daddr = src,
		.saddr = dst,
		.flowi4_tos = tos,
		.flowi4_mark = IN_DEV_ORCONF(dev, SRC_VMARK) ? skb->mark : 0,
	};
	struct fib_result res;

	if (fib_lookup(net, &fl4, &res)) {
		REF_SAY(net, "no route back to the source");
		return rpf ? SKB_DROP_REASON_IP_RPFILTER : SKB_NOT_DROPPED_YET;
	}
	if (res.type != REF_RTN_UNICAST && res.type != REF_RTN_LOCAL)
		return SKB_DROP_REASON_IP_INVALID_SOURCE;
	if (res.type == REF_RTN_LOCAL && !IN_DEV_ORCONF(dev, ACCEPT_LOCAL))
		return SKB_DROP_REASON_IP_LOCAL_SOURCE;
	if (fib_info_nh_uses_dev(res.fi, dev) ||
	    (res.type == REF_RTN_LOCAL && dev_is_loopback(dev))) {
		*ret_direct = res.nh->scope >= RT_SCOPE_HOST;
		return SKB_NOT_DROPPED_YET;
	}
	if (!dev->ifa_list)
		return rpf ? SKB_DROP_REASON_IP_RPFILTER : SKB_NOT_DROPPED_YET;
	if (rpf == 1) {
		REF_SAY(net, "the way back to the source is another device");
		return SKB_DROP_REASON_IP_RPFILTER;
	}
	fl4.flowi4_oif = dev->ifindex;
	if (fib_lookup(net, &fl4, &res) == 0 && res.type == REF_RTN_UNICAST)
		*ret_direct = res.nh->scope >= RT_SCOPE_HOST;
	return SKB_NOT_DROPPED_YET;
}

int fib_validate_source(struct sk_buff *skb, uint32_t src, uint32_t dst, uint8_t tos, int oif,
			struct net_device *dev, bool *ret_direct)
{
	struct ref *net = skb->net;
	int rpf = IN_DEV_MAXCONF(dev, RP_FILTER);

	*ret_direct = false;
	if (rpf || (dev->ifindex == oif && IN_DEV_ORCONF(dev, SEND_REDIRECTS)))
		return __fib_validate_source(skb, src, dst, tos, dev, rpf, ret_direct);
	if (IN_DEV_ORCONF(dev, ACCEPT_LOCAL))
		return SKB_NOT_DROPPED_YET;
	if (net->fib.has_custom_local_routes)
		return __fib_validate_source(skb, src, dst, tos, dev, rpf, ret_direct);
	/* Only addresses count here, not the local or broadcast routes around them. */
	return inet_lookup_ifaddr(net, src) ? SKB_DROP_REASON_IP_LOCAL_SOURCE : SKB_NOT_DROPPED_YET;
}

static uint32_t default_table(enum ref_route_type type)
{
	bool local = type == REF_RTN_LOCAL || type == REF_RTN_BROADCAST ||
		     type == REF_RTN_ANYCAST || type == REF_RTN_NAT;

	return local ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
}

/* Mirrors: inet_rtm_newroute() with NLM_F_CREATE | NLM_F_EXCL, as `ip route add` asks. */
int ref_route_add(struct ref *net, const struct ref_route *route)
{
	struct fib_config cfg = {
		.dst = route->dst,
		.plen = route->plen,
		.tos = route->tos,
		.type = (uint8_t)route->type,
		.scope = route->scope,
		.table = route->table ? route->table : default_table(route->type),
		.priority = route->metric,
		.prefsrc = route->prefsrc,
		.mtu = route->mtu,
		.mtu_lock = route->mtu_lock,
	};
	int err;

	if ((unsigned int)route->type > 255 || route->nexthop_nr > REF_ROUTE_NEXTHOPS ||
	    (route->tos & 3) || route->plen > 32 || (route->dst & ~inet_make_mask(route->plen)))
		return -EINVAL;
	for (size_t i = 0; i < route->nexthop_nr; i++) {
		cfg.nh[i].oif = route->nexthop[i].ifindex;
		cfg.nh[i].gw = route->nexthop[i].gateway;
		cfg.nh[i].onlink = route->nexthop[i].onlink;
		cfg.nh[i].weight = route->nexthop[i].weight;
	}
	cfg.nh_nr = (uint8_t)route->nexthop_nr;
	if (cfg.nh_nr == 1 && !cfg.nh[0].oif && !cfg.nh[0].gw && !cfg.nh[0].onlink)
		cfg.nh_nr = 0;
	err = fib_table_insert(net, &cfg);
	if (!err && cfg.type == REF_RTN_LOCAL)
		net->fib.has_custom_local_routes = true;
	return err;
}
