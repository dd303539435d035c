/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The `netns` stack shows what the running kernel does. Argument: the stack (netns:tap ...). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/call/call.h"
#include "harness/stack/live_test.h"
#include "ref/ref.h"

static struct stack *stack;
static struct obs_list out;

static void use_world(const char *text)
{
	struct world w;
	struct errmsg e;
	int err;

	live_world(&w, text);
	err = stack->ops->world(stack, &w, &e);
	world_done(&w);
	if (err)
		fail_msg("%s", e.text);
}

static void run(const struct step *steps, size_t nr, uint32_t drain_every, uint32_t count_every)
{
	struct plan plan = { drain_every, count_every };
	struct errmsg e;

	obs_list_clear(&out);
	if (stack->ops->run(stack, steps, nr, &plan, &out, &e))
		fail_msg("%s", e.text);
}

static void test_deliver(void **state)
{
	struct live_frame f;
	struct step step;
	const struct obs *obs;
	struct obs_cmsg cmsg;
	int ifindex;

	(void)state;
	use_world(LIVE_WORLD "socket dns udp bind 10.0.0.1:53\n");
	live_udp(&f, 4000, 53, "hello", 5);
	step = live_step(&f, 7);
	run(&step, 1, 1, 0);
	assert_int_equal(live_nr(&out, OBS_DELIVER), 1);
	assert_int_equal(live_nr(&out, OBS_EMIT), 0);
	obs = live_first(&out, OBS_DELIVER);
	assert_int_equal(obs->step, 7);
	assert_int_equal(obs->chan, 0);
	assert_int_equal(obs->addr, LIVE_PEER);
	assert_int_equal(obs->port, 4000);
	assert_int_equal(obs->value, 5);
	assert_int_equal(obs->data_len, 5);
	assert_memory_equal(out.bytes + obs->data_off, "hello", 5);
	/* The first control message is IP_PKTINFO; the device has the number of observations. */
	assert_true(obs->ctrl_len > sizeof(cmsg) + sizeof(ifindex));
	memcpy(&cmsg, out.bytes + obs->ctrl_off, sizeof(cmsg));
	memcpy(&ifindex, out.bytes + obs->ctrl_off + sizeof(cmsg), sizeof(ifindex));
	assert_int_equal(cmsg.level, IPPROTO_IP);
	assert_int_equal(cmsg.type, IP_PKTINFO);
	assert_int_equal(ifindex, 2);
	assert_int_equal(live_count(&out, "Udp.InDatagrams"), 1);
	assert_int_equal(live_count(&out, "Ip.InReceives"), 1);
	assert_int_equal(live_count(&out, "IpExt.InOctets"), 33);
}

static void test_echo(void **state)
{
	struct live_frame f[10];
	struct step steps[10];
	const struct obs *obs;

	(void)state;
	use_world(LIVE_WORLD "sysctl net.ipv4.icmp_ratemask=0\n");
	for (uint16_t i = 0; i < 10; i++) {
		live_echo(&f[i], i, 100);
		steps[i] = live_step(&f[i], i);
	}
	run(steps, 10, 4, 0);
	assert_int_equal(live_nr(&out, OBS_EMIT), 10);
	obs = live_first(&out, OBS_EMIT);
	assert_int_equal(obs->step, 3);
	assert_int_equal(obs->data_len, 142);
	assert_int_equal(out.bytes[obs->data_off + 34], 0); /* echo reply */
	assert_memory_equal(out.bytes + obs->data_off + 38, f[0].data + 38, 104);
	assert_int_equal(live_count(&out, "Icmp.OutEchoReps"), 10);
	assert_int_equal(live_count(&out, "IcmpMsg.InType8"), 10);
	assert_int_equal(live_count(&out, "IcmpMsg.OutType0"), 10);
	/* Counted at the end only, and each counter once. */
	for (size_t i = 0; i + 1 < out.nr; i++)
		if (out.obs[i].type == OBS_COUNT)
			assert_int_equal(out.obs[i].step, 9);
	run(steps, 10, 2, 4);
	assert_int_equal(live_count(&out, "Icmp.OutEchoReps"), 10);
	assert_int_equal(live_first(&out, OBS_COUNT)->step, 3);
}

