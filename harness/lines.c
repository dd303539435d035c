/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Lines of text files, read with a bound on their length. */
#include "harness/lines.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n\v\f";

int lines_open(struct lines *l, const char *path, size_t line_max, struct errmsg *e)
{
	*l = (struct lines){ .path = path, .line_max = line_max };
	l->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (!l->file) {
		int err = errno;

		return errmsg_set(e, -err, "%s: %s", path, strerror(err));
	}
	return 0;
}

int lines_open_memory(struct lines *l, const char *name, const void *data, size_t len,
		      size_t line_max, struct errmsg *e)
{
	*l = (struct lines){ .path = name, .line_max = line_max };
	/* Read only: the mode says so. fmemopen() refuses an empty one. */
	l->file = len ? fmemopen((void *)(uintptr_t)data, len, "r") : fopen("/dev/null", "re");
	return l->file ? 0 : errmsg_set(e, -ENOMEM, "%s: out of memory", name);
}

void lines_close(struct lines *l)
{
	if (l->file && l->file != stdin)
		fclose(l->file);
	free(l->text);
	free(l->part);
	*l = (struct lines){ .path = NULL };
}

char *line_trim(char *s)
{
	char *comment = strchr(s, '#');
	size_t len;

	if (comment)
		*comment = '\0';
	s += strspn(s, blanks);
	len = strlen(s);
	while (len > 0 && strchr(blanks, s[len - 1]))
		s[--len] = '\0';
	return s;
}

/* One physical line into l->part, without its newline. 1, 0 or -errno. */
static int read_part(struct lines *l, size_t *ret_len, struct errmsg *e)
{
	size_t len = 0;
	int c;

	while ((c = getc_unlocked(l->file)) != EOF && c != '\n') {
		if (c == '\0')
			return errmsg_set(e, -EINVAL, "%s:%u: a NUL octet: not a text file",
					  l->path, l->last + 1);
		if (len >= l->line_max)
			return errmsg_set(e, -EINVAL, "%s:%u: line longer than %zu octets", l->path,
					  l->last + 1, l->line_max);
		if (len + 1 >= l->part_size) {
			size_t size = l->part_size ? 2 * l->part_size : 256;
			char *grown = realloc(l->part, size);

			if (!grown)
				return errmsg_set(e, -ENOMEM, "%s: out of memory", l->path);
			l->part = grown;
			l->part_size = size;
		}
		l->part[len++] = (char)c;
	}
	if (ferror(l->file)) {
		int err = errno ? errno : EIO;

		return errmsg_set(e, -err, "%s:%u: %s", l->path, l->last + 1, strerror(err));
	}
	if (c == EOF && len == 0)
		return 0;
	if (!l->part) {
		l->part = malloc(256);
		if (!l->part)
			return errmsg_set(e, -ENOMEM, "%s: out of memory", l->path);
		l->part_size = 256;
	}
	l->part[len] = '\0';
	l->last++;
	*ret_len = len;
	return 1;
}

int lines_next(struct lines *l, struct errmsg *e)
{
	size_t used = 0, len = 0;
	bool more = true;
	char *text;

	errno = 0;
	for (bool first = true; more; first = false) {
		int got = read_part(l, &len, e);

		if (got < 0 || (got == 0 && first))
			return got;
		if (got == 0)
			break;
		if (first)
			l->nr = l->last;
		while (len > 0 && l->part[len - 1] == '\r')
			l->part[--len] = '\0';
		more = len > 0 && l->part[len - 1] == '\\' && !strchr(l->part, '#');
		if (more)
			l->part[--len] = '\0';
		if (used + len > l->line_max)
			return errmsg_set(e, -EINVAL, "%s:%u: line longer than %zu octets", l->path,
					  l->nr, l->line_max);
		if (used + len + 1 > l->size) {
			char *grown = realloc(l->text, used + len + 1);

			if (!grown)
				return errmsg_set(e, -ENOMEM, "%s: out of memory", l->path);
			l->text = grown;
			l->size = used + len + 1;
		}
		memcpy(l->text + used, l->part, len + 1);
		used += len;
	}
	text = line_trim(l->text);
	/* A backslash before blanks, a comment or the end of the file: nothing goes on there. */
	while (*text && text[strlen(text) - 1] == '\\') {
		text[strlen(text) - 1] = '\0';
		text = line_trim(text);
	}
	memmove(l->text, text, strlen(text) + 1);
	return 1;
}

int line_words(char *s, char **argv, int max, struct errmsg *e)
{
	int argc = 0;

	for (;;) {
		const char *end = blanks;
		char quote[2] = "";

		s += strspn(s, blanks);
		if (*s == '\0')
			break;
		if (argc == max - 1)
			return errmsg_set(e, -EINVAL, "more than %d words", max - 1);
		if (*s == '\'' || *s == '"') {
			quote[0] = *s++;
			end = quote;
		}
		argv[argc++] = s;
		s += strcspn(s, end);
		if (*s == '\0' && quote[0])
			return errmsg_set(e, -EINVAL, "a quoted word does not end");
		if (*s == '\0')
			break;
		*s++ = '\0';
	}
	argv[argc] = NULL;
	return argc;
}
