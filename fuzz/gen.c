/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Cases from a seed: one function per kind, picked by a table of weights. */
#include "fuzz/gen.h"

#include <string.h>
#include <sys/socket.h>

#include "fuzz/gen_calls.h"
#include "fuzz/mutate.h"
#include "harness/call/call.h"
#include "ref/wire/csum.h"
#include "ref/wire/cur.h"

#define OWN   0x0a000001u /* 10.0.0.1 */
#define OWN2  0x0a000003u /* 10.0.0.3 */
#define FAR   0xc0000201u /* 192.0.2.1: not ours */
#define NR(a) (sizeof(a) / sizeof((a)[0]))

/* Sources are 10.16.0.0 and up: on-link, never an address of the host. */
const char gen_world[] = "wire eth0\n"
			 "link set dev eth0 arp off\n"
			 "addr add 10.0.0.1/8 brd + dev eth0\n"
			 "addr add 10.0.0.3/8 dev eth0\n"
			 "route add default via 10.0.0.254 dev eth0\n"
			 "sysctl net.ipv4.icmp_ratemask=0\n"
			 "sysctl net.ipv4.ipfrag_time=86400\n"
			 "sysctl net.ipv4.ipfrag_max_dist=0\n"
			 "socket any udp bind 0.0.0.0:7777 opt IP_RECVERR=1\n"
			 "socket one udp bind 10.0.0.1:7778\n"
			 "socket grp udp bind 0.0.0.0:7779 opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0\n"
			 "socket lite udplite bind 0.0.0.0:7777\n"
			 "socket r200 raw 200\n"
			 "socket icmp raw 1\n";

struct out {
	struct gen *g;
	struct step *steps;
	size_t nr;
	uint8_t *buf;
	uint32_t first_idx;
	uint32_t src; /* of this case */
	bool mutated; /* some frame of it */
};

void gen_init(struct gen *g, uint64_t seed)
{
	*g = (struct gen){ .shape = { .wire_nr = 1 }, .rng = { seed }, .mutate_one_in = 3 };
}

static uint8_t *frame_at(struct out *o)
{
	return o->buf + o->nr * GEN_FRAME_MAX;
}

static void fill(struct rng *r, uint8_t *p, size_t n)
{
	uint8_t v = (uint8_t)rng_next(r);

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v + i);
}

static void destination_mac(uint8_t *mac, uint32_t daddr)
{
	static const uint8_t host[6] = { 2, 0, 0, 0, 0, 1 };

	if ((daddr & 0xf0000000u) == 0xe0000000u) {
		mac[0] = 1;
		mac[1] = 0;
		mac[2] = 0x5e;
		mac[3] = (uint8_t)(daddr >> 16 & 0x7f);
		mac[4] = (uint8_t)(daddr >> 8);
		mac[5] = (uint8_t)daddr;
	} else if (daddr == 0xffffffffu || daddr == 0x0affffffu) {
		memset(mac, 0xff, 6);
	} else {
		memcpy(mac, host, 6);
	}
}

/* Ethernet and IP header for a payload of l4_len octets; returns where the payload goes. */
static uint8_t *headers(struct out *o, uint8_t proto, uint32_t daddr, size_t l4_len)
{
	static const uint8_t peer[6] = { 2, 0, 0, 0, 1, 1 };
	struct rng *r = &o->g->rng;
	uint8_t *frame = frame_at(o), *ip = frame + 14;

	destination_mac(frame, daddr);
	memcpy(frame + 6, peer, 6);
	wire_put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	ip[1] = rng_one_in(r, 4) ? (uint8_t)rng_next(r) : 0;
	wire_put16(ip + 2, (uint16_t)(20 + l4_len));
	wire_put16(ip + 4, (uint16_t)rng_next(r));
	wire_put16(ip + 6, rng_one_in(r, 4) ? 0x4000 : 0);
	ip[8] = rng_one_in(r, 8) ? (uint8_t)rng_next(r) : 64;
	ip[9] = proto;
	wire_put32(ip + 12, o->src);
	wire_put32(ip + 16, daddr);
	return ip + 20;
}

/* The frame is made: repair, perhaps mutate, and it is a step. */
static void push(struct out *o, size_t l4_len, unsigned int repair)
{
	struct rng *r = &o->g->rng;
	uint8_t *frame = frame_at(o);
	size_t len = 14 + 20 + l4_len;

	mutate_repair(frame, len, repair);
	if (o->g->mutate_one_in && rng_one_in(r, o->g->mutate_one_in)) {
		len = mutate_frame(r, frame, len, GEN_FRAME_MAX);
		o->mutated = true;
	}
	/* A wire takes no frame without a whole Ethernet header. */
	if (len < 14)
		len = 14;
	o->steps[o->nr] = (struct step){
		.type = STEP_FRAME,
		.idx = o->first_idx + (uint32_t)o->nr,
		.chan = (uint16_t)(o->g->shape.wire_nr > 1 && rng_one_in(r, 4)),
		.data = frame,
		.len = len,
	};
	o->nr++;
}

