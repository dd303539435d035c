/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Comparison of two lists of observations, and the name of what differs first. */
#include "harness/compare/compare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/call/call.h"
#include "harness/compare/frame_diff.h"
#include "harness/text.h"
#include "harness/trace.h"
#include "harness/trace_ctrl.h"
#include "harness/world/ip_words.h"
#include "ref/ref.h"

/* Place within a group: deliveries and errors share one, for both are results of calls. */
static const uint8_t phase[OBS_TYPE_NR] = {
	[OBS_DELIVER] = 0, [OBS_ERROR] = 0, [OBS_RETURN] = 0, [OBS_EMIT] = 1,
	[OBS_DROP] = 2,	   [OBS_COUNT] = 3, [OBS_STAT] = 4,
};

struct obs_range obs_step_range(struct obs_range *r, uint32_t step)
{
	struct obs_range found = { .list = r->list, .first = r->first };

	while (r->first < r->end && r->list->obs[r->first].step == step)
		r->first++;
	found.end = r->first;
	return found;
}

static int text_cmp(const struct obs_list *la, const struct obs *a, const struct obs_list *lb,
		    const struct obs *b)
{
	size_t n = a->text_len < b->text_len ? a->text_len : b->text_len;
	int cmp = n ? memcmp(la->bytes + a->text_off, lb->bytes + b->text_off, n) : 0;

	return cmp ? cmp : (a->text_len > b->text_len) - (a->text_len < b->text_len);
}

int obs_slot_cmp(const struct obs_list *la, const struct obs *a, const struct obs_list *lb,
		 const struct obs *b)
{
	if (a->step != b->step)
		return a->step < b->step ? -1 : 1;
	if (phase[a->type] != phase[b->type])
		return phase[a->type] - phase[b->type];
	if (a->type == OBS_DROP)
		return 0;
	if (a->type == OBS_COUNT) {
		if (a->name != b->name)
			return a->name - b->name;
		return a->name == OBS_NAME_OTHER ? text_cmp(la, a, lb, b) : 0;
	}
	if (a->chan != b->chan)
		return a->chan - b->chan;
	return a->type == OBS_STAT ? a->name - b->name : 0;
}

static bool same_octets(const struct obs_list *la, uint32_t off_a, uint32_t len_a,
			const struct obs_list *lb, uint32_t off_b, uint32_t len_b)
{
	return len_a == len_b &&
	       (len_a == 0 || memcmp(la->bytes + off_a, lb->bytes + off_b, len_a) == 0);
}

/* The name of a drop reason that the reference lacks: its text up to a space. */
static bool same_other_reason(const struct obs_list *la, const struct obs *a,
			      const struct obs_list *lb, const struct obs *b)
{
	const char *ta = (const char *)la->bytes + a->text_off;
	const char *tb = (const char *)lb->bytes + b->text_off;
	const char *space_a = a->text_len ? memchr(ta, ' ', a->text_len) : NULL;
	const char *space_b = b->text_len ? memchr(tb, ' ', b->text_len) : NULL;
	size_t na = space_a ? (size_t)(space_a - ta) : a->text_len;
	size_t nb = space_b ? (size_t)(space_b - tb) : b->text_len;

	return na == nb && (na == 0 || memcmp(ta, tb, na) == 0);
}

bool obs_equal(const struct obs_list *la, const struct obs *a, const struct obs_list *lb,
	       const struct obs *b)
{
	if (a->type != b->type)
		return false;
	switch ((enum obs_type)a->type) {
	case OBS_DELIVER:
		return a->chan == b->chan && a->addr == b->addr && a->port == b->port &&
		       a->flags == b->flags && a->value == b->value && a->name == b->name &&
		       a->truncated == b->truncated &&
		       same_octets(la, a->data_off, a->data_len, lb, b->data_off, b->data_len) &&
		       same_octets(la, a->ctrl_off, a->ctrl_len, lb, b->ctrl_off, b->ctrl_len);
	case OBS_ERROR:
		return a->chan == b->chan && a->flags == b->flags;
	case OBS_RETURN:
		return a->chan == b->chan && a->name == b->name && a->flags == b->flags &&
		       a->value == b->value && a->addr == b->addr &&
		       same_octets(la, a->data_off, a->data_len, lb, b->data_off, b->data_len);
	case OBS_EMIT:
		return a->chan == b->chan &&
		       same_octets(la, a->data_off, a->data_len, lb, b->data_off, b->data_len);
	case OBS_DROP:
		return a->name == b->name &&
		       (a->name != OBS_NAME_OTHER || same_other_reason(la, a, lb, b));
	case OBS_COUNT:
		return a->name == b->name && a->value == b->value &&
		       (a->name != OBS_NAME_OTHER || text_cmp(la, a, lb, b) == 0);
	case OBS_STAT:
		return a->chan == b->chan && a->name == b->name && a->value == b->value;
	case OBS_TYPE_NR:
		break;
	}
	return false;
}

/* ---- naming what differs ---- */

static void say(struct diff *d, const char *field, const char *a, const char *b)
{
	snprintf(d->field, sizeof(d->field), "%s", field);
	snprintf(d->detail, sizeof(d->detail), "%.70s, %.70s", a, b);
}

