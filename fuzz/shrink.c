/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Delta debugging over steps, then over the length of their frames. */
#include "fuzz/shrink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/mutate.h"
#include "ref/limits.h"

/* Steps in memory as a source. */
struct list_source {
	struct source source;
	const struct step *steps;
	size_t nr, at;
};

struct shrinker {
	struct stack *a, *b;
	const struct world *w;
	const char *fingerprint;
	struct errmsg *e;
	struct step *trial; /* as many as the longest run */
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

/* Do these steps show the difference? 1, 0, or -errno. */
static int shows(struct shrinker *s, const struct step *steps, size_t nr)
{
	struct list_source src = {
		.source = { .next = list_next, .rewind = list_rewind },
		.steps = steps,
		.nr = nr,
	};
	struct run_options opt = { .each = true, .keep_hosts = true, .keep_max = 16 };
	struct run_result res;
	int err = run_pair(s->a, s->b, s->w, &src.source, &opt, &res, s->e), found = 0;

	for (size_t i = 0; err == 0 && i < res.div_nr; i++)
		if (strcmp(res.div[i].fingerprint, s->fingerprint) == 0)
			found = 1;
	run_result_done(&res);
	return err < 0 ? err : found;
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
			if (used + steps[i].len > max) {
				max = 2 * max + steps[i].len + 65536;
				ret->octets = realloc(ret->octets, max);
			}
			if (!ret->steps || !ret->octets)
				return errmsg_set(e, -ENOMEM, "out of memory");
			ret->steps[ret->nr] = steps[i];
			if (steps[i].len)
				memcpy(ret->octets + used, steps[i].data, steps[i].len);
			used += steps[i].len;
			ret->nr++;
		}
		if (steps[n - 1].idx >= last)
			break;
	}
	used = 0;
	for (size_t i = 0; err == 0 && i < ret->nr; i++) {
		ret->steps[i].data = ret->octets + used;
		used += ret->steps[i].len;
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
		if (found || n == run->nr)
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
		for (size_t at = 0; at < run->nr && run->nr > 1;) {
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
		while (cut > 0 && step->len > 34) {
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

int shrink(struct stack *a, struct stack *b, const struct world *w, struct source *src,
	   uint32_t step_idx, const char *fingerprint, struct shrunk *ret, struct errmsg *e)
{
	struct shrinker s = { .a = a, .b = b, .w = w, .fingerprint = fingerprint, .e = e };
	int err, found = 0;

	*ret = (struct shrunk){ .nr = 0 };
	err = collect(src, step_idx, ret, e);
	if (err == 0 && ret->nr > 0) {
		s.trial = calloc(ret->nr, sizeof(*s.trial));
		if (!s.trial)
			err = errmsg_set(e, -ENOMEM, "out of memory");
	}
	if (err == 0 && ret->nr > 0)
		err = found = shorten_from_front(&s, ret);
	if (found > 0)
		err = leave_out(&s, ret);
	if (found > 0 && err == 0)
		err = shorten_frames(&s, ret);
	for (int i = 0; found > 0 && err == 0 && i < SHRINK_CONFIRM; i++) {
		int hit = shows(&s, ret->steps, ret->nr);

		if (hit < 0)
			err = hit;
		else
			ret->hits += (unsigned int)hit;
	}
	free(s.trial);
	if (err < 0)
		shrunk_done(ret);
	return err < 0 ? err : 0;
}

void shrunk_done(struct shrunk *s)
{
	free(s->steps);
	free(s->octets);
	*s = (struct shrunk){ .nr = 0 };
}
