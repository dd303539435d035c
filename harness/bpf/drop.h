/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs of drop.bpf.c and the harness tell each other. */
#ifndef HARNESS_BPF_DROP_H
#define HARNESS_BPF_DROP_H

#include <linux/types.h>

struct drop_event {
	__u64 location; /* kernel address of the caller of kfree_skb() */
	__u32 reason; /* enum skb_drop_reason of the running kernel */
	__u32 own; /* it came back to the host that sent it (PACKET_LOOPBACK) */
};

#define DROP_SYMBOL_MAX 64

struct drop_symbol {
	__u64 address; /* in */
	char name[DROP_SYMBOL_MAX]; /* out */
};

#endif
