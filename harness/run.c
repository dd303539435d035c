/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The runner. */
#include "harness/run.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/run_keep.h"
#include "harness/world/ip_words.h"
#include "harness/world/world_socket.h"

#define RMEM_DEFAULT 212992 /* net.core.rmem_default of every profile */
#define RCVBUF_MIN   2304

/*
 * After so many batches without a difference it goes on in batches; but not any more after so
 * many differences, for each makes the run go back.
 */
#define CALM_BATCHES 4
#define LOCALISE_MAX 16

/* Observations shown around a difference that was seen in a whole batch only. */
#define CONTEXT_BEFORE 2
#define CONTEXT_AFTER  8

struct runner {
	struct stack *a, *b;
	const struct world *w;
	struct source *src;
	const struct run_options *opt;
	struct run_result *res;
	struct errmsg *e;
	size_t batch, max_cost;
	struct obs_list list_a, list_b;
	struct trail trail_a, trail_b;
	uint64_t batch_nr; /* of the batch that runs */
	bool each; /* step by step now */
	unsigned int calm; /* batches since the last difference, step by step */
	unsigned int localised; /* how often */
	/* Where the hosts were new last: before step number renew_step of batch renew_batch. */
	uint64_t renew_batch;
	uint32_t renew_step;
	bool confirmed; /* what is found now is found for the second time */
	const char *note;
};

/* Octets that the smallest receive buffer among the sockets that are drained can take. */
static size_t smallest_rcvbuf(const struct world *w)
{
	size_t usual = RMEM_DEFAULT, min = SIZE_MAX;
	struct errmsg e;

	for (size_t i = 0; i < w->line_nr; i++) {
		const struct world_line *line = &w->lines[i];
		struct socket_spec spec;
		size_t rcvbuf = usual;
		int64_t v;

		if (line->verb == WORLD_SYSCTL &&
		    strcmp(line->argv[0], "net.core.rmem_default") == 0 &&
		    ip_number(line->argv[1], RCVBUF_MIN, INT32_MAX, &v))
			usual = (size_t)v;
		if (line->verb != WORLD_SOCKET || socket_spec_parse(&spec, w, line, &e) < 0)
			continue;
		for (size_t j = 0; j < spec.call_nr; j++) {
			const struct socket_call *call = &spec.call[j];
			int n;

			if (call->type != SOCKET_CALL_SETSOCKOPT || call->level != SOL_SOCKET ||
			    (call->name != SO_RCVBUF && call->name != SO_RCVBUFFORCE) ||
			    call->val_len != sizeof(n))
				continue;
			memcpy(&n, call->val, sizeof(n));
			rcvbuf = n > RCVBUF_MIN / 2 && n < INT32_MAX / 2 ? 2 * (size_t)n
									 : RCVBUF_MIN;
		}
		if (!spec.hold && rcvbuf < min)
			min = rcvbuf;
	}
	return min == SIZE_MAX ? usual : min;
}

static int fresh_hosts(struct runner *r)
{
	int err = r->a->ops->world(r->a, r->w, r->e);

	if (err == 0 && r->b)
		err = r->b->ops->world(r->b, r->w, r->e);
	return err;
}

static int run_one(struct runner *r, struct stack *s, const struct step *steps, size_t nr,
		   const struct plan *plan, struct obs_list *l)
{
	int err;

	obs_list_clear(l);
	err = s->ops->run(s, steps, nr, plan, l, r->e);
	if (err < 0)
		return errmsg_wrap(r->e, err, "%s", s->label);
	if (l->lost)
		return errmsg_set(r->e, -ENOBUFS,
				  "%s: observations were lost between steps %u and %u", s->label,
				  steps[0].idx, steps[nr - 1].idx);
	return 0;
}

static int run_both(struct runner *r, const struct step *steps, size_t nr, const struct plan *plan)
{
	int err = run_one(r, r->a, steps, nr, plan, &r->list_a);

	if (err == 0 && r->b)
		err = run_one(r, r->b, steps, nr, plan, &r->list_b);
	return err;
}

/* Count what was seen up to this step: what comes behind it will run again. */
static void tally(struct runner *r, uint32_t last_step)
{
	for (size_t i = 0; i < r->list_a.nr && r->list_a.obs[i].step <= last_step; i++)
		r->res->obs_nr[0][r->list_a.obs[i].type]++;
	for (size_t i = 0; i < r->list_b.nr && r->list_b.obs[i].step <= last_step; i++)
		r->res->obs_nr[1][r->list_b.obs[i].type]++;
}

/* Tell the trace, and make both lists comparable. */
static int digest(struct runner *r)
{
	int err = 0;

	normalise(r->w, &r->list_a);
	if (r->b)
		normalise(r->w, &r->list_b);
	if (r->opt->trace)
		err = r->opt->trace(r->opt->ctx, r->w, &r->list_a, r->e);
	return err;
}

static void progress(struct runner *r, size_t nr)
{
	r->res->step_nr += nr;
	if (r->opt->progress)
		r->opt->progress(r->opt->ctx, r->res->step_nr);
}

