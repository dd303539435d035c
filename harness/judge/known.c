/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The list of known differences. */
#include "harness/judge/known.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "harness/lines.h"

#define KNOWN_MAX      10000
#define KNOWN_LINE_MAX 4096
#define WORDS	       5

void known_done(struct known *k)
{
	for (size_t i = 0; i < k->nr; i++)
		free(k->row[i].text);
	free(k->row);
	free(k->path);
	*k = (struct known){ .path = NULL };
}

static int add_row(struct known *k, const char *text, unsigned int line, struct errmsg *e)
{
	struct known_row *more = realloc(k->row, (k->nr + 1) * sizeof(*more)), *row;
	char *argv[WORDS + 2];
	int argc;

	if (!more)
		return errmsg_set(e, -ENOMEM, "out of memory");
	k->row = more;
	row = &k->row[k->nr];
	*row = (struct known_row){ .text = strdup(text), .line = line };
	if (!row->text)
		return errmsg_set(e, -ENOMEM, "out of memory");
	argc = line_words(row->text, argv, WORDS + 2, e);
	if (argc >= 0 && (argc != WORDS || !*argv[4] || k->nr == KNOWN_MAX))
		argc = errmsg_set(e, -EINVAL,
				  k->nr == KNOWN_MAX ? "too many lines"
						     : "write: CASE STACK STACK FIELD REASON, each "
						       "quoted if it has spaces");
	if (argc < 0) {
		free(row->text);
		return argc;
	}
	row->tcase = argv[0];
	row->stack[0] = argv[1];
	row->stack[1] = argv[2];
	row->field = argv[3];
	row->why = argv[4];
	k->nr++;
	return 0;
}

int known_read(struct known *k, const char *path, struct errmsg *e)
{
	struct lines l;
	int err = lines_open(&l, path, KNOWN_LINE_MAX, e), got = 0;

	*k = (struct known){ .path = NULL };
	if (err < 0)
		return err;
	k->path = strdup(path);
	if (!k->path)
		err = errmsg_set(e, -ENOMEM, "out of memory");
	while (err == 0 && (got = lines_next(&l, e)) > 0)
		if (*l.text && (err = add_row(k, l.text, l.nr, e)) < 0)
			errmsg_wrap(e, err, "%s:%u", path, l.nr);
	lines_close(&l);
	if (err == 0)
		err = got;
	if (err < 0)
		known_done(k);
	return err;
}

static bool match(const char *pattern, const char *text)
{
	return fnmatch(pattern, text, 0) == 0;
}

void known_begin(struct known *k, const char *tcase, const char *label_a, const char *label_b)
{
	for (size_t i = 0; i < k->nr; i++) {
		struct known_row *row = &k->row[i];

		row->seen = false;
		row->applies = match(row->tcase, tcase) &&
			       ((match(row->stack[0], label_a) && match(row->stack[1], label_b)) ||
				(match(row->stack[0], label_b) && match(row->stack[1], label_a)));
	}
}

const struct known_row *known_find(struct known *k, const struct diff *diff)
{
	for (size_t i = 0; i < k->nr; i++)
		if (k->row[i].applies && match(k->row[i].field, diff->field)) {
			k->row[i].seen = true;
			return &k->row[i];
		}
	return NULL;
}

const struct known_row *known_expired(const struct known *k, size_t *at)
{
	while (*at < k->nr) {
		const struct known_row *row = &k->row[(*at)++];

		if (row->applies && !row->seen)
			return row;
	}
	return NULL;
}
