/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * From the frame to the protocol: link types, header checks, counters, drop reasons, dispatch and
 * its seams. The rows were seen on a live 6.18 kernel.
 */
#include <errno.h>

#include "ref/protocol.h"
#include "ref/test_host.h"

#define A(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))
#define ROWS(rows)    (sizeof(rows) / sizeof((rows)[0]))

static const struct test_packet plain = { .protocol = 200, .fill_len = 8 };

/* What a change to a good packet (20 + 8 octets, protocol 200) leads to. */
struct header_row {
	const char *name;
	unsigned int offset; /* of the octet that is changed */
	uint8_t value;
	bool checksum; /* made right again */
	size_t cut; /* octets of the IP packet that are there; 0: all */
	size_t pad; /* octets behind it */
	const char *drops;
	uint64_t receives, octets, hdr_errors, csum_errors, truncated, noect, ect1, ect0, ce;
};

#define NO_PROTO " IP_NOPROTO"
#define INHDR	 " IP_INHDR"

static const struct header_row header_rows[] = {
	{ "plain", 0, 0x45, true, 0, 0, NO_PROTO, 1, 28, 0, 0, 0, 1, 0, 0, 0 },
	{ "ECT(1)", 1, 1, true, 0, 0, NO_PROTO, 1, 28, 0, 0, 0, 0, 1, 0, 0 },
	{ "ECT(0)", 1, 2, true, 0, 0, NO_PROTO, 1, 28, 0, 0, 0, 0, 0, 1, 0 },
	{ "CE", 1, 3, true, 0, 0, NO_PROTO, 1, 28, 0, 0, 0, 0, 0, 0, 1 },
	{ "nothing", 0, 0x45, true, 1, 0, INHDR, 1, 1, 1, 0, 0, 0, 0, 0, 0 },
	{ "19 octets", 0, 0x45, true, 19, 0, INHDR, 1, 19, 1, 0, 0, 0, 0, 0, 0 },
	{ "version 5", 0, 0x55, true, 0, 0, INHDR, 1, 28, 1, 0, 0, 0, 0, 0, 0 },
	{ "header of 16", 0, 0x44, true, 0, 0, INHDR, 1, 28, 1, 0, 0, 0, 0, 0, 0 },
	{ "header beyond the data", 0, 0x48, false, 0, 0, INHDR, 1, 28, 1, 0, 0, 1, 0, 0, 0 },
	{ "checksum", 8, 63, false, 0, 0, " IP_CSUM", 1, 28, 1, 1, 0, 1, 0, 0, 0 },
	{ "checksum before length", 3, 99, false, 0, 0, " IP_CSUM", 1, 28, 1, 1, 0, 1, 0, 0, 0 },
	{ "length beyond", 3, 29, true, 0, 0, " PKT_TOO_SMALL", 1, 28, 0, 0, 1, 1, 0, 0, 0 },
	{ "length cut", 0, 0x45, true, 27, 0, " PKT_TOO_SMALL", 1, 27, 0, 0, 1, 1, 0, 0, 0 },
	{ "length in the header", 3, 19, true, 0, 0, INHDR, 1, 28, 1, 0, 0, 1, 0, 0, 0 },
	{ "length of 0", 3, 0, true, 0, 0, INHDR, 1, 28, 1, 0, 0, 1, 0, 0, 0 },
	{ "header only", 3, 20, true, 0, 0, NO_PROTO, 1, 28, 0, 0, 0, 1, 0, 0, 0 },
	{ "padded", 0, 0x45, true, 0, 18, NO_PROTO, 1, 46, 0, 0, 0, 1, 0, 0, 0 },
	{ "reserved flag", 6, 0x80, true, 0, 0, NO_PROTO, 1, 28, 0, 0, 0, 1, 0, 0, 0 },
	{ "TTL of 0", 8, 0, true, 0, 0, NO_PROTO, 1, 28, 0, 0, 0, 1, 0, 0, 0 },
};

