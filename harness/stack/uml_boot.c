/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The processes of a guest.
 *
 *     this process ── minder ── guest kernel ── its helpers
 *
 * The minder is small and does nothing but wait: for the guest's end, or for ours. A guest kernel
 * wants a folder for its id (uml_dir); the minder makes it and removes it, as soon as the guest is
 * up. All else is memory files and descriptors, which go with the processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/stack/uml.h"

#define GUEST_MEM "64M"

/* Descriptors of the guest, and only these. */
enum { FD_MEM = 3, FD_BELL = 4, FD_NR };

#define CTL_SETTLED 's'

struct guest_fds {
	int console, mem, bell;
};

void uml_guest_init(struct uml_guest *g)
{
	*g = (struct uml_guest){ .minder = -1, .ctl = -1, .console = -1 };
	g->chan.in = g->chan.out = -1;
}

/* ---- in the minder and the guest ---- */

/* Place what the guest gets at its fixed numbers, the rest is closed. False: no. */
static bool place_fds(const struct guest_fds *fds)
{
	int null = open("/dev/null", O_RDONLY);
	/* Out of the way first. */
	int from[FD_NR] = {
		fcntl(null, F_DUPFD, FD_NR),	     fcntl(fds->console, F_DUPFD, FD_NR),
		fcntl(fds->console, F_DUPFD, FD_NR), fcntl(fds->mem, F_DUPFD, FD_NR),
		fcntl(fds->bell, F_DUPFD, FD_NR),
	};

	for (int i = 0; i < FD_NR; i++)
		if (from[i] < 0 || dup2(from[i], i) != i)
			return false;
	return close_range(FD_NR, ~0u, 0) == 0;
}

static _Noreturn void run_guest(const struct uml_conf *conf, const char *dir,
				const struct guest_fds *fds, pid_t parent)
{
	char init[PATH_MAX + 8], uml_dir[PATH_MAX + 16], wire[48], mem[32], ssl[32], bell[32];
	const char *argv[] = {
		conf->kernel,
		"mem=" GUEST_MEM,
		"root=none",
		"rootfstype=hostfs",
		"rootflags=/",
		"ro",
		init,
		uml_dir,
		mem,
		"con=null",
		"con0=null,fd:1",
		"ssl=null",
		ssl,
		"NP_DOORBELL=/dev/ttyS0",
		wire,
		"panic=-1",
		"oops=panic",
		"panic_on_oops=1",
		/* Only with the agent, which stops the clock while the guest waits. */
		conf->agent ? bell : NULL,
		"time-travel=inf-cpu",
		/* They measure the clock until it has moved. */
		"initcall_blacklist=jent_mod_init,rng_init",
		"time-travel-start=1600000000000000000",
		NULL,
	};
	const char *envp[] = { "LC_ALL=C", "TMPDIR=/dev/shm", NULL };

	snprintf(init, sizeof(init), "init=%s", conf->program);
	snprintf(uml_dir, sizeof(uml_dir), "uml_dir=%s", dir);
	snprintf(mem, sizeof(mem), "iomem=mmapper,/proc/self/fd/%d", FD_MEM);
	snprintf(ssl, sizeof(ssl), "ssl0=fd:%d,fd:%d", FD_BELL, FD_BELL);
	snprintf(bell, sizeof(bell), "agent.bell=%d", FD_BELL);
	snprintf(wire, sizeof(wire), "NP_WIRE=%s", conf->wire);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent && place_fds(fds))
		execve(conf->kernel, (char **)(uintptr_t)argv, (char **)(uintptr_t)envp);
	_exit(127);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

/* The folder that mkdtemp() made: the guest put a folder there, and in it two files. */
static void remove_dir(char *dir)
{
	if (*dir)
		nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	*dir = 0;
}

static bool make_dir(char *dir, size_t size)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, size, "%s/netparity-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (mkdtemp(dir))
		return true;
	*dir = 0;
	return false;
}

/* The guest and all that it started, until nothing is left: orphans come to the minder. */
static void end_all(pid_t guest)
{
	kill(guest, SIGKILL);
	kill(-guest, SIGKILL);
	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);
		struct timespec ms = { .tv_nsec = 1000000 };

		if (pid < 0 && errno != EINTR)
			return;
		if (pid == 0) {
			kill(-guest, SIGKILL);
			nanosleep(&ms, NULL);
		}
	}
}

/* Until the guest ends or the other side of ctl does. */
static void mind(pid_t guest, int ctl, char *dir)
{
	int pidfd = (int)syscall(SYS_pidfd_open, guest, 0);
	struct pollfd pfd[2] = { { .fd = ctl, .events = POLLIN },
				 { .fd = pidfd, .events = POLLIN } };
	char octet;

	while (pidfd >= 0 && (poll(pfd, 2, -1) >= 0 || errno == EINTR)) {
		if (pfd[1].revents)
			break;
		if (!pfd[0].revents)
			continue;
		if (read(ctl, &octet, 1) != 1)
			break;
		remove_dir(dir);
	}
	end_all(guest);
	remove_dir(dir);
}

