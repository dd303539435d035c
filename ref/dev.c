/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Network devices: making them, frames that come in, the loopback, and their statistics.
 * Mirrors: net/core/dev.c, eth_type_trans() of net/ethernet/eth.c, drivers/net/loopback.c.
 */
#include "ref/netdevice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"
#include "ref/tunnel.h"

#define ETH_MIN_MTU	68u
#define ETH_MAX_MTU	65535u
#define ETH_P_802_3_MIN 0x0600u
#define LO_MTU		65536u

struct net_device *dev_get_by_index(struct ref *net, int ifindex)
{
	return ifindex > 0 && ifindex <= net->dev_nr ? &net->dev[ifindex - 1] : NULL;
}

struct net_device *dev_get_by_name(struct ref *net, const char *name)
{
	for (int i = 0; i < net->dev_nr; i++)
		if (strcmp(net->dev[i].name, name) == 0)
			return &net->dev[i];
	return NULL;
}

/* Mirrors: dev_valid_name(). */
static bool dev_valid_name(const char *name)
{
	const char *end = memchr(name, 0, REF_IFNAMSIZ);

	if (!end || end == name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	return strcspn(name, "/: \t\n\v\f\r") == (size_t)(end - name);
}

/* The limits of the driver: a tap's frames fit its buffer, lo and dummy have none. */
static bool dev_valid_mtu(const struct net_device *dev, uint32_t mtu)
{
	if (mtu > INT32_MAX)
		return false;
	if (dev->kind != REF_LINK_WIRE)
		return true;
	return mtu >= ETH_MIN_MTU &&
	       mtu <= (dev->net->wire == REF_WIRE_TAP ? ETH_MAX_MTU - ETH_HLEN : ETH_MAX_MTU);
}

struct net_device *dev_register(struct ref *net, const struct ref_link *link)
{
	static const uint32_t flags[REF_LINK_KIND_NR] = {
		[REF_LINK_LO] = REF_LINK_UP,
		[REF_LINK_WIRE] = REF_LINK_MULTICAST,
		[REF_LINK_DUMMY] = REF_LINK_NOARP,
		[REF_LINK_TUNNEL] = REF_LINK_NOARP,
	};
	struct net_device *dev = &net->dev[net->dev_nr++];

	*dev = (struct net_device){
		.net = net,
		.ifindex = net->dev_nr,
		.kind = link->kind,
		.flags = flags[link->kind],
		.mtu = link->mtu ? link->mtu : 1500,
	};
	memcpy(dev->name, link->name, sizeof(dev->name));
	memcpy(dev->dev_addr, link->mac, sizeof(dev->dev_addr));
	memset(dev->broadcast, link->kind == REF_LINK_LO ? 0 : 0xff, sizeof(dev->broadcast));
	if (dev->mtu >= ETH_MIN_MTU)
		inetdev_init(dev);
	rt_cache_flush(net);
	return dev;
}

int dev_check_name(struct ref *net, const char *name)
{
	if (!dev_valid_name(name))
		return -EINVAL;
	if (dev_get_by_name(net, name))
		return -EEXIST;
	return net->dev_nr == REF_DEV_MAX ? -ENOSPC : 0;
}

void dev_unregister_last(struct ref *net)
{
	free(net->dev[--net->dev_nr].priv);
	net->dev[net->dev_nr] = (struct net_device){ 0 };
}

int ref_link_add(struct ref *net, const struct ref_link *link)
{
	const struct net_device like = { .net = net, .kind = link->kind };
	int err;

	if (link->kind != REF_LINK_WIRE && link->kind != REF_LINK_DUMMY)
		return -EINVAL;
	if (link->mtu && !dev_valid_mtu(&like, link->mtu))
		return -EINVAL;
	err = dev_check_name(net, link->name);
	return err < 0 ? err : dev_register(net, link)->ifindex;
}

int ref_link_by_name(const struct ref *net, const char *name)
{
	struct ref *host = (struct ref *)(uintptr_t)net;
	const struct net_device *dev = dev_get_by_name(host, name);

	if (!dev)
		dev = ref_tunnel_fallback(host, name);
	return dev ? dev->ifindex : -ENODEV;
}

int ref_link_flags(struct ref *net, int ifindex, uint32_t set, uint32_t clear)
{
	struct net_device *dev = dev_get_by_index(net, ifindex);
	uint32_t old;
	int err;

	if (!dev)
		return -ENODEV;
	old = dev->flags;
	if (dev->tunnel && ((old ^ ((old & ~clear) | set)) & REF_LINK_UP)) {
		err = ref_tunnel_updown(dev, !(old & REF_LINK_UP));
		if (err < 0)
			return err;
	}
	dev->flags = (old & ~clear) | set;
	if ((old ^ dev->flags) & REF_LINK_NOARP)
		neigh_flush(net, dev);
	if ((dev->flags & ~old) & REF_LINK_UP)
		inetdev_up(dev);
	else if ((old & ~dev->flags) & REF_LINK_UP)
		inetdev_down(dev);
	rt_cache_flush(net);
	return 0;
}

int ref_link_mtu(struct ref *net, int ifindex, uint32_t mtu)
{
	struct net_device *dev = dev_get_by_index(net, ifindex);
	uint32_t old;

	if (!dev)
		return -ENODEV;
	if (!dev_valid_mtu(dev, mtu))
		return -EINVAL;
	old = dev->mtu;
	if (mtu == old)
		return 0;
	dev->mtu = mtu;
	ref_changed(net);
	inetdev_changemtu(dev, old);
	return 0;
}

int ref_link_mac(struct ref *net, int ifindex, const uint8_t mac[6])
{
	static const uint8_t none[6];
	struct net_device *dev = dev_get_by_index(net, ifindex);

	if (!dev)
		return -ENODEV;
	if (dev->kind != REF_LINK_LO && ((mac[0] & 1) || memcmp(mac, none, 6) == 0))
		return -EADDRNOTAVAIL;
	memcpy(dev->dev_addr, mac, 6);
	neigh_flush(net, dev);
	rt_cache_flush(net);
	return 0;
}

const struct ref_dev_stats *ref_dev_stats(const struct ref *net, int ifindex)
{
	ref_count_plain((struct ref *)(uintptr_t)net);
	return ifindex > 0 && ifindex <= net->dev_nr ? &net->dev[ifindex - 1].stats : NULL;
}

static bool mac_equal(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, 6) == 0;
}

