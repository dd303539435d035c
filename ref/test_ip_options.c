/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * IP options: each error with the octet that it points at, what is filled in, and what becomes of
 * them in answers, fragments and packets passed on. Octets as seen on a live 6.18 kernel.
 */
#include <errno.h>

#include "ref/icmp.h"
#include "ref/test_host.h"

#define A(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))
#define ROWS(rows)    (sizeof(rows) / sizeof((rows)[0]))

/* The host's clock while options are looked at: 0x01020304 ms after midnight. */
#define NOW_NS (0x01020304ull * 1000000)

/* Octets written as hexadecimal digits, spaces between them as one likes. */
static size_t unhex(const char *text, uint8_t *ret, size_t max)
{
	size_t len = 0;

	for (;;) {
		unsigned int v;
		int used;

		while (*text == ' ')
			text++;
		if (!*text)
			return len;
		assert_int_equal(sscanf(text, "%2x%n", &v, &used), 1);
		assert_true(len < max);
		ret[len++] = (uint8_t)v;
		text += used;
	}
}

/* Options of a packet for this host, and what they are afterwards; or the octet that is wrong. */
struct compile_row {
	const char *name, *in, *out;
	int bad; /* offset in the header; 0: none */
};

#define US   "0a000001"
#define PEER "0a000002"
#define FAR  "08080808"
#define NOW  "01020304"

static const struct compile_row compile_rows[] = {
	{ "none but NOPs", "01010101", "01010101", 0 },
	{ "end, octets behind it", "00 070399", "00 000000", 0 },
	{ "end in the middle", "01 00 8302", "01 00 0000", 0 },
	{ "type without length", "010101 07", NULL, 23 },
	{ "any type without length", "010101 99", NULL, 23 },
	{ "length 0", "0700 0000", NULL, 20 },
	{ "length 1", "01 9901 00", NULL, 21 },
	{ "length beyond", "9905 0000", NULL, 20 },
	{ "length to the end", "9904 0102", "9904 0102", 0 },
	{ "security", "8203 07 01", "8203 07 01", 0 },
	{ "stream id of 3", "8803 07 01", "8803 07 01", 0 },

	{ "RR", "070704 00000000 00", "070708" US "00", 0 },
	{ "RR, second slot", "070b08 " FAR "00000000 00", "070b0c " FAR US "00", 0 },
	{ "RR, full", "070708" FAR "00", "070708" FAR "00", 0 },
	{ "RR, pointer far beyond", "0707ff" FAR "00", "0707ff" FAR "00", 0 },
	{ "RR, no slots", "070304 00", "070304 00", 0 },
	{ "RR of 2", "070201 01", NULL, 21 },
	{ "RR, pointer 3", "070703 00000000 00", NULL, 22 },
	{ "RR, part of a slot", "070705 00000000 00", NULL, 22 },
	{ "RR, odd length", "070904 000000000000 010101", "070908" US "0000 010101", 0 },
	{ "two RR", "070304 070304 0000", NULL, 23 },

	{ "TS", "440805 00 00000000", "440809 00" NOW, 0 },
	{ "TS, full", "440809 00 11111111", "440809 10 11111111", 0 },
	{ "TS, overflow 14", "440809 e0 11111111", "440809 f0 11111111", 0 },
	{ "TS, overflow 15", "440809 f0 11111111", NULL, 23 },
	{ "TS of 3", "440305 00", NULL, 21 },
	{ "TS, pointer 4", "440804 00 00000000", NULL, 22 },
	{ "TS, part of a slot", "440806 00 00000000", NULL, 22 },
	{ "TS with address", "440c05 01 00000000 00000000", "440c0d 01" US NOW, 0 },
	{ "TS with address, 4 octets left", "440c09 01 00000000 00000000", NULL, 22 },
	{ "TS for us", "440c05 03" US "00000000", "440c0d 03" US NOW, 0 },
	{ "TS for our broadcast", "440c05 03 0a0000ff 00000000", "440c0d 03 0a0000ff" NOW, 0 },
	{ "TS for another", "440c05 03" FAR "00000000", "440c05 03" FAR "00000000", 0 },
	{ "TS for some, 4 octets left", "440c09 03 00000000 00000000", NULL, 22 },
	{ "TS for some, full", "440c0d f3" US "11111111", "440c0d f3" US "11111111", 0 },
	{ "TS, unknown flag", "440805 02 00000000", "440805 02 00000000", 0 },
	{ "TS, unknown flag, full", "440809 02 00000000", "440809 12 00000000", 0 },
	{ "two TS", "440405 00 440405 00", NULL, 24 },

	{ "router alert", "94040000", "94040000", 0 },
	{ "router alert with a value", "94040001", "94040001", 0 },
	{ "router alert of 3", "940300 01", NULL, 21 },
	{ "CIPSO of 6", "860600000001 0000", NULL, 21 },
	{ "CIPSO", "860a00000001 01040000 0000", NULL, 22 },

	{ "LSRR of 2", "8302 0101", NULL, 21 },
	{ "LSRR, pointer 3", "830703" FAR "00", NULL, 22 },
	{ "LSRR, LSRR", "830304 830304 0000", NULL, 23 },
	{ "LSRR, SSRR", "830304 890304 0000", NULL, 23 },
	{ "RR first, then a bad one", "070704 00000000 0703030101", NULL, 27 },
};

