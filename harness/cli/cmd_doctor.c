/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* netparity doctor: what this machine can do, what is missing, and what adds it. */
#include <errno.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/cli/cli.h"
#include "ref/ref.h"

static void print_profiles(void)
{
	printf("reference: Linux");
	for (int i = 0; i < REF_PROFILE_NR; i++)
		printf("%s %s", i ? "," : "", ref_profile_name((enum ref_profile)i));
	printf("; against the running kernel it is %s\n", cli_running_profile());
}

/* Really open it: a probe may be wrong, and only then is it known what it can show. */
static bool print_stack(const struct stack_ops *ops)
{
	struct errmsg why = { "" }, remedy = { "" };
	struct stack *s = NULL;
	char types[160];
	bool ok = ops->probe("", &why, &remedy);

	printf("stack %s: %s\n", ops->name, ops->summary);
	if (ok && stack_open(&s, ops->name, &why) < 0)
		ok = false;
	if (ok) {
		report_types(types, sizeof(types), s->shows);
		printf("    available: %s\n    shows: %s\n", s->label, types);
		if (*s->cannot)
			printf("    does not show: %s\n", s->cannot);
	} else {
		printf("    not available: %s\n", why.text);
	}
	if (*remedy.text)
		printf("    to add what is missing: %s\n", remedy.text);
	stack_close(s);
	return ok;
}

static int run(const struct command *cmd, int argc, char **argv)
{
	struct options opt;
	struct utsname uts;
	int status = options_parse(&opt, cmd, argc, argv);
	struct errmsg e;

	if (status)
		return status - 1;
	if (opt.file_nr) {
		errmsg_set(&e, 0, "doctor takes no words");
		return cli_fail(EXIT_BAD_INPUT, &e);
	}
	printf("netparity %s\n", NETPARITY_VERSION);
	if (uname(&uts) == 0)
		printf("running kernel: %s %s %s, as %s\n", uts.sysname, uts.release, uts.machine,
		       geteuid() == 0 ? "root" : "an ordinary user");
	print_profiles();
	for (size_t i = 0; stacks[i]; i++)
		if (!print_stack(stacks[i]))
			status = EXIT_UNAVAILABLE;
	return status;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "what this machine can do, what is missing, and the command that adds it",
	.usage = "",
	.options = "",
	.help = "exit status 3: a stack is not available here\n",
	.run = run,
};
