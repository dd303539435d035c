/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What two stacks may differ in. Every rule loosens the comparison, so each has its reason, looks
 * at as little as it can, and leaves what is not as expected to the comparison.
 */
#include "harness/compare/compare.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/trace_ctrl.h"
#include "ref/wire/csum.h"
#include "ref/wire/cur.h"

#define DAY_MS 86400000u

struct norm_state {
	const struct world *w;
	/* The packet that this host sent last in this step, by what its fragments share. */
	uint32_t step;
	uint32_t saddr, daddr;
	uint16_t id, ordinal;
	uint8_t proto;
	bool has_last;
};

/* An IPv4 header of an emitted frame, found behind an untagged Ethernet header; or NULL. */
static uint8_t *emitted_ip(struct obs_list *l, const struct obs *obs, size_t *ret_header_len)
{
	uint8_t *frame = l->bytes + obs->data_off, *iph = frame + 14;
	size_t header_len;

	if (obs->data_len < 14 + 20 || wire_get16(frame + 12) != 0x0800 || iph[0] >> 4 != 4)
		return NULL;
	header_len = (size_t)(iph[0] & 15) * 4;
	if (header_len < 20 || header_len > obs->data_len - 14)
		return NULL;
	*ret_header_len = header_len;
	return iph;
}

/* Is it of this host's making? One without an address sends errors from 192.0.0.8 (RFC 7600). */
static bool host_sent(const struct world *w, uint32_t saddr, uint8_t protocol)
{
	return world_is_local(w, saddr) || saddr == 0 ||
	       (saddr == 0xc0000008 && protocol == IPPROTO_ICMP);
}

/*
 * Another id. The header checksum, which covers it, changes by as much (RFC 1624): what was right
 * stays so, what was wrong too, and the sum of both words is the same.
 */
static void put_id(uint8_t *iph, uint16_t to)
{
	uint32_t sum =
		(uint16_t)~wire_get16(iph + 10) + (uint32_t)(uint16_t)~wire_get16(iph + 4) + to;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	wire_put16(iph + 4, to);
	/* Of the two zeros of this arithmetic, the one that a sender writes. */
	wire_put16(iph + 10, sum == 0 ? 0 : (uint16_t)~sum);
}

/*
 * The id becomes the number of the datagram among those of its step, so that fragments
 * must still agree on one and datagrams must still have their own. With DF set it is zero, which
 * stays zero, unless a socket sends what could be fragmented all the same: that id is random too.
 */
static void hide_id(struct norm_state *s, uint32_t step, uint8_t *iph)
{
	uint32_t saddr = wire_get32(iph + 12), daddr = wire_get32(iph + 16);
	uint16_t id = wire_get16(iph + 4);

	if ((iph[6] & 0x40) && !id)
		return;
	if (!host_sent(s->w, saddr, iph[9]))
		return;
	if (s->step != step) {
		s->step = step;
		s->has_last = false;
		s->ordinal = 0;
	}
	if (!s->has_last || s->id != id || s->saddr != saddr || s->daddr != daddr ||
	    s->proto != iph[9])
		s->ordinal++;
	s->has_last = true;
	s->id = id;
	s->saddr = saddr;
	s->daddr = daddr;
	s->proto = iph[9];
	put_id(iph, s->ordinal);
}

static void emitted_id(struct norm_state *s, struct obs_list *l, struct obs *obs)
{
	size_t header_len;
	uint8_t *iph = emitted_ip(l, obs, &header_len);

	if (iph)
		hide_id(s, obs->step, iph);
}

/* A packet of the host's own that a raw socket of it heard, or NULL. */
static uint8_t *heard_ip(const struct norm_state *s, struct obs_list *l, const struct obs *obs,
			 size_t *ret_header_len)
{
	uint8_t *iph = l->bytes + obs->data_off;
	size_t header_len;

	if (obs->chan >= s->w->socket_nr || !s->w->socket_raw[obs->chan] || obs->data_len < 20 ||
	    iph[0] >> 4 != 4 || wire_get32(iph + 12) != obs->addr ||
	    !world_is_local(s->w, obs->addr))
		return NULL;
	header_len = (size_t)(iph[0] & 15) * 4;
	if (header_len < 20 || header_len > obs->data_len)
		return NULL;
	*ret_header_len = header_len;
	return iph;
}

static void heard_id(struct norm_state *s, struct obs_list *l, struct obs *obs)
{
	size_t header_len;
	uint8_t *iph = heard_ip(s, l, obs, &header_len);

	if (iph)
		hide_id(s, obs->step, iph);
}

/* Receive and transmit time of a timestamp reply; its checksum as that of the header. */
static void hide_reply_stamps(uint8_t *iph, size_t header_len, size_t len)
{
	uint8_t *icmp = iph + header_len;

	if (iph[9] != 1 || (wire_get16(iph + 6) & 0x3fff) ||
	    wire_get16(iph + 2) != header_len + 20 || len < header_len + 20 || icmp[0] != 14 ||
	    csum_fold(csum_partial(icmp, 20, 0)) != 0)
		return;
	memset(icmp + 12, 0, 8);
	wire_put16(icmp + 2, 0);
}

