/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Names of the counters and of the drop reasons. */
#include "ref/mib.h"

#include <string.h>

#include "ref/net.h"

#define T(dir, n) "IcmpMsg." dir "Type" #n
#define T10(d, p) T(d, p##0), T(d, p##1), T(d, p##2), T(d, p##3), T(d, p##4), T(d, p##5), \
		  T(d, p##6), T(d, p##7), T(d, p##8), T(d, p##9)
#define T100(d, p) T10(d, p##0), T10(d, p##1), T10(d, p##2), T10(d, p##3), T10(d, p##4), \
		   T10(d, p##5), T10(d, p##6), T10(d, p##7), T10(d, p##8), T10(d, p##9)
#define T256(d)                                                                                   \
	T10(d, ), T10(d, 1), T10(d, 2), T10(d, 3), T10(d, 4), T10(d, 5), T10(d, 6), T10(d, 7),     \
	T10(d, 8), T10(d, 9), T100(d, 1), T10(d, 20), T10(d, 21), T10(d, 22), T10(d, 23),          \
	T10(d, 24), T(d, 250), T(d, 251), T(d, 252), T(d, 253), T(d, 254), T(d, 255)

static const char *const mib_names[MIB_NR] = {
#define X(id, name) [MIB_##id] = name,
	REF_MIBS(X)
#undef X
	[MIB_ICMPMSG_IN] = T256("In"),
	[MIB_ICMPMSG_OUT] = T256("Out"),
};

static const char *const drop_names[SKB_DROP_REASON_NR] = {
#define X(name) #name,
	SKB_DROP_REASONS(X)
#undef X
};

size_t ref_mib_nr(void)
{
	return MIB_NR;
}

const char *ref_mib_name(size_t idx)
{
	return idx < MIB_NR ? mib_names[idx] : NULL;
}

void ref_count_plain(struct ref *net)
{
	for (int i = 0; i < net->dev_nr; i++) {
		struct net_device *dev = &net->dev[i];
		uint64_t nr = 0;

		for (int ecn = 0; ecn < 4; ecn++) {
			nr += dev->plain_nr[ecn];
			net->mib[MIB_IPEXT_INNOECTPKTS + ecn] += dev->plain_nr[ecn];
			dev->plain_nr[ecn] = 0;
		}
		dev->stats.rx_packets += nr;
		dev->stats.rx_bytes += dev->plain_octets;
		IP_ADD_STATS(net, IP_INRECEIVES, nr);
		IP_ADD_STATS(net, IPEXT_INOCTETS, dev->plain_octets - nr * ETH_HLEN);
		dev->plain_octets = 0;
	}
}

const uint64_t *ref_mib(const struct ref *net)
{
	ref_count_plain((struct ref *)(uintptr_t)net);
	return net->mib;
}

const char *ref_drop_name(uint16_t reason)
{
	return reason < SKB_DROP_REASON_NR ? drop_names[reason] : "?";
}

int ref_drop_by_name(const char *name)
{
	for (int i = 0; i < SKB_DROP_REASON_NR; i++)
		if (strcmp(name, drop_names[i]) == 0)
			return i;
	return -1;
}
