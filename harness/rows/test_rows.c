/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Files of rows: what is read, what is refused and where. */
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

#include "harness/rows/rows.h"

static int read_text(struct rows *r, const char *text, size_t len, struct errmsg *e)
{
	char dir[] = "/tmp/netparity-rows-XXXXXX", path[64];
	FILE *f;
	int err;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/A-x.yaml", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
	err = rows_read(r, dir, e);
	unlink(path);
	rmdir(dir);
	return err;
}

static void reads_rows(void **state)
{
	static const char text[] = "# comment\n"
				   "- id: X-1\n"
				   "  when: a packet\n"
				   "  then: 'it: goes'\n"
				   "  counters: {Ip.InReceives: 1, other: [1, {a: b}]}\n"
				   "  level: core\n"
				   "- id: X-2\n"
				   "  when: w\n"
				   "  then: two\n"
				   "    lines\n"
				   "  level: rare\n"
				   "  shown: no, needs two processors\n";
	struct rows r;
	struct errmsg e;

	(void)state;
	assert_int_equal(read_text(&r, text, strlen(text), &e), 0);
	assert_int_equal(r.nr, 2);
	assert_int_equal(r.file_nr, 1);
	assert_string_equal(r.row[0].then, "it: goes");
	assert_int_equal(r.row[0].level, ROW_CORE);
	assert_null(r.row[0].hidden);
	assert_int_equal(r.row[1].line, 7);
	assert_string_equal(r.row[1].then, "two lines");
	assert_string_equal(r.row[1].hidden, "needs two processors");
	assert_ptr_equal(rows_find(&r, "X-2"), &r.row[1]);
	assert_null(rows_find(&r, "X-3"));
	rows_done(&r);
}

#define GOOD "- id: X-1\n  when: w\n  then: t\n  level: core\n"

static void refuses_what_is_none(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{ "- id: X-1\n  when: w\n  then: t\n", ":1: id, when" },
		{ "- id: X-1\n  when: w\n  then: t\n  level: high\n", ":4: level is" },
		{ "- id: [X-1]\n  when: w\n  then: t\n  level: core\n", ":1: a plain value" },
		{ GOOD GOOD, ":5: this id" },
		{ GOOD "  shown: never\n", ":5: write: shown" },
		{ "- id: X-1\n  when: 'w\n", ": no YAML" },
		{ "- word\n", ":1: a file of rows" },
		{ "id: X-1\n", ":1: a file of rows" },
		{ "\xff\xfe\x01", ": no YAML" },
		{ "- {[a]: b}\n", ":1: a row has plain keys" },
	};
	struct rows r;
	struct errmsg e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_text(&r, bad[i].text, strlen(bad[i].text), &e), -EINVAL);
		if (!strstr(e.text, bad[i].message))
			fail_msg("%s: %s", bad[i].message, e.text);
		assert_int_equal(r.nr, 0);
	}
	assert_int_equal(rows_read(&r, "/nonexistent", &e), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_rows),
		cmocka_unit_test(refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
