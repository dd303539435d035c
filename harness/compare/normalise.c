/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What two stacks may differ in. Every rule loosens the comparison, so each has its reason, looks
 * at as little as it can, and leaves what is not as expected to the comparison.
 */
#include "harness/compare/compare.h"

#include <string.h>

#include "ref/wire/csum.h"
#include "ref/wire/cur.h"

struct norm_state {
	const struct world *w;
	/* The packet that this host sent last, by what its fragments have in common. */
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

/*
 * The id becomes the number of the datagram among those of this run of steps, so that fragments
 * must still agree on one and datagrams must still have their own. The header checksum, which
 * covers the id, becomes 0 if it was right before, and stays if it was wrong.
 */
static void ip_id(struct norm_state *s, struct obs_list *l, struct obs *obs)
{
	uint32_t saddr, daddr;
	size_t header_len;
	uint16_t id;
	uint8_t *iph = emitted_ip(l, obs, &header_len);

	if (!iph || (iph[6] & 0x40))
		return;
	saddr = wire_get32(iph + 12);
	daddr = wire_get32(iph + 16);
	if (!world_is_local(s->w, saddr) && saddr != 0)
		return;
	if (csum_fold(csum_partial(iph, header_len, 0)) != 0)
		return;
	id = wire_get16(iph + 4);
	if (!s->has_last || s->id != id || s->saddr != saddr || s->daddr != daddr ||
	    s->proto != iph[9])
		s->ordinal++;
	s->has_last = true;
	s->id = id;
	s->saddr = saddr;
	s->daddr = daddr;
	s->proto = iph[9];
	wire_put16(iph + 4, s->ordinal);
	wire_put16(iph + 10, 0);
}

/* Receive and transmit time of a timestamp reply; its checksum as above. */
static void icmp_stamp(struct norm_state *s, struct obs_list *l, struct obs *obs)
{
	size_t header_len;
	uint8_t *iph = emitted_ip(l, obs, &header_len), *icmp;

	(void)s;
	if (!iph || iph[9] != 1 || (wire_get16(iph + 6) & 0x3fff) ||
	    wire_get16(iph + 2) != header_len + 20 || obs->data_len < 14 + header_len + 20)
		return;
	icmp = iph + header_len;
	if (icmp[0] != 14 || csum_fold(csum_partial(icmp, 20, 0)) != 0)
		return;
	memset(icmp + 12, 0, 8);
	wire_put16(icmp + 2, 0);
}

const struct norm_rule norm_rules[] = {
	{ "ip-id",
	  "the kernel picks the id of packets that it makes without DF from a keyed generator",
	  OBS_BIT(OBS_EMIT), ip_id },
	{ "icmp-timestamp", "timestamp replies carry the time of day", OBS_BIT(OBS_EMIT),
	  icmp_stamp },
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
