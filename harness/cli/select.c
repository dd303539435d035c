/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "harness/cli/select.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "harness/text.h"
#include "harness/world/ip_words.h"

#define SHARDS_MAX 100000

int select_shard(struct select *s, const char *text, struct errmsg *e)
{
	const char *slash = strchr(text, '/');
	char first[16];
	int64_t shard, shards;

	snprintf(first, sizeof(first), "%.*s", slash ? (int)(slash - text) : 0, text);
	if (!slash || slash - text >= (ptrdiff_t)sizeof(first) ||
	    !ip_number(slash + 1, 1, SHARDS_MAX, &shards) || !ip_number(first, 1, shards, &shard))
		return errmsg_set(
			e, -EINVAL,
			"--shard: \"%.40s\": I/N is meant, with I from 1 to N, N up to %d", text,
			SHARDS_MAX);
	s->shard = (uint32_t)shard;
	s->shards = (uint32_t)shards;
	return 0;
}

bool select_case(struct select *s, const char *name)
{
	s->read++;
	if (s->glob && fnmatch(s->glob, name, 0) != 0)
		return false;
	s->matched++;
	if (s->shards && (s->matched - 1) % s->shards != s->shard - 1)
		return false;
	s->chosen++;
	return true;
}

void select_quote(char *buf, size_t size, const char *name)
{
	struct text t = text_init(buf, size);

	for (; *name; name++)
		text_add(&t, strchr("*?[\\", *name) ? "\\%c" : "%c", *name);
}