static void test_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(header_rows); i++) {
		const struct header_row *row = &header_rows[i];
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		const uint64_t *mib = ref_mib(th->net);
		size_t len = test_packet_make(th, &plain);
		uint8_t *ip = th->frame + 14;

		ip[row->offset] = row->value;
		if (row->checksum) {
			/* Over 20 octets, whatever the header says its length is. */
			wire_put16(ip + 10, 0);
			csum_store(ip + 10, csum_fold(csum_partial(ip, 20, 0)));
		}
		len = row->cut ? 14 + row->cut : len + row->pad;
		test_host_frame(th, len);
		if (strcmp(test_host_drops(th), row->drops) != 0 ||
		    mib[MIB_IP_INRECEIVES] != row->receives ||
		    mib[MIB_IPEXT_INOCTETS] != row->octets ||
		    mib[MIB_IP_INHDRERRORS] != row->hdr_errors ||
		    mib[MIB_IPEXT_INCSUMERRORS] != row->csum_errors ||
		    mib[MIB_IPEXT_INTRUNCATEDPKTS] != row->truncated ||
		    mib[MIB_IPEXT_INNOECTPKTS] != row->noect ||
		    mib[MIB_IPEXT_INECT1PKTS] != row->ect1 ||
		    mib[MIB_IPEXT_INECT0PKTS] != row->ect0 || mib[MIB_IPEXT_INCEPKTS] != row->ce)
			fail_msg("%s:%s%s", row->name, test_host_drops(th), test_host_mib(th));
		test_host_free(th);
	}
}

/* A link header in front of the plain packet (or of octets 0x55), and where that ends. */
struct link_row {
	const char *name;
	uint8_t dst0, dst5; /* first and last octet of the destination; 2, 1: ours */
	uint8_t type[10];
	size_t type_len;
	size_t junk; /* octets 0x55 instead of the packet; 0: the packet */
	const char *drops;
	const char *at; /* function of the first drop */
	uint64_t dropped, otherhost;
};

static const struct link_row link_rows[] = {
	{ "to another host", 2, 9, { 8, 0 }, 2, 0, " OTHERHOST", "ip_rcv_core", 0, 1 },
	{ "to a group", 1, 1, { 8, 0 }, 2, 0, NO_PROTO, "ip_protocol_deliver_rcu", 0, 0 },
	{ "VLAN 5", 2, 1, { 0x81, 0, 0, 5, 8, 0 }, 6, 0, " OTHERHOST", "ip_rcv_core", 0, 1 },
	{ "service VLAN",
	  2,
	  1,
	  { 0x88, 0xa8, 0, 5, 8, 0 },
	  6,
	  0,
	  " OTHERHOST",
	  "ip_rcv_core",
	  0,
	  1 },
	{ "priority tag",
	  2,
	  1,
	  { 0x81, 0, 0xe0, 0, 8, 0 },
	  6,
	  0,
	  NO_PROTO,
	  "ip_protocol_deliver_rcu",
	  0,
	  0 },
	{ "two priority tags",
	  2,
	  1,
	  { 0x81, 0, 0, 0, 0x81, 0, 0, 0, 8, 0 },
	  10,
	  0,
	  NO_PROTO,
	  "ip_protocol_deliver_rcu",
	  0,
	  0 },
	{ "priority tag, VLAN 5",
	  2,
	  1,
	  { 0x81, 0, 0, 0, 0x81, 0, 0, 5, 8, 0 },
	  10,
	  0,
	  " OTHERHOST",
	  "ip_rcv_core",
	  0,
	  1 },
	{ "VLAN 5, priority tag",
	  2,
	  1,
	  { 0x81, 0, 0, 5, 0x81, 0, 0, 0, 8, 0 },
	  10,
	  0,
	  " UNHANDLED_PROTO",
	  "__netif_receive_skb_core",
	  1,
	  0 },
	{ "tag cut short",
	  2,
	  1,
	  { 0x81, 0, 0, 5, 8 },
	  5,
	  0,
	  " NOT_SPECIFIED",
	  "skb_vlan_untag",
	  0,
	  0 },
	{ "tag without data",
	  2,
	  1,
	  { 0x81, 0, 0, 0, 8, 0 },
	  6,
	  1,
	  " NOT_SPECIFIED",
	  "skb_vlan_untag",
	  0,
	  0 },
	{ "unknown type",
	  2,
	  1,
	  { 0x12, 0x34 },
	  2,
	  40,
	  " UNHANDLED_PROTO",
	  "__netif_receive_skb_core",
	  1,
	  0 },
	{ "LLC", 2, 1, { 0, 0x20 }, 2, 40, " NOT_SPECIFIED", "llc_rcv", 0, 0 },
	{ "no LLC header",
	  2,
	  1,
	  { 0, 0x20, 0xff, 0xff },
	  4,
	  40,
	  " UNHANDLED_PROTO",
	  "__netif_receive_skb_core",
	  1,
	  0 },
	{ "IPv6", 2, 1, { 0x86, 0xdd }, 2, 40, " IPV6DISABLED", "ip6_rcv_core", 0, 0 },
	{ "IPv6 to another host", 2, 9, { 0x86, 0xdd }, 2, 40, " OTHERHOST", "ip6_rcv_core", 0, 1 },
};

