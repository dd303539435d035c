/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * UDP sockets towards the program: reading, options. What arrives is udp_rcv.c, whose it is
 * udp_lookup.c, errors udp_err.c. UDP-Lite shares all of it. Mirrors: net/ipv4/udp.c.
 *
 * Left out: GRO (no two datagrams are ever joined, so UDP_GRO only changes getsockopt), ESP in UDP
 * (UDP_ENCAP_ESPINUDP is refused as by a kernel without IPsec), sending (UDP_CORK is only kept).
 */
#include <errno.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/udp_queue.h"

/* The first packet, whole, taken off the queue; NULL: none. Mirrors: __skb_recv_udp(). */
static inline struct sk_buff *udp_take(struct sock *sk)
{
	struct sk_buff *skb = sk->sk_receive_queue.head;

	if (!skb)
		return NULL;
	udp_take_first(sk, skb);
	skb_flesh_out(sk->sk_net, skb);
	return skb;
}

/* The packet at a peek offset, which becomes the offset within it; NULL: none so far. */
static struct sk_buff *udp_peek_at(struct sock *sk, uint32_t *off)
{
	uint32_t left = *off, nr = 0;

	for (struct sk_buff *skb = sk->sk_receive_queue.head; skb; skb = skb->next) {
		if (nr++ == sk->reader_nr)
			sk->reader_nr = sk->sk_receive_queue.qlen;
		if (left >= skb->len && (left || skb->peeked)) {
			left -= (uint32_t)skb->len;
			continue;
		}
		if (!skb->len)
			skb->peeked = true;
		*off = left;
		return skb;
	}
	return NULL;
}

/* A packet whose checksum does not hold, off the queue already; the read goes on with the next. */
static void udp_csum_copy_err(struct sock *sk, struct sk_buff *skb)
{
	struct ref *net = sk->sk_net;
	bool lite = sk_is_udplite(sk);

	REF_SAY(net, "checksum found wrong while reading");
	sk->sk_drops++;
	UDP_INC_STATS(net, INCSUMERRORS, lite);
	UDP_INC_STATS(net, INERRORS, lite);
	kfree_skb_at(skb,
		     ref_since(net, DIFF_UDP_CSUM_AT_READ) ? SKB_DROP_REASON_UDP_CSUM
							   : SKB_DROP_REASON_NOT_SPECIFIED,
		     "udp_recvmsg");
}

/*
 * Verify a datagram that was too long for that on arrival. What was found is kept (IP_CHECKSUM
 * shows the sum) only if it was not found while copying, nor of a packet that stays on the queue.
 */
static bool udp_csum_bad(struct sk_buff *skb, bool keep_sum)
{
	bool bad = udp_lib_checksum_complete(skb);

	if (!keep_sum) {
		skb->ip_summed = CHECKSUM_NONE;
		skb->csum_valid = false;
	}
	return bad;
}

/* The packet to look at, which stays; *off: where in it. NULL: none. */
static struct sk_buff *udp_peek(struct sock *sk, uint32_t *off)
{
	for (;;) {
		struct sk_buff *skb = sk->sk_receive_queue.head;

		*off = 0;
		if (skb && !sk->reader_nr)
			sk->reader_nr = sk->sk_receive_queue.qlen;
		if (sk->sk_peek_off >= 0) {
			*off = (uint32_t)sk->sk_peek_off;
			skb = udp_peek_at(sk, off);
		} else if (skb && !skb->len) {
			skb->peeked = true;
		}
		if (!skb)
			return NULL;
		skb_flesh_out(sk->sk_net, skb);
		if (skb->csum_valid || !udp_csum_bad(skb, false))
			return skb;
		__skb_unlink(&sk->sk_receive_queue, skb);
		sk->reader_nr--;
		udp_rmem_release(sk, skb->truesize);
		udp_csum_copy_err(sk, skb);
	}
}

/* Only octets that peek offsets speak of move them. Mirrors: sk_peek_offset_bwd(). */
static void sk_peek_offset_bwd(struct sock *sk, int64_t val)
{
	int64_t off = sk->sk_peek_off - val;

	if (sk->sk_peek_off >= 0)
		sk->sk_peek_off = (int32_t)(off < 0 ? 0 : off);
}

