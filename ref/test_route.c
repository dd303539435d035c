/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The input decision: who may send to whom, in each profile; learnt path MTUs and redirects; and
 * that a kept decision never outlives what it was made from.
 */
#include <errno.h>

#include "ref/fib.h"
#include "ref/icmp.h"
#include "ref/test_host.h"

#define A(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))
#define ROWS(rows)    (sizeof(rows) / sizeof((rows)[0]))
#define ETH0	      2
#define ETH1	      3
#define SEC_NS	      1000000000ull
#define ALL_HOSTS     A(224, 0, 0, 1)
#define LBCAST	      0xffffffffu

/* eth0 10.0.0.1/24 with a default route, as test_host_new(); eth1 10.0.1.1/24; forwarding. */
static struct test_host *router(enum ref_profile profile)
{
	struct test_host *th = test_host_new(profile, 1500);
	const struct ref_link link = { .name = "eth1",
				       .kind = REF_LINK_WIRE,
				       .mac = { 2, 0, 0, 0, 0, 9 } };
	const struct ref_addr addr = { .local = A(10, 0, 1, 1), .plen = 24 };
	static const uint8_t mac[6] = { 2, 0, 0, 0, 1, 2 };

	assert_int_equal(ref_link_add(th->net, &link), ETH1);
	assert_int_equal(ref_link_flags(th->net, ETH1, REF_LINK_UP, 0), 0);
	assert_int_equal(ref_addr_add(th->net, ETH1, &addr), 0);
	assert_int_equal(ref_neigh_add(th->net, ETH1, A(10, 0, 1, 2), mac), 0);
	test_host_sysctl(th, "net.ipv4.ip_forward", "1");
	test_host_sysctl(th, "net.ipv4.icmp_ratelimit", "0");
	test_host_sysctl(th, "net.ipv4.icmp_ratemask", "0");
	return th;
}

#define C(key) "net.ipv4.conf.eth0." key

struct in_row {
	const char *name;
	uint32_t saddr, daddr;
	const char *key, *value; /* a sysctl; NULL: none */
	const char *drops_6_18, *drops_6_12;
	const char *mib;
};

#define DELIVERED " IP_NOPROTO", " IP_NOPROTO"
#define UNKNOWN	  " Ip.InUnknownProtos=1"
#define ANSWER                                                                                     \
	" Ip.InUnknownProtos=1 Ip.OutRequests=1 Ip.OutTransmits=1 IpExt.OutOctets=56"              \
	" Icmp.OutMsgs=1 Icmp.OutDestUnreachs=1 IcmpMsg.OutType3=1"
#define REFUSED(reason) " " reason, " NOT_SPECIFIED", ""
#define RPF		" IP_RPFILTER", " IP_RPFILTER", " TcpExt.IPReversePathFilter=1"
#define ERR(n)                                                                                     \
	" Ip.OutRequests=1 Ip.OutTransmits=1 IpExt.OutOctets=56 Icmp.OutMsgs=1"                    \
	" Icmp.OutDestUnreachs=1 IcmpMsg.OutType3=1"

