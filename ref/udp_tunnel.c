/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* UDP sockets that the kernel opens for a tunnel. Mirrors: net/ipv4/udp_tunnel_core.c. */
#include "ref/ip.h"
#include "ref/net.h"
#include "ref/tunnel.h"

static int bind_and_connect(struct ref *net, int fd, const struct udp_port_cfg *cfg)
{
	const struct ref_sockaddr local = {
		.addr = cfg->local_ip,
		.port = cfg->local_udp_port,
		.given = true,
	};
	const struct ref_sockaddr peer = {
		.addr = cfg->peer_ip,
		.port = cfg->peer_udp_port,
		.given = true,
	};
	const int32_t ifindex = cfg->bind_ifindex;
	int err = 0;

	if (ifindex)
		err = ref_setsockopt(net, fd, REF_SOL_SOCKET, REF_SO_BINDTOIFINDEX, &ifindex,
				     sizeof(ifindex));
	if (!err)
		err = ref_bind(net, fd, &local);
	if (!err && cfg->peer_udp_port)
		err = ref_connect(net, fd, &peer);
	return err;
}

int udp_sock_create4(struct ref *net, const struct udp_port_cfg *cfg, struct sock **ret_sk)
{
	int fd = ref_socket(net, REF_AF_INET, REF_SOCK_DGRAM, 0);
	int err = fd < 0 ? fd : bind_and_connect(net, fd, cfg);

	if (err < 0) {
		if (fd >= 0)
			ref_close(net, fd);
		return err;
	}
	*ret_sk = &net->sock.sk[fd];
	return 0;
}

void setup_udp_tunnel_sock(struct sock *sk, const struct udp_tunnel_sock_cfg *cfg)
{
	sk->inet_flags &= ~INET_FLAGS_MC_LOOP;
	sk->sk_user_data = cfg->sk_user_data;
	sk->encap_type = cfg->encap_type;
	sk->encap_rcv = cfg->encap_rcv;
	sk->encap_err_lookup = cfg->encap_err_lookup;
	sk->encap_err_rcv = cfg->encap_err_rcv;
	ref_changed(sk->sk_net);
}

void udp_tunnel_sock_release(struct sock *sk)
{
	struct ref *net = sk->sk_net;

	sk->encap_type = 0;
	ref_close(net, (int)(sk - net->sock.sk));
}
