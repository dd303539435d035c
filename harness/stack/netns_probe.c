/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What this machine allows, by trying it. A `no` has one line why and the one command that helps;
 * a `yes` has one line that says how much.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/stack/netns.h"
#include "harness/stack/netns_drop.h"

/* 0 or the errno of opening it. */
int netns_tap_errno(void)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

const char *netns_tap_remedy(int err)
{
	return err == EACCES || err == EPERM ? "chmod 0666 /dev/net/tun" : "modprobe tun";
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool reads(const char *path, const char *value)
{
	char text[16] = "";
	FILE *f = fopen(path, "re");

	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	text[strcspn(text, "\n")] = 0;
	return strcmp(text, value) == 0;
}

/* The switch that forbids an ordinary user the namespace, where we can see which it is. */
static void userns_remedy(struct errmsg *remedy)
{
	static const struct {
		const char *path, *off, *remedy;
	} switches[] = {
		{ "/proc/sys/kernel/unprivileged_userns_clone", "0",
		  "sysctl -w kernel.unprivileged_userns_clone=1" },
		{ "/proc/sys/user/max_user_namespaces", "0",
		  "sysctl -w user.max_user_namespaces=10000" },
		{ "/proc/sys/user/max_net_namespaces", "0",
		  "sysctl -w user.max_net_namespaces=10000" },
		{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
		  "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0" },
	};

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (reads(switches[i].path, switches[i].off)) {
			errmsg_set(remedy, 0, "%s", switches[i].remedy);
			return;
		}
	if (!exists("/proc/self/ns/user"))
		errmsg_set(remedy, 0, "sudo netparity");
}

/* Sets of the message what is wrong; the remedy where there is one. */
static bool namespaces(const struct netns_conf *conf, struct errmsg *why, struct errmsg *remedy)
{
	struct netns_keeper k = { .ctl = -1, .pid = -1 };

	if (netns_keeper_start(&k, conf, why) == 0) {
		netns_keeper_stop(&k);
		return true;
	}
	userns_remedy(remedy);
	return false;
}

bool netns_probe(const char *arg, struct errmsg *why, struct errmsg *remedy)
{
	struct netns_conf conf = { .user = geteuid() != 0 };
	struct netns_drops *drops;
	struct errmsg no_drops;
	int tap = netns_tap_errno();

	remedy->text[0] = 0;
	if (netns_parse_arg(arg, &conf, why)) {
		if (tap)
			errmsg_set(remedy, 0, "%s", netns_tap_remedy(tap));
		return false;
	}
	if (!netns_ip_path()) {
		errmsg_set(remedy, 0, "apt-get install iproute2");
		return errmsg_set(why, 0, "no ip(8) here");
	}
	if (!namespaces(&conf, why, remedy))
		return false;
	drops = netns_drops_new(&no_drops);
	errmsg_set(why, 0, "%s, over %s%s; %.200s", conf.user ? "ordinary user" : "root",
		   conf.kind == NETNS_TAP ? "tap" : "veth",
		   conf.kind == NETNS_TAP || !tap ? "" : " (/dev/net/tun can't be opened)",
		   drops ? "with drop reasons" : no_drops.text);
	if (conf.kind == NETNS_VETH && tap)
		errmsg_set(remedy, 0, "%s", netns_tap_remedy(tap));
	netns_drops_free(drops);
	return true;
}
