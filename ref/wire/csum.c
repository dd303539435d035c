/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Sums of 64-bit words with the carry brought round, as the checksum's arithmetic allows
 * (RFC 1071 section 2): one addition for eight octets where the machine has add-with-carry.
 */
#include "ref/wire/csum.h"

/* What is summed at a time by the chain of additions. */
#define BLOCK_LEN 256

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
 * Sum of len / 256 blocks. One chain of additions in a function of its own: with a second one
 * beside it, gcc sends each sum of both through memory.
 */
__attribute__((noinline)) static uint64_t sum_blocks(const uint8_t *p, size_t len)
{
	unsigned long long sum = 0;

	for (; len >= BLOCK_LEN; p += BLOCK_LEN, len -= BLOCK_LEN) {
		unsigned long long s[BLOCK_LEN / 8 + 1];
		unsigned char c = ADDC(0, sum, word64(p), &s[0]);

		c = ADDC(c, s[0], word64(p + 8), &s[1]);
		c = ADDC(c, s[1], word64(p + 16), &s[2]);
		c = ADDC(c, s[2], word64(p + 24), &s[3]);
		c = ADDC(c, s[3], word64(p + 32), &s[4]);
		c = ADDC(c, s[4], word64(p + 40), &s[5]);
		c = ADDC(c, s[5], word64(p + 48), &s[6]);
		c = ADDC(c, s[6], word64(p + 56), &s[7]);
		c = ADDC(c, s[7], word64(p + 64), &s[8]);
		c = ADDC(c, s[8], word64(p + 72), &s[9]);
		c = ADDC(c, s[9], word64(p + 80), &s[10]);
		c = ADDC(c, s[10], word64(p + 88), &s[11]);
		c = ADDC(c, s[11], word64(p + 96), &s[12]);
		c = ADDC(c, s[12], word64(p + 104), &s[13]);
		c = ADDC(c, s[13], word64(p + 112), &s[14]);
		c = ADDC(c, s[14], word64(p + 120), &s[15]);
		c = ADDC(c, s[15], word64(p + 128), &s[16]);
		c = ADDC(c, s[16], word64(p + 136), &s[17]);
		c = ADDC(c, s[17], word64(p + 144), &s[18]);
		c = ADDC(c, s[18], word64(p + 152), &s[19]);
		c = ADDC(c, s[19], word64(p + 160), &s[20]);
		c = ADDC(c, s[20], word64(p + 168), &s[21]);
		c = ADDC(c, s[21], word64(p + 176), &s[22]);
		c = ADDC(c, s[22], word64(p + 184), &s[23]);
		c = ADDC(c, s[23], word64(p + 192), &s[24]);
		c = ADDC(c, s[24], word64(p + 200), &s[25]);
		c = ADDC(c, s[25], word64(p + 208), &s[26]);
		c = ADDC(c, s[26], word64(p + 216), &s[27]);
		c = ADDC(c, s[27], word64(p + 224), &s[28]);
		c = ADDC(c, s[28], word64(p + 232), &s[29]);
		c = ADDC(c, s[29], word64(p + 240), &s[30]);
		c = ADDC(c, s[30], word64(p + 248), &s[31]);
		ADDC(c, s[31], 0, &s[32]);
		sum = s[32];
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

	if (len >= 2 * BLOCK_LEN) {
		s = sum_blocks(data, len);
		data += len & ~(size_t)(BLOCK_LEN - 1);
		len &= BLOCK_LEN - 1;
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
