/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The options of all commands: one table. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/world/ip_words.h"
#include "ref/ref.h"

#define MAX_DEFAULT 10

#define AT(field) offsetof(struct options, field)

static const struct option_row {
	char letter; /* of command.options */
	const char *name; /* with "--" */
	const char *value; /* its word in the help; NULL: takes none */
	const char *help;
	size_t at; /* of the text or the flag in struct options; 0: apply() knows better */
} rows[] = {
	{ 's', "--stack", "STACK",
	  "ref[:6.12], netns[:veth]; more than one: the first against each", 0 },
	{ 'a', "--as", "LINUX", "which Linux the reference is: 6.1, 6.12, 6.18", 0 },
	{ 'w', "--world", "FILE", "the host, instead of one inferred from the capture", AT(world) },
	{ 'S', "--save-world", "FILE", "write the inferred world there", AT(save_world) },
	{ 'H', "--host", "ADDR", "an address of the host, for the inference; may be repeated", 0 },
	{ 'j', "--json", "FILE", "write the report there too, as JSON lines", AT(json) },
	{ 'T', "--tap", NULL, "tell results as TAP on standard output", AT(tap) },
	{ 'J', "--junit", "FILE", "write results there as JUnit XML", AT(junit) },
	{ 'A', "--annotate", "FILE", "a copy of the capture with comments, for Wireshark",
	  AT(annotate) },
	{ 't', "--trace", NULL, "print what the first stack did, one line an observation",
	  AT(trace) },
	{ 'm', "--max", "N", "kinds of difference that are printed in full (10)", 0 },
	{ 'b', "--batch", "N", "steps that run before the stacks are compared (256)", 0 },
	{ 'o', "--any-order", NULL, "take packets whose time stamps go backwards", AT(any_order) },
	{ 'c', "--case", "GLOB", "run only cases whose name is like this: overlap, '*.udp_*'",
	  AT(select.glob) },
	{ 'i', "--shard", "I/N", "run only every N-th of them, from the I-th on", 0 },
	{ 'l', "--list", NULL, "print the names of the cases that would run", AT(list) },
	{ 'N', "--seconds", "N", "stop after so much time (10, unless --cases is given)", 0 },
	{ 'n', "--cases", "N", "stop after so many cases", 0 },
	{ 'r', "--seed", "S", "the same cases again; without it a fresh seed, which is printed",
	  0 },
	{ 'O', "--out", "DIR",
	  "where files go, also -o: findings, pages, recordings (conformance/recorded)", AT(out) },
	{ 'K', "--known", "FILE", "differences that are known (conformance/known-differences)",
	  AT(known) },
	{ 'M', "--missing", NULL, "list the rows without a case instead", AT(missing) },
	{ 'k', "--check", NULL, "fail (exit 1) when a case that a kernel answered does not pass",
	  AT(check) },
	{ 'q', "--quiet", NULL, "only what diverges, and the totals", AT(quiet) },
};
#define ROWS_NR (sizeof(rows) / sizeof(rows[0]))

/* Names that all know. */
static const struct {
	const char *brief, *name;
} briefs[] = { { "-o", "--out" } };

void options_help(FILE *out, const struct command *cmd)
{
	if (!*cmd->options)
		return;
	fprintf(out, "\n");
	for (size_t i = 0; i < ROWS_NR; i++) {
		char text[40];

		if (!strchr(cmd->options, rows[i].letter))
			continue;
		snprintf(text, sizeof(text), "%s %s", rows[i].name,
			 rows[i].value ? rows[i].value : "");
		fprintf(out, "  %-20s %s\n", text, rows[i].help);
	}
}

static int bad(struct errmsg *e, const char *name, const char *value, const char *what)
{
	return errmsg_set(e, -EINVAL, "%s: %s: \"%.60s\"", name, what, value);
}

static int count_value(struct errmsg *e, const char *name, const char *value, int64_t max,
		       size_t *ret)
{
	int64_t v;

	if (!ip_number(value, 1, max, &v))
		return bad(e, name, value, "no number that makes sense here");
	*ret = (size_t)v;
	return 0;
}

static int number_value(struct errmsg *e, const char *name, const char *value, uint64_t *ret)
{
	int64_t v;

	if (!ip_number(value, 1, INT64_MAX, &v))
		return bad(e, name, value, "no number that makes sense here");
	*ret = (uint64_t)v;
	return 0;
}

