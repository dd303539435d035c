/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Lines of the world, left out one by one, the last first. */
#include <errno.h>
#include <string.h>

#include "fuzz/shrink_private.h"
#include "harness/call/call.h"

int shrink_copy_world(struct world *ret, const struct world *w, size_t out, struct errmsg *e)
{
	int err = 0;

	world_init(ret, w->file);
	for (size_t i = 0; i < w->line_nr && err == 0; i++)
		if (i != out)
			err = world_add_line(ret, w->lines[i].text, w->lines[i].line, e);
	if (err == 0)
		err = world_finish(ret, e);
	for (size_t i = 0; i < w->socket_nr && err >= 0; i++)
		if (w->step_socket[i])
			err = world_step_socket(ret, w->socket_name[i], w->socket_raw[i], e);
	if (err < 0)
		world_done(ret);
	return err < 0 ? err : 0;
}

/* Calls may say devices by their numbers, which a device that is left out would change. */
static bool is_needed(const struct world_line *line, const struct step *steps, size_t nr)
{
	bool device = line->verb == WORLD_WIRE ||
		      (line->verb == WORLD_IP && line->argc > 1 && *line->argv[0] == 'l');

	for (size_t i = 0; i < nr && device; i++)
		if (steps[i].type == STEP_CALL && steps[i].call->dev_nr)
			return true;
	return false;
}

/* Steps as they are in another world: wires and sockets by name. False: one is gone. */
static bool translate(struct step *to, const struct step *from, size_t nr, const struct world *w,
		      const struct world *other)
{
	for (size_t i = 0; i < nr; i++) {
		int idx = 0;

		if (from[i].type == STEP_CALL)
			idx = world_socket_idx(other, w->socket_name[from[i].chan]);
		else if (from[i].type == STEP_FRAME)
			idx = world_wire_idx(other, w->wires[from[i].chan].name);
		if (idx < 0)
			return false;
		to[i] = from[i];
		to[i].chan = (uint16_t)idx;
	}
	return true;
}

/*
 * A world that a stack refuses says nothing of the difference: the line was needed. 1: left out, 0:
 * it stays, -errno.
 */
static int try_without(struct shrinker *s, size_t line)
{
	struct shrunk *run = s->run;
	struct world smaller;
	int found = 0;

	if (is_needed(&run->world.lines[line], run->steps, run->nr) ||
	    shrink_copy_world(&smaller, &run->world, line, s->e) < 0)
		return 0;
	if (translate(s->trial, run->steps, run->nr, &run->world, &smaller))
		found = shrink_shows(s, &smaller, s->trial, run->nr);
	if (found <= 0) {
		world_done(&smaller);
		return found == -ENOMEM ? found : 0;
	}
	memcpy(run->steps, s->trial, run->nr * sizeof(*run->steps));
	world_done(&run->world);
	run->world = smaller;
	return 1;
}

int shrink_world(struct shrinker *s)
{
	for (size_t i = s->run->world.line_nr; i-- > 0 && !shrink_enough(s);) {
		int err = try_without(s, i);

		if (err < 0)
			return err;
	}
	return 0;
}
