/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The IPv4 layer: the seams between its files. Every function that takes a packet "takes skb":
 * it frees it or hands it on, unless its comment says otherwise. Mirrors: include/net/ip.h.
 */
#ifndef REF_IP_H
#define REF_IP_H

#include "ref/skbuff.h"
#include "ref/wire/cur.h"

#define ETH_P_IP 0x0800

#define IPPROTO_ICMP 1
#define IPPROTO_IGMP 2
#define IPPROTO_IPIP 4
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_IPV6 41
#define IPPROTO_GRE 47
#define IPPROTO_PIM 103
#define IPPROTO_UDPLITE 136
#define IPPROTO_MPLS 137
#define IPPROTO_RAW 255

#define IP_CE 0x8000u	/* the reserved flag bit */
#define IP_DF 0x4000u
#define IP_MF 0x2000u
#define IP_OFFSET 0x1fffu

/* Fields of the IP header at h, in host order; h has at least 20 octets. */
#define iph_ihl(h) ((unsigned int)((h)[0] & 15) * 4)	/* octets */
#define iph_version(h) ((h)[0] >> 4)
#define iph_tos(h) ((h)[1])
#define iph_tot_len(h) wire_get16((h) + 2)
#define iph_id(h) wire_get16((h) + 4)
#define iph_frag_off(h) wire_get16((h) + 6)	/* flags and offset in units of 8 octets */
#define iph_ttl(h) ((h)[8])
#define iph_protocol(h) ((h)[9])
#define iph_saddr(h) wire_get32((h) + 12)
#define iph_daddr(h) wire_get32((h) + 16)

static inline bool ip_is_fragment(const uint8_t *h)
{
	return (wire_raw16(h + 6) & wire_swap16(IP_MF | IP_OFFSET)) != 0;
}

/* Header checksum (re)computed in place. Mirrors: ip_send_check(). */
void ip_send_check(uint8_t *iph);

/* ip_input.c */
void ip_rcv(struct sk_buff *skb, struct net_device *dev);
int ip_local_deliver(struct sk_buff *skb);
int ip_local_deliver_finish(struct sk_buff *skb);
void ip_protocol_deliver_rcu(struct ref *net, struct sk_buff *skb, int protocol);

/* ip_forward.c */
int ip_forward(struct sk_buff *skb);

/* ip_options.c */
/*
 * Compile the options of skb's header (or, skb NULL, of `data`, optlen octets) into opt; with skb
 * fills record route and time stamps in place. 0 or -EINVAL with *ret_bad: offset in the header.
 * Mirrors: __ip_options_compile().
 */
int __ip_options_compile(struct ref *net, struct ip_options *opt, struct sk_buff *skb,
			 uint8_t *data, uint8_t *ret_bad);
/* Sends the parameter problem itself. Mirrors: ip_options_compile(). */
int ip_options_compile(struct ref *net, struct ip_options *opt, struct sk_buff *skb);
int ip_options_rcv_srr(struct sk_buff *skb, struct net_device *dev);
void ip_forward_options(struct sk_buff *skb);
/*
 * Options for an answer to skb: *dopt and up to 40 octets at data. 0 or -EINVAL.
 * Mirrors: ip_options_echo() / __ip_options_echo().
 */
int ip_options_echo(struct ref *net, struct ip_options *dopt, uint8_t data[REF_IPOPT_MAX],
		    const struct sk_buff *skb);
/* Write options into the header being built. Mirrors: ip_options_build(). */
void ip_options_build(struct sk_buff *skb, const struct ip_options *opt, const uint8_t *data,
		      uint32_t daddr, const struct rtable *rt);
/* Turn options of a first fragment into those of a later one. Mirrors: ip_options_fragment(). */
void ip_options_fragment(struct sk_buff *skb);
/* For IP_RETOPTS. Mirrors: ip_options_undo(). */
void ip_options_undo(const struct ip_options *opt, uint8_t *data);

/* ip_fragment.c */
enum ip_defrag_users { IP_DEFRAG_LOCAL_DELIVER, IP_DEFRAG_CALL_RA_CHAIN };
/*
 * Give one fragment. 0: skb is now the complete datagram (header rewritten, data at the
 * network header); else skb was taken: kept or dropped. Mirrors: ip_defrag().
 */
int ip_defrag(struct ref *net, struct sk_buff *skb, enum ip_defrag_users user);