static uint32_t pick_daddr(struct out *o)
{
	static const uint32_t odd[] = {
		OWN2,	     0xe0000001u, 0xef010101u, 0x0affffffu, 0xffffffffu,
		0xef010102u, FAR,	  0x7f000001u, 0x0a0000c8u, 0
	};

	if (!rng_one_in(&o->g->rng, 4))
		return OWN;
	return odd[rng_below(&o->g->rng, NR(odd))];
}

static size_t pick_len(struct rng *r)
{
	switch (rng_below(r, 8)) {
	case 0:
		return rng_below(r, 1440);
	case 1:
		return 66 + rng_below(r, 6); /* around the limit of early verification */
	default:
		return rng_below(r, 64);
	}
}

static uint16_t pick_port(struct rng *r)
{
	static const uint16_t ports[] = { 7777, 7777, 7777, 7778, 7779, 9, 0 };

	return ports[rng_below(r, NR(ports))];
}

/* A UDP header and payload of n octets; the checksum is 0 (none) or for the repair to fill in. */
static void put_udp(struct rng *r, uint8_t *p, size_t n)
{
	wire_put16(p, (uint16_t)(1024 + rng_below(r, 60000)));
	wire_put16(p + 2, pick_port(r));
	wire_put16(p + 4, (uint16_t)n);
	wire_put16(p + 6, rng_one_in(r, 8) ? 0 : 1);
	fill(r, p + 8, n - 8);
}

static void gen_udp(struct out *o)
{
	struct rng *r = &o->g->rng;
	size_t n = 8 + pick_len(r);

	put_udp(r, headers(o, 17, pick_daddr(o), n), n);
	push(o, n, rng_one_in(r, 10) ? REPAIR_TOT_LEN | REPAIR_IP_CSUM : REPAIR_ALL);
}

static void gen_udplite(struct out *o)
{
	struct rng *r = &o->g->rng;
	size_t n = 8 + pick_len(r);
	uint8_t *p = headers(o, 136, pick_daddr(o), n);

	put_udp(r, p, n);
	wire_put16(p + 4, (uint16_t)(rng_one_in(r, 2) ? 0 : rng_below(r, (uint32_t)n + 2)));
	push(o, n, REPAIR_ALL);
}

static void gen_icmp(struct out *o)
{
	static const uint8_t types[] = { 8, 8, 8, 0, 13, 14, 17, 42, 43, 5, 9, 10, 15, 30, 40 };
	struct rng *r = &o->g->rng;
	size_t n = 8 + pick_len(r);
	uint8_t *p = headers(o, 1, pick_daddr(o), n);

	fill(r, p, n);
	p[0] = types[rng_below(r, NR(types))];
	p[1] = (uint8_t)(rng_one_in(r, 4) ? rng_below(r, 20) : 0);
	push(o, n, REPAIR_ALL);
}

/* An error that quotes a packet that the host could have sent. */
static void gen_icmp_error(struct out *o)
{
	static const uint8_t types[] = { 3, 3, 3, 11, 12, 4, 5 };
	static const uint8_t protos[] = { 17, 17, 1, 6, 200, 136 };
	struct rng *r = &o->g->rng;
	size_t n = 8 + 28 + pick_len(r);
	uint8_t *p = headers(o, 1, rng_one_in(r, 8) ? OWN2 : OWN, n);
	uint8_t *q = p + 8;

	fill(r, p, n);
	p[0] = types[rng_below(r, NR(types))];
	p[1] = (uint8_t)rng_below(r, rng_one_in(r, 4) ? 256 : 16);
	wire_put32(p + 4, rng_one_in(r, 2) ? 0 : rng_below(r, 2000));
	q[0] = rng_one_in(r, 8) ? 0x46 : 0x45;
	wire_put16(q + 6, 0);
	q[9] = protos[rng_below(r, NR(protos))];
	wire_put32(q + 12, rng_one_in(r, 8) ? OWN2 : OWN);
	wire_put32(q + 16, o->src);
	wire_put16(q + 20, pick_port(r));
	push(o, rng_one_in(r, 6) ? 8 + rng_below(r, 30) : n, REPAIR_ALL);
}

static void gen_other(struct out *o)
{
	static const uint8_t protos[] = { 200, 200, 0, 2, 4, 41, 47, 50, 132, 253, 255 };
	struct rng *r = &o->g->rng;
	size_t n = pick_len(r);

	fill(r, headers(o, protos[rng_below(r, NR(protos))], pick_daddr(o), n), n);
	push(o, n, REPAIR_ALL);
}

