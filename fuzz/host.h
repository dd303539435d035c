/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A host of the reference without a stack around it: what targets drive call by call. */
#ifndef FUZZ_HOST_H
#define FUZZ_HOST_H

#include <stdbool.h>

#include "harness/errmsg.h"
#include "harness/world/world.h"
#include "ref/ref.h"

struct fuzz_host {
	struct ref *net;
	struct world w;
	int fd[WORLD_SOCKET_MAX];
	bool held[WORLD_SOCKET_MAX];
	int ifindex[WORLD_WIRE_MAX];
	size_t built; /* lines of w that are done */
};

/* A host without a world yet. 0, or -ENOMEM with a message; release with fuzz_host_close(). */
int fuzz_host_open(struct fuzz_host *h, enum ref_profile profile, size_t arena_len,
		   struct errmsg *e);
/*
 * Add one line of a world. 0, or -errno with a message: then no socket is left behind, but the name
 * that the line gave stays taken.
 */
int fuzz_host_line(struct fuzz_host *h, const char *text, struct errmsg *e);
/* All lines of w. */
int fuzz_host_world(struct fuzz_host *h, const struct world *w, struct errmsg *e);
void fuzz_host_close(struct fuzz_host *h);

#endif
