/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The closed port of TCP; the rows were seen on a live 6.18 kernel. */
#include "ref/test_host.h"

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10

/* A segment: ports 1000 to 2000, sequence 100, acknowledgement 777. */
static size_t segment(uint8_t *th, uint8_t flags, uint8_t doff, const uint8_t *opt, size_t opt_len,
		      size_t data_len)
{
	size_t len = 20 + opt_len + data_len;

	memset(th, 0, len);
	wire_put16(th, 1000);
	wire_put16(th + 2, 2000);
	wire_put32(th + 4, 100);
	wire_put32(th + 8, 777);
	th[12] = (uint8_t)(doff << 4);
	th[13] = flags;
	if (opt_len)
		memcpy(th + 20, opt, opt_len);
	csum_store(th + 16,
		   csum_fold(csum_partial(
			   th, len,
			   csum_tcpudp_nofold(TH_PEER, TH_LOCAL, (uint32_t)len, IPPROTO_TCP, 0))));
	return len;
}

static void test_reset(void **state)
{
	static const struct {
		uint8_t flags;
		size_t data_len;
		uint8_t reply_flags; /* 0: none */
		uint32_t seq, ack;
	} rows[] = {
		{ SYN, 0, RST | ACK, 0, 101 }, { SYN | FIN, 4, RST | ACK, 0, 106 },
		{ 0, 4, RST | ACK, 0, 104 },   { ACK, 4, RST, 777, 0 },
		{ SYN | ACK, 0, RST, 777, 0 }, { RST, 0, 0, 0, 0 },
		{ RST | ACK, 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		uint8_t tcp[64];
		struct test_packet p = { .protocol = IPPROTO_TCP, .tos = 0x23, .data = tcp };
		const uint8_t *ip;
		size_t len;

		p.data_len = segment(tcp, rows[i].flags, 5, NULL, 0, rows[i].data_len);
		test_host_send(th, &p);
		assert_string_equal(test_host_drops(th), " NO_SOCKET");
		ip = test_host_emitted(th, 0, &len);
		if (!rows[i].reply_flags) {
			assert_null(ip);
			assert_string_equal(test_host_mib(th), " Tcp.InSegs=1");
			test_host_free(th);
			continue;
		}
		assert_string_equal(test_host_mib(th),
				    " Ip.OutRequests=1 Ip.OutTransmits=1 IpExt.OutOctets=40"
				    " Tcp.InSegs=1 Tcp.OutRsts=1 Tcp.OutSegs=1");
		assert_int_equal(len, 40);
		assert_int_equal(iph_tos(ip), 0x20);
		assert_int_equal(iph_ttl(ip), 64);
		assert_int_equal(iph_id(ip), 0);
		assert_int_equal(iph_frag_off(ip), IP_DF);
		assert_int_equal(wire_get16(ip + 20), 2000);
		assert_int_equal(wire_get16(ip + 22), 1000);
		assert_int_equal(wire_get32(ip + 24), rows[i].seq);
		assert_int_equal(wire_get32(ip + 28), rows[i].ack);
		assert_int_equal(ip[32], 0x50);
		assert_int_equal(ip[33], rows[i].reply_flags);
		assert_int_equal(wire_get16(ip + 34), 0);
		assert_int_equal(csum_fold(csum_partial(ip + 20, 20,
							csum_tcpudp_nofold(TH_LOCAL, TH_PEER, 20,
									   IPPROTO_TCP, 0))),
				 0);
		test_host_free(th);
	}
}

static void test_options(void **state)
{
	static const struct {
		const char *name;
		uint8_t opt[20];
		uint8_t opt_len;
		bool reset, reset_6_1;
	} rows[] = {
		{ "none", { 0 }, 0, true, true },
		{ "MD5", { 19, 18 }, 20, false, false },
		{ "MD5 of a wrong length", { 19, 17 }, 20, false, true },
		{ "MD5 behind the end", { 0, 19, 18 }, 20, true, true },
		{ "MD5 behind two fillers", { 1, 1, 19, 18 }, 20, false, false },
		{ "MD5 cut", { 1, 1, 1, 19, 18 }, 20, true, true },
		{ "AO", { 29, 18 }, 20, false, true },
		{ "AO, too short to be looked at", { 29, 16 }, 16, true, true },
		{ "AO without a signature", { 29, 4 }, 20, false, true },
		{ "option of length 0", { 5, 0 }, 20, false, true },
		{ "option of length 0, not looked at", { 5, 0 }, 4, true, true },
		{ "option beyond the header", { 5, 21 }, 20, false, true },
		{ "an MSS and the end", { 2, 4, 5, 180 }, 20, true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int profile = 0; profile < REF_PROFILE_NR; profile++) {
			struct test_host *th = test_host_new((enum ref_profile)profile, 1500);
			bool want = profile == REF_LINUX_6_1 ? rows[i].reset_6_1 : rows[i].reset;
			uint8_t tcp[64];
			struct test_packet p = { .protocol = IPPROTO_TCP, .data = tcp };

			p.data_len = segment(tcp, SYN, (uint8_t)(5 + rows[i].opt_len / 4),
					     rows[i].opt, rows[i].opt_len, 0);
			test_host_send(th, &p);
			if (ref_mib(th->net)[MIB_TCP_OUTRSTS] != want)
				fail_msg("%s, %s", rows[i].name,
					 ref_profile_name((enum ref_profile)profile));
			test_host_free(th);
		}
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *name;
		size_t cut; /* octets of the segment */
		uint8_t doff;
		bool spoil; /* the checksum */
		bool link_broadcast;
		uint32_t daddr;
		const char *drops, *mib;
	} rows[] = {
		{ "19 octets", 19, 5, false, false, 0, " NOT_SPECIFIED", " Tcp.InSegs=1" },
		{ "header of 16", 20, 4, false, false, 0, " PKT_TOO_SMALL",
		  " Tcp.InSegs=1 Tcp.InErrs=1" },
		{ "header cut", 20, 6, false, false, 0, " NOT_SPECIFIED", " Tcp.InSegs=1" },
		{ "checksum", 20, 5, true, false, 0, " TCP_CSUM",
		  " Tcp.InSegs=1 Tcp.InErrs=1 Tcp.InCsumErrors=1" },
		{ "link broadcast", 20, 5, false, true, 0, " NOT_SPECIFIED", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		uint8_t tcp[64];
		struct test_packet p = { .protocol = IPPROTO_TCP,
					 .data = tcp,
					 .data_len = rows[i].cut,
					 .daddr = rows[i].daddr,
					 .link_broadcast = rows[i].link_broadcast };

		segment(tcp, SYN, rows[i].doff, NULL, 0, 0);
		tcp[17] ^= rows[i].spoil;
		test_host_send(th, &p);
		if (strcmp(test_host_drops(th), rows[i].drops) != 0 ||
		    strcmp(test_host_mib(th), rows[i].mib) != 0)
			fail_msg("%s:%s,%s", rows[i].name, test_host_drops(th), test_host_mib(th));
		test_host_free(th);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("tcp_ipv4", tests, NULL, NULL);
}
