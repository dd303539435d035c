/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Sockets into observations. Each is emptied by receive calls that never wait: first what a
 * plain call returns (a pending error comes before data, as the kernel has it), then the error
 * queue of those that asked for one. Few sockets are all asked; with more, one epoll_wait() says
 * which have something.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/call/call.h"
#include "harness/stack/netns.h"

#define BATCH	    64
#define BUF_LEN	    65536u /* no datagram is longer */
#define BUF_STRIDE  (BUF_LEN + 4096u + 64u) /* not all at the same place of the cache */
#define CTRL_LEN    1024u
#define ASK_ALL_MAX 4

struct netns_socks {
	struct netns_host *host;
	int epoll; /* -1: few sockets, ask them all */
	uint8_t *buf; /* BATCH of BUF_STRIDE */
	struct epoll_event ready[WORLD_SOCKET_MAX];
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_in name[BATCH];
	_Alignas(struct cmsghdr) uint8_t ctrl[BATCH][CTRL_LEN];
};

static bool is_drained(const struct netns_host *h, size_t idx)
{
	return h->sock[idx] >= 0 && !(h->sock_flags[idx] & (NETNS_SOCK_HOLD | NETNS_SOCK_STREAM));
}

static int epoll_setup(struct netns_socks *ss, struct errmsg *e)
{
	const struct netns_host *h = ss->host;
	size_t nr = 0;

	for (size_t i = 0; i < h->sock_nr; i++)
		nr += is_drained(h, i);
	if (nr <= ASK_ALL_MAX)
		return 0;
	ss->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (ss->epoll < 0)
		return errmsg_set(e, -errno, "epoll: %s", strerror(errno));
	for (size_t i = 0; i < h->sock_nr; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.u32 = (uint32_t)i };

		if (is_drained(h, i) && epoll_ctl(ss->epoll, EPOLL_CTL_ADD, h->sock[i], &ev) < 0)
			return errmsg_set(e, -errno, "epoll: %s", strerror(errno));
	}
	return 0;
}

struct netns_socks *netns_socks_new(struct errmsg *e)
{
	struct netns_socks *ss = calloc(1, sizeof(*ss));

	if (ss)
		ss->buf = mmap(NULL, (size_t)BATCH * BUF_STRIDE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!ss || ss->buf == MAP_FAILED) {
		free(ss);
		errmsg_set(e, -ENOMEM, "no memory for datagrams");
		return NULL;
	}
	ss->epoll = -1;
	for (size_t i = 0; i < BATCH; i++) {
		ss->iov[i] = (struct iovec){ ss->buf + i * BUF_STRIDE, BUF_LEN };
		ss->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &ss->name[i],
			.msg_namelen = sizeof(ss->name[i]),
			.msg_iov = &ss->iov[i],
			.msg_iovlen = 1,
			.msg_control = ss->ctrl[i],
			.msg_controllen = CTRL_LEN,
		};
	}
	return ss;
}

int netns_socks_world(struct netns_socks *ss, struct netns_host *h, struct errmsg *e)
{
	if (ss->epoll >= 0)
		close(ss->epoll);
	ss->epoll = -1;
	ss->host = h;
	return epoll_setup(ss, e);
}

void netns_socks_free(struct netns_socks *ss)
{
	if (!ss)
		return;
	munmap(ss->buf, (size_t)BATCH * BUF_STRIDE);
	if (ss->epoll >= 0)
		close(ss->epoll);
	free(ss);
}

/* The kernel writes lengths into the headers: make them ready for the next call. */
static void msg_ready(struct netns_socks *ss, size_t i)
{
	ss->msg[i].msg_hdr.msg_name = &ss->name[i];
	ss->msg[i].msg_hdr.msg_namelen = sizeof(ss->name[i]);
	ss->msg[i].msg_hdr.msg_controllen = CTRL_LEN;
	ss->msg[i].msg_hdr.msg_flags = 0;
}

