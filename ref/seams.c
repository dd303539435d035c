/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Weak stand-ins for what other files do not have yet: each goes when the real one is there. */
#include "ref/ip.h"

__attribute__((weak)) bool ip_call_ra_chain(struct sk_buff *skb)
{
	(void)skb;
	return false;
}
