/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Seam only: to be written. */
#include "ref/ip.h"
#include "ref/net.h"

int ip_options_echo(struct ref *net, struct ip_options *dopt, uint8_t data[REF_IPOPT_MAX],
		    const struct sk_buff *skb)
{
	(void)net, (void)dopt, (void)data, (void)skb;
	return 0;
}
void ip_options_fragment(struct sk_buff *skb)
{
	(void)skb;
}
