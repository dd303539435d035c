/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Multicast memberships of devices and sockets. Mirrors: include/linux/igmp.h. */
#ifndef REF_IGMP_H
#define REF_IGMP_H

#include <stdint.h>

struct netns_igmp {
	int unused;	/* to be filled in by igmp.c's author */
};

#endif
