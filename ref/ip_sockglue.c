/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * SOL_IP options of a socket (those on groups: ip_mcast_sockopt.c), and the chain of sockets that
 * want router alerts. Mirrors: do_ip_setsockopt(),
 * do_ip_getsockopt(), ip_ra_control(), net/ipv4/ip_sockglue.c.
 */
#include <errno.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"

int ip_ra_control(struct sock *sk, bool on)
{
	struct netns_sock *ns = &sk->sk_net->sock;
	struct sock **p = &ns->ra_chain;

	if (sk->sk_type != REF_SOCK_RAW || sk->inet_num == IPPROTO_RAW)
		return -EINVAL;
	while (*p && *p != sk)
		p = &(*p)->ra_next;
	if (on) {
		if (*p)
			return -EADDRINUSE;
		*p = sk;
		sk->ra_next = NULL;
		sk->inet_flags |= INET_FLAGS_RTALERT;
		return 0;
	}
	if (!*p)
		return -ENOBUFS;
	*p = sk->ra_next;
	sk->inet_flags &= ~INET_FLAGS_RTALERT;
	return 0;
}

/*
 * A datagram with a router alert, to each socket that asked for such of its protocol; whole. True:
 * skb was taken (also by reassembly). Mirrors: ip_call_ra_chain(), net/ipv4/ip_input.c.
 */
bool ip_call_ra_chain(struct sk_buff *skb)
{
	struct ref *net = skb->net;
	uint8_t protocol = iph_protocol(skb_network_header(skb));
	struct sock *last = NULL;

	for (struct sock *sk = net->sock.ra_chain; sk; sk = sk->ra_next) {
		struct sk_buff *copy;

		if (sk->inet_num != protocol ||
		    (sk->sk_bound_dev_if && sk->sk_bound_dev_if != skb->dev->ifindex))
			continue;
		if (ip_is_fragment(skb_network_header(skb)) &&
		    ip_defrag(net, skb, IP_DEFRAG_CALL_RA_CHAIN))
			return true;
		copy = last ? skb_copy(skb) : NULL;
		if (copy)
			raw_rcv(last, copy);
		last = sk;
	}
	if (!last)
		return false;
	REF_SAY(net, "taken by a socket with IP_ROUTER_ALERT");
	raw_rcv(last, skb);
	return true;
}

/* Options that are one switch: what they need of the call. */
enum { NEED_NONE, NEED_OCTET, NEED_BOOL, NEED_RAW, NEED_DGRAM };
static const struct {
	int name;
	uint32_t flag;
	uint8_t need;
} ip_switches[] = {
	{ REF_IP_PKTINFO, IP_CMSG_PKTINFO, NEED_NONE },
	{ REF_IP_RECVTTL, IP_CMSG_TTL, NEED_NONE },
	{ REF_IP_RECVTOS, IP_CMSG_TOS, NEED_NONE },
	{ REF_IP_RECVOPTS, IP_CMSG_RECVOPTS, NEED_NONE },
	{ REF_IP_RETOPTS, IP_CMSG_RETOPTS, NEED_NONE },
	{ REF_IP_PASSSEC, IP_CMSG_PASSSEC, NEED_NONE },
	{ REF_IP_RECVORIGDSTADDR, IP_CMSG_ORIGDSTADDR, NEED_NONE },
	{ REF_IP_CHECKSUM, IP_CMSG_CHECKSUM, NEED_NONE },
	{ REF_IP_RECVFRAGSIZE, IP_CMSG_RECVFRAGSIZE, NEED_DGRAM },
	{ REF_IP_RECVERR, INET_FLAGS_RECVERR, NEED_NONE },
	{ REF_IP_RECVERR_RFC4884, INET_FLAGS_RECVERR_RFC4884, NEED_BOOL },
	{ REF_IP_FREEBIND, INET_FLAGS_FREEBIND, NEED_OCTET },
	{ REF_IP_HDRINCL, INET_FLAGS_HDRINCL, NEED_RAW },
	{ REF_IP_MULTICAST_LOOP, INET_FLAGS_MC_LOOP, NEED_OCTET },
	{ REF_IP_MULTICAST_ALL, INET_FLAGS_MC_ALL, NEED_OCTET },
	{ REF_IP_TRANSPARENT, INET_FLAGS_TRANSPARENT, NEED_OCTET },
	{ REF_IP_NODEFRAG, INET_FLAGS_NODEFRAG, NEED_RAW },
	{ REF_IP_BIND_ADDRESS_NO_PORT, INET_FLAGS_BIND_ADDRESS_NO_PORT, NEED_NONE },
	{ REF_IP_ROUTER_ALERT, INET_FLAGS_RTALERT, NEED_NONE },
};
#define IP_SWITCHES_NR (sizeof(ip_switches) / sizeof(ip_switches[0]))

