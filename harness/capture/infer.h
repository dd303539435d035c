/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Infer a world from a capture: which addresses are local, which UDP ports are bound, which groups
 * are joined. One pass of constant memory; the result is text in the world syntax, with a comment
 * that says why behind each line, so that it can be printed, saved and edited.
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

struct inferred {
	char *text; /* the world with its comments; owned */
	struct world world; /* the same, read; owned */
	uint64_t packet_nr; /* of the capture, as far as it can be read */
};

/*
 * Reads c from where it is to its end; the caller rewinds. A capture that cannot be read to its
 * end gives the world of what comes before: the same error comes again when it is replayed.
 * -ENODATA: no IPv4 packet in it (or -errno of the capture if it cannot be read at all).
 */
int infer_world(struct inferred *ret, struct capture *c, const struct infer_options *opt,
		struct errmsg *e);
void inferred_done(struct inferred *inf);

/* What becomes of a packet of a capture when it is replayed: name, its key in JSON, in words. */
#define CAPTURE_FATES(X)                                                                           \
	X(INJECT, "injected", "injected")                                                          \
	X(OUTGOING, "outgoing", "sent by the host itself")                                         \
	X(NOT_IP, "not_ip", "not IPv4")                                                            \
	X(CUT, "cut", "cut by the snap length: octets of it are not known")

enum capture_fate {
#define X(id, key, text) FATE_##id,
	CAPTURE_FATES(X)
#undef X
		FATE_NR,
};
extern const char *const capture_fate_key[FATE_NR], *const capture_fate_text[FATE_NR];

/*
 * Is this packet to be received by the host of this world, inferred or not? If so, eth is the
 * header to put over the first 14 octets of the frame: its unicast destination MAC is the first
 * wire's when the IP destination is an address of the host.
 */
enum capture_fate capture_fate(const struct world *w, const struct capture_packet *p,
			       uint8_t eth[14]);

#endif
