/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Nothing is left behind, whenever the program is killed. The test makes itself the parent of all
 * orphans below it: when it has no child any more, no process is left that could hold a namespace,
 * and a namespace that nobody holds is gone with its devices. Arguments: the stack, and the time
 * from its start, in milliseconds, within which it is killed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/stack/live_test.h"

#define KILLS	    40
#define PATIENCE_MS 5000

static const char *spec;
static unsigned int longest_ms = 90;

static void sleep_us(unsigned int us)
{
	struct timespec ts = { .tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000 };

	nanosleep(&ts, NULL);
}

/* Open, make worlds and run cases until killed. */
static _Noreturn void victim(void)
{
	struct stack *s = live_open(spec);
	struct obs_list out;

	obs_list_init(&out);
	for (;;) {
		struct plan plan = { 1, 0 };
		struct live_frame f;
		struct step step;
		struct world w;
		struct errmsg e;

		live_world(&w, LIVE_WORLD "socket s udp bind 10.0.0.1:53\n");
		if (s->ops->world(s, &w, &e))
			_exit(2);
		world_done(&w);
		live_udp(&f, 4000, 53, "x", 1);
		step = live_step(&f, 0);
		for (int i = 0; i < 20; i++)
			if (s->ops->run(s, &step, 1, &plan, &out, &e))
				_exit(3);
		obs_list_clear(&out);
	}
}

/* Wait until this process has no children, its own or inherited; false: some stay. */
static bool all_gone(void)
{
	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		pid_t pid;

		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0 && errno == ECHILD)
			return true;
		sleep_us(1000);
	}
	return false;
}

static size_t entries(const char *path)
{
	DIR *dir = opendir(path);
	size_t nr = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

static size_t mounts(void)
{
	FILE *f = fopen("/proc/self/mounts", "re");
	size_t nr = 0;
	int c;

	assert_non_null(f);
	while ((c = fgetc(f)) != EOF)
		nr += c == '\n';
	fclose(f);
	return nr;
}

static void test_kill(void **state)
{
	size_t devices = entries("/sys/class/net"), mounted = mounts();
	size_t named = entries("/run/netns");
	char tmp[] = "/tmp/test-kill-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(tmp));
	assert_int_equal(setenv("TMPDIR", tmp, 1), 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	for (unsigned int i = 0; i < KILLS; i++) {
		/* 0 to the longest: in opening, in a world, in a run */
		unsigned int us = i * i * longest_ms * 1000 / (KILLS * KILLS);
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (pid == 0)
			victim();
		sleep_us(us);
		assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
		assert_int_equal(kill(pid, SIGKILL), 0);
		if (!all_gone())
			fail_msg("killed after %u us: a process stays", us);
	}
	assert_int_equal(entries("/sys/class/net"), devices);
	assert_int_equal(entries("/run/netns"), named);
	assert_int_equal(mounts(), mounted);
	unsetenv("TMPDIR");
	assert_int_equal(rmdir(tmp), 0);
}

/* A stack that is closed takes its processes with it, and opens no descriptor for good. */
static void test_close(void **state)
{
	size_t fds = entries("/proc/self/fd");

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct stack *s = live_open(spec);
		struct world w;
		struct errmsg e;

		live_world(&w, LIVE_WORLD "socket s udp bind 10.0.0.1:53\n");
		assert_int_equal(s->ops->world(s, &w, &e), 0);
		assert_int_equal(s->ops->world(s, &w, &e), 0);
		world_done(&w);
		stack_close(s);
		assert_true(all_gone());
		assert_int_equal(entries("/proc/self/fd"), fds);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_close),
	};

	spec = argc > 1 ? argv[1] : "netns";
	if (argc > 2)
		longest_ms = (unsigned int)strtoul(argv[2], NULL, 10);
	stack_close(live_open(spec));
	return cmocka_run_group_tests_name(spec, tests, NULL, NULL);
}
