/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A world's ip lines, given to the installed ip(8) as they are; its errors get FILE:LINE. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/stack/netns.h"

#define LINES_MAX 64 /* messages that a socket pair takes while nobody reads */

const char *netns_ip_path(void)
{
	static const char *const paths[] = { "/sbin/ip", "/usr/sbin/ip", "/bin/ip", "/usr/bin/ip",
					     "/usr/local/sbin/ip" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

/*
 * The lines as messages of a socket pair: one read gives one line, so that what is left unread
 * when ip ends tells which line it ended at (it does not always say). False: no room.
 */
static bool put_lines(int fd, const struct world *w, size_t first, size_t nr)
{
	char text[WORLD_LINE_MAX + 2];

	for (size_t i = first; i < first + nr; i++) {
		size_t used = 0;

		for (int k = 0; k < w->lines[i].argc && used < sizeof(text); k++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
						 k ? " " : "", w->lines[i].argv[k]);
		if (used + 1 >= sizeof(text))
			return false;
		text[used++] = '\n';
		if (send(fd, text, used, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			return false;
	}
	return shutdown(fd, SHUT_WR) == 0;
}

static size_t unread(int fd)
{
	char octet;
	size_t nr = 0;

	while (recv(fd, &octet, 1, MSG_DONTWAIT) > 0)
		nr++;
	return nr;
}

static _Noreturn void run_ip(const char *path, int in, int out, pid_t parent)
{
	char name[] = "ip", batch[] = "-batch", from[] = "-", locale[] = "LC_ALL=C";
	char *argv[] = { name, batch, from, NULL }, *envp[] = { locale, NULL };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(127);
	execve(path, argv, envp);
	_exit(127);
}

/* The reason in what ip said: the first line, without decoration. */
static const char *reason(char *text)
{
	static const char *const starts[] = { "Error: ", "RTNETLINK answers: " };

	text[strcspn(text, "\n")] = 0;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncmp(text, starts[i], strlen(starts[i])) == 0)
			return text + strlen(starts[i]);
	return *text ? text : "failed";
}

/* True for `netns`, `link-netns` and what ip(8) takes for them: a prefix. */
static bool names_ns(const char *word)
{
	return strncmp(word, "link-netns", 10) == 0 ||
	       (strlen(word) >= 2 && strncmp("netns", word, strlen(word)) == 0);
}

static int no_other_ns(const struct world *w, size_t first, size_t nr, struct errmsg *e)
{
	for (size_t i = first; i < first + nr; i++)
		for (int k = 3; k < w->lines[i].argc; k++)
			if (names_ns(w->lines[i].argv[k]))
				return errmsg_set(e, -EINVAL,
						  "%s:%u: %s: a world stays in its namespace",
						  w->file, w->lines[i].line, w->lines[i].argv[k]);
	return 0;
}

/* At most LINES_MAX lines. */
static int run_some(const char *path, const struct world *w, size_t first, size_t nr,
		    struct errmsg *e)
{
	const struct world_line *line;
	int in[2] = { -1, -1 }, out = -1, status, err = 0;
	char text[1024];
	size_t left;
	ssize_t n;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, in) < 0)
		return errmsg_set(e, -errno, "socketpair: %s", strerror(errno));
	out = memfd_create("ip-output", MFD_CLOEXEC);
	if (out < 0 || !put_lines(in[1], w, first, nr)) {
		err = errmsg_set(e, -ENOMEM, "lines for ip: %s", strerror(errno));
		goto close;
	}
	pid = fork();
	if (pid == 0)
		run_ip(path, in[0], out, getppid());
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		err = errmsg_set(e, -errno, "%s: %s", path, strerror(errno));
		goto close;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		goto close;
	n = pread(out, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = 0;
	left = unread(in[0]);
	if (left >= nr) {
		err = errmsg_set(e, -ENODEV, "%s -batch: %s", path, reason(text));
		goto close;
	}
	line = &w->lines[first + nr - 1 - left];
	err = errmsg_set(e, -EINVAL, "%s:%u: ip %s: %s", w->file, line->line, line->argv[0],
			 reason(text));
close:
	close(in[0]);
	close(in[1]);
	if (out >= 0)
		close(out);
	return err;
}

int netns_ip_run(const struct world *w, size_t first, size_t nr, struct errmsg *e)
{
	const char *path = netns_ip_path();
	int err = no_other_ns(w, first, nr, e);

	if (!err && !path)
		return errmsg_set(e, -ENODEV, "no ip(8) here; as root: apt-get install iproute2");
	while (nr && !err) {
		size_t some = nr < LINES_MAX ? nr : LINES_MAX;

		err = run_some(path, w, first, some, e);
		first += some;
		nr -= some;
	}
	return err;
}
