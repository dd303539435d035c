/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A network device with its IPv4 configuration. Mirrors: struct net_device, struct in_device. */
#ifndef REF_NETDEVICE_H
#define REF_NETDEVICE_H

#include "ref/limits.h"
#include "ref/ref.h"
#include "ref/sysctl.h"

#define ETH_HLEN 14
#define VLAN_HLEN 4
#define VLAN_VID_MASK 0x0fff
#define ETH_P_802_3 0x0001
#define ETH_P_802_2 0x0004
#define ETH_P_ARP 0x0806
#define ETH_P_TEB 0x6558	/* an Ethernet frame */
#define ETH_P_8021Q 0x8100
#define ETH_P_IPV6 0x86dd
#define ETH_P_8021AD 0x88a8
#define LL_RESERVED_SPACE 16	/* room kept before the IP header for the link header */

struct ref_tunnel_ops;	/* tunnel.h */
struct in_ifaddr;	/* fib.h */
struct sk_buff;
struct ip_mc_list;	/* igmp.h */

struct net_device {
	char name[REF_IFNAMSIZ];
	struct ref *net;
	int ifindex;			/* 0: slot unused */
	enum ref_link_kind kind;
	const struct ref_tunnel_ops *tunnel; /* REF_LINK_TUNNEL: its kind */
	void *priv;			/* ... and its own part; owned by the device */
	uint32_t flags;			/* REF_LINK_* */
	uint32_t mtu;
	uint8_t dev_addr[6];
	uint8_t broadcast[6];
	bool in_dev;			/* has IPv4 state: an MTU below 68 removes it */
	int32_t conf[DEVCONF_NR];	/* this device's values of conf/DEV */
	uint32_t conf_state;		/* bit n: conf[n] no longer follows conf/default */
	struct in_ifaddr *ifa_list;	/* devinet.c */
	struct ip_mc_list *mc_list;	/* IPv4 groups joined on this device */
	struct ref_dev_stats stats;
	/* ip_fast.c: frames and octets received that are not counted yet; ref_count_plain(). */
	uint64_t plain_nr[4]; /* by ECN */
	uint64_t plain_octets;
};

/* ARPHRD_LOOPBACK and the like are not kept: kind says it. */
static inline bool dev_is_loopback(const struct net_device *dev)
{
	return dev->kind == REF_LINK_LO;
}

struct net_device *dev_get_by_index(struct ref *net, int ifindex);	/* NULL: none */
struct net_device *dev_get_by_name(struct ref *net, const char *name);

/* A new device, down; the name and the number of devices are the caller's to check. */
struct net_device *dev_register(struct ref *net, const struct ref_link *link);
/* -EINVAL, -EEXIST or -ENOSPC: there can be no device of this name. */
int dev_check_name(struct ref *net, const char *name);
/* Undo the latest dev_register(). */
void dev_unregister_last(struct ref *net);
/* Whom the frame is for, and what is in it; data moves behind the link header. */
void eth_type_trans(struct sk_buff *skb, const struct net_device *dev);
/*
 * A frame arrived: link header, packet type, then the protocol. Takes skb.
 * Mirrors: eth_type_trans(), __netif_receive_skb_core().
 */
void netif_receive_skb(struct sk_buff *skb, struct net_device *dev);
/*
 * Send a packet whose data is at the IP header to skb->dev: finds the neighbour, or asks for it
 * and lets the packet wait. Takes skb. 0 or a negative errno. Mirrors: neigh_output().
 */
int neigh_output(struct sk_buff *skb, uint32_t nexthop);
/*
 * A packet with its neighbour found: link header (skb->protocol says what is in it), statistics,
 * and out; on lo it comes back. Takes skb. 0 or -errno. Mirrors: dev_queue_xmit().
 */
int dev_queue_xmit(struct sk_buff *skb, const uint8_t dest[6]);
/* Queue for reception after the current packet, as the softirq does. Mirrors: netif_rx(). */
int netif_rx(struct sk_buff *skb, struct net_device *dev);
/* Run what netif_rx() queued; called at the end of each step and call. */
void process_backlog(struct ref *net);

/* conf/all and conf/DEV joined as each key is. Mirrors: include/linux/inetdevice.h. */
#define IN_DEV_CONF(dev, attr) ((dev)->conf[DEVCONF_##attr])
#define IN_DEV_ORCONF(dev, attr) \
	((dev)->net->conf_all[DEVCONF_##attr] || (dev)->conf[DEVCONF_##attr])
#define IN_DEV_ANDCONF(dev, attr) \
	((dev)->net->conf_all[DEVCONF_##attr] && (dev)->conf[DEVCONF_##attr])
#define IN_DEV_MAXCONF(dev, attr) \
	((dev)->net->conf_all[DEVCONF_##attr] > (dev)->conf[DEVCONF_##attr] ? \
	 (dev)->net->conf_all[DEVCONF_##attr] : (dev)->conf[DEVCONF_##attr])

#endif
