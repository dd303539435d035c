/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Worlds: lines that are read, lines that are refused, and the text that comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/world/ip_words.h"
#include "harness/world/world.h"
#include "harness/world/world_socket.h"

static const char *const good[] = {
    "wire eth0",
    "wire eth1 address 02:aa:bb:cc:dd:ee",
    "addr add 10.0.0.1/24 dev eth0",
    "a a 10.0.0.1/24 dev eth0",
    "address add 10.0.0.1/24 brd + dev eth0 # a comment",
    "link set eth0 mtu 1400",
    "link add d0 type dummy",
    "link add name d1 type dummy",
    "link add link eth0 name v0 type vlan id 5",
    "route add default via 10.0.0.2",
    "r add 10.1.0.0/16 via 10.0.0.2 dev eth0 mtu lock 1000",
    "neigh add 10.0.0.2 lladdr 02:00:00:00:01:01 dev eth0",
    "rule add from 10.0.0.1 table 5",
    "tunnel add t0 mode ipip remote 10.0.0.2",
    "fou add port 5555 ipproto 4",
    "sysctl net.ipv4.ip_forward=1",
    "sysctl net.ipv4.ip_forward = 1",
    "sysctl net.ipv4.ping_group_range=0 1000",
    "sysctl net.ipv4.ping_group_range=\"0 1000\"",
    "socket dns0 udp bind 10.0.0.1:53",
    "socket a udp bind *:53 connect 10.0.0.2:1000 hold",
    "socket a.b-c_d udplite bind :53 plain",
    "socket r raw icmp",
    "socket r raw 89 bind 10.0.0.1 dev eth0",
    "socket r raw 255 opt IP_HDRINCL=1",
    "socket p ping bind 10.0.0.1:7",
    "socket t tcp bind 10.0.0.1:80",
    "socket o udp opt IP_TTL=hex:40 opt IP_TOS=0x10 opt SO_RCVBUF=-1 bind :1",
    "socket o udp opt IP_OPTIONS=94040000 opt IP_OPTIONS=",
    "socket m udp opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0 opt MCAST_JOIN_GROUP=239.1.1.2@eth0",
    "socket m udp opt IP_ADD_SOURCE_MEMBERSHIP=232.1.1.1,10.0.0.2@10.0.0.1",
    "socket m udp opt MCAST_JOIN_SOURCE_GROUP=232.1.1.1,10.0.0.2@eth0",
    "socket m udp opt IP_MSFILTER=239.1.1.1@10.0.0.1:exclude,10.0.0.5,10.0.0.6",
    "socket m udp opt IP_MSFILTER=239.1.1.1:include",
    "socket m udp opt IP_MULTICAST_IF=@eth0 opt IP_MULTICAST_IF=10.0.0.1",
    "socket d udp dev hold dev plain",
    "",
    "   # only a comment",
    "'addr' \"add\" 10.0.0.1/24 dev 'eth0'",
};

static const struct {
	const char *text, *says;
} bad[] = {
    {"frobnicate", "unknown word"},
    {"ip addr add 10.0.0.1/24 dev eth0", "leave out the word ip"},
    {"addr add '10.0.0.1/24", "does not end"},
    {"wire", "name of a device"},
    {"wire 0123456789abcdef", "name of a device"},
    {"wire a/b", "name of a device"},
    {"wire lo", "already"},
    {"wire eth0 address 01:00:00:00:00:00", "unicast"},
    {"wire eth0 address 02:00:00:00:00", "unicast"},
    {"wire eth0 address", "write: wire"},
    {"wire eth0 mtu 5", "write: wire"},
    {"link add lo type dummy", "already"},
    {"link add name a/b type dummy", "no name"},
    {"sysctl net.ipv4.ip_forward", "KEY=VALUE"},
    {"sysctl =1", "no key"},
    {"sysctl a b=1", "no key"},
    {"sysctl ../../x=1", "no key"},
    {"sysctl a=", "no value"},
    {"socket", "needs a name"},
    {"socket a/b udp", "needs a name"},
    {"socket x", "udp|udplite"},
    {"socket x sctp", "udp|udplite"},
    {"socket x raw", "needs a protocol"},
    {"socket x raw frob", "no protocol"},
    {"socket x raw 512", "no protocol"},
    {"socket x udp bind", "needs a value"},
    {"socket x udp bind 10.0.0.256:1", "ADDR:PORT"},
    {"socket x udp bind 10.0.0.1:65536", "ADDR:PORT"},
    {"socket x udp bind 10.0.0.1:", "ADDR:PORT"},
    {"socket x udp frob 1", "unknown word"},
    {"socket x udp opt IP_FROB=1", "no socket option"},
    {"socket x udp opt IP_TTL", "NAME=VALUE"},
    {"socket x udp opt IP_TTL=", "takes a number"},
    {"socket x udp opt IP_TTL=5x", "takes a number"},
    {"socket x udp opt IP_TTL=4294967296", "takes a number"},
    {"socket x udp opt IP_TTL=hex:4", "takes a number"},
    {"socket x udp opt IP_OPTIONS=9", "hexadecimal"},
    {"socket x udp opt IP_ADD_MEMBERSHIP=239.1.1@eth0", "GROUP"},
    {"socket x udp opt IP_ADD_MEMBERSHIP=239.1.1.1@", "GROUP"},
    {"socket x udp opt MCAST_JOIN_GROUP=239.1.1.1@10.0.0.1", "GROUP@DEV"},
    {"socket x udp opt IP_MSFILTER=239.1.1.1", "include"},
    {"socket x udp opt IP_MSFILTER=239.1.1.1:only", "include"},
    {"socket x udp dev a/b", "name of a device"},
};

