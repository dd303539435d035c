/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Socket calls of steps on the running kernel. Descriptors belong to the namespace, so all calls
 * but socket(2) are made here; they never wait. A closed name is descriptor -1: the kernel itself
 * says EBADF.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/call/call.h"
#include "harness/stack/netns.h"

/* What a call may say that there is of control messages: zeros behind those that are there. */
#define CONTROL_ROOM (512u << 10)

struct netns_calls {
	struct netns_keeper *keeper;
	struct netns_socks *socks;
	struct netns_host *host;
	uint8_t *control; /* CONTROL_ROOM */
	uint8_t option[CALL_OPTION_MAX];
	uint8_t data[CALL_OPTION_MAX];
	bool renumber; /* devices have other numbers than in the world */
};

/* One call while it runs. */
struct ctx {
	struct netns_calls *cs;
	const struct call *c;
	const struct step *step;
	struct obs_list *out;
	uint32_t seen;
	struct errmsg *e;
	int fd;
	bool told; /* it has made its own observation */
	/* What it gave. */
	const uint8_t *octets;
	int32_t given_len; /* as returned */
	uint32_t octet_nr;
};

struct netns_calls *netns_calls_new(struct netns_keeper *k, struct netns_socks *ss,
				    struct errmsg *e)
{
	struct netns_calls *cs = calloc(1, sizeof(*cs));

	if (cs)
		cs->control = mmap(NULL, CONTROL_ROOM, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!cs || cs->control == MAP_FAILED) {
		free(cs);
		errmsg_set(e, -ENOMEM, "no memory for calls");
		return NULL;
	}
	cs->keeper = k;
	cs->socks = ss;
	return cs;
}

void netns_calls_free(struct netns_calls *cs)
{
	if (!cs)
		return;
	munmap(cs->control, CONTROL_ROOM);
	free(cs);
}

void netns_calls_world(struct netns_calls *cs, struct netns_host *h)
{
	cs->host = h;
	cs->renumber = false;
	for (size_t i = 1; i < h->dev_nr; i++)
		cs->renumber = cs->renumber || h->dev_ifindex[i] != (int)i;
}

/* The kernel's number for the world's; one that the world has not stays. */
static uint32_t to_ifindex(const struct netns_host *h, uint32_t dev)
{
	return dev < h->dev_nr && dev > 0 ? (uint32_t)h->dev_ifindex[dev] : dev;
}

static uint32_t from_ifindex(const struct netns_host *h, uint32_t ifindex)
{
	uint32_t dev = netns_host_dev(h, (int)ifindex);

	return dev ? dev : ifindex;
}

static void renumber(const struct ctx *x, int in, uint8_t *octets, size_t len,
		     uint32_t (*map)(const struct netns_host *h, uint32_t nr))
{
	for (size_t i = 0; x->cs->renumber && i < x->c->dev_nr; i++) {
		const struct call_dev *dev = &x->c->dev[i];
		uint32_t nr;

		if ((int)dev->in != in || dev->off > len || len - dev->off < sizeof(nr))
			continue;
		memcpy(&nr, octets + dev->off, sizeof(nr));
		nr = dev->big_endian ? htonl(map(x->cs->host, ntohl(nr))) : map(x->cs->host, nr);
		memcpy(octets + dev->off, &nr, sizeof(nr));
	}
}

/* The value of an option with the kernel's numbers. */
static const uint8_t *option_data(struct ctx *x)
{
	if (!x->cs->renumber || !x->c->dev_nr)
		return x->c->data;
	memcpy(x->cs->data, x->c->data, x->c->data_len);
	renumber(x, CALL_IN_DATA, x->cs->data, x->c->data_len, to_ifindex);
	return x->cs->data;
}

static void close_slot(struct ctx *x)
{
	if (x->fd >= 0)
		close(x->fd);
	x->cs->host->sock[x->step->chan] = -1;
}

