/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Comparison and normalisation, on traces as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare/compare.h"
#include "harness/trace.h"

#define ALL (OBS_BIT(OBS_TYPE_NR) - 1)

#define ETH                                                                                        \
	"020000000101020000000001"                                                                 \
	"0800"
/* 10.0.0.1 > 10.0.0.2, no DF: id, TTL, checksum right for both. */
#define REPLY(id, ttl, csum)                                                                       \
	ETH "4500001c" id "0000" ttl "01" csum "0a0000010a000002"                                  \
	    "0000fffd00010001"
#define D "1 deliver a from 10.0.0.2:53 len 2 ttl=64 tos=0x0"

static struct world world;

static int set_up(void **state)
{
	static const char *const lines[] = {
		"wire eth0",
		"addr add 10.0.0.1/24 dev eth0",
		"socket a udp bind :53",
		"socket b udp bind :54",
		"socket r raw icmp",
	};
	struct errmsg e;

	(void)state;
	world_init(&world, "t");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (world_add_line(&world, lines[i], 1, &e) < 0)
			return -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_done(&world);
	return 0;
}

/* Lines joined by '\n'. */
static void read_trace(struct obs_list *l, const char *text)
{
	char *copy = strdup(text), *save = NULL;
	struct errmsg e;

	obs_list_init(l);
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (trace_parse(l, &world, line, &e) != 1)
			fail_msg("%s: %s", line, e.text);
	free(copy);
}

