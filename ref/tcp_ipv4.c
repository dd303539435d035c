/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * TCP as a host without TCP sockets treats it: every port is closed. A good segment is answered by
 * a reset. Keys (MD5, AO) can't be configured without a socket, so a signed segment never is.
 * Mirrors: net/ipv4/tcp_ipv4.c.
 */
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/wire/csum.h"
#include <string.h>

#define TCP_HLEN 20u
#define TCP_FIN 0x01u
#define TCP_SYN 0x02u
#define TCP_RST 0x04u
#define TCP_ACK 0x10u

#define TCPOPT_EOL 0
#define TCPOPT_NOP 1
#define TCPOPT_MD5SIG 19
#define TCPOPT_AO 29
#define TCPOLEN_MD5SIG 18u
#define TCPOLEN_AO_MIN 4u /* kind, length, two key ids */

static unsigned int tcp_hdrlen(const uint8_t *th)
{
	return (th[12] >> 4) * 4u;
}

enum tcp_auth { TCP_AUTH_NONE, TCP_AUTH_SIGNED, TCP_AUTH_BAD };

/*
 * What the options say of a signature. The walk ends where an MD5 signature could no longer fit,
 * so that short malformed options are not seen (and not held against the sender).
 * Mirrors: tcp_parse_auth_options() / tcp_parse_md5sig_option().
 */
static enum tcp_auth tcp_parse_auth_options(const uint8_t *th)
{
	const uint8_t *p = th + TCP_HLEN;
	size_t left = tcp_hdrlen(th) - TCP_HLEN;
	enum tcp_auth found = TCP_AUTH_NONE;

	while (left >= TCPOLEN_MD5SIG && p[0] != TCPOPT_EOL) {
		size_t len = p[0] == TCPOPT_NOP ? 1 : p[1];

		if (p[0] != TCPOPT_NOP) {
			if (len < 2 || len > left)
				return TCP_AUTH_BAD;
			if (p[0] == TCPOPT_MD5SIG || p[0] == TCPOPT_AO) {
				if (p[0] == TCPOPT_MD5SIG ? len != TCPOLEN_MD5SIG
							  : len <= TCPOLEN_AO_MIN)
					return TCP_AUTH_BAD;
				if (found)
					return TCP_AUTH_BAD;
				found = TCP_AUTH_SIGNED;
			}
		}
		p += len;
		left -= len;
	}
	return found;
}

/* The same for kernels that know MD5 only, and stop at the first thing they don't like. */
static enum tcp_auth tcp_parse_md5sig_option(const uint8_t *th)
{
	const uint8_t *p = th + TCP_HLEN;
	size_t left = tcp_hdrlen(th) - TCP_HLEN;

	while (left >= TCPOLEN_MD5SIG && p[0] != TCPOPT_EOL) {
		size_t len = p[0] == TCPOPT_NOP ? 1 : p[1];

		if (p[0] != TCPOPT_NOP && (len < 2 || len > left))
			break;
		if (p[0] == TCPOPT_MD5SIG)
			return len == TCPOLEN_MD5SIG ? TCP_AUTH_SIGNED : TCP_AUTH_NONE;
		p += len;
		left -= len;
	}
	return TCP_AUTH_NONE;
}

/* The header of a reset that answers th with data_len octets of data. */
static void tcp_reset_header(uint8_t rst[TCP_HLEN], const uint8_t *th, size_t data_len)
{
	uint8_t flags = th[13];

	wire_put16(rst, wire_get16(th + 2));
	wire_put16(rst + 2, wire_get16(th));
	wire_put32(rst + 4, 0);
	wire_put32(rst + 8, 0);
	rst[12] = TCP_HLEN / 4 << 4;
	rst[13] = TCP_RST;
	wire_put16(rst + 14, 0);
	wire_put16(rst + 16, 0);
	wire_put16(rst + 18, 0);
	if (flags & TCP_ACK) {
		wire_put32(rst + 4, wire_get32(th + 8));
	} else {
		rst[13] |= TCP_ACK;
		wire_put32(rst + 8, wire_get32(th + 4) + (flags & TCP_SYN ? 1 : 0) +
					(flags & TCP_FIN ? 1 : 0) + (uint32_t)data_len);
	}
}

