/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The short way in and the ordinary path, held against each other: two hosts get the same frames,
 * calls and changes, one of them never learns. All that can be seen must be the same.
 */
#include "ref/test_host.h"

#include "ref/ip_fast.h"
#include "ref/sock.h"

#define SOCK_NR 7
#define STEPS	60000
#define PORT	5000u

struct pair {
	struct test_host *th[2]; /* ordinary, short */
	int fd[SOCK_NR];
	uint64_t random;
	uint32_t frag_idx; /* of the next fragment, counted on */
	uint16_t len, port; /* of the datagram whose fragments come */
};

static uint32_t rnd(struct pair *p, uint32_t below)
{
	p->random = p->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(p->random >> 33) % below;
}

static void both_opt(struct pair *p, int fd, int level, int name, int32_t val)
{
	for (int i = 0; i < 2; i++)
		assert_int_equal(ref_setsockopt(p->th[i]->net, fd, level, name, &val, sizeof(val)),
				 0);
}

static void both_bind(struct pair *p, int fd, uint32_t addr, uint32_t port)
{
	const struct ref_sockaddr name = { addr, (uint16_t)port, true };

	for (int i = 0; i < 2; i++)
		assert_int_equal(ref_bind(p->th[i]->net, fd, &name), 0);
}

static int both_socket(struct pair *p, int type, int protocol)
{
	int fd = ref_socket(p->th[0]->net, REF_AF_INET, type, protocol);

	assert_int_equal(ref_socket(p->th[1]->net, REF_AF_INET, type, protocol), fd);
	assert_true(fd >= 0);
	return fd;
}

static void pair_start(struct pair *p, enum ref_profile profile, uint64_t seed)
{
	for (int i = 0; i < 2; i++)
		p->th[i] = test_host_new(profile, 0);
	p->th[0]->net->ordinary_path = true;
	/* So that the other threshold can go down to 1. */
	for (int i = 0; i < 2; i++)
		test_host_sysctl(p->th[i], "net.ipv4.ipfrag_low_thresh", "0");
	p->random = seed;
	p->len = 64;
	p->frag_idx = 0;
	p->port = PORT;
	for (int i = 0; i < SOCK_NR; i++)
		p->fd[i] = both_socket(p, REF_SOCK_DGRAM, 0);
	both_opt(p, p->fd[5], REF_SOL_SOCKET, REF_SO_REUSEADDR, 1);
	both_opt(p, p->fd[6], REF_SOL_SOCKET, REF_SO_REUSEADDR, 1);
	both_bind(p, p->fd[0], TH_LOCAL, PORT);
	both_bind(p, p->fd[1], 0, PORT + 1);
	/* Full after a few. */
	both_bind(p, p->fd[2], TH_LOCAL, PORT + 2);
	both_opt(p, p->fd[2], REF_SOL_SOCKET, REF_SO_RCVBUF, 4000);
	both_opt(p, p->fd[2], REF_SOL_SOCKET, REF_SO_RXQ_OVFL, 1);
	/* Control messages. */
	both_bind(p, p->fd[3], TH_LOCAL, PORT + 3);
	both_opt(p, p->fd[3], REF_SOL_IP, REF_IP_RECVTTL, 1);
	both_opt(p, p->fd[3], REF_SOL_IP, REF_IP_RECVTOS, 1);
	both_opt(p, p->fd[3], REF_SOL_IP, REF_IP_RECVORIGDSTADDR, 1);
	both_opt(p, p->fd[3], REF_SOL_IP, REF_IP_CHECKSUM, 1);
	both_opt(p, p->fd[3], REF_SOL_IP, REF_IP_RECVFRAGSIZE, 1);
	both_opt(p, p->fd[3], REF_SOL_SOCKET, REF_SO_TIMESTAMPNS, 1);
	both_bind(p, p->fd[4], 0, PORT + 4);
	both_opt(p, p->fd[4], REF_SOL_IP, REF_IP_PKTINFO, 1);
	/* The older of two at one address and port is the better match: it asks for the device. */
	both_opt(p, p->fd[5], REF_SOL_SOCKET, REF_SO_BINDTOIFINDEX, p->th[0]->ifindex);
	both_bind(p, p->fd[5], TH_LOCAL, PORT + 5);
	both_bind(p, p->fd[6], TH_LOCAL, PORT + 5);
}

static void pair_end(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		test_host_free(p->th[i]);
}

