/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fast lane: a RUN message of frames and pauses, run in the kernel. What it does to the world
 * are the very calls that the netns stack makes from a program: a write to the wire, receive calls
 * on the sockets, reads of the wire; only that nobody crosses into the kernel for each. The order
 * of observations is that of harness/stack/stack.h.
 */
#include <linux/in.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include <net/udp.h>

#include "harness/guest/kernel/agent/agent.h"
#include "harness/guest/noise.h"
#include "harness/step.h"

#define DATAGRAM_MAX 65536
#define FRAME_MAX    (65536 + 18)
#define CONTROL_MAX  1024
#define ROUND(n)     (((n) + 7) & ~(size_t)7)
#define YIELD	     64 /* steps after which others (RCU, workers) may run */

/* The answer being written. */
static struct {
	struct obs *obs;
	uint8_t *bytes;
	uint32_t obs_nr, obs_max;
	uint32_t used, room;
	bool lost;
} out;

/* Where counters and statistics stood at the last look; noise since. */
static uint64_t sum_last[AGENT_SUM_MAX], sum_now[AGENT_SUM_MAX];
static uint64_t stat_last[AGENT_DEV_MAX][OBS_STAT_NR];
static uint64_t noise_packets[AGENT_WIRE_MAX], noise_bytes[AGENT_WIRE_MAX];
static int64_t noise_by[NOISE_BY_NR];
static struct agent_count *counts;
static uint32_t counts_nr;

static struct obs *obs_new(enum obs_type type, uint32_t step)
{
	struct obs *o;

	if (out.obs_nr == out.obs_max) {
		out.lost = true;
		return NULL;
	}
	o = &out.obs[out.obs_nr++];
	memset(o, 0, sizeof(*o));
	o->type = type;
	o->step = step;
	return o;
}

/* Room for n octets, or NULL and the answer is incomplete. */
static uint8_t *bytes_room(uint32_t n)
{
	if (out.room - out.used >= n)
		return out.bytes + out.used;
	out.lost = true;
	return NULL;
}

static uint32_t put_text(const char *text, uint32_t len)
{
	uint8_t *room = bytes_room(len);
	uint32_t at = out.used;

	if (!room)
		return 0;
	memcpy(room, text, len);
	out.used += len;
	return at;
}

/* ---- frames in ---- */

static void inject(const struct step *s, const uint8_t *data)
{
	struct kvec kv = { (void *)data, s->len };
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT };
	int tries = 0;

	/* Refused: under 14 octets, or the device is down. Nothing is received then. */
	kernel_sendmsg(agent_world.wire[s->chan], &msg, &kv, 1, s->len);
	while (local_softirq_pending() && tries++ < 1000) {
		local_bh_disable();
		local_bh_enable();
	}
}

/* ---- sockets ---- */

/* Would a receive call do anything? */
static bool has_news(const struct sock *sk)
{
	if (!skb_queue_empty_lockless(&sk->sk_receive_queue) || READ_ONCE(sk->sk_err))
		return true;
	return (sk->sk_protocol == IPPROTO_UDP || sk->sk_protocol == IPPROTO_UDPLITE) &&
	       sk->sk_type == SOCK_DGRAM && !skb_queue_empty_lockless(&udp_sk(sk)->reader_queue);
}

static int dev_number(int ifindex)
{
	uint32_t i;

	for (i = 1; i < agent_world.dev_nr; i++)
		if (agent_world.ifindex[i] == ifindex)
			return i;
	return 0;
}

