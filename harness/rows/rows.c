/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Rows of behaviours, read with libyaml. */
#include "harness/rows/rows.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define ROWS_MAX 100000

static const char *const level_names[ROW_LEVEL_NR] = { "core", "edge", "rare" };

const char *row_level_name(enum row_level level)
{
	return level_names[level];
}

static void row_done(struct row *row)
{
	free(row->id);
	free(row->when);
	free(row->then);
	free(row->hidden);
}

void rows_done(struct rows *r)
{
	for (size_t i = 0; i < r->nr; i++)
		row_done(&r->row[i]);
	for (size_t i = 0; i < r->file_nr; i++)
		free(r->files[i]);
	free(r->row);
	free(r->files);
	*r = (struct rows){ .nr = 0 };
}

const struct row *rows_find(const struct rows *r, const char *id)
{
	for (size_t i = 0; i < r->nr; i++)
		if (strcmp(r->row[i].id, id) == 0)
			return &r->row[i];
	return NULL;
}

/* One file being read. */
struct reader {
	yaml_parser_t parser;
	struct rows *rows;
	const char *path;
	struct errmsg *e;
};

static int bad(struct reader *rd, size_t line, const char *what, const char *word)
{
	return errmsg_set(rd->e, -EINVAL, "%s:%zu: %s%.60s", rd->path, line + 1, what,
			  word ? word : "");
}

static int next_event(struct reader *rd, yaml_event_t *event)
{
	if (yaml_parser_parse(&rd->parser, event))
		return 0;
	return bad(rd, rd->parser.problem_mark.line,
		   "no YAML: ", rd->parser.problem ? rd->parser.problem : "cannot be read");
}

static bool text_is(const yaml_event_t *event, const char *text)
{
	return strcmp((const char *)event->data.scalar.value, text) == 0;
}

/* Which field of the row a key names; NULL: one for people. */
static char **field(struct row *row, const yaml_event_t *key)
{
	return text_is(key, "id")     ? &row->id
	       : text_is(key, "when") ? &row->when
	       : text_is(key, "then") ? &row->then
				      : NULL;
}

static int set_level(struct reader *rd, struct row *row, const yaml_event_t *value)
{
	for (int i = 0; i < ROW_LEVEL_NR; i++)
		if (text_is(value, level_names[i])) {
			row->level = (enum row_level)i;
			return 0;
		}
	return bad(rd, value->start_mark.line, "level is core, edge or rare, not ",
		   (const char *)value->data.scalar.value);
}

static int set_shown(struct reader *rd, struct row *row, const yaml_event_t *value)
{
	const char *text = (const char *)value->data.scalar.value;

	if (strncmp(text, "no, ", 4) != 0 || !text[4])
		return bad(rd, value->start_mark.line, "write: shown: no, REASON; not ", text);
	row->hidden = strdup(text + 4);
	return row->hidden ? 0 : errmsg_set(rd->e, -ENOMEM, "out of memory");
}

/* Pass over a value that is no scalar; its first event is given. */
static int skip_value(struct reader *rd, yaml_event_type_t type)
{
	int depth = type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT;
	yaml_event_t event;

	while (depth > 0) {
		int err = next_event(rd, &event);

		if (err < 0)
			return err;
		depth += event.type == YAML_MAPPING_START_EVENT ||
			 event.type == YAML_SEQUENCE_START_EVENT;
		depth -= event.type == YAML_MAPPING_END_EVENT ||
			 event.type == YAML_SEQUENCE_END_EVENT;
		yaml_event_delete(&event);
	}
	return 0;
}

static int read_value(struct reader *rd, struct row *row, const yaml_event_t *key, bool *level_set)
{
	yaml_event_t value;
	int err = next_event(rd, &value);
	char **to;

	if (err < 0)
		return err;
	to = field(row, key);
	if (value.type != YAML_SCALAR_EVENT) {
		err = to || text_is(key, "level")
			      ? bad(rd, value.start_mark.line, "a plain value belongs to ",
				    (const char *)key->data.scalar.value)
			      : skip_value(rd, value.type);
	} else if (text_is(key, "level")) {
		err = set_level(rd, row, &value);
		*level_set = true;
	} else if (text_is(key, "shown")) {
		err = set_shown(rd, row, &value);
	} else if (to) {
		free(*to);
		*to = strdup((const char *)value.data.scalar.value);
		err = *to ? 0 : errmsg_set(rd->e, -ENOMEM, "out of memory");
	}
	yaml_event_delete(&value);
	return err;
}

