/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few members of the kernel's structures that the programs here read. Offsets are those of
 * the running kernel (CO-RE), so that the machine that builds needs no BTF of its own.
 */
#ifndef HARNESS_BPF_KERNEL_H
#define HARNESS_BPF_KERNEL_H

#ifdef __bpf__
#define CORE __attribute__((preserve_access_index))
#else
#define CORE /* another compiler: only to see that this header stands alone */
#endif

struct net {
	unsigned long long net_cookie;
} CORE;

/* The kernel's possible_net_t has no tag; members are found by their own names. */
struct possible_net {
	struct net *net;
} CORE;

struct net_device {
	struct possible_net nd_net;
} CORE;

struct sock_common {
	struct possible_net skc_net;
} CORE;

struct sock {
	struct sock_common __sk_common;
} CORE;

struct fqdir {
	struct net *net;
} CORE;

struct timer_list {
	unsigned long expires;
} CORE;

struct inet_frag_queue {
	struct timer_list timer;
	struct fqdir *fqdir;
} CORE;

struct sk_buff {
	struct net_device *dev;
	unsigned char pkt_type : 3;
} CORE;

#endif
