/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A datagram is put together. Mirrors: ip_setup_cork(), __ip_append_data(), __ip_make_skb(),
 * ip_flush_pending_frames(), net/ipv4/ip_output.c; ip_local_error(), net/ipv4/ip_sockglue.c.
 */
#include <errno.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/ip_send.h"
#include "ref/net.h"
#include "ref/sock.h"

#define IPV4_MIN_MTU 68
#define IP_MAX_MTU   0xffffu
/* What fits lo, whose MTU is one octet more than a datagram can say of itself. */
#define CORK_MAX     0x10000u

bool ip_sk_ignore_df(const struct sock *sk)
{
	return sk->pmtudisc < REF_IP_PMTUDISC_DO || sk->pmtudisc == REF_IP_PMTUDISC_OMIT;
}

/* May this datagram not be cut, whatever its length? Mirrors: ip_dont_fragment(). */
static bool ip_dont_fragment(const struct sock *sk, const struct rtable *rt)
{
	return sk->pmtudisc == REF_IP_PMTUDISC_DO ||
	       (sk->pmtudisc == REF_IP_PMTUDISC_WANT && !rt->rt_mtu_locked);
}

uint8_t ip_select_ttl(const struct sock *sk)
{
	return (uint8_t)(sk->uc_ttl < 0 ? sk->sk_net->sysctl[SYSCTL_IP_DEFAULT_TTL] : sk->uc_ttl);
}

uint16_t ip_select_ident_sk(struct sock *sk, const struct sk_buff *skb)
{
	const uint8_t *iph = skb_network_header(skb);

	if (sk->inet_daddr) {
		if (!sk->inet_id)
			sk->inet_id = (uint16_t)ref_random(sk->sk_net);
		return ++sk->inet_id;
	}
	if ((iph_frag_off(iph) & IP_DF) && !skb->ignore_df)
		return 0;
	return ip_select_ident(sk->sk_net, iph);
}

/* The packet that the error queue shows is a header with the destination, and no more. */
void ip_local_error(struct sock *sk, int err, uint32_t daddr, uint16_t port, uint32_t info)
{
	struct sk_buff *skb;

	if (!(sk->inet_flags & INET_FLAGS_RECVERR))
		return;
	skb = alloc_skb(sk->sk_net, 0, 20);
	if (!skb)
		return;
	skb_reset_network_header(skb);
	memset(skb->data, 0, 20);
	wire_put32(skb->data + 16, daddr);
	skb_pull(skb, 20);
	skb_reset_transport_header(skb);
	skb->truesize = tx_truesize(sk->sk_net, 20);
	skb->ext_err = (struct sock_exterr){
		.ee_errno = (uint32_t)err,
		.ee_origin = REF_SO_EE_ORIGIN_LOCAL,
		.ee_info = info,
		.addr = daddr,
		.port = port,
	};
	if (sock_queue_err_skb(sk, skb))
		kfree_skb(skb);
}

int sock_may_send(struct sock *sk)
{
	int err = sock_error(sk);

	if (err)
		return err;
	return sk->sk_shutdown & SEND_SHUTDOWN ? -EPIPE : 0;
}

int ip_setup_cork(struct sock *sk, struct inet_cork *cork, const struct ipcm_cookie *ipc,
		  const struct rtable *rt, const struct flowi4 *fl4)
{
	*cork = (struct inet_cork){
		.rt = *rt,
		.fl4 = *fl4,
		.addr = ipc->addr,
		.fragsize = sk->pmtudisc < REF_IP_PMTUDISC_PROBE ? ip_dst_mtu(sk->sk_net, rt, false)
								 : rt->dev->mtu,
		.mark = ipc->mark,
		.tos = ipc->tos,
		.ttl = ipc->ttl,
		.gso_size = ipc->gso_size,
	};
	if (ipc->has_opt) {
		cork->opt = ipc->opt;
		memcpy(cork->opt_data, ipc->opt_data, sizeof(cork->opt_data));
	}
	if (cork->fragsize < IPV4_MIN_MTU) {
		REF_SAY(sk->sk_net, "device MTU below 68");
		return -ENETUNREACH;
	}
	return 0;
}

/* How many buffers the kernel holds for `total` octets. */
static size_t cork_pieces(const struct inet_cork *cork, size_t total)
{
	size_t hlen = 20 + cork->opt.optlen;
	uint32_t mtu = cork->gso_size ? IP_MAX_MTU : cork->fragsize;
	size_t data = (mtu - hlen) & ~(size_t)7;

	if (hlen + total <= mtu || !data)
		return 1;
	return 1 + (total - (mtu - hlen) + data - 1) / data;
}

/*
 * Is there room for the buffers of `total` octets? Each but the first is refused when what is
 * there exceeds twice the send buffer; those before it stay until the datagram is thrown away.
 */
static bool charge_fragments(const struct sock *sk, struct inet_cork *cork, size_t total)
{
	size_t hlen = 20 + cork->opt.optlen;
	uint32_t mtu = cork->gso_size ? IP_MAX_MTU : cork->fragsize;
	uint32_t each = tx_truesize(sk->sk_net, hlen + ((mtu - hlen) & ~(size_t)7));
	size_t fit = 2 * (size_t)sk->sk_sndbuf / each + 1;

	cork->pieces = cork_pieces(cork, total);
	if (cork->pieces <= fit)
		return true;
	cork->pieces = fit;
	return false;
}

