/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* One table of fields per header. */
#include "ref/wire/field.h"

#define HEADER(var, text, table)                                                                   \
	const struct wire_header var = { text, table, sizeof(table) / sizeof((table)[0]) }

/* One field: name, octet, bit within it, bits, format. */
#define F(name, octet, bit, bits, fmt)                                                             \
	{                                                                                          \
		name, (octet)*8 + (bit), bits, WIRE_##fmt, NULL, false                             \
	}
#define DERIVED(name, octet, bits, fmt)                                                            \
	{                                                                                          \
		name, (octet)*8, bits, WIRE_##fmt, NULL, true                                      \
	}
#define NAMED(name, octet, bits, names)                                                            \
	{                                                                                          \
		name, (octet)*8, bits, WIRE_NAMED, names, false                                    \
	}

static const struct wire_name ether_types[] = {
	{ 0x0800, "IPv4" },   { 0x0806, "ARP" },     { 0x86dd, "IPv6" },
	{ 0x8100, "802.1Q" }, { 0x88a8, "802.1ad" }, { 0, NULL },
};

static const struct wire_field ethernet_fields[] = {
	F("dst", 0, 0, 48, MAC),
	F("src", 6, 0, 48, MAC),
	NAMED("type", 12, 16, ether_types),
};
HEADER(wire_ethernet, "Ethernet", ethernet_fields);

static const struct wire_field vlan_fields[] = {
	F("priority", 0, 0, 3, DEC),
	F("dei", 0, 3, 1, DEC),
	F("id", 0, 4, 12, DEC),
	NAMED("type", 2, 16, ether_types),
};
HEADER(wire_vlan, "VLAN", vlan_fields);

static const struct wire_name arp_ops[] = { { 1, "request" }, { 2, "reply" }, { 0, NULL } };

static const struct wire_field arp_fields[] = {
	F("hardware", 0, 0, 16, DEC),	    F("protocol", 2, 0, 16, HEX),
	F("hardware length", 4, 0, 8, DEC), F("protocol length", 5, 0, 8, DEC),
	NAMED("operation", 6, 16, arp_ops), F("sender MAC", 8, 0, 48, MAC),
	F("sender", 14, 0, 32, IPV4),	    F("target MAC", 18, 0, 48, MAC),
	F("target", 24, 0, 32, IPV4),
};
HEADER(wire_arp, "ARP", arp_fields);

static const struct wire_name ip_protocols[] = {
	{ 1, "ICMP" },	{ 2, "IGMP" }, { 4, "IPIP" }, { 6, "TCP" },	   { 17, "UDP" },
	{ 41, "IPv6" }, { 47, "GRE" }, { 50, "ESP" }, { 136, "UDP-Lite" }, { 0, NULL },
};

static const struct wire_field ipv4_fields[] = {
	F("version", 0, 0, 4, DEC),
	F("header length", 0, 4, 4, DEC),
	F("tos", 1, 0, 8, HEX),
	DERIVED("total length", 2, 16, DEC),
	F("id", 4, 0, 16, HEX),
	F("reserved flag", 6, 0, 1, DEC),
	F("DF", 6, 1, 1, DEC),
	F("MF", 6, 2, 1, DEC),
	F("fragment offset", 6, 3, 13, FRAG_OFF),
	F("ttl", 8, 0, 8, DEC),
	NAMED("protocol", 9, 8, ip_protocols),
	DERIVED("header checksum", 10, 16, HEX),
	F("source", 12, 0, 32, IPV4),
	F("destination", 16, 0, 32, IPV4),
};
HEADER(wire_ipv4, "IPv4", ipv4_fields);

static const struct wire_name option_types[] = {
	{ 0, "end" },	       { 1, "nop" },
	{ 7, "record-route" }, { 68, "timestamp" },
	{ 130, "security" },   { 131, "lsrr" },
	{ 134, "cipso" },      { 136, "stream-id" },
	{ 137, "ssrr" },       { 148, "router-alert" },
	{ 0xffffffff, NULL },
};

static const struct wire_field ip_option_fields[] = {
	NAMED("type", 0, 8, option_types),
	F("length", 1, 0, 8, DEC),
	F("data", 2, 0, 0, OCTETS),
};
HEADER(wire_ip_option, "IPv4 option", ip_option_fields);

static const struct wire_name icmp_types[] = {
	{ 0, "echo-reply" },
	{ 3, "unreachable" },
	{ 4, "source-quench" },
	{ 5, "redirect" },
	{ 8, "echo" },
	{ 9, "router-advertisement" },
	{ 10, "router-solicitation" },
	{ 11, "time-exceeded" },
	{ 12, "parameter-problem" },
	{ 13, "timestamp" },
	{ 14, "timestamp-reply" },
	{ 17, "mask" },
	{ 18, "mask-reply" },
	{ 42, "extended-echo" },
	{ 43, "extended-echo-reply" },
	{ 0xffffffff, NULL },
};

