/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Delta debugging over steps, then over the frames that are left. */
#include "fuzz/shrink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/mutate.h"
#include "fuzz/shrink_private.h"
#include "harness/call/call.h"
#include "ref/limits.h"

#define ETH_HLEN	14
#define BLANK_FRAME_MAX 512 /* longer frames stay as they are: it would take too many runs */

/* Steps in memory as a source. */
struct list_source {
	struct source source;
	const struct step *steps;
	size_t nr, at;
};

static int list_next(struct source *source, size_t max, size_t max_cost, const struct step **ret,
		     struct errmsg *e)
{
	struct list_source *s = (struct list_source *)source;
	size_t n = 0, cost = 0;

	(void)e;
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

static int list_rewind(struct source *source, struct errmsg *e)
{
	(void)e;
	((struct list_source *)source)->at = 0;
	return 0;
}

static time_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

bool shrink_enough(struct shrinker *s)
{
	if (s->run->runs < SHRINK_RUNS_MAX && now_s() < s->end && !(s->stop && s->stop()))
		return false;
	s->run->unfinished = true;
	return true;
}

int shrink_shows(struct shrinker *s, const struct world *w, const struct step *steps, size_t nr)
{
	struct list_source src = {
		.source = { .next = list_next, .rewind = list_rewind },
		.steps = steps,
		.nr = nr,
	};
	struct run_options opt = { .each = true, .keep_hosts = true, .keep_max = 16 };
	struct run_result res;
	int err = run_pair(s->a, s->b, w, &src.source, &opt, &res, s->e), found = 0;

	s->run->runs++;
	for (size_t i = 0; err == 0 && i < res.div_nr; i++)
		if (strcmp(res.div[i].fingerprint, s->fingerprint) == 0)
			found = 1;
	run_result_done(&res);
	return err < 0 ? err : found;
}

static int shows(struct shrinker *s, const struct step *steps, size_t nr)
{
	return shrink_shows(s, &s->run->world, steps, nr);
}

/* Octets that a step brings along. */
static size_t octets_of(const struct step *s)
{
	return s->data ? (s->len + 15) & ~(size_t)15 : 0;
}

/* Copy the steps of src up to the one with index last. */
static int collect(struct source *src, uint32_t last, struct shrunk *ret, struct errmsg *e)
{
	size_t step_max = 0, used = 0, max = 0;
	const struct step *steps;
	int n, err = src->rewind(src, e);

	while (err == 0 && (n = src->next(src, SOURCE_CHUNK_MAX, SIZE_MAX, &steps, e)) != 0) {
		if (n < 0)
			return n;
		for (int i = 0; i < n && steps[i].idx <= last; i++) {
			if (ret->nr == step_max) {
				step_max = step_max ? 2 * step_max : 1024;
				ret->steps = reallocarray(ret->steps, step_max, sizeof(*steps));
			}
			if (used + octets_of(&steps[i]) > max || !ret->octets) {
				max = 2 * max + octets_of(&steps[i]) + 65536;
				ret->octets = realloc(ret->octets, max);
			}
			if (!ret->steps || !ret->octets)
				return errmsg_set(e, -ENOMEM, "out of memory");
			ret->steps[ret->nr] = steps[i];
			if (steps[i].data)
				memcpy(ret->octets + used, steps[i].data, steps[i].len);
			used += octets_of(&steps[i]);
			ret->nr++;
		}
		if (steps[n - 1].idx >= last)
			break;
	}
	used = 0;
	for (size_t i = 0; err == 0 && i < ret->nr; i++) {
		if (!ret->steps[i].data)
			continue;
		call_step_moved(&ret->steps[i], ret->octets + used);
		used += octets_of(&ret->steps[i]);
	}
	return err;
}

/* The shortest of the last 1, 2, 4 ... steps that shows it; 1: found, 0: not even all of them. */
static int shorten_from_front(struct shrinker *s, struct shrunk *run)
{
	size_t n = 1;
	int found;

	for (;; n *= 2) {
		if (n > run->nr)
			n = run->nr;
		found = shows(s, run->steps + run->nr - n, n);
		if (found || n == run->nr || shrink_enough(s))
			break;
	}
	if (found > 0) {
		memmove(run->steps, run->steps + run->nr - n, n * sizeof(*run->steps));
		run->nr = n;
	}
	return found;
}

/* Leave out stretches, the long ones first. 0 or -errno. */
static int leave_out(struct shrinker *s, struct shrunk *run)
{
	for (size_t len = run->nr / 2; len > 0; len /= 2) {
		for (size_t at = 0; at < run->nr && run->nr > 1 && !shrink_enough(s);) {
			size_t cut = len < run->nr - at ? len : run->nr - at;
			int found;

			memcpy(s->trial, run->steps, at * sizeof(*s->trial));
			memcpy(s->trial + at, run->steps + at + cut,
			       (run->nr - at - cut) * sizeof(*s->trial));
			found = run->nr > cut ? shows(s, s->trial, run->nr - cut) : 0;
			if (found < 0)
				return found;
			if (!found) {
				at += len;
				continue;
			}
			run->nr -= cut;
			memcpy(run->steps, s->trial, run->nr * sizeof(*s->trial));
		}
	}
	return 0;
}

/* Cut the ends of frames off, lengths and checksums repaired, while it still shows. */
static int shorten_frames(struct shrinker *s, struct shrunk *run)
{
	uint8_t *old = malloc(REF_FRAME_MAX);
	int found = 0;

	if (!old)
		return errmsg_set(s->e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < run->nr && found >= 0; i++) {
		struct step *step = &run->steps[i];
		uint8_t *frame = run->octets + (step->data - run->octets);
		size_t cut = step->len / 2;

		if (step->type != STEP_FRAME || step->len > REF_FRAME_MAX)
			continue;
		while (cut > 0 && step->len > 34 && !shrink_enough(s)) {
			if (cut > step->len - 34)
				cut = step->len - 34;
			memcpy(old, frame, step->len);
			step->len -= cut;
			mutate_repair(frame, step->len, REPAIR_ALL);
			found = shows(s, run->steps, run->nr);
			if (found < 0)
				break;
			if (!found) {
				step->len += cut;
				memcpy(frame, old, step->len);
				cut /= 2;
			}
		}
	}
	free(old);
	return found < 0 ? found : 0;
}

/* Is it worth a run? Only where something would change. */
static bool any_set(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return true;
	return false;
}

/* Octets of one frame to 0, stretches of `len` at a time; with sums and lengths repaired, else not.
 */
static int blank(struct shrinker *s, struct step *step, size_t len)
{
	uint8_t *frame = s->run->octets + (step->data - s->run->octets);
	uint8_t old[BLANK_FRAME_MAX];

	for (size_t at = ETH_HLEN + 1; at < step->len && !shrink_enough(s); at += len) {
		size_t n = len < step->len - at ? len : step->len - at;
		int found = 0;

		if (!any_set(frame + at, n))
			continue;
		memcpy(old, frame, step->len);
		for (int repair = 1; repair >= 0 && found == 0; repair--) {
			memcpy(frame, old, step->len);
			memset(frame + at, 0, n);
			if (repair)
				mutate_repair(frame, step->len, REPAIR_ALL);
			if (memcmp(frame, old, step->len) != 0)
				found = shows(s, s->run->steps, s->run->nr);
		}
		if (found < 0)
			return found;
		if (!found)
			memcpy(frame, old, step->len);
	}
	return 0;
}

/* What matters of the frames stays; the rest is 0. */
static int blank_frames(struct shrinker *s)
{
	int err = 0;

	for (size_t i = 0; i < s->run->nr && err == 0; i++) {
		struct step *step = &s->run->steps[i];

		if (step->type != STEP_FRAME || step->len > BLANK_FRAME_MAX)
			continue;
		for (size_t len = 16; len > 0 && err == 0; len /= 4)
			err = blank(s, step, len);
	}
	return err;
}

static int minimise(struct shrinker *s)
{
	int err = leave_out(s, s->run);

	if (err == 0)
		err = shorten_frames(s, s->run);
	if (err == 0)
		err = shrink_world(s);
	return err < 0 ? err : blank_frames(s);
}

/* How often the result shows it, whatever is asked of stopping. */
static int confirm(struct shrinker *s)
{
	for (int i = 0; i < SHRINK_CONFIRM; i++) {
		int hit = shows(s, s->run->steps, s->run->nr);

		if (hit < 0)
			return hit;
		s->run->hits += (unsigned int)hit;
	}
	return 0;
}

int shrink(struct stack *a, struct stack *b, const struct world *w, struct source *src,
	   uint32_t step_idx, const char *fingerprint, bool (*stop)(void), struct shrunk *ret,
	   struct errmsg *e)
{
	struct shrinker s = {
		.a = a, .b = b, .fingerprint = fingerprint, .stop = stop, .run = ret
	};
	int err, found = 0;

	s.e = e;
	s.end = now_s() + SHRINK_SECONDS;
	*ret = (struct shrunk){ .nr = 0 };
	err = shrink_copy_world(&ret->world, w, SIZE_MAX, e);
	if (err == 0)
		err = collect(src, step_idx, ret, e);
	if (err == 0 && ret->nr > 0) {
		s.trial = calloc(ret->nr, sizeof(*s.trial));
		if (!s.trial)
			err = errmsg_set(e, -ENOMEM, "out of memory");
	}
	if (err == 0 && ret->nr > 0)
		err = found = shorten_from_front(&s, ret);
	if (found > 0)
		err = minimise(&s);
	if (found > 0 && err == 0)
		err = confirm(&s);
	free(s.trial);
	if (err < 0)
		shrunk_done(ret);
	return err < 0 ? err : 0;
}

void shrunk_done(struct shrunk *s)
{
	world_done(&s->world);
	free(s->steps);
	free(s->octets);
	*s = (struct shrunk){ .nr = 0 };
}
