/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Drop reasons of the running kernel, by BPF. Root (or CAP_BPF and CAP_PERFMON) only. */
#ifndef HARNESS_STACK_NETNS_DROP_H
#define HARNESS_STACK_NETNS_DROP_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/errmsg.h"
#include "harness/obs.h"

struct netns_drops;

/* Load the programs. NULL: not possible, and why (one line, with what would help). */
struct netns_drops *netns_drops_new(struct errmsg *why);
void netns_drops_free(struct netns_drops *d);
/* Watch the namespace with this cookie from now on, for steps run by the calling thread. */
void netns_drops_watch(struct netns_drops *d, uint64_t cookie);
/* The calling thread begins, or ends, what it does for this stack. */
void netns_drops_running(struct netns_drops *d, bool running);
/* What was dropped since the last call; out may be NULL. Sets out->lost if the ring ran over. */
void netns_drops_drain(struct netns_drops *d, struct obs_list *out, uint32_t step);

/*
 * How many packets the namespace's devices have been given to send so far: when that has not
 * moved, the wires need not be read.
 */
uint64_t netns_drops_sent(const struct netns_drops *d);
/* Kernel address of the namespace; 0: no packet of its own has been seen yet. */
uint64_t netns_drops_net(const struct netns_drops *d);

#endif
