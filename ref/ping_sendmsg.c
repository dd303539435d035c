/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A ping socket sends an echo request. Mirrors: ping_v4_sendmsg(), ping_common_sendmsg(),
 * ping_v4_push_pending_frames(), net/ipv4/ping.c.
 */
#include <errno.h>
#include <string.h>

#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/ip_send.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/wire/csum.h"

/* What can be asked: echo, and extended echo (RFC 8335). Mirrors: ping_supported(). */
static bool ping_supported(uint8_t type, uint8_t code)
{
	return (type == ICMP_ECHO || type == ICMP_EXT_ECHO) && code == 0;
}

static int ping_push(struct sock *sk, struct inet_cork *cork)
{
	struct sk_buff *skb = ip_cork_finish(sk, cork);
	uint8_t *icmph;
	size_t len;

	if (!skb)
		return 0;
	icmph = skb_transport_header(skb);
	len = skb->len - (size_t)(icmph - skb_network_header(skb));
	csum_store(icmph + 2, csum_fold(csum_partial(icmph, len, 0)));
	icmp_out_count(sk->sk_net, icmph[0]);
	return ip_send_skb(sk->sk_net, skb);
}

/*
 * The head of the message: the socket's identifier, no checksum yet. Each call is a message,
 * MSG_MORE or not.
 */
static int ping_send(struct sock *sk, const struct ref_msg_out *msg, struct inet_cork *cork)
{
	int err = ip_append_data(sk, cork, msg->buf + ICMP_HLEN, msg->buf_len - ICMP_HLEN,
				 ICMP_HLEN, false);
	uint8_t *icmph;

	if (err) {
		ip_cork_flush(cork);
		return err;
	}
	icmph = skb_transport_header(cork->skb);
	memcpy(icmph, msg->buf, ICMP_HLEN);
	wire_put16(icmph + 2, 0);
	wire_put16(icmph + 4, sk->inet_sport);
	return ping_push(sk, cork);
}

static int ping_choices(struct sock *sk, const struct ref_msg_out *msg, struct ipcm_cookie *ipc,
			uint32_t daddr, struct flowi4 *fl4, uint32_t flags)
{
	uint32_t saddr, faddr = daddr;
	int err;

	ipcm_init_sk(ipc, sk);
	err = msg->control_len ? ip_cmsg_send(sk, msg, ipc) : 0;
	if (err)
		return err;
	ipcm_sock_options(ipc, sk);
	saddr = ipc->addr;
	ipc->addr = daddr;
	if (ipc->has_opt && ipc->opt.srr) {
		if (!daddr)
			return -EINVAL;
		faddr = ipc->opt.faddr;
	}
	ipcm_route_from(ipc, sk, daddr, &saddr);
	*fl4 = (struct flowi4){
		.flowi4_oif = ipc->oif,
		.flowi4_mark = ipc->mark,
		.flowi4_tos = ipcm_tos(ipc, sk) & 0xfc,
		.flowi4_scope = ip_sendmsg_scope(ipc, sk, flags),
		.flowi4_proto = (uint8_t)sk->sk_protocol,
		.flowi4_flags = sk->inet_flags & INET_FLAGS_TRANSPARENT ? FLOWI_FLAG_ANYSRC : 0,
		.saddr = saddr,
		.daddr = faddr,
	};
	return 0;
}

long ping_v4_sendmsg(struct sock *sk, const struct ref_msg_out *msg, uint32_t flags)
{
	struct ipcm_cookie ipc;
	struct inet_cork cork;
	struct flowi4 fl4;
	struct rtable rt;
	struct ref_sockaddr to;
	int err;

	if (msg->buf_len > 0xffff)
		return -EMSGSIZE;
	if (msg->buf_len < ICMP_HLEN)
		return -EINVAL;
	if (flags & REF_MSG_OOB)
		return -EOPNOTSUPP;
	if (!ping_supported(msg->buf[0], msg->buf[1]))
		return -EINVAL;
	err = sendmsg_dest(sk, msg, false, &to);
	if (!err)
		err = ping_choices(sk, msg, &ipc, to.addr, &fl4, flags);
	if (!err)
		err = ip_sendmsg_route(sk, &fl4, &rt);
	if (err == -ENETUNREACH)
		IP_INC_STATS(sk->sk_net, IP_OUTNOROUTES);
	if (err)
		return err;
	if ((flags & REF_MSG_CONFIRM) && (flags & REF_MSG_PROBE) && !msg->buf_len)
		return 0;
	if (!ipc.addr)
		ipc.addr = fl4.daddr;
	err = ip_setup_cork(sk, &cork, &ipc, &rt, &fl4);
	if (!err && !(flags & REF_MSG_PROBE))
		err = ping_send(sk, msg, &cork);
	return err ? err : (long)msg->buf_len;
}
