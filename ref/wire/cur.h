/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The cursor: the only way to read octets of a packet. A short read is remembered, so code reads
 * straight through and asks once, before it uses anything. Wire order ends here.
 */
#ifndef REF_WIRE_CUR_H
#define REF_WIRE_CUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wire_cur {
	const uint8_t *pos;	/* next unread octet; borrowed */
	size_t left;		/* unread octets */
	bool short_read;	/* sticky: something was asked for past the end */
};

/* Octets as they stand, in the machine's order: to be compared or summed, never to be a number. */
static inline uint16_t wire_raw16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t wire_raw32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t wire_raw64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define wire_swap16(v) __builtin_bswap16(v)
#define wire_swap32(v) __builtin_bswap32(v)
#define wire_swap64(v) __builtin_bswap64(v)
#else
#define wire_swap16(v) (v)
#define wire_swap32(v) (v)
#define wire_swap64(v) (v)
#endif

static inline uint16_t wire_get16(const uint8_t *p)
{
	return wire_swap16(wire_raw16(p));
}

static inline uint32_t wire_get32(const uint8_t *p)
{
	return wire_swap32(wire_raw32(p));
}

static inline void wire_put16(uint8_t *p, uint16_t v)
{
	v = wire_swap16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void wire_put32(uint8_t *p, uint32_t v)
{
	v = wire_swap32(v);
	memcpy(p, &v, sizeof(v));
}

static inline struct wire_cur wire_cur(const uint8_t *data, size_t len)
{
	return (struct wire_cur){ .pos = data, .left = len };
}

/* The next n octets, or NULL (and short_read) when there are fewer. */
static inline const uint8_t *wire_take(struct wire_cur *c, size_t n)
{
	const uint8_t *p = c->pos;

	if (n > c->left) {
		c->short_read = true;
		c->left = 0;
		return NULL;
	}
	c->pos += n;
	c->left -= n;
	return p;
}

static inline uint8_t wire_u8(struct wire_cur *c)
{
	const uint8_t *p = wire_take(c, 1);

	return p ? *p : 0;
}

static inline uint16_t wire_be16(struct wire_cur *c)
{
	const uint8_t *p = wire_take(c, 2);

	return p ? wire_get16(p) : 0;
}

static inline uint32_t wire_be32(struct wire_cur *c)
{
	const uint8_t *p = wire_take(c, 4);

	return p ? wire_get32(p) : 0;
}

#endif
