/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Addresses of devices, and the routes that come and go with them.
 * Mirrors: net/ipv4/devinet.c, fib_add_ifaddr() of net/ipv4/fib_frontend.c.
 */
#include <errno.h>
#include <string.h>

#include "ref/fib.h"
#include "ref/ip.h"
#include "ref/net.h"

#define IPV4_MIN_MTU 68

static struct in_ifaddr **ifa_bucket(const struct ref *net, uint32_t addr)
{
	const struct netns_fib *fib = &net->fib;
	uint32_t h = addr * 0x9e3779b1u >> (32 - IFA_HASH_BITS);

	return (struct in_ifaddr **)(uintptr_t)&fib->ifa_hash[h];
}

const struct in_ifaddr *inet_lookup_ifaddr(const struct ref *net, uint32_t addr)
{
	const struct in_ifaddr *ifa = *ifa_bucket(net, addr);

	while (ifa && ifa->local != addr)
		ifa = ifa->hash_next;
	return ifa;
}

bool inet_dev_has_addr(const struct ref *net, const struct net_device *dev)
{
	(void)net;
	return dev->ifa_list != NULL;
}

struct net_device *ip_dev_find(const struct ref *net, uint32_t addr)
{
	const struct in_ifaddr *ifa = inet_lookup_ifaddr(net, addr);
	struct flowi4 fl4 = { .daddr = addr };
	struct fib_result res;

	if (ifa)
		return ifa->dev;
	/* Not an address, but within one of lo: 127.0.0.2. */
	if (fib_table_lookup(net, RT_TABLE_LOCAL, &fl4, &res) == 0 && res.type == REF_RTN_LOCAL)
		return res.nh->dev;
	return NULL;
}

bool inet_addr_onlink(const struct net_device *dev, uint32_t a, uint32_t b)
{
	for (const struct in_ifaddr *ifa = dev->ifa_list; ifa; ifa = ifa->next)
		if (inet_ifa_match(a, ifa) && (!b || inet_ifa_match(b, ifa)))
			return true;
	return false;
}

/* A host address counts as one of the link where route_localnet is on. */
static uint8_t ifa_scope(const struct net_device *dev, const struct in_ifaddr *ifa)
{
	uint8_t most = IN_DEV_ORCONF(dev, ROUTE_LOCALNET) ? RT_SCOPE_LINK : RT_SCOPE_HOST;

	return ifa->scope < most ? ifa->scope : most;
}

static uint32_t in_dev_select_addr(const struct net_device *dev, uint8_t scope)
{
	for (const struct in_ifaddr *ifa = dev->ifa_list; ifa; ifa = ifa->next)
		if (!ifa->secondary && ifa->scope != RT_SCOPE_LINK && ifa->scope <= scope)
			return ifa->local;
	return 0;
}

uint32_t inet_select_addr(const struct ref *net, const struct net_device *dev, uint32_t dst,
			  uint8_t scope)
{
	uint32_t addr = 0;

	for (const struct in_ifaddr *ifa = dev->ifa_list; ifa; ifa = ifa->next) {
		if (ifa->secondary || ifa_scope(dev, ifa) > scope)
			continue;
		if (!dst || inet_ifa_match(dst, ifa))
			return ifa->local;
		if (!addr)
			addr = ifa->local;
	}
	/* None here: any other device's, lo first. */
	for (int i = 0; !addr && i < net->dev_nr; i++)
		addr = in_dev_select_addr(&net->dev[i], scope);
	return addr;
}

/* Mirrors: confirm_addr_indev(). */
static uint32_t confirm_addr_indev(const struct net_device *dev, uint32_t dst, uint32_t local,
				   uint8_t scope)
{
	uint32_t addr = 0;
	bool same = false;

	for (const struct in_ifaddr *ifa = dev->ifa_list; ifa; ifa = ifa->next) {
		bool fits = ifa_scope(dev, ifa) <= scope;

		if (!addr && (local == ifa->local || !local) && fits) {
			addr = ifa->local;
			if (same)
				break;
		}
		if (same)
			continue;
		same = (!local || inet_ifa_match(local, ifa)) && (!dst || inet_ifa_match(dst, ifa));
		if (!same || !addr)
			continue;
		if (local || !dst || inet_ifa_match(addr, ifa))
			break;
		if (fits) {
			addr = ifa->local;
			break;
		}
		same = false;
	}
	return same ? addr : 0;
}

uint32_t inet_confirm_addr(const struct ref *net, const struct net_device *dev, uint32_t dst,
			   uint32_t local, uint8_t scope)
{
	uint32_t addr = 0;

	if (dev)
		return confirm_addr_indev(dev, dst, local, scope);
	for (int i = 0; !addr && i < net->dev_nr; i++)
		addr = confirm_addr_indev(&net->dev[i], dst, local, scope);
	return addr;
}

/* The primary address of a prefix. Mirrors: inet_ifa_byprefix(). */
static const struct in_ifaddr *inet_ifa_byprefix(const struct net_device *dev, uint32_t prefix,
						 uint32_t mask)
{
	for (const struct in_ifaddr *ifa = dev->ifa_list; ifa; ifa = ifa->next)
		if (ifa->mask == mask && inet_ifa_match(prefix, ifa))
			return ifa;
	return NULL;
}

/* A route of the kernel's own; one that is there already is no error. Mirrors: fib_magic(). */
static void fib_magic(const struct in_ifaddr *prim, uint8_t type, uint32_t dst, uint8_t plen)
{
	struct fib_config cfg = {
		.dst = dst,
		.plen = plen,
		.type = type,
		.table = type == REF_RTN_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL,
		.scope = type == REF_RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK,
		.prefsrc = prim->local,
		.append = true,
		.nh_nr = 1,
		.nh = { { .oif = prim->dev->ifindex } },
	};

	(void)fib_table_insert(prim->dev->net, &cfg);
}

