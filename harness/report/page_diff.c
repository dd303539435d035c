/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* One divergence of a page: what happened, the traces side by side, why, and how to repeat it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/markup.h"
#include "harness/report/page.h"
#include "harness/report/report.h"

/* "A.name, packet 7" as people call it. */
static void put_where(FILE *out, const struct result *r, const struct result_divergence *d)
{
	page_put(out, r->name);
	if (d->packet >= 0)
		fprintf(out, ", packet %" PRId64, d->packet);
	else
		fprintf(out, ", step %" PRIu64, d->step);
}

static unsigned int nibble(char c)
{
	return (unsigned int)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The packet field by field, as the report for a person has it. */
static void put_frame(FILE *out, const char *hex)
{
	size_t len = strlen(hex) / 2, text_len = 0;
	uint8_t *frame = malloc(len + 1);
	char *text = NULL;
	FILE *memory = open_memstream(&text, &text_len);

	fprintf(out, "<p>Packet, %zu octets:</p>\n<pre>", len);
	for (size_t i = 0; frame && i < len; i++)
		frame[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	if (frame && memory)
		report_packet(memory, frame, len, 0);
	if (memory && fclose(memory) == 0)
		markup_text(out, text, text_len);
	free(text);
	free(frame);
	fprintf(out, "</pre>\n<details><summary>its octets</summary><pre>%s</pre></details>\n",
		hex);
}

static void put_step(FILE *out, const struct result_divergence *d)
{
	if (d->frame)
		put_frame(out, d->frame);
	if (d->call) {
		fprintf(out, "<p>Socket call:</p>\n<pre>");
		page_put(out, d->call);
		fprintf(out, "</pre>\n");
	}
	if (d->sleep_ns >= 0)
		fprintf(out, "<p>Time passes: %.9g s</p>\n", (double)d->sleep_ns / 1e9);
}

static void put_cell(FILE *out, const char *who, struct result_lines l, int line, bool same)
{
	const char *text = line < 0 ? "" : result_line(l, (size_t)line);
	size_t len = strlen(text);

	fprintf(out, "<td%s", same ? " class=\"same\"" : "");
	markup_pair(out, "data-who", who);
	fputc('>', out);
	markup_text(out, text, len > PAGE_LINE_MAX ? PAGE_LINE_MAX : len);
	if (len > PAGE_LINE_MAX)
		fprintf(out, "... (%zu octets more)", len - PAGE_LINE_MAX);
	fprintf(out, "</td>");
}

static const char *class_of(char mark)
{
	switch (mark) {
	case '>':
		return "first";
	case '!':
		return "more";
	case '-':
		return "none";
	}
	return "equal";
}

static void put_traces(FILE *out, const struct result *r, const struct result_divergence *d)
{
	fprintf(out, "<p>What they did (&gt; the first difference, ! further ones, - not "
		     "compared):</p>\n<table class=\"trace\"><thead><tr><th></th>");
	for (int i = 0; i < 2; i++) {
		fprintf(out, "<th>");
		page_put(out, r->stack[i]);
		fprintf(out, "</th>");
	}
	fprintf(out, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < result_row_nr(d); i++) {
		struct result_row row = result_row(d, i);
		bool equal = *row.mark == ' ';

		fprintf(out, "<tr class=\"%s\"><td>", class_of(*row.mark));
		page_put(out, equal ? "" : row.mark);
		fprintf(out, "</td>");
		put_cell(out, equal ? "both" : r->stack[0], d->traces[0], row.a, false);
		put_cell(out, r->stack[1], d->traces[1], row.b, equal);
		fprintf(out, "</tr>\n");
	}
	fprintf(out, "</tbody></table>\n");
}

/* Lines of a trace that tell a drop are the reasons of a stack that can't explain itself. */
static void put_reasons(FILE *out, const struct result *r, const struct result_divergence *d)
{
	fprintf(out, "<div class=\"two\">\n");
	for (int i = 0; i < 2; i++) {
		size_t said = 0;

		fprintf(out, "<div><h3>Reasons of ");
		page_put(out, r->stack[i]);
		fprintf(out, "</h3>\n<pre>");
		for (size_t j = 0; j < result_lines_nr(d->decisions[i]); j++, said++) {
			page_put(out, result_line(d->decisions[i], j));
			fputc('\n', out);
		}
		for (size_t j = 0; !said && j < result_lines_nr(d->traces[i]); j++) {
			const char *drop = strstr(result_line(d->traces[i], j), " drop ");

			if (!drop || drop - result_line(d->traces[i], j) > 10)
				continue;
			page_put(out, drop + 1);
			fputc('\n', out);
		}
		fprintf(out, "</pre></div>\n");
	}
	fprintf(out, "</div>\n");
}

void page_divergence(FILE *out, const struct result *r, const struct result_divergence *d,
		     uint64_t nr, bool open)
{
	fprintf(out, "<details id=\"d%" PRIu64 "\"%s><summary>", nr, open ? " open" : "");
	put_where(out, r, d);
	fprintf(out, ": ");
	page_put(out, d->field);
	fprintf(out, ": <span class=\"bad\">");
	page_put(out, d->detail);
	fprintf(out, "</span></summary>\n<p>");
	page_put(out, r->stack[0]);
	fprintf(out, " against ");
	page_put(out, r->stack[1]);
	fprintf(out, "; ");
	page_put(out, r->file);
	if (d->line >= 0)
		fprintf(out, ":%" PRId64, d->line);
	fprintf(out, "%s", d->confirmed ? "; confirmed by a second run" : "; seen once");
	if (d->count > 1)
		fprintf(out, "; and %" PRIu64 " more like it", d->count - 1);
	fprintf(out, "</p>\n");
	if (*d->note) {
		fprintf(out, "<p>Note: ");
		page_put(out, d->note);
		fprintf(out, "</p>\n");
	}
	put_step(out, d);
	put_traces(out, r, d);
	put_reasons(out, r, d);
	fprintf(out, "<p>Fingerprint: <code>");
	page_put(out, d->fingerprint);
	fprintf(out, "</code></p>\n<p>Repeat:</p>\n<pre>");
	page_put(out, d->repeat);
	fprintf(out, "</pre>\n</details>\n");
}
