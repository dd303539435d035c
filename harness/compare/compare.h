/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Normalise and compare what two stacks showed of the same steps. */
#ifndef HARNESS_COMPARE_H
#define HARNESS_COMPARE_H

#include <stdbool.h>

#include "harness/obs.h"
#include "harness/world/world.h"

/*
 * One rule of normalisation: what two stacks may differ in without being different, and why.
 * `apply` changes one observation (its octets are the list's own) so that equal things look equal.
 */
struct norm_state;
struct norm_rule {
	const char *name;
	const char *why;
	uint32_t types; /* OBS_BIT()s it looks at */
	void (*apply)(struct norm_state *state, struct obs_list *l, struct obs *obs);
};
extern const struct norm_rule norm_rules[];
extern const size_t norm_rule_nr;

/* Apply all rules to all observations of l, in their order. */
void normalise(const struct world *w, struct obs_list *l);

/* The first difference; a or b is NULL when that side has nothing there. */
struct diff {
	bool found;
	uint32_t step;
	enum obs_type type;
	const struct obs *a, *b;
	size_t next_a, next_b; /* the first observations behind it, in their lists */
	char field[64]; /* "payload", "IPv4 ttl", "counter Ip.InDelivers", ... */
	char detail[160]; /* "64, 63" */
};

/* A run of observations of one list. */
struct obs_range {
	const struct obs_list *list;
	size_t first, end;
};

static inline struct obs_range obs_all(const struct obs_list *l)
{
	return (struct obs_range){ .list = l, .end = l->nr };
}

/* Those of one step, from r->first on; advances r->first past them. */
struct obs_range obs_step_range(struct obs_range *r, uint32_t step);

/* Compares only observations of the types in `types` (what both can show). Normalised ones. */
void compare(struct obs_range a, struct obs_range b, uint32_t types, struct diff *ret);
/* Do these two say the same, apart from their step? (Drop locations are not compared.) */
bool obs_equal(const struct obs_list *la, const struct obs *a, const struct obs_list *lb,
	       const struct obs *b);
/*
 * Where do they belong to each other in the order of a group: <0, 0, >0. Equal: the same step,
 * kind, and socket, wire, counter or device.
 */
int obs_slot_cmp(const struct obs_list *la, const struct obs *a, const struct obs_list *lb,
		 const struct obs *b);

#endif
