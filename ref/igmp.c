/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Multicast groups: what sockets joined, with their source filters, and what the devices take as
 * the sum of it. Mirrors: net/ipv4/igmp.c.
 *
 * Left out: what this host itself says by IGMP (reports, leaves and their random timers), so a
 * query is only judged, not answered. 224.0.0.1 is on every device without being listed.
 */
#include "ref/igmp.h"

#include <errno.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/wire/csum.h"

#define IGMP_HLEN		      8
#define IGMP_HOST_MEMBERSHIP_QUERY    0x11
#define IGMP_HOST_MEMBERSHIP_REPORT   0x12
#define IGMPV2_HOST_MEMBERSHIP_REPORT 0x16
#define IGMPV3_QUERY_LEN	      12

/* ---- reception ---- */

/* Seconds of an IGMPv3 code: a small float from 128 on. Mirrors: IGMPV3_QQIC(). */
static uint32_t igmpv3_exp(uint8_t code)
{
	return code < 128 ? code : (uint32_t)((code & 15) | 16) << ((code >> 4 & 7) + 3);
}

/* For how long an old querier counts from now on. Mirrors: mr_v1_seen, mr_v2_seen. */
static uint64_t igmp_old_ns(const struct igmp_querier *q)
{
	uint64_t interval_s = q->interval_s ? q->interval_s : 125;

	return ((q->robustness ? q->robustness : 2) * interval_s +
		(q->response_s ? q->response_s : 10)) *
	       1000000000u;
}

/* True: bogus. While an old querier is about, queries of version 3 are not looked into. */
static bool igmpv3_heard_query(struct igmp_querier *q, const uint8_t *ih, size_t len)
{
	uint16_t nsrcs = wire_get16(ih + 10);

	if (len < IGMPV3_QUERY_LEN + (size_t)nsrcs * 4)
		return true;
	q->robustness = ih[8] & 7;
	q->interval_s = igmpv3_exp(ih[9]);
	if (q->interval_s && (q->response_s ? q->response_s : 10) >= q->interval_s)
		q->response_s = q->interval_s - 1;
	return wire_get32(ih + 4) == 0 && nsrcs;
}

/* True: the query is bogus. Mirrors: igmp_heard_query(). */
static bool igmp_heard_query(const struct sk_buff *skb)
{
	struct ref *net = skb->net;
	struct igmp_querier *q = &net->igmp.querier[skb->dev->ifindex - 1];

	if (skb->len == IGMP_HLEN) {
		q->old_until_ns = net->now_ns + igmp_old_ns(q);
		return false;
	}
	if (skb->len < IGMPV3_QUERY_LEN) {
		REF_SAY(net, "a query of no version");
		return true;
	}
	if (net->now_ns < q->old_until_ns)
		return false;
	return igmpv3_heard_query(q, skb->data, skb->len);
}

int igmp_rcv(struct sk_buff *skb)
{
	const uint8_t *ih = skb->data;
	bool dropped = false;

	if (skb->len < IGMP_HLEN) {
		REF_SAY(skb->net, "too short");
		dropped = true;
	} else if (csum_fold(csum_partial(ih, skb->len, 0))) {
		REF_SAY(skb->net, "checksum wrong");
		dropped = true;
	} else if (ih[0] == IGMP_HOST_MEMBERSHIP_QUERY) {
		dropped = igmp_heard_query(skb);
	} else if (ih[0] == IGMP_HOST_MEMBERSHIP_REPORT || ih[0] == IGMPV2_HOST_MEMBERSHIP_REPORT) {
		/* Used up only when a router would hear it, or when it is our own. */
		dropped = skb->rt.rt_is_input && skb->pkt_type != PACKET_MULTICAST &&
			  skb->pkt_type != PACKET_BROADCAST;
	} else {
		dropped = true;
	}
	if (dropped)
		kfree_skb(skb);
	else
		consume_skb(skb);
	return 0;
}

/* ---- devices ---- */

static struct ip_mc_list *ip_mc_find(const struct net_device *dev, uint32_t multiaddr)
{
	struct ip_mc_list *im = dev->mc_list;

	while (im && im->multiaddr != multiaddr)
		im = im->next;
	return im;
}

static struct ip_sf_list *ip_mc_find_src(struct ip_mc_list *im, uint32_t addr)
{
	for (uint32_t i = 0; i < im->src_nr; i++)
		if (im->src[i].addr == addr)
			return &im->src[i];
	return NULL;
}

