/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Raw sockets: who gets a copy of what, reading, ICMP errors, ICMP_FILTER. Mirrors:
 * net/ipv4/raw.c. Left out: sending, socket filters, IPsec policy.
 */
#include <errno.h>
#include <string.h>

#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"

static struct sock **raw_hslot(struct ref *net, int protocol)
{
	return &net->sock.raw_hash[protocol & (RAW_HTABLE_SIZE - 1)];
}

static void raw_hash_sk(struct sock *sk)
{
	struct sock **slot = raw_hslot(sk->sk_net, sk->inet_num);

	sk->port_next = *slot;
	*slot = sk;
	sk->hashed = true;
}

static void raw_unhash_sk(struct sock *sk)
{
	if (!sk->hashed)
		return;
	for (struct sock **p = raw_hslot(sk->sk_net, sk->inet_num); *p; p = &(*p)->port_next)
		if (*p == sk) {
			*p = sk->port_next;
			break;
		}
	sk->hashed = false;
}

static bool raw_v4_match(const struct sock *sk, uint8_t protocol, uint32_t raddr, uint32_t laddr,
			 int dif)
{
	return sk->inet_num == protocol && (!sk->inet_daddr || sk->inet_daddr == raddr) &&
	       (!sk->inet_rcv_saddr || sk->inet_rcv_saddr == laddr) &&
	       (!sk->sk_bound_dev_if || sk->sk_bound_dev_if == dif);
}

/* True: this socket does not want it; nor one that is too short to tell. */
static bool icmp_filter(const struct sock *sk, const struct sk_buff *skb)
{
	if (skb->len < ICMP_HLEN)
		return true;
	return skb->data[0] < 32 && (sk->icmp_filter >> skb->data[0] & 1);
}

/* Takes skb, whose data may be anywhere behind the network header. Mirrors: raw_rcv(). */
int raw_rcv(struct sock *sk, struct sk_buff *skb)
{
	uint16_t reason;

	skb_push(skb, (size_t)-skb_network_offset(skb));
	ipv4_pktinfo_prepare(sk, skb);
	if (sock_queue_rcv_skb_reason(sk, skb, &reason) < 0)
		kfree_skb_at(skb, (enum skb_drop_reason)reason, "raw_rcv_skb");
	return 0;
}

static bool raw_v4_input(struct sk_buff *skb, struct sock *sk)
{
	struct ref *net = skb->net;
	const uint8_t *iph = skb_network_header(skb);
	uint8_t protocol = iph_protocol(iph);
	uint32_t saddr = iph_saddr(iph), daddr = iph_daddr(iph);
	int dif = inet_iif(skb);
	bool delivered = false;

	for (; sk; sk = sk->port_next) {
		struct sk_buff *clone;

		if (!raw_v4_match(sk, protocol, saddr, daddr, dif))
			continue;
		if (ref_since(net, DIFF_RAW_RCVBUF_FIRST) &&
		    sk->sk_rmem_alloc >= (uint32_t)sk->sk_rcvbuf) {
			REF_SAY(net, "raw socket is full: as if it were not there");
			sk->sk_drops++;
			continue;
		}
		delivered = true;
		if (protocol == IPPROTO_ICMP && icmp_filter(sk, skb))
			continue;
		if (!ip_mc_sf_allow(sk, daddr, saddr, skb->dev->ifindex))
			continue;
		REF_SAY(net, "copy to a raw socket");
		clone = skb_copy(skb);
		if (clone)
			raw_rcv(sk, clone);
	}
	return delivered;
}

/* The slot is that of `protocol`, which for a resubmitted packet is not the header's. */
bool raw_local_deliver(struct sk_buff *skb, int protocol)
{
	struct sock *sk = *raw_hslot(skb->net, protocol);

	return sk && raw_v4_input(skb, sk);
}

/* ---- errors ---- */

/* What an ICMP error means to a socket: positive errno, 0: nothing. */
static int raw_err_convert(const struct sock *sk, uint8_t type, uint8_t code, bool *ret_hard)
{
	*ret_hard = false;
	switch (type) {
	case ICMP_SOURCE_QUENCH:
		return 0;
	case ICMP_PARAMETERPROB:
		*ret_hard = true;
		return EPROTO;
	case ICMP_DEST_UNREACH:
		if (code > NR_ICMP_UNREACH)
			return EHOSTUNREACH;
		if (code == ICMP_FRAG_NEEDED) {
			*ret_hard = sk->pmtudisc != REF_IP_PMTUDISC_DONT;
			return EMSGSIZE;
		}
		*ret_hard = icmp_err_convert[code].fatal;
		return icmp_err_convert[code].err;
	}
	return EHOSTUNREACH;
}

