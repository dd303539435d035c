/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * ICMP that comes in: checks, the table of types, questions, and errors on their way to sockets.
 * Mirrors: icmp_rcv() and the handlers of icmp_pointers[], net/ipv4/icmp.c.
 */
#include "ref/icmp.h"

#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"
#include "ref/wire/csum.h"

static const uint8_t *icmp_hdr(const struct sk_buff *skb)
{
	return skb_transport_header(skb);
}

/* To raw sockets and to the protocol that is quoted. skb->data at the quoted header. */
static void icmp_socket_deliver(struct sk_buff *skb, uint32_t info)
{
	struct ref *net = skb->net;
	uint8_t protocol = iph_protocol(skb->data);
	const struct net_protocol *ipprot = net->inet_protos[protocol];

	if (!pskb_may_pull(skb, iph_ihl(skb->data) + 8)) {
		REF_SAY(net, "less than 8 octets quoted after the header");
		IP_INC_STATS(net, ICMP_INERRORS);
		return;
	}
	if (protocol == IPPROTO_RAW) {
		REF_SAY(net, "quotes protocol 255");
		IP_INC_STATS(net, ICMP_INERRORS);
		return;
	}
	raw_icmp_error(skb, protocol, info);
	if (ipprot && ipprot->err_handler)
		ipprot->err_handler(skb, info);
}

/* ip_no_pmtu_disc=3 believes only protocols whose quotes can be checked. */
static bool icmp_tag_validation(const struct ref *net, uint8_t protocol)
{
	const struct net_protocol *ipprot = net->inet_protos[protocol];

	return ipprot && ipprot->icmp_strict_tag_validation;
}

/* Does fragmentation needed go to the sockets, and with which MTU (0: no value)? */
static bool icmp_frag_needed(const struct sk_buff *skb, uint32_t *ret_info)
{
	const struct ref *net = skb->net;
	int mode = net->sysctl[SYSCTL_IP_NO_PMTU_DISC];

	if (mode == 2 || (mode == 3 && !icmp_tag_validation(net, iph_protocol(skb->data))))
		return false;
	if (mode == 0 || mode == 3)
		*ret_info = wire_get16(icmp_hdr(skb) + 6);
	return true;
}

/* Types 3, 4, 11 and 12. Mirrors: icmp_unreach(). */
static int icmp_unreach(struct sk_buff *skb)
{
	struct ref *net = skb->net;
	const uint8_t *icmph = icmp_hdr(skb);
	uint8_t type = icmph[0], code = icmph[1];
	uint32_t info = 0;

	if (!pskb_may_pull(skb, 20) || iph_ihl(skb->data) < 20) {
		IP_INC_STATS(net, ICMP_INERRORS);
		return pskb_may_pull(skb, 20) ? SKB_DROP_REASON_IP_INHDR
					      : SKB_DROP_REASON_NOT_SPECIFIED;
	}
	if (type == ICMP_DEST_UNREACH) {
		/* The low bits decide about the MTU, all of them whether there is such a code. */
		if ((code & 15) == ICMP_FRAG_NEEDED && !icmp_frag_needed(skb, &info)) {
			REF_SAY(net, "ip_no_pmtu_disc: not believed");
			return SKB_NOT_DROPPED_YET;
		}
		if (code > NR_ICMP_UNREACH) {
			REF_SAY(net, "unknown code: ignored");
			return SKB_NOT_DROPPED_YET;
		}
	} else if (type == ICMP_PARAMETERPROB) {
		info = icmph[4];
	} else if (type == ICMP_TIME_EXCEEDED && code == ICMP_EXC_FRAGTIME) {
		REF_SAY(net, "reassembly time exceeded: ignored");
		return SKB_NOT_DROPPED_YET;
	}
	if (!net->sysctl[SYSCTL_ICMP_IGNORE_BOGUS_ERROR_RESPONSES] &&
	    inet_addr_type(net, iph_daddr(skb->data)) == REF_RTN_BROADCAST) {
		REF_SAY(net, "error about a broadcast: ignored");
		return SKB_NOT_DROPPED_YET;
	}
	icmp_socket_deliver(skb, info);
	return SKB_NOT_DROPPED_YET;
}

