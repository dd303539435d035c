/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Sockets of a host: one struct for every kind, hot fields first. Mirrors: include/net/sock.h,
 * include/net/inet_sock.h, include/linux/udp.h, include/net/raw.h.
 *
 * AF_INET only. AF_INET6 sockets, which on Linux also take IPv4 datagrams, are not modelled, nor
 * VRF (l3mdev), BPF (filters, SK_LOOKUP), IPsec policy and SO_INCOMING_CPU.
 */
#ifndef REF_SOCK_H
#define REF_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ref/ip_send.h"
#include "ref/limits.h"
#include "ref/ref.h"
#include "ref/route.h"
#include "ref/skbuff.h"
#include "ref/uapi.h"
#include "ref/wire/cur.h"

struct sock;
struct ip_mc_socklist;
struct sock_reuseport;
struct udp_hslot;

enum sk_state { TCP_ESTABLISHED = 1, TCP_CLOSE = 7 };

/* inet_flags: the control messages that are wanted, in the kernel's order of delivery ... */
#define IP_CMSG_PKTINFO		0x0001u
#define IP_CMSG_TTL		0x0002u
#define IP_CMSG_TOS		0x0004u
#define IP_CMSG_RECVOPTS	0x0008u
#define IP_CMSG_RETOPTS		0x0010u
#define IP_CMSG_PASSSEC		0x0020u
#define IP_CMSG_ORIGDSTADDR	0x0040u
#define IP_CMSG_CHECKSUM	0x0080u
#define IP_CMSG_RECVFRAGSIZE	0x0100u
#define IP_CMSG_ALL		0x01ffu
/* ... and the other switches of SOL_IP. Mirrors: INET_FLAGS_*. */
#define INET_FLAGS_RECVERR	0x0200u
#define INET_FLAGS_RECVERR_RFC4884 0x0400u
#define INET_FLAGS_FREEBIND	0x0800u
#define INET_FLAGS_HDRINCL	0x1000u
#define INET_FLAGS_MC_LOOP	0x2000u
#define INET_FLAGS_MC_ALL	0x4000u
#define INET_FLAGS_TRANSPARENT	0x8000u
#define INET_FLAGS_NODEFRAG	0x10000u
#define INET_FLAGS_BIND_ADDRESS_NO_PORT 0x20000u
#define INET_FLAGS_RTALERT	0x40000u

/* sk_flags: switches of SOL_SOCKET. Mirrors: enum sock_flags. */
#define SOCK_RXQ_OVFL		0x0001u
#define SOCK_RCVTSTAMP		0x0002u
#define SOCK_RCVTSTAMPNS	0x0004u
#define SOCK_RCVMARK		0x0008u
#define FLAGS_RECV_CMSGS	0x000fu	/* any of them makes a control message */
#define SOCK_BROADCAST		0x0010u
#define SOCK_REUSE		0x0020u	/* sk_reuse */
#define SOCK_REUSEPORT		0x0040u	/* sk_reuseport */
#define SOCK_LOCALROUTE		0x0080u
#define SOCK_DBG		0x0100u
#define SOCK_KEEPOPEN		0x0200u
#define SOCK_URGINLINE		0x0400u
#define SOCK_NO_CHECK_TX	0x0800u
#define SOCK_SELECT_ERR_QUEUE	0x1000u

/* sk_shutdown */
#define RCV_SHUTDOWN 1u
#define SEND_SHUTDOWN 2u
#define SHUTDOWN_MASK 3u

/* sk_userlocks */
#define SOCK_BINDADDR_LOCK 4u
#define SOCK_BINDPORT_LOCK 8u

/* udp_flags */
#define UDP_FLAGS_GRO_ENABLED	0x01u
#define UDP_FLAGS_CORK		0x02u
#define UDP_FLAGS_NO_CHECK6_TX	0x04u
#define UDP_FLAGS_NO_CHECK6_RX	0x08u
#define UDP_FLAGS_UDPLITE_SEND_CC 0x10u
#define UDP_FLAGS_UDPLITE_RECV_CC 0x20u

/*
 * What a protocol does for its sockets. NULL entries: the common way (bind), or nothing.
 * Results are 0 or -errno. Mirrors: struct proto.
 */
