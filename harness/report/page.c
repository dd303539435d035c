/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Gathers results and writes the pages. Counts stand before the divergences, so these wait in a
 * temporary file: memory does not grow with the run, only with its areas and kinds.
 */
#include "harness/report/page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/report/markup.h"

/* Cases of one area on the same stacks. */
struct count {
	char *area, *stacks;
	uint64_t cases, verdict[RESULT_VERDICT_NR], steps, known;
};

/* What was compared of these stacks. */
struct shown {
	char *stacks, *text;
	uint64_t cases;
};

struct kind {
	char *fingerprint;
	uint64_t cases, steps;
	uint64_t first; /* divergence, by its number */
};

struct page {
	char *index_path, *cases_path;
	FILE *index, *cases, *details, *failed;
	struct count *counts, all;
	struct shown *shown;
	struct kind *kinds;
	size_t count_nr, shown_nr, kind_nr;
	uint64_t kind_other, div_nr;
	uint64_t outside; /* failures that are of no case */
	char version[64];
	int exit_status;
};

/* Room for one more of an array of nr: it grows at powers of two. */
static bool grow(void *array, size_t nr, size_t size)
{
	void **p = array, *grown;

	if (nr & (nr - 1) || (nr == 0 && *p))
		return true;
	grown = realloc(*p, (nr ? 2 * nr : 1) * size);
	if (grown)
		*p = grown;
	return grown != NULL;
}

/* "A_ip_input" of a case file's name; captures are one area. */
static char *area_of(const struct result *r)
{
	const char *slash = strrchr(r->file, '/'), *base = slash ? slash + 1 : r->file;

	return r->capture ? strdup("captures") : strndup(base, strcspn(base, "."));
}

static char *stacks_of(const struct result *r)
{
	char *text = NULL;

	if (r->stack_nr == 1)
		return strdup(r->stack[0]);
	return asprintf(&text, "%s against %s", r->stack[0], r->stack[1]) < 0 ? NULL : text;
}

static void add_list(FILE *out, const char *what, struct result_lines l, const char *sep)
{
	for (size_t i = 0; i < result_lines_nr(l); i++)
		fprintf(out, "%s%s", i ? sep : what, result_line(l, i));
}

static char *shown_of(const struct result *r)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	add_list(out, "compared: ", r->compared, ", ");
	add_list(out, "; not compared: ", r->not_compared, ", ");
	add_list(out, "; ", r->cannot, "; ");
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static struct count *count_of(struct page *p, const char *area, const char *stacks)
{
	struct count *c;

	for (size_t i = p->count_nr; i-- > 0;)
		if (strcmp(p->counts[i].area, area) == 0 &&
		    strcmp(p->counts[i].stacks, stacks) == 0)
			return &p->counts[i];
	if (!grow(&p->counts, p->count_nr, sizeof(*p->counts)))
		return NULL;
	c = &p->counts[p->count_nr];
	*c = (struct count){ .area = strdup(area), .stacks = strdup(stacks) };
	p->count_nr++;
	return c->area && c->stacks ? c : NULL;
}

/* Takes text. */
static bool add_shown(struct page *p, const char *stacks, char *text)
{
	for (size_t i = 0; i < p->shown_nr; i++)
		if (strcmp(p->shown[i].stacks, stacks) == 0 &&
		    strcmp(p->shown[i].text, text) == 0) {
			p->shown[i].cases++;
			free(text);
			return true;
		}
	if (!grow(&p->shown, p->shown_nr, sizeof(*p->shown))) {
		free(text);
		return false;
	}
	p->shown[p->shown_nr] = (struct shown){ .stacks = strdup(stacks), .text = text };
	p->shown[p->shown_nr].cases = 1;
	return p->shown[p->shown_nr++].stacks != NULL;
}

static bool add_kind(struct page *p, const struct result_divergence *d)
{
	struct kind *k;

	for (size_t i = 0; i < p->kind_nr; i++)
		if (strcmp(p->kinds[i].fingerprint, d->fingerprint) == 0) {
			p->kinds[i].cases++;
			p->kinds[i].steps += d->count;
			return true;
		}
	if (p->kind_nr == PAGE_KIND_MAX) {
		p->kind_other++;
		return true;
	}
	if (!grow(&p->kinds, p->kind_nr, sizeof(*p->kinds)))
		return false;
	k = &p->kinds[p->kind_nr];
	*k = (struct kind){ .fingerprint = strdup(d->fingerprint), .cases = 1 };
	k->steps = d->count;
	k->first = p->div_nr + 1;
	p->kind_nr++;
	return k->fingerprint != NULL;
}