/* The type behind an 802.3 length field. */
static uint16_t llc_type(const struct sk_buff *skb)
{
	/* Novell's frames have no LLC header but this checksum field. */
	return skb->len >= 2 && skb->data[0] == 0xff && skb->data[1] == 0xff ? ETH_P_802_3
									     : ETH_P_802_2;
}

void eth_type_trans(struct sk_buff *skb, const struct net_device *dev)
{
	const uint8_t *eth = skb->data;
	uint16_t proto = wire_get16(eth + 12);

	skb_pull(skb, ETH_HLEN);
	skb->pkt_type = PACKET_HOST;
	if (__builtin_expect(!mac_equal(eth, dev->dev_addr), 0)) {
		if (!(eth[0] & 1))
			skb->pkt_type = PACKET_OTHERHOST;
		else
			skb->pkt_type = mac_equal(eth, dev->broadcast) ? PACKET_BROADCAST
								       : PACKET_MULTICAST;
	}
	skb->protocol = proto >= ETH_P_802_3_MIN ? proto : llc_type(skb);
}

static bool eth_type_vlan(uint16_t proto)
{
	return proto == ETH_P_8021Q || proto == ETH_P_8021AD;
}

/*
 * No VLAN device here: a frame of some VLAN is not for this host; priority tags (VLAN 0) are
 * taken off. False: the frame is gone. Mirrors: skb_vlan_untag() and check_vlan_id in
 * __netif_receive_skb_core().
 */
static bool vlan_untag(struct sk_buff *skb)
{
	while (eth_type_vlan(skb->protocol)) {
		uint16_t tci, proto;

		if (!pskb_may_pull(skb, VLAN_HLEN + 2)) {
			kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, "skb_vlan_untag");
			return false;
		}
		tci = wire_get16(skb->data);
		proto = wire_get16(skb->data + 2);
		skb_pull(skb, VLAN_HLEN);
		skb->protocol = proto >= ETH_P_802_3_MIN ? proto : llc_type(skb);
		if (tci & VLAN_VID_MASK) {
			REF_SAY(skb->net, "a frame of a VLAN that is not here");
			skb->pkt_type = PACKET_OTHERHOST;
			break;
		}
	}
	return true;
}

/* IPv6 is not modelled: it is off on the wire. Mirrors: ip6_rcv_core(). */
static void ip6_rcv_core(struct sk_buff *skb, struct net_device *dev)
{
	if (skb->pkt_type == PACKET_OTHERHOST) {
		dev->stats.rx_otherhost_dropped++;
		kfree_skb_reason(skb, SKB_DROP_REASON_OTHERHOST);
		return;
	}
	kfree_skb_reason(skb, SKB_DROP_REASON_IPV6DISABLED);
}

/* Mirrors: __netif_receive_skb_core(). */
static void __netif_receive_skb_core(struct sk_buff *skb, struct net_device *dev)
{
	if (__builtin_expect(eth_type_vlan(skb->protocol), 0) && !vlan_untag(skb))
		return;
	skb_reset_network_header(skb);
	switch (skb->protocol) {
	case ETH_P_IP:
		ip_rcv(skb, dev);
		break;
	case ETH_P_ARP:
		arp_rcv(skb, dev);
		break;
	case ETH_P_IPV6:
		ip6_rcv_core(skb, dev);
		break;
	case ETH_P_802_2:
		/* No service access point is open. */
		kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, "llc_rcv");
		break;
	default:
		dev->stats.rx_dropped++;
		kfree_skb_reason(skb, SKB_DROP_REASON_UNHANDLED_PROTO);
		break;
	}
}