static void test_good_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct errmsg e = {""};
		struct world w;

		world_init(&w, "t");
		if (world_add_line(&w, good[i], 1, &e) < 0)
			fail_msg("%s", e.text);
		world_done(&w);
	}
}

static void test_bad_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct errmsg e = {""};
		struct world w;

		world_init(&w, "t");
		if (world_add_line(&w, bad[i].text, 7, &e) >= 0)
			fail_msg("taken: %s", bad[i].text);
		if (strncmp(e.text, "t:7: ", 5) != 0 || !strstr(e.text, bad[i].says))
			fail_msg("%s: says \"%s\"", bad[i].text, e.text);
		assert_int_equal(w.line_nr, 0);
		assert_int_equal(w.socket_nr + w.wire_nr + w.link_nr, 0);
		world_done(&w);
	}
}

static void test_limits(void **state)
{
	static char text[WORLD_LINE_MAX + 2];
	struct errmsg e;
	struct world w;
	int err = 0;

	(void)state;
	world_init(&w, "t");
	memset(text, 'x', WORLD_LINE_MAX + 1);
	assert_true(world_add_line(&w, text, 1, &e) < 0);
	strcpy(text, "addr add");
	for (int i = 0; i < WORLD_ARGV_MAX - 3; i++)
		strcat(text, " x");
	assert_int_equal(world_add_line(&w, text, 1, &e), 0);
	strcat(text, " x");
	assert_true(world_add_line(&w, text, 1, &e) < 0);
	for (int i = 0; i <= WORLD_SOCKET_MAX; i++) {
		snprintf(text, sizeof(text), "socket s%d udp", i);
		err = world_add_line(&w, text, 1, &e);
		assert_int_equal(err < 0, i == WORLD_SOCKET_MAX);
	}
	for (int i = 0; i <= WORLD_WIRE_MAX; i++) {
		snprintf(text, sizeof(text), "wire w%d", i);
		err = world_add_line(&w, text, 1, &e);
		assert_int_equal(err < 0, i == WORLD_WIRE_MAX);
	}
	world_done(&w);
}

/* What a world says of itself, and the same again from its own text. */
static void check_world(const struct world *w)
{
	assert_int_equal(w->wire_nr, 2);
	assert_int_equal(world_wire_idx(w, "eth1"), 1);
	assert_int_equal(world_wire_idx(w, "eth2"), -1);
	assert_int_equal(w->wires[0].mac[5], 1);
	assert_int_equal(w->wires[1].mac[0], 0xa);
	assert_int_equal(w->wires[1].peer_mac[4], 1);
	assert_int_equal(w->wires[1].peer_mac[5], 2);
	assert_int_equal(world_socket_idx(w, "b"), 1);
	assert_true(world_is_local(w, 0x0a000001));
	assert_true(world_is_local(w, 0x7f000001));
	assert_false(world_is_local(w, 0x0a000002));
	assert_string_equal(world_dev_name(w, 1), "lo");
	assert_string_equal(world_dev_name(w, 2), "eth0");
	assert_string_equal(world_dev_name(w, 4), "d0");
	assert_null(world_dev_name(w, 5));
	assert_null(world_dev_name(w, 0));
	assert_int_equal(world_dev_by_name(w, "d0"), 4);
	assert_int_equal(world_dev_by_name(w, "d1"), 0);
	assert_string_equal(w->lines[4].argv[0], "net.ipv4.ping_group_range");
	assert_string_equal(w->lines[4].argv[1], "0 1000");
}

