/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Random worlds for generated cases: devices, addresses, routes, sysctls, sockets and their
 * options, drawn from the project's own tables, so that what is added there is tried from then on.
 * A world holds only lines that the reference takes. The frames of gen.c find something in any of
 * them: addresses and ports come from a few that both know.
 */
#ifndef FUZZ_GEN_WORLD_H
#define FUZZ_GEN_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "fuzz/gen.h"
#include "harness/errmsg.h"
#include "harness/world/world.h"

/*
 * The world of a seed, the same from the same one; release it with world_done(). 0, or -ENOMEM with
 * a message. Seeds that are multiples of 8 have the plain world of gen.h.
 */
int gen_world_make(struct world *ret, struct gen_shape *ret_shape, uint64_t seed, struct errmsg *e);

#endif
