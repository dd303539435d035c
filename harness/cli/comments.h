/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* --annotate: what a run shows of each packet as a comment in a copy of the capture. */
#ifndef HARNESS_CLI_COMMENTS_H
#define HARNESS_CLI_COMMENTS_H

#include "harness/capture/annotate.h"
#include "harness/run.h"

struct comments {
	struct annotate *annotate;
	const struct world *w;
	const struct stack *a, *b; /* b NULL: a alone */
	char *text;
};

/* 0 or -errno with a message. Everything but c is borrowed until comments_close(). */
int comments_open(struct comments *c, const struct annotate_options *opt, const struct stack *a,
		  const struct stack *b, struct errmsg *e);
/* The comment of one packet, for run_options.step. */
int comments_step(struct comments *c, const struct step *step, struct obs_range a,
		  struct obs_range b, const struct diff *diff, struct errmsg *e);
int comments_close(struct comments *c, struct errmsg *e);

#endif