static int64_t run_socket(struct ctx *x)
{
	struct netns_host *h = x->cs->host;
	size_t idx = x->step->chan;
	int fd, err;

	close_slot(x);
	if (h->sock_nr <= idx)
		h->sock_nr = idx + 1;
	fd = netns_keeper_socket(x->cs->keeper, x->c->num, x->c->nocap);
	if (fd < 0)
		return fd;
	h->sock[idx] = fd;
	err = netns_sock_init(fd, &h->rmem, &h->sock_flags[idx]);
	if (x->c->hold)
		h->sock_flags[idx] |= NETNS_SOCK_HOLD;
	return err ? err : netns_socks_add(x->cs->socks, idx, x->e);
}

static int64_t run_bind(struct ctx *x)
{
	return netns_port_bind(&x->cs->host->ports, x->fd, x->c->addr, x->c->addr_len);
}

static int64_t run_connect(struct ctx *x)
{
	uint8_t *flags = &x->cs->host->sock_flags[x->step->chan];
	int32_t len = x->c->addr_len;
	uint16_t family = AF_UNSPEC;

	if (x->c->addr && len >= (int32_t)sizeof(family) && len <= CALL_ADDR_ROOM)
		memcpy(&family, x->c->addr, sizeof(family));
	if (family != AF_UNSPEC)
		netns_port_auto(&x->cs->host->ports, x->fd, flags);
	if (connect(x->fd, (const struct sockaddr *)x->c->addr, (socklen_t)len) < 0)
		return -errno;
	/* Disconnecting may give the port back. */
	if (family == AF_UNSPEC)
		*flags &= (uint8_t)~NETNS_SOCK_PORT;
	return 0;
}

static int64_t run_listen(struct ctx *x)
{
	return listen(x->fd, x->c->num[0]) < 0 ? -errno : 0;
}

static int64_t run_setsockopt(struct ctx *x)
{
	return netns_sock_setsockopt(x->fd, &x->cs->host->rmem,
				     &x->cs->host->sock_flags[x->step->chan], x->c->num[0],
				     x->c->num[1], option_data(x), x->c->len);
}

/* Keep what was returned: as much as is there of the length that was told. */
static void give(struct ctx *x, const uint8_t *octets, int32_t len, int32_t room)
{
	x->octets = octets;
	x->given_len = len;
	x->octet_nr = (uint32_t)(len < 0 ? 0 : len < room ? len : room);
}

static int64_t run_getsockopt(struct ctx *x)
{
	uint8_t *option = x->cs->option;
	int32_t room = x->c->len == CALL_AMPLE ? CALL_OPTION_MAX : x->c->len;
	socklen_t len = (socklen_t)room;

	memset(option, 0, sizeof(x->cs->option));
	if (x->c->data_len)
		memcpy(option, option_data(x), x->c->data_len);
	if (getsockopt(x->fd, x->c->num[0], x->c->num[1], option, &len) < 0)
		return -errno;
	give(x, option, (int32_t)len, room);
	renumber(x, CALL_IN_RESULT, option, x->octet_nr, from_ifindex);
	return 0;
}

static int64_t get_name(struct ctx *x, int (*call)(int fd, struct sockaddr *name, socklen_t *len))
{
	int32_t room = x->c->len == CALL_AMPLE ? CALL_ADDR_ROOM : x->c->len;
	socklen_t len = (socklen_t)room;

	memset(x->cs->option, 0, sizeof(x->cs->option));
	if (call(x->fd, (struct sockaddr *)x->cs->option, &len) < 0)
		return -errno;
	give(x, x->cs->option, (int32_t)len, room);
	return 0;
}

static int64_t run_getsockname(struct ctx *x)
{
	return get_name(x, getsockname);
}

static int64_t run_getpeername(struct ctx *x)
{
	return get_name(x, getpeername);
}

static void before_send(struct ctx *x)
{
	if (x->c->addr_len >= 0)
		netns_port_auto(&x->cs->host->ports, x->fd,
				&x->cs->host->sock_flags[x->step->chan]);
}

/* Control messages, and what the call says of their length. */
static void set_control(struct ctx *x, struct msghdr *msg)
{
	const struct call *c = x->c;
	int32_t len = c->controllen == CALL_AMPLE ? (int32_t)c->control_len : c->controllen;

	if (!c->control_len && c->controllen == CALL_AMPLE)
		return;
	if (c->control_len)
		memcpy(x->cs->control, c->control, c->control_len);
	renumber(x, CALL_IN_CONTROL, x->cs->control, c->control_len, to_ifindex);
	msg->msg_control = x->cs->control;
	msg->msg_controllen = (size_t)(int64_t)len;
}

