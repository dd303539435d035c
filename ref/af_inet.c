/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The socket calls over the protocols' own: which protocol a socket has, binding, connecting,
 * closing. Mirrors: net/ipv4/af_inet.c.
 *
 * Descriptors are indexes into the host's array of sockets, lowest first. Left out: SOCK_STREAM
 * (-ESOCKTNOSUPPORT).
 */
#include <errno.h>
#include <string.h>

#include "ref/igmp.h"
#include "ref/net.h"
#include "ref/sock.h"

/* Mirrors: inetsw_array[]. REF_IPPROTO_IP takes any protocol; without prot: not modelled. */
static const struct inet_protosw {
	int type;
	int protocol;
	const struct proto *prot;
	bool reuse; /* INET_PROTOSW_REUSE: SO_REUSEADDR from the start */
} inetsw[] = {
	{ REF_SOCK_STREAM, REF_IPPROTO_TCP, NULL, false },
	{ REF_SOCK_DGRAM, REF_IPPROTO_UDP, &udp_prot, false },
	{ REF_SOCK_DGRAM, REF_IPPROTO_ICMP, &ping_prot, true },
	{ REF_SOCK_DGRAM, REF_IPPROTO_UDPLITE, &udplite_prot, false },
	{ REF_SOCK_RAW, REF_IPPROTO_IP, &raw_prot, true },
};

/*
 * The row for a type and protocol; *protocol 0 becomes the row's own. NULL with the errno.
 * Mirrors: the search of inet_create().
 */
static const struct inet_protosw *inetsw_find(int type, int *protocol, int *ret_err)
{
	*ret_err = -ESOCKTNOSUPPORT;
	for (size_t i = 0; i < sizeof(inetsw) / sizeof(inetsw[0]); i++) {
		const struct inet_protosw *row = &inetsw[i];

		if (row->type != type)
			continue;
		*ret_err = -EPROTONOSUPPORT;
		if (*protocol == row->protocol && *protocol != REF_IPPROTO_IP)
			return row;
		if (*protocol == row->protocol)
			continue;
		if (*protocol == REF_IPPROTO_IP) {
			*protocol = row->protocol;
			return row;
		}
		if (row->protocol == REF_IPPROTO_IP)
			return row;
	}
	return NULL;
}

static struct sock *sk_lookup_fd(struct ref *net, int fd)
{
	struct sock *sk;

	if (fd < 0 || fd >= net->sock.sk_end)
		return NULL;
	sk = &net->sock.sk[fd];
	return sk->sk_prot ? sk : NULL;
}

static struct sock *sk_alloc(struct ref *net)
{
	for (int fd = 0; fd < REF_SOCK_MAX; fd++) {
		struct sock *sk = &net->sock.sk[fd];

		if (sk->sk_prot)
			continue;
		if (fd >= net->sock.sk_end)
			net->sock.sk_end = fd + 1;
		memset(sk, 0, sizeof(*sk));
		return sk;
	}
	return NULL;
}

static void sock_init_data(struct sock *sk, struct ref *net, const struct inet_protosw *row,
			   int protocol)
{
	sk->sk_net = net;
	sk->sk_prot = row->prot;
	sk->sk_type = (uint8_t)row->type;
	sk->sk_protocol = (uint16_t)protocol;
	sk->sk_state = TCP_CLOSE;
	sk->sk_flags = row->reuse ? SOCK_REUSE : 0;
	sk->inet_flags = INET_FLAGS_MC_LOOP | INET_FLAGS_MC_ALL;
	sk->sk_rcvbuf = net->rmem_default;
	sk->sk_sndbuf = 212992;
	sk->sk_rcvlowat = 1;
	sk->sk_rcvtimeo = sk->sk_sndtimeo = INT64_MAX;
	sk->sk_incoming_cpu = -1;
	sk->sk_peek_off = sk->peek_off_set = -1;
	sk->uc_ttl = -1;
	sk->mc_ttl = 1;
	sk->pmtudisc =
		net->sysctl[SYSCTL_IP_NO_PMTU_DISC] ? REF_IP_PMTUDISC_DONT : REF_IP_PMTUDISC_WANT;
	if (row->type == REF_SOCK_RAW) {
		sk->inet_num = sk->inet_sport = (uint16_t)protocol;
		if (protocol == REF_IPPROTO_RAW)
			sk->inet_flags |= INET_FLAGS_HDRINCL;
	}
}

