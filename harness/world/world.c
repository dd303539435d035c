/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Worlds: lines of text, checked as far as every stack agrees on them. */
#include "harness/world/world.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/lines.h"
#include "harness/world/ip_words.h"
#include "harness/world/world_socket.h"

/* Objects of ip(8) that make a host, as iproute2 spells them; a prefix will do for it and us. */
static const char *const ip_objects[] = {
    "address", "route",  "rule", "neighbor", "neighbour", "link", "l2tp",   "fou",
    "tunnel",  "tuntap", "tap",  "maddress", "nexthop",   "xfrm", "mroute", "macsec",
};

static bool is_ip_object(const char *word)
{
	for (size_t i = 0; i < sizeof(ip_objects) / sizeof(ip_objects[0]); i++)
		if (ip_word_is(word, ip_objects[i]))
			return true;
	return false;
}

void world_init(struct world *w, const char *file)
{
	*w = (struct world){.file = strdup(file)};
}

static void line_done(struct world_line *line)
{
	free(line->argv);
	free(line->text);
	free(line->words);
}

void world_done(struct world *w)
{
	for (size_t i = 0; i < w->line_nr; i++)
		line_done(&w->lines[i]);
	for (size_t i = 0; i < w->socket_nr; i++)
		free(w->step_socket[i]);
	free(w->lines);
	free(w->file);
	*w = (struct world){.file = NULL};
}

static int check_wire(struct world *w, const struct world_line *line, struct errmsg *e)
{
	size_t idx = w->wire_nr;
	struct world_wire *wire = &w->wires[idx];

	if (line->argc < 1 || !ip_dev_name(line->argv[0]))
		return errmsg_set(e, -EINVAL, "wire: needs the name of a device");
	if (world_dev_by_name(w, line->argv[0]))
		return errmsg_set(e, -EINVAL, "wire: there is a device %s already", line->argv[0]);
	if (w->wire_nr == WORLD_WIRE_MAX)
		return errmsg_set(e, -EINVAL, "wire: more than %d", WORLD_WIRE_MAX);
	*wire = (struct world_wire){
	    .mac = {2, 0, 0, 0, 0, (uint8_t)(1 + idx)},
	    .peer_mac = {2, 0, 0, 0, 1, (uint8_t)(1 + idx)},
	};
	strcpy(wire->name, line->argv[0]);
	if (line->argc == 3 && strcmp(line->argv[1], "address") == 0) {
		if (!ip_mac(line->argv[2], wire->mac) || (wire->mac[0] & 1))
			return errmsg_set(e, -EINVAL, "wire: no unicast MAC address: %s",
					  line->argv[2]);
	} else if (line->argc != 1) {
		return errmsg_set(e, -EINVAL, "wire: write: wire NAME [address MAC]");
	}
	w->wire_nr++;
	return 0;
}

/* "KEY = VALUE WORDS" as sysctl.conf has it: argv becomes the key and one value. */
static int check_sysctl(struct world_line *line, struct errmsg *e)
{
	const char *s = line->text + strcspn(line->text, " \t");
	char *equals, *key, *value;
	size_t len;

	s += strspn(s, " \t");
	strcpy(line->words, s);
	equals = strchr(line->words, '=');
	if (!equals)
		return errmsg_set(e, -EINVAL, "sysctl: write: sysctl KEY=VALUE");
	*equals = '\0';
	key = line_trim(line->words);
	value = line_trim(equals + 1);
	len = strlen(value);
	if (len >= 2 && (*value == '"' || *value == '\'') && value[len - 1] == *value) {
		value[len - 1] = '\0';
		value++;
	}
	if (*key == '\0' || strpbrk(key, " \t") || strstr(key, ".."))
		return errmsg_set(e, -EINVAL, "sysctl: no key: \"%s\"", key);
	if (*value == '\0')
		return errmsg_set(e, -EINVAL, "sysctl: %s has no value", key);
	line->argv[0] = key;
	line->argv[1] = value;
	line->argv[2] = NULL;
	line->argc = 2;
	return 0;
}

static int check_socket_name(const struct world *w, const char *name, struct errmsg *e)
{
	if (strlen(name) > 31 || *name == '\0' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") !=
		strlen(name))
		return errmsg_set(e, -EINVAL,
				  "socket: needs a name of at most 31 letters, digits and _ . -");
	if (w->socket_nr == WORLD_SOCKET_MAX)
		return errmsg_set(e, -EINVAL, "socket: more than %d", WORLD_SOCKET_MAX);
	return 0;
}

int world_step_socket(struct world *w, const char *name, bool raw, struct errmsg *e)
{
	int idx = world_socket_idx(w, name), err;

	if (idx >= 0) {
		w->socket_raw[idx] = w->socket_raw[idx] || raw;
		return idx;
	}
	err = check_socket_name(w, name, e);
	if (err < 0)
		return err;
	w->step_socket[w->socket_nr] = strdup(name);
	if (!w->step_socket[w->socket_nr])
		return errmsg_set(e, -ENOMEM, "out of memory");
	w->socket_raw[w->socket_nr] = raw;
	w->socket_name[w->socket_nr] = w->step_socket[w->socket_nr];
	return (int)w->socket_nr++;
}

