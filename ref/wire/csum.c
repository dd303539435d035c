/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The checksum of any octets: blocks of 256, and the rest as csum_inline.h does it. */
#include "ref/wire/csum_inline.h"

/* Less than 8 octets. */
__attribute__((noinline)) static uint64_t sum_short(const uint8_t *data, size_t len, uint64_t sum)
{
	uint8_t b[8] = { 0 };

	if (!len)
		return sum;
	memcpy(b, data, len);
	return csum_add_word(sum, wire_raw64(b));
}

uint64_t csum_ones(const uint8_t *data, size_t len, uint64_t sum)
{
	if (__builtin_expect(len < 8, 0))
		return sum_short(data, len, sum);
	for (size_t nr = len / 256; nr > 0; nr--) {
		sum = csum_add_256(data, sum);
		data += 256;
	}
	return csum_ones_below_256(data, len, sum);
}

uint64_t csum_copy(uint8_t *dst, const uint8_t *src, size_t len, uint64_t sum)
{
	memcpy(dst, src, len);
	return csum_partial(src, len, sum);
}
