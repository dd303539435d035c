/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Observations as lines of text. */
#include "harness/trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/call/call.h"
#include "harness/field_text.h"
#include "harness/text.h"
#include "harness/trace_ctrl.h"
#include "harness/world/ip_words.h"
#include "ref/ref.h"
#include "ref/wire/field.h"

#define HEX_ALL SIZE_MAX

/* Newer than some C libraries; MSG_PROBE is the kernel's own. */
#ifndef MSG_PROBE
#define MSG_PROBE 0x10
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

static const struct {
	uint32_t bit;
	const char *name;
} msg_flags[] = {
	{ MSG_OOB, "MSG_OOB" },		  { MSG_PEEK, "MSG_PEEK" },
	{ MSG_CTRUNC, "MSG_CTRUNC" },	  { MSG_TRUNC, "MSG_TRUNC" },
	{ MSG_DONTWAIT, "MSG_DONTWAIT" }, { MSG_ERRQUEUE, "MSG_ERRQUEUE" },
	{ MSG_WAITALL, "MSG_WAITALL" },	  { MSG_CONFIRM, "MSG_CONFIRM" },
	{ MSG_DONTROUTE, "MSG_DONTROUTE" }, { MSG_PROBE, "MSG_PROBE" },
	{ MSG_EOR, "MSG_EOR" },		  { MSG_NOSIGNAL, "MSG_NOSIGNAL" },
	{ MSG_MORE, "MSG_MORE" },	  { MSG_WAITFORONE, "MSG_WAITFORONE" },
	{ MSG_ZEROCOPY, "MSG_ZEROCOPY" }, { MSG_FASTOPEN, "MSG_FASTOPEN" },
};
#define MSG_FLAGS_NR (sizeof(msg_flags) / sizeof(msg_flags[0]))

size_t trace_flags_text(char *buf, size_t size, uint32_t flags)
{
	struct text t = text_init(buf, size);

	for (size_t i = 0; i < MSG_FLAGS_NR; i++) {
		if (!(flags & msg_flags[i].bit))
			continue;
		text_add(&t, "%s%s", t.len ? "|" : "", msg_flags[i].name);
		flags &= ~msg_flags[i].bit;
	}
	if (flags || t.len == 0)
		text_add(&t, "%s0x%" PRIx32, t.len ? "|" : "", flags);
	return t.len;
}

bool trace_flags_parse(const char *text, uint32_t *ret)
{
	uint32_t flags = 0;

	for (;;) {
		size_t len = strcspn(text, "|"), i = 0;
		char word[32];
		int64_t v;

		if (len == 0 || len >= sizeof(word))
			return false;
		memcpy(word, text, len);
		word[len] = '\0';
		while (i < MSG_FLAGS_NR && strcmp(word, msg_flags[i].name) != 0)
			i++;
		if (i < MSG_FLAGS_NR)
			flags |= msg_flags[i].bit;
		else if (ip_number(word, 0, UINT32_MAX, &v))
			flags |= (uint32_t)v;
		else
			return false;
		text += len;
		if (*text == '\0')
			break;
		text++;
	}
	*ret = flags;
	return true;
}

static const char *socket_name(const struct world *w, uint16_t chan)
{
	return chan < w->socket_nr ? w->socket_name[chan] : "?";
}

static void data_text(struct text *t, const struct obs_list *l, const struct obs *obs,
		      size_t hex_max)
{
	size_t n = obs->data_len < hex_max ? obs->data_len : hex_max;

	text_add(t, " : ");
	text_hex(t, l->bytes + obs->data_off, n);
	if (n < obs->data_len)
		text_add(t, "...");
}

