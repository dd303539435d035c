/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Multicast memberships of devices and sockets. Mirrors: include/linux/igmp.h. */
#ifndef REF_IGMP_H
#define REF_IGMP_H

#include <stdbool.h>
#include <stdint.h>

#include "ref/limits.h"

struct sock;

#define IGMP_ALL_HOSTS 0xe0000001u

/* A socket's membership, with its source filter. Mirrors: struct ip_mc_socklist. */
struct ip_mc_socklist {
	struct ip_mc_socklist *next;
	uint32_t multiaddr;
	uint32_t address; /* as given: the address that named the device */
	int ifindex;
	uint8_t sfmode; /* REF_MCAST_EXCLUDE or REF_MCAST_INCLUDE */
	bool filtered; /* a list was given: sflist is not NULL */
	uint32_t sl_count;
	uint32_t sl_addr[REF_MC_SRC_MAX];
};

/* How many memberships include or exclude a source. Mirrors: struct ip_sf_list. */
struct ip_sf_list {
	uint32_t addr;
	uint32_t count[2]; /* by mode */
};

#define REF_MC_DEV_SRC_MAX (2 * REF_MC_SRC_MAX)

/* A group that a device takes: the sum of the sockets' memberships. Mirrors: struct ip_mc_list. */
struct ip_mc_list {
	struct ip_mc_list *next;
	uint32_t multiaddr;
	uint32_t users;
	uint32_t sfcount[2];
	uint32_t src_nr;
	struct ip_sf_list src[REF_MC_DEV_SRC_MAX];
};

/* Who asks on a device, and how often: decides which form of queries is understood. */
struct igmp_querier {
	uint64_t old_until_ns; /* an IGMPv1 or v2 querier was heard */
	uint32_t interval_s, response_s; /* of IGMPv3; 0: 125 and 10 */
	uint32_t robustness; /* 0: 2 */
};

struct netns_igmp {
	struct igmp_querier querier[REF_DEV_MAX]; /* by ifindex - 1 */
	struct ip_mc_socklist socklist[REF_MC_MAX], *socklist_free;
	struct ip_mc_list list[REF_MC_MAX], *list_free;
};

/* An option's arguments in host order. Mirrors: struct ip_mreqn, struct ip_mreq_source. */
struct ip_mreqn {
	uint32_t multiaddr, address;
	int ifindex;
};

/* 0 or -errno; completes imr->ifindex. Mirrors: net/ipv4/igmp.c. */
int ip_mc_join_group(struct sock *sk, struct ip_mreqn *imr, uint8_t mode);
int ip_mc_leave_group(struct sock *sk, struct ip_mreqn *imr);
/* Add a source to, or remove it from, the filter of a membership. */
int ip_mc_source(bool add, uint8_t omode, struct sock *sk, struct ip_mreqn *imr, uint32_t source);
/* Replace the filter as a whole. */
int ip_mc_msfilter(struct sock *sk, struct ip_mreqn *imr, uint8_t fmode, uint32_t numsrc,
		   const uint32_t *slist);
/* The filter of a membership; ip_mc_find_dev() is asked when find_dev. */
int ip_mc_msfget(struct sock *sk, struct ip_mreqn *imr, bool find_dev,
		 const struct ip_mc_socklist **ret_iml);

#endif
