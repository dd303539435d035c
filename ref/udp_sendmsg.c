/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A UDP or UDP-Lite socket sends. Mirrors: udp_sendmsg(), udp_send_skb(), udp_push_pending_frames()
 * and udp_flush_pending_frames(), net/ipv4/udp.c. Spec: RFC 768, RFC 3828.
 * Left out: AF_INET6 sockets; cgroup programs; UDP_SEGMENT over lo, which is not cut there (a
 * receiver cuts it): the reference delivers it whole.
 */
#include <errno.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/ip_send.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/wire/csum.h"

#define UDP_MAX_SEGMENTS 128
#define UDP_INC(sk, name)                                                                          \
	((sk)->sk_net->mib[sk_is_udplite(sk) ? MIB_UDPLITE_##name : MIB_UDP_##name]++)

/* Octets that the checksum covers. Mirrors: udplite_sender_cscov(). */
static size_t udp_covered(const struct sock *sk, uint8_t *uh, size_t len)
{
	size_t covered = len;

	if (!sk_is_udplite(sk) || !(sk->udp_flags & UDP_FLAGS_UDPLITE_SEND_CC))
		return len;
	if (sk->pcslen < len) {
		covered = sk->pcslen ? sk->pcslen : len;
		wire_put16(uh + 4, sk->pcslen);
	} else if (sk->pcslen > len) {
		/* More than there is: all of it, and the field says so. */
		wire_put16(uh + 4, (uint16_t)len);
	}
	return covered;
}

/* The checksum, or what of it is left to the device. */
static void udp_set_csum(const struct sock *sk, struct sk_buff *skb, const struct inet_cork *cork,
			 uint8_t *uh, size_t len)
{
	size_t hlen = (size_t)(uh - skb_network_header(skb)), covered;
	uint16_t check;

	wire_put16(uh + 6, 0);
	covered = udp_covered(sk, uh, len);
	if ((sk->sk_flags & SOCK_NO_CHECK_TX) && !sk_is_udplite(sk)) {
		skb->ip_summed = CHECKSUM_NONE;
		return;
	}
	/* lo sums nothing: the sum over the pseudo header stands there. */
	if (dev_is_loopback(cork->rt.dev) && !sk_is_udplite(sk) && !cork->more &&
	    hlen + len <= cork->fragsize) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = (uint32_t)(uh - skb->head);
		csum_store(uh + 6, (uint16_t)~csum_fold(csum_tcpudp_nofold(
					   cork->fl4.saddr, cork->fl4.daddr, (uint32_t)len,
					   (uint8_t)sk->sk_protocol, 0)));
		return;
	}
	check = csum_fold(
		csum_partial(uh, covered,
			     csum_tcpudp_nofold(cork->fl4.saddr, cork->fl4.daddr, (uint32_t)len,
						(uint8_t)sk->sk_protocol, 0)));
	csum_store(uh + 6, check ? check : 0xffff);
}

/* May these octets be cut into segments? 0 or -errno. */
static int udp_gso_check(const struct sock *sk, const struct inet_cork *cork, size_t hlen,
			 size_t datalen)
{
	size_t first = datalen < cork->gso_size ? datalen : cork->gso_size;

	if (hlen + UDP_HLEN + first > cork->fragsize)
		return -EMSGSIZE;
	if (datalen > (size_t)cork->gso_size * UDP_MAX_SEGMENTS)
		return -EINVAL;
	if (sk->sk_flags & SOCK_NO_CHECK_TX)
		return -EINVAL;
	if (!ref_since(sk->sk_net, DIFF_GSO_SOFT_CSUM) && !dev_is_loopback(cork->rt.dev))
		return -EIO;
	return sk_is_udplite(sk) ? -EIO : 0;
}

/* Takes skb. Mirrors: udp_send_skb(). */
static int udp_send_skb(struct sock *sk, struct sk_buff *skb, const struct inet_cork *cork)
{
	uint8_t *uh = skb_transport_header(skb);
	size_t hlen = (size_t)(uh - skb_network_header(skb)), len = skb->len - hlen;
	int err;

	wire_put16(uh, sk->inet_sport);
	wire_put16(uh + 2, cork->fl4.fl4_dport);
	wire_put16(uh + 4, (uint16_t)len);
	if (cork->gso_size) {
		err = udp_gso_check(sk, cork, hlen, len - UDP_HLEN);
		if (err) {
			kfree_skb(skb);
			return err;
		}
		if (len - UDP_HLEN > cork->gso_size)
			skb->gso_size = cork->gso_size;
	}
	udp_set_csum(sk, skb, cork, uh, len);
	err = ip_send_skb(sk->sk_net, skb);
	if (!err)
		UDP_INC(sk, OUTDATAGRAMS);
	else if (err == -ENOBUFS && !(sk->inet_flags & INET_FLAGS_RECVERR)) {
		UDP_INC(sk, SNDBUFERRORS);
		err = 0;
	}
	return err;
}

void udp_flush_pending_frames(struct sock *sk)
{
	sk->pending = false;
	ip_cork_flush(&sk->cork);
}

int udp_push_pending_frames(struct sock *sk)
{
	struct sk_buff *skb = ip_cork_finish(sk, &sk->cork);

	sk->pending = false;
	return skb ? udp_send_skb(sk, skb, &sk->cork) : 0;
}

/* Where it goes. */
struct udp_dest {
	uint32_t daddr;
	uint16_t dport;
	bool connected;
};

/* 0 or -errno. */
static int udp_dest(const struct sock *sk, const struct ref_msg_out *msg, struct udp_dest *ret)
{
	struct ref_sockaddr to;
	int err = sendmsg_dest(sk, msg, true, &to);

	*ret = (struct udp_dest){ to.addr, to.port, !msg->name };
	return err || !msg->name || to.port ? err : -EINVAL;
}

/* What control messages and the socket's options say. 0 or -errno. */
static int udp_choices(struct sock *sk, const struct ref_msg_out *msg, struct ipcm_cookie *ipc,
		       struct udp_dest *to)
{
	int err;

	ipcm_init_sk(ipc, sk);
	ipc->gso_size = sk->gso_size;
	if (msg->control_len) {
		err = udp_cmsg_send(msg, &ipc->gso_size);
		if (err > 0) {
			err = ip_cmsg_send(sk, msg, ipc);
			to->connected = false;
		}
		if (err < 0)
			return err;
	}
	ipcm_sock_options(ipc, sk);
	return 0;
}

/* The way there: that of the connection, or asked for. 0 or -errno. */
static int udp_route(struct sock *sk, struct ipcm_cookie *ipc, struct udp_dest *to, uint32_t flags,
		     struct flowi4 *fl4, struct rtable *rt)
{
	uint32_t saddr = ipc->addr, faddr = to->daddr;
	uint8_t scope = ip_sendmsg_scope(ipc, sk, flags);
	int err;

	ipc->addr = to->daddr;
	if (ipc->has_opt && ipc->opt.srr) {
		if (!to->daddr)
			return -EINVAL;
		faddr = ipc->opt.faddr;
		to->connected = false;
	}
	if (scope == RT_SCOPE_LINK || ipv4_is_multicast(to->daddr))
		to->connected = false;
	ipcm_route_from(ipc, sk, to->daddr, &saddr);
	*fl4 = (struct flowi4){
		.flowi4_oif = ipc->oif,
		.flowi4_mark = ipc->mark,
		.flowi4_tos = ipcm_tos(ipc, sk) & 0xfc,
		.flowi4_scope = scope,
		.flowi4_proto = (uint8_t)sk->sk_protocol,
		.flowi4_flags = sk->inet_flags & INET_FLAGS_TRANSPARENT ? FLOWI_FLAG_ANYSRC : 0,
		.saddr = saddr,
		.daddr = faddr,
		.fl4_sport = sk->inet_sport,
		.fl4_dport = to->dport,
	};
	if (to->connected && sk_dst_get(sk, rt) == 0)
		return 0;
	err = ip_sendmsg_route(sk, fl4, rt);
	if (err == -ENETUNREACH)
		IP_INC_STATS(sk->sk_net, IP_OUTNOROUTES);
	return err;
}

/* One call, one datagram. Mirrors: the lockless way, ip_make_skb(). */
static int udp_send_now(struct sock *sk, const struct ref_msg_out *msg, struct inet_cork *cork)
{
	struct sk_buff *skb;
	int err = ip_append_data(sk, cork, msg->buf, msg->buf_len, UDP_HLEN, false);

	if (err) {
		ip_cork_flush(cork);
		return err;
	}
	skb = ip_cork_finish(sk, cork);
	return skb ? udp_send_skb(sk, skb, cork) : 0;
}

/* Add to what waits, and send it if this is the end of it. */
static int udp_append(struct sock *sk, const struct ref_msg_out *msg, uint32_t flags, bool corkreq)
{
	int err = flags & REF_MSG_PROBE
			  ? 0
			  : ip_append_data(sk, &sk->cork, msg->buf, msg->buf_len, UDP_HLEN, true);

	if (err)
		udp_flush_pending_frames(sk);
	else if (!corkreq)
		err = udp_push_pending_frames(sk);
	else if (!sk->cork.skb)
		sk->pending = false;
	return err;
}

static int udp_send(struct sock *sk, const struct ref_msg_out *msg, uint32_t flags, bool corkreq)
{
	struct ipcm_cookie ipc;
	struct inet_cork cork;
	struct udp_dest to;
	struct flowi4 fl4;
	struct rtable rt;
	int err = udp_dest(sk, msg, &to);

	if (!err)
		err = udp_choices(sk, msg, &ipc, &to);
	if (!err)
		err = udp_route(sk, &ipc, &to, flags, &fl4, &rt);
	if (err)
		return err;
	if (!ipc.addr)
		ipc.addr = fl4.daddr;
	/* Only asked whether the neighbour is there. */
	if ((flags & REF_MSG_CONFIRM) && (flags & REF_MSG_PROBE) && !msg->buf_len)
		return 0;
	err = ip_setup_cork(sk, corkreq ? &sk->cork : &cork, &ipc, &rt, &fl4);
	if (err)
		return err;
	if (!corkreq)
		return flags & REF_MSG_PROBE ? 0 : udp_send_now(sk, msg, &cork);
	sk->cork.more = true;
	sk->pending = true;
	return udp_append(sk, msg, flags, true);
}

long udp_sendmsg(struct sock *sk, const struct ref_msg_out *msg, uint32_t flags)
{
	bool corkreq = (sk->udp_flags & UDP_FLAGS_CORK) || (flags & REF_MSG_MORE);
	int err;

	if (msg->buf_len > 0xffff)
		return -EMSGSIZE;
	if (flags & REF_MSG_OOB)
		return -EOPNOTSUPP;
	err = sk->pending ? udp_append(sk, msg, flags, corkreq) : udp_send(sk, msg, flags, corkreq);
	if (err == -ENOBUFS)
		UDP_INC(sk, SNDBUFERRORS);
	return err ? err : (long)msg->buf_len;
}
