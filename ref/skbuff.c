/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Packet buffers from the host's arena: one allocation holds the struct and its octets.
 * Mirrors: net/core/skbuff.c.
 */
#include "ref/skbuff.h"

#include <assert.h>
#include <string.h>

#include "ref/ip.h"
#include "ref/net.h"
#include "ref/sock.h"

static struct sk_buff *skb_new(struct ref *net, size_t room)
{
	return arena_alloc(&net->arena, SKB_STRUCT_LEN + room);
}

struct sk_buff *alloc_skb(struct ref *net, size_t headroom, size_t len)
{
	struct sk_buff *skb = skb_new(net, headroom + len);

	if (!skb)
		return NULL;
	memset(skb, 0, sizeof(*skb));
	skb->net = net;
	skb->head = (uint8_t *)skb + SKB_STRUCT_LEN;
	skb->room = (uint32_t)(headroom + len);
	skb->data = skb->head + headroom;
	skb->len = len;
	return skb;
}

struct sk_buff *skb_copy(const struct sk_buff *skb)
{
	struct sk_buff *copy = skb_keep_copy(skb);

	if (!copy)
		return NULL;
	copy->next = NULL;
	if (copy->frag_list)
		copy->frag_list->refs++;
	return copy;
}

bool skb_own(struct sk_buff *skb)
{
	uint8_t *block, *head;
	size_t used = (size_t)(skb->data - skb->head) + skb->len;

	if (!skb->borrowed)
		return true;
	assert(skb->slot);
	block = arena_alloc(&skb->net->arena, SKB_STRUCT_LEN + used);
	if (!block)
		return false;
	head = block + SKB_STRUCT_LEN;
	memcpy(head, skb->head, used);
	skb->data = head + (skb->data - skb->head);
	skb->head = head;
	skb->room = (uint32_t)used;
	skb->borrowed = false;
	return true;
}

struct sk_buff *skb_keep_copy(const struct sk_buff *skb)
{
	size_t used = (size_t)(skb->data - skb->head) + skb->len;
	struct sk_buff *kept = skb_new(skb->net, used);

	if (__builtin_expect(!kept, 0))
		return NULL;
	*kept = *skb;
	kept->head = (uint8_t *)kept + SKB_STRUCT_LEN;
	kept->data = kept->head + (skb->data - skb->head);
	kept->room = (uint32_t)used;
	kept->borrowed = false;
	kept->slot = false;
	memcpy(kept->head, skb->head, used);
	return kept;
}

struct sk_buff *skb_unkeep(struct sk_buff *skb)
{
	struct sk_buff *slot = &skb->net->rx_skb;

	*slot = *skb;
	slot->slot = true;
	return slot;
}

void skb_hang(struct sk_buff *skb, uint32_t nr)
{
	struct skb_frag_list *list = nr ? arena_alloc(&skb->net->arena, sizeof(*list)) : NULL;

	if (list)
		*list = (struct skb_frag_list){ .refs = 1, .nr = nr };
	skb->frag_list = list;
}

void skb_release_list(struct sk_buff *skb, bool quiet)
{
	struct skb_frag_list *list = skb->frag_list;

	skb->frag_list = NULL;
	if (--list->refs > 0)
		return;
	for (uint32_t i = 0; i < list->nr && !quiet; i++)
		obs_drop(skb->net, skb->dev ? skb->dev->ifindex : 0, SKB_DROP_REASON_NOT_SPECIFIED,
			 "skb_release_data");
	arena_free(&skb->net->arena, list, sizeof(*list));
}

void __consume_stateless_skb(struct sk_buff *skb)
{
	if (__builtin_expect(skb->frag_list != NULL, 0))
		skb_release_list(skb, ref_since(skb->net, DIFF_CONSUMED_LIST));
	consume_skb(skb);
}

void kfree_skb_at(struct sk_buff *skb, enum skb_drop_reason reason, const char *at)
{
	struct ref *net = skb->net;

	if (__builtin_expect(net->say != NULL, 0))
		net->say(net->say_ctx, at, ref_drop_name((uint16_t)reason));
	obs_drop(net, skb->dev ? skb->dev->ifindex : 0, reason, at);
	consume_skb(skb);
}

void __skb_unlink(struct sk_buff_head *q, struct sk_buff *skb)
{
	struct sk_buff *before = NULL, **link = &q->head;

	for (; *link != skb; link = &before->next)
		before = *link;
	*link = skb->next;
	if (!skb->next)
		q->tail = before;
	skb->next = NULL;
	q->qlen--;
}

