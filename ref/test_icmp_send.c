/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Errors that the host reports: which, about what, how much of it, and how often. */
#include "ref/test_host.h"

#include "ref/icmp.h"

/* No protocol of this number: protocol unreachable. */
#define PROTO_NONE 200

struct error_row {
	const char *name;
	struct test_packet p;
	uint32_t mtu;
	size_t reply_len; /* whole packet; 0: no error */
	uint8_t reply_tos;
};

static const uint8_t icmp_echo_head[8] = { 8 }, icmp_type_9[8] = { 9 };

static const struct error_row error_rows[] = {
	{ "header only", { .protocol = PROTO_NONE }, 1500, 48, 0xc0 },
	{ "quoted in full", { .protocol = PROTO_NONE, .fill_len = 11 }, 1500, 59, 0xc0 },
	{ "one below 576", { .protocol = PROTO_NONE, .fill_len = 527 }, 1500, 575, 0xc0 },
	{ "just 576", { .protocol = PROTO_NONE, .fill_len = 528 }, 1500, 576, 0xc0 },
	{ "cut", { .protocol = PROTO_NONE, .fill_len = 529 }, 1500, 576, 0xc0 },
	{ "cut to the MTU", { .protocol = PROTO_NONE, .fill_len = 529 }, 200, 200, 0xc0 },
	{ "smallest MTU", { .protocol = PROTO_NONE, .fill_len = 529 }, 68, 68, 0xc0 },
	{ "TOS", { .protocol = PROTO_NONE, .tos = 0xff }, 1500, 48, 0xde },
	{ "TOS, ECN 01", { .protocol = PROTO_NONE, .tos = 0x01 }, 1500, 48, 0xc0 },
	{ "link broadcast", { .protocol = PROTO_NONE, .link_broadcast = true }, 1500, 0, 0 },
	{ "subnet broadcast", { .protocol = PROTO_NONE, .daddr = 0x0a0000ff }, 1500, 0, 0 },
	{ "all hosts", { .protocol = PROTO_NONE, .daddr = 0xe0000001 }, 1500, 0, 0 },
};

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(error_rows) / sizeof(error_rows[0]); i++) {
		const struct error_row *row = &error_rows[i];
		struct test_host *th = test_host_new(REF_LINUX_6_18, row->mtu);
		const uint8_t *ip;
		size_t len;

		test_host_send(th, &row->p);
		ip = test_host_emitted(th, 0, &len);
		if (len != row->reply_len)
			fail_msg("%s: %zu octets", row->name, len);
		assert_int_equal(ref_mib(th->net)[MIB_ICMP_OUTDESTUNREACHS], ip != NULL);
		assert_int_equal(ref_mib(th->net)[MIB_ICMPMSG_OUT + 3], ip != NULL);
		if (ip) {
			assert_int_equal(iph_tos(ip), row->reply_tos);
			assert_int_equal(iph_saddr(ip), TH_LOCAL);
			assert_int_equal(iph_frag_off(ip), 0);
			assert_int_equal(ip[20], ICMP_DEST_UNREACH);
			assert_int_equal(ip[21], ICMP_PROT_UNREACH);
			assert_int_equal(wire_get32(ip + 24), 0);
			assert_memory_equal(ip + 28, th->frame + 14, len - 28);
			assert_int_equal(csum_fold(csum_partial(ip + 20, len - 20, 0)), 0);
		}
		test_host_free(th);
	}
}

