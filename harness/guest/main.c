/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * netparity-guest: the first and only program in a guest kernel. It runs the `netns` stack there,
 * so that a guest shows what the running kernel would, by the same code, and serves it to the
 * harness outside (proto.h). The host's file system, read-only, is the guest's root.
 *
 * Its environment is what the kernel's command line says: NP_DOORBELL, a terminal; NP_WIRE, the
 * argument of the netns stack.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#include "harness/guest/agent_abi.h"
#include "harness/guest/message.h"
#include "harness/guest/modules.h"
#include "harness/guest/netns_agent.h"
#include "harness/stack/stack.h"
#include "harness/world/world_pack.h"

#define MODULES "/usr/lib/uml/modules" /* in it a folder for each release */

struct guest {
	struct guest_chan chan;
	struct stack *stack;
	struct obs_list out;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "netparity-guest: %s: %s\n", what, strerror(errno));
	sync();
	reboot(RB_POWER_OFF);
	_exit(1);
}

static void mount_all(void)
{
	static const struct {
		const char *type, *dir;
	} mounts[] = {
		{ "proc", "/proc" }, { "sysfs", "/sys" }, { "devtmpfs", "/dev" },
		{ "tmpfs", "/run" }, { "tmpfs", "/tmp" },
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		if (mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0, NULL) < 0 &&
		    errno != EBUSY)
			die(mounts[i].dir);
}

/* The memory and the doorbell. */
static void chan_open(struct guest_chan *c)
{
	const char *bell = getenv("NP_DOORBELL");
	int mem = open("/dev/mmapper", O_RDWR | O_CLOEXEC);
	struct termios tio;

	if (mem < 0)
		die("/dev/mmapper");
	c->shm = mmap(NULL, GUEST_MEM_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, mem, 0);
	if (c->shm == MAP_FAILED)
		die("shared memory");
	close(mem);
	c->in = c->out = guest_agent_fd();
	if (c->in >= 0)
		return;
	c->in = open(bell ? bell : "/dev/ttyS0", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (c->in < 0 || tcgetattr(c->in, &tio) < 0)
		die("doorbell");
	cfmakeraw(&tio);
	if (tcsetattr(c->in, TCSANOW, &tio) < 0)
		die("doorbell");
	c->out = c->in;
}

static int reply(struct guest *g, enum guest_message type, const void *data, size_t len)
{
	const struct iovec iov = { (void *)(uintptr_t)data, len };

	return guest_chan_send(&g->chan, type, &iov, 1, -1);
}

static int reply_fail(struct guest *g, int err, const struct errmsg *e)
{
	struct guest_fail fail = { .err = err };

	snprintf(fail.text, sizeof(fail.text), "%s", e->text);
	return reply(g, GUEST_FAIL, &fail, sizeof(fail));
}

static int serve_world(struct guest *g, char *text, size_t len)
{
	struct errmsg e = { "" };
	struct world w;
	int err = world_unpack(&w, text, len, &e);

	guest_agent_forget();
	if (!err)
		err = g->stack->ops->world(g->stack, &w, &e);
	if (!err && guest_agent_fd() >= 0)
		err = guest_agent_watch(netns_host_of(g->stack), &e);
	world_done(&w);
	return err ? reply_fail(g, err, &e) : reply(g, GUEST_OK, NULL, 0);
}

/* What the agent ran of this world is not observed again; and what we run, not by the agent. */
static int run(struct guest *g, const struct step *steps, size_t nr, const struct plan *plan,
	       struct errmsg *e)
{
	bool agent = guest_agent_fd() >= 0;
	int err = agent ? netns_recount(g->stack, e) : 0;

	if (agent)
		guest_agent_release();
	if (!err)
		err = g->stack->ops->run(g->stack, steps, nr, plan, &g->out, e);
	if (!err && agent)
		err = guest_agent_watch(netns_host_of(g->stack), e);
	return err;
}

static int serve_run(struct guest *g, uint8_t *data, size_t len)
{
	struct errmsg e = { "steps in an unknown form" };
	struct step *steps;
	struct plan plan;
	size_t nr;
	int err = guest_read_run(data, len, &steps, &nr, &plan);

	obs_list_clear(&g->out);
	if (!err)
		err = run(g, steps, nr, &plan, &e);
	return err ? reply_fail(g, err, &e) : guest_send_obs(&g->chan, &g->out, -1);
}

static void write_word(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!write(fd, word, strlen(word));
		close(fd);
	}
}

/* For tests of the harness: go wrong as a kernel does. */
static int serve_try(struct guest *g, const char *word, size_t len)
{
	if (len == 5 && memcmp(word, "panic", len) == 0) {
		if (guest_agent_fd() >= 0)
			ioctl(guest_agent_fd(), AGENT_PANIC);
		write_word("/proc/sys/kernel/sysrq", "1");
		write_word("/proc/sysrq-trigger", "c");
		/* A kernel without that key: the end of the first program is a panic too. */
		_exit(1);
	}
	if (len == 4 && memcmp(word, "hang", len) == 0)
		for (;;)
			pause();
	return reply(g, GUEST_OK, NULL, 0);
}

static int serve_one(struct guest *g)
{
	enum guest_message type;
	uint8_t *data;
	size_t len;
	int err = guest_chan_recv(&g->chan, &type, &data, &len, -1);

	if (err)
		return err;
	switch (type) {
	case GUEST_WORLD:
		return serve_world(g, (char *)data, len);
	case GUEST_RUN:
		return serve_run(g, data, len);
	case GUEST_TRY:
		return serve_try(g, (char *)data, len);
	case GUEST_NONE:
	case GUEST_HELLO:
	case GUEST_OK:
	case GUEST_FAIL:
	case GUEST_OBS:
	case GUEST_OBS_FAST:
		break;
	}
	return -EBADMSG;
}

/* The stack, and the first message: what it is, or why there is none. */
static int greet(struct guest *g)
{
	const char *wire = getenv("NP_WIRE");
	struct guest_hello hello = { .layout = guest_layout() };
	struct errmsg e = { "" };
	struct utsname uts;
	int err = guest_agent_fd() >= 0 ? guest_agent_start(&e) : 0;

	if (!err)
		err = stack_netns.open(&g->stack, wire ? wire : "", &e);
	if (err)
		return reply_fail(g, err, &e);
	uname(&uts);
	hello.shows = g->stack->shows;
	snprintf(hello.version, sizeof(hello.version), "%s", NETPARITY_VERSION);
	snprintf(hello.release, sizeof(hello.release), "%.47s", uts.release);
	memcpy(hello.has, g->stack->has, sizeof(hello.has));
	snprintf(hello.wire, sizeof(hello.wire), "%s", g->stack->wire);
	return reply(g, GUEST_HELLO, &hello, sizeof(hello));
}

int main(void)
{
	struct guest g = { .stack = NULL };
	char modules[sizeof(MODULES) + 80];
	struct utsname uts;

	if (getpid() != 1) {
		fprintf(stderr, "netparity-guest is started by a guest kernel, not by hand\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	mount_all();
	uname(&uts);
	snprintf(modules, sizeof(modules), MODULES "/%s", uts.release);
	guest_modules_load(modules);
	obs_list_init(&g.out);
	chan_open(&g.chan);
	errno = -greet(&g);
	while (!errno)
		errno = -serve_one(&g);
	die("serving");
}
