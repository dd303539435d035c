/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The words of tunnels, read by the table that each kind has in the reference: a new kind needs
 * nothing here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/stack/ref_words.h"
#include "harness/world/ip_words.h"

static bool one_of(const struct ref_word *names, const char *word, int64_t *ret)
{
	for (; names && names->word; names++)
		if (strcmp(names->word, word) == 0) {
			*ret = names->value;
			return true;
		}
	return false;
}

/* iproute2 takes a TOS as hexadecimal, with 0x or without. */
static bool hex_number(const char *word, int64_t max, int64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(word, &end, 16);
	return !errno && end != word && !*end && *ret >= 0 && *ret <= max;
}

static bool opt_key(const char *word, int64_t *ret)
{
	uint32_t addr;

	if (ip_number(word, 0, UINT32_MAX, ret))
		return true;
	*ret = ip_addr(word, &addr) ? addr : 0;
	return strchr(word, '.') && ip_addr(word, &addr);
}

static int opt_value(struct words *ws, const struct ref_opt *opt, int64_t *ret)
{
	const char *word;
	uint32_t addr;
	bool ok = false;
	int ifindex;

	*ret = opt->min;
	if (opt->type == REF_OPT_SET)
		return 0;
	word = word_next(ws);
	if (!word)
		return words_bad(ws, opt->word, word);
	if (one_of(opt->names, word, ret))
		return 0;
	switch ((enum ref_opt_type)opt->type) {
	case REF_OPT_NUMBER:
		ok = ip_number(word, opt->min, opt->max, ret);
		break;
	case REF_OPT_HEX:
		ok = hex_number(word, opt->max, ret);
		break;
	case REF_OPT_ADDR:
		addr = 0;
		ok = strcmp(word, "any") == 0 || ip_addr(word, &addr);
		*ret = addr;
		break;
	case REF_OPT_DEV:
		ifindex = ref_link_by_name(ws->net, word);
		ok = ifindex > 0;
		*ret = ifindex;
		break;
	case REF_OPT_KEY:
		ok = opt_key(word, ret);
		break;
	case REF_OPT_NAME:
	case REF_OPT_SET:
		break;
	}
	return ok ? 0 : words_bad(ws, opt->word, word);
}

static void set_param(struct ref_params *params, unsigned int param, int64_t value)
{
	params->v[param] = value;
	params->given |= UINT64_C(1) << param;
}

int words_tunnel(struct words *ws, const char *kind, struct ref_params *ret)
{
	size_t nr;
	const struct ref_opt *opts = ref_tunnel_opts(kind, &nr);
	const char *word;

	while ((word = word_next(ws))) {
		int64_t value;
		size_t i = 0;
		int err;

		while (i < nr && strcmp(opts[i].word, word) != 0)
			i++;
		if (i == nr)
			return words_cannot(ws->e, kind, word);
		err = opt_value(ws, &opts[i], &value);
		if (err < 0)
			return err;
		set_param(ret, opts[i].param, value);
		if (opts[i].also)
			set_param(ret, opts[i].also, value);
	}
	return 0;
}

int ref_line_fou_add(struct words *ws)
{
	struct ref_params params = { .given = 0 };
	int err = words_tunnel(ws, "fou", &params);

	if (err < 0)
		return err;
	err = ref_tunnel_add(ws->net, "fou", NULL, &params);
	return err < 0 ? words_refused(ws->e, err) : 0;
}
