/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Lines of a world as calls of the reference: the part of ip(8)'s language that it models, with
 * iproute2's defaults. What it can't do is an error that says so.
 */
#include "harness/stack/ref_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/stack/ref_words.h"
#include "harness/world/ip_words.h"
#include "harness/world/sockopt.h"
#include "harness/world/world_socket.h"

static const struct {
	const char *object, *verb;
	int (*run)(struct words *ws);
} commands[] = {
	{ "link", "set", ref_line_link_set },	   { "link", "add", ref_line_link_add },
	{ "address", "add", ref_line_addr_add },   { "route", "add", ref_line_route_add },
	{ "neighbor", "add", ref_line_neigh_add }, { "neighbour", "add", ref_line_neigh_add },
	{ "fou", "add", ref_line_fou_add },
};

int ref_world_ip(struct ref *net, const struct world_line *line, struct errmsg *e)
{
	struct words ws = { .at = line->argv, .e = e, .net = net };
	const char *object = word_next(&ws), *verb = word_next(&ws);

	for (size_t i = 0; verb && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (ip_word_is(object, commands[i].object) && ip_word_is(verb, commands[i].verb))
			return commands[i].run(&ws);
	return words_cannot(e, object, verb ? verb : "");
}

/* ---- sockets ---- */

static void call_text(char *buf, size_t size, const struct socket_call *call)
{
	char addr[IP_TEXT_MAX];

	ip_text(addr, call->addr);
	switch (call->type) {
	case SOCKET_CALL_SETSOCKOPT:
		snprintf(buf, size, "option %d of level %d", call->name, call->level);
		if (sockopt_by_number(call->level, call->name))
			snprintf(buf, size, "%s",
				 sockopt_by_number(call->level, call->name)->text);
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
		if (call->dev_big_endian)
			ifindex = (int)htonl((uint32_t)ifindex);
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
			ref_close(net, fd);
			return errmsg_set(e, err, "the reference refuses %s: %s", what,
					  strerror(-err));
		}
	}
	*ret_hold = spec.hold;
	return fd;
}
