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
static struct sock *__udp4_lib_mcast_demux_lookup(struct ref *net, uint16_t dport, uint32_t daddr,
						  uint16_t sport, uint32_t saddr, int dif)
{
	const struct udp_hslot *slot = &net->sock.udp_table.hash[udp_hashfn(dport)];
	struct sock *result = NULL;

	if (slot->count > DEMUX_CHAIN_MAX)
		return NULL;
	for (struct sock *sk = slot->head; sk; sk = sk->port_next) {
		if (!__udp_is_mcast_sock(sk, dport, daddr, sport, saddr, dif))
			continue;
		if (result)
			return NULL;
		result = sk;
	}
	return result;
}

/* Only the first socket of that address and port is looked at. Mirrors: inet_match(). */
static struct sock *__udp4_lib_demux_lookup(struct ref *net, uint16_t dport, uint32_t daddr,
					    uint16_t sport, uint32_t saddr, int dif)
{
	struct sock *sk = net->sock.udp_table.hash2[ipv4_portaddr_hash(daddr, dport)].head;

	while (sk && (sk->inet_num != dport || sk->inet_rcv_saddr != daddr))
		sk = sk->addr_next;
	if (!sk || sk->inet_daddr != saddr || sk->inet_dport != sport)
		return NULL;
	return !sk->sk_bound_dev_if || sk->sk_bound_dev_if == dif ? sk : NULL;
}

int udp_v4_early_demux(struct sk_buff *skb)
{
	struct ref *net = skb->net;
	const uint8_t *iph = skb_network_header(skb), *uh = skb_transport_header(skb);
	size_t off = (size_t)(uh - skb->data);
	uint32_t saddr, daddr;
	bool mcast = skb->pkt_type == PACKET_MULTICAST;
	struct sock *sk;

	if (skb->len < off + UDP_HLEN || (!mcast && !net->sock.udp_connected_nr))
		return SKB_NOT_DROPPED_YET;
	saddr = iph_saddr(iph);
	daddr = iph_daddr(iph);
	if (mcast) {
		if (!ip_check_mc_rcu(skb->dev, daddr, saddr, iph_protocol(iph)))
			return SKB_NOT_DROPPED_YET;
		sk = __udp4_lib_mcast_demux_lookup(net, wire_get16(uh + 2), daddr, wire_get16(uh),
						   saddr, skb->dev->ifindex);
	} else if (skb->pkt_type == PACKET_HOST) {
		sk = __udp4_lib_demux_lookup(net, wire_get16(uh + 2), daddr, wire_get16(uh), saddr,
					     skb->dev->ifindex);
	} else {
		return SKB_NOT_DROPPED_YET;
	}
	if (!sk)
		return SKB_NOT_DROPPED_YET;
	REF_SAY(net, "socket found before routing");
	skb->sk = sk;
	if (!sk->rx_dst_set)
		return SKB_NOT_DROPPED_YET;
	REF_SAY(net, "its route of last time is used");
	skb->rt = sk->sk_rx_dst;
	skb->dst_set = true;
	if (mcast && !sk->inet_daddr)
		return ip_mc_validate_source(skb, daddr, saddr, iph_tos(iph), skb->dev);
	return SKB_NOT_DROPPED_YET;
}
