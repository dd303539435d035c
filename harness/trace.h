/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The trace: one line per observation, stable enough to diff and to keep in git.
 *
 *   3 deliver dns0 from 10.0.0.2:53 len 4 ttl=64 tos=0x0 pktinfo=eth0,10.0.0.1,10.0.0.1 : 74657374
 *   3 error dns0 ECONNREFUSED
 *   3 return bind dns0 EADDRINUSE
 *   3 return sendmsg dns0 4
 *   3 return getsockname dns0 0 len 16 10.0.0.1:53 : 020000350a0000010000000000000000
 *   3 emit eth0 10.0.0.1 > 10.0.0.2 icmp echo-reply id 1 seq 1 ttl 64 : <hex of the frame>
 *   3 drop UDP_CSUM # udp_queue_rcv_one_skb
 *   3 count Udp.InDatagrams +1
 *   3 stat eth0 rx_packets +1
 *
 * The number is the step. What is printed is normalised: what the kernel picks at random (the id
 * of packets without DF) stands as a small number, and so the same packets give the same trace.
 * What stands between the wire and " : " of an emit is for people, and so is what follows the
 * length of a return; a reader takes the octets.
 * Locations of drops are comments after '#'. `ret N` is there when the receive call returned other
 * than the octets it gave, `flags=` when the message has flags; control messages without a word of
 * their own are cmsg=LEVEL/TYPE:HEX.
 */
#ifndef HARNESS_TRACE_H
#define HARNESS_TRACE_H

#include "harness/errmsg.h"
#include "harness/obs.h"
#include "harness/world/world.h"

/* Room for any observation: hexadecimal digits of the longest frame and of control messages. */
#define TRACE_LINE_MAX (160 * 1024)

/* One observation as a line without newline into buf (cut to size, always terminated). */
size_t trace_line(char *buf, size_t size, const struct world *w, const struct obs_list *l,
		  const struct obs *obs);
/* The same with no more than hex_max octets of each payload or frame: for reports. */
size_t trace_line_short(char *buf, size_t size, size_t hex_max, const struct world *w,
			const struct obs_list *l, const struct obs *obs);
/* A frame in a few words, each with a space before it: " 10.0.0.1 > 10.0.0.2 ttl 64 udp 1 > 2". */
size_t trace_frame_text(char *buf, size_t size, const uint8_t *frame, size_t len);
/*
 * Read a line back and add it to l. 1: added; 0: blank or comment; -EINVAL with a message that
 * has no FILE:LINE. Names are those of the world.
 */
int trace_parse(struct obs_list *l, const struct world *w, const char *line, struct errmsg *e);

#define TRACE_FLAGS_MAX 256 /* room for all of them */

/* Names of MSG_* bits joined by '|', and back; a number is understood too. */
size_t trace_flags_text(char *buf, size_t size, uint32_t flags);
bool trace_flags_parse(const char *text, uint32_t *ret);

#endif
