/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A UDP or UDP-Lite datagram arrives: lengths, checksum, sockets, queue. Mirrors:
 * __udp4_lib_rcv() and what it calls, net/ipv4/udp.c; udplite_checksum_init().
 */
#include <errno.h>

#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/wire/csum.h"

/* The datagram begins at the transport header, wherever skb->data is. */
bool udp_lib_checksum_complete(struct sk_buff *skb)
{
	const uint8_t *uh = skb_transport_header(skb), *iph = skb_network_header(skb);
	size_t ulen = skb->len + (size_t)(skb->data - uh);
	size_t covered = skb->partial_cov ? skb->cscov : ulen;
	uint64_t sum;

	if (skb->csum_valid)
		return false;
	sum = csum_be16((uint16_t)ulen) + csum_be16(iph_protocol(iph));
	if (iph + 20 == uh) /* the addresses stand right before the datagram */
		sum = csum_partial(iph + 12, 8 + covered, sum);
	else
		sum = csum_partial(uh, covered, csum_partial(iph + 12, 8, sum));
	skb->csum_valid = csum_fold(sum) == 0;
	if (!skb->partial_cov)
		skb->ip_summed = CHECKSUM_COMPLETE;
	return !skb->csum_valid;
}

/* True: wrong. Zero is no checksum, and long datagrams wait. Mirrors: udp4_csum_init(). */
static inline bool udp4_csum_init(struct sk_buff *skb, const uint8_t *uh)
{
	skb->partial_cov = false;
	if (skb_csum_unnecessary(skb) || (uh[6] | uh[7]) == 0) {
		skb->csum_valid = true;
		return false;
	}
	skb->csum_valid = false;
	return skb->len <= CHECKSUM_BREAK && udp_lib_checksum_complete(skb);
}

/* Mirrors: udplite_checksum_init(): the length field is the coverage; 0 is all. */
static bool udplite_csum_init(struct sk_buff *skb, const uint8_t *uh)
{
	uint16_t cscov = wire_get16(uh + 4);

	if ((uh[6] | uh[7]) == 0) {
		REF_SAY(skb->net, "UDP-Lite without a checksum");
		return true;
	}
	if (cscov && cscov < UDP_HLEN) {
		REF_SAY(skb->net, "UDP-Lite coverage less than the header");
		return true;
	}
	if (!cscov || cscov >= skb->len)
		return udp4_csum_init(skb, uh);
	skb->partial_cov = true;
	skb->cscov = cscov;
	skb->csum_valid = skb->ip_summed != CHECKSUM_NONE;
	return false;
}

/* Does the datagram still fit? size: what it is charged. Mirrors: __udp_enqueue_schedule_skb(). */
static inline bool udp_rcvbuf_full(const struct sock *sk, uint32_t size)
{
	uint32_t rmem = sk->sk_rmem_alloc, rcvbuf = (uint32_t)sk->sk_rcvbuf;

	if (__builtin_expect(rmem + size <= rcvbuf, 1))
		return false;
	if (ref_since(sk->sk_net, DIFF_UDP_RCVBUF_STRICT))
		return rmem != 0 || rcvbuf > INT32_MAX / 2;
	return rmem > rcvbuf ||
	       (rcvbuf > INT32_MAX / 2 && ref_since(sk->sk_net, DIFF_UDP_RCVBUF_HUGE));
}

static int udp_queue_drop(struct sock *sk, struct sk_buff *skb)
{
	struct ref *net = sk->sk_net;
	bool lite = sk_is_udplite(sk);

	REF_SAY(net, "receive buffer full");
	sk->sk_drops++;
	UDP_INC_STATS(net, RCVBUFERRORS, lite);
	UDP_INC_STATS(net, INERRORS, lite);
	kfree_skb_at(skb, SKB_DROP_REASON_SOCKET_RCVBUFF, "__udp_queue_rcv_skb");
	return -1;
}

/* Charge and queue; takes skb. -1: dropped. */
static inline int __udp_queue_rcv_skb(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *kept;

	if (udp_rcvbuf_full(sk, skb->truesize))
		return udp_queue_drop(sk, skb);
	kept = skb_keep(skb);
	if (__builtin_expect(!kept, 0))
		return udp_queue_drop(sk, skb);
	sk->sk_rmem_alloc += kept->truesize;
	kept->queued.dropcount = sk->sk_flags & SOCK_RXQ_OVFL ? sk->sk_drops : 0;
	kept->queued.tstamp_ns = sk->sk_net->now_ns;
	__skb_queue_tail(&sk->sk_receive_queue, kept);
	return 0;
}

