/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Socket calls as steps of generated cases. */
#ifndef FUZZ_GEN_CALLS_H
#define FUZZ_GEN_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "fuzz/rng.h"
#include "harness/call/call.h"
#include "harness/step.h"

/* Where steps go: as struct out of gen.c has it. */
struct gen_calls {
	struct rng rng;
	struct step *steps;
	uint8_t *buf; /* GEN_FRAME_MAX octets of each step */
	size_t nr;
	uint32_t first_idx;
	uint8_t octets[CALL_ADDR_ROOM]; /* of the call being drawn */
};

/* A socket is made under this number, in half of the cases bound: two steps at most. */
void gen_calls_socket(struct gen_calls *g, uint16_t chan);
/* So many calls on it. */
void gen_calls_some(struct gen_calls *g, uint16_t chan, uint32_t nr);
void gen_calls_close(struct gen_calls *g, uint16_t chan);

#endif
