/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* ICMP that comes in, and what answers it; the rows were seen on a live 6.18 kernel. */
#include "ref/test_host.h"

#include "ref/icmp.h"

#define ALL_HOSTS	 0xe0000001u
#define SUBNET_BROADCAST 0x0a0000ffu

struct in_row {
	const char *name;
	uint8_t head[8];
	size_t fill_len;
	uint32_t daddr; /* 0: the host's own */
	size_t cut; /* nonzero: only so many octets of the message */
	const char *sysctl; /* set to "1", or NULL */
	int reply; /* type of the answer; -1: none */
	size_t reply_len; /* of the ICMP message */
	const char *drops, *mib;
};

#define M_OK(t, named)	" Icmp.InMsgs=1" named " IcmpMsg.InType" t "=1"
#define M_ERR(t, named) " Icmp.InMsgs=1 Icmp.InErrors=1" named " IcmpMsg.InType" t "=1"
#define M_REPLY		" Icmp.OutMsgs=1 Icmp.OutEchoReps=1"
#define M_OUT(len)	" Ip.OutRequests=1 Ip.OutTransmits=1 IpExt.OutOctets=" len

static const struct in_row in_rows[] = {
	{ "echo",
	  { 8, 0, 0, 0, 1, 2, 3, 4 },
	  3,
	  0,
	  0,
	  NULL,
	  0,
	  11,
	  "",
	  M_OUT("31") " Icmp.InMsgs=1 Icmp.InEchos=1" M_REPLY
		      " IcmpMsg.InType8=1 IcmpMsg.OutType0=1" },
	{ "echo without data",
	  { 8 },
	  0,
	  0,
	  0,
	  NULL,
	  0,
	  8,
	  "",
	  M_OUT("28") " Icmp.InMsgs=1 Icmp.InEchos=1" M_REPLY
		      " IcmpMsg.InType8=1 IcmpMsg.OutType0=1" },
	{ "echo, code kept",
	  { 8, 7 },
	  0,
	  0,
	  0,
	  NULL,
	  0,
	  8,
	  "",
	  M_OUT("28") " Icmp.InMsgs=1 Icmp.InEchos=1" M_REPLY
		      " IcmpMsg.InType8=1 IcmpMsg.OutType0=1" },
	{ "echo ignored",
	  { 8 },
	  3,
	  0,
	  0,
	  "net.ipv4.icmp_echo_ignore_all",
	  -1,
	  0,
	  "",
	  M_OK("8", " Icmp.InEchos=1") },
	{ "echo to broadcast",
	  { 8 },
	  3,
	  SUBNET_BROADCAST,
	  0,
	  NULL,
	  -1,
	  0,
	  " INVALID_PROTO",
	  M_ERR("8", " Icmp.InEchos=1") },
	{ "timestamp to multicast",
	  { 13 },
	  12,
	  ALL_HOSTS,
	  0,
	  NULL,
	  -1,
	  0,
	  " INVALID_PROTO",
	  M_ERR("13", " Icmp.InTimestamps=1") },
	{ "echo reply to broadcast",
	  { 0 },
	  3,
	  SUBNET_BROADCAST,
	  0,
	  NULL,
	  -1,
	  0,
	  " INVALID_PROTO",
	  M_ERR("0", " Icmp.InEchoReps=1") },
	{ "extended echo reply to broadcast",
	  { 43 },
	  3,
	  SUBNET_BROADCAST,
	  0,
	  NULL,
	  -1,
	  0,
	  " INVALID_PROTO",
	  M_ERR("43", "") },
	{ "unknown to broadcast",
	  { 77 },
	  3,
	  SUBNET_BROADCAST,
	  0,
	  NULL,
	  -1,
	  0,
	  " INVALID_PROTO",
	  M_ERR("77", "") },
	{ "address mask to broadcast",
	  { 17 },
	  3,
	  SUBNET_BROADCAST,
	  0,
	  NULL,
	  -1,
	  0,
	  "",
	  M_OK("17", " Icmp.InAddrMasks=1") },
	{ "echo reply, nobody waits",
	  { 0 },
	  3,
	  0,
	  0,
	  NULL,
	  -1,
	  0,
	  " NO_SOCKET",
	  M_OK("0", " Icmp.InEchoReps=1") },
	{ "unknown type", { 19 }, 3, 0, 0, NULL, -1, 0, " UNHANDLED_PROTO", M_ERR("19", "") },
	{ "type 41", { 41 }, 3, 0, 0, NULL, -1, 0, " UNHANDLED_PROTO", M_ERR("41", "") },
	{ "type 255", { 255 }, 3, 0, 0, NULL, -1, 0, " UNHANDLED_PROTO", M_ERR("255", "") },
	{ "router discovery", { 10 }, 3, 0, 0, NULL, -1, 0, "", M_OK("10", "") },
	{ "extended echo, off", { 42 }, 3, 0, 0, NULL, -1, 0, "", M_OK("42", "") },
	{ "timestamp",
	  { 13, 9 },
	  14,
	  0,
	  0,
	  NULL,
	  14,
	  20,
	  "",
	  M_OUT("40") " Icmp.InMsgs=1 Icmp.InTimestamps=1" M_REPLY
		      " IcmpMsg.InType13=1 IcmpMsg.OutType0=1" },
	{ "timestamp, 4 octets",
	  { 13 },
	  4,
	  0,
	  0,
	  NULL,
	  14,
	  20,
	  "",
	  M_OUT("40") " Icmp.InMsgs=1 Icmp.InTimestamps=1" M_REPLY
		      " IcmpMsg.InType13=1 IcmpMsg.OutType0=1" },
	{ "timestamp, 3 octets",
	  { 13 },
	  3,
	  0,
	  0,
	  NULL,
	  -1,
	  0,
	  " PKT_TOO_SMALL",
	  M_ERR("13", " Icmp.InTimestamps=1") },
	{ "7 octets",
	  { 8 },
	  0,
	  0,
	  7,
	  NULL,
	  -1,
	  0,
	  " NOT_SPECIFIED",
	  " Icmp.InMsgs=1 Icmp.InErrors=1" },
	{ "no octets: the sum can't be right",
	  { 8 },
	  0,
	  0,
	  20,
	  NULL,
	  -1,
	  0,
	  " ICMP_CSUM",
	  " Icmp.InMsgs=1 Icmp.InErrors=1 Icmp.InCsumErrors=1" },
};

