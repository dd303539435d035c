/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Neighbours that are not known yet: asking, waiting, giving up, learning; and answering those who
 * ask. Compared with a live 6.18 kernel.
 */
#include <errno.h>

#include "ref/fib.h"
#include "ref/test_host.h"

#define A(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))
#define ROWS(rows)    (sizeof(rows) / sizeof((rows)[0]))
#define STRANGER      A(10, 0, 0, 77)
#define SEC_NS	      1000000000ull

static const uint8_t host_mac[6] = TH_MAC, all_mac[6] = { 255, 255, 255, 255, 255, 255 },
		     stranger_mac[6] = { 2, 0, 0, 0, 0, 77 }, other_mac[6] = { 2, 0, 0, 0, 0, 78 };

struct arp_packet {
	const uint8_t *dst; /* of the frame; NULL: the host's */
	uint16_t op;
	const uint8_t *sha;
	uint32_t sip, tip;
};

static size_t arp_make(struct test_host *th, const struct arp_packet *p)
{
	static const uint8_t head[6] = { 0, 1, 8, 0, 6, 4 };
	uint8_t *h = th->frame + 14;

	memset(th->frame, 0, 42);
	memcpy(th->frame, p->dst ? p->dst : host_mac, 6);
	memcpy(th->frame + 6, p->sha, 6);
	wire_put16(th->frame + 12, ETH_P_ARP);
	memcpy(h, head, 6);
	wire_put16(h + 6, p->op);
	memcpy(h + 8, p->sha, 6);
	wire_put32(h + 14, p->sip);
	wire_put32(h + 24, p->tip);
	return 42;
}

static void arp_send_to(struct test_host *th, const struct arp_packet *p)
{
	test_host_frame(th, arp_make(th, p));
}

/* The n-th frame of the latest step, or NULL. */
static const struct ref_obs *emitted(const struct test_host *th, size_t n)
{
	for (size_t i = 0; i < th->update->obs_nr; i++)
		if (th->update->obs[i].type == REF_OBS_EMIT && n-- == 0)
			return &th->update->obs[i];
	return NULL;
}

static void assert_request(const struct ref_obs *obs, uint32_t sip, uint32_t tip)
{
	static const uint8_t head[10] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };
	static const uint8_t none[6];

	assert_non_null(obs);
	assert_int_equal(obs->len, 42);
	assert_memory_equal(obs->data, all_mac, 6);
	assert_memory_equal(obs->data + 6, host_mac, 6);
	assert_memory_equal(obs->data + 12, head, 10);
	assert_memory_equal(obs->data + 22, host_mac, 6);
	assert_int_equal(wire_get32(obs->data + 28), sip);
	assert_memory_equal(obs->data + 32, none, 6);
	assert_int_equal(wire_get32(obs->data + 38), tip);
}

static void pass_time(struct test_host *th, uint64_t now_ns)
{
	const struct ref_event event = { .type = REF_EV_TIME, .now_ns = now_ns };

	th->now_ns = now_ns;
	th->update = ref_step(th->net, &event);
}

static const struct test_packet ping = { .saddr = STRANGER,
					 .protocol = IPPROTO_ICMP,
					 .data = (const uint8_t[]){ 8, 0, 0, 0, 1, 2, 3, 4 },
					 .data_len = 8 };

static void test_ask_and_learn(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	const struct arp_packet reply = {
		.op = 2, .sha = stranger_mac, .sip = STRANGER, .tip = TH_LOCAL
	};
	const struct ref_obs *obs;

	(void)state;
	test_host_send(th, &ping);
	assert_request(emitted(th, 0), TH_LOCAL, STRANGER);
	assert_null(emitted(th, 1));
	test_host_send(th, &ping);
	assert_null(emitted(th, 0));
	arp_send_to(th, &reply);
	for (size_t i = 0; i < 2; i++) {
		obs = emitted(th, i);
		assert_non_null(obs);
		assert_memory_equal(obs->data, stranger_mac, 6);
		assert_int_equal(obs->data[14 + 20], 0);
	}
	assert_null(emitted(th, 2));
	test_host_send(th, &ping);
	assert_memory_equal(emitted(th, 0)->data, stranger_mac, 6);
	assert_int_equal(ref_next_timer(th->net), UINT64_MAX);
	/* Learnt things do not outlive a reset, permanent ones do. */
	ref_reset(th->net);
	th->now_ns = 0;
	test_host_send(th, &ping);
	assert_request(emitted(th, 0), TH_LOCAL, STRANGER);
	ref_reset(th->net);
	test_host_send(th, &(struct test_packet){ .protocol = 200, .fill_len = 8 });
	assert_int_equal(wire_get16(emitted(th, 0)->data + 12), ETH_P_IP);
	test_host_free(th);
}

