/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* netparity run: case files. */
#include <string.h>

#include "harness/cli/cli.h"

static int run_file(struct session *s, const char *path, struct errmsg *e)
{
	struct case_file file;
	struct tcase c;
	int err = case_file_open(&file, path, e), got;
	uint64_t found = 0;

	if (err < 0)
		return err;
	while ((got = case_file_next(&file, &c, e)) > 0) {
		struct case_source src;

		if (!s->opt->only || strcmp(s->opt->only, c.name) == 0) {
			const struct tcase_id id = {
				.name = c.name, .file = path, .hash = c.hash
			};

			case_source_init(&src, &c);
			session_case(s, &id, false, &c.world, &src.source);
			found++;
		}
		tcase_done(&c);
	}
	case_file_close(&file);
	if (got < 0)
		return got;
	if (found == 0)
		return errmsg_set(e, -1, s->opt->only ? "%s: no case %s" : "%s: no case in it",
				  path, s->opt->only);
	return 0;
}

static int run(const struct command *cmd, int argc, char **argv)
{
	struct options opt;
	struct session s;
	struct errmsg e = { "" };
	int status = options_parse(&opt, cmd, argc, argv);

	if (status)
		return status - 1;
	if (opt.file_nr == 0) {
		errmsg_set(&e, 0, "run: which file? see netparity run --help");
		return cli_fail(EXIT_BAD_INPUT, &e);
	}
	if (opt.stack_nr == 0) {
		opt.stack[opt.stack_nr++] = "ref";
		opt.stack[opt.stack_nr++] = "netns";
	}
	status = session_open(&s, cmd, &opt);
	if (status)
		return status;
	for (int i = 0; i < opt.file_nr; i++) {
		int err = run_file(&s, opt.files[i], &e);

		if (err < 0)
			session_fail(&s, err, &e);
	}
	return session_close(&s);
}

const struct command cmd_run = {
	.name = "run",
	.summary = "run cases on the reference and the running kernel, and compare",
	.usage = "[OPTION]... CASE...",
	.options = "sajtmcqK",
	.help = "A case file is plain text: `case NAME`, lines of a world, steps (recv, sleep, "
		"recvmsg, close).\n\n"
		"examples:\n"
		"  netparity run area.case                        the reference against the "
		"kernel\n"
		"  netparity run --stack ref --trace area.case    what the reference does\n"
		"  netparity run --case overlap --stack ref --stack netns:veth area.case\n",
	.run = run,
};
