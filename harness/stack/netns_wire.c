/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Frames into the kernel and out of it. A send returns when the kernel has done with the frame:
 * tap and (with PACKET_QDISC_BYPASS) veth receive in the context of the caller.
 *
 * Frames that leave without being an answer to the case are left out, by this table, and so is
 * what they added to counters and statistics:
 *
 *   ARP     answers to ARP requests in a capture (requests of the kernel's own do not occur: the
 *           base state lets unknown neighbours fail). The model begins above ARP.
 *   IGMP    reports and leaves: when they are sent is drawn at random by the kernel.
 *   IPv6    nothing known, IPv6 is off on the wires; here lest a kernel says hello.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/stack/netns.h"

#define FRAME_MAX  (65536 + ETH_HLEN)
#define PROTO_AT   (ETH_HLEN + 9)
#define TOT_LEN_AT (ETH_HLEN + 2)

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* True: not an observation; its traces in counters are noted. */
static bool is_noise(struct netns_wires *ws, size_t idx, const uint8_t *frame, size_t len)
{
	uint16_t type = len >= ETH_HLEN ? be16(frame + 12) : 0;
	bool igmp = type == ETHERTYPE_IP && len > PROTO_AT && frame[PROTO_AT] == IPPROTO_IGMP;

	if (!igmp && type != ETHERTYPE_ARP && type != ETHERTYPE_IPV6)
		return false;
	ws->noise.tx_packets[idx]++;
	ws->noise.tx_bytes[idx] += len;
	if (igmp) {
		ws->noise.igmp_packets++;
		ws->noise.igmp_octets += be16(frame + TOT_LEN_AT);
	}
	return true;
}

static void emit(struct netns_wires *ws, size_t idx, struct obs_list *out, uint32_t step,
		 size_t len)
{
	struct obs *obs = obs_add(out, OBS_EMIT, step);

	(void)ws;
	if (!obs)
		return;
	obs->chan = (uint16_t)idx;
	obs->data_off = obs_take(out, len);
	obs->data_len = (uint32_t)len;
}

/* ---- tap ---- */

static int tap_drain(struct netns_wires *ws, size_t idx, struct obs_list *out, uint32_t step,
		     struct errmsg *e)
{
	for (;;) {
		uint8_t *room = out ? obs_room(out, FRAME_MAX) : ws->scratch;
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
		if (!is_noise(ws, idx, room, (size_t)n) && out)
			emit(ws, idx, out, step, (size_t)n);
	}
}

/* ---- both ---- */

int netns_wires_open(struct netns_wires *ws, enum netns_wire_kind kind, const struct netns_host *h,
		     struct errmsg *e)
{
	memset(ws, 0, sizeof(*ws));
	ws->kind = kind;
	ws->host = h;
	ws->scratch =
		mmap(NULL, FRAME_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ws->scratch == MAP_FAILED) {
		ws->scratch = NULL;
		return errmsg_set(e, -ENOMEM, "no memory for frames");
	}
	return 0;
}

void netns_wires_close(struct netns_wires *ws)
{
	if (ws->scratch)
		munmap(ws->scratch, FRAME_MAX);
	memset(ws, 0, sizeof(*ws));
}

int netns_wire_send(struct netns_wires *ws, size_t idx, const uint8_t *frame, size_t len,
		    struct errmsg *e)
{
	for (;;) {
		if (write(ws->host->wire[idx], frame, len) >= 0)
			return 0;
		switch (errno) {
		case EINTR:
			continue;
		case EINVAL: /* no Ethernet header */
		case EIO: /* tap: down */
		case ENETDOWN: /* veth: down */
		case ENOBUFS:
		case EMSGSIZE: /* veth: over the MTU */
			return 0;
		default:
			return errmsg_set(e, -errno, "writing to the wire: %s", strerror(errno));
		}
	}
}

int netns_wires_drain(struct netns_wires *ws, struct obs_list *out, uint32_t step, struct errmsg *e)
{
	int err = 0;

	for (size_t i = 0; i < ws->host->wire_nr && !err; i++)
		err = tap_drain(ws, i, out, step, e);
	return err;
}