static void gen_tcp(struct out *o)
{
	struct rng *r = &o->g->rng;
	size_t n = 20 + rng_below(r, 32);
	uint8_t *p = headers(o, 6, pick_daddr(o), n);

	fill(r, p, n);
	p[12] = rng_one_in(r, 6) ? (uint8_t)rng_next(r) : 0x50;
	p[13] = (uint8_t)(rng_next(r) & 0x3f);
	push(o, n, REPAIR_ALL);
}

static void gen_martian(struct out *o)
{
	static const uint32_t sources[] = { 0,		 0xe0000001u, 0xffffffffu, 0x7f000001u,
					    0x7f000002u, OWN,	      OWN2,	   0x0affffffu,
					    0xf0000001u, FAR,	      0x00010203u };
	struct rng *r = &o->g->rng;

	o->src = sources[rng_below(r, NR(sources))];
	if (rng_one_in(r, 2))
		gen_udp(o);
	else
		gen_icmp(o);
}

/* What a datagram of fragments is. */
struct whole {
	uint8_t proto;
	uint16_t id;
	uint32_t daddr;
	size_t len;
	uint8_t octets[24 + 8 * 150 + 8];
};

static void piece(struct out *o, const struct whole *w, size_t start, size_t end, bool more)
{
	uint8_t *p = headers(o, w->proto, w->daddr, end - start), *ip = p - 20;

	memcpy(p, w->octets + start, end - start);
	wire_put16(ip + 4, w->id);
	wire_put16(ip + 6,
		   (uint16_t)((wire_get16(ip + 6) & 0x4000) | start / 8 | (more ? 0x2000 : 0)));
	ip[1] = rng_one_in(&o->g->rng, 12) ? (uint8_t)rng_below(&o->g->rng, 4) : 0;
	push(o, end - start, REPAIR_TOT_LEN | REPAIR_IP_CSUM);
}

static void make_whole(struct out *o, struct whole *w)
{
	static const uint8_t protos[] = { 17, 17, 200, 1, 136 };
	struct rng *r = &o->g->rng;
	uint8_t scratch[34 + sizeof(w->octets)] = { 0 };

	w->proto = protos[rng_below(r, NR(protos))];
	w->id = (uint16_t)rng_next(r);
	w->daddr = rng_one_in(r, 8) ? pick_daddr(o) : OWN;
	w->len = 24 + 8 * rng_below(r, rng_one_in(r, 8) ? 150 : 12) + rng_below(r, 8);
	fill(r, w->octets, w->len);
	if (w->proto == 17 || w->proto == 136)
		put_udp(r, w->octets, w->len);
	if (w->proto == 1)
		w->octets[0] = 8;
	if (rng_one_in(r, 8))
		return;
	/* The transport checksum of the whole, as of one unfragmented packet. */
	scratch[14] = 0x45;
	scratch[14 + 9] = w->proto;
	wire_put32(scratch + 14 + 12, o->src);
	wire_put32(scratch + 14 + 16, w->daddr);
	memcpy(scratch + 34, w->octets, w->len);
	mutate_repair(scratch, 34 + w->len, REPAIR_ALL);
	memcpy(w->octets, scratch + 34, w->len);
}

static void shuffle(struct rng *r, uint32_t *a, uint32_t n)
{
	for (uint32_t i = n - 1; i > 0; i--) {
		uint32_t j = rng_below(r, i + 1), t = a[i];

		a[i] = a[j];
		a[j] = t;
	}
}

static void gen_fragments(struct out *o)
{
	struct rng *r = &o->g->rng;
	uint32_t a = rng_below(r, 4), b = rng_below(r, 4), pieces = 2 + (a < b ? a : b);
	uint32_t order[5], keep = o->g->mutate_one_in;
	bool extra = false;
	struct whole w;

	make_whole(o, &w);
	for (uint32_t i = 0; i < pieces; i++)
		order[i] = i;
	if (rng_one_in(r, 2))
		shuffle(r, order, pieces);
	/* One that is mutated spoils all: so that enough of them come to their end. */
	o->g->mutate_one_in = 2 * keep;
	for (uint32_t i = 0; i < pieces; i++) {
		size_t start = 8 * (w.len * order[i] / pieces / 8);
		size_t end =
			order[i] + 1 == pieces ? w.len : 8 * (w.len * (order[i] + 1) / pieces / 8);

		piece(o, &w, start, end, end != w.len);
		extra |= start == end;
		/* Now and then something that overlaps, repeats or contradicts. */
		if (rng_one_in(r, 6)) {
			start = 8 * rng_below(r, (uint32_t)(w.len / 8));
			end = start + rng_below(r, (uint32_t)(w.len - start) + 1);
			piece(o, &w, start, end, !rng_one_in(r, 4));
			extra = true;
		}
	}
	/* A bare header with MF kills the queue and leaves nothing; unless it is surely complete.
	 */
	o->g->mutate_one_in = 0;
	if (extra || o->mutated)
		piece(o, &w, 0, 0, true);
	o->g->mutate_one_in = keep;
}

