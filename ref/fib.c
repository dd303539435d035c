/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The tables: prefixes by length in one hash, and the longest of them for an address.
 * Mirrors: net/ipv4/fib_trie.c, include/net/ip_fib.h.
 */
#include "ref/fib.h"

#include <errno.h>

#include "ref/ip.h"
#include "ref/net.h"

/* Mirrors: fib_props[]. NOWHERE as scope: no route can have that type. */
static const struct {
	int error;
	uint8_t scope;
} fib_props[REF_RTN_NAT + 1] = {
	[0] = { 0, RT_SCOPE_NOWHERE },
	[REF_RTN_UNICAST] = { 0, RT_SCOPE_UNIVERSE },
	[REF_RTN_LOCAL] = { 0, RT_SCOPE_HOST },
	[REF_RTN_BROADCAST] = { 0, RT_SCOPE_LINK },
	[REF_RTN_ANYCAST] = { 0, RT_SCOPE_LINK },
	[REF_RTN_MULTICAST] = { 0, RT_SCOPE_UNIVERSE },
	[REF_RTN_BLACKHOLE] = { -EINVAL, RT_SCOPE_UNIVERSE },
	[REF_RTN_UNREACHABLE] = { -EHOSTUNREACH, RT_SCOPE_UNIVERSE },
	[REF_RTN_PROHIBIT] = { -EACCES, RT_SCOPE_UNIVERSE },
	[REF_RTN_THROW] = { -EAGAIN, RT_SCOPE_UNIVERSE },
	[REF_RTN_NAT] = { -EINVAL, RT_SCOPE_NOWHERE },
};

int fib_type_error(uint8_t type)
{
	return fib_props[type].error;
}

uint8_t fib_type_scope(uint8_t type)
{
	return fib_props[type].scope;
}

void rt_cache_flush(struct ref *net)
{
	net->fib.genid++;
	ref_changed(net);
}

/* The tables local and main are one. */
static uint32_t table_of(uint32_t id)
{
	return id == RT_TABLE_LOCAL ? RT_TABLE_MAIN : id;
}

static struct fib_table *fib_get_table(const struct ref *net, uint32_t id)
{
	const struct netns_fib *fib = &net->fib;

	id = table_of(id);
	for (uint32_t i = 0; i < fib->table_nr; i++)
		if (fib->table[i].id == id)
			return (struct fib_table *)(uintptr_t)&fib->table[i];
	return NULL;
}

static struct fib_table *fib_new_table(struct ref *net, uint32_t id)
{
	struct fib_table *tb = fib_get_table(net, id);

	if (tb || net->fib.table_nr == REF_FIB_TABLES)
		return tb;
	tb = &net->fib.table[net->fib.table_nr++];
	*tb = (struct fib_table){ .id = table_of(id) };
	return tb;
}

bool fib_has_table(const struct ref *net, uint32_t id)
{
	return fib_get_table(net, id) != NULL;
}

static uint32_t fib_hash(uint32_t table, uint32_t prefix, uint8_t plen)
{
	uint32_t h = (prefix ^ table_of(table) << 7 ^ plen) * 0x9e3779b1u;

	return h >> (32 - FIB_HASH_BITS);
}

/* The next hop of fi that fl4 may use, or NULL. Mirrors: fib_lookup_good_nhc(). */
static const struct fib_nh *fib_good_nh(const struct fib_info *fi, const struct flowi4 *fl4)
{
	for (unsigned int i = 0; i < fi->nh_nr; i++) {
		const struct fib_nh *nh = &fi->nh[i];

		if (!nh->dead && (!fl4->flowi4_oif || fl4->flowi4_oif == nh->oif))
			return nh;
	}
	return NULL;
}

/* A route's TOS is compared with the old TOS bits only, whatever the DSCP. */
static bool fib_tos_match(uint8_t route_tos, uint8_t tos)
{
	return !route_tos || route_tos == (tos & 0x1c);
}

/* One prefix length; 1: nothing that fits. */
static int fib_leaf_lookup(const struct ref *net, uint32_t table, uint8_t plen,
			   const struct flowi4 *fl4, struct fib_result *ret_res)
{
	uint32_t prefix = fl4->daddr & inet_make_mask(plen);
	const struct fib_alias *fa = net->fib.hash[fib_hash(table, prefix, plen)];

	for (; fa; fa = fa->next) {
		const struct fib_info *fi = fa->info;
		const struct fib_nh *nh;

		if (fa->dst != prefix || fa->plen != plen || table_of(fa->table) != table ||
		    !fib_tos_match(fa->tos, fl4->flowi4_tos) || fi->scope < fl4->flowi4_scope)
			continue;
		if (fib_props[fa->type].error)
			return fib_props[fa->type].error;
		if (fi->dead)
			continue;
		nh = fib_good_nh(fi, fl4);
		if (!nh)
			continue;
		*ret_res = (struct fib_result){
			.fa = fa,
			.fi = fi,
			.nh = nh,
			.type = fa->type,
			.scope = fi->scope,
			.prefixlen = plen,
		};
		return 0;
	}
	return 1;
}

