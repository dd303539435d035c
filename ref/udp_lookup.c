/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Which socket a datagram is for, and which ports are free. Mirrors: the lookup and the tables of
 * net/ipv4/udp.c. Chains are the kernel's (newest first) but for sockets of other ports and
 * addresses that share a slot there by chance.
 */
#include <errno.h>

#include "ref/net.h"
#include "ref/sock.h"

/* -1: no match; else how well: each of peer address, peer port and device counts 4. */
static inline int compute_score(const struct sock *sk, const struct udp_key *key, uint32_t laddr)
{
	int score = 2; /* an IPv4 socket */

	if (sk->inet_num != key->dport || sk->inet_rcv_saddr != laddr)
		return -1;
	if (sk->inet_daddr) {
		if (sk->inet_daddr != key->saddr)
			return -1;
		score += 4;
	}
	if (sk->inet_dport) {
		if (sk->inet_dport != key->sport)
			return -1;
		score += 4;
	}
	if (sk->sk_bound_dev_if) {
		if (sk->sk_bound_dev_if != key->dif)
			return -1;
		score += 4;
	}
	return score;
}

static uint32_t udp_ehashfn(const struct ref *net, const struct udp_key *key)
{
	uint64_t h = net->seed ^ ((uint64_t)key->daddr << 32 | key->saddr);

	h = (h ^ h >> 30 ^ ((uint32_t)key->dport << 16 | key->sport)) * 0xbf58476d1ce4e5b9u;
	h = (h ^ h >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)(h >> 32);
}

/* The search as soon as a member of a port group is met: the group chooses. */
static struct sock *udp4_lookup_groups(const struct ref *net, const struct udp_key *key,
				       uint32_t laddr, struct sock *sk)
{
	struct sock *result = NULL, *member;
	int badness = 0;

	for (; sk; sk = sk->addr_next) {
		int score = compute_score(sk, key, laddr);

		if (score <= badness)
			continue;
		badness = score;
		result = sk;
		if (sk->sk_state == TCP_ESTABLISHED || !(sk->sk_flags & SOCK_REUSEPORT))
			continue;
		member = reuseport_select_sock(sk, udp_ehashfn(net, key));
		if (!member)
			continue;
		result = member;
		if (!reuseport_has_conns(sk))
			return result;
		score = compute_score(member, key, laddr);
		if (score > badness)
			badness = score;
	}
	return result;
}

/* Best socket of one (address, port) chain; equal scores: the first. */
static inline struct sock *udp4_lib_lookup2(const struct ref *net, const struct udp_key *key,
					    uint32_t laddr, struct sock *first)
{
	struct sock *result = NULL;
	int badness = 0;

	for (struct sock *sk = first; sk; sk = sk->addr_next) {
		int score = compute_score(sk, key, laddr);

		if (score <= badness)
			continue;
		if (__builtin_expect((sk->sk_flags & SOCK_REUSEPORT) != 0, 0))
			return udp4_lookup_groups(net, key, laddr, first);
		badness = score;
		result = sk;
	}
	return result;
}

/* Sockets of the very address first; only without one, those of any address. */
struct sock *__udp4_lib_lookup(const struct ref *net, const struct udp_key *key,
			       const struct udp_table *table)
{
	struct sock *sk = table->hash2[ipv4_portaddr_hash(key->daddr, key->dport)].head;

	sk = udp4_lib_lookup2(net, key, key->daddr, sk);
	if (sk)
		return sk;
	return udp4_lib_lookup2(net, key, 0, table->hash2[ipv4_portaddr_hash(0, key->dport)].head);
}

bool __udp_is_mcast_sock(const struct sock *sk, const struct udp_key *key)
{
	if (sk->inet_num != key->dport || (sk->inet_daddr && sk->inet_daddr != key->saddr) ||
	    (sk->inet_dport && sk->inet_dport != key->sport) ||
	    (sk->inet_rcv_saddr && sk->inet_rcv_saddr != key->daddr) ||
	    (sk->sk_bound_dev_if && sk->sk_bound_dev_if != key->dif))
		return false;
	return ip_mc_sf_allow(sk, key->daddr, key->saddr, key->dif);
}

/* ---- tables ---- */

static struct udp_table *udp_get_table_prot(const struct sock *sk)
{
	struct netns_sock *ns = &sk->sk_net->sock;

	return sk_is_udplite(sk) ? &ns->udplite_table : &ns->udp_table;
}

static struct udp_hslot *udp_hslot2(const struct sock *sk)
{
	struct udp_table *table = udp_get_table_prot(sk);

	return &table->hash2[ipv4_portaddr_hash(sk->inet_rcv_saddr, sk->inet_num)];
}

static void hash2_add(struct sock *sk)
{
	struct udp_hslot *slot2 = udp_hslot2(sk);

	sk->addr_next = slot2->head;
	slot2->head = sk;
	slot2->count++;
	sk->hash2_slot = slot2;
}

