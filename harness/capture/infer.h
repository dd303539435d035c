/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Infer a world from a capture: which addresses are local, which UDP ports are bound, which groups
 * are joined. Made in one pass of constant memory, printed in the world syntax.
 */
#ifndef HARNESS_INFER_H
#define HARNESS_INFER_H

#include "harness/capture/capture.h"
#include "harness/world/world.h"

#define INFER_HOST_MAX 16

struct infer_options {
	/* Addresses that the user says are the host's; none: found by who receives most. */
	uint32_t host[INFER_HOST_MAX];
	size_t host_nr;
};

/* What became of the capture's packets, for the report. */
struct inferred {
	struct world world;	/* release with world_done() */
	uint32_t local[INFER_HOST_MAX];
	size_t local_nr;
	uint8_t mac[6];		/* of the host's wire */
	uint64_t packet_nr, injected_nr, outgoing_nr, not_ip_nr, cut_nr;
};

/* Reads c from the start to its end (then the caller rewinds). */
int infer_world(struct inferred *ret, struct capture *c, const struct infer_options *opt,
		struct errmsg *e);
/*
 * Should this packet be received by the inferred host? Rewrites a unicast destination MAC to the
 * host's own in `frame` (14 octets of caller's memory) when the IP destination is local.
 */
bool infer_takes(const struct inferred *inf, const struct capture_packet *p, uint8_t mac_header[14]);

#endif
