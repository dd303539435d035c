/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The `socket` line. */
#include "harness/world/world_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/world/ip_words.h"
#include "harness/world/sockopt.h"

static const struct socket_kind {
	const char *word;
	int type, protocol;
	bool names_protocol; /* the protocol is the next word */
	bool listens;
} kinds[] = {
	{ "udp", SOCK_DGRAM, IPPROTO_UDP, false, false },
	{ "udplite", SOCK_DGRAM, IPPROTO_UDPLITE, false, false },
	{ "raw", SOCK_RAW, 0, true, false },
	{ "ping", SOCK_DGRAM, IPPROTO_ICMP, false, false },
	{ "tcp", SOCK_STREAM, IPPROTO_TCP, false, true },
};

/* Names that do not depend on the machine's /etc/protocols. */
static const struct {
	const char *name;
	int number;
} protocols[] = {
	{ "ip", 0 },	{ "icmp", 1 },	 { "igmp", 2 },	     { "ipip", 4 },   { "tcp", 6 },
	{ "udp", 17 },	{ "ipv6", 41 },	 { "gre", 47 },	     { "esp", 50 },   { "ah", 51 },
	{ "ospf", 89 }, { "sctp", 132 }, { "udplite", 136 }, { "l2tp", 115 }, { "raw", 255 },
};

static int parse_protocol(const char *word, struct errmsg *e)
{
	int64_t number;

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (strcmp(word, protocols[i].name) == 0)
			return protocols[i].number;
	if (ip_number(word, 0, 511, &number))
		return (int)number;
	return errmsg_set(e, -EINVAL, "no protocol named %.40s (a number will do)", word);
}

static struct socket_call *add_call(struct socket_spec *spec, enum socket_call_type type,
				    struct errmsg *e)
{
	struct socket_call *call;

	if (spec->call_nr == SOCKET_CALL_MAX) {
		errmsg_set(e, -EINVAL, "more than %d options", SOCKET_CALL_MAX);
		return NULL;
	}
	call = &spec->call[spec->call_nr++];
	call->type = type;
	call->addr = 0;
	call->port = 0;
	call->val_len = 0;
	call->dev_at = -1;
	call->dev[0] = '\0';
	return call;
}

static int add_option(struct socket_spec *spec, const char *word, struct errmsg *e)
{
	struct socket_call *call = add_call(spec, SOCKET_CALL_SETSOCKOPT, e);

	return call ? sockopt_parse(call, word, e) : -EINVAL;
}

static int add_endpoint(struct socket_spec *spec, enum socket_call_type type, const char *word,
			struct errmsg *e)
{
	struct socket_call *call = add_call(spec, type, e);

	if (!call)
		return -EINVAL;
	if (!ip_endpoint(word, &call->addr, &call->port))
		return errmsg_set(e, -EINVAL, "no ADDR:PORT: %.40s", word);
	return 0;
}

static int add_dev(struct socket_spec *spec, const char *dev, struct errmsg *e)
{
	char option[64];

	snprintf(option, sizeof(option), "SO_BINDTODEVICE=%.32s", dev);
	return add_option(spec, option, e);
}

static int add_word(struct socket_spec *spec, const char *word, const char *value, struct errmsg *e)
{
	if (!value)
		return errmsg_set(e, -EINVAL, "\"%.40s\" needs a value, or is no word of a socket",
				  word);
	if (strcmp(word, "bind") == 0)
		return add_endpoint(spec, SOCKET_CALL_BIND, value, e);
	if (strcmp(word, "connect") == 0)
		return add_endpoint(spec, SOCKET_CALL_CONNECT, value, e);
	if (strcmp(word, "opt") == 0)
		return add_option(spec, value, e);
	if (strcmp(word, "dev") == 0)
		return add_dev(spec, value, e);
	return errmsg_set(
		e, -EINVAL,
		"unknown word \"%.40s\": choose from bind, connect, dev, opt, hold, plain", word);
}

static const struct socket_kind *kind_by_word(const char *word)
{
	for (size_t i = 0; word && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(word, kinds[i].word) == 0)
			return &kinds[i];
	return NULL;
}

/* What lets a trace show what came with each datagram. */
static int add_defaults(struct socket_spec *spec, struct errmsg *e)
{
	static const char *const defaults[] = {
		"IP_PKTINFO=1",
		"IP_RECVTTL=1",
		"IP_RECVTOS=1",
		"IP_RECVOPTS=1",
	};

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		int err = add_option(spec, defaults[i], e);

		if (err < 0)
			return err;
	}
	return 0;
}

