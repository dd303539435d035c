/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The steps of a case. */
#include "harness/source.h"

static int case_next(struct source *source, size_t max, size_t max_cost, const struct step **ret,
		     struct errmsg *e)
{
	struct case_source *s = (struct case_source *)source;
	const struct step *steps = s->tcase->steps + s->at;
	size_t left = s->tcase->step_nr - s->at, nr = 0, cost = 0;

	(void)e;
	while (nr < left && nr < max) {
		cost += step_cost(&steps[nr]);
		if (nr > 0 && cost > max_cost)
			break;
		nr++;
	}
	*ret = steps;
	s->at += nr;
	return (int)nr;
}

static int case_rewind(struct source *source, struct errmsg *e)
{
	(void)e;
	((struct case_source *)source)->at = 0;
	return 0;
}

void case_source_init(struct case_source *s, const struct tcase *c)
{
	*s = (struct case_source){
		.source = { .next = case_next, .rewind = case_rewind },
		.tcase = c,
	};
}
