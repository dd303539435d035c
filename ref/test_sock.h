/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* For unit tests of sockets: opened in one line, datagrams in one line, what is read as text. */
#ifndef REF_TEST_SOCK_H
#define REF_TEST_SOCK_H

#include <string.h>

#include "ref/icmp.h"
#include "ref/sock.h"
#include "ref/test_host.h"

#define TH_SPORT 5353u

static inline int ts_opt(struct test_host *th, int fd, int level, int name, int32_t val)
{
	return ref_setsockopt(th->net, fd, level, name, &val, sizeof(val));
}

/* A socket that must open. */
static inline int ts_open(struct test_host *th, int type, int protocol)
{
	int fd = ref_socket(th->net, REF_AF_INET, type, protocol);

	assert_true(fd >= 0);
	return fd;
}

static inline int ts_bind(struct test_host *th, int fd, uint32_t addr, uint16_t port)
{
	return ref_bind(th->net, fd, &(struct ref_sockaddr){ addr, port, true });
}

static inline int ts_connect(struct test_host *th, int fd, uint32_t addr, uint16_t port)
{
	return ref_connect(th->net, fd, &(struct ref_sockaddr){ addr, port, true });
}

/* A UDP socket with SO_REUSEADDR on addr:port. */
static inline int ts_udp(struct test_host *th, uint32_t addr, uint16_t port)
{
	int fd = ts_open(th, REF_SOCK_DGRAM, REF_IPPROTO_UDP);

	assert_int_equal(ts_opt(th, fd, REF_SOL_SOCKET, REF_SO_REUSEADDR, 1), 0);
	assert_int_equal(ts_bind(th, fd, addr, port), 0);
	return fd;
}

enum ts_csum { TS_GOOD, TS_ZERO, TS_BAD };

/* What a datagram is made of; 0 stands for the usual. */
struct ts_datagram {
	uint32_t saddr, daddr; /* the peer, the host */
	uint16_t sport, dport; /* TH_SPORT; dport always given */
	size_t len; /* octets of payload: 'a' and so on */
	enum ts_csum csum;
	bool lite;
	int ulen; /* length field; -1: 0 */
};

/* The transport part at buf: header and payload. Returns its octets. */
static inline size_t ts_datagram_make(uint8_t *buf, const struct ts_datagram *d)
{
	uint32_t saddr = d->saddr ? d->saddr : TH_PEER, daddr = d->daddr ? d->daddr : TH_LOCAL;
	size_t len = UDP_HLEN + d->len, covered = len;
	uint8_t proto = d->lite ? IPPROTO_UDPLITE : IPPROTO_UDP;
	uint16_t sum;

	memset(buf, 0, UDP_HLEN);
	wire_put16(buf, d->sport ? d->sport : TH_SPORT);
	wire_put16(buf + 2, d->dport);
	wire_put16(buf + 4, (uint16_t)(d->ulen < 0 ? 0 : d->ulen ? d->ulen : (int)len));
	for (size_t i = 0; i < d->len; i++)
		buf[UDP_HLEN + i] = (uint8_t)('a' + i % 26);
	if (d->ulen > 0 && (size_t)d->ulen < len)
		covered = (size_t)d->ulen;
	sum = csum_fold(csum_tcpudp_nofold(saddr, daddr, (uint32_t)(d->lite ? len : covered), proto,
					   csum_partial(buf, covered, 0)));
	csum_store(buf + 6, sum ? sum : 0xffff);
	if (d->csum == TS_ZERO)
		wire_put16(buf + 6, 0);
	else if (d->csum == TS_BAD)
		buf[7] ^= 0x11;
	return len;
}

static inline void ts_send(struct test_host *th, const struct ts_datagram *d)
{
	static uint8_t buf[65536];
	size_t len = ts_datagram_make(buf, d);

	test_host_send(th, &(struct test_packet){
				   .saddr = d->saddr,
				   .daddr = d->daddr,
				   .protocol = d->lite ? IPPROTO_UDPLITE : IPPROTO_UDP,
				   .data = buf,
				   .data_len = len,
			   });
}

/* An ICMP message that quotes a datagram of the host, from the gateway. */
static inline void ts_icmp_about(struct test_host *th, uint8_t type, uint8_t code, uint32_t info,
				 const struct ts_datagram *d)
{
	uint8_t buf[ICMP_HLEN + 20 + 1500] = { type, code }, *iph = buf + ICMP_HLEN;
	size_t len = ts_datagram_make(iph + 20, d);

	wire_put32(buf + 4, info);
	iph[0] = 0x45;
	wire_put16(iph + 2, (uint16_t)(20 + len));
	iph[8] = 64;
	iph[9] = d->lite ? IPPROTO_UDPLITE : IPPROTO_UDP;
	wire_put32(iph + 12, d->saddr);
	wire_put32(iph + 16, d->daddr);
	ip_send_check(iph);
	test_host_send(th, &(struct test_packet){
				   .saddr = TH_GATEWAY,
				   .protocol = IPPROTO_ICMP,
				   .data = buf,
				   .data_len = ICMP_HLEN + 20 + len,
			   });
}

/*
 * One read as text: "EAGAIN", or "RESULT PORT:OCTETS FLAGS [LEVEL/TYPE HEX]...", OCTETS being the
 * payload (cut) when it is text. Octets behind it must stay as they were.
 */
static inline const char *ts_recv(struct test_host *th, int fd, size_t room, uint32_t flags)
{
	static char text[2048];
	static uint8_t buf[65536], control[512];
	struct ref_msg msg = {
		.buf = buf, .buf_len = room, .control = control, .control_max = sizeof(control)
	};
	size_t at = 0, len;
	long ret;

	memset(buf, 0xa5, room + 1);
	memset(control, 0xa5, sizeof(control));
	ret = ref_recvmsg(th->net, fd, &msg, flags);
	if (ret < 0) {
		snprintf(text, sizeof(text), "%s", ret == -11 ? "EAGAIN" : strerror((int)-ret));
		return text;
	}
	len = (size_t)ret < room ? (size_t)ret : room;
	assert_int_equal(buf[room], 0xa5);
	at += (size_t)snprintf(text, sizeof(text), "%ld %u:%.*s", ret, msg.name.port,
			       (int)(len < 6 ? len : 6), (const char *)buf);
	if (msg.flags)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " 0x%x", msg.flags);
	for (size_t off = 0; off + sizeof(struct ref_cmsghdr) <= msg.control_len;) {
		struct ref_cmsghdr h;

		memcpy(&h, control + off, sizeof(h));
		assert_true(h.len >= sizeof(h));
		at += (size_t)snprintf(text + at, sizeof(text) - at, " [%d/%d ", h.level, h.type);
		for (size_t i = sizeof(h); i < h.len && off + i < msg.control_len; i++)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%02x",
					       control[off + i]);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "]");
		off += REF_CMSG_ALIGN(h.len);
	}
	return text;
}

#define ts_expect(th, fd, room, flags, text) assert_string_equal(ts_recv(th, fd, room, flags), text)

#endif
