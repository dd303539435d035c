/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Raw and ping sockets, UDP-Lite, and sockets with router alerts: who gets what, what counts. */
#include "ref/test_sock.h"

#include <errno.h>

#define PROTO 200

static void raw_send(struct test_host *th, uint32_t saddr, uint32_t daddr, uint8_t protocol,
		     size_t len)
{
	test_host_send(th, &(struct test_packet){ .saddr = saddr,
						  .daddr = daddr,
						  .protocol = protocol,
						  .fill_len = len });
}

static const struct {
	const char *name;
	int protocol;
	uint32_t addr, peer; /* bind, connect */
	int dev;
	uint32_t saddr, daddr;
	uint8_t proto;
	bool match;
} match_rows[] = {
	{ "plain", PROTO, 0, 0, 0, 0, 0, PROTO, true },
	{ "other protocol", PROTO, 0, 0, 0, 0, 0, PROTO + 1, false },
	{ "its address", PROTO, TH_LOCAL, 0, 0, 0, 0, PROTO, true },
	{ "broadcast to its address", PROTO, TH_LOCAL, 0, 0, 0, 0x0a0000ff, PROTO, false },
	{ "broadcast", PROTO, 0, 0, 0, 0, 0x0a0000ff, PROTO, true },
	{ "bound to the broadcast", PROTO, 0x0a0000ff, 0, 0, 0, 0x0a0000ff, PROTO, true },
	{ "and unicast", PROTO, 0x0a0000ff, 0, 0, 0, 0, PROTO, false },
	{ "its peer", PROTO, 0, TH_PEER, 0, 0, 0, PROTO, true },
	{ "not its peer", PROTO, 0, 0x0a000003, 0, 0, 0, PROTO, false },
	{ "its device", PROTO, 0, 0, 2, 0, 0, PROTO, true },
	{ "not its device", PROTO, 0, 0, 1, 0, 0, PROTO, false },
	{ "IPPROTO_RAW", 255, 0, 0, 0, 0, 0, 255, true },
	{ "IPPROTO_RAW is no wild card", 255, 0, 0, 0, 0, 0, PROTO, false },
	{ "all hosts", PROTO, 0, 0, 0, 0, 0xe0000001, PROTO, true },
};

static void test_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(match_rows) / sizeof(match_rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd = ts_open(th, REF_SOCK_RAW, match_rows[i].protocol);
		bool unicast = match_rows[i].daddr == 0;
		const uint64_t *mib = ref_mib(th->net);

		if (match_rows[i].addr)
			assert_int_equal(ts_bind(th, fd, match_rows[i].addr, 0), 0);
		if (match_rows[i].peer)
			assert_int_equal(ts_connect(th, fd, match_rows[i].peer, 0), 0);
		if (match_rows[i].dev)
			ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_BINDTOIFINDEX, match_rows[i].dev);
		raw_send(th, match_rows[i].saddr, match_rows[i].daddr, match_rows[i].proto, 3);
		if (ref_readable(th->net, fd) != match_rows[i].match)
			fail_msg("%s", match_rows[i].name);
		assert_int_equal(mib[MIB_IP_INDELIVERS], match_rows[i].match);
		assert_int_equal(mib[MIB_IP_INUNKNOWNPROTOS], !match_rows[i].match);
		assert_int_equal(mib[MIB_ICMP_OUTDESTUNREACHS], !match_rows[i].match && unicast);
		test_host_free(th);
	}
}

/* The whole packet, as it was, with no port; cut like a datagram. */
static void test_read(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_open(th, REF_SOCK_RAW, PROTO);
	uint8_t buf[64];
	struct ref_msg msg = { .buf = buf, .buf_len = sizeof(buf) };

	(void)state;
	raw_send(th, 0, 0, PROTO, 5);
	assert_int_equal(ref_recvmsg(th->net, fd, &msg, REF_MSG_PEEK), 25);
	assert_memory_equal(buf, th->frame + 14, 25);
	assert_int_equal(msg.name.addr, TH_PEER);
	assert_int_equal(msg.name.port, 0);
	msg.buf_len = 3;
	assert_int_equal(ref_recvmsg(th->net, fd, &msg, REF_MSG_PEEK), 3);
	assert_int_equal(msg.flags, REF_MSG_TRUNC);
	assert_int_equal(ref_recvmsg(th->net, fd, &msg, REF_MSG_OOB), -EOPNOTSUPP);
	assert_int_equal(ref_recvmsg(th->net, fd, &msg, REF_MSG_TRUNC), 25);
	assert_int_equal(ref_recvmsg(th->net, fd, &msg, 0), -EAGAIN);
	assert_int_equal(th->net->sock.sk[fd].sk_rmem_alloc, 0);
	/* Out of the tables by connect(AF_UNSPEC), as on Linux. */
	assert_int_equal(ref_connect(th->net, fd, NULL), 0);
	raw_send(th, 0, 0, PROTO, 5);
	assert_false(ref_readable(th->net, fd));
	test_host_free(th);
}

