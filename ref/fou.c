/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Foo over UDP, and Generic UDP Encapsulation of versions 0 and 1: what comes in at a port goes on
 * as another protocol. Mirrors: net/ipv4/fou_core.c, include/net/gue.h.
 */
#include <errno.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"
#include "ref/tunnel.h"
#include "ref/wire/csum.h"

#define GUE_HLEN	  4u
#define GUE_FLAG_PRIV	  0x0001u
#define GUE_PFLAG_REMCSUM 0x80000000u
#define GUE_LEN_PRIV	  4u
#define GUE_PLEN_REMCSUM  4u

static const struct ref_word protocols[] = {
	{ "icmp", 1 },	{ "ipencap", 4 }, { "tcp", 6 },	      { "udp", 17 },
	{ "ipv6", 41 }, { "gre", 47 },	  { "udplite", 136 }, { NULL, 0 },
};

static const struct ref_opt opts[] = {
	{ .word = "port", .type = REF_OPT_NUMBER, .param = REF_P_PORT, .max = 65535 },
	{ .word = "ipproto",
	  .type = REF_OPT_NUMBER,
	  .param = REF_P_PROTOCOL,
	  .max = 255,
	  .names = protocols },
	{ .word = "gue", .type = REF_OPT_SET, .param = REF_P_GUE, .min = 1 },
	{ .word = "local", .type = REF_OPT_ADDR, .param = REF_P_LOCAL },
	{ .word = "peer", .type = REF_OPT_ADDR, .param = REF_P_REMOTE },
	{ .word = "peer_port", .type = REF_OPT_NUMBER, .param = REF_P_PEER_PORT, .max = 65535 },
	{ .word = "dev", .type = REF_OPT_DEV, .param = REF_P_LINK },
};

/* n octets off the front, and off the outer header's total length. False: no memory. */
static bool fou_recv_pull(struct sk_buff *skb, size_t n)
{
	uint8_t *iph;

	if (!skb_own(skb))
		return false;
	iph = skb_network_header(skb);
	wire_put16(iph + 2, (uint16_t)(iph_tot_len(iph) - n));
	skb_pull(skb, n);
	skb_reset_transport_header(skb);
	return true;
}

static int fou_drop(struct sk_buff *skb, const char *at, const char *why)
{
	REF_SAY(skb->net, why);
	kfree_skb_at(skb, SKB_DROP_REASON_NOT_SPECIFIED, at);
	return 0;
}

static int fou_udp_recv(struct sock *sk, struct sk_buff *skb)
{
	const struct fou *fou = sk->sk_user_data;

	if (!fou_recv_pull(skb, UDP_HLEN))
		return fou_drop(skb, __func__, "no memory");
	return -fou->protocol;
}

/* ---- GUE ---- */

static inline unsigned int gue_version(const uint8_t *h)
{
	return h[0] >> 6;
}

static inline bool gue_control(const uint8_t *h)
{
	return h[0] & 0x20;
}

static inline size_t gue_optlen(const uint8_t *h)
{
	return (size_t)(h[0] & 0x1f) * 4;
}

/* Flags that are not known, or whose fields the header has no room for. */
static bool gue_flags_bad(const uint8_t *h)
{
	uint16_t flags = wire_get16(h + 2);
	size_t optlen = gue_optlen(h);
	const uint8_t *field = h + GUE_HLEN + GUE_LEN_PRIV;
	uint32_t pflags;

	if (flags & ~GUE_FLAG_PRIV)
		return true;
	if (!(flags & GUE_FLAG_PRIV))
		return false;
	if (optlen < GUE_LEN_PRIV)
		return true;
	pflags = wire_get32(h + GUE_HLEN);
	if (pflags & ~GUE_PFLAG_REMCSUM)
		return true;
	if (!(pflags & GUE_PFLAG_REMCSUM))
		return false;
	/* The sum stands at or behind the octet where its range begins. */
	return optlen < GUE_LEN_PRIV + GUE_PLEN_REMCSUM ||
	       wire_get16(field + 2) < wire_get16(field);
}

static bool gue_has_remcsum(const uint8_t *h)
{
	return wire_get16(h + 2) & GUE_FLAG_PRIV && wire_get32(h + GUE_HLEN) & GUE_PFLAG_REMCSUM;
}

/*
 * The sender left a checksum to the receiver: the inner packet, at hdr, is marked as one whose sum
 * a device would fill in. False: it ends before. Mirrors: gue_remcsum(), skb_remcsum_process().
 */
static bool gue_remcsum(struct sk_buff *skb, size_t hdr)
{
	const uint8_t *field = skb->data + UDP_HLEN + GUE_HLEN + GUE_LEN_PRIV;
	size_t start = wire_get16(field), offset = wire_get16(field + 2);

	if (!pskb_may_pull(skb, hdr + (offset + 2 > start ? offset + 2 : start)))
		return false;
	REF_SAY(skb->net, "remote checksum offload: the inner checksum is taken on trust");
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (uint32_t)(skb->data - skb->head + (long)(hdr + start));
	return true;
}

/* Version 1: an IP packet without a header of GUE's own. */
static int gue_recv_direct(struct sk_buff *skb)
{
	uint8_t version = skb->data[UDP_HLEN] >> 4;

	if (version != 4 && version != 6)
		return fou_drop(skb, "gue_udp_recv", "neither IPv4 nor IPv6 inside");
	if (!fou_recv_pull(skb, UDP_HLEN))
		return fou_drop(skb, "gue_udp_recv", "no memory");
	return version == 4 ? -IPPROTO_IPIP : -IPPROTO_IPV6;
}

