/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The calls of the `netns` stack. */
#include "harness/stack/netns.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "harness/stack/netns_drop.h"

struct netns_stack {
	struct stack stack;
	struct netns_conf conf;
	struct netns_keeper keeper;
	struct netns_host host;
	struct netns_wires wires;
	struct netns_socks *socks;
	struct netns_calls *calls;
	struct netns_counts *counts;
	struct netns_stats *stats;
	struct netns_drops *drops; /* NULL: not allowed */
	uint64_t sent_seen; /* netns_drops_sent() at the last drain */
	bool ready; /* there is a world */
	bool pinned;
	cpu_set_t cpus; /* before this thread was pinned */
};

static int read_int(const char *path)
{
	FILE *f = fopen(path, "re");
	int v = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%d", &v) != 1)
		v = 0;
	fclose(f);
	return v;
}

int netns_parse_arg(const char *arg, struct netns_conf *conf, struct errmsg *e)
{
	int tap = netns_tap_errno();

	conf->kind = tap ? NETNS_VETH : NETNS_TAP;
	for (const char *word = arg; *word;) {
		size_t len = strcspn(word, ",");

		if (len == 3 && memcmp(word, "tap", len) == 0)
			conf->kind = NETNS_TAP;
		else if (len == 4 && memcmp(word, "veth", len) == 0)
			conf->kind = NETNS_VETH;
		else if (len == 7 && memcmp(word, "nodrops", len) == 0)
			conf->no_drops = true;
		else
			return errmsg_set(e, -EINVAL, "netns:%s: choose from tap, veth, nodrops",
					  arg);
		word += len + (word[len] == ',');
	}
	if (conf->kind == NETNS_TAP && tap)
		return errmsg_set(e, -ENODEV, "/dev/net/tun: %s; as root: %s", strerror(tap),
				  netns_tap_remedy(tap));
	return 0;
}

/*
 * Stay on one processor: what a send sets off is done when it returns only there. The CPU is the
 * present one; without permission we go on, and the self-test decides.
 */
static void pin(struct netns_stack *s)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	if (cpu < 0 || sched_getaffinity(0, sizeof(s->cpus), &s->cpus) < 0)
		return;
	CPU_ZERO(&one);
	CPU_SET((unsigned int)cpu, &one);
	s->pinned = sched_setaffinity(0, sizeof(one), &one) == 0;
}

static void world_close(struct netns_stack *s)
{
	netns_wires_close(&s->wires);
	netns_host_close(&s->host);
	s->ready = false;
}

const struct netns_host *netns_host_of(const struct stack *stack)
{
	return &((const struct netns_stack *)stack)->host;
}

int netns_recount(struct stack *stack, struct errmsg *e)
{
	struct netns_stack *s = (struct netns_stack *)stack;
	int err = netns_counts_read(s->counts, e);

	if (!err)
		err = netns_stats_world(s->stats, &s->host, &s->wires, e);
	netns_counts_report(s->counts, NULL, 0);
	return err;
}

static void netns_close(struct stack *stack)
{
	struct netns_stack *s = (struct netns_stack *)stack;

	world_close(s);
	netns_keeper_stop(&s->keeper);
	netns_stats_free(s->stats);
	netns_counts_free(s->counts);
	netns_calls_free(s->calls);
	netns_socks_free(s->socks);
	netns_drops_free(s->drops);
	if (s->pinned)
		sched_setaffinity(0, sizeof(s->cpus), &s->cpus);
	free(s);
}

/* What all worlds share. */
static int allocate(struct netns_stack *s, struct errmsg *e)
{
	s->socks = netns_socks_new(e);
	s->calls = s->socks ? netns_calls_new(&s->keeper, s->socks, e) : NULL;
	s->counts = s->calls ? netns_counts_new(e) : NULL;
	s->stats = s->counts ? netns_stats_new(e) : NULL;
	return s->stats ? 0 : -ENOMEM;
}