/* The keys of one mapping, up to its end. */
static int read_fields(struct reader *rd, struct row *row)
{
	bool level_set = false, done = false;
	int err = 0;

	while (err == 0 && !done) {
		yaml_event_t key;

		err = next_event(rd, &key);
		if (err < 0)
			break;
		if (key.type == YAML_MAPPING_END_EVENT)
			done = true;
		else if (key.type == YAML_SCALAR_EVENT)
			err = read_value(rd, row, &key, &level_set);
		else
			err = bad(rd, key.start_mark.line, "a row has plain keys", NULL);
		yaml_event_delete(&key);
	}
	if (err == 0 && (!row->id || !row->when || !row->then || !level_set))
		err = bad(rd, row->line - 1, "id, when, then or level is missing", NULL);
	return err;
}

static int add_row(struct reader *rd, const yaml_event_t *start)
{
	struct rows *r = rd->rows;
	struct row row = { .file_idx = r->file_nr - 1,
			   .line = (unsigned int)start->start_mark.line + 1 };
	int err = read_fields(rd, &row);

	if (err == 0 && rows_find(r, row.id))
		err = bad(rd, row.line - 1, "this id stands there already: ", row.id);
	if (err == 0 && r->nr == ROWS_MAX)
		err = bad(rd, row.line - 1, "too many rows", NULL);
	if (err == 0 && r->nr == r->max) {
		size_t max = r->max ? 2 * r->max : 256;
		struct row *more = realloc(r->row, max * sizeof(*more));

		if (more) {
			r->row = more;
			r->max = max;
		} else {
			err = errmsg_set(rd->e, -ENOMEM, "out of memory");
		}
	}
	if (err < 0)
		row_done(&row);
	else
		r->row[r->nr++] = row;
	return err;
}

/* A stream with one document: a sequence of mappings. */
static int read_events(struct reader *rd)
{
	bool in_rows = false, done = false;
	int err = 0;

	while (err == 0 && !done) {
		yaml_event_t event;

		err = next_event(rd, &event);
		if (err < 0)
			break;
		if (event.type == YAML_STREAM_END_EVENT)
			done = true;
		else if (event.type == YAML_SEQUENCE_START_EVENT && !in_rows)
			in_rows = true;
		else if (event.type == YAML_MAPPING_START_EVENT && in_rows)
			err = add_row(rd, &event);
		else if (event.type != YAML_STREAM_START_EVENT &&
			 event.type != YAML_DOCUMENT_START_EVENT &&
			 event.type != YAML_DOCUMENT_END_EVENT &&
			 event.type != YAML_SEQUENCE_END_EVENT)
			err = bad(rd, event.start_mark.line, "a file of rows is a list: - id: ...",
				  NULL);
		yaml_event_delete(&event);
	}
	return err;
}

static int read_file(struct rows *r, const char *path, struct errmsg *e)
{
	struct reader rd = { .rows = r, .path = path, .e = e };
	FILE *f = fopen(path, "re");
	char **files = realloc(r->files, (r->file_nr + 1) * sizeof(*files));
	int err = errno;

	if (files)
		r->files = files;
	if (!f)
		return errmsg_set(e, -err, "%s: %s", path, strerror(err));
	if (!files || !(files[r->file_nr] = strdup(path)) || !yaml_parser_initialize(&rd.parser)) {
		fclose(f);
		return errmsg_set(e, -ENOMEM, "out of memory");
	}
	r->file_nr++;
	yaml_parser_set_input_file(&rd.parser, f);
	err = read_events(&rd);
	yaml_parser_delete(&rd.parser);
	fclose(f);
	return err;
}

int rows_read(struct rows *r, const char *dir, struct errmsg *e)
{
	char pattern[600];
	glob_t found;
	int err = 0;

	*r = (struct rows){ .nr = 0 };
	snprintf(pattern, sizeof(pattern), "%.580s/*.yaml", dir);
	if (glob(pattern, 0, NULL, &found) != 0)
		return errmsg_set(e, -ENOENT, "%.400s: no rows (*.yaml) in it", dir);
	for (size_t i = 0; i < found.gl_pathc && err == 0; i++)
		err = read_file(r, found.gl_pathv[i], e);
	globfree(&found);
	if (err < 0)
		rows_done(r);
	return err;
}
