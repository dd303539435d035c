/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The trace: one line per observation, stable enough to diff and to keep in git.
 *
 *   3 deliver dns0 from 10.0.0.2:53 len 4 ttl=64 tos=0x0 pktinfo=eth0,10.0.0.1,10.0.0.1 : 74657374
 *   3 error dns0 ECONNREFUSED
 *   3 emit eth0 10.0.0.1 > 10.0.0.2 icmp echo-reply id 1 seq 1 ttl=64 ... : <hex of the frame>
 *   3 drop UDP_CSUM
 *   3 count Udp.InDatagrams +1
 *   3 stat eth0 rx_packets +1
 *
 * The number is the step. Locations of drops are comments after '#'. trace_parse() reads it back.
 */
#ifndef HARNESS_TRACE_H
#define HARNESS_TRACE_H

#include "harness/obs.h"
#include "harness/world/world.h"

/* One observation as a line without newline into buf (cut to size, always terminated). */
size_t trace_line(char *buf, size_t size, const struct world *w, const struct obs_list *l,
		  const struct obs *obs);

#endif