/* Mirrors: __sys_socket(), __sock_create(), inet_create(). */
int ref_socket(struct ref *net, int family, int type, int protocol)
{
	const struct inet_protosw *row;
	struct sock *sk;
	int err;

	obs_begin(net);
	ref_changed(net);
	if (type & ~(REF_SOCK_TYPE_MASK | REF_SOCK_CLOEXEC | REF_SOCK_NONBLOCK))
		return -EINVAL;
	type &= REF_SOCK_TYPE_MASK;
	if (family < 0 || family >= REF_AF_MAX)
		return -EAFNOSUPPORT;
	if (type > REF_SOCK_TYPE_MAX)
		return -EINVAL;
	if (family != REF_AF_INET)
		return -EAFNOSUPPORT;
	if (protocol < 0 || protocol >= REF_IPPROTO_MAX)
		return -EINVAL;
	row = inetsw_find(type, &protocol, &err);
	if (!row)
		return err;
	if (!row->prot)
		return -ESOCKTNOSUPPORT;
	if (type == REF_SOCK_RAW && net->unprivileged)
		return -EPERM;
	sk = sk_alloc(net);
	if (!sk)
		return -EMFILE;
	sock_init_data(sk, net, row, protocol);
	sk_read_changed(sk);
	if (sk->inet_num)
		sk->sk_prot->hash(sk);
	err = sk->sk_prot->init ? sk->sk_prot->init(sk) : 0;
	if (err) {
		sk->sk_prot = NULL;
		return err;
	}
	return (int)(sk - net->sock.sk);
}

int inet_autobind(struct sock *sk)
{
	if (sk->inet_num)
		return 0;
	if (sk->sk_prot->get_port(sk, 0))
		return -EAGAIN;
	sk->inet_sport = sk->inet_num;
	return 0;
}

bool inet_addr_valid_or_nonlocal(const struct sock *sk, uint32_t addr, uint8_t addr_type)
{
	return sk->sk_net->sysctl[SYSCTL_IP_NONLOCAL_BIND] ||
	       (sk->inet_flags & (INET_FLAGS_FREEBIND | INET_FLAGS_TRANSPARENT)) || addr == 0 ||
	       addr_type == REF_RTN_LOCAL || addr_type == REF_RTN_MULTICAST ||
	       addr_type == REF_RTN_BROADCAST;
}

/* Ports below it are for CAP_NET_BIND_SERVICE: the initial net.ipv4.ip_unprivileged_port_start. */
#define PROT_SOCK 1024

/* Mirrors: __inet_bind(). */
static int inet_bind(struct sock *sk, const struct ref_sockaddr *addr)
{
	uint8_t type = inet_addr_type(sk->sk_net, addr->addr);
	int err;

	if (!inet_addr_valid_or_nonlocal(sk, addr->addr, type))
		return -EADDRNOTAVAIL;
	if (addr->port && addr->port < PROT_SOCK && sk->sk_net->unprivileged)
		return -EACCES;
	if (sk->sk_state != TCP_CLOSE || sk->inet_num)
		return -EINVAL;
	sk->inet_rcv_saddr = sk->inet_saddr = addr->addr;
	if (type == REF_RTN_MULTICAST || type == REF_RTN_BROADCAST)
		sk->inet_saddr = 0;
	if (addr->port || !(sk->inet_flags & INET_FLAGS_BIND_ADDRESS_NO_PORT)) {
		err = sk->sk_prot->get_port(sk, addr->port);
		if (err) {
			sk->inet_rcv_saddr = sk->inet_saddr = 0;
			return err;
		}
	}
	if (sk->inet_rcv_saddr)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (addr->port)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	sk->inet_sport = sk->inet_num;
	sk->dst_cached = false;
	sk->inet_daddr = 0;
	sk->inet_dport = 0;
	return 0;
}

int ref_bind(struct ref *net, int fd, const struct ref_sockaddr *addr)
{
	struct sock *sk = sk_lookup_fd(net, fd);

	obs_begin(net);
	ref_changed(net);
	if (!sk)
		return -EBADF;
	if (!addr || !addr->given)
		return -EINVAL;
	return sk->sk_prot->bind ? sk->sk_prot->bind(sk, addr) : inet_bind(sk, addr);
}

/* No address is AF_UNSPEC: the association ends. Mirrors: inet_dgram_connect(). */
int ref_connect(struct ref *net, int fd, const struct ref_sockaddr *addr)
{
	struct sock *sk = sk_lookup_fd(net, fd);

	obs_begin(net);
	ref_changed(net);
	if (!sk)
		return -EBADF;
	if (!addr || !addr->given)
		return udp_disconnect(sk);
	if (inet_autobind(sk))
		return -EAGAIN;
	return ip4_datagram_connect(sk, addr);
}

int ref_bind_octets(struct ref *net, int fd, const void *name, int len)
{
	const struct sock *sk = sk_lookup_fd(net, fd);
	struct ref_sockaddr addr;
	uint16_t family;

	obs_begin(net);
	if (!sk)
		return -EBADF;
	if (len < 0 || len > (int)sizeof(struct ref_sockaddr_storage))
		return -EINVAL;
	if (!name && len)
		return -EFAULT;
	if (!sockaddr_in_get(name, len, &family, &addr))
		return -EINVAL;
	/* AF_UNSPEC is taken for AF_INET where the address is any. */
	if (!sk->sk_prot->any_family && family != REF_AF_INET &&
	    (family != REF_AF_UNSPEC || addr.addr != 0))
		return -EAFNOSUPPORT;
	return ref_bind(net, fd, &addr);
}

