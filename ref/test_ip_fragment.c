/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Reassembly, fragment by fragment. The rows of sets[] say what Linux 6.18 did with these
 * fragments; 26,000 generated sets were compared when this was written, and the conformance cases
 * hold the interval pairs.
 */
#include <errno.h>

#include "ref/test_host.h"

#include "ref/inet_frag.h"
#include "ref/uapi.h"

#define PROTO 253

/*
 * Fragments: "offset:length" then + (more fragments), D (DF), R (reserved bit), eN (ECN codepoint),
 * oN (N words of NOP options). Each octet of a payload is the number of its fragment.
 * result: length, the fragment each 8 octets came from, then ".TOS" and D as delivered; "":
 * nothing.
 */
struct set_row {
	const char *frags, *result, *mib, *drops;
};

#define REQ(n)	   " Ip.ReasmReqds=" n
#define OK(n)	   REQ(n) " Ip.ReasmOKs=1"
#define FAIL(n)	   REQ(n) " Ip.ReasmFails=1"
#define OVERLAP(n) FAIL(n) " IpExt.ReasmOverlaps=1"
#define NOT	   " NOT_SPECIFIED"
#define DUP	   " DUP_FRAG"

static const struct set_row sets[] = {
	/* Order. */
	{ "0:16+ 16:8+ 24:5", "29 0012", OK("3"), "" },
	{ "24:5 16:8+ 0:16+", "29 2210", OK("3"), "" },
	{ "16:8+ 0:16+ 24:5", "29 1102", OK("3"), "" },
	{ "16:8+ 24:5 0:16+", "29 2201", OK("3"), "" },
	{ "0:16 ", "16 00", "", "" },
	{ "0:8+", "", REQ("1"), "" },
	/* Lengths that are no multiple of 8. */
	{ "0:13+ 8:9", "17 011", OK("2"), "" },
	{ "0:8+ 8:7+", "", FAIL("2"), NOT },
	{ "0:8+ 8:0+", "", FAIL("2"), NOT },
	{ "0:8+ 8:0", "", FAIL("2"), NOT },
	{ "0:0+", "", FAIL("1"), NOT },
	{ "8:1", "", REQ("1"), "" },
	/* Ends that disagree. */
	{ "8:16+ 8:8", "", FAIL("2"), NOT },
	{ "8:8 8:16", "", FAIL("2"), NOT },
	{ "8:8 16:8+", "", FAIL("2"), NOT },
	{ "8:16 0:8+ ", "24 100", OK("2"), "" },
	{ "16:8 8:8+ 0:8+", "24 210", OK("3"), "" },
	{ "8:8+ 8:8 0:8+", "16 20", OK("3"), DUP },
	{ "0:16+ 8:8", "", REQ("2"), DUP },
	{ "16:8 16:8+ 0:16+", "24 220", OK("3"), DUP },
	/* Duplicates: the first copy stays. */
	{ "0:16+ 0:16+ 16:4", "20 002", OK("3"), DUP },
	{ "0:24+ 8:8+ 24:4", "28 0002", OK("3"), DUP },
	{ "0:8+ 8:8+ 16:8+ 0:16+ 24:4", "28 0124", OK("5"), DUP },
	{ "0:8+ 8:8+ 16:8+ 8:16+ 24:4", "28 0124", OK("5"), DUP },
	{ "0:8+ 8:8+ 16:8+ 0:24+ 24:4", "28 0124", OK("5"), DUP },
	/* The same octets, but they came in another order: each is a run of its own. */
	{ "16:8+ 8:8+ 0:8+ 0:16+", "", OVERLAP("4"), NOT },
	{ "16:8+ 8:8+ 0:8+ 8:8+ 24:4", "28 2104", OK("5"), DUP },
	{ "8:8+ 16:8+ 0:8+ 8:16+ 24:4", "28 2014", OK("5"), DUP },
	{ "8:8+ 16:8+ 0:8+ 0:16+", "", OVERLAP("4"), NOT },
	/* Overlaps. */
	{ "0:16+ 8:16+", "", OVERLAP("2"), NOT },
	{ "8:16+ 0:16+", "", OVERLAP("2"), NOT },
	{ "8:8+ 0:24+", "", OVERLAP("2"), NOT },
	{ "0:8+ 0:16+", "", OVERLAP("2"), NOT },
	{ "8:8+ 0:16+", "", OVERLAP("2"), NOT },
	{ "0:8+ 16:8+ 8:16+", "", OVERLAP("3"), NOT },
	{ "0:8+ 16:8+ 0:24+", "", OVERLAP("3"), NOT },
	{ "0:16+ 8:16+ 0:16+ 16:4", "20 223",
	  REQ("4") " Ip.ReasmOKs=1 Ip.ReasmFails=1"
		   " IpExt.ReasmOverlaps=1",
	  NOT },
	/* Header: of the fragment at 0; options of the others are cut off. */
	{ "8:8o2 0:8+o3", "16 10", OK("2"), "" },
	{ "8:8D 0:8+D", "16 10D", OK("2"), "" },
	{ "0:16+D 16:8", "24 001D", OK("2"), "" },
	{ "0:8+D 8:16", "24 011", OK("2"), "" },
	{ "0:8+R 8:8R", "16 01", OK("2"), "" },
	/* ECN. */
	{ "0:8+e1 8:8e1", "16 01.1", OK("2"), "" },
	{ "0:8+e2 8:8e1", "16 01.2", OK("2"), "" },
	{ "0:8+e2 8:8e3", "16 01.3", OK("2"), "" },
	{ "0:8+e1 8:8e3", "16 01.3", OK("2"), "" },
	{ "0:8+e3 8:8e3", "16 01.3", OK("2"), "" },
	{ "0:8+ 8:8e3", "", FAIL("2"), "" },
	{ "0:8+ 8:8e1", "", FAIL("2"), "" },
	{ "0:8+e2 8:8", "", FAIL("2"), "" },
	{ "0:8+ 0:8+e3 8:8", "16 02", OK("3"), DUP },
	/* Size. */
	{ "65512:3 0:65512+", "65515 0", OK("2"), "" },
	{ "65512:4 0:65512+", "", FAIL("2"), "" },
	{ "65512:3 0:32768+o1 32768:32744+", "", FAIL("3"), "" },
	{ "65528:8+", "", REQ("1"), "" },
};

