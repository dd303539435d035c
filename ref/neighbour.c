/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The table of neighbours: packets wait here until the next hop's link address is known.
 * Mirrors: net/core/neighbour.c.
 */
#include "ref/neighbour.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"

#define RETRANS_TIME_NS 1000000000ull /* net.ipv4.neigh.*.retrans_time_ms */
#define MCAST_PROBES	3 /* .mcast_solicit */
#define QUEUE_LEN_BYTES 212992u /* .unres_qlen_bytes */

static struct neighbour **neigh_bucket(struct ref *net, const struct net_device *dev, uint32_t addr)
{
	uint32_t h = (addr ^ (uint32_t)dev->ifindex << 5) * 0x9e3779b1u;

	return &net->fib.neigh.hash[h >> (32 - NEIGH_HASH_BITS)];
}

struct neighbour *neigh_lookup(struct ref *net, const struct net_device *dev, uint32_t addr)
{
	struct neighbour *n = *neigh_bucket(net, dev, addr);

	while (n && (n->addr != addr || n->dev != dev))
		n = n->next;
	return n;
}

/*
 * A next hop whose link address follows from its own, or from the device. Mirrors:
 * arp_constructor().
 */
static bool noarp_address(const struct net_device *dev, uint32_t addr, uint8_t ret_ha[6])
{
	uint8_t type = inet_addr_type(dev->net, addr);

	if (type == REF_RTN_MULTICAST) {
		const uint8_t ha[6] = { 0x01,	    0x00, 0x5e, addr >> 16 & 0x7f, addr >> 8 & 0xff,
					addr & 0xff };

		memcpy(ret_ha, ha, 6);
	} else if (dev->flags & REF_LINK_NOARP) {
		memcpy(ret_ha, dev->dev_addr, 6);
	} else if (type == REF_RTN_BROADCAST) {
		memcpy(ret_ha, dev->broadcast, 6);
	} else {
		return false;
	}
	return true;
}

static struct neighbour *neigh_slot(struct netns_neigh *table)
{
	for (uint32_t i = 0; i < table->nr; i++)
		if (!table->entry[i].dev)
			return &table->entry[i];
	return table->nr < REF_NEIGH_MAX ? &table->entry[table->nr++] : NULL;
}

struct neighbour *neigh_create(struct ref *net, struct net_device *dev, uint32_t addr)
{
	struct neighbour *n, **bucket = neigh_bucket(net, dev, addr);

	if (!dev->in_dev)
		return NULL;
	n = neigh_slot(&net->fib.neigh);
	if (!n)
		return NULL;
	*n = (struct neighbour){ .next = *bucket, .dev = dev, .addr = addr };
	if (noarp_address(dev, addr, n->ha))
		n->state = NUD_NOARP;
	*bucket = n;
	return n;
}

/* Take an entry out of the table. The packets that wait: dropped, or (reset) forgotten. */
static void neigh_remove(struct ref *net, struct neighbour *n, bool drop)
{
	struct neighbour **link = neigh_bucket(net, n->dev, n->addr);
	struct sk_buff *skb;

	timer_del(&n->timer);
	while (drop && (skb = __skb_dequeue(&n->arp_queue)))
		kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, "neigh_flush_dev");
	while (*link != n)
		link = &(*link)->next;
	*link = n->next;
	n->dev = NULL;
}

void neigh_flush(struct ref *net, const struct net_device *dev)
{
	struct netns_neigh *table = &net->fib.neigh;

	for (uint32_t i = 0; i < table->nr; i++) {
		struct neighbour *n = &table->entry[i];

		if (n->dev && (dev ? n->dev == dev : n->state != NUD_PERMANENT))
			neigh_remove(net, n, dev != NULL);
	}
}

/* Nobody answered. Mirrors: neigh_invalidate(), arp_error_report(). */
static void neigh_invalidate(struct neighbour *n)
{
	struct sk_buff *skb;

	while (n->state == NUD_FAILED && (skb = __skb_dequeue(&n->arp_queue))) {
		n->queue_bytes -= skb->truesize;
		ipv4_link_failure(skb);
		kfree_skb_at(skb, SKB_DROP_REASON_NEIGH_FAILED, "arp_error_report");
	}
	while ((skb = __skb_dequeue(&n->arp_queue)))
		kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, "neigh_invalidate");
	n->queue_bytes = 0;
}

