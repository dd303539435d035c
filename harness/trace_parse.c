/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Lines of a trace as observations. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/call/call.h"
#include "harness/trace.h"
#include "harness/trace_ctrl.h"
#include "harness/world/ip_words.h"
#include "ref/ref.h"

/* A line being read: a copy whose words are cut off one by one. */
struct reader {
	char *rest;
	const char *data; /* digits after " : ", or NULL */
	const char *comment; /* after " # ", or NULL */
	struct obs_list *l;
	const struct world *w;
	struct errmsg *e;
};

static char *next_word(struct reader *r)
{
	char *word;

	r->rest += strspn(r->rest, " ");
	if (*r->rest == '\0')
		return NULL;
	word = r->rest;
	r->rest += strcspn(r->rest, " ");
	if (*r->rest)
		*r->rest++ = '\0';
	return word;
}

static int bad(struct reader *r, const char *what, const char *word)
{
	return errmsg_set(r->e, -EINVAL, "no %s: %.60s", what, word ? word : "(end of line)");
}

static int need_number(struct reader *r, const char *what, int64_t min, int64_t max, int64_t *ret)
{
	const char *word = next_word(r);

	if (word && *word == '+')
		word++;
	return word && ip_number(word, min, max, ret) ? 0 : bad(r, what, word);
}

static int need_socket(struct reader *r, struct obs *obs)
{
	const char *word = next_word(r);
	int idx = word ? world_socket_idx(r->w, word) : -1;

	if (idx < 0)
		return bad(r, "socket of the world", word);
	obs->chan = (uint16_t)idx;
	return 0;
}

static int need_keyword(struct reader *r, const char *keyword)
{
	const char *word = next_word(r);

	return word && strcmp(word, keyword) == 0 ? 0 : bad(r, keyword, word);
}

static int read_data(struct reader *r, struct obs *obs)
{
	size_t len = r->data ? strlen(r->data) : 0, got;
	uint8_t *room;

	if (!r->data)
		return bad(r, "octets after \" : \"", NULL);
	room = obs_room(r->l, len / 2 + 1);
	if (!room)
		return errmsg_set(r->e, -ENOMEM, "out of memory");
	if (!ip_hex(r->data, room, len / 2, &got))
		return bad(r, "pairs of hexadecimal digits", r->data);
	obs->data_len = (uint32_t)got;
	obs->data_off = obs_take(r->l, got);
	return 0;
}

/* WORD=VALUE or cmsg=LEVEL/TYPE:HEX behind the control messages so far. */
static int read_ctrl(struct reader *r, struct obs *obs, const char *word)
{
	const char *equals = strchr(word, '='), *value = equals ? equals + 1 : "";
	const struct ctrl_word *row = equals ? ctrl_by_word(word, (size_t)(equals - word)) : NULL;
	size_t max = strlen(value) / 2 + 64, len = 0;
	struct obs_cmsg c = { .level = 0 };
	uint8_t *room = obs_room(r->l, sizeof(c) + max);
	bool ok;

	if (!room)
		return errmsg_set(r->e, -ENOMEM, "out of memory");
	if (row) {
		c.level = row->level;
		c.type = row->type;
		ok = ctrl_value(row, r->w, value, room + sizeof(c), max, &len);
	} else {
		char *end = NULL;

		ok = strncmp(word, "cmsg=", 5) == 0;
		if (ok)
			c.level = (int32_t)strtol(value, &end, 10);
		ok = ok && *end == '/';
		if (ok)
			c.type = (int32_t)strtol(end + 1, &end, 10);
		ok = ok && *end == ':' && ip_hex(end + 1, room + sizeof(c), max, &len);
	}
	if (!ok)
		return bad(r, "control message", word);
	c.len = (uint32_t)len;
	memcpy(room, &c, sizeof(c));
	if (obs->ctrl_len == 0)
		obs->ctrl_off = (uint32_t)r->l->bytes_used;
	obs_take(r->l, sizeof(c) + len);
	obs->ctrl_len += (uint32_t)(sizeof(c) + len);
	return 0;
}

