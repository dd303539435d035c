/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What the commands that run cases share. */
#include "harness/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "harness/cli/comments.h"
#include "harness/data.h"
#include "harness/text.h"
#include "harness/trace.h"
#include "ref/ref.h"

/* Kinds of difference that are kept for --json, beyond what --max prints. */
#define KEEP_MIN 64

int cli_fail(int status, const struct errmsg *e)
{
	fflush(stdout);
	fprintf(stderr, "netparity: %s\n", e->text);
	return status;
}

int cli_stdout_errno;

int cli_stdout_failed(struct errmsg *e)
{
	cli_stdout_errno = errno ? errno : EIO;
	return errmsg_set(e, -EPIPE, "standard output: %s", strerror(cli_stdout_errno));
}

int cli_status(int err)
{
	/* A guest kernel that died is a finding. */
	if (err == -EHOSTDOWN)
		return EXIT_DIVERGENCE;
	return err == -ENODEV ? EXIT_UNAVAILABLE : EXIT_BAD_INPUT;
}

const char *cli_profile_of(const char *release)
{
	unsigned int major = 0, minor = 0;
	const char *best = ref_profile_name(0);

	if (sscanf(release, "%u.%u", &major, &minor) != 2)
		return ref_profile_name(REF_PROFILE_NR - 1);
	for (int i = 0; i < REF_PROFILE_NR; i++) {
		unsigned int a = 0, b = 0;

		if (sscanf(ref_profile_name((enum ref_profile)i), "%u.%u", &a, &b) == 2 &&
		    (a < major || (a == major && b <= minor)))
			best = ref_profile_name((enum ref_profile)i);
	}
	return best;
}

const char *cli_running_profile(void)
{
	struct utsname uts;

	return cli_profile_of(uname(&uts) < 0 ? "" : uts.release);
}

static bool is_stack(const char *spec, const char *name)
{
	size_t len = strlen(name);

	return strncmp(spec, name, len) == 0 && (spec[len] == '\0' || spec[len] == ':');
}

/*
 * The reference is set to what it is compared with: the version of --as or of that kernel, and the
 * kind of wire. What the user wrote behind "ref:" comes last and so counts.
 */
static void ref_spec(char *buf, size_t size, const struct session *s, const char *spec)
{
	const char *given = strchr(spec, ':'), *profile = s->opt->as, *wire = "tap", *has = "";

	for (size_t i = s->opt->stack_nr; i-- > 0;) {
		if (!s->stack[i] || !s->stack[i]->wire)
			continue;
		wire = s->stack[i]->wire;
		has = s->stack[i]->has;
		if (!profile)
			profile = cli_profile_of(s->stack[i]->release);
	}
	if (!profile)
		profile = ref_profile_name(REF_PROFILE_NR - 1);
	snprintf(buf, size, "ref:%s,%s,has=%s%s%s", profile, wire, has, given ? "," : "",
		 given ? given + 1 : "");
}

/* The live ones first: the reference takes after them. */
static int open_stacks(struct session *s, struct errmsg *e)
{
	int err = 0;

	s->stack_nr = s->opt->stack_nr;
	for (size_t i = 0; i < 2 * s->stack_nr && err == 0; i++) {
		const char *spec = s->opt->stack[i % s->stack_nr];
		bool ref = is_stack(spec, "ref");
		char ref_text[192];

		if (ref != (i >= s->stack_nr))
			continue;
		if (ref) {
			ref_spec(ref_text, sizeof(ref_text), s, spec);
			spec = ref_text;
		}
		err = stack_open(&s->stack[i % s->stack_nr], spec, e);
		if (err < 0)
			errmsg_wrap(e, err, "stack %.40s", s->opt->stack[i % s->stack_nr]);
	}
	return err < 0 ? err : 0;
}

/* The list that was named, or the project's own where it is. */
static int open_known(struct session *s, struct errmsg *e)
{
	char path[512];

	if (s->opt->known)
		return known_read(&s->known, s->opt->known, e);
	if (!strchr(s->cmd->options, 'K') || data_path(path, sizeof(path), "known-differences", e))
		return 0;
	return known_read(&s->known, path, e);
}

static int open_report(struct session *s, const struct report_format *format, const char *path,
		       struct errmsg *e)
{
	struct report_out *o = &s->out[s->out_nr];
	int err;

