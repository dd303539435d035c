/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* netparity fuzz: a campaign (fuzz/campaign.h), told as it goes. netparity shrink: a case, smaller.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "fuzz/campaign.h"
#include "harness/cli/cli.h"
#include "harness/trace.h"

#define FUZZ_SECONDS 10
#define FUZZ_DIR     "findings"
#define SIDE_OCTETS  32 /* of a payload or frame that are shown */

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

static bool stop(void)
{
	return interrupted;
}

/* The first SIGINT or SIGTERM ends it in good order, a second one at once. */
static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal,
				.sa_flags = (int)(SA_RESETHAND | SA_RESTART) };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

struct teller {
	struct session s;
	struct progress progress;
	bool began;
};

static void begins(void *ctx, uint64_t seed, uint64_t known)
{
	struct teller *t = ctx;

	t->began = true;
	printf("fuzz: %s against %s, seed %" PRIu64, t->s.stack[0]->label, t->s.stack[1]->label,
	       seed);
	if (known)
		printf(", %" PRIu64 " kinds of difference known", known);
	printf("\n");
	fflush(stdout);
}

static void show_progress(void *ctx, uint64_t cases)
{
	progress_show(&((struct teller *)ctx)->progress, cases);
}

/* What one stack did there. */
static void print_side(const char *label, const struct world *w, const struct obs_list *l,
		       const struct obs *obs)
{
	char line[400] = "nothing";

	if (obs)
		trace_line_short(line, sizeof(line), SIDE_OCTETS, w, l, obs);
	printf("  %s: %s\n", label, line);
}

static void tell_finding(void *ctx, const struct campaign_finding *f)
{
	const struct shrunk *small = f->small;
	const struct teller *t = ctx;

	progress_end(&((struct teller *)ctx)->progress);
	printf("finding: %s\n", f->fingerprint);
	printf("  %s: %s\n", f->div->diff.field, f->div->diff.detail);
	print_side(t->s.stack[0]->label, f->w, &f->div->a, f->div->diff.a);
	print_side(t->s.stack[1]->label, f->w, &f->div->b, f->div->diff.b);
	if (*f->div->note)
		printf("  %s\n", f->div->note);
	printf("  %zu steps, %zu lines of world, confirmed in %u of %d runs%s\n", small->nr,
	       small->world.line_nr, small->hits, SHRINK_CONFIRM,
	       small->hits == 0	   ? ": not reproduced"
	       : small->unfinished ? "; netparity shrink could go on"
				   : "");
	printf("  repeat: netparity run%s%s --stack %s --stack %s %s\n",
	       t->s.opt->as ? " --as " : "", t->s.opt->as ? t->s.opt->as : "", t->s.opt->stack[0],
	       t->s.opt->stack[1], f->path);
	fflush(stdout);
}

static void tell_refused(void *ctx, uint64_t seed, const char *why)
{
	progress_end(&((struct teller *)ctx)->progress);
	printf("world of seed %" PRIu64 " refused: %s\n", seed, why);
	fflush(stdout);
}

/* The reference, and one --stack or the running kernel. False: said why not. */
static bool two_stacks(struct options *opt, const char *name)
{
	struct errmsg e;

	if (opt->stack_nr > 2) {
		errmsg_set(&e, 0, "%s: takes one --stack, or two; see netparity %s --help", name,
			   name);
		cli_fail(EXIT_BAD_INPUT, &e);
		return false;
	}
	if (opt->stack_nr < 2) {
		opt->stack[1] = opt->stack_nr ? opt->stack[0] : "netns";
		opt->stack[0] = "ref";
		opt->stack_nr = 2;
	}
	return true;
}

static void print_sum(const struct campaign_sum *sum, const struct options *opt)
{
	printf("%s: %" PRIu64 " cases in %" PRIu64 " worlds, %" PRIu64 " steps, %" PRIu64
	       " differ in %" PRIu64 " ways",
	       sum->differing || sum->refused ? "DIVERGENCE" : "PARITY", sum->cases,
	       sum->stretches - sum->refused, sum->steps, sum->differing, sum->kinds);
	if (sum->again)
		printf(" and, %" PRIu64 " of them, in ways known before", sum->again);
	if (sum->refused)
		printf(", %" PRIu64 " worlds refused", sum->refused);
	printf("\n");
	if (interrupted && opt->out)
		printf("stopped; the same command goes on with seed %" PRIu64 "\n", sum->next_seed);
	else if (interrupted)
		printf("stopped; --seed %" PRIu64 " goes on\n", sum->next_seed);
}

