/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Lines of a world as calls of the reference: the part of ip(8)'s language that it models, with
 * iproute2's defaults. What it can't do is an error that says so.
 */
#include "harness/stack/ref_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/world/ip_words.h"
#include "harness/world/sockopt.h"
#include "harness/world/world_socket.h"

#define RT_SCOPE_UNIVERSE 0
#define RT_SCOPE_SITE	  200
#define RT_SCOPE_LINK	  253
#define RT_SCOPE_HOST	  254
#define RT_SCOPE_NOWHERE  255
#define RT_TABLE_DEFAULT  253
#define RT_TABLE_MAIN	  254
#define RT_TABLE_LOCAL	  255

/* The words of a line that are still to be read. */
struct words {
	char **at;
	struct errmsg *e;
	struct ref *net;
};

/* A word with what to do about it; `set` reads its value, if any, from the words. */
struct key {
	const char *word, *alias;
	int (*set)(void *cmd, struct words *ws);
};

static const char *word_next(struct words *ws)
{
	return *ws->at ? *ws->at++ : NULL;
}

static int bad_value(struct words *ws, const char *what, const char *value)
{
	return errmsg_set(ws->e, -EINVAL, "no %s: %.40s", what, value ? value : "(end of line)");
}

static int need_number(struct words *ws, const char *what, int64_t min, int64_t max, int64_t *ret)
{
	const char *word = word_next(ws);

	return word && ip_number(word, min, max, ret) ? 0 : bad_value(ws, what, word);
}

static int need_dev(struct words *ws, int *ret_ifindex)
{
	const char *word = word_next(ws);
	int ifindex = word ? ref_link_by_name(ws->net, word) : -ENODEV;

	if (ifindex < 0)
		return bad_value(ws, "device", word);
	*ret_ifindex = ifindex;
	return 0;
}

static int need_addr(struct words *ws, uint32_t *ret)
{
	const char *word = word_next(ws);

	if (word && strcmp(word, "inet") == 0)
		word = word_next(ws);
	return word && ip_addr(word, ret) ? 0 : bad_value(ws, "IPv4 address", word);
}

static int need_mac(struct words *ws, uint8_t mac[6])
{
	const char *word = word_next(ws);

	return word && ip_mac(word, mac) ? 0 : bad_value(ws, "MAC address", word);
}

/* One keyword out of a table; 1: it was none of them. */
static int one_key(const struct key *keys, size_t nr, const char *word, void *cmd, struct words *ws)
{
	for (size_t i = 0; i < nr; i++)
		if (strcmp(word, keys[i].word) == 0 ||
		    (keys[i].alias && strcmp(word, keys[i].alias) == 0))
			return keys[i].set(cmd, ws);
	return 1;
}

static int cannot(struct errmsg *e, const char *what, const char *word)
{
	return errmsg_set(e, -EOPNOTSUPP, "the reference cannot do \"%s %.40s\"", what, word);
}

#define KEYS(keys) (keys), sizeof(keys) / sizeof((keys)[0])

static int all_keys(const struct key *keys, size_t nr, const char *object, void *cmd,
		    struct words *ws)
{
	const char *word;

	while ((word = word_next(ws))) {
		int err = one_key(keys, nr, word, cmd, ws);

		if (err)
			return err > 0 ? cannot(ws->e, object, word) : err;
	}
	return 0;
}

static int parse_scope(struct words *ws, uint8_t *ret)
{
	static const struct {
		const char *name;
		uint8_t scope;
	} scopes[] = {
		{ "global", RT_SCOPE_UNIVERSE }, { "universe", RT_SCOPE_UNIVERSE },
		{ "site", RT_SCOPE_SITE },	 { "link", RT_SCOPE_LINK },
		{ "host", RT_SCOPE_HOST },	 { "nowhere", RT_SCOPE_NOWHERE },
	};
	const char *word = word_next(ws);
	int64_t v;

	for (size_t i = 0; word && i < sizeof(scopes) / sizeof(scopes[0]); i++)
		if (strcmp(word, scopes[i].name) == 0) {
			*ret = scopes[i].scope;
			return 0;
		}
	if (!word || !ip_number(word, 0, 255, &v))
		return bad_value(ws, "scope", word);
	*ret = (uint8_t)v;
	return 0;
}

