/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A raw socket sends: a payload, or a packet with its own header (IP_HDRINCL). Mirrors:
 * raw_sendmsg(), raw_send_hdrinc(), raw_probe_proto_opt(), net/ipv4/raw.c.
 */
#include <errno.h>
#include <string.h>

#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/ip_send.h"
#include "ref/net.h"
#include "ref/sock.h"

/* A full queue is no error unless the socket wants to hear of such. */
static int raw_err(const struct sock *sk, int err)
{
	return err == -ENOBUFS && !(sk->inet_flags & INET_FLAGS_RECVERR) ? 0 : err;
}

/* The header as given, but for what the kernel fills in. Mirrors: raw_send_hdrinc(). */
static void raw_fill_header(struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl4)
{
	uint8_t *iph = skb_network_header(skb);

	if (!iph_saddr(iph))
		wire_put32(iph + 12, fl4->saddr);
	wire_put16(iph + 2, (uint16_t)skb->len);
	if (!iph_id(iph))
		wire_put16(iph + 4, ip_select_ident_sk(sk, skb));
	ip_send_check(iph);
	skb->transport_header = (uint16_t)(skb->network_header + iph_ihl(iph));
}

static int raw_send_hdrinc(struct sock *sk, const struct flowi4 *fl4, const struct ref_msg_out *msg,
			   const struct rtable *rt, uint32_t mark, uint32_t flags)
{
	struct ref *net = sk->sk_net;
	size_t len = msg->buf_len;
	struct sk_buff *skb;
	int err;

	if (len > rt->dev->mtu) {
		ip_local_error(sk, EMSGSIZE, fl4->daddr, sk->inet_dport, rt->dev->mtu);
		return -EMSGSIZE;
	}
	if (len < 20)
		return -EINVAL;
	if (flags & REF_MSG_PROBE)
		return 0;
	err = sock_may_send(sk);
	skb = err ? NULL : alloc_skb(net, LL_RESERVED_SPACE, len);
	if (!skb) {
		IP_INC_STATS(net, IP_OUTDISCARDS);
		return raw_err(sk, err ? err : -ENOBUFS);
	}
	skb_reset_network_header(skb);
	skb_reset_transport_header(skb);
	memcpy(skb->data, msg->buf, len);
	skb->truesize = tx_truesize(net, len);
	skb->rt = *rt;
	skb->dst_set = true;
	skb->mark = mark;
	skb->protocol = ETH_P_IP;
	if (!(sk->inet_flags & INET_FLAGS_MC_LOOP))
		IPCB(skb)->flags |= IPSKB_NO_MC_LOOP;
	if (iph_ihl(skb->data) < 20 || iph_ihl(skb->data) > len) {
		kfree_skb(skb);
		IP_INC_STATS(net, IP_OUTDISCARDS);
		return -EINVAL;
	}
	raw_fill_header(sk, skb, fl4);
	if (iph_protocol(skb->data) == IPPROTO_ICMP && len >= iph_ihl(skb->data) + ICMP_HLEN)
		icmp_out_count(net, skb_transport_header(skb)[0]);
	err = dst_output(net, skb);
	if (err)
		IP_INC_STATS(net, IP_OUTDISCARDS);
	return raw_err(sk, err);
}

/* Type and code are part of the flow, so they must be there. Mirrors: raw_probe_proto_opt(). */
static int raw_probe_proto_opt(const struct sock *sk, const struct ref_msg_out *msg)
{
	return sk->sk_protocol == IPPROTO_ICMP && msg->buf_len < 2 ? -EFAULT : 0;
}