bool ip_check_mc_rcu(const struct net_device *dev, uint32_t mc_addr, uint32_t src_addr,
		     uint8_t proto)
{
	const struct ip_sf_list *psf;
	struct ip_mc_list *im;

	if (mc_addr == IGMP_ALL_HOSTS)
		return (dev->flags & REF_LINK_UP) != 0;
	im = ip_mc_find(dev, mc_addr);
	if (!im)
		return false;
	if (proto == IPPROTO_IGMP || !src_addr)
		return true;
	psf = ip_mc_find_src(im, src_addr);
	if (!psf)
		return im->sfcount[REF_MCAST_EXCLUDE] != 0;
	return psf->count[REF_MCAST_INCLUDE] ||
	       psf->count[REF_MCAST_EXCLUDE] != im->sfcount[REF_MCAST_EXCLUDE];
}

static void ip_mc_del_src(struct ip_mc_list *im, uint8_t mode, uint32_t nr, const uint32_t *src,
			  bool delta)
{
	if (!im)
		return;
	if (!delta && im->sfcount[mode])
		im->sfcount[mode]--;
	for (uint32_t i = 0; i < nr; i++) {
		struct ip_sf_list *psf = ip_mc_find_src(im, src[i]);

		if (!psf || !psf->count[mode])
			continue;
		psf->count[mode]--;
		if (!psf->count[0] && !psf->count[1])
			*psf = im->src[--im->src_nr];
	}
}

static int ip_mc_add_src(struct ip_mc_list *im, uint8_t mode, uint32_t nr, const uint32_t *src,
			 bool delta)
{
	if (!delta)
		im->sfcount[mode]++;
	for (uint32_t i = 0; i < nr; i++) {
		struct ip_sf_list *psf = ip_mc_find_src(im, src[i]);

		if (!psf) {
			if (im->src_nr == REF_MC_DEV_SRC_MAX) {
				ip_mc_del_src(im, mode, i, src, delta);
				return -ENOBUFS;
			}
			psf = &im->src[im->src_nr++];
			*psf = (struct ip_sf_list){ .addr = src[i] };
		}
		psf->count[mode]++;
	}
	return 0;
}

/* One more member on the device. Mirrors: ____ip_mc_inc_group(). */
static int ip_mc_inc_group(struct net_device *dev, uint32_t addr, uint8_t mode)
{
	struct netns_igmp *ni = &dev->net->igmp;
	struct ip_mc_list *im = ip_mc_find(dev, addr);

	if (!im) {
		im = ni->list_free;
		if (!im)
			return -ENOBUFS;
		ni->list_free = im->next;
		*im = (struct ip_mc_list){ .next = dev->mc_list, .multiaddr = addr };
		dev->mc_list = im;
	}
	im->users++;
	return ip_mc_add_src(im, mode, 0, NULL, false);
}

static void ip_mc_dec_group(struct net_device *dev, uint32_t addr)
{
	struct netns_igmp *ni = &dev->net->igmp;

	for (struct ip_mc_list **p = &dev->mc_list; *p; p = &(*p)->next) {
		struct ip_mc_list *im = *p;

		if (im->multiaddr != addr)
			continue;
		if (--im->users)
			return;
		*p = im->next;
		im->next = ni->list_free;
		ni->list_free = im;
		return;
	}
}

/* The device of a membership: by index, by address, or the way to the group. */
static struct net_device *ip_mc_find_dev(struct ref *net, struct ip_mreqn *imr)
{
	struct net_device *dev = NULL;

	if (imr->ifindex) {
		dev = dev_get_by_index(net, imr->ifindex);
		return dev && dev->in_dev ? dev : NULL;
	}
	if (imr->address) {
		dev = ip_dev_find(net, imr->address);
		if (!dev)
			return NULL;
	} else {
		struct flowi4 fl4 = { .daddr = imr->multiaddr };
		struct rtable rt = { 0 };

		if (ip_route_output_flow(net, &fl4, &rt) == 0)
			dev = rt.dev;
	}
	if (!dev)
		return NULL;
	imr->ifindex = dev->ifindex;
	return dev->in_dev ? dev : NULL;
}

/* ---- sockets ---- */

static struct ip_mc_socklist *ip_mc_sock_find(const struct sock *sk, uint32_t addr, int ifindex)
{
	struct ip_mc_socklist *iml = sk->mc_list;

