/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A routing decision, kept by value in the packet. Mirrors: include/net/route.h, struct rtable. */
#ifndef REF_ROUTE_H
#define REF_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "ref/dropreason.h"

struct ref;
struct sk_buff;
struct net_device;

#define RTCF_NOTIFY	0x00010000u
#define RTCF_DOREDIRECT	0x01000000u
#define RTCF_BROADCAST	0x10000000u
#define RTCF_MULTICAST	0x20000000u
#define RTCF_LOCAL	0x80000000u

/* What dst->input and dst->output would call. */
enum dst_input { DST_INPUT_NONE, DST_LOCAL_DELIVER, DST_FORWARD, DST_ERROR };
enum dst_output { DST_OUTPUT_NONE, DST_IP_OUTPUT, DST_MC_OUTPUT, DST_DISCARD };

struct rtable {
	struct net_device *dev;	/* output device (lo for local) */
	uint32_t rt_flags;	/* RTCF_* */
	uint32_t rt_gw4;	/* 0: on-link */
	uint32_t rt_pmtu;	/* learnt; 0: none */
	uint32_t rt_mtu;	/* the route's own (metric `mtu`); 0: the device's */
	int rt_iif;
	int error;		/* DST_ERROR: positive errno */
	uint8_t rt_type;	/* enum ref_route_type */
	uint8_t input;		/* enum dst_input */
	uint8_t output;		/* enum dst_output */
	bool rt_is_input;
	bool rt_uses_gateway;
	bool rt_mtu_locked;
	uint64_t rt_pmtu_expires_ns;	/* from then on rt_pmtu no longer counts */
};

/* Key of an output route. Mirrors: struct flowi4. */
struct flowi4 {
	int flowi4_oif;
	int flowi4_iif;
	uint32_t flowi4_mark;
	uint8_t flowi4_tos;	/* DSCP bits */
	uint8_t flowi4_scope;
	uint8_t flowi4_proto;
	uint8_t flowi4_flags;	/* FLOWI_FLAG_* */
	uint32_t saddr, daddr;	/* out: saddr filled in when it was 0 */
	uint16_t fl4_sport, fl4_dport;
};
#define FLOWI_FLAG_ANYSRC 0x01u
#define FLOWI_FLAG_KNOWN_NH 0x02u

/*
 * Route a received packet: sets skb->rt and skb->dst_set.
 * Returns SKB_NOT_DROPPED_YET (-1) when it goes on, else the reason of the drop (skb not freed).
 * `tos` is the header's octet. Mirrors: ip_route_input_noref(), net/ipv4/route.c.
 */
#define SKB_NOT_DROPPED_YET (-1)
int ip_route_input_noref(struct sk_buff *skb, uint32_t daddr, uint32_t saddr, uint8_t tos,
			 struct net_device *dev);
/*
 * Route a packet that this host makes; 0 or -errno. fl4->saddr and flowi4_oif are completed.
 * Mirrors: ip_route_output_flow() / ip_route_output_key_hash_rcu(), net/ipv4/route.c.
 */
int ip_route_output_flow(struct ref *net, struct flowi4 *fl4, struct rtable *ret_rt);
/* Mirrors: ip_mc_validate_source(); result as of ip_route_input_noref(). */
int ip_mc_validate_source(struct sk_buff *skb, uint32_t daddr, uint32_t saddr, uint8_t tos,
			  struct net_device *dev);
/* dst->input of an error route: ICMP, counters, drop. Takes skb. Mirrors: ip_error(). */
int ip_error(struct sk_buff *skb);
/* Octets that fit the way of this route. Mirrors: ipv4_mtu() / ip_dst_mtu_maybe_forward(). */
uint32_t ip_dst_mtu(const struct ref *net, const struct rtable *rt, bool forwarding);
/* The next hop does not answer: tell the sender of skb, not taken. Mirrors: ipv4_link_failure(). */
void ipv4_link_failure(struct sk_buff *skb);
/*
 * The address of the device that the packet leaves by, as options record it.
 * Mirrors: ip_rt_get_source().
 */
uint32_t ip_rt_get_source(const struct sk_buff *skb, const struct rtable *rt);
/* Tell the sender of skb of a shorter way, unless it was told. Mirrors: ip_rt_send_redirect(). */
void ip_rt_send_redirect(struct sk_buff *skb);
/* A learnt path MTU or redirect. Mirrors: __ip_rt_update_pmtu(), __ip_do_redirect(). */
void ipv4_update_pmtu(struct ref *net, const struct flowi4 *fl4, uint32_t mtu);
void ipv4_redirect(struct sk_buff *skb, struct ref *net, const struct flowi4 *fl4, uint32_t gw);
/* RTN_* of an address. Mirrors: inet_addr_type(), and without VRF inet_addr_type_dev_table(). */
uint8_t inet_addr_type(const struct ref *net, uint32_t addr);
/* Address to use as source / spec_dst for an answer. Mirrors: fib_compute_spec_dst(). */
uint32_t fib_compute_spec_dst(struct sk_buff *skb);
/* Preferred source of a device. Mirrors: inet_select_addr(). */
uint32_t inet_select_addr(const struct ref *net, const struct net_device *dev, uint32_t dst,
			  uint8_t scope);
/* Does the device have any IPv4 address? */
bool inet_dev_has_addr(const struct ref *net, const struct net_device *dev);
/* Is addr one of this host's own addresses? Mirrors: __ip_dev_find() / inet_confirm_addr(). */
struct net_device *ip_dev_find(const struct ref *net, uint32_t addr);

static inline bool ipv4_is_multicast(uint32_t a)
{
	return (a & 0xf0000000u) == 0xe0000000u;
}

static inline bool ipv4_is_local_multicast(uint32_t a)
{
	return (a & 0xffffff00u) == 0xe0000000u;
}

static inline bool ipv4_is_lbcast(uint32_t a)
{
	return a == 0xffffffffu;
}

static inline bool ipv4_is_zeronet(uint32_t a)
{
	return a == 0;
}

static inline bool ipv4_is_loopback(uint32_t a)
{
	return (a & 0xff000000u) == 0x7f000000u;
}

#endif
