/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The smallest case that still shows a difference: found by running smaller and smaller ones on
 * fresh hosts and keeping those that give the same fingerprint. First fewer steps, then shorter
 * frames, then octets of 0, then fewer lines of the world.
 */
#ifndef FUZZ_SHRINK_H
#define FUZZ_SHRINK_H

#include "harness/run.h"

#define SHRINK_CONFIRM	5 /* runs of the result, for the hit rate */
#define SHRINK_RUNS_MAX 3000 /* then what was reached is the result; */
#define SHRINK_SECONDS	60 /* and after so much time */

struct shrunk {
	struct world world; /* owned */
	struct step *steps; /* their world is the one above */
	size_t nr;
	uint8_t *octets; /* of all frames */
	unsigned int hits; /* of SHRINK_CONFIRM runs, how many showed it; 0: not reproduced */
	unsigned int runs; /* that it took */
	bool unfinished; /* it could be smaller: stopped, or after SHRINK_RUNS_MAX runs */
};

/*
 * src gives the steps that were run on a host of w; the difference showed in the step with index
 * step_idx. stop, if not NULL, is asked between runs: true ends it with what there is.
 * 0, or -errno with a message; release *ret with shrunk_done() in the first case.
 */
int shrink(struct stack *a, struct stack *b, const struct world *w, struct source *src,
	   uint32_t step_idx, const char *fingerprint, bool (*stop)(void), struct shrunk *ret,
	   struct errmsg *e);
void shrunk_done(struct shrunk *s);

#endif