/* What a read gives of skb, from off on. Returns the octets copied, or all with MSG_TRUNC. */
static inline long udp_give(struct sock *sk, struct ref_msg *msg, uint32_t flags,
			    const struct sk_buff *skb, uint32_t off)
{
	const uint8_t *iph = skb_network_header(skb);
	size_t copied = msg->buf_len, len = skb->len;

	if (__builtin_expect(copied > len - off, 1))
		copied = len - off;
	else if (copied < len)
		msg->flags = REF_MSG_TRUNC;
	memcpy(msg->buf, skb->data + off, copied);
	sock_recv_cmsgs(msg, sk, skb);
	msg->name.addr = iph_saddr(iph);
	msg->name.port = wire_get16(skb_transport_header(skb));
	msg->name.given = true;
	if (sk->inet_flags & IP_CMSG_ALL)
		ip_cmsg_recv_offset(msg, sk, skb, UDP_HLEN, off);
	return (long)(flags & REF_MSG_TRUNC ? len : copied);
}

static long udp_peekmsg(struct sock *sk, struct ref_msg *msg, uint32_t flags)
{
	uint32_t off;
	const struct sk_buff *skb = udp_peek(sk, &off);
	long ret;

	if (!skb)
		return -EAGAIN;
	ret = udp_give(sk, msg, flags, skb, off);
	sk_peek_offset_bwd(sk, -ret);
	return ret;
}

long udp_recvmsg_any(struct sock *sk, struct ref_msg *msg, uint32_t flags)
{
	struct sk_buff *skb;
	long ret;

	if (flags & REF_MSG_ERRQUEUE)
		return ip_recv_error(sk, msg);
	if (sk->sk_err)
		return sock_error(sk);
	if (flags & REF_MSG_PEEK)
		return udp_peekmsg(sk, msg, flags);
	for (;;) {
		skb = udp_take(sk);
		if (!skb)
			return -EAGAIN;
		if (skb->csum_valid || !udp_csum_bad(skb, msg->buf_len < skb->len))
			break;
		udp_csum_copy_err(sk, skb);
	}
	ret = udp_give(sk, msg, flags, skb, 0);
	if (sk->sk_peek_off >= 0)
		sk_peek_offset_bwd(sk, ret);
	UDP_INC_STATS(sk->sk_net, INDATAGRAMS, sk_is_udplite(sk));
	__consume_stateless_skb(skb);
	return ret;
}

/* ---- options ---- */

static void udp_assign_flag(struct sock *sk, uint8_t flag, bool on)
{
	sk->udp_flags = (uint8_t)(on ? sk->udp_flags | flag : sk->udp_flags & ~flag);
}

/* A coverage below the header counts as the header. */
static uint16_t udplite_cov(int32_t val)
{
	if (val != 0 && val < UDP_HLEN)
		return UDP_HLEN;
	return (uint16_t)(val > 0xffff ? 0xffff : val);
}

static int udp_lib_setsockopt(struct sock *sk, int name, const void *opt, size_t len)
{
	int32_t val;

	if (len < sizeof(val))
		return -EINVAL;
	memcpy(&val, opt, sizeof(val));
	switch (name) {
	case REF_UDP_CORK:
		udp_assign_flag(sk, UDP_FLAGS_CORK, val != 0);
		if (!val)
			udp_push_pending_frames(sk);
		return 0;
	case REF_UDP_ENCAP:
		if (val != 0 && val != REF_UDP_ENCAP_L2TPINUDP)
			return -ENOPROTOOPT;
		sk->encap_type = (uint8_t)val;
		return 0;
	case REF_UDP_NO_CHECK6_TX:
		udp_assign_flag(sk, UDP_FLAGS_NO_CHECK6_TX, val != 0);
		return 0;
	case REF_UDP_NO_CHECK6_RX:
		udp_assign_flag(sk, UDP_FLAGS_NO_CHECK6_RX, val != 0);
		return 0;
	case REF_UDP_SEGMENT:
		if (val < 0 || val > 0xffff)
			return -EINVAL;
		sk->gso_size = (uint16_t)val;
		return 0;
	case REF_UDP_GRO:
		udp_assign_flag(sk, UDP_FLAGS_GRO_ENABLED, val != 0);
		return 0;
	case REF_UDPLITE_SEND_CSCOV:
		if (!sk_is_udplite(sk))
			return -ENOPROTOOPT;
		sk->pcslen = udplite_cov(val);
		udp_assign_flag(sk, UDP_FLAGS_UDPLITE_SEND_CC, true);
		return 0;
	case REF_UDPLITE_RECV_CSCOV:
		if (!sk_is_udplite(sk))
			return -ENOPROTOOPT;
		sk->pcrlen = udplite_cov(val);
		udp_assign_flag(sk, UDP_FLAGS_UDPLITE_RECV_CC, true);
		return 0;
	}
	return -ENOPROTOOPT;
}

