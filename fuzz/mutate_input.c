/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* One function for each kind of input. What it cannot take apart it changes octet by octet. */
#include "fuzz/mutate_input.h"

#include <stdbool.h>
#include <string.h>

#include "fuzz/fragments_input.h"
#include "fuzz/gen.h"
#include "fuzz/mutate.h"
#include "fuzz/mutate_text.h"
#include "fuzz/steps_input.h"
#include "ref/wire/cur.h"

#define NR(a)	  (sizeof(a) / sizeof((a)[0]))
#define FRAME_MAX 2048 /* of a frame that grows */

/* A few octets anywhere. */
static size_t mutate_octets(struct rng *r, uint8_t *data, size_t size, size_t max)
{
	for (uint32_t n = 1 + rng_below(r, 4); n > 0; n--) {
		uint32_t what = rng_below(r, 4);

		if (what == 0 && size < max)
			data[size++] = (uint8_t)rng_next(r);
		else if (what == 1 && size > 1)
			size -= rng_below(r, (uint32_t)(size < 16 ? size : 16));
		else if (size > 0)
			data[rng_below(r, (uint32_t)size)] = (uint8_t)rng_next(r);
	}
	return size;
}

/* ---- steps ---- */

/* A record: where it stands, head included. */
struct record {
	size_t off, len;
};

static size_t find_records(const uint8_t *data, size_t size, struct record *ret)
{
	struct wire_cur cur = wire_cur(data + 1, size - 1);
	struct input_step step;
	size_t nr = 0;

	while (nr < INPUT_STEPS_MAX) {
		size_t off = size - cur.left;

		if (!input_step_next(&cur, &step))
			break;
		ret[nr++] = (struct record){ off, size - cur.left - off };
	}
	return nr;
}

/* Replace old_len octets at off by new ones. Returns the new size; size if there is no room. */
static size_t splice(uint8_t *data, size_t size, size_t max, size_t off, size_t old_len,
		     const uint8_t *octets, size_t new_len)
{
	if (size - old_len + new_len > max)
		return size;
	memmove(data + off + new_len, data + off + old_len, size - off - old_len);
	memcpy(data + off, octets, new_len);
	return size - old_len + new_len;
}

static size_t change_frame(struct rng *r, uint8_t *data, size_t size, size_t max,
			   const struct record *rec)
{
	uint8_t frame[2 + 0x3fff];
	uint16_t head = wire_get16(data + rec->off);
	size_t len = rec->len - 2;

	if (head & 0x8000 || len > FRAME_MAX)
		return mutate_octets(r, data, size, max);
	memcpy(frame + 2, data + rec->off + 2, len);
	len = mutate_frame(r, frame + 2, len, FRAME_MAX);
	wire_put16(frame, (uint16_t)((head & 0x4000) | len));
	return splice(data, size, max, rec->off, rec->len, frame, 2 + len);
}

/* What the generator makes, in front of a record. */
static size_t insert_case(struct rng *r, uint8_t *data, size_t size, size_t max, size_t off)
{
	static uint8_t octets[GEN_CASE_STEPS * GEN_FRAME_MAX];
	struct step steps[GEN_CASE_STEPS];
	struct gen g;
	size_t nr;

	gen_init(&g, rng_next(r));
	g.case_nr = rng_below(r, 3); /* few sources: cases meet each other */
	nr = gen_case(&g, steps, octets, 0);
	for (size_t i = nr; i-- > 0;) {
		uint8_t record[2 + GEN_FRAME_MAX];

		wire_put16(record, (uint16_t)steps[i].len);
		memcpy(record + 2, steps[i].data, steps[i].len);
		size = splice(data, size, max, off, 0, record, 2 + steps[i].len);
	}
	return size;
}

