/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Control messages and the error queue. Order and layout are the 64-bit kernel's; octets of
 * padding are left as the caller had them, as the kernel leaves them. Mirrors: the first half of
 * net/ipv4/ip_sockglue.c, put_cmsg(), __sock_recv_cmsgs(), ip_icmp_error_rfc4884().
 */
#include <errno.h>
#include <string.h>

#include "ref/compiler.h"
#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/wire/csum.h"

void put_cmsg(struct ref_msg *msg, int level, int type, size_t len, const void *data)
{
	size_t room = msg->control_max - msg->control_len;
	uint8_t *pos = msg->control + msg->control_len;
	struct ref_cmsghdr h = { .len = REF_CMSG_LEN(len), .level = level, .type = type };
	size_t space = REF_CMSG_SPACE(len);

	if (!msg->control || room < sizeof(h)) {
		msg->flags |= REF_MSG_CTRUNC;
		return;
	}
	if (__builtin_expect(room < h.len, 0)) {
		msg->flags |= REF_MSG_CTRUNC;
		h.len = room;
	}
	memcpy(pos, &h, sizeof(h));
	memcpy(pos + sizeof(h), data, h.len - sizeof(h));
	msg->control_len += space < room ? space : room;
}

/* Time stamps are the host's own, taken on arrival or, failing that, now. */
void __sock_recv_timestamp(struct ref_msg *msg, struct sock *sk, const struct sk_buff *skb)
{
	bool ns = (sk->sk_flags & SOCK_RCVTSTAMPNS) != 0;
	uint64_t t = skb->queued.tstamp_ns ? skb->queued.tstamp_ns : sk->sk_net->now_ns;
	int64_t tv[2] = {
		(int64_t)(t / 1000000000u),
		(int64_t)(t % 1000000000u / (ns ? 1 : 1000)),
	};

	put_cmsg(msg, REF_SOL_SOCKET, ns ? REF_SO_TIMESTAMPNS : REF_SO_TIMESTAMP, sizeof(tv), tv);
}

void __sock_recv_cmsgs(struct ref_msg *msg, struct sock *sk, const struct sk_buff *skb)
{
	sock_recv_timestamp(msg, sk, skb);
	if ((sk->sk_flags & SOCK_RXQ_OVFL) && skb->queued.dropcount)
		put_cmsg(msg, REF_SOL_SOCKET, REF_SO_RXQ_OVFL, sizeof(uint32_t),
			 &skb->queued.dropcount);
	if (sk->sk_flags & SOCK_RCVMARK)
		put_cmsg(msg, REF_SOL_SOCKET, REF_SO_MARK, sizeof(uint32_t), &skb->mark);
}

/* ---- SOL_IP ---- */

void __ipv4_pktinfo_prepare(struct sk_buff *skb)
{
	uint32_t spec_dst = fib_compute_spec_dst(skb);

	/* By way of lo: the device that was asked for in sending. */
	if (skb->cb.iif == 1)
		skb->cb.iif = inet_iif(skb);
	skb->queued.spec_dst = spec_dst;
}

static void ip_cmsg_recv_pktinfo(struct ref_msg *msg, const struct sk_buff *skb, uint32_t spec_dst)
{
	struct ref_in_pktinfo info = { .ifindex = skb->cb.iif };

	wire_put32(info.spec_dst, spec_dst);
	memcpy(info.addr, skb_network_header(skb) + 16, sizeof(info.addr));
	put_cmsg(msg, REF_SOL_IP, REF_IP_PKTINFO, sizeof(info), &info);
}

static void ip_cmsg_recv_retopts(struct ref_msg *msg, const struct sk_buff *skb)
{
	struct ip_options opt;
	uint8_t data[REF_IPOPT_MAX];

	if (skb->cb.opt.optlen == 0)
		return;
	if (ip_options_echo(skb->net, &opt, data, skb)) {
		msg->flags |= REF_MSG_CTRUNC;
		return;
	}
	ip_options_undo(&opt, data);
	put_cmsg(msg, REF_SOL_IP, REF_IP_RETOPTS, opt.optlen, data);
}

