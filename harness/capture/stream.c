/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Two layers: the raw octets (file, pipe with or without a kept copy, memory), and gzip above them.
 */
#include "harness/capture/stream.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK	    ((size_t)128 << 10)
/* More than CHUNK: the first look may end in the middle of one. */
#define PACKED_SIZE (CHUNK + 64)
/* Room below what is read, for a MAC header made up in front of a packet at the very beginning. */
#define HEADROOM    64

struct stream_source {
	int fd; /* -1: memory */
	off_t start; /* where it begins in fd; -1: a pipe, cannot seek */
	int copy_fd; /* what came from the pipe so far; -1: not kept */
	uint64_t copy_len, at; /* at: read position in the raw octets */
	const uint8_t *mem;
	size_t mem_len;

	bool gzip, gzip_member; /* member: within one, so that an end here is an early end */
	z_stream z;
	uint8_t *in; /* packed octets, PACKED_SIZE of them */

	bool ended;
	int err;
	struct errmsg msg;
};

/* What we cannot unpack but can name. */
static const struct packer {
	uint8_t magic[6];
	size_t len;
	const char *name;
} packers[] = {
	{ { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, "xz" },
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, "zstd" },
	{ { 'B', 'Z', 'h' }, 3, "bzip2" },
	{ { 0x04, 0x22, 0x4d, 0x18 }, 4, "lz4" },
};

static ssize_t source_fail(struct stream_source *src, int err, const char *what)
{
	src->err = errmsg_set(&src->msg, -err, "%s: %s", what, strerror(err));
	return -1;
}

