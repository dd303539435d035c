/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The runner against stacks made for it: what they show follows from the steps, but for faults
 * that are put in at chosen steps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "harness/run.h"

#define ALL  (OBS_BIT(OBS_TYPE_NR) - 1)
#define NONE UINT32_MAX

/* A stack that delivers each frame, and counts. */
struct fake {
	struct stack stack;
	/* Faults. */
	uint32_t every; /* steps that are multiples of it deliver another octet; 0: none */
	uint32_t miscount; /* this step counts one more */
	uint32_t batch_only; /* this step differs only if it is not drained by itself */
	uint32_t fail; /* run() fails there */
	uint32_t lose; /* observations are lost there */
	int hosts; /* how many worlds it was given */
	uint64_t alone_nr; /* steps that were drained by themselves */
	uint64_t run_nr; /* steps */
	stack_say_fn *say;
	void *say_ctx;
};

static int fake_world(struct stack *s, const struct world *w, struct errmsg *e)
{
	struct fake *f = (struct fake *)s;

	(void)w, (void)e;
	f->hosts++;
	return 0;
}

static void fake_step(struct fake *f, const struct step *step, bool alone, uint32_t seen,
		      struct obs_list *out)
{
	bool wrong = f->every && step->idx % f->every == 0;
	struct obs *obs = obs_add(out, OBS_DELIVER, seen);
	uint8_t octet = (uint8_t)(step->idx ^ (wrong ? 0x80 : 0));

	if (step->idx == f->batch_only && !alone)
		octet ^= 1;
	obs->data_off = obs_put(out, &octet, 1);
	obs->data_len = 1;
	obs->value = 1;
	if (f->say)
		f->say(f->say_ctx, step->idx, "fake_rcv", wrong ? "wrong" : "right");
	f->run_nr++;
	f->alone_nr += alone;
}

static int fake_run(struct stack *s, const struct step *steps, size_t nr, const struct plan *plan,
		    struct obs_list *out, struct errmsg *e)
{
	struct fake *f = (struct fake *)s;
	size_t every = plan->drain_every ? plan->drain_every : nr;
	int64_t counted = 0;

	for (size_t i = 0; i < nr;) {
		size_t end = nr - i > every ? i + every : nr;
		uint32_t seen = steps[end - 1].idx;
		struct obs *obs;

		for (; i < end; i++) {
			if (steps[i].idx == f->fail)
				return errmsg_set(e, -EIO, "broken");
			if (steps[i].idx == f->lose)
				out->lost = true;
			fake_step(f, &steps[i], every == 1, seen, out);
			counted += 1 + (steps[i].idx == f->miscount);
		}
		if (end < nr && !(plan->count_every && end % plan->count_every == 0))
			continue;
		obs = obs_add(out, OBS_COUNT, seen);
		obs->value = counted;
		counted = 0;
	}
	return 0;
}

static void fake_explain(struct stack *s, stack_say_fn *say, void *ctx)
{
	((struct fake *)s)->say = say;
	((struct fake *)s)->say_ctx = ctx;
}

static void fake_close(struct stack *s)
{
	(void)s;
}

static const struct stack_ops fake_ops = {
	.name = "fake",
	.world = fake_world,
	.run = fake_run,
	.explain = fake_explain,
	.close = fake_close,
};

static struct fake fake_new(void)
{
	return (struct fake){
		.stack = { .ops = &fake_ops, .shows = ALL, .label = "fake" },
		.miscount = NONE,
		.batch_only = NONE,
		.fail = NONE,
		.lose = NONE,
	};
}

/* Steps that are made as they are asked for. */
struct fake_source {
	struct source source;
	uint32_t nr, at;
	bool once; /* cannot be read again */
	uint32_t fail; /* the input is bad from there on */
	struct step steps[SOURCE_CHUNK_MAX];
};

static int fake_next(struct source *s, size_t max, size_t max_cost, const struct step **ret,
		     struct errmsg *e)
{
	static const uint8_t frame[60];
	struct fake_source *f = (struct fake_source *)s;
	size_t nr = 0, cost = 0;

	if (f->at == f->fail)
		return errmsg_set(e, -EINVAL, "bad packet %u", f->at + 1);
	for (; nr < max && f->at < f->nr && f->at != f->fail; nr++, f->at++) {
		f->steps[nr] = (struct step){
			.type = STEP_FRAME, .idx = f->at, .data = frame, .len = sizeof(frame)
		};
		cost += step_cost(&f->steps[nr]);
		if (nr > 0 && cost > max_cost)
			break;
	}
	*ret = f->steps;
	return (int)nr;
}

