/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Seam only: to be written. */
#include "ref/ip.h"
#include "ref/net.h"

const struct ref_part ref_part_icmp = { .name = "icmp" };

void icmp_send(const struct sk_buff *skb_in, int type, int code, uint32_t info)
{
	(void)skb_in, (void)type, (void)code, (void)info;
}
int icmp_rcv(struct sk_buff *skb)
{
	kfree_skb(skb);
	return 0;
}
