/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Groups: what joining and filters refuse, what the device takes then, who gets it; IGMP. */
#include "ref/test_sock.h"

#include <errno.h>

#include "ref/igmp.h"

#define GROUP 0xef010101u
#define SRC_A 0x0a000002u
#define SRC_B 0x0a000003u
#define PORT  7000

enum op { JOIN, LEAVE, BLOCK, UNBLOCK, JOIN_SRC, LEAVE_SRC };

static const int op_names[] = {
	[JOIN] = REF_IP_ADD_MEMBERSHIP,
	[LEAVE] = REF_IP_DROP_MEMBERSHIP,
	[BLOCK] = REF_IP_BLOCK_SOURCE,
	[UNBLOCK] = REF_IP_UNBLOCK_SOURCE,
	[JOIN_SRC] = REF_IP_ADD_SOURCE_MEMBERSHIP,
	[LEAVE_SRC] = REF_IP_DROP_SOURCE_MEMBERSHIP,
};

/* By the address of the device. */
static int group_op(struct test_host *th, int fd, enum op op, uint32_t group, uint32_t src)
{
	uint8_t arg[12];

	wire_put32(arg, group);
	wire_put32(arg + 4, TH_LOCAL);
	wire_put32(arg + 8, src);
	return ref_setsockopt(th->net, fd, REF_SOL_IP, op_names[op], arg, op < BLOCK ? 8 : 12);
}

/* Steps on one socket; then does it get a datagram of A, of B, and does the device take them? */
static const struct {
	const char *name;
	struct {
		enum op op;
		uint32_t src;
		int err;
	} step[4];
	int nr;
	bool all; /* IP_MULTICAST_ALL */
	bool dev_a, dev_b, got_a, got_b;
} filter_rows[] = {
	{ "nobody joined", { { 0 } }, 0, true, false, false, false, false },
	{ "joined", { { JOIN, 0, 0 } }, 1, false, true, true, true, true },
	{ "twice", { { JOIN, 0, 0 }, { JOIN, 0, -EADDRINUSE } }, 2, false, true, true, true, true },
	{ "left", { { JOIN, 0, 0 }, { LEAVE, 0, 0 } }, 2, true, false, false, false, false },
	{ "left unjoined", { { LEAVE, 0, -EADDRNOTAVAIL } }, 1, true, false, false, false, false },
	{ "A blocked", { { JOIN, 0, 0 }, { BLOCK, SRC_A, 0 } }, 2, true, false, true, false, true },
	{ "blocked twice",
	  { { JOIN, 0, 0 }, { BLOCK, SRC_A, 0 }, { BLOCK, SRC_A, -EADDRNOTAVAIL } },
	  3,
	  true,
	  false,
	  true,
	  false,
	  true },
	{ "unblocked",
	  { { JOIN, 0, 0 }, { BLOCK, SRC_A, 0 }, { UNBLOCK, SRC_A, 0 } },
	  3,
	  true,
	  true,
	  true,
	  true,
	  true },
	{ "unblocked unblocked",
	  { { JOIN, 0, 0 }, { UNBLOCK, SRC_A, -EADDRNOTAVAIL } },
	  2,
	  true,
	  true,
	  true,
	  true,
	  true },
	{ "blocked unjoined", { { BLOCK, SRC_A, -EINVAL } }, 1, true, false, false, false, false },
	{ "only A", { { JOIN_SRC, SRC_A, 0 } }, 1, true, true, false, true, false },
	{ "A and B",
	  { { JOIN_SRC, SRC_A, 0 }, { JOIN_SRC, SRC_B, 0 } },
	  2,
	  true,
	  true,
	  true,
	  true,
	  true },
	{ "A again",
	  { { JOIN_SRC, SRC_A, 0 }, { JOIN_SRC, SRC_A, -EADDRNOTAVAIL } },
	  2,
	  true,
	  true,
	  false,
	  true,
	  false },
	{ "A and not",
	  { { JOIN_SRC, SRC_A, 0 }, { LEAVE_SRC, SRC_A, 0 } },
	  2,
	  true,
	  false,
	  false,
	  false,
	  false },
	{ "modes mixed",
	  { { JOIN_SRC, SRC_A, 0 }, { BLOCK, SRC_B, -EINVAL } },
	  2,
	  true,
	  true,
	  false,
	  true,
	  false },
	{ "mode of an empty filter",
	  { { JOIN, 0, 0 }, { JOIN_SRC, SRC_B, 0 } },
	  2,
	  true,
	  false,
	  true,
	  false,
	  true },
};

