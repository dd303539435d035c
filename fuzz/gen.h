/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Random cases from a seed, made for one world (gen_world): datagrams to open and closed ports,
 * ICMP of every kind, errors that quote the host's packets, fragments in any order with overlaps,
 * options, groups, martians, TCP, UDP-Lite, unknown protocols, sockets that the case makes, calls
 * and closes (gen_calls.h); mutated now and then. Each case has
 * a source address of its own, so that cases of one run do not touch each other's state; a case of
 * fragments ends with the frame that kills its queue.
 */
#ifndef FUZZ_GEN_H
#define FUZZ_GEN_H

#include <stddef.h>
#include <stdint.h>

#include "fuzz/rng.h"
#include "harness/step.h"

#define GEN_CASE_STEPS 12 /* most steps of one case */
#define GEN_FRAME_MAX  1600 /* longest frame, octets */

/* What is to be known of the world that cases are made for. */
struct gen_shape {
	uint32_t wire_nr;
	uint32_t socket_nr;
	uint64_t held; /* bit per socket that is not drained: it is read by steps */
	uint16_t call_sock; /* number of the socket that cases may make; 0: none */
	uint64_t kinds_off; /* bit per kind of case that is not made: see gen.c */
};

struct gen {
	struct gen_shape shape;
	struct rng rng;
	uint64_t case_nr; /* cases made so far */
	uint32_t mutate_one_in; /* 0: never */
};

/* The plain world, as text; its shape is that of gen_init(). */
extern const char gen_world[];

void gen_init(struct gen *g, uint64_t seed);
/*
 * Make the next case: at most GEN_CASE_STEPS steps, whose octets lie in buf (at least
 * GEN_CASE_STEPS * GEN_FRAME_MAX octets). Returns the number of steps; idx counts from first_idx.
 */
size_t gen_case(struct gen *g, struct step *steps, uint8_t *buf, uint32_t first_idx);

#endif
