/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * ICMP on its way out: errors about packets (icmp_send), answers (icmp_reply), and their limits.
 * What comes in is in icmp_rcv.c. The kernel looks the route of an error up a second time for
 * IPsec; without policies the first result stands, so that is left out.
 * Mirrors: net/ipv4/icmp.c.
 */
#include "ref/icmp.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"
#include "ref/wire/csum.h"

/* An error quotes no more than makes a packet of this length: RFC 1812 section 4.3.2.3. */
#define ICMP_ERROR_MAX		   576
/* Source of last resort: RFC 7600. */
#define INADDR_DUMMY		   0xc0000008u
#define IPTOS_PREC_INTERNETCONTROL 0xc0
#define IPTOS_TOS_MASK		   0x1e
/* Twice sk_sndbuf of the kernel's ICMP socket, which is twice the true size of 64 KiB. */
#define ICMP_WMEM_MAX		   (2u * 2u * (65536 + 256 + 320))

const struct icmp_err icmp_err_convert[NR_ICMP_UNREACH + 1] = {
	{ ENETUNREACH, false },	 { EHOSTUNREACH, false }, { ENOPROTOOPT, true },
	{ ECONNREFUSED, true },	 { EMSGSIZE, false },	  { EOPNOTSUPP, false },
	{ ENETUNREACH, true },	 { EHOSTDOWN, true },	  { ENONET, true },
	{ ENETUNREACH, true },	 { EHOSTUNREACH, true },  { ENETUNREACH, false },
	{ EHOSTUNREACH, false }, { EHOSTUNREACH, true },  { EHOSTUNREACH, true },
	{ EHOSTUNREACH, true },
};

/* Types with a line of their own in /proc/net/snmp; 0: none. */
static const uint16_t icmp_out_named[NR_ICMP_TYPES + 1] = {
	[ICMP_ECHOREPLY] = MIB_ICMP_OUTECHOREPS,
	[ICMP_DEST_UNREACH] = MIB_ICMP_OUTDESTUNREACHS,
	[ICMP_SOURCE_QUENCH] = MIB_ICMP_OUTSRCQUENCHS,
	[ICMP_REDIRECT] = MIB_ICMP_OUTREDIRECTS,
	[ICMP_ECHO] = MIB_ICMP_OUTECHOS,
	[ICMP_TIME_EXCEEDED] = MIB_ICMP_OUTTIMEEXCDS,
	[ICMP_PARAMETERPROB] = MIB_ICMP_OUTPARMPROBS,
	[ICMP_TIMESTAMP] = MIB_ICMP_OUTTIMESTAMPS,
	[ICMP_TIMESTAMPREPLY] = MIB_ICMP_OUTTIMESTAMPREPS,
	[ICMP_ADDRESS] = MIB_ICMP_OUTADDRMASKS,
	[ICMP_ADDRESSREPLY] = MIB_ICMP_OUTADDRMASKREPS,
};

bool icmp_type_is_error(uint8_t type)
{
	/* 0, 8 and 13 to 18 are questions and answers. */
	return type > NR_ICMP_TYPES || !(0x7e101u >> type & 1);
}

void icmp_out_count(struct ref *net, uint8_t type)
{
	net->mib[MIB_ICMPMSG_OUT + type]++;
	IP_INC_STATS(net, ICMP_OUTMSGS);
	if (type <= NR_ICMP_TYPES && icmp_out_named[type])
		net->mib[icmp_out_named[type]]++;
}

/* Types outside icmp_ratemask, and path MTU discovery, know no limit. */
static bool icmpv4_mask_allow(const struct ref *net, uint8_t type, uint8_t code)
{
	if (type > NR_ICMP_TYPES)
		return true;
	if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED)
		return true;
	return !((uint32_t)net->sysctl[SYSCTL_ICMP_RATEMASK] >> type & 1);
}

