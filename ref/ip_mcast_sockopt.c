/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * SOL_IP options on multicast groups: their structures in and out; the rules are igmp.c's.
 * Mirrors: the group options of do_ip_setsockopt() and do_ip_getsockopt().
 */
#include <errno.h>
#include <string.h>

#include "ref/igmp.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/wire/cur.h"

/* net.core.optmem_max: no option is longer. */
#define OPTMEM_MAX 131072

/* struct ip_mreqn, or ip_mreq without its end; what is not given is 0. */
static struct ip_mreqn mreqn_get(const void *val, size_t len)
{
	struct ref_ip_mreqn m = { .ifindex = 0 };

	memcpy(&m, val, len < sizeof(m) ? 8 : sizeof(m));
	return (struct ip_mreqn){ wire_get32(m.multiaddr), wire_get32(m.address), m.ifindex };
}

static int mcast_if_set(struct sock *sk, const void *val, size_t len)
{
	struct ip_mreqn m = { 0 };
	const struct net_device *dev;

	if (len < 4)
		return -EINVAL;
	if (len < 8)
		m.address = wire_get32(val);
	else
		m = mreqn_get(val, len);
	if (m.ifindex) {
		dev = dev_get_by_index(sk->sk_net, m.ifindex);
	} else if (!m.address) {
		sk->mc_index = 0;
		sk->mc_addr = 0;
		return 0;
	} else {
		dev = ip_dev_find(sk->sk_net, m.address);
	}
	if (!dev)
		return -EADDRNOTAVAIL;
	if (sk->sk_bound_dev_if && dev->ifindex != sk->sk_bound_dev_if)
		return -EINVAL;
	sk->mc_index = dev->ifindex;
	sk->mc_addr = m.address;
	return 0;
}

static int membership_set(struct sock *sk, int name, const void *val, size_t len)
{
	struct ip_mreqn m;

	if (len < 8)
		return -EINVAL;
	m = mreqn_get(val, len);
	return name == REF_IP_ADD_MEMBERSHIP ? ip_mc_join_group(sk, &m, REF_MCAST_EXCLUDE)
					     : ip_mc_leave_group(sk, &m);
}

enum source_op { SOURCE_BLOCK, SOURCE_UNBLOCK, SOURCE_JOIN, SOURCE_LEAVE };

/* A source joins its group by itself; to be a member already is no fault then. */
static int source_set(struct sock *sk, enum source_op op, struct ip_mreqn *m, uint32_t source)
{
	bool add = op == SOURCE_BLOCK || op == SOURCE_JOIN;
	uint8_t mode =
		op == SOURCE_JOIN || op == SOURCE_LEAVE ? REF_MCAST_INCLUDE : REF_MCAST_EXCLUDE;
	int err;

	if (op == SOURCE_JOIN) {
		struct ip_mreqn join = *m;

		err = ip_mc_join_group(sk, &join, REF_MCAST_INCLUDE);
		if (err && err != -EADDRINUSE)
			return err;
	}
	return ip_mc_source(add, mode, sk, m, source);
}

static int mreq_source_set(struct sock *sk, enum source_op op, const void *val, size_t len)
{
	struct ref_ip_mreq_source s;
	struct ip_mreqn m = { 0 };

	if (len != sizeof(s))
		return -EINVAL;
	memcpy(&s, val, sizeof(s));
	m.multiaddr = wire_get32(s.multiaddr);
	m.address = wire_get32(s.interface);
	return source_set(sk, op, &m, wire_get32(s.sourceaddr));
}

static int group_source_set(struct sock *sk, enum source_op op, const void *val, size_t len)
{
	struct ref_group_source_req r;
	struct ip_mreqn m = { 0 };

	if (len != sizeof(r))
		return -EINVAL;
	memcpy(&r, val, sizeof(r));
	if (r.group.in.family != REF_AF_INET || r.source.in.family != REF_AF_INET)
		return -EADDRNOTAVAIL;
	m.multiaddr = wire_get32(r.group.in.addr);
	m.ifindex = (int)r.interface;
	return source_set(sk, op, &m, wire_get32(r.source.in.addr));
}