void __skb_flesh_out(struct ref *net, struct sk_buff *skb)
{
	const uint8_t *uh;

	skb->net = net;
	skb->head = skb_lean_head(skb);
	uh = skb_transport_header(skb);
	skb->data = skb->head + skb->transport_header + UDP_HLEN;
	memset(&skb->sk, 0, offsetof(struct sk_buff, rt) - offsetof(struct sk_buff, sk));
	skb->lean = SKB_WHOLE;
	skb->protocol = ETH_P_IP;
	skb->cb.frag_max_size = skb->frag_max_size;
	skb->queued.dropcount = 0;
	skb->queued.spec_dst = 0;
	/* None was sent with it. */
	if (wire_raw16(uh + 6) == 0)
		skb->csum_valid = true;
	/* It was for this host by unicast. */
	if (skb->pktinfo) {
		skb->cb.iif = skb->dev->ifindex;
		skb->queued.spec_dst = iph_daddr(skb_network_header(skb));
	}
}

/* sizeof(struct skb_shared_info), in whole cache lines. */
#define SKB_TRAILER_LEN 320u
/* SKB_SMALL_HEAD_CACHE_SIZE: block of a cache beside those of kmalloc(), which has 512, 1024, ...
 */
#define SKB_SMALL_HEAD	576u
/* SKB_MAX_ALLOC: from here on only the headers are linear, the rest is in pages. */
#define SKB_MAX_ALLOC	16064u
#define PAGE_LEN	4096u

/* A head with room for `size` octets from the allocator. Mirrors: __alloc_skb() -> truesize. */
static uint32_t head_truesize(const struct ref *net, size_t size)
{
	size_t need = ((size + 63) & ~(size_t)63) + SKB_TRAILER_LEN, block = 512;

	if (need <= SKB_SMALL_HEAD && ref_since(net, DIFF_SKB_SMALL_HEAD))
		return SKB_SMALL_HEAD + SKB_HEAD_LEN;
	while (block < need)
		block *= 2;
	return (uint32_t)(block + SKB_HEAD_LEN);
}

uint32_t tx_truesize(const struct ref *net, size_t len)
{
	/* Link header and some spare octets, as __ip_append_data() asks for. */
	size_t data = len + 16 + 15, paged = 0;

	if (data >= SKB_MAX_ALLOC) {
		data = 28 + 16 + 15;
		paged = len - 28;
	}
	return (uint32_t)(head_truesize(net, data) + paged);
}

const struct rx_wire rx_wires[REF_WIRE_NR] = {
	/* tun_build_skb() of a non-blocking write, tun_alloc_skb() */
	[REF_WIRE_TAP] = { RX_TAP_PAD, 64, RX_TAP_PAGE_FRAG_MAX, 4032, 3712, false },
	/* packet_alloc_skb() */
	[REF_WIRE_VETH] = { 16, 2, 0, 4080, 14, true },
};

uint32_t rx_truesize_apart(const struct ref *net, size_t frame_len, enum skb_shape *ret_shape)
{
	const struct rx_wire *w = &rx_wires[net->wire];
	size_t pages;

	if (frame_len < w->paged_min) {
		*ret_shape = SKB_KMALLOC;
		return head_truesize(net, frame_len + w->pad);
	}
	*ret_shape = SKB_PAGED;
	pages = (frame_len - w->linear + PAGE_LEN - 1) / PAGE_LEN;
	return head_truesize(net, w->linear + w->pad) + (uint32_t)pages * PAGE_LEN;
}

/* Page fragments of a paged buffer: blocks of up to 8 pages, the largest that fit first. */
static uint32_t page_frag_nr(const struct ref *net, uint32_t truesize)
{
	const struct rx_wire *w = &rx_wires[net->wire];
	uint32_t pages = (truesize - head_truesize(net, w->linear + w->pad)) / PAGE_LEN;

	return pages / 8 + (uint32_t)__builtin_popcount(pages & 7);
}

void skb_glue_begin(struct skb_glue *glue, const struct ref *net, enum skb_shape shape,
		    uint32_t truesize, uint32_t used)
{
	uint32_t room = truesize - SKB_OVERHEAD - rx_wires[net->wire].begin;

	glue->net = net;
	glue->truesize = truesize;
	glue->tailroom = shape != SKB_PAGED && room > used ? room - used : 0;
	glue->frag_nr = shape == SKB_PAGED ? page_frag_nr(net, truesize) : 0;
	glue->listed = false;
	glue->listed_nr = 0;
}

void skb_glue_add(struct skb_glue *glue, enum skb_shape shape, uint32_t truesize, uint32_t len)
{
	const struct rx_wire *w = &rx_wires[glue->net->wire];
	uint32_t nr = 1, saved = SKB_HEAD_LEN;

	if (len <= glue->tailroom) {
		glue->tailroom -= len;
		return;
	}
	glue->tailroom = 0;
	if (shape == SKB_PAGED) {
		nr = page_frag_nr(glue->net, truesize);
		saved = head_truesize(glue->net, w->linear + w->pad);
	}
	/* Octets in a head that is not a piece of a page can't be taken over. */
	if (shape == SKB_KMALLOC || (shape == SKB_PAGED && !w->paged_glues) ||
	    glue->frag_nr + nr > MAX_SKB_FRAGS)
		glue->listed = true;
	if (glue->listed) {
		glue->listed_nr++;
	} else {
		truesize -= saved;
		glue->frag_nr += nr;
	}
	glue->truesize += truesize;
}