static void test_link(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(link_rows); i++) {
		const struct link_row *row = &link_rows[i];
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		size_t ip_len = test_packet_make(th, &plain) - 14;
		const struct ref_dev_stats *stats;
		size_t len;

		if (row->type_len < 6 && row->type[0] == 0x81)
			ip_len = 0;
		memmove(th->frame + 12 + row->type_len, th->frame + 14, ip_len);
		memcpy(th->frame + 12, row->type, row->type_len);
		if (row->junk) {
			ip_len = row->junk;
			memset(th->frame + 12 + row->type_len, 0x55, ip_len);
		}
		th->frame[0] = row->dst0;
		th->frame[5] = row->dst5;
		len = 12 + row->type_len + ip_len;
		test_host_frame(th, len);
		stats = ref_dev_stats(th->net, th->ifindex);
		if (strcmp(test_host_drops(th), row->drops) != 0 ||
		    strcmp(th->update->obs[th->update->obs_nr - 1].at, row->at) != 0 ||
		    stats->rx_packets != 1 || stats->rx_bytes != len ||
		    stats->rx_dropped != row->dropped ||
		    stats->rx_otherhost_dropped != row->otherhost)
			fail_msg("%s:%s at %s", row->name, test_host_drops(th),
				 th->update->obs[th->update->obs_nr - 1].at);
		test_host_free(th);
	}
}

/* Frames that the driver does not take, and events for devices that are not there. */
static void test_not_received(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	const struct ref_dev_stats *stats = ref_dev_stats(th->net, th->ifindex);
	size_t len = test_packet_make(th, &plain);
	const struct ref_event nobody = {
		.type = REF_EV_FRAME, .ifindex = 7, .data = th->frame, .len = len
	};

	(void)state;
	for (size_t n = 0; n < 14; n++) {
		test_host_frame(th, n);
		assert_int_equal(th->update->obs_nr, 0);
	}
	assert_int_equal(stats->rx_packets, 0);
	assert_int_equal(ref_step(th->net, &nobody)->obs_nr, 0);
	assert_int_equal(ref_link_flags(th->net, th->ifindex, 0, REF_LINK_UP), 0);
	test_host_frame(th, len);
	assert_string_equal(test_host_drops(th), " DEV_READY");
	assert_int_equal(stats->rx_packets, 0);
	assert_int_equal(stats->rx_dropped, 1);
	assert_null(ref_dev_stats(th->net, 7));
	assert_null(ref_dev_stats(th->net, 0));
	test_host_free(th);
}

