/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Files of recorded answers. */
#include "harness/recorded/recorded.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/obs.h"

#define RECORDED_LINES_MAX 4000000
#define RECORDED_CASES_MAX 100000

/* A larger array when it is full; NULL: no memory, and the old one stays. */
static void *grown(void *array, size_t nr, size_t *max, size_t each)
{
	size_t want = *max ? 2 * *max : 64;
	void *more;

	if (nr < *max)
		return array;
	more = realloc(array, want * each);
	if (more)
		*max = want;
	return more;
}

void recorded_done(struct recorded *r)
{
	for (size_t i = 0; i < r->case_nr; i++)
		free(r->cases[i].name);
	for (size_t i = 0; i < r->line_nr; i++)
		free(r->lines[i]);
	free(r->cases);
	free(r->lines);
	free(r->line_no);
	free(r->path);
	*r = (struct recorded){ .path = NULL };
}

const struct recorded_case *recorded_find(const struct recorded *r, const char *name)
{
	for (size_t i = 0; i < r->case_nr; i++)
		if (strcmp(r->cases[i].name, name) == 0)
			return &r->cases[i];
	return NULL;
}

static int read_shows(struct recorded *r, char *words, struct errmsg *e)
{
	char *save = NULL;

	for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		int type = 0;

		while (type < OBS_TYPE_NR && strcmp(obs_type_name((enum obs_type)type), word) != 0)
			type++;
		if (type == OBS_TYPE_NR)
			return errmsg_set(e, -EINVAL, "no kind of observation: %.40s", word);
		r->shows |= OBS_BIT(type);
	}
	return 0;
}

static int read_case(struct recorded *r, char *rest, unsigned int line, struct errmsg *e)
{
	char *hash = strchr(rest, ' '), *end = NULL;
	struct recorded_case *c;
	void *more;

	if (hash)
		*hash++ = '\0';
	errno = 0;
	if (!*rest || !hash || strlen(hash) != 16 || strspn(hash, "0123456789abcdef") != 16)
		return errmsg_set(e, -EINVAL, "write: case NAME HASH (16 hexadecimal digits)");
	if (recorded_find(r, rest))
		return errmsg_set(e, -EINVAL, "case %.80s stands there twice", rest);
	if (r->case_nr == RECORDED_CASES_MAX)
		return errmsg_set(e, -EINVAL, "more than %d cases", RECORDED_CASES_MAX);
	more = grown(r->cases, r->case_nr, &r->case_max, sizeof(*r->cases));
	if (!more)
		return errmsg_set(e, -ENOMEM, "out of memory");
	r->cases = more;
	c = &r->cases[r->case_nr];
	*c = (struct recorded_case){
		.name = strdup(rest),
		.hash = strtoull(hash, &end, 16),
		.line = line,
		.first = r->line_nr,
		.end = r->line_nr,
	};
	if (!c->name)
		return errmsg_set(e, -ENOMEM, "out of memory");
	r->case_nr++;
	return 0;
}

static int keep_line(struct recorded *r, const char *text, unsigned int line, struct errmsg *e)
{
	size_t max = r->line_max;
	void *more = grown(r->lines, r->line_nr, &max, sizeof(*r->lines));
	char *copy;

	if (more)
		r->lines = more;
	if (more && (more = grown(r->line_no, r->line_nr, &r->line_max, sizeof(*r->line_no))))
		r->line_no = more;
	copy = more ? strdup(text) : NULL;
	if (!copy)
		return errmsg_set(e, -ENOMEM, "out of memory");
	if (r->line_nr == RECORDED_LINES_MAX) {
		free(copy);
		return errmsg_set(e, -EINVAL, "more than %d lines", RECORDED_LINES_MAX);
	}
	r->lines[r->line_nr] = copy;
	r->line_no[r->line_nr++] = line;
	r->cases[r->case_nr - 1].end = r->line_nr;
	return 0;
}

