/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A world in a fresh namespace: the base state, then the world's lines in their order. Runs in
 * the keeper.
 *
 * The base state is written in full, because a new namespace takes parts of it from the host:
 * every sysctl that the reference models at the reference's default, then what keeps the wire
 * free of frames that the clock or chance decides about (the table below).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/stack/netns.h"
#include "ref/ref.h"

static const struct base {
	const char *key, *value;
	bool per_dev; /* the key has a %s: written for all, default and lo */
} base_state[] = {
	/* No router solicitations, no neighbour discovery, no MLD. */
	{ "net.ipv6.conf.%s.disable_ipv6", "1", true },
	/*
	 * A neighbour that the world does not name fails at once (drop reason NEIGH_FAILED), and
	 * no ARP request leaves; otherwise packets wait for 3 s and a timer decides.
	 */
	{ "net.ipv4.neigh.default.mcast_solicit", "0", false },
	{ "net.ipv4.neigh.default.ucast_solicit", "0", false },
	{ "net.ipv4.neigh.default.app_solicit", "0", false },
	/* A change of membership is reported once, within 3 jiffies: see settle(). */
	{ "net.ipv4.igmp_qrv", "1", false },
	/* Taken from the host, and not modelled: at the kernel's default. */
	{ "net.ipv4.conf.%s.arp_notify", "0", true },
	{ "net.ipv4.conf.%s.arp_accept", "0", true },
	{ "net.ipv4.conf.%s.arp_announce", "0", true },
	{ "net.ipv4.conf.%s.arp_filter", "0", true },
	{ "net.ipv4.conf.%s.proxy_arp", "0", true },
	{ "net.ipv4.conf.%s.proxy_arp_pvlan", "0", true },
	{ "net.ipv4.conf.%s.drop_gratuitous_arp", "0", true },
	{ "net.ipv4.conf.%s.promote_secondaries", "0", true },
	{ "net.ipv4.conf.%s.force_igmp_version", "0", true },
	{ "net.ipv4.conf.%s.disable_policy", "0", true },
	{ "net.ipv4.conf.%s.disable_xfrm", "0", true },
	{ "net.ipv4.conf.%s.medium_id", "0", true },
};

#define PING_RANGE "net.ipv4.ping_group_range"
#define RMEM	   212992 /* net.core.rmem_default and rmem_max of a kernel that nobody tuned */

/*
 * Write one sysctl of this namespace. Key parts are separated by dots, but the device of conf.DEV
 * and neigh.DEV may have dots itself. Returns -errno.
 */
static int sysctl_write(const char *key, const char *value)
{
	static const char *const with_dev[] = { "net.ipv4.conf.", "net.ipv4.neigh.",
						"net.ipv6.conf.", "net.ipv6.neigh." };
	size_t len = strlen(key), from = len, to = len;
	char path[160];
	ssize_t n;
	int fd, err = 0;

	if (len + sizeof("/proc/sys/") > sizeof(path))
		return -ENOENT;
	for (size_t i = 0; i < sizeof(with_dev) / sizeof(with_dev[0]); i++) {
		size_t plen = strlen(with_dev[i]);
		const char *last = strrchr(key, '.');

		if (strncmp(key, with_dev[i], plen) == 0 && last >= key + plen) {
			from = plen;
			to = (size_t)(last - key);
		}
	}
	memcpy(path, "/proc/sys/", 10);
	for (size_t i = 0; i <= len; i++)
		path[10 + i] = key[i] == '.' && (i < from || i >= to) ? '/' : key[i];
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, value, strlen(value));
	if (n < 0)
		err = -errno;
	close(fd);
	return err;
}