/* skb->data at the quoted IP header, transport header at the ICMP header; not taken. */
static void raw_err(struct sock *sk, struct sk_buff *skb, uint32_t info)
{
	const uint8_t *icmph = skb_transport_header(skb), *payload = skb->data;
	bool recverr = (sk->inet_flags & INET_FLAGS_RECVERR) != 0, hard;
	int err;

	if (icmph[0] == ICMP_DEST_UNREACH && icmph[1] == ICMP_FRAG_NEEDED) {
		ipv4_sk_update_pmtu(skb, sk, info);
	} else if (icmph[0] == ICMP_REDIRECT) {
		ipv4_sk_redirect(skb, sk, info);
		return;
	}
	if (!recverr && sk->sk_state != TCP_ESTABLISHED)
		return;
	err = raw_err_convert(sk, icmph[0], icmph[1], &hard);
	if (!err)
		return;
	if (!(sk->inet_flags & INET_FLAGS_HDRINCL))
		payload += iph_ihl(skb->data);
	if (recverr)
		ip_icmp_error(sk, skb, err, 0, info, payload);
	if (recverr || hard)
		sk->sk_err = err;
}

void raw_icmp_error(struct sk_buff *skb, int protocol, uint32_t info)
{
	const uint8_t *iph = skb->data;

	for (struct sock *sk = *raw_hslot(skb->net, protocol); sk; sk = sk->port_next)
		if (raw_v4_match(sk, iph_protocol(iph), iph_daddr(iph), iph_saddr(iph),
				 skb->dev->ifindex))
			raw_err(sk, skb, info);
}

/* ---- towards the program ---- */

static int raw_bind(struct sock *sk, const struct ref_sockaddr *addr)
{
	uint8_t type = inet_addr_type(sk->sk_net, addr->addr);

	if (sk->sk_state != TCP_CLOSE)
		return -EINVAL;
	if (!inet_addr_valid_or_nonlocal(sk, addr->addr, type))
		return -EADDRNOTAVAIL;
	sk->inet_rcv_saddr = sk->inet_saddr = addr->addr;
	sk->dst_cached = false;
	if (type == REF_RTN_MULTICAST || type == REF_RTN_BROADCAST)
		sk->inet_saddr = 0;
	return 0;
}

static long raw_recvmsg(struct sock *sk, struct ref_msg *msg, uint32_t flags)
{
	struct sk_buff *skb;
	size_t copied, len;
	int err;

	if (flags & REF_MSG_OOB)
		return -EOPNOTSUPP;
	if (flags & REF_MSG_ERRQUEUE)
		return ip_recv_error(sk, msg);
	skb = skb_recv_datagram(sk, flags, &err);
	if (!skb)
		return err;
	len = copied = skb->len;
	if (msg->buf_len < copied) {
		msg->flags |= REF_MSG_TRUNC;
		copied = msg->buf_len;
	}
	memcpy(msg->buf, skb->data, copied);
	sock_recv_cmsgs(msg, sk, skb);
	msg->name = (struct ref_sockaddr){
		.addr = iph_saddr(skb_network_header(skb)),
		.given = true,
	};
	if (sk->inet_flags & IP_CMSG_ALL)
		ip_cmsg_recv_offset(msg, sk, skb, 0, 0);
	skb_free_datagram(skb, flags);
	return (long)(flags & REF_MSG_TRUNC ? len : copied);
}

static int raw_setsockopt(struct sock *sk, int level, int name, const void *val, size_t len)
{
	if (level != REF_SOL_RAW)
		return ip_setsockopt(sk, level, name, val, len);
	if (name != REF_ICMP_FILTER)
		return -ENOPROTOOPT;
	if (sk->inet_num != IPPROTO_ICMP)
		return -EOPNOTSUPP;
	if (len)
		memcpy(&sk->icmp_filter, val, len < 4 ? len : 4);
	return 0;
}

static int raw_getsockopt(struct sock *sk, int level, int name, void *val, size_t *len)
{
	if (level != REF_SOL_RAW)
		return ip_getsockopt(sk, level, name, val, len);
	if (name != REF_ICMP_FILTER)
		return -ENOPROTOOPT;
	if (sk->inet_num != IPPROTO_ICMP)
		return -EOPNOTSUPP;
	return sk_opt_put(val, len, &sk->icmp_filter, sizeof(sk->icmp_filter));
}

static int raw_ioctl(struct sock *sk, uint32_t request, int32_t *ret_value)
{
	if (request != REF_SIOCINQ)
		return sk_ioctl_outq(sk, request, ret_value);
	*ret_value = sk->sk_receive_queue.head ? (int32_t)sk->sk_receive_queue.head->len : 0;
	return 0;
}

const struct proto raw_prot = {
	.name = "RAW",
	.any_family = true,
	.bind = raw_bind,
	.hash = raw_hash_sk,
	.unhash = raw_unhash_sk,
	.setsockopt = raw_setsockopt,
	.getsockopt = raw_getsockopt,
	.ioctl = raw_ioctl,
	.sendmsg = raw_sendmsg,
	.recvmsg = raw_recvmsg,
};
