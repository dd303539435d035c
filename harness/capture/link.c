/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Link types: one row each, with the function that finds the IP packet. */
#include "harness/capture/reader.h"

#include <errno.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <string.h>

#include "ref/wire/cur.h"

#define MAC_LEN	      6
#define ETH_LEN	      14
/* More tags than this in front of IP: no kernel looks that deep. */
#define VLAN_TAGS_MAX 8

/* sll_pkttype of Linux cooked captures. */
enum { SLL_HOST, SLL_BROADCAST, SLL_MULTICAST, SLL_OTHERHOST, SLL_OUTGOING };
/* Devices whose protocol field is no EtherType. */
#define ARPHRD_NETLINK 824

static const uint8_t mac_broadcast[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
/* The MAC of a host that is neither end. */
static const uint8_t mac_other[MAC_LEN] = { 2, 0, 0, 0, 2, 1 };

/* The packet has no link-layer header that can be read. */
static void no_frame(const struct record *r, struct capture_packet *p)
{
	p->frame = r->data;
	p->len = r->len;
	p->not_ip = true;
}

static void parse_ethernet(struct record *r, struct capture_packet *p)
{
	size_t off = ETH_LEN;
	uint16_t proto;

	if (r->len < ETH_LEN) {
		no_frame(r, p);
		return;
	}
	proto = wire_get16(r->data + ETH_LEN - 2);
	for (int i = 0; i < VLAN_TAGS_MAX && (proto == ETHERTYPE_VLAN || proto == 0x88a8); i++) {
		if (r->len - off < 4)
			break;
		proto = wire_get16(r->data + off + 2);
		off += 4;
	}
	p->frame = r->data;
	p->len = r->len;
	p->ip_off = off;
	p->not_ip = proto != ETHERTYPE_IP;
}

/* Where would Ethernet send this IP packet? */
static void mac_of_destination(uint8_t mac[MAC_LEN], const struct record *r, size_t ip_off,
			       uint16_t proto)
{
	uint32_t dst;

	memcpy(mac, CAPTURE_HOST_MAC, MAC_LEN);
	if (proto != ETHERTYPE_IP || r->len - ip_off < 20)
		return;
	dst = wire_get32(r->data + ip_off + 16);
	if (dst == 0xffffffff) {
		memcpy(mac, mac_broadcast, MAC_LEN);
	} else if (dst >> 28 == 0xe) {
		wire_put32(mac, 0x01005e00 | (dst >> 16 & 0x7f));
		wire_put16(mac + 4, (uint16_t)dst);
	}
}

/* Put an Ethernet header in front of the packet at ip_off, over what was there. */
static void make_frame(struct record *r, struct capture_packet *p, size_t ip_off, uint16_t proto,
		       const uint8_t dst[MAC_LEN], const uint8_t src[MAC_LEN])
{
	uint8_t *eth = r->data + ip_off - ETH_LEN;

	memcpy(eth, dst, MAC_LEN);
	memcpy(eth + MAC_LEN, src, MAC_LEN);
	wire_put16(eth + 2 * MAC_LEN, proto);
	/* A VLAN tag may come first here too. */
	r->data = eth;
	r->len = r->len - ip_off + ETH_LEN;
	r->orig_len = r->orig_len < ip_off ? 0 : r->orig_len - ip_off + ETH_LEN;
	parse_ethernet(r, p);
	p->made_mac = true;
}

static void make_plain_frame(struct record *r, struct capture_packet *p, size_t ip_off,
			     uint16_t proto)
{
	uint8_t mac[MAC_LEN];

	if (r->outgoing) {
		make_frame(r, p, ip_off, proto, CAPTURE_PEER_MAC, CAPTURE_HOST_MAC);
		return;
	}
	mac_of_destination(mac, r, ip_off, proto);
	make_frame(r, p, ip_off, proto, mac, CAPTURE_PEER_MAC);
}

static void parse_ipv4(struct record *r, struct capture_packet *p)
{
	make_plain_frame(r, p, 0, ETHERTYPE_IP);
}

/* By its first nibble IPv6; all else is for the IPv4 code to judge. */
static void parse_raw(struct record *r, struct capture_packet *p)
{
	bool v6 = r->len && r->data[0] >> 4 == 6;

	make_plain_frame(r, p, 0, v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
}

/* The address family in the octet order of the machine that recorded it, whichever that was. */
static void parse_null(struct record *r, struct capture_packet *p)
{
	uint32_t family;

	if (r->len < 4) {
		no_frame(r, p);
		return;
	}
	family = wire_get32(r->data);
	if (family == 2 || family == 0x02000000)
		make_plain_frame(r, p, 4, ETHERTYPE_IP);
	else
		no_frame(r, p);
}

/* What the two cooked headers have in common. */
static void parse_cooked(struct record *r, struct capture_packet *p, size_t ip_off, uint16_t type,
			 uint16_t proto, uint16_t arphrd, const uint8_t *addr, size_t addr_len)
{
	uint8_t dst[MAC_LEN], src[MAC_LEN];
	static const uint8_t zero[MAC_LEN];

	if (arphrd == ARPHRD_NETLINK) {
		no_frame(r, p);
		return;
	}
	if (type == SLL_OUTGOING)
		r->outgoing = true;
	memcpy(src, r->outgoing ? CAPTURE_HOST_MAC : CAPTURE_PEER_MAC, MAC_LEN);
	if (addr_len == MAC_LEN && !(addr[0] & 1) && memcmp(addr, zero, MAC_LEN))
		memcpy(src, addr, MAC_LEN);
	mac_of_destination(dst, r, ip_off, proto);
	if (type == SLL_BROADCAST)
		memcpy(dst, mac_broadcast, MAC_LEN);
	else if (type == SLL_OTHERHOST)
		memcpy(dst, mac_other, MAC_LEN);
	else if (type == SLL_OUTGOING && !(dst[0] & 1))
		memcpy(dst, CAPTURE_PEER_MAC, MAC_LEN);
	else if (type == SLL_MULTICAST && !(dst[0] & 1))
		memcpy(dst, (const uint8_t[]){ 1, 0, 0x5e, 0, 0, 1 }, MAC_LEN);
	else if (type == SLL_HOST)
		memcpy(dst, CAPTURE_HOST_MAC, MAC_LEN);
	make_frame(r, p, ip_off, proto, dst, src);
}

static void parse_sll(struct record *r, struct capture_packet *p)
{
	const uint8_t *h = r->data;

	if (r->len < 16) {
		no_frame(r, p);
		return;
	}
	parse_cooked(r, p, 16, wire_get16(h), wire_get16(h + 14), wire_get16(h + 2), h + 6,
		     wire_get16(h + 4));
}

static void parse_sll2(struct record *r, struct capture_packet *p)
{
	const uint8_t *h = r->data;

	if (r->len < 20) {
		no_frame(r, p);
		return;
	}
	parse_cooked(r, p, 20, h[10], wire_get16(h), wire_get16(h + 8), h + 12, h[11]);
}

static const struct link_type link_types[] = {
	{ 1, "Ethernet", parse_ethernet },     { 101, "raw IP", parse_raw },
	{ 12, "raw IP", parse_raw }, /* files of old programs: DLT_RAW as it stands */
	{ 14, "raw IP", parse_raw },	       { 228, "raw IPv4", parse_ipv4 },
	{ 113, "Linux cooked v1", parse_sll }, { 276, "Linux cooked v2", parse_sll2 },
	{ 0, "BSD null", parse_null },	       { 108, "BSD loop", parse_null },
};
#define LINK_TYPE_NR (sizeof(link_types) / sizeof(*link_types))

const struct link_type *link_type_find(uint32_t value, struct errmsg *e)
{
	char list[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < LINK_TYPE_NR; i++)
		if (link_types[i].value == value)
			return &link_types[i];
	for (size_t i = 0; i < LINK_TYPE_NR && len < sizeof(list); i++)
		if (!i || strcmp(link_types[i].name, link_types[i - 1].name))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
						i ? ", " : "", link_types[i].name);
	errmsg_set(e, -EPROTONOSUPPORT, "link type %u is not known here; known are: %s", value,
		   list);
	return NULL;
}

/* Of the octets that are missing, does IP want one? Padding behind the packet it does not. */
static bool is_cut(const struct capture_packet *p)
{
	size_t have = p->len - p->ip_off;

	if (p->len >= p->orig_len)
		return false;
	return p->not_ip || have < 20 || wire_get16(p->frame + p->ip_off + 2) > have;
}

void link_parse(const struct link_type *link, struct record *r, struct capture_packet *p)
{
	link->parse(r, p);
	p->orig_len = r->orig_len;
	p->outgoing = r->outgoing;
	p->cut = is_cut(p);
}