static void compile_check(const struct compile_row *row, enum ref_profile profile)
{
	struct test_host *th = test_host_new(profile, 1500);
	uint8_t in[REF_IPOPT_MAX], out[REF_IPOPT_MAX];
	struct test_packet p = { .protocol = IPPROTO_ICMP,
				 .data = (const uint8_t[]){ 8, 0, 0, 0, 1, 2, 3, 4 },
				 .data_len = 8,
				 .opt = in };
	const char *drops = "";
	const uint8_t *ip;
	size_t len;

	th->now_ns = NOW_NS;
	p.opt_len = unhex(row->in, in, sizeof(in));
	assert_int_equal(p.opt_len % 4, 0);
	test_host_send(th, &p);
	if (row->bad)
		drops = profile == REF_LINUX_6_18 ? " IP_INHDR" : " NOT_SPECIFIED";
	if (strcmp(test_host_drops(th), drops) != 0)
		fail_msg("%s:%s", row->name, test_host_drops(th));
	ip = test_host_emitted(th, 0, &len);
	assert_int_equal(ref_mib(th->net)[MIB_IP_INHDRERRORS], row->bad != 0);
	if (row->bad) {
		const uint8_t *icmp;

		if (!ip)
			fail_msg("%s: no answer", row->name);
		icmp = ip + iph_ihl(ip);
		if (icmp[0] != ICMP_PARAMETERPROB || icmp[1] != 0 || icmp[4] != row->bad)
			fail_msg("%s: type %d at %d", row->name, icmp[0], icmp[4]);
	} else if (!strstr(row->name, "odd length")) {
		/* That one can be filled in, but not be turned into an answer. */
		assert_non_null(ip);
		assert_int_equal(ip[iph_ihl(ip)], ICMP_ECHOREPLY);
	}
	if (row->out) {
		struct sk_buff *skb = alloc_skb(th->net, 0, 20 + p.opt_len);
		struct ip_options opt = { .optlen = (uint8_t)p.opt_len };

		/* The same once more by itself, to see the octets. */
		test_packet_make(th, &p);
		memcpy(skb->data, th->frame + 14, 20 + p.opt_len);
		skb_reset_network_header(skb);
		skb->dev = &th->net->dev[th->ifindex - 1];
		skb->dst_set = true;
		skb->rt = (struct rtable){ .rt_flags = RTCF_LOCAL };
		assert_int_equal(__ip_options_compile(th->net, &opt, skb, NULL, NULL), 0);
		assert_int_equal(unhex(row->out, out, sizeof(out)), p.opt_len);
		if (memcmp(skb->data + 20, out, p.opt_len) != 0)
			fail_msg("%s: other octets", row->name);
		consume_skb(skb);
	}
	test_host_free(th);
}

static void test_compile(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(compile_rows); i++)
		for (int p = 0; p < REF_PROFILE_NR; p++)
			compile_check(&compile_rows[i], (enum ref_profile)p);
}

