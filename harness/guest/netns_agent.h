/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The agent in the guest's kernel, as the program in the guest has it. */
#ifndef HARNESS_GUEST_NETNS_AGENT_H
#define HARNESS_GUEST_NETNS_AGENT_H

#include "harness/errmsg.h"
#include "harness/stack/netns.h"

/* Its device; -1: this kernel has none. */
int guest_agent_fd(void);
/* Learn the names of counters, and tell the agent. Once, before there is a world. */
int guest_agent_start(struct errmsg *e);
/* From now on it runs what it can on this world itself. */
int guest_agent_watch(const struct netns_host *h, struct errmsg *e);
/*
 * The program itself is going to run something: the agent lets go of the sockets, until the next
 * guest_agent_watch().
 */
void guest_agent_release(void);
/* The world is going to end. */
void guest_agent_forget(void);

#endif
