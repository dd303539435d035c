/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * IP options: read and filled in on the way in (RFC 791), turned into those of an answer, of a
 * packet passed on, of a later fragment. Mirrors: net/ipv4/ip_options.c.
 */
#include "ref/ip_options.h"

#include <errno.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"

#define IPOPT_END	   0
#define IPOPT_NOOP	   1
#define IPOPT_RR	   7
#define IPOPT_TIMESTAMP	   68
#define IPOPT_LSRR	   131
#define IPOPT_CIPSO	   134
#define IPOPT_SSRR	   137
#define IPOPT_RA	   148
#define IPOPT_COPIED	   0x80
#define IPOPT_TS_TSONLY	   0
#define IPOPT_TS_TSANDADDR 1
#define IPOPT_TS_PRESPEC   3

/* The options being compiled. */
struct compile {
	struct ref *net;
	struct ip_options *opt;
	struct sk_buff *skb; /* NULL: options that a socket is to send */
	uint8_t *first; /* octet 20 of the header */
	uint32_t spec_dst; /* 0: not asked for yet */
};

static uint8_t opt_offset(const struct compile *c, const uint8_t *p)
{
	return (uint8_t)(p - c->first + 20);
}

/* Our own address, as the options record it; 0 where there is no route to tell. */
static uint32_t spec_dst(struct compile *c)
{
	if (!c->spec_dst)
		c->spec_dst = fib_compute_spec_dst(c->skb);
	return c->spec_dst;
}

static bool is_input(const struct compile *c)
{
	return c->skb && c->skb->dst_set;
}

/*
 * One function per option: p at its type octet, p[1] octets are there. NULL, or the octet that is
 * wrong.
 */
static uint8_t *compile_srr(struct compile *c, uint8_t *p)
{
	struct ip_options *opt = c->opt;
	uint8_t optlen = p[1];

	if (optlen < 3)
		return p + 1;
	if (p[2] < 4)
		return p + 2;
	if (opt->srr)
		return p;
	if (!c->skb) {
		if (p[2] != 4 || optlen < 7 || ((optlen - 3) & 3))
			return p + 1;
		/* The first hop is where the packet is sent to; the rest moves up. */
		opt->faddr = wire_get32(p + 3);
		memmove(p + 3, p + 7, optlen - 7u);
	}
	opt->is_strictroute = p[0] == IPOPT_SSRR;
	opt->srr = opt_offset(c, p);
	return NULL;
}

static uint8_t *compile_rr(struct compile *c, uint8_t *p)
{
	struct ip_options *opt = c->opt;
	uint8_t optlen = p[1];

	if (opt->rr)
		return p;
	if (optlen < 3)
		return p + 1;
	if (p[2] < 4)
		return p + 2;
	if (p[2] <= optlen) {
		if (p[2] + 3 > optlen)
			return p + 2;
		if (is_input(c)) {
			wire_put32(p + p[2] - 1, spec_dst(c));
			opt->is_changed = true;
		}
		p[2] = (uint8_t)(p[2] + 4);
		opt->rr_needaddr = true;
	}
	opt->rr = opt_offset(c, p);
	return NULL;
}

/* Room for one more stamp: take it. */
static uint8_t *compile_ts_slot(struct compile *c, uint8_t *p)
{
	struct ip_options *opt = c->opt;
	uint8_t optlen = p[1], *slot = p + p[2] - 1, *time = NULL;

	if (p[2] + 3 > optlen)
		return p + 2;
	switch (p[3] & 15) {
	case IPOPT_TS_TSONLY:
		if (c->skb)
			time = slot;
		opt->ts_needtime = true;
		p[2] = (uint8_t)(p[2] + 4);
		break;
	case IPOPT_TS_TSANDADDR:
		if (p[2] + 7 > optlen)
			return p + 2;
		if (is_input(c)) {
			wire_put32(slot, spec_dst(c));
			time = slot + 4;
		}
		opt->ts_needaddr = true;
		opt->ts_needtime = true;
		p[2] = (uint8_t)(p[2] + 8);
		break;
	case IPOPT_TS_PRESPEC:
		if (p[2] + 7 > optlen)
			return p + 2;
		if (inet_addr_type(c->net, wire_get32(slot)) == REF_RTN_UNICAST)
			break;
		if (c->skb)
			time = slot + 4;
		opt->ts_needtime = true;
		p[2] = (uint8_t)(p[2] + 8);
		break;
	default:
		if (!c->skb && c->net->unprivileged)
			return p + 3;
		break;
	}
	if (time) {
		wire_put32(time, inet_current_timestamp(c->net));
		opt->is_changed = true;
	}
	return NULL;
}

