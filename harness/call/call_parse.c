/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Calls from text: one parser, led by the rows of the table. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "harness/call/call.h"
#include "harness/trace.h"
#include "harness/world/ip_words.h"
#include "harness/world/sockopt.h"
#include "harness/world/world_socket.h"

/* A call being read. Octets gather in buffers that are as long as they may get. */
struct reader {
	struct call c;
	const struct call_row *row;
	struct world *w;
	char **word; /* the next one */
	struct errmsg *e;
	bool has_addr;
	uint8_t addr[CALL_ADDR_ROOM];
	uint8_t control[CALL_CONTROL_MAX];
	uint8_t data[CALL_DATA_MAX];
};

static int bad(struct reader *r, const char *what, const char *word)
{
	return errmsg_set(r->e, -EINVAL, "no %s: %.60s", what, word ? word : "(end of line)");
}

static const char *next(struct reader *r)
{
	return *r->word ? *r->word++ : NULL;
}

static int number(struct reader *r, const char *what, int64_t min, int64_t max, int32_t *ret)
{
	const char *word = next(r);
	int64_t v;

	if (!word || !ip_number(word, min, max, &v))
		return bad(r, what, word);
	*ret = (int32_t)v;
	return 0;
}

/* ---- addresses ---- */

static int read_addr(struct reader *r)
{
	const char *word = next(r);
	struct sockaddr_in in = { .sin_family = AF_INET };
	size_t len = sizeof(in);
	uint32_t addr;
	uint16_t port;

	memset(r->addr, 0, sizeof(r->addr));
	r->c.addr = r->addr;
	if (word && strncmp(word, "hex:", 4) == 0) {
		if (!ip_hex(word + 4, r->addr, sizeof(r->addr), &len))
			return bad(r, "octets of an address", word);
	} else if (word && strcmp(word, "null") == 0) {
		r->c.addr = NULL;
	} else if (word && ip_endpoint(word, &addr, &port)) {
		in.sin_addr.s_addr = htonl(addr);
		in.sin_port = htons(port);
		memcpy(r->addr, &in, sizeof(in));
	} else {
		return bad(r, "ADDR:PORT, hex:OCTETS or null", word);
	}
	r->c.addr_len = (int32_t)len;
	r->has_addr = true;
	return 0;
}

static int read_family(struct reader *r)
{
	uint16_t family;
	int32_t v = 0;
	int err = number(r, "address family", 0, UINT16_MAX, &v);

	if (err == 0 && !r->c.addr)
		return errmsg_set(r->e, -EINVAL, "family: there is no address before it");
	family = (uint16_t)v;
	memcpy(r->addr, &family, sizeof(family));
	return err;
}

static int read_namelen(struct reader *r)
{
	if (r->row->words & CALL_W_NAMELEN)
		return number(r, "length", INT32_MIN + 1, CALL_OPTION_MAX, &r->c.namelen);
	if (!r->has_addr)
		return errmsg_set(r->e, -EINVAL, "namelen: there is no address before it");
	return number(r, "length", INT32_MIN + 1, INT32_MAX, &r->c.addr_len);
}

/* ---- options ---- */

static int add_dev(struct reader *r, struct call_dev dev)
{
	if (r->c.dev_nr == CALL_DEVS_MAX)
		return errmsg_set(r->e, -EINVAL, "more than %d devices", CALL_DEVS_MAX);
	r->c.dev[r->c.dev_nr++] = dev;
	return 0;
}

/* The device that a value names: its number goes to `off` of octets. */
static int place_dev(struct reader *r, const struct socket_call *value, uint8_t *octets,
		     struct call_dev dev)
{
	uint32_t nr;

	if (value->dev_at < 0)
		return 0;
	nr = world_dev_by_name(r->w, value->dev);
	if (!nr)
		return errmsg_set(r->e, -EINVAL, "the world has no device %s", value->dev);
	dev.big_endian = value->dev_big_endian;
	if (dev.big_endian)
		nr = htonl(nr);
	memcpy(octets + dev.off, &nr, sizeof(nr));
	return add_dev(r, dev);
}

static int option_value(struct reader *r, const char *word)
{
	struct socket_call value = { .dev_at = -1 };
	int err = sockopt_parse(&value, word, r->e);

	if (err < 0)
		return err;
	r->c.num[0] = value.level;
	r->c.num[1] = value.name;
	memcpy(r->data, value.val, value.val_len);
	r->c.data_len = (uint32_t)value.val_len;
	r->c.len = (int32_t)value.val_len;
	return place_dev(r, &value, r->data,
			 (struct call_dev){ CALL_IN_DATA, (uint32_t)value.dev_at, false });
}

static int read_set(struct reader *r)
{
	const char *word = next(r);

	return word ? option_value(r, word) : bad(r, "OPTION=VALUE", word);
}

