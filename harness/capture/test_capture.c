/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Captures made octet by octet: what is read of good and of bad ones, and that libpcap reads the
 * same where it reads at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "harness/capture/capture.h"

/* ---- a file in the making ---- */

struct file {
	uint8_t data[1 << 16];
	size_t len;
	bool big;
};

static void put(struct file *f, const void *p, size_t n)
{
	assert_true(f->len + n <= sizeof(f->data));
	memcpy(f->data + f->len, p, n);
	f->len += n;
}

static void put32(struct file *f, uint32_t v)
{
	if (f->big)
		v = __builtin_bswap32(v);
	put(f, &v, 4);
}

static void put16(struct file *f, uint16_t v)
{
	if (f->big)
		v = __builtin_bswap16(v);
	put(f, &v, 2);
}

static void put_zero(struct file *f, size_t n)
{
	while (n--)
		put(f, "", 1);
}

static void pcap_head(struct file *f, uint32_t magic, uint32_t snap, uint32_t link)
{
	put32(f, magic);
	put16(f, 2);
	put16(f, 4);
	put_zero(f, 8);
	put32(f, snap);
	put32(f, link);
}

/* len octets, claimed to be cap of orig. */
static void pcap_claim(struct file *f, uint32_t s, uint32_t frac, uint32_t cap, uint32_t orig,
		       const uint8_t *data, size_t len)
{
	put32(f, s);
	put32(f, frac);
	put32(f, cap);
	put32(f, orig);
	put(f, data, len);
}

static size_t block_begin(struct file *f, uint32_t type)
{
	size_t at = f->len;

	put32(f, type);
	put32(f, 0);
	return at;
}

static void block_end(struct file *f, size_t at)
{
	struct file tmp = {.big = f->big};

	put_zero(f, -f->len & 3);
	put32(&tmp, (uint32_t)(f->len - at + 4));
	memcpy(f->data + at + 4, tmp.data, 4);
	put(f, tmp.data, 4);
}

static void ng_section(struct file *f)
{
	size_t at = block_begin(f, 0x0a0d0d0a);

	put32(f, 0x1a2b3c4d);
	put16(f, 1);
	put16(f, 0);
	put32(f, 0xffffffff);
	put32(f, 0xffffffff);
	block_end(f, at);
}

static void ng_iface(struct file *f, uint16_t link, uint32_t snap, int tsresol)
{
	size_t at = block_begin(f, 1);

	put16(f, link);
	put16(f, 0);
	put32(f, snap);
	if (tsresol >= 0) {
		put16(f, 9);
		put16(f, 1);
		put32(f, f->big ? (uint32_t)tsresol << 24 : (uint32_t)tsresol);
		put32(f, 0);
	}
	block_end(f, at);
}

static void ng_packet(struct file *f, uint32_t iface, uint64_t t, const uint8_t *data, size_t len,
		      uint32_t flags)
{
	size_t at = block_begin(f, 6);

	put32(f, iface);
	put32(f, (uint32_t)(t >> 32));
	put32(f, (uint32_t)t);
	put32(f, (uint32_t)len);
	put32(f, (uint32_t)len);
	put(f, data, len);
	put_zero(f, -f->len & 3);
	if (flags) {
		put16(f, 2);
		put16(f, 4);
		put32(f, flags);
		put32(f, 0);
	}
	block_end(f, at);
}

/* An Ethernet frame with a UDP datagram 10.0.0.2:53 > 10.0.0.1:1024 of 18 octets. */
static const uint8_t eth_udp[60] = {
    2, 0, 0,  0,  0, 1, 2,  0, 0, 0, 1,  1,  8,  0,  0x45, 0,  0,  46, 0,  1,
    0, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0,  0,  1,  0,    53, 4,  0,  0,  26,
    0, 0, 1,  2,  3, 4, 5,  6, 7, 8, 9,  10, 11, 12, 13,   14, 15, 16, 17, 18,
};
#define IP_PACKET (eth_udp + 14)
#define IP_LEN (sizeof(eth_udp) - 14)

static void good(struct file *f, uint32_t s)
{
	pcap_claim(f, s, 0, sizeof(eth_udp), sizeof(eth_udp), eth_udp, sizeof(eth_udp));
}

/* ---- bad files: the packets before are read, then one clear line ---- */

static void bad_empty(struct file *f)
{
	(void)f;
}