static void say_numbers(struct diff *d, const char *field, int64_t a, int64_t b)
{
	char ta[24], tb[24];

	snprintf(ta, sizeof(ta), "%" PRId64, a);
	snprintf(tb, sizeof(tb), "%" PRId64, b);
	say(d, field, ta, tb);
}

/* "8 octets at 4": where two runs of octets begin to differ. */
static void say_octets(struct diff *d, const char *field, const uint8_t *a, size_t a_len,
		       const uint8_t *b, size_t b_len)
{
	size_t n = a_len < b_len ? a_len : b_len, at = 0;

	while (at < n && a[at] == b[at])
		at++;
	snprintf(d->field, sizeof(d->field), "%s", field);
	if (at < n)
		snprintf(d->detail, sizeof(d->detail), "0x%02x, 0x%02x at octet %zu", a[at], b[at],
			 at);
	else
		snprintf(d->detail, sizeof(d->detail), "%zu octets, %zu octets", a_len, b_len);
}

/* The first control message that differs, by its word. */
static void say_ctrl(struct diff *d, const struct obs_list *la, const struct obs_list *lb)
{
	size_t at_a = 0, at_b = 0;

	for (;;) {
		struct obs_cmsg ca = { .level = 0 }, cb = { .level = 0 };
		const uint8_t *da = NULL, *db = NULL;
		bool has_a = ctrl_next(la, d->a, &at_a, &ca, &da);
		bool has_b = ctrl_next(lb, d->b, &at_b, &cb, &db);
		const struct ctrl_word *row;
		char name[48];

		if (!has_a && !has_b)
			return;
		if (has_a && has_b && memcmp(&ca, &cb, sizeof(ca)) == 0 &&
		    (ca.len == 0 || memcmp(da, db, ca.len) == 0))
			continue;
		row = has_a ? ctrl_by_type(ca.level, ca.type) : ctrl_by_type(cb.level, cb.type);
		snprintf(name, sizeof(name), "control message %s", row ? row->word : "");
		if (has_a && has_b && ca.level == cb.level && ca.type == cb.type)
			say_octets(d, name, da, ca.len, db, cb.len);
		else
			say(d, name, has_a ? "there" : "not there",
			    has_b ? has_a ? "another" : "there" : "not there");
		return;
	}
}

static void say_deliver(struct diff *d, const struct obs_list *la, const struct obs_list *lb)
{
	const struct obs *a = d->a, *b = d->b;
	char ta[IP_TEXT_MAX], tb[IP_TEXT_MAX], fa[TRACE_FLAGS_MAX], fb[TRACE_FLAGS_MAX];

	if (!same_octets(la, a->data_off, a->data_len, lb, b->data_off, b->data_len)) {
		say_octets(d, "payload", la->bytes + a->data_off, a->data_len,
			   lb->bytes + b->data_off, b->data_len);
	} else if (a->addr != b->addr) {
		say(d, "sender address", ip_text(ta, a->addr), ip_text(tb, b->addr));
	} else if (a->port != b->port) {
		say_numbers(d, "sender port", a->port, b->port);
	} else if (a->value != b->value) {
		say_numbers(d, "returned length", a->value, b->value);
	} else if (a->name != b->name) {
		say_numbers(d, "length of the sender's name", (int16_t)a->name + 16,
			    (int16_t)b->name + 16);
	} else if (a->flags != b->flags) {
		trace_flags_text(fa, sizeof(fa), a->flags);
		trace_flags_text(fb, sizeof(fb), b->flags);
		say(d, "message flags", fa, fb);
	} else {
		say_ctrl(d, la, lb);
	}
}

static const char *error_name(uint32_t err)
{
	const char *name = strerrorname_np((int)err);

	return name ? name : "?";
}

static const char *call_name(const struct obs *obs)
{
	return obs->name < CALL_TYPE_NR ? call_rows[obs->name].name : "?";
}

static void say_return(struct diff *d, const struct obs_list *la, const struct obs_list *lb)
{
	const struct obs *a = d->a, *b = d->b;
	char field[64];

	if (a->name != b->name) {
		say(d, "call that returned", call_name(a), call_name(b));
		return;
	}
	snprintf(field, sizeof(field), "errno of %s", call_name(a));
	if (a->flags != b->flags) {
		say(d, field, a->flags ? error_name(a->flags) : "0",
		    b->flags ? error_name(b->flags) : "0");
		return;
	}
	if (a->value != b->value || a->addr != b->addr) {
		snprintf(field, sizeof(field), "%s of %s",
			 a->value != b->value ? "value" : "length", call_name(a));
		if (a->value != b->value)
			say_numbers(d, field, a->value, b->value);
		else
			say_numbers(d, field, (int32_t)a->addr, (int32_t)b->addr);
		return;
	}
	snprintf(field, sizeof(field), "octets of %s", call_name(a));
	say_octets(d, field, la->bytes + a->data_off, a->data_len, lb->bytes + b->data_off,
		   b->data_len);
}

