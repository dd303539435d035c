/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Results read back: the JSON lines that `--json` writes (json.c says what is in them), checked. */
#ifndef HARNESS_REPORT_RESULTS_H
#define HARNESS_REPORT_RESULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/errmsg.h"

enum result_verdict {
	RESULT_PARITY,
	RESULT_RAN,
	RESULT_DIVERGENCE,
	RESULT_FAILED,
	RESULT_VERDICT_NR,
};
/* The word of the JSON lines. */
extern const char *const result_verdict_name[RESULT_VERDICT_NR];

/* A list of strings; borrowed. */
struct result_lines {
	const json_t *array;
};
size_t result_lines_nr(struct result_lines l);
const char *result_line(struct result_lines l, size_t i);

/* A row of two traces side by side: which line of either, -1: none. */
struct result_row {
	const char *mark;
	int a, b;
};

struct result_divergence {
	uint64_t step, count;
	int64_t packet, line; /* -1: none */
	bool confirmed;
	const char *fingerprint, *note, *type, *field, *detail, *repeat;
	struct result_lines traces[2], decisions[2];
	const json_t *rows;
	const char *frame, *call; /* what happened in the step; NULL: not that */
	int64_t sleep_ns; /* -1: not that */
};
size_t result_row_nr(const struct result_divergence *d);
struct result_row result_row(const struct result_divergence *d, size_t i);

/* One record. All of it is borrowed from json. */
struct result {
	json_t *json;
	enum result_type {
		RESULT_CASE,
		RESULT_ERROR, /* of no case: only error is set */
		RESULT_SUMMARY, /* the last one */
	} type;
	/* of a case */
	const char *name, *file, *error; /* error NULL: none */
	bool capture;
	enum result_verdict verdict;
	const char *stack[2];
	size_t stack_nr;
	uint64_t steps, differing, other, known;
	struct result_lines compared, not_compared, cannot;
	struct result_divergence *div;
	size_t div_nr;
	/* of the summary */
	const char *version;
	int exit_status;
};

struct results {
	const char *path;
	FILE *file;
	char *text;
	size_t size;
	unsigned int line;
};

/* path may be "-". 0 or -errno with a message. */
int results_open(struct results *r, const char *path, struct errmsg *e);
/* 1: a record, to be released with result_done(); 0: no more; -errno with "FILE:LINE: ...". */
int results_next(struct results *r, struct result *ret, struct errmsg *e);
void result_done(struct result *r);
void results_close(struct results *r);

#endif