static void in_row_run(const struct in_row *row, enum ref_profile profile)
{
	struct test_host *th = test_host_new(profile, 1500);
	struct test_packet p = {
		.daddr = row->daddr,
		.protocol = IPPROTO_ICMP,
		.data = row->head,
		.data_len = row->cut ? row->cut % 20 : 8,
		.fill_len = row->fill_len,
		.tos = 0x2f,
	};
	const uint8_t *ip;
	size_t len;

	if (row->sysctl)
		test_host_sysctl(th, row->sysctl, "1");
	test_host_send(th, &p);
	ip = test_host_emitted(th, 0, &len);
	if (strcmp(test_host_drops(th), row->drops) != 0 ||
	    (profile == REF_LINUX_6_18 && strcmp(test_host_mib(th), row->mib) != 0))
		fail_msg("%s:\n%s\n%s\nbut\n%s\n%s", row->name, test_host_drops(th),
			 test_host_mib(th), row->drops, row->mib);
	if (row->reply < 0) {
		assert_null(ip);
	} else {
		assert_non_null(ip);
		assert_int_equal(len, 20 + row->reply_len);
		assert_int_equal(ip[20], row->reply);
		assert_int_equal(ip[21], row->reply ? 0 : row->head[1]);
		assert_int_equal(iph_tos(ip), 0x2f);
		assert_int_equal(iph_ttl(ip), 64);
		assert_int_equal(iph_frag_off(ip), 0);
		assert_int_equal(iph_saddr(ip), TH_LOCAL);
		assert_int_equal(iph_daddr(ip), TH_PEER);
		assert_memory_equal(ip + 24, row->head + 4, 4);
		assert_int_equal(csum_fold(csum_partial(ip, 20, 0)), 0);
		/* Nothing but zeros: the kernel's sum is 0 then, not the 0xffff of RFC 1071. */
		if (csum_partial(ip + 20, len - 20, 0) != 0)
			assert_int_equal(csum_fold(csum_partial(ip + 20, len - 20, 0)), 0);
		else
			assert_int_equal(row->reply_len, 8);
	}
	test_host_free(th);
}