static void udp_csum_error(struct sock *sk, struct sk_buff *skb)
{
	struct ref *net = sk->sk_net;
	bool lite = sk_is_udplite(sk);

	sk->sk_drops++;
	UDP_INC_STATS(net, INCSUMERRORS, lite);
	UDP_INC_STATS(net, INERRORS, lite);
	kfree_skb_at(skb, SKB_DROP_REASON_UDP_CSUM, "udp_queue_rcv_one_skb");
}

/* The receiver wants more of the datagram covered than it is. */
static bool udplite_cov_refused(const struct sock *sk, const struct sk_buff *skb)
{
	if (!(sk->udp_flags & UDP_FLAGS_UDPLITE_RECV_CC) || !skb->partial_cov)
		return false;
	return sk->pcrlen == 0 || skb->cscov < sk->pcrlen;
}

/* To a tunnel's socket. Mirrors: the encapsulation part of udp_queue_rcv_one_skb(). */
static int udp_encap_rcv(struct sock *sk, struct sk_buff *skb)
{
	int ret;

	if (udp_lib_checksum_complete(skb)) {
		udp_csum_error(sk, skb);
		return 0;
	}
	ret = sk->encap_rcv(sk, skb);
	if (ret < 0)
		REF_SAY(sk->sk_net, "a tunnel's header is off");
	if (ret <= 0)
		UDP_INC_STATS(sk->sk_net, INDATAGRAMS, sk_is_udplite(sk));
	return ret;
}

static int udplite_drop_cov(struct sock *sk, struct sk_buff *skb)
{
	REF_SAY(sk->sk_net, "UDP-Lite coverage too small for the socket");
	UDP_INC_STATS(sk->sk_net, INERRORS, true);
	sk->sk_drops++;
	kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, "udp_queue_rcv_one_skb");
	return 0;
}

/*
 * One datagram to one socket, data at the UDP header. Takes skb and returns 0, or leaves it and
 * returns -N: to be delivered as protocol N. Mirrors: udp_queue_rcv_one_skb().
 */
static inline int udp_queue_rcv_one_skb(struct sock *sk, struct sk_buff *skb)
{
	if (__builtin_expect(sk->encap_rcv != NULL, 0) && sk->encap_type) {
		int ret = udp_encap_rcv(sk, skb);

		if (ret <= 0)
			return ret;
	}
	if (__builtin_expect(skb->partial_cov, 0) && udplite_cov_refused(sk, skb))
		return udplite_drop_cov(sk, skb);
	skb_pull(skb, UDP_HLEN);
	ipv4_pktinfo_prepare(sk, skb);
	if (__udp_queue_rcv_skb(sk, skb) == 0)
		REF_SAY(sk->sk_net, "queued on the socket");
	return 0;
}

static int udp_queue_rcv_skb(struct sock *sk, struct sk_buff *skb)
{
	return udp_queue_rcv_one_skb(sk, skb);
}

/* A copy for every socket but the first, which gets skb itself, last. */
static int __udp4_lib_mcast_deliver(struct sk_buff *skb, struct udp_key *key,
				    const struct udp_table *table, bool lite)
{
	struct ref *net = skb->net;
	struct sock *first = NULL;

	key->dif = skb->dev->ifindex;
	for (struct sock *sk = table->hash[udp_hashfn(key->dport)].head; sk; sk = sk->port_next) {
		struct sk_buff *nskb;

		if (!__udp_is_mcast_sock(sk, key))
			continue;
		if (!first) {
			first = sk;
			continue;
		}
		nskb = skb_copy(skb);
		if (!nskb) {
			sk->sk_drops++;
			UDP_INC_STATS(net, RCVBUFERRORS, lite);
			UDP_INC_STATS(net, INERRORS, lite);
			continue;
		}
		if (udp_queue_rcv_skb(sk, nskb) < 0)
			consume_skb(nskb);
	}
	if (first) {
		if (udp_queue_rcv_skb(first, skb) < 0)
			consume_skb(skb);
		return 0;
	}
	REF_SAY(net, "nobody listens to this multicast or broadcast");
	UDP_INC_STATS(net, IGNOREDMULTI, lite);
	kfree_skb(skb);
	return 0;
}

static int udp_drop(struct sk_buff *skb, bool lite, enum skb_drop_reason reason)
{
	UDP_INC_STATS(skb->net, INERRORS, lite);
	kfree_skb_at(skb, reason, "__udp4_lib_rcv");
	return 0;
}

static int udp_drop_csum(struct sk_buff *skb, bool lite)
{
	UDP_INC_STATS(skb->net, INCSUMERRORS, lite);
	return udp_drop(skb, lite, SKB_DROP_REASON_UDP_CSUM);
}

