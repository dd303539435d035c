/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * netparity fuzz: generated cases on the reference and on another stack, for a while.
 *
 * Cases run in stretches of FUZZ_STRETCH on hosts of their own; stretch number i has the seed
 * S + i, so a finding of a long campaign is found again in one stretch. Each new kind of
 * difference is shrunk and written down at once.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "fuzz/finding.h"
#include "fuzz/gen_source.h"
#include "harness/cli/cli.h"

#define FUZZ_STRETCH   4096 /* cases */
#define FUZZ_SECONDS   10
#define FUZZ_KINDS_MAX 1024 /* kinds of difference that are told apart */

struct campaign {
	struct session s;
	struct world w;
	struct gen_source src;
	uint64_t cases, steps, differing, kinds;
	uint64_t seen[FUZZ_KINDS_MAX]; /* hashes of fingerprints */
	double end;
	struct progress progress;
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int make_world(struct world *w, struct errmsg *e)
{
	unsigned int nr = 1;
	int err = 0;

	world_init(w, "the fuzzer's world");
	for (const char *line = gen_world; *line && err == 0; nr++) {
		const char *end = strchr(line, '\n');
		char text[256];

		snprintf(text, sizeof(text), "%.*s", (int)(end - line), line);
		err = world_add_line(w, text, nr, e);
		line = end + 1;
	}
	return err < 0 ? err : world_finish(w, e);
}

/* Is this kind new? Remembers it. */
static bool is_new(struct campaign *c, const char *fingerprint)
{
	uint64_t h = fingerprint_hash(fingerprint);

	for (uint64_t i = 0; i < c->kinds; i++)
		if (c->seen[i] == h)
			return false;
	if (c->kinds == FUZZ_KINDS_MAX)
		return false;
	c->seen[c->kinds++] = h;
	return true;
}

static int write_down(struct campaign *c, const struct divergence *d, uint64_t seed,
		      struct errmsg *e)
{
	const char *dir = c->s.opt->out ? c->s.opt->out : "findings";
	char path[640], about[200];
	struct shrunk small;
	int err = shrink(c->s.stack[0], c->s.stack[1], &c->w, &c->src.source, d->step.idx,
			 d->fingerprint, &small, e);

	if (err < 0)
		return err;
	snprintf(about, sizeof(about), "%s and %s, seed %" PRIu64 ", step %u", c->s.stack[0]->label,
		 c->s.stack[1]->label, seed, d->step.idx);
	err = finding_write(dir, d->fingerprint, about, &c->w, &small, path, sizeof(path), e);
	if (err == 0)
		printf("finding: %s\n  %s: %s\n  %zu steps, confirmed in %u of %d runs\n"
		       "  repeat: netparity run %s\n",
		       d->fingerprint, d->diff.field, d->diff.detail, small.nr, small.hits,
		       SHRINK_CONFIRM, path);
	shrunk_done(&small);
	return err;
}

static int stretch(struct campaign *c, uint64_t seed, struct errmsg *e)
{
	struct run_options opt = { .batch = c->s.opt->batch, .keep_max = 64 };
	struct run_result res;
	int err;

	gen_source_seed(&c->src, seed);
	err = run_pair(c->s.stack[0], c->s.stack[1], &c->w, &c->src.source, &opt, &res, e);
	c->cases += c->src.gen.case_nr;
	c->steps += res.step_nr;
	c->differing += res.differing;
	progress_show(&c->progress, c->cases);
	for (size_t i = 0; i < res.div_nr && err == 0; i++)
		if (is_new(c, res.div[i].fingerprint))
			err = write_down(c, &res.div[i], seed, e);
	run_result_done(&res);
	return err;
}

static int campaign(struct campaign *c, uint64_t seed, struct errmsg *e)
{
	uint64_t cases = c->s.opt->cases;
	int err = make_world(&c->w, e);

	if (err == 0 && gen_source_init(&c->src, seed, FUZZ_STRETCH) < 0)
		err = errmsg_set(e, -ENOMEM, "out of memory");
	progress_begin(&c->progress, "fuzz");
	while (err == 0 && now_s() < c->end && (!cases || c->cases < cases)) {
		if (cases && cases - c->cases < FUZZ_STRETCH)
			c->src.case_max = cases - c->cases;
		err = stretch(c, seed++, e);
	}
	progress_end(&c->progress);
	gen_source_done(&c->src);
	world_done(&c->w);
	return err;
}

static int fuzz(const struct command *cmd, int argc, char **argv)
{
	struct campaign c = { .cases = 0 };
	struct errmsg e = { "" };
	struct options opt;
	uint64_t seed;
	int status = options_parse(&opt, cmd, argc, argv), err;

	if (status)
		return status - 1;
	if (opt.file_nr || opt.stack_nr > 1) {
		errmsg_set(&e, 0, "fuzz: takes no file and one --stack; see netparity fuzz --help");
		return cli_fail(EXIT_BAD_INPUT, &e);
	}
	opt.stack[1] = opt.stack_nr ? opt.stack[0] : "netns";
	opt.stack[0] = "ref";
	opt.stack_nr = 2;
	seed = opt.seed;
	if (!seed && getrandom(&seed, 4, 0) != 4)
		seed = (uint64_t)time(NULL);
	status = session_open(&c.s, cmd, &opt);
	if (status)
		return status;
	printf("fuzz: %s against %s, seed %" PRIu64 "\n", c.s.stack[0]->label, c.s.stack[1]->label,
	       seed);
	c.end = now_s() + (double)(opt.seconds ? opt.seconds
				   : opt.cases ? UINT32_MAX
					       : FUZZ_SECONDS);
	err = campaign(&c, seed, &e);
	if (err < 0)
		session_fail(&c.s, err, &e);
	else if (c.differing)
		c.s.status = EXIT_DIVERGENCE;
	printf("%s: %" PRIu64 " cases, %" PRIu64 " steps, %" PRIu64 " differ in %" PRIu64 " ways\n",
	       c.differing ? "DIVERGENCE" : "PARITY", c.cases, c.steps, c.differing, c.kinds);
	return session_close(&c.s);
}

const struct command cmd_fuzz = {
	.name = "fuzz",
	.summary = "run generated cases on the reference and another stack, and keep what differs",
	.usage = "[OPTION]...",
	.options = "saNnrObq",
	.help = "Each new kind of difference is shrunk to the fewest and shortest frames that show "
		"it, and written\nas a case and a capture; it is told with the command that "
		"repeats "
		"it.\n\n"
		"examples:\n"
		"  netparity fuzz --seconds 60                    the reference against the "
		"running "
		"kernel\n"
		"  netparity fuzz --stack netns:veth --cases 100000\n"
		"  netparity fuzz --seed 42 --cases 4096          one stretch of a campaign "
		"again\n",
	.run = fuzz,
};