/* The bucket of icmp_msgs_per_sec: refilled at most each 20 ms, when it is empty. */
static bool icmp_global_allow(struct ref *net)
{
	struct netns_icmp *icmp = &net->icmp;
	uint64_t now = jiffies(net), delta = now - icmp->global_stamp;
	int64_t credit;
	uint64_t incr;

	if (icmp->global_credit > 0)
		return true;
	if (delta > REF_HZ)
		delta = REF_HZ;
	if (delta < REF_HZ / 50)
		return false;
	incr = (uint64_t)net->sysctl[SYSCTL_ICMP_MSGS_PER_SEC] * delta / REF_HZ;
	if (!incr)
		return false;
	icmp->global_stamp = now;
	credit = icmp->global_credit + (int64_t)incr;
	if (credit > net->sysctl[SYSCTL_ICMP_MSGS_BURST])
		credit = net->sysctl[SYSCTL_ICMP_MSGS_BURST];
	icmp->global_credit = (int32_t)credit;
	return true;
}

/*
 * The kernel takes 0, 1 or 2 at random so that nobody can count with this bucket. The mean is
 * taken here: the first half of a burst is then certain to agree, the rest agrees on average.
 */
static void icmp_global_consume(struct ref *net)
{
	net->icmp.global_credit--;
}

static bool icmpv4_global_allow(struct ref *net, uint8_t type, uint8_t code, bool *apply_ratelimit)
{
	if (icmpv4_mask_allow(net, type, code))
		return true;
	if (icmp_global_allow(net)) {
		*apply_ratelimit = true;
		return true;
	}
	REF_SAY(net, "icmp_msgs_per_sec is used up");
	IP_INC_STATS(net, ICMP_OUTRATELIMITGLOBAL);
	return false;
}

/* The bucket of the one it goes to. */
static bool icmpv4_xrlim_allow(struct ref *net, const struct rtable *rt, uint32_t daddr,
			       bool apply_ratelimit)
{
	uint32_t timeout;

	if (!apply_ratelimit)
		return true;
	if (!dev_is_loopback(rt->dev)) {
		/* The sysctl is in milliseconds; the kernel keeps jiffies, rounded up. */
		timeout = ((uint32_t)net->sysctl[SYSCTL_ICMP_RATELIMIT] + 1000 / REF_HZ - 1) /
			  (1000 / REF_HZ);
		if (!inet_peer_xrlim_allow(net, inet_getpeer_v4(net, daddr), timeout)) {
			REF_SAY(net, "icmp_ratelimit of this destination is used up");
			IP_INC_STATS(net, ICMP_OUTRATELIMITHOST);
			return false;
		}
	}
	icmp_global_consume(net);
	return true;
}

/*
 * `count_as` is the type that the counters see: the kernel takes it from the flow's key, which
 * icmp_reply() leaves at 0.
 */
static void icmp_push_reply(struct ref *net, const struct icmp_bxm *param, struct ip_cork *cork,
			    uint8_t count_as)
{
	struct sk_buff *skb;
	uint64_t sum;
	uint8_t *icmph;

	if (ip_make_skb(net, cork, param->head_len + param->data_len, &skb) < 0) {
		IP_INC_STATS(net, ICMP_OUTERRORS);
		return;
	}
	icmph = skb_transport_header(skb);
	memcpy(icmph, param->head, param->head_len);
	sum = csum_partial(icmph, param->head_len, 0);
	sum = csum_copy(icmph + param->head_len, param->data, param->data_len, sum);
	/* The kernel's copying sums begin at -1: a message of nothing but zeros has the sum 0. */
	csum_store(icmph + 2, sum ? csum_fold(sum) : 0);
	icmp_out_count(net, count_as);
	ip_send_skb(net, skb);
}

/* What both answers and errors are sent with. */
static struct ip_cork icmp_cork(const struct icmp_bxm *param, const struct flowi4 *fl4,
				const struct rtable *rt, uint32_t addr, uint8_t tos)
{
	return (struct ip_cork){
		.rt = rt,
		.saddr = fl4->saddr,
		.daddr = fl4->daddr,
		.addr = addr,
		.opt = &param->opt,
		.opt_data = param->opt_data,
		.mark = fl4->flowi4_mark,
		.wmem_max = ICMP_WMEM_MAX,
		.tos = tos,
		.protocol = IPPROTO_ICMP,
	};
}

