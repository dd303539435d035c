/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* netparity: the table of commands. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/cli.h"

static int run_help(const struct command *cmd, int argc, char **argv);
static int run_version(const struct command *cmd, int argc, char **argv);

static const struct command cmd_version = {
	.name = "version",
	.summary = "print the version",
	.usage = "",
	.help = "",
	.options = "",
	.run = run_version,
};

static const struct command cmd_help = {
	.name = "help",
	.summary = "print help, or the help of a command",
	.usage = "[COMMAND]",
	.help = "",
	.options = "",
	.run = run_help,
};

static const struct command *const commands[] = {
	&cmd_replay,  &cmd_run,	   &cmd_record, &cmd_diff,   &cmd_catalogue, &cmd_fuzz, &cmd_shrink,
	&cmd_explain, &cmd_report, &cmd_kernel, &cmd_doctor, &cmd_version,   &cmd_help,
};
#define COMMANDS_NR (sizeof(commands) / sizeof(commands[0]))

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS_NR; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void print_commands(FILE *out)
{
	fprintf(out, "netparity: does this stack treat these packets exactly as Linux does?\n\n"
		     "usage: netparity COMMAND [OPTION]... [FILE]...\n\n");
	for (size_t i = 0; i < COMMANDS_NR; i++)
		fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out,
		"\n`netparity COMMAND --help` tells more, with examples.\n"
		"exit status: 0 parity, 1 divergence, 2 bad usage or input, 3 a stack that was "
		"asked for is not available\n");
}

static void print_command(FILE *out, const struct command *cmd)
{
	fprintf(out, "%s\n\nusage: netparity %s %s\n", cmd->summary, cmd->name, cmd->usage);
	options_help(out, cmd);
	if (*cmd->help)
		fprintf(out, "\n%s", cmd->help);
}

static int run_help(const struct command *cmd, int argc, char **argv)
{
	const struct command *about = argc > 1 ? find(argv[1]) : NULL;
	struct errmsg e;

	(void)cmd;
	if (argc > 1 && !about)
		return errmsg_set(&e, 0, "no command named \"%.60s\"; see netparity help", argv[1]),
		       cli_fail(EXIT_BAD_INPUT, &e);
	if (about)
		print_command(stdout, about);
	else
		print_commands(stdout);
	return EXIT_PARITY;
}

static int run_version(const struct command *cmd, int argc, char **argv)
{
	(void)cmd, (void)argc, (void)argv;
	printf("netparity " NETPARITY_VERSION "\n");
	return EXIT_PARITY;
}

/* What was printed must have got out: a closed pipe or a full disk is an error like others. */
static int check_stdout(int status)
{
	bool failed = ferror(stdout) != 0;
	struct errmsg e;

	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return status;
	if (cli_stdout_errno)
		errno = cli_stdout_errno;
	errmsg_set(&e, 0, "standard output: %s", errno ? strerror(errno) : "write error");
	return cli_fail(EXIT_BAD_INPUT, &e);
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

/*
 * A standard stream that is closed must not become the number of a device or a file: it gets one
 * that refuses what it is used for.
 */
static void occupy_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	const struct command *cmd;
	struct errmsg e;

	occupy_streams();
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		print_commands(stderr);
		return EXIT_BAD_INPUT;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		argv[1] = (char *)(uintptr_t) "help";
	if (strcmp(argv[1], "--version") == 0)
		argv[1] = (char *)(uintptr_t) "version";
	cmd = find(argv[1]);
	if (!cmd) {
		errmsg_set(&e, 0, "no command named \"%.60s\"; see netparity help", argv[1]);
		return cli_fail(EXIT_BAD_INPUT, &e);
	}
	if (wants_help(argc - 1, argv + 1)) {
		print_command(stdout, cmd);
		return check_stdout(EXIT_PARITY);
	}
	return check_stdout(cmd->run(cmd, argc - 1, argv + 1));
}
