/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A ring sorted by time. Almost every timer of this host has the same length, so a new one
 * belongs at the end: the search starts there.
 */
#include "ref/timer.h"

#include "ref/net.h"

void timers_init(struct ref_timers *t)
{
	t->head.next = t->head.prev = &t->head;
	t->head.expires_ns = UINT64_MAX;
}

/*
 * Those due at the same time as the first run youngest first: the kernel puts a timer in front of
 * the others of its bucket. Mirrors: enqueue_timer(), expire_timers().
 */
static void turn_round(struct ref_timer *head)
{
	struct ref_timer *first = head->next, *after = first->next;

	while (after != head && after->expires_ns == first->expires_ns) {
		struct ref_timer *timer = after;

		after = timer->next;
		timer->next = head->next;
		head->next->prev = timer;
		timer->prev = head;
		head->next = timer;
	}
	first->next = after;
	after->prev = first;
}

void timers_run(struct ref *net, uint64_t now_ns)
{
	struct ref_timer *head = &net->timers.head;
	uint64_t turned_ns = UINT64_MAX;

	while (head->next->expires_ns <= now_ns) {
		struct ref_timer *timer;

		if (head->next->expires_ns != turned_ns) {
			turned_ns = head->next->expires_ns;
			turn_round(head);
		}
		timer = head->next;
		if (timer->expires_ns > net->now_ns)
			net->now_ns = timer->expires_ns;
		timer_del(timer);
		timer->fn(net, timer);
	}
	net->now_ns = now_ns;
}
