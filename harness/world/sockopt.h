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
	SOCKOPT_DEV_IDX_BE,   /* a device by name: its index in network order */
	SOCKOPT_U16,          /* a number, two octets */
	SOCKOPT_U64,          /* a number, eight octets */
	SOCKOPT_PKTINFO,      /* DEV,ADDR,ADDR or -,ADDR,ADDR: struct in_pktinfo */
	SOCKOPT_FORM_NR,
};

struct sockopt {
	const char *text;
	int level, name;
	enum sockopt_form form;
	enum sockopt_form cmsg; /* of a control message of that level and type; 0: as form */
};
extern const struct sockopt sockopts[];
extern const size_t sockopt_nr;

/* How the value of each form is written, for messages. */
const char *sockopt_form_help(enum sockopt_form form);
/*
 * "NAME=VALUE" as a call; a name may be LEVEL/NUMBER, then the value is hex:OCTETS. 0, or -EINVAL
 * with a message.
 */
int sockopt_parse(struct socket_call *call, const char *word, struct errmsg *e);
/* The same for a control message: level, name (its type) and value of call are set. */
int sockopt_parse_cmsg(struct socket_call *call, const char *word, struct errmsg *e);
/* "NAME" or "LEVEL/NUMBER", len octets of it. *ret_row: NULL where there is only a number. */
bool sockopt_find(const char *word, size_t len, int *ret_level, int *ret_name,
		  const struct sockopt **ret_row);
/* The first row with these numbers, or NULL. */
const struct sockopt *sockopt_by_number(int level, int name);

#endif
