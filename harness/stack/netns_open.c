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

/*
 * As if net.core.rmem_max, which is the host's, were what the world says: cap the value here and
 * get it past the host's cap where that is allowed.
 */
static void cap_rcvbuf(const struct netns_rmem *rmem, struct socket_call *call)
{
	int v;

	if (call->level != SOL_SOCKET || call->name != SO_RCVBUF || call->val_len != sizeof(v))
		return;
	memcpy(&v, call->val, sizeof(v));
	if ((unsigned int)v > (unsigned int)rmem->rmem_max)
		memcpy(call->val, &rmem->rmem_max, sizeof(v));
	if (rmem->force)
		call->name = SO_RCVBUFFORCE;
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
		return bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 ? -errno : 0;
	case SOCKET_CALL_CONNECT:
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
		memcpy(call.val + call.dev_at, &ifindex, sizeof(ifindex));
	}
	cap_rcvbuf(rmem, &call);
	if (setsockopt(fd, call.level, call.name, call.val, (socklen_t)call.val_len) < 0)
		return -errno;
	if (call.level == IPPROTO_IP && call.name == IP_RECVERR) {
		int on = 0;

		memcpy(&on, call.val, call.val_len < sizeof(on) ? call.val_len : sizeof(on));
		if (on)
			h->sock_flags[idx] |= NETNS_SOCK_RECVERR;
		else
			h->sock_flags[idx] &= (uint8_t)~NETNS_SOCK_RECVERR;
	}
	return 0;
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
	h->sock_flags[idx] = (uint8_t)((spec.hold ? NETNS_SOCK_HOLD : 0) |
				       (spec.type == SOCK_STREAM ? NETNS_SOCK_STREAM : 0) |
				       (spec.protocol == IPPROTO_UDP ? NETNS_SOCK_UDP : 0));
	err = rmem->rmem_default ? default_rcvbuf(fd, rmem->rmem_default) : 0;
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