/* DSCP bits of a lookup for an answer; older kernels knew the TOS bits only. */
static uint8_t reply_tos(const struct ref *net, uint8_t tos)
{
	return tos & (ref_since(net, DIFF_REPLY_DSCP_MASK) ? 0xfc : IPTOS_TOS_MASK);
}

static void icmp_reply_locked(struct ref *net, struct icmp_bxm *param, struct sk_buff *skb,
			      bool apply_ratelimit)
{
	const uint8_t *iph = skb_network_header(skb);
	struct flowi4 fl4 = {
		.daddr = param->opt.optlen && param->opt.srr ? param->opt.faddr : iph_saddr(iph),
		.saddr = fib_compute_spec_dst(skb),
		.flowi4_mark = net->sysctl[SYSCTL_FWMARK_REFLECT] ? skb->mark : 0,
		.flowi4_tos = reply_tos(net, iph_tos(iph)),
		.flowi4_proto = IPPROTO_ICMP,
	};
	struct rtable rt;
	struct ip_cork cork;

	wire_put16(param->head + 2, 0);
	if (ip_route_output_flow(net, &fl4, &rt) < 0) {
		REF_SAY(net, "no route back");
		return;
	}
	if (!icmpv4_xrlim_allow(net, &rt, fl4.daddr, apply_ratelimit))
		return;
	cork = icmp_cork(param, &fl4, &rt, iph_saddr(iph), iph_tos(iph));
	icmp_push_reply(net, param, &cork, 0);
}

void icmp_reply(struct icmp_bxm *param, struct sk_buff *skb)
{
	struct ref *net = skb->net;
	bool apply_ratelimit = false;

	if (ip_options_echo(net, &param->opt, param->opt_data, skb) < 0) {
		REF_SAY(net, "options can't be answered");
		return;
	}
	if (!icmpv4_global_allow(net, param->head[0], param->head[1], &apply_ratelimit))
		return;
	if (net->icmp.xmit_locked)
		return;
	net->icmp.xmit_locked = true;
	icmp_reply_locked(net, param, skb, apply_ratelimit);
	net->icmp.xmit_locked = false;
}

/* Is this packet one that may be answered with an error of this type? NULL: yes; else why not. */
static const char *icmp_send_refusal(const struct sk_buff *skb, uint8_t type)
{
	const uint8_t *iph = skb_network_header(skb), *end = skb->data + skb->len;
	size_t type_at;

	if (!skb->dst_set)
		return "not sent: the packet has no route";
	if (iph + 20 > end)
		return "not sent: no whole header to quote";
	if (skb->pkt_type != PACKET_HOST)
		return "not sent: the packet was not addressed to this host's link address";
	if (skb->rt.rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST))
		return "not sent: the packet was for broadcast or multicast";
	if (iph_frag_off(iph) & IP_OFFSET)
		return "not sent: not the first fragment";
	if (!icmp_type_is_error(type) || iph_protocol(iph) != IPPROTO_ICMP)
		return NULL;
	type_at = iph_ihl(iph);
	if (type_at >= (size_t)(end - iph))
		return "not sent: ICMP without a type";
	return icmp_type_is_error(iph[type_at]) ? "not sent: about an ICMP error" : NULL;
}

/* Source of the error: the address that was meant, or 0: as the route says. */
static uint32_t icmp_send_saddr(struct ref *net, const struct sk_buff *skb_in)
{
	const uint8_t *iph = skb_network_header(skb_in);
	struct net_device *dev;
	int iif;

	if (skb_in->rt.rt_flags & RTCF_LOCAL)
		return iph_daddr(iph);
	if (!skb_in->rt.rt_is_input || !net->sysctl[SYSCTL_ICMP_ERRORS_USE_INBOUND_IFADDR])
		return 0;
	iif = skb_in->rt.rt_iif ? skb_in->rt.rt_iif : IPCB(skb_in)->iif;
	dev = dev_get_by_index(net, iif);
	return dev ? inet_select_addr(net, dev, iph_saddr(iph), RT_SCOPE_LINK) : 0;
}