/* Ports are looked for behind the header, whatever protocol it is. */
static void ip_cmsg_recv_dstaddr(struct ref_msg *msg, const struct sk_buff *skb)
{
	const uint8_t *ports = skb_transport_header(skb);
	struct ref_sockaddr_in sin = { .family = REF_AF_INET };

	if (skb->data + skb->len < ports + 4)
		return;
	memcpy(sin.addr, skb_network_header(skb) + 16, sizeof(sin.addr));
	memcpy(sin.port, ports + 2, sizeof(sin.port));
	put_cmsg(msg, REF_SOL_IP, REF_IP_ORIGDSTADDR, sizeof(sin), &sin);
}

/*
 * The kernel's 32-bit partial sum, as a program sees it: whole words of the machine, the last one
 * filled up with zeros.
 */
static uint32_t csum_partial32(const uint8_t *data, size_t len)
{
	uint64_t sum = 0;

	for (; len; data += 4) {
		size_t n = len < 4 ? len : 4;
		uint32_t word = 0;

		memcpy(&word, data, n);
		sum += word;
		len -= n;
	}
	sum = (sum & 0xffffffffu) + (sum >> 32);
	return (uint32_t)sum + (uint32_t)(sum >> 32);
}

static uint32_t csum_add32(uint32_t a, uint32_t b)
{
	uint32_t sum = a + b;

	return sum + (sum < b);
}

/* What a control message may be about. */
struct cmsg_source {
	const struct sk_buff *skb;
	uint32_t flags; /* IP_CMSG_*: what is wanted */
	uint32_t spec_dst;
	const uint8_t *summed; /* what a software checksum was taken of, up to the end */
	size_t tlen; /* transport header that was pulled off */
	size_t offset; /* where in the payload the read began */
};

/* Only packets that were summed in software have one: the sum of what is behind the header. */
static void ip_cmsg_recv_checksum(struct ref_msg *msg, const struct cmsg_source *from)
{
	const struct sk_buff *skb = from->skb;
	const uint8_t *payload = from->summed + from->tlen;
	size_t len = (size_t)(skb->data + skb->len - from->summed);
	uint32_t csum;

	if (skb->ip_summed != CHECKSUM_COMPLETE)
		return;
	csum = csum_add32(csum_partial32(from->summed, len),
			  ~csum_partial32(from->summed, from->tlen));
	if (from->offset)
		csum = csum_add32(csum, ~csum_partial32(payload, from->offset));
	put_cmsg(msg, REF_SOL_IP, REF_IP_CHECKSUM, sizeof(csum), &csum);
}

/* The rarely wanted ones. */
static void ip_cmsg_recv_rest(struct ref_msg *msg, const struct cmsg_source *from)
{
	const struct sk_buff *skb = from->skb;
	int32_t frag_size = skb->cb.frag_max_size;

	if ((from->flags & IP_CMSG_RECVOPTS) && skb->cb.opt.optlen)
		put_cmsg(msg, REF_SOL_IP, REF_IP_RECVOPTS, skb->cb.opt.optlen,
			 skb_network_header(skb) + 20);
	if (from->flags & IP_CMSG_RETOPTS)
		ip_cmsg_recv_retopts(msg, skb);
	if (from->flags & IP_CMSG_ORIGDSTADDR)
		ip_cmsg_recv_dstaddr(msg, skb);
	if (from->flags & IP_CMSG_CHECKSUM)
		ip_cmsg_recv_checksum(msg, from);
	if ((from->flags & IP_CMSG_RECVFRAGSIZE) && frag_size)
		put_cmsg(msg, REF_SOL_IP, REF_IP_RECVFRAGSIZE, sizeof(frag_size), &frag_size);
}

