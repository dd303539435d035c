/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Protocols 4 and 41: whoever takes the packet, asked by priority. Mirrors: net/ipv4/tunnel4.c.
 */
#include <errno.h>

#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/net.h"

#define IPV6_HLEN 40u

static int tunnel4_deliver(struct sk_buff *skb, enum tunnel4_family family, size_t need,
			   const char *at)
{
	struct ref *net = skb->net;
	const struct tunnel4_list *list = &net->tunnel.tunnel4[family];

	if (pskb_may_pull(skb, need)) {
		for (int i = 0; i < list->nr; i++)
			if (list->handler[i]->handler(skb) == 0)
				return 0;
		REF_SAY(net, "no tunnel takes it: port unreachable");
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	} else {
		REF_SAY(net, "shorter than the inner header");
	}
	kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, at);
	return 0;
}

static int tunnel4_rcv(struct sk_buff *skb)
{
	return tunnel4_deliver(skb, TUNNEL4_IPV4, 20, __func__);
}

static int tunnel64_rcv(struct sk_buff *skb)
{
	return tunnel4_deliver(skb, TUNNEL4_IPV6, IPV6_HLEN, __func__);
}

static int tunnel4_error(struct sk_buff *skb, uint32_t info, enum tunnel4_family family)
{
	const struct tunnel4_list *list = &skb->net->tunnel.tunnel4[family];

	for (int i = 0; i < list->nr; i++)
		if (list->handler[i]->err_handler(skb, info) == 0)
			return 0;
	return -ENOENT;
}

static int tunnel4_err(struct sk_buff *skb, uint32_t info)
{
	return tunnel4_error(skb, info, TUNNEL4_IPV4);
}

static int tunnel64_err(struct sk_buff *skb, uint32_t info)
{
	return tunnel4_error(skb, info, TUNNEL4_IPV6);
}

static const struct net_protocol tunnel4_protocol = {
	.handler = tunnel4_rcv,
	.err_handler = tunnel4_err,
};
static const struct net_protocol tunnel64_protocol = {
	.handler = tunnel64_rcv,
	.err_handler = tunnel64_err,
};

/* Both protocols are one module: they come together. */
static int tunnel4_init(struct ref *net)
{
	int err;

	if (net->inet_protos[IPPROTO_IPIP] == &tunnel4_protocol)
		return 0;
	err = inet_add_protocol(net, &tunnel4_protocol, IPPROTO_IPIP);
	return err < 0 ? err : inet_add_protocol(net, &tunnel64_protocol, IPPROTO_IPV6);
}

int xfrm4_tunnel_register(struct ref *net, const struct xfrm_tunnel *handler,
			  enum tunnel4_family family)
{
	struct tunnel4_list *list = &net->tunnel.tunnel4[family];
	int at = 0, err = tunnel4_init(net);

	if (err < 0)
		return err;
	while (at < list->nr && list->handler[at]->priority < handler->priority)
		at++;
	if (list->nr == TUNNEL4_HANDLERS_MAX ||
	    (at < list->nr && list->handler[at]->priority == handler->priority))
		return -EEXIST;
	for (int i = list->nr++; i > at; i--)
		list->handler[i] = list->handler[i - 1];
	list->handler[at] = handler;
	return 0;
}