static int keep(struct runner *r, const struct diff *diff, struct obs_range a, struct obs_range b,
		const struct step *step)
{
	const struct finding f = {
		.diff = diff,
		.a = a,
		.b = b,
		.step = step,
		.trail_a = &r->trail_a,
		.trail_b = &r->trail_b,
		.confirmed = r->confirmed,
		.note = r->note,
	};

	return run_keep(r->res, r->opt->keep_max, &f, r->e);
}

static int say_step(struct runner *r, const struct step *step, struct obs_range a,
		    struct obs_range b, const struct diff *diff)
{
	return r->opt->step ? r->opt->step(r->opt->ctx, step, a, b, diff, r->e) : 0;
}

/* Steps that ran on one stack alone. */
static int look_alone(struct runner *r, const struct step *steps, size_t nr)
{
	const struct diff none = { .found = false };
	struct obs_range all = obs_all(&r->list_a);
	int err = 0;

	for (size_t i = 0; i < nr && err == 0; i++)
		err = say_step(r, &steps[i], obs_step_range(&all, steps[i].idx),
			       (struct obs_range){ .list = &r->list_b }, &none);
	return err < 0 ? err : (int)nr;
}

/* The first difference of a step that is not known. */
static void judge(struct runner *r, struct obs_range a, struct obs_range b, struct diff *ret)
{
	compare(a, b, r->res->types, ret);
	while (ret->found && r->opt->known && r->opt->known(r->opt->ctx, ret)) {
		r->res->known++;
		a.first = ret->next_a;
		b.first = ret->next_b;
		compare(a, b, r->res->types, ret);
	}
}

/*
 * Look at steps that ran one by one. Keeps what differs; stops after the first difference if the
 * hosts are to be renewed there. Returns how many steps were looked at, or -errno.
 */
static int look(struct runner *r, const struct step *steps, size_t nr, bool *ret_renew)
{
	struct obs_range all_a = obs_all(&r->list_a), all_b = obs_all(&r->list_b);
	bool differs = false;

	*ret_renew = false;
	for (size_t i = 0; i < nr; i++) {
		struct obs_range a = obs_step_range(&all_a, steps[i].idx);
		struct obs_range b = obs_step_range(&all_b, steps[i].idx);
		struct diff diff;
		int err;

		judge(r, a, b, &diff);
		err = say_step(r, &steps[i], a, b, &diff);
		if (err < 0)
			return err;
		if (!diff.found)
			continue;
		differs = true;
		err = keep(r, &diff, a, b, &steps[i]);
		if (err < 0)
			return err;
		if (r->opt->keep_hosts)
			continue;
		if (r->res->differing < RUN_RENEW_MAX) {
			*ret_renew = true;
			return (int)(i + 1);
		}
		r->res->coarse = true;
	}
	*ret_renew = differs && !r->opt->keep_hosts;
	return (int)nr;
}

/* Run steps one by one, and compare each. */
static int run_each(struct runner *r, const struct step *steps, size_t nr)
{
	const struct plan plan = { .drain_every = 1, .count_every = 1 };

	while (nr > 0) {
		bool renew = false;
		int looked, err;

		trail_clear(&r->trail_a);
		trail_clear(&r->trail_b);
		err = run_both(r, steps, nr, &plan);
		if (err == 0)
			err = digest(r);
		if (err < 0)
			return err;
		looked = r->b ? look(r, steps, nr, &renew) : look_alone(r, steps, nr);
		if (looked < 0)
			return looked;
		tally(r, steps[looked - 1].idx);
		if (renew && (err = fresh_hosts(r)) < 0)
			return err;
		if (renew) {
			r->renew_batch = r->batch_nr;
			r->renew_step = steps[looked - 1].idx + 1;
		}
		steps += looked;
		nr -= (size_t)looked;
	}
	return 0;
}

static void go_each(struct runner *r, bool each)
{
	r->each = each;
	r->calm = 0;
	if (r->opt->unexplained)
		each = false;
	if (r->a->ops->explain)
		r->a->ops->explain(r->a, each ? trail_say : NULL, &r->trail_a);
	if (r->b && r->b->ops->explain)
		r->b->ops->explain(r->b, each ? trail_say : NULL, &r->trail_b);
}

/* A little of a batch around the place where it differs. */
static struct obs_range around(const struct obs_list *l, const struct obs *at,
			       const struct obs *other, const struct obs_list *other_list)
{
	size_t i = 0;

	if (at)
		i = (size_t)(at - l->obs);
	else
		while (i < l->nr && obs_slot_cmp(l, &l->obs[i], other_list, other) < 0)
			i++;
	return (struct obs_range){
		.list = l,
		.first = i > CONTEXT_BEFORE ? i - CONTEXT_BEFORE : 0,
		.end = l->nr - i > CONTEXT_AFTER ? i + CONTEXT_AFTER : l->nr,
	};
}

/* The difference did not come again step by step: keep it as the batch showed it. */
static int keep_batch(struct runner *r, const struct step *steps, size_t nr,
		      const struct diff *diff)
{
	const struct step *last = &steps[nr - 1];

	r->confirmed = false;
	r->note = "seen when a batch of steps ran together, not when it ran again one by one";
	return keep(r, diff, around(&r->list_a, diff->a, diff->b, &r->list_b),
		    around(&r->list_b, diff->b, diff->a, &r->list_a), last);
}