static void bad_two_octets(struct file *f)
{
	put(f, "\xd4\xc3", 2);
}

static void bad_text(struct file *f)
{
	put(f, "hello, this is not a capture\n", 29);
}

static void bad_header(struct file *f)
{
	pcap_head(f, 0xa1b2c3d4, 65535, 1);
	f->len = 10;
}

static void bad_version(struct file *f)
{
	pcap_head(f, 0xa1b2c3d4, 65535, 1);
	f->data[4] = 9;
}

static void bad_link(struct file *f)
{
	pcap_head(f, 0xa1b2c3d4, 65535, 9);
	good(f, 1);
}

static void bad_record(struct file *f)
{
	pcap_head(f, 0xa1b2c3d4, 65535, 1);
	good(f, 1);
	good(f, 1);
	f->len = 24 + 76 + 7;
}

static void bad_data(struct file *f)
{
	pcap_head(f, 0xa1b2c3d4, 65535, 1);
	good(f, 1);
	good(f, 1);
	f->len -= 1;
}

static void bad_snap(struct file *f)
{
	pcap_head(f, 0xa1b2c3d4, 59, 1);
	pcap_claim(f, 1, 0, 59, 60, eth_udp, 59);
	good(f, 1);
	good(f, 1);
}

static void bad_huge(struct file *f)
{
	pcap_head(f, 0xa1b2c3d4, 0, 1);
	good(f, 1);
	pcap_claim(f, 1, 0, 0xfffffff0, 60, eth_udp, 60);
}

static void bad_back(struct file *f)
{
	pcap_head(f, 0xa1b23c4d, 0, 1);
	pcap_claim(f, 5, 10, 60, 60, eth_udp, 60);
	pcap_claim(f, 5, 9, 60, 60, eth_udp, 60);
}

static void bad_garbage(struct file *f)
{
	pcap_head(f, 0xa1b2c3d4, 65535, 1);
	good(f, 1);
	for (int i = 0; i < 200; i++)
		put(f, &(uint8_t){(uint8_t)(i * 37 + 11)}, 1);
}

static void bad_xz(struct file *f)
{
	put(f,
	    "\xfd"
	    "7zXZ\0\0\0",
	    8);
}

static void bad_ng_order(struct file *f)
{
	ng_section(f);
	f->data[9] = 0;
}

static void bad_ng_iface(struct file *f)
{
	ng_section(f);
	ng_iface(f, 1, 0, -1);
	ng_packet(f, 0, 1, eth_udp, 60, 0);
	ng_packet(f, 7, 1, eth_udp, 60, 0);
}

static void bad_ng_no_iface(struct file *f)
{
	size_t at;

	ng_section(f);
	at = block_begin(f, 3);
	put32(f, 60);
	put(f, eth_udp, 60);
	block_end(f, at);
}

static void bad_ng_cut(struct file *f)
{
	ng_section(f);
	ng_iface(f, 1, 0, -1);
	ng_packet(f, 0, 1, eth_udp, 60, 0);
	ng_packet(f, 0, 1, eth_udp, 60, 0);
	f->len -= 20;
}

static void bad_ng_cut_other(struct file *f)
{
	size_t at;

	ng_section(f);
	ng_iface(f, 1, 0, -1);
	ng_packet(f, 0, 1, eth_udp, 60, 0);
	at = block_begin(f, 0xbad);
	put_zero(f, 400);
	block_end(f, at);
	f->len -= 20;
}

static void bad_ng_snap(struct file *f)
{
	ng_section(f);
	ng_iface(f, 1, 0, -1);
	ng_iface(f, 1, 59, -1);
	ng_packet(f, 0, 1, eth_udp, 60, 0);
	ng_packet(f, 1, 1, eth_udp, 60, 0);
}

static void bad_ng_link(struct file *f)
{
	ng_section(f);
	ng_iface(f, 1, 0, -1);
	ng_iface(f, 9, 0, -1);
	ng_packet(f, 0, 1, eth_udp, 60, 0);
	ng_packet(f, 1, 1, eth_udp, 60, 0);
}

static void bad_ng_trailer(struct file *f)
{
	ng_section(f);
	ng_iface(f, 1, 0, -1);
	ng_packet(f, 0, 1, eth_udp, 60, 0);
	f->data[f->len - 4] ^= 4;
}

