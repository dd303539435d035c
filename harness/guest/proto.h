/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What the program in a guest and the harness outside say to each other.
 *
 * They share memory (a file without a name: the guest kernel's iomem), and each has an end of a
 * doorbell, over which single octets go. A message is put into the half of its direction, in parts
 * if it is long; then the doorbell is rung. It is the other side's turn then, always: nobody
 * writes while the other may read.
 *
 *     down (to the guest)                    up
 *                                            HELLO    when the guest is ready
 *     WORLD  world_pack()                    OK | FAIL
 *     RUN    guest_run, steps                OBS | OBS_FAST | FAIL
 *     TRY    a word: a fault, for tests      OK, or nothing any more
 *
 * Both sides are built from the same source, so structs travel as they are; HELLO says how large
 * they are, and the harness refuses a guest program of another build.
 */
#ifndef HARNESS_GUEST_PROTO_H
#define HARNESS_GUEST_PROTO_H

#include <stddef.h>
#include <stdint.h>

enum guest_message {
	GUEST_NONE,
	GUEST_HELLO, /* struct guest_hello */
	GUEST_OK, /* nothing */
	GUEST_FAIL, /* struct guest_fail */
	GUEST_WORLD,
	GUEST_RUN,
	GUEST_OBS, /* struct guest_obs, then observations, then their octets */
	GUEST_TRY,
	GUEST_OBS_FAST, /* the same, but their octets at the middle of the area */
};

/* One direction. */
struct guest_half {
	uint32_t type; /* enum guest_message */
	uint32_t more; /* this is a part, and another follows when it is acknowledged */
	uint64_t len; /* octets of this part */
};

#define GUEST_AREA_LEN ((size_t)8 << 20) /* of one direction */
#define GUEST_HEAD_LEN ((size_t)4096)
#define GUEST_MEM_LEN  (GUEST_HEAD_LEN + 2 * GUEST_AREA_LEN)

/* The beginning of the shared memory; the areas follow at GUEST_HEAD_LEN, down first. */
struct guest_shm {
	struct guest_half down, up;
};

/* Doorbell: one octet, any but this one, by which the guest tells that it can't go on. */
#define GUEST_RING 'r'

struct guest_hello {
	uint32_t layout; /* guest_layout() */
	uint32_t shows; /* OBS_BIT()s */
	char version[32]; /* of netparity */
	char release[48]; /* of the guest's kernel */
	char wire[8];
	char has[64]; /* as of struct stack */
};

struct guest_fail {
	int32_t err; /* -errno */
	char text[512];
};

struct guest_run {
	uint32_t step_nr, drain_every, count_every;
	uint32_t fast; /* a kernel with the agent may run it itself */
	/*
	 * step_nr of struct step; then the octets of those that have some (a frame, or a call as
	 * call_parts() gives it), in order, each rounded up to 8.
	 */
};

struct guest_obs {
	uint64_t obs_nr, bytes_len;
	uint32_t lost, pad;
};

#endif