/* Control messages as the kernel puts them, in the form of obs.h. */
static void put_control(struct obs *o, const uint8_t *control, size_t len)
{
	o->ctrl_off = out.used;
	while (len >= sizeof(struct cmsghdr)) {
		const struct cmsghdr *c = (const void *)control;
		struct obs_cmsg head = { c->cmsg_level, c->cmsg_type };
		size_t step = CMSG_ALIGN(c->cmsg_len);
		uint8_t *room;

		if (c->cmsg_len < sizeof(*c) || c->cmsg_len > len)
			return;
		head.len = c->cmsg_len - CMSG_LEN(0);
		room = bytes_room(sizeof(head) + head.len);
		if (!room)
			return;
		memcpy(room, &head, sizeof(head));
		memcpy(room + sizeof(head), CMSG_DATA((struct cmsghdr *)c), head.len);
		if (head.level == SOL_IP && head.type == IP_PKTINFO &&
		    head.len >= sizeof(struct in_pktinfo)) {
			int dev;

			memcpy(&dev, room + sizeof(head), sizeof(dev));
			dev = dev_number(dev);
			memcpy(room + sizeof(head), &dev, sizeof(dev));
		}
		out.used += sizeof(head) + head.len;
		o->ctrl_len += sizeof(head) + head.len;
		if (step >= len)
			return;
		control += step;
		len -= step;
	}
}

