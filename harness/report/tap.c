/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * TAP: a line for each case, the plan at the end (only then the number is known), and behind a
 * case that failed the report for a person, as comments.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/out.h"

/* A name ends at '#', where a directive would begin. */
static void put_name(FILE *out, const char *name)
{
	for (; *name; name++)
		fputc((unsigned char)*name < ' ' || *name == '#' || *name == 0x7f ? '_' : *name,
		      out);
}

/* Each line as a comment, without what a terminal or an XML of it would choke on. */
static void put_comment(FILE *out, const char *text)
{
	bool start = true;

	for (; *text; text++) {
		if (start)
			fputs("# ", out);
		start = *text == '\n';
		fputc(!start && ((unsigned char)*text < ' ' || *text == 0x7f) ? '?' : *text, out);
	}
	if (!start)
		fputc('\n', out);
}

static int tap_begin(struct report_out *o)
{
	fprintf(o->file, "TAP version 13\n");
	return 0;
}

static int tap_one(struct report_out *o, const struct report_case *c)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory;
	bool good = !c->res->differing && !c->failed;

	fprintf(o->file, "%s %" PRIu64 " - ", good ? "ok" : "not ok", ++o->nr);
	put_name(o->file, c->name);
	if (c->pairs > 1) {
		fprintf(o->file, ": ");
		put_name(o->file, c->b->label);
	}
	fputc('\n', o->file);
	if (good)
		return 0;
	memory = open_memstream(&text, &len);
	if (!memory)
		return -errno;
	report_person(memory, c, o->max);
	if (c->failed)
		fprintf(memory, "%s\n", c->failed);
	if (fclose(memory) != 0)
		return -ENOMEM;
	put_comment(o->file, text);
	free(text);
	return 0;
}

static int tap_outside(struct report_out *o, const char *what)
{
	fprintf(o->file, "not ok %" PRIu64 " - ", ++o->nr);
	put_name(o->file, what);
	fputc('\n', o->file);
	return 0;
}

static int tap_end(struct report_out *o, const struct report_total *t, int exit_status)
{
	(void)t, (void)exit_status;
	fprintf(o->file, "1..%" PRIu64 "%s\n", o->nr, o->nr ? "" : " # SKIP no case");
	return 0;
}

const struct report_format report_format_tap = {
	.begin = tap_begin,
	.one = tap_one,
	.outside = tap_outside,
	.end = tap_end,
};
