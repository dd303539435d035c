/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Seam only: to be written. */
#include "ref/ip.h"
#include "ref/net.h"

int udp_rcv(struct sk_buff *skb)
{
	kfree_skb(skb);
	return 0;
}
int udp_err(struct sk_buff *skb, uint32_t info)
{
	(void)skb, (void)info;
	return 0;
}
int udp_v4_early_demux(struct sk_buff *skb)
{
	(void)skb;
	return SKB_NOT_DROPPED_YET;
}
