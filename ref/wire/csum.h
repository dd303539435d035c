/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The Internet checksum (RFC 1071). Partial sums are 64-bit, in the machine's own octet order,
 * not yet folded; they may be added to each other when each covers an even number of octets
 * (use csum_block_add() for a block that begins at an odd offset).
 */
#ifndef REF_WIRE_CSUM_H
#define REF_WIRE_CSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* As csum_partial(), but all 64 bits are used: for csum_fold() alone, nothing more can be added. */
uint64_t csum_ones(const uint8_t *data, size_t len, uint64_t sum);
/* Sum of len octets added to `sum`. Never overflows for any len, however often it is added to. */
static inline uint64_t csum_partial(const uint8_t *data, size_t len, uint64_t sum)
{
	uint64_t s = csum_ones(data, len, sum);

	return (s & 0xffffffffu) + (s >> 32);
}
/* Copy and sum in one pass. */
uint64_t csum_copy(uint8_t *dst, const uint8_t *src, size_t len, uint64_t sum);

static inline uint16_t csum_fold(uint64_t sum)
{
	uint32_t hi = (uint32_t)(sum >> 32), s = (uint32_t)sum + hi;

	s += s < hi;
	/* Both halves added in the upper one, with the carry of the lower. */
	s += s << 16 | s >> 16;
	return (uint16_t)(~s >> 16);
}

/*
 * Is the sum of octets that include their checksum right, as csum_fold() == 0 says? Not for octets
 * that are all zero.
 */
static inline bool csum_holds(uint64_t sum)
{
	/* Bringing carries round is counting modulo 65535. */
	return sum % 0xffffu == 0;
}

/* Big-endian values as they stand in memory, for adding header fields to a sum. */
static inline uint64_t csum_be16(uint16_t v)
{
	const uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };
	uint16_t m;

	memcpy(&m, b, 2);
	return m;
}

static inline uint64_t csum_be32(uint32_t v)
{
	const uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
			       (uint8_t)v };
	uint32_t m;

	memcpy(&m, b, 4);
	return m;
}

/*
 * Checksum of an IP header of ihl octets (20 to 60, a multiple of 4): 0 when the one in it is
 * right. Mirrors: ip_fast_csum().
 */
static inline uint16_t ip_fast_csum(const uint8_t *iph, unsigned int ihl)
{
	uint64_t sum, v;
	uint32_t w;

	memcpy(&sum, iph, 8);
	memcpy(&v, iph + 8, 8);
	sum += v;
	sum += sum < v;
	for (unsigned int i = 16; i < ihl; i += 4) {
		memcpy(&w, iph + i, 4);
		sum += w;
		sum += sum < w;
	}
	return csum_fold(sum);
}

/* Is the checksum of a header of 20 octets right? */
static inline bool ip_header_holds(const uint8_t *iph)
{
	uint64_t sum, v;
	uint32_t w;

	memcpy(&sum, iph, 8);
	memcpy(&v, iph + 8, 8);
	memcpy(&w, iph + 16, 4);
	sum += v;
	v = (uint64_t)w + (sum < v);
	sum += v;
	return csum_holds(sum + (sum < v));
}

/* The pseudo-header of RFC 768 / 793: addresses and len in host order. */
static inline uint64_t csum_tcpudp_nofold(uint32_t saddr, uint32_t daddr, uint32_t len,
					  uint8_t proto, uint64_t sum)
{
	return sum + csum_be32(saddr) + csum_be32(daddr) + csum_be32(len) + csum_be16(proto);
}

/* Octets swapped when the block starts at an odd offset of the whole. */
static inline uint64_t csum_block_add(uint64_t sum, uint64_t block, size_t offset)
{
	if (offset & 1) {
		uint16_t f = (uint16_t)~csum_fold(block);

		block = (uint16_t)(f << 8 | f >> 8);
	}
	return sum + block;
}

/* Store a folded checksum as it is in memory order: dst may be unaligned. */
static inline void csum_store(uint8_t *dst, uint16_t folded)
{
	memcpy(dst, &folded, 2);
}

#endif
