/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Which guest kernel `uml:ARG` means, and where the program is that runs in it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/stack/uml.h"

#define STOCK_REMEDY "apt-get install user-mode-linux"

/* Where this program is: without its name. */
static int own_folder(char *ret, struct errmsg *e)
{
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - 1);

	if (n <= 0)
		return errmsg_set(e, -errno, "/proc/self/exe: %s", strerror(errno));
	ret[n] = 0;
	*strrchr(ret, '/') = 0;
	return 0;
}

/* Beside the program that runs: a test's, in the build folder, or installed. */
static int find_program(char *ret, struct errmsg *e)
{
	static const char *const places[] = { "netparity-guest", "harness/netparity-guest",
					      "../libexec/netparity/netparity-guest" };
	char self[PATH_MAX];
	int err = own_folder(self, e);

	if (err)
		return err;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char path[2 * PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", self, places[i]);
		if (access(path, X_OK) == 0 && realpath(path, ret))
			return 0;
	}
	return errmsg_set(e, -ENODEV, "netparity-guest is not beside %s/netparity: build it whole",
			  self);
}

int uml_find_builder(char *ret, struct errmsg *e)
{
	static const char script[] = "harness/guest/kernel/build";
	char self[PATH_MAX], path[2 * PATH_MAX];
	int err = own_folder(self, e);

	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/../libexec/netparity/%s", self, script);
	if (access(path, X_OK) < 0)
		snprintf(path, sizeof(path), "%s/%s", NETPARITY_SOURCE, script);
	if (access(path, X_OK) == 0 && realpath(path, ret))
		return 0;
	return errmsg_set(e, -ENODEV, "%.400s: %s", path, strerror(errno));
}

void uml_cache_dir(char *ret)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache && *cache)
		snprintf(ret, PATH_MAX, "%s/netparity/kernels", cache);
	else
		snprintf(ret, PATH_MAX, "%s/.cache/netparity/kernels", home ? home : "");
}

static int find_stock(char *ret, struct errmsg *e, struct errmsg *remedy)
{
	static const char *const places[] = { "/usr/bin/linux.uml", "/usr/local/bin/linux.uml" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], X_OK) == 0) {
			snprintf(ret, PATH_MAX, "%s", places[i]);
			return 0;
		}
	if (remedy)
		errmsg_set(remedy, 0, STOCK_REMEDY);
	return errmsg_set(e, -ENODEV, "no guest kernel here; as root: " STOCK_REMEDY);
}

/* A path has a slash; any other word is a name in the cache. */
static int find_kernel(const char *word, struct uml_conf *conf, struct errmsg *e,
		       struct errmsg *remedy)
{
	char path[2 * PATH_MAX];
	bool name = !strchr(word, '/');

	if (*conf->kernel)
		return errmsg_set(e, -EINVAL, "uml: two kernels, %.80s and %.80s", conf->kernel,
				  word);
	if (name) {
		uml_cache_dir(conf->kernel);
		snprintf(path, sizeof(path), "%s/%.200s/linux", conf->kernel, word);
	} else {
		snprintf(path, sizeof(path), "%s", word);
	}
	if (access(path, X_OK) == 0 && realpath(path, conf->kernel))
		return 0;
	if (!name)
		return errmsg_set(e, -ENODEV, "uml:%.200s: %s", word, strerror(errno));
	if (remedy)
		errmsg_set(remedy, 0, "netparity kernel build %.80s", word);
	return errmsg_set(e, -ENODEV, "uml:%.80s: not built yet: netparity kernel build %.80s",
			  word, word);
}

/* Is our agent linked into this kernel? It says its name in a message. */
static bool has_agent(const char *kernel)
{
	static const char sign[] = "netparity-agent: ";
	int fd = open(kernel, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool found = false;
	void *map;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0) {
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map != MAP_FAILED) {
			found = memmem(map, (size_t)st.st_size, sign, sizeof(sign) - 1) != NULL;
			munmap(map, (size_t)st.st_size);
		}
	}
	if (fd >= 0)
		close(fd);
	return found;
}

int uml_find(const char *arg, struct uml_conf *ret, struct errmsg *e, struct errmsg *remedy)
{
	int err = 0;

	memset(ret, 0, sizeof(*ret));
	while (*arg && !err) {
		char word[PATH_MAX];
		size_t len = strcspn(arg, ",");

		if (len >= sizeof(word))
			return errmsg_set(e, -EINVAL, "uml: a path that is too long");
		memcpy(word, arg, len);
		word[len] = 0;
		arg += len + (arg[len] == ',');
		if (strcmp(word, "tap") == 0 || strcmp(word, "veth") == 0)
			snprintf(ret->wire, sizeof(ret->wire), "%.8s", word);
		else if (strcmp(word, "slow") == 0)
			ret->slow = true;
		else if (*word)
			err = find_kernel(word, ret, e, remedy);
	}
	if (!err && !*ret->kernel)
		err = find_stock(ret->kernel, e, remedy);
	if (err)
		return err;
	ret->agent = has_agent(ret->kernel);
	return find_program(ret->program, e);
}
