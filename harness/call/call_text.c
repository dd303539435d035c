/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Calls as text, as call_parse() reads them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/call/call.h"
#include "harness/trace.h"
#include "harness/world/ip_words.h"
#include "harness/world/sockopt.h"

static void hex(struct text *t, const uint8_t *data, size_t len, size_t hex_max)
{
	text_hex(t, data, len < hex_max ? len : hex_max);
	if (len > hex_max)
		text_add(t, "...");
}

static void addr_text(struct text *t, const struct call *c)
{
	static const uint8_t zero[CALL_ADDR_ROOM];
	struct sockaddr_in in;
	char text[IP_TEXT_MAX];

	if (!c->addr) {
		text_add(t, " null namelen %d", c->addr_len);
		return;
	}
	memcpy(&in, c->addr, sizeof(in));
	if (memcmp(c->addr + 8, zero, CALL_ADDR_ROOM - 8) != 0) {
		text_add(t, " hex:");
		text_hex(t, c->addr, CALL_ADDR_ROOM);
		text_add(t, " namelen %d", c->addr_len);
		return;
	}
	text_add(t, " %s:%u", ip_text(text, ntohl(in.sin_addr.s_addr)), ntohs(in.sin_port));
	if (in.sin_family != AF_INET)
		text_add(t, " family %u", in.sin_family);
	if (c->addr_len != (int32_t)sizeof(in))
		text_add(t, " namelen %d", c->addr_len);
}

/* Does the value hold a device's number? Then it is written by its form. */
static const struct call_dev *dev_in(const struct call *c, int in)
{
	for (size_t i = 0; i < c->dev_nr; i++)
		if ((int)c->dev[i].in == in)
			return &c->dev[i];
	return NULL;
}

static const char *dev_name(const struct world *w, const uint8_t *at, bool big_endian)
{
	uint32_t nr;
	const char *name;

	memcpy(&nr, at, sizeof(nr));
	name = world_dev_name(w, big_endian ? ntohl(nr) : nr);
	return name ? name : "-";
}

/* [ADDR][,SOURCE]@DEV: what the options that name devices have in common. */
static void dev_value(struct text *t, const struct world *w, const struct sockopt *row,
		      const uint8_t *data, const struct call_dev *dev)
{
	const char *name = dev_name(w, data + dev->off, dev->big_endian);
	struct in_addr group, source;
	char text[IP_TEXT_MAX];
	size_t at = 0, source_at = 0;

	switch (row->form) {
	case SOCKOPT_DEV_IDX:
	case SOCKOPT_DEV_IDX_BE:
		text_add(t, "%s", name);
		return;
	case SOCKOPT_MCAST_IF:
		at = 4;
		break;
	case SOCKOPT_GROUP:
		at = 8 + 4;
		break;
	case SOCKOPT_GROUP_SOURCE:
		at = 8 + 4;
		source_at = 8 + 128 + 4;
		break;
	default:
		break;
	}
	memcpy(&group, data + at, sizeof(group));
	if (group.s_addr || at != 4)
		text_add(t, "%s", ip_text(text, ntohl(group.s_addr)));
	if (source_at) {
		memcpy(&source, data + source_at, sizeof(source));
		text_add(t, ",%s", ip_text(text, ntohl(source.s_addr)));
	}
	text_add(t, "@%s", name);
}

static void option_name(struct text *t, const struct sockopt *row, int level, int name)
{
	if (row)
		text_add(t, "%s", row->text);
	else
		text_add(t, "%d/%d", level, name);
}

static void option_text(struct text *t, const struct world *w, const struct call *c, size_t hex_max)
{
	const struct sockopt *row = sockopt_by_number(c->num[0], c->num[1]);
	const struct call_dev *dev = dev_in(c, CALL_IN_DATA);
	int32_t v;

	text_add(t, " ");
	option_name(t, row, c->num[0], c->num[1]);
	if (call_rows[c->type].arg == CALL_ARG_GET && !c->data_len)
		return;
	text_add(t, "=");
	if (row && dev) {
		dev_value(t, w, row, c->data, dev);
	} else if (row && row->form == SOCKOPT_INT && c->data_len == sizeof(v)) {
		memcpy(&v, c->data, sizeof(v));
		text_add(t, "%d", v);
	} else {
		text_add(t, "hex:");
		hex(t, c->data, c->data_len, hex_max);
	}
}

static void pktinfo_text(struct text *t, const struct world *w, const uint8_t *data)
{
	char spec[IP_TEXT_MAX], dst[IP_TEXT_MAX];
	struct in_pktinfo info;

	memcpy(&info, data, sizeof(info));
	text_add(t, "%s,%s,%s", dev_name(w, data, false),
		 ip_text(spec, ntohl(info.ipi_spec_dst.s_addr)),
		 ip_text(dst, ntohl(info.ipi_addr.s_addr)));
}