static const char *const verdict_class[RESULT_VERDICT_NR] = {
	[RESULT_PARITY] = "good",
	[RESULT_RAN] = "soft",
	[RESULT_DIVERGENCE] = "bad",
	[RESULT_FAILED] = "odd",
};

/* Its row of cases.html. */
static void put_case(struct page *p, const struct result *r, const char *stacks)
{
	fprintf(p->cases, "<tr><td class=\"%s\">", verdict_class[r->verdict]);
	if (r->div_nr && p->div_nr < PAGE_DETAIL_MAX)
		fprintf(p->cases, "<a href=\"index.html#d%" PRIu64 "\">%s</a>", p->div_nr + 1,
			result_verdict_name[r->verdict]);
	else
		fprintf(p->cases, "%s", result_verdict_name[r->verdict]);
	fprintf(p->cases, "</td><td>");
	page_put(p->cases, r->name);
	fprintf(p->cases, "</td><td>");
	page_put(p->cases, r->file);
	fprintf(p->cases, "</td><td>");
	page_put(p->cases, stacks);
	fprintf(p->cases, "</td><td class=\"n\">%" PRIu64 "</td></tr>\n", r->steps);
}

static void put_failed(struct page *p, const struct result *r, const char *stacks)
{
	fprintf(p->failed, "<tr><td>");
	page_put(p->failed, r->name);
	fprintf(p->failed, "</td><td>");
	page_put(p->failed, stacks);
	fprintf(p->failed, "</td><td>");
	page_put(p->failed, r->error);
	fprintf(p->failed, "</td></tr>\n");
}

/* The same of no case. */
static void put_outside(struct page *p, const char *path, const char *what)
{
	p->outside++;
	fprintf(p->failed, "<tr><td>");
	page_put(p->failed, path);
	fprintf(p->failed, "</td><td></td><td>");
	page_put(p->failed, what);
	fprintf(p->failed, "</td></tr>\n");
}

static void tally(struct count *c, const struct result *r)
{
	c->cases++;
	c->verdict[r->verdict]++;
	c->steps += r->steps;
	c->known += r->known;
}

static bool add_case(struct page *p, const struct result *r, const char *area, const char *stacks)
{
	struct count *c = count_of(p, area, stacks);
	char *shown = shown_of(r);

	if (!c || !shown) {
		free(shown);
		return false;
	}
	tally(c, r);
	tally(&p->all, r);
	if (r->stack_nr < 2)
		free(shown);
	else if (!add_shown(p, stacks, shown))
		return false;
	put_case(p, r, stacks);
	if (r->error)
		put_failed(p, r, stacks);
	for (size_t i = 0; i < r->div_nr; i++) {
		if (!add_kind(p, &r->div[i]))
			return false;
		if (++p->div_nr <= PAGE_DETAIL_MAX)
			page_divergence(p->details, r, &r->div[i], p->div_nr,
					p->div_nr <= PAGE_OPEN);
	}
	return true;
}

int page_add(struct page *p, const struct result *r, struct errmsg *e)
{
	char *area, *stacks;
	bool added;

	if (r->type == RESULT_ERROR) {
		put_outside(p, "", r->error);
		return 0;
	}
	if (r->type == RESULT_SUMMARY) {
		snprintf(p->version, sizeof(p->version), "%s", r->version);
		if (r->exit_status > p->exit_status)
			p->exit_status = r->exit_status;
		return 0;
	}
	area = area_of(r);
	stacks = stacks_of(r);
	added = area && stacks && add_case(p, r, area, stacks);
	free(area);
	free(stacks);
	return added ? 0 : errmsg_set(e, -ENOMEM, "out of memory");
}

void page_end_of_input(struct page *p, const char *path, bool summary)
{
	if (!summary)
		put_outside(p, path,
			    "no summary at its end: the run did not end, or still goes on");
}

/* ---- index.html ---- */

