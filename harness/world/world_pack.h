/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A world as octets, for another process: file name and numbers of lines are kept for messages. */
#ifndef HARNESS_WORLD_PACK_H
#define HARNESS_WORLD_PACK_H

#include <stddef.h>

#include "harness/world/world.h"

/* To be freed; NULL: no memory. */
char *world_pack(const struct world *w, size_t *ret_len);
/*
 * Read what world_pack() made; text is changed. 0, or -EINVAL with a message; world_done() w in
 * either case.
 */
int world_unpack(struct world *w, char *text, size_t len, struct errmsg *e);

#endif
