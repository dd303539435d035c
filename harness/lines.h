/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Text files by line, and lines by word: what worlds, cases and traces share. */
#ifndef HARNESS_LINES_H
#define HARNESS_LINES_H

#include <stdio.h>

#include "harness/errmsg.h"

struct lines {
	const char *path; /* borrowed; for messages */
	FILE *file;
	size_t line_max; /* octets of the longest line that is taken */
	char *text;
	size_t size, part_size;
	char *part;
	unsigned int nr; /* number of the line that text begins with, from 1 */
	unsigned int last; /* number of the line that was read last */
};

/* path may be "-": standard input. 0, or -errno with a message. */
int lines_open(struct lines *l, const char *path, size_t line_max, struct errmsg *e);
/* The same of octets that stay until lines_close(); name is for messages. */
int lines_open_memory(struct lines *l, const char *name, const void *data, size_t len,
		      size_t line_max, struct errmsg *e);
/*
 * The next line into l->text, joined with the lines after it while it ends in a backslash, without
 * comment ('#' to the end) and without white space at the ends; blank lines too.
 * 1: a line; 0: the end of the file; -errno with a message "FILE:LINE: ...".
 */
int lines_next(struct lines *l, struct errmsg *e);
void lines_close(struct lines *l);

/* Cut comment and white space at both ends; returns where it begins, within s. */
char *line_trim(char *s);
/*
 * Split s in place as `ip -batch` does: by white space, or quoted with ' or ". argv gets at most
 * max - 1 words and a NULL. Returns the number of words, or -EINVAL with a message.
 */
int line_words(char *s, char **argv, int max, struct errmsg *e);

#endif
