/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The devices of a world, made by the keeper inside the fresh namespace. */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/stack/netns.h"

/* ---- small ioctls on a device by name ---- */

static int dev_ioctl(const char *name, unsigned long cmd, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", name);
	if (ioctl(fd, cmd, ifr) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int dev_up(const char *name)
{
	struct ifreq ifr = { 0 };
	int err = dev_ioctl(name, SIOCGIFFLAGS, &ifr);

	if (err)
		return err;
	ifr.ifr_flags |= IFF_UP;
	return dev_ioctl(name, SIOCSIFFLAGS, &ifr);
}

static int dev_address(const char *name, const uint8_t mac[6])
{
	struct ifreq ifr = { .ifr_hwaddr.sa_family = ARPHRD_ETHER };

	memcpy(ifr.ifr_hwaddr.sa_data, mac, 6);
	return dev_ioctl(name, SIOCSIFHWADDR, &ifr);
}

int netns_lo_up(struct errmsg *e)
{
	int err = dev_up("lo");

	return err ? errmsg_set(e, err, "lo: %s", strerror(-err)) : 0;
}

/* ---- tap ---- */

static int tap_make(const struct world_wire *wire, size_t idx, struct netns_host *h,
		    struct errmsg *e)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int ifindex = (int)idx + 2;
	int err;

	if (fd < 0)
		return errmsg_set(e, -ENODEV, "/dev/net/tun: %s%s", strerror(errno),
				  errno == EACCES ? "; as root: chmod 0666 /dev/net/tun"
						  : "; as root: modprobe tun");
	h->wire[idx] = fd;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", wire->name);
	/* May be taken by a device that each namespace has (tunl0 ...): then any will do. */
	(void)ioctl(fd, TUNSETIFINDEX, &ifindex);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
		if (errno != EBUSY)
			return errmsg_set(e, -errno, "wire %s: %s", wire->name, strerror(errno));
		ifindex = 0;
		(void)ioctl(fd, TUNSETIFINDEX, &ifindex);
		if (ioctl(fd, TUNSETIFF, &ifr) < 0)
			return errmsg_set(e, -errno, "wire %s: %s", wire->name, strerror(errno));
	}
	/* Closing another kind takes 17-24 ms; this one goes with its namespace. */
	if (ioctl(fd, TUNSETPERSIST, 1) < 0)
		return errmsg_set(e, -errno, "wire %s: %s", wire->name, strerror(errno));
	ifr.ifr_qlen = NETNS_TXQLEN;
	err = dev_ioctl(wire->name, SIOCSIFTXQLEN, &ifr);
	if (!err)
		err = dev_address(wire->name, wire->mac);
	if (!err)
		err = dev_up(wire->name);
	return err ? errmsg_set(e, err, "wire %s: %s", wire->name, strerror(-err)) : 0;
}

int netns_wire_make(const struct netns_conf *conf, const struct world_wire *wire, size_t idx,
		    struct netns_host *h, struct errmsg *e)
{
	int err = -ENODEV;

	switch (conf->kind) {
	case NETNS_TAP:
		err = tap_make(wire, idx, h, e);
		break;
	case NETNS_VETH:
		err = errmsg_set(e, -ENODEV, "veth: not yet");
		break;
	}
	return err;
}

int netns_wire_finish(const struct netns_conf *conf, size_t idx, struct netns_host *h,
		      struct errmsg *e)
{
	(void)conf, (void)idx, (void)h, (void)e;
	return 0;
}