struct proto {
	const char *name;
	int (*init)(struct sock *sk);
	void (*destroy)(struct sock *sk);
	int (*bind)(struct sock *sk, const struct ref_sockaddr *addr);
	int (*get_port)(struct sock *sk, uint16_t snum);
	void (*hash)(struct sock *sk);
	void (*unhash)(struct sock *sk);
	void (*rehash)(struct sock *sk);
	int (*setsockopt)(struct sock *sk, int level, int name, const void *val, size_t len);
	int (*getsockopt)(struct sock *sk, int level, int name, void *val, size_t *len);
	int (*ioctl)(struct sock *sk, uint32_t request, int32_t *ret_value);
	/*
	 * The socket has a local port by now; msg->name is NULL when there is none, else it has
	 * name_len octets (0 to 128) that nobody has looked at, nor at the control messages.
	 */
	long (*sendmsg)(struct sock *sk, const struct ref_msg_out *msg, uint32_t flags);
	long (*recvmsg)(struct sock *sk, struct ref_msg *msg, uint32_t flags);
	bool peek_off;				/* SO_PEEK_OFF is known */
	bool any_family;			/* bind() does not look at the family */
};
extern const struct proto udp_prot, udplite_prot, raw_prot, ping_prot;

struct sock {
	/* Lookup. */
	struct sock *port_next;		/* in the chain of its port, protocol or echo id */
	struct sock *addr_next;		/* udp: in the chain of (address, port) */
	uint32_t inet_rcv_saddr;	/* bound address; 0: any */
	uint32_t inet_daddr;		/* peer; 0: any */
	uint16_t inet_num;		/* bound port; raw: protocol; ping: echo id */
	uint16_t inet_dport;
	int sk_bound_dev_if;
	uint8_t sk_state;		/* enum sk_state */
	uint8_t sk_type;
	uint16_t sk_protocol;
	uint32_t sk_flags;
	uint32_t inet_flags;
	struct ref *sk_net;
	const struct proto *sk_prot;	/* NULL: the descriptor is free */
	struct ip_mc_socklist *mc_list;
	int (*encap_rcv)(struct sock *sk, struct sk_buff *skb);

	/* Queues. The first reader_nr buffers of sk_receive_queue are udp's reader_queue. */
	struct sk_buff_head sk_receive_queue;
	struct sk_buff_head sk_error_queue;
	uint32_t reader_nr;
	uint32_t sk_rmem_alloc;
	int32_t sk_rcvbuf;
	uint32_t forward_deficit;	/* read, not yet returned to sk_rmem_alloc */
	uint32_t sk_drops;
	int sk_err;			/* positive errno; 0: none */
	uint32_t read_special; /* udp: not 0, reading is more than taking the next datagram */
	uint32_t lend_special; /* the same, or control messages are wanted */
	int32_t sk_peek_off;
	int32_t peek_off_set;		/* as setsockopt() left it: ref_reset() goes back to it */

	/* udp */
	uint8_t encap_type;		/* UDP_ENCAP_* */
	uint8_t udp_flags;
	uint16_t pcslen, pcrlen;	/* UDP-Lite coverage to send, to require */
	uint16_t gso_size;
	void *sk_user_data;		/* of who encapsulates; not owned */
	int (*encap_err_lookup)(struct sock *sk, struct sk_buff *skb);
	void (*encap_err_rcv)(struct sock *sk, struct sk_buff *skb, int err, uint16_t port,
			      uint32_t info);
	void (*encap_destroy)(struct sock *sk);
	struct sock_reuseport *sk_reuseport_cb;
	bool rx_dst_set;
	struct rtable sk_rx_dst;	/* early demux: the input route of the latest packet */
	uint32_t sk_rx_dst_genid;	/* of the routes then: another one, and it is forgotten */

	/* raw */
	uint32_t icmp_filter;
	struct sock *ra_next;		/* IP_ROUTER_ALERT: next of the chain */

	/* Seldom. */
	uint16_t inet_sport;		/* the port as getsockname() tells it */
	uint32_t inet_saddr;		/* source to send from */
	bool dst_cached; /* connected, and nothing since has changed the way */
	uint32_t sk_userlocks;
	bool hashed;
	struct udp_hslot *hash2_slot;	/* udp: whose chain addr_next is of */
	int32_t uc_ttl, mc_ttl, min_ttl;
	int32_t mc_index, uc_index;
	uint32_t mc_addr;
	uint8_t tos, pmtudisc;
	uint8_t sk_shutdown;		/* RCV_SHUTDOWN, SEND_SHUTDOWN */
	uint32_t local_port_range;
	uint32_t sk_priority, sk_mark;
	int32_t sk_sndbuf, sk_rcvlowat, sk_incoming_cpu;
	int64_t sk_rcvtimeo, sk_sndtimeo;	/* ticks; INT64_MAX: for ever */
	bool linger;
	int64_t sk_lingertime;		/* ticks; INT64_MAX: for ever */
	struct ip_options inet_opt;	/* IP_OPTIONS to send with: as compiled, and their octets */
	uint8_t opt[REF_IPOPT_MAX];
	bool inet_opt_set;		/* there are such, if only none */
	uint16_t inet_id;		/* of a connected socket; 0: none yet */
	bool pending;			/* udp: cork has a datagram that waits for more */
	struct inet_cork cork;
};

