/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Which sockets does the host have? One for each port that answers, that sends first, or that gets
 * datagrams and never refuses them; the busiest first, up to a limit that is told.
 */
#include "harness/capture/infer_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Each socket is emptied after each packet: many of them would make every packet slow. */
#define SOCKETS_MAX 64
/* Of one socket; Linux allows 20 (net.ipv4.igmp_max_memberships). */
#define GROUPS_MAX  16

/* All evidence of one port, at whichever addresses. */
struct port {
	enum port_kind kind;
	uint16_t nr;
	bool bound;
	bool many; /* more than one address or peer: a socket for all of them */
	bool tx_first;
	uint64_t rx, tx;
	uint32_t errors;
	uint32_t addr, peer;
	uint16_t peer_port;
	uint32_t group[GROUPS_MAX];
	size_t group_nr, group_more;
};

/* refuses: the host refused something in the capture, so that silence means less. */
static bool datagram_shows(const struct eport *p, bool refuses)
{
	if (p->tx)
		return p->rx || p->errors;
	return p->rx && !p->refused && !(refuses && p->rx == 1);
}

/* The kernel answers by itself: only who asks has a socket. */
static bool ping_shows(const struct eport *p, bool refuses)
{
	(void)refuses;
	return p->tx && p->rx;
}

static bool raw_shows(const struct eport *p, bool refuses)
{
	(void)refuses;
	return p->rx && !p->refused;
}

/* How a kind of port becomes a socket: `socket WORD + number, then args`. */
static const struct kind {
	const char *word;
	bool numbered; /* the port number is a word of its own: `raw 89` */
	/* Does this evidence, of an address of the host, show a socket? */
	bool (*shows)(const struct eport *p, bool refuses);
} kinds[PORT_KIND_NR] = {
	[PORT_UDP] = { "udp", false, datagram_shows },
	[PORT_UDPLITE] = { "udplite", false, datagram_shows },
	[PORT_PING] = { "ping", false, ping_shows },
	[PORT_RAW] = { "raw", true, raw_shows },
};

/* Those of one port one after the other, in the order of addresses: never that of the table. */
static int by_port(const void *a, const void *b)
{
	uint64_t ka = *(const uint64_t *)a, kb = *(const uint64_t *)b;
	uint32_t pa = (uint32_t)ka, pb = (uint32_t)kb;

	if ((pa & 0xff00) != (pb & 0xff00))
		return (pa & 0xff00) < (pb & 0xff00) ? -1 : 1;
	if (pa != pb)
		return pa < pb ? -1 : 1;
	return ka < kb ? -1 : ka > kb;
}

static int by_traffic(const void *a, const void *b)
{
	const struct port *pa = a, *pb = b;

	if (pa->rx != pb->rx)
		return pa->rx > pb->rx ? -1 : 1;
	if (pa->kind != pb->kind)
		return pa->kind < pb->kind ? -1 : 1;
	return (int)pa->nr - (int)pb->nr;
}

/* Group or broadcast: datagrams of others reach all sockets of the port. */
static void add_to_all(const struct infer_state *st, struct port *port, uint32_t addr,
		       const struct eport *p)
{
	bool group = addr >> 28 == 0xe;

	if (!p->rx || (!p->more_peers && infer_is_local(st, p->peer)))
		return;
	/* Class E: no host hears it. */
	if (!group && addr != 0xffffffff)
		return;
	port->bound = port->many = true;
	port->rx += p->rx;
	if (!group)
		return;
	if (port->group_nr < GROUPS_MAX)
		port->group[port->group_nr++] = addr;
	else
		port->group_more++;
}

static void add_to_one(struct port *port, uint32_t addr, const struct eport *p, bool refuses)
{
	if (!kinds[port->kind].shows(p, refuses))
		return;
	if (port->bound || p->more_peers)
		port->many = true;
	port->bound = true;
	port->addr = addr;
	port->peer = p->peer;
	port->peer_port = p->peer_port;
	port->tx_first = p->tx_first;
	port->rx += p->rx;
	port->tx += p->tx;
	port->errors += p->errors;
}

static bool host_refuses(const struct infer_state *st)
{
	const struct etable *t = &st->ev.ports;

	for (uint32_t slot = 0; slot <= t->mask; slot++)
		if (t->keys[slot] && infer_is_local(st, (uint32_t)(t->keys[slot] >> 32)) &&
		    ((const struct eport *)t->vals)[slot].refused)
			return true;
	return false;
}