static void updates_equal(const struct ref_update *a, const struct ref_update *b)
{
	assert_int_equal(a->obs_nr, b->obs_nr);
	for (size_t i = 0; i < a->obs_nr; i++) {
		assert_int_equal(a->obs[i].type, b->obs[i].type);
		assert_int_equal(a->obs[i].ifindex, b->obs[i].ifindex);
		assert_int_equal(a->obs[i].len, b->obs[i].len);
		if (a->obs[i].type == REF_OBS_EMIT) {
			assert_memory_equal(a->obs[i].data, b->obs[i].data, a->obs[i].len);
		} else {
			assert_int_equal(a->obs[i].reason, b->obs[i].reason);
			assert_string_equal(a->obs[i].at, b->obs[i].at);
		}
	}
}

static void hosts_equal(struct pair *p)
{
	const struct ref *a = p->th[0]->net, *b = p->th[1]->net;

	assert_memory_equal(ref_mib(a), ref_mib(b), sizeof(a->mib));
	for (int i = 1; i <= a->dev_nr; i++)
		assert_memory_equal(ref_dev_stats(a, i), ref_dev_stats(b, i),
				    sizeof(struct ref_dev_stats));
	assert_int_equal(a->frags.mem, b->frags.mem);
	assert_true(ref_next_timer(a) == ref_next_timer(b));
	assert_int_equal(a->now_ns, b->now_ns);
}

static void read_one(struct pair *p, int fd)
{
	static uint8_t buf[2][3000], control[2][512];
	uint32_t flags = rnd(p, 4) == 0 ? REF_MSG_PEEK : 0;
	size_t buf_len = rnd(p, 8) == 0 ? rnd(p, 40) : sizeof(buf[0]);
	struct ref_msg msg[2];
	long ret[2];

	memset(control, 0, sizeof(control));
	for (int i = 0; i < 2; i++) {
		msg[i] = (struct ref_msg){
			.buf = buf[i],
			.buf_len = buf_len,
			.control = control[i],
			.control_max = sizeof(control[i]),
		};
		ret[i] = ref_recvmsg(p->th[i]->net, fd, &msg[i], flags);
	}
	assert_int_equal(ret[0], ret[1]);
	updates_equal(ref_pending(p->th[0]->net), ref_pending(p->th[1]->net));
	if (ret[0] < 0)
		return;
	assert_memory_equal(buf[0], buf[1], (size_t)ret[0]);
	assert_int_equal(msg[0].name.addr, msg[1].name.addr);
	assert_int_equal(msg[0].name.port, msg[1].name.port);
	assert_int_equal(msg[0].flags, msg[1].flags);
	assert_int_equal(msg[0].control_len, msg[1].control_len);
	assert_memory_equal(control[0], control[1], msg[0].control_len);
}

/* The same, lent, and by one of them copied: that makes no difference either. */
static void lend_one(struct pair *p, int fd)
{
	static uint8_t buf[3000], control[2][512];
	struct ref_msg msg[2];
	long ret[2];

	memset(control, 0, sizeof(control));
	for (int i = 0; i < 2; i++)
		msg[i] = (struct ref_msg){
			.buf = buf,
			.buf_len = sizeof(buf),
			.control = control[i],
			.control_max = sizeof(control[i]),
		};
	ret[0] = rnd(p, 2) ? ref_recvmsg(p->th[0]->net, fd, &msg[0], 0)
			   : ref_recv_lend(p->th[0]->net, fd, &msg[0]);
	ret[1] = ref_recv_lend(p->th[1]->net, fd, &msg[1]);
	assert_int_equal(ret[0], ret[1]);
	updates_equal(ref_pending(p->th[0]->net), ref_pending(p->th[1]->net));
	if (ret[0] < 0)
		return;
	assert_memory_equal(msg[0].buf, msg[1].buf, (size_t)ret[0]);
	assert_int_equal(msg[0].name.addr, msg[1].name.addr);
	assert_int_equal(msg[0].name.port, msg[1].name.port);
	assert_int_equal(msg[0].flags, msg[1].flags);
	assert_int_equal(msg[0].control_len, msg[1].control_len);
	assert_memory_equal(control[0], control[1], msg[0].control_len);
}

/*
 * One of the fragments of [0, *len): two halves, or up to seven pieces, in order most of the time.
 * The same datagrams come again and again, so that some complete.
 */
