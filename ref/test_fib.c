/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Links, addresses, routes and neighbours: what is refused and how, and which routes come and go
 * with what. The answers were compared with those of `ip` on a live 6.18 kernel.
 */
#include <errno.h>

#include "ref/fib.h"
#include "ref/test_host.h"

#define A(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))
#define ROWS(rows)    (sizeof(rows) / sizeof((rows)[0]))
#define ETH0	      2
#define ETH1	      3

/* eth0 10.0.0.1/24 with a default route, as test_host_new(); eth1 10.0.1.1/24. */
static struct test_host *two_wires(void)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	const struct ref_link link = { .name = "eth1",
				       .kind = REF_LINK_WIRE,
				       .mac = { 2, 0, 0, 0, 0, 9 } };
	const struct ref_addr addr = { .local = A(10, 0, 1, 1), .plen = 24 };

	assert_int_equal(ref_link_add(th->net, &link), ETH1);
	assert_int_equal(ref_link_flags(th->net, ETH1, REF_LINK_UP, 0), 0);
	assert_int_equal(ref_addr_add(th->net, ETH1, &addr), 0);
	return th;
}

/* The device that a packet to this address would leave by, or -errno; lo is 1. */
static int way(struct test_host *th, uint32_t daddr, uint8_t tos, uint32_t *ret_gw)
{
	struct flowi4 fl4 = { .daddr = daddr, .flowi4_tos = tos };
	struct rtable rt = { 0 };
	int err = ip_route_output_flow(th->net, &fl4, &rt);

	*ret_gw = rt.rt_gw4;
	return err ? err : rt.dev->ifindex;
}