static const char *reason_name(char *buf, size_t size, const struct obs_list *l,
			       const struct obs *obs)
{
	if (obs->name != OBS_NAME_OTHER)
		return ref_drop_name(obs->name);
	snprintf(buf, size, "%.*s", (int)obs->text_len, (const char *)l->bytes + obs->text_off);
	buf[strcspn(buf, " ")] = '\0';
	return buf;
}

/* Name of the counter or statistic for `field`. */
static void moved_name(char *buf, size_t size, const struct obs_list *l, const struct obs *obs)
{
	if (obs->type == OBS_STAT)
		snprintf(buf, size, "statistic %s", obs_stat_name((enum obs_stat)obs->name));
	else if (obs->name == OBS_NAME_OTHER)
		snprintf(buf, size, "counter %.*s", (int)obs->text_len,
			 (const char *)l->bytes + obs->text_off);
	else
		snprintf(buf, size, "counter %s", ref_mib_name(obs->name));
}

/* Only one side has it. */
static void say_alone(struct diff *d, const struct obs_list *l, const struct obs *obs, bool is_a)
{
	static const char *const what[OBS_TYPE_NR] = {
		[OBS_DELIVER] = "delivery",
		[OBS_ERROR] = "socket error",
		[OBS_RETURN] = "return of a call",
		[OBS_EMIT] = "emitted packet",
		[OBS_DROP] = "drop",
	};
	char name[64], value[48] = "there";

	if (obs->type == OBS_COUNT || obs->type == OBS_STAT) {
		moved_name(name, sizeof(name), l, obs);
		if (is_a)
			say_numbers(d, name, obs->value, 0);
		else
			say_numbers(d, name, 0, obs->value);
		return;
	}
	if (obs->type == OBS_DROP)
		snprintf(value, sizeof(value), "%.47s", reason_name(name, sizeof(name), l, obs));
	else if (obs->type == OBS_ERROR)
		snprintf(value, sizeof(value), "%s", error_name(obs->flags));
	say(d, what[obs->type], is_a ? value : "none", is_a ? "none" : value);
}

static const char *result_name(const struct obs *obs)
{
	switch ((enum obs_type)obs->type) {
	case OBS_ERROR:
		return error_name(obs->flags);
	case OBS_RETURN:
		return call_name(obs);
	default:
		return "a datagram";
	}
}

static void say_both(struct diff *d, const struct obs_list *la, const struct obs_list *lb)
{
	const struct obs *a = d->a, *b = d->b;
	char name[64], ta[64], tb[64];

	if (a->type != b->type) {
		say(d, "result of the call", result_name(a), result_name(b));
		return;
	}
	switch ((enum obs_type)a->type) {
	case OBS_DELIVER:
		say_deliver(d, la, lb);
		break;
	case OBS_ERROR:
		say(d, "errno", error_name(a->flags), error_name(b->flags));
		break;
	case OBS_RETURN:
		say_return(d, la, lb);
		break;
	case OBS_EMIT:
		frame_diff(la->bytes + a->data_off, a->data_len, lb->bytes + b->data_off,
			   b->data_len, d->field, sizeof(d->field), d->detail, sizeof(d->detail));
		break;
	case OBS_DROP:
		say(d, "drop reason", reason_name(ta, sizeof(ta), la, a),
		    reason_name(tb, sizeof(tb), lb, b));
		break;
	case OBS_COUNT:
	case OBS_STAT:
		moved_name(name, sizeof(name), la, a);
		say_numbers(d, name, a->value, b->value);
		break;
	case OBS_TYPE_NR:
		break;
	}
}

/* The next observation of a wanted type at or after i. */
static size_t skip(const struct obs_range *r, size_t i, uint32_t types)
{
	while (i < r->end && !(types & OBS_BIT(r->list->obs[i].type)))
		i++;
	return i;
}

void compare(struct obs_range a, struct obs_range b, uint32_t types, struct diff *ret)
{
	size_t i = skip(&a, a.first, types), j = skip(&b, b.first, types);
	const struct obs *oa, *ob;
	int order;

	*ret = (struct diff){ .found = false };
	while (i < a.end && j < b.end && a.list->obs[i].step == b.list->obs[j].step &&
	       obs_equal(a.list, &a.list->obs[i], b.list, &b.list->obs[j])) {
		i = skip(&a, i + 1, types);
		j = skip(&b, j + 1, types);
	}
	if (i == a.end && j == b.end)
		return;
	oa = i < a.end ? &a.list->obs[i] : NULL;
	ob = j < b.end ? &b.list->obs[j] : NULL;
	order = !oa ? 1 : !ob ? -1 : obs_slot_cmp(a.list, oa, b.list, ob);
	ret->found = true;
	ret->a = order <= 0 ? oa : NULL;
	ret->b = order >= 0 ? ob : NULL;
	ret->next_a = i + (order <= 0);
	ret->next_b = j + (order >= 0);
	ret->step = order <= 0 ? oa->step : ob->step;
	ret->type = (enum obs_type)(order <= 0 ? oa->type : ob->type);
	if (order == 0)
		say_both(ret, a.list, b.list);
	else
		say_alone(ret, order < 0 ? a.list : b.list, order < 0 ? oa : ob, order < 0);
}
