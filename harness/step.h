/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * One step of a case, and how a run of steps is observed.
 *
 * Steps are given to a stack in batches. After every `drain_every` steps the stack empties its
 * sockets and its wires into observations; every `count_every` steps (a multiple of it) it reads
 * counters. Both stacks of a comparison run the same plan, so what they show has the same shape:
 * an observation's `step` is the last step before it was seen.
 */
#ifndef HARNESS_STEP_H
#define HARNESS_STEP_H

#include <stddef.h>
#include <stdint.h>

enum step_type {
	STEP_FRAME, /* receive this frame */
	STEP_SLEEP, /* let this much time pass */
	STEP_CALL, /* a socket call */
};

struct call;

struct step {
	enum step_type type;
	uint32_t idx; /* number within the case, from 0 (a capture: packet number - 1) */
	uint32_t line; /* of the case file; 0: none */
	uint16_t chan; /* wire or socket, by index in the world */
	const uint8_t *data; /* FRAME: from the Ethernet header on; borrowed */
	size_t len; /* FRAME: octets */
	const struct call *call; /* CALL: harness/call/call.h; borrowed */
	uint64_t sleep_ns;
};

/* Of a call that sends: what comes back to the host's own sockets, as it may. */
size_t step_call_cost(const struct call *c);

/*
 * How much of a socket's receive buffer a step may take at most, octets: what a kernel accounts
 * for a frame is its length, rounded up, and the memory around it.
 */
static inline size_t step_cost(const struct step *s)
{
	return s->type == STEP_FRAME ? s->len + s->len / 4 + 900
	       : s->type == STEP_CALL ? step_call_cost(s->call)
				      : 0;
}

struct plan {
	uint32_t drain_every; /* 1: after each step */
	uint32_t count_every; /* 0: only at the end of the batch */
};

#endif
