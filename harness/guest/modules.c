/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What modprobe does, for the few names below, from the folder's modules.dep. */
#include "harness/guest/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Not esp4: it would answer for protocol 50 in every world. */
static const char *const wanted[] = {
	"tun",	      "veth",		"dummy",  "ipv6",    "tunnel4",	  "ip_tunnel",
	"udp_tunnel", "ip6_udp_tunnel", "ipip",	  "gre",     "ip_gre",	  "sit",
	"fou",	      "vxlan",		"geneve", "bareudp", "l2tp_core", "l2tp_netlink",
	"l2tp_eth",   "l2tp_ip",	"tipc",
};

#define PATH_MAX_LEN 512

static void load_file(const char *dir, const char *file)
{
	char path[PATH_MAX_LEN];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	close(fd);
}

/* "net/ipv4/ipip.ko: net/ipv4/ip_tunnel.ko ..." is the line of ipip? */
static char *line_of(char *text, const char *name)
{
	size_t len = strlen(name);

	for (char *line = text; line && *line;) {
		char *end = strchr(line, '\n'), *colon = strchr(line, ':'), *base = line;

		for (char *p = line; colon && p < colon; p++)
			if (*p == '/')
				base = p + 1;
		if (colon && strncmp(base, name, len) == 0 && strncmp(base + len, ".ko:", 4) == 0)
			return line;
		line = end ? end + 1 : NULL;
	}
	return NULL;
}

/* What it depends on comes in the line from the nearest to the farthest: load it backwards. */
static void load_line(const char *dir, const char *line)
{
	char copy[4096], *word[64], *save = NULL;
	size_t nr = 0;

	snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(line, "\n"), line);
	for (char *w = strtok_r(copy, ": ", &save); w && nr < 64; w = strtok_r(NULL, ": ", &save))
		word[nr++] = w;
	while (nr)
		load_file(dir, word[--nr]);
}

void guest_modules_load(const char *dir)
{
	char path[PATH_MAX_LEN];
	char *text = NULL;
	size_t room = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/modules.dep", dir);
	f = fopen(path, "re");
	if (!f)
		return;
	if (getdelim(&text, &room, 0, f) > 0)
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
			const char *line = line_of(text, wanted[i]);

			if (line)
				load_line(dir, line);
		}
	fclose(f);
	free(text);
}
