/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Reading: lengths and flags, peeking, the receive buffer, control messages, errors. What is
 * expected here was seen on Linux 6.18 (a tap device, SO_RCVBUF and /proc/net/udp).
 */
#include "ref/test_sock.h"

#include <errno.h>

#define PORT 7000

static void test_lengths(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_udp(th, 0, PORT);

	(void)state;
	for (size_t i = 0; i < 7; i++)
		ts_send(th, &(struct ts_datagram){ .dport = PORT, .len = 20 + 20 * i });
	ts_expect(th, fd, 5, 0, "5 5353:abcde 0x20");
	ts_expect(th, fd, 5, REF_MSG_TRUNC, "40 5353:abcde 0x20");
	ts_expect(th, fd, 500, REF_MSG_PEEK, "60 5353:abcdef");
	ts_expect(th, fd, 7, REF_MSG_PEEK | REF_MSG_TRUNC, "60 5353:abcdef 0x20");
	ts_expect(th, fd, 0, 0, "0 5353: 0x20");
	assert_int_equal(ref_mib(th->net)[MIB_UDP_INDATAGRAMS], 3);
	ts_expect(th, fd, 80, REF_MSG_OOB | REF_MSG_WAITALL, "80 5353:abcdef");
	for (int i = 0; i < 3; i++)
		assert_true(strncmp(ts_recv(th, fd, 500, 0), "1", 1) == 0);
	ts_expect(th, fd, 500, 0, "EAGAIN");
	ts_expect(th, fd, 500, REF_MSG_PEEK, "EAGAIN");
	ts_expect(th, fd, 500, REF_MSG_ERRQUEUE, "EAGAIN");
	assert_int_equal(ref_recvmsg(th->net, fd + 1, &(struct ref_msg){ 0 }, 0), -EBADF);
	assert_int_equal(ref_recvmsg(th->net, -1, &(struct ref_msg){ 0 }, 0), -EBADF);
	test_host_free(th);
}

/* SO_PEEK_OFF walks over the datagrams, an empty one counts once, reading takes it back. */
static void test_peek_off(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_udp(th, 0, PORT);
	int32_t off;
	size_t len = sizeof(off);

	(void)state;
	ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_PEEK_OFF, 0);
	ts_send(th, &(struct ts_datagram){ .dport = PORT, .len = 5 });
	ts_send(th, &(struct ts_datagram){ .dport = PORT, .len = 0 });
	ts_send(th, &(struct ts_datagram){ .dport = PORT, .len = 3 });
	ts_expect(th, fd, 3, REF_MSG_PEEK, "3 5353:abc 0x20");
	/* As long as what is left, and yet called cut. */
	ts_expect(th, fd, 2, REF_MSG_PEEK, "2 5353:de 0x20");
	ts_expect(th, fd, 3, REF_MSG_PEEK, "0 5353:");
	ts_expect(th, fd, 3, REF_MSG_PEEK, "3 5353:abc");
	ts_expect(th, fd, 3, REF_MSG_PEEK, "EAGAIN");
	assert_int_equal(ref_getsockopt(th->net, fd, REF_SOL_SOCKET, REF_SO_PEEK_OFF, &off, &len),
			 0);
	assert_int_equal(off, 8);
	ts_expect(th, fd, 9, 0, "5 5353:abcde");
	ref_getsockopt(th->net, fd, REF_SOL_SOCKET, REF_SO_PEEK_OFF, &off, &len);
	assert_int_equal(off, 3);
	/* All of it counts with MSG_TRUNC. */
	ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_PEEK_OFF, 1);
	ts_expect(th, fd, 1, REF_MSG_PEEK | REF_MSG_TRUNC, "3 5353:b 0x20");
	ref_getsockopt(th->net, fd, REF_SOL_SOCKET, REF_SO_PEEK_OFF, &off, &len);
	assert_int_equal(off, 4);
	ref_reset(th->net);
	ref_getsockopt(th->net, fd, REF_SOL_SOCKET, REF_SO_PEEK_OFF, &off, &len);
	assert_int_equal(off, 1);
	test_host_free(th);
}

/* ---- the receive buffer ---- */

