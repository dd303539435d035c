/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Packet memory of one host: one block taken at ref_new(), cut into power-of-two classes on free
 * lists. Allocation and release are a few instructions; no system call, no malloc.
 */
#ifndef REF_ARENA_H
#define REF_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define ARENA_CLASS_MIN 7	/* 128 octets */
#define ARENA_CLASS_MAX 17	/* 128 KiB */

struct arena_free {
	struct arena_free *next;
};

struct arena {
	uint8_t *base;
	size_t len;
	size_t used;	/* octets cut so far: never shrinks before arena_reset() */
	struct arena_free *free[ARENA_CLASS_MAX + 1];
};

/* 0 or -ENOMEM. */
int arena_init(struct arena *a, size_t len);
void arena_done(struct arena *a);
/* Everything handed out is gone. */
void arena_reset(struct arena *a);
/* Octets of at least n, 16-aligned, content undefined; NULL: full, or n > 128 KiB. */
void *arena_alloc(struct arena *a, size_t n);
/* n: as asked for at arena_alloc(), or anything of the same class. */
void arena_free(struct arena *a, void *p, size_t n);
/* Real room of an allocation of n octets. */
size_t arena_room(size_t n);

#endif
