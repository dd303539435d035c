/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Peers by address: a hash of small sets. The kernel keeps a tree of up to some 65,000 entries for
 * two to ten minutes; here the number is REF_PEER_MAX, and the oldest of a set makes room.
 * Mirrors: net/ipv4/inetpeer.c.
 */
#include "ref/inet_peer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "ref/net.h"

#define PEER_WAYS 4
#define XRLIM_BURST_FACTOR 6

static_assert(REF_PEER_MAX % PEER_WAYS == 0 && (REF_PEER_MAX & (REF_PEER_MAX - 1)) == 0,
	      "REF_PEER_MAX is a power of two");

int inet_peers_init(struct inet_peers *peers)
{
	peers->slot = calloc(REF_PEER_MAX, sizeof(peers->slot[0]));
	peers->generation = 1;
	return peers->slot ? 0 : -ENOMEM;
}

void inet_peers_reset(struct inet_peers *peers)
{
	if (++peers->generation != 0)
		return;
	for (size_t i = 0; i < REF_PEER_MAX; i++)
		peers->slot[i].generation = 0;
	peers->generation = 1;
}

void inet_peers_done(struct inet_peers *peers)
{
	free(peers->slot);
	peers->slot = NULL;
}

struct inet_peer *inet_getpeer_v4(struct ref *net, uint32_t daddr)
{
	struct inet_peers *peers = &net->icmp.peers;
	uint32_t set = (daddr * 0x9e3779b1u) >> 8 & (REF_PEER_MAX / PEER_WAYS - 1);
	struct inet_peer *way = &peers->slot[set * PEER_WAYS];
	struct inet_peer *victim = way;

	for (int i = 0; i < PEER_WAYS; i++) {
		if (way[i].generation != peers->generation) {
			victim = &way[i];
			break;
		}
		if (way[i].daddr == daddr) {
			way[i].dtime = jiffies(net);
			return &way[i];
		}
		if (way[i].dtime < victim->dtime)
			victim = &way[i];
	}
	*victim = (struct inet_peer){
	    .daddr = daddr,
	    .generation = peers->generation,
	    .dtime = jiffies(net),
	    /* So far back that the first reckoning gives all the tokens there can be. */
	    .rate_last = jiffies(net) - 60 * REF_HZ,
	};
	return victim;
}

bool inet_peer_xrlim_allow(struct ref *net, struct inet_peer *peer, uint32_t timeout)
{
	uint64_t now = jiffies(net), most = (uint64_t)XRLIM_BURST_FACTOR * timeout;
	uint64_t token = peer->rate_tokens + (now - peer->rate_last);
	bool allow;

	if (token > most)
		token = most;
	allow = token >= timeout;
	peer->rate_last = now;
	peer->rate_tokens = allow ? token - timeout : token;
	return allow;
}
