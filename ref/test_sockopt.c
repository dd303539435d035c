/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The socket calls: what they refuse and with which errno, what they give back. The same calls in
 * random order were compared with Linux 6.18.
 */
#include "ref/test_sock.h"

#include <errno.h>

static void test_socket(void **state)
{
	static const struct {
		int family, type, protocol, err;
	} rows[] = {
		{ 2, 2, 0, 0 },
		{ 2, 2, 17, 0 },
		{ 2, 2, 136, 0 },
		{ 2, 2, 1, -EACCES },
		{ 2, 2, 6, -EPROTONOSUPPORT },
		{ 2, 2, 255, -EPROTONOSUPPORT },
		{ 2, 3, 0, -EPROTONOSUPPORT },
		{ 2, 3, 1, 0 },
		{ 2, 3, 255, 0 },
		{ 2, 3, 262, 0 },
		{ 2, 3, 263, -EINVAL },
		{ 2, 3, -1, -EINVAL },
		{ 2, 1, 17, -EPROTONOSUPPORT },
		{ 2, 1, 0, -ESOCKTNOSUPPORT },
		{ 2, 5, 0, -ESOCKTNOSUPPORT },
		{ 2, 11, 0, -EINVAL },
		{ 10, 2, 0, -EAFNOSUPPORT },
	};
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = ref_socket(th->net, rows[i].family, rows[i].type, rows[i].protocol);

		if ((fd < 0 ? fd : 0) != rows[i].err)
			fail_msg("%zu: %d", i, fd);
	}
	test_host_free(th);
}

/* As many as there is room for; the lowest descriptor that is free comes next. */
static void test_descriptors(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

	(void)state;
	for (int i = 0; i < REF_SOCK_MAX; i++)
		assert_int_equal(ts_open(th, REF_SOCK_DGRAM, 0), i);
	assert_int_equal(ref_socket(th->net, REF_AF_INET, REF_SOCK_DGRAM, 0), -EMFILE);
	assert_int_equal(ref_close(th->net, 5), 0);
	assert_int_equal(ref_close(th->net, 5), -EBADF);
	assert_int_equal(ts_bind(th, 5, 0, 1), -EBADF);
	assert_false(ref_readable(th->net, 5));
	assert_false(ref_readable(th->net, REF_SOCK_MAX));
	assert_int_equal(ts_open(th, REF_SOCK_DGRAM, 0), 5);
	for (int i = 0; i < REF_SOCK_MAX; i++)
		assert_int_equal(ref_close(th->net, i), 0);
	assert_int_equal(th->net->sock.sk_end, 0);
	test_host_free(th);
}

/* ---- bind and connect ---- */

#define REUSEADDR 1
#define REUSEPORT 2
#define FREEBIND  4

static int bind_open(struct test_host *th, int opts, int dev)
{
	int fd = ts_open(th, REF_SOCK_DGRAM, 0);

	ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_REUSEADDR, (opts & REUSEADDR) != 0);
	ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_REUSEPORT, (opts & REUSEPORT) != 0);
	ts_opt(th, fd, REF_SOL_IP, REF_IP_FREEBIND, (opts & FREEBIND) != 0);
	ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_BINDTOIFINDEX, dev);
	return fd;
}