static void deliver_text(struct text *t, const struct world *w, const struct obs_list *l,
			 const struct obs *obs, size_t hex_max)
{
	const uint8_t *data;
	struct obs_cmsg c;
	size_t at = 0;
	char buf[TRACE_FLAGS_MAX];

	text_add(t, " %s from %s:%u len %u", socket_name(w, obs->chan), ip_text(buf, obs->addr),
		 obs->port, obs->data_len);
	if (obs->value != (int64_t)obs->data_len)
		text_add(t, " ret %" PRId64, obs->value);
	if (obs->name)
		text_add(t, " namelen %d", (int16_t)obs->name + 16);
	if (obs->flags) {
		trace_flags_text(buf, sizeof(buf), obs->flags);
		text_add(t, " flags=%s", buf);
	}
	while (ctrl_next(l, obs, &at, &c, &data))
		ctrl_text(t, w, &c, data);
	data_text(t, l, obs, hex_max);
}

/* What a call returned: its value, or its errno; then a length and octets if it gave any. */
static void return_text(struct text *t, const struct world *w, const struct obs_list *l,
			const struct obs *obs, size_t hex_max)
{
	enum call_type type = (enum call_type)obs->name;
	const uint8_t *data = l->bytes + obs->data_off;
	struct sockaddr_in in;
	char addr[IP_TEXT_MAX];

	text_add(t, " %s %s", call_rows[type].name, socket_name(w, obs->chan));
	if (obs->flags) {
		const char *name = strerrorname_np((int)obs->flags);

		text_add(t, " %s", name ? name : "?");
		return;
	}
	text_add(t, " %" PRId64, obs->value);
	if (type != CALL_GETSOCKOPT && type != CALL_GETSOCKNAME && type != CALL_GETPEERNAME &&
	    type != CALL_IOCTL)
		return;
	text_add(t, " len %" PRId32, (int32_t)obs->addr);
	if (type != CALL_GETSOCKOPT && type != CALL_IOCTL && obs->data_len >= sizeof(in)) {
		memcpy(&in, data, sizeof(in));
		text_add(t, " %s:%u", ip_text(addr, ntohl(in.sin_addr.s_addr)),
			 ntohs(in.sin_port));
	}
	data_text(t, l, obs, hex_max);
}

/* A field by its name out of a layer, as text. */
static void named_field(struct text *t, const char *word, const uint8_t *frame,
			const struct wire_layer *l, const char *name)
{
	char buf[64];

	for (size_t i = 0; i < l->header->field_nr; i++) {
		const struct wire_field *f = &l->header->fields[i];

		if (strcmp(f->name, name) != 0)
			continue;
		if (f->format == WIRE_NAMED && wire_field_fits(l, f)) {
			const char *known = wire_name(f->names, wire_field_value(frame, l, f));

			if (known) {
				text_add(t, "%s%s", word, known);
				return;
			}
		}
		field_text(buf, sizeof(buf), frame, l, f);
		text_add(t, "%s%s", word, buf);
	}
}

static void layer_text(struct text *t, const uint8_t *frame, const struct wire_layer *l)
{
	static const struct {
		const struct wire_header *header;
		const char *word, *field;
	} shown[] = {
		{ &wire_ipv4, " ", "source" },
		{ &wire_ipv4, " > ", "destination" },
		{ &wire_ipv4, " ttl ", "ttl" },
		{ &wire_arp, " arp ", "operation" },
		{ &wire_arp, " ", "sender" },
		{ &wire_arp, " > ", "target" },
		{ &wire_vlan, " vlan ", "id" },
		{ &wire_icmp, " icmp ", "type" },
		{ &wire_icmp, " code ", "code" },
		{ &wire_icmp_echo, " icmp ", "type" },
		{ &wire_icmp_echo, " id ", "id" },
		{ &wire_icmp_echo, " seq ", "seq" },
		{ &wire_icmp_unreach, " icmp ", "type" },
		{ &wire_icmp_unreach, " code ", "code" },
		{ &wire_icmp_redirect, " icmp ", "type" },
		{ &wire_icmp_redirect, " code ", "code" },
		{ &wire_icmp_param, " icmp ", "type" },
		{ &wire_icmp_param, " pointer ", "pointer" },
		{ &wire_icmp_stamp, " icmp ", "type" },
		{ &wire_udp, " udp ", "source port" },
		{ &wire_udp, " > ", "destination port" },
		{ &wire_udplite, " udplite ", "source port" },
		{ &wire_udplite, " > ", "destination port" },
		{ &wire_tcp, " tcp ", "source port" },
		{ &wire_tcp, " > ", "destination port" },
		{ &wire_tcp, " flags ", "flags" },
		{ &wire_igmp, " igmp ", "type" },
		{ &wire_igmp, " ", "group" },
		{ &wire_igmp3_report, " igmp ", "type" },
	};

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (shown[i].header == l->header)
			named_field(t, shown[i].word, frame, l, shown[i].field);
}

