/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The `uml` stack: a proxy of the stack that runs in a guest. */
#include "harness/stack/uml.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/guest/message.h"
#include "harness/stack/stack.h"
#include "harness/world/world_pack.h"

/* How long a guest may take to start, and for an answer unless told. */
#define BOOT_MS		30000
#define REPLY_MS	10000
/* What is longer goes the slow way. */
#define FAST_STEPS_MAX	4096
#define FAST_OCTETS_MAX ((size_t)512 << 10)

struct uml_stack {
	struct stack stack;
	struct uml_conf conf;
	struct uml_guest guest;
	struct guest_pieces pieces;
	int patience_ms; /* for an answer, besides what a case says it sleeps */
	bool up; /* the guest serves */
	bool ready; /* ... and has a world */
	bool pinned;
	cpu_set_t cpus; /* before this thread was pinned */
};

/* The guest and the thread that waits for it take turns: on one processor each turn costs less. */
static void pin(struct uml_stack *s)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	if (cpu < 0 || sched_getaffinity(0, sizeof(s->cpus), &s->cpus) < 0)
		return;
	CPU_ZERO(&one);
	CPU_SET((unsigned int)cpu, &one);
	s->pinned = sched_setaffinity(0, sizeof(one), &one) == 0;
}

static void guest_end(struct uml_stack *s)
{
	uml_guest_stop(&s->guest);
	s->up = s->ready = false;
}

/* The guest has gone, or is made to: say what it said last. Returns -EHOSTDOWN. */
static int lost(struct uml_stack *s, int err, struct errmsg *e)
{
	char why[200];

	uml_guest_why(&s->guest, why, sizeof(why));
	guest_end(s);
	if (err == -ETIMEDOUT)
		return errmsg_set(e, -EHOSTDOWN,
				  "the guest kernel hangs: no answer for %d ms; it said last: %s",
				  s->patience_ms, why);
	if (err == -EBADMSG)
		return errmsg_set(e, -EHOSTDOWN,
				  "the guest's answer makes no sense; it said last: %s", why);
	return errmsg_set(e, -EHOSTDOWN, "the guest kernel ended; it said last: %s",
			  *why ? why : strerror(-err));
}

/* Wait for the answer to a message; type is what it shall be, or other. */
static int answer_either(struct uml_stack *s, enum guest_message type, enum guest_message other,
			 enum guest_message *ret_type, uint8_t **ret_data, size_t *ret_len,
			 int timeout_ms, struct errmsg *e)
{
	enum guest_message got;
	struct guest_fail fail;
	int err = guest_chan_recv(&s->guest.chan, &got, ret_data, ret_len, timeout_ms);

	if (!err && got != type && got != other && (got != GUEST_FAIL || *ret_len != sizeof(fail)))
		err = -EBADMSG;
	if (err)
		return lost(s, err, e);
	*ret_type = got;
	if (got != GUEST_FAIL)
		return 0;
	memcpy(&fail, *ret_data, sizeof(fail));
	fail.text[sizeof(fail.text) - 1] = 0;
	return errmsg_set(e, fail.err < 0 ? fail.err : -EIO, "%s", fail.text);
}

static int answer(struct uml_stack *s, enum guest_message type, uint8_t **ret_data, size_t *ret_len,
		  int timeout_ms, struct errmsg *e)
{
	enum guest_message got;

	return answer_either(s, type, type, &got, ret_data, ret_len, timeout_ms, e);
}

static int read_hello(struct uml_stack *s, const uint8_t *data, size_t len, struct errmsg *e)
{
	struct guest_hello h;

	if (len != sizeof(h))
		return lost(s, -EBADMSG, e);
	memcpy(&h, data, sizeof(h));
	if (h.layout != guest_layout() || strcmp(h.version, NETPARITY_VERSION) != 0)
		return errmsg_set(e, -ENODEV, "%s is of another build", s->conf.program);
	s->stack.shows = h.shows;
	s->stack.wire = strncmp(h.wire, "veth", sizeof(h.wire)) == 0 ? "veth" : "tap";
	snprintf(s->stack.has, sizeof(s->stack.has), "%.*s", (int)sizeof(h.has) - 1, h.has);
	snprintf(s->stack.release, sizeof(s->stack.release), "%.*s", (int)sizeof(h.release) - 1,
		 h.release);
	snprintf(s->stack.label, sizeof(s->stack.label), "uml %.30s", s->stack.release);
	if (!(h.shows & OBS_BIT(OBS_DROP)))
		snprintf(s->stack.cannot, sizeof(s->stack.cannot),
			 "drop reasons: this guest kernel does not tell; netparity kernel build");
	return 0;
}

/* A guest that serves; does nothing if there is one. */
static int guest_up(struct uml_stack *s, struct errmsg *e)
{
	uint8_t *data;
	size_t len;
	int err;

	if (s->up)
		return 0;
	err = uml_guest_start(&s->guest, &s->conf, e);
	if (err)
		return err;
	err = answer(s, GUEST_HELLO, &data, &len, BOOT_MS, e);
	if (!err)
		err = read_hello(s, data, len, e);
	if (err) {
		guest_end(s);
		return errmsg_wrap(e, -ENODEV, "%.200s", s->conf.kernel);
	}
	uml_guest_settled(&s->guest);
	s->up = true;
	return 0;
}

