/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Why a packet was dropped, by the kernel's own names (include/net/dropreason-core.h of the
 * newest profile). The numbers are ours: compare by name.
 */
#ifndef REF_DROPREASON_H
#define REF_DROPREASON_H

#define SKB_DROP_REASONS(X)                                                                        \
	X(NOT_SPECIFIED)                                                                           \
	X(NO_SOCKET)                                                                               \
	X(SOCKET_CLOSE)                                                                            \
	X(PKT_TOO_SMALL)                                                                           \
	X(TCP_CSUM)                                                                                \
	X(SOCKET_FILTER)                                                                           \
	X(UDP_CSUM)                                                                                \
	X(NETFILTER_DROP)                                                                          \
	X(OTHERHOST)                                                                               \
	X(IP_CSUM)                                                                                 \
	X(IP_INHDR)                                                                                \
	X(IP_RPFILTER)                                                                             \
	X(UNICAST_IN_L2_MULTICAST)                                                                 \
	X(XFRM_POLICY)                                                                             \
	X(IP_NOPROTO)                                                                              \
	X(PROTO_MEM)                                                                               \
	X(SOCKET_RCVBUFF)                                                                          \
	X(IP_OUTNOROUTES)                                                                          \
	X(NEIGH_CREATEFAIL)                                                                        \
	X(NEIGH_FAILED)                                                                            \
	X(NEIGH_QUEUEFULL)                                                                         \
	X(NEIGH_DEAD)                                                                              \
	X(NEIGH_HH_FILLFAIL)                                                                       \
	X(CPU_BACKLOG)                                                                             \
	X(UNHANDLED_PROTO)                                                                         \
	X(SKB_CSUM)                                                                                \
	X(SKB_UCOPY_FAULT)                                                                         \
	X(DEV_HDR)                                                                                 \
	X(DEV_READY)                                                                               \
	X(FULL_RING)                                                                               \
	X(NOMEM)                                                                                   \
	X(HDR_TRUNC)                                                                               \
	X(TAP_FILTER)                                                                              \
	X(TAP_TXFILTER)                                                                            \
	X(ICMP_CSUM)                                                                               \
	X(INVALID_PROTO)                                                                           \
	X(IP_INADDRERRORS)                                                                         \
	X(IP_INNOROUTES)                                                                           \
	X(IP_LOCAL_SOURCE)                                                                         \
	X(IP_INVALID_SOURCE)                                                                       \
	X(IP_LOCALNET)                                                                             \
	X(IP_INVALID_DEST)                                                                         \
	X(PKT_TOO_BIG)                                                                             \
	X(DUP_FRAG)                                                                                \
	X(FRAG_REASM_TIMEOUT)                                                                      \
	X(FRAG_TOO_FAR)                                                                            \
	X(IPV6DISABLED)                                                                            \
	X(NO_TX_TARGET)                                                                            \
	X(RECURSION_LIMIT)                                                                         \
	X(QUEUE_PURGE)

enum skb_drop_reason {
#define X(name) SKB_DROP_REASON_##name,
	SKB_DROP_REASONS(X)
#undef X
	SKB_DROP_REASON_NR,
};

#endif