#define ICMP_START                                                                                 \
	NAMED("type", 0, 8, icmp_types), F("code", 1, 0, 8, DEC), DERIVED("checksum", 2, 16, HEX)

static const struct wire_field icmp_fields[] = { ICMP_START, F("rest", 4, 0, 32, HEX) };
HEADER(wire_icmp, "ICMP", icmp_fields);

static const struct wire_field icmp_echo_fields[] = {
	ICMP_START,
	F("id", 4, 0, 16, DEC),
	F("seq", 6, 0, 16, DEC),
};
HEADER(wire_icmp_echo, "ICMP", icmp_echo_fields);

static const struct wire_field icmp_unreach_fields[] = {
	ICMP_START,
	F("unused", 4, 0, 8, HEX),
	F("quoted length", 5, 0, 8, DEC),
	F("mtu", 6, 0, 16, DEC),
};
HEADER(wire_icmp_unreach, "ICMP", icmp_unreach_fields);

static const struct wire_field icmp_redirect_fields[] = {
	ICMP_START,
	F("gateway", 4, 0, 32, IPV4),
};
HEADER(wire_icmp_redirect, "ICMP", icmp_redirect_fields);

static const struct wire_field icmp_param_fields[] = {
	ICMP_START,
	F("pointer", 4, 0, 8, DEC),
	F("quoted length", 5, 0, 8, DEC),
	F("unused", 6, 0, 16, HEX),
};
HEADER(wire_icmp_param, "ICMP", icmp_param_fields);

static const struct wire_field icmp_stamp_fields[] = {
	ICMP_START,
	F("id", 4, 0, 16, DEC),
	F("seq", 6, 0, 16, DEC),
	F("originate", 8, 0, 32, DEC),
	F("receive", 12, 0, 32, DEC),
	F("transmit", 16, 0, 32, DEC),
};
HEADER(wire_icmp_stamp, "ICMP", icmp_stamp_fields);

static const struct wire_field udp_fields[] = {
	F("source port", 0, 0, 16, DEC),
	F("destination port", 2, 0, 16, DEC),
	DERIVED("length", 4, 16, DEC),
	DERIVED("checksum", 6, 16, HEX),
};
HEADER(wire_udp, "UDP", udp_fields);

static const struct wire_field udplite_fields[] = {
	F("source port", 0, 0, 16, DEC),
	F("destination port", 2, 0, 16, DEC),
	F("coverage", 4, 0, 16, DEC),
	DERIVED("checksum", 6, 16, HEX),
};
HEADER(wire_udplite, "UDP-Lite", udplite_fields);

static const struct wire_field tcp_fields[] = {
	F("source port", 0, 0, 16, DEC),   F("destination port", 2, 0, 16, DEC),
	F("seq", 4, 0, 32, DEC),	   F("ack", 8, 0, 32, DEC),
	F("header length", 12, 0, 4, DEC), F("reserved", 12, 4, 4, HEX),
	F("flags", 13, 0, 8, HEX),	   F("window", 14, 0, 16, DEC),
	DERIVED("checksum", 16, 16, HEX),  F("urgent", 18, 0, 16, DEC),
	F("options", 20, 0, 0, OCTETS),
};
HEADER(wire_tcp, "TCP", tcp_fields);

static const struct wire_name igmp_types[] = {
	{ 0x11, "query" }, { 0x12, "report-v1" }, { 0x16, "report-v2" },
	{ 0x17, "leave" }, { 0x22, "report-v3" }, { 0, NULL },
};

static const struct wire_field igmp_fields[] = {
	NAMED("type", 0, 8, igmp_types),
	F("response time", 1, 0, 8, DEC),
	DERIVED("checksum", 2, 16, HEX),
	F("group", 4, 0, 32, IPV4),
};
HEADER(wire_igmp, "IGMP", igmp_fields);

static const struct wire_field igmp3_report_fields[] = {
	NAMED("type", 0, 8, igmp_types), F("reserved", 1, 0, 8, HEX),
	DERIVED("checksum", 2, 16, HEX), F("flags", 4, 0, 16, HEX),
	F("records", 6, 0, 16, DEC),
};
HEADER(wire_igmp3_report, "IGMPv3", igmp3_report_fields);

static const struct wire_field payload_fields[] = { F("octets", 0, 0, 0, OCTETS) };
HEADER(wire_payload, "payload", payload_fields);
HEADER(wire_padding, "padding", payload_fields);
