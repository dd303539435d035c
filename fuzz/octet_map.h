/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Reassembly as slowly and plainly as it can be said: for each octet of a datagram, whether it is
 * there, what it is, and with which run it came. Written from the rows of area C (behaviours/), not
 * from the reference, which must say the same.
 */
#ifndef FUZZ_OCTET_MAP_H
#define FUZZ_OCTET_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAP_KEYS       4 /* datagrams at once */
#define MAP_OCTETS     (65528 + 8192) /* behind the highest octet that a fragment can have */
#define MAP_TIMEOUT_NS UINT64_C(30000000000)

/* A fragment as it arrives. */
struct map_fragment {
	unsigned int key;
	uint32_t start; /* octets, a multiple of 8 */
	uint32_t len; /* of its payload */
	uint32_t header_len; /* of its IP header */
	bool more, df;
	uint8_t tos; /* the two lower bits are the ECN codepoint */
	const uint8_t *payload;
};

struct map_datagram {
	bool open; /* fragments of it are waiting */
	uint64_t since_ns;
	uint32_t run[MAP_OCTETS]; /* 0: the octet is not there */
	uint8_t octet[MAP_OCTETS];
	uint32_t runs;
	uint32_t highest; /* end of the highest octet, or of what was said to be the end */
	bool end_known;
	uint32_t there; /* octets */
	uint8_t codepoints; /* bit per ECN codepoint */
	uint32_t largest, largest_df; /* fragments, header included */
	bool first_in;
	uint32_t first_header_len;
	uint8_t first_tos;
};

struct map {
	struct map_datagram datagram[MAP_KEYS];
	uint64_t reqds, oks, fails, timeouts, overlaps;
};

/* What comes of a fragment that completes a datagram. */
struct map_whole {
	const uint8_t *payload; /* of the map; valid until the next call */
	uint32_t len, header_len, largest;
	bool df;
	uint8_t tos;
};

void map_init(struct map *m);
/* Time passes: what has waited too long is given up. */
void map_time(struct map *m, uint64_t now_ns);
/* True: *ret is delivered. */
bool map_fragment(struct map *m, uint64_t now_ns, const struct map_fragment *f,
		  struct map_whole *ret);

#endif
