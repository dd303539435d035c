/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * One host: what the kernel keeps per network namespace. Each part belongs to the file named
 * beside it, which alone changes it; init, reset and done of the parts are the table in host.c.
 */
#ifndef REF_NET_H
#define REF_NET_H

#include "ref/arena.h"
#include "ref/fib.h"
#include "ref/icmp.h"
#include "ref/igmp.h"
#include "ref/inet_frag.h"
#include "ref/ip_fast.h"
#include "ref/limits.h"
#include "ref/mib.h"
#include "ref/netdevice.h"
#include "ref/profile.h"
#include "ref/protocol.h"
#include "ref/ref.h"
#include "ref/skbuff.h"
#include "ref/sock.h"
#include "ref/sysctl.h"
#include "ref/timer.h"
#include "ref/tunnel.h"

/* Where netfilter would be asked. Mirrors: enum nf_inet_hooks. */
enum nf_inet_hooks { NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN };

struct ref {
	/* host.c */
	enum ref_profile profile;
	enum ref_wire wire;
	uint32_t tunnels; /* of ref_config */
	uint64_t seed;
	uint64_t now_ns;
	uint64_t random; /* state of ref_random() */
	bool unprivileged; /* the program has no capability */
	ref_say_fn *say; /* NULL: nobody asked why */
	void *say_ctx;
	struct sk_buff rx_skb; /* the packet of the event being handled */
	struct arena arena;
	struct ref_timers timers;
	uint64_t mib[MIB_NR];

	uint32_t genid; /* counts what kept decisions (route.c, ip_fast.c) may depend on */
	bool ordinary_path; /* ip_fast.c: nothing is learnt; for tests */
	uint64_t slow_nr; /* frames that went the ordinary way; for tests */

	struct rx_flow rx_flow[1u << RX_FLOW_BITS]; /* ip_fast.c */
	struct rx_flow *rx_last; /* of the latest datagram */

	/*
	 * ip_input.c: false drops the packet, which stays the caller's; NULL: no rules. Who sets
	 * it says ref_changed().
	 */
	bool (*nf_hook)(struct sk_buff *skb, enum nf_inet_hooks hook);

	/* obs.c */
	struct ref_update update;
	struct ref_obs obs[REF_OBS_MAX];
	uint8_t *obs_bytes; /* REF_OBS_BYTES */
	size_t obs_bytes_used;

	uint8_t *lend_buf; /* udp_recv.c: REF_LEND_LEN */

	/* sysctl.c */
	int32_t sysctl[SYSCTL_NR];
	int32_t conf_all[DEVCONF_NR];
	int32_t conf_default[DEVCONF_NR];
	uint32_t ping_group_range[2];
	int32_t rmem_default, rmem_max;

	/* dev.c */
	struct net_device dev[REF_DEV_MAX]; /* dev[0] is lo, ifindex 1 */
	int dev_nr;
	struct sk_buff_head backlog;

	/* protocol.c */
	const struct net_protocol *inet_protos[256];

	struct netns_fib fib; /* fib*.c, route.c, devinet.c, neigh */
	struct netns_frags frags; /* inet_fragment.c */
	struct netns_icmp icmp; /* icmp.c, inet_peer.c */
	uint16_t ip_idents[REF_IDENTS]; /* ip_output.c: the last id of a pair of hosts, hashed */
	struct netns_igmp igmp; /* igmp.c */
	struct netns_tunnel tunnel; /* tunnel.c and what it names */
	struct netns_sock sock; /* sock.c, udp.c, raw.c, ping.c */
};

static inline bool ref_since(const struct ref *net, enum ref_diff diff)
{
	return net->profile >= ref_diff_table[diff].since;
}

/* The world or a socket is not as it was: decisions that were kept are void. */
static inline void ref_changed(struct ref *net)
{
	net->genid++;
}

/* Note one decision, when somebody asked: costs one test when nobody did. */
#define REF_SAY(net, what)                                                                         \
	do {                                                                                       \
		if (__builtin_expect((net)->say != NULL, 0))                                       \
			(net)->say((net)->say_ctx, __func__, (what));                              \
	} while (0)

