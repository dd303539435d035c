/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The trace: what is printed is read back as it was; what is no trace is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/compare/compare.h"
#include "harness/trace.h"

#define ETH "020000000101020000000001"
#define ECHO                                                                                       \
	ETH "0800"                                                                                 \
	    "4500001c"                                                                             \
	    "1234"                                                                                 \
	    "0000"                                                                                 \
	    "4001"                                                                                 \
	    "0000"                                                                                 \
	    "0a000001"                                                                             \
	    "0a000002"                                                                             \
	    "0000ffff00010002"

static struct world world;

static int set_up(void **state)
{
	static const char *const lines[] = {
		"wire eth0",
		"wire eth1",
		"link add d0 type dummy",
		"socket dns udp bind :53",
		"socket r raw icmp",
	};
	struct errmsg e;

	(void)state;
	world_init(&world, "t");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (world_add_line(&world, lines[i], 1, &e) < 0)
			return -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_done(&world);
	return 0;
}

/* Lines that come back as they are. */
static const char *const good[] = {
	"3 deliver dns from 10.0.0.2:53 len 4 ttl=64 tos=0x0 pktinfo=eth0,10.0.0.1,10.0.0.1 : "
	"74657374",
	"0 deliver r from 10.0.0.2:0 len 0 : ",
	"0 deliver dns from 0.0.0.0:0 len 2 ret 9 flags=MSG_TRUNC : 0001",
	"4294967295 deliver dns from 255.255.255.255:65535 len 1 flags=MSG_CTRUNC|MSG_TRUNC|0x400 "
	": ff",
	"1 deliver dns from 1.2.3.4:5 len 1 opts=94040000 retopts= : 00",
	"1 deliver dns from 1.2.3.4:5 len 1 pktinfo=d0,0.0.0.0,1.2.3.4 origdst=1.2.3.4:53 mark=-7 "
	": 00",
	"1 deliver dns from 1.2.3.4:5 len 1 cmsg=1/29:0001020304 cmsg=0/2:00 : 00",
	"1 deliver dns from 1.2.3.4:5 len 0 flags=MSG_ERRQUEUE err=111,2,3,3,0,0,10.0.0.2:0 : ",
	"1 deliver dns from 1.2.3.4:5 len 0 flags=MSG_ERRQUEUE err=111,1,0,0,1500,0,- : ",
	"1 deliver dns from 1.2.3.4:5 len 0 fragsize=600 checksum=-1 rxq-ovfl=3 : ",
	"3 error dns ECONNREFUSED",
	"3 error r EAGAIN",
	"3 return bind dns EADDRINUSE",
	"3 return sendmsg r 4",
	"3 return socket dns 0",
	"3 return getsockname dns 0 len 16 10.0.0.1:53 : 020000350a0000010000000000000000",
	"3 return getsockname dns 0 len 16 : 02000035",
	"3 return getsockopt dns 0 len 4 : 40000000",
	"3 return getsockopt dns 0 len 0 : ",
	"1 deliver dns from 10.0.0.2:0 len 0 namelen 4 : ",
	"9 emit eth1 10.0.0.1 > 10.0.0.2 ttl 64 icmp echo-reply id 1 seq 2 : " ECHO,
	"9 emit eth0 arp request 10.0.0.1 > 10.0.0.2 : ffffffffffff0200000000010806"
	"00010800060400010200000000010a0000010000000000000a000002",
	"9 emit eth0 : 00",
	"9 emit eth0 : ",
	"3 drop UDP_CSUM",
	"3 drop UDP_CSUM # udp_queue_rcv_one_skb+0x1f",
	"3 drop NEVER_HEARD_OF",
	"3 drop NEVER_HEARD_OF # some_function",
	"3 count Udp.InDatagrams +1",
	"3 count IcmpMsg.InType255 +4294967296",
	"3 count TcpExt.NeverHeardOf -5",
	"3 stat eth1 rx_packets +1",
	"3 stat lo rx_otherhost_dropped +0",
};

