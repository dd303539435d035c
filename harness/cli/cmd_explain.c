/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* netparity explain: what the reference decides, step by step, beside what the kernel did. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/call/call.h"
#include "harness/capture/capture.h"
#include "harness/cli/cli.h"
#include "harness/source_capture.h"
#include "harness/trace.h"

#define HEX_SHOWN 32
#define LINE_LEN  1024

struct explain {
	struct stack *ref, *live; /* live may be NULL */
	struct obs_list ref_obs, live_obs;
	const struct world *w;
	bool capture;
};

static void say(void *ctx, uint32_t step, const char *func, const char *what)
{
	(void)ctx, (void)step;
	printf("    %s: %s\n", func, what);
}

static void print_head(const struct explain *x, const struct step *s)
{
	char text[LINE_LEN];
	struct text t = text_init(text, sizeof(text));

	if (x->capture)
		printf("packet %" PRIu64 ":", (uint64_t)s->idx + 1);
	else
		printf("step %" PRIu32 " (line %" PRIu32 "):", s->idx, s->line);
	switch (s->type) {
	case STEP_FRAME:
		trace_frame_text(text, sizeof(text), s->data, s->len);
		printf("%s, %zu octets on %s\n", text, s->len, x->w->wires[s->chan].name);
		break;
	case STEP_SLEEP:
		printf(" %.9g s pass\n", (double)s->sleep_ns / 1e9);
		break;
	case STEP_CALL:
		call_text(&t, x->w, s->chan, s->call, CALL_HEX_MAX);
		printf(" %s\n", text);
		break;
	}
}

/* What a stack did, apart from counters, which come in one line. */
static void print_obs(const struct explain *x, const char *who, const struct obs_list *l)
{
	char line[LINE_LEN];
	const char *text;
	size_t counts = 0;

	for (size_t i = 0; i < l->nr; i++) {
		trace_line_short(line, sizeof(line), HEX_SHOWN, x->w, l, &l->obs[i]);
		text = strchr(line, ' ');
		if (l->obs[i].type == OBS_COUNT || l->obs[i].type == OBS_STAT)
			counts++;
		else
			printf("  %s:%s\n", who, text ? text : "");
	}
	for (size_t i = 0, nr = 0; i < l->nr; i++) {
		if (l->obs[i].type != OBS_COUNT)
			continue;
		trace_line_short(line, sizeof(line), 0, x->w, l, &l->obs[i]);
		text = strstr(line, "count ");
		if (nr++ == 0)
			printf("  %s: counts", who);
		printf("%s %s", nr > 1 ? "," : "", text ? text + 6 : "");
	}
	if (counts)
		printf("\n");
}

static int explain_step(struct explain *x, const struct step *s, struct errmsg *e)
{
	const struct plan plan = { .drain_every = 1, .count_every = 1 };
	uint32_t types = x->ref->shows & (x->live ? x->live->shows : 0);
	struct diff diff;
	int err;

	obs_list_clear(&x->ref_obs);
	obs_list_clear(&x->live_obs);
	print_head(x, s);
	err = x->ref->ops->run(x->ref, s, 1, &plan, &x->ref_obs, e);
	if (err < 0)
		return err;
	print_obs(x, "ref", &x->ref_obs);
	if (x->live)
		err = x->live->ops->run(x->live, s, 1, &plan, &x->live_obs, e);
	if (err < 0 || !x->live)
		return err;
	/* Drops first as they are, with their locations: the comparison changes what it reads. */
	for (size_t i = 0; i < x->live_obs.nr; i++) {
		char line[LINE_LEN];
		const char *text;

		if (x->live_obs.obs[i].type != OBS_DROP)
			continue;
		trace_line_short(line, sizeof(line), 0, x->w, &x->live_obs, &x->live_obs.obs[i]);
		text = strchr(line, ' ');
		printf("  kernel:%s\n", text ? text : "");
	}
	normalise(x->w, &x->ref_obs);
	normalise(x->w, &x->live_obs);
	compare(obs_all(&x->ref_obs), obs_all(&x->live_obs), types, &diff);
	if (diff.found) {
		printf("  DIFFERS in %s: %s (%s, %s)\n", diff.field, diff.detail, x->ref->label,
		       x->live->label);
		print_obs(x, "kernel", &x->live_obs);
	}
	return 0;
}

static int explain_all(struct explain *x, struct source *src, struct errmsg *e)
{
	const struct step *steps;
	int nr, err = x->ref->ops->world(x->ref, x->w, e);

	if (err == 0 && x->live)
		err = x->live->ops->world(x->live, x->w, e);
	x->ref->ops->explain(x->ref, say, x);
	while (err == 0 && (nr = src->next(src, RUN_BATCH, SIZE_MAX, &steps, e)) != 0) {
		err = nr < 0 ? nr : 0;
		for (int i = 0; i < nr && err == 0; i++) {
			err = explain_step(x, &steps[i], e);
			if (err == 0 && fflush(stdout) != 0)
				err = cli_stdout_failed(e);
		}
	}
	x->ref->ops->explain(x->ref, NULL, NULL);
	return err;
}