/*
 * The parts. init: once, from zeroed memory, 0 or -errno; reset: forget packets and what was
 * learnt, keep the world (the arena is emptied right after: drop pointers, free nothing);
 * done: release what init took. The table is in host.c.
 */
struct ref_part {
	const char *name;
	int (*init)(struct ref *net);
	void (*reset)(struct ref *net);
	void (*done)(struct ref *net);
};
extern const struct ref_part ref_part_dev, ref_part_sysctl, ref_part_fib, ref_part_frags,
	ref_part_icmp, ref_part_igmp, ref_part_sock, ref_part_protocol,
	ref_part_tunnel;

/* mib.c: what the short way received becomes part of the counters, before anybody looks at them. */
void ref_count_plain(struct ref *net);

/*
 * The kernel's clock tick: what rate limits count in. It begins high enough that "long ago" can be
 * said of the first packet.
 */
#define REF_HZ 250
static inline uint64_t jiffies(const struct ref *net)
{
	return 3600u * REF_HZ + net->now_ns / (1000000000u / REF_HZ);
}

/* Milliseconds since midnight: here since the host's own. Mirrors: inet_current_timestamp(). */
static inline uint32_t inet_current_timestamp(const struct ref *net)
{
	return (uint32_t)(net->now_ns / 1000000 % 86400000);
}

/* Next number of the host's own generator (SplitMix64), from the seed. */
uint64_t ref_random(struct ref *net);

/* obs.c: the frame is copied. */
void obs_emit(struct ref *net, int ifindex, const uint8_t *frame, size_t len);
void obs_drop(struct ref *net, int ifindex, enum skb_drop_reason reason, const char *at);
/* Forget the observations of the call before: at the start of each step and call. */
static inline void obs_begin(struct ref *net)
{
	arena_end_loan(&net->arena);
	/* Without observations there was no overflow, and no octets were kept. */
	if (likely(!net->update.obs_nr))
		return;
	net->update.obs_nr = 0;
	net->update.overflow = false;
	net->obs_bytes_used = 0;
}

/* ---- of skbuff.h, where the host must be known ---- */

/* Free; a packet that was used up: no drop event. Mirrors: consume_skb(). */
static inline void consume_skb(struct sk_buff *skb)
{
	if (skb->borrowed)
		return;
	assert(!skb->lean);
	if (__builtin_expect(skb->frag_list != NULL, 0))
		skb_release_list(skb, false);
	arena_free(&skb->net->arena, skb->head - SKB_STRUCT_LEN, SKB_STRUCT_LEN + skb->room);
}

/*
 * Move a packet that must outlive the event out of net->rx_skb: returns a buffer from the arena
 * that takes over the octets (copied if borrowed), or NULL: no memory, skb still the caller's.
 */
static inline struct sk_buff *skb_keep(struct sk_buff *skb)
{
	struct sk_buff *kept;

	if (!skb->slot)
		return skb;
	if (skb->borrowed)
		return skb_keep_copy(skb);
	kept = (struct sk_buff *)(void *)(skb->head - SKB_STRUCT_LEN);
	*kept = *skb;
	kept->slot = false;
	return kept;
}

/* Kernel truesize of a received frame of frame_len octets on this host's kind of wire. */
static inline uint32_t rx_truesize(const struct ref *net, size_t frame_len,
				   enum skb_shape *ret_shape)
{
	const struct rx_wire *w = &rx_wires[net->wire];

	if (unlikely(frame_len > w->page_frag_max))
		return rx_truesize_apart(net, frame_len, ret_shape);
	*ret_shape = SKB_HEAD_FRAG;
	return (((uint32_t)frame_len + w->pad + 63) & ~63u) + SKB_OVERHEAD;
}

/* Charge a received frame: truesize and shape. */
static inline void skb_charge_rx(struct sk_buff *skb, size_t frame_len)
{
	enum skb_shape shape;

	skb->truesize = rx_truesize(skb->net, frame_len, &shape);
	skb->shape = (uint8_t)shape;
}

#endif
