/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Control messages of sendmsg(), and what else a call and its socket choose together.
 * Mirrors: ip_cmsg_send(), net/ipv4/ip_sockglue.c; __sock_cmsg_send(), net/core/sock.c;
 * udp_cmsg_send(), net/ipv4/udp.c; include/net/ip.h. The program has every capability.
 * Left out: IPv6 addresses (AF_INET6 sockets), SO_TIMESTAMPING and SO_TXTIME, which only say when.
 */
#include "ref/ip_send.h"

#include <errno.h>
#include <string.h>

#include "ref/fib.h"
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"

/* Numbers that no option of ref/uapi.h has. */
#define SCM_RIGHTS	    1
#define SCM_CREDENTIALS	    2
#define SO_TIMESTAMPING_OLD 37
#define SO_TIMESTAMPING_NEW 65
#define TX_RECORD_MASK	    0x0303u /* SOF_TIMESTAMPING_TX_{HARDWARE,SOFTWARE,SCHED,ACK} */

void ipcm_init_sk(struct ipcm_cookie *ipc, const struct sock *sk)
{
	*ipc = (struct ipcm_cookie){
		.addr = sk->inet_saddr,
		.oif = sk->sk_bound_dev_if,
		.mark = sk->sk_mark,
		.tos = ref_since(sk->sk_net, DIFF_CORK_TOS) ? sk->tos : -1,
		.protocol = (uint8_t)sk->sk_protocol,
	};
}

/* One record after the other. */
struct cmsg_walk {
	const struct ref_msg_out *msg;
	size_t at, next;
	struct ref_cmsghdr h;
	const uint8_t *data;
	size_t data_len;
};

/* 1: a record; 0: no more; -EINVAL: its length is not sound. Mirrors: for_each_cmsghdr(). */
static int cmsg_next(struct cmsg_walk *w)
{
	size_t left = w->msg->control_len - w->next;

	if (w->next > w->msg->control_len || left < sizeof(w->h))
		return 0;
	w->at = w->next;
	memcpy(&w->h, w->msg->control + w->at, sizeof(w->h));
	if (w->h.len < sizeof(w->h) || w->h.len > left)
		return -EINVAL;
	w->data = w->msg->control + w->at + sizeof(w->h);
	w->data_len = w->h.len - sizeof(w->h);
	w->next = w->at + REF_CMSG_ALIGN(w->h.len);
	return 1;
}

static int sock_cmsg_send(const struct sock *sk, const struct cmsg_walk *w, struct ipcm_cookie *ipc)
{
	uint32_t v;

	switch (w->h.type) {
	case SCM_RIGHTS:
	case SCM_CREDENTIALS:
		return 0;
	case REF_SO_MARK:
		if (w->data_len != sizeof(v))
			return -EINVAL;
		memcpy(&ipc->mark, w->data, sizeof(v));
		return 0;
	case SO_TIMESTAMPING_OLD:
	case SO_TIMESTAMPING_NEW:
		if (w->data_len != sizeof(v))
			return -EINVAL;
		memcpy(&v, w->data, sizeof(v));
		return v & ~TX_RECORD_MASK ? -EINVAL : 0;
	case REF_SO_PRIORITY:
		if (!ref_since(sk->sk_net, DIFF_PRIORITY_CMSG))
			return -EINVAL;
		return w->data_len == sizeof(v) ? 0 : -EINVAL;
	}
	return -EINVAL;
}

/* Mirrors: ip_options_get(). */
static int cmsg_retopts(struct sock *sk, const struct cmsg_walk *w, struct ipcm_cookie *ipc)
{
	size_t len = w->data_len < REF_IPOPT_MAX ? w->data_len : REF_IPOPT_MAX;
	uint8_t bad;
	int err;

	ipc->opt = (struct ip_options){ .optlen = (uint8_t)((len + 3) & ~3u) };
	memset(ipc->opt_data, 0, sizeof(ipc->opt_data));
	memcpy(ipc->opt_data, w->data, len);
	err = ipc->opt.optlen
		      ? __ip_options_compile(sk->sk_net, &ipc->opt, NULL, ipc->opt_data, &bad)
		      : 0;
	ipc->has_opt = err == 0;
	return err;
}

/* An int, or -1 if the record has another length. Only sound values are not negative. */
static int64_t cmsg_int(const struct cmsg_walk *w)
{
	int32_t v;

	if (w->data_len != sizeof(v))
		return -1;
	memcpy(&v, w->data, sizeof(v));
	return v;
}

