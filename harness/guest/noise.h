/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Frames that leave without being an answer to the case, and what they add to counters. The table
 * and its reasons are in harness/stack/netns_wire.c.
 */
#ifndef HARNESS_GUEST_NOISE_H
#define HARNESS_GUEST_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

#define NOISE_ETH_LEN 14

enum noise {
	NOISE_NONE,
	NOISE_IPV6,
	NOISE_IGMP,
	NOISE_IGMP_LOOPED, /* a report to a group, which the kernel also gives to itself */
};

/* What an IGMP report that was left out moved; what it moved when it came back to the host. */
enum noise_by {
	NOISE_BY_NOTHING,
	NOISE_SENT_PACKETS,
	NOISE_SENT_OCTETS,
	NOISE_LOOPED_PACKETS,
	NOISE_LOOPED_OCTETS,
	NOISE_BY_NR,
};

static inline uint32_t noise_be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

/*
 * What the kernel says itself, not what it forwards: router alert as the only option, TTL 1, to a
 * group (which nobody forwards without a multicast router).
 */
static inline bool noise_own_igmp(const uint8_t *iph, size_t len)
{
	return len >= 24 && iph[0] == 0x46 && iph[8] == 1 && iph[9] == 2 &&
	       (iph[16] & 0xf0) == 0xe0 && iph[20] == 148 && iph[21] == 4 && iph[22] == 0 &&
	       iph[23] == 0;
}

static inline enum noise noise_of(const uint8_t *frame, size_t len)
{
	uint32_t type = len >= NOISE_ETH_LEN ? noise_be16(frame + 12) : 0;
	uint8_t igmp;

	if (type == 0x86dd)
		return NOISE_IPV6;
	if (type != 0x0800 || !noise_own_igmp(frame + NOISE_ETH_LEN, len - NOISE_ETH_LEN))
		return NOISE_NONE;
	/* Behind the header of 24 octets: reports of versions 1 and 2 go to the group itself. */
	igmp = len > NOISE_ETH_LEN + 24 ? frame[NOISE_ETH_LEN + 24] : 0;
	return igmp == 0x12 || igmp == 0x16 ? NOISE_IGMP_LOOPED : NOISE_IGMP;
}

/*
 * A drop at this place that is no observation: what a closed socket held is freed after a grace
 * period, during whichever step that is; and the host's own IGMP report comes back (own).
 */
static inline bool noise_drop(const char *site, bool own)
{
	return strcmp(site, "udp_destruct_common") == 0 ||
	       strcmp(site, "inet_sock_destruct") == 0 || (own && strcmp(site, "igmp_rcv") == 0);
}

#endif