static void test_links(void **state)
{
	static const struct {
		const char *name;
		struct ref_link link;
		int want;
	} rows[] = {
		{ "a second lo", { "lo9", REF_LINK_LO, { 0 }, 0 }, -EINVAL },
		{ "no name", { "", REF_LINK_WIRE, { 0 }, 0 }, -EINVAL },
		{ "name with a slash", { "a/b", REF_LINK_WIRE, { 0 }, 0 }, -EINVAL },
		{ "name with a space", { "a b", REF_LINK_WIRE, { 0 }, 0 }, -EINVAL },
		{ "two dots", { "..", REF_LINK_WIRE, { 0 }, 0 }, -EINVAL },
		{ "name of 16 octets", { "0123456789abcdef", REF_LINK_WIRE, { 0 }, 0 }, -EINVAL },
		{ "name of 15 octets", { "0123456789abcde", REF_LINK_WIRE, { 0 }, 0 }, 3 },
		{ "taken", { "eth0", REF_LINK_WIRE, { 0 }, 0 }, -EEXIST },
		{ "lo is taken", { "lo", REF_LINK_DUMMY, { 0 }, 0 }, -EEXIST },
		{ "MTU below 68", { "e", REF_LINK_WIRE, { 0 }, 67 }, -EINVAL },
		{ "MTU of 68", { "e", REF_LINK_WIRE, { 0 }, 68 }, 3 },
		{ "longest MTU of a tap", { "e", REF_LINK_WIRE, { 0 }, 65521 }, 3 },
		{ "one more", { "e", REF_LINK_WIRE, { 0 }, 65522 }, -EINVAL },
		{ "a dummy takes any", { "e", REF_LINK_DUMMY, { 0 }, 60 }, 3 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		int got = ref_link_add(th->net, &rows[i].link);

		if (got != rows[i].want)
			fail_msg("%s: %d", rows[i].name, got);
		test_host_free(th);
	}
}

static void test_link_limit(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	struct ref_link link = { .kind = REF_LINK_DUMMY };

	(void)state;
	for (int i = 3; i <= REF_DEV_MAX; i++) {
		snprintf(link.name, sizeof(link.name), "d%d", i);
		assert_int_equal(ref_link_add(th->net, &link), i);
	}
	snprintf(link.name, sizeof(link.name), "more");
	assert_int_equal(ref_link_add(th->net, &link), -ENOSPC);
	test_host_free(th);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *name;
		int ifindex;
		struct ref_addr addr;
		int want;
	} rows[] = {
		{ "no such device", 9, { .local = A(10, 7, 0, 1), .plen = 24 }, -ENODEV },
		{ "prefix of 33", ETH0, { .local = A(10, 7, 0, 1), .plen = 33 }, -EINVAL },
		{ "there already", ETH0, { .local = A(10, 0, 0, 1), .plen = 24 }, -EEXIST },
		{ "there, other prefix", ETH0, { .local = A(10, 0, 0, 1), .plen = 25 }, 0 },
		{ "secondary", ETH0, { .local = A(10, 0, 0, 9), .plen = 24 }, 0 },
		{ "secondary of another scope",
		  ETH0,
		  { .local = A(10, 0, 0, 9), .plen = 24, .scope = RT_SCOPE_LINK },
		  -EINVAL },
		{ "the same on another device", ETH1, { .local = A(10, 0, 0, 1), .plen = 24 }, 0 },
		{ "none at all", ETH0, { .plen = 8 }, 0 },
		{ "multicast", ETH0, { .local = A(224, 0, 0, 5), .plen = 24 }, 0 },
		{ "limited broadcast", ETH0, { .local = 0xffffffffu, .plen = 32 }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct test_host *th = two_wires();
		int got = ref_addr_add(th->net, rows[i].ifindex, &rows[i].addr);

		if (got != rows[i].want)
			fail_msg("%s: %d", rows[i].name, got);
		test_host_free(th);
	}
}

static void test_address_limit(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	struct ref_addr addr = { .plen = 32 };

	(void)state;
	/* 127.0.0.1 and 10.0.0.1 are there. */
	for (uint32_t i = 2; i < REF_IFADDR_MAX; i++) {
		addr.local = A(10, 8, 0, 0) + i;
		assert_int_equal(ref_addr_add(th->net, ETH0, &addr), 0);
	}
	addr.local = A(10, 9, 0, 0);
	assert_int_equal(ref_addr_add(th->net, ETH0, &addr), -ENOBUFS);
	test_host_free(th);
}

#define UNICAST	 .type = REF_RTN_UNICAST
#define VIA(gw)	 .nexthop_nr = 1, .nexthop = { { .gateway = gw } }
#define DEV(dev) .nexthop_nr = 1, .nexthop = { { .ifindex = dev } }
#define ONLINK(gw, dev)                                                                            \
	.nexthop_nr = 1, .nexthop = { { .gateway = gw, .ifindex = dev, .onlink = true } }
#define NET9 .dst = A(10, 9, 0, 0), .plen = 16

static const struct {
	const char *name;
	struct ref_route route;
	int want;
} route_rows[] = {
	{ "by a gateway", { UNICAST, NET9, VIA(TH_GATEWAY) }, 0 },
	{ "gateway behind a gateway", { UNICAST, NET9, VIA(A(8, 8, 8, 8)) }, -ENETUNREACH },
	{ "gateway is ours", { UNICAST, NET9, VIA(TH_LOCAL) }, 0 },
	{ "gateway is a broadcast", { UNICAST, NET9, VIA(A(10, 0, 0, 255)) }, -EINVAL },
	{ "gateway is a group", { UNICAST, NET9, VIA(A(224, 0, 0, 1)) }, -ENETUNREACH },
	{ "neither gateway nor device", { UNICAST, NET9 }, -ENODEV },
	{ "no such device", { UNICAST, NET9, .scope = RT_SCOPE_LINK, DEV(9) }, -ENODEV },
	{ "on the link", { UNICAST, NET9, .scope = RT_SCOPE_LINK, DEV(ETH0) }, 0 },
	{ "of host scope", { UNICAST, NET9, .scope = RT_SCOPE_HOST, DEV(ETH0) }, 0 },
	{ "of host scope with a gateway",
	  { UNICAST, NET9, .scope = RT_SCOPE_HOST, VIA(TH_GATEWAY) },
	  -EINVAL },
	{ "of no scope", { UNICAST, NET9, .scope = 255, DEV(ETH0) }, -EINVAL },
	{ "onlink", { UNICAST, NET9, ONLINK(A(10, 7, 7, 7), ETH0) }, 0 },
	{ "onlink without device", { UNICAST, NET9, ONLINK(A(10, 7, 7, 7), 0) }, -ENODEV },
	{ "onlink to ourselves", { UNICAST, NET9, ONLINK(TH_LOCAL, ETH0) }, -EINVAL },
	{ "onlink without gateway", { UNICAST, NET9, ONLINK(0, ETH0) }, -EINVAL },
	{ "onlink of link scope",
	  { UNICAST, NET9, .scope = RT_SCOPE_LINK, ONLINK(A(10, 7, 7, 7), ETH0) },
	  -EINVAL },
	{ "prefix of 33", { UNICAST, .plen = 33, VIA(TH_GATEWAY) }, -EINVAL },
	{ "bits behind the prefix",
	  { UNICAST, .dst = A(10, 9, 0, 1), .plen = 16, VIA(TH_GATEWAY) },
	  -EINVAL },
	{ "ECN bits in the TOS", { UNICAST, NET9, .tos = 1, VIA(TH_GATEWAY) }, -EINVAL },
	{ "there already", { UNICAST, VIA(A(10, 0, 0, 9)) }, -EEXIST },
	{ "there with another metric", { UNICAST, .metric = 5, VIA(A(10, 0, 0, 9)) }, 0 },
	{ "there with another TOS", { UNICAST, .tos = 16, VIA(A(10, 0, 0, 9)) }, 0 },
	{ "there in another table", { UNICAST, .table = 100, VIA(A(10, 0, 0, 9)) }, 0 },
	{ "source is ours", { UNICAST, NET9, .prefsrc = TH_LOCAL, VIA(TH_GATEWAY) }, 0 },
	{ "source is not", { UNICAST, NET9, .prefsrc = TH_PEER, VIA(TH_GATEWAY) }, -EINVAL },
	{ "blackhole", { .type = REF_RTN_BLACKHOLE, NET9 }, 0 },
	{ "unreachable with a gateway",
	  { .type = REF_RTN_UNREACHABLE, NET9, VIA(TH_GATEWAY) },
	  -EINVAL },
	{ "local", { .type = REF_RTN_LOCAL, NET9, .scope = RT_SCOPE_HOST, DEV(1) }, 0 },
	{ "local, too wide a scope",
	  { .type = REF_RTN_LOCAL, NET9, .scope = RT_SCOPE_LINK, DEV(1) },
	  -EINVAL },
	{ "broadcast, too wide a scope", { .type = REF_RTN_BROADCAST, NET9, DEV(ETH0) }, -EINVAL },
	{ "broadcast", { .type = REF_RTN_BROADCAST, NET9, .scope = RT_SCOPE_LINK, DEV(ETH0) }, 0 },
	{ "nat", { .type = REF_RTN_NAT, NET9, .scope = RT_SCOPE_HOST, DEV(ETH0) }, -EINVAL },
	{ "unknown type", { .type = (enum ref_route_type)12, NET9 }, -EINVAL },
	{ "two ways",
	  { UNICAST, NET9, .nexthop_nr = 2,
	    .nexthop = { { .gateway = TH_GATEWAY }, { .gateway = A(10, 0, 1, 2) } } },
	  0 },
	{ "two ways, one bad",
	  { UNICAST, NET9, .nexthop_nr = 2,
	    .nexthop = { { .gateway = TH_GATEWAY }, { .gateway = A(8, 8, 8, 8) } } },
	  -ENETUNREACH },
	{ "too many ways", { UNICAST, NET9, .nexthop_nr = 5 }, -EINVAL },
};

static void test_routes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(route_rows); i++) {
		struct test_host *th = two_wires();
		int got = ref_route_add(th->net, &route_rows[i].route);

		if (got != route_rows[i].want)
			fail_msg("%s: %d", route_rows[i].name, got);
		test_host_free(th);
	}
}