/* What an echo reply carries; NULL: there is none. Source routes are accepted. */
static void test_echo(void **state)
{
	static const struct {
		const char *name, *in, *out;
		uint32_t first_hop; /* 0: the peer */
	} rows[] = {
		{ "nothing", "01010101", "", 0 },
		{ "unknown", "9904 0102", "", 0 },
		{ "RR, room for two", "070b04 00000000 00000000 00", "070b0c" US US "00", 0 },
		{ "RR, room for one", "070704 00000000 00", "070708" US "00", 0 },
		{ "RR, room for none", "070708" FAR "00", "070708" FAR "00", 0 },
		{ "RR, odd length", "070904 000000000000 010101", NULL, 0 },
		{ "TS, room for two", "440c05 00 00000000 00000000", "440c0d 00" NOW NOW, 0 },
		{ "TS, room for one", "440805 00 00000000", "440809 00" NOW, 0 },
		{ "TS, part of a slot left", "440905 00 0000000000 000000", NULL, 0 },
		{ "TS with address, room for two", "441405 01 00000000 00000000 00000000 00000000",
		  "441415 01" US NOW US NOW, 0 },
		{ "TS with address, half a pair left", "441005 01 00000000 00000000 00000000", NULL,
		  0 },
		{ "TS for us twice", "441405 03" US "00000000" US "00000000",
		  "441415 03" US NOW US NOW, 0 },
		{ "TS for us and another", "441405 03" US "00000000" FAR "00000000",
		  "44140d 03" US NOW FAR "00000000", 0 },
		{ "order", "440805 00 00000000 070704 00000000 00",
		  "070708" US "440809 00" NOW "00", 0 },
		{ "source route, two hops", "830b0c 0a000003 0a000004 00",
		  "830b04 0a000003" PEER "00", A(10, 0, 0, 4) },
		{ "strict, three hops", "890f10 0a000003 0a000004 0a000005 00",
		  "890f04 0a000004 0a000003" PEER "00", A(10, 0, 0, 5) },
		{ "source route, one hop", "830708 0a000003 00", "830704" PEER "00",
		  A(10, 0, 0, 3) },
		{ "source route, the sender on it", "830f10" PEER "0a000003 0a000004 00",
		  "830b04 0a000003" PEER "00", A(10, 0, 0, 4) },
		{ "source route, nothing recorded", "830304 00", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		uint8_t in[REF_IPOPT_MAX], out[REF_IPOPT_MAX];
		struct test_packet p = { .protocol = IPPROTO_ICMP,
					 .data = (const uint8_t[]){ 8, 0, 0, 0, 1, 2, 3, 4 },
					 .data_len = 8,
					 .opt = in };
		const uint8_t *ip;
		size_t len, want_len;

		th->now_ns = NOW_NS;
		test_host_sysctl(th, "net.ipv4.conf.all.accept_source_route", "1");
		test_host_sysctl(th, "net.ipv4.conf.eth0.accept_source_route", "1");
		p.opt_len = unhex(rows[i].in, in, sizeof(in));
		assert_int_equal(p.opt_len % 4, 0);
		test_host_send(th, &p);
		ip = test_host_emitted(th, 0, &len);
		if ((ip == NULL) != (rows[i].out == NULL) || *test_host_drops(th))
			fail_msg("%s: an answer or not:%s", rows[i].name, test_host_drops(th));
		if (ip) {
			uint32_t hop = rows[i].first_hop ? rows[i].first_hop : TH_PEER;

			want_len = unhex(rows[i].out, out, sizeof(out));
			if (iph_ihl(ip) != 20 + want_len || memcmp(ip + 20, out, want_len) != 0 ||
			    iph_daddr(ip) != hop)
				fail_msg("%s: header of %u to %08x", rows[i].name, iph_ihl(ip),
					 iph_daddr(ip));
			assert_int_equal(csum_fold(csum_partial(ip, iph_ihl(ip), 0)), 0);
		}
		test_host_free(th);
	}
}

/* A source route on its way in. */
struct srr_row {
	const char *name, *opt;
	uint32_t daddr; /* 0: the host's */
	bool accept, forward, link_broadcast;
	const char *drops;
	int icmp_type, icmp_code, icmp_info; /* -1: no error */
	const char *out; /* options of what is passed on; NULL: nothing is */
	uint32_t out_daddr;
};

static const struct srr_row srr_rows[] = {
	{ "refused", "830704" FAR "00", 0, false, true, false, " NOT_SPECIFIED", -1, 0, 0, NULL,
	  0 },
	{ "by broadcast", "830704" FAR "00", 0, true, true, true, " NOT_SPECIFIED", -1, 0, 0, NULL,
	  0 },
	{ "at its end", "830708" FAR "00", 0, true, true, false, " IP_NOPROTO", 3, 2, 0, NULL, 0 },
	{ "next hop", "830704 0a000003 00", 0, true, true, false, "", -1, 0, 0, "830708" US "00",
	  A(10, 0, 0, 3) },
	{ "next hop, not passed on", "830704 0a000003 00", 0, true, false, false, " NOT_SPECIFIED",
	  -1, 0, 0, NULL, 0 },
	{ "strict, behind a gateway", "890704" FAR "00", 0, true, true, false, " NOT_SPECIFIED", 3,
	  5, 0, NULL, 0 },
	{ "in transit", "830704" FAR "00", A(10, 0, 0, 5), true, true, false, "", -1, 0, 0,
	  "830704" FAR "00", A(10, 0, 0, 5) },
	{ "in transit, strict", "890704" FAR "00", A(10, 0, 0, 5), true, true, false,
	  " NOT_SPECIFIED", ICMP_PARAMETERPROB, 0, 16, NULL, 0 },
	{ "to a broadcast", "830704" FAR "00", A(10, 0, 0, 255), true, true, false,
	  " NOT_SPECIFIED", -1, 0, 0, NULL, 0 },
	{ "next hop is a broadcast", "830704 0a0000ff 00", 0, true, true, false, " NOT_SPECIFIED",
	  -1, 0, 0, NULL, 0 },
	{ "part of an address left", "830705 00000000 00", 0, true, true, false, " NOT_SPECIFIED",
	  ICMP_PARAMETERPROB, 0, 22, NULL, 0 },
	{ "next hop is ours", "830704" US "00", 0, true, true, false, " IP_NOPROTO", 3, 2, 0, NULL,
	  0 },
	{ "ours, then another", "830b04" US "0a000003 00", 0, true, true, false, "", -1, 0, 0,
	  "830b0c" US US "00", A(10, 0, 0, 3) },
	{ "with RR", "070704 00000000 830704 0a000003 0000", 0, true, true, false, "", -1, 0, 0,
	  "070708" US "830708" US "0000", A(10, 0, 0, 3) },
};

static void test_source_route(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(srr_rows); i++) {
		const struct srr_row *row = &srr_rows[i];
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		uint8_t in[REF_IPOPT_MAX], out[REF_IPOPT_MAX];
		struct test_packet p = { .daddr = row->daddr,
					 .protocol = 200,
					 .fill_len = 8,
					 .opt = in,
					 .link_broadcast = row->link_broadcast };
		const uint8_t *ip;
		size_t len;

		th->now_ns = NOW_NS;
		test_host_sysctl(th, "net.ipv4.conf.all.accept_source_route", "1");
		test_host_sysctl(th, "net.ipv4.conf.eth0.accept_source_route",
				 row->accept ? "1" : "0");
		test_host_sysctl(th, "net.ipv4.ip_forward", row->forward ? "1" : "0");
		test_host_sysctl(th, "net.ipv4.conf.all.send_redirects", "0");
		test_host_sysctl(th, "net.ipv4.conf.eth0.send_redirects", "0");
		p.opt_len = unhex(row->opt, in, sizeof(in));
		test_host_send(th, &p);
		ip = test_host_emitted(th, 0, &len);
		if (strcmp(test_host_drops(th), row->drops) != 0 ||
		    (ip != NULL) != (row->icmp_type >= 0 || row->out))
			fail_msg("%s:%s", row->name, test_host_drops(th));
		if (row->icmp_type >= 0) {
			const uint8_t *icmp = ip + iph_ihl(ip);

			if (icmp[0] != row->icmp_type || icmp[1] != row->icmp_code ||
			    icmp[4] != row->icmp_info)
				fail_msg("%s: %d/%d %d", row->name, icmp[0], icmp[1], icmp[4]);
		} else if (row->out) {
			size_t want_len = unhex(row->out, out, sizeof(out));

			if (iph_ihl(ip) != 20 + want_len || iph_daddr(ip) != row->out_daddr ||
			    memcmp(ip + 20, out, want_len) != 0 ||
			    csum_fold(csum_partial(ip, iph_ihl(ip), 0)) != 0)
				fail_msg("%s: header of %u to %08x", row->name, iph_ihl(ip),
					 iph_daddr(ip));
		}
		test_host_free(th);
	}
}

