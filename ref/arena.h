/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Packet memory of one host: one block taken at ref_new(), cut into power-of-two classes on free
 * lists. Allocation and release are a few instructions; no system call, no malloc.
 *
 * Under AddressSanitizer all that is not handed out is poisoned, and what is handed out is open
 * for the octets that were asked for: a use after free inside the block is seen.
 */
#ifndef REF_ARENA_H
#define REF_ARENA_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ref/compiler.h"

#if defined(__SANITIZE_ADDRESS__)
#define REF_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define REF_ASAN 1
#endif
#endif

#ifdef REF_ASAN
#include <sanitizer/asan_interface.h>
#define ARENA_CLOSE(p, n) __asan_poison_memory_region(p, n)
#define ARENA_OPEN(p, n)  __asan_unpoison_memory_region(p, n)
#define ARENA_IS_OPEN(p)  (!__asan_address_is_poisoned(p))
#else
#define ARENA_CLOSE(p, n) ((void)(p), (void)(n))
#define ARENA_OPEN(p, n)  ((void)(p), (void)(n))
#define ARENA_IS_OPEN(p)  ((void)(p), 1)
#endif

#define ARENA_CLASS_MIN 7 /* 128 octets */
#define ARENA_CLASS_MAX 17 /* 128 KiB */

struct arena_free {
	struct arena_free *next;
};

struct arena {
	uint8_t *base;
	size_t len;
	size_t used; /* octets cut so far: never shrinks before arena_reset() */
	struct arena_free *free[ARENA_CLASS_MAX + 1];
#ifdef REF_ASAN
	struct arena_free *lent; /* free, but still open */
	size_t lent_len;
#endif
};

/* 0 or -ENOMEM. */
int arena_init(struct arena *a, size_t len);
void arena_done(struct arena *a);
/* Everything handed out is gone. */
void arena_reset(struct arena *a);
/* A block of that class cut from the end, or NULL: full. For arena_alloc(). */
void *arena_cut(struct arena *a, unsigned int class_idx);

/* See to it that arena_take() has a block of that class; false: full. */
bool arena_stock(struct arena *a, unsigned int class_idx);

static inline unsigned int arena_class(size_t n)
{
	const size_t below = ((size_t)1 << ARENA_CLASS_MIN) - 1;

	return (unsigned int)(64 - __builtin_clzl((n - 1) | below));
}

/* Real room of an allocation of n octets: 1 to 128 KiB. */
static inline size_t arena_room(size_t n)
{
	return (size_t)1 << arena_class(n);
}

/* Would arena_take() have one? */
static inline bool arena_has(const struct arena *a, unsigned int class_idx)
{
	return a->free[class_idx] != NULL;
}

/* A block of a class (up to ARENA_CLASS_MAX) that was freed before, not opened; NULL: none. */
static inline void *arena_take(struct arena *a, unsigned int class_idx)
{
	struct arena_free *p = a->free[class_idx];

	if (likely(p != NULL)) {
		ARENA_OPEN(p, sizeof(*p));
		a->free[class_idx] = p->next;
	}
	return p;
}

/* A block of a class, n octets of it open; NULL: full. */
static inline void *arena_alloc_class(struct arena *a, unsigned int class_idx, size_t n)
{
	void *p = arena_take(a, class_idx);

	if (unlikely(!p))
		p = arena_cut(a, class_idx);
	if (p)
		ARENA_OPEN(p, n > sizeof(struct arena_free) ? n : sizeof(struct arena_free));
	return p;
}

/* Octets of at least n, 16-aligned, content undefined; NULL: full, or n > 128 KiB. */
static inline void *arena_alloc(struct arena *a, size_t n)
{
	unsigned int class_idx = arena_class(n);

	return unlikely(class_idx > ARENA_CLASS_MAX) ? NULL : arena_alloc_class(a, class_idx, n);
}

static inline void arena_free_class(struct arena *a, void *p, unsigned int class_idx)
{
	struct arena_free *f = p;

	assert(ARENA_IS_OPEN(p)); /* else it is freed twice */
	ARENA_OPEN(f, sizeof(*f));
	f->next = a->free[class_idx];
	a->free[class_idx] = f;
	ARENA_CLOSE(f, (size_t)1 << class_idx);
}

/* n: as asked for at arena_alloc(), or anything of the same class. */
static inline void arena_free(struct arena *a, void *p, size_t n)
{
	unsigned int class_idx = arena_class(n);

	assert(class_idx <= ARENA_CLASS_MAX);
	arena_free_class(a, p, class_idx);
}

/*
 * Free n octets of a class, of which all from the 8th on stay as they are until the next
 * allocation: the caller sees to it that there is none before arena_end_loan().
 */
static inline void arena_lend_class(struct arena *a, void *p, unsigned int class_idx, size_t n)
{
	arena_free_class(a, p, class_idx);
#ifdef REF_ASAN
	ARENA_OPEN((struct arena_free *)p + 1, n - sizeof(struct arena_free));
	a->lent = p;
	a->lent_len = n;
#else
	(void)n;
#endif
}

static inline void arena_lend(struct arena *a, void *p, size_t n)
{
	arena_lend_class(a, p, arena_class(n), n);
}

/* Nobody reads what was lent any more. */
static inline void arena_end_loan(struct arena *a)
{
#ifdef REF_ASAN
	if (a->lent)
		ARENA_CLOSE(a->lent, a->lent_len);
	a->lent = NULL;
#else
	(void)a;
#endif
}

#endif