static void uml_close(struct stack *stack)
{
	struct uml_stack *s = (struct uml_stack *)stack;

	guest_end(s);
	guest_pieces_done(&s->pieces);
	if (s->pinned)
		sched_setaffinity(0, sizeof(s->cpus), &s->cpus);
	free(s);
}

static int uml_open(struct stack **ret, const char *arg, struct errmsg *e)
{
	struct uml_stack *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return errmsg_set(e, -ENOMEM, "no memory");
	s->stack.ops = &stack_uml;
	s->patience_ms = REPLY_MS;
	uml_guest_init(&s->guest);
	err = uml_find(arg, &s->conf, e, NULL);
	if (!err) {
		pin(s);
		err = guest_up(s, e);
	}
	if (err) {
		uml_close(&s->stack);
		return err;
	}
	*ret = &s->stack;
	return 0;
}

static bool uml_probe(const char *arg, struct errmsg *why, struct errmsg *remedy)
{
	struct uml_conf conf;

	remedy->text[0] = 0;
	if (uml_find(arg, &conf, why, remedy))
		return false;
	errmsg_set(why, 0, "%.400s", conf.kernel);
	return true;
}

static int uml_world(struct stack *stack, const struct world *w, struct errmsg *e)
{
	struct uml_stack *s = (struct uml_stack *)stack;
	struct iovec iov;
	uint8_t *data;
	size_t len;
	char *text;
	int err;

	s->ready = false;
	err = guest_up(s, e);
	if (err)
		return err;
	text = world_pack(w, &len);
	if (!text)
		return errmsg_set(e, -ENOMEM, "no memory for the world");
	iov = (struct iovec){ text, len };
	err = guest_chan_send(&s->guest.chan, GUEST_WORLD, &iov, 1, s->patience_ms);
	free(text);
	if (err)
		return lost(s, err, e);
	err = answer(s, GUEST_OK, &data, &len, s->patience_ms, e);
	s->ready = !err;
	return err;
}

/*
 * Can the agent do these itself? Frames and pauses; the answer must fit: each frame may come back
 * on a wire and out of some sockets. (The rare one that does not fit is an error, not a loss.)
 */
static bool for_agent(const struct uml_stack *s, const struct step *steps, size_t nr)
{
	size_t octets = nr * sizeof(*steps);

	if (!s->conf.agent || s->conf.slow || nr > FAST_STEPS_MAX)
		return false;
	for (size_t i = 0; i < nr; i++) {
		if (steps[i].type != STEP_FRAME && steps[i].type != STEP_SLEEP)
			return false;
		octets += steps[i].type == STEP_FRAME ? steps[i].len : 0;
	}
	return octets < FAST_OCTETS_MAX;
}

static int uml_run(struct stack *stack, const struct step *steps, size_t nr,
		   const struct plan *plan, struct obs_list *out, struct errmsg *e)
{
	struct uml_stack *s = (struct uml_stack *)stack;
	enum guest_message type;
	uint64_t sleep_ms = 0;
	uint8_t *data;
	size_t len;
	int err;

	if (!s->ready)
		return errmsg_set(e, -EINVAL, "uml: run before world");
	for (size_t i = 0; i < nr; i++)
		sleep_ms += steps[i].type == STEP_SLEEP ? steps[i].sleep_ns / 1000000 + 1 : 0;
	if (sleep_ms > INT_MAX / 2)
		sleep_ms = INT_MAX / 2;
	err = guest_send_run(&s->guest.chan, &s->pieces, steps, nr, plan, for_agent(s, steps, nr),
			     REPLY_MS);
	if (err)
		return lost(s, err, e);
	err = answer_either(s, GUEST_OBS, GUEST_OBS_FAST, &type, &data, &len,
			    s->patience_ms + (int)sleep_ms, e);
	if (err)
		return err;
	err = type == GUEST_OBS ? guest_read_obs(data, len, out)
				: guest_read_obs_fast(data, len, out);
	if (err == -EBADMSG)
		return lost(s, err, e);
	return err ? errmsg_set(e, err, "no memory for observations") : 0;
}

int uml_try(struct stack *stack, const char *word, int patience_ms, struct errmsg *e)
{
	struct uml_stack *s = (struct uml_stack *)stack;
	const struct iovec iov = { (void *)(uintptr_t)word, strlen(word) };
	uint8_t *data;
	size_t len;
	int err;

	s->patience_ms = patience_ms;
	err = guest_chan_send(&s->guest.chan, GUEST_TRY, &iov, 1, s->patience_ms);
	return err ? lost(s, err, e) : answer(s, GUEST_OK, &data, &len, s->patience_ms, e);
}

const struct stack_ops stack_uml = {
	.name = "uml",
	.summary = "a guest kernel of its own version, as a process",
	.arg_help = "PATH: a guest kernel (Debian's user-mode-linux unless told); tap | veth: how "
		    "frames get in there",
	.probe = uml_probe,
	.open = uml_open,
	.world = uml_world,
	.run = uml_run,
	.close = uml_close,
};
