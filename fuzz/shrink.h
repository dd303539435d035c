/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The shortest run of steps that still shows a difference: found by running shorter and shorter
 * ones on fresh hosts and keeping those that give the same fingerprint.
 */
#ifndef FUZZ_SHRINK_H
#define FUZZ_SHRINK_H

#include "harness/run.h"

#define SHRINK_CONFIRM 5 /* runs of the result, for the hit rate */

struct shrunk {
	struct step *steps;
	size_t nr;
	uint8_t *octets; /* of all frames */
	unsigned int hits; /* of SHRINK_CONFIRM runs, how many showed it; 0: not reproduced */
};

/*
 * src gives the steps that were run; the difference showed in the step with index step_idx.
 * 0, or -errno with a message; release *ret with shrunk_done() in the first case.
 */
int shrink(struct stack *a, struct stack *b, const struct world *w, struct source *src,
	   uint32_t step_idx, const char *fingerprint, struct shrunk *ret, struct errmsg *e);
void shrunk_done(struct shrunk *s);

#endif
