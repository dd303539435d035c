/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What is particular to guests: their ends, two at once, both lanes, a clock of their own.
 * Argument: the stack (uml, uml:6.12 ...). What a guest shows is tested by test_netns.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/compare/compare.h"
#include "harness/stack/live_test.h"
#include "harness/stack/uml.h"

#define WORLD LIVE_WORLD "socket s udp bind 10.0.0.1:5000\n"
#define STEPS 64

static const char *spec;
static bool agent; /* the kernel has it: drop reasons, virtual time, the fast lane */

static void use_world(struct stack *s, const char *text)
{
	struct world w;
	struct errmsg e;
	int err;

	live_world(&w, text);
	err = s->ops->world(s, &w, &e);
	world_done(&w);
	if (err)
		fail_msg("%s", e.text);
}

/* Datagrams, echoes, ports where nobody is, wrong checksums. */
static void make_steps(struct live_frame *f, struct step *steps)
{
	for (uint16_t i = 0; i < STEPS; i++) {
		live_udp(&f[i], (uint16_t)(2000 + i), i % 4 == 1 ? 9 : 5000, "some payload",
			 i % 13);
		if (i % 4 == 2)
			live_echo(&f[i], i, i);
		if (i % 4 == 3)
			f[i].data[14 + i % 20] ^= 4;
		steps[i] = live_step(&f[i], i);
	}
}

static int run_all(struct stack *s, uint32_t drain_every, struct obs_list *out, struct errmsg *e)
{
	static struct live_frame frames[STEPS];
	struct step steps[STEPS];
	const struct plan plan = { drain_every, 0 };

	make_steps(frames, steps);
	obs_list_clear(out);
	return s->ops->run(s, steps, STEPS, &plan, out, e);
}

static void must_work(struct stack *s)
{
	struct obs_list out;
	struct errmsg e;

	obs_list_init(&out);
	use_world(s, WORLD);
	if (run_all(s, 1, &out, &e))
		fail_msg("%s", e.text);
	assert_int_equal(live_nr(&out, OBS_DELIVER), STEPS / 4);
	obs_list_done(&out);
}

static int children(pid_t parent, pid_t *ret, int max)
{
	char path[64];
	FILE *f;
	int nr = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	f = fopen(path, "re");
	assert_non_null(f);
	while (nr < max && fscanf(f, "%d", &ret[nr]) == 1)
		nr++;
	fclose(f);
	return nr;
}

/* The guest kernel's process: below the minder, which is below us. */
static pid_t guest_pid(void)
{
	pid_t minder, guest;

	assert_int_equal(children(getpid(), &minder, 1), 1);
	assert_int_equal(children(minder, &guest, 1), 1);
	return guest;
}

static void no_children(void)
{
	pid_t pid;

	assert_int_equal(children(getpid(), &pid, 1), 0);
}

/* A panic is told with what the kernel said, and the next world has a fresh guest. */
static void test_panic(void **state)
{
	struct stack *s = live_open(spec);
	struct errmsg e = { "" };

	(void)state;
	must_work(s);
	assert_int_equal(uml_try(s, "panic", 10000, &e), -EHOSTDOWN);
	if (!strstr(e.text, "panic"))
		fail_msg("%s", e.text);
	no_children();
	must_work(s);
	assert_int_equal(uml_try(s, "nothing", 10000, &e), 0);
	must_work(s);
	stack_close(s);
	no_children();
}

static void test_killed(void **state)
{
	struct stack *s = live_open(spec);
	struct obs_list out;
	struct errmsg e;

	(void)state;
	obs_list_init(&out);
	must_work(s);
	assert_int_equal(kill(guest_pid(), SIGKILL), 0);
	assert_int_equal(run_all(s, 1, &out, &e), -EHOSTDOWN);
	/* Not before a world: what it had is lost. */
	assert_int_equal(run_all(s, 1, &out, &e), -EINVAL);
	must_work(s);
	stack_close(s);
	no_children();
	obs_list_done(&out);
}

