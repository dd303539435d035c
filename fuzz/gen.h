/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Random cases from a seed, made for one world (gen_world): datagrams to open and closed ports,
 * ICMP of every kind, errors that quote the host's packets, fragments in any order with overlaps,
 * options, groups, martians, TCP, UDP-Lite, unknown protocols; mutated now and then. Each case has
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

struct gen {
	struct rng rng;
	uint64_t case_nr; /* cases made so far */
	uint32_t mutate_one_in; /* 0: never */
};

/* The world that the cases are made for, as text. */
extern const char gen_world[];

void gen_init(struct gen *g, uint64_t seed);
/*
 * Make the next case: at most GEN_CASE_STEPS steps, whose octets lie in buf (at least
 * GEN_CASE_STEPS * GEN_FRAME_MAX octets). Returns the number of steps; idx counts from first_idx.
 */
size_t gen_case(struct gen *g, struct step *steps, uint8_t *buf, uint32_t first_idx);

#endif
