/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Addresses, routes and neighbours of a host. Mirrors: include/net/ip_fib.h, struct in_ifaddr. */
#ifndef REF_FIB_H
#define REF_FIB_H

#include "ref/limits.h"
#include "ref/ref.h"

struct netns_fib {
	int unused;	/* to be filled in by route.c's author */
};

#endif
