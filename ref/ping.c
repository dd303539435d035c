/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Seam only: to be written. */
#include "ref/ip.h"
#include "ref/net.h"

int ping_rcv(struct sk_buff *skb)
{
	(void)skb;
	return SKB_DROP_REASON_NO_SOCKET;
}
void ping_err(struct sk_buff *skb, uint32_t info)
{
	(void)skb, (void)info;
}