static bool group_got(struct test_host *th, int fd, uint32_t src)
{
	bool got;

	ts_send(th, &(struct ts_datagram){ .saddr = src, .daddr = GROUP, .dport = PORT });
	got = ref_readable(th->net, fd);
	if (got)
		ts_recv(th, fd, 10, 0);
	return got;
}

static void test_filters(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(filter_rows) / sizeof(filter_rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		const struct net_device *dev = dev_get_by_index(th->net, th->ifindex);
		int fd = ts_udp(th, 0, PORT);

		ts_opt(th, fd, REF_SOL_IP, REF_IP_MULTICAST_ALL, filter_rows[i].all);
		for (int k = 0; k < filter_rows[i].nr; k++) {
			int err = group_op(th, fd, filter_rows[i].step[k].op, GROUP,
					   filter_rows[i].step[k].src);

			if (err != filter_rows[i].step[k].err)
				fail_msg("%s: step %d: %d", filter_rows[i].name, k, err);
		}
		if (ip_check_mc_rcu(dev, GROUP, SRC_A, IPPROTO_UDP) != filter_rows[i].dev_a ||
		    ip_check_mc_rcu(dev, GROUP, SRC_B, IPPROTO_UDP) != filter_rows[i].dev_b)
			fail_msg("%s: the device", filter_rows[i].name);
		if (group_got(th, fd, SRC_A) != filter_rows[i].got_a ||
		    group_got(th, fd, SRC_B) != filter_rows[i].got_b)
			fail_msg("%s: the socket", filter_rows[i].name);
		/* Nothing is left behind by a socket that goes. */
		assert_int_equal(ref_close(th->net, fd), 0);
		assert_null(dev->mc_list);
		test_host_free(th);
	}
}

/* A second socket's filter widens what the device takes, not what the first one gets. */
static void test_two_sockets(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	const struct net_device *dev = dev_get_by_index(th->net, th->ifindex);
	int a = ts_udp(th, 0, PORT), b = ts_udp(th, 0, PORT);

	(void)state;
	assert_int_equal(group_op(th, a, JOIN_SRC, GROUP, SRC_A), 0);
	assert_int_equal(group_op(th, b, JOIN, GROUP, 0), 0);
	assert_int_equal(group_op(th, b, BLOCK, GROUP, SRC_A), 0);
	for (uint32_t src = SRC_A; src <= SRC_B; src++)
		assert_true(ip_check_mc_rcu(dev, GROUP, src, IPPROTO_UDP));
	ts_send(th, &(struct ts_datagram){ .saddr = SRC_A, .daddr = GROUP, .dport = PORT });
	assert_true(ref_readable(th->net, a));
	assert_false(ref_readable(th->net, b));
	ts_recv(th, a, 10, 0);
	ts_send(th, &(struct ts_datagram){ .saddr = SRC_B, .daddr = GROUP, .dport = PORT });
	assert_false(ref_readable(th->net, a));
	assert_true(ref_readable(th->net, b));
	test_host_free(th);
}

static void test_refusals(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_udp(th, 0, PORT);
	uint8_t arg[12] = { 0 };

	(void)state;
	assert_int_equal(group_op(th, fd, JOIN, TH_LOCAL, 0), -EINVAL);
	assert_int_equal(group_op(th, fd, BLOCK, TH_LOCAL, SRC_A), -EINVAL);
	assert_int_equal(ref_setsockopt(th->net, fd, 0, REF_IP_ADD_MEMBERSHIP, arg, 7), -EINVAL);
	assert_int_equal(ref_setsockopt(th->net, fd, 0, REF_IP_BLOCK_SOURCE, arg, 11), -EINVAL);
	wire_put32(arg, GROUP);
	wire_put32(arg + 4, TH_PEER); /* not this host's */
	assert_int_equal(ref_setsockopt(th->net, fd, 0, REF_IP_ADD_MEMBERSHIP, arg, 8), -ENODEV);
	arg[8] = 99; /* no such device */
	assert_int_equal(ref_setsockopt(th->net, fd, 0, REF_IP_ADD_MEMBERSHIP, arg, 12), -ENODEV);
	/* Neither address nor device: the way to the group. */
	memset(arg + 4, 0, 8);
	assert_int_equal(ref_setsockopt(th->net, fd, 0, REF_IP_ADD_MEMBERSHIP, arg, 8), 0);
	assert_int_equal(th->net->sock.sk[fd].mc_list->ifindex, th->ifindex);
	test_host_free(th);
}