static int read_get(struct reader *r)
{
	const char *word = next(r), *equals = word ? strchr(word, '=') : NULL;
	const struct sockopt *row = NULL;
	int err, level, name;

	if (equals) {
		err = option_value(r, word);
		r->c.len = CALL_AMPLE;
		return err;
	}
	if (!word || !sockopt_find(word, strlen(word), &level, &name, &row))
		return bad(r, "socket option", word);
	r->c.num[0] = level;
	r->c.num[1] = name;
	if (row && (row->form == SOCKOPT_DEV_IDX || row->form == SOCKOPT_DEV_IDX_BE))
		return add_dev(
			r, (struct call_dev){ CALL_IN_RESULT, 0, row->form == SOCKOPT_DEV_IDX_BE });
	return 0;
}

/* ---- messages ---- */

static int read_cmsg(struct reader *r)
{
	const char *word = next(r);
	struct socket_call value = { .dev_at = -1 };
	uint8_t *at = r->control + r->c.control_len;
	struct cmsghdr head = { .cmsg_len = 0 };
	int err = word ? sockopt_parse_cmsg(&value, word, r->e) : bad(r, "OPTION=VALUE", word);

	if (err < 0)
		return err;
	if (CMSG_SPACE(value.val_len) > sizeof(r->control) - r->c.control_len)
		return errmsg_set(r->e, -EINVAL, "cmsg: more than %d octets", CALL_CONTROL_MAX);
	head.cmsg_len = CMSG_LEN(value.val_len);
	head.cmsg_level = value.level;
	head.cmsg_type = value.name;
	memset(at, 0, CMSG_SPACE(value.val_len));
	memcpy(at, &head, sizeof(head));
	memcpy(at + CMSG_LEN(0), value.val, value.val_len);
	err = place_dev(r, &value, r->control,
			(struct call_dev){ CALL_IN_CONTROL,
					   (uint32_t)(r->c.control_len + CMSG_LEN(0)) +
						   (uint32_t)value.dev_at,
					   false });
	r->c.control_len += (uint32_t)CMSG_SPACE(value.val_len);
	r->c.control = r->control;
	return err;
}

static int read_control(struct reader *r)
{
	const char *word = next(r);
	size_t len;

	if (!word || !ip_hex(word, r->control + r->c.control_len,
			     sizeof(r->control) - r->c.control_len, &len))
		return bad(r, "octets of control messages", word);
	r->c.control_len += (uint32_t)len;
	r->c.control = r->control;
	return 0;
}

static int add_chunk(struct reader *r, size_t len)
{
	if (r->c.chunk_nr == CALL_CHUNKS_MAX)
		return errmsg_set(r->e, -EINVAL, "more than %d chunks", CALL_CHUNKS_MAX);
	r->c.chunk[r->c.chunk_nr++] = (uint32_t)len;
	r->c.data_len += (uint32_t)len;
	return 0;
}

static int read_data(struct reader *r)
{
	const char *word = next(r);
	size_t len;

	if (!word || !ip_hex(word, r->data + r->c.data_len, sizeof(r->data) - r->c.data_len, &len))
		return bad(r, "octets", word);
	return add_chunk(r, len);
}

static int read_len(struct reader *r)
{
	int32_t len = 0;
	int err;

	if (!(r->row->words & CALL_W_DATA))
		return number(r, "length", INT32_MIN + 1,
			      r->row->arg == CALL_ARG_NONE ? 65536 : CALL_OPTION_MAX, &r->c.len);
	err = number(r, "length", 0, (int64_t)(sizeof(r->data) - r->c.data_len), &len);
	for (int32_t i = 0; err == 0 && i < len; i++)
		r->data[r->c.data_len + (uint32_t)i] = (uint8_t)i;
	return err < 0 ? err : add_chunk(r, (size_t)len);
}

static int read_flags(struct reader *r)
{
	const char *word = next(r);

	return word && trace_flags_parse(word, &r->c.flags) ? 0 : bad(r, "flags", word);
}

static int read_controllen(struct reader *r)
{
	return number(r, "length", INT32_MIN + 1, INT32_MAX, &r->c.controllen);
}

static int read_hold(struct reader *r)
{
	r->c.hold = true;
	return 0;
}

static int read_nocap(struct reader *r)
{
	r->c.nocap = true;
	return 0;
}

static int read_noname(struct reader *r)
{
	r->c.noname = true;
	return 0;
}

static const struct {
	const char *word;
	uint32_t of; /* CALL_W_* of the rows that have it; UINT32_MAX: all */
	int (*read)(struct reader *r);
} words[] = {
	{ "nocap", UINT32_MAX, read_nocap },
	{ "noname", CALL_W_NAMELEN, read_noname },
	{ "hold", CALL_W_HOLD, read_hold },
	{ "family", CALL_W_ADDR, read_family },
	{ "namelen", CALL_W_ADDR | CALL_W_NAMELEN, read_namelen },
	{ "to", CALL_W_TO, read_addr },
	{ "flags", CALL_W_FLAGS, read_flags },
	{ "len", CALL_W_LEN | CALL_W_DATA, read_len },
	{ "data", CALL_W_DATA, read_data },
	{ "cmsg", CALL_W_CMSG, read_cmsg },
	{ "control", CALL_W_CMSG, read_control },
	{ "controllen", CALL_W_CONTROLLEN, read_controllen },
};