static int ts_fill(struct test_host *th, int fd, size_t len, int nr)
{
	for (int i = 0; i < nr; i++)
		ts_send(th, &(struct ts_datagram){ .dport = PORT, .len = len });
	return (int)th->net->sock.sk[fd].sk_receive_queue.qlen;
}

/* How many of six fit the smallest buffer. A full queue may be overshot once, until 6.18. */
static void test_rcvbuf(void **state)
{
	static const struct {
		enum ref_profile profile;
		size_t len;
		int fit;
	} rows[] = {
		{ REF_LINUX_6_18, 10, 3 }, { REF_LINUX_6_18, 100, 2 },	{ REF_LINUX_6_18, 1000, 1 },
		{ REF_LINUX_6_12, 10, 4 }, { REF_LINUX_6_12, 1000, 2 }, { REF_LINUX_6_1, 10, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(rows[i].profile, 1500);
		int fd = ts_udp(th, 0, PORT);

		ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_RCVBUF, 0);
		assert_int_equal(ts_fill(th, fd, rows[i].len, 6), rows[i].fit);
		assert_int_equal(ref_mib(th->net)[MIB_UDP_RCVBUFERRORS], 6 - rows[i].fit);
		assert_int_equal(ref_mib(th->net)[MIB_UDP_INERRORS], 6 - rows[i].fit);
		assert_string_equal(test_host_drops(th), " SOCKET_RCVBUFF");
		assert_int_equal(th->net->sock.sk[fd].sk_drops, 6 - rows[i].fit);
		test_host_free(th);
	}
}

/* Room comes back a quarter of the buffer at a time while the reader has more to read. */
static void test_rcvbuf_lazy(void **state)
{
	static const int fits_after_read[12] = { 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_udp(th, 0, PORT);
	const struct sock *sk = &th->net->sock.sk[fd];

	(void)state;
	ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_RCVBUF, 3000);
	assert_int_equal(ts_fill(th, fd, 2, 12), 8);
	for (int i = 0; i < 12; i++) {
		uint32_t before;

		ts_expect(th, fd, 10, 0, "2 5353:ab");
		before = sk->sk_receive_queue.qlen;
		assert_int_equal(ts_fill(th, fd, 2, 1) - (int)before, fits_after_read[i]);
	}
	while (ref_readable(th->net, fd))
		ts_recv(th, fd, 10, 0);
	assert_int_equal(sk->sk_rmem_alloc, 0);
	assert_int_equal(sk->forward_deficit, 0);
	test_host_free(th);
}

/* The count of drops comes with the first datagram that was queued after them. */
static void test_rxq_ovfl(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_udp(th, 0, PORT);

	(void)state;
	ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_RCVBUF, 0);
	ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_RXQ_OVFL, 1);
	ts_fill(th, fd, 2, 5);
	for (int i = 0; i < 3; i++)
		ts_expect(th, fd, 10, 0, "2 5353:ab");
	ts_fill(th, fd, 2, 1);
	ts_expect(th, fd, 10, 0, "2 5353:ab [1/40 02000000]");
	test_host_free(th);
}

/* ---- control messages ---- */

static const struct {
	int level, name;
	const char *message;
} cmsg_rows[] = {
	{ REF_SOL_SOCKET, REF_SO_RCVMARK, " [1/36 00000000]" },
	{ REF_SOL_IP, REF_IP_PKTINFO, " [0/8 020000000a0000010a000001]" },
	{ REF_SOL_IP, REF_IP_RECVTTL, " [0/2 09000000]" },
	{ REF_SOL_IP, REF_IP_RECVTOS, " [0/1 47]" },
	{ REF_SOL_IP, REF_IP_RECVOPTS, " [0/6 01010100]" },
	{ REF_SOL_IP, REF_IP_RETOPTS, " [0/7 ]" },
	{ REF_SOL_IP, REF_IP_RECVORIGDSTADDR, " [0/20 02001b580a0000010000000000000000]" },
	{ REF_SOL_IP, REF_IP_CHECKSUM, " [0/23 61626300]" },
	{ REF_SOL_IP, REF_IP_RECVFRAGSIZE, "" },
	{ REF_SOL_UDP, REF_UDP_GRO, "" },
};
#define CMSG_ROWS_NR (sizeof(cmsg_rows) / sizeof(cmsg_rows[0]))

