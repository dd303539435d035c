/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What all sockets share: queues and their accounting, SOL_SOCKET options, the part's life.
 * Mirrors: net/core/sock.c, and the error queue of net/core/skbuff.c.
 *
 * Left out: limits across sockets (net.ipv4.udp_mem is one for the whole machine, so a namespace
 * can't be driven into it: Udp.MemErrors never moves here), SO_ATTACH_FILTER, SO_TIMESTAMPING.
 */
#include "ref/sock.h"

#include <errno.h>
#include <string.h>

#include "ref/net.h"

/* struct sk_buff of the kernel, rounded, and 2048: no buffer can be made smaller. */
#define SOCK_MIN_RCVBUF 2304
#define SOCK_MIN_SNDBUF (2 * 2304)
#define WMEM_MAX	212992

int32_t sk_mem_max(const struct ref *net)
{
	return ref_since(net, DIFF_SK_MEM_4M) ? 4 << 20 : 212992;
}

int sock_queue_rcv_skb_reason(struct sock *sk, struct sk_buff *skb, uint16_t *ret_reason)
{
	struct sk_buff *kept;

	if (sk->sk_rmem_alloc >= (uint32_t)sk->sk_rcvbuf) {
		sk->sk_drops++;
		*ret_reason = SKB_DROP_REASON_SOCKET_RCVBUFF;
		REF_SAY(sk->sk_net, "receive buffer full");
		return -ENOMEM;
	}
	kept = skb_keep(skb);
	if (!kept) {
		sk->sk_drops++;
		*ret_reason = SKB_DROP_REASON_PROTO_MEM;
		return -ENOBUFS;
	}
	sk->sk_rmem_alloc += kept->truesize;
	kept->queued.dropcount = sk->sk_flags & SOCK_RXQ_OVFL ? sk->sk_drops : 0;
	kept->queued.tstamp_ns = sk->sk_flags & SOCK_RCVTSTAMP ? sk->sk_net->now_ns : 0;
	__skb_queue_tail(&sk->sk_receive_queue, kept);
	return 0;
}

int sock_queue_err_skb(struct sock *sk, struct sk_buff *skb)
{
	if (sk->sk_rmem_alloc + skb->truesize >= (uint32_t)sk->sk_rcvbuf)
		return -ENOMEM;
	sk->sk_rmem_alloc += skb->truesize;
	__skb_queue_tail(&sk->sk_error_queue, skb);
	return 0;
}

static bool is_icmp_err_skb(const struct sk_buff *skb)
{
	return skb && skb->ext_err.ee_origin == REF_SO_EE_ORIGIN_ICMP;
}

struct sk_buff *sock_dequeue_err_skb(struct sock *sk)
{
	struct sk_buff *skb = __skb_dequeue(&sk->sk_error_queue);
	const struct sk_buff *next = sk->sk_error_queue.head;

	if (!skb)
		return NULL;
	sk->sk_rmem_alloc -= skb->truesize;
	if (is_icmp_err_skb(next))
		sk->sk_err = (int)next->ext_err.ee_errno;
	else if (is_icmp_err_skb(skb))
		sk->sk_err = 0;
	return skb;
}

void sk_read_changed(struct sock *sk)
{
	sk->read_special = (sk->sk_flags & FLAGS_RECV_CMSGS) || sk->sk_peek_off >= 0 ||
			   sk->sk_prot != &udp_prot;
	sk->lend_special = sk->read_special | (sk->inet_flags & IP_CMSG_ALL);
}

/* ---- SOL_SOCKET ---- */

static const struct {
	int name;
	uint32_t flag;
} sock_switches[] = {
	{ REF_SO_DEBUG, SOCK_DBG },
	{ REF_SO_REUSEADDR, SOCK_REUSE },
	{ REF_SO_REUSEPORT, SOCK_REUSEPORT },
	{ REF_SO_DONTROUTE, SOCK_LOCALROUTE },
	{ REF_SO_BROADCAST, SOCK_BROADCAST },
	{ REF_SO_KEEPALIVE, SOCK_KEEPOPEN },
	{ REF_SO_OOBINLINE, SOCK_URGINLINE },
	{ REF_SO_NO_CHECK, SOCK_NO_CHECK_TX },
	{ REF_SO_RXQ_OVFL, SOCK_RXQ_OVFL },
	{ REF_SO_RCVMARK, SOCK_RCVMARK },
	{ REF_SO_SELECT_ERR_QUEUE, SOCK_SELECT_ERR_QUEUE },
};
#define SOCK_SWITCHES_NR (sizeof(sock_switches) / sizeof(sock_switches[0]))

static uint32_t sock_switch(int name)
{
	for (size_t i = 0; i < SOCK_SWITCHES_NR; i++)
		if (sock_switches[i].name == name)
			return sock_switches[i].flag;
	return 0;
}

static int sock_bindtoindex(struct sock *sk, int ifindex)
{
	if (ifindex < 0)
		return -EINVAL;
	sk->sk_bound_dev_if = ifindex;
	sk->dst_cached = false;
	if (sk->sk_prot->rehash)
		sk->sk_prot->rehash(sk);
	return 0;
}

static int sock_setbindtodevice(struct sock *sk, const void *val, size_t len)
{
	char name[REF_IFNAMSIZ] = "";
	struct net_device *dev;

	if (len)
		memcpy(name, val, len < REF_IFNAMSIZ - 1 ? len : REF_IFNAMSIZ - 1);
	dev = name[0] ? dev_get_by_name(sk->sk_net, name) : NULL;
	if (name[0] && !dev)
		return -ENODEV;
	if (sk->sk_net->unprivileged && sk->sk_bound_dev_if)
		return -EPERM;
	return sock_bindtoindex(sk, dev ? dev->ifindex : 0);
}

static int sock_getbindtodevice(const struct sock *sk, void *val, size_t *len)
{
	const struct net_device *dev;

	if (!sk->sk_bound_dev_if) {
		*len = 0;
		return 0;
	}
	if (*len < REF_IFNAMSIZ)
		return -EINVAL;
	dev = dev_get_by_index(sk->sk_net, sk->sk_bound_dev_if);
	if (!dev)
		return -ENODEV;
	*len = strlen(dev->name) + 1;
	memcpy(val, dev->name, *len);
	return 0;
}

/* The doubled value; a negative one counts as huge. Mirrors: __sock_set_rcvbuf(). */
static void sock_set_rcvbuf(struct sock *sk, uint32_t val)
{
	if (val > INT32_MAX / 2)
		val = INT32_MAX / 2;
	sk->sk_rcvbuf = (int32_t)(2 * val < SOCK_MIN_RCVBUF ? SOCK_MIN_RCVBUF : 2 * val);
}

static void sock_set_sndbuf(struct sock *sk, uint32_t val)
{
	if (val > INT32_MAX / 2)
		val = INT32_MAX / 2;
	sk->sk_sndbuf = (int32_t)(2 * val < SOCK_MIN_SNDBUF ? SOCK_MIN_SNDBUF : 2 * val);
}

/* Ticks of the kernel's clock in a second, as Debian builds it: time-outs are counted in them. */
#define HZ 250
#define TICK_US (1000000 / HZ)

/*
 * Nothing ever waits here: the value is kept and checked as the kernel does. Mirrors:
 * sock_set_timeout(), sock_get_timeout().
 */
static int sock_set_timeout(int64_t *timeo, const void *val, size_t len)
{
	int64_t tv[2];

	if (len < sizeof(tv))
		return -EINVAL;
	memcpy(tv, val, sizeof(tv));
	if (tv[1] < 0 || tv[1] >= 1000000)
		return -EDOM;
	if (tv[0] < 0)
		*timeo = 0;
	else if ((tv[0] == 0 && tv[1] == 0) || tv[0] >= INT64_MAX / HZ - 1)
		*timeo = INT64_MAX;
	else
		*timeo = tv[0] * HZ + (tv[1] + TICK_US - 1) / TICK_US;
	return 0;
}

static int sock_get_timeout(int64_t timeo, void *val, size_t *len)
{
	int64_t tv[2] = { 0, 0 };

	if (timeo != INT64_MAX) {
		tv[0] = timeo / HZ;
		tv[1] = timeo % HZ * TICK_US;
	}
	return sk_opt_put(val, len, tv, sizeof(tv));
}

/* The time stays when it is turned off. A negative one is for ever. */
static int sock_set_linger(struct sock *sk, const void *val, size_t len)
{
	int32_t linger[2];

	if (len < sizeof(linger))
		return -EINVAL;
	memcpy(linger, val, sizeof(linger));
	sk->linger = linger[0] != 0;
	if (sk->linger)
		sk->sk_lingertime = linger[1] < 0 ? INT64_MAX : (int64_t)linger[1] * HZ;
	return 0;
}

static void sock_set_timestamp(struct sock *sk, int name, bool on)
{
	sk->sk_flags &= ~(SOCK_RCVTSTAMP | SOCK_RCVTSTAMPNS);
	if (on)
		sk->sk_flags |= name == REF_SO_TIMESTAMPNS ? SOCK_RCVTSTAMP | SOCK_RCVTSTAMPNS
							   : SOCK_RCVTSTAMP;
}

static int sk_set_value(struct sock *sk, int name, int32_t val, const void *opt, size_t len)
{
	const struct ref *net = sk->sk_net;
	uint32_t max;

	switch (name) {
	case REF_SO_SNDBUF:
		max = (uint32_t)sk_mem_max(net);
		sock_set_sndbuf(sk, (uint32_t)val < max ? (uint32_t)val : max);
		return 0;
	case REF_SO_SNDBUFFORCE:
		sock_set_sndbuf(sk, val < 0 ? 0 : (uint32_t)val);
		return 0;
	case REF_SO_RCVBUF:
		max = (uint32_t)net->rmem_max;
		sock_set_rcvbuf(sk, (uint32_t)val < max ? (uint32_t)val : max);
		return 0;
	case REF_SO_RCVBUFFORCE:
		sock_set_rcvbuf(sk, val < 0 ? 0 : (uint32_t)val);
		return 0;
	case REF_SO_PRIORITY:
		sk->sk_priority = (uint32_t)val;
		return 0;
	case REF_SO_MARK:
		if (sk->sk_mark != (uint32_t)val)
			sk->dst_cached = false;
		sk->sk_mark = (uint32_t)val;
		return 0;
	case REF_SO_LINGER:
		return sock_set_linger(sk, opt, len);
	case REF_SO_RCVLOWAT:
		sk->sk_rcvlowat = val < 0 ? INT32_MAX : val ? val : 1;
		return 0;
	case REF_SO_RCVTIMEO:
	case REF_SO_RCVTIMEO_NEW:
		return sock_set_timeout(&sk->sk_rcvtimeo, opt, len);
	case REF_SO_SNDTIMEO:
	case REF_SO_SNDTIMEO_NEW:
		return sock_set_timeout(&sk->sk_sndtimeo, opt, len);
	case REF_SO_TIMESTAMP:
	case REF_SO_TIMESTAMPNS:
		sock_set_timestamp(sk, name, val != 0);
		return 0;
	case REF_SO_PEEK_OFF:
		if (!sk->sk_prot->peek_off)
			return -EOPNOTSUPP;
		sk->sk_peek_off = sk->peek_off_set = val;
		return 0;
	case REF_SO_INCOMING_CPU:
		sk->sk_incoming_cpu = val;
		return 0;
	case REF_SO_BINDTOIFINDEX:
		return sock_bindtoindex(sk, val);
	case REF_SO_DETACH_FILTER:
		return -ENOENT;
	case REF_SO_BSDCOMPAT:
		return 0;
	}
	return -ENOPROTOOPT;
}

/* Without capabilities: what is refused, and how. */
static int sk_capable(const struct sock *sk, int name, int32_t val)
{
	switch (name) {
	case REF_SO_DEBUG:
		return val ? -EACCES : 0;
	case REF_SO_PRIORITY:
		return val < 0 || val > 6 ? -EPERM : 0;
	case REF_SO_BINDTOIFINDEX:
		return sk->sk_bound_dev_if ? -EPERM : 0;
	case REF_SO_MARK:
	case REF_SO_SNDBUFFORCE:
	case REF_SO_RCVBUFFORCE:
		return -EPERM;
	}
	return 0;
}

int sk_setsockopt(struct sock *sk, int name, const void *val, size_t len)
{
	uint32_t flag;
	int32_t v;
	int err;

	if (name == REF_SO_BINDTODEVICE)
		return sock_setbindtodevice(sk, val, len);
	if (len < sizeof(v))
		return -EINVAL;
	memcpy(&v, val, sizeof(v));
	err = sk->sk_net->unprivileged ? sk_capable(sk, name, v) : 0;
	if (err)
		return err;
	flag = sock_switch(name);
	if (!flag)
		return sk_set_value(sk, name, v, val, len);
	sk->sk_flags = v ? sk->sk_flags | flag : sk->sk_flags & ~flag;
	if (flag == SOCK_LOCALROUTE)
		sk->dst_cached = false;
	return 0;
}

int sk_opt_put(void *val, size_t *len, const void *from, size_t from_len)
{
	if (*len > from_len)
		*len = from_len;
	if (*len)
		memcpy(val, from, *len);
	return 0;
}

static int sk_get_value(struct sock *sk, int name, int32_t *ret_val)
{
	switch (name) {
	case REF_SO_TYPE:
		*ret_val = sk->sk_type;
		return 0;
	case REF_SO_ERROR:
		*ret_val = -sock_error(sk);
		return 0;
	case REF_SO_SNDBUF:
		*ret_val = sk->sk_sndbuf;
		return 0;
	case REF_SO_RCVBUF:
		*ret_val = sk->sk_rcvbuf;
		return 0;
	case REF_SO_PRIORITY:
		*ret_val = (int32_t)sk->sk_priority;
		return 0;
	case REF_SO_MARK:
		*ret_val = (int32_t)sk->sk_mark;
		return 0;
	case REF_SO_PROTOCOL:
		*ret_val = sk->sk_protocol;
		return 0;
	case REF_SO_DOMAIN:
		*ret_val = REF_AF_INET;
		return 0;
	case REF_SO_RCVLOWAT:
		*ret_val = sk->sk_rcvlowat;
		return 0;
	case REF_SO_SNDLOWAT:
		*ret_val = 1;
		return 0;
	case REF_SO_TIMESTAMP:
		*ret_val = (sk->sk_flags & (SOCK_RCVTSTAMP | SOCK_RCVTSTAMPNS)) == SOCK_RCVTSTAMP;
		return 0;
	case REF_SO_TIMESTAMPNS:
		*ret_val = (sk->sk_flags & SOCK_RCVTSTAMPNS) != 0;
		return 0;
	case REF_SO_PEEK_OFF:
		*ret_val = sk->sk_peek_off;
		return sk->sk_prot->peek_off ? 0 : -EOPNOTSUPP;
	case REF_SO_INCOMING_CPU:
		*ret_val = sk->sk_incoming_cpu;
		return 0;
	case REF_SO_BINDTOIFINDEX:
		*ret_val = sk->sk_bound_dev_if;
		return 0;
	case REF_SO_BSDCOMPAT:
	case REF_SO_ACCEPTCONN:
		*ret_val = 0;
		return 0;
	}
	return -ENOPROTOOPT;
}

int sk_getsockopt(struct sock *sk, int name, void *val, size_t *len)
{
	uint32_t flag = sock_switch(name);
	int32_t v = (sk->sk_flags & flag) != 0;
	int err;

	switch (name) {
	case REF_SO_BINDTODEVICE:
		return sock_getbindtodevice(sk, val, len);
	case REF_SO_LINGER:
		return sk_opt_put(val, len,
				  (const int32_t[2]){ sk->linger,
						      (int32_t)(sk->sk_lingertime / HZ) },
				  2 * sizeof(int32_t));
	case REF_SO_RCVTIMEO:
	case REF_SO_RCVTIMEO_NEW:
		return sock_get_timeout(sk->sk_rcvtimeo, val, len);
	case REF_SO_SNDTIMEO:
	case REF_SO_SNDTIMEO_NEW:
		return sock_get_timeout(sk->sk_sndtimeo, val, len);
	}
	err = flag ? 0 : sk_get_value(sk, name, &v);
	return err ? err : sk_opt_put(val, len, &v, sizeof(v));
}

/* ---- the part ---- */

/* The arena is emptied after this: what was queued is simply gone. */
static void sock_reset(struct ref *net)
{
	for (int i = 0; i < net->sock.sk_end; i++) {
		struct sock *sk = &net->sock.sk[i];

		if (!sk->sk_prot)
			continue;
		sk->sk_receive_queue = (struct sk_buff_head){ 0 };
		sk->sk_error_queue = (struct sk_buff_head){ 0 };
		sk->reader_nr = 0;
		sk->sk_rmem_alloc = 0;
		sk->forward_deficit = 0;
		sk->sk_drops = 0;
		sk->sk_err = 0;
		sk->sk_peek_off = sk->peek_off_set;
		sk_read_changed(sk);
		sk->rx_dst_set = false;
		sk->pending = false;
		sk->cork.skb = NULL;
		sk->cork.length = 0;
		sk->inet_id = 0;
	}
}

const struct ref_part ref_part_sock = { .name = "sock", .reset = sock_reset };
