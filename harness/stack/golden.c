/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The `golden` stack: a kernel's recorded answers instead of the kernel. It takes the steps of a
 * case that was recorded, one by one, and shows what the trace says of each; it knows nothing of
 * any other input. Mirrors no kernel: it is one, of some time ago.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/data.h"
#include "harness/recorded/recorded.h"
#include "harness/stack/stack.h"
#include "harness/trace.h"

struct golden {
	struct stack stack;
	char dir[512]; /* of one kernel's recordings */
	struct recorded file; /* path NULL: none is read */
	const struct recorded_case *now; /* the case that runs */
	struct obs_list all; /* its observations */
	size_t at; /* the next of them */
};

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The newest series with a folder of its own; false: there is none. */
static bool newest_series(char *buf, size_t size, const char *recorded)
{
	unsigned int best = 0;
	DIR *d = opendir(recorded);
	const struct dirent *entry;

	while (d && (entry = readdir(d))) {
		unsigned int major, minor;

		if (sscanf(entry->d_name, "%u.%u", &major, &minor) != 2 || major > 1000 ||
		    minor > 1000 || 1000 * major + minor < best)
			continue;
		best = 1000 * major + minor;
		snprintf(buf, size, "%u.%u", major, minor);
	}
	if (d)
		closedir(d);
	return best > 0;
}

/* ARG is a series, "6.18", or a folder with recordings; "": the newest series. */
static int find_dir(char *buf, size_t size, const char *arg, struct errmsg *e)
{
	char recorded[480], newest[32];
	int err;

	if (strchr(arg, '/')) {
		if ((size_t)snprintf(buf, size, "%s", arg) >= size)
			return errmsg_set(e, -ENAMETOOLONG, "stack golden: too long a path");
		return is_dir(buf) ? 0
				   : errmsg_set(e, -ENODEV, "stack golden: no folder %.200s", arg);
	}
	err = data_path(recorded, sizeof(recorded), "recorded", e);
	if (err < 0)
		return errmsg_wrap(e, -ENODEV, "stack golden");
	if (!*arg && newest_series(newest, sizeof(newest), recorded))
		arg = newest;
	snprintf(buf, size, "%.470s/%.30s", recorded, arg);
	return *arg && is_dir(buf)
		       ? 0
		       : errmsg_set(e, -ENODEV,
				    "stack golden: nothing is recorded of Linux %.30s; on that "
				    "kernel: netparity record -o %.200s CASES",
				    arg, recorded);
}

/* Any file of a folder; false: there is none. */
static bool any_file(char *buf, size_t size, const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	bool found = false;

	while (d && !found && (entry = readdir(d))) {
		const char *dot = strrchr(entry->d_name, '.');

		found = dot && strcmp(dot, ".trace") == 0;
		if (found)
			snprintf(buf, size, "%s/%s", dir, entry->d_name);
	}
	if (d)
		closedir(d);
	return found;
}

static bool golden_probe(const char *arg, struct errmsg *why, struct errmsg *remedy)
{
	char dir[512];

	if (find_dir(dir, sizeof(dir), arg, why) < 0) {
		errmsg_set(remedy, 0, "netparity record CASES...");
		return false;
	}
	errmsg_set(why, 0, "recorded answers are in %.400s", dir);
	return true;
}

static int golden_open(struct stack **ret, const char *arg, struct errmsg *e)
{
	struct golden *g = calloc(1, sizeof(*g));
	char path[800];
	int err;

	if (!g)
		return errmsg_set(e, -ENOMEM, "out of memory");
	err = find_dir(g->dir, sizeof(g->dir), arg, e);
	if (err == 0 && !any_file(path, sizeof(path), g->dir))
		err = errmsg_set(e, -ENODEV, "stack golden: no recording (*.trace) in %.200s",
				 g->dir);
	if (err == 0)
		err = recorded_read(&g->file, path, e);
	if (err < 0) {
		free(g);
		return err;
	}
	obs_list_init(&g->all);
	g->stack.ops = &stack_golden;
	g->stack.shows = g->file.shows;
	g->stack.wire = strcmp(g->file.wire, "veth") == 0 ? "veth" : "tap";
	snprintf(g->stack.release, sizeof(g->stack.release), "%s", g->file.kernel);
	snprintf(g->stack.has, sizeof(g->stack.has), "%s", g->file.has);
	snprintf(g->stack.label, sizeof(g->stack.label), "golden %.30s %s", g->file.kernel,
		 g->stack.wire);
	*ret = &g->stack;
	return 0;
}

static void golden_close(struct stack *stack)
{
	struct golden *g = (struct golden *)stack;

	recorded_done(&g->file);
	obs_list_done(&g->all);
	free(g);
}

