/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Socket calls as parts of a case: a socket of its own is made, treated well and badly, and closed,
 * so that cases do not touch each other's state. A call lies in the octets of its step.
 */
#include "fuzz/gen_calls.h"

#include <string.h>
#include <sys/socket.h>

#include "fuzz/gen.h"
#include "harness/call/call.h"
#include "harness/world/sockopt.h"
#include "ref/wire/cur.h"

#define NR(a)	   (sizeof(a) / sizeof((a)[0]))
#define PICK(r, a) ((a)[rng_below((r), NR(a))])

/* Options that are not drawn, and why: what they do depends on the machine or on chance. */
static const char *const never[] = {
	"SO_TIMESTAMP", /* the clock: also SO_TIMESTAMPNS, SO_TIMESTAMPING */
	"SO_INCOMING_CPU", /* which CPU */
	"SO_REUSEPORT", /* a random key decides in a group */
	"SO_RCVBUF", /* when it is full depends on how often it is read */
	"UDP_ENCAP", /* takes datagrams out of the socket's hands; IPsec or not */
	"SO_ZEROCOPY",	   "SO_TXTIME", "SCM_TXTIME", /* of sending, and not modelled */
	"IP_PKTOPTIONS", /* for streams */
};

static bool is_never(const char *name)
{
	for (size_t i = 0; i < NR(never); i++)
		if (strncmp(name, never[i], strlen(never[i])) == 0)
			return true;
	return false;
}

/* Put the call, whose octets are anywhere, into the step's own memory. */
static void put(struct gen_calls *g, uint16_t chan, const struct call *c)
{
	struct call_part parts[CALL_PARTS];
	size_t len = call_parts(c, parts), used;
	uint8_t *to = g->buf + g->nr * GEN_FRAME_MAX, *at = to;

	if (len > GEN_FRAME_MAX)
		return;
	for (size_t i = 0; i < CALL_PARTS; i++) {
		if (parts[i].len)
			memcpy(at, parts[i].data, parts[i].len);
		at += parts[i].len;
	}
	g->steps[g->nr] = (struct step){
		.type = STEP_CALL,
		.idx = g->first_idx + (uint32_t)g->nr,
		.chan = chan,
		.data = to,
		.len = len,
		.call = call_unpack(to, len, &used),
	};
	g->nr++;
}

static struct call blank(enum call_type type)
{
	return (struct call){
		.type = type,
		.len = CALL_AMPLE,
		.controllen = CALL_AMPLE,
		.namelen = CALL_AMPLE,
	};
}

/* An address, mostly a good one. */
static void draw_addr(struct rng *r, struct call *c, uint8_t octets[CALL_ADDR_ROOM],
		      const uint32_t *addrs, size_t nr)
{
	static const uint16_t ports[] = { 0, 7000, 7000, 7001, 7777, 9, 1, 65535 };
	static const uint16_t families[] = { AF_UNSPEC, AF_UNIX, AF_INET6, 255 };
	static const int32_t lens[] = { -1, 0, 1, 2, 8, 15, 17, 128, 129 };
	uint16_t family = rng_one_in(r, 8) ? PICK(r, families) : AF_INET;

	memset(octets, 0, CALL_ADDR_ROOM);
	memcpy(octets, &family, sizeof(family));
	wire_put16(octets + 2, PICK(r, ports));
	wire_put32(octets + 4, addrs[rng_below(r, (uint32_t)nr)]);
	c->addr = octets;
	c->addr_len = rng_one_in(r, 16) ? PICK(r, lens) : 16;
}

static void draw_bind(struct gen_calls *g, struct call *c)
{
	static const uint32_t addrs[] = { 0,	       0,	    0x0a000001u, 0x0a000001u,
					  0x0a000003u, 0x7f000001u, 0xef010101u, 0x0affffffu,
					  0x0a000009u, 0xc0000201u };

	draw_addr(&g->rng, c, g->octets, addrs, NR(addrs));
}

static void draw_connect(struct gen_calls *g, struct call *c)
{
	static const uint32_t addrs[] = { 0x0a100001u, 0x0a100007u, 0,		 0x0a000001u,
					  0x7f000001u, 0xef010101u, 0xffffffffu, 0xc0000201u };

	draw_addr(&g->rng, c, g->octets, addrs, NR(addrs));
}

static void draw_option(struct gen_calls *g, struct call *c)
{
	static const int32_t values[] = {
		-1, 0, 1, 1, 1, 2, 3, 5, 7, 8, 64, 255, 256, 65535, 65536
	};
	static const int32_t lens[] = { -1, 0, 1, 2, 3, 5, 8 };
	const struct sockopt *opt;
	int32_t v = PICK(&g->rng, values);

	do
		opt = &sockopts[rng_below(&g->rng, (uint32_t)sockopt_nr)];
	while (opt->form != SOCKOPT_INT || is_never(opt->text));
	c->num[0] = opt->level;
	c->num[1] = opt->name;
	memset(g->octets, 0, sizeof(g->octets));
	memcpy(g->octets, &v, sizeof(v));
	if (c->type == CALL_SETSOCKOPT) {
		c->data = g->octets;
		c->data_len = 8;
		c->len = 4;
	}
	if (rng_one_in(&g->rng, 8))
		c->len = PICK(&g->rng, lens);
}

