/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* netparity report: results of runs as pages for a browser. */
#include <errno.h>

#include "harness/cli/cli.h"
#include "harness/report/page.h"
#include "harness/report/results.h"

static int add_file(struct page *p, const char *path, struct errmsg *e)
{
	struct results r;
	struct result record;
	bool summary = false;
	int err = results_open(&r, path, e), got = 0;

	while (err == 0 && (got = results_next(&r, &record, e)) > 0) {
		if (summary)
			err = errmsg_set(e, -EINVAL, "%s:%u: a record behind the summary", path,
					 r.line);
		else
			err = page_add(p, &record, e);
		summary = record.type == RESULT_SUMMARY;
		result_done(&record);
	}
	results_close(&r);
	if (err == 0)
		err = got;
	if (err == 0)
		page_end_of_input(p, path, summary);
	return err;
}

static int run(const struct command *cmd, int argc, char **argv)
{
	struct options opt;
	struct page *p;
	struct errmsg e = { "" };
	int status = options_parse(&opt, cmd, argc, argv), err;

	if (status)
		return status - 1;
	if (opt.file_nr == 0 || !opt.out) {
		errmsg_set(&e, 0, "report: %s see netparity report --help",
			   opt.file_nr ? "where to? -o DIR;" : "which results?");
		return cli_fail(EXIT_BAD_INPUT, &e);
	}
	err = page_open(&p, opt.out, &e);
	if (err < 0)
		return cli_fail(EXIT_BAD_INPUT, &e);
	for (int i = 0; i < opt.file_nr && err == 0; i++)
		err = add_file(p, opt.files[i], &e);
	if (err < 0)
		page_abandon(p);
	else
		err = page_close(p, &e);
	if (err < 0)
		return cli_fail(EXIT_BAD_INPUT, &e);
	printf("%s/index.html\n", opt.out);
	return EXIT_PARITY;
}

const struct command cmd_report = {
	.name = "report",
	.summary = "pages for a browser from the results of runs",
	.usage = "RESULTS.jsonl... -o DIR     (- is standard input)",
	.options = "O",
	.help = "RESULTS are what `netparity run --json FILE` and `replay --json FILE` write; "
		"those "
		"of shards go\ntogether. The pages need nothing but themselves. The exit status is "
		"0 when they were written,\nwhatever they tell.\n\n"
		"examples:\n"
		"  netparity run --quiet --json results.jsonl *.case\n"
		"  netparity report results.jsonl -o report && xdg-open report/index.html\n"
		"  netparity report shard-*.jsonl -o report\n",
	.run = run,
};
