/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The self-test of synchrony. Everything that the stack shows rests on this: when a send returns,
 * sockets are filled, answers are on the wire, counters and drops are booked. Receive packet
 * steering or a thread that does the receiving would break it silently, so it is tried:
 *
 *   1. 1000 datagrams, each of which must be there when its own send has returned;
 *   2. 100 echo requests, whose answers must be there likewise;
 *   3. 200 cases of several kinds, twice, which must show the same twice.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "harness/stack/live_frame.h"
#include "harness/stack/netns.h"

#define DATAGRAMS  1000
#define ECHOES	   100
#define CASES	   200
#define IP_ID_AT   18 /* from the Ethernet header on; the kernel draws it, */
#define IP_CSUM_AT 24 /* and the header's checksum follows */

static const char base_text[] = LIVE_WORLD "sysctl net.ipv4.icmp_ratemask=0\n"
					   "socket s udp bind 10.0.0.1:5000\n";

static int use_world(struct stack *s, struct errmsg *e)
{
	char text[sizeof(base_text)];
	struct world w;
	unsigned int nr = 0;
	int err = 0;

	memcpy(text, base_text, sizeof(text));
	world_init(&w, "self-test");
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line && !err;
	     line = strtok_r(NULL, "\n", &save))
		err = world_add_line(&w, line, ++nr, e);
	if (!err)
		err = world_finish(&w, e);
	if (!err)
		err = s->ops->world(s, &w, e);
	world_done(&w);
	return err;
}

/* Steps in which observations of a type are not one each, in their own step. */
static size_t late(const struct obs_list *out, enum obs_type type, uint32_t nr)
{
	uint32_t next = 0;
	size_t in_time = 0;

	for (size_t i = 0; i < out->nr; i++) {
		if (out->obs[i].type != type)
			continue;
		in_time += out->obs[i].step >= next;
		next = out->obs[i].step + 1;
	}
	return nr - in_time;
}

/* The same frame nr times, looked at after each. */
static int repeat(struct stack *s, const struct live_frame *f, uint32_t nr, enum obs_type type,
		  struct obs_list *out, struct errmsg *e)
{
	struct step steps[DATAGRAMS];
	struct plan plan = { .drain_every = 1, .count_every = nr };
	size_t missing;
	int err;

	for (uint32_t i = 0; i < nr; i++)
		steps[i] = live_step(f, i);
	obs_list_clear(out);
	err = s->ops->run(s, steps, nr, &plan, out, e);
	if (err)
		return err;
	missing = late(out, type, nr);
	if (missing)
		return errmsg_set(e, -ENODEV,
				  "netns: %zu of %u packets were not done with when their send "
				  "returned: is receive packet steering (RPS) or threaded NAPI on?",
				  missing, nr);
	return 0;
}

/* Every fourth: delivered, answered, refused, malformed. */
static void make_cases(struct live_frame *frames, struct step *steps)
{
	static const uint8_t payload[64];

	for (uint16_t i = 0; i < CASES; i++) {
		struct live_frame *f = &frames[i];

		switch (i % 4) {
		case 0:
			live_udp(f, (uint16_t)(1024 + i), 5000, payload, i % 64);
			break;
		case 1:
			live_echo(f, i, i % 64);
			break;
		case 2:
			live_udp(f, (uint16_t)(1024 + i), 5001, payload, i % 64);
			break;
		case 3:
			live_udp(f, (uint16_t)(1024 + i), 5000, payload, i % 64);
			f->data[14 + i % 20] ^= 0x10;
			break;
		}
		steps[i] = live_step(f, i);
	}
}

static bool same(const struct obs_list *a, const struct obs_list *b)
{
	if (a->nr != b->nr)
		return false;
	for (size_t i = 0; i < a->nr; i++) {
		const struct obs *x = &a->obs[i], *y = &b->obs[i];
		uint8_t *p = a->bytes + x->data_off, *q = b->bytes + y->data_off;

		if (x->type != y->type || x->chan != y->chan || x->step != y->step ||
		    x->name != y->name || x->flags != y->flags || x->value != y->value ||
		    x->data_len != y->data_len)
			return false;
		if (x->type == OBS_EMIT && x->data_len > IP_CSUM_AT + 1) {
			memcpy(q + IP_ID_AT, p + IP_ID_AT, 2);
			memcpy(q + IP_CSUM_AT, p + IP_CSUM_AT, 2);
		}
		if (memcmp(p, q, x->data_len) != 0)
			return false;
	}
	return true;
}

static int twice(struct stack *s, struct obs_list *first, struct obs_list *second, struct errmsg *e)
{
	static _Thread_local struct live_frame frames[CASES];
	struct step steps[CASES];
	struct plan plan = { .drain_every = 10, .count_every = 50 };
	int err;

	make_cases(frames, steps);
	obs_list_clear(first);
	obs_list_clear(second);
	err = s->ops->run(s, steps, CASES, &plan, first, e);
	if (!err)
		err = s->ops->run(s, steps, CASES, &plan, second, e);
	if (!err && !same(first, second))
		err = errmsg_set(e, -ENODEV,
				 "netns: %d cases did not show the same when run twice: is receive "
				 "packet steering (RPS) or threaded NAPI on?",
				 CASES);
	return err;
}

int netns_selftest(struct stack *s, enum netns_wire_kind kind, struct errmsg *e)
{
	static atomic_bool passed[2];
	struct obs_list first, second;
	struct live_frame f;
	int err;

	if (atomic_load(&passed[kind]))
		return 0;
	obs_list_init(&first);
	obs_list_init(&second);
	err = use_world(s, e);
	live_udp(&f, 4000, 5000, "self-test", 9);
	if (!err)
		err = repeat(s, &f, DATAGRAMS, OBS_DELIVER, &first, e);
	live_echo(&f, 1, 56);
	if (!err)
		err = repeat(s, &f, ECHOES, OBS_EMIT, &first, e);
	if (!err)
		err = twice(s, &first, &second, e);
	obs_list_done(&first);
	obs_list_done(&second);
	if (!err)
		atomic_store(&passed[kind], true);
	return err;
}