static const struct {
	const char *a, *b;
	const char *field, *detail; /* field NULL: the same */
	uint32_t types;
} pairs[] = {
	{ "", "", NULL, NULL, ALL },
	{ D " : 0001", D " : 0001", NULL, NULL, ALL },
	{ D " : 0001", D " : 0002", "payload", "0x01, 0x02 at octet 1", ALL },
	{ "1 deliver a from 10.0.0.2:53 len 1 : 00", "1 deliver a from 10.0.0.2:53 len 2 : 0001",
	  "payload", "1 octets, 2 octets", ALL },
	{ D " : 0001", "", "delivery", "there, none", ALL },
	{ "", D " : 0001", "delivery", "none, there", ALL },
	{ "1 deliver a from 10.0.0.2:53 len 0 : ", "1 deliver a from 10.0.0.3:53 len 0 : ",
	  "sender address", "10.0.0.2, 10.0.0.3", ALL },
	{ "1 deliver a from 10.0.0.2:53 len 0 : ", "1 deliver a from 10.0.0.2:54 len 0 : ",
	  "sender port", "53, 54", ALL },
	{ "1 deliver a from 10.0.0.2:53 len 0 ret 7 : ",
	  "1 deliver a from 10.0.0.2:53 len 0 ret 8 : ", "returned length", "7, 8", ALL },
	{ "1 deliver a from 10.0.0.2:53 len 0 flags=MSG_CTRUNC : ",
	  "1 deliver a from 10.0.0.2:53 len 0 : ", "message flags", "MSG_CTRUNC, 0x0", ALL },
	{ "1 deliver a from 10.0.0.2:53 len 0 ttl=64 tos=0x1 : ",
	  "1 deliver a from 10.0.0.2:53 len 0 ttl=64 tos=0x2 : ", "control message tos",
	  "0x01, 0x02 at octet 0", ALL },
	{ "1 deliver a from 10.0.0.2:53 len 0 ttl=64 : ", "1 deliver a from 10.0.0.2:53 len 0 : ",
	  "control message ttl", "there, not there", ALL },
	{ "1 deliver a from 10.0.0.2:53 len 0 ttl=64 tos=0x0 : ",
	  "1 deliver a from 10.0.0.2:53 len 0 tos=0x0 ttl=64 : ", "control message ttl",
	  "there, another", ALL },
	{ "1 deliver a from 10.0.0.2:53 len 0 : ", "1 error a ECONNREFUSED",
	  "result of the call", "a datagram, ECONNREFUSED", ALL },
	{ "1 error a EPERM", "1 error a ECONNREFUSED", "errno", "EPERM, ECONNREFUSED", ALL },
	{ "1 deliver b from 10.0.0.2:53 len 0 : ",
	  "1 deliver a from 10.0.0.2:53 len 0 : \n1 deliver b from 10.0.0.2:53 len 0 : ",
	  "delivery", "none, there", ALL },
	{ "1 drop UDP_CSUM", "1 drop UDP_CSUM # there", NULL, NULL, ALL },
	{ "1 drop UDP_CSUM", "1 drop NO_SOCKET", "drop reason", "UDP_CSUM, NO_SOCKET", ALL },
	{ "1 drop UDP_CSUM", "1 drop FROB # there", "drop reason", "UDP_CSUM, FROB", ALL },
	{ "1 drop FROB # here", "1 drop FROB # there", NULL, NULL, ALL },
	{ "1 drop FROB", "1 drop FROBS", "drop reason", "FROB, FROBS", ALL },
	{ "1 drop UDP_CSUM", "", NULL, NULL, ALL & ~OBS_BIT(OBS_DROP) },
	{ "1 drop UDP_CSUM\n1 count Ip.InDelivers +1", "1 count Ip.InDelivers +2",
	  "counter Ip.InDelivers", "1, 2", ALL & ~OBS_BIT(OBS_DROP) },
	{ "1 count Ip.InReceives +1\n1 count Ip.InDelivers +1", "1 count Ip.InDelivers +1",
	  "counter Ip.InReceives", "1, 0", ALL },
	{ "1 count Ip.InReceives +1", "1 count Ip.InReceives +1\n1 count X.Y +1", "counter X.Y",
	  "0, 1", ALL },
	{ "1 count X.Y +1", "1 count X.Z +1", "counter X.Y", "1, 0", ALL },
	{ "1 stat lo rx_packets +1", "1 stat eth0 rx_packets +1", "statistic rx_packets", "1, 0",
	  ALL },
	{ "1 stat eth0 rx_packets +1", "1 stat eth0 rx_packets +2", "statistic rx_packets", "1, 2",
	  ALL },
	{ "1 count Ip.InReceives +1", "2 count Ip.InReceives +1", "counter Ip.InReceives", "1, 0",
	  ALL },
	/* The kernel's choice of id does not matter, if the checksum fits it. */
	{ "1 emit eth0 : " REPLY("0001", "40", "66de"),
	  "1 emit eth0 : " REPLY("0002", "40", "66dd"), NULL, NULL, ALL },
	{ "1 emit eth0 : " REPLY("0001", "40", "66de"),
	  "1 emit eth0 : " REPLY("0002", "40", "66de"), "IPv4 header checksum",
	  "0x66de, 0x66df", ALL },
	{ "1 emit eth0 : " REPLY("0001", "40", "66df"),
	  "1 emit eth0 : " REPLY("0001", "40", "66de"), "IPv4 header checksum", "0x66df, 0x66de",
	  ALL },
	{ "1 emit eth0 : " REPLY("0001", "40", "66de"),
	  "1 emit eth0 : " REPLY("0001", "3f", "67de"), "IPv4 ttl", "64, 63", ALL },
	/* Two datagrams with one id are not two with ids of their own. */
	{ "1 emit eth0 : " REPLY("0001", "40", "66de") "\n1 emit eth0 : " REPLY("0001", "40",
										"66de"),
	  "1 emit eth0 : " REPLY("0001", "40", "66de") "\n1 emit eth0 : " REPLY("0002", "40",
										"66dd"),
	  "IPv4 id", "0x1, 0x2", ALL },
	/* Forwarded packets keep their id: it is compared. 10.0.0.9 is not the host's. */
	{ "1 emit eth0 : " ETH "4500001400010000400166de"
	  "0a0000090a000002",
	  "1 emit eth0 : " ETH "4500001400020000400166dd"
	  "0a0000090a000002",
	  "IPv4 id", "0x1, 0x2", ALL },
	/* With DF the id is no free choice. */
	{ "1 emit eth0 : " ETH "45000014000040004001"
	  "26e6"
	  "0a0000010a000002",
	  "1 emit eth0 : " ETH "45000014000140004001"
	  "26e5"
	  "0a0000010a000002",
	  "IPv4 id", "0x0, 0x1", ALL },
	/* Timestamp replies: times do not matter, the echoed one does. */
	{ "1 emit eth0 : " ETH "4500002800004000400126d3"
	  "0a0000010a000002"
	  "0e00f1fc00010001"
	  "00000001"
	  "00000000"
	  "00000000",
	  "1 emit eth0 : " ETH "4500002800004000400126d3"
	  "0a0000010a000002"
	  "0e00ede800010001"
	  "00000001"
	  "0000020a"
	  "0000020a",
	  NULL, NULL, ALL },
	{ "1 emit eth0 : " ETH "4500002800004000400126d3"
	  "0a0000010a000002"
	  "0e00f1fc00010001"
	  "00000001"
	  "00000000"
	  "00000000",
	  "1 emit eth0 : " ETH "4500002800004000400126d3"
	  "0a0000010a000002"
	  "0e00f1fb00010001"
	  "00000002"
	  "00000000"
	  "00000000",
	  "ICMP originate", "1, 2", ALL },
	/* The stamp before the pointer is the host's own, an earlier one is the sender's. */
	{ "1 deliver a from 10.0.0.2:53 len 0 opts=440c0d00"
	  "0000000500000006 : ",
	  "1 deliver a from 10.0.0.2:53 len 0 opts=440c0d00"
	  "0000000500000007 : ",
	  NULL, NULL, ALL },
	{ "1 deliver a from 10.0.0.2:53 len 0 opts=440c0d00"
	  "0000000500000006 : ",
	  "1 deliver a from 10.0.0.2:53 len 0 opts=440c0d00"
	  "0000000400000006 : ",
	  "control message opts", "0x05, 0x04 at octet 7", ALL },
	{ "1 deliver a from 10.0.0.2:53 len 0 opts=440c0d00"
	  "0000000580000006 : ",
	  "1 deliver a from 10.0.0.2:53 len 0 opts=440c0d00"
	  "0000000580000007 : ",
	  "control message opts", "0x06, 0x07 at octet 11", ALL },
	{ "1 deliver a from 10.0.0.2:53 len 0 opts=440c0900"
	  "0000000500000006 : ",
	  "1 deliver a from 10.0.0.2:53 len 0 opts=440c0d00"
	  "0000000500000006 : ",
	  "control message opts", "0x09, 0x0d at octet 2", ALL },
	/* In the payload of a raw socket the header shows; in that of another it is just octets. */
	{ "1 deliver r from 10.0.0.2:0 len 28 : 4700001c000000004001"
	  "0000"
	  "0a0000020a000001"
	  "4408090000000006",
	  "1 deliver r from 10.0.0.2:0 len 28 : 4700001c000000004001"
	  "0000"
	  "0a0000020a000001"
	  "4408090000000007",
	  NULL, NULL, ALL },
	{ "1 deliver a from 10.0.0.2:0 len 28 : 4700001c000000004001"
	  "0000"
	  "0a0000020a000001"
	  "4408090000000006",
	  "1 deliver a from 10.0.0.2:0 len 28 : 4700001c000000004001"
	  "0000"
	  "0a0000020a000001"
	  "4408090000000007",
	  "payload", "0x06, 0x07 at octet 27", ALL },
	/* Frames that differ in what they are. */
	{ "1 emit eth0 : " ETH "4500001400004000401126d6"
	  "0a0000010a000002",
	  "1 emit eth0 : 0200000001010200000000010806"
	  "0001",
	  "Ethernet type", "2048 (IPv4), 2054 (ARP)", ALL },
	{ "1 emit eth0 : " ETH, "1 emit eth0 : " ETH "4500", "IPv4 version", "(cut), 4",
	  ALL },
};

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct obs_list a, b;
		struct diff d;

		read_trace(&a, pairs[i].a);
		read_trace(&b, pairs[i].b);
		normalise(&world, &a);
		normalise(&world, &b);
		compare(obs_all(&a), obs_all(&b), pairs[i].types, &d);
		if (d.found != (pairs[i].field != NULL))
			fail_msg("%s / %s: %s %s", pairs[i].a, pairs[i].b, d.field, d.detail);
		if (d.found && (strcmp(d.field, pairs[i].field) != 0 ||
				strcmp(d.detail, pairs[i].detail) != 0))
			fail_msg("%s / %s: %s: %s", pairs[i].a, pairs[i].b, d.field, d.detail);
		obs_list_done(&a);
		obs_list_done(&b);
	}
}

