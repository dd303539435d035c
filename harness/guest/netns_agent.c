/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * In a guest, in place of netns_drop.c and netns_mib.c: drop reasons and sums of counters come
 * from the agent in the guest's kernel, if it has one. Which namespace is meant is said by
 * guest_agent_watch().
 */
#include "harness/guest/netns_agent.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/guest/agent_abi.h"
#include "harness/guest/noise.h"
#include "harness/guest/proto.h"
#include "harness/stack/netns_drop.h"
#include "harness/stack/netns_mib.h"
#include "harness/step.h"
#include "ref/ref.h"

#define DROPS_MAX 4096
#define TEXT_MAX  32768

struct netns_drops {
	int fd;
	uint64_t sent; /* never the same twice: the agent does not count what is sent */
	bool watched;
	char reason[AGENT_REASON_MAX][OBS_NAME_MAX];
	uint16_t drop[AGENT_REASON_MAX];
	struct agent_drop event[DROPS_MAX];
};

struct netns_mib {
	uint64_t sum[AGENT_COUNT_MAX];
	char name[AGENT_COUNT_MAX][OBS_NAME_MAX]; /* as /proc has it; "" none */
	char icmp_name[AGENT_COUNT_MAX][OBS_NAME_MAX]; /* what /proc makes of an IcmpMsg */
};

static int agent_fd = -1;
static struct netns_drops *watching;
static struct netns_mib mib;
static size_t mib_nr;

int guest_agent_fd(void)
{
	if (agent_fd < 0)
		agent_fd = open(AGENT_DEVICE, O_RDWR | O_CLOEXEC);
	return agent_fd;
}

/* ---- drops ---- */

struct netns_drops *netns_drops_new(struct errmsg *why)
{
	struct netns_drops *d = guest_agent_fd() < 0 ? NULL : calloc(1, sizeof(*d));

	if (!d) {
		errmsg_set(why, -ENODEV, "drop reasons: this guest kernel has no agent");
		return NULL;
	}
	for (uint32_t i = 0; i < AGENT_REASON_MAX; i++) {
		struct agent_name n = { .of = i };
		int drop;

		d->drop[i] = OBS_NAME_OTHER;
		if (ioctl(agent_fd, AGENT_REASON, &n) < 0)
			continue;
		snprintf(d->reason[i], OBS_NAME_MAX, "%.47s", n.name);
		drop = ref_drop_by_name(d->reason[i]);
		if (drop >= 0)
			d->drop[i] = (uint16_t)drop;
	}
	watching = d;
	return d;
}

void netns_drops_free(struct netns_drops *d)
{
	if (d == watching)
		watching = NULL;
	free(d);
}

void netns_drops_watch(struct netns_drops *d, uint64_t cookie)
{
	(void)cookie;
	d->watched = false;
	ioctl(agent_fd, AGENT_FORGET);
	netns_drops_drain(d, NULL, 0);
}

void netns_drops_running(struct netns_drops *d, bool running)
{
	(void)d;
	ioctl(agent_fd, AGENT_RUNNING, (unsigned long)running);
}

static void add_drop(const struct netns_drops *d, const struct agent_drop *event,
		     struct obs_list *out, uint32_t step)
{
	struct agent_name site = { .of = event->location };
	uint32_t reason = event->reason < AGENT_REASON_MAX ? event->reason : 0;
	char text[2 * OBS_NAME_MAX + 2];
	struct obs *obs;

	if (ioctl(agent_fd, AGENT_SYMBOL, &site) < 0)
		snprintf(site.name, sizeof(site.name), "?");
	if (noise_drop(site.name, event->own))
		return;
	obs = obs_add(out, OBS_DROP, step);
	if (!obs)
		return;
	obs->name = d->drop[reason];
	if (obs->name == OBS_NAME_OTHER)
		snprintf(text, sizeof(text), "%s %s", *d->reason[reason] ? d->reason[reason] : "?",
			 site.name);
	else
		snprintf(text, sizeof(text), "%s", site.name);
	obs->text_len = (uint32_t)strlen(text);
	obs->text_off = obs_put(out, text, obs->text_len);
}

