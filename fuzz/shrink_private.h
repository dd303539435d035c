/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What the files of shrink.h share. */
#ifndef FUZZ_SHRINK_PRIVATE_H
#define FUZZ_SHRINK_PRIVATE_H

#include <time.h>

#include "fuzz/shrink.h"

struct shrinker {
	struct stack *a, *b;
	const char *fingerprint;
	bool (*stop)(void);
	struct shrunk *run; /* the smallest so far */
	time_t end; /* by CLOCK_MONOTONIC, seconds */
	struct step *trial; /* as many as the longest run */
	struct errmsg *e;
};

/* No more runs: what there is will do. */
bool shrink_enough(struct shrinker *s);
/* Do these steps on a host of w show the difference? 1, 0, or -errno. */
int shrink_shows(struct shrinker *s, const struct world *w, const struct step *steps, size_t nr);
/*
 * A copy of w without line `out` (SIZE_MAX: with all), and with the sockets that steps made. 0; or
 * -EINVAL: that is no world; -ENOMEM. Nothing is to be released then.
 */
int shrink_copy_world(struct world *ret, const struct world *w, size_t out, struct errmsg *e);
/* Leave lines of the world out. 0 or -errno. */
int shrink_world(struct shrinker *s);

#endif