/* Which tunnels answer for their protocol in every namespace, because the kernel has them now. */
static void find_tunnels(char *buf, size_t size)
{
	static const char *const modules[][2] = {
		{ "ipip", "ipip" }, { "sit", "sit" }, { "ip_gre", "gre+gretap" }
	};
	size_t used = 0;

	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]) && used < size; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/sys/module/%s", modules[i][0]);
		if (access(path, F_OK) == 0)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "+" : "",
						 modules[i][1]);
	}
}

static int netns_open(struct stack **ret, const char *arg, struct errmsg *e)
{
	struct netns_stack *s = calloc(1, sizeof(*s));
	struct utsname uts;
	struct errmsg why;
	int err;

	if (!s)
		return errmsg_set(e, -ENOMEM, "no memory");
	s->stack.ops = &stack_netns;
	s->keeper.ctl = s->keeper.pid = -1;
	netns_host_init(&s->host);
	err = netns_parse_arg(arg, &s->conf, e);
	if (err)
		goto fail;
	s->conf.user = geteuid() != 0;
	s->conf.rmem_default = read_int("/proc/sys/net/core/rmem_default");
	/* First: the keeper is forked while this process is small. */
	err = netns_keeper_start(&s->keeper, &s->conf, e);
	if (!err)
		err = allocate(s, e);
	if (err)
		goto fail;
	pin(s);
	uname(&uts);
	s->stack.wire = s->conf.kind == NETNS_TAP ? "tap" : "veth";
	snprintf(s->stack.release, sizeof(s->stack.release), "%.47s", uts.release);
	snprintf(s->stack.label, sizeof(s->stack.label), "netns %.30s %s", uts.release,
		 s->stack.wire);
	find_tunnels(s->stack.has, sizeof(s->stack.has));
	s->stack.shows = OBS_BIT(OBS_DELIVER) | OBS_BIT(OBS_ERROR) | OBS_BIT(OBS_RETURN) |
			 OBS_BIT(OBS_EMIT) |
			 OBS_BIT(OBS_COUNT) | OBS_BIT(OBS_STAT);
	errmsg_set(&why, 0, "drop reasons: not asked for");
	if (!s->conf.no_drops)
		s->drops = netns_drops_new(&why);
	if (s->drops)
		s->stack.shows |= OBS_BIT(OBS_DROP);
	else
		snprintf(s->stack.cannot, sizeof(s->stack.cannot), "%.159s", why.text);
	err = netns_selftest(&s->stack, s->conf.kind, e);
	if (err)
		goto fail;
	*ret = &s->stack;
	return 0;
fail:
	netns_close(&s->stack);
	return err;
}

/*
 * Let the drop events see a packet of this namespace, so that they know where it is: a frame of a
 * type that nobody takes. It goes before anything is counted.
 */
static int show_namespace(struct netns_stack *s, struct errmsg *e)
{
	static const uint8_t frame[60] = { [0] = 2, [12] = 0x88, [13] = 0xb5 };
	int err;

	netns_drops_watch(s->drops, s->host.cookie);
	err = netns_wire_send(&s->wires, 0, frame, sizeof(frame), e);
	netns_drops_drain(s->drops, NULL, 0);
	return err;
}