static void fragment_cut(struct pair *p, struct test_packet *packet, size_t *off, size_t *len)
{
	size_t nr = rnd(p, 3) ? 2 : 2 + rnd(p, 6), size = (*len / nr + 7) & ~(size_t)7, idx;

	idx = rnd(p, 4) ? p->frag_idx++ % nr : rnd(p, (uint32_t)nr);
	if (!size || idx * size >= *len)
		idx = 0;
	*off = idx * size;
	packet->frag_off = (uint16_t)(*off / 8);
	if (*off + size < *len) {
		packet->frag_off |= IP_MF;
		/* Octets beyond a multiple of eight are cut. */
		*len = rnd(p, 12) || *off + size + 7 > *len ? size : size + 1 + rnd(p, 7);
	} else {
		*len -= *off;
	}
	if (rnd(p, 40) == 0)
		packet->frag_off |= rnd(p, 2) ? IP_DF : IP_CE;
}

/* A UDP datagram for one of the ports, or a fragment of one, mostly sound. */
static size_t frame_make(struct pair *p, uint8_t *frame)
{
	static const uint8_t nops[4] = { 1, 1, 1, 1 };
	static uint8_t udp[2000];
	struct test_host *th = p->th[0];
	size_t len = 8 + (rnd(p, 2)   ? 90
			  : rnd(p, 4) ? rnd(p, 100)
				      : rnd(p, 1400)),
	       off = 0, frame_len;
	uint32_t saddr = TH_PEER + rnd(p, 3);
	bool fragment = rnd(p, 3) == 0;
	struct test_packet packet = {
		.saddr = saddr,
		.protocol = IPPROTO_UDP,
		.tos = (uint8_t)(rnd(p, 4) ? 0 : rnd(p, 256)),
		.ttl = (uint8_t)(rnd(p, 3) ? 64 : rnd(p, 256)),
		.link_broadcast = rnd(p, 50) == 0,
	};
	uint32_t port = PORT + rnd(p, 6);
	uint16_t check;

	if (fragment) {
		/* Of the same lengths for a while, so that they are of one datagram. */
		if (rnd(p, 20) == 0) {
			p->len = (uint16_t)len;
			p->port = (uint16_t)port;
		}
		len = p->len;
		port = p->port;
		if (rnd(p, 4))
			packet.saddr = saddr = TH_PEER;
	}
	wire_put16(udp, (uint16_t)(4000 + rnd(p, 2)));
	wire_put16(udp + 2, (uint16_t)port);
	wire_put16(udp + 4, (uint16_t)len);
	wire_put16(udp + 6, 0);
	for (size_t i = 8; i < len; i++)
		udp[i] = (uint8_t)(fragment ? i : rnd(p, 256));
	check = csum_fold(csum_partial(
		udp, len, csum_tcpudp_nofold(saddr, TH_LOCAL, (uint32_t)len, IPPROTO_UDP, 0)));
	if (rnd(p, 8))
		csum_store(udp + 6, check ? check : 0xffff);
	if (fragment)
		fragment_cut(p, &packet, &off, &len);
	if (rnd(p, 10) == 0) {
		packet.opt = nops;
		packet.opt_len = sizeof(nops);
	}
	packet.data = udp + off;
	packet.data_len = len;
	frame_len = test_packet_make(th, &packet);
	memcpy(frame, th->frame, frame_len);
	/* What can be wrong with it. */
	if (rnd(p, 10) == 0)
		frame[rnd(p, rnd(p, 2) ? 42 : (uint32_t)frame_len) % frame_len] ^=
			(uint8_t)(1u << rnd(p, 8));
	if (rnd(p, 30) == 0)
		frame_len -= rnd(p, (uint32_t)frame_len);
	if (rnd(p, 10) == 0)
		frame_len += rnd(p, 30);
	if (rnd(p, 20) == 0 && frame_len >= 34) {
		wire_put16(frame + 16, (uint16_t)(wire_get16(frame + 16) + rnd(p, 9) - 4));
		if ((frame[14] & 15) == 5)
			ip_send_check(frame + 14);
	}
	return frame_len;
}

enum change { SYSCTL, CONNECT, LINK, RAW, ADDRESS, PKTINFO, CHANGE_NR };

