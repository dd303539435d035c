/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What mib.bpf.c and the harness tell each other: where the sums of each kind of counter are. */
#ifndef HARNESS_BPF_MIB_H
#define HARNESS_BPF_MIB_H

#define MIB_CPU_MAX 256

/* First slot of each kind, in the order of the kernel's own numbers of that kind. */
enum mib_slot {
	MIB_SLOT_IP = 0,
	MIB_SLOT_ICMP = MIB_SLOT_IP + 64,
	MIB_SLOT_TCP = MIB_SLOT_ICMP + 48,
	MIB_SLOT_UDP = MIB_SLOT_TCP + 32,
	MIB_SLOT_UDPLITE = MIB_SLOT_UDP + 16,
	MIB_SLOT_NET = MIB_SLOT_UDPLITE + 16,
	MIB_SLOT_ICMPMSG = MIB_SLOT_NET + 256, /* in by type, out by type */
	MIB_SLOT_NR = MIB_SLOT_ICMPMSG + 512,
};

#endif
