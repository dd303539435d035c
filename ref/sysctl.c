/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Sysctls by their keys. Mirrors: net/ipv4/sysctl_net_ipv4.c, net/ipv4/devinet.c. */
#include "ref/sysctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ref/net.h"

struct row {
	const char *key; /* after net.ipv4. or net.ipv4.conf.DEV. */
	int32_t initial;
	int32_t min, max;
};

static const struct row sysctl_rows[SYSCTL_NR] = {
#define X(id, key, initial, min, max) [SYSCTL_##id] = { key, initial, min, max },
	REF_SYSCTLS(X)
#undef X
};

static const struct row devconf_rows[DEVCONF_NR] = {
#define X(id, key, initial, min, max) [DEVCONF_##id] = { key, initial, min, max },
	REF_DEVCONFS(X)
#undef X
};

static const struct ref_sysctl table[] = {
#define X(id, key, initial, min, max) { "net.ipv4." key, #initial, false },
	REF_SYSCTLS(X)
#undef X
#define X(id, key, initial, min, max) { "net.ipv4.conf.%s." key, #initial, true },
		REF_DEVCONFS(X)
#undef X
			{ "net.ipv4.ping_group_range", "1 0", false },
};

const struct ref_sysctl *ref_sysctl_table(size_t *ret_nr)
{
	*ret_nr = sizeof(table) / sizeof(table[0]);
	return table;
}

static const char *after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

/* One decimal number and nothing else; 0 or -EINVAL. */
static int parse_int(const char *text, int32_t min, int32_t max, int32_t *ret_val)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(text, &end, 0);
	while (*end == ' ' || *end == '\n' || *end == '\t')
		end++;
	if (errno || end == text || *end || v < min || v > max)
		return -EINVAL;
	*ret_val = (int32_t)v;
	return 0;
}

/*
 * Forwarding of the host: also the default, every device's own flag, and, the other way round,
 * whether redirects are taken. Mirrors: inet_forward_change().
 */
static void forward_change(struct ref *net, int32_t on)
{
	if (net->conf_all[DEVCONF_FORWARDING] == on)
		return;
	net->conf_all[DEVCONF_FORWARDING] = on;
	net->conf_all[DEVCONF_ACCEPT_REDIRECTS] = !on;
	net->conf_default[DEVCONF_FORWARDING] = on;
	for (int i = 0; i < net->dev_nr; i++) {
		net->dev[i].conf[DEVCONF_FORWARDING] = on;
		net->dev[i].conf_state |= 1u << DEVCONF_FORWARDING;
	}
}

/* Devices that were never told otherwise follow. Mirrors: devinet_copy_dflt_conf(). */
static void copy_default(struct ref *net, size_t i)
{
	if (i == DEVCONF_FORWARDING)
		return;
	for (int n = 0; n < net->dev_nr; n++)
		if (!(net->dev[n].conf_state & 1u << i))
			net->dev[n].conf[i] = net->conf_default[i];
}

static int devconf_set(struct ref *net, const char *rest, const char *value)
{
	const char *dot = strrchr(rest, '.');
	struct net_device *dev = NULL;
	char name[REF_IFNAMSIZ];
	int32_t *conf, v;
	size_t i;
	int err;

	if (!dot || (size_t)(dot - rest) >= sizeof(name))
		return -ENOENT;
	memcpy(name, rest, (size_t)(dot - rest));
	name[dot - rest] = 0;
	if (strcmp(name, "all") == 0) {
		conf = net->conf_all;
	} else if (strcmp(name, "default") == 0) {
		conf = net->conf_default;
	} else {
		dev = dev_get_by_name(net, name);
		if (!dev || !dev->in_dev)
			return -ENOENT;
		conf = dev->conf;
	}
	for (i = 0; i < DEVCONF_NR; i++)
		if (strcmp(dot + 1, devconf_rows[i].key) == 0)
			break;
	if (i == DEVCONF_NR)
		return -ENOENT;
	err = parse_int(value, devconf_rows[i].min, devconf_rows[i].max, &v);
	if (err)
		return err;
	if (i == DEVCONF_FORWARDING && conf == net->conf_all) {
		forward_change(net, v);
		return 0;
	}
	conf[i] = v;
	if (conf == net->conf_default)
		copy_default(net, i);
	else if (dev && i != DEVCONF_FORWARDING)
		dev->conf_state |= 1u << i;
	return 0;
}

static int ping_range_set(struct ref *net, const char *value)
{
	char *end;
	unsigned long lo = strtoul(value, &end, 10), hi;

	if (end == value)
		return -EINVAL;
	value = end;
	hi = strtoul(value, &end, 10);
	if (end == value)
		return -EINVAL;
	/* The kernel turns an empty range into this one. */
	net->ping_group_range[0] = hi < lo ? 1 : (uint32_t)lo;
	net->ping_group_range[1] = hi < lo ? 0 : (uint32_t)hi;
	return 0;
}

/* The two thresholds of reassembly are each other's bounds. Mirrors: ip4_frags_ns_ctl_register().
 */
static int row_set(struct ref *net, size_t i, const char *value)
{
	int32_t min = sysctl_rows[i].min, max = sysctl_rows[i].max;

	if (i == SYSCTL_IPFRAG_HIGH_THRESH)
		min = net->sysctl[SYSCTL_IPFRAG_LOW_THRESH];
	if (i == SYSCTL_IPFRAG_LOW_THRESH)
		max = net->sysctl[SYSCTL_IPFRAG_HIGH_THRESH];
	return parse_int(value, min, max, &net->sysctl[i]);
}

static int sysctl_set(struct ref *net, const char *key, const char *value)
{
	const char *rest = after(key, "net.ipv4.");
	const char *conf;
	int32_t v;

	ref_changed(net);
	if (!rest) {
		const char *core = after(key, "net.core.");

		if (core && strcmp(core, "rmem_default") == 0)
			return parse_int(value, 2304, INT32_MAX, &net->rmem_default);
		if (core && strcmp(core, "rmem_max") == 0)
			return parse_int(value, 2304, INT32_MAX, &net->rmem_max);
		return -ENOENT;
	}
	conf = after(rest, "conf.");
	if (conf)
		return devconf_set(net, conf, value);
	if (strcmp(rest, "ip_forward") == 0) {
		int err = parse_int(value, INT32_MIN, INT32_MAX, &v);

		if (!err)
			forward_change(net, v);
		return err;
	}
	if (strcmp(rest, "ping_group_range") == 0)
		return ping_range_set(net, value);
	for (size_t i = 0; i < SYSCTL_NR; i++)
		if (strcmp(rest, sysctl_rows[i].key) == 0)
			return row_set(net, i, value);
	return -ENOENT;
}

int ref_sysctl_set(struct ref *net, const char *key, const char *value)
{
	int err = sysctl_set(net, key, value);

	rt_cache_flush(net);
	return err;
}

static int sysctl_init(struct ref *net)
{
	for (size_t i = 0; i < SYSCTL_NR; i++)
		net->sysctl[i] = sysctl_rows[i].initial;
	for (size_t i = 0; i < DEVCONF_NR; i++)
		net->conf_all[i] = net->conf_default[i] = devconf_rows[i].initial;
	net->ping_group_range[0] = 1;
	net->ping_group_range[1] = 0;
	net->rmem_default = 212992;
	net->rmem_max = sk_mem_max(net);
	return 0;
}

const struct ref_part ref_part_sysctl = { .name = "sysctl", .init = sysctl_init };
