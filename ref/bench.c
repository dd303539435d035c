/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * ref-bench WORKLOAD N: about N packets (whole rounds) through the reference, full work: frame in
 * by ref_step(), headers and checksums verified, datagram read by ref_recv_lend() and looked at.
 * Frames are built before bench_region(), which is all that is measured:
 *
 *	valgrind --tool=callgrind --toggle-collect=bench_region ref-bench frag-2x32 20000
 *
 * Prints the packets really fed, so that instructions per packet are a division.
 */
#include "ref/ref.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ref/wire/csum.h"
#include "ref/wire/cur.h"

#define BENCH_AF_INET	 2
#define BENCH_SOCK_DGRAM 2

#define ETH_LEN	  14u
#define IP_LEN	  20u
#define UDP_LEN	  8u
#define MTU	  1500u
#define ROUND_MIN 64u /* frames of a round */

#define HOST_ADDR 0x0a000002u /* 10.0.0.2 */
#define PEER_ADDR 0x0a000100u /* 10.0.1.0 and up */
#define PORT	  5000u

struct workload {
	const char *name;
	size_t payload_len; /* UDP payload of a datagram, octets */
	size_t frag_len; /* IP payload of a fragment, multiple of 8; 0: as the MTU allows */
	size_t datagram_nr; /* datagrams of a round, each from its own source */
	bool reversed; /* last fragment first */
	const char *what;
};

static const struct workload workloads[] = {
	{ "udp-100", 100, 0, 1, false, "UDP, 100 octets" },
	{ "udp-1400", 1400, 0, 1, false, "UDP, 1400 octets" },
	{ "frag-2x32", 56, 32, 1, false, "2 fragments of 32 octets" },
	{ "frag-2k", 2048, 0, 1, false, "2 fragments, 2 KB" },
	{ "frag-64k", 65507, 0, 1, false, "45 fragments, 64 KB" },
	{ "frag-64k-reversed", 65507, 0, 1, true, "45 fragments, 64 KB, last first" },
	{ "frag-1000", 56, 32, 1000, false, "1000 interleaved datagrams of 2 x 32 octets" },
};
#define WORKLOADS_NR (sizeof(workloads) / sizeof(workloads[0]))

struct frame {
	const uint8_t *data;
	size_t len;
	bool completes; /* a datagram can be read after it */
};

struct round {
	struct frame *frame;
	size_t frame_nr;
	size_t payload_len;
	uint8_t *octets; /* of all frames */
};

struct result {
	size_t packet_nr, datagram_nr;
};

static const uint8_t host_mac[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 1 };

__attribute__((noinline, cold)) static void die(const char *what, long err)
{
	fprintf(stderr, "ref-bench: %s: %s\n", what, err < 0 ? strerror((int)-err) : "failed");
	exit(1);
}

static void *xcalloc(size_t nr, size_t len)
{
	void *p = calloc(nr, len);

	if (!p)
		die("no memory", -ENOMEM);
	return p;
}

/* The UDP datagram of one source, checksum included; `udp` has UDP_LEN + payload_len octets. */
static void udp_build(uint8_t *udp, size_t payload_len, uint32_t saddr)
{
	size_t len = UDP_LEN + payload_len;
	uint16_t check;

	wire_put16(udp, 4000);
	wire_put16(udp + 2, PORT);
	wire_put16(udp + 4, (uint16_t)len);
	wire_put16(udp + 6, 0);
	for (size_t i = 0; i < payload_len; i++)
		udp[UDP_LEN + i] = (uint8_t)(i * 7 + saddr);
	check = csum_fold(
		csum_partial(udp, len, csum_tcpudp_nofold(saddr, HOST_ADDR, (uint32_t)len, 17, 0)));
	csum_store(udp + 6, check ? check : 0xffff);
}

/* One frame at p: Ethernet, IPv4, `len` octets from `off` of the datagram. */
static size_t frame_build(uint8_t *p, const uint8_t *udp, size_t udp_len, size_t off, size_t len,
			  uint32_t saddr)
{
	uint8_t *iph = p + ETH_LEN;
	bool more = off + len < udp_len;

	memcpy(p, host_mac, 6);
	memcpy(p + 6, peer_mac, 6);
	wire_put16(p + 12, 0x0800);
	memset(iph, 0, IP_LEN);
	iph[0] = 0x45;
	wire_put16(iph + 2, (uint16_t)(IP_LEN + len));
	wire_put16(iph + 4, 0x1234);
	wire_put16(iph + 6, (uint16_t)(off / 8 | (more ? 0x2000u : 0u)));
	iph[8] = 64;
	iph[9] = 17;
	wire_put32(iph + 12, saddr);
	wire_put32(iph + 16, HOST_ADDR);
	csum_store(iph + 10, csum_fold(csum_partial(iph, IP_LEN, 0)));
	memcpy(iph + IP_LEN, udp + off, len);
	return ETH_LEN + IP_LEN + len;
}

/* Fragment f of every datagram, then the next fragment: interleaved when there are several. */
static struct round round_build(const struct workload *w)
{
	size_t udp_len = UDP_LEN + w->payload_len;
	size_t frag_len = w->frag_len ? w->frag_len : (MTU - IP_LEN) / 8 * 8;
	size_t frag_nr = (udp_len + frag_len - 1) / frag_len;
	size_t once_nr = frag_nr * w->datagram_nr;
	size_t times = once_nr < ROUND_MIN ? ROUND_MIN / once_nr : 1;
	struct round r = { .frame_nr = once_nr * times, .payload_len = w->payload_len };
	uint8_t *udp = xcalloc(1, udp_len), *p;