static int fuzz(const struct command *cmd, int argc, char **argv)
{
	struct campaign_options opt = {
		.stop = stop,
		.begins = begins,
		.progress = show_progress,
		.finding = tell_finding,
		.refused = tell_refused,
	};
	struct campaign_sum sum;
	struct options o;
	struct errmsg e = { "" };
	struct teller t = { .began = false };
	int status = options_parse(&o, cmd, argc, argv), err;

	if (status)
		return status - 1;
	if (o.file_nr) {
		errmsg_set(&e, 0, "fuzz: takes no file; see netparity fuzz --help");
		return cli_fail(EXIT_BAD_INPUT, &e);
	}
	if (!two_stacks(&o, cmd->name))
		return EXIT_BAD_INPUT;
	status = session_open(&t.s, cmd, &o);
	if (status)
		return status;
	if (getrandom(&opt.first_seed, 4, 0) != 4)
		opt.first_seed = (uint64_t)time(NULL);
	opt.ctx = &t;
	opt.dir = o.out ? o.out : FUZZ_DIR;
	opt.log = o.out != NULL;
	opt.seed = o.seed;
	opt.cases = o.cases;
	opt.seconds = o.seconds ? o.seconds : o.cases ? 0 : FUZZ_SECONDS;
	opt.batch = o.batch;
	catch_signals();
	progress_begin(&t.progress, "fuzz");
	err = campaign(t.s.stack[0], t.s.stack[1], &opt, &sum, &e);
	progress_end(&t.progress);
	if (sum.differing || sum.refused)
		t.s.status = EXIT_DIVERGENCE;
	if (err < 0)
		session_fail(&t.s, err, &e);
	if (t.began)
		print_sum(&sum, &o);
	return session_close(&t.s);
}

const struct command cmd_fuzz = {
	.name = "fuzz",
	.summary = "run generated cases on the reference and another stack, and keep what differs",
	.usage = "[OPTION]...",
	.options = "saNnrObq",
	.help = "Worlds and cases are made from a seed. Each new kind of difference is written "
		"down "
		"at once, then\nshrunk to the fewest steps, octets and lines of a world that show "
		"it, and written as a case and a\ncapture; it is told with the command that "
		"repeats "
		"it. With --out, a campaign that was stopped or\nkilled goes on in its folder: "
		"with "
		"the next seed, and knowing what it has found.\n\n"
		"examples:\n"
		"  netparity fuzz --seconds 60                    the reference against the "
		"running kernel\n"
		"  netparity fuzz --stack netns:veth --cases 100000\n"
		"  netparity fuzz --seconds 36000 --out night     and the same again, to go on\n"
		"  netparity fuzz --seed 42 --cases 65536         one stretch of a campaign "
		"again\n",
	.run = fuzz,
};

static int shrink_file(struct teller *t, const char *path, const struct campaign_options *opt,
		       struct errmsg *e)
{
	struct case_file file;
	struct tcase c;
	uint64_t kinds, cases = 0;
	int err = case_file_open(&file, path, e), got;

	if (err < 0)
		return err;
	while (!stop() && (got = case_file_next(&file, &c, e)) > 0) {
		err = 0;
		if (select_case(&t->s.select, c.name)) {
			cases++;
			err = campaign_shrink_case(t->s.stack[0], t->s.stack[1], &c, opt, &kinds,
						   e);
			if (err == 0 && kinds == 0)
				printf("%s: %s and %s do the same\n", c.name, t->s.stack[0]->label,
				       t->s.stack[1]->label);
			else if (err == 0)
				t->s.status = EXIT_DIVERGENCE;
		}
		tcase_done(&c);
		if (err < 0)
			break;
	}
	case_file_close(&file);
	if (err < 0 || got < 0)
		return err < 0 ? err : got;
	return cases ? 0 : errmsg_set(e, -EINVAL, "%s: no such case in it", path);
}

static int shrink_cmd(const struct command *cmd, int argc, char **argv)
{
	struct campaign_options opt = { .stop = stop, .finding = tell_finding };
	struct options o;
	struct errmsg e = { "" };
	struct teller t;
	int status = options_parse(&o, cmd, argc, argv);

	if (status)
		return status - 1;
	if (o.file_nr == 0) {
		errmsg_set(&e, 0, "shrink: which case? see netparity shrink --help");
		return cli_fail(EXIT_BAD_INPUT, &e);
	}
	if (!two_stacks(&o, cmd->name))
		return EXIT_BAD_INPUT;
	status = session_open(&t.s, cmd, &o);
	if (status)
		return status;
	opt.ctx = &t;
	opt.dir = o.out ? o.out : FUZZ_DIR;
	catch_signals();
	progress_begin(&t.progress, "shrink");
	for (int i = 0; i < o.file_nr; i++) {
		int err = shrink_file(&t, o.files[i], &opt, &e);

		if (err < 0)
			session_fail(&t.s, err, &e);
	}
	return session_close(&t.s);
}

const struct command cmd_shrink = {
	.name = "shrink",
	.summary = "make a case that differs as small as it can be",
	.usage = "[OPTION]... CASE...",
	.options = "sacO",
	.help = "Steps are left out, then frames shortened, lines of the world left out, octets "
		"set "
		"to 0, as long as\nthe difference stays the same kind. The result is written as a "
		"case "
		"and a capture.\n\n"
		"examples:\n"
		"  netparity shrink big.case\n"
		"  netparity shrink --stack ref:6.12 --stack netns:veth --out small big.case\n",
	.run = shrink_cmd,
};
