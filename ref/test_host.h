/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * For unit tests: a host with one wire, 10.0.0.1/24, whose neighbours 10.0.0.2 to 10.0.0.9 and the
 * gateway 10.0.0.254 are known, and packets for it made from a few words.
 */
#ifndef REF_TEST_HOST_H
#define REF_TEST_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ref/ip.h"
#include "ref/net.h"
#include "ref/ref.h"
#include "ref/wire/csum.h"

#define TH_LOCAL   0x0a000001u
#define TH_PEER	   0x0a000002u
#define TH_GATEWAY 0x0a0000feu
#define TH_MAC                                                                                     \
	{                                                                                          \
		2, 0, 0, 0, 0, 1                                                                   \
	}
#define TH_PEER_MAC                                                                                \
	{                                                                                          \
		2, 0, 0, 0, 0, 2                                                                   \
	}

struct test_host {
	struct ref *net;
	int ifindex;
	uint64_t now_ns;
	const struct ref_update *update; /* of the latest frame */
	uint64_t mib[MIB_NR]; /* before the latest frame */
	uint8_t frame[REF_FRAME_MAX];
};

/* What a packet is made of; 0 stands for the usual. */
struct test_packet {
	uint32_t saddr, daddr; /* 0: the peer, the host */
	uint8_t protocol;
	uint8_t tos, ttl;
	uint16_t frag_off;
	const uint8_t *opt;
	size_t opt_len; /* a multiple of 4 */
	const uint8_t *data;
	size_t data_len;
	size_t fill_len; /* octets 0, 1, 2, ... behind data */
	bool link_broadcast;
};

static inline struct test_host *test_host_new(enum ref_profile profile, uint32_t mtu)
{
	static const uint8_t mac[6] = TH_MAC, peer[6] = TH_PEER_MAC;
	struct test_host *th = calloc(1, sizeof(*th));
	const struct ref_config config = { .profile = profile, .seed = 1 };
	struct ref_link link = { .name = "eth0", .kind = REF_LINK_WIRE, .mtu = mtu };
	struct ref_addr addr = {
		.local = TH_LOCAL, .plen = 24, .has_brd = true, .brd = TH_LOCAL | 0xff
	};
	struct ref_route route = { .type = REF_RTN_UNICAST, .nexthop_nr = 1 };

	assert_non_null(th);
	memcpy(link.mac, mac, 6);
	th->net = ref_new(&config);
	assert_non_null(th->net);
	th->ifindex = ref_link_add(th->net, &link);
	assert_true(th->ifindex > 1);
	assert_int_equal(ref_link_flags(th->net, th->ifindex, REF_LINK_UP, 0), 0);
	assert_int_equal(ref_addr_add(th->net, th->ifindex, &addr), 0);
	for (uint32_t i = 2; i < 10; i++)
		assert_int_equal(ref_neigh_add(th->net, th->ifindex, 0x0a000000u + i, peer), 0);
	assert_int_equal(ref_neigh_add(th->net, th->ifindex, TH_GATEWAY, peer), 0);
	route.nexthop[0].gateway = TH_GATEWAY;
	assert_int_equal(ref_route_add(th->net, &route), 0);
	return th;
}

static inline void test_host_free(struct test_host *th)
{
	ref_free(th->net);
	free(th);
}

static inline void test_host_sysctl(struct test_host *th, const char *key, const char *value)
{
	if (ref_sysctl_set(th->net, key, value) != 0)
		fail_msg("sysctl %s=%s", key, value);
}

