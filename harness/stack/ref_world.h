/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Lines of a world as calls of the reference. Private to the `ref` stack. */
#ifndef HARNESS_REF_WORLD_H
#define HARNESS_REF_WORLD_H

#include "harness/errmsg.h"
#include "harness/world/world.h"
#include "ref/ref.h"

/* One `ip` line (link, addr, route, neigh). 0, or -errno with a message without FILE:LINE. */
int ref_world_ip(struct ref *net, const struct world_line *line, struct errmsg *e);
/*
 * Open the socket of a `socket` line and make its calls. Returns the descriptor, or -errno with a
 * message; ret_hold as the line says.
 */
int ref_world_socket(struct ref *net, const struct world *w, const struct world_line *line,
		     bool *ret_hold, struct errmsg *e);

#endif
