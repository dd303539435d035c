/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Seam only: to be written. */
#include "ref/ip.h"
#include "ref/net.h"

bool raw_local_deliver(struct sk_buff *skb, int protocol)
{
	(void)skb, (void)protocol;
	return false;
}
void raw_icmp_error(struct sk_buff *skb, int protocol, uint32_t info)
{
	(void)skb, (void)protocol, (void)info;
}
