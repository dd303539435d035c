/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Protocols over IP: the dispatch is data. Mirrors: include/net/protocol.h. */
#ifndef REF_PROTOCOL_H
#define REF_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

struct ref;
struct sk_buff;

struct net_protocol {
	/*
	 * Takes skb and returns 0, or returns -N and leaves skb with the caller, to be
	 * delivered again as protocol N.
	 */
	int (*handler)(struct sk_buff *skb);
	/*
	 * An ICMP error quotes a packet of ours: skb->data at the quoted IP header, skb still the
	 * caller's. `info` is the rest of the ICMP header (for a redirect: the gateway).
	 */
	int (*err_handler)(struct sk_buff *skb, uint32_t info);
	bool icmp_strict_tag_validation;
};

/* 0, or -EEXIST (a handler is registered), -ENOENT (another one is). */
int inet_add_protocol(struct ref *net, const struct net_protocol *prot, uint8_t protocol);
int inet_del_protocol(struct ref *net, const struct net_protocol *prot, uint8_t protocol);

#endif
