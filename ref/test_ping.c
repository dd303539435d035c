/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What reaches an ICMP datagram socket: echo replies, and errors about its requests. */
#include <errno.h>

#include "ref/icmp.h"
#include "ref/test_host.h"
#include "ref/uapi.h"

#define IDENT 77

/* A ping socket with the identifier IDENT; connected: to the peer. */
static int ping_socket(struct test_host *th, uint32_t addr, bool connected, bool recverr)
{
	const struct ref_sockaddr local = { .addr = addr, .port = IDENT, .given = true };
	const struct ref_sockaddr peer = { .addr = TH_PEER, .given = true };
	const int32_t on = 1;
	int fd;

	test_host_sysctl(th, "net.ipv4.ping_group_range", "0 100");
	fd = ref_socket(th->net, REF_AF_INET, REF_SOCK_DGRAM, REF_IPPROTO_ICMP);
	assert_true(fd >= 0);
	assert_int_equal(ref_bind(th->net, fd, &local), 0);
	if (connected)
		assert_int_equal(ref_connect(th->net, fd, &peer), 0);
	if (recverr)
		assert_int_equal(
			ref_setsockopt(th->net, fd, REF_SOL_IP, REF_IP_RECVERR, &on, sizeof(on)),
			0);
	return fd;
}

static void test_replies(void **state)
{
	static const struct {
		const char *name;
		uint32_t bound;
		uint8_t type;
		uint8_t ident;
		bool taken;
	} rows[] = {
		{ "any address", 0, ICMP_ECHOREPLY, IDENT, true },
		{ "this address", TH_LOCAL, ICMP_ECHOREPLY, IDENT, true },
		{ "loopback's address", 0x7f000001, ICMP_ECHOREPLY, IDENT, false },
		{ "another identifier", 0, ICMP_ECHOREPLY, IDENT + 1, false },
		{ "extended echo reply", 0, ICMP_EXT_ECHOREPLY, IDENT, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		const uint8_t head[8] = { rows[i].type, 0, 0, 0, 0, rows[i].ident, 0, 9 };
		const struct test_packet p = {
			.protocol = IPPROTO_ICMP, .data = head, .data_len = 8, .fill_len = 5
		};
		uint8_t buf[64];
		struct ref_msg msg = { .buf = buf, .buf_len = sizeof(buf) };
		int fd = ping_socket(th, rows[i].bound, false, false);

		test_host_send(th, &p);
		if (strcmp(test_host_drops(th), rows[i].taken ? "" : " NO_SOCKET") != 0)
			fail_msg("%s:%s", rows[i].name, test_host_drops(th));
		if (rows[i].taken) {
			assert_int_equal(ref_recvmsg(th->net, fd, &msg, 0), 13);
			assert_int_equal(buf[0], rows[i].type);
			assert_int_equal(buf[5], IDENT);
			assert_int_equal(msg.name.addr, TH_PEER);
		}
		assert_int_equal(ref_recvmsg(th->net, fd, &msg, 0), -EAGAIN);
		test_host_free(th);
	}
}

/* A full socket: the copy is dropped, and so is the packet, for the same reason. */
static void test_full(void **state)
{
	static const struct {
		enum ref_profile profile;
		const char *drops;
	} rows[] = {
		{ REF_LINUX_6_12, " SOCKET_RCVBUFF SOCKET_RCVBUFF" },
		{ REF_LINUX_6_18, " SOCKET_RCVBUFF" },
	};
	const uint8_t head[8] = { ICMP_ECHOREPLY, 0, 0, 0, 0, IDENT, 0, 9 };
	const struct test_packet p = {
		.protocol = IPPROTO_ICMP, .data = head, .data_len = 8, .fill_len = 1400
	};
	const int32_t least = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(rows[i].profile, 1500);
		int fd = ping_socket(th, 0, false, false);

		assert_int_equal(ref_setsockopt(th->net, fd, REF_SOL_SOCKET, REF_SO_RCVBUF, &least,
						sizeof(least)),
				 0);
		for (int nr = 0; nr < 3; nr++)
			test_host_send(th, &p);
		assert_string_equal(test_host_drops(th), rows[i].drops);
		test_host_free(th);
	}
}

static void test_errors(void **state)
{
	static const struct {
		const char *name;
		uint8_t type, code;
		uint8_t quoted_type, quoted_ident;
		int err; /* pending at a connected socket; 0: none */
		int err_recverr; /* at one with IP_RECVERR */
	} rows[] = {
		{ "host unreachable", 3, 1, ICMP_ECHO, IDENT, 0, EHOSTUNREACH },
		{ "protocol unreachable", 3, 2, ICMP_ECHO, IDENT, ENOPROTOOPT, ENOPROTOOPT },
		{ "fragmentation needed", 3, 4, ICMP_ECHO, IDENT, EMSGSIZE, EMSGSIZE },
		{ "filtered", 3, 13, ICMP_ECHO, IDENT, EHOSTUNREACH, EHOSTUNREACH },
		{ "source quench", 4, 0, ICMP_ECHO, IDENT, 0, EREMOTEIO },
		{ "redirect", 5, 1, ICMP_ECHO, IDENT, 0, EREMOTEIO },
		{ "time exceeded", 11, 0, ICMP_ECHO, IDENT, 0, EHOSTUNREACH },
		{ "parameter problem", 12, 0, ICMP_ECHO, IDENT, EPROTO, EPROTO },
		{ "extended echo", 11, 0, ICMP_EXT_ECHO, IDENT, 0, EHOSTUNREACH },
		{ "about a reply", 3, 2, ICMP_ECHOREPLY, IDENT, 0, 0 },
		{ "about a timestamp", 3, 2, ICMP_TIMESTAMP, IDENT, 0, 0 },
		{ "another identifier", 3, 2, ICMP_ECHO, IDENT + 1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		bool recverr = i & 1;
		int want = recverr ? rows[i / 2].err_recverr : rows[i / 2].err;
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		uint8_t data[8 + 28] = {
			rows[i / 2].type, rows[i / 2].code, 0, 0, 0, 0, 4, 0, 0x45
		};
		const struct test_packet p = { .protocol = IPPROTO_ICMP,
					       .data = data,
					       .data_len = sizeof(data) };
		int fd = ping_socket(th, 0, true, recverr);
		int32_t err = -1;
		size_t len = sizeof(err);

		data[8 + 9] = IPPROTO_ICMP;
		wire_put32(data + 8 + 12, TH_LOCAL);
		wire_put32(data + 8 + 16, TH_PEER);
		data[28] = rows[i / 2].quoted_type;
		data[28 + 5] = rows[i / 2].quoted_ident;
		test_host_send(th, &p);
		assert_int_equal(
			ref_getsockopt(th->net, fd, REF_SOL_SOCKET, REF_SO_ERROR, &err, &len), 0);
		if (err != want)
			fail_msg("%s: %d", rows[i / 2].name, err);
		assert_int_equal(ref_mib(th->net)[MIB_ICMP_INERRORS], 0);
		test_host_free(th);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests_name("ping", tests, NULL, NULL);
}
