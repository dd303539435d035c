/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Small captures, and the lines of the world that they show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/infer.h"
#include "ref/wire/cur.h"

#define A(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))
#define HOST	      A(10, 0, 0, 1)
#define PEER	      A(10, 0, 0, 2)
#define FAR	      A(192, 0, 2, 9)

enum what {
	END,
	UDP, /* ports */
	UDPLITE,
	TCP,
	ECHO, /* sport: identifier */
	REPLY, /* sport: identifier */
	REFUSE, /* src says that its own port dport, asked by dst from sport, is closed */
	EXPIRED, /* src says that what dst sent from sport to dport of FAR has expired */
	PROTO, /* dport: IP protocol */
	NO_PROTO, /* src says that it has no protocol dport */
	TO_ALL, /* as UDP, in a frame to all */
	SHORT, /* UDP with a length beyond its end: shows addresses only */
};

struct pkt {
	enum what what;
	uint32_t src;
	uint16_t sport;
	uint32_t dst;
	uint16_t dport;
	bool host_sent; /* SLL captures */
};

#define PKTS_MAX 24

static const struct infer_case {
	const char *name;
	uint32_t link; /* 1 or 113 */
	struct pkt pkts[PKTS_MAX];
	const char *lines; /* wire, addr, socket and ping_group_range lines */
	const char *fates; /* one letter each: i o n c */
} infer_cases[] = {
	{ "a server",
	  1,
	  { { UDP, PEER, 5000, HOST, 53, 0 }, { UDP, HOST, 53, PEER, 5000, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n"
	  "socket udp53 udp bind 0.0.0.0:53\n",
	  "io" },
	{ "a client of many hears most",
	  1,
	  { { UDP, HOST, 5000, PEER, 53, 0 },
	    { UDP, PEER, 53, HOST, 5000, 0 },
	    { UDP, HOST, 5001, FAR, 53, 0 },
	    { UDP, FAR, 53, HOST, 5001, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n"
	  "socket udp5000 udp bind 10.0.0.1:5000 connect 10.0.0.2:53\n"
	  "socket udp5001 udp bind 10.0.0.1:5001 connect 192.0.2.9:53\n",
	  "oioi" },
	{ "a client of two from one port",
	  1,
	  { { UDP, HOST, 5000, PEER, 53, 0 },
	    { UDP, PEER, 53, HOST, 5000, 0 },
	    { UDP, HOST, 5000, FAR, 53, 0 },
	    { UDP, FAR, 53, HOST, 5000, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n"
	  "socket udp5000 udp bind 0.0.0.0:5000\n",
	  "oioi" },
	{ "traceroute: routers tell on it",
	  1,
	  { { UDP, HOST, 5000, FAR, 33434, 0 },
	    { EXPIRED, A(1, 1, 1, 1), 5000, HOST, 33434, 0 },
	    { UDP, HOST, 5000, FAR, 33435, 0 },
	    { EXPIRED, A(1, 1, 1, 2), 5000, HOST, 33435, 0 },
	    { UDP, HOST, 5000, FAR, 33436, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n"
	  "socket udp5000 udp bind 0.0.0.0:5000 opt IP_RECVERR=1\n",
	  "oioio" },
	{ "a scan: refused ports, and one silent one",
	  1,
	  { { UDP, PEER, 9, HOST, 1, 0 },
	    { REFUSE, HOST, 9, PEER, 1, 0 },
	    { UDP, PEER, 9, HOST, 2, 0 },
	    { UDP, PEER, 9, HOST, 3, 0 },
	    { UDP, PEER, 9, HOST, 3, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n"
	  "socket udp3 udp bind 0.0.0.0:3\n",
	  "ioiii" },
	{ "groups, and a broadcast that gives the prefix",
	  1,
	  { { UDP, PEER, 5353, A(224, 0, 0, 251), 5353, 0 },
	    { UDP, PEER, 5353, A(239, 1, 2, 3), 5353, 0 },
	    { TO_ALL, PEER, 137, A(10, 0, 3, 255), 137, 0 },
	    { UDP, PEER, 68, 0xffffffff, 67, 0 },
	    { TCP, PEER, 1, HOST, 2, 0 } },
	  "addr add 10.0.0.1/22 brd + dev eth0\n"
	  "socket udp5353 udp bind 0.0.0.0:5353 opt IP_ADD_MEMBERSHIP=224.0.0.251@eth0 "
	  "opt IP_ADD_MEMBERSHIP=239.1.2.3@eth0\n"
	  "socket udp67 udp bind 0.0.0.0:67\n"
	  "socket udp137 udp bind 0.0.0.0:137\n",
	  "iiiii" },
	{ "class E is no group",
	  1,
	  { { UDP, PEER, 5353, A(246, 0, 0, 1), 5353, 0 },
	    { UDP, PEER, 53, HOST, 53, 0 },
	    { UDP, PEER, 53, A(255, 0, 0, 1), 53, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n"
	  "socket udp53 udp bind 0.0.0.0:53\n",
	  "iii" },
	{ "/24 where it would do",
	  1,
	  { { TO_ALL, PEER, 137, A(10, 0, 0, 255), 137, 0 }, { TCP, PEER, 1, HOST, 2, 0 } },
	  "addr add 10.0.0.1/24 brd + dev eth0\n"
	  "socket udp137 udp bind 0.0.0.0:137\n",
	  "ii" },
	{ "/26",
	  1,
	  { { TO_ALL, PEER, 137, A(10, 0, 0, 63), 137, 0 }, { TCP, PEER, 1, HOST, 2, 0 } },
	  "addr add 10.0.0.1/26 brd + dev eth0\n"
	  "socket udp137 udp bind 0.0.0.0:137\n",
	  "ii" },
	{ "a broadcast of another net",
	  1,
	  { { TO_ALL, PEER, 137, A(10, 9, 0, 255), 137, 0 }, { TCP, PEER, 1, HOST, 2, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n"
	  "socket udp137 udp bind 0.0.0.0:137\n",
	  "ii" },
	{ "its own multicast joins nothing",
	  1,
	  { { UDP, HOST, 5353, A(224, 0, 0, 251), 5353, 0 }, { TCP, PEER, 1, HOST, 2, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n",
	  "oi" },
	{ "a listener that says a word itself",
	  1,
	  { { UDP, PEER, 5353, A(239, 1, 2, 3), 5353, 0 },
	    { UDP, PEER, 5353, A(239, 1, 2, 3), 5353, 0 },
	    { TCP, PEER, 1, A(239, 1, 2, 3), 1, 0 },
	    { UDP, HOST, 68, 0xffffffff, 67, 0 },
	    { UDP, HOST, 5353, PEER, 5353, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n"
	  "socket udp5353 udp bind 0.0.0.0:5353 opt IP_ADD_MEMBERSHIP=239.1.2.3@eth0\n",
	  "iiioo" },
	{ "multicast only",
	  1,
	  { { UDP, PEER, 5353, A(224, 0, 0, 251), 5353, 0 } },
	  "addr add 10.0.0.254/32 dev eth0\n"
	  "socket udp5353 udp bind 0.0.0.0:5353 opt IP_ADD_MEMBERSHIP=224.0.0.251@eth0\n",
	  "i" },
	{ "ping",
	  1,
	  { { ECHO, HOST, 7, PEER, 0, 0 },
	    { REPLY, PEER, 7, HOST, 0, 0 },
	    { ECHO, FAR, 8, HOST, 0, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n"
	  "sysctl net.ipv4.ping_group_range=0 2147483647\n"
	  "socket ping7 ping bind 10.0.0.1:7\n",
	  "oii" },
	{ "other protocols",
	  1,
	  { { PROTO, PEER, 0, HOST, 89, 0 },
	    { PROTO, PEER, 0, HOST, 47, 0 },
	    { NO_PROTO, HOST, 0, PEER, 47, 0 },
	    { PROTO, PEER, 0, A(224, 0, 0, 5), 89, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n"
	  "socket raw89 raw 89 opt IP_ADD_MEMBERSHIP=224.0.0.5@eth0\n",
	  "iioi" },
	{ "UDP-Lite beside UDP",
	  1,
	  { { UDPLITE, PEER, 1, HOST, 7, 0 },
	    { UDP, PEER, 1, HOST, 7, 0 },
	    { SHORT, PEER, 1, HOST, 9, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n"
	  "socket udp7 udp bind 0.0.0.0:7\n"
	  "socket udplite7 udplite bind 0.0.0.0:7\n",
	  "iii" },
	{ "the capture says who sends",
	  113,
	  { { UDP, HOST, 5000, PEER, 53, 1 },
	    { UDP, PEER, 53, HOST, 5000, 0 },
	    { UDP, FAR, 9, PEER, 53, 0 },
	    { UDP, A(192, 0, 2, 10), 9, PEER, 53, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n"
	  "socket udp5000 udp bind 10.0.0.1:5000 connect 10.0.0.2:53\n",
	  "oiii" },
	{ "raw: broadcast by its look",
	  101,
	  { { UDP, PEER, 137, A(10, 0, 0, 255), 137, 0 }, { TCP, PEER, 1, HOST, 2, 0 } },
	  "addr add 10.0.0.1/24 brd + dev eth0\n"
	  "socket udp137 udp bind 0.0.0.0:137\n",
	  "ii" },
	{ "two hosts that never talk",
	  1,
	  { { TCP, PEER, 1, HOST, 2, 0 },
	    { TCP, HOST, 2, PEER, 1, 0 },
	    { TCP, PEER, 1, HOST, 2, 0 },
	    { TCP, FAR, 1, A(192, 0, 2, 1), 2, 0 } },
	  "addr add 10.0.0.1/32 dev eth0\n"
	  "addr add 192.0.2.1/32 dev eth0\n",
	  "ioii" },
	{ "loopback",
	  1,
	  { { UDP, A(127, 0, 0, 1), 1, A(127, 0, 0, 1), 2, 0 } },
	  "socket udp2 udp bind 0.0.0.0:2\n",
	  "i" },
};

/* ---- packets ---- */

struct buf {
	uint8_t data[4096];
	size_t len;
};

static uint8_t *add(struct buf *b, size_t n)
{
	uint8_t *p = b->data + b->len;

	assert_true(b->len + n <= sizeof(b->data));
	memset(p, 0, n);
	b->len += n;
	return p;
}

static void ip_udp(uint8_t *ip, uint8_t proto, uint32_t src, uint16_t sport, uint32_t dst,
		   uint16_t dport, size_t len)
{
	ip[0] = 0x45;
	wire_put16(ip + 2, (uint16_t)len);
	ip[8] = 64;
	ip[9] = proto;
	wire_put32(ip + 12, src);
	wire_put32(ip + 16, dst);
	wire_put16(ip + 20, sport);
	wire_put16(ip + 22, dport);
	wire_put16(ip + 24, (uint16_t)(len - 20));
}

static size_t ip_packet(uint8_t *ip, const struct pkt *t)
{
	static const uint8_t proto[] = {
		[UDP] = 17,   [UDPLITE] = 136, [TCP] = 6,      [ECHO] = 1,    [REPLY] = 1,
		[REFUSE] = 1, [EXPIRED] = 1,   [NO_PROTO] = 1, [TO_ALL] = 17, [SHORT] = 17,
	};
	size_t len = 20 + 8 + 28;
	uint8_t *icmp = ip + 20;

	ip_udp(ip, t->what == PROTO ? (uint8_t)t->dport : proto[t->what], t->src, t->sport, t->dst,
	       t->dport, len);
	switch (t->what) {
	case ECHO:
	case REPLY:
		icmp[0] = t->what == ECHO ? 8 : 0;
		wire_put16(icmp + 4, t->sport);
		break;
	case REFUSE:
		icmp[0] = icmp[1] = 3;
		ip_udp(icmp + 8, 17, t->dst, t->sport, t->src, t->dport, 28);
		break;
	case NO_PROTO:
		icmp[0] = 3;
		icmp[1] = 2;
		ip_udp(icmp + 8, (uint8_t)t->dport, t->dst, 0, t->src, 0, 28);
		break;
	case EXPIRED:
		icmp[0] = 11;
		ip_udp(icmp + 8, 17, t->dst, t->sport, FAR, t->dport, 28);
		break;
	case SHORT:
		wire_put16(ip + 2, 24);
		break;
	default:
		break;
	}
	return len;
}

static void put_le32(uint8_t *p, uint32_t v)
{
	wire_put32(p, __builtin_bswap32(v));
}

static void make(struct buf *b, const struct infer_case *t)
{
	uint8_t *h = add(b, 24);

	put_le32(h, 0xa1b2c3d4);
	h[4] = 2;
	h[6] = 4;
	put_le32(h + 20, t->link);
	for (const struct pkt *p = t->pkts; p->what; p++) {
		size_t head = t->link == 1 ? 14 : t->link == 113 ? 16 : 0, len;
		uint8_t ip[256] = { 0 }, *r;

		len = ip_packet(ip, p);
		r = add(b, 16 + head + len);
		put_le32(r + 8, (uint32_t)(head + len));
		put_le32(r + 12, (uint32_t)(head + len));
		if (head)
			r[16 + head - 2] = 8;
		if (head == 14) {
			/* Each address has a MAC of its own. */
			r[16] = 2;
			wire_put32(r + 16 + 2, p->dst);
			if (p->dst >> 28 == 0xe)
				r[16] = 1;
			if (p->what == TO_ALL || p->dst == 0xffffffff)
				memset(r + 16, 0xff, 6);
			r[16 + 6] = 2;
			wire_put32(r + 16 + 8, p->src);
		} else if (head == 16) {
			r[16 + 1] = p->host_sent ? 4 : 0;
		}
		memcpy(r + 16 + head, ip, len);
	}
}

/* The lines that the cases are about, without their comments. */
static void lines_of(const char *text, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	while (*text) {
		size_t n = strcspn(text, "\n"), end = strcspn(text, "#\n");

		while (end && text[end - 1] == ' ')
			end--;
		if (!strncmp(text, "addr ", 5) || !strncmp(text, "socket ", 7) ||
		    !strncmp(text, "sysctl net.ipv4.ping", 20))
			len += (size_t)snprintf(out + len, size - len, "%.*s\n", (int)end, text);
		text += n + 1;
	}
}

static void run_case(const struct infer_case *t)
{
	static const char letters[FATE_NR] = {
		[FATE_INJECT] = 'i', [FATE_OUTGOING] = 'o', [FATE_NOT_IP] = 'n', [FATE_CUT] = 'c'
	};
	struct buf b = { .len = 0 };
	char lines[4096], fates[PKTS_MAX + 1] = "";
	struct errmsg e = { "" };
	struct capture_packet p;
	struct inferred inf;
	struct capture *c;

	make(&b, t);
	assert_int_equal(capture_open_memory(&c, t->name, b.data, b.len, NULL, &e), 0);
	if (infer_world(&inf, c, NULL, &e))
		fail_msg("%s: %s", t->name, e.text);
	lines_of(inf.text, lines, sizeof(lines));
	if (strcmp(lines, t->lines))
		fail_msg("%s:\n%s", t->name, inf.text);
	assert_int_equal(inf.packet_nr, strlen(t->fates));
	assert_int_equal(capture_rewind(c, &e), 0);
	for (size_t i = 0; capture_next(c, &p, &e) == 1; i++) {
		uint8_t eth[14];
		enum capture_fate fate = capture_fate(&inf.world, &p, eth);

		fates[i] = letters[fate];
		/* The wire's own address is that of the first host in the capture. */
		if (fate == FATE_INJECT && world_is_local(&inf.world, wire_get32(p.frame + 30)))
			assert_memory_equal(eth, inf.world.wires[0].mac, 6);
		else if (fate == FATE_INJECT)
			assert_memory_equal(eth, p.frame, 14);
	}
	if (strcmp(fates, t->fates))
		fail_msg("%s: %s", t->name, fates);
	inferred_done(&inf);
	capture_close(c);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(infer_cases) / sizeof(*infer_cases); i++)
		run_case(&infer_cases[i]);
}

static void test_asked_for(void **state)
{
	const struct infer_options opt = { .host = { PEER, FAR }, .host_nr = 2 };
	struct buf b = { .len = 0 };
	struct inferred inf;
	struct capture *c;
	struct errmsg e;

	(void)state;
	make(&b, &infer_cases[0]);
	assert_int_equal(capture_open_memory(&c, "x", b.data, b.len, NULL, &e), 0);
	assert_int_equal(infer_world(&inf, c, &opt, &e), 0);
	assert_int_equal(inf.world.local_nr, 2);
	assert_non_null(strstr(inf.text, "addr add 10.0.0.2/32 dev eth0"));
	assert_non_null(strstr(inf.text, "addr add 192.0.2.9/32 dev eth0"));
	assert_non_null(strstr(inf.text, "no packet is to it alone"));
	inferred_done(&inf);
	capture_close(c);
}

/* No packet, no IPv4, a capture that breaks off. */
static void test_little(void **state)
{
	struct buf b = { .len = 0 };
	struct inferred inf;
	struct capture *c;
	struct errmsg e;

	(void)state;
	make(&b, &infer_cases[0]);
	assert_int_equal(capture_open_memory(&c, "x", b.data, 24, NULL, &e), 0);
	assert_int_equal(infer_world(&inf, c, NULL, &e), -ENODATA);
	assert_string_equal(e.text, "x: no packet in it");
	capture_close(c);

	assert_int_equal(capture_open_memory(&c, "x", b.data, 50, NULL, &e), 0);
	assert_int_equal(infer_world(&inf, c, NULL, &e), -ENODATA);
	assert_string_equal(e.text,
			    "x: packet 1: cut off: the file ends 26 octets into a piece of 86");
	capture_close(c);

	assert_int_equal(capture_open_memory(&c, "x", b.data, b.len - 1, NULL, &e), 0);
	assert_int_equal(infer_world(&inf, c, NULL, &e), 0);
	assert_int_equal(inf.packet_nr, 1);
	inferred_done(&inf);
	capture_close(c);

	b.data[24 + 16 + 13] = b.data[b.len - 56 - 1] = 6;
	assert_int_equal(capture_open_memory(&c, "x", b.data, b.len, NULL, &e), 0);
	assert_int_equal(infer_world(&inf, c, NULL, &e), -ENODATA);
	assert_string_equal(e.text, "x: no IPv4 packet among its 2");
	capture_close(c);
}

/* More addresses and ports than the tables hold: told in the world, sockets up to the limit. */
static void test_full(void **state)
{
	const uint32_t nr = 200000, rec = 16 + 14 + 56;
	const struct pkt first = { UDP, PEER, 1, HOST, 1, 0 };
	struct infer_case one = { .link = 1, .pkts = { first } };
	struct buf b = { .len = 0 };
	uint8_t *big = malloc(24 + (size_t)nr * rec);
	struct inferred inf;
	struct capture *c;
	struct errmsg e;

	(void)state;
	assert_non_null(big);
	make(&b, &one);
	memcpy(big, b.data, 24);
	for (uint32_t i = 0; i < nr; i++) {
		uint8_t *r = big + 24 + (size_t)i * rec;

		memcpy(r, b.data + 24, rec);
		wire_put32(r + 16 + 14 + 12, A(100, 0, 0, 0) + i);
		wire_put16(r + 16 + 14 + 22, (uint16_t)i);
	}
	assert_int_equal(capture_open_memory(&c, "x", big, 24 + (size_t)nr * rec, NULL, &e), 0);
	assert_int_equal(infer_world(&inf, c, NULL, &e), 0);
	assert_int_equal(inf.packet_nr, nr);
	assert_int_equal(inf.world.local_nr, 1);
	assert_int_equal(inf.world.local[0], HOST);
	assert_int_equal(inf.world.socket_nr, 64);
	assert_non_null(strstr(inf.text, "# more addresses than the table holds: 49152 are in it"));
	assert_non_null(strstr(inf.text, "# more pairs of addresses than the table holds: 98304"));
	assert_non_null(strstr(inf.text, "# more ports than the table holds: 49152 are in it"));
	assert_non_null(strstr(inf.text, " ports more had sockets: only the busiest 64 are here"));
	inferred_done(&inf);
	capture_close(c);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_asked_for),
		cmocka_unit_test(test_little),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
