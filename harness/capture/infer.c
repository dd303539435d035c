/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* From evidence to a world. */
#include "harness/capture/infer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/evidence.h"
#include "harness/capture/infer_state.h"
#include "ref/wire/cur.h"

/* Column of the comments. */
#define WHY_AT 52

void infer_line(FILE *out, const char *why, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(out, "%-*s # %s\n", WHY_AT, line, why);
}

bool infer_is_local(const struct infer_state *st, uint32_t addr)
{
	for (size_t i = 0; i < st->local_nr; i++)
		if (st->local[i] == addr)
			return true;
	return false;
}

/* ---- addresses and routes ---- */

/*
 * The prefix length with which one of the broadcast addresses seen is addr's own; 32: none. Where
 * several would do, /24, else the longest.
 */
static unsigned int prefix_len(const struct evidence *ev, uint32_t addr, uint32_t *ret_broadcast)
{
	for (size_t i = 0; i < ev->net_nr; i++) {
		uint32_t all = ev->net_broadcast[i];
		unsigned int ones = 0, need = 1;

		while (ones < 31 && all >> ones & 1)
			ones++;
		while (need < 31 && addr >> need != all >> need)
			need++;
		if (need > ones || addr == all)
			continue;
		*ret_broadcast = all;
		if (need <= 8 && ones >= 8)
			return 24;
		return 32 - (ones < 8 ? ones : need);
	}
	return 32;
}

static void write_wire(const struct infer_state *st, FILE *out)
{
	static const uint8_t none[6];
	const struct ehost *host = etable_find(&st->ev.hosts, st->local[0]);
	char why[64];

	if (host && host->has_mac && memcmp(host->mac, none, sizeof(none))) {
		snprintf(why, sizeof(why), "that of " IP_FMT, IP_ARG(st->local[0]));
		infer_line(out, why, "wire eth0 address %02x:%02x:%02x:%02x:%02x:%02x",
			   host->mac[0], host->mac[1], host->mac[2], host->mac[3], host->mac[4],
			   host->mac[5]);
	} else {
		infer_line(out, "the capture has no MAC address for it", "wire eth0");
	}
	infer_line(out, "answers leave at once: nobody is there to answer ARP",
		   "link set dev eth0 arp off");
}

static void write_addr(const struct infer_state *st, uint32_t addr, FILE *out)
{
	const struct ehost *host = etable_find(&st->ev.hosts, addr);
	uint32_t broadcast = 0;
	unsigned int plen = prefix_len(&st->ev, addr, &broadcast);
	char why[192];
	int n;

	if (addr >> 24 == 127) {
		fprintf(out, "# " IP_FMT " is on lo; on a wire Linux drops what is to or from it\n",
			IP_ARG(addr));
		return;
	}
	if (st->invented)
		n = snprintf(why, sizeof(why), "no packet is to one host alone; nobody has this");
	else if (!host || !host->rx)
		n = snprintf(why, sizeof(why), "no packet is to it alone");
	else
		n = snprintf(why, sizeof(why), "%s%" PRIu64 " packet%s to it, from %u address%s",
			     host->marked ? "it sent; " : "", host->rx, host->rx == 1 ? "" : "s",
			     host->peers, host->peers == 1 ? "" : "es");
	if (plen < 32) {
		snprintf(why + n, sizeof(why) - (size_t)n, "; " IP_FMT " was broadcast",
			 IP_ARG(broadcast));
		infer_line(out, why, "addr add " IP_FMT "/%u brd + dev eth0", IP_ARG(addr), plen);
	} else {
		infer_line(out, why, "addr add " IP_FMT "/32 dev eth0", IP_ARG(addr));
	}
}

static void write_settings(FILE *out)
{
	infer_line(out, "every sender can be answered", "route add default dev eth0");
	infer_line(out, "no sender is refused for its address",
		   "sysctl net.ipv4.conf.all.rp_filter=0");
	infer_line(out, "no sender is refused for its address",
		   "sysctl net.ipv4.conf.eth0.rp_filter=0");
	infer_line(out, "the capture's times are not replayed",
		   "sysctl net.ipv4.ipfrag_time=1000000");
	infer_line(out, "no ICMP answer is left out for its rate",
		   "sysctl net.ipv4.icmp_ratemask=0");
}

static void write_lost(const struct etable *t, const char *what, FILE *out)
{
	if (t->turned_away)
		fprintf(out,
			"# more %s than the table holds: %u are in it, %" PRIu64
			" packets showed others\n",
			what, t->nr, t->turned_away);
}