/* One receive call: what it returns, < 0 an error (-EAGAIN is not observed). */
static int receive(uint32_t i, int flags, uint32_t step)
{
	static uint8_t control[CONTROL_MAX] __aligned(8);
	uint8_t *room = bytes_room(DATAGRAM_MAX);
	struct sockaddr_in from;
	struct kvec kv = { room, DATAGRAM_MAX };
	struct msghdr msg = {
		.msg_name = &from,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct obs *o;
	int n;

	if (!room)
		return -EAGAIN;
	n = kernel_recvmsg(agent_world.sock[i], &msg, &kv, 1, DATAGRAM_MAX, flags | MSG_DONTWAIT);
	if (n == -EAGAIN || (n < 0 && (flags & MSG_ERRQUEUE)))
		return n;
	o = obs_new(n < 0 ? OBS_ERROR : OBS_DELIVER, step);
	if (!o)
		return -EAGAIN;
	o->chan = i;
	if (n < 0) {
		o->flags = -n;
		return n;
	}
	if (msg.msg_namelen >= sizeof(from)) {
		o->addr = ntohl(from.sin_addr.s_addr);
		o->port = ntohs(from.sin_port);
	}
	o->flags = msg.msg_flags & ~MSG_CMSG_CLOEXEC;
	o->truncated = (msg.msg_flags & MSG_TRUNC) != 0;
	o->value = n;
	o->data_off = out.used;
	o->data_len = min(n, DATAGRAM_MAX);
	out.used += o->data_len;
	/* The kernel has moved msg_control past what it wrote. */
	put_control(o, control, sizeof(control) - msg.msg_controllen);
	return n;
}

static void drain_socket(uint32_t i, uint32_t step)
{
	struct sock *sk = agent_world.sock[i]->sk;
	bool error = false;

	while (has_news(sk)) {
		int n = receive(i, 0, step);

		if (n == -EAGAIN || (n < 0 && error))
			break;
		error = n < 0;
	}
	if (agent_world.sock_flags[i] & AGENT_SOCK_ERRORS)
		while (!skb_queue_empty_lockless(&sk->sk_error_queue))
			if (receive(i, MSG_ERRQUEUE, step) < 0)
				break;
}

/* ---- frames out ---- */

static bool is_noise(uint32_t wire, const uint8_t *frame, uint32_t len)
{
	enum noise noise = noise_of(frame, len);
	uint32_t octets;

	if (noise == NOISE_NONE)
		return false;
	noise_packets[wire]++;
	noise_bytes[wire] += len;
	if (noise == NOISE_IPV6)
		return true;
	octets = noise_be16(frame + NOISE_ETH_LEN + 2);
	noise_by[NOISE_SENT_PACKETS]++;
	noise_by[NOISE_SENT_OCTETS] += octets;
	if (noise == NOISE_IGMP_LOOPED) {
		noise_by[NOISE_LOOPED_PACKETS]++;
		noise_by[NOISE_LOOPED_OCTETS] += octets;
	}
	return true;
}

static void drain_wire(uint32_t i, uint32_t step)
{
	for (;;) {
		uint8_t *room = bytes_room(FRAME_MAX);
		struct kvec kv = { room, FRAME_MAX };
		struct msghdr msg = {};
		struct obs *o;
		int n;

		if (!room)
			return;
		n = kernel_recvmsg(agent_world.wire[i], &msg, &kv, 1, FRAME_MAX, MSG_DONTWAIT);
		if (n < 0)
			return;
		if (is_noise(i, room, n))
			continue;
		o = obs_new(OBS_EMIT, step);
		if (!o)
			return;
		o->chan = i;
		o->data_off = out.used;
		o->data_len = n;
		out.used += n;
	}
}

/* ---- drops ---- */

static void drain_drops(uint32_t step)
{
	uint32_t i;

	for (i = 0; i < agent_note_nr; i++) {
		const struct agent_drop *d = &agent_note[i];
		const char *site = agent_note_symbol(d->location);
		const char *reason = agent_note_reason(d->reason);
		uint16_t name = d->reason < AGENT_REASON_MAX ? agent_world.reason[d->reason]
							     : OBS_NAME_OTHER;
		struct obs *o;

		if (noise_drop(site, d->own))
			continue;
		o = obs_new(OBS_DROP, step);
		if (!o)
			break;
		o->name = name;
		o->text_off = out.used;
		if (name == OBS_NAME_OTHER) {
			if (!reason)
				reason = "?";
			put_text(reason, strlen(reason));
			put_text(" ", 1);
		}
		put_text(site, strlen(site));
		o->text_len = out.used - o->text_off;
	}
	out.lost |= agent_note_lost;
	agent_note_nr = 0;
	agent_note_lost = false;
}

static void drain(uint32_t step)
{
	uint32_t i;

	for (i = 0; i < agent_world.sock_nr; i++)
		if (agent_world.sock[i] && agent_world.sock_flags[i] & AGENT_SOCK_DRAIN)
			drain_socket(i, step);
	for (i = 0; i < agent_world.wire_nr; i++)
		drain_wire(i, step);
	if (agent_note_nr)
		drain_drops(step);
}

/* ---- counters and statistics ---- */

int agent_run_counts(const struct agent_counts *c)
{
	struct agent_count *now;

	if (c->nr > AGENT_COUNT_MAX)
		return -EINVAL;
	now = vmemdup_user((void __user *)c->from, c->nr * sizeof(*now));
	if (IS_ERR(now))
		return PTR_ERR(now);
	kvfree(counts);
	counts = now;
	counts_nr = c->nr;
	return 0;
}

static void count_mibs(uint32_t step)
{
	uint32_t i;

	agent_mib_read(agent_world.net, sum_now);
	for (i = 0; i < counts_nr; i++) {
		const struct agent_count *c = &counts[i];
		int64_t by = sum_now[c->slot] - sum_last[c->slot];
		struct obs *o;

		if (!by || !(by -= noise_by[c->noise]))
			continue;
		o = obs_new(OBS_COUNT, step);
		if (!o)
			break;
		o->name = c->mib;
		o->value = by;
		if (c->mib == OBS_NAME_OTHER) {
			o->text_len = strnlen(c->name, AGENT_NAME_LEN);
			o->text_off = put_text(c->name, o->text_len);
		}
	}
	memcpy(sum_last, sum_now, agent_mib_nr * sizeof(sum_now[0]));
	memset(noise_by, 0, sizeof(noise_by));
}

static void dev_stats(uint32_t i, uint64_t *now)
{
	struct net_device *dev = dev_get_by_index(agent_world.net, agent_world.ifindex[i]);
	struct rtnl_link_stats64 st;

	if (!dev)
		return;
	dev_get_stats(dev, &st);
	dev_put(dev);
#define X(id, name) now[OBS_STAT_##id] = st.name;
	OBS_STATS(X)
#undef X
}

static void count_stats(uint32_t step, bool observe)
{
	uint32_t i, k;

	for (i = 1; i < agent_world.dev_nr; i++) {
		uint64_t now[OBS_STAT_NR];
		uint32_t wire = i - 2;

		memcpy(now, stat_last[i], sizeof(now));
		dev_stats(i, now);
		for (k = 0; k < OBS_STAT_NR; k++) {
			int64_t by = now[k] - stat_last[i][k];
			struct obs *o;

			if (i >= 2 && wire < agent_world.wire_nr && k == OBS_STAT_TX_PACKETS)
				by -= noise_packets[wire];
			if (i >= 2 && wire < agent_world.wire_nr && k == OBS_STAT_TX_BYTES)
				by -= noise_bytes[wire];
			o = by && observe ? obs_new(OBS_STAT, step) : NULL;
			if (!o)
				continue;
			o->chan = i;
			o->name = k;
			o->value = by;
		}
		memcpy(stat_last[i], now, sizeof(now));
	}
	memset(noise_packets, 0, sizeof(noise_packets));
	memset(noise_bytes, 0, sizeof(noise_bytes));
}

void agent_run_world(void)
{
	agent_mib_read(agent_world.net, sum_last);
	memset(noise_by, 0, sizeof(noise_by));
	memset(stat_last, 0, sizeof(stat_last));
	count_stats(0, false);
	agent_note_nr = 0;
}

/* ---- a message ---- */

static void pause_ns(uint64_t ns)
{
	ktime_t t = ns_to_ktime(min_t(uint64_t, ns, KTIME_MAX / 2));

	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_hrtimeout(&t, HRTIMER_MODE_REL);
}

/* Sound, and nothing but frames and pauses? */
static bool for_kernel(const struct guest_run *run, const struct step *steps, uint64_t len)
{
	uint64_t at = sizeof(*run) + run->step_nr * sizeof(*steps);
	uint32_t i;

	if (!agent_world.net || len < sizeof(*run) || len < at || !run->step_nr)
		return false;
	for (i = 0; i < run->step_nr; i++) {
		if (steps[i].type == STEP_SLEEP)
			continue;
		if (steps[i].type != STEP_FRAME || steps[i].chan >= agent_world.wire_nr ||
		    steps[i].len > FRAME_MAX || ROUND(steps[i].len) > len - at)
			return false;
		at += ROUND(steps[i].len);
	}
	return at == len;
}

static void run_steps(const struct guest_run *run, const struct step *steps)
{
	const uint8_t *data = (const uint8_t *)&steps[run->step_nr];
	uint32_t every = run->drain_every ?: run->step_nr, i, in_group = 0;

	for (i = 0; i < run->step_nr; i++) {
		const struct step *s = &steps[i];
		bool last = i + 1 == run->step_nr;

		if (s->type == STEP_FRAME) {
			inject(s, data);
			data += ROUND(s->len);
		} else {
			pause_ns(s->sleep_ns);
		}
		if (i % YIELD == YIELD - 1)
			schedule();
		if (++in_group < every && !last)
			continue;
		in_group = 0;
		drain(s->idx);
		if (last || (run->count_every && (i + 1) % run->count_every == 0)) {
			count_mibs(s->idx);
			count_stats(s->idx, true);
		}
	}
	schedule();
}

bool agent_run(struct guest_shm *shm)
{
	uint8_t *down = (uint8_t *)shm + GUEST_HEAD_LEN, *up = down + GUEST_AREA_LEN;
	const struct guest_run *run = (const void *)down;
	const struct step *steps = (const void *)(run + 1);
	struct guest_obs *head = (void *)up;

	if (shm->down.type != GUEST_RUN || shm->down.more || !run->fast ||
	    !for_kernel(run, steps, shm->down.len))
		return false;
	/* Half the area for observations, half for their octets. */
	out.obs = (void *)(up + sizeof(*head));
	out.obs_nr = 0;
	out.obs_max = (GUEST_AREA_LEN / 2 - sizeof(*head)) / sizeof(*out.obs);
	out.bytes = up + GUEST_AREA_LEN / 2;
	out.used = 0;
	out.room = GUEST_AREA_LEN / 2;
	out.lost = false;
	agent_note_running = true;
	run_steps(run, steps);
	agent_note_running = false;
	head->obs_nr = out.obs_nr;
	head->bytes_len = out.used;
	head->lost = out.lost;
	shm->up.type = GUEST_OBS_FAST;
	shm->up.more = 0;
	shm->up.len = GUEST_AREA_LEN / 2 + out.used;
	return true;
}
