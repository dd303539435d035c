/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Seam only: to be written. */
#include "ref/ip.h"
#include "ref/net.h"

int ip_defrag(struct ref *net, struct sk_buff *skb, enum ip_defrag_users user)
{
	(void)net, (void)user;
	kfree_skb(skb);
	return -22;
}
