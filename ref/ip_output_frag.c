/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Cutting a datagram into fragments that fit the way out. Mirrors: ip_fragment(),
 * ip_do_fragment() and its ip_frag_init() / ip_frag_next(), net/ipv4/ip_output.c.
 */
#include <errno.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"

/* One fragment: header of skb as it is now, `len` octets from `ptr` on; NULL: no memory. */
static struct sk_buff *ip_frag_next(const struct sk_buff *skb, size_t hlen, size_t ptr, size_t len,
				    uint16_t frag_off, uint32_t truesize)
{
	struct sk_buff *skb2 = alloc_skb(skb->net, 16, hlen + len);
	const uint8_t *from = skb_network_header(skb);
	uint8_t *iph;

	if (!skb2)
		return NULL;
	skb2->truesize = truesize;
	skb2->pkt_type = skb->pkt_type;
	skb2->protocol = skb->protocol;
	skb2->rt = skb->rt;
	skb2->dst_set = true;
	skb2->dev = skb->dev;
	skb2->mark = skb->mark;
	skb2->priority = skb->priority;
	IPCB(skb2)->iif = IPCB(skb)->iif;
	IPCB(skb2)->flags = IPCB(skb)->flags;
	skb_reset_network_header(skb2);
	skb2->transport_header = (uint16_t)(skb2->network_header + hlen);
	iph = skb2->data;
	memcpy(iph, from, hlen);
	memcpy(iph + hlen, from + ptr, len);
	wire_put16(iph + 2, (uint16_t)(hlen + len));
	wire_put16(iph + 6, frag_off);
	ip_send_check(iph);
	return skb2;
}

/*
 * Sends the pieces of skb, each with at most `mtu` octets of data; 0, or the error of the piece
 * that stopped it. skb stays the caller's.
 */
static int ip_frag_all(struct ref *net, struct sk_buff *skb, size_t hlen, size_t mtu)
{
	uint16_t field = iph_frag_off(skb_network_header(skb));
	size_t offset = (size_t)(field & IP_OFFSET) * 8;
	uint16_t df = IPCB(skb)->flags & IPSKB_FRAG_PMTU ? IP_DF : 0;
	uint32_t full = tx_truesize(net, hlen + (mtu & ~(size_t)7));
	bool was_first = offset == 0;

	for (size_t ptr = hlen, left = skb->len - hlen, len; left > 0; ptr += len, offset += len) {
		struct sk_buff *skb2;
		uint16_t mf;
		int err;

		len = left;
		if (len > mtu)
			len = mtu & ~(size_t)7;
		left -= len;
		mf = left > 0 || field & IP_MF ? IP_MF : 0;
		skb2 = ip_frag_next(skb, hlen, ptr, len, (uint16_t)(df | mf | offset / 8),
				    left > 0 ? full : tx_truesize(net, hlen + len));
		if (!skb2)
			return -ENOMEM;
		/* Options that are for the first fragment only become padding in the others. */
		if (was_first && hlen > 20)
			ip_options_fragment(skb);
		was_first = false;
		err = ip_finish_output2(net, skb2);
		if (err)
			return err;
		IP_INC_STATS(net, IP_FRAGCREATES);
	}
	return 0;
}

/* Mirrors: ip_do_fragment(). */
static int ip_do_fragment(struct ref *net, struct sk_buff *skb)
{
	size_t hlen = iph_ihl(skb_network_header(skb));
	uint32_t mtu = ip_skb_dst_mtu(skb);
	int err;

	if (IPCB(skb)->frag_max_size && IPCB(skb)->frag_max_size < mtu)
		mtu = IPCB(skb)->frag_max_size;
	if (mtu < hlen + 8 || !skb_own(skb)) {
		err = mtu < hlen + 8 ? -EMSGSIZE : -ENOMEM;
		goto fail;
	}
	IPCB(skb)->flags |= IPSKB_FRAG_COMPLETE;
	REF_SAY(net, "sent in fragments");
	err = ip_frag_all(net, skb, hlen, mtu - hlen);
	if (err)
		goto fail;
	consume_skb(skb);
	IP_INC_STATS(net, IP_FRAGOKS);
	return 0;

fail:
	kfree_skb(skb);
	IP_INC_STATS(net, IP_FRAGFAILS);
	return err;
}

int ip_fragment(struct ref *net, struct sk_buff *skb, uint32_t mtu)
{
	uint16_t max_size = IPCB(skb)->frag_max_size;

	if ((iph_frag_off(skb_network_header(skb)) & IP_DF) &&
	    (!skb->ignore_df || (max_size && max_size > mtu))) {
		REF_SAY(net, "too large and must not be fragmented");
		IP_INC_STATS(net, IP_FRAGFAILS);
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
		kfree_skb(skb);
		return -EMSGSIZE;
	}
	return ip_do_fragment(net, skb);
}
