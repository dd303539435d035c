/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "harness/report/results.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const result_verdict_name[RESULT_VERDICT_NR] = {
	[RESULT_PARITY] = "parity",
	[RESULT_RAN] = "ran",
	[RESULT_DIVERGENCE] = "divergence",
	[RESULT_FAILED] = "failed",
};

size_t result_lines_nr(struct result_lines l)
{
	return json_array_size(l.array);
}

const char *result_line(struct result_lines l, size_t i)
{
	return json_string_value(json_array_get(l.array, i));
}

size_t result_row_nr(const struct result_divergence *d)
{
	return json_array_size(d->rows);
}

static int place(const json_t *n)
{
	return json_is_integer(n) ? (int)json_integer_value(n) : -1;
}

struct result_row result_row(const struct result_divergence *d, size_t i)
{
	const json_t *row = json_array_get(d->rows, i);

	return (struct result_row){
		.mark = json_string_value(json_array_get(row, 0)),
		.a = place(json_array_get(row, 1)),
		.b = place(json_array_get(row, 2)),
	};
}

/* ---- reading: what is not as json.c writes it is refused, by name ---- */

static int wrong(struct errmsg *e, const char *key, const char *what)
{
	return errmsg_set(e, -EINVAL, "\"%s\": %s", key, what);
}

static int get_string(const json_t *o, const char *key, const char **ret, struct errmsg *e)
{
	*ret = json_string_value(json_object_get(o, key));
	return *ret ? 0 : wrong(e, key, "no text there");
}

static int get_count(const json_t *o, const char *key, uint64_t *ret, struct errmsg *e)
{
	const json_t *n = json_object_get(o, key);

	if (!json_is_integer(n) || json_integer_value(n) < 0)
		return wrong(e, key, "no number there");
	*ret = (uint64_t)json_integer_value(n);
	return 0;
}

/* A number that may be left out: -1. */
static int get_maybe(const json_t *o, const char *key, int64_t *ret, struct errmsg *e)
{
	uint64_t n;
	int err;

	*ret = -1;
	if (!json_object_get(o, key))
		return 0;
	err = get_count(o, key, &n, e);
	if (err == 0)
		*ret = (int64_t)n;
	return err;
}

static int as_lines(const json_t *array, const char *key, struct result_lines *ret,
		    struct errmsg *e)
{
	if (!json_is_array(array))
		return wrong(e, key, "no list there");
	for (size_t i = 0; i < json_array_size(array); i++)
		if (!json_is_string(json_array_get(array, i)))
			return wrong(e, key, "not all of the list is text");
	ret->array = array;
	return 0;
}

static int get_lines(const json_t *o, const char *key, struct result_lines *ret, struct errmsg *e)
{
	return as_lines(json_object_get(o, key), key, ret, e);
}

static int get_pair(const json_t *o, const char *key, struct result_lines ret[2], struct errmsg *e)
{
	const json_t *pair = json_object_get(o, key);

	if (json_array_size(pair) != 2)
		return wrong(e, key, "no list of two lists");
	if (as_lines(json_array_get(pair, 0), key, &ret[0], e) < 0)
		return -EINVAL;
	return as_lines(json_array_get(pair, 1), key, &ret[1], e);
}

static bool place_fits(const json_t *n, struct result_lines l)
{
	return json_is_null(n) || (json_is_integer(n) && json_integer_value(n) >= 0 &&
				   (size_t)json_integer_value(n) < result_lines_nr(l));
}

static int get_rows(const json_t *o, struct result_divergence *d, struct errmsg *e)
{
	d->rows = json_object_get(o, "rows");
	if (!json_is_array(d->rows))
		return wrong(e, "rows", "no list there");
	for (size_t i = 0; i < json_array_size(d->rows); i++) {
		const json_t *row = json_array_get(d->rows, i);

		if (json_array_size(row) != 3 || !json_is_string(json_array_get(row, 0)) ||
		    !place_fits(json_array_get(row, 1), d->traces[0]) ||
		    !place_fits(json_array_get(row, 2), d->traces[1]))
			return wrong(e, "rows", "no [MARK, LINE, LINE] of the traces");
	}
	return 0;
}

static int get_step(const json_t *o, struct result_divergence *d, struct errmsg *e)
{
	d->frame = json_string_value(json_object_get(o, "frame"));
	d->call = json_string_value(json_object_get(o, "call"));
	if (d->frame &&
	    (strlen(d->frame) % 2 || strspn(d->frame, "0123456789abcdef") != strlen(d->frame)))
		return wrong(e, "frame", "no hexadecimal digits");
	return get_maybe(o, "sleep_ns", &d->sleep_ns, e);
}

static int get_divergence(const json_t *o, struct result_divergence *d, struct errmsg *e)
{
	const struct {
		const char *key, **ret;
	} texts[] = {
		{ "fingerprint", &d->fingerprint },
		{ "note", &d->note },
		{ "type", &d->type },
		{ "field", &d->field },
		{ "detail", &d->detail },
		{ "repeat", &d->repeat },
	};
	int err = get_count(o, "step", &d->step, e);

	for (size_t i = 0; err == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
		err = get_string(o, texts[i].key, texts[i].ret, e);
	d->confirmed = json_is_true(json_object_get(o, "confirmed"));
	if (err == 0)
		err = get_count(o, "count", &d->count, e);
	if (err == 0)
		err = get_maybe(o, "packet", &d->packet, e);
	if (err == 0)
		err = get_maybe(o, "line", &d->line, e);
	if (err == 0)
		err = get_pair(o, "traces", d->traces, e);
	if (err == 0)
		err = get_pair(o, "decisions", d->decisions, e);
	if (err == 0)
		err = get_rows(o, d, e);
	return err < 0 ? err : get_step(o, d, e);
}

static int get_divergences(struct result *r, struct errmsg *e)
{
	const json_t *array = json_object_get(r->json, "divergences");

	if (!json_is_array(array))
		return wrong(e, "divergences", "no list there");
	r->div_nr = json_array_size(array);
	r->div = calloc(r->div_nr + 1, sizeof(*r->div));
	if (!r->div)
		return errmsg_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < r->div_nr; i++)
		if (get_divergence(json_array_get(array, i), &r->div[i], e) < 0)
			return errmsg_wrap(e, -EINVAL, "divergence %zu", i + 1);
	return 0;
}