int ref_connect_octets(struct ref *net, int fd, const void *name, int len)
{
	struct sock *sk = sk_lookup_fd(net, fd);
	struct ref_sockaddr addr = { .given = false };
	uint16_t family;

	obs_begin(net);
	ref_changed(net);
	if (!sk)
		return -EBADF;
	if (len < 0 || len > (int)sizeof(struct ref_sockaddr_storage))
		return -EINVAL;
	if (!name && len)
		return -EFAULT;
	if (len < (int)sizeof(family))
		return -EINVAL;
	memcpy(&family, name, sizeof(family));
	if (family == REF_AF_UNSPEC)
		return ref_connect(net, fd, &addr);
	if (inet_autobind(sk))
		return -EAGAIN;
	if (!sockaddr_in_get(name, len, &family, &addr))
		return -EINVAL;
	return family == REF_AF_INET ? ref_connect(net, fd, &addr) : -EAFNOSUPPORT;
}

int ref_setsockopt(struct ref *net, int fd, int level, int name, const void *val, size_t len)
{
	struct sock *sk = sk_lookup_fd(net, fd);
	int err;

	obs_begin(net);
	ref_changed(net);
	if (!sk && (len <= INT32_MAX || ref_since(net, DIFF_OPTLEN_AFTER_FD)))
		return -EBADF;
	if (len > INT32_MAX)
		return -EINVAL;
	err = level == REF_SOL_SOCKET ? sk_setsockopt(sk, name, val, len)
				      : sk->sk_prot->setsockopt(sk, level, name, val, len);
	/* What waited for UDP_CORK may have come back already. */
	process_backlog(net);
	sk_read_changed(sk);
	return err;
}

int ref_getsockopt(struct ref *net, int fd, int level, int name, void *val, size_t *len)
{
	struct sock *sk = sk_lookup_fd(net, fd);
	int err;

	obs_begin(net);
	if (!sk)
		return -EBADF;
	if (level == REF_SOL_SOCKET)
		return *len > INT32_MAX ? -EINVAL : sk_getsockopt(sk, name, val, len);
	/* A negative length is refused by whoever knows the level. */
	if (*len > INT32_MAX) {
		*len = 0;
		err = sk->sk_prot->getsockopt(sk, level, name, val, len);
		return err == -EOPNOTSUPP ? err : -EINVAL;
	}
	return sk->sk_prot->getsockopt(sk, level, name, val, len);
}

/* The local side; an unbound address is 0. Mirrors: inet_getname(). */
int ref_getsockname(struct ref *net, int fd, struct ref_sockaddr *ret_addr)
{
	const struct sock *sk = sk_lookup_fd(net, fd);

	obs_begin(net);
	if (!sk)
		return -EBADF;
	ret_addr->addr = sk->inet_rcv_saddr ? sk->inet_rcv_saddr : sk->inet_saddr;
	ret_addr->port = sk->inet_sport;
	ret_addr->given = true;
	return 0;
}