static _Noreturn void minder(const struct uml_conf *conf, const struct guest_fds *fds, int ctl)
{
	char dir[PATH_MAX];
	pid_t guest, self = getpid();

	setsid(); /* what the terminal sends is for the parent */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!make_dir(dir, sizeof(dir))) {
		dprintf(fds->console, "a temporary folder: %s\n", strerror(errno));
		_exit(1);
	}
	guest = fork();
	if (guest == 0) {
		setpgid(0, 0);
		run_guest(conf, dir, fds, self);
	}
	setpgid(guest, guest);
	/* Nothing stays open that belongs to the guest: its end must be seen. */
	if (dup2(ctl, 3) == 3)
		close_range(4, ~0u, 0);
	if (guest > 0)
		mind(guest, 3, dir);
	remove_dir(dir);
	_exit(0);
}

/* ---- this side ---- */

static int memory_file(const char *name, size_t len, struct errmsg *e)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, (off_t)len) == 0)
		return fd;
	return errmsg_set(e, -errno, "memory shared with a guest: %s", strerror(errno));
}

/* Everything but the processes. */
static int prepare(struct uml_guest *g, struct guest_fds *fds, struct errmsg *e)
{
	int bell[2];

	g->console = fds->console = memory_file("guest-console", 0, e);
	fds->mem = g->console < 0 ? -1 : memory_file("guest-memory", GUEST_MEM_LEN, e);
	if (fds->mem < 0)
		return -ENOMEM;
	fcntl(g->console, F_SETFL, O_APPEND);
	g->shm = mmap(NULL, GUEST_MEM_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fds->mem, 0);
	if (g->shm == MAP_FAILED) {
		g->shm = NULL;
		return errmsg_set(e, -ENOMEM, "memory shared with a guest: %s", strerror(errno));
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bell) < 0)
		return errmsg_set(e, -errno, "socketpair: %s", strerror(errno));
	g->chan = (struct guest_chan){ .shm = g->shm, .host = true, .in = bell[0], .out = bell[0] };
	fds->bell = bell[1];
	return 0;
}

int uml_guest_start(struct uml_guest *g, const struct uml_conf *conf, struct errmsg *e)
{
	struct guest_fds fds = { -1, -1, -1 };
	int ctl[2] = { -1, -1 }, err;

	uml_guest_init(g);
	err = prepare(g, &fds, e);
	if (!err && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ctl) < 0)
		err = errmsg_set(e, -errno, "socketpair: %s", strerror(errno));
	if (!err) {
		g->ctl = ctl[0];
		g->minder = fork();
		if (g->minder == 0) {
			close(g->ctl);
			close(g->chan.in);
			minder(conf, &fds, ctl[1]);
		}
		if (g->minder < 0)
			err = errmsg_set(e, -errno, "fork: %s", strerror(errno));
	}
	if (ctl[1] >= 0)
		close(ctl[1]);
	if (fds.mem >= 0)
		close(fds.mem);
	if (fds.bell >= 0)
		close(fds.bell);
	if (err)
		uml_guest_stop(g);
	return err;
}

void uml_guest_settled(struct uml_guest *g)
{
	(void)!send(g->ctl, &(char){ CTL_SETTLED }, 1, MSG_NOSIGNAL);
}

void uml_guest_stop(struct uml_guest *g)
{
	if (g->ctl >= 0)
		close(g->ctl);
	if (g->minder > 0)
		while (waitpid(g->minder, NULL, 0) < 0 && errno == EINTR)
			;
	if (g->chan.in >= 0)
		close(g->chan.in);
	guest_chan_done(&g->chan);
	if (g->shm)
		munmap(g->shm, GUEST_MEM_LEN);
	if (g->console >= 0)
		close(g->console);
	uml_guest_init(g);
}

/* A line without its "<6>" and what can't be printed. */
static void take_line(char *text, size_t size, const char *line)
{
	if (line[0] == '<' && line[1] && line[2] == '>')
		line += 3;
	snprintf(text, size, "%.*s", (int)strcspn(line, "\r\n"), line);
}

void uml_guest_why(const struct uml_guest *g, char *text, size_t size)
{
	static const char *const signs[] = { "Kernel panic", "BUG: ", "netparity-guest: " };
	char said[16384 + 1];
	off_t end = lseek(g->console, 0, SEEK_END);
	off_t from = end > (off_t)sizeof(said) - 1 ? end - ((off_t)sizeof(said) - 1) : 0;
	ssize_t n = pread(g->console, said, sizeof(said) - 1, from);
	char *p;

	*text = 0;
	if (n <= 0)
		return;
	said[n] = 0;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		p = strstr(said, signs[i]);
		if (p) {
			take_line(text, size, p);
			return;
		}
	}
	while (n > 0 && strchr("\r\n", said[n - 1]))
		said[--n] = 0;
	p = strrchr(said, '\n');
	take_line(text, size, p ? p + 1 : said);
}