static int gue_udp_recv(struct sock *sk, struct sk_buff *skb)
{
	const uint8_t *h = skb->data + UDP_HLEN;
	uint8_t protocol, *iph;
	size_t len;

	(void)sk;
	if (!pskb_may_pull(skb, UDP_HLEN + GUE_HLEN))
		return fou_drop(skb, __func__, "shorter than the GUE header");
	if (gue_version(h) == 1)
		return gue_recv_direct(skb);
	if (gue_version(h) != 0)
		return fou_drop(skb, __func__, "unknown version");
	len = UDP_HLEN + GUE_HLEN + gue_optlen(h);
	if (!pskb_may_pull(skb, len))
		return fou_drop(skb, __func__, "its options end behind the packet");
	if (gue_flags_bad(h))
		return fou_drop(skb, __func__, "unknown flags, or no room for their fields");
	if (gue_has_remcsum(h) && !gue_remcsum(skb, len))
		return fou_drop(skb, __func__, "the checksum is to be behind the packet");
	if (gue_control(h))
		return fou_drop(skb, "gue_control_message", "a control message: none is known");
	if (!h[1])
		return fou_drop(skb, __func__, "no protocol");
	if (!skb_own(skb))
		return fou_drop(skb, __func__, "no memory");
	iph = skb_network_header(skb);
	wire_put16(iph + 2, (uint16_t)(iph_tot_len(iph) - len));
	protocol = skb->data[UDP_HLEN + 1];
	skb_pull(skb, len);
	skb_reset_transport_header(skb);
	return -protocol;
}

/* ---- errors ---- */

/* The error is for whoever speaks the protocol inside. */
static int gue_err_proto_handler(int proto, struct sk_buff *skb, uint32_t info)
{
	const struct net_protocol *prot = skb->net->inet_protos[proto];

	return prot && prot->err_handler && prot->err_handler(skb, info) == 0 ? 0 : -ENOENT;
}

static int gue_err(struct sk_buff *skb, uint32_t info)
{
	size_t at = iph_ihl(skb->data) + UDP_HLEN;
	const uint8_t *h = skb->data + at;

	if (!pskb_may_pull(skb, at + GUE_HLEN))
		return -EINVAL;
	if (gue_version(h) == 1) {
		if (h[0] >> 4 == 4)
			return gue_err_proto_handler(IPPROTO_IPIP, skb, info);
		if (h[0] >> 4 == 6)
			return gue_err_proto_handler(IPPROTO_IPV6, skb, info);
		return -EOPNOTSUPP;
	}
	if (gue_version(h) != 0)
		return -EOPNOTSUPP;
	if (gue_control(h))
		return -ENOENT;
	if (!pskb_may_pull(skb, at + GUE_HLEN + gue_optlen(h)) || gue_flags_bad(h))
		return -EINVAL;
	/* That would come here again. */
	if (h[1] == IPPROTO_UDP || h[1] == IPPROTO_UDPLITE)
		return -EOPNOTSUPP;
	return gue_err_proto_handler(h[1], skb, info);
}

/* ---- configuration ---- */

static int fou_load(struct ref *net)
{
	net->tunnel.encap_err = gue_err;
	return 0;
}

static bool fou_cfg_cmp(const struct fou *fou, const struct udp_port_cfg *cfg)
{
	return memcmp(&fou->cfg, cfg, sizeof(*cfg)) == 0;
}

static struct fou *fou_slot(struct ref *net, const struct udp_port_cfg *cfg, int *ret_err)
{
	struct fou *free_slot = NULL;

	*ret_err = -ENOSPC;
	for (int i = 0; i < REF_FOU_MAX; i++) {
		struct fou *fou = &net->tunnel.fou[i];

		if (!fou->used && !free_slot)
			free_slot = fou;
		else if (fou->used && fou_cfg_cmp(fou, cfg))
			return *ret_err = -EALREADY, NULL;
	}
	return free_slot;
}

static int fou_create(struct ref *net, const struct ref_params *p)
{
	struct udp_tunnel_sock_cfg tunnel_cfg = { .encap_type = 1 };
	struct udp_port_cfg cfg;
	struct sock *sk;
	struct fou *fou;
	int err;

	memset(&cfg, 0, sizeof(cfg));
	cfg.local_ip = (uint32_t)p->v[REF_P_LOCAL];
	cfg.peer_ip = (uint32_t)p->v[REF_P_REMOTE];
	cfg.local_udp_port = (uint16_t)p->v[REF_P_PORT];
	cfg.peer_udp_port = (uint16_t)p->v[REF_P_PEER_PORT];
	cfg.bind_ifindex = (int)p->v[REF_P_LINK];
	if (cfg.peer_ip && !cfg.peer_udp_port)
		return -EINVAL;
	if (cfg.bind_ifindex && !cfg.local_ip)
		return -EINVAL;
	if (!p->v[REF_P_GUE] && !p->v[REF_P_PROTOCOL])
		return -EINVAL;
	err = udp_sock_create4(net, &cfg, &sk);
	if (err < 0)
		return err;
	fou = fou_slot(net, &cfg, &err);
	if (!fou) {
		udp_tunnel_sock_release(sk);
		return err;
	}
	*fou = (struct fou){
		.used = true,
		.gue = p->v[REF_P_GUE] != 0,
		.protocol = (uint8_t)p->v[REF_P_PROTOCOL],
	};
	memcpy(&fou->cfg, &cfg, sizeof(cfg));
	tunnel_cfg.sk_user_data = fou;
	tunnel_cfg.encap_rcv = fou->gue ? gue_udp_recv : fou_udp_recv;
	setup_udp_tunnel_sock(sk, &tunnel_cfg);
	return 0;
}

const struct ref_tunnel_ops fou_tunnel_ops = {
	.kind = "fou",
	.opts = opts,
	.opt_nr = sizeof(opts) / sizeof(opts[0]),
	.load = fou_load,
	.add = fou_create,
};