/* A second socket after a first one on one port. */
static void test_bind_conflict(void **state)
{
	static const struct {
		struct {
			uint32_t addr;
			int opts, dev;
		} s[2];
		int err;
	} rows[] = {
		{ { { 0, 0, 0 }, { 0, 0, 0 } }, -EADDRINUSE },
		{ { { 0, 0, 0 }, { TH_LOCAL, 0, 0 } }, -EADDRINUSE },
		{ { { TH_LOCAL, 0, 0 }, { 0, 0, 0 } }, -EADDRINUSE },
		{ { { TH_LOCAL, 0, 0 }, { 0x7f000001, 0, 0 } }, 0 },
		{ { { 0, REUSEADDR, 0 }, { 0, REUSEADDR, 0 } }, 0 },
		{ { { 0, REUSEADDR, 0 }, { 0, 0, 0 } }, -EADDRINUSE },
		{ { { 0, REUSEPORT, 0 }, { 0, REUSEPORT, 0 } }, 0 },
		{ { { 0, REUSEPORT, 0 }, { TH_LOCAL, REUSEPORT, 0 } }, 0 },
		{ { { 0, REUSEPORT, 0 }, { 0, REUSEADDR, 0 } }, -EADDRINUSE },
		{ { { 0, 0, 1 }, { 0, 0, 2 } }, 0 },
		{ { { 0, 0, 1 }, { 0, 0, 0 } }, -EADDRINUSE },
		{ { { 0, 0, 2 }, { 0, 0, 2 } }, -EADDRINUSE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int a = bind_open(th, rows[i].s[0].opts, rows[i].s[0].dev);
		int b = bind_open(th, rows[i].s[1].opts, rows[i].s[1].dev), err;

		assert_int_equal(ts_bind(th, a, rows[i].s[0].addr, 7000), 0);
		err = ts_bind(th, b, rows[i].s[1].addr, 7000);
		if (err != rows[i].err)
			fail_msg("%zu: %d", i, err);
		/* A refused bind leaves the socket as it was; a closed one leaves the port. */
		assert_int_equal(ref_close(th->net, a), 0);
		assert_int_equal(ts_bind(th, b, rows[i].s[1].addr, 7000), err ? 0 : -EINVAL);
		test_host_free(th);
	}
}

static void test_bind_addr(void **state)
{
	static const struct {
		uint32_t addr;
		int opts, err;
	} rows[] = {
		{ TH_LOCAL, 0, 0 },
		{ 0x7f050505, 0, 0 },
		{ 0x0a0000ff, 0, 0 },
		{ 0xffffffff, 0, 0 },
		{ 0xe1020304, 0, 0 },
		{ TH_PEER, 0, -EADDRNOTAVAIL },
		{ 0xf0000001, 0, -EADDRNOTAVAIL },
		{ 0x00000005, 0, -EADDRNOTAVAIL },
		{ TH_PEER, FREEBIND, 0 },
	};
	struct ref_sockaddr name;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd = bind_open(th, rows[i].opts, 0), raw = ts_open(th, REF_SOCK_RAW, 200);

		ts_opt(th, raw, REF_SOL_IP, REF_IP_FREEBIND, rows[i].opts != 0);
		assert_int_equal(ts_bind(th, fd, rows[i].addr, 7000), rows[i].err);
		assert_int_equal(ts_bind(th, raw, rows[i].addr, 0), rows[i].err);
		assert_int_equal(ref_getsockname(th->net, fd, &name), 0);
		assert_int_equal(name.addr, rows[i].err ? 0 : rows[i].addr);
		assert_int_equal(name.port, rows[i].err ? 0 : 7000);
		test_host_free(th);
	}
}

/* From 40000 to 40000. */
#define PORT_RANGE ((int32_t)(40000u << 16 | 40000u))

/* Port 0: any that is free, within the range; connect() binds too, and its end undoes it. */
static void test_autobind(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_open(th, REF_SOCK_DGRAM, 0), other = ts_open(th, REF_SOCK_DGRAM, 0);
	struct ref_sockaddr name;

	(void)state;
	ts_opt(th, fd, REF_SOL_IP, REF_IP_LOCAL_PORT_RANGE, PORT_RANGE);
	assert_int_equal(ts_connect(th, fd, TH_PEER, 9), 0);
	assert_int_equal(ref_getsockname(th->net, fd, &name), 0);
	assert_int_equal(name.addr, TH_LOCAL);
	assert_int_equal(name.port, 40000);
	ts_opt(th, other, REF_SOL_IP, REF_IP_LOCAL_PORT_RANGE, PORT_RANGE);
	assert_int_equal(ts_connect(th, other, TH_PEER, 9), -EAGAIN);
	assert_int_equal(ts_bind(th, other, 0, 0), -EADDRINUSE);
	assert_int_equal(ref_connect(th->net, fd, NULL), 0);
	assert_int_equal(ref_getsockname(th->net, fd, &name), 0);
	assert_int_equal(name.addr | name.port, 0);
	assert_int_equal(ts_bind(th, other, 0, 0), 0);
	assert_int_equal(ts_connect(th, fd, 0x0a0000ff, 9), -EAGAIN);
	ts_opt(th, fd, REF_SOL_IP, REF_IP_LOCAL_PORT_RANGE, 0);
	assert_int_equal(ts_connect(th, fd, 0x0a0000ff, 9), -EACCES);
	ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_BROADCAST, 1);
	assert_int_equal(ts_connect(th, fd, 0x0a0000ff, 9), 0);
	test_host_free(th);
}

/* ---- options ---- */

