/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Seam only: to be written. */
#include "ref/ip.h"
#include "ref/net.h"

int udplite_rcv(struct sk_buff *skb)
{
	kfree_skb(skb);
	return 0;
}
int udplite_err(struct sk_buff *skb, uint32_t info)
{
	(void)skb, (void)info;
	return 0;
}