static void test_route_limits(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	struct ref_route route = { UNICAST, .plen = 32, VIA(TH_GATEWAY) };
	int err = 0;
	uint32_t n;

	(void)state;
	for (n = 0; err == 0 && n <= REF_FIB_MAX; n++) {
		route.dst = A(11, 0, 0, 0) + n;
		err = ref_route_add(th->net, &route);
	}
	assert_int_equal(err, -ENOBUFS);
	test_host_free(th);

	th = test_host_new(REF_LINUX_6_18, 1500);
	route.dst = A(11, 0, 0, 0);
	/* The tables local and main are one, and there. */
	for (n = 1; n < REF_FIB_TABLES; n++) {
		route.table = n;
		assert_int_equal(ref_route_add(th->net, &route), 0);
	}
	route.table = n;
	assert_int_equal(ref_route_add(th->net, &route), -ENOBUFS);
	test_host_free(th);
}

/* The longest prefix, then the TOS, then the metric; refusals by type. */
static void test_lookup(void **state)
{
	static const struct ref_route routes[] = {
		{ UNICAST, NET9, VIA(A(10, 0, 1, 2)) },
		{ UNICAST, NET9, .metric = 5, VIA(A(10, 0, 1, 3)) },
		{ UNICAST, NET9, .tos = 0x10, .metric = 9, VIA(A(10, 0, 1, 4)) },
		{ UNICAST, NET9, .tos = 0x20, VIA(A(10, 0, 1, 5)) },
		{ .type = REF_RTN_UNREACHABLE, .dst = A(10, 9, 1, 0), .plen = 24 },
		{ .type = REF_RTN_PROHIBIT, .dst = A(10, 9, 2, 0), .plen = 24 },
		{ .type = REF_RTN_BLACKHOLE, .dst = A(10, 9, 3, 0), .plen = 24 },
		{ .type = REF_RTN_THROW, .dst = A(10, 9, 4, 0), .plen = 24 },
		{ UNICAST, .dst = A(10, 9, 4, 0), .plen = 24, .table = 253, VIA(A(10, 0, 1, 6)) },
		{ UNICAST, .dst = A(10, 9, 1, 0), .plen = 24, .table = 253, VIA(A(10, 0, 1, 6)) },
		/* Not behind the local prefix of lo: the tables are one. */
		{ UNICAST, .dst = A(127, 5, 0, 0), .plen = 16, .scope = RT_SCOPE_LINK, DEV(ETH1) },
	};
	static const struct {
		uint32_t daddr;
		uint8_t tos;
		int want;
		uint32_t gw;
	} rows[] = {
		{ A(10, 9, 9, 9), 0, ETH1, A(10, 0, 1, 2) },
		{ A(10, 9, 9, 9), 0x10, ETH1, A(10, 0, 1, 4) },
		{ A(10, 9, 9, 9), 0xf0, ETH1, A(10, 0, 1, 4) },
		/* Of a route's TOS only the old bits are ever compared. */
		{ A(10, 9, 9, 9), 0x20, ETH1, A(10, 0, 1, 2) },
		{ A(10, 9, 1, 1), 0, -EHOSTUNREACH, 0 },
		{ A(10, 9, 2, 1), 0, -EACCES, 0 },
		{ A(10, 9, 3, 1), 0, -EINVAL, 0 },
		{ A(10, 9, 4, 1), 0, ETH1, A(10, 0, 1, 6) },
		{ A(10, 0, 0, 9), 0, ETH0, 0 },
		{ A(8, 8, 8, 8), 0, ETH0, TH_GATEWAY },
		{ A(10, 0, 0, 1), 0, 1, 0 },
		{ A(10, 0, 1, 1), 0, 1, 0 },
		{ A(127, 9, 9, 9), 0, 1, 0 },
		{ A(127, 5, 9, 9), 0, ETH1, 0 },
		{ A(10, 0, 1, 255), 0, ETH1, 0 },
	};
	struct test_host *th = two_wires();

	(void)state;
	for (size_t i = 0; i < ROWS(routes); i++)
		assert_int_equal(ref_route_add(th->net, &routes[i]), 0);
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint32_t gw;
		int got = way(th, rows[i].daddr, rows[i].tos, &gw);

		if (got != rows[i].want || (got >= 0 && gw != rows[i].gw))
			fail_msg("row %zu: %d by %08x", i, got, gw);
	}
	test_host_free(th);
}