/* ---- link ---- */

struct link_cmd {
	struct ref_link link;
	bool has_mac, named, is_set;
	uint32_t set, clear;
};

static int link_up(void *cmd, struct words *ws)
{
	(void)ws;
	((struct link_cmd *)cmd)->set |= REF_LINK_UP;
	return 0;
}

static int link_down(void *cmd, struct words *ws)
{
	(void)ws;
	((struct link_cmd *)cmd)->clear |= REF_LINK_UP;
	return 0;
}

static int link_mtu(void *cmd, struct words *ws)
{
	int64_t v;
	int err = need_number(ws, "MTU", 1, 0x7fffffff, &v);

	if (err == 0)
		((struct link_cmd *)cmd)->link.mtu = (uint32_t)v;
	return err;
}

static int link_address(void *cmd, struct words *ws)
{
	((struct link_cmd *)cmd)->has_mac = true;
	return need_mac(ws, ((struct link_cmd *)cmd)->link.mac);
}

static int on_off(struct words *ws, struct link_cmd *cmd, uint32_t flag, bool inverse)
{
	const char *word = word_next(ws);
	bool on = word && strcmp(word, "on") == 0;

	if (!word || (!on && strcmp(word, "off") != 0))
		return bad_value(ws, "on or off", word);
	if (on != inverse)
		cmd->set |= flag;
	else
		cmd->clear |= flag;
	return 0;
}

static int link_promisc(void *cmd, struct words *ws)
{
	return on_off(ws, cmd, REF_LINK_PROMISC, false);
}

static int link_arp(void *cmd, struct words *ws)
{
	return on_off(ws, cmd, REF_LINK_NOARP, true);
}

static int link_multicast(void *cmd, struct words *ws)
{
	return on_off(ws, cmd, REF_LINK_MULTICAST, false);
}

static int link_allmulticast(void *cmd, struct words *ws)
{
	return on_off(ws, cmd, REF_LINK_ALLMULTI, false);
}

static int link_name(void *cmd, struct words *ws)
{
	struct link_cmd *link = cmd;
	const char *word = word_next(ws);

	if (!word || !ip_dev_name(word) || link->named)
		return bad_value(ws, "(one) device name", word);
	strcpy(link->link.name, word);
	link->named = true;
	return 0;
}

static int link_type(void *cmd, struct words *ws)
{
	struct link_cmd *link = cmd;
	const char *word = word_next(ws);

	if (!word || strcmp(word, "dummy") != 0)
		return cannot(ws->e, "link add type", word ? word : "");
	link->link.kind = REF_LINK_DUMMY;
	return 0;
}

static const struct key link_set_keys[] = {
	{ "dev", NULL, link_name },
	{ "up", NULL, link_up },
	{ "down", NULL, link_down },
	{ "mtu", NULL, link_mtu },
	{ "address", NULL, link_address },
	{ "promisc", NULL, link_promisc },
	{ "arp", NULL, link_arp },
	{ "multicast", NULL, link_multicast },
	{ "allmulticast", NULL, link_allmulticast },
};

static const struct key link_add_keys[] = {
	{ "name", "dev", link_name },	   { "up", NULL, link_up },	{ "mtu", NULL, link_mtu },
	{ "address", NULL, link_address }, { "type", NULL, link_type },
};

/* A word that is no keyword is the device's name. */
static int link_words(const struct key *keys, size_t nr, const char *object, struct link_cmd *cmd,
		      struct words *ws)
{
	const char *word;

	while ((word = word_next(ws))) {
		int err = one_key(keys, nr, word, cmd, ws);

		if (err > 0 && !cmd->named && ip_dev_name(word)) {
			ws->at--;
			err = link_name(cmd, ws);
		}
		if (err)
			return err > 0 ? cannot(ws->e, object, word) : err;
	}
	return cmd->named ? 0 : bad_value(ws, "device name", NULL);
}

static int refused(struct errmsg *e, int err)
{
	return errmsg_set(e, err, "the reference refuses it: %s", strerror(-err));
}

