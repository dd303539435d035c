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
__u64 net; /* where the namespace is: known from its first packet on */
__u64 sent; /* packets that a device of the namespace was given to send */

/* Per CPU: is a timer at work, and whose? */
enum { NO_TIMER, OUR_TIMER, OTHER_TIMER };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} expiring SEC(".maps");

static __always_inline __u32 *expiring_here(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&expiring, &key);
}

/* The namespace of a packet; 0: it does not say. */
static __always_inline __u64 cookie_of(struct net_device *dev, struct sock *rx_sk)
{
	/* Anything else that is there in place of a device is no kernel address. */
	if ((long)dev < 0)
		return dev->nd_net.net->net_cookie;
	return rx_sk ? rx_sk->__sk_common.skc_net.net->net_cookie : 0;
}

static __always_inline int note(struct sk_buff *skb, void *location, __u32 reason,
				struct sock *rx_sk)
{
	struct net_device *dev = skb->dev;
	__u64 whose = cookie_of(dev, rx_sk);
	struct drop_event *event;
	__u32 *flag;

	if (!cookie)
		return 0;
	if (whose != cookie) {
		flag = expiring_here();
		if (whose || !flag || *flag == OTHER_TIMER)
			return 0;
		if (*flag != OUR_TIMER && (!running || bpf_get_current_pid_tgid() != thread))
			return 0;
	}
	if ((long)dev < 0 && whose == cookie)
		net = (__u64)dev->nd_net.net;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	event->location = (__u64)location;
	event->reason = reason;
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

/*
 * Fragments that wait in a queue have a tree's pointers where the device was. When its timer frees
 * them, the timer tells whose they are; and it may run while our own thread does. Other timers are
 * in other structures: what is found in place of a queue there is not our cookie.
 */
SEC("tp_btf/timer_expire_entry")
int BPF_PROG(on_timer, struct timer_list *timer)
{
	struct inet_frag_queue *q =
		(void *)timer - bpf_core_field_offset(struct inet_frag_queue, timer);
	__u32 *flag = expiring_here();

	if (flag && cookie)
		*flag = BPF_CORE_READ(q, fqdir, net, net_cookie) == cookie ? OUR_TIMER
									   : OTHER_TIMER;
	return 0;
}

SEC("tp_btf/timer_expire_exit")
int BPF_PROG(on_timer_done, struct timer_list *timer)
{
	__u32 *flag = expiring_here();

	(void)timer;
	if (flag)
		*flag = NO_TIMER;
	return 0;
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(on_send, struct sk_buff *skb, struct net_device *dev)
{
	(void)skb;
	if (dev->nd_net.net->net_cookie == cookie) {
		net = (__u64)dev->nd_net.net;
		__sync_fetch_and_add(&sent, 1);
	}
	return 0;
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