/* 20 groups a socket, 10 sources a group; then what the reference has room for. */
static void test_limits(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_udp(th, 0, PORT), joined = 0;

	(void)state;
	for (uint32_t i = 0; i <= 20; i++)
		assert_int_equal(group_op(th, fd, JOIN, GROUP + i, 0), i < 20 ? 0 : -ENOBUFS);
	for (uint32_t i = 0; i <= 10; i++)
		assert_int_equal(group_op(th, fd, BLOCK, GROUP, 1 + i), i < 10 ? 0 : -ENOBUFS);
	test_host_sysctl(th, "net.ipv4.igmp_max_msf", "1000");
	test_host_sysctl(th, "net.ipv4.igmp_max_memberships", "1000");
	for (uint32_t i = 10; i <= REF_MC_SRC_MAX; i++)
		assert_int_equal(group_op(th, fd, BLOCK, GROUP, 1 + i),
				 i < REF_MC_SRC_MAX ? 0 : -ENOBUFS);
	for (uint32_t i = 20; group_op(th, fd, JOIN, GROUP + i, 0) == 0; i++)
		joined++;
	assert_int_equal(joined + 20, REF_MC_MAX);
	assert_int_equal(group_op(th, fd, JOIN, GROUP - 1, 0), -ENOBUFS);
	assert_int_equal(ref_close(th->net, fd), 0);
	fd = ts_udp(th, 0, PORT);
	assert_int_equal(group_op(th, fd, JOIN, GROUP, 0), 0);
	test_host_free(th);
}

#define FILTER_LEN sizeof(struct ref_ip_msfilter)

/* struct ip_msfilter with A and B behind it at buf. */
static void filter_make(uint8_t *buf, uint32_t fmode, uint32_t numsrc)
{
	const uint32_t counts[2] = { fmode, numsrc };

	wire_put32(buf, GROUP);
	wire_put32(buf + 4, TH_LOCAL);
	memcpy(buf + 8, counts, sizeof(counts));
	wire_put32(buf + FILTER_LEN, SRC_A);
	wire_put32(buf + FILTER_LEN + 4, SRC_B);
}

/* The filter as a whole, in and out. */
static void test_msfilter(void **state)
{
	static const struct {
		uint32_t fmode, numsrc;
		size_t len;
		int err;
		bool got_a, got_other;
	} rows[] = {
		{ REF_MCAST_INCLUDE, 2, 15, -EINVAL, true, true },
		{ REF_MCAST_INCLUDE, 2, FILTER_LEN + 7, -EINVAL, true, true },
		{ 2, 2, FILTER_LEN + 8, -EINVAL, true, true },
		{ REF_MCAST_INCLUDE, 11, FILTER_LEN + 8, -ENOBUFS, true, true },
		{ REF_MCAST_INCLUDE, 2, FILTER_LEN + 8, 0, true, false },
		{ REF_MCAST_EXCLUDE, 2, FILTER_LEN + 8, 0, false, true },
		{ REF_MCAST_EXCLUDE, 0, FILTER_LEN, 0, true, true },
	};
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_udp(th, 0, PORT);
	uint8_t arg[FILTER_LEN + 8];
	size_t len;

	(void)state;
	filter_make(arg, REF_MCAST_INCLUDE, 2);
	assert_int_equal(ref_setsockopt(th->net, fd, 0, REF_IP_MSFILTER, arg, sizeof(arg)),
			 -EINVAL);
	assert_int_equal(group_op(th, fd, JOIN, GROUP, 0), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		filter_make(arg, rows[i].fmode, rows[i].numsrc);
		assert_int_equal(ref_setsockopt(th->net, fd, 0, REF_IP_MSFILTER, arg, rows[i].len),
				 rows[i].err);
		assert_int_equal(group_got(th, fd, SRC_A), rows[i].got_a);
		assert_int_equal(group_got(th, fd, TH_GATEWAY), rows[i].got_other);
		/* How many there are is told, also when there is room for fewer. */
		if (rows[i].err)
			continue;
		filter_make(arg, 7, 1);
		len = sizeof(arg);
		assert_int_equal(ref_getsockopt(th->net, fd, 0, REF_IP_MSFILTER, arg, &len), 0);
		assert_int_equal(len, FILTER_LEN + (rows[i].numsrc ? 4 : 0));
		assert_int_equal(arg[8], rows[i].fmode);
		assert_int_equal(arg[12], rows[i].numsrc);
	}
	/* To include nothing is to leave. */
	filter_make(arg, REF_MCAST_INCLUDE, 0);
	assert_int_equal(ref_setsockopt(th->net, fd, 0, REF_IP_MSFILTER, arg, sizeof(arg)), 0);
	assert_null(th->net->sock.sk[fd].mc_list);
	test_host_free(th);
}

