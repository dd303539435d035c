/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Counters of a namespace by BPF: a tenth of the time that /proc takes. Same rights as drops. */
#ifndef HARNESS_STACK_NETNS_MIB_H
#define HARNESS_STACK_NETNS_MIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netns_mib;

/* NULL: not possible here; /proc remains. */
struct netns_mib *netns_mib_new(void);
void netns_mib_free(struct netns_mib *m);
/*
 * The sums now, of the namespace whose struct net is at this kernel address; NULL: failed. They
 * are m's, netns_mib_nr() of them, until the next call.
 */
const uint64_t *netns_mib_read(struct netns_mib *m, uint64_t net);
size_t netns_mib_nr(void);
#define NETNS_MIB_ICMPMSG_NR 512 /* the last of them: IcmpMsg.InType0 ..., IcmpMsg.OutType0 ... */
/* Name of a sum as /proc has it ("Ip.InReceives"); NULL: IcmpMsg's, or known to /proc alone. */
const char *netns_mib_name(const struct netns_mib *m, size_t slot);
/* The counter of Icmp that /proc makes of a type's ("Icmp.InEchos"); NULL: none. */
const char *netns_mib_icmp_name(size_t slot);

#endif
