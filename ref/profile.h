/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The differences between the Linux versions, one row each: a name, the first profile that has
 * the newer behaviour, and what it is. The code asks `ref_since(net, DIFF_x)`; nothing else in
 * the reference compares versions. Add a row: one line here.
 */
#ifndef REF_PROFILE_H
#define REF_PROFILE_H

#include "ref/ref.h"

/*      name                    since           the newer behaviour */
#define REF_DIFFS(X)                                                                               \
	X(ROUTE_DROP_REASONS,	REF_LINUX_6_18,	"input route refusals carry their own drop reason") \
	X(INPUT_DSCP_MASK,	REF_LINUX_6_12,	"input route lookups use all six DSCP bits")        \
	X(ARP_SHORT_REASON,	REF_LINUX_6_18,	"an ARP packet that is cut short drops as PKT_TOO_SMALL") \
	X(REPLY_DSCP_MASK,	REF_LINUX_6_12,	"ICMP answers and TCP resets are routed by all six DSCP bits")  \
	X(FORW_COUNTED_FIRST,	REF_LINUX_6_12,	"ForwDatagrams counts before the MTU test")         \
	X(OUT_COUNTED_SENT,	REF_LINUX_6_12,	"OutRequests counts this host's own packets, OutTransmits and OutOctets each piece sent") \
	X(TCP_BAD_OPTIONS_MUTE,	REF_LINUX_6_12,	"a segment with malformed options is not answered by a reset") \
	X(FRAG_DROP_REASONS,	REF_LINUX_6_12,	"fragments have drop reasons of their own; those of a bad datagram are consumed") \
	X(SKB_SMALL_HEAD,	REF_LINUX_6_12,	"short packets come from a cache of blocks of their own") \
	X(CONSUMED_LIST,	REF_LINUX_6_12,	"fragments behind a datagram that UDP hands over are freed without a drop") \
	X(ICMP_BCAST_FIRST,	REF_LINUX_6_18,	"ICMP to broadcast is refused before its type is known") \
	X(MULTIPATH_SOURCE,	REF_LINUX_6_18,	"of several next hops, one whose address is the source is preferred") \
	X(QUEUE_PURGE_REASON,	REF_LINUX_6_12,	"a purged error queue is dropped as QUEUE_PURGE") \
	X(OPTMEM_128K,		REF_LINUX_6_12,	"net.core.optmem_max, the room for control messages, begins at 128 KiB") \
	X(UDP_CSUM_AT_READ,	REF_LINUX_6_18,	"a checksum found wrong while reading drops as UDP_CSUM") \
	X(SK_MEM_4M,		REF_LINUX_6_18,	"net.core.rmem_max and wmem_max begin at 4 MiB") \
	X(UDP_RCVBUF_HUGE,	REF_LINUX_6_12,	"a receive buffer above half of INT_MAX is never overshot") \
	X(UDP_RCVBUF_STRICT,	REF_LINUX_6_18,	"a datagram may pass the receive buffer's end only if nothing is charged") \
	X(UDP_ERR_NEEDS_SOCKET,	REF_LINUX_6_18,	"path MTUs and redirects for UDP are learnt only where a socket sent the datagram") \
	X(PING_RCV_QUEUES,	REF_LINUX_6_18,	"an echo reply that a full ping socket refuses is one drop, not also one of icmp_rcv()") \
	X(GSO_SOFT_CSUM,	REF_LINUX_6_12,	"UDP_SEGMENT needs no device that sums up")              \
	X(GET_ROUTER_ALERT,	REF_LINUX_6_12,	"IP_ROUTER_ALERT can be read")                          \
	X(OPTLEN_AFTER_FD,	REF_LINUX_6_12,	"setsockopt looks at the descriptor before the length")  \
	X(CORK_TOS,	REF_LINUX_6_18,	"the TOS of a corked datagram is that of its first call")               \
	X(PRIORITY_CMSG,	REF_LINUX_6_18,	"a control message SO_PRIORITY is known")             \
	X(RAW_RCVBUF_FIRST,	REF_LINUX_6_12,	"a full raw socket is skipped before it counts as receiver")

enum ref_diff {
#define X(name, since, what) DIFF_##name,
	REF_DIFFS(X)
#undef X
	DIFF_NR,
};

struct ref_diff_row {
	const char *name;
	enum ref_profile since;
	const char *what;
};
extern const struct ref_diff_row ref_diff_table[DIFF_NR];

#endif