/* ---- IGMP itself ---- */

static void test_igmp_rcv(void **state)
{
	static const struct {
		uint8_t data[16];
		size_t len;
		uint32_t daddr;
		bool wrong, dropped;
	} rows[] = {
		{ { 0x11, 100 }, 8, 0xe0000001, false, false },
		{ { 0x11, 100 }, 7, 0xe0000001, false, true },
		{ { 0x11, 100 }, 8, 0xe0000001, true, true },
		{ { 0x11, 100 }, 11, 0xe0000001, false, true },
		{ { 0x11, 100 }, 12, 0xe0000001, false, false },
		{ { 0x16, 0 }, 8, 0xe0000001, false, false },
		{ { 0x16, 0 }, 8, TH_LOCAL, false, true },
		{ { 0x22, 0 }, 8, 0xe0000001, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		uint8_t data[16];
		static const uint8_t group_mac[6] = { 1, 0, 0x5e, 0, 0, 1 };
		size_t len;

		memcpy(data, rows[i].data, sizeof(data));
		csum_store(data + 2, csum_fold(csum_partial(data, rows[i].len, 0)));
		data[3] ^= rows[i].wrong;
		len = test_packet_make(th, &(struct test_packet){ .daddr = rows[i].daddr,
								  .protocol = IPPROTO_IGMP,
								  .data = data,
								  .data_len = rows[i].len });
		if (rows[i].daddr != TH_LOCAL)
			memcpy(th->frame, group_mac, 6);
		test_host_frame(th, len);
		if (strcmp(test_host_drops(th), rows[i].dropped ? " NOT_SPECIFIED" : "") != 0)
			fail_msg("%zu:%s", i, test_host_drops(th));
		assert_int_equal(ref_mib(th->net)[MIB_IP_INDELIVERS], 1);
		test_host_free(th);
	}
}

static const char *query(struct test_host *th, uint8_t qrv_qqic, size_t len)
{
	/* One source is announced that is not there. */
	uint8_t data[12] = { 0x11, 100, 0, 0, 0, 0, 0, 0, 7, qrv_qqic, 0, 1 };
	static const uint8_t group_mac[6] = { 1, 0, 0x5e, 0, 0, 1 };
	size_t frame_len;

	if (qrv_qqic)
		data[11] = 0;
	csum_store(data + 2, csum_fold(csum_partial(data, len, 0)));
	frame_len = test_packet_make(th, &(struct test_packet){ .daddr = IGMP_ALL_HOSTS,
								.protocol = IPPROTO_IGMP,
								.data = data,
								.data_len = len });
	memcpy(th->frame, group_mac, 6);
	test_host_frame(th, frame_len);
	return test_host_drops(th);
}

/* After a query of an old version the new form is not looked into: 2 x 125 + 10 s, or as told. */
static void test_old_querier(void **state)
{
	static const struct {
		uint8_t qqic;
		uint64_t seen_s;
	} rows[] = { { 0, 260 }, { 20, 7 * 20 + 10 }, { 0x81, 7 * 136 + 10 }, { 5, 7 * 5 + 4 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

		if (rows[i].qqic)
			assert_string_equal(query(th, rows[i].qqic, 12), "");
		assert_string_equal(query(th, 0, 12), " NOT_SPECIFIED");
		assert_string_equal(query(th, 0, 8), "");
		assert_string_equal(query(th, 0, 12), "");
		th->now_ns += rows[i].seen_s * 1000000000u - 1;
		assert_string_equal(query(th, 0, 12), "");
		th->now_ns += 1;
		assert_string_equal(query(th, 0, 12), " NOT_SPECIFIED");
		test_host_free(th);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters),	    cmocka_unit_test(test_two_sockets),
		cmocka_unit_test(test_refusals),    cmocka_unit_test(test_limits),
		cmocka_unit_test(test_msfilter),    cmocka_unit_test(test_igmp_rcv),
		cmocka_unit_test(test_old_querier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