/* The file of this case, unless it is the one that is read. */
static int read_file(struct golden *g, const char *case_path, struct errmsg *e)
{
	char name[256], path[800];
	int err;

	recorded_name(name, sizeof(name), case_path);
	snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	if (g->file.path && strcmp(g->file.path, path) == 0)
		return 0;
	recorded_done(&g->file);
	err = recorded_read(&g->file, path, e);
	if (err == -ENOENT)
		return errmsg_set(e, err,
				  "no recording %.200s: on that kernel, netparity record %.150s",
				  path, case_path);
	if (err < 0)
		return err;
	g->stack.shows = g->file.shows;
	if (strcmp(g->file.kernel, g->stack.release) == 0 &&
	    strcmp(g->file.wire, g->stack.wire) == 0 && strcmp(g->file.has, g->stack.has) == 0)
		return 0;
	err = errmsg_set(e, -EINVAL,
			 "%.150s is of Linux %s over %s with %s, other files there are not", path,
			 g->file.kernel, g->file.wire, *g->file.has ? g->file.has : "no tunnel");
	recorded_done(&g->file);
	return err;
}

static int golden_tcase(struct stack *stack, const struct tcase_id *id, struct errmsg *e)
{
	struct golden *g = (struct golden *)stack;
	int err;

	g->now = NULL;
	if (!id->hash)
		return errmsg_set(e, -EINVAL,
				  "stack golden: it answers recorded cases only, not %.100s",
				  id->file);
	err = read_file(g, id->file, e);
	if (err < 0)
		return err;
	g->now = recorded_find(&g->file, id->name);
	if (!g->now)
		return errmsg_set(
			e, -ENOENT,
			"%.150s has no case %.100s: record it anew, netparity record %.100s",
			g->file.path, id->name, id->file);
	if (g->now->hash != id->hash)
		return errmsg_set(e, -ESTALE,
				  "%.150s:%u: %.80s was another case when it was recorded: "
				  "netparity record %.100s",
				  g->file.path, g->now->line, id->name, id->file);
	return 0;
}

static int golden_world(struct stack *stack, const struct world *w, struct errmsg *e)
{
	struct golden *g = (struct golden *)stack;

	if (!g->now)
		return errmsg_set(e, -EINVAL, "stack golden: it answers recorded cases only");
	obs_list_clear(&g->all);
	g->at = 0;
	for (size_t i = g->now->first; i < g->now->end; i++) {
		int err = trace_parse(&g->all, w, g->file.lines[i], e);

		if (err < 0)
			return errmsg_wrap(e, err, "%s:%u", g->file.path, g->file.line_no[i]);
	}
	return 0;
}

/* *off is where they are in `from`, then where in `to`. */
static bool copy_octets(struct obs_list *to, const struct obs_list *from, uint32_t *off,
			uint32_t len)
{
	if (len)
		*off = obs_put(to, from->bytes + *off, len);
	return *off != UINT32_MAX;
}

/* A copy of one observation of `from` at the end of `to`. */
static bool copy_obs(struct obs_list *to, const struct obs_list *from, const struct obs *obs)
{
	struct obs *copy = obs_add(to, (enum obs_type)obs->type, obs->step);

	if (!copy)
		return false;
	*copy = *obs;
	return copy_octets(to, from, &copy->data_off, obs->data_len) &&
	       copy_octets(to, from, &copy->ctrl_off, obs->ctrl_len) &&
	       copy_octets(to, from, &copy->text_off, obs->text_len);
}

static int golden_run(struct stack *stack, const struct step *steps, size_t nr,
		      const struct plan *plan, struct obs_list *out, struct errmsg *e)
{
	struct golden *g = (struct golden *)stack;

	if (plan->drain_every != 1)
		return errmsg_set(e, -EINVAL, "stack golden: it was recorded step by step");
	while (g->at < g->all.nr && g->all.obs[g->at].step <= steps[nr - 1].idx) {
		const struct obs *obs = &g->all.obs[g->at++];

		if (obs->step < steps[0].idx)
			return errmsg_set(e, -EINVAL, "%s: steps of %s are not in order",
					  g->file.path, g->now->name);
		if (!copy_obs(out, &g->all, obs))
			return errmsg_set(e, -ENOMEM, "out of memory");
	}
	return 0;
}

const struct stack_ops stack_golden = {
	.name = "golden",
	.summary = "a kernel's recorded answers: no kernel is driven",
	.arg_help = "a series with recordings (6.18), or a folder of them",
	.probe = golden_probe,
	.open = golden_open,
	.tcase = golden_tcase,
	.world = golden_world,
	.run = golden_run,
	.close = golden_close,
};
