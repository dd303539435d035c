/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Seam only: to be written. */
#include "ref/ip.h"
#include "ref/net.h"

int ip_route_input_noref(struct sk_buff *skb, uint32_t daddr, uint32_t saddr, uint8_t tos,
			 struct net_device *dev)
{
	(void)skb, (void)daddr, (void)saddr, (void)tos, (void)dev;
	return SKB_DROP_REASON_NOT_SPECIFIED;
}
int ip_route_output_flow(struct ref *net, struct flowi4 *fl4, struct rtable *ret_rt)
{
	(void)net, (void)fl4, (void)ret_rt;
	return -101;
}
