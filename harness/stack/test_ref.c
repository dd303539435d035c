/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The `ref` stack: worlds that it takes or refuses, and the shape of what it shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/call/call.h"
#include "harness/stack/stack.h"
#include "harness/trace.h"
#include "harness/world/ip_words.h"

static const char *const good[] = {
	"addr add 10.0.0.1/24 dev eth0",
	"a a 10.0.0.1/24 brd + dev eth0",
	"addr add local 10.0.0.1/24 broadcast 10.0.0.255 dev eth0 scope link label eth0:1",
	"addr add 10.0.0.1 peer 10.0.0.2/32 dev eth0 noprefixroute",
	"addr add 10.0.0.1/24 brd - dev eth0",
	"addr add 127.5.0.1/8 dev lo",
	"link set dev eth0 mtu 1400 address 02:00:00:00:00:09 arp off promisc on",
	"link set eth0 down",
	"link set eth0 multicast off allmulticast on up",
	"link add d0 type dummy",
	"link add name d0 mtu 1400 address 02:00:00:00:00:09 type dummy",
	"route add 10.1.0.0/16 dev eth0",
	"route add unreachable 10.1.0.0/16",
	"route add blackhole default metric 5",
	"route add local 10.9.0.0/16 dev lo",
	"r a to 10.1/16 dev eth0 scope link src 127.0.0.1 metric 7 table 100 mtu lock 600 tos 10",
	"route add 10.1.0.0/16 via inet 10.0.0.2 dev eth0 onlink proto static",
	"route add 10.1.0.0/16 nexthop dev eth0 weight 2 nexthop via 10.0.0.3 dev eth0 onlink",
	"neigh add 10.0.0.2 lladdr 02:00:00:00:01:01 dev eth0",
	"neighbour add 10.0.0.2 lladdr 02:00:00:00:01:01 dev eth0 nud permanent",
	"sysctl net.ipv4.ip_forward=1",
	"sysctl net.ipv4.conf.eth0.rp_filter=2",
	"sysctl net.ipv4.ping_group_range=0 1000",
	"socket a udp opt IP_FREEBIND=1 bind 10.0.0.9:5 hold",
	"socket a udp opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0",
	"socket a raw 200 dev eth0",
};

static const struct {
	const char *line, *says;
} bad[] = {
	{ "addr add 10.0.0.1/24 dev eth7", "no device: eth7" },
	{ "addr add 10.0.0.1/24", "needs ADDR/LEN and dev" },
	{ "addr add 10.0.0.1/33 dev eth0", "address" },
	{ "addr add 10.0.0.1/24 dev eth0 frob", "cannot do" },
	{ "addr add 10.0.0.1/24 dev", "no device" },
	{ "addr del 10.0.0.1/24 dev eth0", "cannot do" },
	{ "addr add 10.0.0.1/24 dev eth0 scope frob", "no scope" },
	{ "link set eth7 up", "no device" },
	{ "link set eth0 frob", "cannot do" },
	{ "link set eth0 mtu x", "no MTU" },
	{ "link set eth0 arp maybe", "on or off" },
	{ "link set up", "device name" },
	{ "link add v0 type vlan id 5", "cannot do" },
	{ "link add d0", "needs a type" },
	{ "route add", "no IPv4 prefix" },
	{ "route add 10.0.0.0/8 via x", "no IPv4 address" },
	{ "route add 10.0.0.0/8 via 10.0.0.2", "refuses it" },
	{ "route add 10.0.0.1/8 dev eth0", "refuses it" },
	{ "route add 10.0.0.0/8 dev eth0 frob 5", "cannot do" },
	{ "route add 10.0.0.0/8 dev eth0 tos x", "no TOS" },
	{ "route replace 10.0.0.0/8 dev eth0", "cannot do" },
	{ "neigh add 10.0.0.2 dev eth0", "needs ADDR lladdr" },
	{ "neigh add 10.0.0.2 lladdr x dev eth0", "MAC" },
	{ "neigh add 10.0.0.2 lladdr 02:00:00:00:01:01 dev eth0 nud stale", "cannot do" },
	{ "rule add from 10.0.0.1 table 5", "cannot do" },
	{ "tunnel add t0 mode ipip", "cannot do" },
	{ "sysctl net.ipv4.frob=1", "no sysctl" },
	{ "sysctl net.ipv4.ip_forward=x", "refuses" },
	{ "socket a udp bind 10.0.0.9:5", "refuses bind 10.0.0.9:5" },
	{ "socket a udp opt IP_TTL=999", "refuses IP_TTL" },
	{ "socket a udp opt IP_ADD_MEMBERSHIP=239.1.1.1@eth7", "refuses IP_ADD_MEMBERSHIP" },
	{ "socket a tcp bind 10.0.0.1:80", "ref" },
};

static struct stack *open_ref(const char *spec)
{
	struct errmsg e = { "" };
	struct stack *s;

