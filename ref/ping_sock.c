/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * ICMP datagram sockets towards the program: echo identifiers, binding, reading. What arrives is
 * ping.c. The program is in group 0. Mirrors: net/ipv4/ping.c.
 */
#include <errno.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"

static struct sock **ping_hslot(struct ref *net, uint16_t ident)
{
	return &net->sock.ping_hash[ident & (PING_HTABLE_SIZE - 1)];
}

struct sock *ping_lookup(struct ref *net, const struct sk_buff *skb, uint16_t ident)
{
	uint32_t daddr = iph_daddr(skb_network_header(skb));
	int dif = inet_iif(skb);

	for (struct sock *sk = *ping_hslot(net, ident); sk; sk = sk->port_next)
		if (sk->inet_num == ident && (!sk->inet_rcv_saddr || sk->inet_rcv_saddr == daddr) &&
		    (!sk->sk_bound_dev_if || sk->sk_bound_dev_if == dif))
			return sk;
	return NULL;
}

int ping_queue_rcv_skb(struct sock *sk, struct sk_buff *skb)
{
	uint16_t reason;

	/* Nothing was prepared for IP_PKTINFO: it shows what else stands there. */
	skb->queued.spec_dst = skb->cb.opt.faddr;
	/* icmp_rcv() has summed it all, and IP_CHECKSUM tells. */
	if (skb->ip_summed == CHECKSUM_NONE)
		skb->ip_summed = CHECKSUM_COMPLETE;
	if (sock_queue_rcv_skb_reason(sk, skb, &reason) == 0)
		return SKB_NOT_DROPPED_YET;
	kfree_skb_at(skb, (enum skb_drop_reason)reason, "__ping_queue_rcv_skb");
	return reason;
}

static bool ping_ident_taken(struct sock *sk, uint16_t ident, bool share)
{
	for (const struct sock *sk2 = *ping_hslot(sk->sk_net, ident); sk2; sk2 = sk2->port_next) {
		if (sk2->inet_num != ident || sk2 == sk)
			continue;
		if (!share || !(sk2->sk_flags & sk->sk_flags & SOCK_REUSE))
			return true;
	}
	return false;
}

static int ping_get_port(struct sock *sk, uint16_t ident)
{
	struct netns_sock *ns = &sk->sk_net->sock;
	struct sock **slot;

	if (ident) {
		if (ping_ident_taken(sk, ident, true))
			return -EADDRINUSE;
	} else {
		uint32_t tries = 0;

		do {
			if (tries++ > 0xffff)
				return -EADDRINUSE;
			ident = ++ns->ping_port_rover;
		} while (!ident || ping_ident_taken(sk, ident, false));
	}
	sk->inet_num = ident;
	if (sk->hashed)
		return 0;
	slot = ping_hslot(sk->sk_net, ident);
	sk->port_next = *slot;
	*slot = sk;
	sk->hashed = true;
	return 0;
}

static void ping_unhash(struct sock *sk)
{
	if (!sk->hashed)
		return;
	for (struct sock **p = ping_hslot(sk->sk_net, sk->inet_num); *p; p = &(*p)->port_next)
		if (*p == sk) {
			*p = sk->port_next;
			break;
		}
	sk->hashed = false;
	sk->inet_num = sk->inet_sport = 0;
}

static int ping_init_sock(struct sock *sk)
{
	const uint32_t *range = sk->sk_net->ping_group_range;

	return range[0] == 0 && range[0] <= range[1] ? 0 : -EACCES;
}

static int ping_bind(struct sock *sk, const struct ref_sockaddr *addr)
{
	const struct ref *net = sk->sk_net;
	uint8_t type;

	if (addr->addr) {
		type = inet_addr_type(net, addr->addr);
		if (type == REF_RTN_MULTICAST || type == REF_RTN_BROADCAST ||
		    (type != REF_RTN_LOCAL && !net->sysctl[SYSCTL_IP_NONLOCAL_BIND] &&
		     !(sk->inet_flags & (INET_FLAGS_FREEBIND | INET_FLAGS_TRANSPARENT))))
			return -EADDRNOTAVAIL;
	}
	if (sk->inet_num)
		return -EINVAL;
	if (ping_get_port(sk, addr->port))
		return -EADDRINUSE;
	sk->inet_saddr = sk->inet_rcv_saddr = addr->addr;
	if (addr->addr)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (addr->port)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	sk->inet_sport = sk->inet_num;
	sk->dst_cached = false;
	sk->inet_daddr = 0;
	sk->inet_dport = 0;
	return 0;
}

/* The result is what was copied, also with MSG_TRUNC. */
static long ping_recvmsg(struct sock *sk, struct ref_msg *msg, uint32_t flags)
{
	struct sk_buff *skb;
	size_t copied;
	int err;

	if (flags & REF_MSG_OOB)
		return -EOPNOTSUPP;
	if (flags & REF_MSG_ERRQUEUE)
		return ip_recv_error(sk, msg);
	skb = skb_recv_datagram(sk, flags, &err);
	if (!skb)
		return err;
	copied = skb->len;
	if (msg->buf_len < copied) {
		msg->flags |= REF_MSG_TRUNC;
		copied = msg->buf_len;
	}
	memcpy(msg->buf, skb->data, copied);
	sock_recv_timestamp(msg, sk, skb);
	msg->name = (struct ref_sockaddr){
		.addr = iph_saddr(skb_network_header(skb)),
		.given = true,
	};
	if (sk->inet_flags & IP_CMSG_ALL)
		ip_cmsg_recv_offset(msg, sk, skb, 0, 0);
	skb_free_datagram(skb, flags);
	return (long)copied;
}

const struct proto ping_prot = {
	.name = "PING",
	.init = ping_init_sock,
	.bind = ping_bind,
	.get_port = ping_get_port,
	.unhash = ping_unhash,
	.setsockopt = ip_setsockopt,
	.getsockopt = ip_getsockopt,
	.sendmsg = ping_v4_sendmsg,
	.recvmsg = ping_recvmsg,
};
