/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The report as JSON lines: one object per line. Three kinds of record:
 *
 * {"record": "case",
 *  "case": NAME, "file": PATH, "kind": "capture" | "case",
 *  "stacks": ["ref 6.18", "netns 6.18.44 tap"],     one or two
 *  "verdict": "parity" | "divergence" | "failed" | "ran" (one stack alone),
 *  "error": TEXT                                    only when a stack or the input failed
 *  "steps": N, "differing": N,                      steps that ran; steps that differ
 *  "known": N,                                      differences that are listed, not counted
 *  "compared": ["deliver", "error", "emit", "drop", "count", "stat"],
 *  "not_compared": [...], "cannot": [TEXT, ...],    and why, by the stacks
 *  "observations": [{"deliver": N, ...}, {...}],    per stack
 *  "divergences": [
 *    {"step": N,                                    from 0
 *     "packet": N,                                  captures: from 1
 *     "line": N,                                    cases: of the file
 *     "fingerprint": TEXT,                          decision | field | what one did | the other
 *     "count": N,                                   steps with this fingerprint
 *     "confirmed": BOOL, "note": TEXT,
 *     "type": "deliver" | ..., "field": TEXT, "detail": TEXT,
 *     "traces": [[LINE, ...], [LINE, ...]],         of that step, as `--trace` prints them
 *     "rows": [[MARK, N, N], ...],                  the same side by side: see align.h; N: which
 *                                                   line of either, from 0, or null
 *     "decisions": [["FUNCTION: WHAT", ...], [...]],
 *     "frame": HEX,                                 what was received, or
 *     "call": TEXT,                                 the socket call, or
 *     "sleep_ns": N,                                the time that passed
 *     "repeat": COMMAND}, ...],
 *  "other_differing": N}                            differing steps whose kinds are not listed
 *
 * {"record": "error", "error": TEXT}                what failed that is of no case: an input
 *
 * {"record": "summary", "cases": N, "parity": N, "diverging": N, "failed": N, "steps": N,
 *  "differing": N, "exit": N, "version": TEXT}
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "harness/call/call.h"
#include "harness/report/align.h"
#include "harness/report/report.h"
#include "harness/text.h"
#include "harness/trace.h"

/* jansson's functions that steal references take NULL as an error, which the dump then shows. */

/*
 * Names that people chose may be no UTF-8, nor what was cut in the middle of a character: jansson
 * has no string for that.
 */