/* Normalising twice changes nothing more. */
static void test_idempotent(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct obs_list once, twice;
		struct diff d;

		read_trace(&once, pairs[i].a);
		read_trace(&twice, pairs[i].a);
		normalise(&world, &once);
		normalise(&world, &twice);
		normalise(&world, &twice);
		compare(obs_all(&once), obs_all(&twice), ALL, &d);
		assert_false(d.found);
		obs_list_done(&once);
		obs_list_done(&twice);
	}
}

/* Any frame, whole or cut, goes through unharmed when it is no packet of ours. */
static void test_any_octets(void **state)
{
	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		static const uint8_t start[] = { 2, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 1, 8, 0, 0x4f };
		size_t len = (size_t)rand() % 120;
		struct obs_list l;
		struct obs *obs;
		uint8_t *room;

		obs_list_init(&l);
		obs = obs_add(&l, i & 1 ? OBS_EMIT : OBS_DELIVER, 0);
		obs->chan = i & 1 ? 0 : 2;
		room = malloc(len + 1);
		for (size_t j = 0; j < len; j++)
			room[j] = j < sizeof(start) && rand() % 8 ? start[j] : (uint8_t)rand();
		obs->data_len = (uint32_t)len;
		obs->data_off = obs_put(&l, room, len);
		normalise(&world, &l);
		free(room);
		obs_list_done(&l);
	}
}

static void test_rules_have_reasons(void **state)
{
	(void)state;
	for (size_t i = 0; i < norm_rule_nr; i++) {
		assert_non_null(norm_rules[i].apply);
		assert_true(strlen(norm_rules[i].name) > 0 && strlen(norm_rules[i].why) > 20);
		assert_true(norm_rules[i].types != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_idempotent),
		cmocka_unit_test(test_any_octets),
		cmocka_unit_test(test_rules_have_reasons),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