static int group_set(struct sock *sk, int name, const void *val, size_t len)
{
	struct ref_group_req r;
	struct ip_mreqn m = { 0 };

	if (len < sizeof(r))
		return -EINVAL;
	memcpy(&r, val, sizeof(r));
	if (r.group.in.family != REF_AF_INET)
		return -EINVAL;
	m.multiaddr = wire_get32(r.group.in.addr);
	m.ifindex = (int)r.interface;
	return name == REF_MCAST_JOIN_GROUP ? ip_mc_join_group(sk, &m, REF_MCAST_EXCLUDE)
					    : ip_mc_leave_group(sk, &m);
}

/* May a filter of numsrc sources, each size octets behind head, be set by an option of len? */
static int filter_fits(const struct sock *sk, uint32_t numsrc, size_t head, size_t size, size_t len)
{
	if (len > OPTMEM_MAX || numsrc > (uint32_t)sk->sk_net->sysctl[SYSCTL_IGMP_MAX_MSF])
		return -ENOBUFS;
	return head + numsrc * size > len ? -EINVAL : 0;
}

static int filter_mode(uint32_t fmode)
{
	return fmode == REF_MCAST_INCLUDE || fmode == REF_MCAST_EXCLUDE ? 0 : -EINVAL;
}

static int msfilter_set(struct sock *sk, const void *val, size_t len)
{
	struct ref_ip_msfilter f;
	uint32_t src[REF_MC_SRC_MAX];
	const uint8_t *slist = (const uint8_t *)val + sizeof(f);
	struct ip_mreqn m = { 0 };
	int err;

	if (len < sizeof(f))
		return -EINVAL;
	memcpy(&f, val, sizeof(f));
	err = filter_fits(sk, f.numsrc, sizeof(f), 4, len);
	if (err)
		return err;
	m.multiaddr = wire_get32(f.multiaddr);
	m.address = wire_get32(f.interface);
	if (!ipv4_is_multicast(m.multiaddr) || filter_mode(f.fmode))
		return -EINVAL;
	if (f.numsrc > REF_MC_SRC_MAX)
		return -ENOBUFS;
	for (uint32_t i = 0; i < f.numsrc; i++)
		src[i] = wire_get32(slist + i * 4);
	return ip_mc_msfilter(sk, &m, (uint8_t)f.fmode, f.numsrc, src);
}

static int group_filter_set(struct sock *sk, const void *val, size_t len)
{
	struct ref_group_filter f;
	struct ref_sockaddr_storage ss;
	uint32_t src[REF_MC_SRC_MAX];
	const uint8_t *slist = (const uint8_t *)val + sizeof(f);
	struct ip_mreqn m = { 0 };
	int err;

	if (len < sizeof(f))
		return -EINVAL;
	memcpy(&f, val, sizeof(f));
	err = filter_fits(sk, f.numsrc, sizeof(f), sizeof(ss), len);
	if (err)
		return err;
	if (f.group.in.family != REF_AF_INET)
		return -EADDRNOTAVAIL;
	if (f.numsrc > REF_MC_SRC_MAX)
		return -ENOBUFS;
	for (uint32_t i = 0; i < f.numsrc; i++) {
		memcpy(&ss, slist + i * sizeof(ss), sizeof(ss));
		if (ss.in.family != REF_AF_INET)
			return -EADDRNOTAVAIL;
		src[i] = wire_get32(ss.in.addr);
	}
	m.multiaddr = wire_get32(f.group.in.addr);
	m.ifindex = (int)f.interface;
	if (!ipv4_is_multicast(m.multiaddr) || filter_mode(f.fmode))
		return -EINVAL;
	return ip_mc_msfilter(sk, &m, (uint8_t)f.fmode, f.numsrc, src);
}