/* The packet as it stands in front of icmp_send(): what is refused without a look at the way. */
static void test_refusals(void **state)
{
	static const struct {
		const char *name;
		uint8_t protocol;
		uint16_t frag_off;
		const uint8_t *data;
		size_t data_len;
		int type;
		bool sent;
	} rows[] = {
		{ "first fragment", PROTO_NONE, IP_MF, NULL, 0, ICMP_DEST_UNREACH, true },
		{ "later fragment", PROTO_NONE, 1, NULL, 0, ICMP_DEST_UNREACH, false },
		{ "DF", PROTO_NONE, IP_DF, NULL, 0, ICMP_DEST_UNREACH, true },
		{ "about an echo", IPPROTO_ICMP, 0, icmp_echo_head, 8, ICMP_DEST_UNREACH, true },
		{ "about an error", IPPROTO_ICMP, 0, icmp_type_9, 8, ICMP_DEST_UNREACH, false },
		{ "ICMP without type", IPPROTO_ICMP, 0, NULL, 0, ICMP_DEST_UNREACH, false },
		{ "no error itself", IPPROTO_ICMP, 0, icmp_type_9, 8, ICMP_ECHO, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		struct test_packet p = { .protocol = rows[i].protocol,
					 .frag_off = rows[i].frag_off,
					 .data = rows[i].data,
					 .data_len = rows[i].data_len };
		size_t len = test_packet_make(th, &p) - 14;
		struct sk_buff *skb = alloc_skb(th->net, 16, len);

		memcpy(skb->data, th->frame + 14, len);
		skb_reset_network_header(skb);
		skb->dev = dev_get_by_index(th->net, th->ifindex);
		icmp_send(skb, rows[i].type, 0, 0);
		assert_int_equal(ref_mib(th->net)[MIB_ICMP_OUTMSGS], 0);
		skb->dst_set = true;
		skb->rt = (struct rtable){ .dev = skb->dev,
					   .rt_flags = RTCF_LOCAL,
					   .rt_type = REF_RTN_LOCAL };
		icmp_send(skb, rows[i].type, 0, 0);
		if (ref_mib(th->net)[MIB_ICMP_OUTMSGS] != rows[i].sent)
			fail_msg("%s", rows[i].name);
		consume_skb(skb);
		test_host_free(th);
	}
}

/* Errors to n hosts in turn, `count` packets; how many were answered. */
static unsigned int burst(struct test_host *th, uint32_t hosts, unsigned int count)
{
	unsigned int sent = 0;

	for (unsigned int i = 0; i < count; i++) {
		const struct test_packet p = { .protocol = PROTO_NONE,
					       .saddr = 0x0b000000u + i % hosts };
		size_t len;

		test_host_send(th, &p);
		sent += test_host_emitted(th, 0, &len) != NULL;
	}
	return sent;
}

static void test_limit_of_a_host(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

	(void)state;
	assert_int_equal(burst(th, 1, 10), 6);
	assert_int_equal(ref_mib(th->net)[MIB_ICMP_OUTRATELIMITHOST], 4);
	assert_int_equal(ref_mib(th->net)[MIB_ICMP_OUTRATELIMITGLOBAL], 0);
	th->now_ns += 996000000;
	assert_int_equal(burst(th, 1, 3), 0);
	th->now_ns += 4000000;
	assert_int_equal(burst(th, 1, 3), 1);
	th->now_ns += 60000000000;
	assert_int_equal(burst(th, 1, 10), 6);
	ref_reset(th->net);
	th->now_ns = 0;
	assert_int_equal(burst(th, 1, 10), 6);
	test_host_sysctl(th, "net.ipv4.icmp_ratelimit", "0");
	assert_int_equal(burst(th, 1, 10), 10);
	test_host_free(th);
}

static void test_limit_of_all(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

	(void)state;
	assert_int_equal(burst(th, 1000, 100), 50);
	assert_int_equal(ref_mib(th->net)[MIB_ICMP_OUTRATELIMITGLOBAL], 50);
	/* Refilled by what 20 ms give at 1000 a second, not before. */
	th->now_ns += 16000000;
	assert_int_equal(burst(th, 1000, 100), 0);
	th->now_ns += 4000000;
	assert_int_equal(burst(th, 1000, 100), 20);
	test_host_sysctl(th, "net.ipv4.icmp_ratemask", "0");
	assert_int_equal(burst(th, 1, 100), 100);
	test_host_free(th);

	th = test_host_new(REF_LINUX_6_18, 1500);
	test_host_sysctl(th, "net.ipv4.icmp_msgs_per_sec", "0");
	assert_int_equal(burst(th, 1000, 5), 0);
	test_host_free(th);
}

/* More hosts than the table of peers has room for: each new one gets its burst. */
static void test_peers_full(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

	(void)state;
	test_host_sysctl(th, "net.ipv4.icmp_msgs_per_sec", "1000000");
	test_host_sysctl(th, "net.ipv4.icmp_msgs_burst", "1000000");
	assert_int_equal(burst(th, 2 * REF_PEER_MAX, 2 * REF_PEER_MAX), 2 * REF_PEER_MAX);
	test_host_free(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_limit_of_a_host), cmocka_unit_test(test_limit_of_all),
		cmocka_unit_test(test_peers_full),
	};

	return cmocka_run_group_tests_name("icmp_send", tests, NULL, NULL);
}