/* Link-layer broadcast with a unicast address inside. */
static void test_unicast_in_l2_multicast(void **state)
{
	static const struct {
		const char *key;
		uint32_t daddr;
		const char *drops;
	} rows[] = {
		{ NULL, TH_LOCAL, " IP_NOPROTO" },
		{ "net.ipv4.conf.all.drop_unicast_in_l2_multicast", TH_LOCAL,
		  " UNICAST_IN_L2_MULTICAST" },
		{ "net.ipv4.conf.eth0.drop_unicast_in_l2_multicast", TH_LOCAL,
		  " UNICAST_IN_L2_MULTICAST" },
		{ "net.ipv4.conf.eth0.drop_unicast_in_l2_multicast", A(224, 0, 0, 1),
		  " IP_NOPROTO" },
		{ "net.ipv4.conf.eth0.drop_unicast_in_l2_multicast", A(10, 0, 0, 255),
		  " IP_NOPROTO" },
		/* Never passed on. */
		{ "net.ipv4.conf.eth0.forwarding", A(8, 8, 8, 8), " NOT_SPECIFIED" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		const struct test_packet p = { .daddr = rows[i].daddr,
					       .protocol = 200,
					       .fill_len = 8,
					       .link_broadcast = true };

		if (rows[i].key)
			test_host_sysctl(th, rows[i].key, "1");
		test_host_send(th, &p);
		if (strcmp(test_host_drops(th), rows[i].drops) != 0)
			fail_msg("row %zu:%s", i, test_host_drops(th));
		test_host_free(th);
	}
}

/* Groups and broadcasts are counted with the length that the header says. */
static void test_mcast_octets(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	const uint64_t *mib = ref_mib(th->net);
	struct test_packet p = { .daddr = A(224, 0, 0, 1), .protocol = 200, .fill_len = 8 };

	(void)state;
	test_host_frame(th, test_packet_make(th, &p) + 10);
	p.daddr = A(10, 0, 0, 255);
	test_host_frame(th, test_packet_make(th, &p) + 10);
	p.daddr = 0xffffffffu;
	test_host_frame(th, test_packet_make(th, &p) + 10);
	assert_int_equal(mib[MIB_IPEXT_INMCASTPKTS], 1);
	assert_int_equal(mib[MIB_IPEXT_INMCASTOCTETS], 28);
	assert_int_equal(mib[MIB_IPEXT_INBCASTPKTS], 2);
	assert_int_equal(mib[MIB_IPEXT_INBCASTOCTETS], 56);
	assert_int_equal(mib[MIB_IPEXT_INOCTETS], 3 * 38);
	test_host_free(th);
}

/* Handlers for the dispatch: what they were called with. */
static struct {
	int calls;
	uint8_t first; /* octet of the payload */
	size_t len;
} seen;

static int take(struct sk_buff *skb)
{
	seen.calls++;
	seen.first = skb->data[0];
	seen.len = skb->len;
	consume_skb(skb);
	return 0;
}

static int take_positive(struct sk_buff *skb)
{
	(void)take(skb);
	return 1;
}

/* An encapsulation of 4 octets around protocol 201. */
static int resubmit(struct sk_buff *skb)
{
	seen.calls++;
	skb_pull(skb, 4);
	return -201;
}

static void test_dispatch(void **state)
{
	static const struct net_protocol last = { .handler = take },
					 positive = { .handler = take_positive },
					 outer = { .handler = resubmit };
	static const struct {
		const char *name;
		const struct net_protocol *at_200, *at_201;
		int calls;
		uint8_t first;
		const char *drops;
		uint64_t delivers, unknown;
	} rows[] = {
		{ "no handler", NULL, NULL, 0, 0, " IP_NOPROTO", 0, 1 },
		{ "handler", &last, NULL, 1, 0, "", 1, 0 },
		{ "handler, not zero", &positive, NULL, 1, 0, "", 1, 0 },
		{ "delivered again", &outer, &last, 2, 4, "", 1, 0 },
		{ "delivered again to nobody", &outer, NULL, 1, 0, " IP_NOPROTO", 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

		memset(&seen, 0, sizeof(seen));
		if (rows[i].at_200)
			assert_int_equal(inet_add_protocol(th->net, rows[i].at_200, 200), 0);
		if (rows[i].at_201)
			assert_int_equal(inet_add_protocol(th->net, rows[i].at_201, 201), 0);
		test_host_send(th, &plain);
		if (seen.calls != rows[i].calls || seen.first != rows[i].first ||
		    strcmp(test_host_drops(th), rows[i].drops) != 0 ||
		    ref_mib(th->net)[MIB_IP_INDELIVERS] != rows[i].delivers ||
		    ref_mib(th->net)[MIB_IP_INUNKNOWNPROTOS] != rows[i].unknown)
			fail_msg("%s: %d calls:%s", rows[i].name, seen.calls, test_host_drops(th));
		if (rows[i].unknown) {
			/* What cannot be delivered quotes the outer header. */
			size_t len;
			const uint8_t *icmp = test_host_emitted(th, 0, &len);

			assert_non_null(icmp);
			assert_int_equal(icmp[20], 3);
			assert_int_equal(icmp[21], 2);
			assert_int_equal(icmp[28 + 9], 200);
		}
		test_host_free(th);
	}
}

static void test_protocol_table(void **state)
{
	static const struct net_protocol one = { .handler = take }, two = { .handler = take };
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

	(void)state;
	assert_int_equal(inet_add_protocol(th->net, &one, IPPROTO_UDP), -EEXIST);
	assert_int_equal(inet_add_protocol(th->net, &one, 200), 0);
	assert_int_equal(inet_add_protocol(th->net, &two, 200), -EEXIST);
	assert_int_equal(inet_del_protocol(th->net, &two, 200), -ENOENT);
	assert_int_equal(inet_del_protocol(th->net, &one, 200), 0);
	assert_int_equal(inet_del_protocol(th->net, &one, 200), -ENOENT);
	test_host_free(th);
}

static enum nf_inet_hooks refused;
static int asked;

static bool hook(struct sk_buff *skb, enum nf_inet_hooks at)
{
	(void)skb;
	asked++;
	return at != refused;
}

static void test_hooks(void **state)
{
	static const struct {
		enum nf_inet_hooks refused;
		int asked;
		uint64_t routed; /* InBcastPkts: the decision was taken */
	} rows[] = { { NF_INET_PRE_ROUTING, 1, 0 }, { NF_INET_LOCAL_IN, 2, 1 } };
	const struct test_packet p = { .daddr = 0xffffffffu, .protocol = 200, .fill_len = 8 };

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

		th->net->nf_hook = hook;
		refused = rows[i].refused;
		asked = 0;
		test_host_send(th, &p);
		assert_string_equal(test_host_drops(th), " NETFILTER_DROP");
		assert_int_equal(asked, rows[i].asked);
		assert_int_equal(ref_mib(th->net)[MIB_IPEXT_INBCASTPKTS], rows[i].routed);
		assert_int_equal(ref_mib(th->net)[MIB_IP_INUNKNOWNPROTOS], 0);
		test_host_free(th);
	}
}

/* More than netdev_max_backlog frames looped at once. */
static void test_backlog_limit(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	struct net_device *lo = &th->net->dev[0];

	(void)state;
	obs_begin(th->net);
	for (int i = 0; i <= REF_BACKLOG_MAX; i++) {
		struct sk_buff *skb = alloc_skb(th->net, 16, 20);

		assert_non_null(skb);
		memset(skb->data, 0, 20);
		skb->dev = lo;
		skb->protocol = ETH_P_IP;
		assert_int_equal(dev_queue_xmit(skb, lo->dev_addr), 0);
	}
	th->update = ref_pending(th->net);
	assert_string_equal(test_host_drops(th), " CPU_BACKLOG");
	assert_int_equal(lo->stats.rx_dropped, 1);
	assert_int_equal(lo->stats.tx_packets, REF_BACKLOG_MAX);
	assert_int_equal(lo->stats.rx_packets, REF_BACKLOG_MAX);
	assert_int_equal(lo->stats.rx_bytes, 20 * REF_BACKLOG_MAX);
	process_backlog(th->net);
	assert_int_equal(ref_mib(th->net)[MIB_IP_INHDRERRORS], REF_BACKLOG_MAX);
	ref_reset(th->net);
	assert_int_equal(lo->stats.rx_packets, 0);
	test_host_free(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_not_received),
		cmocka_unit_test(test_unicast_in_l2_multicast),
		cmocka_unit_test(test_mcast_octets),
		cmocka_unit_test(test_dispatch),
		cmocka_unit_test(test_protocol_table),
		cmocka_unit_test(test_hooks),
		cmocka_unit_test(test_backlog_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