int ip_mcast_setsockopt(struct sock *sk, int name, const void *val, size_t len)
{
	switch (name) {
	case REF_IP_MULTICAST_IF:
		return mcast_if_set(sk, val, len);
	case REF_IP_ADD_MEMBERSHIP:
	case REF_IP_DROP_MEMBERSHIP:
		return membership_set(sk, name, val, len);
	case REF_IP_BLOCK_SOURCE:
		return mreq_source_set(sk, SOURCE_BLOCK, val, len);
	case REF_IP_UNBLOCK_SOURCE:
		return mreq_source_set(sk, SOURCE_UNBLOCK, val, len);
	case REF_IP_ADD_SOURCE_MEMBERSHIP:
		return mreq_source_set(sk, SOURCE_JOIN, val, len);
	case REF_IP_DROP_SOURCE_MEMBERSHIP:
		return mreq_source_set(sk, SOURCE_LEAVE, val, len);
	case REF_IP_MSFILTER:
		return msfilter_set(sk, val, len);
	case REF_MCAST_JOIN_GROUP:
	case REF_MCAST_LEAVE_GROUP:
		return group_set(sk, name, val, len);
	case REF_MCAST_BLOCK_SOURCE:
		return group_source_set(sk, SOURCE_BLOCK, val, len);
	case REF_MCAST_UNBLOCK_SOURCE:
		return group_source_set(sk, SOURCE_UNBLOCK, val, len);
	case REF_MCAST_JOIN_SOURCE_GROUP:
		return group_source_set(sk, SOURCE_JOIN, val, len);
	case REF_MCAST_LEAVE_SOURCE_GROUP:
		return group_source_set(sk, SOURCE_LEAVE, val, len);
	case REF_MCAST_MSFILTER:
		return group_filter_set(sk, val, len);
	}
	return -ENOPROTOOPT;
}

static int msfilter_get(struct sock *sk, void *val, size_t *len)
{
	const struct ip_mc_socklist *iml;
	struct ref_ip_msfilter f;
	struct ip_mreqn m = { 0 };
	uint32_t copied;
	int err;

	if (*len < sizeof(f))
		return -EINVAL;
	memcpy(&f, val, sizeof(f));
	m.multiaddr = wire_get32(f.multiaddr);
	m.address = wire_get32(f.interface);
	err = ip_mc_msfget(sk, &m, true, &iml);
	if (err)
		return err;
	copied = iml->sl_count < f.numsrc ? iml->sl_count : f.numsrc;
	if (sizeof(f) + copied * 4 > *len)
		return -EFAULT; /* the room that the caller spoke of is not there */
	f.fmode = iml->sfmode;
	f.numsrc = iml->sl_count;
	memcpy(val, &f, sizeof(f));
	for (uint32_t i = 0; i < copied; i++)
		wire_put32((uint8_t *)val + sizeof(f) + i * 4, iml->sl_addr[i]);
	*len = sizeof(f) + copied * 4;
	return 0;
}

static int group_filter_get(struct sock *sk, void *val, size_t *len)
{
	const struct ip_mc_socklist *iml;
	struct ref_group_filter f;
	struct ip_mreqn m = { 0 };
	uint32_t copied;
	int err;

	if (*len < sizeof(f))
		return -EINVAL;
	memcpy(&f, val, sizeof(f));
	if (f.group.in.family != REF_AF_INET)
		return -EINVAL;
	m.multiaddr = wire_get32(f.group.in.addr);
	m.ifindex = (int)f.interface;
	err = ip_mc_msfget(sk, &m, false, &iml);
	if (err)
		return err;
	copied = iml->sl_count < f.numsrc ? iml->sl_count : f.numsrc;
	if (sizeof(f) + copied * sizeof(struct ref_sockaddr_storage) > *len)
		return -EFAULT;
	f.fmode = iml->sfmode;
	f.numsrc = iml->sl_count;
	memcpy(val, &f, sizeof(f));
	for (uint32_t i = 0; i < copied; i++) {
		struct ref_sockaddr_storage ss = { .in.family = REF_AF_INET };

		wire_put32(ss.in.addr, iml->sl_addr[i]);
		memcpy((uint8_t *)val + sizeof(f) + i * sizeof(ss), &ss, sizeof(ss));
	}
	*len = sizeof(f) + copied * sizeof(struct ref_sockaddr_storage);
	return 0;
}

int ip_mcast_getsockopt(struct sock *sk, int name, void *val, size_t *len)
{
	uint8_t addr[4];

	switch (name) {
	case REF_IP_MULTICAST_IF:
		wire_put32(addr, sk->mc_addr);
		return sk_opt_put(val, len, addr, sizeof(addr));
	case REF_IP_MSFILTER:
		return msfilter_get(sk, val, len);
	case REF_MCAST_MSFILTER:
		return group_filter_get(sk, val, len);
	}
	return -ENOPROTOOPT;
}
