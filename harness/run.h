/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The runner: the same steps on two stacks, compared, and the first difference found exactly.
 *
 * Steps run in batches on both stacks, which are compared after each. When a batch differs, both
 * get a fresh host, run again up to that batch, and then step by step with counters read after
 * each: that confirms the difference and says which step it is. From there on the run goes step
 * by step, until some batches were without a difference; both hosts are renewed after one, so
 * that it does not cause the next.
 */
#ifndef HARNESS_RUN_H
#define HARNESS_RUN_H

#include "harness/compare/compare.h"
#include "harness/obs.h"
#include "harness/source.h"
#include "harness/stack/stack.h"

#define RUN_BATCH	    256 /* steps of a batch unless said otherwise */
#define RUN_RENEW_MAX	    64 /* differences after each of which the hosts are renewed */
#define RUN_FINGERPRINT_MAX 320

struct run_options {
	size_t batch; /* steps of a batch, at most SOURCE_CHUNK_MAX; 0: RUN_BATCH */
	bool each; /* step by step from the start */
	bool unexplained; /* no decisions: the stacks go as they do when nobody asks */
	bool keep_hosts; /* never renew the hosts within the run: a case is one story */
	size_t keep_max; /* differences with fingerprints of their own that are kept whole */
	/* Called with the observations of a, normalised; NULL: nobody. */
	int (*trace)(void *ctx, const struct world *w, const struct obs_list *l, struct errmsg *e);
	/*
	 * Called for each step in its order, with what both showed of it (b: nothing if there is
	 * none), comparable. Only with `each`, else steps are not looked at one by one.
	 */
	int (*step)(void *ctx, const struct step *step, struct obs_range a, struct obs_range b,
		    const struct diff *diff, struct errmsg *e);
	/*
	 * The judge: is this difference known? Then the step is compared on behind it. NULL: none
	 * is. Only where hosts are kept: a difference must not be the cause of later ones.
	 */
	bool (*known)(void *ctx, const struct diff *diff);
	void (*progress)(void *ctx, uint64_t steps);
	void *ctx;
};

/* A step in which the stacks differ, with all that a report needs. */
struct divergence {
	struct diff diff; /* a and b point into the lists here */
	struct obs_list a, b; /* what each showed of the step, normalised */
	struct step step; /* data is owned: frame, call */
	uint8_t *frame;
	struct call *call;
	char *trail_a, *trail_b; /* decisions, "FUNCTION: WHAT\n" each; "" if none are known */
	char fingerprint[RUN_FINGERPRINT_MAX];
	uint64_t count; /* steps with this fingerprint */
	bool confirmed; /* seen again, step by step from a fresh host */
	const char *note; /* how it was found, if that needs saying; or "" */
};

struct run_result {
	uint64_t step_nr; /* steps that were run and compared */
	uint64_t obs_nr[2][OBS_TYPE_NR];
	uint32_t types; /* OBS_BIT()s that were compared */
	uint64_t differing; /* steps that differ */
	uint64_t known; /* differences that the judge knows, which do not count */
	uint64_t other; /* of these: fingerprints that are not kept */
	bool coarse; /* after RUN_RENEW_MAX hosts were renewed per batch, not per step */
	struct divergence *div;
	size_t div_nr;
};

/*
 * Run all steps of src. b NULL: run a alone. 0, or -errno with a message: a stack or the input
 * failed; ret tells of what came before in either case. Release it with run_result_done().
 */
int run_pair(struct stack *a, struct stack *b, const struct world *w, struct source *src,
	     const struct run_options *opt, struct run_result *ret, struct errmsg *e);
void run_result_done(struct run_result *r);

#endif
