/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Which of the cases that are read run: --case and --shard. */
#ifndef HARNESS_CLI_SELECT_H
#define HARNESS_CLI_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/errmsg.h"

struct select {
	const char *glob; /* of names; NULL: all */
	uint32_t shard,
		shards; /* every shards-th of those, from the shard-th (from 1) on; 0: all */
	uint64_t read, matched, chosen; /* so far */
};

/* "2/5". 0 or -EINVAL with a message. */
int select_shard(struct select *s, const char *text, struct errmsg *e);
/*
 * Does the case of this name run? To be asked of each case once, in order: a shard takes turns
 * with the others, so the same files in the same order give each case to exactly one of them.
 */
bool select_case(struct select *s, const char *name);
/* name as a --case that stands for itself alone; size octets at most, cut. */
void select_quote(char *buf, size_t size, const char *name);

#endif
