/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Tunnels. One kind is one file with a `const struct ref_tunnel_ops` and one row in ref_tunnels[]
 * (tunnel.c): its words, what it registers, what a device of it does. What the kinds share is
 * here: handlers of protocols 4 and 41 by priority, UDP sockets of the kernel's own, lookup of
 * addressed tunnels, congestion marks, and the way of an inner packet back into the stack.
 */
#ifndef REF_TUNNEL_H
#define REF_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ref/limits.h"
#include "ref/netdevice.h"
#include "ref/ref.h"
#include "ref/skbuff.h"

struct sock;

struct ref_tunnel_ops {
	const char *kind; /* as in `link add ... type KIND`, or an object of its own: "fou" */
	const char *fallback; /* the device that there is without asking ("tunl0"); NULL: none */
	bool ether; /* the devices carry Ethernet frames */
	bool mcast; /* an outer group address counts. Mirrors: CONFIG_NET_IPGRE_BROADCAST */
	const struct ref_opt *opts; /* the words of its lines */
	size_t opt_nr;
	/* Once per host, before the first device: register handlers. NULL: nothing. */
	int (*load)(struct ref *net);
	/* Make a device of it. dev->tunnel is set, and dev->priv: priv_size zeroed octets. */
	int (*newlink)(struct net_device *dev, const struct ref_params *params);
	size_t priv_size;
	/* Not devices but something else (a port). Exactly one of newlink and add is there. */
	int (*add)(struct ref *net, const struct ref_params *params);
	/* The device goes up, down. NULL: nothing. */
	int (*open)(struct net_device *dev);
	void (*stop)(struct net_device *dev);
	/* Send a packet (ether: with its link header). Takes skb. NULL: not modelled. */
	int (*xmit)(struct sk_buff *skb, struct net_device *dev);
	/* ref_reset(): forget what packets have taught. NULL: nothing. */
	void (*reset)(struct net_device *dev);
};

extern const struct ref_tunnel_ops *const ref_tunnels[]; /* NULL at the end */

/* ---- protocols 4 and 41. Mirrors: net/ipv4/tunnel4.c ---- */

struct xfrm_tunnel {
	int priority; /* the lowest is asked first */
	/* 0: skb was taken; else it is for the next handler. data: behind the outer header. */
	int (*handler)(struct sk_buff *skb);
	/* As net_protocol.err_handler; 0: it was for this one. */
	int (*err_handler)(struct sk_buff *skb, uint32_t info);
};

#define TUNNEL4_HANDLERS_MAX 4

struct tunnel4_list {
	const struct xfrm_tunnel *handler[TUNNEL4_HANDLERS_MAX];
	int nr;
};

enum tunnel4_family { TUNNEL4_IPV4, TUNNEL4_IPV6, TUNNEL4_NR };

/* Once for each handler; makes the protocol known. 0, -EEXIST (that priority is taken). */
int xfrm4_tunnel_register(struct ref *net, const struct xfrm_tunnel *handler,
			  enum tunnel4_family family);

/* ---- tunnels that are found by their addresses. Mirrors: net/ipv4/ip_tunnel.c ---- */

/* Flags of a packet's or a tunnel's optional fields. Mirrors: IP_TUNNEL_*_BIT. */
#define TUNNEL_CSUM   0x01u
#define TUNNEL_KEY    0x04u
#define TUNNEL_SEQ    0x08u
#define TUNNEL_NO_KEY 0x80u

/* First in the private part of a device. Mirrors: struct ip_tunnel. */
struct ip_tunnel {
	struct ip_tunnel *next; /* newest first, the fallback last */
	struct net_device *dev;
	uint32_t local, remote; /* 0: any */
	int link; /* ifindex of `dev NAME`; 0: any */
	uint32_t i_key, o_key;
	uint8_t i_flags, o_flags; /* TUNNEL_* */
	uint8_t ttl, tos;
	uint8_t protocol; /* what is inside; 0: anything */
	bool collect_md;
	uint32_t i_seqno; /* the next one expected; 0: any */
	uint32_t i_seqno_set; /* as the world left it */
	uint32_t err_count;
	uint64_t err_time; /* jiffies */
};

/* The tunnels of one kind. Mirrors: struct ip_tunnel_net. */
struct ip_tunnel_net {
	struct ip_tunnel *tunnels;
	struct ip_tunnel *collect_md_tun;
	struct net_device *fb_tunnel_dev;
};

