/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* In place of netns_drop.c in a build without BPF. */
#include "harness/stack/netns_drop.h"

#include <assert.h>
#include <errno.h>

struct netns_drops *netns_drops_new(struct errmsg *why)
{
	errmsg_set(why, -ENODEV, "drop reasons: built without BPF (needs clang, bpftool, libbpf)");
	return NULL;
}

void netns_drops_free(struct netns_drops *d)
{
	assert(!d);
}

void netns_drops_watch(struct netns_drops *d, uint64_t cookie)
{
	(void)d, (void)cookie;
	assert(!"no BPF");
}

void netns_drops_running(struct netns_drops *d, bool running)
{
	(void)d, (void)running;
	assert(!"no BPF");
}

void netns_drops_drain(struct netns_drops *d, struct obs_list *out, uint32_t step)
{
	(void)d, (void)out, (void)step;
	assert(!"no BPF");
}

uint64_t netns_drops_sent(const struct netns_drops *d)
{
	(void)d;
	assert(!"no BPF");
	return 0;
}