static int64_t run_sendmsg(struct ctx *x)
{
	const struct call *c = x->c;
	struct iovec iov[CALL_CHUNKS_MAX];
	struct msghdr msg = {
		.msg_name = (void *)(uintptr_t)c->addr,
		.msg_namelen = (socklen_t)c->addr_len,
		.msg_iov = iov,
		.msg_iovlen = c->chunk_nr,
	};
	size_t at = 0;
	ssize_t n;

	for (size_t i = 0; i < c->chunk_nr; i++) {
		iov[i] = (struct iovec){ (void *)(uintptr_t)(c->data + at), c->chunk[i] };
		at += c->chunk[i];
	}
	set_control(x, &msg);
	before_send(x);
	/* Without MSG_NOSIGNAL a TCP socket could end the program. */
	n = sendmsg(x->fd, &msg, (int)c->flags | MSG_NOSIGNAL);
	if (n < 0)
		n = -errno;
	if (c->control_len)
		memset(x->cs->control, 0, c->control_len);
	return n;
}

static int64_t run_sendto(struct ctx *x)
{
	const struct call *c = x->c;
	ssize_t n;

	before_send(x);
	n = sendto(x->fd, c->data, c->data_len, (int)c->flags | MSG_NOSIGNAL,
		   (const struct sockaddr *)c->addr, (socklen_t)c->addr_len);
	return n < 0 ? -errno : n;
}

static int64_t run_recvmsg(struct ctx *x)
{
	x->told = true;
	netns_socks_recvmsg(x->cs->socks, x->step, x->out, x->seen);
	return 0;
}

static int64_t run_ioctl(struct ctx *x)
{
	memset(x->cs->option, 0, sizeof(x->cs->option));
	if (ioctl(x->fd, (unsigned long)(uint32_t)x->c->num[0], x->cs->option) < 0)
		return -errno;
	give(x, x->cs->option, sizeof(int), sizeof(int));
	return 0;
}

static int64_t run_poll(struct ctx *x)
{
	struct pollfd p = {
		.fd = x->fd,
		.events = POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLRDBAND | POLLWRNORM |
			  POLLWRBAND | POLLRDHUP,
	};

	/* Of a descriptor that is none, poll() has no opinion. */
	if (x->fd < 0)
		return -EBADF;
	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

static int64_t run_shutdown(struct ctx *x)
{
	return shutdown(x->fd, x->c->num[0]) < 0 ? -errno : 0;
}

static int64_t run_close(struct ctx *x)
{
	int err = close(x->fd) < 0 ? -errno : 0;

	x->cs->host->sock[x->step->chan] = -1;
	return err;
}

static int64_t (*const runs[CALL_TYPE_NR])(struct ctx *x) = {
#define X(id, name, arg, words) [CALL_##id] = run_##name,
	CALLS(X)
#undef X
};

int netns_calls_run(struct netns_calls *cs, const struct step *step, struct obs_list *out,
		    uint32_t seen, struct errmsg *e)
{
	struct ctx x = {
		.cs = cs,
		.c = step->call,
		.step = step,
		.out = out,
		.seen = seen,
		.e = e,
		.fd = cs->host->sock[step->chan],
	};
	uint32_t caps = step->call->nocap ? netns_caps_drop() : 0;
	int64_t value = runs[step->call->type](&x);
	struct obs *obs;

	if (step->call->nocap)
		netns_caps_raise(caps);

	if (x.told)
		return 0;
	obs = obs_add(out, OBS_RETURN, seen);
	if (!obs)
		return 0;
	obs->chan = step->chan;
	obs->name = (uint16_t)step->call->type;
	obs->value = value < 0 ? 0 : value;
	obs->flags = value < 0 ? (uint32_t)-value : 0;
	obs->addr = (uint32_t)x.given_len;
	if (value >= 0 && x.octet_nr) {
		obs->data_off = obs_put(out, x.octets, x.octet_nr);
		obs->data_len = x.octet_nr;
	}
	return 0;
}
