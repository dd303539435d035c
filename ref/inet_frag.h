/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Reassembly queues of a host. Mirrors: include/net/inet_frag.h. */
#ifndef REF_INET_FRAG_H
#define REF_INET_FRAG_H

#include <stdint.h>

struct netns_frags {
	int unused;	/* to be filled in by inet_fragment.c's author */
};

#endif