static size_t mutate_steps(struct rng *r, uint8_t *data, size_t size, size_t max)
{
	struct record rec[INPUT_STEPS_MAX], *at;
	uint8_t head[2], copy[4096];
	size_t nr;

	if (size == 0 && max > 0) {
		data[0] = 0;
		size = 1;
	}
	nr = find_records(data, size, rec);
	if (nr == 0)
		return insert_case(r, data, size, max, 1);
	at = &rec[rng_below(r, (uint32_t)nr)];
	switch (rng_below(r, 16)) {
	case 0:
	case 1:
		return insert_case(r, data, size, max, at->off);
	case 2:
		return splice(data, size, max, at->off, at->len, data, 0);
	case 3: /* once more, or somewhere else too */
		if (at->len > sizeof(copy))
			return size;
		memcpy(copy, data + at->off, at->len);
		return splice(data, size, max, rec[rng_below(r, (uint32_t)nr)].off, 0, copy,
			      at->len);
	case 4: /* time, or a call */
		wire_put16(head, (uint16_t)(0x8000 | rng_next(r)));
		return splice(data, size, max, at->off, 0, head, sizeof(head));
	case 5:
		data[0] = (uint8_t)rng_next(r);
		return size;
	case 6:
		return mutate_octets(r, data, size, max);
	default:
		return change_frame(r, data, size, max, at);
	}
}

/* ---- captures ---- */

