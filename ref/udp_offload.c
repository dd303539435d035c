/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A datagram of UDP_SEGMENT is cut where it leaves the host, for no wire here does it itself.
 * Mirrors: __udp_gso_segment(), net/ipv4/udp_offload.c; inet_gso_segment(), net/ipv4/af_inet.c.
 */
#include <errno.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"
#include "ref/wire/csum.h"

/* One segment: both headers, and len octets of payload at off; the nr-th of its datagram. */
static struct sk_buff *segment(const struct sk_buff *skb, size_t hlen, size_t off, size_t len,
			       uint16_t nr)
{
	const uint8_t *from = skb_network_header(skb);
	struct sk_buff *seg = alloc_skb(skb->net, LL_RESERVED_SPACE, hlen + len);
	size_t ihl = iph_ihl(from);
	uint8_t *iph, *uh;
	uint16_t check;

	if (!seg)
		return NULL;
	seg->dev = skb->dev;
	seg->protocol = skb->protocol;
	skb_reset_network_header(seg);
	iph = seg->data;
	uh = iph + ihl;
	memcpy(iph, from, hlen);
	memcpy(iph + hlen, from + hlen + off, len);
	wire_put16(iph + 2, (uint16_t)(hlen + len));
	wire_put16(iph + 4, (uint16_t)(iph_id(from) + nr));
	ip_send_check(iph);
	wire_put16(uh + 4, (uint16_t)(UDP_HLEN + len));
	wire_put16(uh + 6, 0);
	check = csum_fold(
		csum_partial(uh, UDP_HLEN + len,
			     csum_tcpudp_nofold(iph_saddr(iph), iph_daddr(iph),
						(uint32_t)(UDP_HLEN + len), iph_protocol(iph), 0)));
	csum_store(uh + 6, check ? check : 0xffff);
	return seg;
}

int udp_gso_xmit(struct sk_buff *skb, const uint8_t dest[6])
{
	size_t hlen = iph_ihl(skb_network_header(skb)) + UDP_HLEN, size = skb->gso_size;
	size_t left = skb->len - hlen, len;
	uint16_t nr = 0;

	for (size_t off = 0; left > 0; off += len, left -= len) {
		struct sk_buff *seg;

		len = left < size ? left : size;
		seg = segment(skb, hlen, off, len, nr++);
		if (!seg || dev_queue_xmit(seg, dest) < 0) {
			kfree_skb(skb);
			return -ENOMEM;
		}
	}
	consume_skb(skb);
	return 0;
}