static void put_control(const struct netns_host *h, struct msghdr *msg, struct obs_list *out,
			struct obs *obs)
{
	obs->ctrl_off = obs_take(out, 0);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct obs_cmsg head = { c->cmsg_level, c->cmsg_type,
					 (uint32_t)(c->cmsg_len - CMSG_LEN(0)) };
		uint8_t *room = obs_room(out, sizeof(head) + head.len);

		if (!room)
			return;
		memcpy(room, &head, sizeof(head));
		memcpy(room + sizeof(head), CMSG_DATA(c), head.len);
		if (head.level == IPPROTO_IP && head.type == IP_PKTINFO) {
			/* Cut short, it may end within the number: those are small. */
			size_t len = head.len < sizeof(int) ? head.len : sizeof(int);
			int ifindex = 0;

			memcpy(&ifindex, CMSG_DATA(c), len);
			ifindex = (int)netns_host_dev(h, ifindex);
			memcpy(room + sizeof(head), &ifindex, len);
		}
		obs_take(out, sizeof(head) + head.len);
		obs->ctrl_len += (uint32_t)sizeof(head) + head.len;
	}
}

/* One message of the batch, received with result n into a buffer of buf_len. */
static void deliver(struct netns_socks *ss, size_t idx, size_t i, size_t n, size_t buf_len,
		    struct obs_list *out, uint32_t step)
{
	struct msghdr *msg = &ss->msg[i].msg_hdr;
	size_t got = n < buf_len ? n : buf_len;
	struct obs *obs;

	if (!out)
		return;
	obs = obs_add(out, OBS_DELIVER, step);
	if (!obs)
		return;
	obs->chan = (uint16_t)idx;
	obs->name = (uint16_t)(msg->msg_namelen - sizeof(struct sockaddr_in));
	if (msg->msg_namelen >= sizeof(struct sockaddr_in)) {
		obs->addr = ntohl(ss->name[i].sin_addr.s_addr);
		obs->port = ntohs(ss->name[i].sin_port);
	}
	obs->flags = (uint32_t)msg->msg_flags & ~(uint32_t)MSG_CMSG_CLOEXEC;
	obs->truncated = (msg->msg_flags & MSG_TRUNC) != 0;
	obs->value = (int64_t)n;
	obs->data_off = obs_put(out, ss->iov[i].iov_base, got);
	obs->data_len = (uint32_t)got;
	put_control(ss->host, msg, out, obs);
}

static void failed(size_t idx, int err, struct obs_list *out, uint32_t step)
{
	struct obs *obs = out ? obs_add(out, OBS_ERROR, step) : NULL;

	if (!obs)
		return;
	obs->chan = (uint16_t)idx;
	obs->flags = (uint32_t)err;
}

/* Until EAGAIN, `most` datagrams, or two errors in a row. */
static void drain_queue(struct netns_socks *ss, size_t idx, size_t most, struct obs_list *out,
			uint32_t step)
{
	for (bool error = false; most;) {
		unsigned int room = most < BATCH ? (unsigned int)most : BATCH;
		int nr = recvmmsg(ss->host->sock[idx], ss->msg, room, MSG_DONTWAIT, NULL);

		if (nr < 0 && errno == EAGAIN)
			return;
		if (nr < 0 && errno == EINTR)
			continue;
		if (nr <= 0) {
			failed(idx, errno, out, step);
			if (error)
				return;
			error = true;
			continue;
		}
		error = false;
		for (size_t i = 0; i < (size_t)nr; i++) {
			deliver(ss, idx, i, ss->msg[i].msg_len, BUF_LEN, out, step);
			msg_ready(ss, i);
		}
		if ((unsigned int)nr < room)
			return;
		most -= (size_t)nr;
	}
}

static void drain_errors(struct netns_socks *ss, size_t idx, struct obs_list *out, uint32_t step)
{
	for (;;) {
		ssize_t n = recvmsg(ss->host->sock[idx], &ss->msg[0].msg_hdr,
				    MSG_ERRQUEUE | MSG_DONTWAIT);

		if (n < 0) {
			msg_ready(ss, 0);
			return;
		}
		deliver(ss, idx, 0, (size_t)n, BUF_LEN, out, step);
		msg_ready(ss, 0);
	}
}

