/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Normalise and compare what two stacks showed of the same steps. */
#ifndef HARNESS_COMPARE_H
#define HARNESS_COMPARE_H

#include "harness/obs.h"
#include "harness/stack/stack.h"

/*
 * One rule of normalisation: what two stacks may differ in without being different, and why.
 * `apply` changes one observation (its octets are the list's own) so that equal things look equal.
 */
struct norm_rule {
	const char *name;
	const char *why;
	uint32_t types;		/* OBS_BIT()s it looks at */
	void (*apply)(const struct world *w, struct obs_list *l, struct obs *obs);
};
extern const struct norm_rule norm_rules[];
extern const size_t norm_rule_nr;

void normalise(const struct world *w, struct obs_list *l);

/* The first difference; a or b is NULL when that side has nothing there. */
struct diff {
	bool found;
	uint32_t step;
	enum obs_type type;
	const struct obs *a, *b;
	char field[48];		/* "payload", "ttl", "counter Ip.InDelivers", ... */
	char detail[160];	/* "0x40 != 0x3f at octet 8" */
};

/* Compares only observations of the types in `types` (what both can show). Lists normalised. */
void compare(const struct obs_list *a, const struct obs_list *b, uint32_t types,
	     struct diff *ret);

#endif
