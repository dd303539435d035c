/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * An ICMP error quotes a datagram of ours: which socket sent it, what it learns. Mirrors:
 * udp_err(), __udp4_lib_err(), net/ipv4/udp.c, and the socket's half of net/ipv4/route.c.
 */
#include <errno.h>

#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"

/* The way that the quoted packet took. sk NULL: asked by the header alone. */
static struct flowi4 quoted_flowi4(const struct sk_buff *skb, const struct sock *sk)
{
	const uint8_t *iph = skb->data;
	struct flowi4 fl4 = {
		.flowi4_tos = iph_tos(iph) & 0xfc,
		.flowi4_proto = iph_protocol(iph),
		.saddr = iph_saddr(iph),
		.daddr = iph_daddr(iph),
	};

	if (sk) {
		fl4.flowi4_oif = sk->sk_bound_dev_if;
		fl4.flowi4_mark = sk->sk_mark;
		fl4.flowi4_tos = sk->tos & 0xfc;
	} else if (skb->net->sysctl[SYSCTL_FWMARK_REFLECT]) {
		fl4.flowi4_mark = skb->mark;
	}
	return fl4;
}

/* Sockets that say so learn nothing. Mirrors: ip_sk_accept_pmtu(). */
void ipv4_sk_update_pmtu(struct sk_buff *skb, struct sock *sk, uint32_t mtu)
{
	struct flowi4 fl4 = quoted_flowi4(skb, sk);

	if (sk->pmtudisc != REF_IP_PMTUDISC_INTERFACE && sk->pmtudisc != REF_IP_PMTUDISC_OMIT)
		ipv4_update_pmtu(skb->net, &fl4, mtu);
}

void ipv4_sk_redirect(struct sk_buff *skb, struct sock *sk, uint32_t gw)
{
	struct flowi4 fl4 = quoted_flowi4(skb, sk);

	ipv4_redirect(skb, skb->net, &fl4, gw);
}

/*
 * The sender of the quoted datagram. A tunnel's socket may have sent from another port: then its
 * own lookup judges. NULL: nobody. Mirrors: __udp4_lib_err_encap().
 */
static struct sock *udp_err_sock(struct sk_buff *skb, const struct udp_table *table,
				 bool *ret_tunnel)
{
	const uint8_t *iph = skb->data, *uh = iph + iph_ihl(iph);
	/* As seen by an answer to it. */
	struct udp_key key = {
		.saddr = iph_daddr(iph),
		.daddr = iph_saddr(iph),
		.sport = wire_get16(uh + 2),
		.dport = wire_get16(uh),
		.dif = skb->dev->ifindex,
	};
	struct sock *sk = __udp4_lib_lookup(skb->net, &key, table);

	*ret_tunnel = false;
	if (sk && !sk->encap_type)
		return sk;
	*ret_tunnel = true;
	if (sk)
		return sk->encap_err_lookup && sk->encap_err_lookup(sk, skb) ? NULL : sk;
	key.sport = wire_get16(uh);
	key.dport = wire_get16(uh + 2);
	sk = __udp4_lib_lookup(skb->net, &key, table);
	return sk && sk->encap_err_lookup && !sk->encap_err_lookup(sk, skb) ? sk : NULL;
}

/* Positive errno, 0: not for sockets. Path MTU and redirects are learnt on the way. */
static int udp_err_convert(struct sk_buff *skb, struct sock *sk, uint32_t info, bool *ret_hard)
{
	const uint8_t *icmph = skb_transport_header(skb);
	uint8_t code = icmph[1];

	*ret_hard = false;
	switch (icmph[0]) {
	case ICMP_SOURCE_QUENCH:
		return 0;
	case ICMP_PARAMETERPROB:
		*ret_hard = true;
		return EPROTO;
	case ICMP_REDIRECT:
		ipv4_sk_redirect(skb, sk, info);
		return 0;
	case ICMP_DEST_UNREACH:
		if (code == ICMP_FRAG_NEEDED) {
			ipv4_sk_update_pmtu(skb, sk, info);
			*ret_hard = true;
			return sk->pmtudisc == REF_IP_PMTUDISC_DONT ? 0 : EMSGSIZE;
		}
		if (code > NR_ICMP_UNREACH)
			return EHOSTUNREACH;
		*ret_hard = icmp_err_convert[code].fatal;
		return icmp_err_convert[code].err;
	}
	return EHOSTUNREACH;
}

int __udp4_lib_err(struct sk_buff *skb, uint32_t info, const struct udp_table *table)
{
	struct ref *net = skb->net;
	const uint8_t *uh = skb->data + iph_ihl(skb->data);
	bool tunnel, hard;
	struct sock *sk = udp_err_sock(skb, table, &tunnel);
	int err;

	if (!sk && net->tunnel.encap_err && net->tunnel.encap_err(skb, info) == 0) {
		REF_SAY(net, "a tunnel sent the quoted datagram");
		return 0;
	}
	if (!sk) {
		REF_SAY(net, "no socket sent the quoted datagram");
		IP_INC_STATS(net, ICMP_INERRORS);
		return -ENOENT;
	}
	err = udp_err_convert(skb, sk, info, &hard);
	if (!err)
		return 0;
	if (tunnel) {
		if (sk->encap_err_rcv)
			sk->encap_err_rcv(sk, skb, err, wire_get16(uh + 2), info);
		return 0;
	}
	if (sk->inet_flags & INET_FLAGS_RECVERR)
		ip_icmp_error(sk, skb, err, wire_get16(uh + 2), info, uh + UDP_HLEN);
	else if (!hard || sk->sk_state != TCP_ESTABLISHED)
		return 0;
	REF_SAY(net, "the socket has a pending error");
	sk->sk_err = err;
	return 0;
}

/* What the routing learns without a socket's help. */
static void udp_err_route(struct sk_buff *skb, uint32_t info)
{
	const uint8_t *icmph = skb_transport_header(skb);
	struct flowi4 fl4 = quoted_flowi4(skb, NULL);

	if (icmph[0] == ICMP_DEST_UNREACH && icmph[1] == ICMP_FRAG_NEEDED)
		ipv4_update_pmtu(skb->net, &fl4, info);
	else if (icmph[0] == ICMP_REDIRECT)
		ipv4_redirect(skb, skb->net, &fl4, info);
}

int udp_err(struct sk_buff *skb, uint32_t info)
{
	if (!ref_since(skb->net, DIFF_UDP_ERR_NEEDS_SOCKET))
		udp_err_route(skb, info);
	return __udp4_lib_err(skb, info, &skb->net->sock.udp_table);
}
