/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Every limit of the reference that is its own and not the kernel's, by name. Reaching one is a
 * verdict (a drop with NOMEM, an error from the call), never an abort; each has a test.
 */
#ifndef REF_LIMITS_H
#define REF_LIMITS_H

#define REF_DEV_MAX 32		/* network devices of a host */
#define REF_IFADDR_MAX 256	/* addresses of a host */
#define REF_FOU_MAX 64		/* ports of fou and gue */
#define REF_FIB_MAX 1024	/* routes of a host */
#define REF_FIB_TABLES 16	/* routing tables of a host; local and main are one */
#define REF_FNHE_MAX 1024	/* learnt path MTUs and redirects; the oldest makes room */
#define REF_NEIGH_MAX 1024	/* neighbours, static and learnt */
#define REF_SOCK_MAX 1024	/* open sockets */
#define REF_REUSEPORT_MAX 64	/* SO_REUSEPORT groups */
#define REF_REUSEPORT_SOCKS 64	/* sockets of one group */
#define REF_MC_SRC_MAX 32	/* sources of one membership */
#define REF_MC_MAX 256		/* multicast memberships: device and socket lists, each */
#define REF_PEER_MAX 16384	/* remote hosts with rate limits of their own; a power of two */
#define REF_IDENTS 2048		/* counters of IP ids; a power of two */
#define REF_OBS_MAX 4096	/* observations of one step */
#define REF_OBS_BYTES (1u << 20)	/* octets of emitted frames of one step */
#define REF_LEND_LEN 65536	/* longer than any datagram: ref_recv_lend() */
#define REF_ARENA_LEN ((size_t)64 << 20)	/* packet memory of a host; touched when used */
#define REF_BACKLOG_MAX 1000	/* netdev_max_backlog: frames looped within one step */
#define REF_FRAME_MAX (65535 + 14 + 8)	/* longest frame that a wire takes, octets */

#endif
