/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Frames made by hand, for self-tests, benchmarks and tests of live stacks. */
#ifndef HARNESS_STACK_LIVE_FRAME_H
#define HARNESS_STACK_LIVE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "harness/step.h"

#define LIVE_FRAME_MAX 2048

struct live_frame {
	uint8_t data[LIVE_FRAME_MAX];
	size_t len;
};

#define LIVE_HOST 0x0a000001u /* 10.0.0.1: the host under test */
#define LIVE_PEER 0x0a000002u /* 10.0.0.2 */

/* The least that answers: an address, a neighbour. */
#define LIVE_WORLD                                                                                 \
	"addr add 10.0.0.1/24 dev eth0\n"                                                          \
	"neigh add 10.0.0.2 lladdr 02:00:00:00:01:01 dev eth0 nud permanent\n"

/* IPv4 with right checksums, from LIVE_PEER to LIVE_HOST through wire 0. */
void live_ip(struct live_frame *f, uint8_t protocol, uint16_t id, uint16_t frag_off_field,
	     const void *payload, size_t len);
/* Set the header's checksum again, after a change of the header (20 octets). */
void live_ip_csum(struct live_frame *f);
void live_udp(struct live_frame *f, uint16_t sport, uint16_t dport, const void *payload,
	      size_t len);
void live_echo(struct live_frame *f, uint16_t seq, size_t len);
struct step live_step(const struct live_frame *f, uint32_t idx);

#endif