/* What the header between the outer and the inner packet said. Mirrors: struct tnl_ptk_info. */
struct tnl_ptk_info {
	uint8_t flags; /* TUNNEL_* */
	uint16_t proto;
	uint32_t key, seq;
	int hdr_len;
};

/* Words of every such kind: begin of a table of options. */
#define IP_TUNNEL_OPTS                                                                             \
	{ .word = "local", .type = REF_OPT_ADDR, .param = REF_P_LOCAL },                           \
		{ .word = "remote", .type = REF_OPT_ADDR, .param = REF_P_REMOTE },                 \
		{ .word = "ttl",                                                                   \
		  .type = REF_OPT_NUMBER,                                                          \
		  .param = REF_P_TTL,                                                              \
		  .max = 255,                                                                      \
		  .names = ref_words_inherit },                                                    \
		{ .word = "hoplimit",                                                              \
		  .type = REF_OPT_NUMBER,                                                          \
		  .param = REF_P_TTL,                                                              \
		  .max = 255,                                                                      \
		  .names = ref_words_inherit },                                                    \
		{ .word = "tos",                                                                   \
		  .type = REF_OPT_HEX,                                                             \
		  .param = REF_P_TOS,                                                              \
		  .max = 255,                                                                      \
		  .names = ref_words_inherit_tos },                                                \
		{ .word = "dev", .type = REF_OPT_DEV, .param = REF_P_LINK },                       \
		{ .word = "pmtudisc", .type = REF_OPT_SET, .param = REF_P_PMTUDISC, .min = 1 },    \
		{ .word = "nopmtudisc", .type = REF_OPT_SET, .param = REF_P_PMTUDISC },            \
		{ .word = "external", .type = REF_OPT_SET, .param = REF_P_EXTERNAL, .min = 1 },    \
		{ .word = "encap",                                                                 \
		  .type = REF_OPT_NAME,                                                            \
		  .param = REF_P_ENCAP,                                                            \
		  .names = ref_words_encap },                                                      \
		{ .word = "encap-sport",                                                           \
		  .type = REF_OPT_NUMBER,                                                          \
		  .param = REF_P_ENCAP_SPORT,                                                      \
		  .max = 65535,                                                                    \
		  .names = ref_words_auto },                                                       \
		{ .word = "encap-dport",                                                           \
		  .type = REF_OPT_NUMBER,                                                          \
		  .param = REF_P_ENCAP_DPORT,                                                      \
		  .max = 65535 },                                                                  \
		{ .word = "encap-csum",                                                            \
		  .type = REF_OPT_SET,                                                             \
		  .param = REF_P_ENCAP_CSUM,                                                       \
		  .min = 1 },                                                                      \
	{                                                                                          \
		.word = "noencap-csum", .type = REF_OPT_SET, .param = REF_P_ENCAP_CSUM             \
	}
extern const struct ref_word ref_words_inherit[], ref_words_inherit_tos[], ref_words_encap[],
	ref_words_auto[];

/*
 * protocol: what an option `mode` may change; hlen: octets of the kind's own header when sending.
 * 0, -EEXIST (there is one like it), -EINVAL.
 */
int ip_tunnel_newlink(struct net_device *dev, const struct ref_params *params,
		      struct ip_tunnel_net *itn, uint8_t protocol, uint32_t hlen);
/* The tunnel that a packet with these addresses is of; NULL: none. */
struct ip_tunnel *ip_tunnel_lookup(const struct ip_tunnel_net *itn, int link, uint8_t flags,
				   uint32_t remote, uint32_t local, uint32_t key);
/*
 * Take the tunnel's header off: hdr_len octets, and say what is inside (behind an Ethernet header,
 * unless raw_proto). 0, or -ENOMEM: not that long, skb stays the caller's. Mirrors:
 * __iptunnel_pull_header().
 */
int iptunnel_pull_header(struct sk_buff *skb, size_t hdr_len, uint16_t inner_proto, bool raw_proto);
/* The inner packet, data at its first header, the network header still at the outer one. Takes
 * skb; 0. */
int ip_tunnel_rcv(struct ip_tunnel *tunnel, struct sk_buff *skb, const struct tnl_ptk_info *tpi);
/*
 * An ICMP error about a packet that the tunnel sent: 0, or -ENOENT: not for a fixed remote.
 * Mirrors: the soft state at the end of ipip_err().
 */
