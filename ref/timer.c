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

bool timer_del(struct ref *net, struct ref_timer *timer)
{
	(void)net;
	if (!timer->next)
		return false;
	timer->prev->next = timer->next;
	timer->next->prev = timer->prev;
	timer->next = timer->prev = NULL;
	return true;
}

void timer_mod(struct ref *net, struct ref_timer *timer, uint64_t expires_ns)
{
	struct ref_timer *head = &net->timers.head, *after;

	timer_del(net, timer);
	timer->expires_ns = expires_ns;
	after = head->prev;
	while (after != head && after->expires_ns > expires_ns)
		after = after->prev;
	timer->prev = after;
	timer->next = after->next;
	after->next->prev = timer;
	after->next = timer;
}

void timers_run(struct ref *net, uint64_t now_ns)
{
	struct ref_timer *head = &net->timers.head;

	while (head->next->expires_ns <= now_ns) {
		struct ref_timer *timer = head->next;

		if (timer->expires_ns > net->now_ns)
			net->now_ns = timer->expires_ns;
		timer_del(net, timer);
		timer->fn(net, timer);
	}
	net->now_ns = now_ns;
}