/* Three requests, a second apart; then those that waited are told and dropped. */
static void test_give_up(void **state)
{
	const struct test_packet through = { .daddr = STRANGER, .protocol = 200, .fill_len = 8 };
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	const struct ref_obs *obs;

	(void)state;
	test_host_sysctl(th, "net.ipv4.ip_forward", "1");
	test_host_sysctl(th, "net.ipv4.conf.all.send_redirects", "0");
	test_host_sysctl(th, "net.ipv4.conf.eth0.send_redirects", "0");
	test_host_send(th, &through);
	assert_request(emitted(th, 0), TH_LOCAL, STRANGER);
	pass_time(th, SEC_NS - 1);
	assert_int_equal(th->update->obs_nr, 0);
	for (uint64_t s = 1; s < 3; s++) {
		pass_time(th, s * SEC_NS);
		assert_request(emitted(th, 0), TH_LOCAL, STRANGER);
	}
	pass_time(th, 3 * SEC_NS);
	obs = emitted(th, 0);
	assert_non_null(obs);
	assert_int_equal(wire_get32(obs->data + 14 + 16), TH_PEER);
	assert_int_equal(obs->data[14 + 20], 3);
	assert_int_equal(obs->data[14 + 21], 1);
	assert_string_equal(test_host_drops(th), " NEIGH_FAILED");
	/* From the start. */
	test_host_send(th, &through);
	assert_request(emitted(th, 0), TH_LOCAL, STRANGER);
	/* A device that goes takes those with it that wait. */
	obs_begin(th->net);
	assert_int_equal(ref_link_flags(th->net, th->ifindex, 0, REF_LINK_UP), 0);
	th->update = ref_pending(th->net);
	assert_string_equal(test_host_drops(th), " NOT_SPECIFIED");
	assert_int_equal(ref_next_timer(th->net), UINT64_MAX);
	test_host_free(th);
}

/* The queue of one neighbour: true sizes up to 212992 octets, the oldest goes first. */
static void test_queue_limit(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
	struct test_packet p = ping;
	uint32_t queued = 0, truesize;
	struct neighbour *n;

	(void)state;
	p.fill_len = 1400;
	for (;;) {
		test_host_send(th, &p);
		if (*test_host_drops(th))
			break;
		assert_true(++queued < 1000);
	}
	assert_string_equal(test_host_drops(th), " NEIGH_QUEUEFULL");
	n = neigh_lookup(th->net, &th->net->dev[th->ifindex - 1], STRANGER);
	assert_non_null(n);
	truesize = n->arp_queue.head->truesize;
	assert_int_equal(n->arp_queue.qlen, queued);
	assert_int_equal(n->queue_bytes, queued * truesize);
	assert_int_equal(queued, 212992 / truesize);
	test_host_free(th);
}