	*o = (struct report_out){
		.format = format,
		.path = path,
		.max = s->opt->max,
		.quiet = s->opt->quiet,
	};
	err = report_out_open(o, e);
	s->out_nr += err == 0;
	return err;
}

static int open_reports(struct session *s, struct errmsg *e)
{
	const struct options *opt = s->opt;
	int err = open_report(s, opt->tap ? &report_format_tap : &report_format_person, NULL, e);

	if (err == 0 && opt->json)
		err = open_report(s, &report_format_json, opt->json, e);
	if (err == 0 && opt->junit)
		err = open_report(s, &report_format_junit, opt->junit, e);
	return err;
}

int session_open(struct session *s, const struct command *cmd, const struct options *opt)
{
	struct errmsg e = { "" };
	int err;

	if (opt->tap && opt->trace) {
		errmsg_set(&e, 0, "--tap and --trace both tell on standard output: choose one");
		return cli_fail(EXIT_BAD_INPUT, &e);
	}
	*s = (struct session){ .cmd = cmd, .opt = opt, .select = opt->select };
	err = open_known(s, &e);
	if (err == 0)
		err = open_stacks(s, &e);
	if (err == 0)
		err = open_reports(s, &e);
	if (err == 0)
		return 0;
	if (opt->tap)
		printf("Bail out! %s\n", e.text);
	s->status = cli_fail(cli_status(err), &e);
	for (size_t i = 0; i < s->out_nr; i++)
		if (s->out[i].path)
			report_out_close(&s->out[i], &s->total, s->status, &e);
	known_done(&s->known);
	for (size_t i = 0; i < s->stack_nr; i++)
		stack_close(s->stack[i]);
	return s->status;
}

/* A run failed, and what is told of its case says so. */
static void run_failed(struct session *s, int err, const struct errmsg *e)
{
	int status = cli_status(err);

	if (!cli_stdout_errno)
		cli_fail(status, e);
	if (s->status == EXIT_PARITY || s->status == EXIT_DIVERGENCE)
		s->status = status;
}

void session_fail(struct session *s, int err, const struct errmsg *e)
{
	for (size_t i = 0; i < s->out_nr; i++)
		report_out_outside(&s->out[i], e->text);
	run_failed(s, err, e);
}

/* What a run's callbacks need. */
struct run_ctx {
	struct progress progress;
	char *line;
	struct comments comments;
	struct known *known;
};

static int print_trace(void *ctx, const struct world *w, const struct obs_list *l, struct errmsg *e)
{
	struct run_ctx *r = ctx;

	for (size_t i = 0; i < l->nr; i++) {
		trace_line(r->line, TRACE_LINE_MAX, w, l, &l->obs[i]);
		if (puts(r->line) == EOF)
			return cli_stdout_failed(e);
	}
	return 0;
}

static void show_progress(void *ctx, uint64_t steps)
{
	progress_show(&((struct run_ctx *)ctx)->progress, steps);
}

static int write_comment(void *ctx, const struct step *step, struct obs_range a, struct obs_range b,
			 const struct diff *diff, struct errmsg *e)
{
	return comments_step(&((struct run_ctx *)ctx)->comments, step, a, b, diff, e);
}

/* A word as a shell reads it back. */
static void quoted(struct text *t, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-./:,=+@%";

	if (*word && strspn(word, plain) == strlen(word)) {
		text_add(t, " %s", word);
		return;
	}
	text_add(t, " '");
	for (; *word; word++)
		text_add(t, *word == '\'' ? "'\\''" : "%c", *word);
	text_add(t, "'");
}