static void draw_len(struct gen_calls *g, struct call *c)
{
	static const int32_t lens[] = { -1, 0, 4, 15, 16, 17 };

	if (rng_one_in(&g->rng, 4))
		c->len = PICK(&g->rng, lens);
}

static void draw_recvmsg(struct gen_calls *g, struct call *c)
{
	static const uint32_t flags[] = {
		0, 0, MSG_PEEK, MSG_TRUNC, MSG_PEEK | MSG_TRUNC, MSG_ERRQUEUE, MSG_WAITALL, MSG_OOB
	};
	static const int32_t rooms[] = { 0, 1, 7, 20, 64 };
	static const int32_t controls[] = { 0, 8, 16, 17, 20, 24, 40 };

	c->flags = PICK(&g->rng, flags);
	if (rng_one_in(&g->rng, 3))
		c->len = PICK(&g->rng, rooms);
	if (rng_one_in(&g->rng, 4))
		c->controllen = PICK(&g->rng, controls);
	if (rng_one_in(&g->rng, 8))
		c->namelen = PICK(&g->rng, rooms);
	c->noname = rng_one_in(&g->rng, 16);
}

static void draw_how(struct gen_calls *g, struct call *c)
{
	c->num[0] = (int32_t)rng_below(&g->rng, 4) - (int32_t)rng_one_in(&g->rng, 8);
}

static void draw_ioctl(struct gen_calls *g, struct call *c)
{
	c->num[0] = rng_one_in(&g->rng, 4) ? 0x5411 : 0x541b;
}

static void draw_nothing(struct gen_calls *g, struct call *c)
{
	(void)g, (void)c;
}

static const struct {
	enum call_type type;
	uint32_t weight;
	void (*draw)(struct gen_calls *g, struct call *c);
} calls[] = {
	{ CALL_BIND, 6, draw_bind },	     { CALL_CONNECT, 4, draw_connect },
	{ CALL_SETSOCKOPT, 8, draw_option }, { CALL_GETSOCKOPT, 4, draw_option },
	{ CALL_GETSOCKNAME, 3, draw_len },   { CALL_GETPEERNAME, 2, draw_len },
	{ CALL_RECVMSG, 6, draw_recvmsg },   { CALL_SHUTDOWN, 1, draw_how },
	{ CALL_IOCTL, 2, draw_ioctl },	     { CALL_POLL, 2, draw_nothing },
	{ CALL_LISTEN, 1, draw_how },	     { CALL_CLOSE, 1, draw_nothing },
};

void gen_calls_some(struct gen_calls *g, uint16_t chan, uint32_t nr)
{
	uint32_t total = 0;

	for (size_t i = 0; i < NR(calls); i++)
		total += calls[i].weight;
	while (nr-- > 0) {
		uint32_t pick = rng_below(&g->rng, total);
		struct call c;
		size_t i = 0;

		while (pick >= calls[i].weight)
			pick -= calls[i++].weight;
		c = blank(calls[i].type);
		calls[i].draw(g, &c);
		c.nocap = rng_one_in(&g->rng, 32);
		put(g, chan, &c);
	}
}

void gen_calls_socket(struct gen_calls *g, uint16_t chan)
{
	static const int32_t kinds[][2] = { { SOCK_DGRAM, 17 },	 { SOCK_DGRAM, 17 },
					    { SOCK_DGRAM, 136 }, { SOCK_RAW, 200 },
					    { SOCK_RAW, 17 },	 { SOCK_RAW, 1 },
					    { SOCK_DGRAM, 0 },	 { SOCK_DGRAM, 6 } };
	static const uint32_t any = 0;
	uint32_t kind = rng_below(&g->rng, NR(kinds));
	struct call c = blank(CALL_SOCKET);

	c.num[0] = AF_INET;
	c.num[1] = kinds[kind][0];
	c.num[2] = kinds[kind][1];
	c.hold = rng_one_in(&g->rng, 2);
	put(g, chan, &c);
	if (rng_one_in(&g->rng, 2))
		return;
	c = blank(CALL_BIND);
	draw_addr(&g->rng, &c, g->octets, &any, 1);
	put(g, chan, &c);
}

void gen_calls_close(struct gen_calls *g, uint16_t chan)
{
	struct call c = blank(CALL_CLOSE);

	put(g, chan, &c);
}
