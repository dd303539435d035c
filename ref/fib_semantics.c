/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The ways of routes: their checks, the choice among next hops, and their end with a device or an
 * address. Mirrors: net/ipv4/fib_semantics.c.
 */
#include <errno.h>
#include <string.h>

#include "ref/fib.h"
#include "ref/ip.h"
#include "ref/net.h"

static bool fib_nh_equal(const struct fib_nh *a, const struct fib_nh *b)
{
	return a->oif == b->oif && a->gw == b->gw && a->scope == b->scope &&
	       a->weight == b->weight && a->onlink == b->onlink && a->dead == b->dead;
}

/* Mirrors: fib_find_info(). */
static struct fib_info *fib_find_info(struct ref *net, const struct fib_info *like)
{
	for (size_t i = 0; i < REF_FIB_MAX; i++) {
		struct fib_info *fi = &net->fib.info[i];
		bool same = fi->refs && fi->table == like->table &&
			    fi->priority == like->priority && fi->prefsrc == like->prefsrc &&
			    fi->mtu == like->mtu && fi->mtu_lock == like->mtu_lock &&
			    fi->dead == like->dead && fi->type == like->type &&
			    fi->scope == like->scope && fi->nh_nr == like->nh_nr;

		for (unsigned int n = 0; same && n < fi->nh_nr; n++)
			same = fib_nh_equal(&fi->nh[n], &like->nh[n]);
		if (same)
			return fi;
	}
	return NULL;
}

/* Mirrors: fib_check_nh_v4_gw() for RTNH_F_ONLINK. */
static int fib_check_nh_onlink(struct ref *net, struct fib_nh *nh, uint8_t scope)
{
	if (scope >= RT_SCOPE_LINK)
		return -EINVAL;
	nh->dev = dev_get_by_index(net, nh->oif);
	if (!nh->dev)
		return -ENODEV;
	if (!(nh->dev->flags & REF_LINK_UP))
		return -ENETDOWN;
	if (inet_addr_type(net, nh->gw) != REF_RTN_UNICAST)
		return -EINVAL;
	nh->scope = RT_SCOPE_LINK;
	return 0;
}

/* Mirrors: fib_check_nh_v4_gw(). */
static int fib_check_nh_gw(struct ref *net, struct fib_nh *nh, uint32_t table, uint8_t scope)
{
	struct flowi4 fl4 = {
		.daddr = nh->gw,
		.flowi4_oif = nh->oif,
		.flowi4_scope = (uint8_t)(scope + 1),
	};
	struct fib_result res;
	int err = -EAGAIN;

	if (fl4.flowi4_scope < RT_SCOPE_LINK)
		fl4.flowi4_scope = RT_SCOPE_LINK;
	if (table != RT_TABLE_MAIN)
		err = fib_table_lookup(net, table, &fl4, &res);
	if (err)
		err = fib_lookup(net, &fl4, &res);
	if (err)
		return err;
	if (res.type != REF_RTN_UNICAST && res.type != REF_RTN_LOCAL)
		return -EINVAL;
	nh->scope = res.scope;
	nh->oif = res.nh->oif;
	nh->dev = res.nh->dev;
	return nh->dev->flags & REF_LINK_UP ? 0 : -ENETDOWN;
}

/* Mirrors: fib_check_nh_nongw(). */
static int fib_check_nh_nongw(struct ref *net, struct fib_nh *nh)
{
	if (nh->onlink)
		return -EINVAL;
	nh->dev = dev_get_by_index(net, nh->oif);
	if (!nh->dev || !nh->dev->in_dev)
		return -ENODEV;
	if (!(nh->dev->flags & REF_LINK_UP))
		return -ENETDOWN;
	nh->scope = RT_SCOPE_HOST;
	return 0;
}

/* Mirrors: the next hops in fib_create_info(). */
static int fib_check_nhs(struct ref *net, struct fib_info *fi)
{
	if (fi->scope == RT_SCOPE_HOST) {
		/* A local address: its device may be down. */
		if (fi->nh_nr != 1 || fi->nh[0].gw)
			return -EINVAL;
		fi->nh[0].scope = RT_SCOPE_NOWHERE;
		fi->nh[0].dev = dev_get_by_index(net, fi->nh[0].oif);
		return fi->nh[0].dev ? 0 : -ENODEV;
	}
	for (unsigned int i = 0; i < fi->nh_nr; i++) {
		struct fib_nh *nh = &fi->nh[i];
		int err;

		if (!nh->gw)
			err = fib_check_nh_nongw(net, nh);
		else if (nh->onlink)
			err = fib_check_nh_onlink(net, nh, fi->scope);
		else
			err = fib_check_nh_gw(net, nh, fi->table, fi->scope);
		if (err)
			return err;
	}
	return 0;
}