static int write_world(struct infer_state *st, FILE *out, struct errmsg *e)
{
	int err;

	fprintf(out, "# Inferred from a capture: packets %" PRIu64 ", of them IPv4 %" PRIu64 "\n",
		st->ev.packet_nr, st->ev.ip_nr);
	write_wire(st, out);
	for (size_t i = 0; i < st->local_nr; i++)
		write_addr(st, st->local[i], out);
	write_settings(out);
	err = infer_sockets(st, out, e);
	write_lost(&st->ev.hosts, "addresses", out);
	write_lost(&st->ev.talks, "pairs of addresses", out);
	write_lost(&st->ev.ports, "ports", out);
	if (st->ev.tagged_nr)
		fprintf(out,
			"# %" PRIu64
			" packets bear a VLAN tag: Linux takes those of other VLANs than 0\n"
			"# as another host's, for no device of theirs is here\n",
			st->ev.tagged_nr);
	return err;
}

/* ---- the whole ---- */

/* Read the text that was written as the world that it is. */
static int read_world(struct inferred *ret, struct errmsg *e)
{
	unsigned int nr = 0;
	char *copy = strdup(ret->text), *rest = copy, *line;
	int err = copy ? 0 : errmsg_set(e, -ENOMEM, "no memory for a world");

	world_init(&ret->world, "inferred world");
	while (!err && (line = strsep(&rest, "\n")))
		err = world_add_line(&ret->world, line, ++nr, e);
	free(copy);
	return err ? err : world_finish(&ret->world, e);
}

static int gather(struct infer_state *st, struct capture *c, struct errmsg *e)
{
	struct capture_packet p;
	int err;

	while ((err = capture_next(c, &p, e)) == 1)
		evidence_see(&st->ev, &p);
	if (err && !st->ev.packet_nr)
		return err;
	if (!st->ev.packet_nr)
		return errmsg_set(e, -ENODATA, "%s: no packet in it", capture_name(c));
	if (!st->ev.ip_nr && !err)
		return errmsg_set(e, -ENODATA, "%s: no IPv4 packet among its %" PRIu64,
				  capture_name(c), st->ev.packet_nr);
	return 0;
}

int infer_world(struct inferred *ret, struct capture *c, const struct infer_options *opt,
		struct errmsg *e)
{
	struct infer_state *st = calloc(1, sizeof(*st));
	struct inferred inf = { .text = NULL };
	size_t len = 0;
	FILE *out = NULL;
	int err;

	if (!st || evidence_init(&st->ev, e)) {
		free(st);
		return errmsg_set(e, -ENOMEM, "no memory to infer a world");
	}
	err = gather(st, c, e);
	if (err)
		goto out;
	inf.packet_nr = st->ev.packet_nr;
	if (opt && opt->host_nr) {
		st->local_nr = opt->host_nr;
		memcpy(st->local, opt->host, opt->host_nr * sizeof(*opt->host));
	} else {
		infer_hosts(st);
	}
	out = open_memstream(&inf.text, &len);
	if (out)
		err = write_world(st, out, e);
	if (!out || fclose(out))
		err = errmsg_set(e, -ENOMEM, "no memory for a world");
	if (!err)
		err = read_world(&inf, e);
	if (err)
		inferred_done(&inf);
	else
		*ret = inf;
out:
	evidence_done(&st->ev);
	free(st);
	return err;
}

void inferred_done(struct inferred *inf)
{
	free(inf->text);
	world_done(&inf->world);
	memset(inf, 0, sizeof(*inf));
}

/* ---- what becomes of a packet ---- */

const char *const capture_fate_key[FATE_NR] = {
#define X(id, key, text) [FATE_##id] = key,
	CAPTURE_FATES(X)
#undef X
};

const char *const capture_fate_text[FATE_NR] = {
#define X(id, key, text) [FATE_##id] = text,
	CAPTURE_FATES(X)
#undef X
};

enum capture_fate capture_fate(const struct world *w, const struct capture_packet *p,
			       uint8_t eth[14])
{
	bool to_host;

	if (p->not_ip)
		return FATE_NOT_IP;
	if (p->cut)
		return FATE_CUT;
	if (p->outgoing)
		return FATE_OUTGOING;
	memcpy(eth, p->frame, 14);
	/* Too short for addresses: Linux shall see that for itself. */
	if (p->len - p->ip_off < 20)
		return FATE_INJECT;
	to_host = world_is_local(w, wire_get32(p->frame + p->ip_off + 16));
	if (!to_host && world_is_local(w, wire_get32(p->frame + p->ip_off + 12)))
		return FATE_OUTGOING;
	if (to_host && !(eth[0] & 1))
		memcpy(eth, w->wires[0].mac, 6);
	return FATE_INJECT;
}
