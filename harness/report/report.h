/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What a run showed, for a person and as JSON lines. */
#ifndef HARNESS_REPORT_H
#define HARNESS_REPORT_H

#include <stdio.h>

#include "harness/capture/infer.h"
#include "harness/run.h"

/* One case (a capture is a case) on one pair of stacks, or on one stack alone. */
struct report_case {
	const char *name; /* of the case, or the capture's file name */
	const char *file;
	bool capture; /* steps are packets, counted from 1 */
	const struct world *w;
	const struct stack *a, *b; /* b NULL: a ran alone */
	const struct run_result *res;
	const uint64_t *fates; /* of a capture's packets, by enum capture_fate; NULL: no capture */
	const char *repeat; /* the command that runs it again */
	const char *failed; /* a stack or the input failed there: the message; or NULL */
	size_t pairs; /* how many stacks a is compared with in this run */
	double seconds; /* that it took */
};

/* "divergence", "failed", "parity", or "ran" (a alone): the word of the JSON lines. */
const char *report_verdict(const struct report_case *c);

/* Totals over all cases of one run of the program. */
struct report_total {
	uint64_t cases, parity, diverging, failed, steps, differing;
};

void report_total_add(struct report_total *t, const struct report_case *c);

/* The verdict in one line, then a page for each kind of difference, at most max of them. */
void report_person(FILE *out, const struct report_case *c, size_t max);
/* One line over all cases, when there was more than one. */
void report_person_total(FILE *out, const struct report_total *t);

/* One record, one line, for a case; and the summary at the end. 0 or -errno (memory, disk). */
int report_json_case(FILE *out, const struct report_case *c);
int report_json_error(FILE *out, const char *what);
int report_json_total(FILE *out, const struct report_total *t, int exit_status);

/* A packet header by header, one line each, from the second line on indented by `indent`. */
void report_packet(FILE *out, const uint8_t *frame, size_t len, int indent);

/* What is compared of two stacks as words: "deliveries, errors, ..."; and what is not. */
void report_types(char *buf, size_t size, uint32_t types);

#endif