static struct test_host *host_new(enum ref_profile profile, int *ret_fd)
{
	struct test_host *th = test_host_new(profile, 0);

	*ret_fd = ref_socket(th->net, REF_AF_INET, REF_SOCK_RAW, PROTO);
	assert_true(*ret_fd >= 0);
	return th;
}

/* One fragment in the words of set_row; each call of a set takes the next number. */
static void frag_send(struct test_host *th, const char **text, unsigned int nr, uint32_t saddr)
{
	static uint8_t payload[65536], nops[40];
	char *s;
	unsigned long off = strtoul(*text, &s, 10), len = strtoul(s + 1, &s, 10);
	struct test_packet p = { .protocol = PROTO, .saddr = saddr, .data = payload };

	memset(nops, 1, sizeof(nops));
	memset(payload, (int)nr, len);
	p.data_len = len;
	p.frag_off = (uint16_t)(off / 8);
	p.opt = nops;
	for (; *s && *s != ' '; s++) {
		switch (*s) {
		case '+':
			p.frag_off |= IP_MF;
			break;
		case 'D':
			p.frag_off |= IP_DF;
			break;
		case 'R':
			p.frag_off |= IP_CE;
			break;
		case 'e':
			p.tos = (uint8_t)(*++s - '0');
			break;
		case 'o':
			p.opt_len = (size_t)(*++s - '0') * 4;
			break;
		}
	}
	while (*s == ' ')
		s++;
	*text = s;
	test_host_send(th, &p);
}

/* What the raw socket has, in the words of set_row. */
static const char *delivered(struct test_host *th, int fd)
{
	static char text[64];
	static uint8_t buf[65536];
	struct ref_msg msg = { .buf = buf, .buf_len = sizeof(buf) };
	long len = ref_recvmsg(th->net, fd, &msg, 0);
	size_t ihl, at;

	text[0] = 0;
	if (len < 0)
		return text;
	ihl = (size_t)(buf[0] & 15) * 4;
	assert_int_equal(wire_get16(buf + 2), len);
	assert_int_equal(ip_fast_csum(buf, (unsigned int)ihl), 0);
	at = (size_t)snprintf(text, sizeof(text), "%ld ", len - (long)ihl);
	for (size_t i = 0; i < (size_t)len - ihl && i < 64; i += 8)
		if (len - (long)ihl < 1000 || i == 0)
			text[at++] = (char)('0' + buf[ihl + i]);
	/* The big ones: every octet, the last ones from the small fragment. */
	for (size_t i = 0; len > 1000 && i < (size_t)len - ihl; i++)
		assert_int_equal(buf[ihl + i], i < 65512 ? 1 : 0);
	if (len > 1000)
		text[at - 1] = '0';
	text[at] = 0;
	if (buf[1])
		at += (size_t)snprintf(text + at, sizeof(text) - at, ".%d", buf[1]);
	if (wire_get16(buf + 6) == IP_DF)
		snprintf(text + at, sizeof(text) - at, "D");
	else
		assert_int_equal(wire_get16(buf + 6), 0);
	return text;
}