static int do_link_set(struct words *ws)
{
	struct link_cmd cmd = { .is_set = true };
	int err = link_words(KEYS(link_set_keys), "link set", &cmd, ws);
	int ifindex;

	if (err < 0)
		return err;
	ifindex = ref_link_by_name(ws->net, cmd.link.name);
	if (ifindex < 0)
		return bad_value(ws, "device", cmd.link.name);
	if (cmd.has_mac)
		err = ref_link_mac(ws->net, ifindex, cmd.link.mac);
	if (err == 0 && cmd.link.mtu)
		err = ref_link_mtu(ws->net, ifindex, cmd.link.mtu);
	if (err == 0 && (cmd.set | cmd.clear))
		err = ref_link_flags(ws->net, ifindex, cmd.set, cmd.clear);
	return err < 0 ? refused(ws->e, err) : 0;
}

static int do_link_add(struct words *ws)
{
	struct link_cmd cmd = { .link.kind = REF_LINK_KIND_NR };
	int err = link_words(KEYS(link_add_keys), "link add", &cmd, ws);
	int ifindex;

	if (err < 0)
		return err;
	if (cmd.link.kind == REF_LINK_KIND_NR)
		return errmsg_set(ws->e, -EINVAL, "link add needs a type");
	ifindex = ref_link_add(ws->net, &cmd.link);
	if (ifindex < 0)
		return refused(ws->e, ifindex);
	err = cmd.set ? ref_link_flags(ws->net, ifindex, cmd.set, 0) : 0;
	return err < 0 ? refused(ws->e, err) : 0;
}

/* ---- addr ---- */

struct addr_cmd {
	struct ref_addr addr;
	int ifindex;
	bool has_scope, has_local, has_peer;
	uint8_t peer_plen;
	char brd_sign; /* '+', '-' or 0 */
};

static int addr_local(void *cmd, struct words *ws)
{
	struct addr_cmd *c = cmd;
	const char *word = word_next(ws);

	if (c->has_local || !word || !ip_prefix(word, &c->addr.local, &c->addr.plen))
		return bad_value(ws, "(one) address", word);
	c->has_local = true;
	return 0;
}

static int addr_peer(void *cmd, struct words *ws)
{
	struct addr_cmd *c = cmd;
	const char *word = word_next(ws);

	c->has_peer = true;
	return word && ip_prefix(word, &c->addr.peer, &c->peer_plen)
		       ? 0
		       : bad_value(ws, "peer address", word);
}

static int addr_brd(void *cmd, struct words *ws)
{
	struct addr_cmd *c = cmd;
	const char *word = *ws->at;

	if (word && (strcmp(word, "+") == 0 || strcmp(word, "-") == 0)) {
		c->brd_sign = *word;
		ws->at++;
		return 0;
	}
	c->addr.has_brd = true;
	return need_addr(ws, &c->addr.brd);
}

static int addr_scope(void *cmd, struct words *ws)
{
	((struct addr_cmd *)cmd)->has_scope = true;
	return parse_scope(ws, &((struct addr_cmd *)cmd)->addr.scope);
}

static int addr_dev(void *cmd, struct words *ws)
{
	return need_dev(ws, &((struct addr_cmd *)cmd)->ifindex);
}

static int addr_noprefixroute(void *cmd, struct words *ws)
{
	(void)ws;
	((struct addr_cmd *)cmd)->addr.noprefixroute = true;
	return 0;
}

static int skip_value(void *cmd, struct words *ws)
{
	(void)cmd;
	return word_next(ws) ? 0 : bad_value(ws, "value", NULL);
}

static const struct key addr_keys[] = {
	{ "local", NULL, addr_local },
	{ "peer", "remote", addr_peer },
	{ "brd", "broadcast", addr_brd },
	{ "scope", NULL, addr_scope },
	{ "dev", NULL, addr_dev },
	{ "label", NULL, skip_value },
	{ "noprefixroute", NULL, addr_noprefixroute },
};

