/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Seam only: to be written. */
#include "ref/ip.h"
#include "ref/net.h"

bool ping_rcv(struct sk_buff *skb)
{
	(void)skb;
	return false;
}
void ping_err(struct sk_buff *skb, uint32_t info)
{
	(void)skb, (void)info;
}