/* Another world for a while: most of the time the short way must be open. */
static void change(struct pair *p, enum change what, uint32_t pick, bool undo)
{
	static const char *const keys[] = {
		"net.ipv4.conf.all.rp_filter", "net.ipv4.conf.eth0.drop_unicast_in_l2_multicast",
		"net.ipv4.ip_early_demux",     "net.ipv4.conf.all.accept_local",
		"net.ipv4.ipfrag_high_thresh", "net.ipv4.conf.eth0.rp_filter",
	};
	const struct ref_sockaddr peer = { TH_PEER, 4000, true };

	for (int i = 0; i < 2; i++) {
		struct ref *net = p->th[i]->net;
		int fd = p->fd[pick % SOCK_NR], ifindex = p->th[i]->ifindex;

		switch (what) {
		case SYSCTL:
			assert_int_equal(ref_sysctl_set(net, keys[pick % 6],
							undo && pick % 6 == 4 ? "4194304"
							: undo		      ? "0"
									      : "1"),
					 0);
			break;
		case CONNECT:
			ref_connect(net, fd, undo ? NULL : &peer);
			break;
		case LINK:
			ref_link_flags(net, ifindex, undo ? REF_LINK_UP : 0,
				       undo ? 0 : REF_LINK_UP);
			break;
		case RAW:
			if (undo)
				ref_close(net, SOCK_NR);
			else
				assert_int_equal(
					ref_socket(net, REF_AF_INET, REF_SOCK_RAW, IPPROTO_UDP),
					SOCK_NR);
			break;
		case ADDRESS:
			if (pick % 16 == 0)
				ref_addr_add(
					net, ifindex,
					&(struct ref_addr){ .local = TH_PEER + 1, .plen = 24 });
			break;
		case PKTINFO:
			/* Also for what is queued already. */
			ref_setsockopt(net, fd, REF_SOL_IP, REF_IP_PKTINFO, &(int32_t){ !undo },
				       sizeof(int32_t));
			break;
		case CHANGE_NR:
			break;
		}
	}
	updates_equal(ref_pending(p->th[0]->net), ref_pending(p->th[1]->net));
}

static void same_either_way(void **state)
{
	static uint8_t frame[4096];
	struct pair p;

	(void)state;
	for (int profile = 0; profile < REF_PROFILE_NR; profile++) {
		enum change what = CHANGE_NR;
		uint64_t now_ns = 0;
		uint32_t pick = 0;

		pair_start(&p, (enum ref_profile)profile, 12345 + (uint64_t)profile);
		for (int step = 0; step < STEPS; step++) {
			struct ref_event event = { .type = REF_EV_FRAME, .data = frame };
			const struct ref_update *update[2];

			if (step % 400 == 200) {
				what = (enum change)rnd(&p, CHANGE_NR);
				pick = rnd(&p, 1000);
				change(&p, what, pick, false);
			} else if (step % 400 == 300) {
				change(&p, what, pick, true);
			}
			now_ns += rnd(&p, 10) ? 1000 : (uint64_t)rnd(&p, 100) * 100000000u;
			event.now_ns = now_ns;
			event.len = frame_make(&p, frame);
			for (int i = 0; i < 2; i++) {
				event.ifindex = p.th[i]->ifindex;
				update[i] = ref_step(p.th[i]->net, &event);
			}
			updates_equal(update[0], update[1]);
			if (rnd(&p, 2))
				read_one(&p, (int)rnd(&p, SOCK_NR + 1));
			if (rnd(&p, 4) == 0)
				lend_one(&p, (int)rnd(&p, SOCK_NR + 1));
			hosts_equal(&p);
		}
		/* And many did go the short way. */
		assert_true(p.th[1]->net->slow_nr * 5 < p.th[0]->net->slow_nr * 4);
		pair_end(&p);
	}
}

/* It is really taken, for both kinds, and no longer after a change. */
static void taken(void **state)
{
	static const uint8_t udp[] = { 0x0f, 0xa0, 0x13, 0x88, 0, 10, 0, 0, 'h', 'i' };
	struct pair p;
	struct ref *net;
	struct ref_event event = { .type = REF_EV_FRAME };
	uint32_t kinds[2] = { 0, IP_MF | 1 };

	(void)state;
	pair_start(&p, REF_LINUX_6_18, 1);
	net = p.th[1]->net;
	for (int i = 0; i < 2; i++) {
		event.len = test_packet_make(p.th[1],
					     &(struct test_packet){ .protocol = IPPROTO_UDP,
								    .frag_off = (uint16_t)kinds[i],
								    .data = udp,
								    .data_len = sizeof(udp) });
		event.data = p.th[1]->frame;
		event.ifindex = p.th[1]->ifindex;
		for (unsigned int round = 0; round < 4; round++) {
			uint64_t slow_nr = net->slow_nr;

			ref_step(net, &event);
			assert_int_equal(net->slow_nr - slow_nr, round % 2 == 0);
			if (round % 2)
				ref_sysctl_set(net, "net.ipv4.conf.all.log_martians", "0");
		}
	}
	pair_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),
		cmocka_unit_test(same_either_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