static int do_addr_add(struct words *ws)
{
	struct addr_cmd cmd = { .ifindex = 0 };
	const char *word;
	int err;

	while ((word = word_next(ws))) {
		err = one_key(KEYS(addr_keys), word, &cmd, ws);
		if (err > 0 && !cmd.has_local) {
			ws->at--;
			err = addr_local(&cmd, ws);
		}
		if (err)
			return err > 0 ? cannot(ws->e, "addr add", word) : err;
	}
	if (!cmd.has_local || !cmd.ifindex)
		return errmsg_set(ws->e, -EINVAL, "addr add needs ADDR/LEN and dev NAME");
	if (!cmd.has_scope && cmd.addr.local >> 24 == 127)
		cmd.addr.scope = RT_SCOPE_HOST;
	if (cmd.has_peer)
		cmd.addr.plen = cmd.peer_plen;
	if (cmd.brd_sign && cmd.addr.plen <= 30) {
		uint32_t hosts = 0xffffffffu >> cmd.addr.plen;
		uint32_t base = cmd.has_peer ? cmd.addr.peer : cmd.addr.local;

		cmd.addr.has_brd = true;
		cmd.addr.brd = cmd.brd_sign == '+' ? base | hosts : base & ~hosts;
	}
	err = ref_addr_add(ws->net, cmd.ifindex, &cmd.addr);
	return err < 0 ? refused(ws->e, err) : 0;
}

/* ---- route ---- */

struct route_cmd {
	struct ref_route route;
	bool has_scope, has_hop;
	size_t hop; /* the next hop that via, dev, onlink and weight speak of */
};

static int route_via(void *cmd, struct words *ws)
{
	struct route_cmd *c = cmd;

	c->has_hop = true;
	return need_addr(ws, &c->route.nexthop[c->hop].gateway);
}

static int route_dev(void *cmd, struct words *ws)
{
	struct route_cmd *c = cmd;

	c->has_hop = true;
	return need_dev(ws, &c->route.nexthop[c->hop].ifindex);
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
	int err = need_number(ws, "weight", 1, 255, &v);

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
	return need_addr(ws, &((struct route_cmd *)cmd)->route.prefsrc);
}

static int route_metric(void *cmd, struct words *ws)
{
	int64_t v;
	int err = need_number(ws, "metric", 0, UINT32_MAX, &v);

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
		return bad_value(ws, "table", word);
	c->route.table = (uint32_t)v;
	return 0;
}

static int route_scope(void *cmd, struct words *ws)
{
	((struct route_cmd *)cmd)->has_scope = true;
	return parse_scope(ws, &((struct route_cmd *)cmd)->route.scope);
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
	err = need_number(ws, "MTU", 0, UINT32_MAX, &v);
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
		return bad_value(ws, "TOS", word);
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
	{ "proto", "protocol", skip_value },
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

static int do_route_add(struct words *ws)
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
		return bad_value(ws, "IPv4 prefix", word);
	err = all_keys(KEYS(route_keys), "route add", &cmd, ws);
	if (err < 0)
		return err;
	cmd.route.nexthop_nr = cmd.has_hop ? cmd.hop + 1 : 0;
	route_defaults(&cmd);
	err = ref_route_add(ws->net, &cmd.route);
	return err < 0 ? refused(ws->e, err) : 0;
}

/* ---- neigh ---- */

struct neigh_cmd {
	uint32_t addr;
	uint8_t mac[6];
	int ifindex;
	bool has_addr, has_mac;
};

static int neigh_to(void *cmd, struct words *ws)
{
	((struct neigh_cmd *)cmd)->has_addr = true;
	return need_addr(ws, &((struct neigh_cmd *)cmd)->addr);
}

static int neigh_lladdr(void *cmd, struct words *ws)
{
	((struct neigh_cmd *)cmd)->has_mac = true;
	return need_mac(ws, ((struct neigh_cmd *)cmd)->mac);
}

static int neigh_dev(void *cmd, struct words *ws)
{
	return need_dev(ws, &((struct neigh_cmd *)cmd)->ifindex);
}

static int neigh_nud(void *cmd, struct words *ws)
{
	const char *word = word_next(ws);

	(void)cmd;
	if (!word || strcmp(word, "permanent") != 0)
		return cannot(ws->e, "neigh add nud", word ? word : "");
	return 0;
}

static const struct key neigh_keys[] = {
	{ "to", NULL, neigh_to },
	{ "lladdr", NULL, neigh_lladdr },
	{ "dev", NULL, neigh_dev },
	{ "nud", "state", neigh_nud },
};