int ip_tunnel_note_err(struct ip_tunnel *t, const struct ref *net, uint8_t icmp_type);
/* Does an ICMP error (skb as of net_protocol.err_handler) say anything about a tunnel's way? */
bool ip_tunnel_err_matters(const struct sk_buff *skb);
/*
 * The quote, nhs octets of headers before the inner IPv6 packet, is long enough to tell the inner
 * sender, which ends with the copy that is made for it: IPv6 is off. False: it is not.
 */
bool ip6_err_gen_icmpv6_unreach(struct sk_buff *skb, size_t nhs);
/* Path MTU or redirect: the routing learns it, for packets by oif. False: it is another error. */
bool ip_tunnel_learn(struct sk_buff *skb, uint32_t info, int oif);
void ip_tunnel_reset(struct net_device *dev);
/* The octet with the marks, and the room for it, of the inner header at the network header. */
bool pskb_inet_may_pull(const struct sk_buff *skb);
/*
 * What the outer TOS makes of the inner packet's congestion marks (RFC 6040). 0: fine, 1: an odd
 * pair, which goes on; 2: drop it. The octets must be writable. Mirrors: IP_ECN_decapsulate().
 */
int IP_ECN_decapsulate(struct sk_buff *skb, uint8_t outer_tos);

/* ---- UDP sockets of the kernel. Mirrors: net/ipv4/udp_tunnel_core.c ---- */

struct udp_port_cfg {
	uint32_t local_ip, peer_ip;
	uint16_t local_udp_port, peer_udp_port;
	int bind_ifindex;
};

/* A port of fou or gue. Mirrors: struct fou. */
struct fou {
	bool used, gue;
	uint8_t protocol;
	struct udp_port_cfg cfg;
};

struct udp_tunnel_sock_cfg {
	void *sk_user_data;
	uint8_t encap_type;
	/*
	 * Data at the UDP header, checksum verified. 0: skb was taken; > 0: it is an ordinary
	 * datagram; < 0: skb is left, to be delivered again as protocol -N.
	 */
	int (*encap_rcv)(struct sock *sk, struct sk_buff *skb);
	int (*encap_err_lookup)(struct sock *sk, struct sk_buff *skb);
	void (*encap_err_rcv)(struct sock *sk, struct sk_buff *skb, int err, uint16_t port,
			      uint32_t info);
};

/* 0 or -errno of the call that failed. */
int udp_sock_create4(struct ref *net, const struct udp_port_cfg *cfg, struct sock **ret_sk);
void setup_udp_tunnel_sock(struct sock *sk, const struct udp_tunnel_sock_cfg *cfg);
void udp_tunnel_sock_release(struct sock *sk);

/* ---- back into the stack ---- */

/*
 * Queue an inner packet: it is received after the present one. data at the network header, or
 * behind the Ethernet header. Takes skb. Mirrors: gro_cells_receive(), net/core/gro_cells.c.
 */
int gro_cells_receive(struct sk_buff *skb, struct net_device *dev);
/* What the tunnel's outside knew is forgotten. Mirrors: skb_scrub_packet(). */
void skb_scrub_packet(struct sk_buff *skb);
/* Count one received packet of len octets. Mirrors: dev_sw_netstats_rx_add(). */
static inline void dev_sw_netstats_rx_add(struct net_device *dev, size_t len)
{
	dev->stats.rx_packets++;
	dev->stats.rx_bytes += len;
}

/* `link set up` or down reaches the kind. 0 or -errno: it stays as it was. */
int ref_tunnel_updown(struct net_device *dev, bool up);
/*
 * A packet of this host's own to a tunnel device, data at the network header. Takes skb. 0 or
 * -errno.
 */
int ref_tunnel_xmit(struct sk_buff *skb, struct net_device *dev, const uint8_t dest[6]);

/* The kind's handlers are there; NULL: there is no such kind. 0 or -errno. */
int ref_tunnel_load(struct ref *net, const struct ref_tunnel_ops *ops);
/* A fallback device of a kind that is there, made when somebody names it; NULL: none. */
struct net_device *ref_tunnel_fallback(struct ref *net, const char *name);

struct netns_tunnel {
	uint32_t loaded; /* bit n: ref_tunnels[n] */
	struct tunnel4_list tunnel4[TUNNEL4_NR];
	/* Who answers for errors about datagrams that no socket sent. Mirrors: iptun_encaps. */
	int (*encap_err)(struct sk_buff *skb, uint32_t info);
	struct fou fou[REF_FOU_MAX];
	struct ip_tunnel_net ipip, sit, gre, gre_tap;
};

#endif