static void hash2_del(struct sock *sk)
{
	struct udp_hslot *slot2 = sk->hash2_slot;

	for (struct sock **p = &slot2->head; *p; p = &(*p)->addr_next)
		if (*p == sk) {
			*p = sk->addr_next;
			slot2->count--;
			return;
		}
}

/* Do sk and sk2, bound to the same port, stand in each other's way? */
static bool udp_conflict(const struct sock *sk, const struct sock *sk2)
{
	if ((sk2->sk_flags & SOCK_REUSE) && (sk->sk_flags & SOCK_REUSE))
		return false;
	if (sk2->sk_bound_dev_if && sk->sk_bound_dev_if &&
	    sk2->sk_bound_dev_if != sk->sk_bound_dev_if)
		return false;
	return !sk->inet_rcv_saddr || !sk2->inet_rcv_saddr ||
	       sk->inet_rcv_saddr == sk2->inet_rcv_saddr;
}

/* Mirrors: udp_lib_lport_inuse(): the first in the way decides; a port group is no obstacle. */
static bool udp_lib_lport_inuse(const struct sock *sk, const struct udp_hslot *slot, uint16_t num)
{
	for (const struct sock *sk2 = slot->head; sk2; sk2 = sk2->port_next) {
		if (sk2 == sk || sk2->inet_num != num || !udp_conflict(sk, sk2))
			continue;
		return !(sk2->sk_flags & SOCK_REUSEPORT) || !(sk->sk_flags & SOCK_REUSEPORT) ||
		       sk->sk_reuseport_cb;
	}
	return false;
}

/*
 * Any free port of the range; 0: none. The kernel begins at a random one; here it is the next of
 * the range each time, so that a live host can be told to pick the same.
 */
static uint16_t udp_pick_port(struct sock *sk, struct udp_table *table)
{
	const uint32_t ends[] = { sk->local_port_range & 0xffff, sk->local_port_range >> 16 };
	uint32_t low = 32768, high = 60999, nr, start;

	/* An end outside the host's range says nothing. */
	if (ends[0] >= low && ends[0] <= high)
		low = ends[0];
	if (ends[1] >= low && ends[1] <= high)
		high = ends[1];
	nr = high - low + 1;
	start = sk->sk_net->sock.udp_port_rover % nr;
	for (uint32_t i = 0; i < nr; i++) {
		uint16_t num = (uint16_t)(low + (start + i) % nr);
		const struct udp_hslot *slot = &table->hash[udp_hashfn(num)];
		bool taken = false;

		for (const struct sock *sk2 = slot->head; sk2 && !taken; sk2 = sk2->port_next)
			taken = sk2->inet_num == num && udp_conflict(sk, sk2);
		if (taken)
			continue;
		sk->sk_net->sock.udp_port_rover++;
		return num;
	}
	return 0;
}

/* Bind to a port (0: any) and enter the tables. 0 or -EADDRINUSE. */
int udp_lib_get_port(struct sock *sk, uint16_t snum)
{
	struct udp_table *table = udp_get_table_prot(sk);
	struct udp_hslot *slot;

	if (!snum) {
		snum = udp_pick_port(sk, table);
		if (!snum)
			return -EADDRINUSE;
		slot = &table->hash[udp_hashfn(snum)];
	} else {
		slot = &table->hash[udp_hashfn(snum)];
		if (udp_lib_lport_inuse(sk, slot, snum))
			return -EADDRINUSE;
	}
	sk->inet_num = snum;
	if (sk->hashed)
		return 0;
	if ((sk->sk_flags & SOCK_REUSEPORT) && udp_reuseport_add_sock(sk, slot)) {
		sk->inet_num = 0;
		return -EADDRINUSE;
	}
	sk->port_next = slot->head;
	slot->head = sk;
	slot->count++;
	hash2_add(sk);
	sk->hashed = true;
	return 0;
}

void udp_lib_unhash(struct sock *sk)
{
	struct udp_hslot *slot = &udp_get_table_prot(sk)->hash[udp_hashfn(sk->inet_num)];

	if (!sk->hashed)
		return;
	reuseport_detach_sock(sk);
	for (struct sock **p = &slot->head; *p; p = &(*p)->port_next)
		if (*p == sk) {
			*p = sk->port_next;
			slot->count--;
			break;
		}
	hash2_del(sk);
	sk->hashed = false;
	sk->inet_num = 0;
}

/* The bound address (or device) changed: out of the port group, into another chain. */
void udp_v4_rehash(struct sock *sk)
{
	if (!sk->hashed)
		return;
	reuseport_detach_sock(sk);
	if (udp_hslot2(sk) == sk->hash2_slot)
		return;
	hash2_del(sk);
	hash2_add(sk);
}
