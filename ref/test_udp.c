/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* UDP and UDP-Lite: what is refused, who gets it, what it is charged, what errors do. */
#include "ref/test_sock.h"

#include <errno.h>

#define PORT 7000

/* ---- lengths and checksums ---- */

static const struct {
	const char *name;
	struct ts_datagram d;
	const char *mib, *drops, *recv;
} rcv_rows[] = {
	{ "plain", { .dport = PORT, .len = 5 }, "", "", "5 5353:abcde" },
	{ "empty", { .dport = PORT }, "", "", "0 5353:" },
	{ "length 0",
	  { .dport = PORT, .len = 5, .ulen = -1 },
	  " Udp.InErrors=1",
	  " PKT_TOO_SMALL",
	  "EAGAIN" },
	{ "length 7",
	  { .dport = PORT, .len = 5, .ulen = 7 },
	  " Udp.InErrors=1",
	  " PKT_TOO_SMALL",
	  "EAGAIN" },
	{ "length beyond",
	  { .dport = PORT, .len = 5, .ulen = 14 },
	  " Udp.InErrors=1",
	  " PKT_TOO_SMALL",
	  "EAGAIN" },
	{ "length shorter", { .dport = PORT, .len = 5, .ulen = 11 }, "", "", "3 5353:abc" },
	{ "no checksum", { .dport = PORT, .len = 5, .csum = TS_ZERO }, "", "", "5 5353:abcde" },
	{ "wrong, 76 octets",
	  { .dport = PORT, .len = 68, .csum = TS_BAD },
	  " Udp.InErrors=1 Udp.InCsumErrors=1",
	  " UDP_CSUM",
	  "EAGAIN" },
	{ "wrong, 77 octets", { .dport = PORT, .len = 69, .csum = TS_BAD }, "", "", "EAGAIN" },
	{ "nobody", { .dport = 9, .len = 5 }, " Ip.OutRequests=1", " NO_SOCKET", "EAGAIN" },
	{ "nobody, wrong",
	  { .dport = 9, .len = 500, .csum = TS_BAD },
	  " Udp.InErrors=1 Udp.InCsumErrors=1",
	  " UDP_CSUM",
	  "EAGAIN" },
	{ "port 0", { .dport = 0, .len = 5 }, " Ip.OutRequests=1", " NO_SOCKET", "EAGAIN" },
	{ "nobody at a broadcast",
	  { .daddr = 0x0a0000ff, .dport = 9 },
	  " Udp.IgnoredMulti=1",
	  " NOT_SPECIFIED",
	  "EAGAIN" },
	{ "broadcast", { .daddr = 0x0a0000ff, .dport = PORT, .len = 1 }, "", "", "1 5353:a" },
};

static void test_rcv(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rcv_rows) / sizeof(rcv_rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd = ts_udp(th, 0, PORT);
		const char *got;

		ts_send(th, &rcv_rows[i].d);
		got = test_host_mib(th);
		if (strncmp(got, rcv_rows[i].mib, strlen(rcv_rows[i].mib)) != 0 ||
		    (!rcv_rows[i].mib[0] && got[0]) ||
		    strcmp(test_host_drops(th), rcv_rows[i].drops) != 0)
			fail_msg("%s:%s;%s", rcv_rows[i].name, got, test_host_drops(th));
		got = ts_recv(th, fd, 100, 0);
		if (strcmp(got, rcv_rows[i].recv) != 0)
			fail_msg("%s: %s", rcv_rows[i].name, got);
		test_host_free(th);
	}
}

/* A payload of fewer than eight octets has no header. */
static void test_rcv_short(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

	(void)state;
	for (size_t n = 0; n < UDP_HLEN; n++) {
		test_host_send(th, &(struct test_packet){ .protocol = IPPROTO_UDP, .fill_len = n });
		assert_string_equal(test_host_mib(th), " Udp.InErrors=1");
		assert_string_equal(test_host_drops(th), " NOT_SPECIFIED");
	}
	test_host_free(th);
}

