/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* ICMP numbers and the state of its limits. Mirrors: include/net/icmp.h, include/uapi/linux/icmp.h.
 */
#ifndef REF_ICMP_H
#define REF_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ref/inet_peer.h"
#include "ref/ip_options.h"

struct ref;
struct sk_buff;

#define ICMP_ECHOREPLY	    0
#define ICMP_DEST_UNREACH   3
#define ICMP_SOURCE_QUENCH  4
#define ICMP_REDIRECT	    5
#define ICMP_ECHO	    8
#define ICMP_TIME_EXCEEDED  11
#define ICMP_PARAMETERPROB  12
#define ICMP_TIMESTAMP	    13
#define ICMP_TIMESTAMPREPLY 14
#define ICMP_INFO_REQUEST   15
#define ICMP_INFO_REPLY	    16
#define ICMP_ADDRESS	    17
#define ICMP_ADDRESSREPLY   18
#define NR_ICMP_TYPES	    18 /* the highest that the kernel takes as known */
#define ICMP_EXT_ECHO	    42
#define ICMP_EXT_ECHOREPLY  43

#define ICMP_NET_UNREACH  0
#define ICMP_HOST_UNREACH 1
#define ICMP_PROT_UNREACH 2
#define ICMP_PORT_UNREACH 3
#define ICMP_FRAG_NEEDED  4
#define ICMP_SR_FAILED	  5
#define ICMP_PKT_FILTERED 13
#define NR_ICMP_UNREACH	  15
#define ICMP_REDIR_HOST	  1
#define ICMP_EXC_TTL	  0
#define ICMP_EXC_FRAGTIME 1

#define ICMP_HLEN 8 /* octets of the ICMP header */

struct netns_icmp {
	int32_t global_credit; /* messages that icmp_msgs_per_sec still allows */
	uint64_t global_stamp; /* jiffies of the latest refill */
	bool xmit_locked; /* a message is on its way out: no second one inside it */
	struct inet_peers peers;
};

/* What an unreachable code means to a socket. Mirrors: struct icmp_err, icmp_err_convert[]. */
struct icmp_err {
	int err; /* positive errno */
	bool fatal;
};
extern const struct icmp_err icmp_err_convert[NR_ICMP_UNREACH + 1];

/* Is this type an error report, as the kernel sees it? Unknown types are. */
bool icmp_type_is_error(uint8_t type);

/* A message being built: header, then data of the packet it is about. */
struct icmp_bxm {
	const uint8_t *data; /* of the packet it is about; borrowed */
	size_t data_len;
	uint8_t head[ICMP_HLEN + 12]; /* checksum still 0 */
	size_t head_len;
	struct ip_options opt;
	uint8_t opt_data[REF_IPOPT_MAX];
};

/* Answer a request; skb stays the caller's. Mirrors: icmp_reply(), net/ipv4/icmp.c. */
void icmp_reply(struct icmp_bxm *param, struct sk_buff *skb);
/* An ICMP message of this host was made. Mirrors: icmp_out_count(). */
void icmp_out_count(struct ref *net, uint8_t type);
/*
 * An error came back for an ICMP message of ours: ping sockets, or the route. skb as of
 * net_protocol.err_handler. Mirrors: icmp_err().
 */
int icmp_err(struct sk_buff *skb, uint32_t info);
/*
 * RFC 8335: make the header of the answer at `head` from that of the request. False: no answer.
 * skb->data is behind the ICMP header. Mirrors: icmp_build_probe().
 */
bool icmp_build_probe(struct sk_buff *skb, uint8_t head[ICMP_HLEN]);

#endif