int fib_table_lookup(const struct ref *net, uint32_t table, const struct flowi4 *fl4,
		     struct fib_result *ret_res)
{
	const struct fib_table *tb = fib_get_table(net, table);
	uint64_t plens = tb ? tb->plens : 0;

	while (plens) {
		uint8_t plen = (uint8_t)(63 - __builtin_clzl(plens));
		int err = fib_leaf_lookup(net, tb->id, plen, fl4, ret_res);

		if (err <= 0)
			return err;
		plens &= ~(1ull << plen);
	}
	return -EAGAIN;
}

int fib_lookup(const struct ref *net, const struct flowi4 *fl4, struct fib_result *ret_res)
{
	int err = fib_table_lookup(net, RT_TABLE_MAIN, fl4, ret_res);

	if (err == -EAGAIN)
		err = fib_table_lookup(net, RT_TABLE_DEFAULT, fl4, ret_res);
	return err == -EAGAIN ? -ENETUNREACH : err;
}

/* Is a before b in the kernel's list of one prefix? Equals: neither. */
static int fib_alias_cmp(const struct fib_alias *fa, uint32_t table, uint8_t tos, uint32_t priority)
{
	if (fa->table != table)
		return fa->table > table ? -1 : 1;
	if (fa->tos != tos)
		return fa->tos > tos ? -1 : 1;
	if (fa->info->priority != priority)
		return fa->info->priority < priority ? -1 : 1;
	return 0;
}

static bool same_prefix(const struct fib_alias *fa, const struct fib_config *cfg)
{
	return fa->dst == cfg->dst && fa->plen == cfg->plen &&
	       table_of(fa->table) == table_of(cfg->table);
}

static struct fib_alias *fib_alias_alloc(struct netns_fib *fib)
{
	for (uint32_t i = 0; i < REF_FIB_MAX; i++)
		if (!fib->alias[i].info)
			return &fib->alias[i];
	return NULL;
}

/*
 * Where the new one goes: the link to write. -EEXIST: it is there already (or its equal, when the
 * caller is not the kernel, which appends).
 */
static int fib_alias_place(struct netns_fib *fib, const struct fib_config *cfg,
			   const struct fib_info *fi, struct fib_alias ***ret_link)
{
	struct fib_alias **link = &fib->hash[fib_hash(cfg->table, cfg->dst, cfg->plen)];

	for (; *link; link = &(*link)->next) {
		const struct fib_alias *fa = *link;
		int cmp;

		if (!same_prefix(fa, cfg))
			continue;
		cmp = fib_alias_cmp(fa, cfg->table, cfg->tos, cfg->priority);
		if (cmp == 0 && (!cfg->append || (fa->type == cfg->type && fa->info == fi)))
			return -EEXIST;
		if (cmp > 0)
			break;
	}
	*ret_link = link;
	return 0;
}

int fib_table_insert(struct ref *net, const struct fib_config *cfg)
{
	struct netns_fib *fib = &net->fib;
	struct fib_table *tb;
	struct fib_alias *fa, **link;
	struct fib_info *fi;
	int err;

	tb = fib_new_table(net, cfg->table);
	if (!tb)
		return -ENOBUFS;
	err = fib_create_info(net, cfg, &fi);
	if (err)
		return err;
	err = fib_alias_place(fib, cfg, fi, &link);
	fa = err ? NULL : fib_alias_alloc(fib);
	if (!fa) {
		fib_release_info(net, fi);
		return err ? err : -ENOBUFS;
	}
	*fa = (struct fib_alias){
		.next = *link,
		.info = fi,
		.dst = cfg->dst,
		.table = cfg->table,
		.plen = cfg->plen,
		.tos = cfg->tos,
		.type = cfg->type,
	};
	*link = fa;
	if (tb->plen_nr[cfg->plen]++ == 0)
		tb->plens |= 1ull << cfg->plen;
	rt_cache_flush(net);
	return 0;
}

static void fib_remove_alias(struct ref *net, struct fib_alias **link)
{
	struct fib_alias *fa = *link;
	struct fib_table *tb = fib_get_table(net, fa->table);

	*link = fa->next;
	if (--tb->plen_nr[fa->plen] == 0)
		tb->plens &= ~(1ull << fa->plen);
	fib_release_info(net, fa->info);
	fa->info = NULL;
}

void fib_flush(struct ref *net)
{
	for (size_t i = 0; i < sizeof(net->fib.hash) / sizeof(net->fib.hash[0]); i++) {
		struct fib_alias **link = &net->fib.hash[i];

		while (*link) {
			if ((*link)->info->dead && !fib_props[(*link)->type].error)
				fib_remove_alias(net, link);
			else
				link = &(*link)->next;
		}
	}
	rt_cache_flush(net);
}

static void fib_reset(struct ref *net)
{
	fnhe_flush(net, NULL);
	rt_cache_flush(net);
}

static int fib_init(struct ref *net)
{
	/* A fresh cache slot has generation 0: never current. */
	net->fib.genid = 1;
	return 0;
}

const struct ref_part ref_part_fib = { .name = "fib", .init = fib_init, .reset = fib_reset };