static uint8_t addr_type_table(const struct ref *net, uint32_t addr, uint32_t table)
{
	struct flowi4 fl4 = { .daddr = addr };
	struct fib_result res;

	if (table == RT_TABLE_MAIN || table == RT_TABLE_LOCAL)
		return inet_addr_type(net, addr);
	if (!fib_has_table(net, table) || fib_table_lookup(net, table, &fl4, &res))
		return REF_RTN_UNICAST;
	return res.type;
}

/* Mirrors: fib_valid_prefsrc(). */
static bool fib_valid_prefsrc(const struct ref *net, const struct fib_config *cfg)
{
	if (cfg->type == REF_RTN_LOCAL && cfg->dst && cfg->prefsrc == cfg->dst)
		return true;
	return addr_type_table(net, cfg->prefsrc, cfg->table) == REF_RTN_LOCAL ||
	       inet_addr_type(net, cfg->prefsrc) == REF_RTN_LOCAL;
}

/* Shares of the 31-bit hash by weight. Mirrors: fib_rebalance(). */
static void fib_rebalance(struct fib_info *fi)
{
	uint64_t total = 0, w = 0;

	for (unsigned int i = 0; i < fi->nh_nr; i++)
		total += fi->nh[i].dead ? 0 : fi->nh[i].weight;
	for (unsigned int i = 0; i < fi->nh_nr; i++) {
		struct fib_nh *nh = &fi->nh[i];

		nh->upper_bound = -1;
		if (!total || nh->dead)
			continue;
		w += nh->weight;
		nh->upper_bound = (int32_t)(((w << 31) + total / 2) / total - 1);
	}
}

/* A type that leads somewhere: check the ways. */
static int fib_check_info(struct ref *net, const struct fib_config *cfg, struct fib_info *fi)
{
	int err;

	if (cfg->type == 0 || cfg->type > REF_RTN_MULTICAST)
		return -EINVAL;
	if (cfg->scope > RT_SCOPE_HOST)
		return -EINVAL;
	err = fib_check_nhs(net, fi);
	if (err)
		return err;
	if (fi->prefsrc && !fib_valid_prefsrc(net, cfg))
		return -EINVAL;
	fib_rebalance(fi);
	return 0;
}

int fib_create_info(struct ref *net, const struct fib_config *cfg, struct fib_info **ret_fi)
{
	struct fib_info fi = {
		.refs = 1,
		.table = cfg->table,
		.priority = cfg->priority,
		.prefsrc = cfg->prefsrc,
		.mtu = cfg->mtu > 65535 - 15 ? 65535 - 15 : cfg->mtu,
		.mtu_lock = cfg->mtu_lock,
		.type = cfg->type,
		.scope = cfg->scope,
		/* A route without any way has one that leads nowhere. */
		.nh_nr = cfg->nh_nr ? cfg->nh_nr : 1,
	};
	struct fib_info *found;
	int err = 0;

	if (cfg->type > REF_RTN_NAT || fib_type_scope(cfg->type) > cfg->scope)
		return -EINVAL;
	fi.nh[0].weight = 1;
	for (unsigned int i = 0; i < cfg->nh_nr; i++)
		fi.nh[i] = (struct fib_nh){
			.oif = cfg->nh[i].oif,
			.gw = cfg->nh[i].gw,
			.onlink = cfg->nh[i].onlink,
			.weight = cfg->nh[i].weight ? cfg->nh[i].weight : 1,
		};
	if (fib_type_error(cfg->type))
		err = cfg->nh_nr ? -EINVAL : 0;
	else
		err = fib_check_info(net, cfg, &fi);
	if (err)
		return err;
	found = fib_find_info(net, &fi);
	if (found) {
		found->refs++;
		*ret_fi = found;
		return 0;
	}
	for (size_t i = 0; i < REF_FIB_MAX; i++) {
		if (net->fib.info[i].refs)
			continue;
		net->fib.info[i] = fi;
		*ret_fi = &net->fib.info[i];
		return 0;
	}
	return -ENOBUFS;
}

void fib_release_info(struct ref *net, struct fib_info *fi)
{
	if (--fi->refs)
		return;
	for (unsigned int i = 0; i < fi->nh_nr; i++)
		fnhe_flush(net, &fi->nh[i]);
}