/* Which address goes into a packet without one, and which types addresses have. */
static void test_sources(void **state)
{
	static const struct {
		uint32_t daddr, want;
		uint8_t type;
	} rows[] = {
		{ TH_PEER, TH_LOCAL, REF_RTN_UNICAST },
		{ A(10, 0, 1, 2), A(10, 0, 1, 1), REF_RTN_UNICAST },
		{ A(10, 0, 2, 9), A(10, 0, 2, 1), REF_RTN_UNICAST },
		{ A(10, 9, 9, 9), A(10, 0, 2, 1), REF_RTN_UNICAST },
		{ TH_LOCAL, TH_LOCAL, REF_RTN_LOCAL },
		{ A(10, 0, 2, 1), A(10, 0, 2, 1), REF_RTN_LOCAL },
		{ A(127, 0, 0, 9), A(127, 0, 0, 1), REF_RTN_LOCAL },
		{ A(10, 0, 2, 200), A(10, 0, 2, 1), REF_RTN_BROADCAST },
		{ A(10, 0, 1, 255), A(10, 0, 1, 1), REF_RTN_BROADCAST },
		{ A(10, 0, 2, 255), A(10, 0, 2, 1), REF_RTN_BROADCAST },
	};
	static const struct ref_addr addrs[] = {
		{ .local = A(10, 0, 2, 1), .plen = 24, .has_brd = true, .brd = A(10, 0, 2, 200) },
		{ .local = A(10, 0, 2, 2), .plen = 24 },
		{ .local = A(10, 0, 3, 1), .peer = A(10, 0, 3, 9), .plen = 32 },
		{ .local = A(10, 0, 4, 1), .plen = 24, .noprefixroute = true },
	};
	static const struct ref_route route = { UNICAST, NET9, .prefsrc = A(10, 0, 2, 1),
						VIA(A(10, 0, 1, 2)) };
	struct test_host *th = two_wires();
	uint32_t gw;

	(void)state;
	for (size_t i = 0; i < ROWS(addrs); i++)
		assert_int_equal(ref_addr_add(th->net, ETH1, &addrs[i]), 0);
	assert_int_equal(ref_route_add(th->net, &route), 0);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct flowi4 fl4 = { .daddr = rows[i].daddr };
		struct rtable rt;
		int err = ip_route_output_flow(th->net, &fl4, &rt);

		if (err || fl4.saddr != rows[i].want ||
		    inet_addr_type(th->net, rows[i].daddr) != rows[i].type)
			fail_msg("row %zu: %d %08x", i, err, fl4.saddr);
	}
	/* A peer is a host route; an address without a prefix route is only itself. */
	assert_int_equal(way(th, A(10, 0, 3, 9), 0, &gw), ETH1);
	assert_int_equal(gw, 0);
	assert_int_equal(way(th, A(10, 0, 3, 8), 0, &gw), ETH0);
	assert_int_equal(way(th, A(10, 0, 4, 8), 0, &gw), ETH0);
	assert_int_equal(inet_addr_type(th->net, A(10, 0, 4, 1)), REF_RTN_LOCAL);
	assert_int_equal(inet_addr_type(th->net, 0), REF_RTN_BROADCAST);
	assert_int_equal(inet_addr_type(th->net, 0xffffffffu), REF_RTN_BROADCAST);
	assert_int_equal(inet_addr_type(th->net, A(239, 1, 2, 3)), REF_RTN_MULTICAST);
	test_host_free(th);
}

