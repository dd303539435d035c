/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Stretch after stretch; what differs is written down before anything else is done with it. */
#include "fuzz/campaign.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "fuzz/campaign_log.h"
#include "fuzz/gen_source.h"
#include "fuzz/gen_world.h"
#include "harness/call/call.h"

#define FOUND		"found" /* HASH-found.case: as it was found */
#define UNREPRODUCED_NR 256 /* steps that are kept of what did not show again */
#define KEEP_MAX	64 /* kinds of one stretch */
#define REFUSED_MAX	100 /* worlds in a row: then the stack is broken */

struct work {
	struct stack *a, *b;
	const struct campaign_options *opt;
	struct campaign_sum *sum;
	struct campaign_log log;
	struct gen_source src;
	struct world w; /* of the stretch */
	uint64_t refused_row;
	struct errmsg *e;
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool stopped(const struct campaign_options *opt)
{
	return opt->stop && opt->stop();
}

/* Write down what the shrinker came to, and tell of it. */
static int write_small(struct work *k, const struct divergence *d, const struct world *w,
		       const char *origin, struct shrunk *small)
{
	const char *fingerprint = d->fingerprint;
	struct campaign_finding f = {
		.fingerprint = fingerprint, .div = d, .w = w, .small = small
	};
	char path[FINDING_PATH_MAX], notes[512];
	size_t skip =
		small->hits == 0 && small->nr > UNREPRODUCED_NR ? small->nr - UNREPRODUCED_NR : 0;
	int err;

	snprintf(notes, sizeof(notes), "%s and %s, %s\nconfirmed in %u of %d runs%s\n", k->a->label,
		 k->b->label, origin, small->hits, SHRINK_CONFIRM,
		 small->unfinished ? "; not shrunk to the end" : "");
	err = finding_write(k->opt->dir, "", fingerprint, notes, &small->world, small->steps + skip,
			    small->nr - skip, true, path, k->e);
	if (err < 0)
		return err;
	f.path = path;
	k->opt->finding(k->opt->ctx, &f);
	return 0;
}

/* The steps up to a difference, the last of them: on disk before the work on it begins. */
static int write_raw(struct work *k, const char *fingerprint, const char *origin, uint32_t step_idx)
{
	struct step *steps = calloc(CAMPAIGN_TAIL, sizeof(*steps));
	uint8_t *octets = malloc((size_t)CAMPAIGN_TAIL * GEN_FRAME_MAX);
	char path[FINDING_PATH_MAX];
	const struct step *next;
	size_t nr = 0;
	int n, err = k->src.source.rewind(&k->src.source, k->e);

	if (!steps || !octets)
		err = errmsg_set(k->e, -ENOMEM, "out of memory");
	while (err == 0 && (n = k->src.source.next(&k->src.source, SOURCE_CHUNK_MAX, SIZE_MAX,
						   &next, k->e)) > 0) {
		for (int i = 0; i < n && next[i].idx <= step_idx; i++) {
			/* A ring: where the oldest stands is known in the end. */
			size_t at = nr++ % CAMPAIGN_TAIL;

			steps[at] = next[i];
			if (!next[i].data)
				continue;
			memcpy(octets + at * GEN_FRAME_MAX, next[i].data, next[i].len);
			call_step_moved(&steps[at], octets + at * GEN_FRAME_MAX);
		}
		if (next[n - 1].idx >= step_idx)
			break;
	}
	if (err == 0 && nr > CAMPAIGN_TAIL) {
		/* Turn the ring, so that the oldest stands first. */
		size_t first = nr % CAMPAIGN_TAIL;
		struct step *turned = calloc(CAMPAIGN_TAIL, sizeof(*turned));

		if (turned) {
			memcpy(turned, steps + first, (CAMPAIGN_TAIL - first) * sizeof(*steps));
			memcpy(turned + CAMPAIGN_TAIL - first, steps, first * sizeof(*steps));
			free(steps);
			steps = turned;
		}
		nr = CAMPAIGN_TAIL;
	}
	if (err == 0)
		err = finding_write(k->opt->dir, FOUND, fingerprint, origin, &k->w, steps, nr,
				    false, path, k->e);
	free(steps);
	free(octets);
	return err;
}

static int new_kind(struct work *k, const struct divergence *d, uint64_t seed)
{
	struct campaign_kind *kind;
	struct shrunk small;
	char origin[96];
	int err;

	snprintf(origin, sizeof(origin), "seed %" PRIu64 ", step %u", seed, d->step.idx);
	err = write_raw(k, d->fingerprint, origin, d->step.idx);
	if (err < 0)
		return err;
	kind = campaign_log_found(&k->log, d->fingerprint, seed);
	k->sum->kinds++;
	err = shrink(k->a, k->b, &k->w, &k->src.source, d->step.idx, d->fingerprint, k->opt->stop,
		     &small, k->e);
	if (err < 0)
		return err;
	err = write_small(k, d, &k->w, origin, &small);
	/* What could be smaller stays as it was found, for another time. */
	if (err == 0 && small.hits > 0 && !(small.unfinished && stopped(k->opt))) {
		finding_remove(k->opt->dir, FOUND, d->fingerprint);
		if (kind)
			campaign_log_done(&k->log, kind);
	}
	shrunk_done(&small);
	return err;
}

/* The differences of one stretch. */
static int sort_out(struct work *k, const struct run_result *res, uint64_t seed)
{
	int err = 0;

	for (size_t i = 0; i < res->div_nr && err == 0; i++) {
		const struct divergence *d = &res->div[i];
		const struct campaign_kind *kind = campaign_log_find(&k->log, d->fingerprint);

		if (kind)
			k->sum->again += kind->old ? d->count : 0;
		else
			err = new_kind(k, d, seed);
	}
	return err;
}

/* A stack failed before the first step. Is it the world? Then the plain one works. */
static int refused(struct work *k, uint64_t seed, int err)
{
	struct errmsg why = *k->e;
	struct gen_shape shape;
	struct world plain;

	if (err == -ENOMEM || ++k->refused_row > REFUSED_MAX ||
	    gen_world_make(&plain, &shape, 0, k->e) < 0)
		return err;
	if (k->a->ops->world(k->a, &plain, k->e) == 0 && k->b->ops->world(k->b, &plain, k->e) == 0)
		err = 0;
	world_done(&plain);
	if (err < 0) {
		*k->e = why;
		return err;
	}
	k->sum->refused++;
	k->opt->refused(k->opt->ctx, seed, why.text);
	return 0;
}

static int stretch(struct work *k, uint64_t seed, uint64_t case_max)
{
	struct run_options opt = { .batch = k->opt->batch, .keep_max = KEEP_MAX };
	struct run_result res;
	struct gen_shape shape;
	int err = gen_world_make(&k->w, &shape, seed, k->e);

	if (err < 0)
		return err;
	k->sum->stretches++;
	k->src.case_max = case_max;
	gen_source_seed(&k->src, seed, &shape);
	err = run_pair(k->a, k->b, &k->w, &k->src.source, &opt, &res, k->e);
	if (err < 0 && res.step_nr == 0 && res.differing == 0) {
		err = refused(k, seed, err);
	} else {
		k->refused_row = 0;
		k->sum->cases += k->src.gen.case_nr;
		k->sum->steps += res.step_nr;
		k->sum->differing += res.differing;
		/* What was found counts, also if a stack failed later. */
		if (err == 0 || res.div_nr) {
			struct errmsg first = *k->e;
			int other = sort_out(k, &res, seed);

			if (err < 0)
				*k->e = first;
			else
				err = other;
		}
	}
	run_result_done(&res);
	world_done(&k->w);
	return err;
}

/* What an earlier run found and had no time to shrink: its stretch is run again. */
static int unfinished(struct work *k)
{
	int err = 0;

	for (size_t i = 0; i < k->log.kind_nr && err == 0 && !stopped(k->opt); i++) {
		struct campaign_kind *kind = &k->log.kind[i];
		struct campaign_kind kept = *kind;

		if (!kind->old || kind->done)
			continue;
		/* Forgotten for as long: it is new when it comes again. */
		kind->hash = 0;
		err = stretch(k, kept.seed, CAMPAIGN_STRETCH);
		if (!campaign_log_find(&k->log, kept.fingerprint))
			k->log.kind[i].hash = kept.hash;
	}
	return err;
}

static int stretches(struct work *k, double end_s)
{
	const struct campaign_options *opt = k->opt;
	uint64_t seed = opt->seed	   ? opt->seed
			: k->log.next_seed ? k->log.next_seed
					   : opt->first_seed;
	int err = 0;

	opt->begins(opt->ctx, seed, k->log.kind_nr);
	campaign_log_next(&k->log, seed, true);
	err = unfinished(k);
	while (err == 0 && !stopped(opt) && now_s() < end_s &&
	       (!opt->cases || k->sum->cases < opt->cases)) {
		uint64_t left = opt->cases ? opt->cases - k->sum->cases : CAMPAIGN_STRETCH;

		err = stretch(k, seed, left < CAMPAIGN_STRETCH ? left : CAMPAIGN_STRETCH);
		if (err < 0)
			break;
		campaign_log_next(&k->log, ++seed, false);
		if (opt->progress)
			opt->progress(opt->ctx, k->sum->cases);
	}
	k->sum->next_seed = seed;
	if (err == 0)
		campaign_log_next(&k->log, seed, true);
	return err;
}

int campaign(struct stack *a, struct stack *b, const struct campaign_options *opt,
	     struct campaign_sum *ret, struct errmsg *e)
{
	struct work k = { .a = a, .b = b, .opt = opt, .sum = ret, .e = e };
	double end_s = opt->seconds ? now_s() + (double)opt->seconds : 1e300;
	int err;