static int base_write(const char *key, const char *value, bool per_dev, struct errmsg *e)
{
	static const char *const devs[] = { "all", "default", "lo" };
	char full[128];
	int err;

	for (size_t i = 0; i < (per_dev ? 3 : 1); i++) {
		if (per_dev)
			snprintf(full, sizeof(full), key, devs[i]);
		else
			snprintf(full, sizeof(full), "%s", key);
		err = sysctl_write(full, value);
		/* A kernel that lacks the switch lacks the behaviour. */
		if (err && err != -ENOENT)
			return errmsg_set(e, err, "sysctl %s=%s: %s", full, value, strerror(-err));
	}
	return 0;
}

static int base_apply(const struct netns_conf *conf, struct errmsg *e)
{
	size_t nr;
	const struct ref_sysctl *rows = ref_sysctl_table(&nr);
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++)
		/* A user namespace has no group 1; "1 0" is what each new one begins with. */
		if (!conf->user || strcmp(rows[i].key, PING_RANGE) != 0)
			err = base_write(rows[i].key, rows[i].initial, rows[i].per_dev, e);
	for (size_t i = 0; i < sizeof(base_state) / sizeof(base_state[0]) && !err; i++)
		err = base_write(base_state[i].key, base_state[i].value, base_state[i].per_dev, e);
	return err;
}

/*
 * A user namespace has one group, 0, and refuses a range with others in it: write what the range
 * says of that one.
 */
static const char *one_group(const char *value)
{
	unsigned int lo, hi;

	if (sscanf(value, "%u %u", &lo, &hi) != 2)
		return value;
	return lo == 0 ? "0 0" : NULL;
}

/* A world's sysctl line. */
static int world_sysctl(const struct netns_conf *conf, struct netns_rmem *rmem,
			const struct world *w, const struct world_line *line, struct errmsg *e)
{
	const char *key = line->argv[0], *value = line->argv[1];
	int err;

	/* Host-wide on a kernel, and the host is not ours to change: done by socket options. */
	if (strcmp(key, "net.core.rmem_default") == 0 || strcmp(key, "net.core.rmem_max") == 0) {
		char *end;
		long v = strtol(value, &end, 10);

		if (*end || v < 2304 || v > INT_MAX)
			return errmsg_set(e, -EINVAL, "%s:%u: %s: at least 2304", w->file,
					  line->line, key);
		if (strcmp(key, "net.core.rmem_max") == 0)
			rmem->rmem_max = (int)v;
		else
			rmem->rmem_default = (int)v;
		return 0;
	}
	if (strncmp(key, "net.", 4) != 0)
		return errmsg_set(e, -EINVAL, "%s:%u: %s: not a sysctl of a network namespace",
				  w->file, line->line, key);
	if (conf->user && strcmp(key, PING_RANGE) == 0) {
		value = one_group(value);
		if (!value)
			return 0;
	}
	err = sysctl_write(key, value);
	if (err == -ENOENT)
		return errmsg_set(e, -EINVAL, "%s:%u: this kernel has no sysctl %s here", w->file,
				  line->line, key);
	if (err)
		return errmsg_set(e, -EINVAL, "%s:%u: sysctl %s=%s: %s", w->file, line->line, key,
				  value, strerror(-err));
	return 0;
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

static int apply_lines(const struct netns_conf *conf, const struct world *w, struct netns_host *h,
		       struct errmsg *e)
{
	/* The kernel's defaults, should the host have others. */
	struct netns_rmem rmem = {
		.rmem_default = conf->rmem_default == RMEM ? 0 : RMEM,
		.rmem_max = RMEM,
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
			err = world_sysctl(conf, &rmem, w, line, e);
			break;
		case WORLD_SOCKET:
			err = netns_sock_open(&rmem, w, line, h->sock_nr, h, e);
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
	int err = base_apply(conf, e);

	if (!err)
		err = netns_lo_up(e);
	for (size_t i = 0; i < w->wire_nr && !err; i++) {
		h->wire_nr = i + 1;
		err = netns_wire_make(conf, &w->wires[i], i, h, e);
	}
	if (!err)
		err = apply_lines(conf, w, h, e);
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
