/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Fragments the short way (ip_fast.h): those that come in order from the first one on, up to the
 * datagram on its socket's queue. A fragment about which anything is out of the ordinary (order,
 * limits, lengths, whose datagram it is) is found out before anything is changed, and goes the way
 * of any fragment: frag_rcv_any(), which is ip_fragment.c without a sk_buff for each fragment.
 */
#include <string.h>

#include "ref/compiler.h"
#include "ref/ip.h"
#include "ref/ip_fast.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/wire/csum.h"

static inline void count_received(struct ref *net, struct net_device *dev, const uint8_t *iph,
				  size_t len)
{
	dev->stats.rx_packets++;
	dev->stats.rx_bytes += len;
	IP_INC_STATS(net, IP_INRECEIVES);
	IP_ADD_STATS(net, IPEXT_INOCTETS, len - ETH_HLEN);
	net->mib[MIB_IPEXT_INNOECTPKTS + (iph_tos(iph) & 3)]++;
	IP_INC_STATS(net, IP_REASMREQDS);
}

/* Whatever comes of it. */
REF_NOINLINE static const struct ref_update *
frag_rcv_any(struct ref *net, const struct ref_event *event, const struct rx_flow *flow)
{
	const uint8_t *iph = event->data + IPH_OFF;
	struct sk_buff *skb;

	count_received(net, flow->dev, iph, event->len);
	skb = ip_defrag_fast(net, flow, iph, event->len);
	if (!skb)
		return &net->update;
	iph = skb->data;
	/* The route of the fragments, once more: it is the same for all that is the flow's. */
	ip_route_input_noref(skb, iph_daddr(iph), iph_saddr(iph), iph_tos(event->data + IPH_OFF),
			     flow->dev);
	ip_local_deliver_finish(skb);
	process_backlog(net);
	return &net->update;
}

REF_HOT const struct ref_update *frag_rcv_fast(struct ref *net, const struct ref_event *event,
					       struct rx_flow *flow, uint64_t hash)
{
	const uint8_t *iph = event->data + IPH_OFF;
	uint32_t len = iph_tot_len(iph) - IP_LEN;

	(void)hash;
	if (unlikely(len > event->len - L4_OFF || event->len > REF_FRAME_MAX))
		return ip_rcv_slow(net, event);
	return frag_rcv_any(net, event, flow);
}
