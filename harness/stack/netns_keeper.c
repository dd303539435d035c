/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The keeper: a small child that makes a namespace per world, opens what is needed inside it and
 * hands the descriptors over. It has no other purpose and no memory of the parent's: it is forked
 * before the parent grows, so a new world costs the same however large a capture is.
 *
 * It ends when its end of the socket pair ends (also after SIGKILL of the parent), and the kernel
 * kills it should it be busy at that moment. What it made ends with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/stack/netns.h"
#include "harness/world/world_pack.h"

#define FDS_PER_MESSAGE 128

/* Answer to a request; the descriptors follow, FDS_PER_MESSAGE at most with each octet. */
struct reply {
	int32_t err;
	uint32_t fd_nr;
	struct errmsg e;
	struct netns_host host; /* descriptors in it mean nothing here */
};

void netns_host_init(struct netns_host *h)
{
	memset(h, 0, sizeof(*h));
	for (size_t i = 0; i < WORLD_WIRE_MAX; i++)
		h->wire[i] = -1;
	for (size_t i = 0; i < WORLD_SOCKET_MAX; i++)
		h->sock[i] = -1;
	h->snmp = h->netstat = h->rtnl = -1;
}

/* All descriptors of a host, in the order in which they travel. Returns how many are set. */
static size_t host_fds(struct netns_host *h, int **ret_fds)
{
	size_t nr = 0;

	for (size_t i = 0; i < h->wire_nr; i++)
		ret_fds[nr++] = &h->wire[i];
	for (size_t i = 0; i < h->sock_nr; i++)
		ret_fds[nr++] = &h->sock[i];
	ret_fds[nr++] = &h->snmp;
	ret_fds[nr++] = &h->netstat;
	ret_fds[nr++] = &h->rtnl;
	return nr;
}

#define HOST_FD_MAX (WORLD_WIRE_MAX + WORLD_SOCKET_MAX + 3)

void netns_host_close(struct netns_host *h)
{
	int *fds[HOST_FD_MAX];
	size_t nr = host_fds(h, fds);

	for (size_t i = 0; i < nr; i++)
		if (*fds[i] >= 0)
			close(*fds[i]);
	netns_host_init(h);
}

/* ---- octets over the socket pair ---- */

static int send_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EPIPE;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int recv_all(int fd, void *data, size_t len)
{
	uint8_t *p = data;

	while (len) {
		ssize_t n = recv(fd, p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EPIPE;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

union fd_control {
	struct cmsghdr align;
	char room[CMSG_SPACE(FDS_PER_MESSAGE * sizeof(int))];
};

static int send_fds(int ctl, int **fds, size_t nr)
{
	while (nr) {
		size_t n = nr < FDS_PER_MESSAGE ? nr : FDS_PER_MESSAGE;
		union fd_control control = { 0 };
		char octet = 0;
		struct iovec iov = { &octet, 1 };
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.room,
			.msg_controllen = CMSG_SPACE(n * sizeof(int)),
		};
		struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
		int raw[FDS_PER_MESSAGE];

		for (size_t i = 0; i < n; i++)
			raw[i] = *fds[i];
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(cmsg), raw, n * sizeof(int));
		if (sendmsg(ctl, &msg, MSG_NOSIGNAL) != 1)
			return -errno;
		fds += n;
		nr -= n;
	}
	return 0;
}

static int recv_fds(int ctl, int **fds, size_t nr)
{
	while (nr) {
		size_t n = nr < FDS_PER_MESSAGE ? nr : FDS_PER_MESSAGE;
		union fd_control control;
		char octet;
		struct iovec iov = { &octet, 1 };
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.room,
			.msg_controllen = sizeof(control.room),
		};
		struct cmsghdr *cmsg;
		int raw[FDS_PER_MESSAGE];
		size_t got;

		if (recvmsg(ctl, &msg, MSG_CMSG_CLOEXEC) != 1)
			return -EPIPE;
		cmsg = CMSG_FIRSTHDR(&msg);
		got = cmsg ? (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
		if (got)
			memcpy(raw, CMSG_DATA(cmsg), got * sizeof(int));
		for (size_t i = 0; i < got; i++)
			*fds[i] = raw[i];
		if (got < n)
			return -EMFILE;
		fds += n;
		nr -= n;
	}
	return 0;
}

/* ---- the keeper's side ---- */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int enter_user_ns(uid_t uid, gid_t gid, struct errmsg *e)
{
	char map[64];
	int err;

	if (unshare(CLONE_NEWUSER) < 0)
		return errmsg_set(
			e, -ENODEV,
			"user namespaces are not allowed here (%s); as root: sysctl -w "
			"kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000",
			strerror(errno));
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)uid);
	err = write_file("/proc/self/uid_map", map);
	if (!err) {
		snprintf(map, sizeof(map), "0 %u 1", (unsigned int)gid);
		err = write_file("/proc/self/gid_map", map);
	}
	return err ? errmsg_set(e, -ENODEV, "mapping the user into a namespace: %s", strerror(-err))
		   : 0;
}