	r.frame = xcalloc(r.frame_nr, sizeof(*r.frame));
	r.octets = xcalloc(once_nr, ETH_LEN + IP_LEN + frag_len);
	p = r.octets;
	for (size_t i = 0; i < once_nr; i++) {
		size_t frag_idx = i / w->datagram_nr;
		uint32_t saddr = PEER_ADDR + (uint32_t)(i % w->datagram_nr);
		size_t off = (w->reversed ? frag_nr - 1 - frag_idx : frag_idx) * frag_len;
		size_t len = udp_len - off < frag_len ? udp_len - off : frag_len;

		udp_build(udp, w->payload_len, saddr);
		r.frame[i].data = p;
		r.frame[i].len = frame_build(p, udp, udp_len, off, len, saddr);
		r.frame[i].completes = frag_idx == frag_nr - 1;
		p += r.frame[i].len;
	}
	free(udp);
	/* The same again and again, so that the loop around rounds is no part of what is measured.
	 */
	for (size_t i = once_nr; i < r.frame_nr; i++)
		r.frame[i] = r.frame[i % once_nr];
	return r;
}

static void round_free(struct round *r)
{
	free(r->frame);
	free(r->octets);
}

static struct ref *host_new(int *ret_ifindex, int *ret_fd)
{
	const struct ref_config config = { .profile = REF_LINUX_6_18, .wire = REF_WIRE_TAP };
	struct ref_link link = { .name = "eth0", .kind = REF_LINK_WIRE };
	const struct ref_addr addr = { .local = HOST_ADDR, .plen = 16 };
	const struct ref_sockaddr name = { .addr = HOST_ADDR, .port = PORT, .given = true };
	struct ref *net = ref_new(&config);
	int err;

	if (!net)
		die("ref_new", -ENOMEM);
	memcpy(link.mac, host_mac, 6);
	*ret_ifindex = ref_link_add(net, &link);
	if (*ret_ifindex < 0)
		die("link", *ret_ifindex);
	err = ref_addr_add(net, *ret_ifindex, &addr);
	if (err)
		die("address", err);
	err = ref_link_flags(net, *ret_ifindex, REF_LINK_UP, 0);
	if (err)
		die("link up", err);
	*ret_fd = ref_socket(net, BENCH_AF_INET, BENCH_SOCK_DGRAM, 0);
	if (*ret_fd < 0)
		die("socket", *ret_fd);
	err = ref_bind(net, *ret_fd, &name);
	if (err)
		die("bind", err);
	return net;
}

static inline void datagram_read(struct ref *net, int fd, size_t payload_len, struct ref_msg *msg)
{
	long len = ref_recv_lend(net, fd, msg);

	if (len < 0 || (size_t)len != payload_len)
		die("datagram not delivered", len);
	if (msg->buf[0] != (uint8_t)msg->name.addr || msg->buf[1] != (uint8_t)(msg->name.addr + 7))
		die("datagram has other octets", 0);
}

/* What is measured: rounds until at least packet_nr packets went in. */
__attribute__((noinline)) static struct result bench_region(struct ref *net, int ifindex, int fd,
							    const struct round *r, size_t packet_nr)
{
	struct ref_msg msg = { 0 };
	struct ref_event event = { .type = REF_EV_FRAME, .ifindex = ifindex };
	struct result res = { 0, 0 };

	while (res.packet_nr < packet_nr) {
		const struct frame *end = r->frame + r->frame_nr;

		for (const struct frame *f = r->frame; f < end; f++) {
			event.data = f->data;
			event.len = f->len;
			event.now_ns += 1000;
			ref_step(net, &event);
			if (!f->completes)
				continue;
			datagram_read(net, fd, r->payload_len, &msg);
			res.datagram_nr++;
		}
		res.packet_nr += r->frame_nr;
	}
	return res;
}

static uint64_t cpu_ns(void)
{
	/* Whole microseconds are enough: runs last milliseconds. */
	return (uint64_t)clock() * (1000000000u / (uint64_t)CLOCKS_PER_SEC);
}

static int run(const struct workload *w, size_t packet_nr)
{
	struct round r = round_build(w);
	struct result res;
	uint64_t start_ns, used_ns;
	int ifindex, fd;
	struct ref *net = host_new(&ifindex, &fd);

	start_ns = cpu_ns();
	res = bench_region(net, ifindex, fd, &r, packet_nr);
	used_ns = cpu_ns() - start_ns;
	printf("%s packets %zu datagrams %zu ns_per_packet %.1f\n", w->name, res.packet_nr,
	       res.datagram_nr, (double)used_ns / (double)res.packet_nr);
	ref_free(net);
	round_free(&r);
	return 0;
}

int main(int argc, char **argv)
{
	char *end;
	unsigned long packet_nr;

	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		for (size_t i = 0; i < WORKLOADS_NR; i++)
			printf("%s\t%s\n", workloads[i].name, workloads[i].what);
		return 0;
	}
	if (argc != 3) {
		fprintf(stderr, "usage: ref-bench list | WORKLOAD PACKETS\n");
		return 2;
	}
	packet_nr = strtoul(argv[2], &end, 10);
	if (*end || !packet_nr) {
		fprintf(stderr, "ref-bench: '%s' is not a number of packets\n", argv[2]);
		return 2;
	}
	for (size_t i = 0; i < WORKLOADS_NR; i++)
		if (strcmp(argv[1], workloads[i].name) == 0)
			return run(&workloads[i], packet_nr);
	fprintf(stderr, "ref-bench: no workload '%s'; see ref-bench list\n", argv[1]);
	return 2;
}