#define READ(room, f)                                                                              \
	{                                                                                          \
		.type = CALL_RECVMSG, .len = (room), .flags = (f), .namelen = CALL_AMPLE,          \
		.controllen = CALL_AMPLE                                                           \
	}
static const struct call reads[] = {
	READ(CALL_AMPLE, 0),
	READ(CALL_AMPLE, 0),
	READ(CALL_AMPLE, 0),
	READ(CALL_AMPLE, MSG_PEEK),
	READ(CALL_AMPLE, MSG_ERRQUEUE),
	READ(0, 0),
	READ(8, MSG_TRUNC),
	READ(20, MSG_PEEK | MSG_TRUNC),
	READ(64, 0),
};

/* Receive calls on sockets that are held. */
static void gen_reads(struct out *o)
{
	const struct gen_shape *shape = &o->g->shape;
	struct rng *r = &o->g->rng;

	for (uint32_t n = 1 + rng_below(r, 4); n > 0; n--) {
		uint32_t sock = rng_below(r, shape->socket_nr);

		if (!(shape->held >> sock & 1))
			continue;
		o->steps[o->nr] = (struct step){
			.type = STEP_CALL,
			.idx = o->first_idx + (uint32_t)o->nr,
			.chan = (uint16_t)sock,
			.call = &reads[rng_below(r, NR(reads))],
		};
		o->nr++;
	}
}

/* A socket made by the case: calls, datagrams for its port, calls. */
static void gen_socket(struct out *o)
{
	struct gen_calls calls = {
		.rng = { rng_next(&o->g->rng) },
		.steps = o->steps,
		.buf = o->buf,
		.nr = o->nr,
		.first_idx = o->first_idx,
	};
	uint16_t chan = o->g->shape.call_sock;

	gen_calls_socket(&calls, chan);
	gen_calls_some(&calls, chan, rng_below(&calls.rng, 4));
	o->nr = calls.nr;
	gen_udp(o);
	for (size_t i = calls.nr; i < o->nr; i++)
		if (o->steps[i].len >= 14 + 28 && rng_one_in(&calls.rng, 2))
			wire_put16(o->buf + i * GEN_FRAME_MAX + 14 + 22, 7000);
	calls.nr = o->nr;
	gen_calls_some(&calls, chan, rng_below(&calls.rng, 4));
	gen_calls_close(&calls, chan);
	o->nr = calls.nr;
}

static const struct {
	void (*make)(struct out *o);
	uint32_t weight;
} kinds[] = {
	{ gen_udp, 6 },	       { gen_fragments, 6 }, { gen_icmp, 3 },
	{ gen_icmp_error, 3 }, { gen_other, 2 },     { gen_tcp, 2 },
	{ gen_martian, 2 },    { gen_udplite, 2 }, { gen_reads, 2 },
	{ gen_socket, 3 },
};

/* Is this kind made in this world? All of them if they are all switched off. */
static uint32_t weight_of(const struct gen_shape *shape, size_t kind)
{
	const uint64_t all = ((uint64_t)1 << NR(kinds)) - 1;

	if ((shape->kinds_off & all) != all && shape->kinds_off >> kind & 1)
		return 0;
	if ((kinds[kind].make == gen_reads && !shape->held) ||
	    (kinds[kind].make == gen_socket && !shape->call_sock))
		return 0;
	return kinds[kind].weight;
}

size_t gen_case(struct gen *g, struct step *steps, uint8_t *buf, uint32_t first_idx)
{
	uint32_t total = 0, pick;
	size_t i = 0;
	struct out o = {
		.g = g,
		.steps = steps,
		.buf = buf,
		.first_idx = first_idx,
		/* 10.16.0.0 to 10.239.255.255, each in turn. */
		.src = 0x0a100000u + (uint32_t)(g->case_nr % 0x00e00000u),
	};

	for (size_t k = 0; k < NR(kinds); k++)
		total += weight_of(&g->shape, k);
	pick = rng_below(&g->rng, total);
	while (pick >= weight_of(&g->shape, i))
		pick -= weight_of(&g->shape, i++);
	kinds[i].make(&o);
	g->case_nr++;
	return o.nr;
}
