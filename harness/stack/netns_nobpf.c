/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* In place of netns_drop.c and netns_mib.c in a build without BPF. */

#include <assert.h>
#include <errno.h>

#include "harness/stack/netns_drop.h"
#include "harness/stack/netns_mib.h"

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

uint64_t netns_drops_net(const struct netns_drops *d)
{
	(void)d;
	assert(!"no BPF");
	return 0;
}

struct netns_mib *netns_mib_new(void)
{
	return NULL;
}

void netns_mib_free(struct netns_mib *m)
{
	assert(!m);
}

const uint64_t *netns_mib_read(struct netns_mib *m, uint64_t net)
{
	(void)m, (void)net;
	assert(!"no BPF");
	return NULL;
}

size_t netns_mib_nr(void)
{
	return 0;
}

const char *netns_mib_name(const struct netns_mib *m, size_t slot)
{
	(void)m, (void)slot;
	return NULL;
}

const char *netns_mib_icmp_name(size_t slot)
{
	(void)slot;
	return NULL;
}
