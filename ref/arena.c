/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Power-of-two classes on free lists; what is not on a list is cut from the end of the block. */
#include "ref/arena.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int arena_init(struct arena *a, size_t len)
{
	*a = (struct arena){ .len = len };
	a->base = malloc(len);
	return a->base ? 0 : -ENOMEM;
}

void arena_done(struct arena *a)
{
	free(a->base);
	a->base = NULL;
}

void arena_reset(struct arena *a)
{
	a->used = 0;
	memset(a->free, 0, sizeof(a->free));
}

static unsigned int arena_class(size_t n)
{
	if (n <= (size_t)1 << ARENA_CLASS_MIN)
		return ARENA_CLASS_MIN;
	return (unsigned int)(64 - __builtin_clzl(n - 1));
}

size_t arena_room(size_t n)
{
	return (size_t)1 << arena_class(n);
}

void *arena_alloc(struct arena *a, size_t n)
{
	unsigned int class = arena_class(n);
	struct arena_free *p;

	if (class > ARENA_CLASS_MAX)
		return NULL;
	p = a->free[class];
	if (p) {
		a->free[class] = p->next;
		return p;
	}
	if (a->len - a->used < (size_t)1 << class)
		return NULL;
	p = (struct arena_free *)(void *)(a->base + a->used);
	a->used += (size_t)1 << class;
	return p;
}

void arena_free(struct arena *a, void *p, size_t n)
{
	unsigned int class = arena_class(n);
	struct arena_free *f = p;

	assert(class <= ARENA_CLASS_MAX);
	f->next = a->free[class];
	a->free[class] = f;
}
