/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The list of known differences: whom it forgives, and when it expires. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/judge/known.h"

static int read_text(struct known *k, const char *text, struct errmsg *e)
{
	char path[] = "/tmp/netparity-known-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	err = known_read(k, path, e);
	unlink(path);
	return err;
}

static struct diff difference(const char *field)
{
	struct diff d = { .found = true };

	snprintf(d.field, sizeof(d.field), "%s", field);
	return d;
}

static void forgives_what_is_listed(void **state)
{
	struct diff right = difference("counter Ip.InHdrErrors"), wrong = difference("payload");
	const struct known_row *row;
	struct known k;
	struct errmsg e;
	size_t at = 0;

	(void)state;
	assert_int_equal(read_text(&k,
				   "# comment\n"
				   "A.* \"ref 6.1\" \"uml 6.1.*\" \"counter Ip.*\" \"a reason\"\n"
				   "B.x * * payload why\n",
				   &e),
			 0);
	assert_int_equal(k.nr, 2);
	known_begin(&k, "A.one", "uml 6.1.176", "ref 6.1");
	assert_null(known_find(&k, &wrong));
	row = known_expired(&k, &at);
	assert_non_null(row);
	assert_int_equal(row->line, 2);
	assert_null(known_expired(&k, &at));
	row = known_find(&k, &right);
	assert_non_null(row);
	assert_string_equal(row->why, "a reason");
	at = 0;
	assert_null(known_expired(&k, &at));
	/* Another case, other stacks: neither forgiven nor expired. */
	known_begin(&k, "C.one", "uml 6.1.176", "ref 6.1");
	assert_null(known_find(&k, &right));
	known_begin(&k, "A.one", "uml 6.12.1", "ref 6.1");
	assert_null(known_find(&k, &right));
	at = 0;
	assert_null(known_expired(&k, &at));
	known_done(&k);
}

static void refuses_what_is_none(void **state)
{
	static const char *const bad[] = { "A.x ref uml\n", "A.x ref uml field\n",
					   "A.x ref uml field \"\"\n",
					   "A.x ref uml field why more\n",
					   "A.x \"ref uml field why\n" };
	struct known k;
	struct errmsg e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_text(&k, bad[i], &e), -EINVAL);
		assert_non_null(strstr(e.text, ":1: "));
		assert_int_equal(k.nr, 0);
	}
	assert_int_equal(known_read(&k, "/nonexistent", &e), -ENOENT);
	assert_int_equal(read_text(&k, "", &e), 0);
	known_done(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forgives_what_is_listed),
		cmocka_unit_test(refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
