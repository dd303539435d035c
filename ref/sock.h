/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Sockets of a host. Mirrors: include/net/sock.h, include/net/inet_sock.h. */
#ifndef REF_SOCK_H
#define REF_SOCK_H

#include <stdint.h>

struct netns_sock {
	int unused;	/* to be filled in by sock.c's author */
};

#endif