/* A wrong checksum that waits for the reader counts then, and the read goes on. */
static void test_csum_at_read(void **state)
{
	static const struct {
		enum ref_profile profile;
		enum skb_drop_reason reason;
	} rows[] = {
		{ REF_LINUX_6_12, SKB_DROP_REASON_NOT_SPECIFIED },
		{ REF_LINUX_6_18, SKB_DROP_REASON_UDP_CSUM },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct test_host *th = test_host_new(rows[i].profile, 1500);
		int fd = ts_udp(th, 0, PORT);
		const uint64_t *mib = ref_mib(th->net);

		ts_send(th, &(struct ts_datagram){ .dport = PORT, .len = 100, .csum = TS_BAD });
		ts_send(th, &(struct ts_datagram){ .dport = PORT, .len = 2 });
		assert_true(ref_readable(th->net, fd));
		ts_expect(th, fd, 100, 0, "2 5353:ab");
		assert_int_equal(mib[MIB_UDP_INCSUMERRORS], 1);
		assert_int_equal(mib[MIB_UDP_INERRORS], 1);
		assert_int_equal(mib[MIB_UDP_INDATAGRAMS], 1);
		assert_int_equal(ref_pending(th->net)->obs_nr, 1);
		assert_int_equal(ref_pending(th->net)->obs[0].reason, rows[i].reason);
		assert_false(ref_readable(th->net, fd));
		test_host_free(th);
	}
}

/* Frames cut off anywhere and of any content must not be read beyond. */
static void test_rcv_any(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	uint8_t *octets;

	(void)state;
	ts_udp(th, 0, PORT);
	ts_send(th, &(struct ts_datagram){ .dport = PORT, .len = 40 });
	for (size_t n = 0; n < 82; n++) {
		octets = malloc(n + 1);
		assert_non_null(octets);
		memcpy(octets, th->frame, n);
		ref_step(th->net, &(struct ref_event){ .type = REF_EV_FRAME,
						       .ifindex = th->ifindex,
						       .data = octets,
						       .len = n });
		free(octets);
	}
	test_host_free(th);
}

/* ---- lookup ---- */

#define ANY    0u
#define SECOND 0x0a000003u

struct lookup_sock {
	uint32_t addr, peer;
	uint16_t peer_port;
	int dev; /* SO_BINDTOIFINDEX: 1 lo, 2 the wire */
};

/* Sockets in the order of bind(), and which of them gets a datagram from PEER:5353. */
static const struct {
	const char *name;
	int nr;
	struct lookup_sock sock[2];
	uint32_t daddr;
	int winner; /* -1: nobody */
} lookup_rows[] = {
	{ "address before any", 2, { { .addr = TH_LOCAL }, { .addr = ANY } }, 0, 0 },
	{ "any for another address", 2, { { .addr = TH_LOCAL }, { .addr = ANY } }, SECOND, 1 },
	{ "the last of equals", 2, { { .addr = ANY }, { .addr = ANY } }, 0, 1 },
	{ "connected", 2, { { TH_LOCAL, TH_PEER, TH_SPORT, 0 }, { .addr = TH_LOCAL } }, 0, 0 },
	{ "to another port", 2, { { TH_LOCAL, TH_PEER, 1, 0 }, { .addr = TH_LOCAL } }, 0, 1 },
	{ "to another host", 2, { { TH_LOCAL, SECOND, TH_SPORT, 0 }, { .addr = ANY } }, 0, 1 },
	{ "to another host alone", 1, { { TH_LOCAL, SECOND, TH_SPORT, 0 } }, 0, -1 },
	{ "this device", 2, { { .addr = ANY, .dev = 2 }, { .addr = ANY } }, 0, 0 },
	{ "other device", 2, { { .addr = ANY }, { .addr = ANY, .dev = 1 } }, 0, 0 },
	{ "other device alone", 1, { { .addr = ANY, .dev = 1 } }, 0, -1 },
	{ "address before device", 2, { { .addr = ANY, .dev = 2 }, { .addr = TH_LOCAL } }, 0, 1 },
	{ "other address alone", 1, { { .addr = TH_LOCAL } }, SECOND, -1 },
	{ "connecting comes in first",
	  2,
	  { { ANY, TH_PEER, TH_SPORT, 0 }, { .addr = TH_LOCAL } },
	  0,
	  0 },
};

