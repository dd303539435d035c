/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Portable checksum over 64-bit words: four independent sums, carries kept apart. */
#include "ref/wire/csum.h"

static inline uint64_t word64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

/* Two 32-bit halves added apart: no carry can be lost below 2^31 words. */
static inline uint64_t halves(uint64_t v)
{
	return (v & 0xffffffffu) + (v >> 32);
}

static inline uint64_t tail(const uint8_t *p, size_t len, uint64_t sum)
{
	if (len >= 4) {
		uint32_t v;

		memcpy(&v, p, 4);
		sum += v;
		p += 4;
		len -= 4;
	}
	if (len >= 2) {
		uint16_t v;

		memcpy(&v, p, 2);
		sum += v;
		p += 2;
		len -= 2;
	}
	if (len) {
		const uint8_t b[2] = { *p, 0 };
		uint16_t v;

		memcpy(&v, b, 2);
		sum += v;
	}
	return sum;
}

uint64_t csum_partial(const uint8_t *data, size_t len, uint64_t sum)
{
	uint64_t s0 = 0, s1 = 0;

	for (; len >= 16; data += 16, len -= 16) {
		s0 += halves(word64(data));
		s1 += halves(word64(data + 8));
	}
	sum += s0 + s1;
	if (len >= 8) {
		sum += halves(word64(data));
		data += 8;
		len -= 8;
	}
	return tail(data, len, sum);
}

uint64_t csum_copy(uint8_t *dst, const uint8_t *src, size_t len, uint64_t sum)
{
	memcpy(dst, src, len);
	return csum_partial(src, len, sum);
}
