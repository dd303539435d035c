/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Why something of the environment or the input failed, as one line for a person. Filled where it
 * happened; each caller may put what it was doing in front. Printed by main() alone.
 */
#ifndef HARNESS_ERRMSG_H
#define HARNESS_ERRMSG_H

#include <stddef.h>

struct errmsg {
	char text[512];
};

/* Set the text (printf). Returns err, so that `return errmsg_set(e, -EINVAL, ...)` reads well. */
int errmsg_set(struct errmsg *e, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Put "what: " in front. Returns err. */
int errmsg_wrap(struct errmsg *e, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Exit status of the program: the table of the README. */
enum exit_status {
	EXIT_PARITY = 0,
	EXIT_DIVERGENCE = 1,
	EXIT_BAD_INPUT = 2, /* usage, or input that cannot be read */
	EXIT_UNAVAILABLE = 3, /* a stack that was asked for is not available */
};

#endif
