/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What the files of the `ref` stack share. */
#ifndef HARNESS_REF_STACK_H
#define HARNESS_REF_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/call/call.h"
#include "harness/stack/stack.h"
#include "ref/ref.h"

#define RX_BUF_LEN  65536
#define CONTROL_LEN 4096

struct ref_socket {
	int fd; /* -1: closed */
	bool hold;
};

struct ref_calls; /* buffers of ref_call.c */

struct ref_stack {
	struct stack stack;
	struct ref_config config;
	struct ref *net;
	struct ref_socket socket[WORLD_SOCKET_MAX];
	size_t socket_nr;
	int wire_ifindex[WORLD_WIRE_MAX];
	int wire_of[WORLD_WIRE_MAX + WORLD_LINK_MAX + 2]; /* ifindex -> wire or -1 */
	size_t wire_nr;
	unsigned int dev_nr;
	uint64_t now_ns;
	uint64_t *mib_before; /* ref_mib_nr() values of the last look */
	struct ref_dev_stats stats_before[WORLD_WIRE_MAX + WORLD_LINK_MAX + 2];
	struct obs_list later; /* emits and drops of the group; octets are in the out list */
	uint8_t rx_buf[RX_BUF_LEN];
	uint8_t control[CONTROL_LEN];
	struct ref_calls *calls;
	uint32_t step; /* being run */
	stack_say_fn *say;
	void *say_ctx;
};

/* Emits and drops of one event or call: kept until the group ends. */
void ref_keep_update(struct ref_stack *s, const struct ref_update *u, struct obs_list *out);

/* What a receive call is given, and what it says of it. */
struct ref_receive {
	uint32_t flags; /* MSG_* */
	size_t len; /* room for octets: RX_BUF_LEN at most */
	int32_t controllen, namelen; /* CALL_AMPLE: all */
	bool tell_eagain, noname;
};

/* One receive call as an observation; false: EAGAIN (not told unless asked for). */
bool ref_receive(struct ref_stack *s, uint16_t chan, const struct ref_receive *how, uint32_t step,
		 struct obs_list *out);

/* NULL: no memory. */
struct ref_calls *ref_calls_new(void);
void ref_calls_free(struct ref_calls *rc);
/* A CALL step, observed with the idx `seen`. */
void ref_calls_run(struct ref_stack *s, const struct step *step, uint32_t seen,
		   struct obs_list *out);

#endif
