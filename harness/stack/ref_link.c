/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* `link` lines as calls of the reference. */
#include "harness/stack/ref_words.h"

#include <errno.h>
#include <string.h>

#include "harness/world/ip_words.h"

struct link_cmd {
	struct ref_link link;
	const char *kind; /* of a tunnel */
	struct ref_params params;
	bool has_mac, named;
	uint32_t set, clear;
};

static int link_up(void *cmd, struct words *ws)
{
	(void)ws;
	((struct link_cmd *)cmd)->set |= REF_LINK_UP;
	return 0;
}

static int link_down(void *cmd, struct words *ws)
{
	(void)ws;
	((struct link_cmd *)cmd)->clear |= REF_LINK_UP;
	return 0;
}

static int link_mtu(void *cmd, struct words *ws)
{
	int64_t v;
	int err = word_number(ws, "MTU", 1, 0x7fffffff, &v);

	if (err == 0)
		((struct link_cmd *)cmd)->link.mtu = (uint32_t)v;
	return err;
}

static int link_address(void *cmd, struct words *ws)
{
	((struct link_cmd *)cmd)->has_mac = true;
	return word_mac(ws, ((struct link_cmd *)cmd)->link.mac);
}

static int on_off(struct words *ws, struct link_cmd *cmd, uint32_t flag, bool inverse)
{
	const char *word = word_next(ws);
	bool on = word && strcmp(word, "on") == 0;

	if (!word || (!on && strcmp(word, "off") != 0))
		return words_bad(ws, "on or off", word);
	if (on != inverse)
		cmd->set |= flag;
	else
		cmd->clear |= flag;
	return 0;
}

static int link_promisc(void *cmd, struct words *ws)
{
	return on_off(ws, cmd, REF_LINK_PROMISC, false);
}

static int link_arp(void *cmd, struct words *ws)
{
	return on_off(ws, cmd, REF_LINK_NOARP, true);
}

static int link_multicast(void *cmd, struct words *ws)
{
	return on_off(ws, cmd, REF_LINK_MULTICAST, false);
}

static int link_allmulticast(void *cmd, struct words *ws)
{
	return on_off(ws, cmd, REF_LINK_ALLMULTI, false);
}

static int link_name(void *cmd, struct words *ws)
{
	struct link_cmd *link = cmd;
	const char *word = word_next(ws);

	if (!word || !ip_dev_name(word) || link->named)
		return words_bad(ws, "(one) device name", word);
	strcpy(link->link.name, word);
	link->named = true;
	return 0;
}

static int link_type(void *cmd, struct words *ws)
{
	struct link_cmd *link = cmd;
	const char *word = word_next(ws);

	if (word && ref_tunnel_is_link(word)) {
		link->link.kind = REF_LINK_TUNNEL;
		link->kind = word;
		return words_tunnel(ws, word, &link->params);
	}
	if (!word || strcmp(word, "dummy") != 0)
		return words_cannot(ws->e, "link add type", word ? word : "");
	link->link.kind = REF_LINK_DUMMY;
	return 0;
}

static const struct key link_set_keys[] = {
	{ "dev", NULL, link_name },
	{ "up", NULL, link_up },
	{ "down", NULL, link_down },
	{ "mtu", NULL, link_mtu },
	{ "address", NULL, link_address },
	{ "promisc", NULL, link_promisc },
	{ "arp", NULL, link_arp },
	{ "multicast", NULL, link_multicast },
	{ "allmulticast", NULL, link_allmulticast },
};

static const struct key link_add_keys[] = {
	{ "name", "dev", link_name },	   { "up", NULL, link_up },	{ "mtu", NULL, link_mtu },
	{ "address", NULL, link_address }, { "type", NULL, link_type },
};

/* A word that is no keyword is the device's name. */
static int link_words(const struct key *keys, size_t nr, const char *object, struct link_cmd *cmd,
		      struct words *ws)
{
	const char *word;

	while ((word = word_next(ws))) {
		int err = words_key(keys, nr, word, cmd, ws);

		if (err > 0 && !cmd->named && ip_dev_name(word)) {
			ws->at--;
			err = link_name(cmd, ws);
		}
		if (err)
			return err > 0 ? words_cannot(ws->e, object, word) : err;
	}
	return cmd->named ? 0 : words_bad(ws, "device name", NULL);
}

int ref_line_link_set(struct words *ws)
{
	struct link_cmd cmd = { .set = 0 };
	int err = link_words(KEYS(link_set_keys), "link set", &cmd, ws);
	int ifindex;

	if (err < 0)
		return err;
	ifindex = ref_link_by_name(ws->net, cmd.link.name);
	if (ifindex < 0)
		return words_bad(ws, "device", cmd.link.name);
	if (cmd.has_mac)
		err = ref_link_mac(ws->net, ifindex, cmd.link.mac);
	if (err == 0 && cmd.link.mtu)
		err = ref_link_mtu(ws->net, ifindex, cmd.link.mtu);
	if (err == 0 && (cmd.set | cmd.clear))
		err = ref_link_flags(ws->net, ifindex, cmd.set, cmd.clear);
	return err < 0 ? words_refused(ws->e, err) : 0;
}

int ref_line_link_add(struct words *ws)
{
	struct link_cmd cmd = { .link.kind = REF_LINK_KIND_NR };
	int err = link_words(KEYS(link_add_keys), "link add", &cmd, ws);
	int ifindex;

	if (err < 0)
		return err;
	if (cmd.link.kind == REF_LINK_KIND_NR)
		return errmsg_set(ws->e, -EINVAL, "link add needs a type");
	ifindex = cmd.kind ? ref_tunnel_add(ws->net, cmd.kind, &cmd.link, &cmd.params)
			   : ref_link_add(ws->net, &cmd.link);
	if (ifindex < 0)
		return words_refused(ws->e, ifindex);
	err = cmd.set ? ref_link_flags(ws->net, ifindex, cmd.set, 0) : 0;
	return err < 0 ? words_refused(ws->e, err) : 0;
}
