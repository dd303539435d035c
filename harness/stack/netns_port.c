/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Ports that nobody names. The kernel picks them at random (UDP) or by a counter that all of the
 * machine shares (echo ids of ping sockets); a trace must not depend on it. So the harness picks
 * in its stead, the same as the reference: of UDP the n-th of the range, or the next that is free;
 * of ping sockets 1, 2, ... The kernel is told by IP_LOCAL_PORT_RANGE, a range of one port (Linux
 * 6.3 on; before it, ports stay random), which is put back. A socket that a call is about to bind
 * by itself is bound before it; a ping socket so keeps its id when it is disconnected.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/stack/netns.h"

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

#define PORT_LOW  32768u
#define PORT_HIGH 60999u
#define TRIES_MAX 256

static int get_int(int fd, int level, int name)
{
	int v = 0;
	socklen_t len = sizeof(v);

	return getsockopt(fd, level, name, &v, &len) < 0 ? -1 : v;
}

static bool set_int(int fd, int level, int name, int v)
{
	return setsockopt(fd, level, name, &v, sizeof(v)) == 0;
}

/* Bind to port 0 of in, told which to take. 0 or -errno. */
static int bind_udp(struct netns_ports *ports, int fd, const struct sockaddr_in *in)
{
	uint32_t was = (uint32_t)get_int(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE), nr;
	uint32_t low = PORT_LOW, high = PORT_HIGH;
	int err = -EADDRINUSE;

	/* An end outside the host's range says nothing. */
	if ((was & 0xffff) >= low && (was & 0xffff) <= high)
		low = was & 0xffff;
	if (was >> 16 >= low && was >> 16 <= high)
		high = was >> 16;
	if (was == UINT32_MAX)
		return bind(fd, (const struct sockaddr *)in, sizeof(*in)) < 0 ? -errno : 0;
	nr = high - low + 1;
	for (uint32_t i = 0; i < nr && i < TRIES_MAX && err == -EADDRINUSE; i++) {
		uint32_t port = low + (ports->udp_nr + i) % nr;

		set_int(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, (int)(port << 16 | port));
		err = bind(fd, (const struct sockaddr *)in, sizeof(*in)) < 0 ? -errno : 0;
	}
	set_int(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, (int)was);
	return err;
}

static int bind_ping(struct netns_ports *ports, int fd, struct sockaddr_in in)
{
	int err = -EADDRINUSE;

	for (int i = 0; i < TRIES_MAX && err == -EADDRINUSE; i++) {
		uint16_t id = (uint16_t)(ports->ping_nr + 1 + (uint32_t)i);

		in.sin_port = htons(id ? id : 1);
		err = bind(fd, (const struct sockaddr *)&in, sizeof(in)) < 0 ? -errno : 0;
		if (err == 0)
			ports->ping_nr = id;
	}
	return err;
}

/* Ports are picked for these. */
static bool is_picked(int protocol)
{
	return protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE || protocol == IPPROTO_ICMP;
}

static int bind_any(struct netns_ports *ports, int fd, int protocol, const struct sockaddr_in *in)
{
	struct sockaddr_in now;
	socklen_t len = sizeof(now);
	int err;

	if (protocol == IPPROTO_ICMP)
		return bind_ping(ports, fd, *in);
	err = bind_udp(ports, fd, in);
	if (err == 0 && getsockname(fd, (struct sockaddr *)&now, &len) == 0 && now.sin_port)
		ports->udp_nr++;
	return err;
}

void netns_port_auto(struct netns_ports *ports, int fd, uint8_t *flags)
{
	struct sockaddr_in in = { .sin_family = AF_UNSPEC };
	socklen_t len = sizeof(in);
	int protocol, late;

	if (*flags & NETNS_SOCK_PORT)
		return;
	*flags |= NETNS_SOCK_PORT;
	if (get_int(fd, SOL_SOCKET, SO_TYPE) != SOCK_DGRAM ||
	    getsockname(fd, (struct sockaddr *)&in, &len) < 0 || in.sin_family != AF_INET ||
	    in.sin_port)
		return;
	protocol = get_int(fd, SOL_SOCKET, SO_PROTOCOL);
	if (!is_picked(protocol))
		return;
	late = get_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
	if (late > 0)
		set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 0);
	/* Whatever goes wrong, the call itself will meet it. */
	(void)bind_any(ports, fd, protocol, &in);
	if (late > 0)
		set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
}

int netns_port_bind(struct netns_ports *ports, int fd, const void *addr, int len)
{
	struct sockaddr_in in = { .sin_family = AF_UNIX };
	int protocol = -1;

	if (addr && len >= (int)sizeof(in) && len <= 128)
		memcpy(&in, addr, sizeof(in));
	/* AF_UNSPEC is taken for AF_INET where the address is any. */
	if (in.sin_family == AF_UNSPEC && in.sin_addr.s_addr == 0)
		in.sin_family = AF_INET;
	if (in.sin_family == AF_INET && !in.sin_port &&
	    get_int(fd, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM)
		protocol = get_int(fd, SOL_SOCKET, SO_PROTOCOL);
	if (!is_picked(protocol))
		return bind(fd, addr, (socklen_t)len) < 0 ? -errno : 0;
	return bind_any(ports, fd, protocol, &in);
}