static int ip_switch_find(int name)
{
	for (size_t i = 0; i < IP_SWITCHES_NR; i++)
		if (ip_switches[i].name == name)
			return (int)i;
	return -1;
}

static int ip_switch_allowed(const struct sock *sk, int name, uint8_t need, int32_t val, size_t len)
{
	switch (need) {
	case NEED_RAW:
		return sk->sk_type == REF_SOCK_RAW ? 0 : -ENOPROTOOPT;
	case NEED_BOOL:
		return val == 0 || val == 1 ? 0 : -EINVAL;
	case NEED_OCTET:
		if (name == REF_IP_TRANSPARENT && val && sk->sk_net->unprivileged)
			return -EPERM;
		if (len < 1 || (name == REF_IP_MULTICAST_ALL && val != 0 && val != 1))
			return -EINVAL;
		return 0;
	}
	return 0;
}

static void skb_errqueue_purge(struct sock *sk)
{
	enum skb_drop_reason reason = ref_since(sk->sk_net, DIFF_QUEUE_PURGE_REASON)
					      ? SKB_DROP_REASON_QUEUE_PURGE
					      : SKB_DROP_REASON_NOT_SPECIFIED;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&sk->sk_error_queue)) != NULL) {
		sk->sk_rmem_alloc -= skb->truesize;
		kfree_skb_reason(skb, reason);
	}
}

static int ip_switch_set(struct sock *sk, size_t idx, int32_t val, size_t len)
{
	uint32_t flag = ip_switches[idx].flag;
	int err = ip_switch_allowed(sk, ip_switches[idx].name, ip_switches[idx].need, val, len);

	if (err)
		return err;
	if (flag == INET_FLAGS_RTALERT)
		return ip_ra_control(sk, val != 0);
	sk->inet_flags = val ? sk->inet_flags | flag : sk->inet_flags & ~flag;
	if (flag == INET_FLAGS_RECVERR && !val)
		skb_errqueue_purge(sk);
	return 0;
}

/* The option's int; an octet where no more is given; nothing at all is 0. */
static int32_t ip_opt_int(const void *val, size_t len)
{
	int32_t v = 0;

	if (len >= sizeof(v))
		memcpy(&v, val, sizeof(v));
	else if (len >= 1)
		v = *(const uint8_t *)val;
	return v;
}

/* Options to send with, compiled. Mirrors: ip_options_get(). */
static int ip_opt_options(struct sock *sk, const void *val, size_t len)
{
	struct ip_options opt = { 0 };
	uint8_t data[REF_IPOPT_MAX] = { 0 }, bad;
	int err;

	if (len > REF_IPOPT_MAX)
		return -EINVAL;
	if (len)
		memcpy(data, val, len);
	opt.optlen = (uint8_t)((len + 3) & ~3u); /* filled up with end-of-list */
	err = opt.optlen ? __ip_options_compile(sk->sk_net, &opt, NULL, data, &bad) : 0;
	if (err)
		return err;
	if (opt.srr && sk->sk_net->unprivileged)
		return -EPERM;
	memcpy(sk->opt, data, sizeof(data));
	sk->inet_opt = opt;
	sk->inet_opt_set = true;
	return 0;
}

static int ip_opt_unicast_if(struct sock *sk, int32_t val, size_t len)
{
	uint8_t be[4];
	int ifindex;

	if (len != sizeof(be))
		return -EINVAL;
	memcpy(be, &val, sizeof(be));
	ifindex = (int)wire_get32(be);
	if (ifindex && !dev_get_by_index(sk->sk_net, ifindex))
		return -EADDRNOTAVAIL;
	if (ifindex && sk->sk_bound_dev_if)
		return -EINVAL;
	sk->uc_index = ifindex;
	return 0;
}

static int ip_opt_port_range(struct sock *sk, int32_t val, size_t len)
{
	uint32_t v = (uint32_t)val;

	if (len != sizeof(v) || ((v & 0xffff) && v >> 16 && (v & 0xffff) > v >> 16))
		return -EINVAL;
	sk->local_port_range = v;
	return 0;
}

/* A value within min..max goes to *dst. */
static int ip_opt_range(int32_t *dst, int32_t val, size_t len, int32_t min, int32_t max)
{
	if (len < 1 || val < min || val > max)
		return -EINVAL;
	*dst = val;
	return 0;
}

/* The way may be another one then, and the priority goes with it. Mirrors: __ip_sock_set_tos(). */
static void ip_sock_set_tos(struct sock *sk, int32_t val)
{
	/* rt_tos2priority(): best effort, bulk, interactive, interactive bulk */
	static const uint8_t prio[4] = { 0, 2, 6, 4 };

	if (sk->tos == val)
		return;
	sk->dst_cached = false;
	sk->tos = (uint8_t)val;
	sk->sk_priority = prio[val >> 3 & 3];
}

