/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* netparity record: what a kernel does with cases, kept for where it can't be driven. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/cli/cli.h"
#include "harness/data.h"
#include "harness/recorded/recorded.h"
#include "harness/trace.h"

/* One case's trace, in memory. */
struct taken {
	FILE *out;
	char *text;
	size_t len;
	char *line; /* TRACE_LINE_MAX */
};

static int take(void *ctx, const struct world *w, const struct obs_list *l, struct errmsg *e)
{
	struct taken *t = ctx;

	for (size_t i = 0; i < l->nr; i++) {
		trace_line(t->line, TRACE_LINE_MAX, w, l, &l->obs[i]);
		if (fprintf(t->out, "%s\n", t->line) < 0)
			return errmsg_set(e, -ENOMEM, "out of memory");
	}
	return 0;
}

/* Run the case once on a fresh host; the trace is in t->text, to be freed. */
static int run_once(struct stack *s, const struct tcase *c, struct taken *t, struct errmsg *e)
{
	const struct run_options opt = {
		.each = true, .keep_hosts = true, .trace = take, .ctx = t
	};
	struct run_result res;
	struct case_source src;
	int err;

	t->text = NULL;
	t->out = open_memstream(&t->text, &t->len);
	if (!t->out)
		return errmsg_set(e, -ENOMEM, "out of memory");
	case_source_init(&src, c);
	err = run_pair(s, NULL, &c->world, &src.source, &opt, &res, e);
	run_result_done(&res);
	if (fclose(t->out) != 0 && err == 0)
		err = errmsg_set(e, -ENOMEM, "out of memory");
	return err;
}

/* The number of the first line in which they differ, from 1. */
static unsigned int first_line(const char *a, const char *b)
{
	unsigned int line = 1;

	for (; *a && *a == *b; a++, b++)
		line += *a == '\n';
	return line;
}

/*
 * Twice, on a fresh host each: what is not the same both times is no answer. Writes the case's
 * part of the file.
 */
static int record_case(struct stack *s, const struct tcase *c, FILE *out, char *line,
		       struct errmsg *e)
{
	struct taken first = { .line = line }, second = { .line = line };
	int err = run_once(s, c, &first, e);

	if (err == 0)
		err = run_once(s, c, &second, e);
	if (err == 0 && strcmp(first.text, second.text) != 0)
		err = errmsg_set(e, -EINVAL,
				 "%s: two runs gave two traces, which differ first in line %u",
				 c->name, first_line(first.text, second.text));
	if (err == 0) {
		recorded_case_line(out, c->name, c->hash);
		fputs(first.text, out);
	}
	free(first.text);
	free(second.text);
	return err;
}

static int record_cases(struct stack *s, const char *path, FILE *out, uint64_t *ret_nr,
			struct errmsg *e)
{
	struct progress progress;
	struct case_file file;
	struct tcase c;
	char *line = malloc(TRACE_LINE_MAX);
	int err = line ? case_file_open(&file, path, e) : errmsg_set(e, -ENOMEM, "out of memory");
	int got;

	*ret_nr = 0;
	if (err < 0)
		goto out;
	progress_begin(&progress, path);
	while ((got = case_file_next(&file, &c, e)) > 0) {
		err = record_case(s, &c, out, line, e);
		tcase_done(&c);
		if (err < 0)
			break;
		progress_show(&progress, ++*ret_nr);
	}
	progress_end(&progress);
	case_file_close(&file);
	if (err == 0 && got < 0)
		err = got;
	if (err == 0 && *ret_nr == 0)
		err = errmsg_set(e, -EINVAL, "%s: no case in it", path);
out:
	free(line);
	return err;
}

/* Whole or not at all: the old recording stays until the new one is on the disk. */
static int record_file(struct stack *s, const char *dir, const char *path, struct errmsg *e)
{
	char name[256], final[1024], temp[1040];
	uint64_t nr = 0;
	FILE *out;
	int err;

	recorded_name(name, sizeof(name), path);
	snprintf(final, sizeof(final), "%.700s/%s", dir, name);
	snprintf(temp, sizeof(temp), "%s.new", final);
	out = fopen(temp, "we");
	if (!out) {
		err = errno;
		return errmsg_set(e, -err, "%s: %s", temp, strerror(err));
	}
	recorded_head(out, s->release, s->wire, s->has, s->shows);
	err = record_cases(s, path, out, &nr, e);
	errno = 0;
	if (err == 0 && (fflush(out) != 0 || ferror(out)))
		err = errmsg_set(e, -EIO, "%s: %s", temp, errno ? strerror(errno) : "write error");
	fclose(out);
	if (err == 0 && rename(temp, final) < 0)
		err = errmsg_set(e, -errno, "%s: %s", final, strerror(errno));
	if (err < 0)
		unlink(temp);
	else
		printf("%s: %llu cases on %s\n", final, (unsigned long long)nr, s->label);
	return err;
}

static int make_dir(const char *path, struct errmsg *e)
{
	return mkdir(path, 0777) == 0 || errno == EEXIST
		       ? 0
		       : errmsg_set(e, -errno, "%s: %s", path, strerror(errno));
}

/* Only a kernel has answers that are worth keeping. */
static int record(struct stack *s, const struct options *opt, struct errmsg *e)
{
	char base[512], dir[600], series[32];
	int err = 0;

	if (!*s->release || !s->wire || s->ops == &stack_golden)
		return errmsg_set(e, -EINVAL, "record: %s is no kernel that runs", s->label);
	if (opt->out)
		snprintf(base, sizeof(base), "%s", opt->out);
	else
		err = data_path(base, sizeof(base), "recorded", e);
	if (err == 0)
		err = recorded_series(series, sizeof(series), s->release, e);
	if (err < 0)
		return err;
	snprintf(dir, sizeof(dir), "%s/%s", base, series);
	err = make_dir(base, e);
	if (err == 0)
		err = make_dir(dir, e);
	for (int i = 0; i < opt->file_nr && err == 0; i++)
		err = record_file(s, dir, opt->files[i], e);
	return err;
}

static int run(const struct command *cmd, int argc, char **argv)
{
	struct options opt;
	struct errmsg e = { "" };
	struct stack *s = NULL;
	int status = options_parse(&opt, cmd, argc, argv), err;

	if (status)
		return status - 1;
	if (opt.file_nr == 0 || opt.stack_nr > 1) {
		errmsg_set(&e, 0, "record: %s; see netparity record --help",
			   opt.file_nr ? "one stack at a time" : "which cases?");
		return cli_fail(EXIT_BAD_INPUT, &e);
	}
	err = stack_open(&s, opt.stack_nr ? opt.stack[0] : "netns", &e);
	if (err == 0)
		err = record(s, &opt, &e);
	stack_close(s);
	return err < 0 ? cli_fail(cli_status(err), &e) : EXIT_PARITY;
}

const struct command cmd_record = {
	.name = "record",
	.summary = "keep what a kernel does with cases, for --stack golden",
	.usage = "[--stack STACK] [--out DIR] CASES...",
	.options = "sO",
	.help = "One file per kernel series and case file, DIR/6.18/AREA.trace. Each case runs "
		"twice and must do the\nsame both times. The running kernel answers unless "
		"--stack says otherwise.\n\n"
		"examples:\n"
		"  netparity record build/conformance/A_ip_input.case\n"
		"  netparity run --stack ref --stack golden:6.18 build/conformance/*.case\n",
	.run = run,
};
