/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What was learnt about single destinations: path MTUs and redirects, by next hop.
 * Mirrors: the fib_nh_exception functions of net/ipv4/route.c.
 */
#include "ref/fib.h"
#include "ref/net.h"

static struct fib_nh_exception *fnhe_find(struct netns_fib *fib, const struct fib_nh *nh,
					  uint32_t daddr)
{
	for (uint32_t i = 0; i < fib->fnhe_nr; i++)
		if (fib->fnhe[i].nh == nh && fib->fnhe[i].daddr == daddr)
			return &fib->fnhe[i];
	return NULL;
}

struct fib_nh_exception *find_exception(struct ref *net, const struct fib_nh *nh, uint32_t daddr)
{
	struct fib_nh_exception *fnhe = fnhe_find(&net->fib, nh, daddr);

	if (fnhe && net->now_ns > fnhe->expires_ns) {
		fnhe->nh = NULL;
		return NULL;
	}
	return fnhe;
}

static struct fib_nh_exception *fnhe_slot(struct netns_fib *fib)
{
	struct fib_nh_exception *oldest = &fib->fnhe[0];

	for (uint32_t i = 0; i < fib->fnhe_nr; i++) {
		if (!fib->fnhe[i].nh)
			return &fib->fnhe[i];
		if (fib->fnhe[i].stamp < oldest->stamp)
			oldest = &fib->fnhe[i];
	}
	return fib->fnhe_nr < REF_FNHE_MAX ? &fib->fnhe[fib->fnhe_nr++] : oldest;
}

void update_or_create_fnhe(struct ref *net, const struct fib_nh *nh, uint32_t daddr, uint32_t gw,
			   uint32_t pmtu, bool lock, uint64_t expires_ns)
{
	struct fib_nh_exception *fnhe = fnhe_find(&net->fib, nh, daddr);

	if (!fnhe) {
		fnhe = fnhe_slot(&net->fib);
		*fnhe = (struct fib_nh_exception){ .nh = nh, .daddr = daddr };
	}
	if (gw)
		fnhe->gw = gw;
	if (pmtu) {
		fnhe->pmtu = pmtu;
		fnhe->mtu_locked = lock;
	}
	fnhe->expires_ns = expires_ns;
	fnhe->stamp = ++net->fib.fnhe_stamp;
	rt_cache_flush(net);
}

void fnhe_flush(struct ref *net, const struct fib_nh *nh)
{
	struct netns_fib *fib = &net->fib;

	for (uint32_t i = 0; i < fib->fnhe_nr; i++)
		if (!nh || fib->fnhe[i].nh == nh)
			fib->fnhe[i].nh = NULL;
	if (!nh)
		fib->fnhe_nr = 0;
	rt_cache_flush(net);
}

/* Mirrors: fnhe_update_pmtu(). */
static void fnhe_update_pmtu(struct fib_nh_exception *fnhe, uint32_t new_mtu, uint32_t orig)
{
	if (fnhe->mtu_locked) {
		if (new_mtu <= fnhe->pmtu) {
			fnhe->pmtu = new_mtu;
			fnhe->mtu_locked = false;
		}
	} else if (new_mtu < fnhe->pmtu || orig == fnhe->pmtu) {
		fnhe->pmtu = new_mtu;
	}
}

void fib_sync_mtu(struct ref *net, const struct net_device *dev, uint32_t orig)
{
	struct netns_fib *fib = &net->fib;

	for (uint32_t i = 0; i < fib->fnhe_nr; i++)
		if (fib->fnhe[i].nh && fib->fnhe[i].nh->dev == dev)
			fnhe_update_pmtu(&fib->fnhe[i], dev->mtu, orig);
	rt_cache_flush(net);
}
