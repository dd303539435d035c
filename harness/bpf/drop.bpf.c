/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drop events of one network namespace into a ring buffer.
 *
 * A packet belongs to the namespace of its device. Packets in a socket's queue have none any more
 * (UDP keeps a note of its own in that place): they are ours when the socket is, or, where nobody
 * says which socket, when it is our own thread that runs and it does so for this stack.
 */
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "harness/bpf/drop.h"
#include "harness/bpf/kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} events SEC(".maps");

/* Of the namespace; 0: off. Its number would not do: it is given anew too soon. */
__u64 cookie;
__u32 running; /* our thread is in steps of this stack */
__u64 thread; /* ours, as bpf_get_current_pid_tgid() has it */
__u64 lost; /* events for which there was no room */

static __always_inline int note(struct sk_buff *skb, void *location, __u32 reason,
				struct sock *rx_sk)
{
	struct net_device *dev = skb->dev;
	struct drop_event *event;
	__u32 ifindex = 0;

	if (!cookie)
		return 0;
	if ((long)dev < 0) {
		if (dev->nd_net.net->net_cookie != cookie)
			return 0;
		ifindex = (__u32)dev->ifindex;
	} else if (rx_sk) {
		if (rx_sk->__sk_common.skc_net.net->net_cookie != cookie)
			return 0;
	} else if (!running || bpf_get_current_pid_tgid() != thread) {
		return 0;
	}
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	event->location = (__u64)location;
	event->reason = reason;
	event->ifindex = ifindex;
	event->own = BPF_CORE_READ_BITFIELD(skb, pkt_type) == PACKET_LOOPBACK;
	/* Nobody sleeps on the ring: it is looked at after each group. */
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}

/* Before Linux 6.11 */
SEC("tp_btf/kfree_skb")
int BPF_PROG(on_drop, struct sk_buff *skb, void *location, __u32 reason)
{
	return note(skb, location, reason, NULL);
}

/* From Linux 6.11: with the socket that refused it */
SEC("tp_btf/kfree_skb")
int BPF_PROG(on_drop_sk, struct sk_buff *skb, void *location, __u32 reason, struct sock *rx_sk)
{
	return note(skb, location, reason, rx_sk);
}

/* Run by the harness: which thread is asking? */
SEC("syscall")
int learn_thread(void *ctx)
{
	(void)ctx;
	thread = bpf_get_current_pid_tgid();
	return 0;
}

/* Run by the harness: the name of a kernel address. */
SEC("syscall")
int symbol(struct drop_symbol *ctx)
{
	__u64 args[1] = { ctx->address };
	char name[DROP_SYMBOL_MAX] = "";
	long n = BPF_SNPRINTF(name, sizeof(name), "%ps", args[0]);

	if (n < 0)
		return 1;
	__builtin_memcpy(ctx->name, name, sizeof(name));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