static void bad_ng_short(struct file *f)
{
	size_t at;

	ng_section(f);
	at = block_begin(f, 1);
	block_end(f, at);
}

static void bad_ng_inner(struct file *f)
{
	ng_section(f);
	ng_iface(f, 1, 0, -1);
	ng_packet(f, 0, 1, eth_udp, 60, 0);
	/* Says that it has recorded 100 octets, in a block for 60. */
	f->data[f->len - 4 - 60 - 8] = 100;
	f->data[f->len - 4 - 60 - 4] = 100;
}

static void bad_ng_long(struct file *f)
{
	ng_section(f);
	ng_iface(f, 1, 0, -1);
	put32(f, 6);
	put32(f, 0x7ffffff0);
	put_zero(f, 60);
}

static const struct bad_file {
	const char *name;
	void (*make)(struct file *f);
	unsigned int good_nr; /* packets read before */
	int err;
	const char *msg; /* how the message goes on behind the file's name */
} bad_files[] = {
    {"empty", bad_empty, 0, -ENODATA, ": empty: a capture begins with a file header"},
    {"2 octets", bad_two_octets, 0, -ENODATA,
     ": cut off: the file ends 2 octets into a piece of 4"},
    {"text", bad_text, 0, -EINVAL, ": neither pcap nor pcapng (it begins with 68 65 6c 6c): "},
    {"header", bad_header, 0, -ENODATA, ": cut off: the file ends 10 octets into a piece of 24"},
    {"version", bad_version, 0, -EPROTONOSUPPORT, ": pcap version 9.4, only 2.4 is read here"},
    {"link", bad_link, 0, -EPROTONOSUPPORT,
     ": link type 9 is not known here; known are: Ethernet, raw IP, raw IPv4, Linux cooked v1, "
     "Linux cooked v2, BSD null, BSD loop"},
    {"record", bad_record, 1, -ENODATA, ": packet 2: cut off: the file ends 7 octets into"},
    {"data", bad_data, 1, -ENODATA,
     ": packet 2: cut off: the file ends 75 octets into a piece of 76"},
    {"snap", bad_snap, 1, -EBADMSG,
     ": packet 2: 60 octets, longer than the snap length of the file, 59: one of"},
    {"huge", bad_huge, 1, -EBADMSG, ": packet 2: damaged: a length of 4294967280 octets (the most"},
    {"back", bad_back, 1, -EINVAL,
     ": packet 2: its time is 0.000000001 s before that of packet 1: sort the file with"},
    {"garbage", bad_garbage, 1, -EBADMSG, ": packet 2: damaged: a length of "},
    {"xz", bad_xz, 0, -EPROTONOSUPPORT,
     ": packed with xz, only gzip is read here: unpack it first"},
    {"ng order", bad_ng_order, 0, -EBADMSG, ": damaged: a section header without its octet-order"},
    {"ng iface", bad_ng_iface, 1, -EBADMSG, ": packet 2: damaged: it is of interface 7, but the"},
    {"ng no iface", bad_ng_no_iface, 0, -EBADMSG, ": packet 1: damaged: a packet before any inter"},
    {"ng cut", bad_ng_cut, 1, -ENODATA, ": packet 2: cut off: the file ends 72 octets into a "},
    {"ng cut other", bad_ng_cut_other, 1, -ENODATA,
     ": packet 2: cut off: the file ends 392 octets"},
    {"ng snap", bad_ng_snap, 1, -EBADMSG, ": packet 2: 60 octets, longer than the snap length of"},
    {"ng link", bad_ng_link, 1, -EPROTONOSUPPORT, ": packet 2: link type 9 is not known here; "},
    {"ng trailer", bad_ng_trailer, 0, -EBADMSG,
     ": packet 1: damaged: enhanced packet block of 92 octets ends with another length"},
    {"ng short", bad_ng_short, 0, -EBADMSG,
     ": packet 1: damaged: interface description block of 12 octets is too short"},
    {"ng inner", bad_ng_inner, 0, -EBADMSG,
     ": packet 1: damaged: enhanced packet block of 92 octets is shorter than its packet"},
    {"ng long", bad_ng_long, 0, -EBADMSG,
     ": packet 1: damaged: enhanced packet block of 2147483632 octets is longer than any packet"},
};

