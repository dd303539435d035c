/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Calls from text and back. What is refused is in test_case.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/call/call.h"
#include "harness/lines.h"

static struct world world;

static int setup(void **state)
{
	struct errmsg e;

	(void)state;
	world_init(&world, "test");
	if (world_add_line(&world, "wire eth0", 1, &e) ||
	    world_add_line(&world, "socket a udp", 2, &e))
		return -1;
	return world_finish(&world, &e);
}

static int teardown(void **state)
{
	(void)state;
	world_done(&world);
	return 0;
}

static struct call *parse(const char *line, uint16_t *ret_chan)
{
	struct errmsg e = { "" };
	char text[1024], *argv[64];
	struct call *c = NULL;
	enum call_type type = call_by_name(line, strcspn(line, " "));
	int argc;

	assert_int_not_equal(type, CALL_TYPE_NR);
	strcpy(text, line + strcspn(line, " "));
	argc = line_words(text, argv, 64, &e);
	if (call_parse(&c, ret_chan, type, &world, argv, argc, &e) < 0)
		fail_msg("%s: %s", line, e.text);
	return c;
}

/* A line, and how it is written: the same unless said. */
static const char *const lines[][2] = {
	{ "socket b udp hold", "socket b 2 2 17 hold" },
	{ "socket c raw 255", "socket c 2 3 255" },
	{ "socket d AF_INET SOCK_DGRAM|SOCK_CLOEXEC -1", "socket d 2 524290 -1" },
	{ "bind a 10.0.0.1:53", NULL },
	{ "bind a 10.0.0.1:53 family 10 namelen 8", NULL },
	{ "bind a null namelen 16", NULL },
	{ "connect a hex:00", "connect a 0.0.0.0:0 family 0 namelen 1" },
	{ "listen a -1", NULL },
	{ "setsockopt a IP_TTL=64", NULL },
	{ "setsockopt a IP_TTL=64 len 8", "setsockopt a IP_TTL=hex:4000000000000000" },
	{ "setsockopt a IP_TTL=64 len 2", NULL },
	{ "setsockopt a IP_TTL=64 len -1", NULL },
	{ "setsockopt a IP_TTL=hex:", NULL },
	{ "setsockopt a 0/2=hex:05", "setsockopt a IP_TTL=hex:05" },
	{ "setsockopt a 77/-2=hex:05", NULL },
	{ "setsockopt a IP_ADD_MEMBERSHIP=239.1.1.1@eth0", NULL },
	{ "setsockopt a IP_MULTICAST_IF=@eth0", NULL },
	{ "setsockopt a SO_BINDTOIFINDEX=lo", NULL },
	{ "setsockopt a IP_UNICAST_IF=eth0", NULL },
	{ "setsockopt a MCAST_JOIN_GROUP=239.1.1.1@eth0", NULL },
	{ "setsockopt a MCAST_JOIN_SOURCE_GROUP=239.1.1.1,10.0.0.2@eth0", NULL },
	{ "getsockopt a IP_MTU", NULL },
	{ "getsockopt a IP_MTU len -1", NULL },
	{ "getsockopt a IP_MSFILTER=hex:ef010101 len 64", NULL },
	{ "getsockname a len 4", NULL },
	{ "getpeername a", NULL },
	{ "sendmsg a", NULL },
	{ "sendmsg a to 10.0.0.2:7 flags MSG_MORE data 6162", NULL },
	{ "sendmsg a to 10.0.0.2:7 family 1 namelen 15 data 61", NULL },
	{ "sendmsg a data 6162 len 3000 data 00", NULL },
	{ "sendmsg a cmsg IP_TTL=9 cmsg IP_TOS=hex:10 cmsg SO_MARK=7 data 61", NULL },
	{ "sendmsg a cmsg IP_PKTINFO=eth0,10.0.0.1,0.0.0.0 data 61", NULL },
	{ "sendmsg a cmsg IP_PKTINFO=-,10.0.0.1,0.0.0.0 cmsg IP_RETOPTS=hex:0101 data 61", NULL },
	{ "sendmsg a cmsg UDP_SEGMENT=8 data 61", "sendmsg a cmsg UDP_SEGMENT=hex:0800 data 61" },
	{ "sendmsg a cmsg IP_TTL=9 controllen 17 data 61", NULL },
	{ "sendmsg a cmsg IP_TTL=9 control 0102 data 61", NULL },
	{ "sendmsg a cmsg 7/8=hex:09 data 61", NULL },
	{ "sendto a to 10.0.0.2:7 len 4", NULL },
	{ "recvmsg a flags MSG_PEEK|MSG_TRUNC controllen 20 namelen 8 len 0", NULL },
	{ "shutdown a SHUT_RDWR", "shutdown a 2" },
	{ "close a", NULL },
	{ "ioctl a SIOCINQ", "ioctl a 21531" },
	{ "poll a", NULL },
	{ "bind a 10.0.0.1:53 nocap", NULL },
	{ "recvmsg a noname", NULL },
};

/* What is written is read as the same call. */
static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *expected = lines[i][1] ? lines[i][1] : lines[i][0];
		char buf[1024];
		struct text t = text_init(buf, sizeof(buf));
		uint16_t chan, chan2;
		struct call *c = parse(lines[i][0], &chan), *again;

		call_text(&t, &world, chan, c, SIZE_MAX);
		assert_string_equal(buf, expected);
		again = parse(buf, &chan2);
		assert_int_equal(chan, chan2);
		assert_int_equal(again->data_len, c->data_len);
		if (c->data_len)
			assert_memory_equal(again->data, c->data, c->data_len);
		assert_int_equal(again->control_len, c->control_len);
		if (c->control_len)
			assert_memory_equal(again->control, c->control, c->control_len);
		assert_int_equal(again->addr_len, c->addr_len);
		assert_int_equal(again->len, c->len);
		assert_int_equal(again->dev_nr, c->dev_nr);
		assert_memory_equal(again->num, c->num, sizeof(c->num));
		free(again);
		free(c);
	}
}

/* Text that is cut short is still text. */
static void test_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		uint16_t chan;
		struct call *c = parse(lines[i][0], &chan);

		for (size_t size = 1; size < 80; size++) {
			char *buf = malloc(size);
			struct text t = text_init(buf, size);

			call_text(&t, &world, chan, c, 1);
			assert_int_equal(strlen(buf), t.len);
			free(buf);
		}
		free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_short),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
