/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The agent in a guest kernel.
 *
 *   agent.c  the device: doorbell and calls
 *   run.c    the fast lane: steps in, observations out, without a system call
 *   note.c   what is dropped, where
 *   mib.c    sums of counters
 *   host.c   what needs the host's C library
 *
 * All of it runs in the first program's context, one thing at a time: there is one processor.
 */
#ifndef AGENT_H
#define AGENT_H

#include <linux/netdevice.h>
#include <linux/types.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "harness/guest/agent_abi.h"
#include "harness/guest/proto.h"
#include "harness/obs.h"

/* The world that stands. */
struct agent_world {
	struct net *net; /* NULL: none */
	uint32_t wire_nr, sock_nr, dev_nr;
	struct socket *wire[AGENT_WIRE_MAX];
	struct file *wire_file[AGENT_WIRE_MAX];
	struct socket *sock[AGENT_SOCK_MAX];
	uint8_t sock_flags[AGENT_SOCK_MAX];
	int ifindex[AGENT_DEV_MAX];
	uint16_t reason[AGENT_REASON_MAX];
};

extern struct agent_world agent_world;

/* ---- run.c ---- */

/* Run the message in the lower half; false: it is not for the kernel. Leaves the answer above. */
bool agent_run(struct guest_shm *shm);
/* A new world, or none: start counting here. */
void agent_run_world(void);
int agent_run_counts(const struct agent_counts *c);

/* ---- note.c ---- */

int agent_note_init(void);
extern bool agent_note_running;
/* Drops since the last call. */
extern struct agent_drop agent_note[];
extern uint32_t agent_note_nr;
extern bool agent_note_lost;
#define AGENT_NOTE_MAX 16384
/* NULL: no such reason. */
const char *agent_note_reason(uint32_t reason);
/* Name of the function at an address; stays. */
const char *agent_note_symbol(uint64_t address);

/* ---- mib.c ---- */

#define AGENT_SUM_MAX 1024
extern uint32_t agent_mib_nr;
void agent_mib_init(void);
/* All sums of net, agent_mib_nr of them. */
void agent_mib_read(struct net *net, uint64_t *sum);
void agent_mib_learn(struct net *net);

#endif
