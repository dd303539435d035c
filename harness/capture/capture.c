/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Opening, reading packet by packet, and every message with its file and packet number. */
#include "harness/capture/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/reader.h"

static const struct file_format *const file_formats[] = {
	&file_format_pcap,
	&file_format_pcapng,
};

int capture_short(struct capture *c, size_t have, size_t want, struct errmsg *e)
{
	int err = stream_error(&c->stream, e);

	if (err)
		return err;
	return errmsg_set(e, -ENODATA, "cut off: the file ends %zu octets into a piece of %zu",
			  have, want);
}

int capture_check_len(uint64_t len, uint64_t *orig_len, uint32_t snap_len, struct errmsg *e)
{
	if (len > CAPTURE_PACKET_MAX)
		return errmsg_set(e, -EBADMSG,
				  "damaged: a length of %" PRIu64 " octets (the most is %d)", len,
				  CAPTURE_PACKET_MAX);
	if (snap_len && len > snap_len)
		return errmsg_set(e, -EBADMSG,
				  "%" PRIu64
				  " octets, longer than the snap length of the file, %u: "
				  "one of the two is wrong",
				  len, snap_len);
	/* Programs that edit packets and save them leave the old length on the wire behind. */
	if (*orig_len < len)
		*orig_len = len;
	return 0;
}

/* Detect the format and read its header. */
static int capture_begin(struct capture *c, struct errmsg *e)
{
	size_t have = stream_peek(&c->stream, 4);
	const uint8_t *magic = c->stream.pos;

	c->nr = c->time_ns = 0;
	c->err = 0;
	c->link = NULL;
	c->raw = (struct capture_raw){ .head = NULL };
	c->iface_nr = 0;
	if (!have && !stream_error(&c->stream, e))
		return errmsg_set(e, -ENODATA, "empty: a capture begins with a file header");
	if (have < 4)
		return capture_short(c, have, 4, e);
	for (size_t i = 0; i < sizeof(file_formats) / sizeof(*file_formats); i++) {
		c->format = file_formats[i];
		if (c->format->detect(magic))
			return c->format->begin(c, e);
	}
	return errmsg_set(e, -EINVAL,
			  "neither pcap nor pcapng (it begins with %02x %02x %02x %02x): "
			  "`editcap FILE OUT` may know it",
			  magic[0], magic[1], magic[2], magic[3]);
}

static int capture_new(struct capture **ret, const char *name, const struct capture_options *opt,
		       struct errmsg *e)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (c)
		c->name = strdup(strcmp(name, "-") ? name : "standard input");
	if (!c || !c->name) {
		free(c);
		return errmsg_set(e, -ENOMEM, "%s: no memory", name);
	}
	if (opt)
		c->opt = *opt;
	*ret = c;
	return 0;
}

/* The end of both ways to open: c is given away or freed. */
static int capture_opened(struct capture **ret, struct capture *c, int err, struct errmsg *e)
{
	if (!err)
		err = capture_begin(c, e);
	if (err) {
		errmsg_wrap(e, err, "%s", c->name);
		capture_close(c);
		return err;
	}
	*ret = c;
	return 0;
}

int capture_open(struct capture **ret, const char *path, const struct capture_options *opt,
		 struct errmsg *e)
{
	struct capture *c;
	int err = capture_new(&c, path, opt, e);

	if (err)
		return err;
	err = stream_open(&c->stream, path, c->opt.twice, e);
	return capture_opened(ret, c, err, e);
}

int capture_open_memory(struct capture **ret, const char *name, const void *data, size_t len,
			const struct capture_options *opt, struct errmsg *e)
{
	struct capture *c;
	int err = capture_new(&c, name, opt, e);

	if (err)
		return err;
	err = stream_open_memory(&c->stream, data, len, e);
	return capture_opened(ret, c, err, e);
}

/* Parsing may write over the first octets: they are kept aside. */
static void raw_keep(struct capture *c, const struct record *r)
{
	size_t n = r->len < RECORD_HEAD_MAX ? r->len : RECORD_HEAD_MAX;

	memcpy(c->head, r->data, n);
	c->raw = (struct capture_raw){
		.link_type = r->link_type,
		.head = c->head,
		.head_len = n,
		.body = r->data + n,
		.body_len = r->len - n,
	};
}

void capture_raw(const struct capture *c, struct capture_raw *ret)
{
	*ret = c->raw;
}

static int capture_read(struct capture *c, struct capture_packet *p, struct errmsg *e)
{
	struct record r;
	int err = c->format->next(c, &r, e);

	if (err <= 0)
		return err;
	if (!c->link || c->link->value != r.link_type)
		c->link = link_type_find(r.link_type, e);
	if (!c->link)
		return -EPROTONOSUPPORT;
	if (r.no_time)
		r.time_ns = c->time_ns;
	*p = (struct capture_packet){
		.nr = c->nr + 1,
		.time_ns = r.time_ns,
		.backwards = r.time_ns < c->time_ns,
	};
	if (p->backwards && !c->opt.any_order) {
		uint64_t back_ns = c->time_ns - r.time_ns;

		return errmsg_set(e, -EINVAL,
				  "its time is %" PRIu64 ".%09u s before that of packet %" PRIu64
				  ": sort it with `reordercap FILE OUT`, or take it as it is "
				  "with --any-order",
				  back_ns / 1000000000u, (unsigned int)(back_ns % 1000000000u),
				  c->nr);
	}
	raw_keep(c, &r);
	link_parse(c->link, &r, p);
	c->time_ns = r.time_ns;
	c->nr++;
	return 1;
}

int capture_next(struct capture *c, struct capture_packet *p, struct errmsg *e)
{
	int err;

	if (c->err) {
		*e = c->msg;
		return c->err;
	}
	err = capture_read(c, p, e);
	if (err < 0) {
		c->err = errmsg_wrap(e, err, "%s: packet %" PRIu64, c->name, c->nr + 1);
		c->msg = *e;
	}
	return err;
}

int capture_rewind(struct capture *c, struct errmsg *e)
{
	int err = stream_rewind(&c->stream, e);

	if (!err)
		err = capture_begin(c, e);
	return err ? errmsg_wrap(e, err, "%s", c->name) : 0;
}

const char *capture_link_type(const struct capture *c)
{
	return c->link ? c->link->name : "";
}

const char *capture_name(const struct capture *c)
{
	return c->name;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	stream_close(&c->stream);
	free(c->name);
	free(c);
}
