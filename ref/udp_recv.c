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
static bool udp_sum_holds(const struct sk_buff *skb, const uint8_t *uh)
{
	uint64_t pseudo = wire_raw16(uh + 4) + csum_be16(REF_IPPROTO_UDP);

	if (wire_raw16(uh + 6) == 0 && skb->lean)
		return true;
	return csum_holds(csum_ones(uh - 8, 8 + UDP_HLEN + skb->len, pseudo));
}

/* The same of a short one with zeros behind it; also false if none was sent. */
REF_NOINLINE static bool udp_sum_holds_quick(const uint8_t *uh, size_t payload_len)
{
	uint64_t sum = wire_raw16(uh + 4) + csum_be16(REF_IPPROTO_UDP);
	const uint8_t *p = uh - 8;
	size_t len = 8 + UDP_HLEN + payload_len + 15;

	if (len & 128) {
		sum = csum_add_128(p, sum);
		p += 128;
	}
	if (len & 64) {
		sum = csum_add_64(p, sum);
		p += 64;
	}
	if (len & 32) {
		sum = csum_add_32(p, sum);
		p += 32;
	}
	if (len & 16)
		sum = csum_add_16(p, sum);
	return csum_holds(sum);
}

/* Is there nothing more to a datagram, wherever it came along, than to a lean one? */
static inline bool udp_is_plain(const struct sk_buff *skb)
{
	return skb->lean || (skb->transport_header == skb->network_header + 20u && !skb->frag_list);
}

static inline uint8_t *udp_header(const struct sk_buff *skb)
{
	return (skb->lean ? skb_lean_head(skb) : skb->head) + skb->transport_header;
}

/* Is reading from sk more than taking the next datagram? */
REF_INLINE bool udp_is_special(const struct sock *sk)
{
	return ((uint32_t)sk->sk_err | sk->read_special) != 0;
}

/* Take skb off, say whose it was: what follows is to free it. */
REF_INLINE long udp_take_plain(struct ref *net, struct sock *sk, struct sk_buff *skb,
			       const uint8_t *uh, struct ref_msg *msg)
{
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
	const uint8_t *uh;
	long len;

	if (unlikely((flags & ~(uint32_t)REF_MSG_DONTWAIT) || udp_is_special(sk) || !skb ||
		     msg->buf_len < skb->len || !udp_is_plain(skb)))
		return udp_recvmsg_any(sk, msg, flags);
	uh = udp_header(skb);
	if (!skb->csum_valid && unlikely(!udp_sum_holds(skb, uh)))
		return udp_recvmsg_any(sk, msg, flags);
	len = udp_take_plain(sk->sk_net, sk, skb, uh, msg);
	memcpy(msg->buf, uh + UDP_HLEN, skb->len);
	if (sk->inet_flags & IP_CMSG_ALL) {
		skb_flesh_out(sk->sk_net, skb);
		ip_cmsg_recv_offset(msg, sk, skb, UDP_HLEN, 0);
	}
	arena_free(&sk->sk_net->arena, skb, SKB_STRUCT_LEN + skb->room);
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

/* The next datagram, if it can be lent at all: freed, its octets stay until the next call. */
REF_HOT REF_NOINLINE static long udp_lend(struct ref *net, struct sock *sk, struct ref_msg *msg)
{
	struct sk_buff *skb = sk->sk_receive_queue.head;
	uint8_t *uh;
	long len;

	if (unlikely(!skb || udp_is_special(sk) ||
		     skb->transport_header != skb->network_header + 20u))
		return recv_lend_any(net, (int)(sk - net->sock.sk), msg);
	uh = udp_header(skb);
	if (!skb->csum_valid && unlikely(!udp_sum_holds(skb, uh)))
		return recv_lend_any(net, (int)(sk - net->sock.sk), msg);
	obs_begin(net);
	msg->flags = 0;
	msg->control_len = 0;
	len = udp_take_plain(net, sk, skb, uh, msg);
	msg->buf = uh + UDP_HLEN;
	skb_flesh_out(net, skb);
	if (sk->inet_flags & IP_CMSG_ALL)
		ip_cmsg_recv_offset(msg, sk, skb, UDP_HLEN, 0);
	if (unlikely(skb->frag_list != NULL))
		skb_release_list(skb, ref_since(net, DIFF_CONSUMED_LIST));
	arena_lend(&net->arena, skb, SKB_STRUCT_LEN + skb->room);
	return len;
}

/* The same of the usual datagram of a usual socket. */
REF_HOT REF_NOINLINE static long udp_lend_quick(struct ref *net, struct sock *sk,
						struct ref_msg *msg)
{
	struct sk_buff *skb = sk->sk_receive_queue.head;
	uint8_t *uh;
	long len;

	if (unlikely(!skb || ((uint32_t)sk->sk_err | sk->lend_special) != 0 ||
		     skb->lean != SKB_LEAN_QUICK))
		return udp_lend(net, sk, msg);
	uh = skb_lean_head(skb) + skb->transport_header;
	if (!skb->csum_valid && unlikely(!udp_sum_holds_quick(uh, skb->len)))
		return udp_lend(net, sk, msg);
	obs_begin(net);
	msg->flags = 0;
	msg->control_len = 0;
	len = udp_take_plain(net, sk, skb, uh, msg);
	msg->buf = uh + UDP_HLEN;
	arena_lend_class(&net->arena, skb, skb->arena_class, SKB_STRUCT_LEN + skb->room);
	return len;
}

REF_HOT long ref_recv_lend(struct ref *net, int fd, struct ref_msg *msg)
{
	if (unlikely((unsigned int)fd >= (unsigned int)net->sock.sk_end))
		return recv_lend_any(net, fd, msg);
	return udp_lend_quick(net, &net->sock.sk[fd], msg);
}
