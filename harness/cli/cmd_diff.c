/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* netparity diff: what changed between two kernels, from their recorded answers. */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/data.h"
#include "harness/recorded/recorded.h"

/* Octets of an observation's line that are printed. */
#define LINE_SHOWN 110

struct both {
	const char *name[2]; /* as the user wrote them */
	struct recorded r[2];
	uint64_t same, changed, stale, alone;
};

/* A line without what is not compared: the location of a drop. */
static size_t told(const char *line)
{
	const char *comment = strstr(line, " # ");

	return comment ? (size_t)(comment - line) : strlen(line);
}

static bool line_equal(const char *a, const char *b)
{
	return told(a) == told(b) && memcmp(a, b, told(a)) == 0;
}

/* The step and kind that a line begins with: "3 emit". */
static size_t head_len(const char *line)
{
	size_t n = strcspn(line, " ");

	return line[n] ? n + 1 + strcspn(line + n + 1, " ") : n;
}

static unsigned long step_of(const char *line)
{
	return strtoul(line, NULL, 10);
}

static bool same_head(const char *a, const char *b)
{
	return head_len(a) == head_len(b) && memcmp(a, b, head_len(a)) == 0;
}

/* "drop", "counter Ip.InReceives", ...: what a line is about. */
static bool same_thing(const char *a, const char *b)
{
	size_t n = head_len(a), m;

	if (!same_head(a, b))
		return false;
	if (!strstr(a, " count ") && !strstr(a, " stat "))
		return true;
	m = strcspn(a + n + (a[n] != '\0'), " ");
	return strncmp(a + n, b + n, m + 2) == 0;
}

static void print_one(const char *who, const char *line)
{
	size_t n = told(line);

	printf("    step %lu, only %s: %.*s%s\n", step_of(line), who,
	       (int)(n > LINE_SHOWN ? LINE_SHOWN : n) - (int)strcspn(line, " ") - 1,
	       line + strcspn(line, " ") + 1, n > LINE_SHOWN ? "..." : "");
}

/* What stands behind the words that two lines share, with the word it begins in. */
static void print_pair(const struct both *b, const char *x, const char *y)
{
	size_t at = 0, start = 0, n = strcspn(x, " ") + 1;

	while (x[at] && x[at] == y[at]) {
		if (x[at] == ' ')
			start = at + 1;
		at++;
	}
	if (start < n)
		start = n;
	printf("    step %lu, %.*s%s %.*s in %s, %.*s in %s\n", step_of(x),
	       (int)(start - n > LINE_SHOWN ? LINE_SHOWN : start - n), x + n,
	       start > n ? "..." : "", (int)strcspn(x + start, " "), x + start, b->name[0],
	       (int)strcspn(y + start, " "), y + start, b->name[1]);
}

/* Lines of one case, side by side: those of the same step and kind are pairs. */
static void print_case(struct both *b, const struct recorded_case *x, const struct recorded_case *y)
{
	size_t i = x->first, j = y->first;

	printf("%s\n", x->name);
	while (i < x->end || j < y->end) {
		const char *p = i < x->end ? b->r[0].lines[i] : NULL;
		const char *q = j < y->end ? b->r[1].lines[j] : NULL;

		if (p && q && line_equal(p, q)) {
			i++, j++;
		} else if (p && q && same_thing(p, q)) {
			print_pair(b, p, q);
			i++, j++;
		} else {
			/* The one that the other side does not have further down. */
			bool p_later = false;

			for (size_t k = j; p && k < y->end && !p_later; k++)
				p_later = line_equal(p, b->r[1].lines[k]);
			if (q && (!p || p_later)) {
				print_one(b->name[1], q);
				j++;
			} else {
				print_one(b->name[0], p);
				i++;
			}
		}
	}
}

static bool same_trace(const struct both *b, const struct recorded_case *x,
		       const struct recorded_case *y)
{
	if (x->end - x->first != y->end - y->first)
		return false;
	for (size_t i = 0; i < x->end - x->first; i++)
		if (!line_equal(b->r[0].lines[x->first + i], b->r[1].lines[y->first + i]))
			return false;
	return true;
}

