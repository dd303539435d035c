/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The list of observations: two arrays that grow and are used again. */
#include "harness/obs.h"

#include <stdlib.h>
#include <string.h>

#define OBS_NR_MIN    256
#define OBS_BYTES_MIN 65536u

static const char *const type_names[OBS_TYPE_NR] = {
	[OBS_DELIVER] = "deliver", [OBS_ERROR] = "error", [OBS_RETURN] = "return",
	[OBS_EMIT] = "emit",	   [OBS_DROP] = "drop",	  [OBS_COUNT] = "count",
	[OBS_STAT] = "stat",
};

static const char *const stat_names[OBS_STAT_NR] = {
#define X(id, name) [OBS_STAT_##id] = #name,
	OBS_STATS(X)
#undef X
};

const char *obs_type_name(enum obs_type type)
{
	return type_names[type];
}

const char *obs_stat_name(enum obs_stat stat)
{
	return stat_names[stat];
}

void obs_list_init(struct obs_list *l)
{
	*l = (struct obs_list){ .obs = NULL };
}

void obs_list_done(struct obs_list *l)
{
	free(l->obs);
	free(l->bytes);
	obs_list_init(l);
}

struct obs *obs_add(struct obs_list *l, enum obs_type type, uint32_t step)
{
	struct obs *obs;

	if (l->nr == l->max) {
		size_t max = l->max ? 2 * l->max : OBS_NR_MIN;
		struct obs *grown = realloc(l->obs, max * sizeof(*grown));

		if (!grown) {
			l->lost = true;
			return NULL;
		}
		l->obs = grown;
		l->max = max;
	}
	obs = &l->obs[l->nr++];
	*obs = (struct obs){ .type = (uint8_t)type, .step = step };
	return obs;
}

uint8_t *obs_room(struct obs_list *l, size_t n)
{
	size_t max = l->bytes_max ? l->bytes_max : OBS_BYTES_MIN;
	uint8_t *grown;

	if (n <= l->bytes_max - l->bytes_used)
		return l->bytes + l->bytes_used;
	while (max - l->bytes_used < n && max <= UINT32_MAX / 2)
		max *= 2;
	grown = max - l->bytes_used < n ? NULL : realloc(l->bytes, max);
	if (!grown) {
		l->lost = true;
		return NULL;
	}
	l->bytes = grown;
	l->bytes_max = max;
	return l->bytes + l->bytes_used;
}

uint32_t obs_take(struct obs_list *l, size_t n)
{
	uint32_t off = (uint32_t)l->bytes_used;

	l->bytes_used += n;
	return off;
}

uint32_t obs_put(struct obs_list *l, const void *data, size_t n)
{
	uint8_t *room = obs_room(l, n);

	if (!room)
		return UINT32_MAX;
	if (n > 0)
		memcpy(room, data, n);
	return obs_take(l, n);
}
