/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Bad captures: the packets before the fault are read, then one clear line says what is wrong. */
#include <errno.h>
#include <string.h>

#include "harness/capture/capture.h"
#include "harness/capture/test_file.h"

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

static void bad_garbage(struct file *f)
{
	pcap_head(f, 0xa1b2c3d4, 65535, 1);
	good(f, 1);
	for (int i = 0; i < 200; i++)
		put(f, &(uint8_t){ (uint8_t)(i * 37 + 11) }, 1);
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
	{ "empty", bad_empty, 0, -ENODATA, ": empty: a capture begins with a file header" },
	{ "2 octets", bad_two_octets, 0, -ENODATA,
	  ": cut off: the file ends 2 octets into a piece of 4" },
	{ "text", bad_text, 0, -EINVAL,
	  ": neither pcap nor pcapng (it begins with 68 65 6c 6c): " },
	{ "header", bad_header, 0, -ENODATA,
	  ": cut off: the file ends 10 octets into a piece of 24" },
	{ "version", bad_version, 0, -EPROTONOSUPPORT,
	  ": pcap version 9.4, only 2.4 is read here" },
	{ "link", bad_link, 0, -EPROTONOSUPPORT,
	  ": link type 9 is not known here; known are: Ethernet, raw IP, raw IPv4, Linux cooked "
	  "v1, "
	  "Linux cooked v2, BSD null, BSD loop" },
	{ "record", bad_record, 1, -ENODATA, ": packet 2: cut off: the file ends 7 octets into" },
	{ "data", bad_data, 1, -ENODATA,
	  ": packet 2: cut off: the file ends 75 octets into a piece of 76" },
	{ "snap", bad_snap, 1, -EBADMSG,
	  ": packet 2: 60 octets, longer than the snap length of the file, 59: one of" },
	{ "huge", bad_huge, 1, -EBADMSG,
	  ": packet 2: damaged: a length of 4294967280 octets (the most" },
	{ "back", packet_back, 1, -EINVAL,
	  ": packet 2: its time is 0.000000001 s before that of packet 1: sort it with" },
	{ "garbage", bad_garbage, 1, -EBADMSG, ": packet 2: damaged: a length of " },
	{ "xz", bad_xz, 0, -EPROTONOSUPPORT,
	  ": packed with xz, only gzip is read here: unpack it first" },
	{ "ng order", bad_ng_order, 0, -EBADMSG,
	  ": damaged: a section header without its octet-order" },
	{ "ng iface", bad_ng_iface, 1, -EBADMSG,
	  ": packet 2: damaged: it is of interface 7, but the" },
	{ "ng no iface", bad_ng_no_iface, 0, -EBADMSG,
	  ": packet 1: damaged: a packet before any inter" },
	{ "ng cut", bad_ng_cut, 1, -ENODATA,
	  ": packet 2: cut off: the file ends 72 octets into a " },
	{ "ng cut other", bad_ng_cut_other, 1, -ENODATA,
	  ": packet 2: cut off: the file ends 392 octets" },
	{ "ng snap", bad_ng_snap, 1, -EBADMSG,
	  ": packet 2: 60 octets, longer than the snap length of" },
	{ "ng link", bad_ng_link, 1, -EPROTONOSUPPORT,
	  ": packet 2: link type 9 is not known here; " },
	{ "ng trailer", bad_ng_trailer, 0, -EBADMSG,
	  ": packet 1: damaged: enhanced packet block of 92 octets ends with another length" },
	{ "ng short", bad_ng_short, 0, -EBADMSG,
	  ": packet 1: damaged: interface description block of 12 octets is too short" },
	{ "ng inner", bad_ng_inner, 0, -EBADMSG,
	  ": packet 1: damaged: enhanced packet block of 92 octets is shorter than its packet" },
	{ "ng long", bad_ng_long, 0, -EBADMSG,
	  ": packet 1: damaged: enhanced packet block of 2147483632 octets is longer than any "
	  "packet" },
};

static void test_bad_files(void **state)
{
	static struct file f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(*bad_files); i++) {
		const struct bad_file *bad = &bad_files[i];
		struct errmsg e = { "" };
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_any_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