	if (stack_open(&s, spec, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static void one_line(struct world *w, const char *line)
{
	struct errmsg e = { "" };

	world_init(w, "t");
	if (world_add_line(w, "wire eth0", 1, &e) < 0 || world_add_line(w, line, 2, &e) < 0)
		fail_msg("%s", e.text);
}

static void test_good_lines(void **state)
{
	struct stack *s = open_ref("ref");

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct errmsg e = { "" };
		struct world w;

		one_line(&w, good[i]);
		if (s->ops->world(s, &w, &e) < 0)
			fail_msg("%s: %s", good[i], e.text);
		world_done(&w);
	}
	stack_close(s);
}

static void test_bad_lines(void **state)
{
	struct stack *s = open_ref("ref");

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct errmsg e = { "" };
		struct world w;

		one_line(&w, bad[i].line);
		if (s->ops->world(s, &w, &e) >= 0)
			fail_msg("taken: %s", bad[i].line);
		if (strncmp(e.text, "t:2: ", 5) != 0 || !strstr(e.text, bad[i].says))
			fail_msg("%s: says \"%s\"", bad[i].line, e.text);
		world_done(&w);
	}
	stack_close(s);
}

static void test_arguments(void **state)
{
	static const char *const fine[] = { "ref", "ref:", "ref:6.1", "ref:6.18,veth,seed=7" };
	static const char *const wrong[] = { "ref:5.4", "ref:6.1,frob", "ref:seed=x", "frob", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		stack_close(open_ref(fine[i]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct errmsg e = { "" };
		struct stack *s;

		assert_int_equal(stack_open(&s, wrong[i], &e), -EINVAL);
		assert_true(*e.text);
	}
}

/* ---- what a run shows, as a trace ---- */

#define ETH                                                                                        \
	"020000000001020000000101"                                                                 \
	"0800"
/* 10.0.0.2:5353 > 10.0.0.1:PORT, no UDP checksum, payload one octet. */
#define UDP(port, octet)                                                                           \
	ETH "4500001d123400004011"                                                                 \
	    "549a"                                                                                 \
	    "0a0000020a000001"                                                                     \
	    "14e9" port "00090000" octet
#define TO_A(octet) UDP("0007", octet)
#define TO_B(octet) UDP("0008", octet)
#define TO_NONE	    UDP("0009", "00")

static const char *const lines[] = {
	"wire eth0",
	"link set dev eth0 arp off",
	"addr add 10.0.0.1/24 dev eth0",
	"socket a udp bind :7 plain",
	"socket b udp bind :8 plain",
	"socket h udp bind :10 plain hold",
};

struct run {
	struct world w;
	struct stack *s;
	uint8_t frames[16][128];
	struct step steps[16];
	size_t nr;
	struct obs_list out;
};

static void run_open(struct run *r)
{
	struct errmsg e = { "" };

	memset(r, 0, sizeof(*r));
	world_init(&r->w, "t");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(world_add_line(&r->w, lines[i], (unsigned int)i + 1, &e), 0);
	r->s = open_ref("ref");
	if (r->s->ops->world(r->s, &r->w, &e) < 0)
		fail_msg("%s", e.text);
	obs_list_init(&r->out);
}

static void run_close(struct run *r)
{
	obs_list_done(&r->out);
	stack_close(r->s);
	world_done(&r->w);
}

static struct step *add(struct run *r, enum step_type type)
{
	r->steps[r->nr] = (struct step){ .type = type, .idx = 10 + (uint32_t)r->nr };
	return &r->steps[r->nr++];
}

static void add_frame(struct run *r, const char *hex)
{
	uint8_t *frame = r->frames[r->nr];
	struct step *s = add(r, STEP_FRAME);

	assert_true(ip_hex(hex, frame, sizeof(r->frames[0]), &s->len));
	s->data = frame;
}

/* What was shown but counters and statistics, each line as it begins; "" ends the list. */
static void check(struct run *r, uint32_t drain_every, const char *const *expected)
{
	const struct plan plan = { .drain_every = drain_every };
	struct errmsg e = { "" };
	char line[512];

	obs_list_clear(&r->out);
	assert_int_equal(r->s->ops->run(r->s, r->steps, r->nr, &plan, &r->out, &e), 0);
	r->nr = 0;
	for (size_t i = 0; i < r->out.nr; i++) {
		if (r->out.obs[i].type == OBS_COUNT || r->out.obs[i].type == OBS_STAT)
			continue;
		trace_line(line, sizeof(line), &r->w, &r->out, &r->out.obs[i]);
		if (!**expected || strncmp(line, *expected, strlen(*expected)) != 0)
			fail_msg("\"%s\", not \"%s\"", line, *expected);
		expected++;
	}
	assert_string_equal(*expected, "");
}

static void test_groups(void **state)
{
	static const char *const each[] = {
		"10 deliver b from 10.0.0.2:5353 len 1 : 01",
		"11 emit eth0 10.0.0.1 > 10.0.0.2 ttl 64 icmp unreachable code 3",
		"11 drop NO_SOCKET # ",
		"12 deliver a from 10.0.0.2:5353 len 1 : 02",
		"13 deliver b from 10.0.0.2:5353 len 1 : 03",
		"",
	};
	static const char *const together[] = {
		"13 deliver a from 10.0.0.2:5353 len 1 : 02",
		"13 deliver b from 10.0.0.2:5353 len 1 : 01",
		"13 deliver b from 10.0.0.2:5353 len 1 : 03",
		"13 emit eth0 10.0.0.1 > 10.0.0.2 ttl 64 icmp unreachable code 3",
		"13 drop NO_SOCKET # ",
		"",
	};
	static const char *const threes[] = {
		"12 deliver a from 10.0.0.2:5353 len 1 : 02",
		"12 deliver b from 10.0.0.2:5353 len 1 : 01",
		"12 emit eth0 10.0.0.1 > 10.0.0.2 ttl 64 icmp unreachable code 3",
		"12 drop NO_SOCKET # ",
		"13 deliver b from 10.0.0.2:5353 len 1 : 03",
		"",
	};
	static const struct {
		uint32_t drain_every;
		const char *const *expected;
	} plans[] = { { 1, each }, { 0, together }, { 4, together }, { 3, threes } };

	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		struct run r;

		run_open(&r);
		add_frame(&r, TO_B("01"));
		add_frame(&r, TO_NONE);
		add_frame(&r, TO_A("02"));
		add_frame(&r, TO_B("03"));
		check(&r, plans[i].drain_every, plans[i].expected);
		run_close(&r);
	}
}

static void test_calls(void **state)
{
	static const char *const held[] = { "" };
	static const char *const received[] = {
		"10 deliver h from 10.0.0.2:5353 len 1 : 09",
		"11 deliver h from 10.0.0.2:5353 len 1 : 09",
		"12 error h EAGAIN",
		"",
	};
	static const struct call peek = {
		.type = CALL_RECVMSG,
		.flags = MSG_PEEK,
		.len = CALL_AMPLE,
		.controllen = CALL_AMPLE,
		.namelen = CALL_AMPLE,
	};
	static const struct call receive = {
		.type = CALL_RECVMSG,
		.len = CALL_AMPLE,
		.controllen = CALL_AMPLE,
		.namelen = CALL_AMPLE,
	};
	static const struct call close_call = { .type = CALL_CLOSE };
	static const char *const closed[] = {
		"10 return close a 0",
		"11 emit eth0 10.0.0.1 > 10.0.0.2 ttl 64 icmp unreachable code 3",
		"11 drop NO_SOCKET # ",
		"",
	};
	struct run r;

	(void)state;
	run_open(&r);
	add_frame(&r, UDP("000a", "09"));
	check(&r, 1, held);
	for (int i = 0; i < 3; i++) {
		add(&r, STEP_CALL)->chan = 2;
		r.steps[i].call = i ? &receive : &peek;
	}
	check(&r, 1, received);
	add(&r, STEP_CALL)->call = &close_call;
	add_frame(&r, TO_A("01"));
	check(&r, 1, closed);
	run_close(&r);
}

/* Counters: only what moved since the last look, and as often as the plan says. */
static void test_counts(void **state)
{
	const struct plan plans[] = { { 1, 0 }, { 1, 1 }, { 1, 2 }, { 0, 0 } };
	const size_t looks[] = { 1, 4, 2, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		struct errmsg e;
		size_t found = 0;
		int64_t sum = 0;
		struct run r;

		run_open(&r);
		for (int j = 0; j < 4; j++)
			add_frame(&r, TO_A("01"));
		assert_int_equal(r.s->ops->run(r.s, r.steps, 4, &plans[i], &r.out, &e), 0);
		for (size_t j = 0; j < r.out.nr; j++) {
			char line[128];

			trace_line(line, sizeof(line), &r.w, &r.out, &r.out.obs[j]);
			if (!strstr(line, "count Udp.InDatagrams "))
				continue;
			found++;
			sum += r.out.obs[j].value;
		}
		assert_int_equal(found, looks[i]);
		assert_int_equal(sum, 4);
		run_close(&r);
	}
}

static void note(void *ctx, uint32_t step, const char *func, const char *what)
{
	(void)what;
	if (step == 10 && strcmp(func, "__udp4_lib_rcv") == 0)
		*(bool *)ctx = true;
}

static void test_explains(void **state)
{
	static const char *const expected[] = {
		"10 emit eth0 10.0.0.1 > 10.0.0.2",
		"10 drop NO_SOCKET # ",
		"",
	};
	bool heard = false;
	struct run r;

	(void)state;
	run_open(&r);
	r.s->ops->explain(r.s, note, &heard);
	add_frame(&r, TO_NONE);
	check(&r, 1, expected);
	assert_true(heard);
	heard = false;
	r.s->ops->explain(r.s, NULL, NULL);
	add_frame(&r, TO_NONE);
	check(&r, 1, expected);
	assert_false(heard);
	run_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_lines), cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_arguments),  cmocka_unit_test(test_groups),
		cmocka_unit_test(test_calls),	   cmocka_unit_test(test_counts),
		cmocka_unit_test(test_explains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
