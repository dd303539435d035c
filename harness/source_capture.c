/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The packets of a capture as steps: those that the host of the world is to receive. */
#include "harness/source_capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool room(struct capture_source *s, size_t len)
{
	size_t max = 2 * s->bytes_max + len + 65536;
	uint8_t *grown;

	if (len <= s->bytes_max - s->bytes_used)
		return true;
	grown = realloc(s->bytes, max);
	if (!grown)
		return false;
	s->bytes = grown;
	s->bytes_max = max;
	return true;
}

/*
 * Take a packet as step number s->nr. Until the chunk is whole, data is an offset: the buffer
 * still moves.
 */
static bool take(struct capture_source *s, const struct capture_packet *p, const uint8_t eth[14])
{
	if (!room(s, p->len))
		return false;
	memcpy(s->bytes + s->bytes_used, p->frame, p->len);
	memcpy(s->bytes + s->bytes_used, eth, 14);
	s->steps[s->nr++] = (struct step){
		.type = STEP_FRAME,
		.idx = (uint32_t)(p->nr - 1),
		.data = (const uint8_t *)(uintptr_t)s->bytes_used,
		.len = p->len,
	};
	s->bytes_used += p->len;
	return true;
}

/* The step that found no room in the chunk before becomes the first of this one. */
static void take_left_over(struct capture_source *s)
{
	size_t left = s->left_over ? s->steps[s->nr].len : 0;

	if (s->left_over) {
		s->steps[0] = s->steps[s->nr];
		memmove(s->bytes, s->bytes + s->bytes_used, left);
		s->steps[0].data = NULL;
	}
	s->nr = s->left_over ? 1 : 0;
	s->bytes_used = left;
	s->left_over = false;
}

static int capture_source_next(struct source *source, size_t max, size_t max_cost,
			       const struct step **ret, struct errmsg *e)
{
	struct capture_source *s = (struct capture_source *)source;
	size_t cost;

	take_left_over(s);
	cost = s->nr ? step_cost(&s->steps[0]) : 0;
	while (s->nr < max) {
		struct capture_packet p;
		uint8_t eth[14];
		enum capture_fate fate;
		int got = capture_next(s->capture, &p, e);

		if (got < 0 && s->nr == 0)
			return got;
		if (got <= 0)
			break;
		fate = capture_fate(s->world, &p, eth);
		s->fates[fate]++;
		if (fate != FATE_INJECT)
			continue;
		if (p.nr > UINT32_MAX)
			return errmsg_set(e, -EINVAL, "%s: more than %u packets",
					  capture_name(s->capture), UINT32_MAX);
		if (!take(s, &p, eth))
			return errmsg_set(e, -ENOMEM, "out of memory");
		cost += step_cost(&s->steps[s->nr - 1]);
		if (s->nr > 1 && cost > max_cost) {
			s->nr--;
			s->bytes_used -= s->steps[s->nr].len;
			s->left_over = true;
			break;
		}
	}
	for (size_t i = 0; i < s->nr; i++)
		s->steps[i].data = s->bytes + (uintptr_t)s->steps[i].data;
	*ret = s->steps;
	return (int)s->nr;
}

static int capture_source_rewind(struct source *source, struct errmsg *e)
{
	struct capture_source *s = (struct capture_source *)source;
	int err = capture_rewind(s->capture, e);

	if (err < 0)
		return err;
	s->nr = s->bytes_used = 0;
	s->left_over = false;
	memset(s->fates, 0, sizeof(s->fates));
	return 0;
}

void capture_source_init(struct capture_source *s, struct capture *c, const struct world *w)
{
	*s = (struct capture_source){
		.source = { .next = capture_source_next, .rewind = capture_source_rewind },
		.capture = c,
		.world = w,
	};
}

void capture_source_done(struct capture_source *s)
{
	free(s->bytes);
	s->bytes = NULL;
}