static int new_net_ns(uint64_t *ret_cookie, struct errmsg *e)
{
	socklen_t len = sizeof(*ret_cookie);
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		return errmsg_set(e, -ENODEV, "making a network namespace: %s%s", strerror(errno),
				  errno == EPERM ? "; as root: sysctl -w "
						   "kernel.apparmor_restrict_unprivileged_userns=0"
						 : "");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errmsg_set(e, -ENODEV, "a socket in a new namespace: %s", strerror(errno));
	/* Linux 5.14 on; those before it have no drop reasons either. */
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret_cookie, &len) < 0)
		*ret_cookie = 0;
	close(fd);
	return 0;
}

static int keeper_init(struct netns_conf *conf, uid_t uid, gid_t gid, struct errmsg *e)
{
	uint64_t cookie;
	int err = 0;

	if (conf->user)
		err = enter_user_ns(uid, gid, e);
	if (!err)
		err = new_net_ns(&cookie, e);
	if (err || conf->kind != NETNS_VETH)
		return err;
	/* The far ends of veth pairs: a host that says nothing. Present in all worlds. */
	write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	conf->peer_ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return conf->peer_ns < 0
		       ? errmsg_set(e, -ENODEV, "the far end's namespace: %s", strerror(errno))
		       : 0;
}

/*
 * The last to close a bound packet socket waits 12-16 ms for the kernel. A process that does
 * nothing else takes that time instead: it ends, and so closes, when we have closed ours.
 */
static void close_elsewhere(struct netns_host *h)
{
	int pipefd[2];
	pid_t pid;

	if (h->wire_nr == 0 || pipe2(pipefd, O_CLOEXEC) < 0) {
		netns_host_close(h);
		return;
	}
	pid = fork();
	if (pid == 0) {
		char octet;

		close(pipefd[1]);
		(void)!read(pipefd[0], &octet, 1);
		_exit(0);
	}
	close(pipefd[0]);
	netns_host_close(h);
	close(pipefd[1]);
}

/* Stay the last holder of the packet sockets, and of nothing else. */
static void keep_wires(struct netns_host *held, struct netns_host *h)
{
	held->wire_nr = h->wire_nr;
	for (size_t i = 0; i < h->wire_nr; i++) {
		held->wire[i] = h->wire[i];
		h->wire[i] = -1;
	}
}

/* In place of the length of a world: three numbers of socket(2) follow, and `nocap`. */
#define REQUEST_SOCKET UINT64_MAX

static int serve_socket(int ctl)
{
	int32_t arg[4], result;
	int *fds[1], fd, err = recv_all(ctl, arg, sizeof(arg));
	uint32_t caps;

	if (err)
		return err;
	caps = arg[3] ? netns_caps_drop() : 0;
	fd = socket(arg[0], arg[1], arg[2]);
	result = fd < 0 ? -errno : 0;
	if (arg[3])
		netns_caps_raise(caps);
	fds[0] = &fd;
	err = send_all(ctl, &result, sizeof(result));
	if (!err && fd >= 0)
		err = send_fds(ctl, fds, 1);
	if (fd >= 0)
		close(fd);
	/* Only now is a close on the other side a close. */
	return err || fd < 0 ? err : send_all(ctl, &(uint8_t){ 0 }, 1);
}

static int serve_world(struct netns_conf *conf, int ctl, uint64_t len, struct netns_host *held)
{
	struct reply reply = { 0 };
	int *fds[HOST_FD_MAX];
	struct world w;
	char *text;
	int err;

	text = malloc(len);
	if (!text)
		return -ENOMEM;
	err = recv_all(ctl, text, len);
	if (err) {
		free(text);
		return err;
	}
	if (conf->kind == NETNS_VETH)
		close_elsewhere(held);
	conf->generation++;
	netns_host_init(&reply.host);
	reply.err = world_unpack(&w, text, len, &reply.e);
	if (!reply.err)
		reply.err = new_net_ns(&reply.host.cookie, &reply.e);
	if (!reply.err)
		reply.err = netns_build(conf, &w, &reply.host, &reply.e);
	world_done(&w);
	free(text);
	reply.fd_nr = reply.err ? 0 : (uint32_t)host_fds(&reply.host, fds);
	err = send_all(ctl, &reply, sizeof(reply));
	if (!err)
		err = send_fds(ctl, fds, reply.fd_nr);
	if (conf->kind == NETNS_VETH && !reply.err)
		keep_wires(held, &reply.host);
	netns_host_close(&reply.host);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	/* Only now is a close on the other side a close. */
	if (!err && !reply.err)
		err = send_all(ctl, &(uint8_t){ 0 }, 1);
	return err;
}

