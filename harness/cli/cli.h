/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The program's commands, and what they share. Only this folder and the reports print. */
#ifndef HARNESS_CLI_H
#define HARNESS_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/capture/infer.h"
#include "harness/cli/select.h"
#include "harness/judge/known.h"
#include "harness/report/out.h"
#include "harness/run.h"
#include "harness/stack/stack.h"

/* A subcommand: one file, one line in commands[] of main.c. */
struct command {
	const char *name;
	const char *summary;
	const char *usage; /* what follows the name */
	const char *help; /* text with examples, behind the options */
	const char *options; /* letters of the options that it takes, see options.c */
	int (*run)(const struct command *cmd, int argc, char **argv);
};
extern const struct command cmd_replay, cmd_run, cmd_record, cmd_diff, cmd_catalogue, cmd_fuzz,
	cmd_shrink, cmd_explain, cmd_report, cmd_kernel, cmd_doctor;

/* From here on what several commands use. */
#define CLI_STACK_MAX 4
#define CLI_OUT_MAX   3 /* standard output, --json, --junit */

struct options {
	const char *stack[CLI_STACK_MAX];
	size_t stack_nr;
	const char *as, *world, *save_world, *json, *junit, *annotate;
	struct select select;
	struct infer_options infer;
	bool trace, any_order, quiet, tap, list, missing, check;
	size_t max, batch;
	const char *out; /* folder of findings */
	const char *known; /* NULL: the project's own list */
	uint64_t seed, cases, seconds; /* 0: not given */
	char **files;
	int file_nr;
};

/*
 * Read a command's options. 0; or an exit status + 1 when the program is to end (help was asked
 * for, or the usage is wrong; then said so).
 */
int options_parse(struct options *opt, const struct command *cmd, int argc, char **argv);
/* The options that a command takes, for its help. */
void options_help(FILE *out, const struct command *cmd);

/* "netparity: MESSAGE" on standard error. Returns status. */
int cli_fail(int status, const struct errmsg *e);
/* Exit status for an -errno of a stack or an input. */
int cli_status(int err);

/*
 * Standard output takes no more (errno says why): a message, and main() says it once, at the end.
 * Returns -EPIPE.
 */
int cli_stdout_failed(struct errmsg *e);
extern int cli_stdout_errno;

/* One run of the program over cases. */
struct session {
	const struct command *cmd;
	const struct options *opt;
	struct select select;
	struct stack *stack[CLI_STACK_MAX];
	size_t stack_nr;
	struct known known; /* differences that do not count */
	struct report_out out[CLI_OUT_MAX];
	size_t out_nr;
	const uint64_t *fates; /* of the capture that runs; NULL: it is none */
	struct report_total total;
	int status; /* the worst so far */
};

/* Open the stacks and the reports. 0 or an exit status (said why). */
int session_open(struct session *s, const struct command *cmd, const struct options *opt);
/*
 * Run one case on the first stack against each other one, and report. capture: steps are packets.
 * src is rewound before each run but the first.
 */
void session_case(struct session *s, const struct tcase_id *id, bool capture, const struct world *w,
		  struct source *src);
/* Something failed outside of a run: say it, keep the status. */
void session_fail(struct session *s, int err, const struct errmsg *e);
/* The ends of the reports, and every file closed and checked. Returns the exit status. */
int session_close(struct session *s);

/* The newest profile that is not newer than a kernel's release, than the running kernel. */
const char *cli_profile_of(const char *release);
const char *cli_running_profile(void);

/* Progress on a terminal, on standard error. */
struct progress {
	bool on;
	const char *what;
	long long next_ms;
};
void progress_begin(struct progress *p, const char *what);
void progress_show(struct progress *p, uint64_t nr);
void progress_end(struct progress *p);

#endif