static void emitted_reply(struct norm_state *s, struct obs_list *l, struct obs *obs)
{
	size_t header_len;
	uint8_t *iph = emitted_ip(l, obs, &header_len);

	(void)s;
	if (iph)
		hide_reply_stamps(iph, header_len, obs->data_len - 14);
}

static void heard_reply(struct norm_state *s, struct obs_list *l, struct obs *obs)
{
	size_t header_len;
	uint8_t *iph = heard_ip(s, l, obs, &header_len);

	if (iph)
		hide_reply_stamps(iph, header_len, obs->data_len);
}

/*
 * In a timestamp option, the last nr stamps before the pointer: those that the host wrote, if it
 * wrote any. A stamp that is no time of day stays. True: something was changed.
 */
static bool hide_option_stamps(uint8_t *opt, size_t len, int nr)
{
	size_t stride = len >= 4 && (opt[3] & 15) ? 8 : 4, end = len >= 4 ? opt[2] : 0;
	bool changed = false;

	/* The pointer counts from 1, and the first stamp begins behind four octets. */
	for (; nr > 0 && end >= 4 + stride + 1 && end - 1 <= len; nr--, end -= stride) {
		uint8_t *stamp = opt + end - 1 - 4;

		if (wire_get32(stamp) >= DAY_MS)
			break;
		wire_put32(stamp, 1);
		changed = true;
	}
	return changed;
}

static bool hide_stamps(uint8_t *opts, size_t len, int nr)
{
	bool changed = false;
	size_t at = 0;

	while (at < len && opts[at] != 0) {
		uint8_t *opt = opts + at;
		size_t left = len - at;

		if (opt[0] == 1) {
			at++;
			continue;
		}
		if (left < 2 || opt[1] < 2 || opt[1] > left)
			break;
		if (opt[0] == 68 && hide_option_stamps(opt, opt[1], nr))
			changed = true;
		at += opt[1];
	}
	return changed;
}

/*
 * The same in a header of at most len octets; a checksum that covers the stamps becomes 0. Where
 * the host sends the header, its checksum is right, and a wrong one must show. In a quote, and in
 * what a raw socket hears, it may be that of the header before it was stamped (old), which is not
 * to be told by its being wrong: it comes out right by chance.
 */
static bool hide_header_stamps(uint8_t *iph, size_t len, int nr, bool maybe_old)
{
	size_t header_len = len >= 20 ? (size_t)(iph[0] & 15) * 4 : 0;
	bool right;

	if (header_len <= 20 || header_len > len || iph[0] >> 4 != 4)
		return false;
	right = csum_fold(csum_partial(iph, header_len, 0)) == 0;
	if (!hide_stamps(iph + 20, header_len - 20, nr))
		return false;
	if (maybe_old || right)
		wire_put16(iph + 10, 0);
	return true;
}

/* A whole ICMP message of a type that quotes a packet. */
static bool is_icmp_error(const uint8_t *iph, size_t header_len, size_t len)
{
	static const uint32_t quotes = 1u << 3 | 1u << 4 | 1u << 5 | 1u << 11 | 1u << 12;
	size_t total = wire_get16(iph + 2);
	const uint8_t *icmp = iph + header_len;

	return iph[9] == 1 && !(wire_get16(iph + 6) & 0x3fff) && total <= len &&
	       total >= header_len + 8 && icmp[0] <= 31 && (quotes & 1u << icmp[0]);
}

/* The id of a packet of this host's that an error quotes: none or some. */
static void hide_quoted_id(const struct norm_state *s, uint8_t *iph, size_t header_len, size_t len)
{
	uint8_t *quoted = iph + header_len + 8;

	if (!is_icmp_error(iph, header_len, len) || wire_get16(iph + 2) < header_len + 8 + 20u ||
	    quoted[0] >> 4 != 4 || !host_sent(s->w, wire_get32(quoted + 12), quoted[9]) ||
	    !wire_get16(quoted + 4))
		return;
	put_id(quoted, 1);
}

static void emitted_quote(struct norm_state *s, struct obs_list *l, struct obs *obs)
{
	size_t header_len;
	uint8_t *iph = emitted_ip(l, obs, &header_len);

	if (iph)
		hide_quoted_id(s, iph, header_len, obs->data_len - 14);
}

static void heard_quote(struct norm_state *s, struct obs_list *l, struct obs *obs)
{
	size_t header_len;
	uint8_t *iph = heard_ip(s, l, obs, &header_len);

	if (iph)
		hide_quoted_id(s, iph, header_len, obs->data_len);
}