static const struct in_row in_rows[] = {
	{ "to us", 0, 0, NULL, NULL, DELIVERED, ANSWER },
	{ "to the other device's address", 0, A(10, 0, 1, 1), NULL, NULL, DELIVERED, ANSWER },
	{ "to the subnet", 0, A(10, 0, 0, 255), NULL, NULL, DELIVERED, UNKNOWN },
	{ "to the other subnet", 0, A(10, 0, 1, 255), NULL, NULL, DELIVERED, UNKNOWN },
	{ "to all", 0, LBCAST, NULL, NULL, DELIVERED, UNKNOWN },
	{ "to all hosts", 0, ALL_HOSTS, NULL, NULL, DELIVERED, UNKNOWN },
	{ "group without members", 0, A(239, 1, 1, 1), NULL, NULL, " NOT_SPECIFIED",
	  " NOT_SPECIFIED", "" },
	{ "from a group", ALL_HOSTS, 0, NULL, NULL, REFUSED("IP_INVALID_SOURCE") },
	{ "from all", LBCAST, 0, NULL, NULL, REFUSED("IP_INVALID_SOURCE") },
	{ "from a group to a group", A(224, 9, 9, 9), ALL_HOSTS, NULL, NULL,
	  REFUSED("IP_INVALID_SOURCE") },
	{ "loopback to a group", A(127, 0, 0, 9), ALL_HOSTS, NULL, NULL, REFUSED("IP_LOCALNET") },
	{ "ourselves to a group", TH_LOCAL, ALL_HOSTS, NULL, NULL, REFUSED("IP_LOCAL_SOURCE") },
	{ "to loopback", 0, A(127, 0, 0, 1), NULL, NULL, REFUSED("IP_LOCALNET") },
	{ "from loopback", A(127, 0, 0, 9), 0, NULL, NULL, REFUSED("IP_LOCALNET") },
	{ "from loopback, allowed", A(127, 0, 0, 9), 0, C("route_localnet"), "1", DELIVERED,
	  /* No answer leaves: it goes to lo, where nobody asked. */
	  " Ip.InUnknownProtos=1 Ip.OutRequests=1 Ip.OutTransmits=1 IpExt.OutOctets=56"
	  " Icmp.InMsgs=1 Icmp.InDestUnreachs=1 Icmp.OutMsgs=1 Icmp.OutDestUnreachs=1"
	  " IcmpMsg.InType3=1 IcmpMsg.OutType3=1" },
	{ "from 127.0.0.1 to all", A(127, 0, 0, 1), LBCAST, NULL, NULL,
	  REFUSED("IP_LOCAL_SOURCE") },
	{ "from 127.0.0.2 to all", A(127, 0, 0, 2), LBCAST, NULL, NULL, DELIVERED, UNKNOWN },
	{ "from 0.1.2.3", A(0, 1, 2, 3), 0, NULL, NULL, DELIVERED, ANSWER },
	{ "from class E", A(240, 0, 0, 1), 0, NULL, NULL, DELIVERED, ANSWER },
	{ "to 0.1.2.3", 0, A(0, 1, 2, 3), C("forwarding"), "0", " IP_INADDRERRORS",
	  " IP_INADDRERRORS", " Ip.InAddrErrors=1" },
	{ "from ourselves", TH_LOCAL, 0, NULL, NULL, REFUSED("IP_LOCAL_SOURCE") },
	{ "from the other device's address", A(10, 0, 1, 1), 0, NULL, NULL,
	  REFUSED("IP_LOCAL_SOURCE") },
	/* The answer goes to the broadcast address, and so to ourselves as well. */
	{ "from a broadcast", A(10, 0, 0, 255), 0, NULL, NULL, " IP_NOPROTO INVALID_PROTO",
	  " IP_NOPROTO INVALID_PROTO",
	  " Ip.InUnknownProtos=1 Ip.OutRequests=1 Ip.OutTransmits=1 IpExt.OutBcastPkts=1"
	  " IpExt.OutOctets=56 IpExt.OutBcastOctets=56 Icmp.InMsgs=1 Icmp.InErrors=1"
	  " Icmp.InDestUnreachs=1 Icmp.OutMsgs=1 Icmp.OutDestUnreachs=1 IcmpMsg.InType3=1"
	  " IcmpMsg.OutType3=1" },
	{ "from a broadcast, strict", A(10, 0, 0, 255), 0, C("rp_filter"), "1",
	  REFUSED("IP_INVALID_SOURCE") },
	{ "from ourselves, strict", TH_LOCAL, 0, C("rp_filter"), "1", REFUSED("IP_LOCAL_SOURCE") },
	{ "from behind eth1", A(10, 0, 1, 2), 0, NULL, NULL, DELIVERED, ANSWER },
	{ "from behind eth1, strict", A(10, 0, 1, 2), 0, C("rp_filter"), "1", RPF },
	{ "from behind eth1, loose", A(10, 0, 1, 2), 0, C("rp_filter"), "2", DELIVERED, ANSWER },
	{ "the larger of the two", A(10, 0, 1, 2), 0, "net.ipv4.conf.all.rp_filter", "1", RPF },
	{ "from behind eth1 to all, strict", A(10, 0, 1, 2), LBCAST, C("rp_filter"), "1", RPF },
	{ "from behind eth1 to a group, strict", A(10, 0, 1, 2), ALL_HOSTS, C("rp_filter"), "1",
	  RPF },
	{ "not ours, not passed on", 0, A(10, 7, 0, 1), C("forwarding"), "0", " IP_INADDRERRORS",
	  " IP_INADDRERRORS", " Ip.InAddrErrors=1" },
	{ "no route", 0, A(10, 9, 4, 1), NULL, NULL, " IP_INNOROUTES", " IP_INNOROUTES", ERR(0) },
	{ "unreachable", 0, A(10, 9, 1, 1), NULL, NULL, " NOT_SPECIFIED", " NOT_SPECIFIED",
	  ERR(1) },
	{ "prohibited", 0, A(10, 9, 2, 1), NULL, NULL, " NOT_SPECIFIED", " NOT_SPECIFIED",
	  ERR(13) },
	{ "blackhole", 0, A(10, 9, 3, 1), NULL, NULL, " NOT_SPECIFIED", " NOT_SPECIFIED", "" },
	{ "a route of an odd type", 0, A(10, 9, 5, 1), NULL, NULL, REFUSED("IP_INVALID_DEST") },
	{ "passed on from behind eth1, strict", A(10, 0, 1, 2), A(8, 8, 8, 8), C("rp_filter"), "1",
	  RPF },
};

