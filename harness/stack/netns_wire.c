/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Frames into the kernel and out of it. A send returns when the kernel has done with the frame:
 * tap and (with PACKET_QDISC_BYPASS) veth receive in the context of the caller.
 *
 * Frames that leave without being an answer to the case are left out, by this table, and so is
 * what they added to counters and statistics:
 *
 *   IGMP    reports and leaves: when they are sent is drawn at random by the kernel. Reports of
 *           versions 1 and 2 (after a query of that version) also come back to the host itself.
 *   IPv6    nothing known, IPv6 is off on the wires; here lest a kernel says hello.
 */
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/guest/noise.h"
#include "harness/stack/netns.h"

#define FRAME_MAX    ((size_t)65536 + ETH_HLEN + 4)
#define FRAME_STRIDE ((size_t)65536 + 4096 + 64) /* not all at the same place of the cache */
#define BATCH	     64
#define TOT_LEN_AT   (ETH_HLEN + 2)
#define SETTLE_TRIES 2000

struct netns_recv {
	uint8_t *buf; /* BATCH of FRAME_STRIDE */
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
};

/* True: not an observation; its traces in counters are noted. */
static bool is_noise(struct netns_wires *ws, size_t idx, const uint8_t *frame, size_t len)
{
	enum noise noise = noise_of(frame, len);

	ws->left[idx]++;
	if (noise == NOISE_NONE)
		return false;
	ws->noise.tx_packets[idx]++;
	ws->noise.tx_bytes[idx] += len;
	if (noise == NOISE_IPV6)
		return true;
	ws->noise.igmp_packets++;
	ws->noise.igmp_octets += noise_be16(frame + TOT_LEN_AT);
	if (noise == NOISE_IGMP_LOOPED) {
		ws->noise.looped_packets++;
		ws->noise.looped_octets += noise_be16(frame + TOT_LEN_AT);
	}
	return true;
}

static void emitted(struct obs_list *out, size_t idx, uint32_t step, uint32_t off, size_t len)
{
	struct obs *obs = obs_add(out, OBS_EMIT, step);

	if (!obs)
		return;
	obs->chan = (uint16_t)idx;
	obs->data_off = off;
	obs->data_len = (uint32_t)len;
}

/* One read is one frame, straight into the observations. */
static int tap_drain(struct netns_wires *ws, size_t idx, struct obs_list *out, uint32_t step,
		     struct errmsg *e)
{
	for (;;) {
		uint8_t *room = obs_room(out, FRAME_MAX);
		ssize_t n;

		if (!room)
			return errmsg_set(e, -ENOMEM, "no memory for observations");
		n = read(ws->host->wire[idx], room, FRAME_MAX);
		if (n < 0) {
			if (errno == EAGAIN)
				return 0;
			if (errno == EINTR)
				continue;
			return errmsg_set(e, -errno, "reading the wire: %s", strerror(errno));
		}
		if (!is_noise(ws, idx, room, (size_t)n))
			emitted(out, idx, step, obs_take(out, (size_t)n), (size_t)n);
	}
}

/* Several frames a call. */
static int veth_drain(struct netns_wires *ws, size_t idx, struct obs_list *out, uint32_t step,
		      struct errmsg *e)
{
	for (;;) {
		int nr = recvmmsg(ws->host->wire[idx], ws->recv->msg, BATCH, MSG_DONTWAIT, NULL);

		if (nr < 0) {
			if (errno == EAGAIN)
				return 0;
			if (errno == EINTR)
				continue;
			return errmsg_set(e, -errno, "reading the wire: %s", strerror(errno));
		}
		for (size_t i = 0; i < (size_t)nr; i++) {
			const uint8_t *frame = ws->recv->iov[i].iov_base;
			size_t len = ws->recv->msg[i].msg_len;

			if (!is_noise(ws, idx, frame, len))
				emitted(out, idx, step, obs_put(out, frame, len), len);
		}
		if (nr < BATCH)
			return 0;
	}
}

static int wire_drain(struct netns_wires *ws, size_t idx, struct obs_list *out, uint32_t step,
		      struct errmsg *e)
{
	return ws->kind == NETNS_TAP ? tap_drain(ws, idx, out, step, e)
				     : veth_drain(ws, idx, out, step, e);
}

/* How many sends may pass before a queue of the wires could run over. */
static size_t spill_every(const struct netns_wires *ws)
{
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < ws->host->wire_nr; i++) {
		size_t mtu = (size_t)ws->host->wire_mtu[i];
		size_t answers = mtu >= 28 ? 65535 / ((mtu - 20) & ~(size_t)7) + 2 : 65535;
		size_t room = NETNS_TXQLEN;
		socklen_t len = sizeof(int);
		int buf = 0;

		if (ws->kind == NETNS_VETH &&
		    getsockopt(ws->host->wire[i], SOL_SOCKET, SO_RCVBUF, &buf, &len) == 0)
			room = (size_t)buf / (2 * mtu + 1024);
		if (room / answers < least)
			least = room / answers;
	}
	return least ? least : 1;
}

