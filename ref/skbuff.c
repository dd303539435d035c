/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Packet buffers from the host's arena: one allocation holds the struct and its octets.
 * Mirrors: net/core/skbuff.c.
 */
#include "ref/skbuff.h"

#include <assert.h>
#include <string.h>

#include "ref/net.h"

/* Where the octets begin in an allocation. */
#define SKB_STRUCT_LEN ((sizeof(struct sk_buff) + 15) / 16 * 16)
/* Room kept before the IP header of a packet that may be sent: link header, rounded. */
#define SKB_OWN_HEADROOM 16

static struct sk_buff *skb_new(struct ref *net, size_t room)
{
	struct sk_buff *skb = arena_alloc(&net->arena, SKB_STRUCT_LEN + room);

	return skb;
}

static void skb_release(struct sk_buff *skb)
{
	struct ref *net = skb->net;

	if (skb->slot) {
		/* Octets that skb_own() made for the slot. */
		if (!skb->borrowed)
			arena_free(&net->arena, skb->head, skb->room);
		return;
	}
	arena_free(&net->arena, skb, SKB_STRUCT_LEN + skb->room);
}

struct sk_buff *alloc_skb(struct ref *net, size_t headroom, size_t len)
{
	struct sk_buff *skb = skb_new(net, headroom + len);

	if (!skb)
		return NULL;
	memset(skb, 0, sizeof(*skb));
	skb->net = net;
	skb->head = (uint8_t *)skb + SKB_STRUCT_LEN;
	skb->room = headroom + len;
	skb->data = skb->head + headroom;
	skb->len = len;
	return skb;
}

struct sk_buff *skb_copy(const struct sk_buff *skb)
{
	struct sk_buff *copy;
	size_t used = (size_t)(skb->data - skb->head) + skb->len;

	copy = skb_new(skb->net, used);
	if (!copy)
		return NULL;
	*copy = *skb;
	copy->next = copy->prev = NULL;
	copy->head = (uint8_t *)copy + SKB_STRUCT_LEN;
	copy->room = used;
	copy->data = copy->head + (skb->data - skb->head);
	copy->borrowed = false;
	copy->slot = false;
	memcpy(copy->head, skb->head, used);
	return copy;
}

bool skb_own(struct sk_buff *skb)
{
	uint8_t *head;
	size_t used = (size_t)(skb->data - skb->head) + skb->len;

	if (!skb->borrowed)
		return true;
	assert(skb->slot);
	head = arena_alloc(&skb->net->arena, used);
	if (!head)
		return false;
	memcpy(head, skb->head, used);
	skb->data = head + (skb->data - skb->head);
	skb->head = head;
	skb->room = used;
	skb->borrowed = false;
	return true;
}

struct sk_buff *skb_keep(struct sk_buff *skb)
{
	struct sk_buff *kept;

	if (!skb->slot)
		return skb;
	kept = skb_copy(skb);
	if (kept)
		skb_release(skb);
	return kept;
}

void consume_skb(struct sk_buff *skb)
{
	skb_release(skb);
}

void kfree_skb_at(struct sk_buff *skb, enum skb_drop_reason reason, const char *at)
{
	struct ref *net = skb->net;

	if (__builtin_expect(net->say != NULL, 0))
		net->say(net->say_ctx, at, ref_drop_name((uint16_t)reason));
	obs_drop(net, skb->dev ? skb->dev->ifindex : 0, reason, at);
	skb_release(skb);
}

void __skb_queue_tail(struct sk_buff_head *q, struct sk_buff *skb)
{
	skb->next = NULL;
	skb->prev = q->tail;
	if (q->tail)
		q->tail->next = skb;
	else
		q->head = skb;
	q->tail = skb;
	q->qlen++;
}

void __skb_unlink(struct sk_buff_head *q, struct sk_buff *skb)
{
	if (skb->prev)
		skb->prev->next = skb->next;
	else
		q->head = skb->next;
	if (skb->next)
		skb->next->prev = skb->prev;
	else
		q->tail = skb->prev;
	skb->next = skb->prev = NULL;
	q->qlen--;
}

struct sk_buff *__skb_dequeue(struct sk_buff_head *q)
{
	struct sk_buff *skb = q->head;

	if (skb)
		__skb_unlink(q, skb);
	return skb;
}

/*
 * A tap write and an AF_PACKET send both put the frame into linear memory of the next kmalloc
 * size (page fragments when large); to be measured on the live kernel, see the tests.
 */
uint32_t rx_truesize(const struct ref *net, size_t frame_len)
{
	(void)net;
	return (uint32_t)(frame_len + 768);
}

/* sizeof(struct skb_shared_info), and of struct sk_buff, in whole cache lines. */
#define SKB_TRAILER_LEN 320u
#define SKB_HEAD_LEN 256u
/* SKB_SMALL_HEAD_CACHE_SIZE: block of a cache beside those of kmalloc(), which has 512, 1024, ...
 */
#define SKB_SMALL_HEAD 576u
/* SKB_MAX_ALLOC: from here on only the headers are linear, the rest is in pages. */
#define SKB_MAX_ALLOC 16064u

uint32_t tx_truesize(const struct ref *net, size_t len)
{
	/* Link header and some spare octets, as __ip_append_data() asks for. */
	size_t data = len + 16 + 15, paged = 0, need, block = 512;

	if (data >= SKB_MAX_ALLOC) {
		data = 28 + 16 + 15;
		paged = len - 28;
	}
	need = ((data + 63) & ~(size_t)63) + SKB_TRAILER_LEN;
	if (ref_since(net, DIFF_SKB_SMALL_HEAD) && need <= SKB_SMALL_HEAD)
		return (uint32_t)(SKB_SMALL_HEAD + SKB_HEAD_LEN + paged);
	while (block < need)
		block *= 2;
	return (uint32_t)(block + SKB_HEAD_LEN + paged);
}
