/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A world: the host under test before the first step, as lines of text.
 *
 *   wire NAME [address MAC]        an Ethernet device whose other end is the harness
 *   link|addr|route|neigh ...      as `ip -batch` takes them; given to ip on a live kernel as is
 *   sysctl KEY=VALUE
 *   socket NAME udp|udplite|raw|ping|... [WORDS]    see world_socket.h
 *
 * '#' begins a comment; blank lines are skipped. A world without a `wire` has `wire eth0`.
 * Wires are up before the first line runs. The parser knows the words; whether a stack can do a
 * line is the stack's business, and its error names the line.
 */
#ifndef HARNESS_WORLD_H
#define HARNESS_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "harness/errmsg.h"

#define WORLD_WIRE_MAX 8
#define WORLD_SOCKET_MAX 256
#define WORLD_ARGV_MAX 64

enum world_verb {
	WORLD_WIRE,
	WORLD_IP,	/* argv is what follows `ip` */
	WORLD_SYSCTL,	/* argv[0] key, argv[1] value */
	WORLD_SOCKET,	/* argv[0] name, then words */
};

struct world_line {
	enum world_verb verb;
	unsigned int line;	/* number in the file */
	int argc;
	char **argv;		/* owned by the world */
	char *text;		/* the line as written, without comment and white space at the ends */
};

/* How a wire looks from the harness: index = order of appearance. */
struct world_wire {
	char name[16];
	uint8_t mac[6];		/* the host's end; 02:00:00:00:00:01 + index unless given */
	uint8_t peer_mac[6];	/* the harness's end: 02:00:00:00:01:01 + index */
};

struct world {
	char *file;		/* for messages; owned */
	struct world_line *lines;
	size_t line_nr;
	struct world_wire wires[WORLD_WIRE_MAX];
	size_t wire_nr;
	size_t socket_nr;	/* sockets in order of appearance: their index is the channel */
	const char *socket_name[WORLD_SOCKET_MAX];
};

void world_init(struct world *w, const char *file);
void world_done(struct world *w);
/* Add one line of text; 0, or -EINVAL with a message "FILE:LINE: ...". Blank lines are fine. */
int world_add_line(struct world *w, const char *text, unsigned int line, struct errmsg *e);
/* Call when all lines are in: gives a world without wires its eth0. */
void world_finish(struct world *w);
int world_read_file(struct world *w, const char *path, struct errmsg *e);
/* The world as text, one line each, ready to be read again; to be freed. NULL: no memory. */
char *world_text(const struct world *w);
/* Index of a wire or socket, or -1. */
int world_wire_idx(const struct world *w, const char *name);
int world_socket_idx(const struct world *w, const char *name);

#endif