/* A wrong option in a later fragment, or in an error, is not answered. */
static void test_no_answer(void **state)
{
	static const struct {
		const char *name;
		uint16_t frag_off;
		uint8_t protocol, type;
		bool answer;
	} rows[] = {
		{ "first fragment", IP_MF, 200, 0, true },
		{ "later fragment", 1, 200, 0, false },
		{ "an error", 0, IPPROTO_ICMP, 3, false },
		{ "a request", 0, IPPROTO_ICMP, 8, true },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		const uint8_t opt[4] = { 7, 3, 3, 0 }, data[8] = { rows[i].type };
		const struct test_packet p = { .protocol = rows[i].protocol,
					       .frag_off = rows[i].frag_off,
					       .opt = opt,
					       .opt_len = 4,
					       .data = data,
					       .data_len = 8 };
		size_t len;

		test_host_send(th, &p);
		assert_string_equal(test_host_drops(th), " IP_INHDR");
		if ((test_host_emitted(th, 0, &len) != NULL) != rows[i].answer)
			fail_msg("%s", rows[i].name);
		test_host_free(th);
	}
}

/* Options of a first fragment become those of a later one. */
static void test_fragment(void **state)
{
	static const struct {
		const char *name, *in, *out;
	} rows[] = {
		{ "RR goes", "070704 00000000 00", "010101 01010101 00" },
		{ "source route stays", "830704" FAR "00", "830704" FAR "00" },
		{ "TS goes, the alert stays", "440405 00 94040000", "01010101 94040000" },
		{ "nothing behind the end", "00 070304", "00 070304" },
		{ "NOPs", "01 0703 04", "01010101" },
	};
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint8_t in[REF_IPOPT_MAX], out[REF_IPOPT_MAX];
		size_t n = unhex(rows[i].in, in, sizeof(in));
		struct sk_buff *skb = alloc_skb(th->net, 0, 20 + n);

		skb_reset_network_header(skb);
		memcpy(skb->data + 20, in, n);
		IPCB(skb)->opt = (struct ip_options){
			.optlen = (uint8_t)n, .rr = 20, .ts = 20, .rr_needaddr = true
		};
		ip_options_fragment(skb);
		assert_int_equal(unhex(rows[i].out, out, sizeof(out)), n);
		if (memcmp(skb->data + 20, out, n) != 0)
			fail_msg("%s", rows[i].name);
		consume_skb(skb);
	}
	test_host_free(th);
}