static const struct {
	int type, level, name;
	int32_t val;
	size_t len;
	int err;
	int32_t back; /* as getsockopt() tells it */
} opt_rows[] = {
	{ 2, 1, REF_SO_RCVBUF, 5000, 4, 0, 10000 },
	{ 2, 1, REF_SO_RCVBUF, 0, 4, 0, 2304 },
	{ 2, 1, REF_SO_RCVBUF, -1, 4, 0, 2 * (4 << 20) },
	{ 2, 1, REF_SO_RCVBUFFORCE, -1, 4, 0, 0 },
	{ 2, 1, REF_SO_SNDBUF, 1, 4, 0, 4608 },
	{ 2, 1, REF_SO_RCVBUF, 5000, 3, -EINVAL, 212992 },
	{ 2, 1, REF_SO_REUSEADDR, 7, 4, 0, 1 },
	{ 2, 1, REF_SO_PEEK_OFF, 5, 4, 0, 5 },
	{ 3, 1, REF_SO_PEEK_OFF, 5, 4, -EOPNOTSUPP, 0 },
	{ 2, 1, REF_SO_RCVLOWAT, 0, 4, 0, 1 },
	{ 2, 1, REF_SO_TYPE, 1, 4, -ENOPROTOOPT, 2 },
	{ 2, 1, REF_SO_TIMESTAMPNS, 1, 4, 0, 1 },
	{ 2, 1, 9999, 1, 4, -ENOPROTOOPT, 0 },
	{ 2, 0, REF_IP_RECVTTL, 0x100, 4, 0, 1 },
	{ 2, 0, REF_IP_RECVTTL, 0x100, 1, 0, 0 },
	{ 2, 0, REF_IP_RECVTTL, 1, 0, 0, 0 },
	{ 2, 0, REF_IP_FREEBIND, 1, 0, -EINVAL, 0 },
	{ 2, 0, REF_IP_HDRINCL, 1, 4, -ENOPROTOOPT, 0 },
	{ 3, 0, REF_IP_HDRINCL, 1, 4, 0, 1 },
	{ 2, 0, REF_IP_NODEFRAG, 1, 4, -ENOPROTOOPT, 0 },
	{ 2, 0, REF_IP_MULTICAST_ALL, 2, 4, -EINVAL, 1 },
	{ 2, 0, REF_IP_RECVERR_RFC4884, 2, 4, -EINVAL, 0 },
	{ 2, 0, REF_IP_TTL, 0, 4, -EINVAL, 64 },
	{ 2, 0, REF_IP_TTL, -1, 4, 0, 64 },
	{ 2, 0, REF_IP_TTL, 256, 4, -EINVAL, 64 },
	{ 2, 0, REF_IP_MINTTL, 255, 4, 0, 255 },
	{ 2, 0, REF_IP_MULTICAST_TTL, -1, 4, 0, 1 },
	{ 2, 0, REF_IP_MULTICAST_TTL, 0, 4, 0, 0 },
	{ 2, 0, REF_IP_MTU_DISCOVER, 5, 4, 0, 5 },
	{ 2, 0, REF_IP_MTU_DISCOVER, 6, 4, -EINVAL, 1 },
	{ 2, 0, REF_IP_TOS, 0x1ff, 4, 0, 0xff },
	{ 2, 0, REF_IP_LOCAL_PORT_RANGE, 9 << 16 | 10, 4, -EINVAL, 0 },
	{ 2, 0, 9999, 1, 4, -ENOPROTOOPT, 0 },
	{ 2, 17, REF_UDP_ENCAP, 3, 4, 0, 3 },
	{ 2, 17, REF_UDP_ENCAP, 9, 4, -ENOPROTOOPT, 0 },
	{ 2, 17, REF_UDP_SEGMENT, 65536, 4, -EINVAL, 0 },
	{ 2, 17, REF_UDP_GRO, 2, 4, 0, 1 },
	{ 2, 17, REF_UDP_GRO, 2, 3, -EINVAL, 0 },
	{ 2, 17, REF_UDPLITE_RECV_CSCOV, 2, 4, -ENOPROTOOPT, 0 },
	{ 2, 41, 1, 1, 4, -ENOPROTOOPT, 0 },
};

static void test_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(opt_rows) / sizeof(opt_rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd = ts_open(th, opt_rows[i].type, opt_rows[i].type == 3 ? 200 : 0), err;
		int32_t back = 0;
		size_t len = sizeof(back);

		err = ref_setsockopt(th->net, fd, opt_rows[i].level, opt_rows[i].name,
				     &opt_rows[i].val, opt_rows[i].len);
		ref_getsockopt(th->net, fd, opt_rows[i].level, opt_rows[i].name, &back, &len);
		if (err != opt_rows[i].err || back != opt_rows[i].back)
			fail_msg("%zu: %d, %d", i, err, back);
		test_host_free(th);
	}
}