static int get_verdict(struct result *r, struct errmsg *e)
{
	const char *word;
	int err = get_string(r->json, "verdict", &word, e);

	if (err < 0)
		return err;
	for (int i = 0; i < RESULT_VERDICT_NR; i++)
		if (strcmp(word, result_verdict_name[i]) == 0) {
			r->verdict = (enum result_verdict)i;
			return 0;
		}
	return errmsg_set(e, -EINVAL, "\"verdict\": no verdict is called \"%.40s\"", word);
}

static int get_stacks(struct result *r, struct errmsg *e)
{
	struct result_lines labels;
	int err = get_lines(r->json, "stacks", &labels, e);

	if (err < 0)
		return err;
	r->stack_nr = result_lines_nr(labels);
	if (r->stack_nr < 1 || r->stack_nr > 2)
		return wrong(e, "stacks", "neither one nor two");
	for (size_t i = 0; i < r->stack_nr; i++)
		r->stack[i] = result_line(labels, i);
	return 0;
}

static int get_case(struct result *r, struct errmsg *e)
{
	const struct {
		const char *key;
		uint64_t *ret;
	} counts[] = {
		{ "steps", &r->steps },
		{ "differing", &r->differing },
		{ "other_differing", &r->other },
		{ "known", &r->known },
	};
	const char *kind = "";
	int err = get_string(r->json, "case", &r->name, e);

	for (size_t i = 0; err == 0 && i < sizeof(counts) / sizeof(counts[0]); i++)
		err = get_count(r->json, counts[i].key, counts[i].ret, e);
	if (err == 0)
		err = get_string(r->json, "file", &r->file, e);
	if (err == 0)
		err = get_string(r->json, "kind", &kind, e);
	if (err == 0)
		err = get_verdict(r, e);
	if (err == 0)
		err = get_stacks(r, e);
	if (err == 0)
		err = get_lines(r->json, "compared", &r->compared, e);
	if (err == 0)
		err = get_lines(r->json, "not_compared", &r->not_compared, e);
	if (err == 0)
		err = get_lines(r->json, "cannot", &r->cannot, e);
	if (err < 0)
		return err;
	r->capture = strcmp(kind, "capture") == 0;
	r->error = json_string_value(json_object_get(r->json, "error"));
	err = get_divergences(r, e);
	if (err == 0 && r->div_nr && r->stack_nr < 2)
		err = wrong(e, "divergences", "of one stack alone");
	return err;
}

static int get_record(struct result *r, struct errmsg *e)
{
	const char *record;
	uint64_t status;
	int err = get_string(r->json, "record", &record, e);

	if (err < 0)
		return err;
	if (strcmp(record, "case") == 0)
		return get_case(r, e);
	if (strcmp(record, "error") == 0) {
		r->type = RESULT_ERROR;
		return get_string(r->json, "error", &r->error, e);
	}
	if (strcmp(record, "summary") != 0)
		return errmsg_set(e, -EINVAL, "\"record\": no record is called \"%.40s\"", record);
	r->type = RESULT_SUMMARY;
	err = get_string(r->json, "version", &r->version, e);
	if (err == 0)
		err = get_count(r->json, "exit", &status, e);
	if (err == 0 && status > EXIT_UNAVAILABLE)
		err = wrong(e, "exit", "no exit status of netparity");
	if (err == 0)
		r->exit_status = (int)status;
	return err;
}

int results_open(struct results *r, const char *path, struct errmsg *e)
{
	*r = (struct results){ .path = path };
	r->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	return r->file ? 0 : errmsg_set(e, -EINVAL, "%s: %s", path, strerror(errno));
}

int results_next(struct results *r, struct result *ret, struct errmsg *e)
{
	json_error_t why;
	ssize_t len;
	int err;

	errno = 0;
	len = getline(&r->text, &r->size, r->file);
	if (len < 0)
		return ferror(r->file) ? errmsg_set(e, -EIO, "%s: %s", r->path,
						    errno ? strerror(errno) : "read error")
				       : 0;
	r->line++;
	*ret = (struct result){ .json = json_loadb(r->text, (size_t)len, 0, &why) };
	if (!ret->json)
		return errmsg_set(e, -EINVAL, "%s:%u: no JSON: %.100s", r->path, r->line, why.text);
	err = get_record(ret, e);
	if (err < 0) {
		result_done(ret);
		return errmsg_wrap(e, err, "%s:%u", r->path, r->line);
	}
	return 1;
}

void result_done(struct result *r)
{
	free(r->div);
	json_decref(r->json);
}

void results_close(struct results *r)
{
	if (r->file && r->file != stdin)
		fclose(r->file);
	free(r->text);
}