/* Options that a socket is to send: compiled, and (for IP_RETOPTS) as they were before. */
static void test_sent(void **state)
{
	static const struct {
		const char *name, *in, *out; /* out NULL: refused */
		uint32_t faddr;
	} rows[] = {
		{ "RR", "070704 00000000 00", "070708 00000000 00", 0 },
		{ "TS", "440805 00 00000000", "440809 00 00000000", 0 },
		{ "TS with address", "440c05 01 00000000 00000000", "440c0d 01 00000000 00000000",
		  0 },
		{ "TS for us", "440c05 03" US "00000000", "440c0d 03" US "00000000", 0 },
		{ "source route, one hop", "830704" FAR "00", "830704" FAR "00", A(8, 8, 8, 8) },
		{ "source route, two hops", "830b04" FAR "0a000003 00",
		  "830b04 0a000003 0a000003 00", A(8, 8, 8, 8) },
		{ "source route, begun", "830b08" FAR "0a000003 00", NULL, 0 },
		{ "source route, odd length", "830804" FAR "00", NULL, 0 },
		{ "source route, no hop", "830304 00", NULL, 0 },
		{ "RR, bad", "070703 00000000 00", NULL, 0 },
	};
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint8_t in[REF_IPOPT_MAX] = { 0 }, data[REF_IPOPT_MAX], out[REF_IPOPT_MAX];
		struct ip_options opt = { .optlen = (uint8_t)unhex(rows[i].in, in, sizeof(in)) };
		int err;

		memcpy(data, in, sizeof(in));
		err = __ip_options_compile(th->net, &opt, NULL, data, NULL);
		if (err != (rows[i].out ? 0 : -EINVAL))
			fail_msg("%s: %d", rows[i].name, err);
		if (err)
			continue;
		unhex(rows[i].out, out, sizeof(out));
		if (memcmp(data, out, opt.optlen) != 0 || opt.faddr != rows[i].faddr)
			fail_msg("%s: other octets", rows[i].name);
		ip_options_undo(&opt, data);
		if (memcmp(data, in, opt.optlen) != 0)
			fail_msg("%s: not undone", rows[i].name);
	}
	test_host_free(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compile),	     cmocka_unit_test(test_echo),
		cmocka_unit_test(test_source_route), cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_fragment),     cmocka_unit_test(test_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