static void put_headline(FILE *out, const struct page *p)
{
	const uint64_t *nr = p->all.verdict;
	enum result_verdict v = nr[RESULT_DIVERGENCE]		  ? RESULT_DIVERGENCE
				: nr[RESULT_FAILED] || p->outside ? RESULT_FAILED
				: nr[RESULT_PARITY]		  ? RESULT_PARITY
								  : RESULT_RAN;
	static const char *const says[RESULT_VERDICT_NR] = {
		[RESULT_PARITY] = "Parity",
		[RESULT_RAN] = "Nothing was compared",
		[RESULT_DIVERGENCE] = "Divergence",
		[RESULT_FAILED] = "Failed",
	};

	fprintf(out,
		"<p><strong class=\"%s\">%s</strong>: %" PRIu64 " cases, %" PRIu64
		" in parity, %" PRIu64 " diverging, %" PRIu64 " failed, %" PRIu64 " ran on one "
		"stack alone; %" PRIu64 " steps.",
		verdict_class[v], says[v], p->all.cases, nr[RESULT_PARITY], nr[RESULT_DIVERGENCE],
		nr[RESULT_FAILED], nr[RESULT_RAN], p->all.steps);
	if (*p->version) {
		fprintf(out, " Run by netparity ");
		page_put(out, p->version);
		fprintf(out, ", exit status %d.", p->exit_status);
	}
	fprintf(out, " <a href=\"cases.html\">All cases</a></p>\n");
}

static int by_area(const void *a, const void *b)
{
	const struct count *x = a, *y = b;
	int order = strcmp(x->area, y->area);

	return order ? order : strcmp(x->stacks, y->stacks);
}

static void put_number(FILE *out, uint64_t nr, const char *class)
{
	fprintf(out, "<td class=\"n %s\">%" PRIu64 "</td>", nr ? class : "soft", nr);
}

static void put_counts(FILE *out, struct page *p)
{
	fprintf(out, "<h2>By area and stacks</h2>\n<div class=\"wide counts\"><table><thead><tr>"
		     "<th>area</th><th>stacks</th><th class=\"n\">cases</th>");
	/* What failed first: a narrow screen shows the first columns. */
	for (int v = RESULT_VERDICT_NR; v-- > 0;)
		fprintf(out, "<th class=\"n\">%s</th>", result_verdict_name[v]);
	fprintf(out, "<th class=\"n\">known differences</th><th class=\"n\">steps</th></tr>"
		     "</thead><tbody>\n");
	qsort(p->counts, p->count_nr, sizeof(*p->counts), by_area);
	for (size_t i = 0; i < p->count_nr; i++) {
		const struct count *c = &p->counts[i];

		fprintf(out, "<tr><td>");
		page_put(out, c->area);
		fprintf(out, "</td><td>");
		page_put(out, c->stacks);
		fprintf(out, "</td>");
		put_number(out, c->cases, "");
		for (int v = RESULT_VERDICT_NR; v-- > 0;)
			put_number(out, c->verdict[v], verdict_class[v]);
		put_number(out, c->known, "odd");
		put_number(out, c->steps, "");
		fprintf(out, "</tr>\n");
	}
	fprintf(out, "</tbody></table></div>\n");
}

static void put_shown(FILE *out, const struct page *p)
{
	if (!p->shown_nr)
		return;
	fprintf(out, "<h2>What was compared</h2>\n<div class=\"wide\"><table><thead><tr>"
		     "<th>stacks</th><th class=\"n\">cases</th><th></th></tr></thead><tbody>\n");
	for (size_t i = 0; i < p->shown_nr; i++) {
		fprintf(out, "<tr><td>");
		page_put(out, p->shown[i].stacks);
		fprintf(out, "</td><td class=\"n\">%" PRIu64 "</td><td>", p->shown[i].cases);
		page_put(out, p->shown[i].text);
		fprintf(out, "</td></tr>\n");
	}
	fprintf(out, "</tbody></table></div>\n");
}

static void put_kinds(FILE *out, const struct page *p)
{
	if (!p->kind_nr)
		return;
	fprintf(out, "<h2>Kinds of difference</h2>\n<div class=\"wide\"><table><thead><tr>"
		     "<th>decision | field | what one did | the other</th>"
		     "<th class=\"n\">cases</th><th class=\"n\">steps</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < p->kind_nr; i++) {
		const struct kind *k = &p->kinds[i];

		fprintf(out, "<tr><td>");
		if (k->first <= PAGE_DETAIL_MAX)
			fprintf(out, "<a href=\"#d%" PRIu64 "\">", k->first);
		page_put(out, k->fingerprint);
		fprintf(out,
			"%s</td><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64
			"</td></tr>\n",
			k->first <= PAGE_DETAIL_MAX ? "</a>" : "", k->cases, k->steps);
	}
	fprintf(out, "</tbody></table></div>\n");
	if (p->kind_other)
		fprintf(out, "<p>%" PRIu64 " divergences are of further kinds.</p>\n",
			p->kind_other);
}

/* Copy a temporary file from its beginning. */
static void put_file(FILE *out, FILE *in)
{
	char buf[16384];
	size_t n;

	rewind(in);
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		fwrite(buf, 1, n, out);
}

