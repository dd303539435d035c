/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sums of counters, numbered: each kind's in their order, IcmpMsg's last. There is one processor,
 * so a sum is one number. Names are not known here: see AGENT_LEARN.
 */
#include <net/snmp.h>

#include "harness/guest/kernel/agent/agent.h"

static_assert(ICMPMSG_MIB_MAX == AGENT_ICMPMSG_NR);

uint32_t agent_mib_nr;

#define WORDS(net, kind) ((unsigned long *)per_cpu_ptr((net)->mib.kind, 0)->mibs)

#define KINDS(X)                                                                                   \
	X(ip_statistics, IPSTATS_MIB_MAX)                                                          \
	X(icmp_statistics, ICMP_MIB_MAX)                                                           \
	X(udp_statistics, UDP_MIB_MAX)                                                             \
	X(udplite_statistics, UDP_MIB_MAX)                                                         \
	X(tcp_statistics, TCP_MIB_MAX)                                                             \
	X(net_statistics, LINUX_MIB_MAX)

void agent_mib_init(void)
{
#define X(kind, nr) agent_mib_nr += nr;
	KINDS(X)
#undef X
	agent_mib_nr += ICMPMSG_MIB_MAX;
	BUILD_BUG_ON(sizeof(unsigned long) != 8);
	WARN_ON(agent_mib_nr > AGENT_SUM_MAX);
}

void agent_mib_read(struct net *net, uint64_t *sum)
{
	atomic_long_t *msg = net->mib.icmpmsg_statistics->mibs;
	int i;

#define X(kind, nr)                                                                                \
	memcpy(sum, WORDS(net, kind), (nr) * sizeof(*sum));                                        \
	sum += nr;
	KINDS(X)
#undef X
	for (i = 0; i < ICMPMSG_MIB_MAX; i++)
		sum[i] = atomic_long_read(&msg[i]);
}

void agent_mib_learn(struct net *net)
{
	atomic_long_t *msg = net->mib.icmpmsg_statistics->mibs;
	uint64_t slot = 0;
	int i;

#define X(kind, nr)                                                                                \
	for (i = 0; i < (nr); i++)                                                                 \
		WORDS(net, kind)[i] += ++slot * AGENT_MARK;
	KINDS(X)
#undef X
	for (i = 0; i < ICMPMSG_MIB_MAX; i++)
		atomic_long_add(++slot * AGENT_MARK, &msg[i]);
}