/* The evidence of the host's own ports, put together by port; how many ports. */
static size_t gather_ports(const struct infer_state *st, uint64_t *keys, struct port *ports)
{
	const struct etable *t = &st->ev.ports;
	bool refuses = host_refuses(st);
	size_t key_nr = 0, nr = 0;

	for (uint32_t slot = 0; slot <= t->mask; slot++) {
		uint32_t addr = (uint32_t)(t->keys[slot] >> 32);

		if (t->keys[slot] && (addr >= 0xe0000000u || infer_is_local(st, addr)))
			keys[key_nr++] = t->keys[slot];
	}
	qsort(keys, key_nr, sizeof(*keys), by_port);
	for (size_t i = 0; i < key_nr; i++) {
		uint32_t addr = (uint32_t)(keys[i] >> 32);
		uint16_t port_nr = (uint16_t)(keys[i] >> 16);
		enum port_kind kind = (enum port_kind)(keys[i] >> 8 & 0xff);
		const struct eport *p = etable_find(t, keys[i]);

		if (!port_nr)
			continue;
		if (!nr || ports[nr - 1].kind != kind || ports[nr - 1].nr != port_nr)
			ports[nr++] = (struct port){ .kind = kind, .nr = port_nr };
		if (addr >= 0xe0000000u)
			add_to_all(st, &ports[nr - 1], addr, p);
		else
			add_to_one(&ports[nr - 1], addr, p, refuses);
	}
	return nr;
}

static void say_why(const struct port *port, char *why, size_t size)
{
	int n;

	if (port->group_nr || port->many)
		n = snprintf(why, size, "%" PRIu64 " datagrams to it, %" PRIu64 " from it",
			     port->rx, port->tx);
	else if (port->tx_first)
		n = snprintf(why, size, "sends first, and to this peer only");
	else if (port->tx)
		n = snprintf(why, size, "answers");
	else
		n = snprintf(why, size, "%" PRIu64 " datagram%s to it, none refused", port->rx,
			     port->rx == 1 ? "" : "s");
	if (port->errors)
		n += snprintf(why + n, size - (size_t)n, "; ICMP errors: %u", port->errors);
	if (port->group_more)
		snprintf(why + n, size - (size_t)n, "; %zu groups more than it may join",
			 port->group_more);
}

static void write_socket(const struct port *port, FILE *out)
{
	const struct kind *kind = &kinds[port->kind];
	char why[160], line[900];
	bool connected = port->tx_first && !port->many && !kind->numbered;
	int n;

	n = snprintf(line, sizeof(line), "socket %s%u %s", kind->word, port->nr, kind->word);
	if (kind->numbered)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %u", port->nr);
	else if (connected)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " bind " IP_FMT ":%u",
			      IP_ARG(port->addr), port->nr);
	else
		n += snprintf(line + n, sizeof(line) - (size_t)n, " bind 0.0.0.0:%u", port->nr);
	if (connected && port->kind != PORT_PING)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " connect " IP_FMT ":%u",
			      IP_ARG(port->peer), port->peer_port);
	if (port->errors)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " opt IP_RECVERR=1");
	for (size_t i = 0; i < port->group_nr; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n,
			      " opt IP_ADD_MEMBERSHIP=" IP_FMT "@eth0", IP_ARG(port->group[i]));
	say_why(port, why, sizeof(why));
	infer_line(out, why, "%s", line);
}

int infer_sockets(const struct infer_state *st, FILE *out, struct errmsg *e)
{
	size_t max = st->ev.ports.nr, nr, bound_nr = 0;
	uint64_t *keys = malloc((max + 1) * sizeof(*keys));
	struct port *ports = malloc((max + 1) * sizeof(*ports));
	bool ping = false;

	if (!keys || !ports) {
		free(keys);
		free(ports);
		return errmsg_set(e, -ENOMEM, "no memory to infer sockets");
	}
	nr = gather_ports(st, keys, ports);
	for (size_t i = 0; i < nr; i++)
		if (ports[i].bound)
			ports[bound_nr++] = ports[i];
	qsort(ports, bound_nr, sizeof(*ports), by_traffic);
	for (size_t i = 0; i < bound_nr && i < SOCKETS_MAX; i++)
		ping |= ports[i].kind == PORT_PING;
	if (ping)
		infer_line(out, "who may make ping sockets: everybody",
			   "sysctl net.ipv4.ping_group_range=0 2147483647");
	for (size_t i = 0; i < bound_nr && i < SOCKETS_MAX; i++)
		write_socket(&ports[i], out);
	if (bound_nr > SOCKETS_MAX)
		fprintf(out, "# %zu ports more had sockets: only the busiest %d are here\n",
			bound_nr - SOCKETS_MAX, SOCKETS_MAX);
	free(keys);
	free(ports);
	return 0;
}
