/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A world: the host under test before the first step, as lines of text.
 *
 *   wire NAME [address MAC]        an Ethernet device whose other end is the harness
 *   link|addr|route|neigh ...      as `ip -batch` takes them; given to ip on a live kernel as is
 *   sysctl KEY=VALUE
 *   socket NAME udp|udplite|raw|ping|... [WORDS]    see world_socket.h
 *
 * Words are split as `ip -batch` splits them: by white space, or quoted with ' or ". A line that
 * ends in a backslash goes on in the next. '#' begins a comment; blank lines are skipped. A world
 * without a `wire` has `wire eth0`. Wires are up before the first line runs. The parser knows the
 * words; whether a stack can do a line is the stack's business, and its error names the line.
 */
#ifndef HARNESS_WORLD_H
#define HARNESS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/errmsg.h"
#include "harness/lines.h"

#define WORLD_WIRE_MAX 8
#define WORLD_SOCKET_MAX 256
#define WORLD_ARGV_MAX 64
#define WORLD_LINE_MAX 4096 /* octets of one line */
#define WORLD_LINES_MAX 4096
#define WORLD_LOCAL_MAX 256
#define WORLD_LINK_MAX 32

enum world_verb {
	WORLD_WIRE,
	WORLD_IP,     /* argv is what follows `ip` */
	WORLD_SYSCTL, /* argv[0] key, argv[1] value */
	WORLD_SOCKET, /* argv[0] name, then words */
};

struct world_line {
	enum world_verb verb;
	unsigned int line; /* number in the file */
	int argc;
	char **argv; /* owned by the world */
	char *text;  /* the line as written, without comment and white space at the ends */
	char *words; /* what argv points into */
};

/* How a wire looks from the harness: index = order of appearance. */
struct world_wire {
	char name[16];
	uint8_t mac[6];      /* the host's end; 02:00:00:00:00:01 + index unless given */
	uint8_t peer_mac[6]; /* the harness's end: 02:00:00:00:01:01 + index */
};

struct world {
	char *file; /* for messages; owned */
	struct world_line *lines;
	size_t line_nr;
	struct world_wire wires[WORLD_WIRE_MAX];
	size_t wire_nr;
	size_t socket_nr; /* sockets in order of appearance: their index is the channel */
	const char *socket_name[WORLD_SOCKET_MAX];
	char *step_socket[WORLD_SOCKET_MAX]; /* names that steps made; owned */
	bool socket_raw[WORLD_SOCKET_MAX]; /* delivers whole IP packets */
	/*
	 * The addresses that are the host's own, in host order: what the `addr add` lines say, and
	 * the prefixes of `route add local` lines.
	 */
	uint32_t local[WORLD_LOCAL_MAX];
	uint8_t local_plen[WORLD_LOCAL_MAX]; /* 32: one address */
	size_t local_nr;
	/* Devices that `link add` lines make, in order. */
	const char *link_name[WORLD_LINK_MAX];
	size_t link_nr;
};

void world_init(struct world *w, const char *file);
void world_done(struct world *w);
/* Add one line of text; 0, or -EINVAL with a message "FILE:LINE: ...". Blank lines are fine. */
int world_add_line(struct world *w, const char *text, unsigned int line, struct errmsg *e);
/* Call when all lines are in: gives a world without wires its eth0 (as first line). */
int world_finish(struct world *w, struct errmsg *e);
int world_read_file(struct world *w, const char *path, struct errmsg *e);
/* What is left of open lines, which stay the caller's. */
int world_read_lines(struct world *w, struct lines *lines, struct errmsg *e);
/* The world as text, one line each, ready to be read again; to be freed. NULL: no memory. */
char *world_text(const struct world *w);
/*
 * A socket that a step makes: its index. Stacks learn of it from the step; until then it is
 * closed. A name that is there already keeps its index. -EINVAL with a message.
 */
int world_step_socket(struct world *w, const char *name, bool raw, struct errmsg *e);
/* Index of a wire or socket, or -1. */
int world_wire_idx(const struct world *w, const char *name);
int world_socket_idx(const struct world *w, const char *name);
/* Is it one of the host's own unicast addresses (127/8 too)? */
bool world_is_local(const struct world *w, uint32_t addr);
/*
 * Number a device as observations do: 1 is lo, then the wires, then the `link add` lines. The
 * name is NULL for a number that is nobody's; the number is 0 for an unknown name.
 */
const char *world_dev_name(const struct world *w, unsigned int dev);
unsigned int world_dev_by_name(const struct world *w, const char *name);
static inline unsigned int world_dev_nr(const struct world *w)
{
	return (unsigned int)(1 + w->wire_nr + w->link_nr);
}

#endif