void netns_drops_drain(struct netns_drops *d, struct obs_list *out, uint32_t step)
{
	struct agent_drops drops = { .to = (uintptr_t)d->event, .max = DROPS_MAX };

	if (ioctl(agent_fd, AGENT_DROPS, &drops) < 0)
		return;
	for (uint32_t i = 0; out && i < drops.nr; i++)
		add_drop(d, &d->event[i], out, step);
	if (out && drops.lost)
		out->lost = true;
}

uint64_t netns_drops_sent(const struct netns_drops *d)
{
	return ++((struct netns_drops *)(uintptr_t)d)->sent;
}

/* Not an address: there is one. */
uint64_t netns_drops_net(const struct netns_drops *d)
{
	return d->watched;
}

/* ---- sums ---- */

/* "Ip: InReceives ..." and its values: a value tells its sum, see AGENT_LEARN. */
static void learn_line(char *names, char *values)
{
	char *group = strsep(&names, ":"), *name, *value;

	if (!names || !strsep(&values, ":") || !values)
		return;
	while ((name = strsep(&names, " ")) && (value = strsep(&values, " "))) {
		unsigned long long v = strtoull(value, NULL, 10);
		size_t slot = (size_t)(v / AGENT_MARK) - 1;
		char *to;

		if (!*name || v == 0 || v % AGENT_MARK || slot >= mib_nr)
			continue;
		if (strcmp(group, "IcmpMsg") == 0)
			continue; /* by its number */
		to = slot >= mib_nr - NETNS_MIB_ICMPMSG_NR ? mib.icmp_name[slot] : mib.name[slot];
		snprintf(to, OBS_NAME_MAX, "%.20s.%.26s", group, name);
	}
}