static int read_deliver(struct reader *r, struct obs *obs)
{
	int64_t len, value = -1, namelen = 16;
	const char *word;
	int err;

	if ((err = need_socket(r, obs)) < 0 || (err = need_keyword(r, "from")) < 0)
		return err;
	word = next_word(r);
	if (!word || !ip_endpoint(word, &obs->addr, &obs->port))
		return bad(r, "ADDR:PORT", word);
	if ((err = need_keyword(r, "len")) < 0 ||
	    (err = need_number(r, "length", 0, UINT32_MAX, &len)) < 0)
		return err;
	while ((word = next_word(r))) {
		if (strcmp(word, "ret") == 0)
			err = need_number(r, "value", INT32_MIN, INT32_MAX, &value);
		else if (strcmp(word, "namelen") == 0)
			err = need_number(r, "length", 0, 16 + INT16_MAX, &namelen);
		else if (strncmp(word, "flags=", 6) == 0)
			err = trace_flags_parse(word + 6, &obs->flags) ? 0 : bad(r, "flags", word);
		else
			err = read_ctrl(r, obs, word);
		if (err < 0)
			return err;
	}
	err = read_data(r, obs);
	if (err < 0)
		return err;
	if (obs->data_len != len)
		return errmsg_set(r->e, -EINVAL, "len %ld, but there are %u octets", (long)len,
				  obs->data_len);
	obs->value = value >= 0 ? value : len;
	obs->name = (uint16_t)(namelen - 16);
	obs->truncated = (obs->flags & MSG_TRUNC) != 0;
	return 0;
}

static bool errno_by_name(const char *word, uint32_t *ret)
{
	for (int i = 1; word && i < 134; i++) {
		const char *name = strerrorname_np(i);

		if (name && strcmp(name, word) == 0) {
			*ret = (uint32_t)i;
			return true;
		}
	}
	return false;
}

static int read_error(struct reader *r, struct obs *obs)
{
	int err = need_socket(r, obs);
	const char *word = err < 0 ? NULL : next_word(r);

	if (err < 0)
		return err;
	return errno_by_name(word, &obs->flags) ? 0 : bad(r, "errno", word);
}

static int read_return(struct reader *r, struct obs *obs)
{
	const char *word = next_word(r);
	enum call_type type = word ? call_by_name(word, strlen(word)) : CALL_TYPE_NR;
	int64_t len;
	int err;

	if (type == CALL_TYPE_NR)
		return bad(r, "socket call", word);
	obs->name = (uint16_t)type;
	err = need_socket(r, obs);
	if (err < 0)
		return err;
	word = next_word(r);
	if (errno_by_name(word, &obs->flags))
		return 0;
	if (!word || !ip_number(word, INT32_MIN, INT32_MAX, &obs->value))
		return bad(r, "value or errno", word);
	if (!r->data)
		return 0;
	if ((err = need_keyword(r, "len")) < 0 ||
	    (err = need_number(r, "length", INT32_MIN, INT32_MAX, &len)) < 0)
		return err;
	obs->addr = (uint32_t)len;
	r->rest = strchr(r->rest, '\0'); /* the words for people */
	return read_data(r, obs);
}

static int read_emit(struct reader *r, struct obs *obs)
{
	const char *word = next_word(r);
	int wire = word ? world_wire_idx(r->w, word) : -1;

	if (wire < 0)
		return bad(r, "wire of the world", word);
	obs->chan = (uint16_t)wire;
	r->rest = strchr(r->rest, '\0'); /* the words for people */
	return read_data(r, obs);
}

static int put_text(struct reader *r, struct obs *obs, const char *a, const char *b)
{
	size_t len = strlen(a) + (b ? strlen(b) : 0) + 2;
	char *room = (char *)obs_room(r->l, len);

	if (!room)
		return errmsg_set(r->e, -ENOMEM, "out of memory");
	strcpy(room, a);
	if (b) {
		if (*a)
			strcat(room, " ");
		strcat(room, b);
	}
	obs->text_len = (uint32_t)strlen(room);
	obs->text_off = obs_take(r->l, obs->text_len);
	return 0;
}