static uint8_t *compile_ts(struct compile *c, uint8_t *p)
{
	struct ip_options *opt = c->opt;
	uint8_t optlen = p[1], *bad;

	if (opt->ts)
		return p;
	if (optlen < 4)
		return p + 1;
	if (p[2] < 5)
		return p + 2;
	if (p[2] <= optlen) {
		bad = compile_ts_slot(c, p);
		if (bad)
			return bad;
	} else if ((p[3] & 15) != IPOPT_TS_PRESPEC) {
		if (p[3] >> 4 == 15)
			return p + 3;
		/* One more host found no room. */
		if (c->skb) {
			p[3] = (uint8_t)(p[3] + 16);
			opt->is_changed = true;
		}
	}
	opt->ts = opt_offset(c, p);
	return NULL;
}

static uint8_t *compile_ra(struct compile *c, uint8_t *p)
{
	if (p[1] < 4)
		return p + 1;
	if (p[2] == 0 && p[3] == 0)
		c->opt->router_alert = opt_offset(c, p);
	return NULL;
}

/* No domain of interpretation is configured here. Mirrors: cipso_v4_validate(). */
static uint8_t *compile_cipso(struct compile *c, uint8_t *p)
{
	if (c->opt->cipso || (!c->skb && c->net->unprivileged))
		return p;
	c->opt->cipso = opt_offset(c, p);
	return p[1] < 8 ? p + 1 : p + 2;
}

static uint8_t *compile_one(struct compile *c, uint8_t *p)
{
	switch (p[0]) {
	case IPOPT_SSRR:
	case IPOPT_LSRR:
		return compile_srr(c, p);
	case IPOPT_RR:
		return compile_rr(c, p);
	case IPOPT_TIMESTAMP:
		return compile_ts(c, p);
	case IPOPT_RA:
		return compile_ra(c, p);
	case IPOPT_CIPSO:
		return compile_cipso(c, p);
	default:
		return !c->skb && c->net->unprivileged ? p : NULL;
	}
}

/* What is behind the end of the list is wiped out. */
static void compile_end(struct compile *c, uint8_t *p, size_t left)
{
	for (; left > 0; p++, left--) {
		if (*p == IPOPT_END)
			continue;
		*p = IPOPT_END;
		c->opt->is_changed = true;
	}
}

int __ip_options_compile(struct ref *net, struct ip_options *opt, struct sk_buff *skb,
			 uint8_t *data, uint8_t *ret_bad)
{
	struct compile c = {
		.net = net,
		.opt = opt,
		.skb = skb,
		.first = skb ? skb_network_header(skb) + 20 : data,
	};
	uint8_t *p = c.first, *bad = NULL;
	size_t left = opt->optlen;

	while (left > 0 && !bad) {
		if (*p == IPOPT_END) {
			compile_end(&c, p + 1, left - 1);
			return 0;
		}
		if (*p == IPOPT_NOOP) {
			p++;
			left--;
			continue;
		}
		if (left < 2 || p[1] < 2 || p[1] > left) {
			bad = p;
			break;
		}
		bad = compile_one(&c, p);
		left -= p[1];
		p += p[1];
	}
	if (!bad)
		return 0;
	REF_SAY(net, "an option is wrong");
	if (ret_bad)
		*ret_bad = opt_offset(&c, bad);
	return -EINVAL;
}

int ip_options_compile(struct ref *net, struct ip_options *opt, struct sk_buff *skb)
{
	uint8_t bad = 0;
	int err = __ip_options_compile(net, opt, skb, NULL, &bad);

	if (err)
		icmp_send(skb, ICMP_PARAMETERPROB, 0, (uint32_t)bad << 24);
	return err;
}

/* Options of an answer being put together. */
struct echo {
	struct ref *net;
	const uint8_t *iph; /* the header that is answered */
	const struct ip_options *sopt;
	struct ip_options *dopt;
	uint8_t *data;
};

/* Copy an option behind those that are there; returns where it stands now. */
static uint8_t *echo_copy(struct echo *e, uint8_t from, uint8_t *ret_offset)
{
	const uint8_t *s = e->iph + from;
	uint8_t *d = e->data + e->dopt->optlen;

	*ret_offset = (uint8_t)(e->dopt->optlen + 20);
	memcpy(d, s, s[1]);
	e->dopt->optlen = (uint8_t)(e->dopt->optlen + s[1]);
	return d;
}

static int echo_rr(struct echo *e)
{
	uint8_t *d = echo_copy(e, e->sopt->rr, &e->dopt->rr);

	if (!e->sopt->rr_needaddr || d[2] > d[1])
		return 0;
	if (d[2] + 3 > d[1])
		return -EINVAL;
	d[2] = (uint8_t)(d[2] + 4);
	e->dopt->rr_needaddr = true;
	return 0;
}

