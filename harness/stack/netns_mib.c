/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Counters by harness/bpf/mib.bpf.c. The kernel numbers them by enumerators whose values differ
 * between versions; their values are in its type information, their names in /proc are here.
 */
#include "harness/stack/netns_mib.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

#include "harness/bpf/mib.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Woverlength-strings"
#include "mib.skel.h"
#pragma GCC diagnostic pop

#define NAME_MAX_LEN 32

struct netns_mib {
	struct mib_bpf *skel;
	int sum_fd;
	char name[MIB_SLOT_ICMPMSG][NAME_MAX_LEN];
};

/* Kinds whose enumerators all have the one name in /proc that the table says. */
static const struct {
	const char *enumerator, *name;
	enum mib_slot slot;
} names[] = {
#define IP(x, name)                                                                                \
	{                                                                                          \
		"IPSTATS_MIB_" #x, name, MIB_SLOT_IP                                               \
	}
	IP(INPKTS, "Ip.InReceives"),
	IP(INHDRERRORS, "Ip.InHdrErrors"),
	IP(INADDRERRORS, "Ip.InAddrErrors"),
	IP(OUTFORWDATAGRAMS, "Ip.ForwDatagrams"),
	IP(INUNKNOWNPROTOS, "Ip.InUnknownProtos"),
	IP(INDISCARDS, "Ip.InDiscards"),
	IP(INDELIVERS, "Ip.InDelivers"),
	IP(OUTREQUESTS, "Ip.OutRequests"),
	IP(OUTPKTS, "Ip.OutTransmits"), /* or requests: see learn_out_requests() */
	IP(OUTDISCARDS, "Ip.OutDiscards"),
	IP(OUTNOROUTES, "Ip.OutNoRoutes"),
	IP(REASMTIMEOUT, "Ip.ReasmTimeout"),
	IP(REASMREQDS, "Ip.ReasmReqds"),
	IP(REASMOKS, "Ip.ReasmOKs"),
	IP(REASMFAILS, "Ip.ReasmFails"),
	IP(FRAGOKS, "Ip.FragOKs"),
	IP(FRAGFAILS, "Ip.FragFails"),
	IP(FRAGCREATES, "Ip.FragCreates"),
	IP(INNOROUTES, "IpExt.InNoRoutes"),
	IP(INTRUNCATEDPKTS, "IpExt.InTruncatedPkts"),
	IP(INMCASTPKTS, "IpExt.InMcastPkts"),
	IP(OUTMCASTPKTS, "IpExt.OutMcastPkts"),
	IP(INBCASTPKTS, "IpExt.InBcastPkts"),
	IP(OUTBCASTPKTS, "IpExt.OutBcastPkts"),
	IP(INOCTETS, "IpExt.InOctets"),
	IP(OUTOCTETS, "IpExt.OutOctets"),
	IP(INMCASTOCTETS, "IpExt.InMcastOctets"),
	IP(OUTMCASTOCTETS, "IpExt.OutMcastOctets"),
	IP(INBCASTOCTETS, "IpExt.InBcastOctets"),
	IP(OUTBCASTOCTETS, "IpExt.OutBcastOctets"),
	IP(CSUMERRORS, "IpExt.InCsumErrors"),
	IP(NOECTPKTS, "IpExt.InNoECTPkts"),
	IP(ECT1PKTS, "IpExt.InECT1Pkts"),
	IP(ECT0PKTS, "IpExt.InECT0Pkts"),
	IP(CEPKTS, "IpExt.InCEPkts"),
	IP(REASM_OVERLAPS, "IpExt.ReasmOverlaps"),
#undef IP
#define ICMP(x, name)                                                                              \
	{                                                                                          \
		"ICMP_MIB_" #x, "Icmp." name, MIB_SLOT_ICMP                                        \
	}
	ICMP(INMSGS, "InMsgs"),
	ICMP(INERRORS, "InErrors"),
	ICMP(CSUMERRORS, "InCsumErrors"),
	ICMP(OUTMSGS, "OutMsgs"),
	ICMP(OUTERRORS, "OutErrors"),
	ICMP(RATELIMITGLOBAL, "OutRateLimitGlobal"),
	ICMP(RATELIMITHOST, "OutRateLimitHost"),
#undef ICMP
#define TCP(x, name)                                                                               \
	{                                                                                          \
		"TCP_MIB_" #x, "Tcp." name, MIB_SLOT_TCP                                           \
	}
	TCP(INSEGS, "InSegs"),
	TCP(OUTSEGS, "OutSegs"),
	TCP(INERRS, "InErrs"),
	TCP(OUTRSTS, "OutRsts"),
	TCP(CSUMERRORS, "InCsumErrors"),
#undef TCP
#define UDP(x, name)                                                                               \
	{ "UDP_MIB_" #x, "Udp." name, MIB_SLOT_UDP },                                              \
	{                                                                                          \
		"UDP_MIB_" #x, "UdpLite." name, MIB_SLOT_UDPLITE                                   \
	}
	UDP(INDATAGRAMS, "InDatagrams"),
	UDP(NOPORTS, "NoPorts"),
	UDP(INERRORS, "InErrors"),
	UDP(OUTDATAGRAMS, "OutDatagrams"),
	UDP(RCVBUFERRORS, "RcvbufErrors"),
	UDP(SNDBUFERRORS, "SndbufErrors"),
	UDP(CSUMERRORS, "InCsumErrors"),
	UDP(IGNOREDMULTI, "IgnoredMulti"),
	UDP(MEMERRORS, "MemErrors"),
#undef UDP
	{ "LINUX_MIB_IPRPFILTER", "TcpExt.IPReversePathFilter", MIB_SLOT_NET },
	{ "LINUX_MIB_LOCKDROPPEDICMPS", "TcpExt.LockDroppedIcmps", MIB_SLOT_NET },
	{ "LINUX_MIB_OUTOFWINDOWICMPS", "TcpExt.OutOfWindowIcmps", MIB_SLOT_NET },
};

static const struct {
	uint8_t type;
	const char *in, *out;
} icmp_names[] = {
	{ 0, "Icmp.InEchoReps", "Icmp.OutEchoReps" },
	{ 3, "Icmp.InDestUnreachs", "Icmp.OutDestUnreachs" },
	{ 4, "Icmp.InSrcQuenchs", "Icmp.OutSrcQuenchs" },
	{ 5, "Icmp.InRedirects", "Icmp.OutRedirects" },
	{ 8, "Icmp.InEchos", "Icmp.OutEchos" },
	{ 11, "Icmp.InTimeExcds", "Icmp.OutTimeExcds" },
	{ 12, "Icmp.InParmProbs", "Icmp.OutParmProbs" },
	{ 13, "Icmp.InTimestamps", "Icmp.OutTimestamps" },
	{ 14, "Icmp.InTimestampReps", "Icmp.OutTimestampReps" },
	{ 17, "Icmp.InAddrMasks", "Icmp.OutAddrMasks" },
	{ 18, "Icmp.InAddrMaskReps", "Icmp.OutAddrMaskReps" },
};

size_t netns_mib_nr(void)
{
	return MIB_SLOT_NR;
}

const char *netns_mib_name(const struct netns_mib *m, size_t slot)
{
	return slot < MIB_SLOT_ICMPMSG && m->name[slot][0] ? m->name[slot] : NULL;
}

const char *netns_mib_icmp_name(size_t slot)
{
	size_t at = slot - MIB_SLOT_ICMPMSG;

	for (size_t i = 0; slot >= MIB_SLOT_ICMPMSG && i < sizeof(icmp_names) / sizeof(*icmp_names);
	     i++)
		if (icmp_names[i].type == at % 256)
			return at < 256 ? icmp_names[i].in : icmp_names[i].out;
	return NULL;
}

static void learn_enumerator(struct netns_mib *m, const char *enumerator, int value)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].enumerator, enumerator) == 0 && value >= 0 && value < 256)
			snprintf(m->name[names[i].slot + value], NAME_MAX_LEN, "%s", names[i].name);
}