static int udp_setsockopt(struct sock *sk, int level, int name, const void *val, size_t len)
{
	if (level == REF_SOL_UDP || level == REF_SOL_UDPLITE)
		return udp_lib_setsockopt(sk, name, val, len);
	return ip_setsockopt(sk, level, name, val, len);
}

static int udp_lib_getsockopt(const struct sock *sk, int name, void *opt, size_t *len)
{
	int32_t val;

	switch (name) {
	case REF_UDP_CORK:
		val = (sk->udp_flags & UDP_FLAGS_CORK) != 0;
		break;
	case REF_UDP_ENCAP:
		val = sk->encap_type;
		break;
	case REF_UDP_NO_CHECK6_TX:
		val = (sk->udp_flags & UDP_FLAGS_NO_CHECK6_TX) != 0;
		break;
	case REF_UDP_NO_CHECK6_RX:
		val = (sk->udp_flags & UDP_FLAGS_NO_CHECK6_RX) != 0;
		break;
	case REF_UDP_SEGMENT:
		val = sk->gso_size;
		break;
	case REF_UDP_GRO:
		val = (sk->udp_flags & UDP_FLAGS_GRO_ENABLED) != 0;
		break;
	case REF_UDPLITE_SEND_CSCOV:
		val = sk->pcslen;
		break;
	case REF_UDPLITE_RECV_CSCOV:
		val = sk->pcrlen;
		break;
	default:
		return -ENOPROTOOPT;
	}
	return sk_opt_put(opt, len, &val, sizeof(val));
}

static int udp_getsockopt(struct sock *sk, int level, int name, void *val, size_t *len)
{
	if (level == REF_SOL_UDP || level == REF_SOL_UDPLITE)
		return udp_lib_getsockopt(sk, name, val, len);
	return ip_getsockopt(sk, level, name, val, len);
}

/* Mirrors: udp_destroy_sock(). */
static void udp_destroy_sock(struct sock *sk)
{
	if (sk->encap_type && sk->encap_destroy)
		sk->encap_destroy(sk);
}

/* The length of the next datagram; bad ones before it go. Mirrors: first_packet_length(). */
static int udp_ioctl(struct sock *sk, uint32_t request, int32_t *ret_value)
{
	struct sk_buff *skb;

	if (request != REF_SIOCINQ)
		return sk_ioctl_outq(sk, request, ret_value);
	*ret_value = 0;
	while ((skb = sk->sk_receive_queue.head) != NULL) {
		if (!sk->reader_nr)
			sk->reader_nr = sk->sk_receive_queue.qlen;
		skb_flesh_out(sk->sk_net, skb);
		if (skb->csum_valid || !udp_csum_bad(skb, false)) {
			*ret_value = (int32_t)skb->len;
			return 0;
		}
		__skb_unlink(&sk->sk_receive_queue, skb);
		sk->reader_nr--;
		udp_rmem_release(sk, skb->truesize);
		udp_csum_copy_err(sk, skb);
	}
	return 0;
}

const struct proto udp_prot = {
	.name = "UDP",
	.destroy = udp_destroy_sock,
	.get_port = udp_lib_get_port,
	.unhash = udp_lib_unhash,
	.rehash = udp_v4_rehash,
	.setsockopt = udp_setsockopt,
	.getsockopt = udp_getsockopt,
	.ioctl = udp_ioctl,
	.sendmsg = udp_sendmsg,
	.recvmsg = udp_recvmsg,
	.peek_off = true,
};

const struct proto udplite_prot = {
	.name = "UDP-Lite",
	.destroy = udp_destroy_sock,
	.get_port = udp_lib_get_port,
	.unhash = udp_lib_unhash,
	.rehash = udp_v4_rehash,
	.setsockopt = udp_setsockopt,
	.getsockopt = udp_getsockopt,
	.ioctl = udp_ioctl,
	.sendmsg = udp_sendmsg,
	.recvmsg = udp_recvmsg,
	.peek_off = true,
};