static int copy_file(void)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!dir || !*dir)
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	/* Not every file system has nameless files. */
	if (snprintf(path, sizeof(path), "%s/netparity.XXXXXX", dir) >= (int)sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static bool copy_keep(struct stream_source *src, const uint8_t *buf, size_t n)
{
	while (n) {
		ssize_t put = pwrite(src->copy_fd, buf, n, (off_t)src->copy_len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			source_fail(
				src, put ? errno : EIO,
				"cannot keep a copy of the input in TMPDIR (give it as a file)");
			return false;
		}
		buf += put;
		n -= (size_t)put;
		src->copy_len += (uint64_t)put;
	}
	return true;
}

/* Raw octets: how many, 0 at the end, -1 on an error (src->err). */
static ssize_t source_read(struct stream_source *src, uint8_t *buf, size_t n)
{
	ssize_t got;

	if (src->fd < 0) {
		size_t left = src->mem_len - (size_t)src->at;

		got = (ssize_t)(n < left ? n : left);
		if (got)
			memcpy(buf, src->mem + src->at, (size_t)got);
		src->at += (uint64_t)got;
		return got;
	}
	do {
		if (src->copy_fd >= 0 && src->at < src->copy_len)
			got = pread(src->copy_fd, buf, n, (off_t)src->at);
		else
			got = read(src->fd, buf, n);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return source_fail(src, errno, "cannot be read");
	if (src->copy_fd >= 0 && src->at == src->copy_len && got &&
	    !copy_keep(src, buf, (size_t)got))
		return -1;
	src->at += (uint64_t)got;
	return got;
}

/* Put the next packed octets behind those that inflate has not used yet. */
static ssize_t packed_fill(struct stream_source *src)
{
	ssize_t got;

	memmove(src->in, src->z.next_in, src->z.avail_in);
	src->z.next_in = src->in;
	got = source_read(src, src->in + src->z.avail_in, PACKED_SIZE - src->z.avail_in);
	if (got > 0)
		src->z.avail_in += (unsigned int)got;
	return got;
}

static ssize_t packed_fail(struct stream_source *src, const char *why)
{
	src->err = errmsg_set(&src->msg, -EBADMSG, "its gzip data %s", why);
	return -1;
}

/* Several gzip members one after the other are one file; other octets behind them are ignored. */
static bool packed_next_member(struct stream_source *src)
{
	while (src->z.avail_in < 2) {
		ssize_t got = packed_fill(src);

		if (got < 0)
			return false;
		if (!got)
			break;
	}
	if (src->z.avail_in < 2 || src->z.next_in[0] != 0x1f || src->z.next_in[1] != 0x8b) {
		src->ended = true;
		return false;
	}
	src->gzip_member = inflateReset(&src->z) == Z_OK;
	return src->gzip_member;
}

static ssize_t packed_read(struct stream_source *src, uint8_t *buf, size_t n)
{
	src->z.next_out = buf;
	src->z.avail_out = (unsigned int)n;
	while (src->z.avail_out == n) {
		int err;

		if (!src->gzip_member && !packed_next_member(src))
			return src->err ? -1 : 0;
		err = inflate(&src->z, Z_NO_FLUSH);
		if (err == Z_STREAM_END) {
			src->gzip_member = false;
		} else if (err != Z_OK && err != Z_BUF_ERROR) {
			packed_fail(src, err == Z_MEM_ERROR ? "needs more memory than there is"
							    : "is damaged");
			break;
		} else if (src->z.avail_out == n && !src->z.avail_in) {
			ssize_t got = packed_fill(src);

			if (got < 0)
				return -1;
			if (!got)
				return packed_fail(src, "ends too early: the file is cut off");
		}
	}
	/* What was unpacked before an error counts: the error comes behind it. */
	return src->err && src->z.avail_out == n ? -1 : (ssize_t)(n - src->z.avail_out);
}

size_t stream_fill(struct stream *s, size_t n)
{
	struct stream_source *src = s->source;
	size_t have = (size_t)(s->end - s->pos);
	uint8_t *start = s->buf;

	assert(n <= STREAM_PEEK_MAX);
	s->buf_at += (uint64_t)(s->pos - start);
	memmove(start, s->pos, have);
	s->pos = start;
	while (have < n && !src->ended && !src->err) {
		ssize_t got = src->gzip ? packed_read(src, start + have, CHUNK)
					: source_read(src, start + have, CHUNK);

		if (got > 0)
			have += (size_t)got;
		else if (!got)
			src->ended = true;
	}
	s->end = start + have;
	return have < n ? have : n;
}

uint64_t stream_skip(struct stream *s, uint64_t n)
{
	uint64_t left = n;

	while (left) {
		size_t piece = left < CHUNK ? (size_t)left : CHUNK;
		size_t got = stream_peek(s, piece);

		stream_take(s, got);
		left -= got;
		if (got < piece)
			break;
	}
	return n - left;
}

int stream_error(const struct stream *s, struct errmsg *e)
{
	if (s->source->err)
		*e = s->source->msg;
	return s->source->err;
}

/* Look at the first octets: is it packed, and how? */
static int stream_begin(struct stream *s, struct errmsg *e)
{
	struct stream_source *src = s->source;
	size_t have = stream_peek(s, 6);

	if (src->err)
		return stream_error(s, e);
	for (size_t i = 0; i < sizeof(packers) / sizeof(*packers); i++)
		if (have >= packers[i].len && !memcmp(s->pos, packers[i].magic, packers[i].len))
			return errmsg_set(e, -EPROTONOSUPPORT,
					  "packed with %s, only gzip is read here: unpack it first "
					  "(%s -dc FILE | netparity replay -)",
					  packers[i].name, packers[i].name);
	if (have < 2 || s->pos[0] != 0x1f || s->pos[1] != 0x8b)
		return 0;

	if (!src->in) {
		src->in = malloc(PACKED_SIZE);
		if (!src->in || inflateInit2(&src->z, 15 + 16) != Z_OK) {
			free(src->in);
			src->in = NULL;
			return errmsg_set(e, -ENOMEM, "no memory to unpack gzip");
		}
	}
	src->gzip = true;
	src->gzip_member = inflateReset(&src->z) == Z_OK;
	src->ended = false;
	/* What was read already is packed. */
	src->z.avail_in = (unsigned int)(s->end - s->pos);
	assert(src->z.avail_in <= PACKED_SIZE);
	memcpy(src->in, s->pos, src->z.avail_in);
	src->z.next_in = src->in;
	s->end = s->pos;
	return 0;
}

static int stream_alloc(struct stream *s, struct errmsg *e)
{
	memset(s, 0, sizeof(*s));
	s->source = calloc(1, sizeof(*s->source));
	s->buf = malloc(HEADROOM + STREAM_PEEK_MAX + CHUNK);
	if (!s->source || !s->buf) {
		free(s->source);
		free(s->buf);
		memset(s, 0, sizeof(*s));
		return errmsg_set(e, -ENOMEM, "no memory to read the capture");
	}
	s->buf += HEADROOM;
	s->pos = s->end = s->buf;
	s->source->fd = s->source->copy_fd = -1;
	return 0;
}

int stream_open(struct stream *s, const char *path, bool keep, struct errmsg *e)
{
	struct stream_source *src;
	struct stat st;
	int err = stream_alloc(s, e);

	if (err)
		return err;
	src = s->source;
	src->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC)
				    : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (src->fd < 0) {
		err = errmsg_set(e, -errno, "%s", strerror(errno));
		goto fail;
	}
	if (fstat(src->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		err = errmsg_set(e, -EISDIR, "a directory, not a capture");
		goto fail;
	}
	src->start = lseek(src->fd, 0, SEEK_CUR);
	if (src->start < 0 && keep) {
		src->copy_fd = copy_file();
		if (src->copy_fd < 0) {
			err = errmsg_set(e, -errno, "cannot keep a copy of it in TMPDIR: %s",
					 strerror(errno));
			goto fail;
		}
	}
	err = stream_begin(s, e);
	if (!err)
		return 0;
fail:
	stream_close(s);
	return err;
}

int stream_open_memory(struct stream *s, const void *data, size_t len, struct errmsg *e)
{
	int err = stream_alloc(s, e);

	if (err)
		return err;
	s->source->mem = data;
	s->source->mem_len = len;
	err = stream_begin(s, e);
	if (err)
		stream_close(s);
	return err;
}

int stream_rewind(struct stream *s, struct errmsg *e)
{
	struct stream_source *src = s->source;

	if (src->fd >= 0 && src->copy_fd < 0 && lseek(src->fd, src->start, SEEK_SET) < 0)
		return errmsg_set(e, -errno, "cannot be read a second time: %s", strerror(errno));
	src->at = s->buf_at = 0;
	src->err = 0;
	src->ended = src->gzip = false;
	s->pos = s->end = s->buf;
	return stream_begin(s, e);
}

void stream_close(struct stream *s)
{
	struct stream_source *src = s->source;

	if (!src)
		return;
	if (src->in)
		inflateEnd(&src->z);
	free(src->in);
	if (src->fd >= 0)
		close(src->fd);
	if (src->copy_fd >= 0)
		close(src->copy_fd);
	free(src);
	free(s->buf - HEADROOM);
	memset(s, 0, sizeof(*s));
}
