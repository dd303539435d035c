/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Words of a world line, read as iproute2 reads them. */
#include "harness/stack/ref_words.h"

#include <errno.h>
#include <string.h>

#include "harness/world/ip_words.h"

const char *word_next(struct words *ws)
{
	return *ws->at ? *ws->at++ : NULL;
}

int words_bad(struct words *ws, const char *what, const char *value)
{
	return errmsg_set(ws->e, -EINVAL, "no %s: %.40s", what, value ? value : "(end of line)");
}

int word_number(struct words *ws, const char *what, int64_t min, int64_t max, int64_t *ret)
{
	const char *word = word_next(ws);

	return word && ip_number(word, min, max, ret) ? 0 : words_bad(ws, what, word);
}

int word_dev(struct words *ws, int *ret_ifindex)
{
	const char *word = word_next(ws);
	int ifindex = word ? ref_link_by_name(ws->net, word) : -ENODEV;

	if (ifindex < 0)
		return words_bad(ws, "device", word);
	*ret_ifindex = ifindex;
	return 0;
}

int word_addr(struct words *ws, uint32_t *ret)
{
	const char *word = word_next(ws);

	if (word && strcmp(word, "inet") == 0)
		word = word_next(ws);
	return word && ip_addr(word, ret) ? 0 : words_bad(ws, "IPv4 address", word);
}

int word_mac(struct words *ws, uint8_t mac[6])
{
	const char *word = word_next(ws);

	return word && ip_mac(word, mac) ? 0 : words_bad(ws, "MAC address", word);
}

/* One keyword out of a table; 1: it was none of them. */
int words_key(const struct key *keys, size_t nr, const char *word, void *cmd, struct words *ws)
{
	for (size_t i = 0; i < nr; i++)
		if (strcmp(word, keys[i].word) == 0 ||
		    (keys[i].alias && strcmp(word, keys[i].alias) == 0))
			return keys[i].set(cmd, ws);
	return 1;
}

int words_cannot(struct errmsg *e, const char *what, const char *word)
{
	return errmsg_set(e, -EOPNOTSUPP, "the reference words_cannot do \"%s %.40s\"", what, word);
}

int words_refused(struct errmsg *e, int err)
{
	return errmsg_set(e, err, "the reference refuses it: %s", strerror(-err));
}

int word_skip(void *cmd, struct words *ws)
{
	(void)cmd;
	return word_next(ws) ? 0 : words_bad(ws, "value", NULL);
}

int words_all(const struct key *keys, size_t nr, const char *object, void *cmd, struct words *ws)
{
	const char *word;

	while ((word = word_next(ws))) {
		int err = words_key(keys, nr, word, cmd, ws);

		if (err)
			return err > 0 ? words_cannot(ws->e, object, word) : err;
	}
	return 0;
}

int word_scope(struct words *ws, uint8_t *ret)
{
	static const struct {
		const char *name;
		uint8_t scope;
	} scopes[] = {
		{ "global", RT_SCOPE_UNIVERSE }, { "universe", RT_SCOPE_UNIVERSE },
		{ "site", RT_SCOPE_SITE },	 { "link", RT_SCOPE_LINK },
		{ "host", RT_SCOPE_HOST },	 { "nowhere", RT_SCOPE_NOWHERE },
	};
	const char *word = word_next(ws);
	int64_t v;

	for (size_t i = 0; word && i < sizeof(scopes) / sizeof(scopes[0]); i++)
		if (strcmp(word, scopes[i].name) == 0) {
			*ret = scopes[i].scope;
			return 0;
		}
	if (!word || !ip_number(word, 0, 255, &v))
		return words_bad(ws, "scope", word);
	*ret = (uint8_t)v;
	return 0;
}
