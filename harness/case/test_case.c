/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Case files: what is read, what is refused and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/call/call.h"
#include "harness/case/case.h"

#define FRAME "020000000001 020000000101 0800"

static char path[64];

static void write_file(const void *data, size_t len)
{
	FILE *f;
	int fd;

	strcpy(path, "/tmp/test_case.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

static void test_good(void **state)
{
	static const char text[] = "# two cases\n"
				   "case first\n"
				   "wire eth0\n"
				   "wire eth1\n"
				   "socket a udp bind :1 hold # held\n"
				   "recv eth1 " FRAME " 45 \\\n"
				   "   00\t01\n"
				   "sleep 1.5s\n"
				   "recvmsg a len 10 flags MSG_PEEK|MSG_TRUNC\n"
				   "recvmsg a\n"
				   "close a\n"
				   "\n"
				   "case second.one\n"
				   "recv eth0 " FRAME "\n"
				   "sleep 20ms\n"
				   "sleep 3us\n"
				   "sleep 0.5us\n"
				   "case empty\n";
	struct case_file f;
	struct errmsg e = { "" };
	struct tcase c;

	(void)state;
	write_file(text, strlen(text));
	assert_int_equal(case_file_open(&f, path, &e), 0);
	if (case_file_next(&f, &c, &e) != 1)
		fail_msg("%s", e.text);
	assert_string_equal(c.name, "first");
	assert_int_equal(c.line, 2);
	assert_int_equal(c.step_nr, 5);
	assert_int_equal(c.steps[0].type, STEP_FRAME);
	assert_int_equal(c.steps[0].chan, 1);
	assert_int_equal(c.steps[0].len, 17);
	assert_int_equal(c.steps[0].data[16], 1);
	assert_int_equal(c.steps[0].line, 6);
	assert_int_equal(c.steps[1].sleep_ns, 1500000000);
	assert_int_equal(c.steps[1].line, 8);
	assert_int_equal(c.steps[2].type, STEP_CALL);
	assert_int_equal(c.steps[2].call->flags, MSG_PEEK | MSG_TRUNC);
	assert_int_equal(c.steps[2].call->len, 10);
	assert_int_equal(c.steps[3].call->len, CALL_AMPLE);
	assert_int_equal(c.steps[4].call->type, CALL_CLOSE);
	assert_int_equal(c.steps[4].idx, 4);
	tcase_done(&c);
	assert_int_equal(case_file_next(&f, &c, &e), 1);
	assert_string_equal(c.name, "second.one");
	assert_string_equal(c.world.wires[0].name, "eth0");
	assert_int_equal(c.steps[1].sleep_ns, 20000000);
	assert_int_equal(c.steps[2].sleep_ns, 3000);
	assert_int_equal(c.steps[3].sleep_ns, 500);
	tcase_done(&c);
	assert_int_equal(case_file_next(&f, &c, &e), 1);
	assert_int_equal(c.step_nr, 0);
	assert_int_equal(c.world.wire_nr, 1);
	tcase_done(&c);
	assert_int_equal(case_file_next(&f, &c, &e), 0);
	case_file_close(&f);
	unlink(path);
}

static const struct {
	const char *text;
	const char *where; /* ":LINE: " */
	const char *says;
} bad[] = {
	{ "wire eth0\n", ":1: ", "begins with: case NAME" },
	{ "case\n", ":1: ", "case NAME" },
	{ "case a b\n", ":1: ", "case NAME" },
	{ "case a\nfrob\n", ":2: ", "unknown word" },
	{ "case a\nrecv eth0\n", ":2: ", "a frame has" },
	{ "case a\nrecv\n", ":2: ", "no wire" },
	{ "case a\nrecv eth1 " FRAME "\n", ":2: ", "no wire" },
	{ "case a\nrecv eth0 " FRAME "0\n", ":2: ", "a frame has" },
	{ "case a\nrecv eth0 " FRAME "0g\n", ":2: ", "hexadecimal" },
	{ "case a\nrecv eth0 0200000000010200000001010 8\n", ":2: ", "a frame has" },
	{ "case a\nsleep 1\n", ":2: ", "no time" },
	{ "case a\nsleep s\n", ":2: ", "no time" },
	{ "case a\nsleep -1s\n", ":2: ", "no time" },
	{ "case a\nsleep 1.2.3s\n", ":2: ", "no time" },
	{ "case a\nsleep 86401s\n", ":2: ", "no time" },
	{ "case a\nsleep 999999999999999999999999s\n", ":2: ", "no time" },
	{ "case a\nrecvmsg a\n", ":2: ", "no socket" },
	{ "case a\nsocket a udp\nrecvmsg a len\n", ":3: ", "no length" },
	{ "case a\nsocket a udp\nrecvmsg a len 65537\n", ":3: ", "no length" },
	{ "case a\nsocket a udp\nrecvmsg a flags MSG_FROB\n", ":3: ", "no flags" },
	{ "case a\nsocket a udp\nrecvmsg a data 00\n", ":3: ", "no word of this call" },
	{ "case a\ncall\n", ":2: ", "unknown word" },
	{ "case a\ncall frob a\n", ":2: ", "unknown word" },
	{ "case a\nbind\n", ":2: ", "needs the name of a socket" },
	{ "case a\ncall socket s\n", ":2: ", "no udp|udplite" },
	{ "case a\ncall socket s raw\n", ":2: ", "needs a protocol" },
	{ "case a\ncall socket s! udp\n", ":2: ", "needs a name" },
	{ "case a\nsocket a udp\nbind a 1.2.3:4\n", ":3: ", "no ADDR:PORT" },
	{ "case a\nsocket a udp\nbind a null family 1\n", ":3: ", "no address before" },
	{ "case a\nsocket a udp\nsendmsg a namelen 1\n", ":3: ", "no address before" },
	{ "case a\nsocket a udp\nsendmsg a data 123\n", ":3: ", "no octets" },
	{ "case a\nsocket a udp\nsendmsg a len 131073\n", ":3: ", "no length" },
	{ "case a\nsocket a udp\nsendmsg a cmsg IP_TTL\n", ":3: ", "NAME=VALUE" },
	{ "case a\nsocket a udp\nsendmsg a cmsg IP_PKTINFO=eth9,1.1.1.1,0.0.0.0\n", ":3: ",
	  "no device eth9" },
	{ "case a\nsocket a udp\nsetsockopt a IP_FROB=1\n", ":3: ", "no socket option" },
	{ "case a\nsocket a udp\nsetsockopt a IP_TTL=x\n", ":3: ", "takes a number" },
	{ "case a\nsocket a udp\nsetsockopt a 0/1=5\n", ":3: ", "takes hex:OCTETS" },
	{ "case a\nsocket a udp\nsetsockopt a IP_TTL=1 len 4097\n", ":3: ", "no length" },
	{ "case a\nsocket a udp\nshutdown a\n", ":3: ", "no number, or name" },
	{ "case a\nsleep 1s\nwire eth0\n", ":3: ", "before the first step" },
	{ "case a\nsleep 1s\nexpect nothing\n", ":3: ", "is no step" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct case_file f;
		struct errmsg e = { "" };
		struct tcase c;
		char start[96];

		write_file(bad[i].text, strlen(bad[i].text));
		assert_int_equal(case_file_open(&f, path, &e), 0);
		if (case_file_next(&f, &c, &e) >= 0)
			fail_msg("taken: %s", bad[i].text);
		snprintf(start, sizeof(start), "%s%s", path, bad[i].where);
		if (strncmp(e.text, start, strlen(start)) != 0 || !strstr(e.text, bad[i].says))
			fail_msg("%s: says \"%s\"", bad[i].text, e.text);
		case_file_close(&f);
		unlink(path);
	}
}

/* A bad case does not hide the good one before it. */
static void test_good_before_bad(void **state)
{
	static const char text[] = "case a\nsleep 1s\ncase b\nfrob\n";
	struct case_file f;
	struct errmsg e;
	struct tcase c;

	(void)state;
	write_file(text, strlen(text));
	assert_int_equal(case_file_open(&f, path, &e), 0);
	assert_int_equal(case_file_next(&f, &c, &e), 1);
	tcase_done(&c);
	assert_true(case_file_next(&f, &c, &e) < 0);
	case_file_close(&f);
	unlink(path);
}

static void test_limits(void **state)
{
	static char text[CASE_LINE_MAX + 100];
	struct case_file f;
	struct errmsg e;
	struct tcase c;
	size_t at;

	(void)state;
	/* The longest frame, then one octet more. */
	for (int over = 0; over < 2; over++) {
		at = (size_t)snprintf(text, sizeof(text), "case a\nrecv eth0 ");
		memset(text + at, '0', 2 * 65557 + 2 * (size_t)over);
		at += 2 * 65557 + 2 * (size_t)over;
		text[at++] = '\n';
		write_file(text, at);
		assert_int_equal(case_file_open(&f, path, &e), 0);
		assert_int_equal(case_file_next(&f, &c, &e) == 1, !over);
		if (!over)
			tcase_done(&c);
		case_file_close(&f);
		unlink(path);
	}
	/* A line without end. */
	memset(text, 'x', sizeof(text));
	write_file(text, sizeof(text));
	assert_int_equal(case_file_open(&f, path, &e), 0);
	assert_true(case_file_next(&f, &c, &e) < 0);
	assert_non_null(strstr(e.text, "longer than"));
	case_file_close(&f);
	unlink(path);
	/* No text at all. */
	write_file("case a\0b\n", 9);
	assert_int_equal(case_file_open(&f, path, &e), 0);
	assert_true(case_file_next(&f, &c, &e) < 0);
	assert_non_null(strstr(e.text, "NUL"));
	case_file_close(&f);
	unlink(path);
	assert_true(case_file_open(&f, "/nonexistent/file", &e) < 0);
}

/* The rows are known, and the hash is that of what the case does. */
static void test_rows_and_hash(void **state)
{
	static const char text[] = "case a\nrows X-1  X-2\nlink set dev eth0 arp off\n"
				   "recv eth0 " FRAME "\n"
				   "case b # other name and comment\nlink set dev eth0 arp off\n"
				   "recv eth0 \\\n" FRAME "\n"
				   "case c\nlink set dev eth0 arp off\nrecv eth0 " FRAME "00\n"
				   "case d\nrows X-1\nrows X-2\n";
	struct case_file f;
	struct errmsg e;
	struct tcase c;
	uint64_t hash;

	(void)state;
	write_file(text, strlen(text));
	assert_int_equal(case_file_open(&f, path, &e), 0);
	assert_int_equal(case_file_next(&f, &c, &e), 1);
	assert_string_equal(c.rows, "X-1 X-2");
	hash = c.hash;
	assert_true(hash != 0);
	tcase_done(&c);
	assert_int_equal(case_file_next(&f, &c, &e), 1);
	assert_null(c.rows);
	assert_true(c.hash == hash);
	tcase_done(&c);
	assert_int_equal(case_file_next(&f, &c, &e), 1);
	assert_true(c.hash != hash);
	tcase_done(&c);
	assert_true(case_file_next(&f, &c, &e) < 0);
	assert_non_null(strstr(e.text, ":14: rows"));
	case_file_close(&f);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_good_before_bad),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_rows_and_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