static int serve_one(struct netns_conf *conf, int ctl, struct netns_host *held)
{
	uint64_t len;
	int err = recv_all(ctl, &len, sizeof(len));

	if (err)
		return err;
	return len == REQUEST_SOCKET ? serve_socket(ctl) : serve_world(conf, ctl, len, held);
}

static _Noreturn void keeper(struct netns_conf *conf, int ctl, pid_t parent)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct reply reply = { 0 };
	struct netns_host held;

	signal(SIGINT, SIG_IGN); /* of the terminal: the parent decides */
	reply.err = keeper_init(conf, uid, gid, &reply.e);
	/* After the change of credentials, which clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	netns_host_init(&held);
	if (send_all(ctl, &reply, sizeof(reply)) == 0 && !reply.err)
		while (serve_one(conf, ctl, &held) == 0)
			;
	_exit(0);
}

/* ---- this side ---- */

/* What the keeper inherits: nothing but standard input, output, errors and its socket. */
static void close_others(int keep)
{
	if (keep > 3)
		close_range(3, (unsigned int)keep - 1, 0);
	close_range((unsigned int)keep + 1, ~0u, 0);
}

static int read_reply(struct netns_keeper *k, struct reply *reply, struct errmsg *e)
{
	if (recv_all(k->ctl, reply, sizeof(*reply)) < 0)
		return errmsg_set(e, -EPIPE, "the process that keeps the namespace has gone");
	if (reply->err)
		*e = reply->e;
	return reply->err;
}

int netns_keeper_start(struct netns_keeper *k, const struct netns_conf *conf, struct errmsg *e)
{
	struct netns_conf copy = *conf;
	pid_t parent = getpid();
	struct reply reply;
	int pair[2], err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return errmsg_set(e, -errno, "socketpair: %s", strerror(errno));
	k->pid = fork();
	if (k->pid < 0) {
		close(pair[0]);
		close(pair[1]);
		return errmsg_set(e, -errno, "fork: %s", strerror(errno));
	}
	if (k->pid == 0) {
		close_others(pair[1]);
		keeper(&copy, pair[1], parent);
	}
	close(pair[1]);
	k->ctl = pair[0];
	err = read_reply(k, &reply, e);
	if (err)
		netns_keeper_stop(k);
	return err;
}

int netns_keeper_world(struct netns_keeper *k, const struct world *w, struct netns_host *ret,
		       struct errmsg *e)
{
	int *fds[HOST_FD_MAX];
	struct reply reply;
	uint64_t len64;
	size_t len = 0;
	uint8_t done;
	char *text = world_pack(w, &len);
	int err;

	if (!text)
		return errmsg_set(e, -ENOMEM, "no memory for the world");
	len64 = len;
	err = send_all(k->ctl, &len64, sizeof(len64));
	if (!err)
		err = send_all(k->ctl, text, len);
	free(text);
	if (err)
		return errmsg_set(e, err, "the process that keeps the namespace has gone");
	err = read_reply(k, &reply, e);
	if (err)
		return err;
	*ret = reply.host;
	host_fds(ret, fds);
	for (size_t i = 0; i < reply.fd_nr; i++)
		*fds[i] = -1;
	err = recv_fds(k->ctl, fds, reply.fd_nr);
	if (!err)
		err = recv_all(k->ctl, &done, 1);
	if (err) {
		netns_host_close(ret);
		return errmsg_set(e, err, "descriptors of the namespace: %s%s", strerror(-err),
				  err == -EMFILE ? "; try ulimit -n 1024" : "");
	}
	return 0;
}

int netns_keeper_socket(struct netns_keeper *k, const int32_t number[3], bool nocap)
{
	const uint64_t request = REQUEST_SOCKET;
	const int32_t arg[4] = { number[0], number[1], number[2], nocap };
	int32_t result;
	uint8_t done;
	int fd = -1, *fds[1] = { &fd };
	int err = send_all(k->ctl, &request, sizeof(request));

	if (!err)
		err = send_all(k->ctl, arg, sizeof(arg));
	if (!err)
		err = recv_all(k->ctl, &result, sizeof(result));
	if (!err && result == 0)
		err = recv_fds(k->ctl, fds, 1);
	if (!err && result == 0)
		err = recv_all(k->ctl, &done, 1);
	if (err)
		return err;
	if (result < 0)
		return result;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

void netns_keeper_stop(struct netns_keeper *k)
{
	if (k->ctl >= 0)
		close(k->ctl);
	k->ctl = -1;
	if (k->pid > 0)
		while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
			;
	k->pid = -1;
}