static int check_socket(struct world *w, const struct world_line *line, struct errmsg *e)
{
	const char *name = line->argc > 0 ? line->argv[0] : "";
	struct socket_spec spec;
	int err = check_socket_name(w, name, e);

	if (err < 0)
		return err;
	if (world_socket_idx(w, name) >= 0)
		return errmsg_set(e, -EINVAL, "socket: there is a socket %s already", name);
	err = socket_spec_parse(&spec, w, line, e);
	if (err < 0)
		return err;
	w->socket_raw[w->socket_nr] = spec.type == SOCK_RAW;
	w->socket_name[w->socket_nr++] = name;
	return 0;
}

/* The value after the word `key` (the last such), or NULL. */
static const char *word_after(const struct world_line *line, const char *key)
{
	const char *found = NULL;

	for (int i = 2; i + 1 < line->argc; i++)
		if (strcmp(line->argv[i], key) == 0)
			found = line->argv[i + 1];
	return found;
}

static int note_local(struct world *w, const struct world_line *line, bool route, struct errmsg *e)
{
	int at = strcmp(line->argv[2], "local") == 0 && line->argc > 3 ? 3 : 2;
	uint32_t addr;
	uint8_t plen;

	if (!ip_prefix(line->argv[at], &addr, &plen))
		return 0; /* the stacks say what is wrong with it, or take it */
	if (w->local_nr == WORLD_LOCAL_MAX)
		return errmsg_set(e, -EINVAL, "more than %d addresses", WORLD_LOCAL_MAX);
	w->local[w->local_nr] = addr;
	w->local_plen[w->local_nr++] = route ? plen : 32;
	return 0;
}

/* The device that a `link` line is about. */
static const char *link_name(const struct world_line *line)
{
	const char *name = word_after(line, "name");

	if (name)
		return name;
	return strcmp(line->argv[2], "dev") == 0 && line->argc > 3 ? line->argv[3] : line->argv[2];
}

static int note_link(struct world *w, const char *name, struct errmsg *e)
{
	if (w->link_nr == WORLD_LINK_MAX)
		return errmsg_set(e, -EINVAL, "more than %d devices", WORLD_LINK_MAX);
	w->link_name[w->link_nr++] = name;
	return 0;
}

/*
 * What the harness itself needs to know of an ip line: addresses of the host, new devices. One
 * that is set and was never added is the kernel's own: tunl0, sit0.
 */
static int note_ip(struct world *w, const struct world_line *line, struct errmsg *e)
{
	bool add = line->argc >= 3 && ip_word_is(line->argv[1], "add");
	const char *name;

	if (add && ip_word_is(line->argv[0], "address"))
		return note_local(w, line, false, e);
	if (add && ip_word_is(line->argv[0], "route") && strcmp(line->argv[2], "local") == 0)
		return note_local(w, line, true, e);
	if (line->argc < 3 || !ip_word_is(line->argv[0], "link"))
		return 0;
	name = link_name(line);
	if (!add)
		return ip_word_is(line->argv[1], "set") && ip_dev_name(name) &&
				       strcmp(name, "eth0") != 0 && !world_dev_by_name(w, name)
			       ? note_link(w, name, e)
			       : 0;
	if (!ip_dev_name(name))
		return errmsg_set(e, -EINVAL, "no name for a device: %s", name);
	if (world_dev_by_name(w, name))
		return errmsg_set(e, -EINVAL, "there is a device %s already", name);
	return note_link(w, name, e);
}

static int check_line(struct world *w, struct world_line *line, struct errmsg *e)
{
	const char *verb = line->argv[0];

	if (strcmp(verb, "wire") == 0)
		line->verb = WORLD_WIRE;
	else if (strcmp(verb, "sysctl") == 0)
		line->verb = WORLD_SYSCTL;
	else if (strcmp(verb, "socket") == 0)
		line->verb = WORLD_SOCKET;
	else if (is_ip_object(verb))
		line->verb = WORLD_IP;
	else if (strcmp(verb, "ip") == 0)
		return errmsg_set(e, -EINVAL,
				  "leave out the word ip: lines are as `ip -batch` takes them");
	else
		return errmsg_set(
		    e, -EINVAL,
		    "unknown word \"%.40s\": a line begins with wire, sysctl, socket, "
		    "or an object of ip(8) such as addr, link, route, neigh",
		    verb);
	if (line->verb != WORLD_IP) {
		line->argc--;
		memmove(line->argv, line->argv + 1, (size_t)(line->argc + 1) * sizeof(char *));
	}
	switch (line->verb) {
	case WORLD_WIRE:
		return check_wire(w, line, e);
	case WORLD_SYSCTL:
		return check_sysctl(line, e);
	case WORLD_SOCKET:
		return check_socket(w, line, e);
	case WORLD_IP:
		break;
	}
	return note_ip(w, line, e);
}