/* Constants of socket(2) that a step may name; flags may follow with '|'. */
static const struct {
	const char *name;
	int number;
} constants[] = {
	{ "AF_UNSPEC", AF_UNSPEC },	  { "AF_INET", AF_INET },
	{ "SOCK_STREAM", SOCK_STREAM },	  { "SOCK_DGRAM", SOCK_DGRAM },
	{ "SOCK_RAW", SOCK_RAW },	  { "SOCK_SEQPACKET", SOCK_SEQPACKET },
	{ "SOCK_CLOEXEC", SOCK_CLOEXEC }, { "SOCK_NONBLOCK", SOCK_NONBLOCK },
};

/* Numbers and constants joined by '|'. */
static bool constant(const char *text, int *ret)
{
	char copy[80], *save = NULL;
	int value = 0;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	for (char *word = strtok_r(copy, "|", &save); word; word = strtok_r(NULL, "|", &save)) {
		size_t i = 0;
		int64_t number;

		while (i < sizeof(constants) / sizeof(constants[0]) &&
		       strcmp(word, constants[i].name) != 0)
			i++;
		if (i < sizeof(constants) / sizeof(constants[0]))
			value |= constants[i].number;
		else if (ip_number(word, INT32_MIN, INT32_MAX, &number))
			value |= (int)number;
		else
			return false;
	}
	*ret = value;
	return true;
}

int socket_kind_parse(int ret[3], char *const *words, int nr, struct errmsg *e)
{
	const struct socket_kind *kind = kind_by_word(nr > 0 ? words[0] : NULL);

	if (!kind && nr >= 3 && constant(words[0], &ret[0]) && constant(words[1], &ret[1]) &&
	    constant(words[2], &ret[2]))
		return 3;
	if (!kind)
		return errmsg_set(
			e, -EINVAL,
			"no udp|udplite|raw PROTO|ping|tcp or FAMILY TYPE PROTOCOL: %.40s",
			nr > 0 ? words[0] : "(end of line)");
	ret[0] = AF_INET;
	ret[1] = kind->type;
	ret[2] = kind->protocol;
	if (!kind->names_protocol)
		return 1;
	if (nr < 2)
		return errmsg_set(e, -EINVAL, "raw needs a protocol");
	ret[2] = parse_protocol(words[1], e);
	return ret[2] < 0 ? ret[2] : 2;
}

/* The first word after name, kind and protocol. */
static int parse_kind(struct socket_spec *spec, const struct world_line *line,
		      const struct socket_kind *kind, struct errmsg *e)
{
	spec->type = kind->type;
	spec->protocol = kind->protocol;
	if (!kind->names_protocol)
		return 2;
	if (line->argc < 3)
		return errmsg_set(e, -EINVAL, "raw needs a protocol");
	spec->protocol = parse_protocol(line->argv[2], e);
	return spec->protocol < 0 ? spec->protocol : 3;
}

int socket_spec_parse(struct socket_spec *spec, const struct world *w,
		      const struct world_line *line, struct errmsg *e)
{
	const struct socket_kind *kind = kind_by_word(line->argc > 1 ? line->argv[1] : NULL);
	bool plain = false;
	int at, err = 0;

	(void)w;
	spec->name = line->argv[0];
	spec->family = AF_INET;
	spec->hold = false;
	spec->call_nr = 0;
	if (!kind)
		return errmsg_set(
			e, -EINVAL,
			"socket %s: write: socket NAME udp|udplite|raw PROTO|ping|tcp ...",
			spec->name);
	at = parse_kind(spec, line, kind, e);
	if (at < 0)
		return errmsg_wrap(e, at, "socket %s", spec->name);
	for (int i = at; i < line->argc; i++) {
		if (strcmp(line->argv[i], "plain") == 0)
			plain = true;
		else if (strcmp(line->argv[i], "hold") != 0)
			i++;
	}
	if (!plain && !kind->listens)
		err = add_defaults(spec, e);
	for (int i = at; i < line->argc && err == 0; i++) {
		const char *word = line->argv[i];

		if (strcmp(word, "plain") == 0)
			continue;
		if (strcmp(word, "hold") == 0)
			spec->hold = true;
		else
			err = add_word(spec, word, line->argv[++i], e);
	}
	if (err == 0 && kind->listens && !add_call(spec, SOCKET_CALL_LISTEN, e))
		err = -EINVAL;
	return err < 0 ? errmsg_wrap(e, err, "socket %s", spec->name) : 0;
}