static int icmp_redirect(struct sk_buff *skb)
{
	if (skb->len < 20) {
		IP_INC_STATS(skb->net, ICMP_INERRORS);
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	}
	icmp_socket_deliver(skb, wire_get32(icmp_hdr(skb) + 4));
	return SKB_NOT_DROPPED_YET;
}

/* Echo and extended echo requests. */
static int icmp_echo(struct sk_buff *skb)
{
	struct ref *net = skb->net;
	struct icmp_bxm param;

	if (net->sysctl[SYSCTL_ICMP_ECHO_IGNORE_ALL]) {
		REF_SAY(net, "icmp_echo_ignore_all");
		return SKB_NOT_DROPPED_YET;
	}
	memcpy(param.head, icmp_hdr(skb), ICMP_HLEN);
	param.head_len = ICMP_HLEN;
	param.data = skb->data;
	param.data_len = skb->len;
	if (param.head[0] == ICMP_ECHO)
		param.head[0] = ICMP_ECHOREPLY;
	else if (!icmp_build_probe(skb, param.head))
		return SKB_NOT_DROPPED_YET;
	REF_SAY(net, "answered");
	icmp_reply(&param, skb);
	return SKB_NOT_DROPPED_YET;
}

static int icmp_timestamp(struct sk_buff *skb)
{
	struct ref *net = skb->net;
	struct icmp_bxm param;
	uint32_t now = inet_current_timestamp(net);

	if (skb->len < 4) {
		IP_INC_STATS(net, ICMP_INERRORS);
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	}
	memcpy(param.head, icmp_hdr(skb), ICMP_HLEN);
	param.head[0] = ICMP_TIMESTAMPREPLY;
	param.head[1] = 0;
	memcpy(param.head + 8, skb->data, 4);
	wire_put32(param.head + 12, now);
	wire_put32(param.head + 16, now);
	param.head_len = ICMP_HLEN + 12;
	param.data = skb->data;
	param.data_len = 0;
	icmp_reply(&param, skb);
	return SKB_NOT_DROPPED_YET;
}

static int icmp_discard(struct sk_buff *skb)
{
	REF_SAY(skb->net, "type ignored");
	return SKB_NOT_DROPPED_YET;
}

/* By type: who takes it; each returns SKB_NOT_DROPPED_YET or the reason. */
static int (*const icmp_pointers[NR_ICMP_TYPES + 1])(struct sk_buff *skb) = {
	[ICMP_ECHOREPLY] = ping_rcv,
	[1] = icmp_discard,
	[2] = icmp_discard,
	[ICMP_DEST_UNREACH] = icmp_unreach,
	[ICMP_SOURCE_QUENCH] = icmp_unreach,
	[ICMP_REDIRECT] = icmp_redirect,
	[6] = icmp_discard,
	[7] = icmp_discard,
	[ICMP_ECHO] = icmp_echo,
	[9] = icmp_discard,
	[10] = icmp_discard,
	[ICMP_TIME_EXCEEDED] = icmp_unreach,
	[ICMP_PARAMETERPROB] = icmp_unreach,
	[ICMP_TIMESTAMP] = icmp_timestamp,
	[ICMP_TIMESTAMPREPLY] = icmp_discard,
	[ICMP_INFO_REQUEST] = icmp_discard,
	[ICMP_INFO_REPLY] = icmp_discard,
	[ICMP_ADDRESS] = icmp_discard,
	[ICMP_ADDRESSREPLY] = icmp_discard,
};

/* Types with a line of their own in /proc/net/snmp; 0: none. */
static const uint16_t icmp_in_named[NR_ICMP_TYPES + 1] = {
	[ICMP_ECHOREPLY] = MIB_ICMP_INECHOREPS,
	[ICMP_DEST_UNREACH] = MIB_ICMP_INDESTUNREACHS,
	[ICMP_SOURCE_QUENCH] = MIB_ICMP_INSRCQUENCHS,
	[ICMP_REDIRECT] = MIB_ICMP_INREDIRECTS,
	[ICMP_ECHO] = MIB_ICMP_INECHOS,
	[ICMP_TIME_EXCEEDED] = MIB_ICMP_INTIMEEXCDS,
	[ICMP_PARAMETERPROB] = MIB_ICMP_INPARMPROBS,
	[ICMP_TIMESTAMP] = MIB_ICMP_INTIMESTAMPS,
	[ICMP_TIMESTAMPREPLY] = MIB_ICMP_INTIMESTAMPREPS,
	[ICMP_ADDRESS] = MIB_ICMP_INADDRMASKS,
	[ICMP_ADDRESSREPLY] = MIB_ICMP_INADDRMASKREPS,
};