static void test_round_trip(void **state)
{
	static char line[TRACE_LINE_MAX];
	struct obs_list l;

	(void)state;
	obs_list_init(&l);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct errmsg e;

		if (trace_parse(&l, &world, good[i], &e) != 1)
			fail_msg("%s: %s", good[i], e.text);
		assert_int_equal(l.nr, i + 1);
		trace_line(line, sizeof(line), &world, &l, &l.obs[i]);
		assert_string_equal(line, good[i]);
	}
	obs_list_done(&l);
}

/* Seen from the other side: an observation, its line, and the same observation again. */
static void test_every_octet(void **state)
{
	static char line[TRACE_LINE_MAX];
	static uint8_t data[65557];
	struct obs_list a, b;
	struct errmsg e;
	struct obs *obs;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	obs_list_init(&a);
	obs_list_init(&b);
	obs = obs_add(&a, OBS_DELIVER, 5);
	obs->chan = 1;
	obs->value = 65536;
	obs->data_len = 65535;
	obs->data_off = obs_put(&a, data, 65535);
	for (int len = 0; len < 34; len = 2 * len + 1)
		for (int type = 0; type < 60; type++) {
			struct obs_cmsg c = { .level = SOL_IP, .type = type, .len = (uint32_t)len };
			uint32_t off = obs_put(&a, &c, sizeof(c));

			if (a.obs[0].ctrl_len == 0)
				a.obs[0].ctrl_off = off;
			obs_put(&a, data + type, (size_t)len);
			a.obs[0].ctrl_len += (uint32_t)(sizeof(c) + (size_t)len);
		}
	obs = obs_add(&a, OBS_EMIT, 5);
	obs->data_len = sizeof(data);
	obs->data_off = obs_put(&a, data, sizeof(data));
	for (int i = 1; i < 134; i++)
		if (strerrorname_np(i))
			obs_add(&a, OBS_ERROR, 6)->flags = (uint32_t)i;
	for (size_t i = 0; i < a.nr; i++) {
		trace_line(line, sizeof(line), &world, &a, &a.obs[i]);
		if (trace_parse(&b, &world, line, &e) != 1)
			fail_msg("%.200s: %s", line, e.text);
		/* EAGAIN and EWOULDBLOCK and their like have one number and one name. */
		assert_true(obs_equal(&a, &a.obs[i], &b, &b.obs[i]));
		assert_int_equal(a.obs[i].step, b.obs[i].step);
	}
	obs_list_done(&a);
	obs_list_done(&b);
}