static void put_index(struct page *p)
{
	FILE *out = p->index;

	page_head(out, "netparity: results of a run");
	put_headline(out, p);
	put_counts(out, p);
	put_shown(out, p);
	if (ftello(p->failed) > 0) {
		fprintf(out, "<h2>Failed</h2>\n<div class=\"wide\"><table><tbody>\n");
		put_file(out, p->failed);
		fprintf(out, "</tbody></table></div>\n");
	}
	put_kinds(out, p);
	if (p->div_nr) {
		fprintf(out, "<h2>Divergences</h2>\n");
		put_file(out, p->details);
	}
	if (p->div_nr > PAGE_DETAIL_MAX)
		fprintf(out,
			"<p>%" PRIu64 " more divergences are not shown in full: the results have "
			"them.</p>\n",
			p->div_nr - PAGE_DETAIL_MAX);
	page_foot(out);
}

/* ---- files ---- */

static FILE *create(char **ret_path, const char *dir, const char *name, struct errmsg *e)
{
	FILE *f = NULL;

	if (asprintf(ret_path, "%s/%s", dir, name) < 0)
		*ret_path = NULL;
	else
		f = fopen(*ret_path, "we");
	if (!f)
		errmsg_set(e, -EINVAL, "%s/%s: %s", dir, name, strerror(errno));
	return f;
}

int page_open(struct page **ret, const char *dir, struct errmsg *e)
{
	struct page *p = calloc(1, sizeof(*p));

	if (!p)
		return errmsg_set(e, -ENOMEM, "out of memory");
	if (mkdir(dir, 0777) < 0 && errno != EEXIST) {
		errmsg_set(e, -errno, "%s: %s", dir, strerror(errno));
		free(p);
		return -EINVAL;
	}
	p->details = tmpfile();
	p->failed = tmpfile();
	if (!p->details || !p->failed)
		errmsg_set(e, -errno, "temporary file: %s", strerror(errno));
	else
		p->index = create(&p->index_path, dir, "index.html", e);
	if (p->index)
		p->cases = create(&p->cases_path, dir, "cases.html", e);
	if (!p->cases) {
		page_abandon(p);
		return -EINVAL;
	}
	page_head(p->cases, "netparity: cases of a run");
	fprintf(p->cases, "<p><a href=\"index.html\">Results</a></p>\n<div class=\"wide\"><table>"
			  "<thead><tr><th>verdict</th><th>case</th><th>file</th><th>stacks</th>"
			  "<th class=\"n\">steps</th></tr></thead><tbody>\n");
	*ret = p;
	return 0;
}

/* Close a file. 0 or -errno: it is not whole. */
static int done_file(FILE *f)
{
	bool failed;
	int err;

	if (!f)
		return 0;
	errno = 0;
	failed = ferror(f) != 0;
	err = fclose(f) != 0 || failed ? -EIO : 0;
	return err && errno ? -errno : err;
}

static void page_free(struct page *p)
{
	for (size_t i = 0; i < p->count_nr; i++) {
		free(p->counts[i].area);
		free(p->counts[i].stacks);
	}
	for (size_t i = 0; i < p->shown_nr; i++) {
		free(p->shown[i].stacks);
		free(p->shown[i].text);
	}
	for (size_t i = 0; i < p->kind_nr; i++)
		free(p->kinds[i].fingerprint);
	free(p->counts);
	free(p->shown);
	free(p->kinds);
	free(p->index_path);
	free(p->cases_path);
	free(p);
}

int page_close(struct page *p, struct errmsg *e)
{
	int err[4];
	const char *const what[4] = { "temporary file", "temporary file", p->index_path,
				      p->cases_path };
	int worst = 0;

	put_index(p);
	fprintf(p->cases, "</tbody></table></div>\n");
	page_foot(p->cases);
	err[0] = done_file(p->details);
	err[1] = done_file(p->failed);
	err[2] = done_file(p->index);
	err[3] = done_file(p->cases);
	for (int i = 0; i < 4; i++)
		if (err[i] < 0 && worst == 0)
			worst = errmsg_set(e, err[i], "%s: %s", what[i], strerror(-err[i]));
	page_free(p);
	return worst;
}

void page_abandon(struct page *p)
{
	done_file(p->details);
	done_file(p->failed);
	if (p->index && done_file(p->index) <= 0)
		unlink(p->index_path);
	if (p->cases && done_file(p->cases) <= 0)
		unlink(p->cases_path);
	page_free(p);
}
