/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Taking datagrams off a UDP socket's queue, and what that gives back to its receive buffer. */
#ifndef REF_UDP_QUEUE_H
#define REF_UDP_QUEUE_H

#include "ref/compiler.h"
#include "ref/sock.h"

/*
 * What was read goes back to the receive buffer: late, a quarter of the buffer at a time, unless
 * the reader's queue has run empty. Then what arrived meanwhile becomes the reader's.
 * Mirrors: udp_rmem_release(), net/ipv4/udp.c.
 */
static inline void udp_rmem_release(struct sock *sk, uint32_t size)
{
	size += sk->forward_deficit;
	sk->forward_deficit = size;
	if (sk->reader_nr && size < (uint32_t)sk->sk_rcvbuf >> 2)
		return;
	sk->forward_deficit = 0;
	sk->sk_rmem_alloc -= size;
	sk->reader_nr = sk->sk_receive_queue.qlen;
}

/* Take off the first packet, which is skb. Mirrors: the end of __skb_recv_udp(). */
REF_INLINE void udp_take_first(struct sock *sk, const struct sk_buff *skb)
{
	struct sk_buff_head *q = &sk->sk_receive_queue;

	q->head = skb->next;
	if (likely(!skb->next)) {
		/* The last one: nothing is left that could be anybody's. */
		q->tail = NULL;
		q->qlen = 0;
		sk->reader_nr = 0;
		sk->sk_rmem_alloc -= sk->forward_deficit + skb->truesize;
		sk->forward_deficit = 0;
		return;
	}
	if (!sk->reader_nr)
		sk->reader_nr = q->qlen;
	q->qlen--;
	sk->reader_nr--;
	udp_rmem_release(sk, skb->truesize);
}

#endif
