/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Octets of a file, a pipe or memory, unpacked when they are gzip, read through one buffer of fixed
 * size. What has been peeked at may be written to until the next peek.
 */
#ifndef HARNESS_CAPTURE_STREAM_H
#define HARNESS_CAPTURE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/errmsg.h"

/* The most that can be looked at in one piece. */
#define STREAM_PEEK_MAX ((size_t)1 << 20)

struct stream {
	uint8_t *pos, *end; /* octets read and not yet taken */
	uint8_t *buf;
	uint64_t buf_at; /* where in the unpacked octets buf begins */
	struct stream_source *source;
};

/* path "-" is standard input. keep: stream_rewind() must work on a pipe too. */
int stream_open(struct stream *s, const char *path, bool keep, struct errmsg *e);
int stream_open_memory(struct stream *s, const void *data, size_t len, struct errmsg *e);
void stream_close(struct stream *s);
int stream_rewind(struct stream *s, struct errmsg *e);
/* 0 if a short peek was the end of the data, else the -errno of the failure and its message. */
int stream_error(const struct stream *s, struct errmsg *e);

size_t stream_fill(struct stream *s, size_t n);

/* Have n octets (<= STREAM_PEEK_MAX) at s->pos; returns how many there are, at most n. */
static inline size_t stream_peek(struct stream *s, size_t n)
{
	return (size_t)(s->end - s->pos) >= n ? n : stream_fill(s, n);
}

/* Take n octets that have been peeked at. */
static inline void stream_take(struct stream *s, size_t n)
{
	s->pos += n;
}

/* Take n octets unseen; returns how many there were. */
uint64_t stream_skip(struct stream *s, uint64_t n);

/* How many octets have been taken. */
static inline uint64_t stream_tell(const struct stream *s)
{
	return s->buf_at + (uint64_t)(s->pos - s->buf);
}

#endif
