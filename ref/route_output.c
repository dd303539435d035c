/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The routing decision of a packet that this host makes; path MTUs and redirects.
 * Mirrors: net/ipv4/route.c, output half.
 */
#include <errno.h>

#include "ref/fib.h"
#include "ref/ip.h"
#include "ref/net.h"

#define LOOPBACK_IFINDEX 1
#define INADDR_LOOPBACK	 0x7f000001u
#define RT_GC_TIMEOUT_NS 300000000000ull /* how long a redirect is believed */
#define NSEC_PER_SEC	 1000000000ull

void rt_set_nexthop(struct ref *net, struct rtable *rt, const struct fib_result *res,
		    uint32_t daddr)
{
	const struct fib_nh *nh = res->nh;
	const struct fib_nh_exception *fnhe;

	if (nh->gw && nh->scope == RT_SCOPE_LINK) {
		rt->rt_uses_gateway = true;
		rt->rt_gw4 = nh->gw;
	}
	rt->rt_mtu = res->fi->mtu;
	rt->rt_mtu_locked = res->fi->mtu_lock;
	fnhe = find_exception(net, nh, daddr);
	if (!fnhe)
		return;
	rt->rt_pmtu = fnhe->pmtu;
	rt->rt_mtu_locked |= fnhe->mtu_locked;
	rt->rt_pmtu_expires_ns = fnhe->expires_ns;
	if (fnhe->gw) {
		rt->rt_uses_gateway = true;
		rt->rt_gw4 = fnhe->gw;
	}
	/* A destination of which something was learnt counts as its own gateway. */
	if (!rt->rt_gw4)
		rt->rt_gw4 = daddr;
}

/* What __mkroute_output() is told. */
struct out_choice {
	struct fib_result res; /* fi NULL: no route behind it */
	struct net_device *dev;
	int orig_oif;
	uint32_t flags;
};

/* Mirrors: __mkroute_output(). */
static int mkroute_output(struct ref *net, const struct flowi4 *fl4, struct out_choice *c,
			  struct rtable *ret_rt)
{
	struct net_device *dev = c->dev;
	uint8_t type = c->res.type;

	if (!dev->in_dev)
		return -EINVAL;
	if (ipv4_is_loopback(fl4->saddr) && !dev_is_loopback(dev) &&
	    !IN_DEV_ORCONF(dev, ROUTE_LOCALNET))
		return -EINVAL;
	if (ipv4_is_lbcast(fl4->daddr)) {
		type = REF_RTN_BROADCAST;
		c->res.fi = NULL;
	} else if (ipv4_is_multicast(fl4->daddr)) {
		type = REF_RTN_MULTICAST;
	} else if (ipv4_is_zeronet(fl4->daddr)) {
		return -EINVAL;
	}
	if (dev_is_loopback(dev))
		c->flags |= RTCF_LOCAL;
	if (type == REF_RTN_BROADCAST) {
		c->flags |= RTCF_BROADCAST | RTCF_LOCAL;
	} else if (type == REF_RTN_MULTICAST) {
		c->flags |= RTCF_MULTICAST | RTCF_LOCAL;
		if (!ip_check_mc_rcu(dev, fl4->daddr, fl4->saddr, fl4->flowi4_proto))
			c->flags &= ~RTCF_LOCAL;
		/* A default route leads to the wire here, not to its gateway. */
		if (c->res.fi && c->res.prefixlen < 4)
			c->res.fi = NULL;
	}
	*ret_rt = (struct rtable){
		.dev = dev,
		.rt_flags = c->flags,
		.rt_type = type,
		.rt_iif = c->orig_oif,
		.input = (uint8_t)(c->flags & RTCF_LOCAL ? DST_LOCAL_DELIVER : DST_INPUT_NONE),
		.output = DST_IP_OUTPUT,
	};
	if ((c->flags & (RTCF_BROADCAST | RTCF_MULTICAST)) && (c->flags & RTCF_LOCAL) &&
	    !dev_is_loopback(dev))
		ret_rt->output = DST_MC_OUTPUT;
	if (c->res.fi)
		rt_set_nexthop(net, ret_rt, &c->res, fl4->daddr);
	/* The header may name another destination. */
	if (c->res.fi && (fl4->flowi4_flags & FLOWI_FLAG_KNOWN_NH) && !ret_rt->rt_gw4)
		ret_rt->rt_gw4 = fl4->daddr;
	return 0;
}

