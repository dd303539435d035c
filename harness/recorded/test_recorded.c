/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Recordings: read back what was written, refuse what is none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/obs.h"
#include "harness/recorded/recorded.h"

/* A file with this text; its name, which the caller unlinks. */
static void write_file(char *path, const char *text)
{
	int fd;

	strcpy(path, "/tmp/netparity-recorded-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int read_text(struct recorded *r, const char *text, struct errmsg *e)
{
	char path[64];
	int err;

	write_file(path, text);
	err = recorded_read(r, path, e);
	unlink(path);
	return err;
}

static void reads_what_was_written(void **state)
{
	const struct recorded_case *c;
	struct recorded r;
	struct errmsg e;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	recorded_head(out, "6.18.44-local", "tap", "ipip+sit",
		      OBS_BIT(OBS_EMIT) | OBS_BIT(OBS_DROP));
	recorded_case_line(out, "a.one", 0x1234);
	fputs("0 drop NO_SOCKET # f\n1 drop IP_CSUM\n", out);
	recorded_case_line(out, "a.two", UINT64_MAX);
	fclose(out);
	assert_int_equal(read_text(&r, text, &e), 0);
	free(text);
	assert_string_equal(r.kernel, "6.18.44");
	assert_string_equal(r.wire, "tap");
	assert_string_equal(r.has, "ipip+sit");
	assert_int_equal(r.shows, OBS_BIT(OBS_EMIT) | OBS_BIT(OBS_DROP));
	c = recorded_find(&r, "a.one");
	assert_non_null(c);
	assert_int_equal(c->hash, 0x1234);
	assert_int_equal(c->end - c->first, 2);
	assert_string_equal(r.lines[c->first], "0 drop NO_SOCKET # f");
	c = recorded_find(&r, "a.two");
	assert_non_null(c);
	assert_true(c->hash == UINT64_MAX);
	assert_int_equal(c->end, c->first);
	assert_null(recorded_find(&r, "a.three"));
	recorded_done(&r);
}

static void refuses_what_is_none(void **state)
{
	static const struct {
		const char *text, *line;
	} bad[] = {
		{ "", ": no recording" },
		{ "kernel 6.1\nwire tap\n", ": no recording" },
		{ "case a 0000000000000000\n", ":1: " },
		{ "kernel 6.1\nwire tap\nshows emit\ncase a 123\n", ":4: " },
		{ "kernel 6.1\nwire tap\nshows emit\ncase a\n", ":4: " },
		{ "kernel 6.1\nwire tap\nshows emit\ncase a 000000000000000g\n", ":4: " },
		{ "kernel 6.1\nwire tap\nshows emit\ncase a 0000000000000000\n"
		  "case a 0000000000000001\n",
		  ":5: " },
		{ "kernel 6.1\nshows emit nothing\n", ":2: " },
		{ "\x7f\x45LF\x01\xff\n", ":1: " },
		{ "0 drop NO_SOCKET\n", ":1: " },
	};
	struct recorded r;
	struct errmsg e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_text(&r, bad[i].text, &e), -EINVAL);
		assert_non_null(strstr(e.text, bad[i].line));
	}
	assert_int_equal(recorded_read(&r, "/nonexistent/x.trace", &e), -ENOENT);
}

static void names_follow_the_case_file(void **state)
{
	char buf[64];
	struct errmsg e;

	(void)state;
	recorded_name(buf, sizeof(buf), "build/conformance/A_ip_input.case");
	assert_string_equal(buf, "A_ip_input.trace");
	recorded_name(buf, sizeof(buf), "x");
	assert_string_equal(buf, "x.trace");
	assert_int_equal(recorded_series(buf, sizeof(buf), "6.12.117", &e), 0);
	assert_string_equal(buf, "6.12");
	assert_int_equal(recorded_series(buf, sizeof(buf), "six", &e), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_was_written),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(names_follow_the_case_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
