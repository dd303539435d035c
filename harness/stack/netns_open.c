/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A world's sockets, opened by the keeper inside the namespace. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/stack/netns.h"
#include "harness/world/world_socket.h"

static const char *call_name(enum socket_call_type type)
{
	switch (type) {
	case SOCKET_CALL_SETSOCKOPT:
		return "setsockopt";
	case SOCKET_CALL_BIND:
		return "bind";
	case SOCKET_CALL_CONNECT:
		return "connect";
	case SOCKET_CALL_LISTEN:
		return "listen";
	}
	return "?";
}

int netns_sock_setsockopt(int fd, const struct netns_rmem *rmem, uint8_t *flags, int level,
			  int name, const void *val, int len)
{
	int v = 0, real = name;

	if (len >= (int)sizeof(v))
		memcpy(&v, val, sizeof(v));
	/* As if net.core.rmem_max, which is the host's, were the world's. */
	if (level == SOL_SOCKET && name == SO_RCVBUF && len >= (int)sizeof(v)) {
		if ((unsigned int)v > (unsigned int)rmem->rmem_max)
			val = &rmem->rmem_max;
		if (rmem->force)
			real = SO_RCVBUFFORCE;
	}
	if (setsockopt(fd, level, real, val, (socklen_t)len) < 0)
		return -errno;
	if (level == IPPROTO_IP && name == IP_RECVERR) {
		if (len >= 1 && len < (int)sizeof(v))
			v = *(const uint8_t *)val;
		if (v)
			*flags |= NETNS_SOCK_RECVERR;
		else
			*flags &= (uint8_t)~NETNS_SOCK_RECVERR;
	}
	if (level == SOL_SOCKET && (name == SO_TIMESTAMPING || name == SO_ZEROCOPY))
		*flags |= NETNS_SOCK_RECVERR;
	return 0;
}

static int do_call(int fd, const struct netns_rmem *rmem, struct socket_call call,
		   struct netns_host *h, size_t idx)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(call.port),
		.sin_addr.s_addr = htonl(call.addr),
	};

	switch (call.type) {
	case SOCKET_CALL_BIND:
		return netns_port_bind(&h->ports, fd, &sin, sizeof(sin));
	case SOCKET_CALL_CONNECT:
		netns_port_auto(&h->ports, fd, &h->sock_flags[idx]);
		return connect(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 ? -errno : 0;
	case SOCKET_CALL_LISTEN:
		return listen(fd, 16) < 0 ? -errno : 0;
	case SOCKET_CALL_SETSOCKOPT:
		break;
	}
	if (call.dev_at >= 0) {
		uint32_t ifindex = if_nametoindex(call.dev);

		if (!ifindex)
			return -ENODEV;
		if (call.dev_big_endian)
			ifindex = htonl(ifindex);
		memcpy(call.val + call.dev_at, &ifindex, sizeof(ifindex));
	}
	return netns_sock_setsockopt(fd, rmem, &h->sock_flags[idx], call.level, call.name, call.val,
				     (int)call.val_len);
}

/* The receive buffer of a socket that sets none: the reference's default, whatever the host's. */
static int default_rcvbuf(int fd, int rmem_default)
{
	int half = rmem_default / 2; /* the kernel doubles the option, but not the default */

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &half, sizeof(half)) < 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &half, sizeof(half)) < 0)
		return -errno;
	return 0;
}

int netns_sock_init(int fd, const struct netns_rmem *rmem, uint8_t *ret_flags)
{
	int type = 0, protocol = 0;
	socklen_t len = sizeof(type);

	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	len = sizeof(protocol);
	getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len);
	*ret_flags = (uint8_t)((type == SOCK_STREAM ? NETNS_SOCK_STREAM : 0) |
			       (protocol == IPPROTO_UDP ? NETNS_SOCK_UDP : 0));
	return rmem->rmem_default ? default_rcvbuf(fd, rmem->rmem_default) : 0;
}

int netns_sock_open(const struct netns_rmem *rmem, const struct world *w,
		    const struct world_line *line, size_t idx, struct netns_host *h,
		    struct errmsg *e)
{
	struct socket_spec spec;
	int err = socket_spec_parse(&spec, w, line, e);
	int fd;

	if (err)
		return errmsg_wrap(e, err, "%s:%u", w->file, line->line);
	fd = socket(spec.family, spec.type | SOCK_CLOEXEC | SOCK_NONBLOCK, spec.protocol);
	if (fd < 0)
		return errmsg_set(e, -EINVAL, "%s:%u: socket %s: %s", w->file, line->line,
				  spec.name, strerror(errno));
	h->sock[idx] = fd;
	err = netns_sock_init(fd, rmem, &h->sock_flags[idx]);
	h->sock_flags[idx] |= spec.hold ? NETNS_SOCK_HOLD : 0;
	if (err)
		return errmsg_set(e, err, "%s:%u: SO_RCVBUF: %s", w->file, line->line,
				  strerror(-err));
	for (size_t i = 0; i < spec.call_nr; i++) {
		err = do_call(fd, rmem, spec.call[i], h, idx);
		if (err)
			return errmsg_set(e, -EINVAL, "%s:%u: socket %s: %s: %s", w->file,
					  line->line, spec.name, call_name(spec.call[i].type),
					  strerror(-err));
	}
	return 0;
}