static void drain_one(struct netns_socks *ss, size_t idx, size_t frames, struct obs_list *out,
		      uint32_t step)
{
	bool counted = (ss->host->sock_flags[idx] & NETNS_SOCK_UDP) != 0;

	if (!is_drained(ss->host, idx))
		return;
	drain_queue(ss, idx, counted ? frames : SIZE_MAX, out, step);
	if (ss->host->sock_flags[idx] & NETNS_SOCK_RECVERR)
		drain_errors(ss, idx, out, step);
}

static int by_socket(const void *a, const void *b)
{
	const struct epoll_event *x = a, *y = b;

	return (x->data.u32 > y->data.u32) - (x->data.u32 < y->data.u32);
}

int netns_socks_drain(struct netns_socks *ss, size_t frames, struct obs_list *out, uint32_t step,
		      struct errmsg *e)
{
	int nr;

	if (ss->epoll < 0) {
		for (size_t i = 0; i < ss->host->sock_nr; i++)
			drain_one(ss, i, frames, out, step);
		return 0;
	}
	nr = epoll_wait(ss->epoll, ss->ready, WORLD_SOCKET_MAX, 0);
	if (nr < 0 && errno != EINTR)
		return errmsg_set(e, -errno, "epoll_wait: %s", strerror(errno));
	if (nr > 1)
		qsort(ss->ready, (size_t)nr, sizeof(ss->ready[0]), by_socket);
	for (int i = 0; i < nr; i++)
		drain_one(ss, ss->ready[i].data.u32, frames, out, step);
	return 0;
}

/* What a receive call may write to, for one that has less than ample room. */
static size_t limit_room(struct netns_socks *ss, const struct call *c)
{
	size_t len = c->len >= 0 && (size_t)c->len < BUF_LEN ? (size_t)c->len : BUF_LEN;

	ss->iov[0].iov_len = len;
	/* The call may say more octets than it writes (SO_PEEK_OFF): those must look alike. */
	if (c->flags & MSG_TRUNC)
		memset(ss->iov[0].iov_base, 0, len);
	if (c->controllen != CALL_AMPLE)
		ss->msg[0].msg_hdr.msg_controllen =
			c->controllen < 0		? (size_t)(int64_t)c->controllen
			: c->controllen < (int)CTRL_LEN ? (size_t)c->controllen
							: CTRL_LEN;
	if (c->noname) {
		ss->msg[0].msg_hdr.msg_name = NULL;
		ss->msg[0].msg_hdr.msg_namelen = 0;
	} else if (c->namelen != CALL_AMPLE) {
		/* Octets that are not written must look alike. */
		memset(&ss->name[0], 0, sizeof(ss->name[0]));
		ss->msg[0].msg_hdr.msg_namelen = c->namelen < (int)sizeof(ss->name[0])
							 ? (socklen_t)c->namelen
							 : sizeof(ss->name[0]);
	}
	return len;
}

void netns_socks_recvmsg(struct netns_socks *ss, const struct step *step, struct obs_list *out,
			 uint32_t seen)
{
	size_t len = limit_room(ss, step->call);
	ssize_t n;

	n = recvmsg(ss->host->sock[step->chan], &ss->msg[0].msg_hdr,
		    (int)step->call->flags | MSG_DONTWAIT);
	if (n < 0)
		failed(step->chan, errno, out, seen);
	else
		deliver(ss, step->chan, 0, (size_t)n, len, out, seen);
	ss->iov[0].iov_len = BUF_LEN;
	msg_ready(ss, 0);
}

int netns_socks_add(struct netns_socks *ss, size_t idx, struct errmsg *e)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = (uint32_t)idx };

	if (ss->epoll < 0 || !is_drained(ss->host, idx))
		return 0;
	if (epoll_ctl(ss->epoll, EPOLL_CTL_ADD, ss->host->sock[idx], &ev) < 0)
		return errmsg_set(e, -errno, "epoll: %s", strerror(errno));
	return 0;
}