/* Reads to the end; the error at opening or reading, or 0. */
static int read_all(const uint8_t *data, size_t len, uint64_t *ret_nr, struct errmsg *e)
{
	struct capture_packet p;
	struct capture *c;
	int err = capture_open_memory(&c, "x.pcap", data, len, NULL, e);

	*ret_nr = 0;
	if (err)
		return err;
	while ((err = capture_next(c, &p, e)) == 1) {
		assert_int_equal(p.nr, *ret_nr + 1);
		*ret_nr = p.nr;
	}
	if (err) {
		struct errmsg again;

		/* The error stays. */
		assert_int_equal(capture_next(c, &p, &again), err);
		assert_string_equal(again.text, e->text);
	}
	capture_close(c);
	return err;
}

static void test_bad_files(void **state)
{
	static struct file f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(*bad_files); i++) {
		const struct bad_file *bad = &bad_files[i];
		struct errmsg e = {""};
		uint64_t nr;
		int err;

		memset(&f, 0, sizeof(f));
		bad->make(&f);
		err = read_all(f.data, f.len, &nr, &e);
		if (err != bad->err || nr != bad->good_nr || strncmp(e.text, "x.pcap", 6) ||
		    strncmp(e.text + 6, bad->msg, strlen(bad->msg)) || strchr(e.text, '\n'))
			fail_msg("%s: %d after %u: %s", bad->name, err, (unsigned int)nr, e.text);
	}
}

/* However a good file is cut: fewer packets. Whatever bit of it is wrong: no crash. */
static void test_any_damage(void **state)
{
	static struct file f;
	struct errmsg e;
	uint64_t nr;

	(void)state;
	for (int ng = 0; ng < 2; ng++) {
		memset(&f, 0, sizeof(f));
		if (ng) {
			ng_section(&f);
			ng_iface(&f, 1, 0, 9);
			ng_packet(&f, 0, 1, eth_udp, 60, 1);
			ng_packet(&f, 0, 1, eth_udp, 60, 1);
		} else {
			pcap_head(&f, 0xa1b2c3d4, 0, 113);
			good(&f, 1);
			good(&f, 1);
		}
		for (size_t len = 0; len < f.len; len++) {
			read_all(f.data, len, &nr, &e);
			assert_true(nr < 2);
		}
		for (size_t at = 0; at < f.len; at++)
			for (int bit = 0; bit < 8; bit++) {
				f.data[at] ^= (uint8_t)(1 << bit);
				read_all(f.data, f.len, &nr, &e);
				f.data[at] ^= (uint8_t)(1 << bit);
			}
	}
}

/* ---- link types ---- */

static const uint8_t multicast_ip[20] = {0x45, 0, 0,  20, 0, 0, 0,   0,   1, 99,
					 0,    0, 10, 0,  0, 2, 239, 129, 2, 3};

