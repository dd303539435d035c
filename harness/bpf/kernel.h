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

/* Counters: arrays of 64-bit numbers; only their sizes are asked for. */
struct ipstats_mib {
	unsigned long long mibs[1];
} CORE;
struct icmp_mib {
	unsigned long mibs[1];
} CORE;
struct icmpmsg_mib {
	unsigned long mibs[1];
} CORE;
struct tcp_mib {
	unsigned long mibs[1];
} CORE;
struct udp_mib {
	unsigned long mibs[1];
} CORE;
struct linux_mib {
	unsigned long mibs[1];
} CORE;

struct netns_mib {
	struct ipstats_mib *ip_statistics; /* per CPU, but for the last */
	struct icmp_mib *icmp_statistics;
	struct tcp_mib *tcp_statistics;
	struct udp_mib *udp_statistics;
	struct udp_mib *udplite_statistics;
	struct linux_mib *net_statistics;
	struct icmpmsg_mib *icmpmsg_statistics;
} CORE;

struct net {
	unsigned long long net_cookie;
	struct netns_mib mib;
} CORE;

struct bpf_array {
	void *pptrs[1];
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