static void icmp_in_count(struct ref *net, uint8_t type)
{
	net->mib[MIB_ICMPMSG_IN + type]++;
	if (type <= NR_ICMP_TYPES && icmp_in_named[type])
		net->mib[icmp_in_named[type]]++;
}

/* What a broadcast or multicast destination rules out. */
static bool icmp_broadcast_refused(const struct ref *net, uint8_t type)
{
	switch (type) {
	case ICMP_ECHO:
	case ICMP_TIMESTAMP:
		return net->sysctl[SYSCTL_ICMP_ECHO_IGNORE_BROADCASTS];
	case ICMP_ADDRESS:
	case ICMP_ADDRESSREPLY:
		return false;
	default:
		return true;
	}
}

/* Dispatch by type; SKB_NOT_DROPPED_YET, or the reason. *ret_error: InErrors is to count. */
static int icmp_dispatch(struct sk_buff *skb, bool *ret_error)
{
	struct ref *net = skb->net;
	uint8_t type = icmp_hdr(skb)[0];

	bool refused = (skb->rt.rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) &&
		       icmp_broadcast_refused(net, type);
	bool known = type <= NR_ICMP_TYPES || type == ICMP_EXT_ECHOREPLY;

	if (type == ICMP_EXT_ECHO)
		return icmp_echo(skb);
	if (refused && (type <= NR_ICMP_TYPES || ref_since(net, DIFF_ICMP_BCAST_FIRST))) {
		*ret_error = true;
		return SKB_DROP_REASON_INVALID_PROTO;
	}
	if (!known) {
		*ret_error = true;
		return SKB_DROP_REASON_UNHANDLED_PROTO;
	}
	return type == ICMP_EXT_ECHOREPLY ? ping_rcv(skb) : icmp_pointers[type](skb);
}

int icmp_rcv(struct sk_buff *skb)
{
	struct ref *net = skb->net;
	bool error = false;
	int reason;

	IP_INC_STATS(net, ICMP_INMSGS);
	if (!skb_csum_unnecessary(skb) &&
	    csum_fold(csum_partial(skb->data, skb->len, 0)) != 0) {
		IP_INC_STATS(net, ICMP_INCSUMERRORS);
		reason = SKB_DROP_REASON_ICMP_CSUM;
		error = true;
	} else if (!pskb_may_pull(skb, ICMP_HLEN)) {
		reason = SKB_DROP_REASON_NOT_SPECIFIED;
		error = true;
	} else {
		skb_pull(skb, ICMP_HLEN);
		icmp_in_count(net, icmp_hdr(skb)[0]);
		reason = icmp_dispatch(skb, &error);
	}
	if (error)
		IP_INC_STATS(net, ICMP_INERRORS);
	if (reason == SKB_NOT_DROPPED_YET)
		consume_skb(skb);
	else
		kfree_skb_reason(skb, (enum skb_drop_reason)reason);
	return 0;
}

int icmp_err(struct sk_buff *skb, uint32_t info)
{
	const uint8_t *iph = skb->data, *icmph = icmp_hdr(skb);
	struct flowi4 fl4 = {
		.daddr = iph_daddr(iph),
		.saddr = iph_saddr(iph),
		.flowi4_tos = iph_tos(iph) & 0xfc,
		.flowi4_proto = IPPROTO_ICMP,
	};

	/* The kernel answers echo requests itself: no socket is behind a reply. */
	if (iph[iph_ihl(iph)] != ICMP_ECHOREPLY)
		ping_err(skb, info);
	else if (icmph[0] == ICMP_DEST_UNREACH && icmph[1] == ICMP_FRAG_NEEDED)
		ipv4_update_pmtu(skb->net, &fl4, info);
	else if (icmph[0] == ICMP_REDIRECT)
		ipv4_redirect(skb, skb->net, &fl4, info);
	return 0;
}
