/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Keeping differences for the report. Private to the runner. */
#ifndef HARNESS_RUN_KEEP_H
#define HARNESS_RUN_KEEP_H

#include "harness/run.h"

/* What the stacks said of their decisions during a run of steps. */
struct trail {
	char *text; /* "FUNCTION: WHAT\n" each */
	size_t used, max;
	struct trail_entry {
		uint32_t step;
		size_t off; /* in text */
	} * entry;
	size_t nr, entry_max;
	bool full;
};

#define TRAIL_TEXT_MAX ((size_t)8 << 20)

void trail_done(struct trail *t);
static inline void trail_clear(struct trail *t)
{
	t->used = 0;
	t->nr = 0;
	t->full = false;
}
/* A stack_say_fn; ctx is the trail. */
void trail_say(void *ctx, uint32_t step, const char *func, const char *what);
/* The decisions of one step, to be freed; NULL: no memory. */
char *trail_of(const struct trail *t, uint32_t step);

/* What is to be kept of one difference. */
struct finding {
	const struct diff *diff;
	struct obs_range a, b;
	const struct step *step;
	const struct trail *trail_a, *trail_b;
	bool confirmed;
	const char *note;
};

/* Count it, and keep it whole if its fingerprint is new and there is room. 0 or -ENOMEM. */
int run_keep(struct run_result *res, size_t keep_max, const struct finding *f, struct errmsg *e);

#endif
