/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Differences with all that a report needs, one for each fingerprint. */
#include "harness/run_keep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/call/call.h"
#include "ref/ref.h"

void trail_done(struct trail *t)
{
	free(t->text);
	free(t->entry);
	*t = (struct trail){ .text = NULL };
}

static bool trail_room(struct trail *t, size_t len)
{
	if (t->used + len > TRAIL_TEXT_MAX)
		return false;
	if (t->used + len > t->max) {
		size_t max = 2 * t->max + len + 4096;
		char *grown = realloc(t->text, max);

		if (!grown)
			return false;
		t->text = grown;
		t->max = max;
	}
	if (t->nr == t->entry_max) {
		size_t max = 2 * t->entry_max + 256;
		struct trail_entry *grown = realloc(t->entry, max * sizeof(*grown));

		if (!grown)
			return false;
		t->entry = grown;
		t->entry_max = max;
	}
	return true;
}

void trail_say(void *ctx, uint32_t step, const char *func, const char *what)
{
	struct trail *t = ctx;
	size_t len = strlen(func) + strlen(what) + 4;

	if (t->full || !trail_room(t, len)) {
		t->full = true;
		return;
	}
	t->entry[t->nr++] = (struct trail_entry){ .step = step, .off = t->used };
	t->used += (size_t)snprintf(t->text + t->used, len, "%s: %s\n", func, what);
}

char *trail_of(const struct trail *t, uint32_t step)
{
	size_t first = 0, end, from, to;
	char *text;

	while (first < t->nr && t->entry[first].step != step)
		first++;
	end = first;
	while (end < t->nr && t->entry[end].step == step)
		end++;
	from = first < t->nr ? t->entry[first].off : t->used;
	to = end < t->nr ? t->entry[end].off : t->used;
	text = malloc(to - from + 1);
	if (!text)
		return NULL;
	if (to > from)
		memcpy(text, t->text + from, to - from);
	text[to - from] = '\0';
	return text;
}

static bool copy_range(struct obs_list *to, const struct obs_range *r)
{
	obs_list_init(to);
	for (size_t i = r->first; i < r->end; i++) {
		const struct obs *from = &r->list->obs[i];
		struct obs *obs = obs_add(to, (enum obs_type)from->type, from->step);

		if (!obs)
			return false;
		*obs = *from;
		obs->data_off = obs_put(to, r->list->bytes + from->data_off, from->data_len);
		obs->ctrl_off = obs_put(to, r->list->bytes + from->ctrl_off, from->ctrl_len);
		obs->text_off = obs_put(to, r->list->bytes + from->text_off, from->text_len);
	}
	return !to->lost;
}

/* What a stack did, without what depends on the packet. */
static void did(char *buf, size_t size, const struct obs *obs, const struct obs_list *l)
{
	const char *name = NULL;

	if (!obs) {
		snprintf(buf, size, "nothing");
		return;
	}
	if (obs->type == OBS_RETURN)
		name = obs->flags ? strerrorname_np((int)obs->flags) : "0";
	else if (obs->type == OBS_ERROR)
		name = strerrorname_np((int)obs->flags);
	else if (obs->type == OBS_DROP && obs->name != OBS_NAME_OTHER)
		name = ref_drop_name(obs->name);
	if (obs->type == OBS_DROP && obs->name == OBS_NAME_OTHER) {
		snprintf(buf, size, "drop %.*s", (int)obs->text_len,
			 (const char *)l->bytes + obs->text_off);
		buf[5 + strcspn(buf + 5, " ")] = '\0';
	} else {
		snprintf(buf, size, "%s%s%s", obs_type_name((enum obs_type)obs->type),
			 name ? " " : "", name ? name : "");
	}
}

/* The last decision of a trail: where the stack made up its mind. */
static void last_decision(char *buf, size_t size, const char *trail)
{
	size_t len = strlen(trail), start;

	if (len > 0 && trail[len - 1] == '\n')
		len--;
	start = len;
	while (start > 0 && trail[start - 1] != '\n')
		start--;
	snprintf(buf, size, "%.*s", (int)(len - start), trail + start);
}

static void fingerprint(char *buf, size_t size, const struct finding *f, const char *trail)
{
	char point[128], a[64], b[64];

	last_decision(point, sizeof(point), trail);
	did(a, sizeof(a), f->diff->a, f->a.list);
	did(b, sizeof(b), f->diff->b, f->b.list);
	snprintf(buf, size, "%.127s | %.63s | %.60s | %.60s", *point ? point : "-", f->diff->field,
		 a, b);
}

static void divergence_done(struct divergence *d)
{
	obs_list_done(&d->a);
	obs_list_done(&d->b);
	free(d->frame);
	free(d->call);
	free(d->trail_a);
	free(d->trail_b);
}

void run_result_done(struct run_result *r)
{
	for (size_t i = 0; i < r->div_nr; i++)
		divergence_done(&r->div[i]);
	free(r->div);
	*r = (struct run_result){ .div = NULL };
}

/* The observation of the copy that stands where `of` stood in the range. */
static const struct obs *same_place(const struct obs_list *copy, const struct obs_range *r,
				    const struct obs *of)
{
	return of ? &copy->obs[of - &r->list->obs[r->first]] : NULL;
}

static bool fill(struct divergence *d, const struct finding *f)
{
	size_t len = f->step->type == STEP_FRAME ? f->step->len : 0;

	d->diff = *f->diff;
	d->step = *f->step;
	d->step.data = NULL;
	d->step.call = NULL;
	d->confirmed = f->confirmed;
	d->note = f->note;
	if (!copy_range(&d->a, &f->a) || !copy_range(&d->b, &f->b))
		return false;
	d->diff.a = same_place(&d->a, &f->a, f->diff->a);
	d->diff.b = same_place(&d->b, &f->b, f->diff->b);
	if (len > 0) {
		d->frame = malloc(len);
		if (!d->frame)
			return false;
		memcpy(d->frame, f->step->data, len);
		d->step.data = d->frame;
	}
	if (f->step->type == STEP_CALL) {
		d->call = call_copy(f->step->call);
		d->step.call = d->call;
		return d->call != NULL;
	}
	return true;
}

int run_keep(struct run_result *res, size_t keep_max, const struct finding *f, struct errmsg *e)
{
	struct divergence d = { .count = 1 }, *grown;

	res->differing++;
	d.trail_a = trail_of(f->trail_a, f->step->idx);
	d.trail_b = trail_of(f->trail_b, f->step->idx);
	if (!d.trail_a || !d.trail_b)
		goto no_memory;
	fingerprint(d.fingerprint, sizeof(d.fingerprint), f, *d.trail_a ? d.trail_a : d.trail_b);
	for (size_t i = 0; i < res->div_nr; i++)
		if (strcmp(res->div[i].fingerprint, d.fingerprint) == 0) {
			res->div[i].count++;
			divergence_done(&d);
			return 0;
		}
	if (res->div_nr == keep_max) {
		res->other++;
		divergence_done(&d);
		return 0;
	}
	if (!fill(&d, f))
		goto no_memory;
	grown = realloc(res->div, (res->div_nr + 1) * sizeof(*grown));
	if (!grown)
		goto no_memory;
	res->div = grown;
	res->div[res->div_nr++] = d;
	return 0;

no_memory:
	divergence_done(&d);
	return errmsg_set(e, -ENOMEM, "out of memory");
}