void netif_receive_skb(struct sk_buff *skb, struct net_device *dev)
{
	skb->dev = dev;
	if (__builtin_expect(!(dev->flags & REF_LINK_UP) || skb->len < ETH_HLEN, 0)) {
		/* The driver refuses it: shorter frames are not even one. */
		if (skb->len < ETH_HLEN) {
			REF_SAY(skb->net, "shorter than a link header");
			consume_skb(skb);
			return;
		}
		dev->stats.rx_dropped++;
		kfree_skb_at(skb, SKB_DROP_REASON_DEV_READY, "tun_get_user");
		return;
	}
	if (skb->net->wire == REF_WIRE_VETH && skb->len > dev->mtu + ETH_HLEN + VLAN_HLEN) {
		REF_SAY(skb->net, "longer than the MTU allows");
		dev->stats.rx_dropped++;
		consume_skb(skb); /* the drop is its sender's */
		return;
	}
	dev->stats.rx_packets++;
	dev->stats.rx_bytes += skb->len;
	eth_type_trans(skb, dev);
	__netif_receive_skb_core(skb, dev);
}

int netif_rx(struct sk_buff *skb, struct net_device *dev)
{
	struct ref *net = skb->net;

	skb->dev = dev;
	if (net->backlog.qlen >= REF_BACKLOG_MAX) {
		dev->stats.rx_dropped++;
		kfree_skb_at(skb, SKB_DROP_REASON_CPU_BACKLOG, "enqueue_to_backlog");
		return -ENOBUFS;
	}
	skb = skb_keep(skb);
	if (!skb)
		return -ENOMEM;
	__skb_queue_tail(&net->backlog, skb);
	return 0;
}

void process_backlog(struct ref *net)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&net->backlog)))
		__netif_receive_skb_core(skb_unkeep(skb), skb->dev);
}

/* The packet comes back as it went; counted without a link header. Mirrors: loopback_xmit(). */
static void loopback_xmit(struct sk_buff *skb, struct net_device *dev)
{
	size_t len = skb->len;

	skb->sk = NULL;
	skb->pkt_type = PACKET_HOST;
	if (netif_rx(skb, dev) < 0)
		return;
	dev->stats.tx_packets++;
	dev->stats.tx_bytes += len;
	dev->stats.rx_packets++;
	dev->stats.rx_bytes += len;
}

/* Room for the link header before data: skb, or a copy in its place, or NULL: no memory. */
static struct sk_buff *link_headroom(struct sk_buff *skb)
{
	struct sk_buff *copy;

	if (!skb->borrowed && (size_t)(skb->data - skb->head) >= ETH_HLEN)
		return skb;
	copy = alloc_skb(skb->net, LL_RESERVED_SPACE, skb->len);
	if (copy) {
		memcpy(copy->data, skb->data, skb->len);
		copy->dev = skb->dev;
		copy->protocol = skb->protocol;
	}
	consume_skb(skb);
	return copy;
}

int dev_queue_xmit(struct sk_buff *skb, const uint8_t dest[6])
{
	struct net_device *dev = skb->dev;
	uint8_t *eth;

	if (dev_is_loopback(dev)) {
		loopback_xmit(skb, dev);
		return 0;
	}
	if (dev->tunnel)
		return ref_tunnel_xmit(skb, dev, dest);
	if (unlikely(skb->gso_size))
		return udp_gso_xmit(skb, dest);
	skb = link_headroom(skb);
	if (!skb)
		return -ENOMEM;
	eth = skb->data - ETH_HLEN;
	memcpy(eth, dest, 6);
	memcpy(eth + 6, dev->dev_addr, 6);
	wire_put16(eth + 12, skb->protocol);
	dev->stats.tx_packets++;
	dev->stats.tx_bytes += skb->len + ETH_HLEN;
	if (dev->kind == REF_LINK_WIRE)
		obs_emit(skb->net, dev->ifindex, eth, skb->len + ETH_HLEN);
	consume_skb(skb);
	return 0;
}

static int dev_init(struct ref *net)
{
	static const struct ref_link lo = { .name = "lo", .kind = REF_LINK_LO, .mtu = LO_MTU };
	static const struct ref_addr addr = {
		.local = 0x7f000001u,
		.plen = 8,
		.scope = RT_SCOPE_HOST,
	};

	return ref_addr_add(net, dev_register(net, &lo)->ifindex, &addr);
}

static void dev_reset(struct ref *net)
{
	net->backlog = (struct sk_buff_head){ 0 };
	ref_count_plain(net);
	for (int i = 0; i < net->dev_nr; i++) {
		struct net_device *dev = &net->dev[i];

		dev->stats = (struct ref_dev_stats){ 0 };
		if (dev->tunnel && dev->tunnel->reset)
			dev->tunnel->reset(dev);
	}
	neigh_flush(net, NULL);
}

static void dev_done(struct ref *net)
{
	for (int i = 0; i < net->dev_nr; i++)
		free(net->dev[i].priv);
}

const struct ref_part ref_part_dev = {
	.name = "dev",
	.init = dev_init,
	.reset = dev_reset,
	.done = dev_done,
};
