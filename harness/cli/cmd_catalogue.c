/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * netparity catalogue: the rows of behaviours, and which of them cases show.
 *
 * No kernel is driven: a kernel passes a row when its answer to a case of the row is recorded, of
 * the case as it is now; the reference passes when, as each of these kernels, it does the same as
 * all such answers say. A case without a recording passes nowhere.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/data.h"
#include "harness/rows/rows.h"
#include "ref/ref.h"

#define KERNELS_MAX 8

/* What is known of a row. */
struct tally {
	unsigned int cases;
	unsigned int answered[KERNELS_MAX]; /* cases that the kernel has a recording of */
	unsigned int agreed[KERNELS_MAX]; /* ... where the reference does the same */
};

struct catalogue {
	struct rows rows;
	struct tally *tally; /* by row */
	const char *kernel[KERNELS_MAX];
	struct stack *golden[KERNELS_MAX], *ref[KERNELS_MAX];
	size_t kernel_nr;
	struct known known; /* differences that do not count */
	uint64_t case_nr, bad_nr; /* cases; of these: not the same on the reference */
};

/* The kernels of --stack, or each profile of which something is recorded. */
static int open_kernels(struct catalogue *c, const struct options *opt, struct errmsg *e)
{
	for (int i = 0; i < REF_PROFILE_NR; i++) {
		const char *name = ref_profile_name((enum ref_profile)i);
		char golden[32], ref[160];
		int err;

		if (opt->as && strcmp(opt->as, name) != 0)
			continue;
		snprintf(golden, sizeof(golden), "golden:%s", name);
		err = stack_open(&c->golden[c->kernel_nr], golden, e);
		if (err == -ENODEV && !opt->as)
			continue;
		if (err < 0)
			return err;
		snprintf(ref, sizeof(ref), "ref:%s,%s,has=%s", name, c->golden[c->kernel_nr]->wire,
			 c->golden[c->kernel_nr]->has);
		c->kernel[c->kernel_nr++] = name;
		err = stack_open(&c->ref[c->kernel_nr - 1], ref, e);
		if (err < 0)
			return err;
	}
	return 0;
}

static bool is_known(void *ctx, const struct diff *diff)
{
	return known_find(ctx, diff) != NULL;
}

/*
 * By the ordinary way, for decisions are taken down; `run` goes as nobody asks, by the short way
 * where there is one. Does the reference do what this kernel did? 1 yes, 0 no, -ENOENT: the kernel
 * has no answer.
 */
static int agrees(struct catalogue *c, size_t k, const struct tcase *tc, const char *path,
		  struct errmsg *e)
{
	const struct tcase_id id = { .name = tc->name, .file = path, .hash = tc->hash };
	const struct run_options opt = {
		.each = true,
		.keep_hosts = true,
		.known = is_known,
		.ctx = &c->known,
	};
	struct stack *golden = c->golden[k];
	struct run_result res;
	struct case_source src;
	int err = golden->ops->tcase(golden, &id, e);

	if (err == -ENOENT || err == -ESTALE)
		return -ENOENT;
	if (err < 0)
		return err;
	known_begin(&c->known, tc->name, c->ref[k]->label, golden->label);
	case_source_init(&src, tc);
	err = run_pair(c->ref[k], golden, &tc->world, &src.source, &opt, &res, e);
	if (err == 0)
		err = res.differing == 0;
	run_result_done(&res);
	return err;
}

static int count_case(struct catalogue *c, const struct tcase *tc, const char *path,
		      struct errmsg *e)
{
	bool answered[KERNELS_MAX] = { false }, agreed[KERNELS_MAX] = { false };
	char *copy = strdup(tc->rows ? tc->rows : ""), *save = NULL;

