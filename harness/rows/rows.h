/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Rows: the observable behaviours of Linux that the project knows of, conformance/rows/A-*.yaml.
 * Each file is a sequence of mappings with scalar values:
 *
 *   - id: UDPRX-001
 *     when: ...        what happens
 *     then: ...        what Linux does
 *     level: core      or edge, rare
 *     shown: no, ...   why no case of a single host can show it; left out: one can
 *
 * Other keys (emits, counters, source, rfc, evidence, ...) are for people; of these only nesting
 * is checked.
 */
#ifndef HARNESS_ROWS_H
#define HARNESS_ROWS_H

#include <stddef.h>

#include "harness/errmsg.h"

enum row_level { ROW_CORE, ROW_EDGE, ROW_RARE, ROW_LEVEL_NR };

struct row {
	char *id, *when, *then;
	char *hidden; /* the reason behind `shown: no,`; NULL: a case can show it */
	enum row_level level;
	size_t file_idx; /* in rows.files */
	unsigned int line;
};

struct rows {
	struct row *row;
	size_t nr, max;
	char **files; /* in their order: the areas */
	size_t file_nr;
};

/* Read every *.yaml of a folder. 0, or -errno with a message "FILE:LINE: ..."; then r is empty. */
int rows_read(struct rows *r, const char *dir, struct errmsg *e);
void rows_done(struct rows *r);
/* The row with this id, or NULL. */
const struct row *rows_find(const struct rows *r, const char *id);
const char *row_level_name(enum row_level level);

#endif