static void add_odd_routes(struct test_host *th)
{
	static const struct ref_route routes[] = {
		{ .type = REF_RTN_UNREACHABLE, .dst = A(10, 9, 1, 0), .plen = 24 },
		{ .type = REF_RTN_PROHIBIT, .dst = A(10, 9, 2, 0), .plen = 24 },
		{ .type = REF_RTN_BLACKHOLE, .dst = A(10, 9, 3, 0), .plen = 24 },
		{ .type = REF_RTN_ANYCAST,
		  .dst = A(10, 9, 5, 0),
		  .plen = 24,
		  .scope = RT_SCOPE_LINK,
		  .nexthop_nr = 1,
		  .nexthop = { { .ifindex = ETH0 } } },
	};
	static const struct ref_route thrown = { .type = REF_RTN_THROW,
						 .dst = A(10, 9, 4, 0),
						 .plen = 24 };

	for (size_t i = 0; i < ROWS(routes); i++)
		assert_int_equal(ref_route_add(th->net, &routes[i]), 0);
	assert_int_equal(ref_route_add(th->net, &thrown), 0);
}

static void in_row_check(const struct in_row *row, enum ref_profile profile)
{
	const char *drops = profile == REF_LINUX_6_18 ? row->drops_6_18 : row->drops_6_12;
	const struct test_packet p = {
		.saddr = row->saddr, .daddr = row->daddr, .protocol = 200, .fill_len = 8
	};
	struct test_host *th = router(profile);

	add_odd_routes(th);
	if (row->key)
		test_host_sysctl(th, row->key, row->value);
	/* Twice: the second time the decision may be a kept one. */
	for (int i = 0; i < 2; i++) {
		test_host_send(th, &p);
		if (strcmp(test_host_drops(th), drops) != 0 ||
		    (profile == REF_LINUX_6_18 && !strstr(drops, "INNOROUTES") &&
		     strcmp(test_host_mib(th), row->mib) != 0))
			fail_msg("%s: %s: look %d:%s%s", ref_profile_name(profile), row->name, i,
				 test_host_drops(th), test_host_mib(th));
	}
	test_host_free(th);
}

static void test_input(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(in_rows); i++)
		for (int p = 0; p < REF_PROFILE_NR; p++)
			in_row_check(&in_rows[i], (enum ref_profile)p);
}