static void test_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(in_rows) / sizeof(in_rows[0]); i++)
		in_row_run(&in_rows[i], REF_LINUX_6_18);
}

/* Where the older kernels looked at the type before the broadcast. */
static void test_in_broadcast_6_12(void **state)
{
	static const struct in_row rows[] = {
		{ "extended echo reply to broadcast",
		  { 43 },
		  3,
		  SUBNET_BROADCAST,
		  0,
		  NULL,
		  -1,
		  0,
		  " NO_SOCKET",
		  "" },
		{ "unknown to broadcast",
		  { 77 },
		  3,
		  SUBNET_BROADCAST,
		  0,
		  NULL,
		  -1,
		  0,
		  " UNHANDLED_PROTO",
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		in_row_run(&rows[i], REF_LINUX_6_12);
}

/* An error about a packet of ours: head of the ICMP message, then the quote. */
static void test_errors_in(void **state)
{
	static const struct {
		const char *name;
		uint8_t head[8];
		uint8_t ihl; /* of the quoted header, in words */
		uint8_t protocol; /* quoted */
		size_t quote_len;
		const char *drops;
		uint64_t in_errors;
	} rows[] = {
		{ "19 octets quoted", { 3, 1 }, 5, 200, 19, " NOT_SPECIFIED", 1 },
		{ "short header quoted", { 3, 1 }, 4, 200, 28, " IP_INHDR", 1 },
		{ "27 octets quoted", { 3, 1 }, 5, 200, 27, "", 1 },
		{ "28 octets quoted", { 3, 1 }, 5, 200, 28, "", 0 },
		{ "options not quoted in full", { 3, 1 }, 15, 200, 67, "", 1 },
		{ "protocol 255", { 3, 1 }, 5, 255, 28, "", 1 },
		{ "TCP without a connection", { 3, 3 }, 5, 6, 28, "", 1 },
		{ "unknown code", { 3, 16 }, 5, 6, 28, "", 0 },
		{ "unknown code like fragmentation needed", { 3, 20 }, 5, 6, 28, "", 0 },
		{ "reassembly time", { 11, 1 }, 5, 6, 28, "", 0 },
		{ "time to live", { 11, 0 }, 5, 6, 28, "", 1 },
		{ "source quench", { 4, 0 }, 5, 6, 28, "", 1 },
		{ "parameter problem", { 12, 0 }, 5, 6, 28, "", 1 },
		{ "redirect, 19 octets", { 5, 1 }, 5, 6, 19, " PKT_TOO_SMALL", 1 },
		{ "redirect, 28 octets", { 5, 1 }, 5, 6, 28, "", 1 },
		{ "redirect, short header", { 5, 1 }, 4, 200, 24, "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		uint8_t data[8 + 68] = { 0 };
		struct test_packet p = { .protocol = IPPROTO_ICMP,
					 .data = data,
					 .data_len = 8 + rows[i].quote_len };

		memcpy(data, rows[i].head, 8);
		data[8] = (uint8_t)(0x40 | rows[i].ihl);
		data[8 + 9] = rows[i].protocol;
		wire_put32(data + 8 + 12, TH_LOCAL);
		wire_put32(data + 8 + 16, TH_PEER);
		test_host_send(th, &p);
		if (strcmp(test_host_drops(th), rows[i].drops) != 0 ||
		    ref_mib(th->net)[MIB_ICMP_INERRORS] != rows[i].in_errors)
			fail_msg("%s:%s%s", rows[i].name, test_host_drops(th), test_host_mib(th));
		test_host_free(th);
	}
}

/* An error about a broadcast is believed unless the host is told to doubt it. */
static void test_bogus_error(void **state)
{
	(void)state;
	for (int doubt = 0; doubt < 2; doubt++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		uint8_t data[8 + 28] = { 3, 1, 0, 0, 0, 0, 0, 0, 0x45 };
		const struct test_packet p = { .protocol = IPPROTO_ICMP,
					       .data = data,
					       .data_len = sizeof(data) };

		data[8 + 9] = IPPROTO_TCP;
		wire_put32(data + 8 + 12, TH_LOCAL);
		wire_put32(data + 8 + 16, SUBNET_BROADCAST);
		if (doubt)
			test_host_sysctl(th, "net.ipv4.icmp_ignore_bogus_error_responses", "0");
		test_host_send(th, &p);
		assert_int_equal(ref_mib(th->net)[MIB_ICMP_INERRORS], !doubt);
		test_host_free(th);
	}
}

/* A question with an object that names an interface: RFC 8335. */
static void test_probe(void **state)
{
	static const struct {
		const char *name;
		uint8_t sequence; /* low octet: bit 0 asks about this node */
		uint8_t object[32];
		size_t object_len;
		int code, status; /* -1: no answer */
	} rows[] = {
		{ "name", 1, { 0, 8, 3, 1, 'e', 't', 'h', '0' }, 8, 0, 6 },
		{ "name of lo", 1, { 0, 6, 3, 1, 'l', 'o' }, 6, 0, 6 },
		{ "unknown name", 1, { 0, 8, 3, 1, 'e', 't', 'h', '9' }, 8, 2, 0 },
		{ "name of 16 octets", 1, { 0, 20, 3, 1, 'e', 't', 'h', '0' }, 20, 1, 0 },
		{ "index", 1, { 0, 8, 3, 2, 0, 0, 0, 2 }, 8, 0, 6 },
		{ "unknown index", 1, { 0, 8, 3, 2, 0, 0, 0, 77 }, 8, 2, 0 },
		{ "index of 3 octets", 1, { 0, 7, 3, 2, 0, 0, 2 }, 7, 1, 0 },
		{ "address", 1, { 0, 12, 3, 3, 0, 1, 4, 0, 10, 0, 0, 1 }, 12, 0, 6 },
		{ "address of nobody", 1, { 0, 12, 3, 3, 0, 1, 4, 0, 10, 0, 0, 9 }, 12, 2, 0 },
		{ "address of a length that lies",
		  1,
		  { 0, 12, 3, 3, 0, 1, 5, 0, 10, 0, 0, 1 },
		  12,
		  1,
		  0 },
		{ "unknown family", 1, { 0, 12, 3, 3, 0, 9, 4, 0, 10, 0, 0, 1 }, 12, 1, 0 },
		{ "any class", 1, { 0, 8, 4, 1, 'e', 't', 'h', '0' }, 8, 0, 6 },
		{ "unknown type", 1, { 0, 8, 3, 4, 'e', 't', 'h', '0' }, 8, 1, 0 },
		{ "object cut short", 1, { 0, 8, 3, 1, 'e', 't', 'h' }, 7, 1, 0 },
		{ "empty object", 1, { 0, 4, 3, 1 }, 4, 1, 0 },
		{ "no object", 1, { 0 }, 0, 1, 0 },
		{ "not about this node", 2, { 0, 8, 3, 1, 'e', 't', 'h', '0' }, 8, -1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		uint8_t data[8 + 4 + 32] = { 42, 0, 0, 0, 1, 2, 3, rows[i].sequence, 0x20 };
		struct test_packet p = { .protocol = IPPROTO_ICMP,
					 .data = data,
					 .data_len = 12 + rows[i].object_len };
		const uint8_t *ip;
		size_t len;

		memcpy(data + 12, rows[i].object, rows[i].object_len);
		test_host_sysctl(th, "net.ipv4.icmp_echo_enable_probe", "1");
		test_host_send(th, &p);
		ip = test_host_emitted(th, 0, &len);
		if (rows[i].code < 0) {
			assert_null(ip);
		} else if (!ip || ip[20] != 43 || ip[21] != rows[i].code ||
			   ip[27] != rows[i].status) {
			fail_msg("%s: %d %d", rows[i].name, ip ? ip[21] : -1, ip ? ip[27] : -1);
		}
		test_host_free(th);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in),	  cmocka_unit_test(test_in_broadcast_6_12),
		cmocka_unit_test(test_errors_in), cmocka_unit_test(test_bogus_error),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests_name("icmp", tests, NULL, NULL);
}
