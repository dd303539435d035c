/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* `route` lines as calls of the reference, with iproute2's defaults. */
#include "harness/stack/ref_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/world/ip_words.h"

#define RT_TABLE_DEFAULT 253
#define RT_TABLE_MAIN	 254
#define RT_TABLE_LOCAL	 255

struct route_cmd {
	struct ref_route route;
	bool has_scope, has_hop;
	size_t hop; /* the next hop that via, dev, onlink and weight speak of */
};

static int route_via(void *cmd, struct words *ws)
{
	struct route_cmd *c = cmd;

	c->has_hop = true;
	return word_addr(ws, &c->route.nexthop[c->hop].gateway);
}

static int route_dev(void *cmd, struct words *ws)
{
	struct route_cmd *c = cmd;

	c->has_hop = true;
	return word_dev(ws, &c->route.nexthop[c->hop].ifindex);
}

static int route_onlink(void *cmd, struct words *ws)
{
	struct route_cmd *c = cmd;

	(void)ws;
	c->route.nexthop[c->hop].onlink = true;
	return 0;
}

static int route_weight(void *cmd, struct words *ws)
{
	struct route_cmd *c = cmd;
	int64_t v;
	int err = word_number(ws, "weight", 1, 255, &v);

	if (err == 0)
		c->route.nexthop[c->hop].weight = (uint8_t)v;
	return err;
}

static int route_nexthop(void *cmd, struct words *ws)
{
	struct route_cmd *c = cmd;

	if (c->has_hop)
		c->hop++;
	if (c->hop == REF_ROUTE_NEXTHOPS)
		return errmsg_set(ws->e, -EOPNOTSUPP, "more than %d next hops", REF_ROUTE_NEXTHOPS);
	c->has_hop = true;
	return 0;
}

static int route_src(void *cmd, struct words *ws)
{
	return word_addr(ws, &((struct route_cmd *)cmd)->route.prefsrc);
}

static int route_metric(void *cmd, struct words *ws)
{
	int64_t v;
	int err = word_number(ws, "metric", 0, UINT32_MAX, &v);

	if (err == 0)
		((struct route_cmd *)cmd)->route.metric = (uint32_t)v;
	return err;
}

static int route_table(void *cmd, struct words *ws)
{
	static const struct {
		const char *name;
		uint32_t table;
	} tables[] = { { "main", RT_TABLE_MAIN },
		       { "local", RT_TABLE_LOCAL },
		       { "default", RT_TABLE_DEFAULT } };
	struct route_cmd *c = cmd;
	const char *word = word_next(ws);
	int64_t v;

	for (size_t i = 0; word && i < sizeof(tables) / sizeof(tables[0]); i++)
		if (strcmp(word, tables[i].name) == 0) {
			c->route.table = tables[i].table;
			return 0;
		}
	if (!word || !ip_number(word, 1, UINT32_MAX, &v))
		return words_bad(ws, "table", word);
	c->route.table = (uint32_t)v;
	return 0;
}

static int route_scope(void *cmd, struct words *ws)
{
	((struct route_cmd *)cmd)->has_scope = true;
	return word_scope(ws, &((struct route_cmd *)cmd)->route.scope);
}

static int route_mtu(void *cmd, struct words *ws)
{
	struct route_cmd *c = cmd;
	int64_t v;
	int err;

	if (*ws->at && strcmp(*ws->at, "lock") == 0) {
		c->route.mtu_lock = true;
		ws->at++;
	}
	err = word_number(ws, "MTU", 0, UINT32_MAX, &v);
	if (err == 0)
		c->route.mtu = (uint32_t)v;
	return err;
}

static int route_tos(void *cmd, struct words *ws)
{
	const char *word = word_next(ws);
	char *end;
	unsigned long v = word ? strtoul(word, &end, 16) : 256; /* iproute2 reads it in base 16 */

	if (v > 255 || *end || end == word)
		return words_bad(ws, "TOS", word);
	((struct route_cmd *)cmd)->route.tos = (uint8_t)v;
	return 0;
}

static const struct key route_keys[] = {
	{ "via", NULL, route_via },
	{ "dev", "oif", route_dev },
	{ "onlink", NULL, route_onlink },
	{ "weight", NULL, route_weight },
	{ "nexthop", NULL, route_nexthop },
	{ "src", NULL, route_src },
	{ "metric", "priority", route_metric },
	{ "preference", NULL, route_metric },
	{ "table", NULL, route_table },
	{ "scope", NULL, route_scope },
	{ "mtu", NULL, route_mtu },
	{ "tos", "dsfield", route_tos },
	{ "proto", "protocol", word_skip },
};

static const struct {
	const char *word;
	enum ref_route_type type;
} route_types[] = {
	{ "unicast", REF_RTN_UNICAST },
	{ "local", REF_RTN_LOCAL },
	{ "broadcast", REF_RTN_BROADCAST },
	{ "brd", REF_RTN_BROADCAST },
	{ "anycast", REF_RTN_ANYCAST },
	{ "multicast", REF_RTN_MULTICAST },
	{ "blackhole", REF_RTN_BLACKHOLE },
	{ "unreachable", REF_RTN_UNREACHABLE },
	{ "prohibit", REF_RTN_PROHIBIT },
	{ "throw", REF_RTN_THROW },
	{ "nat", REF_RTN_NAT },
};

/* The scope and table that iproute2 sends when the line names none. */
static void route_defaults(struct route_cmd *cmd)
{
	struct ref_route *r = &cmd->route;
	bool gateway = false;

	for (size_t i = 0; i < r->nexthop_nr; i++)
		gateway = gateway || r->nexthop[i].gateway;
	if (!cmd->has_scope) {
		r->scope = RT_SCOPE_UNIVERSE;
		if (r->type == REF_RTN_LOCAL || r->type == REF_RTN_NAT)
			r->scope = RT_SCOPE_HOST;
		else if (r->type == REF_RTN_BROADCAST || r->type == REF_RTN_MULTICAST ||
			 r->type == REF_RTN_ANYCAST)
			r->scope = RT_SCOPE_LINK;
		else if (r->type == REF_RTN_UNICAST && !gateway && r->nexthop_nr < 2)
			r->scope = RT_SCOPE_LINK;
	}
	if (!r->table && (r->type == REF_RTN_LOCAL || r->type == REF_RTN_BROADCAST ||
			  r->type == REF_RTN_NAT || r->type == REF_RTN_ANYCAST))
		r->table = RT_TABLE_LOCAL;
}

int ref_line_route_add(struct words *ws)
{
	struct route_cmd cmd = { .route.type = REF_RTN_UNICAST };
	const char *word = word_next(ws);
	int err;

	for (size_t i = 0; word && i < sizeof(route_types) / sizeof(route_types[0]); i++)
		if (strcmp(word, route_types[i].word) == 0) {
			cmd.route.type = route_types[i].type;
			word = word_next(ws);
			break;
		}
	if (word && strcmp(word, "to") == 0)
		word = word_next(ws);
	if (!word || !ip_prefix(word, &cmd.route.dst, &cmd.route.plen))
		return words_bad(ws, "IPv4 prefix", word);
	err = words_all(KEYS(route_keys), "route add", &cmd, ws);
	if (err < 0)
		return err;
	cmd.route.nexthop_nr = cmd.has_hop ? cmd.hop + 1 : 0;
	route_defaults(&cmd);
	err = ref_route_add(ws->net, &cmd.route);
	return err < 0 ? words_refused(ws->e, err) : 0;
}
