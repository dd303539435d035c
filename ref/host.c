/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The host as a whole: making one, resetting it, and the step function: an event in, the
 * observations out. Everything between is the kernel's own path, file by file.
 */
#include "ref/ip.h"
#include "ref/ip_fast.h"
#include "ref/net.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Fragments first: their reset finds the queues by the timers of the host. */
static const struct ref_part *const parts[] = {
	&ref_part_frags, &ref_part_sysctl, &ref_part_dev,      &ref_part_fib,
	&ref_part_icmp,	 &ref_part_igmp,   &ref_part_protocol, &ref_part_sock,
	&ref_part_tunnel,
};
#define PARTS_NR (sizeof(parts) / sizeof(parts[0]))

uint64_t ref_random(struct ref *net)
{
	uint64_t z = net->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

struct ref *ref_new(const struct ref_config *config)
{
	struct ref *net = calloc(1, sizeof(*net));
	size_t i;

	if (!net)
		return NULL;
	net->profile = config->profile;
	net->wire = config->wire;
	net->tunnels = config->tunnels;
	net->seed = config->seed;
	net->random = config->seed;
	net->update.obs = net->obs;
	net->genid = 1;
	net->rx_last = net->rx_flow;
	timers_init(&net->timers);
	net->obs_bytes = malloc(REF_OBS_BYTES);
	net->lend_buf = malloc(REF_LEND_LEN);
	if (!net->obs_bytes || !net->lend_buf)
		goto out_obs;
	if (arena_init(&net->arena, config->arena_len ? config->arena_len : REF_ARENA_LEN) < 0)
		goto out_obs;
	for (i = 0; i < PARTS_NR; i++)
		if (parts[i]->init && parts[i]->init(net) < 0)
			goto out_parts;
	return net;

out_parts:
	while (i-- > 0)
		if (parts[i]->done)
			parts[i]->done(net);
	arena_done(&net->arena);
out_obs:
	free(net->lend_buf);
	free(net->obs_bytes);
	free(net);
	return NULL;
}

void ref_free(struct ref *net)
{
	if (!net)
		return;
	for (size_t i = PARTS_NR; i-- > 0;)
		if (parts[i]->done)
			parts[i]->done(net);
	arena_done(&net->arena);
	free(net->lend_buf);
	free(net->obs_bytes);
	free(net);
}

void ref_reset(struct ref *net)
{
	for (size_t i = 0; i < PARTS_NR; i++)
		if (parts[i]->reset)
			parts[i]->reset(net);
	timers_init(&net->timers);
	arena_reset(&net->arena);
	memset(net->mib, 0, sizeof(net->mib));
	net->now_ns = 0;
	net->random = net->seed;
	ref_changed(net);
	obs_begin(net);
}

void ref_explain(struct ref *net, ref_say_fn *say, void *ctx)
{
	net->say = say;
	net->say_ctx = ctx;
	ref_changed(net);
}

/* The event's frame in the host's own slot: borrowed octets, nothing decided yet. */
static struct sk_buff *rx_slot(struct ref *net, const struct ref_event *event)
{
	struct sk_buff *skb = &net->rx_skb;

	skb_clear(skb);
	skb->next = NULL;
	skb->net = net;
	/* Borrowed: nothing writes before skb_own(). */
	skb->head = skb->data = (uint8_t *)(uintptr_t)event->data;
	skb->len = event->len;
	skb->room = (uint32_t)event->len;
	skb->borrowed = true;
	skb->slot = true;
	skb_charge_rx(skb, event->len);
	return skb;
}

const struct ref_update *ip_rcv_slow(struct ref *net, const struct ref_event *event)
{
	struct net_device *dev = dev_get_by_index(net, event->ifindex);

	if (!dev || event->len > REF_FRAME_MAX)
		return &net->update;
	net->slow_nr++;
	netif_receive_skb(rx_slot(net, event), dev);
	ip_fast_learn(net, event);
	process_backlog(net);
	return &net->update;
}

/* Timers that are due come first. */
REF_NOINLINE static const struct ref_update *step_timers(struct ref *net,
							 const struct ref_event *event)
{
	timers_run(net, event->now_ns);
	process_backlog(net);
	return event->type == REF_EV_FRAME ? ip_rcv_fast(net, event) : &net->update;
}

REF_HOT const struct ref_update *ref_step(struct ref *net, const struct ref_event *event)
{
	obs_begin(net);
	if (event->now_ns > net->now_ns) {
		if (unlikely(timers_next_ns(&net->timers) <= event->now_ns))
			return step_timers(net, event);
		net->now_ns = event->now_ns;
	}
	if (unlikely(event->type != REF_EV_FRAME))
		return &net->update;
	return ip_rcv_fast(net, event);
}

const struct ref_update *ref_pending(struct ref *net)
{
	return &net->update;
}

uint64_t ref_next_timer(const struct ref *net)
{
	return timers_next_ns(&net->timers);
}
