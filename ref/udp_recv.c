/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Reading the usual datagram: the next one of the queue, all of it, sound, from a socket without
 * anything special to it. Its octets are copied out, or lent as they stand. All else goes to
 * udp_recvmsg_any() (udp.c), which alone decides. Mirrors: udp_recvmsg(), net/ipv4/udp.c.
 */
#include <errno.h>
#include <string.h>

#include "ref/compiler.h"
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/udp_queue.h"
#include "ref/wire/csum_inline.h"

/* The sum of a queued datagram without IP options: the addresses stand right before it. */
REF_INLINE bool udp_sum_holds(const struct sk_buff *skb, bool is_short)
{
	const uint8_t *uh = skb->data - UDP_HLEN;
	uint64_t pseudo = wire_raw16(uh + 4) + csum_be16(REF_IPPROTO_UDP);
	size_t len = 8 + UDP_HLEN + skb->len;

	return csum_holds(is_short ? csum_ones_below_256(uh - 8, len, pseudo)
				   : csum_ones(uh - 8, len, pseudo));
}

/* Is there nothing more to a datagram, wherever it came along, than to a lean one? */
static inline bool udp_is_plain(const struct sk_buff *skb)
{
	return skb->lean || (skb->transport_header == skb->network_header + 20u && !skb->frag_list);
}

/* Is reading from sk more than taking the next datagram? */
REF_INLINE bool udp_is_special(const struct sock *sk)
{
	return ((uint32_t)sk->sk_err | sk->read_special) != 0;
}

/* Take skb off, say whose it was: what follows is to free it. */
REF_INLINE long udp_take_plain(struct sock *sk, struct sk_buff *skb, struct ref_msg *msg)
{
	const uint8_t *uh = skb->data - UDP_HLEN;
	struct ref *net = skb->net;

	udp_take_first(sk, skb);
	msg->name.addr = wire_get32(uh - 8);
	msg->name.port = wire_get16(uh);
	msg->name.given = true;
	IP_INC_STATS(net, UDP_INDATAGRAMS);
	return (long)skb->len;
}

REF_HOT long udp_recvmsg(struct sock *sk, struct ref_msg *msg, uint32_t flags)
{
	struct sk_buff *skb = sk->sk_receive_queue.head;
	long len;

	if (unlikely(flags || udp_is_special(sk) || !skb || msg->buf_len < skb->len ||
		     !udp_is_plain(skb) || (!skb->csum_valid && !udp_sum_holds(skb, false))))
		return udp_recvmsg_any(sk, msg, flags);
	len = udp_take_plain(sk, skb, msg);
	memcpy(msg->buf, skb->data, skb->len);
	if (sk->inet_flags & IP_CMSG_ALL) {
		skb_flesh_out(skb);
		ip_cmsg_recv_offset(msg, sk, skb, UDP_HLEN, 0);
	}
	consume_skb(skb);
	return len;
}

/* ---- without a copy ---- */

/* By way of the host's own buffer: any socket, and whatever is special about it. */
REF_NOINLINE static long recv_lend_any(struct ref *net, int fd, struct ref_msg *msg)
{
	msg->buf = net->lend_buf;
	msg->buf_len = REF_LEND_LEN;
	return ref_recvmsg(net, fd, msg, 0);
}

/*
 * Lend the next datagram, which came any way and is of any length: freed, its octets stay until
 * the next call. fd is sk's.
 */
REF_HOT REF_NOINLINE static long udp_lend(struct sock *sk, int fd, struct ref_msg *msg)
{
	struct sk_buff *skb = sk->sk_receive_queue.head;
	long len;

	if (unlikely(skb->transport_header != skb->network_header + 20u ||
		     (!skb->csum_valid && !udp_sum_holds(skb, false))))
		return recv_lend_any(sk->sk_net, fd, msg);
	obs_begin(sk->sk_net);
	msg->flags = 0;
	msg->control_len = 0;
	len = udp_take_plain(sk, skb, msg);
	msg->buf = skb->data;
	skb_flesh_out(skb);
	if (sk->inet_flags & IP_CMSG_ALL)
		ip_cmsg_recv_offset(msg, sk, skb, UDP_HLEN, 0);
	if (unlikely(skb->frag_list != NULL))
		skb_release_list(skb, ref_since(skb->net, DIFF_CONSUMED_LIST));
	arena_lend(&skb->net->arena, skb, SKB_STRUCT_LEN + skb->room);
	return len;
}

REF_HOT long ref_recv_lend(struct ref *net, int fd, struct ref_msg *msg)
{
	struct sk_buff *skb;
	struct sock *sk;
	long len;

	if (unlikely((unsigned int)fd >= (unsigned int)net->sock.sk_end))
		return recv_lend_any(net, fd, msg);
	sk = &net->sock.sk[fd];
	skb = sk->sk_receive_queue.head;
	if (unlikely(!skb || udp_is_special(sk)))
		return recv_lend_any(net, fd, msg);
	/* The usual one of these is done here. */
	if (!skb->lean || skb->len >= 128 || (sk->inet_flags & IP_CMSG_ALL) ||
	    unlikely(!skb->csum_valid && !udp_sum_holds(skb, true)))
		return udp_lend(sk, fd, msg);
	obs_begin(net);
	msg->flags = 0;
	msg->control_len = 0;
	len = udp_take_plain(sk, skb, msg);
	msg->buf = skb->data;
	arena_lend_class(&net->arena, skb, skb->arena_class, SKB_STRUCT_LEN + skb->room);
	return len;
}