static int explain_capture(struct explain *x, const struct options *opt, const char *path,
			   struct errmsg *e)
{
	static struct capture_source src;
	const struct capture_options copt = { .twice = true, .any_order = opt->any_order };
	struct inferred inf = { .text = NULL };
	struct world world;
	struct capture *c;
	int err = capture_open(&c, path, &copt, e);

	if (err < 0)
		return err;
	world_init(&world, opt->world ? opt->world : "");
	if (opt->world)
		err = world_read_file(&world, opt->world, e);
	else
		err = infer_world(&inf, c, &opt->infer, e);
	if (err == 0 && !opt->world)
		err = capture_rewind(c, e);
	if (err == 0) {
		x->capture = true;
		x->w = opt->world ? &world : &inf.world;
		capture_source_init(&src, c, x->w);
		err = explain_all(x, &src.source, e);
		capture_source_done(&src);
	}
	if (inf.text)
		inferred_done(&inf);
	world_done(&world);
	capture_close(c);
	return err;
}

static int explain_cases(struct explain *x, struct select *select, const char *path,
			 struct errmsg *e)
{
	struct case_file file;
	struct tcase c;
	int err = case_file_open(&file, path, e), got;

	if (err < 0)
		return err;
	while (err == 0 && (got = case_file_next(&file, &c, e)) != 0) {
		struct case_source src;

		if (got < 0) {
			err = got;
			break;
		}
		if (select_case(select, c.name)) {
			printf("case %s\n", c.name);
			case_source_init(&src, &c);
			x->capture = false;
			x->w = &c.world;
			err = explain_all(x, &src.source, e);
		}
		tcase_done(&c);
	}
	case_file_close(&file);
	return err;
}

static bool is_case_file(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && strcmp(path + len - 5, ".case") == 0;
}

static void explain_files(struct session *s, struct stack *live)
{
	struct explain x = { .ref = s->stack[0], .live = live };

	obs_list_init(&x.ref_obs);
	obs_list_init(&x.live_obs);
	for (int i = 0; i < s->opt->file_nr; i++) {
		const char *path = s->opt->files[i];
		struct errmsg e;
		int err = is_case_file(path) ? explain_cases(&x, &s->select, path, &e)
					     : explain_capture(&x, s->opt, path, &e);

		if (err < 0)
			session_fail(s, err, &e);
	}
	obs_list_done(&x.ref_obs);
	obs_list_done(&x.live_obs);
}

static int run(const struct command *cmd, int argc, char **argv)
{
	struct options opt;
	struct session s;
	struct errmsg e, why = { "" };
	struct stack *live = NULL;
	int status = options_parse(&opt, cmd, argc, argv);

	if (status)
		return status - 1;
	if (opt.file_nr == 0 || opt.stack_nr > 2 ||
	    (opt.stack_nr && strncmp(opt.stack[0], "ref", 3) != 0)) {
		errmsg_set(&e, 0,
			   opt.file_nr ? "explain: the first stack is ref, and one more at most"
				       : "explain: which file? see netparity explain --help");
		return cli_fail(EXIT_BAD_INPUT, &e);
	}
	if (opt.stack_nr == 0) {
		opt.stack[opt.stack_nr++] = "ref";
		if (!opt.as)
			opt.as = cli_running_profile();
		if (stack_open(&live, "netns", &why) < 0)
			live = NULL;
		if (live && live->wire && strcmp(live->wire, "veth") == 0)
			opt.stack[0] = "ref:veth";
	}
	status = session_open(&s, cmd, &opt);
	if (status == 0) {
		explain_files(&s, s.stack_nr > 1 ? s.stack[1] : live);
		if (*why.text)
			printf("the running kernel was not asked: %s\n", why.text);
		status = session_close(&s);
	}
	stack_close(live);
	return status;
}

const struct command cmd_explain = {
	.name = "explain",
	.summary = "what the reference decides, packet by packet, and what the kernel did",
	.usage = "[OPTION]... CAPTURE|FILE.case...",
	.options = "sawHoc",
	.help = "Decisions are named by the kernel's functions. Where the running kernel can be "
		"driven, its drops\nstand beside them, and what it did otherwise.\n\n"
		"examples:\n"
		"  netparity explain dns.pcap\n"
		"  netparity explain --as 6.1 --stack ref --case overlap area.case\n",
	.run = run,
};