static void set_run(struct test_host *th, const struct set_row *row, uint32_t saddr, int fd)
{
	uint64_t before[MIB_NR];
	char drops[512] = "";
	const char *text = row->frags;

	memcpy(before, ref_mib(th->net), sizeof(before));
	for (unsigned int nr = 0; *text; nr++) {
		frag_send(th, &text, nr, saddr);
		strncat(drops, test_host_drops(th), sizeof(drops) - strlen(drops) - 1);
	}
	memcpy(th->mib, before, sizeof(before));
	if (strcmp(test_host_mib(th), row->mib) != 0)
		fail_msg("%s: counted%s, not%s", row->frags, test_host_mib(th), row->mib);
	assert_string_equal(drops, row->drops);
	text = delivered(th, fd);
	if (strcmp(text, row->result) != 0)
		fail_msg("%s: delivered '%s', not '%s'", row->frags, text, row->result);
}

static void sets_as_linux(void **state)
{
	int fd;
	struct test_host *th = host_new(REF_LINUX_6_18, &fd);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		set_run(th, &sets[i], 0x0a000100u + (uint32_t)i, fd);
	/* All that is left goes when its time has come, and its memory with it. */
	ref_step(th->net, &(struct ref_event){ .type = REF_EV_TIME, .now_ns = 31000000000u });
	assert_int_equal(th->net->frags.mem, 0);
	for (i = 0; i < INETFRAGS_HASHSZ; i++)
		assert_null(th->net->frags.hash[i]);
	for (i = 0; i < INETFRAGS_SRC_HASHSZ; i++) {
		assert_int_equal(th->net->frags.source[i].queue_nr, 0);
		assert_null(th->net->frags.source[i].next);
	}
	test_host_free(th);
}

/* 6.1 has no reasons for fragments, and says what a bad datagram loses. */
static void reasons_of_6_1(void **state)
{
	static const struct set_row rows[] = {
		{ "0:8+ 0:8+", "", REQ("2"), NOT },
		{ "0:8+ 16:8+ 0:16+", "", OVERLAP("3"), NOT NOT NOT },
		{ "0:8+ 8:8e3", "", FAIL("2"), NOT NOT },
	};
	int fd;
	struct test_host *th = host_new(REF_LINUX_6_1, &fd);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		set_run(th, &rows[i], 0x0a000100u + (uint32_t)i, fd);
	test_host_free(th);
}

static void send_text(struct test_host *th, const char *text, uint32_t saddr)
{
	for (unsigned int nr = 0; *text; nr++)
		frag_send(th, &text, nr, saddr);
}

/* The time that passes until a queue is given up, and who is told. */
static void timeout(void **state)
{
	static const struct {
		const char *frags, *drops, *mib;
		bool icmp;
	} rows[] = {
		{ "0:16+ 32:8+", " FRAG_REASM_TIMEOUT FRAG_REASM_TIMEOUT",
		  " Ip.OutRequests=1 Ip.ReasmTimeout=1 Ip.ReasmFails=1 Ip.OutTransmits=1"
		  " IpExt.OutOctets=64 Icmp.OutMsgs=1 Icmp.OutTimeExcds=1 IcmpMsg.OutType11=1",
		  true },
		{ "8:16+ 32:8+", " FRAG_REASM_TIMEOUT FRAG_REASM_TIMEOUT",
		  " Ip.ReasmTimeout=1 Ip.ReasmFails=1", false },
	};
	const struct ref_event late = { .type = REF_EV_TIME, .now_ns = 30000000001u };
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd;
		struct test_host *th = host_new(REF_LINUX_6_18, &fd);
		const uint8_t *icmp;

		th->now_ns = 1;
		send_text(th, rows[i].frags, TH_PEER);
		assert_int_equal(ref_next_timer(th->net), 30000000001u);
		ref_step(th->net,
			 &(struct ref_event){ .type = REF_EV_TIME, .now_ns = 30000000000u });
		memcpy(th->mib, ref_mib(th->net), sizeof(th->mib));
		th->update = ref_step(th->net, &late);
		assert_string_equal(test_host_drops(th), rows[i].drops);
		assert_string_equal(test_host_mib(th), rows[i].mib);
		icmp = test_host_emitted(th, 0, &len);
		assert_int_equal(icmp != NULL, rows[i].icmp);
		if (icmp) {
			/* Quotes the first fragment only, as it came. */
			assert_int_equal(len, 20 + 8 + 20 + 16);
			assert_int_equal(icmp[20], 11);
			assert_int_equal(icmp[21], 1);
			assert_int_equal(wire_get16(icmp + 28 + 2), 36);
			assert_int_equal(wire_get16(icmp + 28 + 6), IP_MF);
		}
		assert_int_equal(th->net->frags.mem, 0);
		test_host_free(th);
	}
}