static int echo_ts(struct echo *e)
{
	uint8_t *d = echo_copy(e, e->sopt->ts, &e->dopt->ts);
	unsigned int at = d[2];

	if (at > d[1])
		return 0;
	if (e->sopt->ts_needaddr) {
		if (at + 3 > d[1])
			return -EINVAL;
		e->dopt->ts_needaddr = true;
		at += 4;
	}
	if (e->sopt->ts_needtime) {
		if (at + 3 > d[1])
			return -EINVAL;
		if ((d[3] & 15) != IPOPT_TS_PRESPEC) {
			e->dopt->ts_needtime = true;
			at += 4;
		} else if (at + 7 <= d[1] &&
			   inet_addr_type(e->net, wire_get32(d + at - 1)) != REF_RTN_UNICAST) {
			e->dopt->ts_needtime = true;
			at += 8;
		}
	}
	d[2] = (uint8_t)at;
	return 0;
}

/* The way that was recorded, backwards. */
static void echo_srr(struct echo *e)
{
	const uint8_t *s = e->iph + e->sopt->srr;
	uint8_t *d = e->data + e->dopt->optlen;
	int at = s[2] > s[1] ? s[1] + 1 : s[2];
	unsigned int len = 0;
	uint32_t faddr = 0;

	at -= 4;
	if (at > 3) {
		faddr = wire_get32(s + at - 1);
		for (at -= 4, len = 4; at > 3; at -= 4, len += 4)
			memcpy(d + len - 1, s + at - 1, 4);
		/* A sender that put itself on its own route (RFC 1812, 4.2.2.6). */
		if (memcmp(e->iph + 12, s + at + 3, 4) == 0)
			len -= 4;
	}
	if (len <= 3)
		return;
	e->dopt->faddr = faddr;
	d[0] = s[0];
	d[1] = (uint8_t)(len + 3);
	d[2] = 4;
	e->dopt->srr = (uint8_t)(e->dopt->optlen + 20);
	e->dopt->optlen = (uint8_t)(e->dopt->optlen + len + 3);
	e->dopt->is_strictroute = e->sopt->is_strictroute;
}

int ip_options_echo(struct ref *net, struct ip_options *dopt, uint8_t data[REF_IPOPT_MAX],
		    const struct sk_buff *skb)
{
	const struct ip_options *sopt = &IPCB(skb)->opt;
	struct echo e = {
		.net = net,
		.iph = skb_network_header(skb),
		.sopt = sopt,
		.dopt = dopt,
		.data = data,
	};

	*dopt = (struct ip_options){ 0 };
	if (sopt->optlen == 0)
		return 0;
	if (sopt->rr && echo_rr(&e))
		return -EINVAL;
	if (sopt->ts && echo_ts(&e))
		return -EINVAL;
	if (sopt->srr)
		echo_srr(&e);
	if (sopt->cipso)
		echo_copy(&e, sopt->cipso, &dopt->cipso);
	while (dopt->optlen & 3)
		data[dopt->optlen++] = IPOPT_END;
	return 0;
}

void ip_options_build(struct sk_buff *skb, const struct ip_options *opt, const uint8_t *data,
		      uint32_t daddr, const struct rtable *rt)
{
	uint8_t *iph = skb_network_header(skb);

	IPCB(skb)->opt = *opt;
	memcpy(iph + 20, data, opt->optlen);
	if (opt->srr)
		wire_put32(iph + opt->srr + iph[opt->srr + 1] - 4, daddr);
	if (opt->rr_needaddr)
		wire_put32(iph + opt->rr + iph[opt->rr + 2] - 5, ip_rt_get_source(skb, rt));
	if (opt->ts_needaddr)
		wire_put32(iph + opt->ts + iph[opt->ts + 2] - 9, ip_rt_get_source(skb, rt));
	if (opt->ts_needtime)
		wire_put32(iph + opt->ts + iph[opt->ts + 2] - 5, inet_current_timestamp(skb->net));
}

void ip_options_fragment(struct sk_buff *skb)
{
	struct ip_options *opt = &IPCB(skb)->opt;
	uint8_t *p = skb_network_header(skb) + 20;
	size_t left = opt->optlen;

	while (left > 0) {
		uint8_t optlen;

		if (*p == IPOPT_END)
			return;
		if (*p == IPOPT_NOOP) {
			p++;
			left--;
			continue;
		}
		optlen = left < 2 ? 0 : p[1];
		if (optlen < 2 || optlen > left)
			return;
		if (!(*p & IPOPT_COPIED))
			memset(p, IPOPT_NOOP, optlen);
		left -= optlen;
		p += optlen;
	}
	opt->ts = 0;
	opt->rr = 0;
	opt->rr_needaddr = false;
	opt->ts_needaddr = false;
	opt->ts_needtime = false;
}