static int ip_set_value(struct sock *sk, int name, int32_t val, const void *opt, size_t len)
{
	switch (name) {
	case REF_IP_TTL:
		return val == 0 ? -EINVAL : ip_opt_range(&sk->uc_ttl, val, len, -1, 255);
	case REF_IP_MINTTL:
		return ip_opt_range(&sk->min_ttl, val, len, 0, 255);
	case REF_IP_MULTICAST_TTL:
		return ip_opt_range(&sk->mc_ttl, val == -1 ? 1 : val, len, 0, 255);
	case REF_IP_MTU_DISCOVER:
		if (val < REF_IP_PMTUDISC_DONT || val > REF_IP_PMTUDISC_OMIT)
			return -EINVAL;
		sk->pmtudisc = (uint8_t)val;
		return 0;
	case REF_IP_TOS:
		ip_sock_set_tos(sk, val);
		return 0;
	case REF_IP_OPTIONS:
		return ip_opt_options(sk, opt, len);
	case REF_IP_UNICAST_IF:
		return ip_opt_unicast_if(sk, val, len);
	case REF_IP_LOCAL_PORT_RANGE:
		return ip_opt_port_range(sk, val, len);
	}
	return ip_mcast_setsockopt(sk, name, opt, len);
}

int ip_setsockopt(struct sock *sk, int level, int name, const void *val, size_t len)
{
	int32_t v = ip_opt_int(val, len);
	int idx = ip_switch_find(name);

	if (level != REF_SOL_IP)
		return -ENOPROTOOPT;
	return idx >= 0 ? ip_switch_set(sk, (size_t)idx, v, len)
			: ip_set_value(sk, name, v, val, len);
}

/* As they were set, but for what compiling them wiped out. */
static int ip_get_options(const struct sock *sk, void *val, size_t *len)
{
	uint8_t data[REF_IPOPT_MAX];

	memcpy(data, sk->opt, sizeof(data));
	ip_options_undo(&sk->inet_opt, data);
	return sk_opt_put(val, len, data, sk->inet_opt.optlen);
}

static int ip_get_mtu(struct sock *sk, int32_t *ret_val)
{
	struct rtable rt = { 0 };

	if (sk_dst_get(sk, &rt))
		return -ENOTCONN;
	*ret_val = (int32_t)ip_dst_mtu(sk->sk_net, &rt, false);
	return 0;
}

static int ip_get_value(struct sock *sk, int name, int32_t *ret_val)
{
	uint8_t be[4];

	switch (name) {
	case REF_IP_TTL:
		*ret_val = sk->uc_ttl < 0 ? sk->sk_net->sysctl[SYSCTL_IP_DEFAULT_TTL] : sk->uc_ttl;
		return 0;
	case REF_IP_MINTTL:
		*ret_val = sk->min_ttl;
		return 0;
	case REF_IP_MULTICAST_TTL:
		*ret_val = sk->mc_ttl;
		return 0;
	case REF_IP_MTU_DISCOVER:
		*ret_val = sk->pmtudisc;
		return 0;
	case REF_IP_TOS:
		*ret_val = sk->tos;
		return 0;
	case REF_IP_MTU:
		return ip_get_mtu(sk, ret_val);
	case REF_IP_UNICAST_IF:
		wire_put32(be, (uint32_t)sk->uc_index);
		memcpy(ret_val, be, sizeof(be));
		return 0;
	case REF_IP_LOCAL_PORT_RANGE:
		*ret_val = (int32_t)sk->local_port_range;
		return 0;
	case REF_IP_PROTOCOL:
		*ret_val = sk->inet_num;
		return 0;
	}
	return -ENOPROTOOPT;
}

/* A small value goes into an octet, where there is no room for an int. */
static int ip_put_int(void *val, size_t *len, int32_t v)
{
	uint8_t octet = (uint8_t)v;

	if (*len > 0 && *len < sizeof(v) && v >= 0 && v <= 255)
		return sk_opt_put(val, len, &octet, 1);
	return sk_opt_put(val, len, &v, sizeof(v));
}

int ip_getsockopt(struct sock *sk, int level, int name, void *val, size_t *len)
{
	int idx = ip_switch_find(name), err;
	int32_t v;

	if (level != REF_SOL_IP)
		return -EOPNOTSUPP;
	if (name == REF_IP_ROUTER_ALERT && !ref_since(sk->sk_net, DIFF_GET_ROUTER_ALERT))
		return -ENOPROTOOPT;
	if (name == REF_IP_OPTIONS)
		return ip_get_options(sk, val, len);
	err = ip_mcast_getsockopt(sk, name, val, len);
	if (err != -ENOPROTOOPT)
		return err;
	if (idx >= 0) {
		v = (sk->inet_flags & ip_switches[idx].flag) != 0;
	} else {
		err = ip_get_value(sk, name, &v);
		if (err)
			return err;
	}
	return ip_put_int(val, len, v);
}
