/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Recorded answers: what a kernel did with the cases of one file, as traces.
 *
 *   kernel 6.18.44
 *   wire tap
 *   has ipip+sit                        tunnels that the kernel had without asking; may be left out
 *   shows deliver error emit drop count stat
 *   case NAME HASH                      of the case's text: another hash, and it is stale
 *   <lines of the trace, see harness/trace.h>
 *
 * One file per kernel series and case file: recorded/6.18/A_ip_input.trace is of A_ip_input.case.
 * So a change of a case is a change of a few lines, a new kernel is a new folder, and two kernels
 * are a diff of two files. A line that begins with '#' is a comment.
 */
#ifndef HARNESS_RECORDED_H
#define HARNESS_RECORDED_H

#include <stdint.h>
#include <stdio.h>

#include "harness/errmsg.h"

struct recorded_case {
	char *name;
	uint64_t hash;
	unsigned int line; /* of `case` */
	size_t first, end; /* its lines in recorded.lines */
};

struct recorded {
	char *path;
	char kernel[48]; /* "6.18.44" */
	char wire[8]; /* how frames got in: "tap", "veth" */
	char has[64]; /* kinds of tunnels, as of struct stack */
	uint32_t shows; /* OBS_BIT()s of what the stack could show */
	struct recorded_case *cases;
	size_t case_nr, case_max;
	char **lines; /* of all traces, without newline */
	unsigned int *line_no;
	size_t line_nr, line_max;
};

/* Read a whole file. 0, or -errno with a message "FILE:LINE: ..."; then nothing is to be freed. */
int recorded_read(struct recorded *r, const char *path, struct errmsg *e);
void recorded_done(struct recorded *r);
const struct recorded_case *recorded_find(const struct recorded *r, const char *name);

/*
 * The head of a file, and that of a case. Of the kernel's release its number is kept: what is
 * behind it names a build, not a behaviour.
 */
void recorded_head(FILE *out, const char *kernel, const char *wire, const char *has,
		   uint32_t shows);
void recorded_case_line(FILE *out, const char *name, uint64_t hash);

/* "6.18" of "6.18.44"; false: no kernel's release. */
int recorded_series(char *buf, size_t size, const char *release, struct errmsg *e);
/* "A_ip_input.trace" of "DIR/A_ip_input.case". */
void recorded_name(char *buf, size_t size, const char *case_path);

#endif