/* 1: the device is given by what was asked for, no lookup. 0: look up. Else -errno. */
static int output_dev(struct ref *net, struct flowi4 *fl4, struct out_choice *c)
{
	if (fl4->saddr) {
		if (ipv4_is_multicast(fl4->saddr) || ipv4_is_lbcast(fl4->saddr))
			return -EINVAL;
		if (!fl4->flowi4_oif &&
		    (ipv4_is_multicast(fl4->daddr) || ipv4_is_lbcast(fl4->daddr))) {
			c->dev = ip_dev_find(net, fl4->saddr);
			if (!c->dev)
				return -ENETUNREACH;
			fl4->flowi4_oif = c->dev->ifindex;
			return 1;
		}
		if (!(fl4->flowi4_flags & FLOWI_FLAG_ANYSRC) && !ip_dev_find(net, fl4->saddr))
			return -ENETUNREACH;
	}
	if (!fl4->flowi4_oif)
		return 0;
	c->dev = dev_get_by_index(net, fl4->flowi4_oif);
	if (!c->dev)
		return -ENODEV;
	if (!(c->dev->flags & REF_LINK_UP) || !c->dev->in_dev)
		return -ENETUNREACH;
	if (ipv4_is_local_multicast(fl4->daddr) || ipv4_is_lbcast(fl4->daddr) ||
	    fl4->flowi4_proto == IPPROTO_IGMP) {
		if (!fl4->saddr)
			fl4->saddr = inet_select_addr(net, c->dev, 0, RT_SCOPE_LINK);
		return 1;
	}
	if (!fl4->saddr && ipv4_is_multicast(fl4->daddr))
		fl4->saddr = inet_select_addr(net, c->dev, 0, fl4->flowi4_scope);
	else if (!fl4->saddr && !fl4->daddr)
		fl4->saddr = inet_select_addr(net, c->dev, 0, RT_SCOPE_HOST);
	return 0;
}

/* The tables' answer. Mirrors: the lookup in ip_route_output_key_hash_rcu(). */
static int output_lookup(struct ref *net, struct flowi4 *fl4, struct out_choice *c)
{
	int err = fib_lookup(net, fl4, &c->res);

	if (err) {
		c->res = (struct fib_result){ .type = REF_RTN_UNICAST };
		if (!fl4->flowi4_oif)
			return err;
		/* A device was asked for: take the destination to be on its link. */
		if (!fl4->saddr)
			fl4->saddr = inet_select_addr(net, c->dev, 0, RT_SCOPE_LINK);
		return 0;
	}
	if (c->res.type == REF_RTN_LOCAL) {
		if (!fl4->saddr)
			fl4->saddr = c->res.fi->prefsrc ? c->res.fi->prefsrc : fl4->daddr;
		c->dev = &net->dev[0];
		c->orig_oif = c->res.nh->oif;
		fl4->flowi4_oif = c->dev->ifindex;
		c->flags |= RTCF_LOCAL;
		return 0;
	}
	fib_select_path(net, &c->res, fl4);
	c->dev = c->res.nh->dev;
	return 0;
}

int ip_route_output_flow(struct ref *net, struct flowi4 *fl4, struct rtable *ret_rt)
{
	struct out_choice c = { .orig_oif = fl4->flowi4_oif };
	int err;

	fl4->flowi4_iif = LOOPBACK_IFINDEX;
	fl4->flowi4_tos &= 0xfc;
	err = output_dev(net, fl4, &c);
	if (err < 0)
		return err;
	if (err == 0 && !fl4->daddr) {
		fl4->daddr = fl4->saddr;
		if (!fl4->daddr)
			fl4->daddr = fl4->saddr = INADDR_LOOPBACK;
		c.dev = &net->dev[0];
		fl4->flowi4_oif = LOOPBACK_IFINDEX;
		c.res.type = REF_RTN_LOCAL;
		c.flags |= RTCF_LOCAL;
		err = 1;
	}
	if (err == 0)
		err = output_lookup(net, fl4, &c);
	if (err < 0)
		return err;
	return mkroute_output(net, fl4, &c, ret_rt);
}

uint32_t ip_dst_mtu(const struct ref *net, const struct rtable *rt, bool forwarding)
{
	uint32_t mtu;

	if (rt->rt_pmtu && net->now_ns < rt->rt_pmtu_expires_ns &&
	    (!forwarding || rt->rt_mtu_locked || net->sysctl[SYSCTL_IP_FORWARD_USE_PMTU])) {
		mtu = rt->rt_pmtu;
	} else if (rt->rt_mtu) {
		mtu = rt->rt_mtu;
	} else {
		mtu = rt->dev->mtu;
		if (rt->rt_mtu_locked && rt->rt_uses_gateway && mtu > 576)
			mtu = 576;
	}
	return mtu > 65535 ? 65535 : mtu;
}