/* One record at *at that call_parse() can make of a `cmsg` word; false: only octets say it. */
static bool cmsg_text(struct text *t, const struct world *w, const struct call *c, size_t *at)
{
	const uint8_t *p = c->control + *at, *data = p + CMSG_LEN(0);
	static const uint8_t zero[8];
	const struct sockopt *row;
	struct cmsghdr head;
	size_t len;
	int32_t v;

	if (c->control_len - *at < sizeof(head))
		return false;
	memcpy(&head, p, sizeof(head));
	if (head.cmsg_len < sizeof(head) || head.cmsg_len > c->control_len - *at ||
	    CMSG_ALIGN(head.cmsg_len) > c->control_len - *at ||
	    memcmp(p + head.cmsg_len, zero, CMSG_ALIGN(head.cmsg_len) - head.cmsg_len) != 0)
		return false;
	len = head.cmsg_len - sizeof(head);
	row = sockopt_by_number(head.cmsg_level, head.cmsg_type);
	text_add(t, " cmsg ");
	option_name(t, row, head.cmsg_level, head.cmsg_type);
	if (row && row->cmsg == SOCKOPT_PKTINFO && len == sizeof(struct in_pktinfo)) {
		text_add(t, "=");
		pktinfo_text(t, w, data);
	} else if (row && row->form == SOCKOPT_INT && !row->cmsg && len == sizeof(v)) {
		memcpy(&v, data, sizeof(v));
		text_add(t, "=%d", v);
	} else {
		text_add(t, "=hex:");
		text_hex(t, data, len);
	}
	*at += CMSG_ALIGN(head.cmsg_len);
	return true;
}

static void control_text(struct text *t, const struct world *w, const struct call *c)
{
	size_t at = 0;

	while (at < c->control_len && cmsg_text(t, w, c, &at))
		;
	if (at == c->control_len)
		return;
	text_add(t, " control ");
	text_hex(t, c->control + at, c->control_len - at);
}

static void chunk_text(struct text *t, const uint8_t *data, size_t len, size_t hex_max)
{
	size_t i = 0;

	while (i < len && data[i] == (uint8_t)i)
		i++;
	if (i == len && len != 1) {
		text_add(t, " len %zu", len);
	} else {
		text_add(t, " data ");
		hex(t, data, len, hex_max);
	}
}

static void data_text(struct text *t, const struct call *c, size_t hex_max)
{
	size_t at = 0;

	for (size_t i = 0; i < c->chunk_nr; i++) {
		chunk_text(t, c->data + at, c->chunk[i], hex_max);
		at += c->chunk[i];
	}
}

static void arg_text(struct text *t, const struct world *w, const struct call *c, size_t hex_max)
{
	switch (call_rows[c->type].arg) {
	case CALL_ARG_NONE:
		break;
	case CALL_ARG_KIND:
		text_add(t, " %d %d %d", c->num[0], c->num[1], c->num[2]);
		break;
	case CALL_ARG_ADDR:
		addr_text(t, c);
		break;
	case CALL_ARG_SET:
	case CALL_ARG_GET:
		option_text(t, w, c, hex_max);
		break;
	case CALL_ARG_NR:
	case CALL_ARG_HOW:
	case CALL_ARG_IOCTL:
		text_add(t, " %d", c->num[0]);
		break;
	}
}

void call_text(struct text *t, const struct world *w, uint16_t chan, const struct call *c,
	       size_t hex_max)
{
	const struct call_row *row = &call_rows[c->type];
	char flags[TRACE_FLAGS_MAX];

	text_add(t, "%s %s", row->name, chan < w->socket_nr ? w->socket_name[chan] : "?");
	arg_text(t, w, c, hex_max);
	text_add(t, "%s%s%s", c->hold ? " hold" : "", c->nocap ? " nocap" : "",
		 c->noname ? " noname" : "");
	if ((row->words & CALL_W_TO) && (c->addr || c->addr_len)) {
		text_add(t, " to");
		addr_text(t, c);
	}
	if (c->flags) {
		trace_flags_text(flags, sizeof(flags), c->flags);
		text_add(t, " flags %s", flags);
	}
	if (c->control_len)
		control_text(t, w, c);
	if (c->controllen != CALL_AMPLE)
		text_add(t, " controllen %d", c->controllen);
	if (c->namelen != CALL_AMPLE)
		text_add(t, " namelen %d", c->namelen);
	if (row->words & CALL_W_DATA)
		data_text(t, c, hex_max);
	if ((row->words & CALL_W_LEN) && c->len != CALL_AMPLE &&
	    (row->arg != CALL_ARG_SET || c->len != (int32_t)c->data_len))
		text_add(t, " len %d", c->len);
}