/* Stopped, or in a loop: found by its silence. */
static void test_hangs(void **state)
{
	struct stack *s = live_open(spec);
	struct obs_list out;
	struct errmsg e;

	(void)state;
	obs_list_init(&out);
	must_work(s);
	assert_int_equal(uml_try(s, "nothing", 2000, &e), 0);
	assert_int_equal(kill(guest_pid(), SIGSTOP), 0);
	assert_int_equal(run_all(s, 1, &out, &e), -EHOSTDOWN);
	assert_non_null(strstr(e.text, "hangs"));
	no_children();
	must_work(s);
	if (!agent) { /* with a clock of its own, waiting is over at once */
		assert_int_equal(uml_try(s, "hang", 1000, &e), -EHOSTDOWN);
		no_children();
	}
	stack_close(s);
	obs_list_done(&out);
}

static void test_two(void **state)
{
	struct stack *a = live_open(spec), *b = live_open(spec);
	struct obs_list out;
	struct errmsg e;

	(void)state;
	obs_list_init(&out);
	use_world(a, WORLD);
	use_world(b, LIVE_WORLD);
	for (int i = 0; i < 3; i++) {
		if (run_all(a, 1, &out, &e))
			fail_msg("%s", e.text);
		assert_int_equal(live_nr(&out, OBS_DELIVER), STEPS / 4);
		if (run_all(b, 1, &out, &e))
			fail_msg("%s", e.text);
		assert_int_equal(live_nr(&out, OBS_DELIVER), 0);
	}
	stack_close(a);
	must_work(b);
	stack_close(b);
	no_children();
	obs_list_done(&out);
}

/* The fast lane and the program in the guest, in turns on one world, show the same. */
static void test_lanes(void **state)
{
	char slow_spec[256];
	struct stack *fast, *slow;
	struct obs_list a, b;
	struct errmsg e;

	(void)state;
	if (!agent)
		skip();
	snprintf(slow_spec, sizeof(slow_spec), "%.200s,slow", spec);
	fast = live_open(spec);
	slow = live_open(slow_spec);
	assert_int_equal(fast->shows, slow->shows);
	obs_list_init(&a);
	obs_list_init(&b);
	use_world(fast, WORLD);
	use_world(slow, WORLD);
	for (uint32_t every = 0; every < 12; every += 3) {
		struct diff diff;

		if (run_all(fast, every, &a, &e) || run_all(slow, every, &b, &e))
			fail_msg("%s", e.text);
		compare(obs_all(&a), obs_all(&b), fast->shows, &diff);
		if (diff.found && strncmp(diff.field, "IPv4 id", 7) != 0)
			fail_msg("%s: %s", diff.field, diff.detail);
		assert_int_equal(a.nr, b.nr);
		assert_true(live_nr(&a, OBS_DROP) > 0);
		assert_true(live_nr(&a, OBS_COUNT) > 0);
	}
	obs_list_done(&a);
	obs_list_done(&b);
	stack_close(fast);
	stack_close(slow);
}

/* A fragment waits 30 s for the others, by a clock that nobody waits for. */
static void test_clock(void **state)
{
	struct stack *s = live_open(spec);
	struct timespec from, to;
	struct step steps[2];
	struct live_frame f;
	struct obs_list out;
	struct errmsg e;
	const struct plan plan = { 1, 0 };

	(void)state;
	if (!agent) {
		stack_close(s);
		skip();
	}
	obs_list_init(&out);
	use_world(s, WORLD);
	live_ip(&f, 17, 77, 0x2000, "0123456789abcdef", 16);
	steps[0] = live_step(&f, 0);
	steps[1] = (struct step){ .type = STEP_SLEEP, .idx = 1, .sleep_ns = 31000000000u };
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (s->ops->run(s, steps, 2, &plan, &out, &e))
		fail_msg("%s", e.text);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_true(to.tv_sec - from.tv_sec < 15);
	assert_int_equal(live_count(&out, "Ip.ReasmTimeout"), 1);
	assert_int_equal(live_nr(&out, OBS_EMIT), 1); /* time exceeded */
	stack_close(s);
	obs_list_done(&out);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_panic), cmocka_unit_test(test_killed),
		cmocka_unit_test(test_hangs), cmocka_unit_test(test_two),
		cmocka_unit_test(test_lanes), cmocka_unit_test(test_clock),
	};
	struct stack *s;

	spec = argc > 1 ? argv[1] : "uml";
	s = live_open(spec);
	agent = s->shows & OBS_BIT(OBS_DROP);
	stack_close(s);
	return cmocka_run_group_tests_name(spec, tests, NULL, NULL);
}