/* Requests, and whether they are answered. */
static const struct {
	const char *name;
	uint16_t op;
	uint32_t sip, tip;
	const char *key, *value;
	bool answer;
	const char *drops;
} answer_rows[] = {
	{ "for us", 1, STRANGER, TH_LOCAL, NULL, NULL, true, "" },
	{ "for another", 1, STRANGER, TH_PEER, NULL, NULL, false, "" },
	{ "for a broadcast", 1, STRANGER, A(10, 0, 0, 255), NULL, NULL, false, "" },
	{ "for a group", 1, STRANGER, A(224, 0, 0, 1), NULL, NULL, false, " NOT_SPECIFIED" },
	{ "for loopback", 1, STRANGER, A(127, 0, 0, 1), NULL, NULL, false, " NOT_SPECIFIED" },
	{ "for loopback, allowed", 1, STRANGER, A(127, 0, 0, 1), "net.ipv4.conf.all.route_localnet",
	  "1", true, "" },
	{ "from 0.0.0.0", 1, 0, TH_LOCAL, NULL, NULL, true, "" },
	{ "from us", 1, TH_LOCAL, TH_LOCAL, NULL, NULL, false, "" },
	{ "reply", 2, STRANGER, TH_LOCAL, NULL, NULL, false, "" },
	{ "another operation", 3, STRANGER, TH_LOCAL, NULL, NULL, false, " NOT_SPECIFIED" },
	{ "arp_ignore 8", 1, STRANGER, TH_LOCAL, "net.ipv4.conf.all.arp_ignore", "8", false, "" },
	{ "arp_ignore 1", 1, STRANGER, TH_LOCAL, "net.ipv4.conf.eth0.arp_ignore", "1", true, "" },
	{ "arp_ignore 1, other device", 1, STRANGER, A(10, 0, 1, 1),
	  "net.ipv4.conf.eth0.arp_ignore", "1", false, "" },
	{ "other device", 1, STRANGER, A(10, 0, 1, 1), NULL, NULL, true, "" },
	{ "arp_ignore 2, other subnet", 1, A(10, 9, 9, 9), TH_LOCAL,
	  "net.ipv4.conf.eth0.arp_ignore", "2", false, "" },
	{ "arp_ignore 3, of host scope", 1, STRANGER, A(10, 0, 2, 1),
	  "net.ipv4.conf.eth0.arp_ignore", "3", false, "" },
	{ "of host scope", 1, STRANGER, A(10, 0, 2, 1), NULL, NULL, true, "" },
	{ "arp_ignore 4", 1, STRANGER, TH_LOCAL, "net.ipv4.conf.eth0.arp_ignore", "4", true, "" },
	{ "rp_filter", 1, A(10, 9, 9, 9), TH_LOCAL, "net.ipv4.conf.eth0.rp_filter", "1", true, "" },
};

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(answer_rows); i++) {
		static const struct ref_link dummy = { .name = "d0", .kind = REF_LINK_DUMMY };
		static const struct ref_addr addr = { .local = A(10, 0, 1, 1), .plen = 24 };
		static const struct ref_addr host = { .local = A(10, 0, 2, 1),
						      .plen = 24,
						      .scope = RT_SCOPE_HOST };
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		const struct arp_packet p = { .dst = all_mac,
					      .op = answer_rows[i].op,
					      .sha = stranger_mac,
					      .sip = answer_rows[i].sip,
					      .tip = answer_rows[i].tip };
		const struct ref_obs *obs;
		int d0 = ref_link_add(th->net, &dummy);

		assert_int_equal(ref_link_flags(th->net, d0, REF_LINK_UP, 0), 0);
		assert_int_equal(ref_addr_add(th->net, d0, &addr), 0);
		assert_int_equal(ref_addr_add(th->net, d0, &host), 0);
		if (answer_rows[i].key)
			test_host_sysctl(th, answer_rows[i].key, answer_rows[i].value);
		arp_send_to(th, &p);
		obs = emitted(th, 0);
		if ((obs != NULL) != answer_rows[i].answer ||
		    strcmp(test_host_drops(th), answer_rows[i].drops) != 0)
			fail_msg("%s:%s", answer_rows[i].name, test_host_drops(th));
		if (obs) {
			assert_int_equal(obs->len, 42);
			assert_memory_equal(obs->data, stranger_mac, 6);
			assert_int_equal(obs->data[14 + 7], 2);
			assert_memory_equal(obs->data + 22, host_mac, 6);
			assert_int_equal(wire_get32(obs->data + 28), answer_rows[i].tip);
			assert_memory_equal(obs->data + 32, stranger_mac, 6);
			assert_int_equal(wire_get32(obs->data + 38), answer_rows[i].sip);
		}
		test_host_free(th);
	}
}

/* Which of two that claim an address is believed. */
static void test_override(void **state)
{
	static const struct {
		const char *name;
		uint16_t op;
		uint32_t tip;
		uint64_t later_ns;
		bool taken;
	} rows[] = {
		{ "a reply at once", 2, TH_LOCAL, 0, false },
		{ "a reply later", 2, TH_LOCAL, SEC_NS + 1, true },
		{ "a request", 1, TH_LOCAL, 0, true },
		{ "a request for another", 1, TH_PEER, 0, false },
		{ "an announcement", 1, STRANGER, 0, true },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		struct arp_packet p = {
			.op = 2, .sha = stranger_mac, .sip = STRANGER, .tip = TH_LOCAL
		};

		test_host_send(th, &ping);
		arp_send_to(th, &p);
		p.sha = other_mac;
		p.op = rows[i].op;
		p.tip = rows[i].tip;
		th->now_ns += rows[i].later_ns;
		arp_send_to(th, &p);
		test_host_send(th, &ping);
		if (memcmp(emitted(th, 0)->data, rows[i].taken ? other_mac : stranger_mac, 6) != 0)
			fail_msg("%s", rows[i].name);
		/* A permanent entry is never overridden, a stranger's never made unasked. */
		p.sip = TH_PEER;
		th->now_ns += 2 * SEC_NS;
		arp_send_to(th, &p);
		p.sip = A(10, 0, 0, 99);
		p.op = 2;
		arp_send_to(th, &p);
		assert_null(neigh_lookup(th->net, &th->net->dev[th->ifindex - 1], p.sip));
		test_host_send(th, &(struct test_packet){ .protocol = 200, .fill_len = 8 });
		assert_int_equal(emitted(th, 0)->data[5], 2);
		test_host_free(th);
	}
}

