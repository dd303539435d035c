/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The form: the file's name, then for each line its number and text, each ending in NUL. */
#include "harness/world/world_pack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *world_pack(const struct world *w, size_t *ret_len)
{
	const char *file = w->file ? w->file : "world";
	size_t max = strlen(file) + 1, used;
	char *text;

	for (size_t i = 0; i < w->line_nr; i++)
		max += strlen(w->lines[i].text) + 16;
	text = malloc(max);
	if (!text)
		return NULL;
	used = (size_t)snprintf(text, max, "%s", file) + 1;
	for (size_t i = 0; i < w->line_nr; i++)
		used += (size_t)snprintf(text + used, max - used, "%u %s", w->lines[i].line,
					 w->lines[i].text) +
			1;
	*ret_len = used;
	return text;
}

int world_unpack(struct world *w, char *text, size_t len, struct errmsg *e)
{
	char *end = text + len, *p = text;
	int err;

	if (len == 0 || end[-1] != 0) {
		world_init(w, "world");
		return errmsg_set(e, -EINVAL, "a world without an end");
	}
	world_init(w, p);
	p += strlen(p) + 1;
	while (p < end) {
		char *line;
		unsigned long nr = strtoul(p, &line, 10);

		err = world_add_line(w, *line ? line + 1 : line, (unsigned int)nr, e);
		if (err)
			return err;
		p += strlen(p) + 1;
	}
	return world_finish(w, e);
}
