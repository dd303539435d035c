/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Octets as fragments: what the target `reassembly` takes. Six octets each:
 *
 *	octet 0     k k m d e e h h   datagram, MF, DF, ECN codepoint, words of IP options
 *	octets 1-2  t t t and 13 bits: time that passes before it, in 5 s; offset in units of 8
 *	octets 3-4  its payload's length, modulo 8192
 *	octet 5     low half: octets behind the packet, which are not its own
 */
#ifndef FUZZ_FRAGMENTS_INPUT_H
#define FUZZ_FRAGMENTS_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "ref/wire/cur.h"

#define FRAGMENT_INPUT_LEN 6
#define FRAGMENT_INPUT_MAX 48 /* fragments that are looked at */
#define FRAGMENT_TICK_NS   UINT64_C(5000000000)

struct input_fragment {
	uint8_t key, codepoint, option_words, behind;
	bool more, df;
	uint32_t start, len;
	uint64_t wait_ns;
};

/* From FRAGMENT_INPUT_LEN octets. */
static inline struct input_fragment input_fragment(const uint8_t *p)
{
	return (struct input_fragment){
		.key = p[0] >> 6,
		.more = p[0] >> 5 & 1,
		.df = p[0] >> 4 & 1,
		.codepoint = p[0] >> 2 & 3,
		.option_words = p[0] & 3,
		.wait_ns = (p[1] >> 5) * FRAGMENT_TICK_NS,
		.start = (wire_get16(p + 1) & 0x1fffu) * 8,
		.len = wire_get16(p + 3) & 0x1fffu,
		.behind = p[5] & 15,
	};
}

#endif
