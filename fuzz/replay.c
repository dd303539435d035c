/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The plain program of a target: runs files, and each file of a folder, once.
 *
 *	fuzz-host corpus/host crash-1234
 *
 * The name is printed before the run, so that a crash says whose it is. Exit status 2 if a file
 * cannot be read to its end, or if there is none.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/target.h"

static unsigned int ran, unreadable;

static void complain(const char *path, int err)
{
	fprintf(stderr, "%s: %s\n", path, err ? strerror(err) : "shorter than it says");
	unreadable++;
}

static void run_file(const char *path, size_t size)
{
	/* Exactly as long as the file: the sanitizer sees a read beyond. */
	uint8_t *octets = malloc(size ? size : 1);
	FILE *f = fopen(path, "re");
	size_t got = f && octets ? fread(octets, 1, size, f) : 0;
	/* One more than its size: it did not grow meanwhile. */
	bool whole = f && octets && got == size && !ferror(f) && fgetc(f) == EOF;

	if (!whole) {
		complain(path, !octets || !f || ferror(f) ? errno : 0);
	} else {
		printf("# %s\n", path);
		fflush(stdout);
		LLVMFuzzerTestOneInput(octets, size);
		printf("ok %u %s\n", ++ran, path);
	}
	if (f)
		fclose(f);
	free(octets);
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void run_path(const char *path)
{
	struct dirent **entry;
	struct stat st;
	int nr;

	if (stat(path, &st) < 0) {
		complain(path, errno);
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		run_file(path, (size_t)st.st_size);
		return;
	}
	nr = scandir(path, &entry, visible, alphasort);
	if (nr < 0)
		complain(path, errno);
	for (int i = 0; i < nr; i++) {
		char name[4096];

		if (snprintf(name, sizeof(name), "%s/%s", path, entry[i]->d_name) <
		    (int)sizeof(name))
			run_path(name);
		else
			complain(path, ENAMETOOLONG);
		free(entry[i]);
	}
	if (nr >= 0)
		free(entry);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	if (ran == 0 && unreadable == 0)
		fprintf(stderr, "usage: %s FILE|FOLDER...\n", argv[0]);
	return ran == 0 || unreadable ? 2 : 0;
}
