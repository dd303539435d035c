/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * UDP-Lite (RFC 3828): UDP's code (udp_rcv.c, udp_err.c, udp.c) over a port space and
 * counters of its own. Present in each of
 * the profiles. Mirrors: net/ipv4/udplite.c.
 */
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"

int udplite_err(struct sk_buff *skb, uint32_t info)
{
	return __udp4_lib_err(skb, info, &skb->net->sock.udplite_table);
}
