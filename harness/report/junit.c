/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * JUnit XML: a suite for each file of cases. A suite's counts stand before its cases, so these
 * wait in a temporary file. A case that diverges has the report for a person as its failure and
 * the whole traces as its output.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/markup.h"
#include "harness/report/out.h"
#include "harness/trace.h"

struct suite {
	char *name;
	uint64_t tests, failures, errors;
	double seconds;
	off_t first; /* of its cases in the temporary file; they end where the next begin */
};

struct junit {
	FILE *body;
	char *line; /* TRACE_LINE_MAX octets */
	struct suite *suites;
	size_t nr, max;
};

static int junit_begin(struct report_out *o)
{
	struct junit *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->body = tmpfile();
	j->line = malloc(TRACE_LINE_MAX);
	if (j->body && j->line) {
		o->junit = j;
		return 0;
	}
	if (j->body)
		fclose(j->body);
	free(j->line);
	free(j);
	return -ENOMEM;
}

/* The suite of this file: the last one if it is of that. NULL: no memory. */
static struct suite *suite_of(struct junit *j, const char *file)
{
	struct suite *s;

	if (j->nr && strcmp(j->suites[j->nr - 1].name, file) == 0)
		return &j->suites[j->nr - 1];
	if (j->nr == j->max) {
		size_t max = j->max ? 2 * j->max : 16;
		struct suite *grown = realloc(j->suites, max * sizeof(*grown));

		if (!grown)
			return NULL;
		j->suites = grown;
		j->max = max;
	}
	s = &j->suites[j->nr];
	*s = (struct suite){ .name = strdup(file), .first = ftello(j->body) };
	if (!s->name)
		return NULL;
	j->nr++;
	return s;
}

static void put_text(FILE *out, const char *text)
{
	markup_text(out, text, strlen(text));
}

static int put_failure(struct report_out *o, const struct report_case *c)
{
	const struct divergence *d = &c->res->div[0];
	FILE *out = o->junit->body, *memory;
	char *text = NULL, message[256];
	size_t len = 0;

	snprintf(message, sizeof(message), "%s: %s", d->diff.field, d->diff.detail);
	fprintf(out, "<failure type=\"divergence\"");
	markup_pair(out, "message", message);
	fputc('>', out);
	memory = open_memstream(&text, &len);
	if (!memory)
		return -errno;
	report_person(memory, c, o->max);
	if (fclose(memory) != 0)
		return -ENOMEM;
	markup_text(out, text, len);
	free(text);
	fprintf(out, "</failure>\n");
	return 0;
}

static void put_trace(struct junit *j, const struct report_case *c, const struct stack *s,
		      const struct obs_list *l)
{
	put_text(j->body, s->label);
	fprintf(j->body, ":\n");
	for (size_t i = 0; i < l->nr; i++) {
		trace_line(j->line, TRACE_LINE_MAX, c->w, l, &l->obs[i]);
		fputs("  ", j->body);
		put_text(j->body, j->line);
		fputc('\n', j->body);
	}
}

static void put_traces(struct junit *j, const struct report_case *c)
{
	fprintf(j->body, "<system-out>");
	for (size_t i = 0; i < c->res->div_nr; i++) {
		const struct divergence *d = &c->res->div[i];

		fprintf(j->body, "difference %zu: %s %" PRIu64 "\n", i + 1,
			c->capture ? "packet" : "step", (uint64_t)d->step.idx + c->capture);
		put_trace(j, c, c->a, &d->a);
		put_trace(j, c, c->b, &d->b);
		fprintf(j->body, "repeat: ");
		put_text(j->body, c->repeat);
		fputc('\n', j->body);
	}
	fprintf(j->body, "</system-out>\n");
}

static void put_error(FILE *out, const char *what)
{
	fprintf(out, "<error type=\"failed\"");
	markup_pair(out, "message", what);
	fprintf(out, "/>\n");
}

/* "A_ip_input" of ".../A_ip_input.case". */
static void put_class(FILE *out, const char *file)
{
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
	char name[128];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(base, "."), base);
	markup_pair(out, "classname", name);
}