	if (!copy)
		return errmsg_set(e, -ENOMEM, "out of memory");
	for (size_t k = 0; k < c->kernel_nr; k++) {
		int got = agrees(c, k, tc, path, e);

		if (got < 0 && got != -ENOENT) {
			free(copy);
			return errmsg_wrap(e, got, "%s: %s", path, tc->name);
		}
		answered[k] = got >= 0;
		agreed[k] = got == 1;
		c->bad_nr += got == 0;
	}
	c->case_nr++;
	for (char *id = strtok_r(copy, " ", &save); id; id = strtok_r(NULL, " ", &save)) {
		const struct row *row = rows_find(&c->rows, id);
		struct tally *t;

		if (!row) {
			errmsg_set(e, -EINVAL, "%s:%u: case %s: no row has the id %.40s", path,
				   tc->line, tc->name, id);
			free(copy);
			return -EINVAL;
		}
		t = &c->tally[row - c->rows.row];
		t->cases++;
		for (size_t k = 0; k < c->kernel_nr; k++) {
			t->answered[k] += answered[k];
			t->agreed[k] += agreed[k];
		}
	}
	free(copy);
	return 0;
}

static int count_file(struct catalogue *c, const char *path, struct errmsg *e)
{
	struct case_file file;
	struct tcase tc;
	int got, err = case_file_open(&file, path, e);

	if (err < 0)
		return err;
	while (err == 0 && (got = case_file_next(&file, &tc, e)) != 0) {
		if (got < 0) {
			err = got;
			break;
		}
		/* Without rows it is of no interest here. */
		if (tc.rows)
			err = count_case(c, &tc, path, e);
		tcase_done(&tc);
	}
	case_file_close(&file);
	return err;
}

/* The cases named, or those that the build made beside the program. */
static int count_cases(struct catalogue *c, const struct options *opt, struct errmsg *e)
{
	glob_t found;
	char pattern[700];
	int err = 0;

	for (int i = 0; i < opt->file_nr && err == 0; i++)
		err = count_file(c, opt->files[i], e);
	if (opt->file_nr || err < 0)
		return err;
	err = data_cases(pattern, sizeof(pattern), e);
	if (err < 0)
		return err;
	if (glob(pattern, 0, NULL, &found) != 0)
		return errmsg_set(e, -ENOENT, "no cases %s: name them", pattern);
	for (size_t i = 0; i < found.gl_pathc && err == 0; i++)
		err = count_file(c, found.gl_pathv[i], e);
	globfree(&found);
	return err;
}

/* One line of the table: rows of an area and level that cases can show. */
struct line {
	unsigned int rows, hidden, with_case, ref, kernel[KERNELS_MAX];
};

static void add_row(const struct catalogue *c, size_t i, struct line *l)
{
	const struct tally *t = &c->tally[i];
	bool any = false, ref = true;

	l->rows++;
	if (c->rows.row[i].hidden && !t->cases) {
		l->hidden++;
		return;
	}
	if (!t->cases)
		return;
	l->with_case++;
	for (size_t k = 0; k < c->kernel_nr; k++) {
		l->kernel[k] += t->answered[k] > 0;
		any = any || t->answered[k];
		ref = ref && t->agreed[k] == t->answered[k];
	}
	l->ref += any && ref;
}

static void print_line(const struct catalogue *c, const char *area, const char *level,
		       const struct line *l)
{
	unsigned int can = l->rows - l->hidden;

	if (!l->rows)
		return;
	printf("%-18s %-5s %5u %6u %9u %4u%% %5u", area, level, l->rows, l->hidden, l->with_case,
	       can ? 100 * l->with_case / can : 100, l->ref);
	for (size_t k = 0; k < c->kernel_nr; k++)
		printf(" %6u", l->kernel[k]);
	printf("\n");
}

/* "A-ip-input" of ".../A-ip-input.yaml". */
static void area_name(char *buf, size_t size, const char *path)
{
	const char *slash = strrchr(path, '/');

	snprintf(buf, size, "%s", slash ? slash + 1 : path);
	buf[strcspn(buf, ".")] = '\0';
}