static int read_drop(struct reader *r, struct obs *obs)
{
	const char *word = next_word(r);
	int reason = word ? ref_drop_by_name(word) : -1;

	if (!word)
		return bad(r, "drop reason", word);
	obs->name = reason < 0 ? OBS_NAME_OTHER : (uint16_t)reason;
	if (reason >= 0 && !r->comment)
		return 0;
	return put_text(r, obs, reason < 0 ? word : "", r->comment);
}

static int read_count(struct reader *r, struct obs *obs)
{
	const char *word = next_word(r);
	size_t i = 0, nr = ref_mib_nr();
	int err;

	if (!word || !strchr(word, '.'))
		return bad(r, "counter", word);
	while (i < nr && strcmp(ref_mib_name(i), word) != 0)
		i++;
	obs->name = i < nr ? (uint16_t)i : OBS_NAME_OTHER;
	err = i < nr ? 0 : put_text(r, obs, word, NULL);
	return err < 0 ? err : need_number(r, "value", INT64_MIN, INT64_MAX, &obs->value);
}

static int read_stat(struct reader *r, struct obs *obs)
{
	const char *word = next_word(r);
	unsigned int dev = word ? world_dev_by_name(r->w, word) : 0;
	int stat = 0;

	if (!dev)
		return bad(r, "device of the world", word);
	word = next_word(r);
	while (word && stat < OBS_STAT_NR && strcmp(obs_stat_name((enum obs_stat)stat), word) != 0)
		stat++;
	if (!word || stat == OBS_STAT_NR)
		return bad(r, "device statistic", word);
	obs->chan = (uint16_t)dev;
	obs->name = (uint16_t)stat;
	return need_number(r, "value", INT64_MIN, INT64_MAX, &obs->value);
}

static int (*const readers[OBS_TYPE_NR])(struct reader *r, struct obs *obs) = {
	[OBS_DELIVER] = read_deliver, [OBS_ERROR] = read_error, [OBS_RETURN] = read_return,
	[OBS_EMIT] = read_emit,
	[OBS_DROP] = read_drop,	      [OBS_COUNT] = read_count, [OBS_STAT] = read_stat,
};

static int read_line(struct reader *r)
{
	struct obs obs = { .type = 0 }, *added;
	const char *word;
	int64_t step;
	int type = 0, err = need_number(r, "step", 0, UINT32_MAX, &step);

	if (err < 0)
		return err;
	word = next_word(r);
	while (word && type < OBS_TYPE_NR && strcmp(obs_type_name((enum obs_type)type), word) != 0)
		type++;
	if (!word || type == OBS_TYPE_NR)
		return bad(r, "observation", word);
	obs.type = (uint8_t)type;
	obs.step = (uint32_t)step;
	err = readers[type](r, &obs);
	if (err < 0)
		return err;
	if ((word = next_word(r)))
		return errmsg_set(r->e, -EINVAL, "too much: %.60s", word);
	added = obs_add(r->l, obs.type, obs.step);
	if (!added)
		return errmsg_set(r->e, -ENOMEM, "out of memory");
	*added = obs;
	return 1;
}

int trace_parse(struct obs_list *l, const struct world *w, const char *line, struct errmsg *e)
{
	size_t nr = l->nr, used = l->bytes_used;
	struct reader r = { .l = l, .w = w, .e = e };
	char *copy, *mark;
	int err;

	line += strspn(line, " \t\r\n");
	if (*line == '\0' || *line == '#')
		return 0;
	copy = strdup(line);
	if (!copy)
		return errmsg_set(e, -ENOMEM, "out of memory");
	copy[strcspn(copy, "\r\n")] = '\0';
	r.rest = copy;
	if ((mark = strstr(copy, " # "))) {
		*mark = '\0';
		r.comment = mark + 3;
	}
	if ((mark = strstr(copy, " : "))) {
		*mark = '\0';
		r.data = mark + 3;
	}
	err = read_line(&r);
	free(copy);
	if (err < 0) {
		l->nr = nr;
		l->bytes_used = used;
	}
	return err;
}