static void test_stats(void **state)
{
	struct live_frame f;
	struct step step;
	int64_t rx = 0, tx = 0;

	(void)state;
	use_world(LIVE_WORLD);
	live_echo(&f, 1, 8);
	step = live_step(&f, 0);
	run(&step, 1, 1, 0);
	for (size_t i = 0; i < out.nr; i++) {
		const struct obs *obs = &out.obs[i];

		if (obs->type != OBS_STAT)
			continue;
		assert_int_equal(obs->chan, 2);
		if (obs->name == OBS_STAT_RX_PACKETS)
			rx = obs->value;
		if (obs->name == OBS_STAT_TX_PACKETS)
			tx = obs->value;
	}
	assert_int_equal(rx, 1);
	assert_int_equal(tx, 1);
}

static void test_error(void **state)
{
	struct live_frame f;
	uint8_t unreach[64] = { 3, 3 };
	struct step step;
	const struct obs *obs;

	(void)state;
	use_world(LIVE_WORLD "socket c udp bind 10.0.0.1:1000 connect 10.0.0.2:2000\n"
			     "socket e udp opt IP_RECVERR=1 bind 10.0.0.1:1001\n");
	/* Port unreachable for what socket c could have sent: quoted header and ports. */
	live_udp(&f, 2000, 1000, "", 0);
	memcpy(unreach + 8, f.data + 14, 28);
	memcpy(unreach + 8 + 12, f.data + 14 + 16, 4);
	memcpy(unreach + 8 + 16, f.data + 14 + 12, 4);
	memcpy(unreach + 28, "\x03\xe8\x07\xd0", 4);
	{
		uint32_t s = 0;

		for (size_t i = 0; i < 36; i += 2)
			s += (uint32_t)unreach[i] << 8 | unreach[i + 1];
		s = (s & 0xffff) + (s >> 16);
		s = ~((s & 0xffff) + (s >> 16)) & 0xffff;
		unreach[2] = (uint8_t)(s >> 8);
		unreach[3] = (uint8_t)s;
	}
	live_ip(&f, IPPROTO_ICMP, 3, 0, unreach, 36);
	step = live_step(&f, 0);
	run(&step, 1, 1, 0);
	assert_int_equal(live_nr(&out, OBS_ERROR), 1);
	obs = live_first(&out, OBS_ERROR);
	assert_int_equal(obs->chan, 0);
	assert_int_equal(obs->flags, ECONNREFUSED);
}

static const struct call close_call = { .type = CALL_CLOSE };

static void test_hold_and_close(void **state)
{
	static const struct call two = {
		.type = CALL_RECVMSG, .len = 2, .controllen = CALL_AMPLE, .namelen = CALL_AMPLE
	};
	static const struct call ample = {
		.type = CALL_RECVMSG,
		.len = CALL_AMPLE,
		.controllen = CALL_AMPLE,
		.namelen = CALL_AMPLE,
	};
	struct live_frame f;
	struct step steps[4];
	const struct obs *obs;

	(void)state;
	use_world(LIVE_WORLD "socket h udp bind 10.0.0.1:53 hold\n");
	live_udp(&f, 4000, 53, "hello", 5);
	steps[0] = live_step(&f, 0);
	run(steps, 1, 1, 0);
	assert_int_equal(live_nr(&out, OBS_DELIVER), 0);
	steps[0] = (struct step){ .type = STEP_CALL, .idx = 1, .call = &two };
	steps[1] = (struct step){ .type = STEP_CALL, .idx = 2, .call = &ample };
	steps[2] = (struct step){ .type = STEP_CALL, .idx = 3, .call = &close_call };
	steps[3] = live_step(&f, 4);
	run(steps, 4, 4, 0);
	assert_int_equal(live_nr(&out, OBS_DELIVER), 1);
	obs = live_first(&out, OBS_DELIVER);
	assert_int_equal(obs->data_len, 2);
	assert_true(obs->truncated);
	assert_true(obs->flags & MSG_TRUNC);
	assert_int_equal(live_nr(&out, OBS_ERROR), 1);
	assert_int_equal(live_first(&out, OBS_ERROR)->flags, EAGAIN);
	assert_int_equal(live_nr(&out, OBS_EMIT), 1); /* port unreachable: nobody there now */
}

