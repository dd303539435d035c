/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What a program sends, on its way to ip_local_out(): the choices of one call, the datagram that
 * is being put together, and the errors that the sender hears of itself.
 *
 * The kernel keeps the fragments of a datagram apart from the start; here it grows flat and
 * ip_fragment() cuts it by the same rule, which gives the same pieces.
 */
#ifndef REF_IP_SEND_H
#define REF_IP_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ref/ip_options.h"
#include "ref/route.h"

struct ref;
struct ref_msg_out;
struct ref_sockaddr;
struct sk_buff;
struct sock;

/* Of one call. Mirrors: struct ipcm_cookie, include/net/ip.h. */
struct ipcm_cookie {
	uint32_t addr;		/* the source to use; later the final destination */
	int oif;
	uint32_t mark;
	int16_t tos;		/* -1: the socket's */
	uint8_t ttl;		/* 0: the socket's */
	uint8_t protocol;
	uint16_t gso_size;
	bool has_opt;
	struct ip_options opt;
	uint8_t opt_data[REF_IPOPT_MAX];
};

/* A datagram that is put together. Mirrors: struct inet_cork, include/net/inet_sock.h. */
struct inet_cork {
	struct rtable rt;
	struct flowi4 fl4;
	uint32_t addr;		/* final destination, for the options */
	uint32_t fragsize;	/* octets that a piece may have, header included */
	uint32_t mark;
	size_t length;		/* octets so far, transport header included */
	size_t pieces;		/* buffers that the kernel has for it */
	int16_t tos;
	uint8_t ttl;
	uint16_t gso_size;
	struct ip_options opt;	/* optlen 0: none */
	uint8_t opt_data[REF_IPOPT_MAX];
	bool more;		/* it waits for more: sums are made here, not by the device */
	struct sk_buff *skb;	/* the octets, from the IP header on; NULL: none yet */
};

/* ---- ip_cmsg_send.c ---- */

/* Mirrors: ipcm_init_sk(). */
void ipcm_init_sk(struct ipcm_cookie *ipc, const struct sock *sk);
/* SOL_IP and SOL_SOCKET control messages. 0 or -errno. Mirrors: ip_cmsg_send(). */
int ip_cmsg_send(struct sock *sk, const struct ref_msg_out *msg, struct ipcm_cookie *ipc);
/* SOL_UDP control messages. 0; 1: there are others; -errno. Mirrors: udp_cmsg_send(). */
int udp_cmsg_send(const struct ref_msg_out *msg, uint16_t *gso_size);
/* Options of the socket, unless the call brought some. */
void ipcm_sock_options(struct ipcm_cookie *ipc, const struct sock *sk);
/* TOS of the header and of the route. Mirrors: get_rttos(). */
uint8_t ipcm_tos(const struct ipcm_cookie *ipc, const struct sock *sk);
/* Mirrors: ip_sendmsg_scope(). */
uint8_t ip_sendmsg_scope(const struct ipcm_cookie *ipc, const struct sock *sk, uint32_t flags);
/* Where multicast and unicast go unless the call says. Mirrors: that part of each sendmsg. */
void ipcm_route_from(struct ipcm_cookie *ipc, const struct sock *sk, uint32_t daddr,
		     uint32_t *saddr);

/* ---- ip_append.c ---- */

/* Begin a datagram: nothing of it yet. 0 or -errno. Mirrors: ip_setup_cork(). */
int ip_setup_cork(struct sock *sk, struct inet_cork *cork, const struct ipcm_cookie *ipc,
		  const struct rtable *rt, const struct flowi4 *fl4);
/*
 * Add octets behind transhdrlen octets of transport header (only with the first), which are left
 * unwritten at skb_transport_header(cork->skb). more: further ones are expected. 0 or -errno.
 * Mirrors: __ip_append_data().
 */
int ip_append_data(struct sock *sk, struct inet_cork *cork, const uint8_t *data, size_t len,
		   size_t transhdrlen, bool more);
/*
 * The datagram with its IP header but for length and checksum; the cork is empty then. NULL: there
 * is nothing. Mirrors: __ip_make_skb().
 */
struct sk_buff *ip_cork_finish(struct sock *sk, struct inet_cork *cork);
/* Mirrors: ip_flush_pending_frames(). */
void ip_cork_flush(struct inet_cork *cork);
/* Mirrors: ip_sk_ignore_df(), ip_dont_fragment(). */
bool ip_sk_ignore_df(const struct sock *sk);
/* Mirrors: ip_select_ttl(). */
uint8_t ip_select_ttl(const struct sock *sk);
/* Mirrors: ip_select_ident() with a socket. */
uint16_t ip_select_ident_sk(struct sock *sk, const struct sk_buff *skb);
/* Nothing went wrong on the way that the sender did not see. Mirrors: ip_local_error(). */
void ip_local_error(struct sock *sk, int err, uint32_t daddr, uint16_t port, uint32_t info);
/*
 * Where a call goes: to its address, or the peer's. unspec: AF_UNSPEC counts as AF_INET. 0 or
 * -errno; *ret is set in any case.
 */
int sendmsg_dest(const struct sock *sk, const struct ref_msg_out *msg, bool unspec,
		 struct ref_sockaddr *ret);
/* The way there; broadcast must be allowed. 0 or -errno. Mirrors: that part of each sendmsg. */
int ip_sendmsg_route(struct sock *sk, struct flowi4 *fl4, struct rtable *ret_rt);
/* The checks of sock_alloc_send_skb() that come before memory: 0 or -errno. */
int sock_may_send(struct sock *sk);

/* ---- udp_sendmsg.c, raw_sendmsg.c, ping_sendmsg.c: struct proto's sendmsg ---- */

long udp_sendmsg(struct sock *sk, const struct ref_msg_out *msg, uint32_t flags);
long raw_sendmsg(struct sock *sk, const struct ref_msg_out *msg, uint32_t flags);
long ping_v4_sendmsg(struct sock *sk, const struct ref_msg_out *msg, uint32_t flags);
/* Send what waits (UDP_CORK is taken off), or forget it. 0 or -errno; nothing. */
int udp_push_pending_frames(struct sock *sk);
void udp_flush_pending_frames(struct sock *sk);

#endif
