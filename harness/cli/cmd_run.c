/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* netparity run: case files. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "harness/cli/cli.h"

static void take_case(struct session *s, const struct tcase *c, const char *path)
{
	const struct tcase_id id = { .name = c->name, .file = path, .hash = c->hash };
	struct case_source src;

	if (!select_case(&s->select, c->name))
		return;
	if (s->opt->list) {
		printf("%s\n", c->name);
		return;
	}
	case_source_init(&src, c);
	session_case(s, &id, false, &c->world, &src.source);
}

static int run_file(struct session *s, const char *path, struct errmsg *e)
{
	uint64_t before = s->select.read;
	struct case_file file;
	struct tcase c;
	int err = case_file_open(&file, path, e), got;

	if (err < 0)
		return err;
	while ((got = case_file_next(&file, &c, e)) > 0) {
		take_case(s, &c, path);
		tcase_done(&c);
	}
	case_file_close(&file);
	if (got < 0)
		return got;
	return s->select.read > before ? 0 : errmsg_set(e, -EINVAL, "%s: no case in it", path);
}

/* Nothing ran: an error, unless it is only not the turn of this shard. */
static void none_ran(struct session *s)
{
	const struct select *sel = &s->select;
	struct errmsg e;

	if (sel->read && !sel->matched)
		session_fail(
			s,
			errmsg_set(&e, -EINVAL, "no case %s among %" PRIu64, sel->glob, sel->read),
			&e);
	else if (sel->matched && !s->opt->tap && !s->opt->list)
		printf("shard %" PRIu32 "/%" PRIu32 ": none of the %" PRIu64 " cases is its\n",
		       sel->shard, sel->shards, sel->matched);
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
	if (opt.list) {
		s = (struct session){ .cmd = cmd, .opt = &opt, .select = opt.select };
	} else {
		status = session_open(&s, cmd, &opt);
		if (status)
			return status;
	}
	for (int i = 0; i < opt.file_nr; i++) {
		int err = run_file(&s, opt.files[i], &e);

		if (err < 0)
			session_fail(&s, err, &e);
	}
	if (!s.select.chosen)
		none_ran(&s);
	return session_close(&s);
}

const struct command cmd_run = {
	.name = "run",
	.summary = "run cases on the reference and the running kernel, and compare",
	.usage = "[OPTION]... CASE...",
	.options = "sajJTtmcilqK",
	.help = "A case file is plain text: `case NAME`, lines of a world, steps (recv, sleep, "
		"recvmsg, close).\n\n"
		"examples:\n"
		"  netparity run area.case                        the reference against the "
		"kernel\n"
		"  netparity run --stack ref --trace area.case    what the reference does\n"
		"  netparity run --case overlap --stack ref --stack netns:veth area.case\n"
		"  netparity run --quiet --junit results.xml --json results.jsonl *.case\n"
		"  netparity run --tap --shard 2/5 *.case         the second of five equal parts\n"
		"  netparity run --list --case '*.udp_*' *.case\n",
	.run = run,
};