/* Mirrors: ip_send_unicast_reply(), net/ipv4/ip_output.c, for the control socket of TCP. */
static void ip_send_unicast_reply(struct sk_buff *skb, const uint8_t rst[TCP_HLEN])
{
	struct ref *net = skb->net;
	const uint8_t *iph = skb_network_header(skb);
	uint8_t tos = iph_tos(iph), opt_data[REF_IPOPT_MAX];
	struct ip_options opt;
	struct rtable rt;
	struct flowi4 fl4 = {
	    .saddr = iph_daddr(iph),
	    .flowi4_mark = net->sysctl[SYSCTL_FWMARK_REFLECT] ? skb->mark : 0,
	    .flowi4_tos = tos & (ref_since(net, DIFF_REPLY_DSCP_MASK) ? 0xfc : 0x1e),
	    .flowi4_proto = IPPROTO_TCP,
	    .fl4_sport = wire_get16(rst),
	    .fl4_dport = wire_get16(rst + 2),
	};
	struct ip_cork cork = {
	    .rt = &rt,
	    .addr = iph_saddr(iph),
	    .opt = &opt,
	    .opt_data = opt_data,
	    .tos = tos & 0xfc,
	    .protocol = IPPROTO_TCP,
	    .df = true,
	};
	struct sk_buff *reply;
	uint8_t *th;
	uint64_t sum;

	if (ip_options_echo(net, &opt, opt_data, skb) < 0)
		return;
	fl4.daddr = opt.optlen && opt.srr ? opt.faddr : iph_saddr(iph);
	if (ip_route_output_flow(net, &fl4, &rt) < 0) {
		REF_SAY(net, "no route back");
		return;
	}
	cork.saddr = fl4.saddr;
	cork.daddr = fl4.daddr;
	cork.mark = fl4.flowi4_mark;
	if (ip_make_skb(net, &cork, TCP_HLEN, &reply) < 0)
		return;
	th = skb_transport_header(reply);
	memcpy(th, rst, TCP_HLEN);
	sum = csum_tcpudp_nofold(iph_daddr(iph), iph_saddr(iph), TCP_HLEN, IPPROTO_TCP, 0);
	csum_store(th + 16, csum_fold(csum_partial(th, TCP_HLEN, sum)));
	ip_send_skb(net, reply);
}

static void tcp_v4_send_reset(struct sk_buff *skb)
{
	struct ref *net = skb->net;
	const uint8_t *th = skb->data;
	uint8_t rst[TCP_HLEN];
	enum tcp_auth auth;

	if (th[13] & TCP_RST) {
		REF_SAY(net, "no reset: it is one");
		return;
	}
	if (skb->rt.rt_type != REF_RTN_LOCAL) {
		REF_SAY(net, "no reset: not to an address of this host alone");
		return;
	}
	auth = ref_since(net, DIFF_TCP_BAD_OPTIONS_MUTE) ? tcp_parse_auth_options(th)
							 : tcp_parse_md5sig_option(th);
	if (auth != TCP_AUTH_NONE) {
		REF_SAY(net, auth == TCP_AUTH_BAD ? "no reset: malformed options"
						  : "no reset: signed, and there is no key");
		return;
	}
	tcp_reset_header(rst, th, skb->len - tcp_hdrlen(th));
	ip_send_unicast_reply(skb, rst);
	IP_INC_STATS(net, TCP_OUTSEGS);
	IP_INC_STATS(net, TCP_OUTRSTS);
}

static bool tcp_csum_wrong(const struct sk_buff *skb)
{
	const uint8_t *iph = skb_network_header(skb);
	uint64_t sum;

	if (skb_csum_unnecessary(skb))
		return false;
	sum =
	    csum_tcpudp_nofold(iph_saddr(iph), iph_daddr(iph), (uint32_t)skb->len, IPPROTO_TCP, 0);
	return csum_fold(csum_partial(skb->data, skb->len, sum)) != 0;
}

int tcp_v4_rcv(struct sk_buff *skb)
{
	struct ref *net = skb->net;
	enum skb_drop_reason reason = SKB_DROP_REASON_NOT_SPECIFIED;
	const uint8_t *th = skb->data;

	if (skb->pkt_type != PACKET_HOST)
		goto discard;
	IP_INC_STATS(net, TCP_INSEGS);
	if (!pskb_may_pull(skb, TCP_HLEN))
		goto discard;
	if (tcp_hdrlen(th) < TCP_HLEN) {
		reason = SKB_DROP_REASON_PKT_TOO_SMALL;
		IP_INC_STATS(net, TCP_INERRS);
		goto discard;
	}
	if (!pskb_may_pull(skb, tcp_hdrlen(th)))
		goto discard;
	if (tcp_csum_wrong(skb)) {
		reason = SKB_DROP_REASON_TCP_CSUM;
		IP_INC_STATS(net, TCP_INCSUMERRORS);
		IP_INC_STATS(net, TCP_INERRS);
		goto discard;
	}
	reason = SKB_DROP_REASON_NO_SOCKET;
	tcp_v4_send_reset(skb);
discard:
	kfree_skb_reason(skb, reason);
	return 0;
}

int tcp_v4_err(struct sk_buff *skb, uint32_t info)
{
	(void)info;
	REF_SAY(skb->net, "no such connection");
	IP_INC_STATS(skb->net, ICMP_INERRORS);
	return -1;
}