static void print_table(const struct catalogue *c)
{
	struct line total = { 0 };
	char area[64];

	printf("%-18s %-5s %5s %6s %9s %5s %5s", "area", "level", "rows", "hidden", "with case", "",
	       "ref");
	for (size_t k = 0; k < c->kernel_nr; k++)
		printf(" %6s", c->kernel[k]);
	printf("\n");
	for (size_t f = 0; f < c->rows.file_nr; f++)
		for (int level = 0; level < ROW_LEVEL_NR; level++) {
			struct line l = { 0 };

			for (size_t i = 0; i < c->rows.nr; i++)
				if (c->rows.row[i].file_idx == f &&
				    (int)c->rows.row[i].level == level) {
					add_row(c, i, &l);
					add_row(c, i, &total);
				}
			area_name(area, sizeof(area), c->rows.files[f]);
			print_line(c, area, row_level_name((enum row_level)level), &l);
		}
	print_line(c, "all", "", &total);
	printf("\nrows: all that are known; hidden: no case of a single host can show them "
	       "(--missing says why);\nwith case: and in percent of those that are not hidden; the "
	       "kernels: an answer is recorded of\neach; ref: the reference does the same as every "
	       "kernel whose answer is recorded.\n%llu cases; answers that are not the "
	       "reference's: %llu\n",
	       (unsigned long long)c->case_nr, (unsigned long long)c->bad_nr);
}

static void print_missing(const struct catalogue *c)
{
	char area[64];

	for (size_t i = 0; i < c->rows.nr; i++) {
		const struct row *row = &c->rows.row[i];

		if (c->tally[i].cases)
			continue;
		area_name(area, sizeof(area), c->rows.files[row->file_idx]);
		printf("%s %s %s: %s%s%s\n", area, row->id, row_level_name(row->level),
		       row->hidden ? "hidden: " : "", row->hidden ? row->hidden : "",
		       row->hidden ? "" : row->when);
	}
}

static int fill(struct catalogue *c, const struct options *opt, struct errmsg *e)
{
	char dir[512];
	int err = data_path(dir, sizeof(dir), "rows", e);

	if (err == 0)
		err = rows_read(&c->rows, dir, e);
	if (err == 0 && data_path(dir, sizeof(dir), "known-differences", e) == 0)
		err = known_read(&c->known, dir, e);
	if (err < 0)
		return err;
	c->tally = calloc(c->rows.nr + 1, sizeof(*c->tally));
	if (!c->tally)
		return errmsg_set(e, -ENOMEM, "out of memory");
	err = open_kernels(c, opt, e);
	return err < 0 ? err : count_cases(c, opt, e);
}

static int run(const struct command *cmd, int argc, char **argv)
{
	struct catalogue c = { .kernel_nr = 0 };
	struct options opt;
	struct errmsg e = { "" };
	int status = options_parse(&opt, cmd, argc, argv), err;

	if (status)
		return status - 1;
	err = fill(&c, &opt, &e);
	if (err < 0)
		status = cli_fail(cli_status(err), &e);
	else if (opt.missing)
		print_missing(&c);
	else
		print_table(&c);
	if (err == 0 && opt.check && c.bad_nr)
		status = EXIT_DIVERGENCE;
	for (size_t k = 0; k < c.kernel_nr; k++) {
		stack_close(c.golden[k]);
		stack_close(c.ref[k]);
	}
	free(c.tally);
	known_done(&c.known);
	rows_done(&c.rows);
	return status;
}

const struct command cmd_catalogue = {
	.name = "catalogue",
	.summary = "the behaviours that are known, and which of them cases show",
	.usage = "[--missing] [--as LINUX] [CASES...]",
	.options = "aMk",
	.help = "Rows stand in conformance/rows, cases name the rows they show (`rows ID...`), and "
		"recorded answers\nsay what each kernel did. Without CASES: those that the build "
		"made.\n\n"
		"examples:\n"
		"  netparity catalogue\n"
		"  netparity catalogue --missing | grep core\n",
	.run = run,
};