/* Source 0.0.0.0 can't be said with struct test_packet. */
static void test_zero_source(void **state)
{
	static const struct {
		uint32_t daddr;
		uint8_t protocol;
		const char *drops;
	} rows[] = {
		{ TH_LOCAL, 200, " IP_INVALID_SOURCE" },
		{ A(10, 0, 0, 255), 200, " IP_INVALID_SOURCE" },
		{ LBCAST, 200, " IP_NOPROTO" },
		{ 0, 200, " IP_NOPROTO" },
		{ ALL_HOSTS, 200, " IP_NOPROTO" },
		{ A(239, 1, 1, 1), 200, " NOT_SPECIFIED" },
	};
	static const struct test_packet p = { .protocol = 200, .fill_len = 8 };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct test_host *th = router(REF_LINUX_6_18);
		size_t len = test_packet_make(th, &p);
		uint8_t *ip = th->frame + 14;

		test_host_sysctl(th, C("rp_filter"), "1");
		ip[9] = rows[i].protocol;
		wire_put32(ip + 12, 0);
		wire_put32(ip + 16, rows[i].daddr);
		ip_send_check(ip);
		test_host_frame(th, len);
		if (strcmp(test_host_drops(th), rows[i].drops) != 0)
			fail_msg("row %zu:%s", i, test_host_drops(th));
		/* To 0.0.0.0 only from 0.0.0.0. */
		wire_put32(ip + 12, TH_PEER);
		ip_send_check(ip);
		test_host_frame(th, len);
		if (rows[i].daddr == 0)
			assert_string_equal(test_host_drops(th), " IP_INVALID_DEST");
		test_host_free(th);
	}
}

/* The errors to one host without a route: five at once, then one a second. */
static void test_error_limit(void **state)
{
	const struct test_packet p = { .daddr = A(10, 9, 4, 1), .protocol = 200, .fill_len = 8 };
	struct test_host *th = router(REF_LINUX_6_18);
	unsigned int sent = 0;
	size_t len;

	(void)state;
	add_odd_routes(th);
	for (int i = 0; i < 8; i++) {
		test_host_send(th, &p);
		assert_string_equal(test_host_drops(th), " IP_INNOROUTES");
		sent += test_host_emitted(th, 0, &len) != NULL;
	}
	assert_int_equal(sent, 5);
	th->now_ns = SEC_NS;
	test_host_send(th, &p);
	assert_non_null(test_host_emitted(th, 0, &len));
	test_host_send(th, &p);
	assert_null(test_host_emitted(th, 0, &len));
	test_host_free(th);
}

static void flags_up(struct test_host *th)
{
	assert_int_equal(ref_link_flags(th->net, ETH1, REF_LINK_UP, 0), 0);
}

static void flags_down(struct test_host *th)
{
	assert_int_equal(ref_link_flags(th->net, ETH1, 0, REF_LINK_UP), 0);
}

static void add_address(struct test_host *th)
{
	static const struct ref_addr addr = { .local = A(10, 0, 1, 7), .plen = 24 };

	assert_int_equal(ref_addr_add(th->net, ETH1, &addr), 0);
}

static void add_route(struct test_host *th)
{
	static const struct ref_route route = { .type = REF_RTN_BLACKHOLE,
						.dst = A(10, 0, 1, 7),
						.plen = 32 };

	assert_int_equal(ref_route_add(th->net, &route), 0);
}

static void small_mtu(struct test_host *th)
{
	assert_int_equal(ref_link_mtu(th->net, ETH1, 100), 0);
}

static void no_forwarding(struct test_host *th)
{
	test_host_sysctl(th, C("forwarding"), "0");
}

static void strict(struct test_host *th)
{
	test_host_sysctl(th, "net.ipv4.conf.all.rp_filter", "1");
}

