/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The model, a row of area C at a time. */
#include "fuzz/octet_map.h"

#include <string.h>

/* Its loops are not what a fuzzer should look for new ways in; nor pay for. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
#endif

#define NOT_ECT 0
#define CE	3

void map_init(struct map *m)
{
	for (int i = 0; i < MAP_KEYS; i++)
		m->datagram[i].open = false;
	m->reqds = m->oks = m->fails = m->timeouts = m->overlaps = 0;
}

/* Only what can be there is forgotten: to the highest octet. */
static void forget(struct map_datagram *d)
{
	d->open = false;
}

static void begin(struct map_datagram *d, uint64_t now_ns)
{
	uint32_t cleared = d->highest;

	memset(d->run, 0, cleared * sizeof(d->run[0]));
	d->open = true;
	d->since_ns = now_ns;
	d->runs = d->highest = d->there = 0;
	d->end_known = d->first_in = false;
	d->codepoints = 0;
	d->largest = d->largest_df = 0;
}

void map_time(struct map *m, uint64_t now_ns)
{
	for (int i = 0; i < MAP_KEYS; i++) {
		struct map_datagram *d = &m->datagram[i];

		/* REASM-090, -099 */
		if (d->open && now_ns - d->since_ns >= MAP_TIMEOUT_NS) {
			m->timeouts++;
			m->fails++;
			forget(d);
		}
	}
}

/* REASM-103: one failure for the whole datagram. */
static bool give_up(struct map *m, struct map_datagram *d)
{
	m->fails++;
	forget(d);
	return false;
}

/* Does what this fragment says of the end fit what is known of it? REASM-025, -026, -028. */
static bool end_fits(struct map_datagram *d, uint32_t end, bool last)
{
	if (last && (end < d->highest || (d->end_known && end != d->highest)))
		return false;
	if (!last && d->end_known && end > d->highest)
		return false;
	d->end_known |= last;
	return true;
}

enum place { PLACE_FREE, PLACE_DUPLICATE, PLACE_OVERLAP };

/* REASM-035 to -045: all free; or all there, and of one run; or else. */
static enum place place_of(const struct map_datagram *d, uint32_t start, uint32_t end)
{
	uint32_t there = 0, of_first_run = 0;

	for (uint32_t i = start; i < end; i++) {
		there += d->run[i] != 0;
		of_first_run += d->run[i] != 0 && d->run[i] == d->run[start];
	}
	if (there == 0)
		return PLACE_FREE;
	return of_first_run == end - start ? PLACE_DUPLICATE : PLACE_OVERLAP;
}

static bool is_highest(const struct map_datagram *d, uint32_t start)
{
	for (uint32_t i = start; i < d->highest; i++)
		if (d->run[i])
			return false;
	return true;
}

static void put(struct map_datagram *d, const struct map_fragment *f, uint32_t end)
{
	/* A run goes on where a fragment is put right behind the last octet of all. */
	bool goes_on = f->start > 0 && d->run[f->start - 1] && is_highest(d, f->start);
	uint32_t run = goes_on ? d->run[f->start - 1] : ++d->runs;

	for (uint32_t i = f->start; i < end; i++) {
		d->run[i] = run;
		d->octet[i] = f->payload[i - f->start];
	}
	d->there += end - f->start;
}

static void note(struct map_datagram *d, const struct map_fragment *f, uint32_t end)
{
	uint32_t size = f->header_len + end - f->start;

	d->codepoints = (uint8_t)(d->codepoints | 1u << (f->tos & 3)); /* REASM-078 */
	if (size > d->largest)
		d->largest = size;
	if (f->df && size > d->largest_df)
		d->largest_df = size;
	if (f->start == 0) { /* REASM-050 */
		d->first_in = true;
		d->first_header_len = f->header_len;
		d->first_tos = f->tos;
	}
}

/* REASM-071 to -077: those who know ECN and those who do not. */
static bool codepoints_fit(uint8_t codepoints)
{
	return !(codepoints & 1u << NOT_ECT) || codepoints == 1u << NOT_ECT;
}

static bool complete(struct map *m, struct map_datagram *d, struct map_whole *ret)
{
	bool ce = d->codepoints & 1u << CE;

	forget(d);
	/* REASM-032, -034 */
	if (!codepoints_fit(d->codepoints) || d->first_header_len + d->highest > 65535) {
		m->fails++;
		return false;
	}
	m->oks++;
	*ret = (struct map_whole){
		.payload = d->octet,
		.len = d->highest,
		.header_len = d->first_header_len,
		.largest = d->largest, /* REASM-060 */
		.df = d->largest_df == d->largest, /* REASM-055 to -058 */
		.tos = (uint8_t)(d->first_tos | (ce ? CE : 0)), /* REASM-066 to -070 */
	};
	return true;
}

bool map_fragment(struct map *m, uint64_t now_ns, const struct map_fragment *f,
		  struct map_whole *ret)
{
	struct map_datagram *d = &m->datagram[f->key];
	uint32_t end = f->start + f->len;

	m->reqds++; /* REASM-002 */
	if (!d->open)
		begin(d, now_ns);
	if (f->more) /* REASM-018 */
		end -= end % 8;
	if (!end_fits(d, end, !f->more))
		return give_up(m, d);
	if (end > d->highest)
		d->highest = end;
	if (end == f->start) /* REASM-020 to -022 */
		return give_up(m, d);
	switch (place_of(d, f->start, end)) {
	case PLACE_DUPLICATE: /* what it said of the end stays said: REASM-030 */
		return false;
	case PLACE_OVERLAP:
		m->overlaps++;
		return give_up(m, d);
	case PLACE_FREE:
		break;
	}
	put(d, f, end);
	note(d, f, end);
	if (d->first_in && d->end_known && d->there == d->highest)
		return complete(m, d, ret);
	return false;
}

#if defined(__clang__)
#pragma clang attribute pop
#endif
