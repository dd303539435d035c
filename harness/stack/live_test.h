/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What tests of live stacks share: opening one, worlds from text, looking at observations. */
#ifndef HARNESS_STACK_LIVE_TEST_H
#define HARNESS_STACK_LIVE_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/obs.h"
#include "harness/stack/live_frame.h"
#include "harness/stack/stack.h"
#include "harness/world/world.h"

/* A world of lines of text; world_done() it. Aborts on an error: the test's own text. */
void live_world(struct world *w, const char *text);

/*
 * Open a stack for a test. Not available: ends the process, with 77 (skipped), or with 99 (error)
 * when the environment's NETPARITY_REQUIRE names the stack ("netns") or its wire ("netns:tap").
 */
struct stack *live_open(const char *spec);

/* How many observations of a type; the first of it (NULL: none); a counter's movement. */
size_t live_nr(const struct obs_list *l, enum obs_type type);
const struct obs *live_first(const struct obs_list *l, enum obs_type type);
int64_t live_count(const struct obs_list *l, const char *name);

#endif