static int fake_rewind(struct source *s, struct errmsg *e)
{
	struct fake_source *f = (struct fake_source *)s;

	if (f->once)
		return errmsg_set(e, -ESPIPE, "a pipe");
	f->at = 0;
	return 0;
}

static struct fake_source source_new(uint32_t nr)
{
	return (struct fake_source){
		.source = { .next = fake_next, .rewind = fake_rewind },
		.nr = nr,
		.fail = NONE,
	};
}

static struct world world;

static int set_up(void **state)
{
	struct errmsg e;

	(void)state;
	world_init(&world, "t");
	world_add_line(&world, "socket a udp bind :1", 1, &e);
	return world_finish(&world, &e);
}

static int tear_down(void **state)
{
	(void)state;
	world_done(&world);
	return 0;
}

static int run(struct fake *a, struct fake *b, struct fake_source *src, bool each,
	       struct run_result *res)
{
	const struct run_options opt = { .keep_max = 4, .each = each };
	struct errmsg e = { "" };

	return run_pair(&a->stack, b ? &b->stack : NULL, &world, &src->source, &opt, res, &e);
}

static void test_parity(void **state)
{
	struct fake a = fake_new(), b = fake_new();
	struct fake_source src = source_new(10000);
	struct run_result res;

	(void)state;
	assert_int_equal(run(&a, &b, &src, false, &res), 0);
	assert_int_equal(res.step_nr, 10000);
	assert_int_equal(res.differing, 0);
	assert_int_equal(a.run_nr, 10000);
	assert_int_equal(b.run_nr, 10000);
	assert_int_equal(a.hosts, 1);
	assert_int_equal(res.obs_nr[0][OBS_DELIVER], 10000);
	assert_int_equal(res.obs_nr[1][OBS_DELIVER], 10000);
	run_result_done(&res);
}

static void test_alone(void **state)
{
	struct fake a = fake_new();
	struct fake_source src = source_new(1000);
	struct run_result res;

	(void)state;
	a.every = 7;
	assert_int_equal(run(&a, NULL, &src, false, &res), 0);
	assert_int_equal(res.step_nr, 1000);
	assert_int_equal(res.differing, 0);
	run_result_done(&res);
}

/* One wrong count, deep within: found exactly, and confirmed. */
static void test_one_difference(void **state)
{
	static const uint32_t places[] = { 0, 1, 255, 256, 257, 4321, 9999 };

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct fake a = fake_new(), b = fake_new();
		struct fake_source src = source_new(10000);
		struct run_result res;

		b.miscount = places[i];
		assert_int_equal(run(&a, &b, &src, false, &res), 0);
		assert_int_equal(res.step_nr, 10000);
		assert_int_equal(res.differing, 1);
		assert_int_equal(res.div_nr, 1);
		assert_int_equal(res.div[0].step.idx, places[i]);
		assert_true(res.div[0].confirmed);
		assert_string_equal(res.div[0].diff.detail, "1, 2");
		assert_string_equal(res.div[0].trail_a, "fake_rcv: right\n");
		assert_int_equal(res.div[0].diff.b->value, 2);
		run_result_done(&res);
	}
}

/* Many differences: all are counted, those of one kind kept once. */
static void test_all_are_counted(void **state)
{
	static const uint32_t every[] = { 1, 2, 100, 3000 };

	(void)state;
	for (size_t i = 0; i < sizeof(every) / sizeof(every[0]); i++) {
		struct fake a = fake_new(), b = fake_new();
		struct fake_source src = source_new(6000);
		struct run_result res;
		uint64_t wrong = 6000 / every[i];

		a.every = every[i];
		assert_int_equal(run(&a, &b, &src, false, &res), 0);
		assert_int_equal(res.step_nr, 6000);
		assert_int_equal(res.differing, wrong);
		assert_int_equal(res.div_nr, 1);
		assert_int_equal(res.div[0].count, wrong);
		assert_int_equal(res.div[0].step.idx, 0);
		assert_int_equal(res.coarse, wrong > RUN_RENEW_MAX);
		assert_string_equal(res.div[0].fingerprint,
				    "fake_rcv: wrong | payload | deliver | deliver");
		run_result_done(&res);
	}
}

