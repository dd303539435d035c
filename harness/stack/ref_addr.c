/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* `addr` and `neigh` lines as calls of the reference. */
#include "harness/stack/ref_words.h"

#include <errno.h>
#include <string.h>

#include "harness/world/ip_words.h"

struct addr_cmd {
	struct ref_addr addr;
	int ifindex;
	bool has_scope, has_local, has_peer;
	uint8_t peer_plen;
	char brd_sign; /* '+', '-' or 0 */
};

static int addr_local(void *cmd, struct words *ws)
{
	struct addr_cmd *c = cmd;
	const char *word = word_next(ws);

	if (c->has_local || !word || !ip_prefix(word, &c->addr.local, &c->addr.plen))
		return words_bad(ws, "(one) address", word);
	c->has_local = true;
	return 0;
}

static int addr_peer(void *cmd, struct words *ws)
{
	struct addr_cmd *c = cmd;
	const char *word = word_next(ws);

	c->has_peer = true;
	return word && ip_prefix(word, &c->addr.peer, &c->peer_plen)
		       ? 0
		       : words_bad(ws, "peer address", word);
}

static int addr_brd(void *cmd, struct words *ws)
{
	struct addr_cmd *c = cmd;
	const char *word = *ws->at;

	if (word && (strcmp(word, "+") == 0 || strcmp(word, "-") == 0)) {
		c->brd_sign = *word;
		ws->at++;
		return 0;
	}
	c->addr.has_brd = true;
	return word_addr(ws, &c->addr.brd);
}

static int addr_scope(void *cmd, struct words *ws)
{
	((struct addr_cmd *)cmd)->has_scope = true;
	return word_scope(ws, &((struct addr_cmd *)cmd)->addr.scope);
}

static int addr_dev(void *cmd, struct words *ws)
{
	return word_dev(ws, &((struct addr_cmd *)cmd)->ifindex);
}

static int addr_noprefixroute(void *cmd, struct words *ws)
{
	(void)ws;
	((struct addr_cmd *)cmd)->addr.noprefixroute = true;
	return 0;
}

static const struct key addr_keys[] = {
	{ "local", NULL, addr_local },
	{ "peer", "remote", addr_peer },
	{ "brd", "broadcast", addr_brd },
	{ "scope", NULL, addr_scope },
	{ "dev", NULL, addr_dev },
	{ "label", NULL, word_skip },
	{ "noprefixroute", NULL, addr_noprefixroute },
};

int ref_line_addr_add(struct words *ws)
{
	struct addr_cmd cmd = { .ifindex = 0 };
	const char *word;
	int err;

	while ((word = word_next(ws))) {
		err = words_key(KEYS(addr_keys), word, &cmd, ws);
		if (err > 0 && !cmd.has_local) {
			ws->at--;
			err = addr_local(&cmd, ws);
		}
		if (err)
			return err > 0 ? words_cannot(ws->e, "addr add", word) : err;
	}
	if (!cmd.has_local || !cmd.ifindex)
		return errmsg_set(ws->e, -EINVAL, "addr add needs ADDR/LEN and dev NAME");
	if (!cmd.has_scope && cmd.addr.local >> 24 == 127)
		cmd.addr.scope = RT_SCOPE_HOST;
	if (cmd.has_peer)
		cmd.addr.plen = cmd.peer_plen;
	if (cmd.brd_sign && cmd.addr.plen <= 30) {
		uint32_t hosts = 0xffffffffu >> cmd.addr.plen;
		uint32_t base = cmd.has_peer ? cmd.addr.peer : cmd.addr.local;

		cmd.addr.has_brd = true;
		cmd.addr.brd = cmd.brd_sign == '+' ? base | hosts : base & ~hosts;
	}
	err = ref_addr_add(ws->net, cmd.ifindex, &cmd.addr);
	return err < 0 ? words_refused(ws->e, err) : 0;
}

/* ---- neigh ---- */

struct neigh_cmd {
	uint32_t addr;
	uint8_t mac[6];
	int ifindex;
	bool has_addr, has_mac;
};

static int neigh_to(void *cmd, struct words *ws)
{
	((struct neigh_cmd *)cmd)->has_addr = true;
	return word_addr(ws, &((struct neigh_cmd *)cmd)->addr);
}

static int neigh_lladdr(void *cmd, struct words *ws)
{
	((struct neigh_cmd *)cmd)->has_mac = true;
	return word_mac(ws, ((struct neigh_cmd *)cmd)->mac);
}

static int neigh_dev(void *cmd, struct words *ws)
{
	return word_dev(ws, &((struct neigh_cmd *)cmd)->ifindex);
}

static int neigh_nud(void *cmd, struct words *ws)
{
	const char *word = word_next(ws);

	(void)cmd;
	if (!word || strcmp(word, "permanent") != 0)
		return words_cannot(ws->e, "neigh add nud", word ? word : "");
	return 0;
}

static const struct key neigh_keys[] = {
	{ "to", NULL, neigh_to },
	{ "lladdr", NULL, neigh_lladdr },
	{ "dev", NULL, neigh_dev },
	{ "nud", "state", neigh_nud },
};

int ref_line_neigh_add(struct words *ws)
{
	struct neigh_cmd cmd = { .addr = 0 };
	const char *word;
	int err;

	while ((word = word_next(ws))) {
		err = words_key(KEYS(neigh_keys), word, &cmd, ws);
		if (err > 0 && !cmd.has_addr) {
			ws->at--;
			err = neigh_to(&cmd, ws);
		}
		if (err)
			return err > 0 ? words_cannot(ws->e, "neigh add", word) : err;
	}
	if (!cmd.has_addr || !cmd.has_mac || !cmd.ifindex)
		return errmsg_set(ws->e, -EINVAL, "neigh add needs ADDR lladdr MAC dev NAME");
	err = ref_neigh_add(ws->net, cmd.ifindex, cmd.addr, cmd.mac);
	return err < 0 ? words_refused(ws->e, err) : 0;
}