/* Packets that are no ARP, in the profiles. */
static void test_malformed(void **state)
{
	static const struct {
		const char *name;
		unsigned int offset;
		uint8_t value;
		size_t len;
		const char *drops, *drops_6_12;
	} rows[] = {
		{ "whole", 0, 0, 28, "", "" },
		{ "cut short", 0, 0, 27, " PKT_TOO_SMALL", " NOT_SPECIFIED" },
		{ "nothing", 0, 0, 0, " PKT_TOO_SMALL", " NOT_SPECIFIED" },
		{ "hardware type 6", 1, 6, 28, "", "" },
		{ "hardware type 7", 1, 7, 28, " NOT_SPECIFIED", " NOT_SPECIFIED" },
		{ "protocol", 2, 9, 28, " NOT_SPECIFIED", " NOT_SPECIFIED" },
		{ "hardware length", 4, 8, 28, " NOT_SPECIFIED", " NOT_SPECIFIED" },
		{ "protocol length", 5, 6, 28, " NOT_SPECIFIED", " NOT_SPECIFIED" },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		for (int p = 0; p < REF_PROFILE_NR; p++) {
			struct test_host *th = test_host_new((enum ref_profile)p, 1500);
			const struct arp_packet request = {
				.op = 1, .sha = stranger_mac, .sip = STRANGER, .tip = TH_LOCAL
			};
			const char *drops =
				p == REF_LINUX_6_18 ? rows[i].drops : rows[i].drops_6_12;

			arp_make(th, &request);
			if (rows[i].offset)
				th->frame[14 + rows[i].offset] = rows[i].value;
			test_host_frame(th, 14 + rows[i].len);
			if (strcmp(test_host_drops(th), drops) != 0 ||
			    (emitted(th, 0) != NULL) != (*drops == 0))
				fail_msg("%s:%s", rows[i].name, test_host_drops(th));
			/* Nobody listens: to another host, or on a device without ARP. */
			th->frame[5] = 9;
			test_host_frame(th, 14 + rows[i].len);
			assert_int_equal(th->update->obs_nr, 0);
			th->frame[5] = 1;
			ref_link_flags(th->net, th->ifindex, REF_LINK_NOARP, 0);
			test_host_frame(th, 14 + rows[i].len);
			assert_int_equal(th->update->obs_nr, 0);
			test_host_free(th);
		}
	}
}

/* Where frames go without asking. */
static void test_destinations(void **state)
{
	static const uint8_t group[6] = { 1, 0, 0x5e, 0x01, 2, 3 };
	static const struct {
		const char *name;
		bool noarp;
		uint32_t daddr;
		const uint8_t *want; /* NULL: a request is sent */
	} rows[] = {
		{ "group", false, A(239, 129, 2, 3), group },
		{ "group without ARP", true, A(239, 129, 2, 3), group },
		{ "broadcast", false, A(10, 0, 0, 255), all_mac },
		{ "broadcast without ARP", true, A(10, 0, 0, 255), host_mac },
		{ "to all", false, 0xffffffffu, all_mac },
		{ "stranger", false, STRANGER, NULL },
		{ "stranger without ARP", true, STRANGER, host_mac },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);
		struct sk_buff *skb = alloc_skb(th->net, LL_RESERVED_SPACE, 20);
		const struct ref_dev_stats *stats = ref_dev_stats(th->net, th->ifindex);

		assert_non_null(skb);
		if (rows[i].noarp)
			ref_link_flags(th->net, th->ifindex, REF_LINK_NOARP, 0);
		memset(skb->data, 0, 20);
		skb->dev = &th->net->dev[th->ifindex - 1];
		skb->protocol = ETH_P_IP;
		skb_reset_network_header(skb);
		obs_begin(th->net);
		assert_int_equal(neigh_output(skb, rows[i].daddr), 0);
		th->update = ref_pending(th->net);
		assert_non_null(emitted(th, 0));
		if (!rows[i].want)
			assert_request(emitted(th, 0), TH_LOCAL, rows[i].daddr);
		else if (memcmp(emitted(th, 0)->data, rows[i].want, 6) != 0)
			fail_msg("%s", rows[i].name);
		assert_int_equal(stats->tx_packets, 1);
		assert_int_equal(stats->tx_bytes, rows[i].want ? 34 : 42);
		test_host_free(th);
	}
}

/* No room for one more neighbour, or no IPv4 on the device: the packet is dropped. */
static void test_create_fails(void **state)
{
	struct test_host *th = test_host_new(REF_LINUX_6_18, 1500);

	(void)state;
	for (uint32_t i = 9; i < REF_NEIGH_MAX; i++)
		assert_int_equal(ref_neigh_add(th->net, th->ifindex, A(10, 5, 0, 0) + i, other_mac),
				 0);
	test_host_send(th, &ping);
	assert_string_equal(test_host_drops(th), " NEIGH_CREATEFAIL");
	test_host_free(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ask_and_learn), cmocka_unit_test(test_give_up),
		cmocka_unit_test(test_queue_limit),   cmocka_unit_test(test_answers),
		cmocka_unit_test(test_override),      cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_destinations),  cmocka_unit_test(test_create_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
