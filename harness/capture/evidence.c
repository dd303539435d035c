/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The pass over the capture: cheap per packet, judges nothing. */
#include "harness/capture/evidence.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "ref/wire/cur.h"

#define BROADCAST  0xffffffffu
#define ICMP_LEN   8
/* A key that is not found this far from its place is not in the table. */
#define PROBES_MAX 64

/* ---- tables ---- */

static int etable_init(struct etable *t, uint32_t slots, size_t val_size)
{
	t->keys = calloc(slots, sizeof(*t->keys));
	t->vals = val_size ? calloc(slots, val_size) : NULL;
	t->val_size = val_size;
	t->mask = slots - 1;
	t->max = slots / 4 * 3;
	return t->keys && (t->vals || !val_size) ? 0 : -ENOMEM;
}

static void etable_done(struct etable *t)
{
	free(t->keys);
	free(t->vals);
}

static uint32_t etable_slot(const struct etable *t, uint64_t key)
{
	return (uint32_t)(key * 0x9e3779b97f4a7c15u >> 40) & t->mask;
}

/* Index of the key's slot, taken for it if it is new; UINT32_MAX when there is no room. */
static uint32_t etable_add(struct etable *t, uint64_t key, bool *ret_new)
{
	uint32_t slot = etable_slot(t, key);

	*ret_new = false;
	for (int i = 0; i < PROBES_MAX; i++, slot = (slot + 1) & t->mask) {
		if (t->keys[slot] == key)
			return slot;
		if (t->keys[slot])
			continue;
		if (t->nr == t->max)
			break;
		t->keys[slot] = key;
		t->nr++;
		*ret_new = true;
		return slot;
	}
	t->turned_away++;
	return UINT32_MAX;
}

static void *etable_val(const struct etable *t, uint32_t slot)
{
	return slot == UINT32_MAX ? NULL : t->vals + (size_t)slot * t->val_size;
}

const void *etable_find(const struct etable *t, uint64_t key)
{
	uint32_t slot = etable_slot(t, key);

	for (int i = 0; i < PROBES_MAX && t->keys[slot]; i++, slot = (slot + 1) & t->mask)
		if (t->keys[slot] == key)
			return t->val_size ? etable_val(t, slot) : (const void *)&t->keys[slot];
	return NULL;
}

int evidence_init(struct evidence *ev, struct errmsg *e)
{
	memset(ev, 0, sizeof(*ev));
	if (etable_init(&ev->hosts, EVIDENCE_HOST_SLOTS, sizeof(struct ehost)) ||
	    etable_init(&ev->talks, EVIDENCE_TALK_SLOTS, 0) ||
	    etable_init(&ev->ports, EVIDENCE_PORT_SLOTS, sizeof(struct eport))) {
		evidence_done(ev);
		return errmsg_set(e, -ENOMEM, "no memory to infer a world");
	}
	return 0;
}

void evidence_done(struct evidence *ev)
{
	etable_done(&ev->hosts);
	etable_done(&ev->talks);
	etable_done(&ev->ports);
	memset(ev, 0, sizeof(*ev));
}

/* ---- a packet ---- */

struct seen {
	const uint8_t *eth;
	const uint8_t *l4; /* NULL: a later fragment */
	size_t l4_len;
	uint32_t src, dst; /* dst: BROADCAST for every kind of broadcast */
	uint8_t proto;
	bool to_one; /* dst is a unicast address */
};

static bool is_unicast(uint32_t addr)
{
	return addr >> 24 && addr < 0xe0000000u;
}

static void net_broadcast(struct evidence *ev, uint32_t addr)
{
	for (size_t i = 0; i < ev->net_nr; i++)
		if (ev->net_broadcast[i] == addr)
			return;
	if (ev->net_nr < EVIDENCE_NET_MAX)
		ev->net_broadcast[ev->net_nr++] = addr;
}

/* To all of a network: by its MAC address; where there was none, by the look of it. */
static bool is_net_broadcast(const struct seen *s, const struct capture_packet *p)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (!(s->dst & 1) || !is_unicast(s->dst))
		return false;
	if (!memcmp(s->eth, all, sizeof(all)))
		return true;
	return p->made_mac && (s->dst & 0xff) == 0xff && (s->src ^ s->dst) >> 8 == 0;
}

/* Addresses and first octets behind the header; false: not a packet that shows anything. */
static bool packet_view(struct evidence *ev, const struct capture_packet *p, struct seen *s)
{
	const uint8_t *ip = p->frame + p->ip_off;
	size_t have = p->len - p->ip_off, head, total;

	if (have < 20 || ip[0] >> 4 != 4)
		return false;
	head = (size_t)(ip[0] & 0xf) * 4;
	total = wire_get16(ip + 2);
	if (head < 20 || total < head || head > have)
		return false;
	s->eth = p->frame;
	s->src = wire_get32(ip + 12);
	s->dst = wire_get32(ip + 16);
	s->proto = ip[9];
	s->l4 = wire_get16(ip + 6) & 0x1fff ? NULL : ip + head;
	s->l4_len = (total < have ? total : have) - head;
	s->to_one = is_unicast(s->dst);
	if (s->to_one && is_net_broadcast(s, p)) {
		net_broadcast(ev, s->dst);
		s->dst = BROADCAST;
		s->to_one = false;
	}
	return true;
}

/* The MAC address of an end; where others send to it says it better than what it writes itself. */
static void see_mac(struct ehost *host, const uint8_t mac[6], const struct capture_packet *p)
{
	if (p->made_mac || mac[0] & 1)
		return;
	host->has_mac = true;
	memcpy(host->mac, mac, sizeof(host->mac));
}