/* A device that goes down takes its routes with it; up again, the connected ones are back. */
static void test_down_and_up(void **state)
{
	static const struct ref_route route = { UNICAST, NET9, VIA(A(10, 0, 1, 2)) };
	static const struct ref_route two = {
		UNICAST,
		.dst = A(10, 8, 0, 0),
		.plen = 16,
		.nexthop_nr = 2,
		.nexthop = { { .gateway = TH_GATEWAY }, { .gateway = A(10, 0, 1, 2) } },
	};
	static const struct ref_addr later = { .local = A(10, 0, 5, 1), .plen = 24 };
	static const uint8_t mac[6] = { 2, 0, 0, 0, 1, 1 };
	struct test_host *th = two_wires();
	uint32_t gw;

	(void)state;
	assert_int_equal(ref_route_add(th->net, &route), 0);
	assert_int_equal(ref_route_add(th->net, &two), 0);
	assert_int_equal(ref_neigh_add(th->net, ETH1, A(10, 0, 1, 2), mac), 0);
	assert_int_equal(way(th, A(10, 9, 9, 9), 0, &gw), ETH1);
	assert_int_equal(ref_link_flags(th->net, ETH1, 0, REF_LINK_UP), 0);
	assert_int_equal(way(th, A(10, 9, 9, 9), 0, &gw), ETH0);
	assert_int_equal(way(th, A(10, 0, 1, 2), 0, &gw), ETH0);
	assert_int_equal(gw, TH_GATEWAY);
	for (uint32_t i = 0; i < 16; i++)
		assert_int_equal(way(th, A(10, 8, 0, i), 0, &gw), ETH0);
	/* Its addresses remain, and a new one is there at once. */
	assert_int_equal(way(th, A(10, 0, 1, 1), 0, &gw), 1);
	assert_int_equal(ref_addr_add(th->net, ETH1, &later), 0);
	assert_int_equal(way(th, A(10, 0, 5, 1), 0, &gw), 1);
	assert_int_equal(way(th, A(10, 0, 5, 2), 0, &gw), ETH0);
	assert_int_equal(ref_route_add(th->net, &route), -ENETUNREACH);
	assert_int_equal(ref_link_flags(th->net, ETH1, REF_LINK_UP, 0), 0);
	assert_int_equal(way(th, A(10, 0, 1, 2), 0, &gw), ETH1);
	assert_int_equal(way(th, A(10, 0, 5, 2), 0, &gw), ETH1);
	assert_int_equal(way(th, A(10, 9, 9, 9), 0, &gw), ETH0);
	/* The neighbours went too. */
	assert_int_equal(ref_neigh_add(th->net, ETH1, A(10, 0, 1, 2), mac), 0);
	test_host_free(th);
}