static const struct {
	const char *line, *says;
} bad[] = {
	{ "deliver dns from 1.2.3.4:5 len 0 : ", "step" },
	{ "4294967296 error dns EPERM", "step" },
	{ "1", "observation" },
	{ "1 frob", "observation" },
	{ "1 deliver", "socket" },
	{ "1 deliver nobody from 1.2.3.4:5 len 0 : ", "socket" },
	{ "1 deliver dns to 1.2.3.4:5 len 0 : ", "from" },
	{ "1 deliver dns from 1.2.3:5 len 0 : ", "ADDR:PORT" },
	{ "1 deliver dns from 1.2.3.4:5 len x : ", "length" },
	{ "1 deliver dns from 1.2.3.4:5 len 1 : ", "octets" },
	{ "1 deliver dns from 1.2.3.4:5 len 1", "octets" },
	{ "1 deliver dns from 1.2.3.4:5 len 1 : 0", "" },
	{ "1 deliver dns from 1.2.3.4:5 len 1 : 0g", "hexadecimal" },
	{ "1 deliver dns from 1.2.3.4:5 len 1 frob=1 : 00", "control message" },
	{ "1 deliver dns from 1.2.3.4:5 len 1 ttl=x : 00", "control message" },
	{ "1 deliver dns from 1.2.3.4:5 len 1 tos=256 : 00", "control message" },
	{ "1 deliver dns from 1.2.3.4:5 len 1 pktinfo=eth9,1.1.1.1,1.1.1.1 : 00",
	  "control message" },
	{ "1 deliver dns from 1.2.3.4:5 len 1 err=1,2,3 : 00", "control message" },
	{ "1 deliver dns from 1.2.3.4:5 len 1 cmsg=1:00 : 00", "control message" },
	{ "1 deliver dns from 1.2.3.4:5 len 1 cmsg=1/2:0 : 00", "control message" },
	{ "1 deliver dns from 1.2.3.4:5 len 1 flags=MSG_FROB : 00", "flags" },
	{ "1 deliver dns from 1.2.3.4:5 len 1 flags= : 00", "flags" },
	{ "1 error dns EFROB", "errno" },
	{ "1 return frob dns 0", "socket call" },
	{ "1 return bind nobody 0", "socket of the world" },
	{ "1 return bind dns EFROB", "value or errno" },
	{ "1 return bind dns", "value or errno" },
	{ "1 return bind dns 0 0", "too much" },
	{ "1 return bind dns EPERM 1", "too much" },
	{ "1 return getsockopt dns 0 len : 00", "length" },
	{ "1 return getsockopt dns 0 len 1 : 0", "digits" },
	{ "1 error dns", "errno" },
	{ "1 error dns EPERM EPERM", "too much" },
	{ "1 emit eth9 : 00", "wire" },
	{ "1 emit eth0 00", "octets" },
	{ "1 drop", "drop reason" },
	{ "1 count InReceives +1", "counter" },
	{ "1 count Ip.InReceives", "value" },
	{ "1 count Ip.InReceives +1x", "value" },
	{ "1 stat eth9 rx_packets +1", "device" },
	{ "1 stat eth0 rx_frobs +1", "statistic" },
};

static void test_bad_lines(void **state)
{
	struct obs_list l;

	(void)state;
	obs_list_init(&l);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct errmsg e = { "" };

		if (trace_parse(&l, &world, bad[i].line, &e) != -EINVAL)
			fail_msg("taken: %s", bad[i].line);
		if (!strstr(e.text, bad[i].says))
			fail_msg("%s: says \"%s\"", bad[i].line, e.text);
		assert_int_equal(l.nr, 0);
		assert_int_equal(l.bytes_used, 0);
	}
	assert_int_equal(trace_parse(&l, &world, "", NULL), 0);
	assert_int_equal(trace_parse(&l, &world, " # comment\n", NULL), 0);
	obs_list_done(&l);
}

/* A buffer that is too small is filled and terminated, never passed. */
static void test_cut(void **state)
{
	struct obs_list l;
	struct errmsg e;

	(void)state;
	obs_list_init(&l);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(trace_parse(&l, &world, good[i], &e), 1);
	for (size_t i = 0; i < l.nr; i++)
		for (size_t size = 1; size < 200; size++) {
			char *buf = malloc(size);
			size_t len = trace_line(buf, size, &world, &l, &l.obs[i]);

			assert_true(len < size);
			assert_int_equal(strlen(buf), len);
			assert_int_equal(strncmp(buf, good[i], len), 0);
			free(buf);
		}
	obs_list_done(&l);
}

static void test_flags(void **state)
{
	char text[TRACE_FLAGS_MAX];
	uint32_t flags;

	(void)state;
	for (uint32_t bits = 0; bits < 0x10000; bits += 7) {
		trace_flags_text(text, sizeof(text), bits);
		assert_true(trace_flags_parse(text, &flags));
		assert_int_equal(flags, bits);
	}
	assert_true(trace_flags_parse("MSG_PEEK|0x20|64", &flags));
	assert_int_equal(flags, MSG_PEEK | MSG_TRUNC | 64);
	assert_false(trace_flags_parse("", &flags));
	assert_false(trace_flags_parse("MSG_PEEK|", &flags));
	assert_false(trace_flags_parse("|MSG_PEEK", &flags));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_every_octet),
		cmocka_unit_test(test_bad_lines),  cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flags),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