static const struct link_case {
	const char *name;
	uint32_t link;
	const char *header; /* in front of the IP packet */
	size_t header_len;
	const uint8_t *ip;
	size_t ip_len;
	const char *eth; /* 14 octets expected; NULL: not IP */
	bool outgoing;
} link_cases[] = {
    {"raw", 101, "", 0, IP_PACKET, IP_LEN, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false},
    {"dlt raw", 12, "", 0, IP_PACKET, IP_LEN, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false},
    {"raw multicast", 101, "", 0, multicast_ip, 20, "\1\0\x5e\1\2\3\2\0\0\0\1\1\10\0", false},
    {"raw v6", 101, "\x60", 1, IP_PACKET, IP_LEN, NULL, false},
    {"raw nothing", 101, "", 0, IP_PACKET, 0, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false},
    {"ipv4", 228, "", 0, IP_PACKET, IP_LEN, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false},
    {"null little", 0, "\2\0\0\0", 4, IP_PACKET, IP_LEN, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false},
    {"null big", 0, "\0\0\0\2", 4, IP_PACKET, IP_LEN, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false},
    {"null v6", 0, "\x1e\0\0\0", 4, IP_PACKET, IP_LEN, NULL, false},
    {"null short", 0, "\2\0", 2, IP_PACKET, 0, NULL, false},
    {"loop", 108, "\0\0\0\2", 4, IP_PACKET, IP_LEN, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false},
    {"sll host", 113, "\0\0\0\1\0\6\2\7\7\7\7\7\0\0\10\0", 16, IP_PACKET, IP_LEN,
     "\2\0\0\0\0\1\2\7\7\7\7\7\10\0", false},
    {"sll no address", 113, "\0\0\3\4\0\6\0\0\0\0\0\0\0\0\10\0", 16, IP_PACKET, IP_LEN,
     "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false},
    {"sll broadcast", 113, "\0\1\0\1\0\6\2\7\7\7\7\7\0\0\10\0", 16, IP_PACKET, IP_LEN,
     "\xff\xff\xff\xff\xff\xff\2\7\7\7\7\7\10\0", false},
    {"sll multicast", 113, "\0\2\0\1\0\6\2\7\7\7\7\7\0\0\10\0", 16, multicast_ip, 20,
     "\1\0\x5e\1\2\3\2\7\7\7\7\7\10\0", false},
    {"sll other", 113, "\0\3\0\1\0\6\2\7\7\7\7\7\0\0\10\0", 16, IP_PACKET, IP_LEN,
     "\2\0\0\0\2\1\2\7\7\7\7\7\10\0", false},
    {"sll outgoing", 113, "\0\4\0\1\0\6\2\7\7\7\7\7\0\0\10\0", 16, IP_PACKET, IP_LEN,
     "\2\0\0\0\1\1\2\7\7\7\7\7\10\0", true},
    {"sll netlink", 113, "\0\4\3\x38\0\0\0\0\0\0\0\0\0\0\10\0", 16, IP_PACKET, IP_LEN, NULL, false},
    {"sll arp", 113, "\0\0\0\1\0\6\2\7\7\7\7\7\0\0\10\6", 16, IP_PACKET, IP_LEN, NULL, false},
    {"sll short", 113, "\0\0\0\1\0\6\2\7\7\7\7\7\0\0\10", 15, IP_PACKET, 0, NULL, false},
    {"sll2 host", 276, "\10\0\0\0\0\0\0\3\0\1\0\6\2\7\7\7\7\7\0\0", 20, IP_PACKET, IP_LEN,
     "\2\0\0\0\0\1\2\7\7\7\7\7\10\0", false},
    {"sll2 outgoing", 276, "\10\0\0\0\0\0\0\3\0\1\4\6\2\7\7\7\7\7\0\0", 20, IP_PACKET, IP_LEN,
     "\2\0\0\0\1\1\2\7\7\7\7\7\10\0", true},
    {"ethernet v6", 1, "\2\0\0\0\0\1\2\0\0\0\1\1\x86\xdd", 14, IP_PACKET, IP_LEN, NULL, false},
    {"ethernet short", 1, "\2\0\0\0\0\1\2\0\0\0\1\1\10", 13, IP_PACKET, 0, NULL, false},
};

static void test_link_types(void **state)
{
	static struct file f;

	(void)state;
	for (size_t i = 0; i < sizeof(link_cases) / sizeof(*link_cases); i++) {
		const struct link_case *t = &link_cases[i];
		uint8_t data[256];
		size_t len = t->header_len + t->ip_len;
		struct capture_packet p;
		struct capture *c;
		struct errmsg e = {""};

		memset(&f, 0, sizeof(f));
		memcpy(data, t->header, t->header_len);
		memcpy(data + t->header_len, t->ip, t->ip_len);
		/* As simple pcapng packets where they can be: little room in front of the data. */
		if (t->link == 101) {
			size_t at;

			ng_section(&f);
			ng_iface(&f, 101, 0, -1);
			at = block_begin(&f, 3);
			put32(&f, (uint32_t)len);
			put(&f, data, len);
			block_end(&f, at);
		} else {
			pcap_head(&f, 0xa1b2c3d4, 0, t->link);
			pcap_claim(&f, 1, 0, (uint32_t)len, (uint32_t)len, data, len);
		}
		assert_int_equal(capture_open_memory(&c, t->name, f.data, f.len, NULL, &e), 0);
		assert_int_equal(capture_next(c, &p, &e), 1);
		if (p.not_ip != !t->eth || p.outgoing != t->outgoing || p.cut)
			fail_msg("%s: not_ip %d outgoing %d cut %d", t->name, p.not_ip, p.outgoing,
				 p.cut);
		if (t->eth) {
			assert_int_equal(p.len, 14 + t->ip_len);
			assert_int_equal(p.orig_len, p.len);
			assert_int_equal(p.ip_off, 14);
			if (memcmp(p.frame, t->eth, 14))
				fail_msg("%s: another MAC header", t->name);
			assert_memory_equal(p.frame + 14, t->ip, t->ip_len);
		}
		assert_int_equal(capture_next(c, &p, &e), 0);
		capture_close(c);
	}
}

static void test_vlan(void **state)
{
	static struct file f;
	struct capture_packet p;
	struct capture *c;
	struct errmsg e;
	uint8_t frame[68];

	(void)state;
	memset(&f, 0, sizeof(f));
	memcpy(frame, eth_udp, 12);
	memcpy(frame + 12, "\x88\xa8\0\5\x81\0\0\6", 8);
	memcpy(frame + 20, eth_udp + 12, 48);
	pcap_head(&f, 0xa1b2c3d4, 0, 1);
	pcap_claim(&f, 1, 0, 68, 68, frame, 68);
	/* The tag itself is cut off. */
	pcap_claim(&f, 1, 0, 17, 68, frame, 17);
	assert_int_equal(capture_open_memory(&c, "x", f.data, f.len, NULL, &e), 0);
	assert_int_equal(capture_next(c, &p, &e), 1);
	assert_false(p.not_ip);
	assert_int_equal(p.ip_off, 22);
	assert_int_equal(p.len, 68);
	assert_memory_equal(p.frame, frame, 68);
	assert_int_equal(capture_next(c, &p, &e), 1);
	assert_true(p.not_ip);
	capture_close(c);
}

/* Is what is missing part of the IP packet? */
static void test_cut(void **state)
{
	static const struct {
		uint32_t cap, orig;
		bool cut;
	} cases[] = {
	    {60, 60, false}, {59, 60, true},  {30, 60, true}, {14, 60, true},
	    {60, 64, false}, {60, 40, false}, /* saved by a program that has edited it */
	};
	static struct file f;
	struct capture_packet p;
	struct capture *c;
	struct errmsg e;

	(void)state;
	memset(&f, 0, sizeof(f));
	pcap_head(&f, 0xa1b2c3d4, 60, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		pcap_claim(&f, 1, 0, cases[i].cap, cases[i].orig, eth_udp, cases[i].cap);
	assert_int_equal(capture_open_memory(&c, "x", f.data, f.len, NULL, &e), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(capture_next(c, &p, &e), 1);
		assert_int_equal(p.len, cases[i].cap);
		assert_int_equal(p.cut, cases[i].cut);
	}
	capture_close(c);
}

/* ---- times, interfaces, octet orders ---- */

static const struct time_case {
	int tsresol;
	uint64_t t, ns;
} time_cases[] = {
    {-1, 1500000, 1500000000},
    {6, 1500000, 1500000000},
    {9, 1500000001, 1500000001},
    {0, 3, 3000000000},
    {12, 1500000001999, 1500000001},
    {0x80 | 1, 3, 1500000000},
    {0x80 | 32, (1ull << 32) + (1u << 31), 1500000000},
    {0x80 | 60, (1ull << 60) + (1ull << 59), 1500000000},
    {0x80 | 127, UINT64_MAX, 1999999999},
    {127, UINT64_MAX, 1},
};

static void test_times(void **state)
{
	static struct file f;

	(void)state;
	for (size_t i = 0; i < sizeof(time_cases) / sizeof(*time_cases); i++)
		for (int big = 0; big < 2; big++) {
			struct capture_packet p;
			struct capture *c;
			struct errmsg e;

			memset(&f, 0, sizeof(f));
			f.big = big;
			ng_section(&f);
			ng_iface(&f, 101, 0, -1);
			ng_iface(&f, 1, 0, time_cases[i].tsresol);
			ng_packet(&f, 1, time_cases[i].t, eth_udp, 60, 2);
			/* A new section begins with no interface. */
			f.big = !big;
			ng_section(&f);
			ng_iface(&f, 101, 0, 9);
			ng_packet(&f, 0, 1ull << 62, IP_PACKET, IP_LEN, 1);
			assert_int_equal(capture_open_memory(&c, "x", f.data, f.len, NULL, &e), 0);
			assert_int_equal(capture_next(c, &p, &e), 1);
			assert_int_equal(p.time_ns, time_cases[i].ns);
			assert_true(p.outgoing);
			assert_string_equal(capture_link_type(c), "Ethernet");
			assert_int_equal(capture_next(c, &p, &e), 1);
			assert_false(p.outgoing);
			assert_int_equal(p.time_ns, 1ull << 62);
			assert_string_equal(capture_link_type(c), "raw IP");
			assert_int_equal(capture_next(c, &p, &e), 0);
			capture_close(c);
		}
}

static void test_any_order(void **state)
{
	static struct file f;
	const struct capture_options opt = {.any_order = true};
	struct capture_packet p;
	struct capture *c;
	struct errmsg e;

	(void)state;
	memset(&f, 0, sizeof(f));
	bad_back(&f);
	assert_int_equal(capture_open_memory(&c, "x", f.data, f.len, &opt, &e), 0);
	assert_int_equal(capture_next(c, &p, &e), 1);
	assert_false(p.backwards);
	assert_int_equal(capture_next(c, &p, &e), 1);
	assert_true(p.backwards);
	assert_int_equal(p.time_ns, 5000000009);
	capture_close(c);
}

/* ---- files, pipes, gzip ---- */

static void make_many(struct file *f, unsigned int nr)
{
	memset(f, 0, sizeof(*f));
	pcap_head(f, 0xa1b2c3d4, 0, 1);
	for (unsigned int i = 0; i < nr; i++)
		good(f, i);
}

/* gzip in one member per `piece` octets. */
static size_t pack(const struct file *f, size_t piece, uint8_t *out, size_t max)
{
	size_t len = 0;

	for (size_t at = 0; at < f->len; at += piece) {
		size_t n = f->len - at < piece ? f->len - at : piece;
		z_stream z = {.next_in = (Bytef *)f->data + at, .avail_in = (unsigned int)n};

		assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
		z.next_out = out + len;
		z.avail_out = (unsigned int)(max - len);
		assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
		len = max - z.avail_out;
		deflateEnd(&z);
	}
	return len;
}

static void test_gzip(void **state)
{
	static struct file f;
	static uint8_t packed[1 << 16];
	struct errmsg e;
	size_t len;
	uint64_t nr;

	(void)state;
	make_many(&f, 500);
	for (size_t piece = 1000; piece < 70000; piece += 68000) {
		len = pack(&f, piece, packed, sizeof(packed));
		assert_int_equal(read_all(packed, len, &nr, &e), 0);
		assert_int_equal(nr, 500);
		/* What comes behind is ignored, as gunzip does. */
		memset(packed + len, 0, 100);
		assert_int_equal(read_all(packed, len + 100, &nr, &e), 0);
		assert_int_equal(nr, 500);
	}
	assert_int_equal(read_all(packed, len - 9, &nr, &e), -EBADMSG);
	assert_non_null(strstr(e.text, ": its gzip data ends too early: the file is cut off"));
	assert_int_equal(nr, 500);
	assert_int_equal(read_all(packed, len / 2, &nr, &e), -EBADMSG);
	assert_non_null(strstr(e.text, ": its gzip data ends too early"));
	assert_true(nr > 0 && nr < 500);
	packed[len - 6] ^= 1;
	assert_int_equal(read_all(packed, len, &nr, &e), -EBADMSG);
	assert_non_null(strstr(e.text, ": its gzip data is damaged"));
	assert_int_equal(read_all(packed, 1, &nr, &e), -ENODATA);
	assert_int_equal(read_all(packed, 2, &nr, &e), -EBADMSG);
}

static uint64_t count(struct capture *c)
{
	struct capture_packet p;
	struct errmsg e;
	int err;
	uint64_t nr = 0;

	while ((err = capture_next(c, &p, &e)) == 1) {
		assert_int_equal(p.len, 60);
		assert_memory_equal(p.frame, eth_udp, 60);
		nr++;
	}
	assert_int_equal(err, 0);
	return nr;
}

/* Read from a pipe that a child fills slowly, twice over when asked for. */
static void test_pipe(void **state)
{
	static struct file f;
	static uint8_t packed[1 << 16];

	(void)state;
	make_many(&f, 500);
	for (int mode = 0; mode < 4; mode++) {
		struct capture_options opt = {.twice = mode & 1};
		const uint8_t *data = mode & 2 ? packed : f.data;
		size_t len = mode & 2 ? pack(&f, 5000, packed, sizeof(packed)) : f.len;
		int fds[2], saved = dup(STDIN_FILENO);
		struct capture *c;
		struct errmsg e = {""};

		assert_int_equal(pipe(fds), 0);
		/* A pipe holds 64 KiB: all of it, with no need of a second process. */
		assert_true(len < 65536);
		assert_int_equal(write(fds[1], data, len), len);
		close(fds[1]);
		dup2(fds[0], STDIN_FILENO);
		close(fds[0]);
		assert_int_equal(capture_open(&c, "-", &opt, &e), 0);
		assert_string_equal(capture_name(c), "standard input");
		assert_int_equal(count(c), 500);
		if (opt.twice) {
			for (int i = 0; i < 2; i++) {
				assert_int_equal(capture_rewind(c, &e), 0);
				assert_int_equal(count(c), 500);
			}
		} else {
			assert_int_equal(capture_rewind(c, &e), -ESPIPE);
			assert_string_equal(e.text, "standard input: cannot be read a second time: "
						    "Illegal seek");
		}
		capture_close(c);
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
}

static void test_paths(void **state)
{
	static struct file f;
	char path[] = "/tmp/netparity-test.XXXXXX";
	int fd = mkstemp(path);
	struct capture *c;
	struct errmsg e;

	(void)state;
	make_many(&f, 10);
	assert_int_equal(write(fd, f.data, f.len), f.len);
	assert_int_equal(capture_open(&c, path, NULL, &e), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(count(c), 10);
		assert_int_equal(capture_rewind(c, &e), 0);
	}
	capture_close(c);
	close(fd);
	unlink(path);
	assert_int_equal(capture_open(&c, path, NULL, &e), -ENOENT);
	assert_non_null(strstr(e.text, ": No such file or directory"));
	assert_int_equal(capture_open(&c, "/tmp", NULL, &e), -EISDIR);
	assert_string_equal(e.text, "/tmp: a directory, not a capture");
}

/* ---- libpcap as the judge ---- */

static void against_libpcap(const struct file *f)
{
	char why[PCAP_ERRBUF_SIZE];
	FILE *mem = fmemopen((void *)(uintptr_t)f->data, f->len, "r");
	pcap_t *pcap =
	    pcap_fopen_offline_with_tstamp_precision(mem, PCAP_TSTAMP_PRECISION_NANO, why);
	struct capture_packet p;
	struct pcap_pkthdr *h;
	const u_char *data;
	struct capture *c;
	struct errmsg e;

	assert_non_null(pcap);
	assert_int_equal(capture_open_memory(&c, "x", f->data, f->len, NULL, &e), 0);
	while (pcap_next_ex(pcap, &h, &data) == 1) {
		assert_int_equal(capture_next(c, &p, &e), 1);
		assert_int_equal(p.time_ns,
				 (uint64_t)h->ts.tv_sec * 1000000000u + (uint64_t)h->ts.tv_usec);
		assert_int_equal(p.len, h->caplen);
		assert_int_equal(p.orig_len, h->len);
		assert_memory_equal(p.frame, data, p.len);
	}
	assert_int_equal(capture_next(c, &p, &e), 0);
	capture_close(c);
	pcap_close(pcap);
}

static void test_libpcap(void **state)
{
	static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d};
	static struct file f;

	(void)state;
	for (int i = 0; i < 4; i++) {
		memset(&f, 0, sizeof(f));
		f.big = i & 2;
		pcap_head(&f, magics[i & 1], 60, 1);
		for (uint32_t k = 0; k < 60; k++)
			pcap_claim(&f, 1700000000 + k, 123456 + k, k + 1, 60, eth_udp, k + 1);
		against_libpcap(&f);
	}
	for (int big = 0; big < 2; big++) {
		memset(&f, 0, sizeof(f));
		f.big = big;
		ng_section(&f);
		ng_iface(&f, 1, 0, 9);
		for (uint32_t k = 0; k < 60; k++) {
			ng_packet(&f, 0, 1700000000000000001u + k, eth_udp, k + 1, k & 3);
			if (k % 7 == 0)
				block_end(&f, block_begin(&f, 5));
		}
		against_libpcap(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bad_files),  cmocka_unit_test(test_any_damage),
	    cmocka_unit_test(test_link_types), cmocka_unit_test(test_vlan),
	    cmocka_unit_test(test_cut),        cmocka_unit_test(test_times),
	    cmocka_unit_test(test_any_order),  cmocka_unit_test(test_gzip),
	    cmocka_unit_test(test_pipe),       cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_libpcap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