static void learn_file(const char *path)
{
	static char text[TEXT_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;
	char *p = text, *names, *values;

	while (fd >= 0 && (n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	if (fd >= 0)
		close(fd);
	text[used] = 0;
	while ((names = strsep(&p, "\n")) && (values = strsep(&p, "\n")))
		learn_line(names, values);
}

/* In a namespace of its own, which is left again and so ends. */
static int learn(void)
{
	int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int err = here < 0 || unshare(CLONE_NEWNET) < 0 ? -errno : 0;

	if (!err && ioctl(agent_fd, AGENT_LEARN) < 0)
		err = -errno;
	if (!err) {
		learn_file("/proc/thread-self/net/snmp");
		learn_file("/proc/thread-self/net/netstat");
	}
	if (here >= 0 && setns(here, CLONE_NEWNET) < 0)
		_exit(1); /* in the wrong namespace: nothing could be trusted */
	if (here >= 0)
		close(here);
	return err;
}

static void add_count(struct agent_count *c, uint32_t *nr, size_t slot, const char *name)
{
	if (!*name || *nr == AGENT_COUNT_MAX)
		return;
	c[*nr] = (struct agent_count){ .slot = (uint32_t)slot, .mib = OBS_NAME_OTHER };
	snprintf(c[*nr].name, AGENT_NAME_LEN, "%.47s", name);
	for (size_t i = 0; i < ref_mib_nr(); i++)
		if (strcmp(ref_mib_name(i), name) == 0)
			c[*nr].mib = (uint16_t)i;
	c[*nr].noise = (uint16_t)netns_counts_noise(name);
	(*nr)++;
}

static int by_mib(const void *a, const void *b)
{
	const struct agent_count *x = a, *y = b;

	return x->mib != y->mib ? (x->mib > y->mib) - (x->mib < y->mib) : strcmp(x->name, y->name);
}

/* What is a level and not a count is no observation. */
static bool is_gauge(const char *name)
{
	return strcmp(name, "Tcp.CurrEstab") == 0;
}

int guest_agent_start(struct errmsg *e)
{
	struct agent_mibs m = { .max = 0 };
	uint32_t layout = 0;
	static struct agent_count count[AGENT_COUNT_MAX];
	struct agent_counts counts = { .from = (uintptr_t)count };
	size_t first;
	int err;

	if (ioctl(agent_fd, AGENT_LAYOUT, &layout) < 0 || layout != AGENT_LAYOUT_NOW ||
	    ioctl(agent_fd, AGENT_MIBS, &m) < 0 || m.nr > AGENT_COUNT_MAX)
		return errmsg_set(e, -ENODEV,
				  "its agent is of another build of netparity: netparity kernel "
				  "build it again (that takes seconds)");
	mib_nr = m.nr;
	first = mib_nr - NETNS_MIB_ICMPMSG_NR;
	err = learn();
	if (err)
		return errmsg_set(e, err, "names of counters: %s", strerror(-err));
	for (size_t i = 0; i < mib_nr; i++) {
		char name[OBS_NAME_MAX];

		if (!is_gauge(mib.name[i]))
			add_count(count, &counts.nr, i, mib.name[i]);
		add_count(count, &counts.nr, i, mib.icmp_name[i]);
		if (i < first)
			continue;
		snprintf(name, sizeof(name), "IcmpMsg.%sType%zu", i < first + 256 ? "In" : "Out",
			 (i - first) % 256);
		add_count(count, &counts.nr, i, name);
	}
	qsort(count, counts.nr, sizeof(count[0]), by_mib);
	if (ioctl(agent_fd, AGENT_COUNTS, &counts) < 0)
		return errmsg_set(e, -errno, "counters: %s", strerror(errno));
	return 0;
}

struct netns_mib *netns_mib_new(void)
{
	return mib_nr ? &mib : NULL;
}

void netns_mib_free(struct netns_mib *m)
{
	(void)m;
}

const uint64_t *netns_mib_read(struct netns_mib *m, uint64_t net)
{
	struct agent_mibs read = { .to = (uintptr_t)m->sum, .max = AGENT_COUNT_MAX };

	(void)net;
	return ioctl(agent_fd, AGENT_MIBS, &read) < 0 || read.nr != mib_nr ? NULL : m->sum;
}

size_t netns_mib_nr(void)
{
	return mib_nr;
}

const char *netns_mib_name(const struct netns_mib *m, size_t slot)
{
	return *m->name[slot] ? m->name[slot] : NULL;
}

const char *netns_mib_icmp_name(size_t slot)
{
	return *mib.icmp_name[slot] ? mib.icmp_name[slot] : NULL;
}

/* ---- the world ---- */

int guest_agent_watch(const struct netns_host *h, struct errmsg *e)
{
	struct agent_watch w = {
		.wire_nr = (uint32_t)h->wire_nr,
		.sock_nr = (uint32_t)h->sock_nr,
		.dev_nr = (uint32_t)h->dev_nr,
	};

	static_assert(AGENT_DEV_MAX >= NETNS_DEV_MAX, "devices");
	memcpy(w.wire, h->wire, sizeof(w.wire));
	memcpy(w.sock, h->sock, sizeof(w.sock));
	memcpy(w.ifindex, h->dev_ifindex, sizeof(h->dev_ifindex));
	for (size_t i = 0; i < h->sock_nr; i++)
		w.sock_flags[i] =
			(uint8_t)((h->sock_flags[i] & (NETNS_SOCK_HOLD | NETNS_SOCK_STREAM)
					   ? 0
					   : AGENT_SOCK_DRAIN) |
				  (h->sock_flags[i] & NETNS_SOCK_RECVERR ? AGENT_SOCK_ERRORS : 0));
	if (watching)
		memcpy(w.reason, watching->drop, sizeof(w.reason));
	if (ioctl(agent_fd, AGENT_WATCH, &w) < 0)
		return errmsg_set(e, -errno, "the agent: %s", strerror(errno));
	if (watching)
		watching->watched = true;
	return 0;
}

void guest_agent_release(void)
{
	if (agent_fd >= 0)
		ioctl(agent_fd, AGENT_RELEASE);
}

void guest_agent_forget(void)
{
	if (agent_fd >= 0)
		ioctl(agent_fd, AGENT_FORGET);
	if (watching)
		watching->watched = false;
}