/* Mirrors: fib_sync_down_dev() for NETDEV_DOWN. */
static bool fib_sync_down_dev(struct fib_info *fi, const struct net_device *dev, bool force)
{
	unsigned int dead = 0;
	bool touched = false;

	for (unsigned int i = 0; i < fi->nh_nr; i++) {
		struct fib_nh *nh = &fi->nh[i];

		if (!nh->dead && nh->dev == dev && (force || nh->scope != RT_SCOPE_NOWHERE)) {
			nh->dead = true;
			touched = true;
		}
		dead += nh->dead;
	}
	if (dead == fi->nh_nr)
		fi->dead = true;
	if (touched)
		fib_rebalance(fi);
	return touched;
}

void fib_disable_ip(struct ref *net, struct net_device *dev, bool force)
{
	for (size_t i = 0; i < REF_FIB_MAX; i++)
		if (net->fib.info[i].refs)
			fib_sync_down_dev(&net->fib.info[i], dev, force);
	fib_flush(net);
	neigh_flush(net, dev);
}

/* The next hops over it live again: only multipath routes have survived. */
void fib_sync_up(struct ref *net, const struct net_device *dev)
{
	for (size_t i = 0; i < REF_FIB_MAX; i++) {
		struct fib_info *fi = &net->fib.info[i];
		bool touched = false;

		for (unsigned int n = 0; fi->refs && n < fi->nh_nr; n++) {
			if (!fi->nh[n].dead || fi->nh[n].dev != dev)
				continue;
			fi->nh[n].dead = false;
			touched = true;
		}
		if (!touched)
			continue;
		fi->dead = false;
		fib_rebalance(fi);
	}
	rt_cache_flush(net);
}

void fib_sync_down_addr(struct ref *net, uint32_t local)
{
	for (size_t i = 0; i < REF_FIB_MAX; i++) {
		struct fib_info *fi = &net->fib.info[i];

		if (fi->refs && fi->prefsrc == local && fi->table == RT_TABLE_MAIN)
			fi->dead = true;
	}
	fib_flush(net);
}

uint32_t fib_result_prefsrc(const struct ref *net, const struct fib_result *res)
{
	if (res->fi->prefsrc)
		return res->fi->prefsrc;
	return inet_select_addr(net, res->nh->dev, res->nh->gw, res->fi->scope);
}

bool ip_fib_check_default(const struct ref *net, uint32_t gw, const struct net_device *dev)
{
	for (size_t i = 0; i < REF_FIB_MAX; i++) {
		const struct fib_info *fi = &net->fib.info[i];

		for (unsigned int n = 0; fi->refs && n < fi->nh_nr; n++)
			if (fi->nh[n].dev == dev && fi->nh[n].gw == gw && !fi->nh[n].dead)
				return true;
	}
	return false;
}

/*
 * Deviation: the kernel hashes with a random key of its own, so which way a pair of hosts takes
 * can't be foreseen; this is one fixed choice.
 */
uint32_t fib_multipath_hash(const struct ref *net, uint32_t saddr, uint32_t daddr)
{
	uint64_t z = ((uint64_t)saddr << 32 | daddr) ^ net->seed;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)(z >> 33);
}

void fib_select_multipath(const struct ref *net, struct fib_result *res, uint32_t hash,
			  uint32_t saddr)
{
	bool by_source = saddr && ref_since(net, DIFF_MULTIPATH_SOURCE);
	const struct fib_info *fi = res->fi;
	int best = -1;

	/* The hash decides only among those that the source address does not tell apart. */
	for (unsigned int i = 0; i < fi->nh_nr; i++) {
		const struct fib_nh *nh = &fi->nh[i];
		int score = (int32_t)hash <= nh->upper_bound;

		if (nh->upper_bound < 0)
			continue;
		if (by_source && inet_select_addr(net, nh->dev, nh->gw, fi->scope) == saddr)
			score += 2;
		if (score > best) {
			best = score;
			res->nh = nh;
		}
	}
}

/*
 * Deviation: default routes of one table that differ by TOS only are not tried in turn until one
 * has a live gateway (fib_select_default()): the first that fits is taken.
 */
void fib_select_path(struct ref *net, struct fib_result *res, struct flowi4 *fl4)
{
	if (!fl4->flowi4_oif && res->fi->nh_nr > 1)
		fib_select_multipath(net, res, fib_multipath_hash(net, fl4->saddr, fl4->daddr),
				     fl4->saddr);
	if (!fl4->saddr)
		fl4->saddr = fib_result_prefsrc(net, res);
}
