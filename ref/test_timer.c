/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Timers: order, time while one runs, moving, removing, setting anew from within. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/net.h"

#define NR 4

static struct ref_timer timers[NR];
static int fired[8];
static uint64_t fired_ns[8];
static int fired_nr;

static void note(struct ref *net, struct ref_timer *timer)
{
	fired[fired_nr] = (int)(timer - timers);
	fired_ns[fired_nr++] = net->now_ns;
	if (timer == &timers[3] && net->now_ns < 60)
		timer_mod(&net->timers, timer, net->now_ns + 10);
}

static struct ref *start(void)
{
	struct ref *net = ref_new(&(struct ref_config){ .profile = REF_LINUX_6_18 });

	assert_non_null(net);
	fired_nr = 0;
	for (int i = 0; i < NR; i++)
		timers[i] = (struct ref_timer){ .fn = note };
	return net;
}

static void order(void **state)
{
	struct ref *net = start();

	(void)state;
	timer_mod(&net->timers, &timers[0], 30);
	timer_mod(&net->timers, &timers[1], 10);
	timer_mod(&net->timers, &timers[2], 30);
	assert_int_equal(ref_next_timer(net), 10);
	timers_run(net, 29);
	assert_int_equal(fired_nr, 1);
	assert_int_equal(fired[0], 1);
	assert_int_equal(fired_ns[0], 10);
	assert_int_equal(net->now_ns, 29);
	timers_run(net, 30);
	assert_int_equal(fired_nr, 3);
	/* Of two for the same time the younger is first. */
	assert_int_equal(fired[1], 2);
	assert_int_equal(fired[2], 0);
	assert_true(ref_next_timer(net) == UINT64_MAX);
	ref_free(net);
}

static void moved(void **state)
{
	struct ref *net = start();

	(void)state;
	timer_mod(&net->timers, &timers[0], 10);
	timer_mod(&net->timers, &timers[1], 20);
	timer_mod(&net->timers, &timers[0], 40);
	assert_true(timer_del(&timers[1]));
	assert_false(timer_del(&timers[1]));
	assert_false(timer_pending(&timers[1]));
	timers_run(net, 39);
	assert_int_equal(fired_nr, 0);
	timers_run(net, 100);
	assert_int_equal(fired_nr, 1);
	assert_int_equal(fired_ns[0], 40);
	ref_free(net);
}

static void again(void **state)
{
	struct ref *net = start();

	(void)state;
	timer_mod(&net->timers, &timers[3], 50);
	timers_run(net, 1000);
	assert_int_equal(fired_nr, 2);
	assert_int_equal(fired_ns[0], 50);
	assert_int_equal(fired_ns[1], 60);
	ref_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(moved),
		cmocka_unit_test(again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
