/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Headers as tables of fields: what a report needs to show a packet, and to name the field in
 * which two packets differ. A view: it never judges; a header that is too short is cut.
 */
#ifndef REF_WIRE_FIELD_H
#define REF_WIRE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_format {
	WIRE_DEC,
	WIRE_HEX,
	WIRE_IPV4,
	WIRE_MAC,
	WIRE_OCTETS, /* hexadecimal digits; any length */
	WIRE_NAMED, /* a number with a name */
	WIRE_FRAG_OFF, /* units of 8 octets, shown in octets */
};

struct wire_name {
	uint32_t value;
	const char *name;
};

struct wire_field {
	const char *name;
	uint16_t bit_off, bits; /* from the start of the header; bits 0: to its end */
	enum wire_format format;
	const struct wire_name *names; /* NAMED; the last has name NULL */
	bool derived; /* a checksum or length: follows from other fields */
};

struct wire_header {
	const char *name;
	const struct wire_field *fields;
	size_t field_nr;
};

extern const struct wire_header wire_ethernet, wire_vlan, wire_arp, wire_ipv4, wire_ip_option,
	wire_icmp, wire_icmp_echo, wire_icmp_unreach, wire_icmp_redirect, wire_icmp_param,
	wire_icmp_stamp, wire_udp, wire_udplite, wire_tcp, wire_igmp, wire_igmp3_report,
	wire_payload, wire_padding;

/* One header found in a frame. */
struct wire_layer {
	const struct wire_header *header;
	size_t off, len; /* octets, from the start of the frame; those that are there */
	bool cut; /* fewer octets than the header has */
	bool quoted; /* within an ICMP error */
};

#define WIRE_LAYER_MAX 40

/* The headers of an Ethernet frame in order, the payload last. Returns how many, at most max. */
size_t wire_layers(const uint8_t *frame, size_t len, struct wire_layer *ret, size_t max);
/* Value of a field of at most 32 bits; the layer must hold it (see wire_field_fits()). */
uint32_t wire_field_value(const uint8_t *frame, const struct wire_layer *l,
			  const struct wire_field *f);
bool wire_field_fits(const struct wire_layer *l, const struct wire_field *f);
/* Name of a number in a table, or NULL. */
const char *wire_name(const struct wire_name *names, uint32_t value);

#endif