static void frame_text(struct text *t, const uint8_t *frame, size_t len)
{
	struct wire_layer layers[8];
	size_t nr = wire_layers(frame, len, layers, 8);

	for (size_t i = 0; i < nr && !layers[i].quoted; i++)
		layer_text(t, frame, &layers[i]);
}

size_t trace_frame_text(char *buf, size_t size, const uint8_t *frame, size_t len)
{
	struct text t = text_init(buf, size);

	frame_text(&t, frame, len);
	return t.len;
}

static void emit_text(struct text *t, const struct world *w, const struct obs_list *l,
		      const struct obs *obs, size_t hex_max)
{
	text_add(t, " %s", obs->chan < w->wire_nr ? w->wires[obs->chan].name : "?");
	frame_text(t, l->bytes + obs->data_off, obs->data_len);
	data_text(t, l, obs, hex_max);
}

static void drop_text(struct text *t, const struct obs_list *l, const struct obs *obs)
{
	const char *text = obs->text_len ? (const char *)l->bytes + obs->text_off : "";
	const char *space = memchr(text, ' ', obs->text_len);
	int len = (int)obs->text_len, name_len = space ? (int)(space - text) : len;

	if (obs->name != OBS_NAME_OTHER) {
		text_add(t, " %s", ref_drop_name(obs->name));
		if (len > 0)
			text_add(t, " # %.*s", len, text);
		return;
	}
	text_add(t, " %.*s", name_len, text);
	if (space)
		text_add(t, " # %.*s", len - name_len - 1, space + 1);
}

static void count_text(struct text *t, const struct obs_list *l, const struct obs *obs)
{
	if (obs->name == OBS_NAME_OTHER)
		text_add(t, " %.*s %+" PRId64, (int)obs->text_len,
			 (const char *)l->bytes + obs->text_off, obs->value);
	else
		text_add(t, " %s %+" PRId64, ref_mib_name(obs->name), obs->value);
}

size_t trace_line_short(char *buf, size_t size, size_t hex_max, const struct world *w,
			const struct obs_list *l, const struct obs *obs)
{
	struct text t = text_init(buf, size);
	const char *dev;

	text_add(&t, "%" PRIu32 " %s", obs->step, obs_type_name((enum obs_type)obs->type));
	switch ((enum obs_type)obs->type) {
	case OBS_DELIVER:
		deliver_text(&t, w, l, obs, hex_max);
		break;
	case OBS_ERROR:
		text_add(&t, " %s %s", socket_name(w, obs->chan),
			 strerrorname_np((int)obs->flags) ? strerrorname_np((int)obs->flags) : "?");
		break;
	case OBS_RETURN:
		return_text(&t, w, l, obs, hex_max);
		break;
	case OBS_EMIT:
		emit_text(&t, w, l, obs, hex_max);
		break;
	case OBS_DROP:
		drop_text(&t, l, obs);
		break;
	case OBS_COUNT:
		count_text(&t, l, obs);
		break;
	case OBS_STAT:
		dev = world_dev_name(w, obs->chan);
		text_add(&t, " %s %s %+" PRId64, dev ? dev : "?",
			 obs_stat_name((enum obs_stat)obs->name), obs->value);
		break;
	case OBS_TYPE_NR:
		break;
	}
	return t.len;
}

size_t trace_line(char *buf, size_t size, const struct world *w, const struct obs_list *l,
		  const struct obs *obs)
{
	return trace_line_short(buf, size, HEX_ALL, w, l, obs);
}