/* Mirrors: __ip_rt_update_pmtu(). */
static void rt_update_pmtu(struct ref *net, const struct rtable *rt, struct flowi4 *fl4,
			   uint32_t mtu)
{
	uint32_t old_mtu = ip_dst_mtu(net, rt, false);
	uint32_t min_pmtu = (uint32_t)net->sysctl[SYSCTL_ROUTE_MIN_PMTU];
	uint64_t life_ns = (uint64_t)net->sysctl[SYSCTL_ROUTE_MTU_EXPIRES] * NSEC_PER_SEC;
	struct fib_result res;
	bool lock = false;

	if (rt->rt_mtu_locked || old_mtu < mtu) {
		REF_SAY(net, "no news: locked, or smaller already");
		return;
	}
	if (mtu < min_pmtu) {
		lock = true;
		mtu = old_mtu < min_pmtu ? old_mtu : min_pmtu;
	}
	if (rt->rt_pmtu == mtu && !lock && net->now_ns + life_ns / 2 < rt->rt_pmtu_expires_ns)
		return;
	if (fib_lookup(net, fl4, &res))
		return;
	fib_select_path(net, &res, fl4);
	REF_SAY(net, "path MTU learnt");
	if (res.fi->nh_nr == 1) {
		update_or_create_fnhe(net, res.nh, fl4->daddr, 0, mtu, lock, net->now_ns + life_ns);
		return;
	}
	for (unsigned int i = 0; i < res.fi->nh_nr; i++)
		update_or_create_fnhe(net, &res.fi->nh[i], fl4->daddr, 0, mtu, lock,
				      net->now_ns + life_ns);
}

void ipv4_update_pmtu(struct ref *net, const struct flowi4 *fl4, uint32_t mtu)
{
	struct flowi4 key = *fl4;
	struct rtable rt;

	if (ip_route_output_flow(net, &key, &rt) == 0)
		rt_update_pmtu(net, &rt, &key, mtu);
}

/* May this device's redirects be believed? Mirrors: IN_DEV_RX_REDIRECTS(). */
static bool rx_redirects(const struct net_device *dev)
{
	return IN_DEV_CONF(dev, FORWARDING) ? IN_DEV_ANDCONF(dev, ACCEPT_REDIRECTS)
					    : IN_DEV_ORCONF(dev, ACCEPT_REDIRECTS);
}

/* Mirrors: the tests of __ip_do_redirect(). */
static bool redirect_ok(struct ref *net, const struct net_device *dev, uint32_t gw, uint32_t old_gw)
{
	if (gw == old_gw || !rx_redirects(dev) || ipv4_is_multicast(gw) || ipv4_is_lbcast(gw) ||
	    ipv4_is_zeronet(gw))
		return false;
	if (IN_DEV_ORCONF(dev, SHARED_MEDIA))
		return inet_addr_type(net, gw) == REF_RTN_UNICAST;
	return inet_addr_onlink(dev, gw, old_gw) &&
	       (!IN_DEV_ORCONF(dev, SECURE_REDIRECTS) || ip_fib_check_default(net, gw, dev));
}

void ipv4_redirect(struct sk_buff *skb, struct ref *net, const struct flowi4 *fl4, uint32_t gw)
{
	uint8_t code = skb_transport_header(skb)[1] & 7;
	uint32_t old_gw = iph_saddr(skb_network_header(skb));
	struct flowi4 key = *fl4;
	struct fib_result res;
	struct neighbour *n;
	struct rtable rt;

	if (ip_route_output_flow(net, &key, &rt) || code > 3 || rt.rt_gw4 != old_gw ||
	    !skb->dev->in_dev) {
		REF_SAY(net, "redirect ignored: not from the gateway in use");
		return;
	}
	if (!redirect_ok(net, skb->dev, gw, old_gw)) {
		REF_SAY(net, "redirect refused");
		return;
	}
	n = neigh_lookup(net, rt.dev, gw);
	if (!n)
		n = neigh_create(net, rt.dev, gw);
	if (!n)
		return;
	if (!nud_valid(n->state)) {
		REF_SAY(net, "redirect: the new gateway's link address is not known yet");
		neigh_event_send(n, NULL);
		return;
	}
	if (fib_lookup(net, &key, &res))
		return;
	fib_select_path(net, &res, &key);
	REF_SAY(net, "redirect taken");
	update_or_create_fnhe(net, res.nh, key.daddr, gw, 0, false, net->now_ns + RT_GC_TIMEOUT_NS);
}

uint32_t ip_rt_get_source(const struct sk_buff *skb, const struct rtable *rt)
{
	const uint8_t *iph = skb_network_header(skb);
	struct ref *net = skb->net;
	struct fib_result res;
	struct flowi4 fl4;

	if (!rt->rt_is_input)
		return iph_saddr(iph);
	fl4 = (struct flowi4){
		.daddr = iph_daddr(iph),
		.saddr = iph_saddr(iph),
		.flowi4_tos = iph_tos(iph) & 0xfc,
		.flowi4_oif = rt->dev->ifindex,
		.flowi4_mark = skb->mark,
	};
	if (fib_lookup(net, &fl4, &res) == 0)
		return fib_result_prefsrc(net, &res);
	return inet_select_addr(net, rt->dev, rt->rt_gw4 ? rt->rt_gw4 : iph_daddr(iph),
				RT_SCOPE_UNIVERSE);
}
