/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Seam only: to be written. */
#include "ref/ip.h"
#include "ref/net.h"

const struct ref_part ref_part_igmp = { .name = "igmp" };

int igmp_rcv(struct sk_buff *skb)
{
	kfree_skb(skb);
	return 0;
}
