/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The table of protocols over IP. Mirrors: net/ipv4/protocol.c, inet_init() of af_inet.c. */
#include "ref/protocol.h"

#include <errno.h>

#include "ref/ip.h"
#include "ref/net.h"

static const struct net_protocol icmp_protocol = { .handler = icmp_rcv, .err_handler = icmp_err };
static const struct net_protocol igmp_protocol = { .handler = igmp_rcv };
static const struct net_protocol tcp_protocol = {
	.handler = tcp_v4_rcv,
	.err_handler = tcp_v4_err,
	.icmp_strict_tag_validation = true,
};
static const struct net_protocol udp_protocol = { .handler = udp_rcv, .err_handler = udp_err };
static const struct net_protocol udplite_protocol = {
	.handler = udplite_rcv,
	.err_handler = udplite_err,
};

/* PIM is known, as distributions build it, but no multicast routing runs. Mirrors: pim_rcv(). */
static int pim_rcv(struct sk_buff *skb)
{
	REF_SAY(skb->net, "no multicast routing");
	kfree_skb(skb);
	return 0;
}

static const struct net_protocol pim_protocol = { .handler = pim_rcv };

int inet_add_protocol(struct ref *net, const struct net_protocol *prot, uint8_t protocol)
{
	if (net->inet_protos[protocol])
		return -EEXIST;
	ref_changed(net);
	net->inet_protos[protocol] = prot;
	return 0;
}

int inet_del_protocol(struct ref *net, const struct net_protocol *prot, uint8_t protocol)
{
	if (net->inet_protos[protocol] != prot)
		return -ENOENT;
	ref_changed(net);
	net->inet_protos[protocol] = NULL;
	return 0;
}

static int protocol_init(struct ref *net)
{
	static const struct {
		uint8_t protocol;
		const struct net_protocol *prot;
	} built_in[] = {
		{ IPPROTO_ICMP, &icmp_protocol },	{ IPPROTO_IGMP, &igmp_protocol },
		{ IPPROTO_TCP, &tcp_protocol },		{ IPPROTO_UDP, &udp_protocol },
		{ IPPROTO_UDPLITE, &udplite_protocol }, { IPPROTO_PIM, &pim_protocol },
	};

	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++) {
		int err = inet_add_protocol(net, built_in[i].prot, built_in[i].protocol);

		if (err)
			return err;
	}
	return 0;
}

const struct ref_part ref_part_protocol = { .name = "protocol", .init = protocol_init };
