/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Queues of raw and ping sockets towards the program, and connect() of all datagram sockets.
 * Nothing ever waits. Mirrors: net/core/datagram.c, net/ipv4/datagram.c.
 */
#include <errno.h>

#include "ref/net.h"
#include "ref/sock.h"

struct sk_buff *skb_recv_datagram(struct sock *sk, uint32_t flags, int *ret_err)
{
	struct sk_buff *skb;

	*ret_err = sock_error(sk);
	if (*ret_err)
		return NULL;
	skb = sk->sk_receive_queue.head;
	if (!skb) {
		*ret_err = -EAGAIN;
		return NULL;
	}
	if (flags & REF_MSG_PEEK)
		return skb;
	__skb_unlink(&sk->sk_receive_queue, skb);
	sk->sk_rmem_alloc -= skb->truesize;
	return skb;
}

void skb_free_datagram(struct sk_buff *skb, uint32_t flags)
{
	if (!(flags & REF_MSG_PEEK))
		consume_skb(skb);
}

int datagram_poll(const struct sock *sk)
{
	int mask = 0;

	if (sk->sk_err || sk->sk_error_queue.head)
		mask |= REF_POLLERR | (sk->sk_flags & SOCK_SELECT_ERR_QUEUE ? REF_POLLPRI : 0);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		mask |= REF_POLLRDHUP | REF_POLLIN | REF_POLLRDNORM;
	if (sk->sk_shutdown == SHUTDOWN_MASK)
		mask |= REF_POLLHUP;
	if (sk->sk_receive_queue.head)
		mask |= REF_POLLIN | REF_POLLRDNORM;
	return mask | REF_POLLOUT | REF_POLLWRNORM | REF_POLLWRBAND;
}

/* What a device took is gone at once: nothing is ever left to be sent. */
int sk_ioctl_outq(const struct sock *sk, uint32_t request, int32_t *ret_value)
{
	(void)sk;
	if (request != REF_SIOCOUTQ)
		return -ENOTTY;
	*ret_value = 0;
	return 0;
}

/* The key of the route of a connected socket. Mirrors: ip_route_connect_init(). */
static struct flowi4 sk_flowi4(const struct sock *sk, uint32_t daddr, uint16_t dport,
			       uint32_t saddr, int oif)
{
	return (struct flowi4){
		.flowi4_oif = oif,
		.flowi4_mark = sk->sk_mark,
		.flowi4_tos = sk->tos & 0xfc,
		.flowi4_scope = sk->sk_flags & SOCK_LOCALROUTE ? 253 : 0,
		.flowi4_proto = (uint8_t)sk->sk_protocol,
		.flowi4_flags = sk->inet_flags & INET_FLAGS_TRANSPARENT ? FLOWI_FLAG_ANYSRC : 0,
		.saddr = saddr,
		.daddr = daddr,
		.fl4_sport = sk->sk_type == REF_SOCK_RAW ? 0 : sk->inet_num,
		.fl4_dport = dport,
	};
}

/* Device and source that a socket asks for, by its options and the destination. */
static void sk_route_from(const struct sock *sk, uint32_t daddr, int *ret_oif, uint32_t *ret_saddr)
{
	*ret_oif = sk->sk_bound_dev_if;
	*ret_saddr = sk->inet_saddr;
	if (ipv4_is_multicast(daddr)) {
		if (!*ret_oif)
			*ret_oif = sk->mc_index;
		if (!*ret_saddr)
			*ret_saddr = sk->mc_addr;
	} else if (!*ret_oif) {
		*ret_oif = sk->uc_index;
	}
}

static void sk_set_state(struct sock *sk, enum sk_state state)
{
	struct netns_sock *ns = &sk->sk_net->sock;

	if (sk->sk_prot == &udp_prot && sk->sk_state != state)
		ns->udp_connected_nr += state == TCP_ESTABLISHED ? 1u : ~0u;
	sk->sk_state = (uint8_t)state;
}

/*
 * The way to a peer: without an address of either side it is asked for twice, the second time
 * with what the first completed. Mirrors: ip_route_connect().
 */
static int ip_route_connect(struct ref *net, struct flowi4 *fl4, struct rtable *ret_rt)
{
	int oif = fl4->flowi4_oif, err;

	if (!fl4->daddr || !fl4->saddr) {
		err = ip_route_output_flow(net, fl4, ret_rt);
		if (err)
			return err;
		fl4->flowi4_oif = oif;
	}
	return ip_route_output_flow(net, fl4, ret_rt);
}

int ip4_datagram_connect(struct sock *sk, const struct ref_sockaddr *addr)
{
	struct ref *net = sk->sk_net;
	struct rtable rt = { 0 };
	struct flowi4 fl4;
	uint32_t saddr;
	int oif, err;

	sk->dst_cached = false;
	sk_route_from(sk, addr->addr, &oif, &saddr);
	fl4 = sk_flowi4(sk, addr->addr, addr->port, saddr, oif);
	err = ip_route_connect(net, &fl4, &rt);
	if (err) {
		if (err == -ENETUNREACH)
			IP_INC_STATS(net, IP_OUTNOROUTES);
		return err;
	}
	if ((rt.rt_flags & RTCF_BROADCAST) && !(sk->sk_flags & SOCK_BROADCAST))
		return -EACCES;
	if (!sk->inet_saddr)
		sk->inet_saddr = fl4.saddr;
	if (!sk->inet_rcv_saddr) {
		sk->inet_rcv_saddr = fl4.saddr;
		if (sk->sk_prot->rehash)
			sk->sk_prot->rehash(sk);
	}
	sk->inet_daddr = fl4.daddr;
	sk->inet_dport = addr->port;
	/* The kernel has one place for this: a datagram that is corked goes there too. */
	sk->cork.fl4.saddr = fl4.saddr;
	sk->cork.fl4.daddr = fl4.daddr;
	sk->cork.fl4.fl4_dport = addr->port;
	if (sk->sk_reuseport_cb)
		sk->sk_reuseport_cb->has_conns = true;
	sk_set_state(sk, TCP_ESTABLISHED);
	sk->dst_cached = true;
	return 0;
}

int udp_disconnect(struct sock *sk)
{
	sk_set_state(sk, TCP_CLOSE);
	sk->dst_cached = false;
	sk->inet_daddr = 0;
	sk->inet_dport = 0;
	sk->sk_bound_dev_if = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK)) {
		sk->inet_rcv_saddr = sk->inet_saddr = 0;
		if (sk->sk_prot->rehash && (sk->sk_userlocks & SOCK_BINDPORT_LOCK))
			sk->sk_prot->rehash(sk);
	}
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK)) {
		sk->sk_prot->unhash(sk);
		sk->inet_sport = 0;
	}
	return 0;
}

int sk_dst_get(struct sock *sk, struct rtable *ret_rt)
{
	struct flowi4 fl4;
	uint32_t saddr;
	int oif;

	if (!sk->dst_cached)
		return -ENOTCONN;
	sk_route_from(sk, sk->inet_daddr, &oif, &saddr);
	fl4 = sk_flowi4(sk, sk->inet_daddr, sk->inet_dport, saddr, oif);
	return ip_route_output_flow(sk->sk_net, &fl4, ret_rt);
}