/* Only the forced size goes beyond the limit, which is another one before 6.18. */
static void test_rcvbuf_limits(void **state)
{
	static const struct {
		enum ref_profile profile;
		int name;
		int32_t val, back;
	} rows[] = {
		{ REF_LINUX_6_12, REF_SO_RCVBUF, 9000000, 425984 },
		{ REF_LINUX_6_18, REF_SO_RCVBUF, 9000000, 8388608 },
		{ REF_LINUX_6_12, REF_SO_RCVBUFFORCE, 9000000, 18000000 },
		{ REF_LINUX_6_12, REF_SO_RCVBUFFORCE, INT32_MAX, INT32_MAX - 1 },
		{ REF_LINUX_6_12, REF_SO_RCVBUFFORCE, -1, 2304 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(rows[i].profile, 1500);
		int fd = ts_open(th, REF_SOCK_DGRAM, 0);
		int32_t back;
		size_t len = sizeof(back);

		assert_int_equal(ts_opt(th, fd, REF_SOL_SOCKET, rows[i].name, rows[i].val), 0);
		assert_int_equal(
			ref_getsockopt(th->net, fd, REF_SOL_SOCKET, REF_SO_RCVBUF, &back, &len), 0);
		assert_int_equal(back, rows[i].back);
		test_host_free(th);
	}
}

/* How a value is cut to what the program has room for. */
static void test_getsockopt_len(void **state)
{
	static const struct {
		int level, name;
		size_t room, len;
		const uint8_t bytes[5];
	} rows[] = {
		{ 1, REF_SO_RCVBUF, 4, 4, { 0x00, 0x40, 0x03, 0x00, 0xa5 } },
		{ 1, REF_SO_RCVBUF, 2, 2, { 0x00, 0x40, 0xa5, 0xa5, 0xa5 } },
		{ 1, REF_SO_RCVBUF, 9, 4, { 0x00, 0x40, 0x03, 0x00, 0xa5 } },
		{ 0, REF_IP_TTL, 4, 4, { 64, 0, 0, 0, 0xa5 } },
		{ 0, REF_IP_TTL, 3, 1, { 64, 0xa5, 0xa5, 0xa5, 0xa5 } },
		{ 0, REF_IP_TTL, 0, 0, { 0xa5, 0xa5, 0xa5, 0xa5, 0xa5 } },
		{ 1, REF_SO_BINDTODEVICE, 3, 0, { 0xa5, 0xa5, 0xa5, 0xa5, 0xa5 } },
	};
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_open(th, REF_SOCK_DGRAM, 0);
	uint8_t buf[16];
	size_t len = sizeof(buf);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(buf, 0xa5, sizeof(buf));
		len = rows[i].room;
		assert_int_equal(
			ref_getsockopt(th->net, fd, rows[i].level, rows[i].name, buf, &len), 0);
		assert_int_equal(len, rows[i].len);
		assert_memory_equal(buf, rows[i].bytes, sizeof(rows[i].bytes));
	}
	assert_int_equal(ref_getsockopt(th->net, fd, 41, 1, buf, &len), -EOPNOTSUPP);
	assert_int_equal(ref_getsockopt(th->net, fd, 0, 9999, buf, &len), -ENOPROTOOPT);
	assert_int_equal(
		ref_setsockopt(th->net, fd, 1, REF_SO_BINDTODEVICE, "eth0 is longer than", 5), -19);
	assert_int_equal(ref_setsockopt(th->net, fd, 1, REF_SO_BINDTODEVICE, "eth0", 4), 0);
	len = 15;
	assert_int_equal(ref_getsockopt(th->net, fd, 1, REF_SO_BINDTODEVICE, buf, &len), -EINVAL);
	len = 16;
	assert_int_equal(ref_getsockopt(th->net, fd, 1, REF_SO_BINDTODEVICE, buf, &len), 0);
	assert_int_equal(len, 5);
	assert_string_equal((const char *)buf, "eth0");
	test_host_free(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_socket),	      cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_bind_conflict), cmocka_unit_test(test_bind_addr),
		cmocka_unit_test(test_autobind),      cmocka_unit_test(test_options),
		cmocka_unit_test(test_rcvbuf_limits), cmocka_unit_test(test_getsockopt_len),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