static void cmsg_send(struct test_host *th)
{
	static const uint8_t opt[4] = { 1, 1, 1, 0 };
	uint8_t buf[64];
	size_t len = ts_datagram_make(buf, &(struct ts_datagram){ .dport = PORT, .len = 3 });

	test_host_send(th, &(struct test_packet){ .protocol = IPPROTO_UDP,
						  .ttl = 9,
						  .tos = 0x47,
						  .opt = opt,
						  .opt_len = 4,
						  .data = buf,
						  .data_len = len });
}

/* Each alone, then all: in the kernel's order, whatever the order of setsockopt(). */
static void test_cmsgs(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_udp(th, 0, PORT);
	char all[512] = "3 5353:abc", one[128];

	(void)state;
	for (size_t i = CMSG_ROWS_NR; i-- > 0;) {
		ts_opt(th, fd, cmsg_rows[i].level, cmsg_rows[i].name, 1);
		cmsg_send(th);
		snprintf(one, sizeof(one), "3 5353:abc%s", cmsg_rows[i].message);
		ts_expect(th, fd, 10, 0, one);
		ts_opt(th, fd, cmsg_rows[i].level, cmsg_rows[i].name, 0);
	}
	for (size_t i = CMSG_ROWS_NR; i-- > 0;)
		ts_opt(th, fd, cmsg_rows[i].level, cmsg_rows[i].name, 1);
	cmsg_send(th);
	for (size_t i = 0; i < CMSG_ROWS_NR; i++)
		strcat(all, cmsg_rows[i].message);
	ts_expect(th, fd, 10, 0, all);
	test_host_free(th);
}

/* What was asked for after the datagram came: the header still tells, the route no longer. */
static void test_cmsgs_late(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_udp(th, 0, PORT);

	(void)state;
	cmsg_send(th);
	ts_opt(th, fd, REF_SOL_IP, REF_IP_PKTINFO, 1);
	ts_opt(th, fd, REF_SOL_IP, REF_IP_RECVTTL, 1);
	ts_expect(th, fd, 10, 0, "3 5353:abc [0/8 00000000000000000a000001] [0/2 09000000]");
	test_host_free(th);
}

