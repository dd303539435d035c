/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The table of calls; calls in memory. */
#include "harness/call/call.h"

#include <stdlib.h>
#include <string.h>

#include "harness/step.h"

const struct call_row call_rows[CALL_TYPE_NR] = {
#define X(id, name, arg, words) [CALL_##id] = { #name, arg, words },
	CALLS(X)
#undef X
};

enum call_type call_by_name(const char *name, size_t len)
{
	int i = 0;

	while (i < CALL_TYPE_NR &&
	       (strlen(call_rows[i].name) != len || memcmp(call_rows[i].name, name, len) != 0))
		i++;
	return (enum call_type)i;
}

/* In this order: control messages are the octets that a kernel may want aligned. */
size_t call_parts(const struct call *c, struct call_part ret[CALL_PARTS])
{
	size_t sum = 0;

	ret[0] = (struct call_part){ c, sizeof(*c) };
	ret[1] = (struct call_part){ c->control, c->control ? c->control_len : 0 };
	ret[2] = (struct call_part){ c->addr, c->addr ? CALL_ADDR_ROOM : 0 };
	ret[3] = (struct call_part){ c->data, c->data ? c->data_len : 0 };
	for (size_t i = 0; i < CALL_PARTS; i++)
		sum += ret[i].len;
	return sum;
}

/* Pointers to where the parts are now: one behind the other. */
static void point(struct call *c)
{
	struct call_part parts[CALL_PARTS];
	uint8_t *at = (uint8_t *)(c + 1);

	call_parts(c, parts);
	c->control = c->control ? at : NULL;
	at += parts[1].len;
	c->addr = c->addr ? at : NULL;
	at += parts[2].len;
	c->data = c->data ? at : NULL;
}

struct call *call_copy(const struct call *c)
{
	struct call_part parts[CALL_PARTS];
	struct call *copy = malloc(call_parts(c, parts));
	uint8_t *to = (uint8_t *)copy;

	if (!copy)
		return NULL;
	for (size_t i = 0; i < CALL_PARTS; i++) {
		if (parts[i].len)
			memcpy(to, parts[i].data, parts[i].len);
		to += parts[i].len;
	}
	point(copy);
	return copy;
}

/* Do lengths and counts agree with each other? */
static bool is_sound(const struct call *c)
{
	uint64_t sum = 0;

	if (c->type >= CALL_TYPE_NR || c->chunk_nr > CALL_CHUNKS_MAX || c->dev_nr > CALL_DEVS_MAX ||
	    c->control_len > CALL_CONTROL_MAX || c->data_len > CALL_DATA_MAX ||
	    (!c->control && c->control_len) || (!c->data && c->data_len))
		return false;
	for (size_t i = 0; i < c->chunk_nr; i++)
		sum += c->chunk[i];
	if (call_rows[c->type].words & CALL_W_DATA)
		return sum == c->data_len;
	return c->data_len <= CALL_OPTION_MAX && c->len <= (int32_t)CALL_DATA_MAX;
}

struct call *call_unpack(void *octets, size_t len, size_t *ret_len)
{
	struct call_part parts[CALL_PARTS];
	struct call *c = octets;

	if (len < sizeof(*c) || !is_sound(c))
		return NULL;
	*ret_len = call_parts(c, parts);
	if (*ret_len > len)
		return NULL;
	point(c);
	return c;
}

void call_step_moved(struct step *s, uint8_t *octets)
{
	size_t len;

	s->data = octets;
	if (s->type == STEP_CALL)
		s->call = call_unpack(octets, s->len, &len);
}

size_t step_call_cost(const struct call *c)
{
	if (!(call_rows[c->type].words & CALL_W_DATA))
		return 0;
	return c->data_len + c->data_len / 4 + 900;
}
