/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* How a packet leaves: its pieces, and what is counted. */
#include "ref/test_host.h"

#include "ref/icmp.h"

/* An echo request of n octets of data, given to the ICMP layer as if it was reassembled. */
static void echo(struct test_host *th, size_t n)
{
	const struct ref_event event = { .type = REF_EV_TIME, .now_ns = th->now_ns };
	static const uint8_t head[8] = { 8 };
	const struct test_packet p = {
		.protocol = IPPROTO_ICMP, .data = head, .data_len = 8, .fill_len = n
	};
	size_t len = test_packet_make(th, &p);
	struct sk_buff *skb;

	memcpy(th->mib, ref_mib(th->net), sizeof(th->mib));
	th->update = ref_step(th->net, &event);
	skb = alloc_skb(th->net, 0, len);
	assert_non_null(skb);
	memcpy(skb->data, th->frame, len);
	skb_pull(skb, 14);
	skb_reset_network_header(skb);
	skb->dev = dev_get_by_index(th->net, th->ifindex);
	skb->protocol = ETH_P_IP;
	assert_int_equal(ip_route_input_noref(skb, TH_LOCAL, TH_PEER, 0, skb->dev),
			 SKB_NOT_DROPPED_YET);
	skb_pull(skb, 20);
	skb_reset_transport_header(skb);
	icmp_rcv(skb);
}

static void test_pieces(void **state)
{
	static const struct {
		uint32_t mtu;
		size_t data_len; /* of the echo, without its header */
		size_t pieces; /* 0: refused */
		size_t first, last; /* octets of IP data in a full piece, and in the last */
	} rows[] = {
		{ 1500, 1472, 1, 1480, 1480 },
		{ 1500, 1473, 2, 1480, 1 },
		{ 1500, 65507, 45, 1480, 395 },
		/* 1499 - 20 is no multiple of 8: full pieces are shorter than the last may be. */
		{ 1499, 1471, 1, 1479, 1479 },
		{ 1499, 1472, 2, 1472, 8 },
		{ 1499, 1472 + 1471, 2, 1472, 1479 },
		{ 1499, 1472 + 1472, 3, 1472, 8 },
		{ 68, 40, 1, 48, 48 },
		{ 68, 41, 2, 48, 1 },
		/* As many as the buffer of the kernel's ICMP socket holds. */
		{ 68, 318 * 48 - 8, 318, 48, 48 },
		{ 68, 318 * 48 - 7, 0, 0, 0 },
		{ 256, 207 * 232 - 8, 207, 232, 232 },
		{ 256, 207 * 232 + 1, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, rows[i].mtu);
		size_t n = 0, len, at = 0;
		const uint8_t *ip;
		uint16_t id = 0;

		echo(th, rows[i].data_len);
		for (; (ip = test_host_emitted(th, n, &len)); n++, at += len - 20) {
			bool last = n + 1 == rows[i].pieces;

			if (n == 0)
				id = iph_id(ip);
			assert_int_equal(iph_id(ip), id);
			if (len - 20 != (last ? rows[i].last : rows[i].first))
				fail_msg("MTU %u, %zu octets: piece %zu has %zu", rows[i].mtu,
					 rows[i].data_len, n, len - 20);
			assert_int_equal(len - 20, last ? rows[i].last : rows[i].first);
			assert_int_equal(iph_tot_len(ip), len);
			assert_int_equal(iph_frag_off(ip), at / 8 | (last ? 0 : IP_MF));
			assert_int_equal(csum_fold(csum_partial(ip, 20, 0)), 0);
			if (n > 0)
				assert_memory_equal(ip + 20, th->frame + 34 + at, len - 20);
		}
		assert_int_equal(n, rows[i].pieces);
		assert_int_equal(ref_mib(th->net)[MIB_IP_FRAGOKS], n > 1);
		assert_int_equal(ref_mib(th->net)[MIB_IP_FRAGCREATES], n > 1 ? n : 0);
		assert_int_equal(ref_mib(th->net)[MIB_ICMP_OUTERRORS], n == 0);
		assert_int_equal(ref_mib(th->net)[MIB_IP_OUTDISCARDS], n == 0);
		test_host_free(th);
	}
}

static void test_counters(void **state)
{
	static const struct {
		enum ref_profile profile;
		const char *mib;
	} rows[] = {
		{ REF_LINUX_6_1, " Ip.OutRequests=1 Ip.FragOKs=1 Ip.FragCreates=3"
				 " IpExt.OutOctets=3000" },
		{ REF_LINUX_6_12, " Ip.OutRequests=1 Ip.FragOKs=1 Ip.FragCreates=3"
				  " Ip.OutTransmits=3 IpExt.OutOctets=3040" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_host *th = test_host_new(rows[i].profile, 1500);
		char text[256], *end;

		echo(th, 2972);
		snprintf(text, sizeof(text), "%s", test_host_mib(th));
		end = strstr(text, " Icmp");
		assert_non_null(end);
		*end = 0;
		assert_string_equal(text, rows[i].mib);
		test_host_free(th);
	}
}

/* Options of an echo request to the subnet's broadcast, answered to the broadcast source. */
static void broadcast_echo(struct test_host *th, size_t fill_len)
{
	static const uint8_t head[8] = { 8 };
	static const uint8_t rr[8] = { 7, 7, 4, 0, 0, 0, 0, 1 };
	const struct test_packet p = {
		.saddr = 0x0a0000ff,
		.daddr = 0x0a0000ff,
		.protocol = IPPROTO_ICMP,
		.opt = rr,
		.opt_len = sizeof(rr),
		.data = head,
		.data_len = 8,
		.fill_len = fill_len,
	};

	test_host_sysctl(th, "net.ipv4.icmp_echo_ignore_broadcasts", "0");
	test_host_send(th, &p);
}

/*
 * The answer to a broadcast address comes back to the host itself; when it leaves in fragments and
 * with options, the kernel's own copy is spoilt on the way (seen live).
 */
static void test_loopback_copy(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 576);
	size_t len;

	(void)state;
	broadcast_echo(th, 100);
	assert_non_null(test_host_emitted(th, 0, &len));
	assert_null(test_host_emitted(th, 1, &len));
	assert_string_equal(test_host_drops(th), " INVALID_PROTO");
	broadcast_echo(th, 1000);
	assert_non_null(test_host_emitted(th, 1, &len));
	assert_string_equal(test_host_drops(th), " IP_CSUM");
	test_host_free(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_loopback_copy),
	};

	return cmocka_run_group_tests_name("ip_output", tests, NULL, NULL);
}