/* The command that runs this case on these two stacks again. */
static void repeat_command(char *buf, size_t size, const struct session *s, const char *name,
			   const char *file, bool capture, size_t other)
{
	const struct options *opt = s->opt;
	struct text t = text_init(buf, size);
	char addr[24];

	text_add(&t, "netparity %s", s->cmd->name);
	if (opt->as)
		text_add(&t, " --as %s", opt->as);
	for (size_t i = 0; i < s->stack_nr; i++)
		if (i == 0 || i == other) {
			text_add(&t, " --stack");
			quoted(&t, opt->stack[i]);
		}
	if (opt->world) {
		text_add(&t, " --world");
		quoted(&t, opt->world);
	}
	for (size_t i = 0; i < opt->infer.host_nr; i++) {
		uint32_t a = opt->infer.host[i];

		snprintf(addr, sizeof(addr), "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255,
			 a & 255);
		text_add(&t, " --host %s", addr);
	}
	if (opt->any_order)
		text_add(&t, " --any-order");
	if (!capture) {
		char glob[2 * CASE_NAME_MAX];

		select_quote(glob, sizeof(glob), name);
		text_add(&t, " --case");
		quoted(&t, glob);
	}
	quoted(&t, file);
}

/* Did the other run show it too? It may know more of the decisions behind it. */
static bool also_in(const struct run_result *res, const struct divergence *d)
{
	for (size_t i = 0; i < res->div_nr; i++)
		if (res->div[i].step.idx == d->step.idx &&
		    strcmp(res->div[i].diff.field, d->diff.field) == 0)
			return true;
	return false;
}

/*
 * A case that differs runs once more, now with the decisions behind it: the same difference again
 * confirms it, and the run that explains is the one to report. One that does not show again stays
 * as it was.
 */
static void confirm(struct session *s, const struct report_case *c, struct source *src,
		    const struct run_options *opt, struct run_result *res)
{
	struct run_options again_opt = *opt;
	struct run_result again;
	struct errmsg e;
	bool same = true;

	again_opt.trace = NULL;
	again_opt.unexplained = false;
	if (src->rewind(src, &e) < 0)
		return;
	if (run_pair(s->stack[0], (struct stack *)(uintptr_t)c->b, c->w, src, &again_opt, &again,
		     &e) == 0) {
		for (size_t i = 0; i < res->div_nr; i++) {
			res->div[i].confirmed = also_in(&again, &res->div[i]);
			same = same && res->div[i].confirmed;
		}
		for (size_t i = 0; i < again.div_nr; i++)
			again.div[i].confirmed = also_in(res, &again.div[i]);
		if (same && again.differing == res->differing) {
			struct run_result first = *res;

			*res = again;
			again = first;
		}
	}
	run_result_done(&again);
}

/* The run itself, with comments beside it if they are asked for. */
static int run_commented(struct session *s, const struct report_case *c, struct stack *b,
			 struct source *src, struct run_options *opt, struct run_result *res,
			 struct errmsg *e)
{
	const struct annotate_options aopt = {
		.out = s->opt->annotate,
		.capture = c->file,
		.capture_opt = { .any_order = s->opt->any_order },
		.world = c->w,
	};
	struct run_ctx *ctx = opt->ctx;
	struct errmsg close_e;
	int err, close_err;

	*res = (struct run_result){ .step_nr = 0 };
	if (!s->opt->annotate)
		return run_pair(s->stack[0], b, c->w, src, opt, res, e);
	err = comments_open(&ctx->comments, &aopt, s->stack[0], b, e);
	if (err < 0)
		return err;
	opt->each = true;
	opt->step = write_comment;
	err = run_pair(s->stack[0], b, c->w, src, opt, res, e);
	close_err = comments_close(&ctx->comments, &close_e);
	if (err == 0 && close_err < 0) {
		*e = close_e;
		err = close_err;
	}
	return err;
}

static double seconds_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - begin->tv_sec) + 1e-9 * (double)(now.tv_nsec - begin->tv_nsec);
}

/* Tell the stacks which case it is. */
static int announce(const struct tcase_id *id, struct stack *a, struct stack *b, struct errmsg *e)
{
	struct stack *const both[2] = { a, b };
	int err = 0;

	for (int i = 0; i < 2 && err == 0; i++)
		if (both[i] && both[i]->ops->tcase)
			err = both[i]->ops->tcase(both[i], id, e);
	return err;
}

static bool is_known(void *ctx, const struct diff *diff)
{
	return known_find(((struct run_ctx *)ctx)->known, diff) != NULL;
}

/*
 * Lines of the list that this case should have shown and did not. Each is said; text holds the
 * first, for the reports. Returns whether there are any.
 */