static void see_hosts(struct evidence *ev, const struct seen *s, const struct capture_packet *p)
{
	struct ehost *host;
	bool new;

	if (is_unicast(s->src)) {
		host = etable_val(&ev->hosts, etable_add(&ev->hosts, s->src, &new));
		if (host) {
			host->tx++;
			host->tx_all += !s->to_one;
			host->marked |= p->outgoing;
			if (!host->has_mac)
				see_mac(host, s->eth + 6, p);
		}
	}
	if (!s->to_one) {
		ev->all_nr++;
		return;
	}
	host = etable_val(&ev->hosts, etable_add(&ev->hosts, s->dst, &new));
	if (!host)
		return;
	if (!host->rx++)
		host->first_rx = p->nr;
	see_mac(host, s->eth, p);
	if (!is_unicast(s->src))
		return;
	etable_add(&ev->talks, evidence_talk_key(s->src, s->dst), &new);
	host->peers += new;
}

static struct eport *port_at(struct evidence *ev, uint32_t addr, enum port_kind kind, uint16_t port)
{
	bool new;

	return etable_val(&ev->ports,
			  etable_add(&ev->ports, evidence_port_key(addr, kind, port), &new));
}

static void port_peer(struct eport *port, uint32_t peer, uint16_t peer_port)
{
	if (port->rx + port->tx == 0) {
		port->peer = peer;
		port->peer_port = peer_port;
	} else if (port->peer != peer || port->peer_port != peer_port) {
		port->more_peers = true;
	}
}

/* A datagram between two ports. */
static void see_ports(struct evidence *ev, const struct seen *s, enum port_kind kind,
		      uint16_t src_port, uint16_t dst_port)
{
	struct eport *port;

	if (is_unicast(s->src)) {
		port = port_at(ev, s->src, kind, src_port);
		if (port) {
			/* What it sends to all shows nothing of whom it is connected to. */
			if (s->to_one)
				port_peer(port, s->dst, dst_port);
			else
				port->more_peers = true;
			port->tx_first |= port->rx + port->tx == 0;
			port->tx++;
		}
	}
	port = s->dst ? port_at(ev, s->dst, kind, dst_port) : NULL;
	if (port) {
		port_peer(port, s->src, src_port);
		port->rx++;
	}
}

/* An ICMP error: what it says of the packet that it quotes. */
static void see_error(struct evidence *ev, const struct seen *s)
{
	struct wire_cur c = wire_cur(s->l4, s->l4_len);
	uint16_t src_port = 0, dst_port = 0;
	enum port_kind kind = PORT_RAW;
	struct eport *port;
	uint8_t type = wire_u8(&c), code = wire_u8(&c), refused_code = ICMP_PORT_UNREACH;
	const uint8_t *ip;
	size_t head;

	wire_take(&c, ICMP_LEN - 2);
	ip = wire_take(&c, 20);
	if (!ip)
		return;
	head = (size_t)(ip[0] & 0xf) * 4;
	if (head < 20 || wire_get16(ip + 6) & 0x1fff)
		return;
	wire_take(&c, head - 20);
	if (ip[9] == IPPROTO_UDP || ip[9] == IPPROTO_UDPLITE) {
		kind = ip[9] == IPPROTO_UDP ? PORT_UDP : PORT_UDPLITE;
		src_port = wire_be16(&c);
		dst_port = wire_be16(&c);
	} else if (ip[9] == IPPROTO_ICMP) {
		kind = PORT_PING;
		if (wire_u8(&c) != ICMP_ECHO)
			return;
		wire_take(&c, 3);
		src_port = wire_be16(&c);
	} else {
		src_port = dst_port = ip[9];
		refused_code = ICMP_PROT_UNREACH;
	}
	if (c.short_read)
		return;
	if (type == ICMP_DEST_UNREACH && code == refused_code && kind != PORT_PING) {
		port = port_at(ev, wire_get32(ip + 16), kind, dst_port);
		if (port)
			port->refused++;
	}
	port = kind == PORT_RAW ? NULL : port_at(ev, wire_get32(ip + 12), kind, src_port);
	if (port)
		port->errors++;
}

static void see_icmp(struct evidence *ev, const struct seen *s)
{
	if (s->l4_len < ICMP_LEN)
		return;
	switch (s->l4[0]) {
	case ICMP_ECHO: /* the one who asks owns the identifier */
	case ICMP_ECHOREPLY:
		see_ports(ev, s, PORT_PING, s->l4[0] ? wire_get16(s->l4 + 4) : 0,
			  s->l4[0] ? 0 : wire_get16(s->l4 + 4));
		break;
	case ICMP_DEST_UNREACH:
	case ICMP_SOURCE_QUENCH:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		see_error(ev, s);
		break;
	default:
		break;
	}
}

void evidence_see(struct evidence *ev, const struct capture_packet *p)
{
	struct seen s;

	ev->packet_nr++;
	if (p->not_ip)
		return;
	ev->ip_nr++;
	ev->tagged_nr += p->ip_off > 14;
	if (!packet_view(ev, p, &s))
		return;
	see_hosts(ev, &s, p);
	if (!s.l4)
		return;
	switch (s.proto) {
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		if (s.l4_len >= 8)
			see_ports(ev, &s, s.proto == IPPROTO_UDP ? PORT_UDP : PORT_UDPLITE,
				  wire_get16(s.l4), wire_get16(s.l4 + 2));
		break;
	case IPPROTO_ICMP:
		see_icmp(ev, &s);
		break;
	case IPPROTO_TCP:
	case IPPROTO_IGMP:
		break;
	default:
		see_ports(ev, &s, PORT_RAW, s.proto, s.proto);
		break;
	}
}
