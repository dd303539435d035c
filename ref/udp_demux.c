/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Early demux: a connected socket (or the only one that takes a group) is found before routing,
 * and lends the route of its previous datagram. Mirrors: udp_v4_early_demux(), net/ipv4/udp.c.
 */
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"

/* Chains with more sockets than this are not searched. */
#define DEMUX_CHAIN_MAX 10

/* The only socket that would take it; more than one: none. */
static struct sock *__udp4_lib_mcast_demux_lookup(const struct ref *net, const struct udp_key *key)
{
	const struct udp_hslot *slot = &net->sock.udp_table.hash[udp_hashfn(key->dport)];
	struct sock *result = NULL;

	if (slot->count > DEMUX_CHAIN_MAX)
		return NULL;
	for (struct sock *sk = slot->head; sk; sk = sk->port_next) {
		if (!__udp_is_mcast_sock(sk, key))
			continue;
		if (result)
			return NULL;
		result = sk;
	}
	return result;
}

/* Only the first socket of that address and port is looked at. Mirrors: inet_match(). */
static struct sock *__udp4_lib_demux_lookup(const struct ref *net, const struct udp_key *key)
{
	uint32_t hash = ipv4_portaddr_hash(key->daddr, key->dport);
	struct sock *sk = net->sock.udp_table.hash2[hash].head;

	while (sk && (sk->inet_num != key->dport || sk->inet_rcv_saddr != key->daddr))
		sk = sk->addr_next;
	if (!sk || sk->inet_daddr != key->saddr || sk->inet_dport != key->sport)
		return NULL;
	return !sk->sk_bound_dev_if || sk->sk_bound_dev_if == key->dif ? sk : NULL;
}

static struct sock *udp_demux_sock(const struct sk_buff *skb, const struct udp_key *key)
{
	if (skb->pkt_type == PACKET_HOST)
		return __udp4_lib_demux_lookup(skb->net, key);
	if (skb->pkt_type != PACKET_MULTICAST ||
	    !ip_check_mc_rcu(skb->dev, key->daddr, key->saddr, IPPROTO_UDP))
		return NULL;
	return __udp4_lib_mcast_demux_lookup(skb->net, key);
}

int udp_v4_early_demux(struct sk_buff *skb)
{
	struct ref *net = skb->net;
	const uint8_t *iph = skb_network_header(skb), *uh = skb_transport_header(skb);
	struct udp_key key;
	struct sock *sk;

	if (skb->len < (size_t)(uh - skb->data) + UDP_HLEN)
		return SKB_NOT_DROPPED_YET;
	key = (struct udp_key){
		.saddr = iph_saddr(iph),
		.daddr = iph_daddr(iph),
		.sport = wire_get16(uh),
		.dport = wire_get16(uh + 2),
		.dif = skb->dev->ifindex,
	};
	sk = udp_demux_sock(skb, &key);
	if (!sk)
		return SKB_NOT_DROPPED_YET;
	REF_SAY(net, "socket found before routing");
	skb->sk = sk;
	if (!sk->rx_dst_set || sk->sk_rx_dst_genid != net->fib.genid)
		return SKB_NOT_DROPPED_YET;
	REF_SAY(net, "its route of last time is used");
	skb->rt = sk->sk_rx_dst;
	skb->dst_set = true;
	if (skb->pkt_type == PACKET_MULTICAST && !sk->inet_daddr)
		return ip_mc_validate_source(skb, key.daddr, key.saddr, iph_tos(iph), skb->dev);
	return SKB_NOT_DROPPED_YET;
}
