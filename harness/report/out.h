/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Where a run of the program tells of itself while it goes on: to a person, as TAP, as JSON lines,
 * as JUnit XML. One more format: one file with a struct report_format, and where the session opens
 * it.
 */
#ifndef HARNESS_REPORT_OUT_H
#define HARNESS_REPORT_OUT_H

#include "harness/errmsg.h"
#include "harness/report/report.h"

struct report_out;

/* Each returns 0 or -errno; errors of the file itself are also found when it is closed. */
struct report_format {
	int (*begin)(struct report_out *o); /* NULL: nothing to do */
	int (*one)(struct report_out *o, const struct report_case *c);
	/* Something failed that is of no case: an input that can't be read. NULL: not told. */
	int (*outside)(struct report_out *o, const char *what);
	int (*end)(struct report_out *o, const struct report_total *t, int exit_status);
	/* Releases what begin() made; NULL: nothing to do. */
	void (*done)(struct report_out *o);
};
extern const struct report_format report_format_person, report_format_tap, report_format_json,
	report_format_junit;

struct report_out {
	const struct report_format *format;
	const char *path; /* NULL: standard output */
	FILE *file;
	int err; /* the first failure */
	size_t max; /* person: kinds of difference in full */
	bool quiet; /* person: only what diverges */
	uint64_t nr; /* TAP: test points so far */
	struct junit *junit;
};

/* o has format, path and settings. 0 or -errno with a message; then nothing is to be closed. */
int report_out_open(struct report_out *o, struct errmsg *e);
void report_out_one(struct report_out *o, const struct report_case *c);
void report_out_outside(struct report_out *o, const char *what);
/* The end of the report; the file is closed. 0 or -errno with a message: it is not whole. */
int report_out_close(struct report_out *o, const struct report_total *t, int exit_status,
		     struct errmsg *e);

#endif
