/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* netparity kernel: guest kernels of one's own, in the cache. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/cli/cli.h"
#include "harness/stack/uml.h"

/* What `build` prints is its own; its exit status is ours. */
static int build(int argc, char **argv)
{
	char script[PATH_MAX], **args = calloc((size_t)argc + 2, sizeof(*args));
	struct errmsg e;
	int status;
	pid_t pid;

	if (!args || uml_find_builder(script, &e)) {
		free(args);
		return cli_fail(EXIT_UNAVAILABLE, &e);
	}
	args[0] = script;
	memcpy(args + 1, argv, (size_t)argc * sizeof(*args));
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execv(script, args);
		_exit(127);
	}
	free(args);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status)) {
		errmsg_set(&e, 0, "%.400s: ended early", script);
		return cli_fail(EXIT_BAD_INPUT, &e);
	}
	return WEXITSTATUS(status);
}

/* The lines of NAME/info, as words. */
static void print_info(const char *dir, const char *name)
{
	char path[PATH_MAX + 300], line[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/info", dir, name);
	f = fopen(path, "re");
	printf("uml:%s", name);
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		printf("  %s", line);
	}
	printf("\n");
	if (f)
		fclose(f);
}

static int list(void)
{
	char dir[PATH_MAX];
	struct dirent **names;
	int nr;

	uml_cache_dir(dir);
	nr = scandir(dir, &names, NULL, alphasort);
	for (int i = 0; i < nr; i++) {
		if (names[i]->d_name[0] != '.')
			print_info(dir, names[i]->d_name);
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
	if (nr <= 2)
		printf("no guest kernel of your own yet: netparity kernel build 6.12\n");
	return EXIT_PARITY;
}

static int run(const struct command *cmd, int argc, char **argv)
{
	struct errmsg e;

	(void)cmd;
	if (argc > 1 && strcmp(argv[1], "build") == 0)
		return build(argc - 2, argv + 2);
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return list();
	errmsg_set(&e, 0, "kernel: build or list? see netparity kernel --help");
	return cli_fail(EXIT_BAD_INPUT, &e);
}

const struct command cmd_kernel = {
	.name = "kernel",
	.summary = "build guest kernels for --stack uml:NAME, and list them",
	.usage = "build 6.12|6.1 [--source DIR] [--name NAME] [--jobs N] | list",
	.options = "",
	.help = "A build has every tunnel, drop reasons, a clock of its own. It takes some "
		"minutes, goes on\n"
		"where it was interrupted, and stays in ${XDG_CACHE_HOME:-~/.cache}/netparity.\n"
		"The source is Debian's package linux-source-6.12 or linux-source-6.1, or any "
		"kernel tree,\n"
		"which is only read.\n\n"
		"examples:\n"
		"  netparity kernel build 6.12\n"
		"  netparity kernel build --source ~/linux --name patched\n"
		"  netparity run --stack uml:6.12 --stack uml:patched area.case\n",
	.run = run,
};
