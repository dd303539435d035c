/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Steps are made a block of whole cases at a time, into memory that is used again. */
#include "fuzz/gen_source.h"

#include <errno.h>
#include <stdlib.h>

#define BLOCK_STEPS 256

static void make_block(struct gen_source *s)
{
	s->nr = s->at = 0;
	while (s->nr + GEN_CASE_STEPS <= BLOCK_STEPS && s->gen.case_nr < s->case_max) {
		size_t n = gen_case(&s->gen, s->steps + s->nr, s->octets + s->nr * GEN_FRAME_MAX,
				    s->next_idx);

		s->nr += n;
		s->next_idx += (uint32_t)n;
	}
}

static int gen_next(struct source *source, size_t max, size_t max_cost, const struct step **ret,
		    struct errmsg *e)
{
	struct gen_source *s = (struct gen_source *)source;
	size_t n = 0, cost = 0;

	(void)e;
	if (s->at == s->nr)
		make_block(s);
	*ret = s->steps + s->at;
	while (s->at + n < s->nr && n < max) {
		cost += step_cost(&s->steps[s->at + n]);
		if (n > 0 && cost > max_cost)
			break;
		n++;
	}
	s->at += n;
	return (int)n;
}

void gen_source_seed(struct gen_source *s, uint64_t seed, const struct gen_shape *shape)
{
	struct gen_shape kept = *shape; /* may be that of s */

	s->seed = seed;
	gen_init(&s->gen, seed);
	s->gen.shape = kept;
	s->next_idx = 0;
	s->nr = s->at = 0;
}

static int gen_rewind(struct source *source, struct errmsg *e)
{
	struct gen_source *s = (struct gen_source *)source;

	(void)e;
	gen_source_seed(s, s->seed, &s->gen.shape);
	return 0;
}

int gen_source_init(struct gen_source *s, uint64_t seed, uint64_t case_max)
{
	*s = (struct gen_source){
		.source = { .next = gen_next, .rewind = gen_rewind },
		.case_max = case_max,
		.steps = calloc(BLOCK_STEPS, sizeof(struct step)),
		.octets = malloc((size_t)BLOCK_STEPS * GEN_FRAME_MAX),
	};
	if (!s->steps || !s->octets) {
		gen_source_done(s);
		return -ENOMEM;
	}
	gen_source_seed(s, seed, &(struct gen_shape){ .wire_nr = 1 });
	return 0;
}

void gen_source_done(struct gen_source *s)
{
	free(s->steps);
	free(s->octets);
	s->steps = NULL;
	s->octets = NULL;
}