static void test_file(void **state)
{
	static const char text[] = "wire eth0\n"
				   "wire eth1 address a:b:c:d:e:f # comment\n"
				   "\n"
				   "link add d0 \\\n"
				   "  type dummy\n"
				   "addr add 10.0.0.1/24 dev eth0\r\n"
				   "sysctl net.ipv4.ping_group_range = '0 1000'\n"
				   "socket a udp bind :5\n"
				   "socket b udp bind :6";
	char path[] = "/tmp/test_world.XXXXXX", *again;
	struct errmsg e = {""};
	struct world w, w2;
	FILE *f;

	(void)state;
	f = fdopen(mkstemp(path), "w");
	fputs(text, f);
	fclose(f);
	world_init(&w, path);
	if (world_read_file(&w, path, &e) < 0)
		fail_msg("%s", e.text);
	remove(path);
	check_world(&w);
	assert_int_equal(w.lines[2].line, 4);
	assert_int_equal(w.lines[3].line, 6);
	again = world_text(&w);
	assert_non_null(again);
	world_init(&w2, "again");
	for (char *line = strtok(again, "\n"); line; line = strtok(NULL, "\n"))
		assert_int_equal(world_add_line(&w2, line, 1, &e), 0);
	check_world(&w2);
	free(again);
	world_done(&w);
	world_done(&w2);
}

static void test_eth0_unless_said(void **state)
{
	struct errmsg e = {""};
	struct world w;

	(void)state;
	world_init(&w, "t");
	assert_int_equal(world_add_line(&w, "addr add 10.0.0.1/24 dev eth0", 1, &e), 0);
	assert_int_equal(world_finish(&w, &e), 0);
	assert_int_equal(w.line_nr, 2);
	assert_int_equal(w.lines[0].verb, WORLD_WIRE);
	assert_string_equal(w.wires[0].name, "eth0");
	world_done(&w);
}

static void test_socket_calls(void **state)
{
	struct errmsg e = {""};
	struct socket_spec spec;
	struct ip_mreqn mreq;
	struct world w;
	int n;

	(void)state;
	world_init(&w, "t");
	assert_int_equal(world_add_line(&w,
					"socket s raw udp plain opt IP_TTL=7 bind 10.0.0.1 hold "
					"opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0 connect 10.0.0.2:9",
					1, &e),
			 0);
	assert_int_equal(socket_spec_parse(&spec, &w, &w.lines[0], &e), 0);
	assert_int_equal(spec.type, SOCK_RAW);
	assert_int_equal(spec.protocol, 17);
	assert_true(spec.hold);
	assert_int_equal(spec.call_nr, 4);
	assert_int_equal(spec.call[0].type, SOCKET_CALL_SETSOCKOPT);
	assert_int_equal(spec.call[0].level, IPPROTO_IP);
	assert_int_equal(spec.call[0].name, IP_TTL);
	memcpy(&n, spec.call[0].val, 4);
	assert_int_equal(n, 7);
	assert_int_equal(spec.call[1].type, SOCKET_CALL_BIND);
	assert_int_equal(spec.call[1].addr, 0x0a000001);
	memcpy(&mreq, spec.call[2].val, sizeof(mreq));
	assert_int_equal(spec.call[2].val_len, sizeof(mreq));
	assert_int_equal(ntohl(mreq.imr_multiaddr.s_addr), 0xef010101);
	assert_int_equal(spec.call[2].dev_at, offsetof(struct ip_mreqn, imr_ifindex));
	assert_string_equal(spec.call[2].dev, "eth0");
	assert_int_equal(spec.call[3].port, 9);
	world_done(&w);
}

static void test_words(void **state)
{
	static const struct {
		const char *word;
		uint32_t addr;
		int plen; /* -1: refused */
	} prefixes[] = {
	    {"10.0.0.1/24", 0x0a000001, 24},
	    {"10.0.0.1", 0x0a000001, 32},
	    {"10/8", 0x0a000000, 8},
	    {"10.1/16", 0x0a010000, 16},
	    {"default", 0, 0},
	    {"0/0", 0, 0},
	    {"10.0.0.0/255.255.0.0", 0x0a000000, 16},
	    {"10.0.0.0/255.0.255.0", 0, -1},
	    {"10.0.0.1/33", 0, -1},
	    {"10.0.0.1/", 0, -1},
	    {"10.0.0.", 0, -1},
	    {"10.0.0.1.2", 0, -1},
	    {"1000.0.0.1", 0, -1},
	    {"", 0, -1},
	    {"/24", 0, -1},
	};
	uint8_t plen;
	uint32_t addr;

	(void)state;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		bool ok = ip_prefix(prefixes[i].word, &addr, &plen);

		if (ok != (prefixes[i].plen >= 0))
			fail_msg("%s", prefixes[i].word);
		if (ok) {
			assert_int_equal(addr, prefixes[i].addr);
			assert_int_equal(plen, prefixes[i].plen);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_lines),
	    cmocka_unit_test(test_bad_lines),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_eth0_unless_said),
	    cmocka_unit_test(test_socket_calls),
	    cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
