/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* IP options as compiled from a header. Mirrors: include/net/inet_sock.h, struct ip_options. */
#ifndef REF_IP_OPTIONS_H
#define REF_IP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define REF_IPOPT_MAX 40

/*
 * Offsets (srr, rr, ts, router_alert, cipso) count from the first octet of the IP header;
 * 0: the option is not there.
 */
struct ip_options {
	uint32_t faddr;		/* first hop of a source route, host order */
	uint32_t nexthop;
	uint8_t optlen;		/* octets of options */
	uint8_t srr, rr, ts;
	bool is_strictroute;
	bool srr_is_hit;	/* source route: the destination is ours */
	bool is_changed;	/* the IP checksum no longer holds */
	bool rr_needaddr, ts_needtime, ts_needaddr;
	uint8_t router_alert, cipso;
};

#endif
