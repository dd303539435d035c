/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Generated cases as a source of steps: a stretch of them, the same from the same seed. */
#ifndef FUZZ_GEN_SOURCE_H
#define FUZZ_GEN_SOURCE_H

#include "fuzz/gen.h"
#include "harness/source.h"

struct gen_source {
	struct source source;
	uint64_t seed;
	uint64_t case_max; /* cases of the stretch */
	struct gen gen;
	uint32_t next_idx;
	struct step *steps; /* made and not yet given */
	uint8_t *octets;
	size_t nr, at;
};

/* 0 or -ENOMEM. Release with gen_source_done(). */
int gen_source_init(struct gen_source *s, uint64_t seed, uint64_t case_max);
void gen_source_done(struct gen_source *s);
/* Another seed and the shape of its world, from the first case on. */
void gen_source_seed(struct gen_source *s, uint64_t seed, const struct gen_shape *shape);

#endif