/* What follows a word that the line begins with, or NULL. */
static char *after(char *line, const char *word)
{
	size_t len = strlen(word);

	return strncmp(line, word, len) == 0 && line[len] == ' ' ? line + len + 1 : NULL;
}

static int read_line(struct recorded *r, char *text, unsigned int line, struct errmsg *e)
{
	char *rest;

	text[strcspn(text, "\r\n")] = '\0';
	if (*text == '\0' || *text == '#')
		return 0;
	if ((rest = after(text, "case")))
		return *r->kernel
			       ? read_case(r, rest, line, e)
			       : errmsg_set(e, -EINVAL, "a recording begins with: kernel RELEASE");
	if (r->case_nr)
		return keep_line(r, text, line, e);
	if ((rest = after(text, "kernel"))) {
		snprintf(r->kernel, sizeof(r->kernel), "%s", rest);
		return 0;
	}
	if ((rest = after(text, "wire"))) {
		snprintf(r->wire, sizeof(r->wire), "%s", rest);
		return 0;
	}
	if ((rest = after(text, "has"))) {
		snprintf(r->has, sizeof(r->has), "%s", rest);
		return 0;
	}
	if ((rest = after(text, "shows")))
		return read_shows(r, rest, e);
	return errmsg_set(e, -EINVAL, "neither kernel, wire, has, shows nor case: %.40s", text);
}

int recorded_read(struct recorded *r, const char *path, struct errmsg *e)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	unsigned int line = 0;
	int err = 0;

	if (!f) {
		err = errno;
		return errmsg_set(e, -err, "%s: %s", path, strerror(err));
	}
	*r = (struct recorded){ .path = strdup(path) };
	errno = 0;
	while (err == 0 && getline(&text, &size, f) >= 0) {
		line++;
		err = read_line(r, text, line, e);
	}
	if (err == 0 && ferror(f)) {
		err = errno ? errno : EIO;
		err = errmsg_set(e, -err, "%s: %s", path, strerror(err));
	} else if (err < 0) {
		errmsg_wrap(e, err, "%s:%u", path, line);
	} else if (!*r->kernel || !*r->wire || !r->shows) {
		err = errmsg_set(e, -EINVAL, "%s: no recording: kernel, wire or shows is missing",
				 path);
	}
	free(text);
	fclose(f);
	if (err < 0)
		recorded_done(r);
	return err;
}

void recorded_head(FILE *out, const char *kernel, const char *wire, const char *has, uint32_t shows)
{
	fprintf(out,
		"# What Linux did, as recorded by netparity record. Do not edit: record it anew.\n"
		"kernel %.*s\nwire %s\n",
		(int)strspn(kernel, "0123456789."), kernel, wire);
	if (*has)
		fprintf(out, "has %s\n", has);
	fprintf(out, "shows");
	for (int i = 0; i < OBS_TYPE_NR; i++)
		if (shows & OBS_BIT(i))
			fprintf(out, " %s", obs_type_name((enum obs_type)i));
	fputc('\n', out);
}

void recorded_case_line(FILE *out, const char *name, uint64_t hash)
{
	fprintf(out, "\ncase %s %016" PRIx64 "\n", name, hash);
}

int recorded_series(char *buf, size_t size, const char *release, struct errmsg *e)
{
	unsigned int major, minor;

	if (sscanf(release, "%u.%u", &major, &minor) != 2)
		return errmsg_set(e, -EINVAL, "no release of Linux: \"%.40s\"", release);
	snprintf(buf, size, "%u.%u", major, minor);
	return 0;
}

void recorded_name(char *buf, size_t size, const char *case_path)
{
	const char *slash = strrchr(case_path, '/'), *base = slash ? slash + 1 : case_path;
	size_t len = strlen(base);

	if (len > 5 && strcmp(base + len - 5, ".case") == 0)
		len -= 5;
	snprintf(buf, size, "%.*s.trace", (int)len, base);
}