static json_t *any_string(const char *text)
{
	json_t *string = json_string(text);
	char *copy;

	if (string)
		return string;
	copy = strdup(text);
	if (!copy)
		return NULL;
	for (char *p = copy; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	string = json_string(copy);
	free(copy);
	return string;
}

static json_t *types_array(uint32_t types)
{
	json_t *array = json_array();

	for (int i = 0; i < OBS_TYPE_NR; i++)
		if (types & OBS_BIT(i))
			json_array_append_new(array, json_string(obs_type_name((enum obs_type)i)));
	return array;
}

static json_t *counts_object(const uint64_t *nr)
{
	json_t *object = json_object();

	for (int i = 0; i < OBS_TYPE_NR; i++)
		json_object_set_new(object, obs_type_name((enum obs_type)i),
				    json_integer((json_int_t)nr[i]));
	return object;
}

static json_t *trace_array(const struct world *w, const struct obs_list *l, char *buf)
{
	json_t *array = json_array();

	for (size_t i = 0; i < l->nr; i++) {
		trace_line(buf, TRACE_LINE_MAX, w, l, &l->obs[i]);
		json_array_append_new(array, any_string(buf));
	}
	return array;
}

static json_t *trail_array(const char *trail)
{
	json_t *array = json_array();

	while (*trail) {
		size_t len = strcspn(trail, "\n");

		json_array_append_new(array, json_stringn(trail, len));
		trail += len + (trail[len] == '\n');
	}
	return array;
}

static json_t *hex_string(const uint8_t *data, size_t len, char *buf)
{
	struct text t = text_init(buf, TRACE_LINE_MAX);

	text_hex(&t, data, len);
	return json_stringn(buf, t.len);
}

static json_t *place(const struct obs *obs, const struct obs_list *l)
{
	return obs ? json_integer(obs - l->obs) : json_null();
}

static json_t *rows_array(const struct report_case *c, const struct divergence *d)
{
	struct align at = { .d = d, .types = c->res->types };
	struct align_row row;
	json_t *array = json_array();

	while (align_next(&at, &row))
		json_array_append_new(array, json_pack("[s#, o, o]", &row.mark, 1,
						       place(row.a, &d->a), place(row.b, &d->b)));
	return array;
}

/* What happened in the step. */
static void add_step(json_t *object, const struct report_case *c, const struct divergence *d,
		     char *buf)
{
	struct text t = text_init(buf, TRACE_LINE_MAX);

	switch (d->step.type) {
	case STEP_FRAME:
		json_object_set_new(object, "frame", hex_string(d->frame, d->step.len, buf));
		break;
	case STEP_SLEEP:
		json_object_set_new(object, "sleep_ns", json_integer((json_int_t)d->step.sleep_ns));
		break;
	case STEP_CALL:
		call_text(&t, c->w, d->step.chan, d->step.call, TRACE_LINE_MAX / 2);
		json_object_set_new(object, "call", any_string(buf));
		break;
	}
}

static json_t *divergence_object(const struct report_case *c, const struct divergence *d, char *buf)
{
	json_t *object = json_pack(
		"{s:I, s:o, s:I, s:b, s:s, s:s, s:o, s:o}", "step", (json_int_t)d->step.idx,
		"fingerprint", any_string(d->fingerprint), "count", (json_int_t)d->count,
		"confirmed", d->confirmed, "note", d->note, "type", obs_type_name(d->diff.type),
		"field", any_string(d->diff.field), "detail", any_string(d->diff.detail));

	if (c->capture)
		json_object_set_new(object, "packet", json_integer((json_int_t)d->step.idx + 1));
	else
		json_object_set_new(object, "line", json_integer(d->step.line));
	json_object_set_new(
		object, "traces",
		json_pack("[o, o]", trace_array(c->w, &d->a, buf), trace_array(c->w, &d->b, buf)));
	json_object_set_new(object, "decisions",
			    json_pack("[o, o]", trail_array(d->trail_a), trail_array(d->trail_b)));
	json_object_set_new(object, "rows", rows_array(c, d));
	add_step(object, c, d, buf);
	json_object_set_new(object, "repeat", any_string(c->repeat));
	return object;
}

const char *report_verdict(const struct report_case *c)
{
	if (c->res->differing)
		return "divergence";
	if (c->failed)
		return "failed";
	return c->b ? "parity" : "ran";
}

static json_t *case_object(const struct report_case *c, char *buf)
{
	json_t *object =
		json_pack("{s:s, s:o, s:o, s:s, s:s, s:I, s:I, s:o}", "record", "case", "case",
			  any_string(c->name), "file", any_string(c->file), "kind",
			  c->capture ? "capture" : "case", "verdict", report_verdict(c), "steps",
			  (json_int_t)c->res->step_nr, "differing", (json_int_t)c->res->differing,
			  "compared", types_array(c->b ? c->res->types : 0));
	json_t *labels = json_array(), *cannot = json_array(), *seen = json_array();
	json_t *divergences = json_array();
	const struct stack *both[2] = { c->a, c->b };

	for (int i = 0; i < 2 && both[i]; i++) {
		json_array_append_new(labels, json_string(both[i]->label));
		json_array_append_new(seen, counts_object(c->res->obs_nr[i]));
		if (*both[i]->cannot)
			json_array_append_new(cannot, json_string(both[i]->cannot));
	}
	json_object_set_new(object, "known", json_integer((json_int_t)c->res->known));
	if (c->failed)
		json_object_set_new(object, "error", any_string(c->failed));
	json_object_set_new(object, "stacks", labels);
	json_object_set_new(object, "observations", seen);
	json_object_set_new(object, "cannot", cannot);
	json_object_set_new(object, "not_compared",
			    types_array(c->b ? (OBS_BIT(OBS_TYPE_NR) - 1) & ~c->res->types : 0));
	if (c->fates) {
		json_t *fates = json_object();

		for (int i = 0; i < FATE_NR; i++)
			json_object_set_new(fates, capture_fate_key[i],
					    json_integer((json_int_t)c->fates[i]));
		json_object_set_new(object, "packets", fates);
	}
	for (size_t i = 0; i < c->res->div_nr; i++)
		json_array_append_new(divergences, divergence_object(c, &c->res->div[i], buf));
	json_object_set_new(object, "divergences", divergences);
	json_object_set_new(object, "other_differing", json_integer((json_int_t)c->res->other));
	return object;
}

static int dump_line(FILE *out, json_t *object)
{
	int err = object ? json_dumpf(object, out, JSON_COMPACT) : -1;

	json_decref(object);
	if (err < 0 || fputc('\n', out) == EOF)
		return errno ? -errno : -ENOMEM;
	return 0;
}

int report_json_case(FILE *out, const struct report_case *c)
{
	char *buf = malloc(TRACE_LINE_MAX);
	int err;

	if (!buf)
		return -ENOMEM;
	errno = 0;
	err = dump_line(out, case_object(c, buf));
	free(buf);
	return err;
}

int report_json_error(FILE *out, const char *what)
{
	errno = 0;
	return dump_line(out,
			 json_pack("{s:s, s:o}", "record", "error", "error", any_string(what)));
}

int report_json_total(FILE *out, const struct report_total *t, int exit_status)
{
	errno = 0;
	return dump_line(out,
			 json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:s}", "record",
				   "summary", "cases", (json_int_t)t->cases, "parity",
				   (json_int_t)t->parity, "diverging", (json_int_t)t->diverging,
				   "failed", (json_int_t)t->failed, "steps", (json_int_t)t->steps,
				   "differing", (json_int_t)t->differing, "exit", exit_status,
				   "version", NETPARITY_VERSION));
}