/* The sum is there when it was taken on arrival, or for a read that is cut. */
static void test_cmsg_checksum(void **state)
{
	static const struct {
		size_t len, room;
		uint32_t flags;
		const char *expect;
	} rows[] = {
		{ 10, 100, 0, "10 5353:abcdef [0/23 2f33cbcc]" },
		{ 100, 100, 0, "100 5353:abcdef" },
		{ 100, 5, REF_MSG_PEEK, "5 5353:abcde 0x20" },
		{ 100, 5, 0, "5 5353:abcde 0x20 [0/23 a5bea3bc]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd = ts_udp(th, 0, PORT);

		ts_opt(th, fd, REF_SOL_IP, REF_IP_CHECKSUM, 1);
		ts_send(th, &(struct ts_datagram){ .dport = PORT, .len = rows[i].len });
		ts_expect(th, fd, rows[i].room, rows[i].flags, rows[i].expect);
		test_host_free(th);
	}
}

/* A buffer for control that ends within one, or within its padding, or at once. */
static void test_ctrunc(void **state)
{
	static const struct {
		size_t max, len;
		bool cut;
	} rows[] = {
		{ 0, 0, true },	  { 15, 0, true },  { 16, 16, true },  { 20, 20, true },
		{ 27, 27, true }, { 28, 28, true }, { 32, 32, true },  { 47, 32, true },
		{ 48, 48, true }, { 51, 51, true }, { 52, 52, false }, { 56, 56, false },
	};
	uint8_t buf[16], control[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd = ts_udp(th, 0, PORT);
		struct ref_msg msg = { .buf = buf,
				       .buf_len = sizeof(buf),
				       .control = control,
				       .control_max = rows[i].max };

		ts_opt(th, fd, REF_SOL_IP, REF_IP_PKTINFO, 1);
		ts_opt(th, fd, REF_SOL_IP, REF_IP_RECVTTL, 1);
		cmsg_send(th);
		memset(control, 0xa5, sizeof(control));
		assert_int_equal(ref_recvmsg(th->net, fd, &msg, 0), 3);
		if (msg.control_len != rows[i].len || !!(msg.flags & REF_MSG_CTRUNC) != rows[i].cut)
			fail_msg("%zu: %zu, 0x%x", rows[i].max, msg.control_len, msg.flags);
		assert_int_equal(control[rows[i].max], 0xa5);
		test_host_free(th);
	}
}

/* ---- errors ---- */

#define RECVERR	  1u
#define CONNECTED 2u

static const struct {
	uint8_t type, code;
	uint32_t info;
	int err; /* 0: nothing for anybody */
	bool hard;
} err_rows[] = {
	{ 3, 0, 0, ENETUNREACH, false },
	{ 3, 1, 0, EHOSTUNREACH, false },
	{ 3, 2, 0, ENOPROTOOPT, true },
	{ 3, 3, 0, ECONNREFUSED, true },
	{ 3, 4, 600, EMSGSIZE, true },
	{ 3, 5, 0, EOPNOTSUPP, false },
	{ 3, 6, 0, ENETUNREACH, true },
	{ 3, 7, 0, EHOSTDOWN, true },
	{ 3, 8, 0, ENONET, true },
	{ 3, 9, 0, ENETUNREACH, true },
	{ 3, 10, 0, EHOSTUNREACH, true },
	{ 3, 11, 0, ENETUNREACH, false },
	{ 3, 12, 0, EHOSTUNREACH, false },
	{ 3, 13, 0, EHOSTUNREACH, true },
	{ 3, 15, 0, EHOSTUNREACH, true },
	{ 3, 16, 0, 0, false },
	{ 4, 0, 0, 0, false },
	{ 5, 1, 0x0a000003, 0, false },
	{ 11, 0, 0, EHOSTUNREACH, false },
	{ 11, 1, 0, 0, false },
	{ 12, 0, 0x05000000, EPROTO, true },
};

static void test_errors(void **state)
{
	const struct ts_datagram sent = { TH_LOCAL, TH_PEER, PORT, 9, .len = 7 };

	(void)state;
	for (size_t i = 0; i < 4 * sizeof(err_rows) / sizeof(err_rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd = ts_udp(th, TH_LOCAL, PORT), err = err_rows[i / 4].err;
		bool recverr = i & RECVERR, connected = i & CONNECTED;
		bool told = err && (recverr || (connected && err_rows[i / 4].hard));
		uint32_t info = err_rows[i / 4].type == 12 ? err_rows[i / 4].info >> 24
							   : err_rows[i / 4].info;
		char queued[160];

		ts_opt(th, fd, REF_SOL_IP, REF_IP_RECVERR, recverr);
		if (connected)
			assert_int_equal(ts_connect(th, fd, TH_PEER, 9), 0);
		ts_icmp_about(th, err_rows[i / 4].type, err_rows[i / 4].code, err_rows[i / 4].info,
			      &sent);
		assert_int_equal(ref_mib(th->net)[MIB_ICMP_INERRORS], 0);
		assert_int_equal(ref_readable(th->net, fd), told);
		ts_expect(th, fd, 100, 0, told ? strerror(err) : "EAGAIN");
		snprintf(queued, sizeof(queued),
			 "7 9:abcdef 0x2000 [0/11 %02x00000002%02x%02x00%02x%02x000000000000"
			 "020000000a0000fe0000000000000000]",
			 (unsigned int)err, err_rows[i / 4].type, err_rows[i / 4].code, info & 255,
			 info >> 8 & 255);
		ts_expect(th, fd, 100, REF_MSG_ERRQUEUE, err && recverr ? queued : "EAGAIN");
		ts_expect(th, fd, 100, 0, "EAGAIN");
		test_host_free(th);
	}
}

/* Whose datagram was it? Nobody's counts. A socket that wants no path MTU learns none. */
static void test_error_owner(void **state)
{
	static const struct {
		struct ts_datagram sent;
		bool known;
	} rows[] = {
		{ { TH_LOCAL, TH_PEER, PORT, 9, .len = 7 }, true },
		{ { TH_LOCAL, TH_PEER, PORT, 10, .len = 7 }, false },
		{ { TH_LOCAL, 0x0a000003, PORT, 9, .len = 7 }, false },
		{ { TH_LOCAL, TH_PEER, PORT + 1, 9, .len = 7 }, false },
		{ { TH_LOCAL, TH_PEER, PORT, 9, .len = 7, .lite = true }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd = ts_udp(th, TH_LOCAL, PORT);

		assert_int_equal(ts_connect(th, fd, TH_PEER, 9), 0);
		ts_icmp_about(th, 3, 3, 0, &rows[i].sent);
		assert_int_equal(ref_readable(th->net, fd), rows[i].known);
		assert_int_equal(ref_mib(th->net)[MIB_ICMP_INERRORS], !rows[i].known);
		test_host_free(th);
	}
}

static int ts_mtu(struct test_host *th, int fd)
{
	int32_t mtu;
	size_t len = sizeof(mtu);
	int err = ref_getsockopt(th->net, fd, REF_SOL_IP, REF_IP_MTU, &mtu, &len);

	return err ? err : mtu;
}

static void test_pmtu(void **state)
{
	static const struct {
		int mode;
		uint32_t info;
		int mtu;
		bool error;
	} rows[] = {
		{ REF_IP_PMTUDISC_WANT, 1000, 1000, true },
		{ REF_IP_PMTUDISC_DONT, 1000, 1000, false },
		{ REF_IP_PMTUDISC_DO, 1000, 1000, true },
		{ REF_IP_PMTUDISC_PROBE, 1000, 1000, true },
		{ REF_IP_PMTUDISC_INTERFACE, 1000, 1500, true },
		{ REF_IP_PMTUDISC_OMIT, 1000, 1500, true },
		{ REF_IP_PMTUDISC_WANT, 500, 552, true },
		{ REF_IP_PMTUDISC_WANT, 2000, 1500, true },
	};
	const struct ts_datagram sent = { TH_LOCAL, TH_PEER, PORT, 9, .len = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd = ts_udp(th, TH_LOCAL, PORT);

		assert_int_equal(ts_mtu(th, fd), -ENOTCONN);
		assert_int_equal(ts_connect(th, fd, TH_PEER, 9), 0);
		assert_int_equal(ts_mtu(th, fd), 1500);
		ts_opt(th, fd, REF_SOL_IP, REF_IP_MTU_DISCOVER, rows[i].mode);
		ts_icmp_about(th, 3, 4, rows[i].info, &sent);
		assert_int_equal(ts_mtu(th, fd), rows[i].mtu);
		ts_expect(th, fd, 10, 0, rows[i].error ? strerror(EMSGSIZE) : "EAGAIN");
		test_host_free(th);
	}
}

/* Each entry that is read leaves the next one's error pending; SO_ERROR takes it. */
static void test_error_queue(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd = ts_udp(th, TH_LOCAL, PORT);
	const struct ts_datagram sent = { TH_LOCAL, TH_PEER, PORT, 9, .len = 7 };
	int32_t err;
	size_t len = sizeof(err);

	(void)state;
	ts_opt(th, fd, REF_SOL_IP, REF_IP_RECVERR, 1);
	ts_icmp_about(th, 3, 3, 0, &sent);
	ts_icmp_about(th, 3, 1, 0, &sent);
	ts_send(th, &(struct ts_datagram){ .dport = PORT, .len = 1 });
	assert_true(strncmp(ts_recv(th, fd, 3, REF_MSG_ERRQUEUE), "3 9:abc 0x2020", 14) == 0);
	assert_int_equal(ref_getsockopt(th->net, fd, REF_SOL_SOCKET, REF_SO_ERROR, &err, &len), 0);
	assert_int_equal(err, EHOSTUNREACH);
	ts_recv(th, fd, 100, REF_MSG_ERRQUEUE);
	ts_expect(th, fd, 100, 0, "1 5353:a");
	assert_false(ref_readable(th->net, fd));
	/* A full buffer takes no more entries, but the error stands. */
	ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_RCVBUF, 0);
	for (int i = 0; i < 3; i++)
		ts_icmp_about(th, 3, 3, 0, &sent);
	assert_string_equal(test_host_drops(th), " NOT_SPECIFIED");
	assert_int_equal(th->net->sock.sk[fd].sk_error_queue.qlen, 2);
	ts_expect(th, fd, 100, 0, strerror(ECONNREFUSED));
	/* Off: the queue is emptied. */
	ts_opt(th, fd, REF_SOL_IP, REF_IP_RECVERR, 0);
	assert_int_equal(ref_pending(th->net)->obs_nr, 2);
	assert_int_equal(ref_pending(th->net)->obs[0].reason, SKB_DROP_REASON_QUEUE_PURGE);
	assert_int_equal(th->net->sock.sk[fd].sk_rmem_alloc, 0);
	assert_false(ref_readable(th->net, fd));
	test_host_free(th);
}

/* RFC 4884: where the extensions are, counted from the payload, and whether they are sound. */
static void test_rfc4884(void **state)
{
	static const struct {
		uint8_t ext[8];
		size_t len;
		const char *data;
	} rows[] = {
		{ { 0x20 }, 4, "64000000" },
		{ { 0x20, 0, 0, 0, 0, 4, 1, 1 }, 8, "64000000" },
		{ { 0x20, 0, 0x12, 0x34, 0, 4, 1, 1 }, 8, "64000100" },
		{ { 0x20, 0, 0, 0, 0, 3, 1, 1 }, 8, "64000100" },
		{ { 0x20, 0, 0, 0, 0, 5, 1, 1 }, 8, "64000100" },
		{ { 0x20, 0, 0, 0, 0, 4 }, 6, "64000100" },
		{ { 0x30, 0, 0, 0, 0, 3 }, 6, "64000000" },
		{ { 0x20, 0 }, 2, "00000000" },
	};
	const struct ts_datagram sent = { TH_LOCAL, TH_PEER, PORT, 9, .len = 100 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd = ts_udp(th, TH_LOCAL, PORT);
		uint8_t buf[ICMP_HLEN + 128 + 8] = { 3, 3 };
		const char *got;

		ts_opt(th, fd, REF_SOL_IP, REF_IP_RECVERR, 1);
		ts_opt(th, fd, REF_SOL_IP, REF_IP_RECVERR_RFC4884, 1);
		/* The quote that ts_icmp_about() makes, and the extensions behind it. */
		ts_icmp_about(th, 3, 3, 128 / 4 << 16, &sent);
		ts_recv(th, fd, 200, REF_MSG_ERRQUEUE);
		memcpy(buf, th->frame + 34, ICMP_HLEN + 128);
		memcpy(buf + ICMP_HLEN + 128, rows[i].ext, rows[i].len);
		test_host_send(th, &(struct test_packet){
					   .saddr = TH_GATEWAY,
					   .protocol = IPPROTO_ICMP,
					   .data = buf,
					   .data_len = ICMP_HLEN + 128 + rows[i].len,
				   });
		got = strstr(ts_recv(th, fd, 200, REF_MSG_ERRQUEUE), "[0/11 ");
		assert_non_null(got);
		if (strncmp(got + 6 + 24, rows[i].data, 8) != 0)
			fail_msg("%zu: %s", i, got);
		test_host_free(th);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),	    cmocka_unit_test(test_peek_off),
		cmocka_unit_test(test_rcvbuf),	    cmocka_unit_test(test_rcvbuf_lazy),
		cmocka_unit_test(test_rxq_ovfl),    cmocka_unit_test(test_cmsgs),
		cmocka_unit_test(test_cmsgs_late),  cmocka_unit_test(test_cmsg_checksum),
		cmocka_unit_test(test_ctrunc),	    cmocka_unit_test(test_errors),
		cmocka_unit_test(test_error_owner), cmocka_unit_test(test_pmtu),
		cmocka_unit_test(test_error_queue), cmocka_unit_test(test_rfc4884),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
