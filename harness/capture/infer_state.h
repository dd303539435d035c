/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Inside of the inference. */
#ifndef HARNESS_CAPTURE_INFER_STATE_H
#define HARNESS_CAPTURE_INFER_STATE_H

#include <stdio.h>

#include "harness/capture/evidence.h"
#include "harness/capture/infer.h"

#define IP_FMT	  "%u.%u.%u.%u"
#define IP_ARG(a) (a) >> 24, (a) >> 16 & 0xff, (a) >> 8 & 0xff, (a)&0xff

struct infer_state {
	struct evidence ev;
	uint32_t local[INFER_HOST_MAX];
	size_t local_nr;
	bool marked; /* the capture itself says who the host is */
	bool invented; /* the address is nobody's in the capture */
};

/* Fill in local: at least one address. */
void infer_hosts(struct infer_state *st);
bool infer_is_local(const struct infer_state *st, uint32_t addr);
/* A line of the world with its reason. */
void infer_line(FILE *out, const char *why, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Write the socket lines. 0 or -ENOMEM. */
int infer_sockets(const struct infer_state *st, FILE *out, struct errmsg *e);

#endif