/* What can't be done is said with file and line, and the next world is as good as any. */
static void test_bad_world(void **state)
{
	static const struct {
		const char *text, *at, *why;
	} cases[] = {
		{ LIVE_WORLD "addr add 10.0.0.1/24 dev eth0\n", "test.world:3: ", "ip addr: " },
		{ "addr add 10.0.0.1/24 dev eth7\n", "test.world:1: ", "eth7" },
		{ "addr add 10.0.0.1/24 dev eth0\nroute add nonsense\n", "test.world:2: ", "" },
		{ "sysctl net.ipv4.no_such=1\n", "test.world:1: ", "no_such" },
		{ "sysctl kernel.pid_max=1\n", "test.world:1: ", "not a sysctl of a network" },
		{ "sysctl net.ipv4.ip_forward=x\n", "test.world:1: ", "" },
		{ "socket s udp bind 10.9.9.9:53\n", "test.world:1: ", "bind: " },
		{ "link set eth0 netns 1\n", "test.world:1: ", "stays in its namespace" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w;
		struct errmsg e = { "" };

		live_world(&w, cases[i].text);
		assert_int_equal(stack->ops->world(stack, &w, &e), -EINVAL);
		world_done(&w);
		if (strncmp(e.text, cases[i].at, strlen(cases[i].at)) != 0 ||
		    !strstr(e.text, cases[i].why))
			fail_msg("case %zu: %s", i, e.text);
	}
	test_deliver(state);
}

static void test_many_sockets(void **state)
{
	static char text[32768] = LIVE_WORLD;
	struct live_frame f[2];
	struct step steps[2];
	int64_t last = -1;

	(void)state;
	for (int i = 0; i < 200; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "socket s%d udp bind 10.0.0.1:%d\n", i, 1000 + i);
	use_world(text);
	live_udp(&f[0], 4000, 1150, "x", 1);
	live_udp(&f[1], 4000, 1003, "y", 1);
	steps[0] = live_step(&f[0], 0);
	steps[1] = live_step(&f[1], 1);
	run(steps, 2, 2, 0);
	assert_int_equal(live_nr(&out, OBS_DELIVER), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_true(out.obs[i].chan > last);
		last = out.obs[i].chan;
	}
	assert_int_equal(last, 150);
}

static void test_wires(void **state)
{
	struct live_frame f;
	struct step step;

	(void)state;
	use_world("wire a\nwire b address 02:aa:00:00:00:09\n"
		  "addr add 10.0.0.1/24 dev b\n"
		  "neigh add 10.0.0.2 lladdr 02:00:00:00:01:02 dev b nud permanent\n");
	live_echo(&f, 1, 8);
	memcpy(f.data, "\x02\xaa\0\0\0\x09", 6);
	step = live_step(&f, 0);
	step.chan = 1;
	run(&step, 1, 1, 0);
	assert_int_equal(live_nr(&out, OBS_EMIT), 1);
	assert_int_equal(live_first(&out, OBS_EMIT)->chan, 1);
	assert_memory_equal(out.bytes + live_first(&out, OBS_EMIT)->data_off + 6,
			    "\x02\xaa\0\0\0\x09", 6);
}

/* Sum of what a counter moved, by any name. */
static int64_t sum_of(const struct obs_list *l, const struct obs_list *named,
		      const struct obs *like)
{
	int64_t by = 0;

	for (size_t i = 0; i < l->nr; i++) {
		const struct obs *obs = &l->obs[i];

		if (obs->type == OBS_COUNT && obs->name == like->name &&
		    obs->text_len == like->text_len &&
		    memcmp(l->bytes + obs->text_off, named->bytes + like->text_off,
			   like->text_len) == 0)
			by += obs->value;
	}
	return by;
}

/*
 * Looked at after each of many steps, counters move by what they move by when looked at once:
 * also where a stack changes its way of looking in between.
 */
static void test_counts(void **state)
{
	enum { NR = 300 };
	static struct live_frame f[NR];
	static const uint8_t payload[8], syn[20] = { 0x10, 0, 0, 80, [12] = 0x50, [13] = 2 };
	struct step steps[NR];
	struct obs_list once;

	(void)state;
	for (uint16_t i = 0; i < NR; i++) {
		if (i % 3 == 0)
			live_udp(&f[i], 4000, 53, payload, sizeof(payload));
		else if (i % 3 == 1)
			live_echo(&f[i], i, 10);
		else
			live_ip(&f[i], IPPROTO_TCP, i, 0, syn, sizeof(syn));
		steps[i] = live_step(&f[i], i);
	}
	use_world(LIVE_WORLD "socket dns udp bind 10.0.0.1:53\n");
	run(steps, NR, 1, 0);
	once = out;
	obs_list_init(&out);
	use_world(LIVE_WORLD "socket dns udp bind 10.0.0.1:53\n");
	run(steps, NR, 1, 1);
	for (size_t i = 0; i < once.nr; i++)
		if (once.obs[i].type == OBS_COUNT)
			assert_int_equal(sum_of(&out, &once, &once.obs[i]), once.obs[i].value);
	for (size_t i = 0; i < out.nr; i++)
		if (out.obs[i].type == OBS_COUNT)
			assert_int_equal(sum_of(&once, &out, &out.obs[i]),
					 sum_of(&out, &out, &out.obs[i]));
	assert_int_equal(live_count(&out, "Tcp.InCsumErrors"), NR / 3);
	assert_int_equal(live_count(&out, "Icmp.OutEchoReps"), NR / 3);
	assert_int_equal(live_count(&out, "Udp.InDatagrams"), NR / 3);
	obs_list_done(&once);
}

/* Joins send a report, at a random time: no observation, no count of it. */
static void test_noise(void **state)
{
	struct step step = { .type = STEP_SLEEP, .sleep_ns = 50000000 };

	(void)state;
	use_world(LIVE_WORLD "socket m udp bind 0.0.0.0:53 opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0\n"
			     "socket n udp bind 0.0.0.0:54\n");
	run(&step, 1, 1, 0);
	assert_int_equal(out.nr, 0);
	/* Nor do leaves. */
	step.type = STEP_CALL;
	step.call = &close_call;
	run(&step, 1, 1, 0);
	assert_int_equal(live_nr(&out, OBS_RETURN), 1);
	assert_int_equal(out.nr, 1);
	step.type = STEP_SLEEP;
	run(&step, 1, 1, 0);
	assert_int_equal(out.nr, 0);
}

/* IGMP of somebody else is forwarded like anything, and seen. */
static void test_forwarded_igmp(void **state)
{
	static const uint8_t report[8] = { 0x16, 0, 0xfa, 0xfd, 239, 1, 1, 1 };
	struct live_frame f;
	struct step step;

	(void)state;
	use_world(LIVE_WORLD "sysctl net.ipv4.ip_forward=1\n"
			     "route add 172.16.0.0/12 via 10.0.0.2\n"
			     "sysctl net.ipv4.conf.all.send_redirects=0\n"
			     "sysctl net.ipv4.conf.eth0.send_redirects=0\n");
	live_ip(&f, IPPROTO_IGMP, 5, 0, report, sizeof(report));
	memcpy(f.data + 30, "\xac\x10\0\0", 4);
	live_ip_csum(&f);
	step = live_step(&f, 0);
	run(&step, 1, 1, 0);
	assert_int_equal(live_nr(&out, OBS_EMIT), 1);
	assert_int_equal(live_count(&out, "Ip.ForwDatagrams"), 1);
	/* Linux 6.1 does not count these. */
	assert_int_equal(live_count(&out, "Ip.OutTransmits"),
			 strncmp(stack->release, "6.1.", 4) != 0);
}

/* ARP is the host's own: it answers. */
static void test_arp(void **state)
{
	static const uint8_t arp[] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0,  0, 0, 1, 1, 8, 6, 0, 1, 8, 0,  6, 4, 0,
		1,    2,    0,	  0,	0,    1,    1, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1,
	};
	struct live_frame f;
	struct step step;
	const struct obs *obs;

	(void)state;
	use_world(LIVE_WORLD);
	memcpy(f.data, arp, sizeof(arp));
	f.len = sizeof(arp);
	step = live_step(&f, 0);
	run(&step, 1, 1, 0);
	assert_int_equal(live_nr(&out, OBS_EMIT), 1);
	obs = live_first(&out, OBS_EMIT);
	assert_int_equal(out.bytes[obs->data_off + 21], 2); /* reply */
}