/* Append an empty line with its memory: text trimmed, words and argv of their own. */
static int line_new(struct world *w, const char *text, struct world_line *ret, struct errmsg *e)
{
	struct world_line *lines;

	if (w->line_nr == WORLD_LINES_MAX)
		return errmsg_set(e, -EINVAL, "more than %d lines", WORLD_LINES_MAX);
	lines = realloc(w->lines, (w->line_nr + 1) * sizeof(*lines));
	if (!lines)
		return errmsg_set(e, -ENOMEM, "out of memory");
	w->lines = lines;
	*ret = (struct world_line){
	    .text = strdup(text),
	    .words = strdup(text),
	    .argv = calloc(WORLD_ARGV_MAX, sizeof(char *)),
	};
	if (!ret->text || !ret->words || !ret->argv) {
		line_done(ret);
		return errmsg_set(e, -ENOMEM, "out of memory");
	}
	return 0;
}

int world_add_line(struct world *w, const char *text, unsigned int nr, struct errmsg *e)
{
	char copy[WORLD_LINE_MAX + 1];
	size_t len = strlen(text);
	struct world_line line;
	char *trimmed;
	int err;

	if (len > WORLD_LINE_MAX)
		return errmsg_set(e, -EINVAL, "%s:%u: line longer than %d octets", w->file, nr,
				  WORLD_LINE_MAX);
	memcpy(copy, text, len + 1);
	trimmed = line_trim(copy);
	if (*trimmed == '\0')
		return 0;
	err = line_new(w, trimmed, &line, e);
	if (err < 0)
		return errmsg_wrap(e, err, "%s:%u", w->file, nr);
	line.line = nr;
	line.argc = line_words(line.words, line.argv, WORLD_ARGV_MAX, e);
	err = line.argc < 0 ? line.argc : check_line(w, &line, e);
	if (err < 0) {
		line_done(&line);
		return errmsg_wrap(e, err, "%s:%u", w->file, nr);
	}
	w->lines[w->line_nr++] = line;
	return 0;
}

int world_finish(struct world *w, struct errmsg *e)
{
	struct world_line line;
	int err;

	if (w->wire_nr > 0)
		return 0;
	if (w->line_nr == WORLD_LINES_MAX || world_dev_by_name(w, "eth0"))
		return errmsg_set(e, -EINVAL, "%s: has no wire", w->file);
	err = world_add_line(w, "wire eth0", 0, e);
	if (err < 0)
		return err;
	line = w->lines[w->line_nr - 1];
	memmove(w->lines + 1, w->lines, (w->line_nr - 1) * sizeof(line));
	w->lines[0] = line;
	return 0;
}

int world_read_lines(struct world *w, struct lines *lines, struct errmsg *e)
{
	int err;

	while ((err = lines_next(lines, e)) > 0) {
		err = world_add_line(w, lines->text, lines->nr, e);
		if (err < 0)
			break;
	}
	return err < 0 ? err : world_finish(w, e);
}

int world_read_file(struct world *w, const char *path, struct errmsg *e)
{
	struct lines lines;
	int err = lines_open(&lines, path, WORLD_LINE_MAX, e);

	if (err < 0)
		return err;
	err = world_read_lines(w, &lines, e);
	lines_close(&lines);
	return err;
}

char *world_text(const struct world *w)
{
	size_t len = 1, used = 0;
	char *text;

	for (size_t i = 0; i < w->line_nr; i++)
		len += strlen(w->lines[i].text) + 1;
	text = malloc(len);
	if (!text)
		return NULL;
	for (size_t i = 0; i < w->line_nr; i++) {
		size_t n = strlen(w->lines[i].text);

		memcpy(text + used, w->lines[i].text, n);
		text[used + n] = '\n';
		used += n + 1;
	}
	text[used] = '\0';
	return text;
}

int world_wire_idx(const struct world *w, const char *name)
{
	for (size_t i = 0; i < w->wire_nr; i++)
		if (strcmp(w->wires[i].name, name) == 0)
			return (int)i;
	return -1;
}

int world_socket_idx(const struct world *w, const char *name)
{
	for (size_t i = 0; i < w->socket_nr; i++)
		if (strcmp(w->socket_name[i], name) == 0)
			return (int)i;
	return -1;
}

bool world_is_local(const struct world *w, uint32_t addr)
{
	for (size_t i = 0; i < w->local_nr; i++)
		if (w->local_plen[i] == 0 || (w->local[i] ^ addr) >> (32 - w->local_plen[i]) == 0)
			return true;
	return addr >> 24 == 127;
}

const char *world_dev_name(const struct world *w, unsigned int dev)
{
	if (dev == 1)
		return "lo";
	if (dev < 2)
		return NULL;
	dev -= 2;
	if (dev < w->wire_nr)
		return w->wires[dev].name;
	dev -= (unsigned int)w->wire_nr;
	return dev < w->link_nr ? w->link_name[dev] : NULL;
}

unsigned int world_dev_by_name(const struct world *w, const char *name)
{
	for (unsigned int dev = 1; dev <= world_dev_nr(w); dev++)
		if (strcmp(world_dev_name(w, dev), name) == 0)
			return dev;
	return 0;
}