static int raw_send(struct sock *sk, const struct ref_msg_out *msg, const struct ipcm_cookie *ipc,
		    const struct rtable *rt, const struct flowi4 *fl4, uint32_t flags)
{
	struct ref *net = sk->sk_net;
	struct inet_cork *cork = &sk->cork;
	struct sk_buff *skb;
	bool more = (flags & REF_MSG_MORE) != 0;
	uint8_t icmp_type;
	int err = 0;

	if (!(flags & REF_MSG_PROBE)) {
		if (!cork->skb)
			err = ip_setup_cork(sk, cork, ipc, rt, fl4);
		if (err)
			return err;
		err = ip_append_data(sk, cork, msg->buf, msg->buf_len, 0, more || cork->skb);
	}
	/* It goes by the way that the first call found, to where the last one says. */
	cork->fl4 = *fl4;
	if (err) {
		ip_cork_flush(cork);
		return err;
	}
	if (more)
		return 0;
	skb = ip_cork_finish(sk, cork);
	if (!skb)
		return 0;
	if (sk->sk_protocol == IPPROTO_ICMP) {
		icmp_type = msg->buf_len ? msg->buf[0] : 0;
		icmp_out_count(net, icmp_type);
	}
	return raw_err(sk, ip_send_skb(net, skb));
}

/* Control messages, options, source route; *daddr becomes the first hop. 0 or -errno. */
static int raw_choices(struct sock *sk, const struct ref_msg_out *msg, struct ipcm_cookie *ipc,
		       uint32_t *daddr, uint32_t *ret_saddr, bool hdrincl)
{
	int err;

	ipcm_init_sk(ipc, sk);
	if (hdrincl)
		ipc->protocol = IPPROTO_RAW;
	err = msg->control_len ? ip_cmsg_send(sk, msg, ipc) : 0;
	if (err)
		return err;
	*ret_saddr = ipc->addr;
	ipc->addr = *daddr;
	ipcm_sock_options(ipc, sk);
	if (ipc->has_opt) {
		if (hdrincl)
			return -EINVAL;
		if (ipc->opt.srr) {
			if (!*daddr)
				return -EINVAL;
			*daddr = ipc->opt.faddr;
		}
	}
	return 0;
}

long raw_sendmsg(struct sock *sk, const struct ref_msg_out *msg, uint32_t flags)
{
	bool hdrincl = (sk->inet_flags & INET_FLAGS_HDRINCL) != 0;
	struct ipcm_cookie ipc;
	struct flowi4 fl4;
	struct rtable rt;
	struct ref_sockaddr to;
	uint32_t daddr, saddr;
	int err;

	if (msg->buf_len > 0xffff)
		return -EMSGSIZE;
	if (flags & REF_MSG_OOB)
		return -EOPNOTSUPP;
	err = sendmsg_dest(sk, msg, true, &to);
	daddr = to.addr;
	if (!err)
		err = raw_choices(sk, msg, &ipc, &daddr, &saddr, hdrincl);
	if (err)
		return err;
	ipcm_route_from(&ipc, sk, daddr, &saddr);
	fl4 = (struct flowi4){
		.flowi4_oif = ipc.oif,
		.flowi4_mark = ipc.mark,
		.flowi4_tos = ipcm_tos(&ipc, sk) & 0xfc,
		.flowi4_scope = ip_sendmsg_scope(&ipc, sk, flags),
		.flowi4_proto = hdrincl ? ipc.protocol : (uint8_t)sk->sk_protocol,
		.flowi4_flags =
			(uint8_t)((sk->inet_flags & (INET_FLAGS_TRANSPARENT | INET_FLAGS_HDRINCL)
					   ? FLOWI_FLAG_ANYSRC
					   : 0) |
				  (hdrincl ? FLOWI_FLAG_KNOWN_NH : 0)),
		.saddr = saddr,
		.daddr = daddr,
	};
	err = hdrincl ? 0 : raw_probe_proto_opt(sk, msg);
	if (!err)
		err = ip_sendmsg_route(sk, &fl4, &rt);
	if (err)
		return err;
	if ((flags & REF_MSG_CONFIRM) && (flags & REF_MSG_PROBE) && !msg->buf_len)
		return 0;
	if (!ipc.addr)
		ipc.addr = fl4.daddr;
	err = hdrincl ? raw_send_hdrinc(sk, &fl4, msg, &rt, ipc.mark, flags)
		      : raw_send(sk, msg, &ipc, &rt, &fl4, flags);
	return err ? err : (long)msg->buf_len;
}
