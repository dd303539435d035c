/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The report for a person. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/call/call.h"
#include "harness/report/align.h"
#include "harness/report/report.h"
#include "harness/text.h"
#include "harness/trace.h"
#include "ref/ref.h"

#define CELL_WIDTH   56
#define CELL_HEX_MAX 40 /* octets of payloads and frames */
#define LINE_MAX_LEN 2048

void report_types(char *buf, size_t size, uint32_t types)
{
	static const char *const names[OBS_TYPE_NR] = {
		[OBS_DELIVER] = "deliveries",	   [OBS_ERROR] = "socket errors",
		[OBS_RETURN] = "returns of calls", [OBS_EMIT] = "packets sent",
		[OBS_DROP] = "drop reasons",	   [OBS_COUNT] = "counters",
		[OBS_STAT] = "device statistics",
	};
	struct text t = text_init(buf, size);

	for (int i = 0; i < OBS_TYPE_NR; i++)
		if (types & OBS_BIT(i))
			text_add(&t, "%s%s", t.len ? ", " : "", names[i]);
}

/* "packet 7", "step 6 (line 30)": how people call a step of this case. */
static void step_name(char *buf, size_t size, const struct report_case *c, const struct step *s)
{
	if (c->capture)
		snprintf(buf, size, "packet %" PRIu64, (uint64_t)s->idx + 1);
	else
		snprintf(buf, size, "step %" PRIu32 " (%s:%" PRIu32 ")", s->idx, c->file, s->line);
}

/* ---- two columns ---- */

/* Octets of text that go into one row of a cell; breaks at a space if there is one. */
static size_t fit(const char *text)
{
	size_t len = strlen(text), at = CELL_WIDTH;

	if (len <= CELL_WIDTH)
		return len;
	while (at > CELL_WIDTH / 2 && text[at] != ' ')
		at--;
	return at > CELL_WIDTH / 2 ? at : CELL_WIDTH;
}

static void print_cells(FILE *out, char mark, const char *a, const char *b)
{
	bool first = true;

	while (first || *a || *b) {
		size_t na = fit(a), nb = fit(b);

		fprintf(out, "  %c %-*.*s | %.*s\n", first ? mark : ' ', CELL_WIDTH, (int)na, a,
			(int)nb, b);
		a += na;
		b += nb;
		a += *a == ' ';
		b += *b == ' ';
		first = false;
	}
}

static void print_row(FILE *out, const struct report_case *c, const struct divergence *d,
		      const struct align_row *row)
{
	char a[LINE_MAX_LEN] = "", b[LINE_MAX_LEN] = "";

	if (row->a)
		trace_line_short(a, sizeof(a), CELL_HEX_MAX, c->w, &d->a, row->a);
	if (row->b)
		trace_line_short(b, sizeof(b), CELL_HEX_MAX, c->w, &d->b, row->b);
	print_cells(out, row->mark, a, b);
}

static void print_traces(FILE *out, const struct report_case *c, const struct divergence *d)
{
	struct align at = { .d = d, .types = c->res->types };
	struct align_row row;

	fprintf(out,
		"what they did ('>' the first difference, '!' further ones, '-' not compared):\n");
	print_cells(out, ' ', c->a->label, c->b->label);
	while (align_next(&at, &row))
		print_row(out, c, d, &row);
}

/* ---- one difference ---- */

static void print_trail(FILE *out, const char *label, const char *trail)
{
	if (!*trail)
		return;
	fprintf(out, "decisions of %s:\n", label);
	while (*trail) {
		size_t len = strcspn(trail, "\n");

		fprintf(out, "    %.*s\n", (int)len, trail);
		trail += len + (trail[len] == '\n');
	}
}

/* Where a stack that is not the reference dropped packets, as far as it knows. */
static void print_drops(FILE *out, const struct stack *s, const struct world *w,
			const struct obs_list *l)
{
	char line[LINE_MAX_LEN];

	for (size_t i = 0; i < l->nr; i++) {
		const char *drop;

		if (l->obs[i].type != OBS_DROP)
			continue;
		trace_line_short(line, sizeof(line), 0, w, l, &l->obs[i]);
		drop = strstr(line, "drop ");
		fprintf(out, "%s: %s\n", s->label, drop ? drop : line);
	}
}

static void print_step(FILE *out, const struct report_case *c, const struct divergence *d)
{
	char line[LINE_MAX_LEN];
	struct text t = text_init(line, sizeof(line));

	switch (d->step.type) {
	case STEP_FRAME:
		fprintf(out, "packet, %zu octets on %s:\n", d->step.len,
			c->w->wires[d->step.chan].name);
		report_packet(out, d->frame, d->step.len, 4);
		break;
	case STEP_SLEEP:
		fprintf(out, "time passes: %.9g s\n", (double)d->step.sleep_ns / 1e9);
		break;
	case STEP_CALL:
		call_text(&t, c->w, d->step.chan, d->step.call, CALL_HEX_MAX);
		fprintf(out, "call: %s\n", line);
		break;
	}
}

