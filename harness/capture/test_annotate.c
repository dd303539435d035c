/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* An annotated copy has the same packets as its capture, and a comment on each. */
#include "harness/capture/test_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/capture/annotate.h"
#include "harness/capture/infer.h"

static const uint8_t sll_in[16] = { 0, 0, 0, 1, 0, 6, 2, 9, 9, 9, 9, 9, 0, 0, 8, 0 };
static const uint8_t sll_out[16] = { 0, 4, 0, 1, 0, 6, 2, 9, 9, 9, 9, 9, 0, 0, 8, 0 };

static char dir[] = "/tmp/netparity-test.XXXXXX";
static char in_path[64], out_path[64];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(in_path, sizeof(in_path), "%s/in.pcapng", dir);
	snprintf(out_path, sizeof(out_path), "%s/out.pcapng", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(in_path);
	unlink(out_path);
	return rmdir(dir);
}

static void save(const struct file *f, const char *path)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(f->data, 1, f->len, out), f->len);
	assert_int_equal(fclose(out), 0);
}

/* Four packets: in, out, in cooked, no IP; and a fifth that is cut off. */
static void make_capture(void)
{
	static struct file f;
	uint8_t cooked[16 + IP_LEN], arp[60];

	memset(&f, 0, sizeof(f));
	ng_section(&f);
	ng_iface(&f, 1, 0, 9);
	ng_iface(&f, 113, 0, 9);
	ng_packet(&f, 0, 1000, eth_udp, sizeof(eth_udp), 0);
	memcpy(cooked, sll_out, 16);
	memcpy(cooked + 16, IP_PACKET, IP_LEN);
	ng_packet(&f, 1, 1001, cooked, sizeof(cooked), 0);
	memcpy(cooked, sll_in, 16);
	ng_packet(&f, 1, 1002, cooked, sizeof(cooked) - 1, 0);
	memcpy(arp, eth_udp, sizeof(arp));
	arp[13] = 6;
	ng_packet(&f, 0, 1003, arp, sizeof(arp), 0);
	ng_packet(&f, 0, 1004, eth_udp, sizeof(eth_udp), 0);
	ng_packet(&f, 0, 1005, eth_udp, sizeof(eth_udp), 0);
	f.len -= 4;
	save(&f, in_path);
}

static void same_packets(const char *a_path, const char *b_path, unsigned int nr)
{
	struct capture_packet p, q;
	struct capture_raw pr, qr;
	struct capture *a, *b;
	struct errmsg e;

	assert_int_equal(capture_open(&a, a_path, NULL, &e), 0);
	assert_int_equal(capture_open(&b, b_path, NULL, &e), 0);
	for (unsigned int i = 0; i < nr; i++) {
		assert_int_equal(capture_next(a, &p, &e), 1);
		assert_int_equal(capture_next(b, &q, &e), 1);
		assert_int_equal(p.time_ns, q.time_ns);
		assert_int_equal(p.orig_len, q.orig_len);
		assert_int_equal(p.len, q.len);
		assert_memory_equal(p.frame, q.frame, p.len);
		assert_int_equal(p.outgoing, q.outgoing);
		capture_raw(a, &pr);
		capture_raw(b, &qr);
		assert_int_equal(pr.link_type, qr.link_type);
		assert_int_equal(pr.head_len, qr.head_len);
		assert_memory_equal(pr.head, qr.head, pr.head_len);
		assert_int_equal(pr.body_len, qr.body_len);
		assert_memory_equal(pr.body, qr.body, pr.body_len);
	}
	assert_int_equal(capture_next(b, &q, &e), 0);
	capture_close(a);
	capture_close(b);
}

/* These texts, in this order, and so many comments in all. */
static void has_comments(const char *const *texts, size_t text_nr)
{
	static char data[1 << 16];
	FILE *in = fopen(out_path, "r");
	size_t len = fread(data, 1, sizeof(data), in), at = 0, nr = 0;

	fclose(in);
	for (size_t i = 0; i < text_nr; i++) {
		const char *found = memmem(data + at, len - at, texts[i], strlen(texts[i]));

		if (!found)
			fail_msg("no comment \"%s\"", texts[i]);
		at = (size_t)(found - data) + strlen(texts[i]);
	}
	for (size_t i = 0; i + 11 < len; i++)
		nr += !memcmp(data + i, "netparity: ", 11);
	assert_int_equal(nr, text_nr);
}

static void make_world(struct world *w)
{
	struct errmsg e;

	world_init(w, "test");
	assert_int_equal(world_add_line(w, "addr add 10.0.0.1/24 dev eth0", 1, &e), 0);
	assert_int_equal(world_finish(w, &e), 0);
}

static void test_copy(void **state)
{
	static const char *const comments[] = {
		"netparity: the stacks",
		"netparity: no difference",
		"netparity: not replayed: sent by the host itself",
		"netparity: differs: Udp.InDatagrams",
		"netparity: not replayed: not IPv4",
		"netparity: not replayed",
	};
	struct annotate_options opt = { .out = out_path,
					.capture = in_path,
					.title = "netparity: the stacks" };
	struct world world;
	struct annotate *a;
	struct errmsg e = { "" };

	(void)state;
	make_capture();
	make_world(&world);
	opt.world = &world;
	assert_int_equal(annotate_open(&a, &opt, &e), 0);
	assert_int_equal(annotate_packet(a, 1, "netparity: no difference", &e), 0);
	assert_int_equal(annotate_packet(a, 3, "netparity: differs: Udp.InDatagrams", &e), 0);
	assert_int_equal(annotate_close(a, &e), 0);
	same_packets(in_path, out_path, 5);
	has_comments(comments, sizeof(comments) / sizeof(*comments));
	world_done(&world);
}

static void test_refusals(void **state)
{
	struct annotate_options opt = { .out = out_path, .capture = "-" };
	struct world world;
	struct annotate *a;
	struct errmsg e = { "" };

	(void)state;
	make_capture();
	make_world(&world);
	opt.world = &world;
	assert_int_equal(annotate_open(&a, &opt, &e), -EINVAL);
	assert_non_null(strstr(e.text, "save it to a file first"));
	opt.capture = opt.out = in_path;
	assert_int_equal(annotate_open(&a, &opt, &e), -EINVAL);
	assert_non_null(strstr(e.text, "is the capture itself"));
	opt.out = "/nowhere/at/all";
	assert_int_equal(annotate_open(&a, &opt, &e), -ENOENT);
	assert_string_equal(e.text,
			    "/nowhere/at/all: cannot be written: No such file or directory");
	/* The device that is always full; the error comes when the buffer is written, at the end.
	 */
	opt.out = "/dev/full";
	assert_int_equal(annotate_open(&a, &opt, &e), 0);
	assert_int_equal(annotate_packet(a, 5, "x", &e), 0);
	assert_int_equal(annotate_close(a, &e), -ENOSPC);
	assert_string_equal(e.text, "/dev/full: cannot be written: No space left on device");
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