/*
 * Fresh hosts, then everything again since they were new, up to the present batch, which is given.
 * Batches are cut as they were the first time: that depends on their steps alone.
 */
static int run_again(struct runner *r, const struct step **ret_steps)
{
	const struct plan plan = { .drain_every = 0, .count_every = 0 };
	int err = r->src->rewind(r->src, r->e);

	if (err == 0)
		err = fresh_hosts(r);
	for (uint64_t batch = 0; err == 0; batch++) {
		int nr = r->src->next(r->src, r->batch, r->max_cost, ret_steps, r->e), skip = 0;

		if (nr == 0)
			return errmsg_set(r->e, -EIO, "the input changed while it was read again");
		if (nr < 0)
			return nr;
		while (batch <= r->renew_batch && skip < nr &&
		       (*ret_steps)[skip].idx < r->renew_step)
			skip++;
		*ret_steps += skip;
		nr -= skip;
		if (batch == r->batch_nr)
			return nr;
		err = nr ? run_both(r, *ret_steps, (size_t)nr, &plan) : 0;
	}
	return err;
}

/*
 * The present batch differs as diff says, in the lists as they are. Run it again step by step.
 * Leaves the stacks after that batch, and the source too.
 */
static int localise(struct runner *r, const struct step *steps, size_t nr, const struct diff *diff)
{
	struct runner seen = *r; /* keeps the lists of the batch */
	uint64_t differing = r->res->differing;
	int again, err;

	obs_list_init(&r->list_a);
	obs_list_init(&r->list_b);
	again = run_again(r, &steps);
	r->confirmed = true;
	r->note = "";
	if (again == -ESPIPE) {
		r->note = "the input cannot be read again: found by running its batch alone on "
			  "fresh hosts";
		again = fresh_hosts(r);
		again = again < 0 ? again : (int)nr;
		r->localised = LOCALISE_MAX;
	}
	err = again < 0 ? again : 0;
	r->localised++;
	go_each(r, true);
	if (err == 0)
		err = run_each(r, steps, (size_t)again);
	if (err == 0 && r->res->differing == differing) {
		seen.trail_a = seen.trail_b = (struct trail){ .text = NULL };
		err = keep_batch(&seen, steps, (size_t)again, diff);
	}
	obs_list_done(&seen.list_a);
	obs_list_done(&seen.list_b);
	r->confirmed = false;
	r->note = "";
	return err;
}

static int run_batch(struct runner *r, const struct step *steps, size_t nr)
{
	const struct plan plan = { .drain_every = 0, .count_every = 0 };
	struct diff diff = { .found = false };
	int err = run_both(r, steps, nr, &plan);

	if (err == 0)
		err = digest(r);
	if (err < 0)
		return err;
	if (r->b)
		compare(obs_all(&r->list_a), obs_all(&r->list_b), r->res->types, &diff);
	if (diff.found)
		return localise(r, steps, nr, &diff);
	tally(r, steps[nr - 1].idx);
	return 0;
}

/* A batch step by step, after a difference: the way back when there was no other for a while. */
static int run_careful(struct runner *r, const struct step *steps, size_t nr)
{
	uint64_t differing = r->res->differing;
	int err = run_each(r, steps, nr);

	r->calm = r->res->differing == differing ? r->calm + 1 : 0;
	if (err == 0 && !r->opt->each && r->calm >= CALM_BATCHES && r->localised < LOCALISE_MAX)
		go_each(r, false);
	return err;
}

static int run_all(struct runner *r)
{
	const struct step *steps;
	int nr, err;

	for (; (nr = r->src->next(r->src, r->batch, r->max_cost, &steps, r->e)) > 0;
	     r->batch_nr++) {
		err = r->each ? run_careful(r, steps, (size_t)nr) : run_batch(r, steps, (size_t)nr);
		if (err < 0)
			return err;
		progress(r, (size_t)nr);
	}
	return nr;
}

int run_pair(struct stack *a, struct stack *b, const struct world *w, struct source *src,
	     const struct run_options *opt, struct run_result *ret, struct errmsg *e)
{
	struct runner r = {
		.a = a,
		.b = b,
		.w = w,
		.src = src,
		.opt = opt,
		.res = ret,
		.e = e,
		/* What is printed must not run again after a difference. */
		.batch = opt->trace && b ? 1
			 : opt->batch	 ? opt->batch
					 : RUN_BATCH,
		.max_cost = smallest_rcvbuf(w) / 4 * 3,
		.note = "",
	};
	int err;

	*ret = (struct run_result){ .types = a->shows & (b ? b->shows : a->shows) };
	obs_list_init(&r.list_a);
	obs_list_init(&r.list_b);
	go_each(&r, opt->each);
	err = fresh_hosts(&r);
	if (err == 0)
		err = run_all(&r);
	go_each(&r, false);
	obs_list_done(&r.list_a);
	obs_list_done(&r.list_b);
	trail_done(&r.trail_a);
	trail_done(&r.trail_b);
	return err;
}
