/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Where steps come from: a case in memory, or a capture that is read as it goes. */
#ifndef HARNESS_SOURCE_H
#define HARNESS_SOURCE_H

#include "harness/case/case.h"
#include "harness/errmsg.h"
#include "harness/step.h"

#define SOURCE_CHUNK_MAX 1024 /* steps of one chunk */

struct source {
	/*
	 * The next steps, at most max of them, that together cost no more than max_cost (but one
	 * step at least), see step_cost(). What *ret points to is valid until the next call.
	 * Returns how many; 0: the end; -errno with a message (steps before it were given).
	 */
	int (*next)(struct source *s, size_t max, size_t max_cost, const struct step **ret,
		    struct errmsg *e);
	/* From the first step again. 0 or -errno: cannot. */
	int (*rewind)(struct source *s, struct errmsg *e);
};

struct case_source {
	struct source source;
	const struct tcase *tcase;
	size_t at;
};
void case_source_init(struct case_source *s, const struct tcase *c);

#endif