static int do_neigh_add(struct words *ws)
{
	struct neigh_cmd cmd = { .addr = 0 };
	const char *word;
	int err;

	while ((word = word_next(ws))) {
		err = one_key(KEYS(neigh_keys), word, &cmd, ws);
		if (err > 0 && !cmd.has_addr) {
			ws->at--;
			err = neigh_to(&cmd, ws);
		}
		if (err)
			return err > 0 ? cannot(ws->e, "neigh add", word) : err;
	}
	if (!cmd.has_addr || !cmd.has_mac || !cmd.ifindex)
		return errmsg_set(ws->e, -EINVAL, "neigh add needs ADDR lladdr MAC dev NAME");
	err = ref_neigh_add(ws->net, cmd.ifindex, cmd.addr, cmd.mac);
	return err < 0 ? refused(ws->e, err) : 0;
}

/* ---- ---- */

static const struct {
	const char *object, *verb;
	int (*run)(struct words *ws);
} commands[] = {
	{ "link", "set", do_link_set },	     { "link", "add", do_link_add },
	{ "address", "add", do_addr_add },   { "route", "add", do_route_add },
	{ "neighbor", "add", do_neigh_add }, { "neighbour", "add", do_neigh_add },
};

int ref_world_ip(struct ref *net, const struct world_line *line, struct errmsg *e)
{
	struct words ws = { .at = line->argv, .e = e, .net = net };
	const char *object = word_next(&ws), *verb = word_next(&ws);

	for (size_t i = 0; verb && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (ip_word_is(object, commands[i].object) && ip_word_is(verb, commands[i].verb))
			return commands[i].run(&ws);
	return cannot(e, object, verb ? verb : "");
}

/* ---- sockets ---- */

static void call_text(char *buf, size_t size, const struct socket_call *call)
{
	char addr[IP_TEXT_MAX];

	ip_text(addr, call->addr);
	switch (call->type) {
	case SOCKET_CALL_SETSOCKOPT:
		snprintf(buf, size, "option %d of level %d", call->name, call->level);
		for (size_t i = 0; i < sockopt_nr; i++)
			if (sockopts[i].level == call->level && sockopts[i].name == call->name)
				snprintf(buf, size, "%s", sockopts[i].text);
		break;
	case SOCKET_CALL_BIND:
		snprintf(buf, size, "bind %s:%u", addr, call->port);
		break;
	case SOCKET_CALL_CONNECT:
		snprintf(buf, size, "connect %s:%u", addr, call->port);
		break;
	case SOCKET_CALL_LISTEN:
		snprintf(buf, size, "listen");
		break;
	}
}

static int make_call(struct ref *net, int fd, const struct socket_call *call)
{
	const struct ref_sockaddr addr = { .addr = call->addr, .port = call->port, .given = true };
	uint8_t val[SOCKET_VAL_MAX];
	int ifindex;

	switch (call->type) {
	case SOCKET_CALL_BIND:
		return ref_bind(net, fd, &addr);
	case SOCKET_CALL_CONNECT:
		return ref_connect(net, fd, &addr);
	case SOCKET_CALL_LISTEN:
		return -EOPNOTSUPP;
	case SOCKET_CALL_SETSOCKOPT:
		break;
	}
	memcpy(val, call->val, call->val_len);
	if (call->dev_at >= 0) {
		ifindex = ref_link_by_name(net, call->dev);
		if (ifindex < 0)
			return ifindex;
		memcpy(val + call->dev_at, &ifindex, sizeof(ifindex));
	}
	return ref_setsockopt(net, fd, call->level, call->name, val, call->val_len);
}

int ref_world_socket(struct ref *net, const struct world *w, const struct world_line *line,
		     bool *ret_hold, struct errmsg *e)
{
	struct socket_spec spec;
	char what[64];
	int fd, err = socket_spec_parse(&spec, w, line, e);

	if (err < 0)
		return err;
	fd = ref_socket(net, spec.family, spec.type, spec.protocol);
	if (fd < 0)
		return errmsg_set(e, fd, "the reference has no such socket: %s", strerror(-fd));
	for (size_t i = 0; i < spec.call_nr; i++) {
		const struct socket_call *call = &spec.call[i];

		err = make_call(net, fd, call);
		if (err < 0) {
			call_text(what, sizeof(what), call);
			return errmsg_set(e, err, "the reference refuses %s: %s", what,
					  strerror(-err));
		}
	}
	*ret_hold = spec.hold;
	return fd;
}
