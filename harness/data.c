/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Where the project's own data is. */
#include "harness/data.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool there(char *buf, size_t size, const char *dir, const char *below, const char *name)
{
	char path[PATH_MAX], real[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s/%s", dir, below, name);

	if (n < 0 || (size_t)n >= sizeof(path) || !realpath(path, real) ||
	    access(real, R_OK) != 0 || strlen(real) >= size)
		return false;
	strcpy(buf, real);
	return true;
}

/* The folder of the program. */
static bool exe_dir(char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size - 1);
	char *slash;

	buf[n > 0 ? n : 0] = '\0';
	slash = strrchr(buf, '/');
	if (slash)
		*slash = '\0';
	return slash;
}

int data_path(char *buf, size_t size, const char *name, struct errmsg *e)
{
	static const char *const beside[] = { "/../conformance", "/../share/netparity" };
	const char *given = getenv("NETPARITY_DATA");
	char exe[PATH_MAX];

	if (given)
		return there(buf, size, given, "", name)
			       ? 0
			       : errmsg_set(e, -ENOENT,
					    "NETPARITY_DATA=%.100s: there is no readable %s in it",
					    given, name);
	if (exe_dir(exe, sizeof(exe)))
		for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
			if (there(buf, size, exe, beside[i], name))
				return 0;
	return errmsg_set(e, -ENOENT,
			  "no folder %s beside the program: set NETPARITY_DATA to the conformance "
			  "folder of the sources",
			  name);
}

int data_cases(char *buf, size_t size, struct errmsg *e)
{
	static const char *const beside[] = { "/conformance", "/../share/netparity/cases" };
	char exe[PATH_MAX];

	if (exe_dir(exe, sizeof(exe)))
		for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
			if (there(buf, size, exe, beside[i], ".") && strlen(buf) + 8 < size) {
				strcat(buf, "/*.case");
				return 0;
			}
	return errmsg_set(e, -ENOENT, "no cases beside the program: name them");
}
