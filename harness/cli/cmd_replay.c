/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* netparity replay: captures. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "harness/capture/capture.h"
#include "harness/cli/cli.h"
#include "harness/source_capture.h"

static int save_world(const char *path, const char *text, struct errmsg *e)
{
	FILE *f = fopen(path, "we");
	bool failed;

	errno = f ? 0 : errno;
	failed = !f || fputs(text, f) == EOF;
	if (f && fclose(f) != 0)
		failed = true;
	if (failed)
		return errmsg_set(e, -EIO, "%s: %s", path, errno ? strerror(errno) : "write error");
	return 0;
}

static void print_world(const char *file, const char *text)
{
	printf("world inferred from %s (--save-world FILE keeps it, --world FILE takes it):\n",
	       file);
	while (*text) {
		size_t len = strcspn(text, "\n");

		printf("    %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void replay_on(struct session *s, const char *path, struct capture *c, const struct world *w)
{
	static struct capture_source src;

	capture_source_init(&src, c, w);
	s->fates = src.fates;
	session_case(s, &(struct tcase_id){ .name = path, .file = path }, true, w, &src.source);
	s->fates = NULL;
	capture_source_done(&src);
}

/* Infer, show and save the world, then run. */
static int replay_inferred(struct session *s, const char *path, struct capture *c, struct errmsg *e)
{
	struct inferred inf;
	int err = infer_world(&inf, c, &s->opt->infer, e);

	if (err < 0)
		return err;
	if (!s->opt->quiet && !s->opt->tap)
		print_world(path, inf.text);
	if (s->opt->save_world)
		err = save_world(s->opt->save_world, inf.text, e);
	if (err == 0)
		err = capture_rewind(c, e);
	if (err == 0)
		replay_on(s, path, c, &inf.world);
	inferred_done(&inf);
	return err;
}

static int replay(struct session *s, const char *path, const struct world *given, struct errmsg *e)
{
	const struct capture_options copt = {
		.twice = !given,
		.any_order = s->opt->any_order,
	};
	struct capture *c;
	int err = capture_open(&c, path, &copt, e);

	if (err < 0)
		return err;
	if (given)
		replay_on(s, path, c, given);
	else
		err = replay_inferred(s, path, c, e);
	capture_close(c);
	return err;
}

static int usage(const struct options *opt, struct errmsg *e)
{
	if (opt->file_nr == 0)
		return errmsg_set(e, -EINVAL, "replay: which capture? see netparity replay --help");
	if (opt->world && (opt->save_world || opt->infer.host_nr))
		return errmsg_set(
			e, -EINVAL,
			"replay: --world is there, so there is nothing to infer: leave out %s",
			opt->save_world ? "--save-world" : "--host");
	if ((opt->save_world || opt->annotate) && opt->file_nr > 1)
		return errmsg_set(e, -EINVAL, "replay: %s takes one capture at a time",
				  opt->save_world ? "--save-world" : "--annotate");
	if (opt->annotate && opt->stack_nr > 2)
		return errmsg_set(e, -EINVAL, "replay: --annotate takes two stacks at most");
	return 0;
}

static int run(const struct command *cmd, int argc, char **argv)
{
	struct options opt;
	struct session s;
	struct world world;
	struct errmsg e = { "" };
	int status = options_parse(&opt, cmd, argc, argv);

	if (status)
		return status - 1;
	if (usage(&opt, &e) < 0)
		return cli_fail(EXIT_BAD_INPUT, &e);
	if (opt.stack_nr == 0) {
		opt.stack[opt.stack_nr++] = "ref";
		opt.stack[opt.stack_nr++] = "netns";
	}
	world_init(&world, opt.world ? opt.world : "");
	if (opt.world && world_read_file(&world, opt.world, &e) < 0) {
		world_done(&world);
		return cli_fail(EXIT_BAD_INPUT, &e);
	}
	status = session_open(&s, cmd, &opt);
	if (status) {
		world_done(&world);
		return status;
	}
	for (int i = 0; i < opt.file_nr; i++) {
		int err = replay(&s, opt.files[i], opt.world ? &world : NULL, &e);

		if (err < 0)
			session_fail(&s, err, &e);
	}
	world_done(&world);
	return session_close(&s);
}

const struct command cmd_replay = {
	.name = "replay",
	.summary = "replay captures on the reference and the running kernel, and compare",
	.usage = "[OPTION]... CAPTURE...     (- is standard input)",
	.options = "sawSHjJTAtmboq",
	.help = "pcap and pcapng, also gzip'd. Without --world the host is inferred from the "
		"capture and printed.\n\n"
		"examples:\n"
		"  netparity replay dns.pcap                      the reference against the "
		"kernel\n"
		"  netparity replay --stack ref --trace dns.pcap  what the reference does\n"
		"  netparity replay --save-world dns.world dns.pcap   then edit it, and:\n"
		"  netparity replay --world dns.world --json report.jsonl dns.pcap\n"
		"  netparity replay --annotate out.pcapng dns.pcap    then: wireshark out.pcapng\n"
		"  tcpdump -w - -c 100 udp | netparity replay --host 10.0.0.1 -\n",
	.run = run,
};