static int read_words(struct reader *r)
{
	const char *word;
	int err = 0;

	while (err == 0 && (word = next(r))) {
		size_t i = 0;

		while (i < sizeof(words) / sizeof(words[0]) &&
		       (strcmp(word, words[i].word) != 0 ||
			(words[i].of != UINT32_MAX && !(words[i].of & r->row->words))))
			i++;
		if (i == sizeof(words) / sizeof(words[0]))
			return errmsg_set(r->e, -EINVAL, "no word of this call: %.60s", word);
		err = words[i].read(r);
	}
	return err;
}

/* A number, or one of the names that an argument of this kind has. */
static int read_constant(struct reader *r)
{
	static const struct {
		enum call_arg arg;
		const char *name;
		int32_t value;
	} names[] = {
		{ CALL_ARG_HOW, "SHUT_RD", SHUT_RD },	  { CALL_ARG_HOW, "SHUT_WR", SHUT_WR },
		{ CALL_ARG_HOW, "SHUT_RDWR", SHUT_RDWR }, { CALL_ARG_IOCTL, "SIOCINQ", SIOCINQ },
		{ CALL_ARG_IOCTL, "SIOCOUTQ", SIOCOUTQ },
	};

	for (size_t i = 0; *r->word && i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].arg == r->row->arg && strcmp(*r->word, names[i].name) == 0) {
			r->c.num[0] = names[i].value;
			r->word++;
			return 0;
		}
	return number(r, "number, or name of a constant", INT32_MIN, INT32_MAX, &r->c.num[0]);
}

static int read_kind(struct reader *r)
{
	int nr = 0, took;

	while (r->word[nr])
		nr++;
	took = socket_kind_parse(r->c.num, r->word, nr, r->e);
	if (took > 0)
		r->word += took;
	return took < 0 ? took : 0;
}

static int read_arg(struct reader *r)
{
	switch (r->row->arg) {
	case CALL_ARG_NONE:
		return 0;
	case CALL_ARG_KIND:
		return read_kind(r);
	case CALL_ARG_ADDR:
		return read_addr(r);
	case CALL_ARG_SET:
		return read_set(r);
	case CALL_ARG_GET:
		return read_get(r);
	case CALL_ARG_NR:
	case CALL_ARG_HOW:
	case CALL_ARG_IOCTL:
		return read_constant(r);
	}
	return 0;
}

/* A kernel reads an option as long as the call says: that much is there. */
static void pad_option(struct reader *r)
{
	if (r->row->arg != CALL_ARG_SET || r->c.len <= (int32_t)r->c.data_len)
		return;
	memset(r->data + r->c.data_len, 0, (size_t)r->c.len - r->c.data_len);
	r->c.data_len = (uint32_t)r->c.len;
}

static int read_call(struct reader *r, const char *name, struct call **ret, uint16_t *ret_chan)
{
	int idx, err = read_arg(r);

	if (err == 0)
		err = read_words(r);
	if (err < 0)
		return err;
	pad_option(r);
	if (r->c.data_len)
		r->c.data = r->data;
	idx = r->c.type == CALL_SOCKET
		      ? world_step_socket(r->w, name, (r->c.num[1] & 15) == SOCK_RAW, r->e)
		      : world_socket_idx(r->w, name);
	if (idx < 0 && r->c.type != CALL_SOCKET)
		return errmsg_set(r->e, -EINVAL, "there is no socket \"%.40s\" so far", name);
	if (idx < 0)
		return idx;
	*ret = call_copy(&r->c);
	*ret_chan = (uint16_t)idx;
	return *ret ? 0 : errmsg_set(r->e, -ENOMEM, "out of memory");
}

int call_parse(struct call **ret, uint16_t *ret_chan, enum call_type type, struct world *w,
	       char **argv, int argc, struct errmsg *e)
{
	struct reader *r;
	int err;

	if (argc < 1)
		return errmsg_set(e, -EINVAL, "%s: needs the name of a socket",
				  call_rows[type].name);
	r = malloc(sizeof(*r));
	if (!r)
		return errmsg_set(e, -ENOMEM, "out of memory");
	r->c = (struct call){
		.type = type,
		.len = CALL_AMPLE,
		.controllen = CALL_AMPLE,
		.namelen = CALL_AMPLE,
	};
	r->row = &call_rows[type];
	r->w = w;
	r->word = argv + 1;
	r->e = e;
	r->has_addr = false;
	err = read_call(r, argv[0], ret, ret_chan);
	free(r);
	return err < 0 ? errmsg_wrap(e, err, "%s", call_rows[type].name) : 0;
}
