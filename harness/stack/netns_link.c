/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The devices of a world, made by the keeper inside the fresh namespace. */
#include <arpa/inet.h>
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

/* ---- veth ---- */

static int dev_ethtool(const char *name, uint32_t cmd, uint32_t data)
{
	struct ethtool_value value = { .cmd = cmd, .data = data };
	struct ifreq ifr = { 0 };

	ifr.ifr_data = (void *)&value;
	return dev_ioctl(name, SIOCETHTOOL, &ifr);
}

/* What a device may do for the stack; a tap does none of it, so a veth shall not either. */
static int offloads_off(const char *name)
{
	static const uint32_t off[] = {
		ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_SFLAGS,
	};

	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		int err = dev_ethtool(name, off[i], 0);

		if (err && err != -EOPNOTSUPP)
			return err;
	}
	return 0;
}

struct request {
	struct nlmsghdr nlh;
	struct ifinfomsg ifi;
	uint8_t attrs[512];
};

static struct rtattr *attr_put(struct request *req, uint16_t type, const void *data, size_t len)
{
	struct rtattr *rta = (void *)((uint8_t *)req + NLMSG_ALIGN(req->nlh.nlmsg_len));

	rta->rta_type = type;
	rta->rta_len = (uint16_t)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(rta), data, len);
	req->nlh.nlmsg_len = (uint32_t)(NLMSG_ALIGN(req->nlh.nlmsg_len) + RTA_ALIGN(rta->rta_len));
	return rta;
}

static void attr_end(struct request *req, struct rtattr *rta)
{
	rta->rta_len = (uint16_t)((uint8_t *)req + req->nlh.nlmsg_len - (uint8_t *)rta);
}

/* A request to this namespace, and the errno of its answer. */
static int rtnl_ask(struct request *req)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err = -EIO;
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr e;
		uint8_t more[1024];
	} answer;

	if (fd < 0)
		return -errno;
	req->nlh.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (send(fd, req, req->nlh.nlmsg_len, 0) < 0)
		err = -errno;
	else if (recv(fd, &answer, sizeof(answer), 0) >= (ssize_t)NLMSG_LENGTH(sizeof(answer.e)) &&
		 answer.nlh.nlmsg_type == NLMSG_ERROR)
		err = answer.e.error;
	close(fd);
	return err;
}

/* The pair: one end here, the other in the namespace of the far ends. */
static int veth_pair(const struct netns_conf *conf, const struct world_wire *wire,
		     const char *peer_name, int ifindex)
{
	struct request req = {
		.nlh = { .nlmsg_len = NLMSG_LENGTH(sizeof(req.ifi)),
			 .nlmsg_type = RTM_NEWLINK,
			 .nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL },
		.ifi = { .ifi_index = ifindex },
	};
	uint32_t peer_mtu = 65535; /* frames longer than the host's MTU are the host's affair */
	struct ifinfomsg peer = { 0 };
	struct rtattr *info, *data, *far;

	attr_put(&req, IFLA_IFNAME, wire->name, strlen(wire->name) + 1);
	attr_put(&req, IFLA_ADDRESS, wire->mac, 6);
	info = attr_put(&req, IFLA_LINKINFO, NULL, 0);
	attr_put(&req, IFLA_INFO_KIND, "veth", 4);
	data = attr_put(&req, IFLA_INFO_DATA, NULL, 0);
	far = attr_put(&req, VETH_INFO_PEER, &peer, sizeof(peer));
	attr_put(&req, IFLA_IFNAME, peer_name, strlen(peer_name) + 1);
	attr_put(&req, IFLA_MTU, &peer_mtu, sizeof(peer_mtu));
	attr_put(&req, IFLA_NET_NS_FD, &conf->peer_ns, sizeof(conf->peer_ns));
	attr_end(&req, far);
	attr_end(&req, data);
	attr_end(&req, info);
	return rtnl_ask(&req);
}

/* A packet socket on the far end; runs in the namespace of the far ends. Descriptor or -errno. */
static int far_end_open(const char *name)
{
	static const int on = 1, room = 64 << 20;
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};
	int fd, err = dev_up(name);

	if (err)
		return err;
	/* No protocol until it is bound: it shall not see other devices. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	sll.sll_ifindex = (int)if_nametoindex(name);
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&sll, sizeof(sll)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return fd;
}

/*
 * The far end goes up first: the near end then finds its carrier and can send at once (the other
 * way round the link watch would let it some time later, and early answers would be lost). The
 * far end sends without a queue and so needs no such thing.
 */
static int veth_make(const struct netns_conf *conf, const struct world_wire *wire, size_t idx,
		     struct netns_host *h, struct errmsg *e)
{
	int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	char peer_name[IFNAMSIZ];
	int err;

	snprintf(peer_name, sizeof(peer_name), "p%u.%zu", conf->generation % 1000000000u, idx);
	err = veth_pair(conf, wire, peer_name, (int)idx + 2);
	if (err == -EEXIST || err == -EBUSY)
		err = veth_pair(conf, wire, peer_name, 0);
	if (err) {
		err = errmsg_set(e, err, "wire %s: veth: %s%s", wire->name, strerror(-err),
				 err == -EOPNOTSUPP ? "; as root: modprobe veth" : "");
		goto close;
	}
	if (here < 0 || setns(conf->peer_ns, CLONE_NEWNET) < 0) {
		err = errmsg_set(e, -errno, "wire %s: its far end: %s", wire->name,
				 strerror(errno));
		goto close;
	}
	h->wire[idx] = far_end_open(peer_name);
	if (setns(here, CLONE_NEWNET) < 0)
		_exit(1); /* in the wrong namespace: nothing could be trusted */
	err = h->wire[idx] < 0 ? h->wire[idx] : offloads_off(wire->name);
	if (!err)
		err = dev_up(wire->name);
	if (err)
		err = errmsg_set(e, err, "wire %s: %s", wire->name, strerror(-err));
close:
	if (here >= 0)
		close(here);
	return err;
}

/* ---- both ---- */

int netns_wire_make(const struct netns_conf *conf, const struct world_wire *wire, size_t idx,
		    struct netns_host *h, struct errmsg *e)
{
	switch (conf->kind) {
	case NETNS_TAP:
		return tap_make(wire, idx, h, e);
	case NETNS_VETH:
		return veth_make(conf, wire, idx, h, e);
	}
	return -EINVAL;
}

int netns_wire_finish(const struct world_wire *wire, size_t idx, struct netns_host *h,
		      struct errmsg *e)
{
	struct ifreq ifr = { 0 };
	int err = dev_ioctl(wire->name, SIOCGIFMTU, &ifr);

	if (err)
		return errmsg_set(e, err, "wire %s: %s", wire->name, strerror(-err));
	h->wire_mtu[idx] = ifr.ifr_mtu;
	return 0;
}
