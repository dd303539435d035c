/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The `socket` line, parsed into calls that every stack can make:
 *
 *   socket NAME udp [bind ADDR:PORT] [connect ADDR:PORT] [dev NAME] [opt NAME=VALUE]... [hold]
 *   socket NAME udplite ...
 *   socket NAME raw PROTO [bind ADDR] ...
 *   socket NAME ping [bind ADDR:ID] ...
 *   socket NAME tcp bind ADDR:PORT          (listens; nothing is accepted)
 *
 * Options bear the kernel's names: IP_RECVTTL=1, SO_RCVBUF=2304, IP_ADD_MEMBERSHIP=239.1.1.1@eth0,
 * UDP_ENCAP=1 ... The table in sockopt.c has them all and the form of their values; any option
 * takes raw octets too: IP_TTL=hex:40. Words stand in the order in which the calls are made: an
 * option before `bind` is set before it. `dev NAME` is SO_BINDTODEVICE.
 *
 * `hold`: the socket is not drained after each step (only by a recvmsg step). Unless the word
 * `plain` is there, the first calls set IP_PKTINFO, IP_RECVTTL, IP_RECVTOS and IP_RECVOPTS (not
 * for tcp), so that a trace shows what came with a datagram. A tcp socket listens at the end.
 */
#ifndef HARNESS_WORLD_SOCKET_H
#define HARNESS_WORLD_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/world/world.h"

#define SOCKET_CALL_MAX 48

#define SOCKET_VAL_MAX 272 /* the longest: struct group_source_req, 264 */

enum socket_call_type {
	SOCKET_CALL_SETSOCKOPT,
	SOCKET_CALL_BIND,
	SOCKET_CALL_CONNECT,
	SOCKET_CALL_LISTEN,
};

/* A value that names a device is resolved by the stack: dev_at is the offset of the ifindex. */
struct socket_call {
	enum socket_call_type type;
	uint32_t addr; /* bind, connect: host order */
	uint16_t port;
	int level, name;             /* setsockopt */
	uint8_t val[SOCKET_VAL_MAX]; /* as the kernel takes it; addresses in network order */
	size_t val_len;
	int dev_at; /* -1: none */
	bool dev_big_endian;
	char dev[16];
};

struct socket_spec {
	const char *name; /* of the world */
	int family, type, protocol;
	bool hold;
	struct socket_call call[SOCKET_CALL_MAX];
	size_t call_nr;
};

/*
 * The words of a kind: "udp", "raw 17", or three numbers or names (AF_INET SOCK_DGRAM 0).
 * ret has family, type, protocol. Returns how many words it took, or -EINVAL with a message.
 */
int socket_kind_parse(int ret[3], char *const *words, int nr, struct errmsg *e);
/* 0, or -EINVAL with a message without FILE:LINE (world_add_line() puts it in front). */
int socket_spec_parse(struct socket_spec *spec, const struct world *w,
		      const struct world_line *line, struct errmsg *e);

#endif