/* What is found when a datagram is read has had a reason of its own since Linux 6.13. */
static bool names_csum(void)
{
	unsigned int major = 0, minor = 0;

	return sscanf(stack->release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 13));
}

/* Drop reasons and where: at the send, and at the receive call that finds a bad checksum. */
static void test_drops(void **state)
{
	struct live_frame f[2];
	struct step steps[2];
	const struct obs *drop[2] = { NULL, NULL };
	static const uint8_t long_payload[200];
	size_t nr = 0;

	(void)state;
	if (!(stack->shows & OBS_BIT(OBS_DROP))) {
		assert_true(stack->cannot[0]);
		skip();
	}
	use_world(LIVE_WORLD "socket dns udp bind 10.0.0.1:53\n");
	/* Up to 76 octets are summed at once, longer ones when they are copied. */
	live_udp(&f[0], 4000, 53, long_payload, sizeof(long_payload));
	f[0].data[f[0].len - 1] ^= 1;
	live_udp(&f[1], 4000, 53, "hello", 5);
	f[1].data[14 + 8]++; /* the TTL: the header's checksum no longer fits */
	steps[0] = live_step(&f[0], 0);
	steps[1] = live_step(&f[1], 1);
	run(steps, 2, 2, 0);
	assert_int_equal(live_nr(&out, OBS_DELIVER), 0);
	assert_int_equal(live_count(&out, "Udp.InCsumErrors"), 1);
	for (size_t i = 0; i < out.nr; i++)
		if (out.obs[i].type == OBS_DROP && nr < 2)
			drop[nr++] = &out.obs[i];
	assert_int_equal(live_nr(&out, OBS_DROP), 2);
	assert_string_equal(ref_drop_name(drop[0]->name), "IP_CSUM");
	assert_memory_equal(out.bytes + drop[0]->text_off, "ip_rcv_core", drop[0]->text_len);
	assert_string_equal(ref_drop_name(drop[1]->name),
			    names_csum() ? "UDP_CSUM" : "NOT_SPECIFIED");
	assert_false(out.lost);
	/* The next world has nothing of this one. */
	use_world(LIVE_WORLD);
	run(steps, 0, 1, 0);
	assert_int_equal(out.nr, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deliver),	       cmocka_unit_test(test_echo),
		cmocka_unit_test(test_stats),	       cmocka_unit_test(test_error),
		cmocka_unit_test(test_hold_and_close), cmocka_unit_test(test_bad_world),
		cmocka_unit_test(test_many_sockets),   cmocka_unit_test(test_wires),
		cmocka_unit_test(test_counts),	       cmocka_unit_test(test_noise),
		cmocka_unit_test(test_forwarded_igmp), cmocka_unit_test(test_arp),
		cmocka_unit_test(test_drops),
	};
	int failed;

	stack = live_open(argc > 1 ? argv[1] : "netns");
	obs_list_init(&out);
	failed = cmocka_run_group_tests_name(stack->label, tests, NULL, NULL);
	obs_list_done(&out);
	stack_close(stack);
	return failed;
}
