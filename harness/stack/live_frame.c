/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "harness/stack/live_frame.h"

#include <netinet/in.h>
#include <string.h>

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint32_t sum(const uint8_t *p, size_t len, uint32_t start)
{
	for (size_t i = 0; i < len; i++)
		start += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return start;
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

void live_ip(struct live_frame *f, uint8_t protocol, uint16_t id, uint16_t frag_off_field,
	     const void *payload, size_t len)
{
	static const uint8_t ether[14] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, 1, 8, 0 };
	uint8_t *ip = f->data + 14;

	memcpy(f->data, ether, 14);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (unsigned int)(20 + len));
	put16(ip + 4, id);
	put16(ip + 6, frag_off_field);
	ip[8] = 64;
	ip[9] = protocol;
	put32(ip + 12, LIVE_PEER);
	put32(ip + 16, LIVE_HOST);
	memcpy(ip + 20, payload, len);
	f->len = 34 + len;
	live_ip_csum(f);
}

void live_ip_csum(struct live_frame *f)
{
	put16(f->data + 24, 0);
	put16(f->data + 24, fold(sum(f->data + 14, 20, 0)));
}

void live_udp(struct live_frame *f, uint16_t sport, uint16_t dport, const void *payload, size_t len)
{
	uint8_t udp[LIVE_FRAME_MAX] = { 0 };
	uint32_t pseudo = (LIVE_PEER >> 16) + (LIVE_PEER & 0xffff) + (LIVE_HOST >> 16) +
			  (LIVE_HOST & 0xffff) + IPPROTO_UDP + (uint32_t)len + 8;
	uint16_t csum;

	put16(udp, sport);
	put16(udp + 2, dport);
	put16(udp + 4, (unsigned int)len + 8);
	memcpy(udp + 8, payload, len);
	csum = fold(sum(udp, len + 8, pseudo));
	put16(udp + 6, csum ? csum : 0xffff);
	live_ip(f, IPPROTO_UDP, 1, 0x4000, udp, len + 8);
}

void live_echo(struct live_frame *f, uint16_t seq, size_t len)
{
	uint8_t icmp[LIVE_FRAME_MAX] = { 8 };

	put16(icmp + 4, 0x1234);
	put16(icmp + 6, seq);
	for (size_t i = 0; i < len; i++)
		icmp[8 + i] = (uint8_t)i;
	put16(icmp + 2, fold(sum(icmp, len + 8, 0)));
	live_ip(f, IPPROTO_ICMP, 2, 0, icmp, len + 8);
}

struct step live_step(const struct live_frame *f, uint32_t idx)
{
	return (struct step){ .type = STEP_FRAME, .idx = idx, .data = f->data, .len = f->len };
}