static int junit_one(struct report_out *o, const struct report_case *c)
{
	struct junit *j = o->junit;
	struct suite *s = suite_of(j, c->file);
	char name[320];
	int err = 0;

	if (!s)
		return -ENOMEM;
	s->tests++;
	s->seconds += c->seconds;
	snprintf(name, sizeof(name), c->pairs > 1 ? "%.200s (%s)" : "%.200s", c->name,
		 c->pairs > 1 ? c->b->label : "");
	fprintf(j->body, "<testcase");
	put_class(j->body, c->file);
	markup_pair(j->body, "name", name);
	fprintf(j->body, " time=\"%.6f\">\n", c->seconds);
	if (c->res->differing) {
		s->failures++;
		err = put_failure(o, c);
		put_traces(j, c);
		if (c->failed) {
			fprintf(j->body, "<system-err>");
			put_text(j->body, c->failed);
			fprintf(j->body, "</system-err>\n");
		}
	} else if (c->failed) {
		s->errors++;
		put_error(j->body, c->failed);
	}
	fprintf(j->body, "</testcase>\n");
	return err;
}

static int junit_outside(struct report_out *o, const char *what)
{
	struct suite *s = suite_of(o->junit, "netparity");

	if (!s)
		return -ENOMEM;
	s->tests++;
	s->errors++;
	fprintf(o->junit->body, "<testcase classname=\"netparity\" name=\"input\" time=\"0\">\n");
	put_error(o->junit->body, what);
	fprintf(o->junit->body, "</testcase>\n");
	return 0;
}

/* Copy octets of the temporary file, from its present place on. */
static int copy(FILE *out, FILE *in, off_t len)
{
	char buf[16384];

	while (len > 0) {
		size_t want = len < (off_t)sizeof(buf) ? (size_t)len : sizeof(buf);

		if (fread(buf, 1, want, in) != want || fwrite(buf, 1, want, out) != want)
			return -EIO;
		len -= (off_t)want;
	}
	return 0;
}

static void put_counts(FILE *out, const struct suite *s)
{
	fprintf(out,
		" tests=\"%" PRIu64 "\" failures=\"%" PRIu64 "\" errors=\"%" PRIu64
		"\" skipped=\"0\" time=\"%.6f\">\n",
		s->tests, s->failures, s->errors, s->seconds);
}

static int junit_end(struct report_out *o, const struct report_total *t, int exit_status)
{
	struct junit *j = o->junit;
	struct suite all = { .tests = 0 };
	off_t end = ftello(j->body);
	int err = 0;

	(void)t, (void)exit_status;
	if (ferror(j->body) || end < 0 || fseeko(j->body, 0, SEEK_SET) != 0)
		return -EIO;
	for (size_t i = 0; i < j->nr; i++) {
		all.tests += j->suites[i].tests;
		all.failures += j->suites[i].failures;
		all.errors += j->suites[i].errors;
		all.seconds += j->suites[i].seconds;
	}
	fprintf(o->file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<testsuites name=\"netparity " NETPARITY_VERSION "\"");
	put_counts(o->file, &all);
	for (size_t i = 0; i < j->nr && err == 0; i++) {
		const struct suite *s = &j->suites[i];

		fprintf(o->file, "<testsuite");
		markup_pair(o->file, "name", s->name);
		put_counts(o->file, s);
		err = copy(o->file, j->body,
			   (i + 1 < j->nr ? j->suites[i + 1].first : end) - s->first);
		fprintf(o->file, "</testsuite>\n");
	}
	fprintf(o->file, "</testsuites>\n");
	return err;
}

static void junit_done(struct report_out *o)
{
	struct junit *j = o->junit;

	fclose(j->body);
	for (size_t i = 0; i < j->nr; i++)
		free(j->suites[i].name);
	free(j->suites);
	free(j->line);
	free(j);
	o->junit = NULL;
}

const struct report_format report_format_junit = {
	.begin = junit_begin,
	.one = junit_one,
	.outside = junit_outside,
	.end = junit_end,
	.done = junit_done,
};