int netns_wires_open(struct netns_wires *ws, enum netns_wire_kind kind, const struct netns_host *h,
		     struct errmsg *e)
{
	memset(ws, 0, sizeof(*ws));
	ws->kind = kind;
	ws->host = h;
	ws->spill_every = spill_every(ws);
	obs_list_init(&ws->spill);
	if (kind == NETNS_TAP)
		return 0;
	ws->recv = calloc(1, sizeof(*ws->recv));
	if (!ws->recv)
		return errmsg_set(e, -ENOMEM, "no memory for frames");
	ws->recv->buf = mmap(NULL, BATCH * FRAME_STRIDE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ws->recv->buf == MAP_FAILED) {
		free(ws->recv);
		ws->recv = NULL;
		return errmsg_set(e, -ENOMEM, "no memory for frames");
	}
	for (size_t i = 0; i < BATCH; i++) {
		ws->recv->iov[i] = (struct iovec){ ws->recv->buf + i * FRAME_STRIDE, FRAME_MAX };
		ws->recv->msg[i].msg_hdr.msg_iov = &ws->recv->iov[i];
		ws->recv->msg[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}

void netns_wires_close(struct netns_wires *ws)
{
	if (ws->recv) {
		munmap(ws->recv->buf, BATCH * FRAME_STRIDE);
		free(ws->recv);
	}
	obs_list_done(&ws->spill);
	memset(ws, 0, sizeof(*ws));
}

int netns_wire_send(struct netns_wires *ws, size_t idx, const uint8_t *frame, size_t len,
		    struct errmsg *e)
{
	int err = 0;

	if (++ws->unspilled > ws->spill_every) {
		for (size_t i = 0; i < ws->host->wire_nr && !err; i++)
			err = wire_drain(ws, i, &ws->spill, 0, e);
		ws->unspilled = 1;
	}
	while (!err && write(ws->host->wire[idx], frame, len) < 0) {
		switch (errno) {
		case EINTR:
			break;
		case EINVAL: /* no Ethernet header */
		case EIO: /* tap: down */
		case ENETDOWN: /* veth: down */
		case ENOBUFS: /* veth: dropped on the way */
			return 0;
		default:
			err = errmsg_set(e, -errno, "writing to the wire: %s", strerror(errno));
		}
	}
	return err;
}

static void append_spilt(struct netns_wires *ws, size_t idx, struct obs_list *out, uint32_t step)
{
	for (size_t i = 0; i < ws->spill.nr; i++) {
		const struct obs *obs = &ws->spill.obs[i];

		if (obs->chan == idx)
			emitted(out, idx, step,
				obs_put(out, ws->spill.bytes + obs->data_off, obs->data_len),
				obs->data_len);
	}
}

int netns_wires_drain(struct netns_wires *ws, struct obs_list *out, uint32_t step, struct errmsg *e)
{
	int err = 0;

	for (size_t i = 0; i < ws->host->wire_nr && !err; i++) {
		if (ws->spill.nr)
			append_spilt(ws, i, out, step);
		err = wire_drain(ws, i, out, step, e);
	}
	out->lost |= ws->spill.lost;
	obs_list_clear(&ws->spill);
	ws->unspilled = 0;
	return err;
}

/*
 * Packets in the backlog of this CPU, from /proc/net/softnet_stat: a line for each CPU, hexadecimal
 * columns, the 12th the length and the 13th the CPU. 0 where that can't be read.
 */
static unsigned int backlog(void)
{
	FILE *f = fopen("/proc/net/softnet_stat", "re");
	unsigned int len, cpu, found = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*x %*x %*x %*x %*x %*x %*x %*x %*x %*x %*x %x %x", &len, &cpu) ==
			    2 &&
		    (int)cpu == sched_getcpu())
			found = len;
	if (f)
		fclose(f);
	return found;
}

void netns_wires_settle(struct netns_wires *ws)
{
	const struct timespec pause = { .tv_nsec = 50000 };

	for (int i = 0; i < SETTLE_TRIES && backlog(); i++)
		nanosleep(&pause, NULL);
	ws->settled = ws->noise.looped_packets;
}

int netns_wires_discard(struct netns_wires *ws, struct errmsg *e)
{
	struct obs_list list;
	int err;

	obs_list_init(&list);
	err = netns_wires_drain(ws, &list, 0, e);
	obs_list_done(&list);
	return err;
}