/* Far apart: each is found exactly, and most steps run in batches. */
static void test_back_to_batches(void **state)
{
	struct fake a = fake_new(), b = fake_new();
	struct fake_source src = source_new(100000);
	struct run_result res;

	(void)state;
	a.every = 30001;
	b.miscount = 50000;
	assert_int_equal(run(&a, &b, &src, false, &res), 0);
	assert_int_equal(res.step_nr, 100000);
	assert_int_equal(res.obs_nr[0][OBS_DELIVER], 100000);
	assert_int_equal(res.differing, 5);
	assert_int_equal(res.div_nr, 2);
	assert_int_equal(res.div[0].count, 4);
	assert_int_equal(res.div[1].step.idx, 50000);
	assert_true(res.div[0].confirmed && res.div[1].confirmed);
	assert_true(a.alone_nr < 10000);
	assert_true(a.run_nr < 400000);
	run_result_done(&res);
}

static void test_other_kinds_are_counted(void **state)
{
	struct fake a = fake_new(), b = fake_new();
	struct fake_source src = source_new(1000);
	const struct run_options opt = { .keep_max = 1 };
	struct run_result res;
	struct errmsg e;

	(void)state;
	a.every = 300;
	b.miscount = 500;
	assert_int_equal(run_pair(&a.stack, &b.stack, &world, &src.source, &opt, &res, &e), 0);
	assert_int_equal(res.differing, 5);
	assert_int_equal(res.div_nr, 1);
	assert_int_equal(res.div[0].count, 4);
	assert_int_equal(res.other, 1);
	run_result_done(&res);
}

/* What only a batch shows is told as that, and is still a difference. */
static void test_batch_only(void **state)
{
	struct fake a = fake_new(), b = fake_new();
	struct fake_source src = source_new(1000);
	struct run_result res;

	(void)state;
	b.batch_only = 300;
	assert_int_equal(run(&a, &b, &src, false, &res), 0);
	assert_int_equal(res.step_nr, 1000);
	assert_int_equal(res.differing, 1);
	assert_false(res.div[0].confirmed);
	assert_true(*res.div[0].note);
	run_result_done(&res);
}

static void test_pipe(void **state)
{
	struct fake a = fake_new(), b = fake_new();
	struct fake_source src = source_new(1000);
	struct run_result res;

	(void)state;
	src.once = true;
	b.miscount = 400;
	assert_int_equal(run(&a, &b, &src, false, &res), 0);
	assert_int_equal(res.step_nr, 1000);
	assert_int_equal(res.differing, 1);
	assert_int_equal(res.div[0].step.idx, 400);
	assert_true(*res.div[0].note);
	run_result_done(&res);
}

static void test_cases_keep_their_hosts(void **state)
{
	const struct run_options opt = { .keep_max = 4, .each = true, .keep_hosts = true };
	struct fake a = fake_new(), b = fake_new();
	struct fake_source src = source_new(20);
	struct run_result res;
	struct errmsg e;

	(void)state;
	a.every = 4;
	assert_int_equal(run_pair(&a.stack, &b.stack, &world, &src.source, &opt, &res, &e), 0);
	assert_int_equal(res.differing, 5);
	assert_int_equal(a.hosts, 1);
	assert_int_equal(a.run_nr, 20);
	run_result_done(&res);
}

/* What came before a failure is told. */
static void test_failures(void **state)
{
	struct fake a = fake_new(), b = fake_new();
	struct fake_source src = source_new(1000);
	struct run_result res;

	(void)state;
	src.fail = 300;
	assert_int_equal(run(&a, &b, &src, false, &res), -EINVAL);
	assert_int_equal(res.step_nr, 300);
	run_result_done(&res);
	src = source_new(1000);
	b.fail = 600;
	assert_int_equal(run(&a, &b, &src, false, &res), -EIO);
	assert_true(res.step_nr > 0 && res.step_nr <= 600);
	run_result_done(&res);
	src = source_new(1000);
	b.fail = NONE;
	b.lose = 10;
	assert_int_equal(run(&a, &b, &src, false, &res), -ENOBUFS);
	run_result_done(&res);
}

/* A kind that one of the two cannot show is not compared. */
static void test_shown_by_both(void **state)
{
	struct fake a = fake_new(), b = fake_new();
	struct fake_source src = source_new(1000);
	struct run_result res;

	(void)state;
	b.miscount = 5;
	b.stack.shows = ALL & ~OBS_BIT(OBS_COUNT);
	assert_int_equal(run(&a, &b, &src, false, &res), 0);
	assert_int_equal(res.differing, 0);
	assert_int_equal(res.types, ALL & ~OBS_BIT(OBS_COUNT));
	run_result_done(&res);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parity),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_one_difference),
		cmocka_unit_test(test_all_are_counted),
		cmocka_unit_test(test_back_to_batches),
		cmocka_unit_test(test_other_kinds_are_counted),
		cmocka_unit_test(test_batch_only),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_cases_keep_their_hosts),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_shown_by_both),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