	*ret = (struct campaign_sum){ .cases = 0 };
	if (mkdir(opt->dir, 0777) < 0 && errno != EEXIST)
		return errmsg_set(e, -errno, "%s: %s", opt->dir, strerror(errno));
	err = campaign_log_open(&k.log, opt->dir, opt->log, e);
	if (err < 0)
		return err;
	if (gen_source_init(&k.src, 1, CAMPAIGN_STRETCH) < 0)
		err = errmsg_set(e, -ENOMEM, "out of memory");
	if (err == 0)
		err = stretches(&k, end_s);
	gen_source_done(&k.src);
	campaign_log_close(&k.log);
	return err;
}

int campaign_shrink_case(struct stack *a, struct stack *b, const struct tcase *c,
			 const struct campaign_options *opt, uint64_t *ret_kinds, struct errmsg *e)
{
	struct work k = { .a = a, .b = b, .opt = opt, .e = e };
	struct run_options run = { .each = true, .keep_hosts = true, .keep_max = KEEP_MAX };
	struct case_source src;
	struct run_result res;
	int err;

	*ret_kinds = 0;
	if (mkdir(opt->dir, 0777) < 0 && errno != EEXIST)
		return errmsg_set(e, -errno, "%s: %s", opt->dir, strerror(errno));
	case_source_init(&src, c);
	err = run_pair(a, b, &c->world, &src.source, &run, &res, e);
	for (size_t i = 0; err == 0 && i < res.div_nr && !stopped(opt); i++) {
		const struct divergence *d = &res.div[i];
		struct shrunk small;

		err = shrink(a, b, &c->world, &src.source, d->step.idx, d->fingerprint, opt->stop,
			     &small, e);
		if (err < 0)
			break;
		err = write_small(&k, d, &c->world, c->name, &small);
		shrunk_done(&small);
		++*ret_kinds;
	}
	run_result_done(&res);
	return err;
}