static int lookup_open(struct test_host *th, const struct lookup_sock *s)
{
	int fd = ts_udp(th, s->addr, PORT);

	if (s->peer)
		assert_int_equal(ts_connect(th, fd, s->peer, s->peer_port), 0);
	if (s->dev)
		ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_BINDTOIFINDEX, s->dev);
	return fd;
}

static void test_lookup(void **state)
{
	const struct ref_addr second = { .local = SECOND, .plen = 24 };

	(void)state;
	for (size_t i = 0; i < sizeof(lookup_rows) / sizeof(lookup_rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd[2], got = -1;

		assert_int_equal(ref_addr_add(th->net, th->ifindex, &second), 0);
		for (int k = 0; k < lookup_rows[i].nr; k++)
			fd[k] = lookup_open(th, &lookup_rows[i].sock[k]);
		ts_send(th, &(struct ts_datagram){ .daddr = lookup_rows[i].daddr, .dport = PORT });
		for (int k = 0; k < lookup_rows[i].nr; k++)
			if (ref_readable(th->net, fd[k])) {
				assert_int_equal(got, -1);
				got = k;
			}
		if (got != lookup_rows[i].winner)
			fail_msg("%s: %d", lookup_rows[i].name, got);
		test_host_free(th);
	}
}

/* One of a port group gets it, always the same for a flow; with a connected one, that. */
static void test_reuseport(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int fd[4], first = -1, hit[4] = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		fd[i] = ts_open(th, REF_SOCK_DGRAM, 0);
		ts_opt(th, fd[i], REF_SOL_SOCKET, REF_SO_REUSEPORT, 1);
		assert_int_equal(ts_bind(th, fd[i], 0, PORT), 0);
	}
	for (int n = 0; n < 3; n++)
		ts_send(th, &(struct ts_datagram){ .dport = PORT });
	for (int i = 0; i < 4; i++)
		if (ref_readable(th->net, fd[i])) {
			assert_int_equal(first, -1);
			first = i;
		}
	assert_true(first >= 0);
	assert_int_equal(th->net->sock.sk[fd[first]].sk_receive_queue.qlen, 3);
	for (uint16_t port = 1; port < 200; port++)
		ts_send(th, &(struct ts_datagram){ .dport = PORT, .sport = port });
	for (int i = 0; i < 4; i++) {
		hit[i] = (int)th->net->sock.sk[fd[i]].sk_receive_queue.qlen;
		assert_true(hit[i] > 20);
	}
	ref_reset(th->net);
	assert_int_equal(ts_connect(th, fd[0], TH_PEER, TH_SPORT), 0);
	ts_send(th, &(struct ts_datagram){ .dport = PORT });
	assert_true(ref_readable(th->net, fd[0]));
	/* Without reuse on both sides nobody else comes in. */
	first = ts_open(th, REF_SOCK_DGRAM, 0);
	assert_int_equal(ts_bind(th, first, 0, PORT), -EADDRINUSE);
	test_host_free(th);
}