/* The enumerations of counters have no tags: look at all. Only their first member tells. */
static void learn_names(struct netns_mib *m, const struct btf *btf)
{
	static const char *const firsts[] = { "IPSTATS_MIB_NUM", "ICMP_MIB_NUM", "TCP_MIB_NUM",
					      "UDP_MIB_NUM", "LINUX_MIB_NUM" };
	uint32_t nr = btf__type_cnt(btf);

	for (uint32_t id = 1; id < nr; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *first;
		bool ours = false;

		if (!btf_is_enum(type) || type->name_off || btf_vlen(type) == 0)
			continue;
		first = btf__name_by_offset(btf, btf_enum(type)[0].name_off);
		for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++)
			ours |= strcmp(first, firsts[i]) == 0;
		for (uint16_t i = 0; ours && i < btf_vlen(type); i++)
			learn_enumerator(m, btf__name_by_offset(btf, btf_enum(type)[i].name_off),
					 btf_enum(type)[i].val);
	}
}

/* Before Linux 6.7 what goes out was counted once, and called requests. */
static void learn_out_requests(struct netns_mib *m)
{
	size_t transmits = MIB_SLOT_ICMP;

	for (size_t i = MIB_SLOT_IP; i < MIB_SLOT_ICMP; i++) {
		if (strcmp(m->name[i], "Ip.OutRequests") == 0)
			return;
		if (strcmp(m->name[i], "Ip.OutTransmits") == 0)
			transmits = i;
	}
	if (transmits < MIB_SLOT_ICMP)
		snprintf(m->name[transmits], NAME_MAX_LEN, "Ip.OutRequests");
}

static bool load(struct netns_mib *m)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct btf *btf = btf__load_vmlinux_btf();
	int cpu_nr = libbpf_num_possible_cpus();

	if (!btf || cpu_nr < 1 || cpu_nr > MIB_CPU_MAX) {
		btf__free(btf);
		return false;
	}
	learn_names(m, btf);
	learn_out_requests(m);
	btf__free(btf);
	m->skel = mib_bpf__open_and_load();
	if (!m->skel)
		return false;
	m->skel->bss->cpu_nr = (uint32_t)cpu_nr;
	m->sum_fd = bpf_program__fd(m->skel->progs.sum);
	if (bpf_prog_test_run_opts(bpf_program__fd(m->skel->progs.learn_cpus), &opts) ||
	    opts.retval)
		return false;
	for (int cpu = 0; cpu < cpu_nr; cpu++)
		m->skel->bss->offset[cpu] -= m->skel->bss->base;
	return true;
}

struct netns_mib *netns_mib_new(void)
{
	struct netns_mib *m = calloc(1, sizeof(*m));

	if (m && !load(m)) {
		netns_mib_free(m);
		return NULL;
	}
	return m;
}

void netns_mib_free(struct netns_mib *m)
{
	if (!m)
		return;
	mib_bpf__destroy(m->skel);
	free(m);
}

const uint64_t *netns_mib_read(struct netns_mib *m, uint64_t net)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	memset(m->skel->bss->value, 0, sizeof(m->skel->bss->value));
	m->skel->bss->net = net;
	if (bpf_prog_test_run_opts(m->sum_fd, &opts) || opts.retval)
		return NULL;
	return (const uint64_t *)m->skel->bss->value;
}