/* Mirrors: fib_add_ifaddr(). */
static void fib_add_ifaddr(const struct in_ifaddr *ifa)
{
	const struct net_device *dev = ifa->dev;
	const struct in_ifaddr *prim = ifa;
	uint32_t prefix = ifa->address & ifa->mask;

	if (ifa->secondary)
		prim = inet_ifa_byprefix(dev, prefix, ifa->mask);
	fib_magic(prim, REF_RTN_LOCAL, ifa->local, 32);
	if (!(dev->flags & REF_LINK_UP))
		return;
	if (ifa->broadcast && ifa->broadcast != 0xffffffffu)
		fib_magic(prim, REF_RTN_BROADCAST, ifa->broadcast, 32);
	if (ipv4_is_zeronet(prefix) || ifa->secondary ||
	    (prefix == ifa->local && ifa->prefixlen == 32))
		return;
	if (!ifa->noprefixroute)
		fib_magic(prim, dev_is_loopback(dev) ? REF_RTN_LOCAL : REF_RTN_UNICAST, prefix,
			  ifa->prefixlen);
	if (ifa->prefixlen < 31)
		fib_magic(prim, REF_RTN_BROADCAST, prefix | ~ifa->mask, 32);
}

static struct in_ifaddr *ifa_slot(struct ref *net)
{
	for (size_t i = 0; i < REF_IFADDR_MAX; i++)
		if (!net->fib.ifa[i].dev)
			return &net->fib.ifa[i];
	return NULL;
}

/* Where ifa goes in its device's list, and whether it is secondary. Mirrors: __inet_insert_ifa().
 */
static int ifa_place(struct net_device *dev, struct in_ifaddr *ifa, struct in_ifaddr ***ret_link)
{
	struct in_ifaddr **link = &dev->ifa_list, **last_primary = link;

	for (; *link; link = &(*link)->next) {
		struct in_ifaddr *other = *link;

		if (!other->secondary && ifa->scope <= other->scope)
			last_primary = &other->next;
		if (other->mask != ifa->mask || !inet_ifa_match(other->address, ifa))
			continue;
		if (other->local == ifa->local)
			return -EEXIST;
		if (other->scope != ifa->scope)
			return -EINVAL;
		ifa->secondary = true;
	}
	*ret_link = ifa->secondary ? link : last_primary;
	return 0;
}

int ref_addr_add(struct ref *net, int ifindex, const struct ref_addr *addr)
{
	struct net_device *dev = dev_get_by_index(net, ifindex);
	struct in_ifaddr ifa, *slot, **link, **bucket;
	int err;

	if (addr->plen > 32)
		return -EINVAL;
	if (!dev)
		return -ENODEV;
	if (!dev->in_dev)
		return -ENOBUFS;
	dev->conf_state = ~0u;
	/* 0.0.0.0 is silently not an address. */
	if (!addr->local)
		return 0;
	ifa = (struct in_ifaddr){
		.dev = dev,
		.local = addr->local,
		.address = addr->peer ? addr->peer : addr->local,
		.mask = inet_make_mask(addr->plen),
		.broadcast = addr->has_brd ? addr->brd : 0,
		.prefixlen = addr->plen,
		.scope = addr->scope,
		.noprefixroute = addr->noprefixroute,
	};
	err = ifa_place(dev, &ifa, &link);
	if (err)
		return err;
	slot = ifa_slot(net);
	if (!slot)
		return -ENOBUFS;
	bucket = ifa_bucket(net, ifa.local);
	ifa.next = *link;
	ifa.hash_next = *bucket;
	*slot = ifa;
	*link = slot;
	*bucket = slot;
	fib_add_ifaddr(slot);
	fib_sync_up(net, dev);
	return 0;
}

void inetdev_init(struct net_device *dev)
{
	memcpy(dev->conf, dev->net->conf_default, sizeof(dev->conf));
	dev->conf_state = 0;
	dev->in_dev = true;
}

void inetdev_up(struct net_device *dev)
{
	if (!dev->in_dev)
		return;
	for (const struct in_ifaddr *ifa = dev->ifa_list; ifa; ifa = ifa->next)
		fib_add_ifaddr(ifa);
	fib_sync_up(dev->net, dev);
}

void inetdev_down(struct net_device *dev)
{
	fib_disable_ip(dev->net, dev, false);
}

/* IPv4 leaves the device, with its addresses and all routes over it. Mirrors: inetdev_destroy(). */
static void inetdev_destroy(struct net_device *dev)
{
	struct ref *net = dev->net;
	struct in_ifaddr *ifa = dev->ifa_list;

	dev->ifa_list = NULL;
	dev->in_dev = false;
	fib_disable_ip(net, dev, true);
	while (ifa) {
		struct in_ifaddr *next = ifa->next, **link = ifa_bucket(net, ifa->local);

		while (*link != ifa)
			link = &(*link)->hash_next;
		*link = ifa->hash_next;
		ifa->dev = NULL;
		if (inet_addr_type(net, ifa->local) != REF_RTN_LOCAL)
			fib_sync_down_addr(net, ifa->local);
		ifa = next;
	}
}

void inetdev_changemtu(struct net_device *dev, uint32_t old_mtu)
{
	bool valid = dev->mtu >= IPV4_MIN_MTU;

	if (dev->in_dev && !valid)
		inetdev_destroy(dev);
	else if (!dev->in_dev && valid)
		inetdev_init(dev);
	fib_sync_mtu(dev->net, dev, old_mtu);
}