static void ip_cmsg_recv(struct ref_msg *msg, const struct cmsg_source *from)
{
	const uint8_t *iph = skb_network_header(from->skb);

	if (from->flags & IP_CMSG_PKTINFO)
		ip_cmsg_recv_pktinfo(msg, from->skb, from->spec_dst);
	if (from->flags & IP_CMSG_TTL) {
		int32_t ttl = iph_ttl(iph);

		put_cmsg(msg, REF_SOL_IP, REF_IP_TTL, sizeof(ttl), &ttl);
	}
	if (from->flags & IP_CMSG_TOS)
		put_cmsg(msg, REF_SOL_IP, REF_IP_TOS, 1, &iph_tos(iph));
	if (from->flags & ~(IP_CMSG_PKTINFO | IP_CMSG_TTL | IP_CMSG_TOS))
		ip_cmsg_recv_rest(msg, from);
}

/* A message of a fixed length at pos, its data behind the header. Returns where the next begins. */
static inline uint8_t *cmsg_put(uint8_t *pos, int type, const void *data, size_t len)
{
	const struct ref_cmsghdr h = { .len = REF_CMSG_LEN(len), .type = type };

	memcpy(pos, &h, sizeof(h));
	memcpy(pos + sizeof(h), data, len);
	return pos + REF_CMSG_SPACE(len);
}

#define CMSG_USUAL (IP_CMSG_PKTINFO | IP_CMSG_TTL | IP_CMSG_TOS | IP_CMSG_RECVOPTS)
#define CMSG_USUAL_LEN                                                                             \
	(REF_CMSG_SPACE(sizeof(struct ref_in_pktinfo)) + 2 * REF_CMSG_SPACE(sizeof(int32_t)))

/* What most programs ask for, of a packet without options, where there is room for all of it. */
static void ip_cmsg_recv_usual(struct ref_msg *msg, uint32_t flags, const struct sk_buff *skb)
{
	const uint8_t *iph = skb_network_header(skb);
	uint8_t *pos = msg->control;

	if (flags & IP_CMSG_PKTINFO) {
		struct ref_in_pktinfo info = { .ifindex = skb->cb.iif };

		wire_put32(info.spec_dst, skb->queued.spec_dst);
		memcpy(info.addr, iph + 16, sizeof(info.addr));
		pos = cmsg_put(pos, REF_IP_PKTINFO, &info, sizeof(info));
	}
	if (flags & IP_CMSG_TTL) {
		const int32_t ttl = iph_ttl(iph);

		pos = cmsg_put(pos, REF_IP_TTL, &ttl, sizeof(ttl));
	}
	if (flags & IP_CMSG_TOS)
		pos = cmsg_put(pos, REF_IP_TOS, &iph_tos(iph), 1);
	msg->control_len = (size_t)(pos - msg->control);
}

REF_HOT void ip_cmsg_recv_offset(struct ref_msg *msg, struct sock *sk, const struct sk_buff *skb,
				 size_t tlen, size_t offset)
{
	uint32_t flags = sk->inet_flags & IP_CMSG_ALL;
	struct cmsg_source from;

	if (likely(!(flags & ~CMSG_USUAL) && !msg->control_len && msg->control &&
		   msg->control_max >= CMSG_USUAL_LEN && !skb->cb.opt.optlen)) {
		ip_cmsg_recv_usual(msg, flags, skb);
		return;
	}
	from = (struct cmsg_source){
		.skb = skb,
		.flags = flags,
		.spec_dst = skb->queued.spec_dst,
		.summed = skb_transport_header(skb),
		.tlen = tlen,
		.offset = offset,
	};
	ip_cmsg_recv(msg, &from);
}

/* ---- the error queue ---- */

/* Are the extensions from ext to end sound? Another version's pass. */
static bool ip_icmp_error_rfc4884_validate(const uint8_t *ext, const uint8_t *end)
{
	if (ext[0] >> 4 != 2)
		return true;
	if (wire_get16(ext + 2) && csum_fold(csum_partial(ext, (size_t)(end - ext), 0)))
		return false;
	for (ext += 4; ext < end; ext += wire_get16(ext))
		if (end - ext < 4 || wire_get16(ext) < 4 || wire_get16(ext) > end - ext)
			return false;
	return true;
}

/*
 * Where the extensions of RFC 4884 begin, counted from the payload that the reader gets, and
 * whether they are sound. icmph..end: the message, whose octet 5 says where, in words.
 */