/* The header that an ICMP error quotes; the checksum of the error covers it. */
static void hide_quoted_stamps(uint8_t *iph, size_t header_len, size_t len)
{
	size_t total = wire_get16(iph + 2);
	uint8_t *icmp = iph + header_len;
	bool right;

	if (!is_icmp_error(iph, header_len, len))
		return;
	right = csum_fold(csum_partial(icmp, total - header_len, 0)) == 0;
	if (hide_header_stamps(icmp + 8, total - header_len - 8, 1, true) && right)
		wire_put16(icmp + 2, 0);
}

static void emitted_stamps(struct norm_state *s, struct obs_list *l, struct obs *obs)
{
	size_t header_len;
	uint8_t *iph = emitted_ip(l, obs, &header_len);

	(void)s;
	if (!iph)
		return;
	/* An answer is stamped where its cause came in and again where it leaves. */
	hide_header_stamps(iph, obs->data_len - 14, 2, false);
	hide_quoted_stamps(iph, header_len, obs->data_len - 14);
}

/*
 * The beginning of a packet whose header does not end in it: whether its checksum was right cannot
 * be said any more.
 */
static bool hide_cut_stamps(uint8_t *iph, size_t len)
{
	if (len < 20 || (size_t)(iph[0] & 15) * 4 <= len)
		return false;
	hide_stamps(iph + 20, len - 20, 1);
	wire_put16(iph + 10, 0);
	return true;
}

/* In option control messages, and in what raw sockets receive. */
static void delivered_stamps(struct norm_state *s, struct obs_list *l, struct obs *obs)
{
	size_t at = 0, header_len;
	const uint8_t *data;
	struct obs_cmsg c;
	uint8_t *iph;

	while (ctrl_next(l, obs, &at, &c, &data))
		if (c.level == SOL_IP && (c.type == IP_RECVOPTS || c.type == IP_RETOPTS))
			hide_stamps(l->bytes + (data - l->bytes), c.len,
				    world_is_local(s->w, obs->addr) ? 3 : 1);
	iph = heard_ip(s, l, obs, &header_len);
	if (iph)
		hide_quoted_stamps(iph, header_len, obs->data_len);
	if (iph && hide_stamps(iph + 20, header_len - 20, 3)) {
		/* Stamped when it was answered, sent and heard; the sum covers the first two. */
		wire_put16(iph + 10, 0);
	} else if (!iph && obs->chan < s->w->socket_nr && s->w->socket_raw[obs->chan]) {
		iph = l->bytes + obs->data_off;
		if (!hide_cut_stamps(iph, obs->data_len))
			hide_header_stamps(iph, obs->data_len, 1, true);
	}
}

/* When it was received: two times of 16 octets, in their control messages if those are whole. */
static void delivered_times(struct norm_state *s, struct obs_list *l, struct obs *obs)
{
	const uint8_t *data;
	struct obs_cmsg c;
	size_t at = 0;

	(void)s;
	while (ctrl_next(l, obs, &at, &c, &data))
		if (c.level == SOL_SOCKET && (c.type == SO_TIMESTAMP || c.type == SO_TIMESTAMPNS))
			memset(l->bytes + (data - l->bytes), 0, c.len);
}

const struct norm_rule norm_rules[] = {
	{ "ip-id",
	  "the kernel picks the id of packets that it makes without DF from a keyed generator",
	  OBS_BIT(OBS_EMIT), emitted_id },
	{ "ip-id-heard", "the same packets, when the host hears itself", OBS_BIT(OBS_DELIVER),
	  heard_id },
	{ "ip-id-quoted", "the same packets, quoted by an error of the host's own",
	  OBS_BIT(OBS_EMIT), emitted_quote },
	{ "ip-id-quoted-heard", "the same quotes, when the host hears itself", OBS_BIT(OBS_DELIVER),
	  heard_quote },
	{ "icmp-timestamp", "timestamp replies carry the time of day", OBS_BIT(OBS_EMIT),
	  emitted_reply },
	{ "icmp-timestamp-heard", "the same replies, when the host hears itself",
	  OBS_BIT(OBS_DELIVER), heard_reply },
	{ "ip-timestamp-sent", "timestamp options are filled in with the time of day",
	  OBS_BIT(OBS_EMIT), emitted_stamps },
	{ "receive-time", "SO_TIMESTAMP and SO_TIMESTAMPNS tell the time of day",
	  OBS_BIT(OBS_DELIVER), delivered_times },
	{ "ip-timestamp-received", "timestamp options are filled in with the time of day",
	  OBS_BIT(OBS_DELIVER), delivered_stamps },
};
const size_t norm_rule_nr = sizeof(norm_rules) / sizeof(norm_rules[0]);

void normalise(const struct world *w, struct obs_list *l)
{
	struct norm_state state = { .w = w };

	for (size_t i = 0; i < l->nr; i++) {
		struct obs *obs = &l->obs[i];

		for (size_t j = 0; j < norm_rule_nr; j++)
			if (norm_rules[j].types & OBS_BIT(obs->type))
				norm_rules[j].apply(&state, l, obs);
	}
}
