/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A capture file, read twice: both times the same packets, the same end. */
#include <string.h>

#include "fuzz/target.h"
#include "harness/capture/capture.h"

#define PACKETS_MAX 4096

/* What was read, as one number. */
static uint64_t mix(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return (h ^ len) * 0x100000001b3u;
}

static void check_packet(const struct capture *c, const struct capture_packet *p, uint64_t nr)
{
	struct capture_raw raw;

	FUZZ_CHECK(p->nr == nr, "packet %llu is number %llu", (unsigned long long)nr,
		   (unsigned long long)p->nr);
	FUZZ_CHECK(p->len <= CAPTURE_PACKET_MAX + 64, "%zu octets", p->len);
	FUZZ_CHECK(p->not_ip || (p->ip_off >= 14 && p->ip_off <= p->len),
		   "the IP packet is at %zu of %zu octets", p->ip_off, p->len);
	capture_raw(c, &raw);
	FUZZ_CHECK(raw.head_len + raw.body_len <= CAPTURE_PACKET_MAX, "%zu + %zu octets",
		   raw.head_len, raw.body_len);
}

static uint64_t read_all(struct capture *c, int *ret_err)
{
	uint64_t hash = 0xcbf29ce484222325u, nr = 0;
	struct capture_packet p;
	struct errmsg e = { "" };
	int got;

	while (nr < PACKETS_MAX && (got = capture_next(c, &p, &e)) > 0) {
		check_packet(c, &p, ++nr);
		hash = mix(hash, p.frame, p.len);
		hash = mix(hash, &p.time_ns, sizeof(p.time_ns));
		hash = mix(hash, &p.orig_len, sizeof(p.orig_len));
	}
	*ret_err = nr < PACKETS_MAX ? got : 0;
	FUZZ_CHECK(*ret_err == 0 || *e.text, "an error without a message: %d", *ret_err);
	if (*ret_err < 0)
		FUZZ_CHECK(capture_next(c, &p, &e) == *ret_err, "another error after an error");
	return mix(hash, ret_err, sizeof(*ret_err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct capture_options opt = { .twice = true, .any_order = size % 2 };
	struct errmsg e = { "" };
	struct capture *c;
	int first, second;
	uint64_t hash;

	if (capture_open_memory(&c, "fuzz", data, size, &opt, &e) < 0) {
		FUZZ_CHECK(*e.text, "an error without a message");
		return 0;
	}
	hash = read_all(c, &first);
	FUZZ_CHECK(capture_rewind(c, &e) == 0, "%s", e.text);
	FUZZ_CHECK(read_all(c, &second) == hash && second == first,
		   "it is another when read again: %d, %d", first, second);
	capture_close(c);
	return 0;
}