/* The fifth packet finds the smallest buffer full: before 6.12 it counts as delivered. */
static void test_full(void **state)
{
	static const struct {
		enum ref_profile profile;
		uint64_t unknown;
		const char *drops;
	} rows[] = {
		{ REF_LINUX_6_1, 0, " SOCKET_RCVBUFF" },
		{ REF_LINUX_6_12, 1, " IP_NOPROTO" },
		{ REF_LINUX_6_18, 1, " IP_NOPROTO" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(rows[i].profile, 1500);
		int fd = ts_open(th, REF_SOCK_RAW, PROTO);

		ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_RCVBUF, 0);
		for (int n = 0; n < 5; n++)
			raw_send(th, 0, 0, PROTO, 3);
		assert_int_equal(th->net->sock.sk[fd].sk_receive_queue.qlen, 4);
		assert_int_equal(th->net->sock.sk[fd].sk_drops, 1);
		assert_int_equal(ref_mib(th->net)[MIB_IP_INUNKNOWNPROTOS], rows[i].unknown);
		assert_string_equal(test_host_drops(th), rows[i].drops);
		test_host_free(th);
	}
}

static void test_icmp_filter(void **state)
{
	static const struct {
		uint8_t type;
		size_t len;
		bool pass;
	} rows[] = {
		{ 8, 8, false }, { 0, 8, true },   { 13, 8, true },
		{ 40, 8, true }, { 13, 7, false }, { 13, 0, false },
	};
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_open(th, REF_SOCK_RAW, IPPROTO_ICMP), udp = ts_open(th, REF_SOCK_RAW, 17);

	(void)state;
	assert_int_equal(ts_opt(th, fd, REF_SOL_RAW, REF_ICMP_FILTER, 1 << 8), 0);
	assert_int_equal(ts_opt(th, udp, REF_SOL_RAW, REF_ICMP_FILTER, 1), -EOPNOTSUPP);
	assert_int_equal(ts_opt(th, fd, REF_SOL_RAW, 2, 1), -ENOPROTOOPT);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t data[8] = { rows[i].type };
		uint32_t before = th->net->sock.sk[fd].sk_receive_queue.qlen;

		test_host_send(th, &(struct test_packet){ .protocol = IPPROTO_ICMP,
							  .data = data,
							  .data_len = rows[i].len });
		assert_int_equal(th->net->sock.sk[fd].sk_receive_queue.qlen - before, rows[i].pass);
	}
	test_host_free(th);
}

/* The quote without its header, or with it where the program writes headers itself. */
static void test_errors(void **state)
{
	(void)state;
	for (int hdrincl = 0; hdrincl < 2; hdrincl++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd = ts_open(th, REF_SOCK_RAW, 17);
		const char *got;

		ts_opt(th, fd, REF_SOL_IP, REF_IP_RECVERR, 1);
		ts_opt(th, fd, REF_SOL_IP, REF_IP_HDRINCL, hdrincl);
		ts_icmp_about(th, 3, 3, 0,
			      &(struct ts_datagram){ TH_LOCAL, TH_PEER, 7000, 9, .len = 7 });
		ts_expect(th, fd, 100, 0, strerror(ECONNREFUSED));
		got = ts_recv(th, fd, 100, REF_MSG_ERRQUEUE);
		assert_true(strncmp(got, hdrincl ? "35 0:E" : "15 0:", hdrincl ? 6 : 5) == 0);
		test_host_free(th);
	}
}

/* A group that nobody here joined passes with IP_MULTICAST_ALL only. */
static void test_multicast_all(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_open(th, REF_SOCK_RAW, PROTO);

	(void)state;
	ts_opt(th, fd, REF_SOL_IP, REF_IP_MULTICAST_ALL, 0);
	raw_send(th, 0, 0xe0000001, PROTO, 3);
	assert_false(ref_readable(th->net, fd));
	assert_int_equal(ref_mib(th->net)[MIB_IP_INDELIVERS], 1);
	test_host_free(th);
}

