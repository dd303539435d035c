/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is dropped, by the event that the kernel raises when it frees a packet for a reason. There
 * is one world at a time, and it is its own while it runs; what else frees packets then is the end
 * of a world before, in a worker.
 */
#include <linux/kallsyms.h>
#include <linux/sched.h>
#include <linux/version.h>
#include <net/dropreason.h>
#include <trace/events/skb.h>

#include "harness/guest/kernel/agent/agent.h"

#define SYMBOL_MAX 512 /* a power of two */

struct agent_drop agent_note[AGENT_NOTE_MAX];
uint32_t agent_note_nr;
bool agent_note_lost, agent_note_running;

static const char *const reasons[] = {
#define NAME(reason) [SKB_DROP_REASON_##reason] = #reason,
#define NAME_LAST(reason)
	/* These two are outside of the kernel's list. */
	[SKB_DROP_REASON_NOT_SPECIFIED] = "NOT_SPECIFIED",
	DEFINE_DROP_REASON(NAME, NAME_LAST)
#undef NAME
#undef NAME_LAST
};

const char *agent_note_reason(uint32_t reason)
{
	return reason < ARRAY_SIZE(reasons) ? reasons[reason] : NULL;
}

static struct {
	uint64_t address;
	char name[AGENT_NAME_LEN];
} symbols[SYMBOL_MAX];

const char *agent_note_symbol(uint64_t address)
{
	uint32_t at = (uint32_t)(address * 0x9e3779b97f4a7c15ull >> 55), tries;

	for (tries = 0; tries < SYMBOL_MAX; tries++, at = (at + 1) % SYMBOL_MAX) {
		if (symbols[at].address == address)
			return symbols[at].name;
		if (symbols[at].address)
			continue;
		symbols[at].address = address;
		snprintf(symbols[at].name, AGENT_NAME_LEN, "%ps", (void *)address);
		/* Parts that the compiler split off have the function's name, then a dot. */
		symbols[at].name[strcspn(symbols[at].name, ".")] = 0;
		return symbols[at].name;
	}
	return "?";
}

static void note(struct sk_buff *skb, void *location, uint32_t reason)
{
	struct agent_drop *d;

	if (!agent_note_running || (!in_interrupt() && current->flags & PF_WQ_WORKER))
		return;
	if (agent_note_nr == AGENT_NOTE_MAX) {
		agent_note_lost = true;
		return;
	}
	d = &agent_note[agent_note_nr++];
	d->location = (uint64_t)location;
	d->reason = reason;
	d->own = skb->pkt_type == PACKET_LOOPBACK;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
static void on_drop(void *unused, struct sk_buff *skb, void *location, enum skb_drop_reason reason,
		    struct sock *rx_sk)
#else
static void on_drop(void *unused, struct sk_buff *skb, void *location, enum skb_drop_reason reason)
#endif
{
	note(skb, location, reason);
}

int agent_note_init(void)
{
	return register_trace_kfree_skb(on_drop, NULL);
}
