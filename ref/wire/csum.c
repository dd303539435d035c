/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Sums of 64-bit words with the carry brought round, as the checksum's arithmetic allows
 * (RFC 1071 section 2): one addition for eight octets where the machine has add-with-carry.
 */
#include "ref/wire/csum.h"

static inline uint64_t word64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

#if defined(__x86_64__) && defined(__GNUC__)
#define ADDC(carry, a, b, ret) __builtin_ia32_addcarryx_u64(carry, a, b, ret)
#else
/* *ret = a + b + carry; returns the carry out. */
static inline unsigned char addc(unsigned char carry, unsigned long long a, unsigned long long b,
				 unsigned long long *ret)
{
	unsigned long long sum = a + b;
	unsigned char out = sum < a;

	sum += carry;
	out |= sum < carry;
	*ret = sum;
	return out;
}
#define ADDC(carry, a, b, ret) addc(carry, a, b, ret)
#endif

/*
 * Chains of additions to s, from p on: *_BEGIN, any number of others, SUM_END. There is one
 * variable for all sums of a chain: with more of them, gcc sends each through memory.
 */
#define SUM_BEGIN(p, s, c) ((c) = ADDC(0, s, word64(p), &(s)))
#define SUM_ONE(p, s, c)   ((c) = ADDC(c, s, word64(p), &(s)))
#define SUM_3(p, s, c)	   (SUM_ONE(p, s, c), SUM_ONE((p) + 8, s, c), SUM_ONE((p) + 16, s, c))
#define SUM_4(p, s, c)	   (SUM_ONE(p, s, c), SUM_3((p) + 8, s, c))
#define SUM_8(p, s, c)	   (SUM_4(p, s, c), SUM_4((p) + 32, s, c))
#define SUM_16(p, s, c)	   (SUM_8(p, s, c), SUM_8((p) + 64, s, c))
#define SUM_END(s, c)	   ((void)ADDC(c, s, 0, &(s)))

/* The last 1 to 7 octets, with zeros behind them; there are 8 octets or more up to `end`. */
static inline uint64_t word_tail(const uint8_t *end, size_t n)
{
	uint64_t v = word64(end - 8);

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return v << (64 - 8 * n);
#else
	return v >> (64 - 8 * n);
#endif
}

/* Less than 8 octets. */
__attribute__((noinline)) static uint64_t sum_short(const uint8_t *data, size_t len, uint64_t sum)
{
	uint8_t b[8] = { 0 };
	uint64_t v;

	if (!len)
		return sum;
	memcpy(b, data, len);
	v = word64(b);
	sum += v;
	return sum + (sum < v);
}

uint64_t csum_ones(const uint8_t *data, size_t len, uint64_t sum)
{
	unsigned long long s = sum;
	unsigned char c;

	if (__builtin_expect(len < 8, 0))
		return sum_short(data, len, sum);
	for (; len >= 256; data += 256, len -= 256) {
		SUM_BEGIN(data, s, c);
		SUM_3(data + 8, s, c);
		SUM_4(data + 32, s, c);
		SUM_8(data + 64, s, c);
		SUM_16(data + 128, s, c);
		SUM_END(s, c);
	}
	if (len & 128) {
		SUM_BEGIN(data, s, c);
		SUM_3(data + 8, s, c);
		SUM_4(data + 32, s, c);
		SUM_8(data + 64, s, c);
		SUM_END(s, c);
		data += 128;
	}
	if (len & 64) {
		SUM_BEGIN(data, s, c);
		SUM_3(data + 8, s, c);
		SUM_4(data + 32, s, c);
		SUM_END(s, c);
		data += 64;
	}
	if (len & 32) {
		SUM_BEGIN(data, s, c);
		SUM_3(data + 8, s, c);
		SUM_END(s, c);
		data += 32;
	}
	if (len & 16) {
		SUM_BEGIN(data, s, c);
		SUM_ONE(data + 8, s, c);
		SUM_END(s, c);
		data += 16;
	}
	if (len & 8) {
		SUM_BEGIN(data, s, c);
		SUM_END(s, c);
		data += 8;
	}
	len &= 7;
	if (len) {
		c = ADDC(0, s, word_tail(data + len, len), &s);
		SUM_END(s, c);
	}
	return s;
}

uint64_t csum_copy(uint8_t *dst, const uint8_t *src, size_t len, uint64_t sum)
{
	memcpy(dst, src, len);
	return csum_partial(src, len, sum);
}