/* What happens to one packet (10.0.0.2 or 10.0.1.9 to 10.0.1.7), before and after a change. */
static void test_kept_decisions(void **state)
{
	static const struct {
		const char *name;
		uint32_t saddr;
		void (*change)(struct test_host *th);
		const char *before, *after;
	} rows[] = {
		{ "device down", TH_PEER, flags_down, "ForwDatagrams", "ForwDatagrams" },
		{ "address", TH_PEER, add_address, "ForwDatagrams", "InUnknownProtos" },
		{ "route", TH_PEER, add_route, "ForwDatagrams", "" },
		{ "MTU", TH_PEER, small_mtu, "ForwDatagrams", "FragFails" },
		{ "forwarding", TH_PEER, no_forwarding, "ForwDatagrams", "InAddrErrors" },
		{ "rp_filter", A(10, 0, 1, 9), strict, "ForwDatagrams", "IPReversePathFilter" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct test_packet p = { .saddr = rows[i].saddr,
					       .daddr = A(10, 0, 1, 7),
					       .protocol = 200,
					       .frag_off = IP_DF,
					       .fill_len = 200 };
		struct test_host *th = router(REF_LINUX_6_18);
		static const uint8_t mac[6] = { 2, 0, 0, 0, 1, 7 };

		assert_int_equal(ref_neigh_add(th->net, ETH1, A(10, 0, 1, 7), mac), 0);
		for (int n = 0; n < 3; n++) {
			test_host_send(th, &p);
			if (!strstr(test_host_mib(th), rows[i].before))
				fail_msg("%s, before:%s", rows[i].name, test_host_mib(th));
		}
		rows[i].change(th);
		for (int n = 0; n < 3; n++) {
			test_host_send(th, &p);
			if (!strstr(test_host_mib(th), rows[i].after))
				fail_msg("%s, after:%s", rows[i].name, test_host_mib(th));
		}
		if (rows[i].change == flags_down) {
			/* By the default route in between, and back. */
			assert_int_equal(th->update->obs[0].ifindex, ETH0);
			flags_up(th);
			test_host_send(th, &p);
			assert_int_equal(th->update->obs[0].ifindex, ETH1);
		}
		test_host_free(th);
	}
}

static uint32_t mtu_to(struct test_host *th, uint32_t daddr)
{
	struct flowi4 fl4 = { .daddr = daddr };
	struct rtable rt;

	assert_int_equal(ip_route_output_flow(th->net, &fl4, &rt), 0);
	return ip_dst_mtu(th->net, &rt, false);
}

static void learn(struct test_host *th, uint32_t daddr, uint32_t mtu)
{
	struct flowi4 fl4 = { .daddr = daddr };

	ipv4_update_pmtu(th->net, &fl4, mtu);
}

static void pass_time(struct test_host *th, uint64_t now_ns)
{
	const struct ref_event event = { .type = REF_EV_TIME, .now_ns = now_ns };

	th->now_ns = now_ns;
	th->update = ref_step(th->net, &event);
}

static void test_path_mtu(void **state)
{
	struct test_host *th = router(REF_LINUX_6_18);
	const uint32_t far = A(8, 8, 8, 8);

	(void)state;
	assert_int_equal(mtu_to(th, far), 1500);
	learn(th, far, 1501);
	assert_int_equal(mtu_to(th, far), 1500);
	learn(th, far, 1400);
	assert_int_equal(mtu_to(th, far), 1400);
	assert_int_equal(mtu_to(th, A(8, 8, 8, 9)), 1500);
	learn(th, far, 1450);
	assert_int_equal(mtu_to(th, far), 1400);
	/* Smaller than min_pmtu: held at that, and no more news are taken. */
	learn(th, far, 100);
	assert_int_equal(mtu_to(th, far), 552);
	learn(th, far, 552);
	assert_int_equal(mtu_to(th, far), 552);
	/* Ten minutes after the last news it is forgotten. */
	pass_time(th, 600 * SEC_NS - 1);
	assert_int_equal(mtu_to(th, far), 552);
	pass_time(th, 600 * SEC_NS);
	assert_int_equal(mtu_to(th, far), 576);
	pass_time(th, 600 * SEC_NS + 1);
	assert_int_equal(mtu_to(th, far), 1500);
	/* The device's own MTU: a smaller one limits, the old limit goes with it. */
	learn(th, far, 1500);
	assert_int_equal(ref_link_mtu(th->net, ETH0, 1000), 0);
	assert_int_equal(mtu_to(th, far), 1000);
	assert_int_equal(ref_link_mtu(th->net, ETH0, 1500), 0);
	assert_int_equal(mtu_to(th, far), 1500);
	learn(th, far, 700);
	ref_reset(th->net);
	assert_int_equal(mtu_to(th, far), 1500);
	test_host_free(th);
}

/* The limit on what is learnt: the oldest makes room. */
static void test_path_mtu_limit(void **state)
{
	struct test_host *th = router(REF_LINUX_6_18);

	(void)state;
	for (uint32_t i = 0; i <= REF_FNHE_MAX; i++)
		learn(th, A(8, 0, 0, 0) + i, 1400);
	assert_int_equal(mtu_to(th, A(8, 0, 0, 0)), 1500);
	assert_int_equal(mtu_to(th, A(8, 0, 0, 1)), 1400);
	assert_int_equal(mtu_to(th, A(8, 0, 0, 0) + REF_FNHE_MAX), 1400);
	test_host_free(th);
}

static void test_route_mtu(void **state)
{
	static const struct {
		uint32_t mtu, dev_mtu;
		bool lock;
		uint32_t learn, want, want_forward;
	} rows[] = {
		{ 600, 1500, false, 0, 600, 600 },	 { 600, 1500, true, 0, 600, 600 },
		{ 1600, 1500, false, 0, 1600, 1600 },	 { 70000, 1500, false, 0, 65520, 65520 },
		{ 1400, 1500, false, 1000, 1000, 1400 }, { 1400, 1500, true, 1000, 1400, 1400 },
		{ 0, 1500, true, 0, 576, 576 },		 { 0, 500, true, 0, 500, 500 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct test_host *th = router(REF_LINUX_6_18);
		const struct ref_route route = {
			.type = REF_RTN_UNICAST,
			.dst = A(8, 8, 8, 8),
			.plen = 32,
			.mtu = rows[i].mtu,
			.mtu_lock = rows[i].lock,
			.nexthop_nr = 1,
			.nexthop = { { .gateway = TH_GATEWAY } },
		};
		struct flowi4 fl4 = { .daddr = A(8, 8, 8, 8) };
		struct rtable rt;

		assert_int_equal(ref_route_add(th->net, &route), 0);
		assert_int_equal(ref_link_mtu(th->net, ETH0, rows[i].dev_mtu), 0);
		if (rows[i].learn)
			learn(th, fl4.daddr, rows[i].learn);
		assert_int_equal(ip_route_output_flow(th->net, &fl4, &rt), 0);
		if (ip_dst_mtu(th->net, &rt, false) != rows[i].want ||
		    ip_dst_mtu(th->net, &rt, true) != rows[i].want_forward)
			fail_msg("row %zu: %u %u", i, ip_dst_mtu(th->net, &rt, false),
				 ip_dst_mtu(th->net, &rt, true));
		test_host_free(th);
	}
}

/* An ICMP redirect for 8.8.8.8, by its sender, code and new gateway. */
static void redirect(struct test_host *th, uint32_t from, uint8_t code, uint32_t gw)
{
	uint8_t data[8 + 28] = { ICMP_REDIRECT, code };
	const struct test_packet p = {
		.saddr = from, .protocol = IPPROTO_ICMP, .data = data, .data_len = sizeof(data)
	};

	wire_put32(data + 4, gw);
	data[8] = 0x45;
	data[8 + 9] = IPPROTO_ICMP;
	wire_put32(data + 8 + 12, TH_LOCAL);
	wire_put32(data + 8 + 16, A(8, 8, 8, 8));
	test_host_send(th, &p);
}

static void test_redirects(void **state)
{
	static const struct {
		const char *name;
		uint32_t from, gw;
		uint8_t code;
		const char *key, *value;
		bool taken;
	} rows[] = {
		{ "host", TH_GATEWAY, A(10, 0, 0, 5), 1, NULL, NULL, true },
		{ "net", TH_GATEWAY, A(10, 0, 0, 5), 0, NULL, NULL, true },
		{ "code 5 is code 1", TH_GATEWAY, A(10, 0, 0, 5), 13, NULL, NULL, false },
		{ "code 4", TH_GATEWAY, A(10, 0, 0, 5), 4, NULL, NULL, false },
		{ "not from the gateway", TH_PEER, A(10, 0, 0, 5), 1, NULL, NULL, false },
		{ "to the gateway", TH_GATEWAY, TH_GATEWAY, 1, NULL, NULL, false },
		{ "to ourselves", TH_GATEWAY, TH_LOCAL, 1, NULL, NULL, false },
		{ "to a broadcast", TH_GATEWAY, A(10, 0, 0, 255), 1, NULL, NULL, false },
		{ "to a group", TH_GATEWAY, ALL_HOSTS, 1, NULL, NULL, false },
		{ "to 0.0.0.0", TH_GATEWAY, 0, 1, NULL, NULL, false },
		{ "to one we must ask for", TH_GATEWAY, A(10, 0, 0, 77), 1, NULL, NULL, false },
		{ "switched off", TH_GATEWAY, A(10, 0, 0, 5), 1, C("accept_redirects"), "0",
		  false },
		{ "no shared media, secure", TH_GATEWAY, A(10, 0, 0, 5), 1,
		  "net.ipv4.conf.all.shared_media", "0", true },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		struct flowi4 fl4 = { .daddr = A(8, 8, 8, 8) };
		uint32_t want = rows[i].taken ? rows[i].gw : TH_GATEWAY;
		struct rtable rt;

		/* conf/all is off; without forwarding one of the two is enough. */
		test_host_sysctl(th, "net.ipv4.conf.all.accept_redirects", "0");
		if (rows[i].key)
			test_host_sysctl(th, rows[i].key, rows[i].value);
		redirect(th, rows[i].from, rows[i].code, rows[i].gw);
		assert_int_equal(ip_route_output_flow(th->net, &fl4, &rt), 0);
		if (rt.rt_gw4 != want)
			fail_msg("%s: %08x", rows[i].name, rt.rt_gw4);
		/* Five minutes. */
		pass_time(th, 300 * SEC_NS + 1);
		assert_int_equal(ip_route_output_flow(th->net, &fl4, &rt), 0);
		assert_int_equal(rt.rt_gw4, TH_GATEWAY);
		test_host_free(th);
	}
}

/* Redirects sent: at once, then ever more slowly, nine at most; then silence makes good. */
static void test_send_redirects(void **state)
{
	const struct test_packet p = {
		.daddr = A(8, 8, 8, 8), .protocol = 200, .ttl = 9, .fill_len = 8
	};
	struct test_host *th = router(REF_LINUX_6_18);
	unsigned int sent = 0;
	size_t len;

	(void)state;
	for (uint64_t ms = 0; ms < 40000; ms += 10) {
		const uint8_t *icmp;

		th->now_ns = ms * 1000000u;
		test_host_send(th, &p);
		icmp = test_host_emitted(th, 0, &len);
		assert_non_null(icmp);
		if (icmp[9] != IPPROTO_ICMP)
			continue;
		assert_int_equal(icmp[20], ICMP_REDIRECT);
		assert_int_equal(icmp[21], 1);
		assert_int_equal(wire_get32(icmp + 24), TH_GATEWAY);
		/* The packet as it leaves: one hop less. */
		assert_int_equal(icmp[28 + 8], 8);
		sent++;
	}
	assert_int_equal(sent, 9);
	th->now_ns = 70 * SEC_NS;
	test_host_send(th, &p);
	assert_int_equal(test_host_emitted(th, 0, &len)[9], IPPROTO_ICMP);
	test_host_free(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_input),	       cmocka_unit_test(test_zero_source),
		cmocka_unit_test(test_error_limit),    cmocka_unit_test(test_kept_decisions),
		cmocka_unit_test(test_path_mtu),       cmocka_unit_test(test_path_mtu_limit),
		cmocka_unit_test(test_route_mtu),      cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_send_redirects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
