/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The judge: differences that are known, each with its reason, and no others.
 *
 * One line each, words quoted as `ip -batch` quotes them, '#' begins a comment:
 *
 *   CASE STACK STACK FIELD REASON
 *   "F_icmp.probe_*" "ref 6.1" "uml 6.1.*" "counter Ip.OutRequests" "why it differs"
 *
 * CASE, STACK and FIELD are patterns with * and ? (fnmatch): of the name of the case, of both
 * stacks' labels in either order, and of the field that differs. A line forgives just the
 * observation that differs; the comparison of the step goes on behind it. A line whose case ran on
 * such stacks without showing the difference has expired, which is a failure too.
 */
#ifndef HARNESS_KNOWN_H
#define HARNESS_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/compare/compare.h"
#include "harness/errmsg.h"

struct known_row {
	char *text; /* what the words below point into */
	const char *tcase, *stack[2], *field, *why;
	unsigned int line;
	bool applies; /* to the case that runs */
	bool seen; /* ... and it showed */
};

struct known {
	char *path;
	struct known_row *row;
	size_t nr;
};

/* 0, or -errno with a message "FILE:LINE: ..."; then k is empty. */
int known_read(struct known *k, const char *path, struct errmsg *e);
void known_done(struct known *k);
/* A case begins on these two stacks. */
void known_begin(struct known *k, const char *tcase, const char *label_a, const char *label_b);
/* The line that lists this difference of the case, which counts as seen; NULL: none does. */
const struct known_row *known_find(struct known *k, const struct diff *diff);
/* The next line at or after *at that applies to the case and was not seen; NULL: no more. */
const struct known_row *known_expired(const struct known *k, size_t *at);

#endif
