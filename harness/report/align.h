/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Two traces of a step side by side: which observations stand in one row, and how they compare. */
#ifndef HARNESS_REPORT_ALIGN_H
#define HARNESS_REPORT_ALIGN_H

#include "harness/run.h"

struct align {
	const struct divergence *d;
	uint32_t types; /* OBS_BIT()s that were compared */
	size_t i, j; /* the next of each trace */
};

struct align_row {
	const struct obs *a, *b; /* NULL: this stack has nothing here */
	char mark; /* ' ' the same, '>' the first difference, '!' a further one, '-' not compared */
};

/* The next row; false: no more. */
bool align_next(struct align *at, struct align_row *ret);

#endif
