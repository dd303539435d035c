/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Captures made octet by octet: what is read of good ones, and that libpcap reads the same where
 * it reads at all.
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
#include "harness/capture/test_file.h"

/* ---- link types ---- */

static const uint8_t multicast_ip[20] = { 0x45, 0, 0,  20, 0, 0, 0,   0,   1, 99,
					  0,	0, 10, 0,  0, 2, 239, 129, 2, 3 };

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
	{ "raw", 101, "", 0, IP_PACKET, IP_LEN, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false },
	{ "dlt raw", 12, "", 0, IP_PACKET, IP_LEN, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false },
	{ "raw multicast", 101, "", 0, multicast_ip, 20, "\1\0\x5e\1\2\3\2\0\0\0\1\1\10\0", false },
	{ "raw v6", 101, "\x60", 1, IP_PACKET, IP_LEN, NULL, false },
	{ "raw nothing", 101, "", 0, IP_PACKET, 0, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false },
	{ "ipv4", 228, "", 0, IP_PACKET, IP_LEN, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false },
	{ "null little", 0, "\2\0\0\0", 4, IP_PACKET, IP_LEN, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0",
	  false },
	{ "null big", 0, "\0\0\0\2", 4, IP_PACKET, IP_LEN, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false },
	{ "null v6", 0, "\x1e\0\0\0", 4, IP_PACKET, IP_LEN, NULL, false },
	{ "null short", 0, "\2\0", 2, IP_PACKET, 0, NULL, false },
	{ "loop", 108, "\0\0\0\2", 4, IP_PACKET, IP_LEN, "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false },
	{ "sll host", 113, "\0\0\0\1\0\6\2\7\7\7\7\7\0\0\10\0", 16, IP_PACKET, IP_LEN,
	  "\2\0\0\0\0\1\2\7\7\7\7\7\10\0", false },
	{ "sll no address", 113, "\0\0\3\4\0\6\0\0\0\0\0\0\0\0\10\0", 16, IP_PACKET, IP_LEN,
	  "\2\0\0\0\0\1\2\0\0\0\1\1\10\0", false },
	{ "sll broadcast", 113, "\0\1\0\1\0\6\2\7\7\7\7\7\0\0\10\0", 16, IP_PACKET, IP_LEN,
	  "\xff\xff\xff\xff\xff\xff\2\7\7\7\7\7\10\0", false },
	{ "sll multicast", 113, "\0\2\0\1\0\6\2\7\7\7\7\7\0\0\10\0", 16, multicast_ip, 20,
	  "\1\0\x5e\1\2\3\2\7\7\7\7\7\10\0", false },
	{ "sll other", 113, "\0\3\0\1\0\6\2\7\7\7\7\7\0\0\10\0", 16, IP_PACKET, IP_LEN,
	  "\2\0\0\0\2\1\2\7\7\7\7\7\10\0", false },
	{ "sll outgoing", 113, "\0\4\0\1\0\6\2\7\7\7\7\7\0\0\10\0", 16, IP_PACKET, IP_LEN,
	  "\2\0\0\0\1\1\2\7\7\7\7\7\10\0", true },
	{ "sll netlink", 113, "\0\4\3\x38\0\0\0\0\0\0\0\0\0\0\10\0", 16, IP_PACKET, IP_LEN, NULL,
	  false },
	{ "sll arp", 113, "\0\0\0\1\0\6\2\7\7\7\7\7\0\0\10\6", 16, IP_PACKET, IP_LEN, NULL, false },
	{ "sll short", 113, "\0\0\0\1\0\6\2\7\7\7\7\7\0\0\10", 15, IP_PACKET, 0, NULL, false },
	{ "sll2 host", 276, "\10\0\0\0\0\0\0\3\0\1\0\6\2\7\7\7\7\7\0\0", 20, IP_PACKET, IP_LEN,
	  "\2\0\0\0\0\1\2\7\7\7\7\7\10\0", false },
	{ "sll2 outgoing", 276, "\10\0\0\0\0\0\0\3\0\1\4\6\2\7\7\7\7\7\0\0", 20, IP_PACKET, IP_LEN,
	  "\2\0\0\0\1\1\2\7\7\7\7\7\10\0", true },
	{ "ethernet v6", 1, "\2\0\0\0\0\1\2\0\0\0\1\1\x86\xdd", 14, IP_PACKET, IP_LEN, NULL,
	  false },
	{ "ethernet short", 1, "\2\0\0\0\0\1\2\0\0\0\1\1\10", 13, IP_PACKET, 0, NULL, false },
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
		struct errmsg e = { "" };

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
		{ 60, 60, false }, { 59, 60, true },  { 30, 60, true }, { 14, 60, true },
		{ 60, 64, false }, { 60, 40, false }, /* saved by a program that has edited it */
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
	{ -1, 1500000, 1500000000 },
	{ 6, 1500000, 1500000000 },
	{ 9, 1500000001, 1500000001 },
	{ 0, 3, 3000000000 },
	{ 12, 1500000001999, 1500000001 },
	{ 0x80 | 1, 3, 1500000000 },
	{ 0x80 | 32, (1ull << 32) + (1u << 31), 1500000000 },
	{ 0x80 | 60, (1ull << 60) + (1ull << 59), 1500000000 },
	{ 0x80 | 127, UINT64_MAX, 1999999999 },
	{ 127, UINT64_MAX, 1 },
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
	const struct capture_options opt = { .any_order = true };
	struct capture_packet p;
	struct capture *c;
	struct errmsg e;

	(void)state;
	memset(&f, 0, sizeof(f));
	packet_back(&f);
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
		z_stream z = { .next_in = (Bytef *)f->data + at, .avail_in = (unsigned int)n };

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
		struct capture_options opt = { .twice = mode & 1 };
		const uint8_t *data = mode & 2 ? packed : f.data;
		size_t len = mode & 2 ? pack(&f, 5000, packed, sizeof(packed)) : f.len;
		int fds[2], saved = dup(STDIN_FILENO);
		struct capture *c;
		struct errmsg e = { "" };

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
	static const uint32_t magics[] = { 0xa1b2c3d4, 0xa1b23c4d };
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
		cmocka_unit_test(test_link_types), cmocka_unit_test(test_vlan),
		cmocka_unit_test(test_cut),	   cmocka_unit_test(test_times),
		cmocka_unit_test(test_any_order),  cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_pipe),	   cmocka_unit_test(test_paths),
		cmocka_unit_test(test_libpcap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
