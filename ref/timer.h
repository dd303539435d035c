/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Timers of one host, in virtual time. Embedded in what they belong to; no allocation. */
#ifndef REF_TIMER_H
#define REF_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ref;

struct ref_timer {
	struct ref_timer *prev, *next; /* sorted by time; NULL: not pending */
	uint64_t expires_ns;
	void (*fn)(struct ref *net, struct ref_timer *timer);
};

struct ref_timers {
	struct ref_timer head; /* ring; itself never due */
};

void timers_init(struct ref_timers *t);

/* Sets one that is not pending. Cheap when it is the latest of all, as fragment timers are. */
static inline void timer_add(struct ref_timers *t, struct ref_timer *timer, uint64_t expires_ns)
{
	struct ref_timer *after = t->head.prev;

	timer->expires_ns = expires_ns;
	while (after->expires_ns > expires_ns && after != &t->head)
		after = after->prev;
	timer->prev = after;
	timer->next = after->next;
	after->next->prev = timer;
	after->next = timer;
}

/* True: it was pending. */
static inline bool timer_del(struct ref_timer *timer)
{
	if (!timer->next)
		return false;
	timer->prev->next = timer->next;
	timer->next->prev = timer->prev;
	timer->next = timer->prev = NULL;
	return true;
}

/* Sets or moves. */
static inline void timer_mod(struct ref_timers *t, struct ref_timer *timer, uint64_t expires_ns)
{
	timer_del(timer);
	timer_add(t, timer, expires_ns);
}

/*
 * Run what is due at now_ns, in order, the youngest of equals first; net->now_ns is each timer's
 * own time while it runs.
 */
void timers_run(struct ref *net, uint64_t now_ns);

/* UINT64_MAX: none. */
static inline uint64_t timers_next_ns(const struct ref_timers *t)
{
	return t->head.next->expires_ns;
}

static inline bool timer_pending(const struct ref_timer *timer)
{
	return timer->next != NULL;
}

#endif