static void test_reuseport_limits(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

	(void)state;
	for (int i = 0; i <= REF_REUSEPORT_SOCKS; i++) {
		int fd = ts_open(th, REF_SOCK_DGRAM, 0);

		ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_REUSEPORT, 1);
		assert_int_equal(ts_bind(th, fd, 0, PORT),
				 i < REF_REUSEPORT_SOCKS ? 0 : -EADDRINUSE);
	}
	for (int i = 1; i <= REF_REUSEPORT_MAX; i++) {
		int fd = ts_open(th, REF_SOCK_DGRAM, 0);

		ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_REUSEPORT, 1);
		assert_int_equal(ts_bind(th, fd, 0, (uint16_t)(PORT + i)),
				 i < REF_REUSEPORT_MAX ? 0 : -EADDRINUSE);
	}
	test_host_free(th);
}

/* The route of a connected flow is kept: who sends the next ones, and where, is not judged. */
static void test_early_demux(void **state)
{
	static const struct ref_link link = { .name = "eth1",
					      .kind = REF_LINK_WIRE,
					      .mac = TH_MAC };
	static const struct {
		const char *udp_early_demux, *drops;
	} rows[] = { { "1", "" }, { "0", " IP_RPFILTER" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int fd = ts_udp(th, TH_LOCAL, PORT), eth1 = ref_link_add(th->net, &link);
		const struct ts_datagram d = { .saddr = 0x09090909, .dport = PORT, .len = 1 };

		assert_int_equal(ref_link_flags(th->net, eth1, REF_LINK_UP, 0), 0);
		assert_int_equal(
			ref_addr_add(th->net, eth1, &(struct ref_addr){ 0x0a000101, .plen = 24 }),
			0);
		test_host_sysctl(th, "net.ipv4.conf.eth1.rp_filter", "1");
		test_host_sysctl(th, "net.ipv4.udp_early_demux", rows[i].udp_early_demux);
		assert_int_equal(ts_connect(th, fd, 0x09090909, TH_SPORT), 0);
		ts_send(th, &d);
		ts_expect(th, fd, 10, 0, "1 5353:a");
		th->ifindex = eth1;
		ts_send(th, &d);
		assert_string_equal(test_host_drops(th), rows[i].drops);
		ts_expect(th, fd, 10, 0, rows[i].drops[0] ? "EAGAIN" : "1 5353:a");
		test_host_free(th);
	}
}

/* ---- groups ---- */

static void test_mcast(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	int a = ts_udp(th, 0, PORT), b = ts_udp(th, 0, PORT), c = ts_udp(th, TH_LOCAL, PORT);
	const struct ts_datagram all = { .daddr = 0xe0000001, .dport = PORT, .len = 1 };
	const struct ts_datagram brd = { .daddr = 0x0a0000ff, .dport = PORT, .len = 1 };

	(void)state;
	ts_opt(th, b, REF_SOL_IP, REF_IP_MULTICAST_ALL, 0);
	ts_send(th, &all);
	ts_expect(th, a, 10, 0, "1 5353:a");
	ts_expect(th, b, 10, 0, "EAGAIN");
	ts_expect(th, c, 10, 0, "EAGAIN");
	ts_send(th, &brd);
	ts_expect(th, a, 10, 0, "1 5353:a");
	ts_expect(th, b, 10, 0, "1 5353:a");
	ts_expect(th, c, 10, 0, "EAGAIN");
	/* A full one loses its copy alone. */
	ts_opt(th, b, REF_SOL_SOCKET, REF_SO_RCVBUF, 0);
	for (int i = 0; i < 5; i++)
		ts_send(th, &brd);
	assert_int_equal(th->net->sock.sk[a].sk_receive_queue.qlen, 5);
	assert_int_equal(th->net->sock.sk[b].sk_receive_queue.qlen, 3);
	assert_int_equal(ref_mib(th->net)[MIB_UDP_RCVBUFERRORS], 2);
	test_host_free(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rcv),
		cmocka_unit_test(test_rcv_short),
		cmocka_unit_test(test_csum_at_read),
		cmocka_unit_test(test_rcv_any),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_reuseport),
		cmocka_unit_test(test_reuseport_limits),
		cmocka_unit_test(test_early_demux),
		cmocka_unit_test(test_mcast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