static int discarded(struct ref *net, int err)
{
	IP_INC_STATS(net, IP_OUTDISCARDS);
	return err;
}

/* The buffer of a datagram: as large as it will be, or as it can be. 0 or -errno. */
static int cork_buffer(struct sock *sk, struct inet_cork *cork, size_t len, size_t transhdrlen,
		       bool more)
{
	size_t hlen = 20 + cork->opt.optlen;
	int err = transhdrlen ? sock_may_send(sk) : 0;

	if (err)
		return discarded(sk->sk_net, err);
	cork->skb = alloc_skb(sk->sk_net, LL_RESERVED_SPACE, more ? CORK_MAX : hlen + len);
	if (!cork->skb)
		return discarded(sk->sk_net, -ENOBUFS);
	skb_reset_network_header(cork->skb);
	cork->skb->transport_header = (uint16_t)(cork->skb->network_header + hlen);
	cork->skb->len = hlen + transhdrlen;
	cork->length = transhdrlen;
	return 0;
}

int ip_append_data(struct sock *sk, struct inet_cork *cork, const uint8_t *data, size_t len,
		   size_t transhdrlen, bool more)
{
	struct ref *net = sk->sk_net;
	size_t hlen = 20 + cork->opt.optlen, add = len + (cork->skb ? 0 : transhdrlen);
	uint32_t mtu = cork->gso_size ? IP_MAX_MTU : cork->fragsize;
	uint32_t max = ip_sk_ignore_df(sk) ? IP_MAX_MTU : mtu;
	int err;

	if (cork->length + add > max - hlen) {
		REF_SAY(net, "longer than a datagram may be here");
		ip_local_error(sk, EMSGSIZE, cork->fl4.daddr, sk->inet_dport,
			       mtu - cork->opt.optlen);
		return -EMSGSIZE;
	}
	if (!cork->skb) {
		err = cork_buffer(sk, cork, add, transhdrlen, more);
		if (err)
			return err;
	}
	if (!charge_fragments(sk, cork, cork->length + len)) {
		REF_SAY(net, "no room in the send buffer");
		return discarded(net, -ENOBUFS);
	}
	if (len)
		memcpy(skb_network_header(cork->skb) + hlen + cork->length, data, len);
	cork->length += len;
	cork->skb->len = hlen + cork->length;
	return 0;
}

void ip_cork_flush(struct inet_cork *cork)
{
	struct sk_buff *skb = cork->skb;

	if (skb) {
		for (size_t i = cork->pieces; i > 1; i--)
			obs_drop(skb->net, 0, SKB_DROP_REASON_NOT_SPECIFIED,
				 "__ip_flush_pending_frames");
		kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, "__ip_flush_pending_frames");
	}
	cork->skb = NULL;
	cork->length = 0;
}

static uint8_t cork_ttl(const struct sock *sk, const struct inet_cork *cork)
{
	if (cork->ttl)
		return cork->ttl;
	if (cork->rt.rt_type == REF_RTN_MULTICAST)
		return (uint8_t)sk->mc_ttl;
	return ip_select_ttl(sk);
}

struct sk_buff *ip_cork_finish(struct sock *sk, struct inet_cork *cork)
{
	struct sk_buff *skb = cork->skb;
	bool df;
	uint8_t *iph;

	cork->skb = NULL;
	cork->length = 0;
	if (!skb)
		return NULL;
	skb->truesize = tx_truesize(sk->sk_net, skb->len);
	skb->rt = cork->rt;
	skb->dst_set = true;
	skb->mark = cork->mark;
	skb->ignore_df = ip_sk_ignore_df(sk);
	if (!(sk->inet_flags & INET_FLAGS_MC_LOOP))
		IPCB(skb)->flags |= IPSKB_NO_MC_LOOP;
	if (sk->pmtudisc >= REF_IP_PMTUDISC_PROBE)
		IPCB(skb)->flags |= IPSKB_DEV_MTU;
	df = sk->pmtudisc == REF_IP_PMTUDISC_DO || sk->pmtudisc == REF_IP_PMTUDISC_PROBE ||
	     (skb->len <= ip_dst_mtu(sk->sk_net, &cork->rt, false) &&
	      ip_dont_fragment(sk, &cork->rt));
	iph = skb_network_header(skb);
	iph[0] = 0x45;
	iph[1] = cork->tos < 0 ? sk->tos : (uint8_t)cork->tos;
	wire_put16(iph + 6, df ? IP_DF : 0);
	iph[8] = cork_ttl(sk, cork);
	iph[9] = (uint8_t)sk->sk_protocol;
	wire_put32(iph + 12, cork->fl4.saddr);
	wire_put32(iph + 16, cork->fl4.daddr);
	wire_put16(iph + 4, ip_select_ident_sk(sk, skb));
	if (cork->opt.optlen) {
		iph[0] = (uint8_t)(iph[0] + cork->opt.optlen / 4);
		ip_options_build(skb, &cork->opt, cork->opt_data, cork->addr, &cork->rt);
	}
	return skb;
}
