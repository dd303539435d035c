/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * live-bench STACK WORKLOAD CASES: cases per second of CPU time on a live stack and the reference,
 * every observation of both normalised and compared. Frames are built before the clock starts; the
 * clock is the whole process's, user and system, and what its children used.
 *
 * Cases go in batches, as a fuzzer sends them; after each batch both hosts are compared in full,
 * and any difference ends the run: a rate of wrong cases is worth nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/compare/compare.h"
#include "harness/stack/live_test.h"

#define BATCH	    256
#define STEPS_MAX   (BATCH * 2)
#define PAYLOAD_LEN 32
/* A namespace is made anew after so many cases, as in a campaign: its cost is part of the rate. */
#define RENEW	    8192

static const char host_text[] =
	LIVE_WORLD "sysctl net.ipv4.icmp_ratemask=0\nsocket s udp bind 10.0.0.1:5000\n";

struct batch {
	struct live_frame *frames;
	struct step *steps;
	size_t nr;
	uint32_t per_case;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "live-bench: %s: %s\n", what, why);
	exit(1);
}

static void build_one(struct live_frame *f, uint32_t idx)
{
	uint8_t payload[PAYLOAD_LEN] = { (uint8_t)idx };

	live_udp(f, (uint16_t)(1024 + idx), 5000, payload, sizeof(payload));
}

static void build_reply(struct live_frame *f, uint32_t idx)
{
	live_echo(f, (uint16_t)idx, PAYLOAD_LEN);
}

/* Two halves of one UDP datagram: live_udp() makes the whole, its payload is cut. */
static void build_fragments(struct live_frame *f, uint32_t idx)
{
	uint8_t payload[2 * PAYLOAD_LEN - 8] = { (uint8_t)idx };
	struct live_frame whole;
	const uint8_t *udp = whole.data + 34;

	live_udp(&whole, (uint16_t)(1024 + idx), 5000, payload, sizeof(payload));
	live_ip(&f[0], 17, (uint16_t)idx, 0x2000, udp, PAYLOAD_LEN);
	live_ip(&f[1], 17, (uint16_t)idx, PAYLOAD_LEN / 8, udp + PAYLOAD_LEN, PAYLOAD_LEN);
}

static const struct workload {
	const char *name;
	uint32_t per_case; /* frames of a case */
	void (*build)(struct live_frame *f, uint32_t idx);
	enum obs_type shows; /* at least one of each case */
} workloads[] = {
	{ "one", 1, build_one, OBS_DELIVER },
	{ "icmp-reply", 1, build_reply, OBS_EMIT },
	{ "two-fragments", 2, build_fragments, OBS_DELIVER },
};

static struct batch batch_build(const struct workload *w)
{
	struct batch b = {
		.frames = calloc(STEPS_MAX, sizeof(*b.frames)),
		.steps = calloc(STEPS_MAX, sizeof(*b.steps)),
		.nr = (size_t)BATCH * w->per_case,
		.per_case = w->per_case,
	};

	if (!b.frames || !b.steps)
		die("frames", "no memory");
	for (uint32_t i = 0; i < BATCH; i++)
		w->build(&b.frames[i * w->per_case], i);
	for (uint32_t i = 0; i < b.nr; i++)
		b.steps[i] = live_step(&b.frames[i], i);
	return b;
}

static void run_batch(struct stack *s, const struct world *w, const struct batch *b,
		      struct obs_list *out)
{
	/* As cases are run until one differs (harness/run.c): a look at the end of the batch. */
	const struct plan plan = { .drain_every = 0 };
	struct errmsg e;

	obs_list_clear(out);
	if (s->ops->run(s, b->steps, b->nr, &plan, out, &e))
		die(s->label, e.text);
	normalise(w, out);
}

static void host_new(struct stack *s, const struct world *w)
{
	struct errmsg e;

	if (s->ops->world(s, w, &e))
		die(s->label, e.text);
}

/* CPU seconds of the processes below this one that live: a guest kernel's. Each has one thread. */
static double below_s(pid_t parent, unsigned int depth)
{
	char path[64], line[256];
	double sum = 0;
	FILE *children;
	int pid;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	children = fopen(path, "re");
	while (depth && children && fscanf(children, "%d", &pid) == 1) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
		f = fopen(path, "re");
		if (f && fgets(line, sizeof(line), f))
			sum += (double)strtoull(line, NULL, 10) / 1e9;
		if (f)
			fclose(f);
		sum += below_s(pid, depth - 1);
	}
	if (children)
		fclose(children);
	return sum;
}

static double cpu_s(void)
{
	double sum = below_s(getpid(), 4);

	for (int i = 0; i < 2; i++) {
		struct rusage u;

		getrusage(i ? RUSAGE_CHILDREN : RUSAGE_SELF, &u);
		sum += (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	}
	return sum;
}

/* Runs at least case_nr cases; returns how many. */
static size_t bench(struct stack *ref, struct stack *live, const struct workload *w,
		    const struct world *world, size_t case_nr)
{
	uint32_t types = ref->shows & live->shows;
	struct obs_list a, b;
	size_t done = 0;
	struct batch batch = batch_build(w);

	obs_list_init(&a);
	obs_list_init(&b);
	while (done < case_nr) {
		struct diff diff;

		if (done % RENEW == 0) {
			host_new(ref, world);
			host_new(live, world);
		}
		run_batch(ref, world, &batch, &a);
		run_batch(live, world, &batch, &b);
		compare(obs_all(&a), obs_all(&b), types, &diff);
		if (diff.found)
			die(diff.field, diff.detail);
		if (live_nr(&b, w->shows) < BATCH)
			die(w->name, "the live stack shows less than one observation a case");
		done += BATCH;
	}
	obs_list_done(&a);
	obs_list_done(&b);
	free(batch.frames);
	free(batch.steps);
	return done;
}

static const struct workload *workload_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(workloads) / sizeof(*workloads); i++)
		if (strcmp(workloads[i].name, name) == 0)
			return &workloads[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct workload *w = argc == 4 ? workload_by_name(argv[2]) : NULL;
	struct stack *ref, *live;
	struct world world;
	size_t case_nr, done;
	double start_s, used_s;
	char *end;

	if (!w) {
		fprintf(stderr, "usage: live-bench STACK one|icmp-reply|two-fragments CASES\n");
		return 2;
	}
	case_nr = strtoul(argv[3], &end, 10);
	if (*end || !case_nr)
		die(argv[3], "not a number of cases");
	live_world(&world, host_text);
	live = live_open(argv[1]);
	ref = live_open(strcmp(live->wire, "veth") == 0 ? "ref:veth" : "ref:tap");
	bench(ref, live, w, &world, BATCH);
	start_s = cpu_s();
	done = bench(ref, live, w, &world, case_nr);
	used_s = cpu_s() - start_s;
	printf("%s %s cases %zu cpu_s %.3f cases_per_cpu_s %.0f\n", live->label, w->name, done,
	       used_s, (double)done / used_s);
	stack_close(ref);
	stack_close(live);
	world_done(&world);
	return 0;
}