	while (iml && (iml->multiaddr != addr || iml->ifindex != ifindex))
		iml = iml->next;
	return iml;
}

int ip_mc_join_group(struct sock *sk, struct ip_mreqn *imr, uint8_t mode)
{
	struct ref *net = sk->sk_net;
	struct netns_igmp *ni = &net->igmp;
	struct ip_mc_socklist *iml;
	struct net_device *dev;
	int count = 0;

	if (!ipv4_is_multicast(imr->multiaddr))
		return -EINVAL;
	dev = ip_mc_find_dev(net, imr);
	if (!dev)
		return -ENODEV;
	for (iml = sk->mc_list; iml; iml = iml->next, count++)
		if (iml->multiaddr == imr->multiaddr && iml->ifindex == imr->ifindex)
			return -EADDRINUSE;
	iml = ni->socklist_free;
	if (count >= net->sysctl[SYSCTL_IGMP_MAX_MEMBERSHIPS] || !iml)
		return -ENOBUFS;
	if (ip_mc_inc_group(dev, imr->multiaddr, mode))
		return -ENOBUFS;
	ni->socklist_free = iml->next;
	*iml = (struct ip_mc_socklist){
		.next = sk->mc_list,
		.multiaddr = imr->multiaddr,
		.address = imr->address,
		.ifindex = imr->ifindex,
		.sfmode = mode,
	};
	sk->mc_list = iml;
	return 0;
}

/* The membership ends; dev NULL: the device is gone. */
static void ip_mc_sock_drop(struct sock *sk, struct ip_mc_socklist **p, struct net_device *dev)
{
	struct netns_igmp *ni = &sk->sk_net->igmp;
	struct ip_mc_socklist *iml = *p;

	if (dev) {
		ip_mc_del_src(ip_mc_find(dev, iml->multiaddr), iml->sfmode, iml->sl_count,
			      iml->sl_addr, false);
		ip_mc_dec_group(dev, iml->multiaddr);
	}
	*p = iml->next;
	iml->next = ni->socklist_free;
	ni->socklist_free = iml;
}

int ip_mc_leave_group(struct sock *sk, struct ip_mreqn *imr)
{
	struct net_device *dev = ip_mc_find_dev(sk->sk_net, imr);

	if (!imr->ifindex && !imr->address && !dev)
		return -ENODEV;
	for (struct ip_mc_socklist **p = &sk->mc_list; *p; p = &(*p)->next) {
		const struct ip_mc_socklist *iml = *p;

		if (iml->multiaddr != imr->multiaddr)
			continue;
		if (imr->ifindex ? iml->ifindex != imr->ifindex
				 : imr->address && iml->address != imr->address)
			continue;
		ip_mc_sock_drop(sk, p, dev);
		return 0;
	}
	return -EADDRNOTAVAIL;
}

void ip_mc_drop_socket(struct sock *sk)
{
	while (sk->mc_list)
		ip_mc_sock_drop(sk, &sk->mc_list,
				dev_get_by_index(sk->sk_net, sk->mc_list->ifindex));
}

static int ip_mc_source_del(struct sock *sk, struct ip_mc_socklist *iml, struct net_device *dev,
			    struct ip_mreqn *imr, uint32_t source)
{
	uint32_t i = 0;

	while (i < iml->sl_count && iml->sl_addr[i] != source)
		i++;
	if (i == iml->sl_count)
		return -EADDRNOTAVAIL;
	/* Including nothing is leaving. */
	if (iml->sl_count == 1 && iml->sfmode == REF_MCAST_INCLUDE)
		return ip_mc_leave_group(sk, imr);
	ip_mc_del_src(ip_mc_find(dev, iml->multiaddr), iml->sfmode, 1, &source, true);
	iml->sl_count--;
	memmove(&iml->sl_addr[i], &iml->sl_addr[i + 1],
		(iml->sl_count - i) * sizeof(iml->sl_addr[0]));
	return 0;
}

