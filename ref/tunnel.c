/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The kinds of tunnels, their devices, and the way of an inner packet back into the stack.
 * Mirrors: rtnl_newlink() with the rtnl_link_ops of the kinds, net/core/gro_cells.c.
 */
#include "ref/tunnel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"

extern const struct ref_tunnel_ops ipip_tunnel_ops, sit_tunnel_ops, gre_tunnel_ops,
	gretap_tunnel_ops, fou_tunnel_ops;

const struct ref_tunnel_ops *const ref_tunnels[] = {
	&ipip_tunnel_ops,   &sit_tunnel_ops, &gre_tunnel_ops,
	&gretap_tunnel_ops, &fou_tunnel_ops, NULL,
};

static const struct ref_tunnel_ops *tunnel_ops(const char *kind)
{
	for (size_t i = 0; ref_tunnels[i]; i++)
		if (strcmp(ref_tunnels[i]->kind, kind) == 0)
			return ref_tunnels[i];
	return NULL;
}

const char *ref_tunnel_kind(size_t idx)
{
	return ref_tunnels[idx] ? ref_tunnels[idx]->kind : NULL;
}

uint32_t ref_tunnel_bit(const char *kind)
{
	for (uint32_t i = 0; ref_tunnels[i]; i++)
		if (strcmp(ref_tunnels[i]->kind, kind) == 0)
			return 1u << i;
	return 0;
}

const struct ref_opt *ref_tunnel_opts(const char *kind, size_t *ret_nr)
{
	const struct ref_tunnel_ops *ops = tunnel_ops(kind);

	if (!ops)
		return NULL;
	*ret_nr = ops->opt_nr;
	return ops->opts;
}

bool ref_tunnel_is_link(const char *kind)
{
	const struct ref_tunnel_ops *ops = tunnel_ops(kind);

	return ops && ops->newlink;
}

int ref_tunnel_load(struct ref *net, const struct ref_tunnel_ops *ops)
{
	uint32_t bit = ref_tunnel_bit(ops->kind);
	int err;

	if (net->tunnel.loaded & bit)
		return 0;
	err = ops->load ? ops->load(net) : 0;
	if (err < 0)
		return err;
	net->tunnel.loaded |= bit;
	ref_changed(net);
	return 0;
}

static int tunnel_newlink(struct ref *net, const struct ref_tunnel_ops *ops,
			  const struct ref_link *given, const struct ref_params *params)
{
	struct ref_link link = *given;
	struct net_device *dev;
	int err = dev_check_name(net, link.name);

	if (err < 0)
		return err;
	link.kind = REF_LINK_TUNNEL;
	dev = dev_register(net, &link);
	dev->tunnel = ops;
	if (ops->ether)
		dev->flags = REF_LINK_MULTICAST;
	dev->priv = calloc(1, ops->priv_size);
	err = dev->priv ? ops->newlink(dev, params) : -ENOMEM;
	if (err < 0) {
		dev_unregister_last(net);
		return err;
	}
	if (link.mtu)
		dev->mtu = link.mtu;
	return dev->ifindex;
}

int ref_tunnel_add(struct ref *net, const char *kind, const struct ref_link *link,
		   const struct ref_params *params)
{
	const struct ref_tunnel_ops *ops = tunnel_ops(kind);
	int err;

	obs_begin(net);
	if (!ops)
		return -EOPNOTSUPP;
	err = ref_tunnel_load(net, ops);
	if (err < 0)
		return err;
	ref_changed(net);
	return ops->newlink ? tunnel_newlink(net, ops, link, params) : ops->add(net, params);
}

struct net_device *ref_tunnel_fallback(struct ref *net, const char *name)
{
	const struct ref_params none = { .given = 0 };
	struct ref_link link = { .kind = REF_LINK_TUNNEL };

	for (uint32_t i = 0; ref_tunnels[i]; i++) {
		const char *fallback = ref_tunnels[i]->fallback;
		int ifindex;

		if (!(net->tunnel.loaded & 1u << i) || !fallback || strcmp(name, fallback) != 0)
			continue;
		strcpy(link.name, fallback);
		ifindex = tunnel_newlink(net, ref_tunnels[i], &link, &none);
		return dev_get_by_index(net, ifindex);
	}
	return NULL;
}

int ref_tunnel_updown(struct net_device *dev, bool up)
{
	if (up)
		return dev->tunnel->open ? dev->tunnel->open(dev) : 0;
	if (dev->tunnel->stop)
		dev->tunnel->stop(dev);
	return 0;
}

int ref_tunnel_xmit(struct sk_buff *skb, struct net_device *dev, const uint8_t dest[6])
{
	(void)dest;
	if (dev->tunnel->xmit)
		return dev->tunnel->xmit(skb, dev);
	REF_SAY(skb->net, "sending through this kind of tunnel is not modelled");
	consume_skb(skb);
	return 0;
}

/* ---- back into the stack ---- */

void skb_scrub_packet(struct sk_buff *skb)
{
	skb->pkt_type = PACKET_HOST;
	skb->ignore_df = false;
	skb->dst_set = false;
	skb->sk = NULL;
}

int gro_cells_receive(struct sk_buff *skb, struct net_device *dev)
{
	struct ref *net = skb->net;
	struct sk_buff *kept;

	skb->dev = dev;
	kept = dev->flags & REF_LINK_UP && net->backlog.qlen < REF_BACKLOG_MAX ? skb_keep(skb)
									       : NULL;
	if (!kept) {
		dev->stats.rx_dropped++;
		kfree_skb(skb);
		return 1;
	}
	__skb_queue_tail(&net->backlog, kept);
	return 0;
}

/* Those that the kernel has from the start. */
static int tunnel_init(struct ref *net)
{
	int err = 0;

	for (uint32_t i = 0; ref_tunnels[i] && !err; i++)
		if (net->tunnels & 1u << i)
			err = ref_tunnel_load(net, ref_tunnels[i]);
	return err;
}

const struct ref_part ref_part_tunnel = { .name = "tunnel", .init = tunnel_init };
