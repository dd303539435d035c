/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* One section, in the octet order of this machine; blocks are put together in the file's buffer. */
#include "harness/capture/pcapng_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPT_COMMENT	 1
#define OPT_SHB_USERAPPL 4
#define OPT_IF_TSRESOL	 9
#define OPT_EPB_FLAGS	 2
#define OUTBOUND	 2
/* Longer comments are cut: an option's length has 16 bits, and nobody reads that much. */
#define COMMENT_MAX	 16384

struct pcapng_writer {
	char *path;
	FILE *file;
	uint32_t link_type[CAPTURE_IFACE_MAX];
	size_t iface_nr;
};

static void put(FILE *f, const void *data, size_t n)
{
	/* Errors stay with the file: seen at the end of each block. */
	if (n)
		fwrite(data, 1, n, f);
}

static void put32(FILE *f, uint32_t v)
{
	put(f, &v, sizeof(v));
}

static void put16(FILE *f, unsigned int v)
{
	put(f, &(uint16_t){ (uint16_t)v }, 2);
}

static void pad(FILE *f, size_t n)
{
	put(f, "\0\0\0", -n & 3);
}

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static size_t comment_len(const char *comment)
{
	size_t n = comment ? strlen(comment) : 0;

	if (n <= COMMENT_MAX)
		return n;
	/* Not within a character of several octets. */
	for (n = COMMENT_MAX; n && ((unsigned char)comment[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

static size_t option_len(size_t n)
{
	return n ? 4 + padded(n) : 0;
}

static void put_option(FILE *f, unsigned int code, const void *val, size_t n)
{
	if (!n)
		return;
	put16(f, code);
	put16(f, (unsigned int)n);
	put(f, val, n);
	pad(f, n);
}

static int written(struct pcapng_writer *w, struct errmsg *e)
{
	if (!ferror(w->file))
		return 0;
	return errmsg_set(e, errno ? -errno : -EIO, "%s: cannot be written: %s", w->path,
			  strerror(errno ? errno : EIO));
}

static void put_section(struct pcapng_writer *w, const char *comment)
{
	static const char program[] = "netparity";
	size_t n = comment_len(comment);
	size_t len = 28 + option_len(n) + option_len(strlen(program)) + 4;

	put32(w->file, 0x0a0d0d0a);
	put32(w->file, (uint32_t)len);
	put32(w->file, 0x1a2b3c4d);
	put16(w->file, 1);
	put16(w->file, 0);
	put32(w->file, UINT32_MAX); /* the section's length: not said */
	put32(w->file, UINT32_MAX);
	put_option(w->file, OPT_COMMENT, comment, n);
	put_option(w->file, OPT_SHB_USERAPPL, program, strlen(program));
	put32(w->file, 0);
	put32(w->file, (uint32_t)len);
}

/* The number of the interface of a link type; a new one is described first. */
static int iface_of(struct pcapng_writer *w, uint32_t link_type, uint32_t *ret, struct errmsg *e)
{
	for (size_t i = 0; i < w->iface_nr; i++)
		if (w->link_type[i] == link_type) {
			*ret = (uint32_t)i;
			return 0;
		}
	if (w->iface_nr == CAPTURE_IFACE_MAX || link_type > UINT16_MAX)
		return errmsg_set(e, -E2BIG, "%s: link type %u does not fit", w->path, link_type);
	put32(w->file, 1);
	put32(w->file, 32);
	put16(w->file, link_type);
	put16(w->file, 0);
	put32(w->file, 0);
	put_option(w->file, OPT_IF_TSRESOL, "\11", 1);
	put32(w->file, 0);
	put32(w->file, 32);
	w->link_type[w->iface_nr] = link_type;
	*ret = (uint32_t)w->iface_nr++;
	return 0;
}

int pcapng_packet(struct pcapng_writer *w, const struct capture_packet *p,
		  const struct capture_raw *raw, const char *comment, struct errmsg *e)
{
	size_t len = raw->head_len + raw->body_len, n = comment_len(comment);
	size_t options = option_len(n) + (p->outgoing ? option_len(4) : 0), block;
	uint64_t orig_len = p->orig_len + len - p->len;
	uint32_t iface = 0;
	int err = iface_of(w, raw->link_type, &iface, e);

	if (err)
		return err;
	options += options ? 4 : 0;
	block = 28 + padded(len) + options + 4;
	put32(w->file, 6);
	put32(w->file, (uint32_t)block);
	put32(w->file, iface);
	put32(w->file, (uint32_t)(p->time_ns >> 32));
	put32(w->file, (uint32_t)p->time_ns);
	put32(w->file, (uint32_t)len);
	put32(w->file, (uint32_t)(orig_len < len ? len : orig_len));
	put(w->file, raw->head, raw->head_len);
	put(w->file, raw->body, raw->body_len);
	pad(w->file, len);
	put_option(w->file, OPT_COMMENT, comment, n);
	if (p->outgoing)
		put_option(w->file, OPT_EPB_FLAGS, &(uint32_t){ OUTBOUND }, 4);
	if (options)
		put32(w->file, 0);
	put32(w->file, (uint32_t)block);
	return written(w, e);
}

int pcapng_create(struct pcapng_writer **ret, const char *path, const char *comment,
		  struct errmsg *e)
{
	struct pcapng_writer *w = calloc(1, sizeof(*w));

	if (w)
		w->path = strdup(path);
	if (!w || !w->path) {
		free(w);
		return errmsg_set(e, -ENOMEM, "%s: no memory", path);
	}
	w->file = fopen(path, "we");
	if (!w->file) {
		int err = errmsg_set(e, -errno, "%s: cannot be written: %s", path, strerror(errno));

		free(w->path);
		free(w);
		return err;
	}
	put_section(w, comment);
	*ret = w;
	return 0;
}

int pcapng_close(struct pcapng_writer *w, struct errmsg *e)
{
	int err = written(w, e);

	if (fclose(w->file) && !err)
		err = errmsg_set(e, -errno, "%s: cannot be written: %s", w->path, strerror(errno));
	free(w->path);
	free(w);
	return err;
}