#define UDP_HTABLE_SIZE 1024	/* a power of two */

struct udp_hslot {
	struct sock *head;
	uint32_t count;
};

/* Mirrors: struct udp_table. */
struct udp_table {
	struct udp_hslot hash[UDP_HTABLE_SIZE];	 /* by port */
	struct udp_hslot hash2[UDP_HTABLE_SIZE]; /* by address and port */
};

#define RAW_HTABLE_SIZE 256
#define PING_HTABLE_SIZE 64

/* Sockets that share one address and port by SO_REUSEPORT. Mirrors: struct sock_reuseport. */
struct sock_reuseport {
	uint16_t num_socks;	/* 0: the slot is free */
	bool bind_inany;
	bool has_conns;
	struct sock *socks[REF_REUSEPORT_SOCKS];
};

struct netns_sock {
	struct sock sk[REF_SOCK_MAX];	/* by descriptor */
	int sk_end;			/* above the highest descriptor in use */
	struct udp_table udp_table, udplite_table;
	uint32_t udp_connected_nr;
	struct sock *raw_hash[RAW_HTABLE_SIZE];
	struct sock *ping_hash[PING_HTABLE_SIZE];
	struct sock *ra_chain;
	uint16_t ping_port_rover;
	uint32_t udp_port_rover;
	struct sock_reuseport reuse[REF_REUSEPORT_MAX];
};

/* ---- sock.c ---- */

/* Initial net.core.rmem_max and wmem_max, octets. */
int32_t sk_mem_max(const struct ref *net);

/* SOL_SOCKET. Mirrors: sk_setsockopt(), sk_getsockopt(), net/core/sock.c. */
int sk_setsockopt(struct sock *sk, int name, const void *val, size_t len);
int sk_getsockopt(struct sock *sk, int name, void *val, size_t *len);
/* Copy out an option value cut to *len, which becomes what was copied. */
int sk_opt_put(void *val, size_t *len, const void *from, size_t from_len);
/* The pending error as -errno, cleared; 0: none. Mirrors: sock_error(). */
static inline int sock_error(struct sock *sk)
{
	int err = sk->sk_err;

	if (__builtin_expect(err == 0, 1))
		return 0;
	sk->sk_err = 0;
	return -err;
}
/*
 * Charge and queue a packet of a raw or ping socket. 0: skb was taken; else -errno, *ret_reason is
 * set and skb stays the caller's. Mirrors: sock_queue_rcv_skb_reason(), net/core/sock.c.
 */
int sock_queue_rcv_skb_reason(struct sock *sk, struct sk_buff *skb, uint16_t *ret_reason);
/* 0: skb was taken; -ENOMEM: skb stays the caller's. Mirrors: net/core/skbuff.c. */
int sock_queue_err_skb(struct sock *sk, struct sk_buff *skb);
struct sk_buff *sock_dequeue_err_skb(struct sock *sk);

/* Options have changed: is reading still plain? */
void sk_read_changed(struct sock *sk);

/* ---- datagram.c ---- */

/*
 * First packet of the queue, unlinked unless MSG_PEEK; NULL with *ret_err. Uncharged when
 * unlinked. Mirrors: skb_recv_datagram(), net/core/datagram.c.
 */
struct sk_buff *skb_recv_datagram(struct sock *sk, uint32_t flags, int *ret_err);
/* Free one that skb_recv_datagram() gave (or leave it, when it was only looked at). */
void skb_free_datagram(struct sk_buff *skb, uint32_t flags);
/* What is ready: POLL* of uapi.h. Mirrors: datagram_poll(), udp_poll() without waiting. */
int datagram_poll(const struct sock *sk);
/* SIOCOUTQ; -ENOTTY for another. Mirrors: raw_ioctl(), udp_ioctl(). */
int sk_ioctl_outq(const struct sock *sk, uint32_t request, int32_t *ret_value);
/* Mirrors: __ip4_datagram_connect() and __udp_disconnect(), net/ipv4/{datagram,udp}.c. */
int ip4_datagram_connect(struct sock *sk, const struct ref_sockaddr *addr);
int udp_disconnect(struct sock *sk);
/* The route of a connected socket, asked for anew. 0 or -errno. Mirrors: sk_dst_get(). */
int sk_dst_get(struct sock *sk, struct rtable *ret_rt);

