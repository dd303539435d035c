/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A world in a fresh namespace: the base state, then the world's lines in their order. Runs in
 * the keeper.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "harness/stack/netns.h"

#define RMEM 212992 /* net.core.rmem_default of a kernel that nobody tuned */

/* net.core.rmem_max of a kernel that nobody tuned: more from 6.18 on. */
static int untuned_rmem_max(void)
{
	struct utsname uts;
	unsigned int major = 0, minor = 0;

	if (uname(&uts) < 0 || sscanf(uts.release, "%u.%u", &major, &minor) != 2)
		return RMEM;
	return major > 6 || (major == 6 && minor >= 18) ? 4 << 20 : RMEM;
}

/* Has a wire joined a group (other than all hosts, which is never reported)? */
static bool has_groups(void)
{
	FILE *f = fopen("/proc/thread-self/net/igmp", "re");
	char line[256];
	bool found = false, lo = false;

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		char name[32];
		int idx;

		if (sscanf(line, "%d %31s", &idx, name) == 2 && line[0] != '\t')
			lo = strcmp(name, "lo") == 0;
		else if (line[0] == '\t' && !lo && strncmp(line, "\t\t\t\t010000E0", 12) != 0)
			found = true;
	}
	fclose(f);
	return found;
}

/* Let the reports of joined groups leave before anybody looks. */
static void settle(void)
{
	struct timespec jiffy;

	if (!has_groups() || clock_getres(CLOCK_MONOTONIC_COARSE, &jiffy) < 0)
		return;
	jiffy.tv_nsec *= 5;
	nanosleep(&jiffy, NULL);
}

/* Devices by the numbers of the observations. */
static void number_devices(const struct world *w, struct netns_host *h)
{
	h->dev_nr = world_dev_nr(w) + 1;
	if (h->dev_nr > NETNS_DEV_MAX)
		h->dev_nr = NETNS_DEV_MAX;
	for (unsigned int i = 1; i < h->dev_nr; i++)
		h->dev_ifindex[i] = (int)if_nametoindex(world_dev_name(w, i));
}

static int open_views(struct netns_host *h, struct errmsg *e)
{
	h->snmp = open("/proc/thread-self/net/snmp", O_RDONLY | O_CLOEXEC);
	h->netstat = open("/proc/thread-self/net/netstat", O_RDONLY | O_CLOEXEC);
	h->rtnl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (h->snmp < 0 || h->netstat < 0 || h->rtnl < 0)
		return errmsg_set(e, -errno, "counters of the namespace: %s", strerror(errno));
	return 0;
}

static int apply_lines(const struct netns_conf *conf, struct netns_sysctls *at,
		       const struct world *w, struct netns_host *h, struct errmsg *e)
{
	/* The kernel's defaults, should the host have others. */
	h->rmem = (struct netns_rmem){
		.rmem_default = conf->rmem_default == RMEM ? 0 : RMEM,
		.rmem_max = untuned_rmem_max(),
		.force = !conf->user,
	};
	int err = 0;

	for (size_t i = 0; i < w->line_nr && !err;) {
		const struct world_line *line = &w->lines[i];
		size_t nr = 1;

		switch (line->verb) {
		case WORLD_WIRE:
			break;
		case WORLD_IP:
			while (i + nr < w->line_nr && w->lines[i + nr].verb == WORLD_IP)
				nr++;
			err = netns_ip_run(w, i, nr, e);
			break;
		case WORLD_SYSCTL:
			err = netns_sysctls_line(conf, at, &h->rmem, w, line, e);
			break;
		case WORLD_SOCKET:
			err = netns_sock_open(&h->rmem, w, line, h->sock_nr, h, e);
			h->sock_nr++;
			break;
		}
		i += nr;
	}
	return err;
}

int netns_build(const struct netns_conf *conf, const struct world *w, struct netns_host *h,
		struct errmsg *e)
{
	struct netns_sysctls at;
	int err;

	netns_sysctls_init(&at);
	err = netns_sysctls_base(conf, &at, e);

	if (!err)
		err = netns_lo_up(e);
	for (size_t i = 0; i < w->wire_nr && !err; i++) {
		h->wire_nr = i + 1;
		err = netns_wire_make(conf, &w->wires[i], i, h, e);
	}
	if (!err)
		err = apply_lines(conf, &at, w, h, e);
	netns_sysctls_done(&at);
	for (size_t i = 0; i < w->wire_nr && !err; i++)
		err = netns_wire_finish(&w->wires[i], i, h, e);
	if (!err) {
		number_devices(w, h);
		err = open_views(h, e);
	}
	if (!err)
		settle();
	return err;
}
