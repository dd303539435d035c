/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "harness/stack/live_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref/ref.h"

void live_world(struct world *w, const char *text)
{
	char *copy = strdup(text);
	unsigned int nr = 0;
	struct errmsg e;

	world_init(w, "test.world");
	for (char *save = NULL, *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (world_add_line(w, line, ++nr, &e) < 0) {
			fprintf(stderr, "%s\n", e.text);
			abort();
		}
	if (world_finish(w, &e) < 0)
		abort();
	free(copy);
}

/* NETPARITY_REQUIRE is a list of words: a stack with all its wires (netns), or one (netns:tap). */
static bool required(const char *spec)
{
	const char *list = getenv("NETPARITY_REQUIRE");
	size_t name_len = strcspn(spec, ":"), spec_len = strcspn(spec, ",");

	while (list && *list) {
		size_t len = strcspn(list, " ");

		if ((len == name_len || len == spec_len) && memcmp(list, spec, len) == 0)
			return true;
		list += len + strspn(list + len, " ");
	}
	return false;
}

struct stack *live_open(const char *spec)
{
	struct stack *s;
	struct errmsg e;
	int err = stack_open(&s, spec, &e);

	if (!err)
		return s;
	fprintf(stderr, "%s: %s\n", spec, e.text);
	exit(required(spec) ? 99 : 77);
}

size_t live_nr(const struct obs_list *l, enum obs_type type)
{
	size_t nr = 0;

	for (size_t i = 0; i < l->nr; i++)
		nr += l->obs[i].type == type;
	return nr;
}

const struct obs *live_first(const struct obs_list *l, enum obs_type type)
{
	for (size_t i = 0; i < l->nr; i++)
		if (l->obs[i].type == type)
			return &l->obs[i];
	return NULL;
}

int64_t live_count(const struct obs_list *l, const char *name)
{
	int64_t by = 0;

	for (size_t i = 0; i < l->nr; i++)
		if (l->obs[i].type == OBS_COUNT && l->obs[i].name != OBS_NAME_OTHER &&
		    strcmp(ref_mib_name(l->obs[i].name), name) == 0)
			by += l->obs[i].value;
	return by;
}
