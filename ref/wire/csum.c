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
 * Sum of len / 64 blocks. One chain of additions in a function of its own: with a second one
 * beside it, gcc sends each sum of both through memory.
 */
__attribute__((noinline)) static uint64_t sum_blocks(const uint8_t *p, size_t len)
{
	unsigned long long sum = 0;

	for (; len >= 64; p += 64, len -= 64) {
		unsigned long long s[9];
		unsigned char c = ADDC(0, sum, word64(p), &s[0]);

		c = ADDC(c, s[0], word64(p + 8), &s[1]);
		c = ADDC(c, s[1], word64(p + 16), &s[2]);
		c = ADDC(c, s[2], word64(p + 24), &s[3]);
		c = ADDC(c, s[3], word64(p + 32), &s[4]);
		c = ADDC(c, s[4], word64(p + 40), &s[5]);
		c = ADDC(c, s[5], word64(p + 48), &s[6]);
		c = ADDC(c, s[6], word64(p + 56), &s[7]);
		ADDC(c, s[7], 0, &s[8]);
		sum = s[8];
	}
	return sum;
}

/* Adds one word; counts what was carried out. */
#define ADD_WORD(p, sum, carry)                                                                    \
	do {                                                                                       \
		uint64_t v_ = word64(p);                                                           \
		(sum) += v_;                                                                       \
		(carry) += (sum) < v_;                                                             \
	} while (0)

uint64_t csum_partial(const uint8_t *data, size_t len, uint64_t sum)
{
	uint64_t s = 0, carry = 0;

	if (len >= 512) {
		s = sum_blocks(data, len);
		data += len & ~(size_t)63;
		len &= 63;
	}
	for (; len >= 64; data += 64, len -= 64) {
		ADD_WORD(data, s, carry);
		ADD_WORD(data + 8, s, carry);
		ADD_WORD(data + 16, s, carry);
		ADD_WORD(data + 24, s, carry);
		ADD_WORD(data + 32, s, carry);
		ADD_WORD(data + 40, s, carry);
		ADD_WORD(data + 48, s, carry);
		ADD_WORD(data + 56, s, carry);
	}
	if (len & 32) {
		ADD_WORD(data, s, carry);
		ADD_WORD(data + 8, s, carry);
		ADD_WORD(data + 16, s, carry);
		ADD_WORD(data + 24, s, carry);
		data += 32;
	}
	if (len & 16) {
		ADD_WORD(data, s, carry);
		ADD_WORD(data + 8, s, carry);
		data += 16;
	}
	if (len & 8) {
		ADD_WORD(data, s, carry);
		data += 8;
	}
	/* Halves, so that the caller can go on adding. */
	sum += (s & 0xffffffffu) + (s >> 32) + carry;
	if (len & 4) {
		uint32_t v;

		memcpy(&v, data, 4);
		sum += v;
		data += 4;
	}
	if (len & 2) {
		uint16_t v;

		memcpy(&v, data, 2);
		sum += v;
		data += 2;
	}
	if (len & 1) {
		const uint8_t b[2] = { *data, 0 };
		uint16_t v;

		memcpy(&v, b, 2);
		sum += v;
	}
	return sum;
}

uint64_t csum_copy(uint8_t *dst, const uint8_t *src, size_t len, uint64_t sum)
{
	memcpy(dst, src, len);
	return csum_partial(src, len, sum);
}
