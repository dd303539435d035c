/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Who is the host: the address that hears from most others; then, of those that never talk with
 * it, the next, and so on. Each of them becomes an address of the one host that the capture is
 * replayed to. A capture that says which packets its machine sent settles it.
 */
#include "harness/capture/infer_state.h"

static struct ehost *host_at(struct infer_state *st, uint32_t addr)
{
	return (struct ehost *)(uintptr_t)etable_find(&st->ev.hosts, addr);
}

/*
 * Count for each host how many others reach it, alone or with all: the other end of many
 * conversations has fewer than the one who holds them all.
 */
static void count_reach(struct infer_state *st)
{
	const struct etable *hosts = &st->ev.hosts, *talks = &st->ev.talks;
	uint32_t to_all_nr = 0;

	for (uint32_t slot = 0; slot <= hosts->mask; slot++)
		to_all_nr += ((const struct ehost *)hosts->vals)[slot].tx_all > 0;
	for (uint32_t slot = 0; slot <= hosts->mask; slot++) {
		struct ehost *host = (struct ehost *)hosts->vals + slot;

		host->reach = to_all_nr - (host->tx_all > 0);
	}
	for (uint32_t slot = 0; slot <= talks->mask; slot++) {
		const struct ehost *src = host_at(st, (uint32_t)(talks->keys[slot] >> 32));
		struct ehost *dst = host_at(st, (uint32_t)talks->keys[slot]);

		/* An empty slot names nobody. */
		if (dst && !(src && src->tx_all))
			dst->reach++;
	}
}

/* Packets that would be replayed, were it the host alone. */
static uint64_t hears(const struct infer_state *st, const struct ehost *host)
{
	return host->rx + st->ev.all_nr - host->tx_all;
}

/* Would a be the better host? The addresses decide when nothing else does: never the table. */
static bool better_host(const struct infer_state *st, uint32_t a_addr, uint32_t b_addr)
{
	const struct ehost *a = etable_find(&st->ev.hosts, a_addr);
	const struct ehost *b = etable_find(&st->ev.hosts, b_addr);
	bool a_lo = a_addr >> 24 == 127, b_lo = b_addr >> 24 == 127;

	if (a->marked != b->marked)
		return a->marked;
	if (a_lo != b_lo)
		return b_lo;
	if (a->reach != b->reach)
		return a->reach > b->reach;
	if (hears(st, a) != hears(st, b))
		return hears(st, a) > hears(st, b);
	if (a->rx != b->rx)
		return a->rx > b->rx;
	if (a->first_rx != b->first_rx)
		return a->first_rx < b->first_rx;
	return a_addr < b_addr;
}

static bool talk(const struct evidence *ev, uint32_t a, uint32_t b)
{
	return etable_find(&ev->talks, evidence_talk_key(a, b)) ||
	       etable_find(&ev->talks, evidence_talk_key(b, a));
}

static bool may_be_host(const struct infer_state *st, const struct ehost *host, uint32_t addr)
{
	if (!st->local_nr)
		return hears(st, host) > 0;
	/* One more: only if that replays more packets, for those that it sent no longer are. */
	if (host->rx <= host->tx_all || (st->marked && !host->marked))
		return false;
	for (size_t i = 0; i < st->local_nr; i++)
		if (st->local[i] == addr || talk(&st->ev, st->local[i], addr))
			return false;
	return true;
}

static void find_hosts(struct infer_state *st)
{
	const struct etable *t = &st->ev.hosts;

	while (st->local_nr < INFER_HOST_MAX) {
		uint32_t best = 0;

		for (uint32_t slot = 0; slot <= t->mask; slot++) {
			const struct ehost *host = (const struct ehost *)t->vals + slot;
			uint32_t addr = (uint32_t)t->keys[slot];

			if (addr && may_be_host(st, host, addr) &&
			    (!best || better_host(st, addr, best)))
				best = addr;
		}
		/* The loopback network is the last resort, and then it is alone. */
		if (!best || (st->local_nr && best >> 24 == 127))
			break;
		st->marked = host_at(st, best)->marked;
		st->local[st->local_nr++] = best;
	}
}

/* Nothing goes to one address alone: take one that nobody has, where the senders are. */
static void invent_host(struct infer_state *st)
{
	const struct etable *t = &st->ev.hosts;
	uint32_t net = 0xc0000200; /* 192.0.2.0/24, for documentation */

	if (st->ev.net_nr)
		net = st->ev.net_broadcast[0] & 0xffffff00;
	else
		for (uint32_t slot = 0, low = UINT32_MAX; slot <= t->mask; slot++)
			if (t->keys[slot] && t->keys[slot] < low) {
				low = (uint32_t)t->keys[slot];
				net = low & 0xffffff00;
			}
	for (uint32_t host = 254; host; host--)
		if (!etable_find(t, net | host)) {
			st->local[st->local_nr++] = net | host;
			st->invented = true;
			return;
		}
	st->local[st->local_nr++] = net | 1;
	st->invented = true;
}

void infer_hosts(struct infer_state *st)
{
	count_reach(st);
	find_hosts(st);
	if (!st->local_nr)
		invent_host(st);
}