/* Mirrors: neigh_timer_handler() of an incomplete entry. */
static void neigh_timer_handler(struct ref *net, struct ref_timer *timer)
{
	struct neighbour *n =
		(struct neighbour *)(void *)((char *)timer - offsetof(struct neighbour, timer));

	if (n->probes >= MCAST_PROBES) {
		REF_SAY(net, "the neighbour did not answer");
		n->state = NUD_FAILED;
		n->updated_ns = net->now_ns;
		neigh_invalidate(n);
		return;
	}
	timer_mod(&net->timers, timer, timer->expires_ns + RETRANS_TIME_NS);
	n->probes++;
	arp_solicit(n);
}

/* Mirrors: the queue of __neigh_event_send(). */
static void neigh_enqueue(struct neighbour *n, struct sk_buff *skb)
{
	skb = skb_keep(skb);
	if (!skb)
		return;
	while (n->arp_queue.head && n->queue_bytes + skb->truesize > QUEUE_LEN_BYTES) {
		struct sk_buff *oldest = __skb_dequeue(&n->arp_queue);

		n->queue_bytes -= oldest->truesize;
		kfree_skb_at(oldest, SKB_DROP_REASON_NEIGH_QUEUEFULL, "__neigh_event_send");
	}
	n->queue_bytes += skb->truesize;
	__skb_queue_tail(&n->arp_queue, skb);
}

void neigh_event_send(struct neighbour *n, struct sk_buff *skb)
{
	struct ref *net = n->dev->net;
	bool probe = n->state != NUD_INCOMPLETE;

	REF_SAY(net, "the neighbour's link address is not known: ask, and wait");
	if (probe) {
		n->state = NUD_INCOMPLETE;
		n->probes = 1;
		n->updated_ns = net->now_ns;
		n->timer.fn = neigh_timer_handler;
		timer_mod(&net->timers, &n->timer, net->now_ns + RETRANS_TIME_NS);
	}
	if (skb)
		neigh_enqueue(n, skb);
	if (probe)
		arp_solicit(n);
}

void neigh_update(struct neighbour *n, const uint8_t ha[6], uint8_t state, bool override)
{
	struct ref *net = n->dev->net;
	bool was_valid = nud_valid(n->state);
	bool same = memcmp(n->ha, ha, 6) == 0;
	struct sk_buff *skb;

	if (n->state == NUD_PERMANENT || n->state == NUD_NOARP)
		return;
	if (was_valid) {
		if (!same && !override)
			return;
		if (same && state == NUD_STALE)
			state = n->state;
	}
	if (!same || state != n->state)
		n->updated_ns = net->now_ns;
	timer_del(&n->timer);
	memcpy(n->ha, ha, 6);
	n->state = state;
	while (!was_valid && (skb = __skb_dequeue(&n->arp_queue))) {
		n->queue_bytes -= skb->truesize;
		dev_queue_xmit(skb, n->ha);
	}
}

int neigh_output(struct sk_buff *skb, uint32_t nexthop)
{
	struct net_device *dev = skb->dev;
	struct ref *net = skb->net;
	struct neighbour *n;
	uint8_t ha[6];

	if (dev_is_loopback(dev))
		return dev_queue_xmit(skb, dev->dev_addr);
	n = neigh_lookup(net, dev, nexthop);
	if (!n && dev->in_dev) {
		/* No entry need be kept for what can be told from the address. */
		if (noarp_address(dev, nexthop, ha))
			return dev_queue_xmit(skb, ha);
		n = neigh_create(net, dev, nexthop);
	}
	if (!n) {
		kfree_skb_at(skb, SKB_DROP_REASON_NEIGH_CREATEFAIL, "ip_finish_output2");
		return -ENOBUFS;
	}
	if (nud_valid(n->state))
		return dev_queue_xmit(skb, n->ha);
	neigh_event_send(n, skb);
	return 0;
}

/* Mirrors: neigh_add() as `ip neigh add ... lladdr` asks: permanent, and new. */
int ref_neigh_add(struct ref *net, int ifindex, uint32_t addr, const uint8_t mac[6])
{
	struct net_device *dev = dev_get_by_index(net, ifindex);
	struct neighbour *n;

	if (!dev)
		return -ENODEV;
	if (neigh_lookup(net, dev, addr))
		return -EEXIST;
	if (!dev->in_dev)
		return -EINVAL;
	n = neigh_create(net, dev, addr);
	if (!n)
		return -ENOBUFS;
	n->state = NUD_PERMANENT;
	memcpy(n->ha, mac, 6);
	return 0;
}