static bool expired(struct session *s, const char *name, struct errmsg *first)
{
	const struct known_row *row;
	struct errmsg e;
	size_t at = 0, nr = 0;

	while ((row = known_expired(&s->known, &at))) {
		errmsg_set(&e, 0,
			   "%s:%u: %s no longer shows this difference (%s): take the line out",
			   s->known.path, row->line, name, row->field);
		if (nr++ == 0)
			*first = e;
		cli_fail(0, &e);
		if (s->status == EXIT_PARITY)
			s->status = EXIT_DIVERGENCE;
	}
	return nr > 0;
}

static void run_one(struct session *s, struct report_case *c, const struct tcase_id *id,
		    struct source *src, size_t other)
{
	struct run_ctx ctx = { .line = NULL, .known = &s->known };
	struct run_options opt = {
		.batch = s->opt->batch,
		.each = s->opt->trace || !c->capture,
		.keep_hosts = !c->capture,
		.unexplained = !c->capture,
		.keep_max = s->opt->max > KEEP_MIN ? s->opt->max : KEEP_MIN,
		.progress = show_progress,
		.known = c->capture ? NULL : is_known,
		.ctx = &ctx,
	};
	struct stack *b = other < s->stack_nr ? s->stack[other] : NULL;
	char repeat[1024];
	struct timespec begin;
	struct run_result res;
	struct errmsg e;
	int err;

	if (s->opt->trace && other <= 1) {
		ctx.line = malloc(TRACE_LINE_MAX);
		opt.trace = ctx.line ? print_trace : NULL;
	}
	if (opt.trace)
		printf("# %s\n", c->name);
	progress_begin(&ctx.progress, c->name);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	res = (struct run_result){ .step_nr = 0 };
	known_begin(&s->known, c->name, s->stack[0]->label, b && !c->capture ? b->label : "");
	err = announce(id, s->stack[0], b, &e);
	if (err == 0)
		err = run_commented(s, c, b, src, &opt, &res, &e);
	/* Not to be taken for parity. */
	if (err == 0 && c->capture && res.step_nr == 0)
		err = errmsg_set(&e, -ENODATA, "%s: no packet in it is one that the host receives",
				 strcmp(c->file, "-") ? c->file : "standard input");
	c->a = s->stack[0];
	c->b = b;
	if (err == 0 && b && !c->capture && expired(s, c->name, &e))
		c->failed = e.text;
	if (err == 0 && res.differing && !c->capture)
		confirm(s, c, src, &opt, &res);
	progress_end(&ctx.progress);
	c->seconds = seconds_since(&begin);
	free(ctx.line);
	repeat_command(repeat, sizeof(repeat), s, c->name, c->file, c->capture, other);
	c->repeat = repeat;
	c->res = &res;
	c->pairs = s->stack_nr > 2 ? s->stack_nr - 1 : 1;
	c->fates = s->fates;
	if (err == -EHOSTDOWN) /* the case that did it */
		errmsg_wrap(&e, err, "%.80s", c->name);
	if (err < 0)
		c->failed = e.text;
	report_total_add(&s->total, c);
	for (size_t i = 0; i < s->out_nr; i++)
		report_out_one(&s->out[i], c);
	if (res.differing && s->status == EXIT_PARITY)
		s->status = EXIT_DIVERGENCE;
	if (err < 0)
		run_failed(s, err, &e);
	run_result_done(&res);
}

void session_case(struct session *s, const struct tcase_id *id, bool capture, const struct world *w,
		  struct source *src)
{
	for (size_t other = 1; other == 1 || other < s->stack_nr; other++) {
		struct report_case c = {
			.name = id->name, .file = id->file, .capture = capture, .w = w
		};
		struct errmsg e;
		int err = other > 1 ? src->rewind(src, &e) : 0;

		if (err < 0) {
			session_fail(s, err, &e);
			return;
		}
		run_one(s, &c, id, src, other);
	}
}

int session_close(struct session *s)
{
	int status = s->status;
	struct errmsg e;

	known_done(&s->known);
	for (size_t i = 0; i < s->stack_nr; i++)
		stack_close(s->stack[i]);
	for (size_t i = 0; i < s->out_nr; i++)
		if (report_out_close(&s->out[i], &s->total, status, &e) < 0)
			s->status = cli_fail(EXIT_BAD_INPUT, &e);
	return s->status;
}
