/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The checksum against the definition, octet pair by octet pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ref/wire/csum.h"

#define BUF_LEN 2048u

/* RFC 1071 section 1, as it stands there. */
static uint16_t plain(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint16_t stored(uint16_t folded)
{
	uint8_t b[2];

	csum_store(b, folded);
	return (uint16_t)(b[0] << 8 | b[1]);
}

static void fill(uint8_t *buf, unsigned int kind)
{
	uint32_t x = 12345 + kind;

	for (size_t i = 0; i < BUF_LEN; i++) {
		x = x * 1103515245u + 12345u;
		buf[i] = kind == 0 ? 0xff : kind == 1 ? 0 : (uint8_t)(x >> 16);
	}
}

static void every_length(void **state)
{
	static uint8_t buf[BUF_LEN], copy[BUF_LEN];

	(void)state;
	for (unsigned int kind = 0; kind < 3; kind++) {
		fill(buf, kind);
		for (size_t len = 0; len <= BUF_LEN - 8; len++) {
			const uint8_t *p = buf + len % 8;
			uint16_t want = plain(p, len);

			assert_int_equal(stored(csum_fold(csum_partial(p, len, 0))), want);
			assert_int_equal(stored(csum_fold(csum_copy(copy, p, len, 0))), want);
			assert_memory_equal(copy, p, len);
		}
	}
}

static void blocks_added(void **state)
{
	static uint8_t buf[BUF_LEN];

	(void)state;
	fill(buf, 2);
	for (size_t cut = 0; cut <= 300; cut++) {
		uint64_t sum = csum_partial(buf, cut, 0);

		sum = csum_block_add(sum, csum_partial(buf + cut, 301 - cut, 0), cut);
		assert_int_equal(stored(csum_fold(sum)), plain(buf, 301));
	}
}

static void ip_header(void **state)
{
	uint8_t h[60];

	(void)state;
	for (unsigned int ihl = 20; ihl <= 60; ihl += 4) {
		for (unsigned int i = 0; i < ihl; i++)
			h[i] = (uint8_t)(255 - i * ihl);
		h[10] = h[11] = 0;
		csum_store(h + 10, ip_fast_csum(h, ihl));
		assert_int_equal(plain(h, ihl), 0);
		assert_int_equal(ip_fast_csum(h, ihl), 0);
		h[ihl - 1] ^= 1;
		assert_int_not_equal(ip_fast_csum(h, ihl), 0);
	}
}

static void pseudo_header(void **state)
{
	const uint8_t octets[12] = { 10, 0, 0, 1, 192, 168, 255, 254, 0, 17, 0xff, 0xe3 };
	uint64_t sum = csum_tcpudp_nofold(0x0a000001, 0xc0a8fffe, 0xffe3, 17, 0);

	(void)state;
	assert_int_equal(stored(csum_fold(sum)), plain(octets, 12));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length),
		cmocka_unit_test(blocks_added),
		cmocka_unit_test(ip_header),
		cmocka_unit_test(pseudo_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
