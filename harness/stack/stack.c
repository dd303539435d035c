/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The table of stacks. */
#include "harness/stack/stack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct stack_ops *const stacks[] = {
    &stack_ref,
    &stack_netns,
    &stack_uml,
    &stack_golden,
    NULL,
};

int stack_open(struct stack **ret, const char *spec, struct errmsg *e)
{
	const char *arg = strchr(spec, ':');
	size_t len = arg ? (size_t)(arg - spec) : strlen(spec);
	char names[128] = "";

	for (size_t i = 0; stacks[i]; i++) {
		const struct stack_ops *ops = stacks[i];

		if (strlen(ops->name) == len && strncmp(spec, ops->name, len) == 0)
			return ops->open(ret, arg ? arg + 1 : "", e);
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 i ? ", " : "", ops->name);
	}
	return errmsg_set(e, -EINVAL, "no stack named \"%.60s\": choose from %s", spec, names);
}