/* ip_output.c */
/* What a packet of this host's own is to be sent with. Mirrors: ipcm_cookie, inet_cork, flowi4. */
struct ip_cork {
	const struct rtable *rt;
	uint32_t saddr, daddr;		/* daddr: of the header (first hop of a source route) */
	uint32_t addr;			/* final destination, for the options */
	const struct ip_options *opt;	/* optlen 0 or NULL: none */
	const uint8_t *opt_data;
	uint32_t mark;
	uint32_t wmem_max;		/* true size that the fragments may have; 0: any */
	uint8_t tos;
	uint8_t protocol;
	bool df;
};
/*
 * A packet with its IP header written (but for length and checksum) and `len` octets to be filled
 * in at skb_transport_header(). 0 or -errno, counted as the kernel does.
 * Mirrors: ip_append_data() with all data at once, and __ip_make_skb(), net/ipv4/ip_output.c.
 */
int ip_make_skb(struct ref *net, const struct ip_cork *cork, size_t len, struct sk_buff **ret_skb);
/* ip_local_out(), and OutDiscards when it fails. Takes skb. Mirrors: ip_send_skb(). */
int ip_send_skb(struct ref *net, struct sk_buff *skb);
/* Header checksum and length, then out. 0 or -errno. Mirrors: ip_local_out(). */
int ip_local_out(struct ref *net, struct sk_buff *skb);
/* Count, find the neighbour, go: the last step of each packet or fragment. Takes skb. */
int ip_finish_output2(struct ref *net, struct sk_buff *skb);
int ip_output(struct ref *net, struct sk_buff *skb);
/* Octets that fit this packet's way, as its sender sees it. Mirrors: ip_skb_dst_mtu(). */
uint32_t ip_skb_dst_mtu(const struct sk_buff *skb);
int ip_mc_output(struct ref *net, struct sk_buff *skb);
/* ip_output_frag.c */
/*
 * skb->data at the IP header; sends each piece by ip_finish_output2.
 * Mirrors: ip_fragment(), ip_do_fragment().
 */
int ip_fragment(struct ref *net, struct sk_buff *skb, uint32_t mtu);

/* ip_output.c */
/* Mirrors: __ip_select_ident(): a fresh id for this pair of hosts and protocol. */
uint16_t ip_select_ident(struct ref *net, const uint8_t *iph);
/* dst->input / dst->output of skb->rt. */
int dst_input(struct sk_buff *skb);
int dst_output(struct ref *net, struct sk_buff *skb);

/* icmp.c */
/* Never takes skb_in, which has its network header set. Mirrors: __icmp_send(). */
void icmp_send(const struct sk_buff *skb_in, int type, int code, uint32_t info);
int icmp_rcv(struct sk_buff *skb);

/* raw.c */
/* Copies to all matching raw sockets; true: somebody was there. Mirrors: raw_local_deliver(). */
bool raw_local_deliver(struct sk_buff *skb, int protocol);
/* skb->data at the quoted IP header; not taken. Mirrors: raw_icmp_error(). */
void raw_icmp_error(struct sk_buff *skb, int protocol, uint32_t info);

/* ip_input.c / ip_sockglue.c: true: skb was taken by sockets with IP_ROUTER_ALERT. */
bool ip_call_ra_chain(struct sk_buff *skb);

/* udp.c, udplite.c, ping.c, tcp_ipv4.c, igmp.c */
/* May set skb->sk and the route; returns a reason (route.h) when the source is refused. */
int udp_v4_early_demux(struct sk_buff *skb);
int udp_rcv(struct sk_buff *skb);
/*
 * udp_offload.c: the segments of a datagram that is to be cut, out of its device. Takes skb; 0 or
 * -errno. Mirrors: validate_xmit_skb() with a packet that the device can't cut.
 */
int udp_gso_xmit(struct sk_buff *skb, const uint8_t dest[6]);
int udp_err(struct sk_buff *skb, uint32_t info);
int udplite_rcv(struct sk_buff *skb);
int udplite_err(struct sk_buff *skb, uint32_t info);
/*
 * An echo reply, data behind the ICMP header; not taken. SKB_NOT_DROPPED_YET: a socket has a copy,
 * or has refused it itself; else why not. Mirrors: ping_rcv().
 */
int ping_rcv(struct sk_buff *skb);
void ping_err(struct sk_buff *skb, uint32_t info);
int tcp_v4_rcv(struct sk_buff *skb);
int tcp_v4_err(struct sk_buff *skb, uint32_t info);
int igmp_rcv(struct sk_buff *skb);
/* Does the device want this group from this source? Mirrors: ip_check_mc_rcu(). */
bool ip_check_mc_rcu(const struct net_device *dev, uint32_t mc_addr, uint32_t src_addr,
		     uint8_t proto);

#endif