/* Options that are more than a text or a flag. */
static int apply_special(struct options *opt, const struct option_row *row, const char *value,
			 struct errmsg *e)
{
	switch (row->letter) {
	case 's':
		if (opt->stack_nr == CLI_STACK_MAX)
			return errmsg_set(e, -EINVAL, "more than %d stacks", CLI_STACK_MAX);
		opt->stack[opt->stack_nr++] = value;
		return 0;
	case 'a':
		opt->as = value;
		return ref_profile_by_name(value) < 0
			       ? bad(e, "--as", value, "choose from 6.1, 6.12, 6.18")
			       : 0;
	case 'H':
		if (opt->infer.host_nr == INFER_HOST_MAX)
			return errmsg_set(e, -EINVAL, "more than %d --host", INFER_HOST_MAX);
		return ip_addr(value, &opt->infer.host[opt->infer.host_nr++])
			       ? 0
			       : bad(e, "--host", value, "no IPv4 address");
	case 'm':
		return count_value(e, "--max", value, 1000, &opt->max);
	case 'b':
		return count_value(e, "--batch", value, SOURCE_CHUNK_MAX, &opt->batch);
	case 'i':
		return select_shard(&opt->select, value, e);
	case 'N':
		return number_value(e, "--seconds", value, &opt->seconds);
	case 'n':
		return number_value(e, "--cases", value, &opt->cases);
	case 'r':
		return number_value(e, "--seed", value, &opt->seed);
	}
	return -EINVAL;
}

static int apply(struct options *opt, const struct option_row *row, const char *value,
		 struct errmsg *e)
{
	void *at = (char *)opt + row->at;

	if (!row->at)
		return apply_special(opt, row, value, e);
	if (row->value)
		*(const char **)at = value;
	else
		*(bool *)at = true;
	return 0;
}

static bool is_name(const char *name, const char *arg, size_t len)
{
	return strlen(name) == len && strncmp(name, arg, len) == 0;
}

/* The row of "--name" or "--name=value" if the command takes it. */
static const struct option_row *find(const struct command *cmd, const char *arg, size_t len)
{
	for (size_t i = 0; i < sizeof(briefs) / sizeof(briefs[0]); i++)
		if (is_name(briefs[i].brief, arg, len))
			return find(cmd, briefs[i].name, strlen(briefs[i].name));
	for (size_t i = 0; i < ROWS_NR; i++)
		if (strchr(cmd->options, rows[i].letter) && is_name(rows[i].name, arg, len))
			return &rows[i];
	return NULL;
}

/* One option at argv[*at]; moves on to the last word of it. */
static int one_option(struct options *opt, const struct command *cmd, int argc, char **argv,
		      int *at, struct errmsg *e)
{
	const char *arg = argv[*at], *equals = strchr(arg, '=');
	size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
	const struct option_row *row = find(cmd, arg, len);

	if (!row)
		return errmsg_set(e, -EINVAL, "no option %.60s; see netparity %s --help", arg,
				  cmd->name);
	if (!row->value && equals)
		return errmsg_set(e, -EINVAL, "%s takes no value", row->name);
	if (!row->value)
		return apply(opt, row, NULL, e);
	if (equals)
		return apply(opt, row, equals + 1, e);
	if (*at + 1 == argc)
		return errmsg_set(e, -EINVAL, "%s needs a value: %s", row->name, row->value);
	return apply(opt, row, argv[++*at], e);
}

int options_parse(struct options *opt, const struct command *cmd, int argc, char **argv)
{
	bool words_only = false;
	struct errmsg e;
	int err = 0;

	*opt = (struct options){ .max = MAX_DEFAULT, .files = argv + 1 };
	for (int i = 1; i < argc && err == 0; i++) {
		if (!words_only && strcmp(argv[i], "--") == 0)
			words_only = true;
		else if (!words_only && argv[i][0] == '-' && argv[i][1])
			err = one_option(opt, cmd, argc, argv, &i, &e);
		else
			opt->files[opt->file_nr++] = argv[i];
	}
	return err < 0 ? cli_fail(EXIT_BAD_INPUT, &e) + 1 : 0;
}