static int cmsg_ip(struct sock *sk, const struct cmsg_walk *w, struct ipcm_cookie *ipc)
{
	struct ref_in_pktinfo info;
	int64_t v;

	switch (w->h.type) {
	case REF_IP_RETOPTS:
		return cmsg_retopts(sk, w, ipc);
	case REF_IP_PKTINFO:
		if (w->data_len != sizeof(info))
			return -EINVAL;
		memcpy(&info, w->data, sizeof(info));
		if (info.ifindex)
			ipc->oif = info.ifindex;
		ipc->addr = wire_get32(info.spec_dst);
		return 0;
	case REF_IP_TTL:
		v = cmsg_int(w);
		if (v < 1 || v > 255)
			return -EINVAL;
		ipc->ttl = (uint8_t)v;
		return 0;
	case REF_IP_TOS:
		v = w->data_len == 1 ? w->data[0] : cmsg_int(w);
		if (v < 0 || v > 255)
			return -EINVAL;
		ipc->tos = (int16_t)v;
		return 0;
	case REF_IP_PROTOCOL:
		v = cmsg_int(w);
		if (v < 1 || v > 255)
			return -EINVAL;
		ipc->protocol = (uint8_t)v;
		return 0;
	}
	return -EINVAL;
}

int ip_cmsg_send(struct sock *sk, const struct ref_msg_out *msg, struct ipcm_cookie *ipc)
{
	struct cmsg_walk w = { .msg = msg };
	int got, err = 0;

	while (err == 0 && (got = cmsg_next(&w)) != 0) {
		if (got < 0)
			return got;
		if (w.h.level == REF_SOL_SOCKET)
			err = sock_cmsg_send(sk, &w, ipc);
		else if (w.h.level == REF_SOL_IP)
			err = cmsg_ip(sk, &w, ipc);
	}
	return err;
}

int udp_cmsg_send(const struct ref_msg_out *msg, uint16_t *gso_size)
{
	struct cmsg_walk w = { .msg = msg };
	int got, others = 0;

	while ((got = cmsg_next(&w)) != 0) {
		if (got < 0)
			return got;
		if (w.h.level != REF_SOL_UDP) {
			others = 1;
			continue;
		}
		if (w.h.type != REF_UDP_SEGMENT || w.data_len != sizeof(*gso_size))
			return -EINVAL;
		memcpy(gso_size, w.data, sizeof(*gso_size));
	}
	return others;
}

void ipcm_sock_options(struct ipcm_cookie *ipc, const struct sock *sk)
{
	if (ipc->has_opt || !sk->inet_opt_set)
		return;
	ipc->has_opt = true;
	ipc->opt = sk->inet_opt;
	memcpy(ipc->opt_data, sk->opt, sizeof(ipc->opt_data));
}

uint8_t ipcm_tos(const struct ipcm_cookie *ipc, const struct sock *sk)
{
	return ipc->tos < 0 ? sk->tos : (uint8_t)ipc->tos;
}

uint8_t ip_sendmsg_scope(const struct ipcm_cookie *ipc, const struct sock *sk, uint32_t flags)
{
	if ((sk->sk_flags & SOCK_LOCALROUTE) || (flags & REF_MSG_DONTROUTE) ||
	    (ipc->has_opt && ipc->opt.is_strictroute))
		return RT_SCOPE_LINK;
	return RT_SCOPE_UNIVERSE;
}

void ipcm_route_from(struct ipcm_cookie *ipc, const struct sock *sk, uint32_t daddr,
		     uint32_t *saddr)
{
	if (ipv4_is_multicast(daddr)) {
		if (!ipc->oif)
			ipc->oif = sk->mc_index;
		if (!*saddr)
			*saddr = sk->mc_addr;
	} else if (!ipc->oif) {
		ipc->oif = sk->uc_index;
	}
}

int ip_sendmsg_route(struct sock *sk, struct flowi4 *fl4, struct rtable *ret_rt)
{
	int err = ip_route_output_flow(sk->sk_net, fl4, ret_rt);

	if (err) {
		REF_SAY(sk->sk_net, "no route there");
		return err;
	}
	if ((ret_rt->rt_flags & RTCF_BROADCAST) && !(sk->sk_flags & SOCK_BROADCAST)) {
		REF_SAY(sk->sk_net, "broadcast without SO_BROADCAST");
		return -EACCES;
	}
	return 0;
}

int sendmsg_dest(const struct sock *sk, const struct ref_msg_out *msg, bool unspec,
		 struct ref_sockaddr *ret)
{
	uint16_t family;

	*ret = (struct ref_sockaddr){ .addr = sk->inet_daddr, .port = sk->inet_dport };
	if (!msg->name)
		return sk->sk_state == TCP_ESTABLISHED ? 0 : -EDESTADDRREQ;
	if (!sockaddr_in_get(msg->name, msg->name_len, &family, ret))
		return -EINVAL;
	return family == REF_AF_INET || (unspec && family == REF_AF_UNSPEC) ? 0 : -EAFNOSUPPORT;
}