static void print_divergence(FILE *out, const struct report_case *c, const struct divergence *d,
			     size_t nr)
{
	char where[160];

	step_name(where, sizeof(where), c, &d->step);
	fprintf(out, "\ndifference %zu: %s", nr, where);
	if (d->count > 1)
		fprintf(out, ", and %" PRIu64 " more like it", d->count - 1);
	fprintf(out, "\nfirst differing field: %s: %s (%s, %s)\n", d->diff.field, d->diff.detail,
		c->a->label, c->b->label);
	if (*d->note)
		fprintf(out, "note: %s\n", d->note);
	fprintf(out, "fingerprint: %s\n", d->fingerprint);
	print_step(out, c, d);
	print_traces(out, c, d);
	print_trail(out, c->a->label, d->trail_a);
	print_trail(out, c->b->label, d->trail_b);
	if (!*d->trail_a)
		print_drops(out, c->a, c->w, &d->a);
	if (!*d->trail_b)
		print_drops(out, c->b, c->w, &d->b);
	fprintf(out, "repeat: %s\n", c->repeat);
}

/* ---- the verdict ---- */

static void print_counts(FILE *out, const struct report_case *c)
{
	const uint64_t *nr = c->res->obs_nr[0];

	fprintf(out,
		"%" PRIu64 " %s, %" PRIu64 " delivered, %" PRIu64 " socket errors, %" PRIu64
		" sent, %" PRIu64 " dropped",
		c->res->step_nr, c->capture ? "packets" : "steps", nr[OBS_DELIVER], nr[OBS_ERROR],
		nr[OBS_EMIT], nr[OBS_DROP]);
}

static void print_not_compared(FILE *out, const struct report_case *c)
{
	uint32_t all = OBS_BIT(OBS_TYPE_NR) - 1;
	char types[160];

	if (c->res->types == all)
		return;
	report_types(types, sizeof(types), all & ~c->res->types);
	fprintf(out, "  not compared: %s", types);
	if (*c->a->cannot)
		fprintf(out, " (%s: %s)", c->a->label, c->a->cannot);
	if (*c->b->cannot)
		fprintf(out, " (%s: %s)", c->b->label, c->b->cannot);
	fprintf(out, "\n");
}

/* What of a capture was not replayed, and why. */
static void print_fates(FILE *out, const struct report_case *c)
{
	const char *sep = "not received: ";

	for (int i = 0; c->fates && i < FATE_NR; i++) {
		if (i == FATE_INJECT || c->fates[i] == 0)
			continue;
		fprintf(out, "%s%" PRIu64 " %s", sep, c->fates[i], capture_fate_text[i]);
		sep = "; ";
	}
	if (strcmp(sep, "; ") == 0)
		fprintf(out, "\n");
}

void report_person(FILE *out, const struct report_case *c, size_t max)
{
	const struct run_result *res = c->res;
	char where[160];

	if (c->failed && res->step_nr == 0) {
		print_fates(out, c);
		return;
	}
	if (!c->b) {
		fprintf(out, "%s %s on %s: ", c->failed ? "SO FAR     " : "RAN        ", c->name,
			c->a->label);
		print_counts(out, c);
		fprintf(out, "\n");
		print_fates(out, c);
		return;
	}
	if (res->differing == 0) {
		fprintf(out,
			"%s      %s: %s and %s did the same: ", c->failed ? "SO FAR" : "PARITY",
			c->name, c->a->label, c->b->label);
		print_counts(out, c);
		if (res->known)
			fprintf(out, "; %" PRIu64 " known differences", res->known);
		fprintf(out, "\n");
		print_not_compared(out, c);
		print_fates(out, c);
		return;
	}
	step_name(where, sizeof(where), c, &res->div[0].step);
	fprintf(out, "DIVERGENCE  %s: %s and %s differ in %" PRIu64 " of ", c->name, c->a->label,
		c->b->label, res->differing);
	print_counts(out, c);
	fprintf(out, "; first in %s%s\n", where, res->div[0].confirmed ? ", confirmed" : "");
	print_not_compared(out, c);
	print_fates(out, c);
	for (size_t i = 0; i < res->div_nr && i < max; i++)
		print_divergence(out, c, &res->div[i], i + 1);
	if (res->div_nr > max || res->other)
		fprintf(out,
			"\n%" PRIu64 " more steps differ in other ways: see --max and --json\n",
			res->other + (res->div_nr > max ? res->div_nr - max : 0));
	if (res->coarse)
		fprintf(out,
			"\nafter the first %d differences the hosts were renewed once per batch: "
			"one "
			"difference may be the cause of others\n",
			RUN_RENEW_MAX);
}

void report_total_add(struct report_total *t, const struct report_case *c)
{
	t->cases++;
	t->steps += c->res->step_nr;
	t->differing += c->res->differing;
	if (c->res->differing)
		t->diverging++;
	else if (c->failed)
		t->failed++;
	else
		t->parity++;
}

void report_person_total(FILE *out, const struct report_total *t)
{
	if (t->cases < 2)
		return;
	fprintf(out,
		"\n%" PRIu64 " cases: %" PRIu64 " parity, %" PRIu64 " diverging, %" PRIu64
		" failed; %" PRIu64 " steps, %" PRIu64 " differ\n",
		t->cases, t->parity, t->diverging, t->failed, t->steps, t->differing);
}
