/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Sysctls of a fresh namespace: the base state and a world's own lines. Runs in the keeper.
 *
 * The base state is written in full, because a new namespace takes parts of it from the host:
 * every sysctl that the reference models at the reference's default, then what keeps the wire
 * free of frames that the clock or chance decides about (the table below).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/stack/netns.h"
#include "ref/ref.h"

static const struct base {
	const char *key, *value;
	bool per_dev; /* the key has a %s: written for all, default and lo */
} base_state[] = {
	/* No router solicitations, no neighbour discovery, no MLD. */
	{ "net.ipv6.conf.%s.disable_ipv6", "1", true },
	/* A neighbour that was learnt is not asked again for a while: that is a matter of seconds.
	 */
	{ "net.ipv4.neigh.default.delay_first_probe_time", "86400", false },
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

/*
 * Write one sysctl of this namespace. Key parts are separated by dots, but the device of conf.DEV
 * and neigh.DEV may have dots itself. Most keys are in the directory of the one before, which
 * stays open: a path from the root costs twice as much. Returns -errno.
 */
static int sysctl_write(struct netns_sysctls *at, const char *key, const char *value)
{
	static const char *const with_dev[] = { "net.ipv4.conf.", "net.ipv4.neigh.",
						"net.ipv6.conf.", "net.ipv6.neigh." };
	const char *last = strrchr(key, '.');
	size_t dir_len = last ? (size_t)(last - key) : 0, dev_at = dir_len;
	char dir[sizeof(at->dir)];
	int fd, err = 0;

	if (!last || dir_len + sizeof("/proc/sys/") > sizeof(dir) || strchr(key, '/'))
		return -ENOENT;
	for (size_t i = 0; i < sizeof(with_dev) / sizeof(with_dev[0]); i++)
		if (strncmp(key, with_dev[i], strlen(with_dev[i])) == 0)
			dev_at = strlen(with_dev[i]);
	snprintf(dir, sizeof(dir), "/proc/sys/%.*s", (int)dir_len, key);
	for (size_t i = 0; i < dir_len && i < dev_at; i++)
		if (key[i] == '.')
			dir[sizeof("/proc/sys/") - 1 + i] = '/';
	if (at->fd < 0 || strcmp(dir, at->dir) != 0) {
		netns_sysctls_done(at);
		at->fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (at->fd < 0)
			return -errno;
		memcpy(at->dir, dir, sizeof(dir));
	}
	fd = openat(at->fd, last + 1, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

void netns_sysctls_init(struct netns_sysctls *at)
{
	at->fd = -1;
	at->dir[0] = 0;
}

void netns_sysctls_done(struct netns_sysctls *at)
{
	if (at->fd >= 0)
		close(at->fd);
	netns_sysctls_init(at);
}

static int base_write(struct netns_sysctls *at, const char *key, const char *value,
		      struct errmsg *e)
{
	int err = sysctl_write(at, key, value);

	/* A kernel that lacks the switch lacks the behaviour. */
	if (err && err != -ENOENT)
		return errmsg_set(e, err, "sysctl %s=%s: %s", key, value, strerror(-err));
	return 0;
}

/* The rows with a device, for one; dev NULL: those without. */
static int base_rows(const struct netns_conf *conf, struct netns_sysctls *at, const char *dev,
		     struct errmsg *e)
{
	size_t nr, own_nr = sizeof(base_state) / sizeof(base_state[0]);
	const struct ref_sysctl *rows = ref_sysctl_table(&nr);
	char key[128];
	int err = 0;

	for (size_t i = 0; i < nr + own_nr && !err; i++) {
		const struct base *own = i < nr ? NULL : &base_state[i - nr];
		const char *format = own ? own->key : rows[i].key;

		if ((own ? own->per_dev : rows[i].per_dev) != (dev != NULL))
			continue;
		/* A user namespace has no group 1; "1 0" is what each new one begins with. */
		if (conf->user && strcmp(format, PING_RANGE) == 0)
			continue;
		if (dev)
			snprintf(key, sizeof(key), format, dev);
		err = base_write(at, dev ? key : format, own ? own->value : rows[i].initial, e);
	}
	return err;
}

int netns_sysctls_base(const struct netns_conf *conf, struct netns_sysctls *at, struct errmsg *e)
{
	/* Devices that are made later take theirs from default. */
	static const char *const devs[] = { NULL, "all", "default", "lo" };
	int err = 0;

	for (size_t i = 0; i < sizeof(devs) / sizeof(devs[0]) && !err; i++)
		err = base_rows(conf, at, devs[i], e);
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

int netns_sysctls_line(const struct netns_conf *conf, struct netns_sysctls *at,
		       struct netns_rmem *rmem, const struct world *w,
		       const struct world_line *line, struct errmsg *e)
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
	err = sysctl_write(at, key, value);
	if (err == -ENOENT)
		return errmsg_set(e, -EINVAL, "%s:%u: this kernel has no sysctl %s here", w->file,
				  line->line, key);
	if (err)
		return errmsg_set(e, -EINVAL, "%s:%u: sysctl %s=%s: %s", w->file, line->line, key,
				  value, strerror(-err));
	return 0;
}
