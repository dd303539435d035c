/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Weak stand-ins for what other files do not have yet: each goes when the real one is there. */
#include "ref/ip.h"
#include "ref/net.h"
#define W __attribute__((weak))
W void ip_options_build(struct sk_buff *skb, const struct ip_options *opt, const uint8_t *data,
			uint32_t daddr, const struct rtable *rt)
{
	(void)skb, (void)opt, (void)data, (void)daddr, (void)rt;
}
W uint32_t ip_dst_mtu(const struct ref *net, const struct rtable *rt, bool forwarding)
{
	(void)net, (void)forwarding;
	return rt->dev->mtu;
}
W int neigh_output(struct sk_buff *skb, uint32_t nexthop)
{
	(void)nexthop;
	consume_skb(skb);
	return 0;
}
W int netif_rx(struct sk_buff *skb, struct net_device *dev)
{
	(void)dev;
	consume_skb(skb);
	return 0;
}
W uint32_t fib_compute_spec_dst(struct sk_buff *skb)
{
	return iph_daddr(skb_network_header(skb));
}
W uint32_t inet_select_addr(const struct ref *net, const struct net_device *dev, uint32_t dst,
			    uint8_t scope)
{
	(void)net, (void)dev, (void)dst, (void)scope;
	return 0;
}
W uint8_t inet_addr_type_dev(const struct ref *net, const struct net_device *dev, uint32_t addr)
{
	(void)net, (void)dev, (void)addr;
	return 0;
}
W struct net_device *ip_dev_find(const struct ref *net, uint32_t addr)
{
	(void)net, (void)addr;
	return NULL;
}
W int ip_error(struct sk_buff *skb)
{
	consume_skb(skb);
	return 0;
}
W void ipv4_update_pmtu(struct ref *net, const struct flowi4 *fl4, uint32_t mtu)
{
	(void)net, (void)fl4, (void)mtu;
}
W void ipv4_redirect(struct sk_buff *skb, struct ref *net, const struct flowi4 *fl4, uint32_t gw)
{
	(void)skb, (void)net, (void)fl4, (void)gw;
}

W bool inet_dev_has_addr(const struct ref *net, const struct net_device *dev)
{
	(void)net, (void)dev;
	return true;
}
W uint8_t inet_addr_type(const struct ref *net, uint32_t addr)
{
	(void)net, (void)addr;
	return REF_RTN_LOCAL;
}
W void ip_options_undo(const struct ip_options *opt, uint8_t *data)
{
	(void)opt, (void)data;
}
W int __ip_options_compile(struct ref *net, struct ip_options *opt, struct sk_buff *skb,
			   uint8_t *data, uint8_t *ret_bad)
{
	(void)net, (void)opt, (void)skb, (void)data, (void)ret_bad;
	return 0;
}
W int ip_mc_validate_source(struct sk_buff *skb, uint32_t daddr, uint32_t saddr, uint8_t tos,
			    struct net_device *dev)
{
	(void)skb, (void)daddr, (void)saddr, (void)tos, (void)dev;
	return SKB_NOT_DROPPED_YET;
}