/* Mirrors: inet_getname(). */
int ref_getpeername(struct ref *net, int fd, struct ref_sockaddr *ret_addr)
{
	const struct sock *sk = sk_lookup_fd(net, fd);

	obs_begin(net);
	if (!sk)
		return -EBADF;
	if (!sk->inet_dport || sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;
	ret_addr->addr = sk->inet_daddr;
	ret_addr->port = sk->inet_dport;
	ret_addr->given = true;
	return 0;
}

/* Mirrors: inet_sendmsg(). */
static long inet_sendmsg(struct sock *sk, const struct ref_msg_out *msg, uint32_t flags)
{
	long ret;

	if (inet_autobind(sk))
		return -EAGAIN;
	ret = sk->sk_prot->sendmsg(sk, msg, flags);
	process_backlog(sk->sk_net);
	return ret;
}

/* net.core.optmem_max: control messages are copied into memory of the socket, which has a limit. */
static size_t optmem_max(const struct ref *net)
{
	return ref_since(net, DIFF_OPTMEM_128K) ? 131072 : 20480;
}

/* Mirrors: ____sys_sendmsg(). */
long ref_sendmsg(struct ref *net, int fd, const struct ref_msg_out *msg, uint32_t flags)
{
	struct sock *sk = sk_lookup_fd(net, fd);
	struct ref_msg_out m = *msg;

	obs_begin(net);
	ref_changed(net);
	if (flags & REF_MSG_CMSG_COMPAT)
		return -EINVAL;
	if (!sk)
		return -EBADF;
	if (m.name_len < 0)
		return -EINVAL;
	if (m.name_len > (int)sizeof(struct ref_sockaddr_storage))
		m.name_len = (int)sizeof(struct ref_sockaddr_storage);
	if (!m.name || !m.name_len) {
		m.name = NULL;
		m.name_len = 0;
	}
	if (m.control_len >= optmem_max(net))
		return -ENOBUFS;
	if (!m.control_len)
		m.control = NULL;
	return inet_sendmsg(sk, &m, flags);
}

/* Mirrors: __sys_sendto(). */
long ref_sendto(struct ref *net, int fd, const struct ref_msg_out *msg, uint32_t flags)
{
	struct sock *sk = sk_lookup_fd(net, fd);
	struct ref_msg_out m = *msg;

	obs_begin(net);
	ref_changed(net);
	if (!sk)
		return -EBADF;
	m.control = NULL;
	m.control_len = 0;
	if (!m.name)
		m.name_len = 0;
	else if (m.name_len < 0 || m.name_len > (int)sizeof(struct ref_sockaddr_storage))
		return -EINVAL;
	return inet_sendmsg(sk, &m, flags);
}

/* Datagram sockets do not listen. Mirrors: sock_no_listen(). */
int ref_listen(struct ref *net, int fd, int backlog)
{
	obs_begin(net);
	(void)backlog;
	return sk_lookup_fd(net, fd) ? -EOPNOTSUPP : -EBADF;
}

/* The state is kept also where the call fails. Mirrors: inet_shutdown(). */
int ref_shutdown(struct ref *net, int fd, int how)
{
	struct sock *sk = sk_lookup_fd(net, fd);

	obs_begin(net);
	ref_changed(net);
	if (!sk)
		return -EBADF;
	if (how < 0 || how > 2)
		return -EINVAL;
	/* Reading, writing, both: 0, 1, 2 are bits 1, 2, 3. */
	sk->sk_shutdown |= (uint8_t)(how + 1);
	return sk->sk_state == TCP_CLOSE ? -ENOTCONN : 0;
}

long ref_recvmsg(struct ref *net, int fd, struct ref_msg *msg, uint32_t flags)
{
	struct sock *sk = sk_lookup_fd(net, fd);

	obs_begin(net);
	if (flags & REF_MSG_CMSG_COMPAT)
		return -EINVAL;
	if (!sk)
		return -EBADF;
	msg->name.given = false;
	msg->control_len = 0;
	msg->flags = 0;
	return sk->sk_prot->recvmsg(sk, msg, flags);
}

void ref_privileged(struct ref *net, bool on)
{
	net->unprivileged = !on;
}

int ref_ioctl(struct ref *net, int fd, uint32_t request, int32_t *ret_value)
{
	struct sock *sk = sk_lookup_fd(net, fd);

	obs_begin(net);
	if (!sk)
		return -EBADF;
	return sk->sk_prot->ioctl ? sk->sk_prot->ioctl(sk, request, ret_value) : -ENOTTY;
}

int ref_poll(struct ref *net, int fd)
{
	const struct sock *sk = sk_lookup_fd(net, fd);

	obs_begin(net);
	return sk ? datagram_poll(sk) : -EBADF;
}

bool ref_readable(const struct ref *net, int fd)
{
	const struct sock *sk;

	if (fd < 0 || fd >= net->sock.sk_end)
		return false;
	sk = &net->sock.sk[fd];
	return sk->sk_receive_queue.head || sk->sk_error_queue.head || sk->sk_err;
}

/* What a closed socket held goes after a grace period, in nobody's name: no drop is noted. */
static void sk_purge(struct ref *net, struct sk_buff_head *q)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(q)) != NULL) {
		skb_flesh_out(net, skb);
		consume_skb(skb);
	}
}

/* Mirrors: inet_release(), sk_common_release(), inet_sock_destruct(). */
int ref_close(struct ref *net, int fd)
{
	struct sock *sk = sk_lookup_fd(net, fd);

	obs_begin(net);
	ref_changed(net);
	if (!sk)
		return -EBADF;
	sk->pending = false;
	ip_cork_flush(&sk->cork);
	ip_mc_drop_socket(sk);
	if (sk->inet_flags & INET_FLAGS_RTALERT)
		ip_ra_control(sk, false);
	if (sk->sk_prot->destroy)
		sk->sk_prot->destroy(sk);
	sk->sk_prot->unhash(sk);
	sk_purge(net, &sk->sk_receive_queue);
	sk_purge(net, &sk->sk_error_queue);
	sk->sk_prot = NULL;
	while (net->sock.sk_end > 0 && !net->sock.sk[net->sock.sk_end - 1].sk_prot)
		net->sock.sk_end--;
	return 0;
}
