/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Groups of SO_REUSEPORT sockets. Who belongs to a group is as on Linux; which member a flow gets
 * is there a hash with a secret of the boot, here one with the host's seed: stable for a flow,
 * not the same choice. Mirrors: net/core/sock_reuseport.c, udp_reuseport_add_sock().
 */
#include <errno.h>

#include "ref/net.h"
#include "ref/sock.h"

static int reuseport_alloc(struct sock *sk)
{
	struct netns_sock *ns = &sk->sk_net->sock;

	if (sk->sk_reuseport_cb)
		return 0;
	for (size_t i = 0; i < REF_REUSEPORT_MAX; i++) {
		struct sock_reuseport *reuse = &ns->reuse[i];

		if (reuse->num_socks)
			continue;
		reuse->has_conns = false;
		reuse->bind_inany = sk->inet_rcv_saddr == 0;
		reuse->socks[reuse->num_socks++] = sk;
		sk->sk_reuseport_cb = reuse;
		return 0;
	}
	return -ENOMEM;
}

static int reuseport_add_sock(struct sock *sk, struct sock *sk2)
{
	struct sock_reuseport *reuse;
	int err = reuseport_alloc(sk2);

	if (err)
		return err;
	reuse = sk2->sk_reuseport_cb;
	if (reuse->num_socks == REF_REUSEPORT_SOCKS)
		return -ENOMEM;
	reuse->socks[reuse->num_socks++] = sk;
	sk->sk_reuseport_cb = reuse;
	return 0;
}

/* sk, about to enter the chain of its port, joins the group there, or begins one. 0 or -errno. */
int udp_reuseport_add_sock(struct sock *sk, const struct udp_hslot *slot)
{
	for (struct sock *sk2 = slot->head; sk2; sk2 = sk2->port_next)
		if (sk2 != sk && sk2->inet_num == sk->inet_num &&
		    sk2->sk_bound_dev_if == sk->sk_bound_dev_if &&
		    (sk2->sk_flags & SOCK_REUSEPORT) && sk2->inet_rcv_saddr == sk->inet_rcv_saddr)
			return reuseport_add_sock(sk, sk2);
	return reuseport_alloc(sk);
}

/* The last one takes the place of the one that goes. */
void reuseport_detach_sock(struct sock *sk)
{
	struct sock_reuseport *reuse = sk->sk_reuseport_cb;

	if (!reuse)
		return;
	sk->sk_reuseport_cb = NULL;
	for (uint16_t i = 0; i < reuse->num_socks; i++) {
		if (reuse->socks[i] != sk)
			continue;
		reuse->socks[i] = reuse->socks[--reuse->num_socks];
		return;
	}
}

/* The member for a flow, by a hash of it; connected ones are passed over. NULL: no group. */
struct sock *reuseport_select_sock(const struct sock *sk, uint32_t hash)
{
	const struct sock_reuseport *reuse = sk->sk_reuseport_cb;
	uint32_t i, first;

	if (!reuse)
		return NULL;
	i = first = (uint32_t)((uint64_t)hash * reuse->num_socks >> 32);
	do {
		if (reuse->socks[i]->sk_state != TCP_ESTABLISHED)
			return reuse->socks[i];
		if (++i == reuse->num_socks)
			i = 0;
	} while (i != first);
	return NULL;
}