/* With a router alert even what is for others, in a copy each. */
static void test_router_alert(void **state)
{
	static const uint8_t opt[4] = { 0x94, 4, 0, 0 };
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int a = ts_open(th, REF_SOCK_RAW, PROTO), b = ts_open(th, REF_SOCK_RAW, PROTO);
	int all = ts_open(th, REF_SOCK_RAW, 255), udp = ts_udp(th, 0, 7000);

	(void)state;
	test_host_sysctl(th, "net.ipv4.ip_forward", "1");
	assert_int_equal(ts_opt(th, a, REF_SOL_IP, REF_IP_ROUTER_ALERT, 1), 0);
	assert_int_equal(ts_opt(th, a, REF_SOL_IP, REF_IP_ROUTER_ALERT, 1), -EADDRINUSE);
	assert_int_equal(ts_opt(th, b, REF_SOL_IP, REF_IP_ROUTER_ALERT, 0), -ENOBUFS);
	assert_int_equal(ts_opt(th, b, REF_SOL_IP, REF_IP_ROUTER_ALERT, 1), 0);
	assert_int_equal(ts_opt(th, all, REF_SOL_IP, REF_IP_ROUTER_ALERT, 1), -EINVAL);
	assert_int_equal(ts_opt(th, udp, REF_SOL_IP, REF_IP_ROUTER_ALERT, 1), -EINVAL);
	for (int round = 0; round < 3; round++) {
		const struct test_packet p = { .daddr = 0x09090909,
					       .protocol = PROTO,
					       .opt = opt,
					       .opt_len = 4,
					       .fill_len = 3 };
		size_t len;

		test_host_send(th, &p);
		assert_int_equal(ref_readable(th->net, a), round < 2);
		assert_int_equal(ref_readable(th->net, b), round < 1);
		assert_int_equal(test_host_emitted(th, 0, &len) == NULL, round < 2);
		ts_recv(th, a, 100, 0);
		ts_recv(th, b, 100, 0);
		assert_int_equal(ref_close(th->net, round ? a : b), round < 2 ? 0 : -EBADF);
	}
	test_host_free(th);
}

/* ---- ping ---- */

static void test_ping(void **state)
{
	static const uint8_t reply[10] = { 0, 0, 0, 0, 0, 77, 0, 1, 'h', 'i' };
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd, other;

	(void)state;
	assert_int_equal(ref_socket(th->net, REF_AF_INET, REF_SOCK_DGRAM, IPPROTO_ICMP), -EACCES);
	test_host_sysctl(th, "net.ipv4.ping_group_range", "0 10");
	fd = ts_open(th, REF_SOCK_DGRAM, IPPROTO_ICMP);
	other = ts_open(th, REF_SOCK_DGRAM, IPPROTO_ICMP);
	assert_int_equal(ts_bind(th, fd, 0x0a0000ff, 77), -EADDRNOTAVAIL);
	assert_int_equal(ts_bind(th, fd, 0xe0000001, 77), -EADDRNOTAVAIL);
	assert_int_equal(ts_bind(th, fd, TH_PEER, 77), -EADDRNOTAVAIL);
	assert_int_equal(ts_bind(th, fd, TH_LOCAL, 77), 0);
	assert_int_equal(ts_bind(th, fd, TH_LOCAL, 78), -EINVAL);
	ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_REUSEADDR, 0);
	assert_int_equal(ts_bind(th, other, 0, 77), -EADDRINUSE);
	assert_int_equal(ts_bind(th, other, 0, 0), 0);
	ts_opt(th, fd, REF_SOL_IP, REF_IP_PKTINFO, 1);
	test_host_send(th, &(struct test_packet){
				   .protocol = IPPROTO_ICMP, .data = reply, .data_len = 10 });
	assert_false(ref_readable(th->net, other));
	/* Nothing is made ready for IP_PKTINFO; the flag MSG_TRUNC changes no result. */
	assert_true(strncmp(ts_recv(th, fd, 4, REF_MSG_TRUNC), "4 0:", 4) == 0);
	test_host_send(th, &(struct test_packet){
				   .protocol = IPPROTO_ICMP, .data = reply, .data_len = 10 });
	assert_non_null(strstr(ts_recv(th, fd, 50, 0), " [0/8 02000000000000000a000001]"));
	test_host_free(th);
}