static uint32_t get32(const uint8_t *p, bool swap)
{
	return swap ? wire_get32(p)
		    : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void put32(uint8_t *p, uint32_t v, bool swap)
{
	for (int i = 0; i < 4; i++)
		p[swap ? 3 - i : i] = (uint8_t)(v >> 8 * i);
}

/* A record of a pcap file, or a block of a pcapng file: its lengths are made right again. */
struct block {
	size_t off, len; /* all of it */
	size_t data_off, data_len; /* what it holds */
};

static size_t find_blocks(const uint8_t *data, size_t size, bool ng, bool swap, struct block *ret,
			  size_t max)
{
	size_t off = ng ? 0 : 24, nr = 0, least = ng ? 12 : 16;

	while (nr < max && off <= size && size - off >= least) {
		uint32_t len = get32(data + off + (ng ? 4 : 8), swap);
		struct block b = { .off = off, .data_off = off + (ng ? 8 : 16) };

		if (ng ? len < 12 || len > size - off : len > size - off - 16)
			break;
		b.len = ng ? len : len + 16u;
		b.data_len = ng ? len - 12u : len;
		ret[nr++] = b;
		off += b.len;
	}
	return nr;
}

static size_t change_block(struct rng *r, uint8_t *data, size_t size, size_t max, bool ng,
			   bool swap, const struct block *b)
{
	uint8_t octets[4096];
	size_t skip = ng && b->data_len >= 20 ? 20 : 0, len = b->data_len - skip, grown;
	size_t frame = b->data_off + skip;

	if (len > FRAME_MAX || b->len > sizeof(octets) - 64)
		return mutate_octets(r, data, size, max);
	memcpy(octets, data + frame, len);
	grown = rng_one_in(r, 3) ? mutate_octets(r, octets, len, len + 32)
				 : mutate_frame(r, octets, len, len + 40);
	while (ng && grown % 4)
		octets[grown++] = 0;
	if (size - len + grown > max)
		return size;
	size = splice(data, size, max, frame, len, octets, grown);
	if (rng_one_in(r, 8))
		return size;
	if (ng) {
		uint32_t total = (uint32_t)(b->len - len + grown);

		put32(data + b->off + 4, total, swap);
		put32(data + b->off + total - 4, total, swap);
		if (skip)
			put32(data + b->data_off + 12, (uint32_t)grown, swap);
	} else {
		put32(data + b->off + 8, (uint32_t)grown, swap);
		put32(data + b->off + 12, (uint32_t)grown, swap);
	}
	return size;
}

/* Every link type that is read, and one that is not: in the header of the file or of an interface.
 */
static void change_link_type(struct rng *r, uint8_t *data, size_t size, bool ng, bool swap,
			     const struct block *b)
{
	static const uint32_t types[] = { 1, 0, 12, 14, 101, 108, 113, 228, 229, 276, 147 };
	size_t at = ng ? b->off + 8 : 20;

	if (at + 4 <= size)
		put32(data + at, types[rng_below(r, NR(types))], swap && !ng);
}

static size_t mutate_capture(struct rng *r, uint8_t *data, size_t size, size_t max)
{
	struct block b[64], *at;
	bool ng = size >= 12 && get32(data, false) == 0x0a0d0d0a, swap;
	uint8_t copy[4096];
	size_t nr;

	if (size < 24)
		return mutate_octets(r, data, size, max);
	swap = ng ? data[8] == 0x1a : data[0] == 0xa1;
	nr = find_blocks(data, size, ng, swap, b, NR(b));
	if (nr == 0)
		return mutate_octets(r, data, size, max);
	at = &b[rng_below(r, (uint32_t)nr)];
	switch (rng_below(r, 10)) {
	case 0:
		return mutate_octets(r, data, size, max);
	case 1:
		change_link_type(r, data, size, ng, swap, at);
		return size;
	case 2:
		return splice(data, size, max, at->off, at->len, data, 0);
	case 3:
		if (at->len > sizeof(copy))
			return size;
		memcpy(copy, data + at->off, at->len);
		return splice(data, size, max, at->off, 0, copy, at->len);
	case 4: /* a header of the file or of a block */
		data[rng_one_in(r, 2) ? rng_below(r, 24) : at->off + rng_below(r, 16) % at->len] =
			(uint8_t)rng_next(r);
		return size;
	default:
		return change_block(r, data, size, max, ng, swap, at);
	}
}

/* ---- fragments ---- */

/* Octet 0 and the offset of a fragment that begins where f ends, begins with it, or lies around it.
 */
static void place_near(struct rng *r, uint8_t *p, const struct input_fragment *f)
{
	uint32_t end_8 = (f->start + f->len) / 8, start_8 = f->start / 8, len = 8;

	switch (rng_below(r, 4)) {
	case 0: /* behind it */
		start_8 = end_8;
		len = 8 * rng_below(r, 8) + rng_below(r, 9);
		break;
	case 1: /* in front of it */
		start_8 = rng_below(r, start_8 + 1);
		len = f->start - 8 * start_8;
		break;
	case 2: /* in it */
		len = rng_below(r, f->len + 1);
		break;
	default: /* over its end */
		start_8 = end_8 ? end_8 - 1 : 0;
		len = 8 * (1 + rng_below(r, 4));
		break;
	}
	p[0] = (uint8_t)(f->key << 6 | (rng_next(r) & 0x3f));
	wire_put16(p + 1, (uint16_t)(start_8 & 0x1fff));
	wire_put16(p + 3, (uint16_t)(len & 0x1fff));
	p[5] = rng_one_in(r, 4) ? (uint8_t)rng_next(r) : 0;
}

static size_t mutate_fragments(struct rng *r, uint8_t *data, size_t size, size_t max)
{
	uint32_t nr = (uint32_t)(size / FRAGMENT_INPUT_LEN);
	uint8_t new[FRAGMENT_INPUT_LEN];
	size_t at, other;

	if (nr == 0 || rng_one_in(r, 6))
		return mutate_octets(r, data, size, max);
	at = (size_t)FRAGMENT_INPUT_LEN * rng_below(r, nr);
	other = (size_t)FRAGMENT_INPUT_LEN * rng_below(r, nr);
	switch (rng_below(r, 8)) {
	case 0:
		return splice(data, size, max, at, FRAGMENT_INPUT_LEN, data, 0);
	case 1:
		memcpy(new, data + at, sizeof(new));
		return splice(data, size, max, other, 0, new, sizeof(new));
	case 2: /* one after the other */
		memcpy(new, data + at, sizeof(new));
		memcpy(data + at, data + other, sizeof(new));
		memcpy(data + other, new, sizeof(new));
		return size;
	case 3:
		data[at] ^= (uint8_t)(1u << rng_below(r, 8));
		return size;
	default: {
		struct input_fragment f = input_fragment(data + other);

		place_near(r, new, &f);
		return splice(data, size, max, at, rng_one_in(r, 3) ? FRAGMENT_INPUT_LEN : 0, new,
			      sizeof(new));
	}
	}
}

/* ---- all ---- */

size_t mutate_input(enum input_kind kind, struct rng *r, uint8_t *data, size_t size, size_t max)
{
	size_t changed = size < max ? size : max;

	switch (kind) {
	case INPUT_KIND_FRAME:
		changed = mutate_frame(r, data, changed, max);
		break;
	case INPUT_KIND_STEPS:
		changed = mutate_steps(r, data, changed, max);
		break;
	case INPUT_KIND_FRAGMENTS:
		changed = mutate_fragments(r, data, changed, max);
		break;
	case INPUT_KIND_CAPTURE:
		changed = mutate_capture(r, data, changed, max);
		break;
	case INPUT_KIND_TEXT:
		changed = mutate_text(r, data, changed, max);
		break;
	}
	if (changed == 0 && max > 0)
		data[changed++] = (uint8_t)rng_next(r);
	return changed;
}
