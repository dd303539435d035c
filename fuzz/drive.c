/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Steps one by one, without the harness's lists between: an execution is a few calls. */
#include "fuzz/drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fuzz/gen_world.h"
#include "fuzz/steps_input.h"
#include "ref/net.h"

#define ARENA_LEN   ((size_t)4 << 20)
#define TIMERS_MAX  100000 /* firings until it is said that timers never end */
#define CONTROL_MAX 2048
#define PAYLOAD_MAX 65536
#define SHORT_LEN   8
#define READS_MAX   4096 /* of one socket in a row */

static uint8_t payload[PAYLOAD_MAX], control[CONTROL_MAX];

static void fail(const char *what)
{
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

struct fuzz_host *drive_host(uint8_t world)
{
	static struct fuzz_host hosts[DRIVE_WORLDS];
	struct fuzz_host *h = &hosts[world % DRIVE_WORLDS];
	struct gen_shape shape;
	struct errmsg e;
	struct world w;

	if (h->net) {
		ref_reset(h->net);
		return h;
	}
	if (gen_world_make(&w, &shape, world % DRIVE_WORLDS, &e) < 0)
		fail(e.text);
	if (fuzz_host_open(h, (enum ref_profile)(world % DRIVE_WORLDS % REF_PROFILE_NR), ARENA_LEN,
			   &e) < 0 ||
	    fuzz_host_world(h, &w, &e) < 0)
		fail(e.text);
	world_done(&w);
	/* What setting up left behind (reports of memberships) is not the input's doing. */
	ref_reset(h->net);
	return h;
}

static void tell(const struct drive_sink *sink, const struct ref_update *u)
{
	if (sink->update)
		sink->update(sink->ctx, u);
}

/* One receive call; false: nothing was there. */
static bool receive(struct fuzz_host *h, unsigned int sock, uint32_t flags, bool small,
		    const struct drive_sink *sink)
{
	struct ref_msg msg = {
		.buf = payload,
		.buf_len = small ? SHORT_LEN : sizeof(payload),
		.control = control,
		.control_max = small ? 40 : sizeof(control),
	};
	long got = ref_recvmsg(h->net, h->fd[sock], &msg, flags | MSG_DONTWAIT);

	tell(sink, ref_pending(h->net));
	if (sink->received)
		sink->received(sink->ctx, sock, got, &msg, flags);
	/* What stands between control messages is not written: let it be the same each time. */
	memset(control, 0, msg.control_len);
	return got >= 0;
}

static void empty_socket(struct fuzz_host *h, unsigned int sock, const struct drive_sink *sink)
{
	unsigned int reads = 0;

	/* An error that was pending is told once, and then there may be more. */
	while (ref_readable(h->net, h->fd[sock])) {
		while (receive(h, sock, 0, false, sink))
			;
		while (receive(h, sock, MSG_ERRQUEUE, false, sink))
			;
		if (++reads == READS_MAX)
			fail("a socket never becomes empty");
	}
}

static void empty_sockets(struct fuzz_host *h, bool held, const struct drive_sink *sink)
{
	for (unsigned int i = 0; i < h->w.socket_nr; i++)
		if (held || !h->held[i])
			empty_socket(h, i, sink);
}

static void do_call(struct fuzz_host *h, const struct input_step *step,
		    const struct drive_sink *sink)
{
	static const uint32_t flags[] = {
		[INPUT_CALL_READ] = 0,
		[INPUT_CALL_PEEK] = MSG_PEEK,
		[INPUT_CALL_SHORT] = MSG_TRUNC,
		[INPUT_CALL_ERROR] = MSG_ERRQUEUE,
	};

	if (h->w.socket_nr)
		receive(h, (unsigned int)(step->chan % h->w.socket_nr), flags[step->call],
			step->call == INPUT_CALL_SHORT, sink);
}

static void do_step(struct fuzz_host *h, const struct input_step *step, uint64_t *now_ns,
		    const struct drive_sink *sink)
{
	struct ref_event event = { .type = REF_EV_FRAME };

	switch (step->type) {
	case INPUT_FRAME:
		if (step->len < INPUT_FRAME_MIN)
			return;
		event.ifindex = h->ifindex[step->chan % h->w.wire_nr];
		event.data = step->data;
		event.len = step->len;
		break;
	case INPUT_SLEEP:
		*now_ns += step->sleep_ns;
		event.type = REF_EV_TIME;
		break;
	case INPUT_CALL:
		do_call(h, step, sink);
		return;
	}
	event.now_ns = *now_ns;
	tell(sink, ref_step(h->net, &event));
	empty_sockets(h, false, sink);
}

/* Until no timer is left. */
static void pass_time(struct fuzz_host *h, const struct drive_sink *sink)
{
	struct ref_event event = { .type = REF_EV_TIME };

	for (unsigned int n = 0; ref_next_timer(h->net) != UINT64_MAX; n++) {
		if (n == TIMERS_MAX)
			fail("timers never end");
		event.now_ns = ref_next_timer(h->net);
		tell(sink, ref_step(h->net, &event));
		empty_sockets(h, false, sink);
	}
}

void drive(struct fuzz_host *h, const uint8_t *data, size_t size, const struct drive_sink *sink)
{
	struct wire_cur cur = wire_cur(data + 1, size ? size - 1 : 0);
	struct input_step step;
	uint64_t now_ns = 0;

	for (unsigned int n = 0; n < INPUT_STEPS_MAX && input_step_next(&cur, &step); n++)
		do_step(h, &step, &now_ns, sink);
	pass_time(h, sink);
	empty_sockets(h, true, sink);
}

size_t drive_in_use(const struct fuzz_host *h)
{
	const struct arena *a = &h->net->arena;
	size_t in_use = a->used;

	for (unsigned int class_idx = ARENA_CLASS_MIN; class_idx <= ARENA_CLASS_MAX; class_idx++)
		for (const struct arena_free *f = a->free[class_idx], *next; f; f = next) {
			/* What is not handed out is closed, its links too. */
			ARENA_OPEN((void *)(uintptr_t)f, sizeof(*f));
			next = f->next;
			ARENA_CLOSE((void *)(uintptr_t)f, sizeof(*f));
			in_use -= (size_t)1 << class_idx;
		}
	return in_use;
}