/* ---- UDP-Lite ---- */

static const struct {
	const char *name;
	int cov; /* UDPLITE_RECV_CSCOV; -1: not set */
	int ulen;
	enum ts_csum csum;
	size_t spoil; /* this octet of the payload, when not 0 */
	const char *mib, *drops, *recv;
} lite_rows[] = {
	{ "whole", -1, -1, TS_GOOD, 0, "", "", "20 5353:abcdef" },
	{ "whole, said so", -1, 28, TS_GOOD, 0, "", "", "20 5353:abcdef" },
	{ "whole, wrong", -1, -1, TS_GOOD, 15, " UdpLite.InErrors=1 UdpLite.InCsumErrors=1",
	  " UDP_CSUM", "EAGAIN" },
	{ "part, wrong outside", -1, 12, TS_GOOD, 15, "", "", "20 5353:abcdef" },
	{ "part, wrong inside", -1, 12, TS_GOOD, 2, "", "", "EAGAIN" },
	{ "no checksum", -1, -1, TS_ZERO, 0, " UdpLite.InErrors=1 UdpLite.InCsumErrors=1",
	  " UDP_CSUM", "EAGAIN" },
	{ "coverage 7", -1, 7, TS_GOOD, 0, " UdpLite.InErrors=1 UdpLite.InCsumErrors=1",
	  " UDP_CSUM", "EAGAIN" },
	{ "coverage beyond", -1, 29, TS_GOOD, 0, " UdpLite.InErrors=1", " PKT_TOO_SMALL",
	  "EAGAIN" },
	{ "all wanted", 0, 12, TS_GOOD, 0, " UdpLite.InErrors=1", " NOT_SPECIFIED", "EAGAIN" },
	{ "more wanted", 13, 12, TS_GOOD, 0, " UdpLite.InErrors=1", " NOT_SPECIFIED", "EAGAIN" },
	{ "enough", 12, 12, TS_GOOD, 0, "", "", "20 5353:abcdef" },
	{ "1 is 8", 1, 8, TS_GOOD, 0, "", "", "20 5353:abcdef" },
	{ "whole is always enough", 1000, -1, TS_GOOD, 0, "", "", "20 5353:abcdef" },
};

static void test_udplite(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lite_rows) / sizeof(lite_rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd = ts_open(th, REF_SOCK_DGRAM, IPPROTO_UDPLITE), udp = ts_udp(th, 0, 7000);
		const struct ts_datagram d = { .dport = 7000,
					       .len = 20,
					       .csum = lite_rows[i].csum,
					       .lite = true,
					       .ulen = lite_rows[i].ulen };
		uint8_t buf[64];
		size_t len = ts_datagram_make(buf, &d);
		const char *got;

		assert_int_equal(ts_bind(th, fd, 0, 7000), 0);
		if (lite_rows[i].cov >= 0)
			ts_opt(th, fd, REF_SOL_UDPLITE, REF_UDPLITE_RECV_CSCOV, lite_rows[i].cov);
		assert_int_equal(ts_opt(th, udp, REF_SOL_UDP, REF_UDPLITE_RECV_CSCOV, 8),
				 -ENOPROTOOPT);
		if (lite_rows[i].spoil)
			buf[UDP_HLEN + lite_rows[i].spoil] ^= 0xff;
		test_host_send(th, &(struct test_packet){ .protocol = IPPROTO_UDPLITE,
							  .data = buf,
							  .data_len = len });
		if (strcmp(test_host_mib(th), lite_rows[i].mib) != 0 ||
		    strcmp(test_host_drops(th), lite_rows[i].drops) != 0)
			fail_msg("%s:%s;%s", lite_rows[i].name, test_host_mib(th),
				 test_host_drops(th));
		got = ts_recv(th, fd, 100, 0);
		if (strcmp(got, lite_rows[i].recv) != 0)
			fail_msg("%s: %s", lite_rows[i].name, got);
		assert_false(ref_readable(th->net, udp));
		test_host_free(th);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),	     cmocka_unit_test(test_read),
		cmocka_unit_test(test_full),	     cmocka_unit_test(test_icmp_filter),
		cmocka_unit_test(test_errors),	     cmocka_unit_test(test_multicast_all),
		cmocka_unit_test(test_router_alert), cmocka_unit_test(test_ping),
		cmocka_unit_test(test_udplite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