/* No answer to what came as a link broadcast. */
static void timeout_broadcast(void **state)
{
	int fd;
	struct test_host *th = host_new(REF_LINUX_6_18, &fd);
	size_t len;

	(void)state;
	test_host_send(th, &(struct test_packet){ .protocol = PROTO,
						  .frag_off = IP_MF,
						  .fill_len = 16,
						  .link_broadcast = true });
	th->update = ref_step(th->net,
			      &(struct ref_event){ .type = REF_EV_TIME, .now_ns = 31000000000u });
	assert_string_equal(test_host_drops(th), " FRAG_REASM_TIMEOUT");
	assert_null(test_host_emitted(th, 0, &len));
	test_host_free(th);
}

/* 64 fragments of the source in between are not too many, 65 are. */
static void distance(void **state)
{
	static const struct {
		unsigned int others;
		const char *max_dist, *result, *drops;
	} rows[] = {
		{ 63, "64", "24 001", "" },
		{ 64, "64", "", " FRAG_TOO_FAR" },
		{ 64, "65", "24 001", "" },
		{ 200, "0", "24 001", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd;
		struct test_host *th = host_new(REF_LINUX_6_18, &fd);
		const char *text = "16:8";

		test_host_sysctl(th, "net.ipv4.ipfrag_max_dist", rows[i].max_dist);
		send_text(th, "0:16+", TH_PEER);
		for (unsigned int k = 0; k < rows[i].others; k++)
			test_host_send(
				th, &(struct test_packet){ .protocol = 1,
							   .frag_off = (uint16_t)(IP_MF | (k + 1)),
							   .fill_len = 8 });
		/* Others do not count. */
		send_text(th, "0:8+ 8:8+ 16:8+", 0x0a000003u);
		frag_send(th, &text, 1, TH_PEER);
		assert_string_equal(test_host_drops(th), rows[i].drops);
		assert_string_equal(delivered(th, fd), rows[i].result);
		test_host_free(th);
	}
}

/*
 * The queue that starts again forgets all but the sizes of its largest fragments: seen on 6.18 as
 * a datagram without DF though all its own fragments had it.
 */
static void distance_keeps_sizes(void **state)
{
	int fd;
	struct test_host *th = host_new(REF_LINUX_6_18, &fd);

	(void)state;
	test_host_sysctl(th, "net.ipv4.ipfrag_max_dist", "1");
	send_text(th, "0:64+", TH_PEER);
	for (unsigned int k = 0; k < 3; k++)
		test_host_send(th, &(struct test_packet){ .protocol = 1,
							  .frag_off = (uint16_t)(IP_MF | (k + 1)),
							  .fill_len = 8 });
	send_text(th, "0:16+D 16:8D", TH_PEER);
	assert_string_equal(delivered(th, fd), "24 001");
	test_host_free(th);
}

/* Charged as the kernel does: 200 octets a queue, and the true size of each frame. */
static void memory_limit(void **state)
{
	int fd;
	struct test_host *th = host_new(REF_LINUX_6_18, &fd);

	(void)state;
	send_text(th, "0:32+", TH_PEER);
	assert_int_equal(th->net->frags.mem, 200 + 768);
	/* They may meet, but not cross. */
	assert_int_equal(ref_sysctl_set(th->net, "net.ipv4.ipfrag_low_thresh", "4194305"), -EINVAL);
	assert_int_equal(ref_sysctl_set(th->net, "net.ipv4.ipfrag_high_thresh", "3145727"),
			 -EINVAL);
	test_host_sysctl(th, "net.ipv4.ipfrag_high_thresh", "3145728");
	test_host_sysctl(th, "net.ipv4.ipfrag_low_thresh", "0");
	test_host_sysctl(th, "net.ipv4.ipfrag_high_thresh", "968");
	/* Not above it: one more is taken. */
	send_text(th, "64:8+", TH_PEER);
	assert_string_equal(test_host_drops(th), "");
	assert_int_equal(th->net->frags.mem, 200 + 768 + 704);
	send_text(th, "32:8+", TH_PEER);
	assert_string_equal(test_host_drops(th), NOT);
	assert_string_equal(test_host_mib(th), FAIL("1"));
	send_text(th, "0:8+", 0x0a000003u);
	assert_string_equal(test_host_drops(th), NOT);
	test_host_sysctl(th, "net.ipv4.ipfrag_high_thresh", "0");
	ref_step(th->net, &(struct ref_event){ .type = REF_EV_TIME, .now_ns = 31000000000u });
	assert_int_equal(th->net->frags.mem, 0);
	send_text(th, "0:8+", 0x0a000003u);
	assert_string_equal(test_host_drops(th), NOT);
	test_host_free(th);
}

/* Packet memory at its end: the fragment is lost, with the queue if it had one. */
static void arena_full(void **state)
{
	int fd;
	struct test_host *th = host_new(REF_LINUX_6_18, &fd);
	struct arena *a = &th->net->arena;

	(void)state;
	send_text(th, "0:1200+", TH_PEER);
	for (unsigned int class_idx = ARENA_CLASS_MIN; class_idx <= ARENA_CLASS_MAX; class_idx++)
		while (arena_alloc(a, (size_t)1 << class_idx))
			;
	send_text(th, "0:8+", 0x0a000003u);
	assert_string_equal(test_host_drops(th), " NOMEM");
	assert_string_equal(test_host_mib(th), FAIL("1"));
	/* It fits the piece, until it does not. */
	send_text(th, "1200:400+", TH_PEER);
	assert_string_equal(test_host_drops(th), "");
	send_text(th, "2400:8+", TH_PEER);
	assert_string_equal(test_host_drops(th), " NOMEM");
	assert_string_equal(test_host_mib(th), FAIL("1"));
	assert_int_equal(th->net->frags.mem, 0);
	test_host_free(th);
}

/* Many holes: more fragments than a queue describes in itself, filled in odd order. */
static void many(void **state)
{
	int fd;
	struct test_host *th = host_new(REF_LINUX_6_18, &fd);
	static uint8_t buf[65536];
	struct ref_msg msg = { .buf = buf, .buf_len = sizeof(buf) };

	(void)state;
	test_host_sysctl(th, "net.ipv4.ipfrag_high_thresh", "100000000");
	for (unsigned int i = 0; i < 8000; i++) {
		unsigned int unit = i * 2677 % 8000;
		const uint8_t data[8] = { (uint8_t)unit, (uint8_t)(unit >> 8) };

		test_host_send(th, &(struct test_packet){
					   .protocol = PROTO,
					   .frag_off = (uint16_t)(unit | (unit < 7999 ? IP_MF : 0)),
					   .data = data,
					   .data_len = 8 });
		assert_string_equal(test_host_drops(th), "");
	}
	assert_int_equal(ref_recvmsg(th->net, fd, &msg, 0), 20 + 64000);
	for (unsigned int unit = 0; unit < 8000; unit++)
		assert_int_equal(buf[20 + unit * 8] | buf[21 + unit * 8] << 8, unit);
	assert_int_equal(th->net->frags.mem, 0);
	test_host_free(th);
}

/* A reset forgets the queues: the second half alone completes nothing. */
static void reset(void **state)
{
	int fd;
	struct test_host *th = host_new(REF_LINUX_6_18, &fd);

	(void)state;
	send_text(th, "0:16+", TH_PEER);
	ref_reset(th->net);
	assert_int_equal(th->net->frags.mem, 0);
	assert_true(ref_next_timer(th->net) == UINT64_MAX);
	send_text(th, "16:8", TH_PEER);
	assert_string_equal(delivered(th, fd), "");
	send_text(th, "0:16+", TH_PEER);
	assert_string_equal(delivered(th, fd), "24 000");
	test_host_free(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_as_linux), cmocka_unit_test(reasons_of_6_1),
		cmocka_unit_test(timeout),	 cmocka_unit_test(timeout_broadcast),
		cmocka_unit_test(distance),	 cmocka_unit_test(distance_keeps_sizes),
		cmocka_unit_test(memory_limit),	 cmocka_unit_test(arena_full),
		cmocka_unit_test(many),		 cmocka_unit_test(reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
