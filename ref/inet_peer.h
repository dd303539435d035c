/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What a host remembers of another: rate limits. Mirrors: include/net/inetpeer.h. */
#ifndef REF_INET_PEER_H
#define REF_INET_PEER_H

#include <stdbool.h>
#include <stdint.h>

struct ref;

/* Times and tokens are in jiffies (REF_HZ a second). */
struct inet_peer {
	uint32_t daddr;      /* host order */
	uint32_t generation; /* of inet_peers; another one: the slot is free */
	uint64_t dtime;      /* last used */
	uint64_t rate_last;
	uint64_t rate_tokens;
	uint32_t n_redirects;
};

struct inet_peers {
	struct inet_peer *slot; /* REF_PEER_MAX */
	uint32_t generation;    /* 0 is never current */
};

int inet_peers_init(struct inet_peers *peers); /* 0 or -ENOMEM */
void inet_peers_reset(struct inet_peers *peers);
void inet_peers_done(struct inet_peers *peers);

/*
 * The entry of an address; makes one, in place of the one unused for longest when the table is
 * full there. Owned by the host; valid until the next call. Mirrors: inet_getpeer_v4().
 */
struct inet_peer *inet_getpeer_v4(struct ref *net, uint32_t daddr);
/*
 * May one more message go to this peer, when `timeout` jiffies are the price of one? A burst of
 * six is saved up. Mirrors: inet_peer_xrlim_allow(), net/ipv4/inetpeer.c.
 */
bool inet_peer_xrlim_allow(struct ref *net, struct inet_peer *peer, uint32_t timeout);

#endif
