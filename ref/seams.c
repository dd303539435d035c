/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Weak stand-ins for what other files do not have yet: each goes when the real one is there. */
#include "ref/ip.h"
#include "ref/net.h"
#define W __attribute__((weak))
W bool ip_check_mc_rcu(const struct net_device *dev, uint32_t mc_addr, uint32_t src_addr,
		       uint8_t proto)
{
	(void)dev, (void)mc_addr, (void)src_addr, (void)proto;
	return false;
}
W bool ip_call_ra_chain(struct sk_buff *skb)
{
	(void)skb;
	return false;
}
