/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Power-of-two classes on free lists; what is not on a list is cut from the end of the block. */
#include "ref/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int arena_init(struct arena *a, size_t len)
{
	*a = (struct arena){ .len = len };
	a->base = malloc(len);
	if (!a->base)
		return -ENOMEM;
	ARENA_CLOSE(a->base, len);
	return 0;
}

void arena_done(struct arena *a)
{
	ARENA_OPEN(a->base, a->len);
	free(a->base);
	a->base = NULL;
}

void arena_reset(struct arena *a)
{
	ARENA_CLOSE(a->base, a->used);
	a->used = 0;
	memset(a->free, 0, sizeof(a->free));
}

void *arena_cut(struct arena *a, unsigned int class_idx)
{
	size_t n = (size_t)1 << class_idx;
	void *p = a->base + a->used;

	if (a->len - a->used < n)
		return NULL;
	a->used += n;
	return p;
}

bool arena_stock(struct arena *a, unsigned int class_idx)
{
	struct arena_free *p = a->free[class_idx] ? NULL : arena_cut(a, class_idx);

	if (p) {
		ARENA_OPEN(p, sizeof(*p));
		p->next = NULL;
		a->free[class_idx] = p;
		ARENA_CLOSE(p, sizeof(*p));
	}
	return a->free[class_idx] != NULL;
}
