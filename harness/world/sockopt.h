/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Socket options by name. */
#ifndef HARNESS_SOCKOPT_H
#define HARNESS_SOCKOPT_H

#include "harness/errmsg.h"
#include "harness/world/world_socket.h"

enum sockopt_form {
	SOCKOPT_INT,          /* a number, four octets */
	SOCKOPT_DEV_NAME,     /* a device by name: the name */
	SOCKOPT_DEV_IDX,      /* a device by name: its index */
	SOCKOPT_MREQN,        /* GROUP, GROUP@DEV, GROUP@ADDR: struct ip_mreqn */
	SOCKOPT_MCAST_IF,     /* ADDR, @DEV, ADDR@DEV: struct ip_mreqn without a group */
	SOCKOPT_MREQ_SOURCE,  /* GROUP,SOURCE[@ADDR] */
	SOCKOPT_GROUP,        /* GROUP@DEV: struct group_req */
	SOCKOPT_GROUP_SOURCE, /* GROUP,SOURCE@DEV: struct group_source_req */
	SOCKOPT_MSFILTER,     /* GROUP@ADDR:include,SOURCE,... or :exclude,... */
	SOCKOPT_HEX,          /* octets */
	SOCKOPT_FORM_NR,
};

struct sockopt {
	const char *text;
	int level, name;
	enum sockopt_form form;
};
extern const struct sockopt sockopts[];
extern const size_t sockopt_nr;

/* How the value of each form is written, for messages. */
const char *sockopt_form_help(enum sockopt_form form);
/* "NAME=VALUE" as a call. 0, or -EINVAL with a message. */
int sockopt_parse(struct socket_call *call, const char *word, struct errmsg *e);

#endif