static void icmp_send_locked(struct ref *net, const struct sk_buff *skb_in, struct icmp_bxm *param,
			     bool apply_ratelimit)
{
	const uint8_t *iph = skb_network_header(skb_in);
	uint8_t tos = iph_tos(iph), type = param->head[0];
	struct flowi4 fl4 = { .saddr = icmp_send_saddr(net, skb_in) };
	struct rtable rt;
	struct ip_cork cork;
	long room, data_len = skb_in->data + skb_in->len - iph;

	if (icmp_type_is_error(type))
		tos = (uint8_t)((tos & IPTOS_TOS_MASK) | IPTOS_PREC_INTERNETCONTROL);
	if (ip_options_echo(net, &param->opt, param->opt_data, skb_in) < 0) {
		REF_SAY(net, "not sent: options can't be answered");
		return;
	}
	fl4.daddr = param->opt.srr ? param->opt.faddr : iph_saddr(iph);
	fl4.flowi4_mark = net->sysctl[SYSCTL_FWMARK_REFLECT] ? skb_in->mark : 0;
	fl4.flowi4_tos = tos & 0xfc;
	fl4.flowi4_proto = IPPROTO_ICMP;
	if (ip_route_output_flow(net, &fl4, &rt) < 0) {
		REF_SAY(net, "not sent: no route back");
		return;
	}
	if (!icmpv4_xrlim_allow(net, &rt, fl4.daddr, apply_ratelimit))
		return;
	room = (long)ip_dst_mtu(net, &rt, false);
	if (room > ICMP_ERROR_MAX)
		room = ICMP_ERROR_MAX;
	room -= 20 + param->opt.optlen + ICMP_HLEN;
	if (room <= 20) {
		REF_SAY(net, "not sent: the way out has no room to quote a header");
		return;
	}
	param->data = iph;
	param->data_len = (size_t)(data_len < room ? data_len : room);
	if (!fl4.saddr)
		fl4.saddr = INADDR_DUMMY;
	cork = icmp_cork(param, &fl4, &rt, iph_saddr(iph), tos);
	icmp_push_reply(net, param, &cork, type);
}

void icmp_send(const struct sk_buff *skb_in, int type, int code, uint32_t info)
{
	struct ref *net = skb_in->net;
	struct icmp_bxm param;
	bool apply_ratelimit = false;
	const char *refusal = icmp_send_refusal(skb_in, (uint8_t)type);

	if (refusal) {
		REF_SAY(net, refusal);
		return;
	}
	if (!(skb_in->dev && dev_is_loopback(skb_in->dev)) &&
	    !icmpv4_global_allow(net, (uint8_t)type, (uint8_t)code, &apply_ratelimit))
		return;
	if (net->icmp.xmit_locked)
		return;
	param.head[0] = (uint8_t)type;
	param.head[1] = (uint8_t)code;
	wire_put16(param.head + 2, 0);
	wire_put32(param.head + 4, info);
	param.head_len = ICMP_HLEN;
	net->icmp.xmit_locked = true;
	icmp_send_locked(net, skb_in, &param, apply_ratelimit);
	net->icmp.xmit_locked = false;
}

static int icmp_init(struct ref *net)
{
	return inet_peers_init(&net->icmp.peers);
}

static void icmp_reset(struct ref *net)
{
	net->icmp.global_credit = 0;
	net->icmp.global_stamp = 0;
	net->icmp.xmit_locked = false;
	inet_peers_reset(&net->icmp.peers);
	memset(net->ip_idents, 0, sizeof(net->ip_idents));
}

static void icmp_done(struct ref *net)
{
	inet_peers_done(&net->icmp.peers);
}

const struct ref_part ref_part_icmp = {
	.name = "icmp",
	.init = icmp_init,
	.reset = icmp_reset,
	.done = icmp_done,
};
