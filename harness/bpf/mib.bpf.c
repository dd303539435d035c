/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters of one network namespace, summed over the CPUs, in one call: what /proc/net/snmp
 * and netstat print, without printing.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "harness/bpf/kernel.h"
#include "harness/bpf/mib.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} probe SEC(".maps");

__u64 net; /* address of the namespace's struct net: set before sum() */
__u32 cpu_nr;
/* How far each CPU's copy of per-CPU data is; learn_cpus() leaves base for the caller to take off.
 */
__u64 offset[MIB_CPU_MAX], base;
__u64 value[MIB_SLOT_NR]; /* zero before sum() */
__u64 raw[256]; /* one CPU's numbers of one kind */

/*
 * Where per-CPU data of a CPU is: seen from a map of ours, of which the kernel gives the address
 * for each CPU, and from the address that is in the map itself.
 */
SEC("syscall")
int learn_cpus(void *ctx)
{
	__u32 at = bpf_core_field_offset(struct bpf_array, pptrs) / sizeof(raw[0]);
	(void)ctx;
	if (at >= sizeof(raw) / sizeof(raw[0]) ||
	    bpf_probe_read_kernel(raw, (at + 1) * sizeof(raw[0]), &probe))
		return 1;
	base = raw[at];
	for (__u32 cpu = 0; cpu < MIB_CPU_MAX; cpu++) {
		__u32 key = 0;
		void *here;

		if (cpu >= cpu_nr)
			break;
		here = bpf_map_lookup_percpu_elem(&probe, &key, cpu);
		if (!here || !base)
			return 1;
		offset[cpu] = (__u64)here;
	}
	return 0;
}

static __always_inline void add(__u64 *sum, __u32 room, const void *here, __u32 len)
{
	if (len > sizeof(raw))
		len = sizeof(raw);
	if (bpf_probe_read_kernel(raw, len, here))
		return;
	for (__u32 i = 0; i < room && i < sizeof(raw) / sizeof(raw[0]); i++)
		if (i < len / sizeof(raw[0]))
			sum[i] += raw[i];
}

#define ADD(slot, next, field, type)                                                               \
	add(&value[slot], (next) - (slot), (void *)BPF_CORE_READ(ns, mib.field) + offset[cpu],     \
	    bpf_core_type_size(struct type))

static long add_cpu(__u32 cpu, void *ctx)
{
	struct net *ns = (void *)net;

	(void)ctx;
	if (cpu >= MIB_CPU_MAX)
		return 1;
	ADD(MIB_SLOT_IP, MIB_SLOT_ICMP, ip_statistics, ipstats_mib);
	ADD(MIB_SLOT_ICMP, MIB_SLOT_TCP, icmp_statistics, icmp_mib);
	ADD(MIB_SLOT_TCP, MIB_SLOT_UDP, tcp_statistics, tcp_mib);
	ADD(MIB_SLOT_UDP, MIB_SLOT_UDPLITE, udp_statistics, udp_mib);
	ADD(MIB_SLOT_UDPLITE, MIB_SLOT_NET, udplite_statistics, udp_mib);
	ADD(MIB_SLOT_NET, MIB_SLOT_ICMPMSG, net_statistics, linux_mib);
	return 0;
}

SEC("syscall")
int sum(void *ctx)
{
	struct net *ns = (void *)net;

	(void)ctx;
	if (bpf_loop(cpu_nr, add_cpu, NULL, 0) != cpu_nr)
		return 1;
	return bpf_probe_read_kernel(&value[MIB_SLOT_ICMPMSG], 512 * sizeof(value[0]),
				     BPF_CORE_READ(ns, mib.icmpmsg_statistics)) != 0;
}

char LICENSE[] SEC("license") = "GPL";