/* Below 68 octets a device has no IPv4: addresses and routes are gone for good. */
static void test_mtu_below_68(void **state)
{
	static const struct ref_link dummy = { .name = "d0", .kind = REF_LINK_DUMMY };
	static const struct ref_addr addr = { .local = A(10, 6, 0, 1), .plen = 24 };
	static const struct ref_route route = { UNICAST, NET9, .prefsrc = A(10, 6, 0, 1),
						VIA(TH_GATEWAY) };
	struct test_host *th = two_wires();
	int d0 = ref_link_add(th->net, &dummy);
	uint32_t gw;

	(void)state;
	assert_int_equal(ref_link_flags(th->net, d0, REF_LINK_UP, 0), 0);
	assert_int_equal(ref_addr_add(th->net, d0, &addr), 0);
	assert_int_equal(ref_route_add(th->net, &route), 0);
	assert_int_equal(way(th, A(10, 6, 0, 2), 0, &gw), d0);
	assert_int_equal(ref_link_mtu(th->net, d0, 67), 0);
	assert_int_equal(inet_addr_type(th->net, A(10, 6, 0, 1)), REF_RTN_UNICAST);
	assert_int_equal(way(th, A(10, 6, 0, 2), 0, &gw), ETH0);
	assert_int_equal(ref_addr_add(th->net, d0, &addr), -ENOBUFS);
	/* A route that preferred the address is gone as well: its place is free. */
	assert_int_equal(ref_route_add(th->net, &route), -EINVAL);
	assert_int_equal(ref_link_mtu(th->net, d0, 68), 0);
	assert_int_equal(ref_addr_add(th->net, d0, &addr), 0);
	assert_int_equal(ref_route_add(th->net, &route), 0);
	assert_int_equal(ref_link_mtu(th->net, 9, 1500), -ENODEV);
	assert_int_equal(ref_link_mtu(th->net, ETH0, 67), -EINVAL);
	test_host_free(th);
}

static void test_neighbours(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 1, 1 }, group[6] = { 3 }, none[6];
	struct test_host *th = two_wires();

	(void)state;
	assert_int_equal(ref_neigh_add(th->net, 9, TH_PEER, mac), -ENODEV);
	assert_int_equal(ref_neigh_add(th->net, ETH0, TH_PEER, mac), -EEXIST);
	assert_int_equal(ref_neigh_add(th->net, ETH1, TH_PEER, mac), 0);
	/* A new address of the device, and all are forgotten. */
	assert_int_equal(ref_link_mac(th->net, ETH1, group), -EADDRNOTAVAIL);
	assert_int_equal(ref_link_mac(th->net, ETH1, none), -EADDRNOTAVAIL);
	assert_int_equal(ref_link_mac(th->net, 9, mac), -ENODEV);
	assert_int_equal(ref_neigh_add(th->net, ETH1, TH_PEER, mac), -EEXIST);
	assert_int_equal(ref_link_mac(th->net, ETH1, mac), 0);
	assert_int_equal(ref_neigh_add(th->net, ETH1, TH_PEER, mac), 0);
	assert_int_equal(ref_link_flags(th->net, ETH1, REF_LINK_NOARP, 0), 0);
	assert_int_equal(ref_neigh_add(th->net, ETH1, TH_PEER, mac), 0);
	assert_int_equal(ref_link_flags(th->net, 9, REF_LINK_UP, 0), -ENODEV);
	test_host_free(th);

	th = test_host_new(REF_LINUX_6_18, 1500);
	/* 10.0.0.2 to .9 and the gateway are known. */
	for (uint32_t i = 9; i < REF_NEIGH_MAX; i++)
		assert_int_equal(ref_neigh_add(th->net, ETH0, A(10, 5, 0, 0) + i, mac), 0);
	assert_int_equal(ref_neigh_add(th->net, ETH0, A(10, 4, 0, 0), mac), -ENOBUFS);
	test_host_free(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),	    cmocka_unit_test(test_link_limit),
		cmocka_unit_test(test_addresses),   cmocka_unit_test(test_address_limit),
		cmocka_unit_test(test_routes),	    cmocka_unit_test(test_route_limits),
		cmocka_unit_test(test_lookup),	    cmocka_unit_test(test_sources),
		cmocka_unit_test(test_down_and_up), cmocka_unit_test(test_mtu_below_68),
		cmocka_unit_test(test_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