/* ---- af_inet.c ---- */

/* A struct sockaddr_in of a program; false: under 16 octets, and nothing is set. */
static inline bool sockaddr_in_get(const void *name, int name_len, uint16_t *ret_family,
				   struct ref_sockaddr *ret)
{
	struct ref_sockaddr_in in;

	if (name_len < (int)sizeof(in))
		return false;
	memcpy(&in, name, sizeof(in));
	*ret_family = in.family;
	ret->addr = wire_get32(in.addr);
	ret->port = wire_get16(in.port);
	ret->given = true;
	return true;
}

/* May this address be bound? Mirrors: inet_addr_valid_or_nonlocal(). */
bool inet_addr_valid_or_nonlocal(const struct sock *sk, uint32_t addr, uint8_t addr_type);
int inet_autobind(struct sock *sk);

/* ---- ip_sockglue.c, ip_mcast_sockopt.c ---- */

/* SOL_IP. Mirrors: ip_setsockopt(), ip_getsockopt(), net/ipv4/ip_sockglue.c. */
int ip_setsockopt(struct sock *sk, int level, int name, const void *val, size_t len);
int ip_getsockopt(struct sock *sk, int level, int name, void *val, size_t *len);
/* The options on groups; -ENOPROTOOPT: not one of them. */
int ip_mcast_setsockopt(struct sock *sk, int name, const void *val, size_t len);
int ip_mcast_getsockopt(struct sock *sk, int name, void *val, size_t *len);
int ip_ra_control(struct sock *sk, bool on);

/* ---- ip_cmsg.c ---- */

/* Mirrors: put_cmsg(), net/core/scm.c. control_len counts up. */
void put_cmsg(struct ref_msg *msg, int level, int type, size_t len, const void *data);
void __sock_recv_timestamp(struct ref_msg *msg, struct sock *sk, const struct sk_buff *skb);
static inline void sock_recv_timestamp(struct ref_msg *msg, struct sock *sk,
				       const struct sk_buff *skb)
{
	if (sk->sk_flags & SOCK_RCVTSTAMP)
		__sock_recv_timestamp(msg, sk, skb);
}
/* SOL_SOCKET control messages. Mirrors: __sock_recv_cmsgs(), net/socket.c. */
void __sock_recv_cmsgs(struct ref_msg *msg, struct sock *sk, const struct sk_buff *skb);
static inline void sock_recv_cmsgs(struct ref_msg *msg, struct sock *sk, const struct sk_buff *skb)
{
	if (__builtin_expect((sk->sk_flags & FLAGS_RECV_CMSGS) != 0, 0))
		__sock_recv_cmsgs(msg, sk, skb);
}
/*
 * SOL_IP control messages. tlen: octets of the transport header that were pulled, offset: where
 * in the payload the read began. Mirrors: ip_cmsg_recv_offset(), net/ipv4/ip_sockglue.c.
 */
void ip_cmsg_recv_offset(struct ref_msg *msg, struct sock *sk, const struct sk_buff *skb,
			 size_t tlen, size_t offset);
/* Keep what IP_PKTINFO needs of the route. Mirrors: ipv4_pktinfo_prepare(). */
void __ipv4_pktinfo_prepare(struct sk_buff *skb);
static inline void ipv4_pktinfo_prepare(const struct sock *sk, struct sk_buff *skb)
{
	if ((sk->inet_flags & IP_CMSG_PKTINFO) && skb->dst_set) {
		__ipv4_pktinfo_prepare(skb);
	} else {
		skb->cb.iif = 0;
		skb->queued.spec_dst = 0;
	}
}
/*
 * Put an ICMP error on the socket's error queue: a copy of skb, whose data is at the quoted IP
 * header; payload: what of the quote the reader gets. Mirrors: ip_icmp_error().
 */
void ip_icmp_error(struct sock *sk, struct sk_buff *skb, int err, uint16_t port, uint32_t info,
		   const uint8_t *payload);
/* MSG_ERRQUEUE. Mirrors: ip_recv_error(). */
long ip_recv_error(struct sock *sk, struct ref_msg *msg);

/* ---- udp*.c ---- */

#define UDP_HLEN 8

/* Datagrams up to here (UDP header included) are verified on arrival. Mirrors: CHECKSUM_BREAK. */
#define CHECKSUM_BREAK 76

