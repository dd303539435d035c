/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Headers of frames by table: whole, cut anywhere, and lying about their lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/field_text.h"
#include "ref/wire/field.h"

#define ETH                                                                                        \
	"020000000001"                                                                             \
	"020000000101"
#define IP_ADDRS                                                                                   \
	"0a000002"                                                                                 \
	"0a000001"

static const struct {
	const char *hex;
	const char *layers; /* names, a '|' after each; '*' where cut, '"' where quoted */
	const char *fields; /* "Header.field=text;" that must be among them */
} frames[] = {
	{ ETH "0800"
	      "4500001d"
	      "12340000"
	      "4011"
	      "0000" IP_ADDRS "14e91e610009000078",
	  "Ethernet|IPv4|UDP|payload|",
	  "Ethernet.dst=02:00:00:00:00:01;Ethernet.type=2048 (IPv4);IPv4.version=4;"
	  "IPv4.header length=5;IPv4.total length=29;IPv4.id=0x1234;IPv4.DF=0;IPv4.ttl=64;"
	  "IPv4.protocol=17 (UDP);IPv4.source=10.0.0.2;IPv4.destination=10.0.0.1;"
	  "UDP.source port=5353;UDP.length=9;payload.octets=78;" },
	{ ETH "0800"
	      "4600001c"
	      "1234"
	      "4000"
	      "4001"
	      "0000" IP_ADDRS "94040000"
	      "0800f7ff",
	  "Ethernet|IPv4|IPv4 option|ICMP*|", "IPv4.DF=1;IPv4 option.type=148 (router-alert);" },
	{ ETH "0800"
	      "4700001c"
	      "1234"
	      "2003"
	      "4011"
	      "0000" IP_ADDRS "0101010700000000",
	  "Ethernet|IPv4|IPv4 option|IPv4 option|",
	  "IPv4.MF=1;IPv4.fragment offset=24;IPv4 option.data=01;IPv4 option.type=7 "
	  "(record-route);" },
	{ ETH "0800"
	      "45000038"
	      "0000"
	      "4000"
	      "4001"
	      "0000" IP_ADDRS "0303fcfc00000000"
	      "4500001c"
	      "0001"
	      "0000"
	      "4011"
	      "0000" IP_ADDRS "0001000200080000",
	  "Ethernet|IPv4|ICMP|IPv4\"|UDP\"|",
	  "ICMP.type=3 (unreachable);ICMP.code=3;ICMP.mtu=0;UDP.destination port=2;" },
	{ ETH "8100"
	      "6005"
	      "0800"
	      "4500001400000000"
	      "4002"
	      "0000" IP_ADDRS "0000",
	  "Ethernet|VLAN|IPv4|IGMP*|padding|", "VLAN.priority=3;VLAN.id=5;padding.octets=0000;" },
	{ ETH "0806"
	      "0001080006040001"
	      "020000000001"
	      "0a000001"
	      "000000000000"
	      "0a000002",
	  "Ethernet|ARP|", "ARP.operation=1 (request);ARP.target=10.0.0.2;" },
	{ ETH "0800"
	      "45000028"
	      "00000000"
	      "4006"
	      "0000" IP_ADDRS "0050c00000000001000000025010ffff00000000",
	  "Ethernet|IPv4|TCP|", "TCP.seq=1;TCP.ack=2;TCP.flags=0x10;TCP.header length=5;" },
	{ ETH "0800"
	      "4f00",
	  "Ethernet|IPv4*|", "" },
	{ ETH "0800"
	      "4000ffff"
	      "00000000"
	      "4011"
	      "0000" IP_ADDRS "00",
	  "Ethernet|IPv4|UDP*|", "" },
	{ "0200", "Ethernet*|", "" },
	{ ETH "9999"
	      "0102",
	  "Ethernet|payload|", "Ethernet.type=39321;" },
};

static size_t unhex(const char *hex, uint8_t *ret)
{
	size_t len = strlen(hex) / 2;

	for (size_t i = 0; i < len; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], 0 };

		ret[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return len;
}

/* All fields of all layers; returns them as "Header.field=text;" in a static buffer. */
static const char *all_fields(const uint8_t *frame, const struct wire_layer *layers, size_t nr)
{
	static char text[16384];
	size_t at = 0;
	char value[64];

	text[0] = '\0';
	for (size_t i = 0; i < nr; i++)
		for (size_t j = 0; j < layers[i].header->field_nr; j++) {
			const struct wire_field *f = &layers[i].header->fields[j];

			field_text(value, sizeof(value), frame, &layers[i], f);
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s.%s=%s;",
					       layers[i].header->name, f->name, value);
		}
	return text;
}

static void test_frames(void **state)
{
	struct wire_layer layers[WIRE_LAYER_MAX];
	uint8_t frame[256];

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		size_t len = unhex(frames[i].hex, frame);
		size_t nr = wire_layers(frame, len, layers, WIRE_LAYER_MAX);
		char names[256] = "", fields[1024], *save = NULL;

		for (size_t j = 0; j < nr; j++) {
			strcat(names, layers[j].header->name);
			strcat(names, layers[j].quoted ? "\"" : "");
			strcat(names, layers[j].cut ? "*|" : "|");
		}
		assert_string_equal(names, frames[i].layers);
		strcpy(fields, frames[i].fields);
		for (char *f = strtok_r(fields, ";", &save); f; f = strtok_r(NULL, ";", &save))
			if (!strstr(all_fields(frame, layers, nr), f))
				fail_msg("%s is not in %s", f, all_fields(frame, layers, nr));
	}
}

/* Each frame cut at each length, from memory of exactly that length; each octet is in one layer. */
static void test_cut_anywhere(void **state)
{
	struct wire_layer layers[WIRE_LAYER_MAX];
	uint8_t whole[256];

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		size_t len = unhex(frames[i].hex, whole);

		for (size_t cut = 1; cut <= len; cut++) {
			uint8_t *frame = malloc(cut);
			size_t nr, at = 0;

			memcpy(frame, whole, cut);
			nr = wire_layers(frame, cut, layers, WIRE_LAYER_MAX);
			for (size_t j = 0; j < nr; j++) {
				assert_int_equal(layers[j].off, at);
				at += layers[j].len;
			}
			assert_int_equal(at, cut);
			all_fields(frame, layers, nr);
			free(frame);
		}
	}
}

static void test_few_layers(void **state)
{
	struct wire_layer layers[2];
	uint8_t frame[256];
	size_t len = unhex(frames[0].hex, frame);

	(void)state;
	assert_int_equal(wire_layers(frame, len, layers, 2), 2);
	assert_int_equal(wire_layers(frame, len, layers, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_few_layers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