void ip_options_undo(const struct ip_options *opt, uint8_t *data)
{
	uint8_t *p;

	if (opt->srr) {
		p = data + opt->srr - 20;
		memmove(p + 7, p + 3, p[1] - 7u);
		wire_put32(p + 3, opt->faddr);
	}
	if (opt->rr_needaddr) {
		p = data + opt->rr - 20;
		p[2] = (uint8_t)(p[2] - 4);
		memset(p + p[2] - 1, 0, 4);
	}
	if (!opt->ts)
		return;
	p = data + opt->ts - 20;
	if (opt->ts_needtime) {
		p[2] = (uint8_t)(p[2] - 4);
		memset(p + p[2] - 1, 0, 4);
		if ((p[3] & 15) == IPOPT_TS_PRESPEC)
			p[2] = (uint8_t)(p[2] - 4);
	}
	if (opt->ts_needaddr) {
		p[2] = (uint8_t)(p[2] - 4);
		memset(p + p[2] - 1, 0, 4);
	}
}

/* The packet takes the next hop of its source route: it is written where that hop stood. */
static void forward_srr(struct sk_buff *skb)
{
	struct ip_options *opt = &IPCB(skb)->opt;
	uint8_t *iph = skb_network_header(skb), *p = iph + opt->srr;
	unsigned int at;

	for (at = p[2]; at + 3 <= p[1]; at += 4)
		if (wire_get32(p + at - 1) == opt->nexthop)
			break;
	if (at + 3 > p[1])
		return;
	opt->is_changed = true;
	wire_put32(iph + 16, opt->nexthop);
	wire_put32(p + at - 1, ip_rt_get_source(skb, &skb->rt));
	p[2] = (uint8_t)(at + 4);
}

void ip_forward_options(struct sk_buff *skb)
{
	struct ip_options *opt = &IPCB(skb)->opt;
	uint8_t *iph = skb_network_header(skb), *p;

	if (opt->rr_needaddr) {
		p = iph + opt->rr;
		wire_put32(p + p[2] - 5, ip_rt_get_source(skb, &skb->rt));
		opt->is_changed = true;
	}
	if (opt->srr_is_hit) {
		forward_srr(skb);
		if (opt->ts_needaddr) {
			p = iph + opt->ts;
			wire_put32(p + p[2] - 9, ip_rt_get_source(skb, &skb->rt));
			opt->is_changed = true;
		}
	}
	if (opt->is_changed) {
		opt->is_changed = false;
		ip_send_check(iph);
	}
}

/* Follow the route as long as it leads to addresses of ours. 0 or -EINVAL. */
static int follow_srr(struct sk_buff *skb, struct net_device *dev)
{
	struct ip_options *opt = &IPCB(skb)->opt;
	uint8_t *iph = skb_network_header(skb), *p = iph + opt->srr;
	unsigned int at;

	for (at = p[2]; at <= p[1]; at += 4) {
		struct rtable before = skb->rt;
		uint32_t nexthop;

		if (at + 3 > p[1]) {
			icmp_send(skb, ICMP_PARAMETERPROB, 0, (uint32_t)(opt->srr + 2) << 24);
			return -EINVAL;
		}
		nexthop = wire_get32(p + at - 1);
		if (ip_route_input_noref(skb, nexthop, iph_saddr(iph), iph_tos(iph), dev) !=
			    SKB_NOT_DROPPED_YET ||
		    (skb->rt.rt_type != REF_RTN_UNICAST && skb->rt.rt_type != REF_RTN_LOCAL)) {
			REF_SAY(skb->net, "no way to the next hop of the source route");
			skb->rt = before;
			return -EINVAL;
		}
		opt->is_changed = true;
		if (skb->rt.rt_type != REF_RTN_LOCAL) {
			opt->srr_is_hit = true;
			opt->nexthop = nexthop;
			break;
		}
		wire_put32(iph + 16, nexthop);
	}
	return 0;
}

int ip_options_rcv_srr(struct sk_buff *skb, struct net_device *dev)
{
	if (!skb->dst_set)
		return 0;
	if (skb->pkt_type != PACKET_HOST)
		return -EINVAL;
	if (skb->rt.rt_type == REF_RTN_UNICAST) {
		if (!IPCB(skb)->opt.is_strictroute)
			return 0;
		icmp_send(skb, ICMP_PARAMETERPROB, 0, 16u << 24);
		return -EINVAL;
	}
	if (skb->rt.rt_type != REF_RTN_LOCAL)
		return -EINVAL;
	return follow_srr(skb, dev);
}