static inline bool sk_is_udplite(const struct sock *sk)
{
	return sk->sk_protocol == REF_IPPROTO_UDPLITE;
}
#define UDP_INC_STATS(net, id, lite) \
	((net)->mib[(lite) ? (int)MIB_UDPLITE_##id : (int)MIB_UDP_##id]++)

static inline uint32_t udp_hashfn(uint16_t port)
{
	return port & (UDP_HTABLE_SIZE - 1);
}

/* Mirrors: ipv4_portaddr_hash(). */
static inline uint32_t ipv4_portaddr_hash(uint32_t addr, uint16_t port)
{
	return ((addr ^ port * 0x9e3779b1u) * 0x61c88647u) >> 22;
}

int udp_lib_get_port(struct sock *sk, uint16_t snum);
void udp_lib_unhash(struct sock *sk);
void udp_v4_rehash(struct sock *sk);
/* Whose a datagram is asked for: by where it came from, and by which device. */
struct udp_key {
	uint32_t saddr, daddr;
	uint16_t sport, dport;
	int dif;
};
/* The socket that a datagram is for, or NULL. Mirrors: __udp4_lib_lookup(). */
struct sock *__udp4_lib_lookup(const struct ref *net, const struct udp_key *key,
			       const struct udp_table *table);
/* Would this socket take that multicast or broadcast? Mirrors: __udp_is_mcast_sock(). */
bool __udp_is_mcast_sock(const struct sock *sk, const struct udp_key *key);
/* The quoted packet's way (skb as of net_protocol.err_handler). Mirrors: net/ipv4/route.c. */
void ipv4_sk_update_pmtu(struct sk_buff *skb, struct sock *sk, uint32_t mtu);
void ipv4_sk_redirect(struct sk_buff *skb, struct sock *sk, uint32_t gw);
int __udp4_lib_err(struct sk_buff *skb, uint32_t info, const struct udp_table *table);
/* Whole checksum of a packet that still needs it: true when it is wrong. */
bool udp_lib_checksum_complete(struct sk_buff *skb);

/* udp.c: whatever the flags, the options and the queue are like. Mirrors: udp_recvmsg(). */
long udp_recvmsg_any(struct sock *sk, struct ref_msg *msg, uint32_t flags);
/* udp_recv.c: the same, the usual case in fewer steps. */
long udp_recvmsg(struct sock *sk, struct ref_msg *msg, uint32_t flags);

/* reuseport.c */
int udp_reuseport_add_sock(struct sock *sk, const struct udp_hslot *slot);
void reuseport_detach_sock(struct sock *sk);
struct sock *reuseport_select_sock(const struct sock *sk, uint32_t hash);
static inline bool reuseport_has_conns(const struct sock *sk)
{
	return sk->sk_reuseport_cb && sk->sk_reuseport_cb->has_conns;
}

/*
 * Worth a look by early demux? Nothing is to be found for unicast without connected sockets.
 * Mirrors: the static keys of ip_rcv_finish_core().
 */
static inline bool udp_demux_wanted(const struct netns_sock *ns, uint8_t pkt_type)
{
	return ns->udp_connected_nr || pkt_type != PACKET_HOST;
}

/* ---- raw.c ---- */

/* Nobody to be asked by raw_local_deliver(): it would say no. */
static inline bool raw_none(const struct netns_sock *ns, int protocol)
{
	return !ns->raw_hash[protocol & (RAW_HTABLE_SIZE - 1)];
}

int raw_rcv(struct sock *sk, struct sk_buff *skb);

/* ---- ping_sock.c ---- */

/* Mirrors: ping_lookup(), net/ipv4/ping.c; the network header says the addresses. */
struct sock *ping_lookup(struct ref *net, const struct sk_buff *skb, uint16_t ident);
/* Queue on a ping socket; takes skb. SKB_NOT_DROPPED_YET or the reason. */
int ping_queue_rcv_skb(struct sock *sk, struct sk_buff *skb);

/* ---- igmp.c ---- */

/* May this socket have that packet of a group? Mirrors: ip_mc_sf_allow(). */
bool __ip_mc_sf_allow(const struct sock *sk, uint32_t loc_addr, uint32_t rmt_addr, int dif);
static inline bool ip_mc_sf_allow(const struct sock *sk, uint32_t loc_addr, uint32_t rmt_addr,
				  int dif)
{
	return !ipv4_is_multicast(loc_addr) || __ip_mc_sf_allow(sk, loc_addr, rmt_addr, dif);
}
void ip_mc_drop_socket(struct sock *sk);

/* The device that a received packet counts as coming from. Mirrors: inet_iif(). */
static inline int inet_iif(const struct sk_buff *skb)
{
	return skb->rt.rt_iif ? skb->rt.rt_iif : skb->cb.iif;
}

#endif