/* Octets of the frame written to th->frame; checksums of the IP header and of ICMP are right. */
static inline size_t test_packet_make(struct test_host *th, const struct test_packet *p)
{
	static const uint8_t mac[6] = TH_MAC, peer[6] = TH_PEER_MAC;
	uint8_t *eth = th->frame, *ip = eth + 14, *l4 = ip + 20 + p->opt_len;
	size_t l4_len = p->data_len + p->fill_len, len = 20 + p->opt_len + l4_len;

	assert_true(len <= 65535);
	memcpy(eth, mac, 6);
	if (p->link_broadcast)
		memset(eth, 0xff, 6);
	memcpy(eth + 6, peer, 6);
	wire_put16(eth + 12, 0x0800);
	memset(ip, 0, 20);
	ip[0] = (uint8_t)(0x45 + p->opt_len / 4);
	ip[1] = p->tos;
	wire_put16(ip + 2, (uint16_t)len);
	wire_put16(ip + 4, 0x1234);
	wire_put16(ip + 6, p->frag_off);
	ip[8] = p->ttl ? p->ttl : 64;
	ip[9] = p->protocol;
	wire_put32(ip + 12, p->saddr ? p->saddr : TH_PEER);
	wire_put32(ip + 16, p->daddr ? p->daddr : TH_LOCAL);
	if (p->opt_len)
		memcpy(ip + 20, p->opt, p->opt_len);
	if (p->data_len)
		memcpy(l4, p->data, p->data_len);
	for (size_t i = 0; i < p->fill_len; i++)
		l4[p->data_len + i] = (uint8_t)i;
	if (p->protocol == IPPROTO_ICMP && l4_len >= 4 && !(p->frag_off & IP_OFFSET)) {
		wire_put16(l4 + 2, 0);
		csum_store(l4 + 2, csum_fold(csum_partial(l4, l4_len, 0)));
	}
	ip_send_check(ip);
	return 14 + len;
}

static inline void test_host_frame(struct test_host *th, size_t len)
{
	const struct ref_event event = {
		.type = REF_EV_FRAME,
		.now_ns = th->now_ns,
		.ifindex = th->ifindex,
		.data = th->frame,
		.len = len,
	};

	memcpy(th->mib, ref_mib(th->net), sizeof(th->mib));
	th->update = ref_step(th->net, &event);
}

static inline void test_host_send(struct test_host *th, const struct test_packet *p)
{
	test_host_frame(th, test_packet_make(th, p));
}

/* The n-th frame that left in answer, from its IP header on, or NULL. */
static inline const uint8_t *test_host_emitted(const struct test_host *th, size_t n,
					       size_t *ret_len)
{
	for (size_t i = 0; i < th->update->obs_nr; i++) {
		const struct ref_obs *obs = &th->update->obs[i];

		if (obs->type != REF_OBS_EMIT || n-- > 0)
			continue;
		assert_true(obs->len >= 34);
		*ret_len = obs->len - 14;
		return obs->data + 14;
	}
	*ret_len = 0;
	return NULL;
}

/* Names of the drops of the latest frame, each after a space. */
static inline const char *test_host_drops(const struct test_host *th)
{
	static char text[256];
	size_t at = 0;

	text[0] = 0;
	for (size_t i = 0; i < th->update->obs_nr; i++)
		if (th->update->obs[i].type == REF_OBS_DROP && at < sizeof(text) - 40)
			at += (size_t)snprintf(text + at, sizeof(text) - at, " %s",
					       ref_drop_name(th->update->obs[i].reason));
	return text;
}

/*
 * Counters that the latest frame moved, as " Icmp.InMsgs=1 ...", in the order of mib.h; without
 * those that every packet moves.
 */
static inline const char *test_host_mib(const struct test_host *th)
{
	static const char *const usual[] = { "Ip.InReceives", "Ip.InDelivers", "IpExt.In" };
	static char text[1024];
	size_t at = 0;

	text[0] = 0;
	for (size_t i = 0; i < MIB_NR && at < sizeof(text) - 60; i++) {
		const char *name = ref_mib_name(i);
		bool skip = ref_mib(th->net)[i] == th->mib[i];

		for (size_t k = 0; k < sizeof(usual) / sizeof(usual[0]); k++)
			skip = skip || strncmp(name, usual[k], strlen(usual[k])) == 0;
		if (!skip)
			at += (size_t)snprintf(
				text + at, sizeof(text) - at, " %s=%llu", name,
				(unsigned long long)(ref_mib(th->net)[i] - th->mib[i]));
	}
	return text;
}

#endif