static void diff_cases(struct both *b)
{
	for (size_t i = 0; i < b->r[0].case_nr; i++) {
		const struct recorded_case *x = &b->r[0].cases[i];
		const struct recorded_case *y = recorded_find(&b->r[1], x->name);

		if (!y) {
			b->alone++;
		} else if (x->hash != y->hash) {
			printf("%s: recorded of two texts of the case: not compared\n", x->name);
			b->stale++;
		} else if (same_trace(b, x, y)) {
			b->same++;
		} else {
			print_case(b, x, y);
			b->changed++;
		}
	}
	for (size_t i = 0; i < b->r[1].case_nr; i++)
		b->alone += !recorded_find(&b->r[0], b->r[1].cases[i].name);
}

/* A folder, or a series below recorded/. */
static int folder(char *buf, size_t size, const char *name, struct errmsg *e)
{
	char recorded[480];
	int err;

	if (strchr(name, '/')) {
		snprintf(buf, size, "%s", name);
		return 0;
	}
	err = data_path(recorded, sizeof(recorded), "recorded", e);
	snprintf(buf, size, "%s/%s", recorded, name);
	return err;
}

static int diff_files(struct both *b, const char *path, const char *other_dir, struct errmsg *e)
{
	const char *base = strrchr(path, '/') + 1;
	char other[1024];
	int err = recorded_read(&b->r[0], path, e);

	if (err < 0)
		return err;
	snprintf(other, sizeof(other), "%.700s/%.200s", other_dir, base);
	err = recorded_read(&b->r[1], other, e);
	if (err == 0) {
		diff_cases(b);
		recorded_done(&b->r[1]);
	} else if (err == -ENOENT) {
		b->alone += b->r[0].case_nr;
		err = 0;
	}
	recorded_done(&b->r[0]);
	return err;
}

static int run(const struct command *cmd, int argc, char **argv)
{
	struct both b = { .same = 0 };
	struct options opt;
	struct errmsg e = { "" };
	char dir[2][512], pattern[600];
	int status = options_parse(&opt, cmd, argc, argv), err = 0;
	glob_t found;

	if (status)
		return status - 1;
	if (opt.file_nr != 2) {
		errmsg_set(&e, 0, "diff: which two kernels? such as: netparity diff 6.1 6.12");
		return cli_fail(EXIT_BAD_INPUT, &e);
	}
	for (int i = 0; i < 2 && err == 0; i++) {
		b.name[i] = opt.files[i];
		err = folder(dir[i], sizeof(dir[i]), opt.files[i], &e);
		snprintf(pattern, sizeof(pattern), "%.511s/*.trace", dir[i]);
		if (err == 0 && glob(pattern, 0, NULL, &found) != 0)
			err = errmsg_set(&e, -ENOENT,
					 "nothing is recorded of %.100s (%.300s): see netparity "
					 "record --help",
					 opt.files[i], pattern);
		else if (err == 0)
			globfree(&found);
	}
	if (err < 0)
		return cli_fail(EXIT_BAD_INPUT, &e);
	snprintf(pattern, sizeof(pattern), "%.511s/*.trace", dir[0]);
	if (glob(pattern, 0, NULL, &found) != 0)
		return EXIT_BAD_INPUT;
	for (size_t i = 0; i < found.gl_pathc && err == 0; i++)
		err = diff_files(&b, found.gl_pathv[i], dir[1], &e);
	globfree(&found);
	if (err < 0)
		return cli_fail(EXIT_BAD_INPUT, &e);
	printf("%s%llu cases the same, %llu changed, %llu of two texts, %llu recorded of one "
	       "only\n",
	       b.changed ? "\n" : "", (unsigned long long)b.same, (unsigned long long)b.changed,
	       (unsigned long long)b.stale, (unsigned long long)b.alone);
	return b.changed ? EXIT_DIVERGENCE : EXIT_PARITY;
}

const struct command cmd_diff = {
	.name = "diff",
	.summary = "what changed between two kernels, from their recorded answers",
	.usage = "KERNEL KERNEL",
	.options = "",
	.help = "A kernel is a series with recordings (6.12), or a folder of them.\n\n"
		"examples:\n"
		"  netparity diff 6.1 6.12\n",
	.run = run,
};