static void ip_icmp_error_rfc4884(struct sock_exterr *ee, const uint8_t *icmph, const uint8_t *end,
				  const uint8_t *payload)
{
	size_t off = (size_t)icmph[5] * 4;
	size_t hlen = (size_t)(payload - icmph) - ICMP_HLEN;

	if (off < 128 || off < hlen)
		return;
	off -= hlen;
	if (off + 4 > (size_t)(end - payload))
		return;
	ee->rfc4884_len = (uint16_t)off;
	ee->rfc4884_flags = !ip_icmp_error_rfc4884_validate(payload + off, end);
}

void ip_icmp_error(struct sock *sk, struct sk_buff *skb, int err, uint16_t port, uint32_t info,
		   const uint8_t *payload)
{
	const uint8_t *icmph = skb_transport_header(skb), *end = skb->data + skb->len;
	struct sock_exterr ee = {
		.ee_errno = (uint32_t)err,
		.ee_info = info,
		.ee_origin = REF_SO_EE_ORIGIN_ICMP,
		.ee_type = icmph[0],
		.ee_code = icmph[1],
		.port = port,
		.addr = iph_daddr(icmph + ICMP_HLEN),
	};
	struct sk_buff *copy = skb_copy(skb);

	if (!copy)
		return;
	if ((sk->inet_flags & INET_FLAGS_RECVERR_RFC4884) &&
	    (icmph[0] == ICMP_DEST_UNREACH || icmph[0] == ICMP_TIME_EXCEEDED ||
	     icmph[0] == ICMP_PARAMETERPROB))
		ip_icmp_error_rfc4884(&ee, icmph, end, payload);
	skb_pull(copy, (size_t)(payload - skb->data));
	skb_reset_transport_header(copy);
	copy->ext_err = ee;
	if (copy->ip_summed == CHECKSUM_NONE)
		copy->ip_summed = CHECKSUM_COMPLETE; /* by icmp_rcv(), and IP_CHECKSUM tells */
	if (sock_queue_err_skb(sk, copy)) {
		REF_SAY(sk->sk_net, "receive buffer full: the error is not queued");
		kfree_skb(copy);
	}
}

long ip_recv_error(struct sock *sk, struct ref_msg *msg)
{
	struct {
		struct ref_sock_extended_err ee;
		struct ref_sockaddr_in offender;
	} errhdr = { 0 };
	struct sk_buff *skb = sock_dequeue_err_skb(sk);
	const struct sock_exterr *serr;
	size_t copied = msg->buf_len;

	if (!skb)
		return -EAGAIN;
	serr = &skb->ext_err;
	if (skb->len > copied)
		msg->flags |= REF_MSG_TRUNC;
	else
		copied = skb->len;
	memcpy(msg->buf, skb->data, copied);
	msg->name = (struct ref_sockaddr){ serr->addr, serr->port, true };
	errhdr.ee = (struct ref_sock_extended_err){
		.ee_errno = serr->ee_errno,
		.origin = serr->ee_origin,
		.type = serr->ee_type,
		.code = serr->ee_code,
		.info = serr->ee_info,
		.data = serr->rfc4884_len | (uint32_t)serr->rfc4884_flags << 16,
	};
	if (serr->ee_origin == REF_SO_EE_ORIGIN_ICMP) {
		const uint8_t *iph = skb_network_header(skb);
		const struct cmsg_source from = {
			.skb = skb,
			.flags = sk->inet_flags & IP_CMSG_ALL,
			.spec_dst = skb->cb.opt.faddr,
			.summed = iph + iph_ihl(iph),
		};

		errhdr.offender.family = REF_AF_INET;
		memcpy(errhdr.offender.addr, iph + 12, 4);
		ip_cmsg_recv(msg, &from);
	}
	put_cmsg(msg, REF_SOL_IP, REF_IP_RECVERR, sizeof(errhdr), &errhdr);
	msg->flags |= REF_MSG_ERRQUEUE;
	consume_skb(skb);
	return (long)copied;
}
