/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * ICMP datagram sockets towards the network: echo replies, and errors about echo requests. What
 * the program calls is ping_sock.c. Mirrors: ping_rcv(), ping_err(), net/ipv4/ping.c.
 */
#include <errno.h>

#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"

int ping_rcv(struct sk_buff *skb)
{
	struct ref *net = skb->net;
	struct sk_buff *skb2;
	struct sock *sk;
	int reason;

	skb_push(skb, ICMP_HLEN);
	sk = ping_lookup(net, skb, wire_get16(skb->data + 4));
	if (!sk) {
		REF_SAY(net, "no ping socket with this identifier");
		return SKB_DROP_REASON_NO_SOCKET;
	}
	skb2 = skb_copy(skb);
	if (!skb2)
		return SKB_DROP_REASON_NOMEM;
	reason = ping_queue_rcv_skb(sk, skb2);
	return ref_since(net, DIFF_PING_RCV_QUEUES) ? SKB_NOT_DROPPED_YET : reason;
}

/* Only requests are sent from these sockets. Mirrors: ping_supported(). */
static bool ping_supported(const uint8_t *icmph)
{
	return (icmph[0] == ICMP_ECHO || icmph[0] == ICMP_EXT_ECHO) && icmph[1] == 0;
}

/*
 * Positive errno, 0: not for the socket. Also what is no error elsewhere: ping wants to see it.
 */
static int ping_err_convert(struct sk_buff *skb, struct sock *sk, uint32_t info, bool *ret_hard)
{
	const uint8_t *icmph = skb_transport_header(skb);
	uint8_t code = icmph[1];

	*ret_hard = false;
	switch (icmph[0]) {
	case ICMP_SOURCE_QUENCH:
		return EREMOTEIO;
	case ICMP_PARAMETERPROB:
		*ret_hard = true;
		return EPROTO;
	case ICMP_REDIRECT:
		ipv4_sk_redirect(skb, sk, info);
		return EREMOTEIO;
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

void ping_err(struct sk_buff *skb, uint32_t info)
{
	struct ref *net = skb->net;
	const uint8_t *icmph = skb->data + iph_ihl(skb->data);
	struct sock *sk;
	bool hard;
	int err;

	if (!ping_supported(icmph)) {
		REF_SAY(net, "quotes no echo request");
		return;
	}
	sk = ping_lookup(net, skb, wire_get16(icmph + 4));
	if (!sk) {
		REF_SAY(net, "no ping socket with this identifier");
		return;
	}
	err = ping_err_convert(skb, sk, info, &hard);
	if (!err)
		return;
	if (sk->inet_flags & INET_FLAGS_RECVERR)
		ip_icmp_error(sk, skb, err, 0, info, icmph);
	else if (!hard || sk->sk_state != TCP_ESTABLISHED)
		return;
	REF_SAY(net, "the socket has a pending error");
	sk->sk_err = err;
}