int ip_mc_source(bool add, uint8_t omode, struct sock *sk, struct ip_mreqn *imr, uint32_t source)
{
	struct ref *net = sk->sk_net;
	struct ip_mc_socklist *iml;
	struct ip_mc_list *im;
	struct net_device *dev;

	if (!ipv4_is_multicast(imr->multiaddr))
		return -EINVAL;
	dev = ip_mc_find_dev(net, imr);
	if (!dev)
		return -ENODEV;
	iml = ip_mc_sock_find(sk, imr->multiaddr, imr->ifindex);
	if (!iml || (iml->filtered && iml->sfmode != omode))
		return -EINVAL;
	im = ip_mc_find(dev, iml->multiaddr);
	if (iml->sfmode != omode) {
		ip_mc_add_src(im, omode, 0, NULL, false);
		ip_mc_del_src(im, iml->sfmode, 0, NULL, false);
		iml->sfmode = omode;
	}
	if (!add)
		return ip_mc_source_del(sk, iml, dev, imr, source);
	if (iml->filtered && iml->sl_count >= (uint32_t)net->sysctl[SYSCTL_IGMP_MAX_MSF])
		return -ENOBUFS;
	iml->filtered = true;
	for (uint32_t i = 0; i < iml->sl_count; i++)
		if (iml->sl_addr[i] == source)
			return -EADDRNOTAVAIL;
	if (iml->sl_count == REF_MC_SRC_MAX || ip_mc_add_src(im, omode, 1, &source, true))
		return -ENOBUFS;
	iml->sl_addr[iml->sl_count++] = source;
	return 0;
}

int ip_mc_msfilter(struct sock *sk, struct ip_mreqn *imr, uint8_t fmode, uint32_t numsrc,
		   const uint32_t *slist)
{
	struct ip_mc_socklist *iml;
	struct ip_mc_list *im;
	struct net_device *dev;

	if (!ipv4_is_multicast(imr->multiaddr))
		return -EINVAL;
	dev = ip_mc_find_dev(sk->sk_net, imr);
	if (!dev)
		return -ENODEV;
	if (fmode == REF_MCAST_INCLUDE && numsrc == 0)
		return ip_mc_leave_group(sk, imr);
	iml = ip_mc_sock_find(sk, imr->multiaddr, imr->ifindex);
	if (!iml)
		return -EINVAL;
	im = ip_mc_find(dev, iml->multiaddr);
	if (numsrc > REF_MC_SRC_MAX || ip_mc_add_src(im, fmode, numsrc, slist, false))
		return -ENOBUFS;
	ip_mc_del_src(im, iml->sfmode, iml->sl_count, iml->sl_addr, false);
	if (numsrc)
		memcpy(iml->sl_addr, slist, numsrc * sizeof(*slist));
	iml->sl_count = numsrc;
	iml->filtered = numsrc != 0;
	iml->sfmode = fmode;
	return 0;
}

int ip_mc_msfget(struct sock *sk, struct ip_mreqn *imr, bool find_dev,
		 const struct ip_mc_socklist **ret_iml)
{
	const struct ip_mc_socklist *iml;

	if (!ipv4_is_multicast(imr->multiaddr))
		return -EINVAL;
	if (find_dev && !ip_mc_find_dev(sk->sk_net, imr))
		return -ENODEV;
	iml = ip_mc_sock_find(sk, imr->multiaddr, imr->ifindex);
	if (!iml)
		return -EADDRNOTAVAIL;
	*ret_iml = iml;
	return 0;
}

bool __ip_mc_sf_allow(const struct sock *sk, uint32_t loc_addr, uint32_t rmt_addr, int dif)
{
	const struct ip_mc_socklist *iml = ip_mc_sock_find(sk, loc_addr, dif);
	uint32_t i = 0;

	if (!iml)
		return (sk->inet_flags & INET_FLAGS_MC_ALL) != 0;
	while (i < iml->sl_count && iml->sl_addr[i] != rmt_addr)
		i++;
	return (i < iml->sl_count) == (iml->sfmode == REF_MCAST_INCLUDE);
}

/* ---- the part ---- */

static int igmp_init(struct ref *net)
{
	struct netns_igmp *ni = &net->igmp;

	for (size_t i = 0; i < REF_MC_MAX; i++) {
		ni->list[i].next = ni->list_free;
		ni->list_free = &ni->list[i];
		ni->socklist[i].next = ni->socklist_free;
		ni->socklist_free = &ni->socklist[i];
	}
	return 0;
}

static void igmp_reset(struct ref *net)
{
	memset(net->igmp.querier, 0, sizeof(net->igmp.querier));
}

const struct ref_part ref_part_igmp = { .name = "igmp", .init = igmp_init, .reset = igmp_reset };