static int netns_world(struct stack *stack, const struct world *w, struct errmsg *e)
{
	struct netns_stack *s = (struct netns_stack *)stack;
	int err;

	world_close(s);
	err = netns_keeper_world(&s->keeper, w, &s->host, e);
	if (err)
		return err;
	netns_calls_world(s->calls, &s->host);
	err = netns_wires_open(&s->wires, s->conf.kind, &s->host, e);
	if (!err)
		err = netns_socks_world(s->socks, &s->host, e);
	/* What setting up made is not the case's. */
	if (!err)
		err = netns_wires_discard(&s->wires, e);
	if (!err && s->drops)
		err = show_namespace(s, e);
	if (!err)
		err = netns_counts_world(s->counts, &s->host, &s->wires.noise, s->drops, e);
	if (!err)
		err = netns_stats_world(s->stats, &s->host, &s->wires, e);
	if (err) {
		world_close(s);
		return err;
	}
	s->ready = true;
	return 0;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec ts = { .tv_sec = (time_t)(ns / 1000000000u),
			       .tv_nsec = (long)(ns % 1000000000u) };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

/* seen: the last step of the group. */
static int do_step(struct netns_stack *s, const struct step *step, uint32_t seen,
		   struct obs_list *out, struct errmsg *e)
{
	switch (step->type) {
	case STEP_FRAME:
		return netns_wire_send(&s->wires, step->chan, step->data, step->len, e);
	case STEP_SLEEP:
		sleep_ns(step->sleep_ns);
		break;
	case STEP_CALL:
		return netns_calls_run(s->calls, step, out, seen, e);
	}
	return 0;
}

/* Has anything been sent since the last drain? True where that can't be told. */
static bool wires_moved(struct netns_stack *s)
{
	uint64_t sent;

	if (!s->drops || s->wires.spill.nr)
		return true;
	sent = netns_drops_sent(s->drops);
	if (sent == s->sent_seen)
		return false;
	s->sent_seen = sent;
	return true;
}

/* frames: of the group; SIZE_MAX: leave nothing, whatever it came from. */
static int drain(struct netns_stack *s, size_t frames, struct obs_list *out, uint32_t step,
		 struct errmsg *e)
{
	int err = netns_socks_drain(s->socks, frames, out, step, e);

	if (!err && (wires_moved(s) || frames == SIZE_MAX))
		err = netns_wires_drain(&s->wires, out, step, e);
	/* Last: receiving drops too, what fails its checksum. */
	if (!err && s->drops)
		netns_drops_drain(s->drops, out, step);
	return err;
}

/* More looks than this need a wire that loses frames. */
#define LOOKS_MAX 8

/*
 * Counters and statistics, less what noise moved. A timer of the kernel may send in between, and
 * what it sent may wait for a softirq: then we look again until counters, statistics and frames
 * are of the same moment.
 */
static int count(struct netns_stack *s, struct obs_list *out, uint32_t step, struct errmsg *e)
{
	int err = 0;

	for (int looks = 0; !err && looks < LOOKS_MAX; looks++) {
		uint64_t noise = s->wires.noise.igmp_packets;

		err = netns_counts_read(s->counts, e);
		if (!err)
			err = netns_stats_read(s->stats, e);
		if (!err)
			err = netns_wires_drain(&s->wires, out, step, e);
		if (noise == s->wires.noise.igmp_packets && netns_wires_settled(&s->wires) &&
		    netns_stats_drained(s->stats))
			break;
		netns_wires_settle(&s->wires);
	}
	if (!err) {
		netns_counts_report(s->counts, out, step);
		netns_stats_report(s->stats, out, step);
	}
	return err;
}

static int netns_run(struct stack *stack, const struct step *steps, size_t nr,
		     const struct plan *plan, struct obs_list *out, struct errmsg *e)
{
	struct netns_stack *s = (struct netns_stack *)stack;
	size_t drain_every = plan->drain_every ? plan->drain_every : nr;
	int err = 0;

	if (!s->ready)
		return errmsg_set(e, -EINVAL, "netns: run before world");
	if (s->drops)
		netns_drops_running(s->drops, true);
	for (size_t i = 0; i < nr && !err;) {
		size_t end = nr - i > drain_every ? i + drain_every : nr;
		uint32_t seen = steps[end - 1].idx;
		bool counted = end == nr || (plan->count_every && end % plan->count_every == 0);
		size_t frames = counted ? SIZE_MAX : end - i;

		for (; i < end && !err; i++) {
			/* One call may give many datagrams. */
			if (steps[i].type == STEP_CALL)
				frames = SIZE_MAX;
			err = do_step(s, &steps[i], seen, out, e);
		}
		if (!err)
			err = drain(s, frames, out, seen, e);
		if (!err && counted)
			err = count(s, out, seen, e);
	}
	if (s->drops)
		netns_drops_running(s->drops, false);
	return err;
}

const struct stack_ops stack_netns = {
	.name = "netns",
	.summary = "the running kernel, in a network namespace made for it",
	.arg_help = "tap | veth: how frames get in (tap where it can be had); nodrops: without BPF",
	.probe = netns_probe,
	.open = netns_open,
	.world = netns_world,
	.run = netns_run,
	.reset = NULL, /* fragment queues, limits and peers cannot be emptied: take a new one */
	.close = netns_close,
};
