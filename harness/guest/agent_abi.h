/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The agent: what is linked into a guest kernel of our own, and the calls by which the program in
 * the guest has it. /dev/netparity-agent:
 *
 *     read, write   the doorbell. read() serves what the kernel can serve itself (the fast lane:
 *                   RUN messages of frames and pauses) and returns an octet when there is a
 *                   message for the program; while it waits the guest's clock stands still.
 *     ioctl         below
 */
#ifndef HARNESS_GUEST_AGENT_ABI_H
#define HARNESS_GUEST_AGENT_ABI_H

#include <linux/ioctl.h>
#include <stdint.h>

#define AGENT_DEVICE "/dev/netparity-agent"

#define AGENT_WIRE_MAX	 8
#define AGENT_SOCK_MAX	 256
#define AGENT_DEV_MAX	 64
#define AGENT_REASON_MAX 512
#define AGENT_COUNT_MAX	 2048
#define AGENT_NAME_LEN	 48

/* A reason, by number in, by name out; a kernel address in, the function's name out. */
struct agent_name {
	uint64_t of;
	char name[AGENT_NAME_LEN];
};

/* A drop. */
struct agent_drop {
	uint64_t location;
	uint32_t reason, own; /* own: it came back to the host that sent it */
};

/* Take what was dropped. */
struct agent_drops {
	uint64_t to; /* address of room for max */
	uint32_t max, nr; /* nr: out */
	uint32_t lost, pad; /* out: there was no room for all */
};

/* Read the sums of counters of the world's namespace. */
struct agent_mibs {
	uint64_t to; /* address of room for max of 8 octets */
	uint32_t max, nr; /* nr: out */
};

/* A name under which a sum is shown; in the order of observations. */
struct agent_count {
	uint32_t slot;
	uint16_t mib; /* ref_mib index, or OBS_NAME_OTHER */
	uint16_t noise; /* enum noise_by, see noise.h */
	char name[AGENT_NAME_LEN];
};

struct agent_counts {
	uint64_t from; /* address */
	uint32_t nr, pad;
};

#define AGENT_SOCK_DRAIN  0x1u /* to be emptied after each group */
#define AGENT_SOCK_ERRORS 0x2u /* its error queue too */

/* A world that stands: descriptors of the caller. */
struct agent_watch {
	uint32_t wire_nr, sock_nr, dev_nr, pad;
	int32_t wire[AGENT_WIRE_MAX];
	int32_t sock[AGENT_SOCK_MAX];
	uint8_t sock_flags[AGENT_SOCK_MAX];
	int32_t ifindex[AGENT_DEV_MAX]; /* by the numbers of obs.h; [0] unused */
	uint16_t reason[AGENT_REASON_MAX]; /* ref drop index by the kernel's number */
};

#define AGENT_REASON	 _IOWR('n', 1, struct agent_name)
#define AGENT_SYMBOL	 _IOWR('n', 2, struct agent_name)
#define AGENT_RUNNING	 _IO('n', 3) /* 1: what is dropped now is the world's; 0: not */
#define AGENT_DROPS	 _IOWR('n', 4, struct agent_drops)
#define AGENT_MIBS	 _IOWR('n', 5, struct agent_mibs)
/* Add (slot + 1) * AGENT_MARK to each sum of the caller's namespace: names are learnt so. */
#define AGENT_LEARN	 _IO('n', 6)
#define AGENT_COUNTS	 _IOW('n', 7, struct agent_counts)
#define AGENT_WATCH	 _IOW('n', 8, struct agent_watch)
#define AGENT_FORGET	 _IO('n', 9) /* no world any more */
#define AGENT_PANIC	 _IO('n', 10) /* for tests */
#define AGENT_RELEASE	 _IO('n', 11) /* let go of the sockets: a close shall be one */
#define AGENT_MARK	 1000003u
/* The last sums are IcmpMsg's: received by type, then sent. */
#define AGENT_ICMPMSG_NR 512

/* What it was compiled with: guest_layout() and the number of kinds of observation. */
#define AGENT_LAYOUT _IOR('n', 12, uint32_t)
#define AGENT_LAYOUT_NOW                                                                           \
	((uint32_t)(sizeof(struct step) << 24 ^ sizeof(struct obs) << 16 ^                         \
		    sizeof(struct agent_watch) ^ (uint32_t)OBS_TYPE_NR << 12 ^                     \
		    (uint32_t)OBS_STAT_NR << 20))

#endif
