/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A stack: anything that can take a case and give observations. Add one: one file with a
 * `const struct stack_ops`, one line in stacks[] of stack.c and one in meson.build.
 */
#ifndef HARNESS_STACK_H
#define HARNESS_STACK_H

#include <stdbool.h>

#include "harness/errmsg.h"
#include "harness/obs.h"
#include "harness/step.h"
#include "harness/world/world.h"

struct stack;

/* What a case is known by. */
struct tcase_id {
	const char *name;
	const char *file; /* where it stands */
	uint64_t hash; /* of its text, see struct tcase; 0: it is no case of a file */
};

typedef void stack_say_fn(void *ctx, uint32_t step, const char *func, const char *what);

struct stack_ops {
	const char *name;     /* `--stack NAME[:ARG]` */
	const char *summary;  /* one line for help and doctor */
	const char *arg_help; /* what ARG may be; NULL: none */
	/*
	 * Can this machine run it? True; or false with one line why and in `remedy` (may stay
	 * empty) the one command that helps. Also called by doctor for its notes.
	 */
	bool (*probe)(const char *arg, struct errmsg *why, struct errmsg *remedy);
	/* Make the stack; no host yet. -ENODEV: not available (exit 3), other -errno: error. */
	int (*open)(struct stack **ret, const char *arg, struct errmsg *e);
	/*
	 * Which case the worlds and steps to come belong to; NULL: it does not matter to the
	 * stack. 0, or -errno with a message: the stack has no answer for it.
	 */
	int (*tcase)(struct stack *s, const struct tcase_id *id, struct errmsg *e);
	/*
	 * A fresh host with this world; the one before, if any, is gone. w is borrowed till then.
	 * Wires and lo are up before the first line; lines are done in their order, sockets too.
	 * What happens meanwhile (frames that joins send, counters) is not observed.
	 */
	int (*world)(struct stack *s, const struct world *w, struct errmsg *e);
	/*
	 * Run steps on the host and add what was seen to out. A group is drain_every steps of
	 * this call (the last may be shorter); all that a group shows bears the idx of its last
	 * step. The order within a group:
	 *   1. what CALL steps returned, in their order. A recvmsg: one DELIVER or ERROR, EAGAIN
	 *      too. Any other: one RETURN, with the errno, or what the call gave. A socket that a
	 *      step makes is drained from then on, unless it is `hold`; a descriptor's number is
	 *      not shown (0). Ports and echo ids that nobody names are the next free of their
	 *      range, counted for the host from its first on. Whatever a call sets off on the
	 *      host itself (loopback, own addresses, ICMP errors about what it sent) is done
	 *      before the next step.
	 *   2. DELIVER and ERROR by socket, for those without `hold` that are open: receive calls
	 *      with MSG_DONTWAIT and ample buffers until EAGAIN, then with MSG_ERRQUEUE until
	 *      EAGAIN; another errno is an ERROR and the calls go on (two in a row end them).
	 *   3. EMIT by wire, 4. DROP, each in their own order.
	 * After a group that completes count_every steps, and at the end of the call: COUNT by
	 * ref_mib index, then those with OBS_NAME_OTHER by text, then STAT by device and enum
	 * obs_stat; only what moved since the last look, with the idx of the group.
	 * The host keeps its state: the next call goes on. 0, or -errno with a message (a broken
	 * environment; whatever a packet does is an observation).
	 *
	 * -EHOSTDOWN: the kernel that ran it ended or hangs. That is a finding; the message has
	 * what it said last, and world() makes a fresh one.
	 */
	int (*run)(struct stack *s, const struct step *steps, size_t nr, const struct plan *plan,
		   struct obs_list *out, struct errmsg *e);
	/*
	 * From now on tell say each decision that run() takes, with the step's idx and the name
	 * of the kernel function; say NULL: no more. NULL: the stack can't.
	 */
	void (*explain)(struct stack *s, stack_say_fn *say, void *ctx);
	/* Forget packets and counters but keep the world; NULL: use world(). 0 or -errno. */
	int (*reset)(struct stack *s, struct errmsg *e);
	void (*close)(struct stack *s);
};

struct stack {
	const struct stack_ops *ops;
	uint32_t shows;   /* OBS_BIT()s; may depend on what this machine allows */
	char label[48];   /* "ref 6.18", "netns 6.18.44 tap" */
	const char *wire; /* a live one: "tap", "veth": how frames get in; else NULL */
	char release[48]; /* ... and the Linux that it is, "6.1.176" */
	char has[64];	  /* ... and kinds of tunnels that it has without asking, "ipip+sit" */
	char cannot[160]; /* what it does not show and why; "" if it shows all */
};

extern const struct stack_ops stack_ref, stack_netns, stack_uml, stack_golden;
/* All stacks, NULL at the end. */
extern const struct stack_ops *const stacks[];

/* spec is NAME[:ARG]. Returns -EINVAL for an unknown name (the message lists the names). */
int stack_open(struct stack **ret, const char *spec, struct errmsg *e);
static inline void stack_close(struct stack *s)
{
	if (s)
		s->ops->close(s);
}

#endif