static int udp_no_sk(struct sk_buff *skb, bool lite)
{
	if (udp_lib_checksum_complete(skb))
		return udp_drop_csum(skb, lite);
	REF_SAY(skb->net, "no socket: port unreachable");
	UDP_INC_STATS(skb->net, NOPORTS, lite);
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	kfree_skb_at(skb, SKB_DROP_REASON_NO_SOCKET, "__udp4_lib_rcv");
	return 0;
}

/* Every case of the lookup. */
static int udp_rcv_key(struct sk_buff *skb, struct udp_key *key, const struct udp_table *table,
		       bool lite)
{
	struct sock *sk;

	if (skb->rt.rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST))
		return __udp4_lib_mcast_deliver(skb, key, table, lite);
	sk = __udp4_lib_lookup(skb->net, key, table);
	return sk ? udp_queue_rcv_skb(sk, skb) : udp_no_sk(skb, lite);
}

static int udp_drop_short(struct sk_buff *skb, bool lite)
{
	if (skb->len < UDP_HLEN)
		return udp_drop(skb, lite, SKB_DROP_REASON_NOT_SPECIFIED);
	REF_SAY(skb->net, "the length field is beyond the packet, or too small");
	return udp_drop(skb, lite, SKB_DROP_REASON_PKT_TOO_SMALL);
}

/* The socket that early demux found keeps the route for the next datagram. */
static int udp_rcv_demuxed(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	skb->sk = NULL;
	sk->sk_rx_dst = skb->rt;
	sk->sk_rx_dst_genid = skb->net->fib.genid;
	sk->rx_dst_set = true;
	return udp_queue_rcv_skb(sk, skb);
}

/* One socket with one address and port, and nothing else to match by: the usual case. */
static inline struct sock *udp_only_sock(const struct udp_hslot *slot, uint32_t laddr,
					 uint16_t dport)
{
	struct sock *sk = slot->head;

	return sk && !sk->addr_next && sk->inet_rcv_saddr == laddr && sk->inet_num == dport &&
			       !(sk->inet_daddr | sk->inet_dport | (uint32_t)sk->sk_bound_dev_if |
				 (sk->sk_flags & SOCK_REUSEPORT))
		       ? sk
		       : NULL;
}

/* Lengths and checksum are fine as far as they are looked at now: find the socket. */
static inline int udp_rcv_any(struct sk_buff *skb, const struct udp_table *table, bool lite)
{
	const uint8_t *uh = skb->data, *iph = skb_network_header(skb);
	const struct udp_hslot *slot;
	struct udp_key key;
	struct sock *sk;

	if (__builtin_expect(skb->sk != NULL, 0))
		return udp_rcv_demuxed(skb);
	key.daddr = iph_daddr(iph);
	key.dport = wire_get16(uh + 2);
	if (__builtin_expect((skb->rt.rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) == 0, 1)) {
		slot = &table->hash2[ipv4_portaddr_hash(key.daddr, key.dport)];
		sk = udp_only_sock(slot, key.daddr, key.dport);
		if (__builtin_expect(sk != NULL, 1))
			return udp_queue_rcv_one_skb(sk, skb);
	}
	key.saddr = iph_saddr(iph);
	key.sport = wire_get16(uh);
	key.dif = inet_iif(skb);
	return udp_rcv_key(skb, &key, table, lite);
}

/* skb->data is at the UDP header. Takes skb and returns 0, or -N: deliver again as protocol N. */
int udp_rcv(struct sk_buff *skb)
{
	const uint8_t *uh = skb->data;
	uint16_t ulen;

	if (__builtin_expect(skb->len < UDP_HLEN, 0))
		return udp_drop_short(skb, false);
	ulen = wire_get16(uh + 4);
	if (__builtin_expect(ulen > skb->len || ulen < UDP_HLEN, 0))
		return udp_drop_short(skb, false);
	skb->len = ulen;
	if (__builtin_expect(udp4_csum_init(skb, uh), 0))
		return udp_drop_csum(skb, false);
	return udp_rcv_any(skb, &skb->net->sock.udp_table, false);
}

/* As udp_rcv(), but that the length field is how much the checksum covers. */
int udplite_rcv(struct sk_buff *skb)
{
	const uint8_t *uh = skb->data;

	if (skb->len < UDP_HLEN || wire_get16(uh + 4) > skb->len)
		return udp_drop_short(skb, true);
	if (udplite_csum_init(skb, uh))
		return udp_drop_csum(skb, true);
	return udp_rcv_any(skb, &skb->net->sock.udplite_table, true);
}
