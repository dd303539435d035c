/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Sums of 64-bit words with the carry brought round (RFC 1071 section 2): one addition for eight
 * octets where the machine has add-with-carry. In a header for the few places where each packet
 * would make the call.
 */
#ifndef REF_WIRE_CSUM_INLINE_H
#define REF_WIRE_CSUM_INLINE_H

#include "ref/wire/csum.h"
#include "ref/wire/cur.h"

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
 * Chains of additions to s, from p on. There is one variable for all sums of a chain: with more of
 * them, gcc sends each through memory.
 */
#define SUM_1(p, s, c)	((c) = ADDC(c, s, wire_raw64(p), &(s)))
#define SUM_2(p, s, c)	(SUM_1(p, s, c), SUM_1((p) + 8, s, c))
#define SUM_4(p, s, c)	(SUM_2(p, s, c), SUM_2((p) + 16, s, c))
#define SUM_8(p, s, c)	(SUM_4(p, s, c), SUM_4((p) + 32, s, c))
#define SUM_16(p, s, c) (SUM_8(p, s, c), SUM_8((p) + 64, s, c))
#define SUM_32(p, s, c) (SUM_16(p, s, c), SUM_16((p) + 128, s, c))
#define CSUM_CHAIN(name, nr)                                                                       \
	static inline uint64_t name(const uint8_t *p, uint64_t sum)                                \
	{                                                                                          \
		unsigned long long s = sum;                                                        \
		unsigned char c = 0;                                                               \
												   \
		SUM_##nr(p, s, c);                                                                 \
		ADDC(c, s, 0, &s);                                                                 \
		return s;                                                                          \
	}
CSUM_CHAIN(csum_add_16, 2)
CSUM_CHAIN(csum_add_32, 4)
CSUM_CHAIN(csum_add_64, 8)
CSUM_CHAIN(csum_add_128, 16)
CSUM_CHAIN(csum_add_256, 32)

static inline uint64_t csum_add_word(uint64_t s, uint64_t word)
{
	s += word;
	return s + (s < word);
}

/* The last 1 to 7 octets, with zeros behind them; there are 8 octets or more up to `end`. */
static inline uint64_t csum_tail(const uint8_t *end, size_t n)
{
	uint64_t v = wire_raw64(end - 8);

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return v << (-8 * n & 63);
#else
	return v >> (-8 * n & 63);
#endif
}

/* csum_ones() of len % 256 octets, added to s; 8 octets or more end there. */
static inline uint64_t csum_ones_below_256(const uint8_t *data, size_t len, uint64_t s)
{
	if (len & 128) {
		s = csum_add_128(data, s);
		data += 128;
	}
	if (len & 64) {
		s = csum_add_64(data, s);
		data += 64;
	}
	if (len & 32) {
		s = csum_add_32(data, s);
		data += 32;
	}
	if (len & 16) {
		s = csum_add_16(data, s);
		data += 16;
	}
	if (len & 8) {
		s = csum_add_word(s, wire_raw64(data));
		data += 8;
	}
	len &= 7;
	return len ? csum_add_word(s, csum_tail(data + len, len)) : s;
}

#endif
