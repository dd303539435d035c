/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Words of a world line on their way into the reference: a cursor over them, values, and tables
 * of keywords. Private to the `ref` stack.
 */
#ifndef HARNESS_REF_WORDS_H
#define HARNESS_REF_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "harness/errmsg.h"
#include "ref/ref.h"

#define RT_SCOPE_UNIVERSE 0
#define RT_SCOPE_SITE	  200
#define RT_SCOPE_LINK	  253
#define RT_SCOPE_HOST	  254
#define RT_SCOPE_NOWHERE  255

/* The words of a line that are still to be read. */
struct words {
	char **at;
	struct errmsg *e;
	struct ref *net;
};

/* A word with what to do about it; `set` reads its value, if any, from the words. */
struct key {
	const char *word, *alias;
	int (*set)(void *cmd, struct words *ws);
};

#define KEYS(keys) (keys), sizeof(keys) / sizeof((keys)[0])

/* The next word, or NULL at the end of the line. */
const char *word_next(struct words *ws);
/* -EINVAL: "no WHAT: VALUE"; value NULL: the line ends there. */
int words_bad(struct words *ws, const char *what, const char *value);
/* -EOPNOTSUPP: the reference cannot do "WHAT WORD". */
int words_cannot(struct errmsg *e, const char *what, const char *word);
/* A call of the reference failed with err: says so and returns it. */
int words_refused(struct errmsg *e, int err);

/* The next word as a value: 0, or -EINVAL with a message. */
int word_number(struct words *ws, const char *what, int64_t min, int64_t max, int64_t *ret);
int word_dev(struct words *ws, int *ret_ifindex);
int word_addr(struct words *ws, uint32_t *ret);
int word_mac(struct words *ws, uint8_t mac[6]);
int word_scope(struct words *ws, uint8_t *ret);
/* A key's `set` that takes a value and does nothing with it. */
int word_skip(void *cmd, struct words *ws);

/* Do what a keyword says. 1: it is none of the table's; else what `set` returns. */
int words_key(const struct key *keys, size_t nr, const char *word, void *cmd, struct words *ws);
/* All the words that are left; one that is no keyword is words_cannot("OBJECT WORD"). */
int words_all(const struct key *keys, size_t nr, const char *object, void *cmd, struct words *ws);

/* The words of a tunnel as its kind names them; the line ends with them. */
int words_tunnel(struct words *ws, const char *kind, struct ref_params *ret);

/* One command of ip(8) each, from the word behind its verb on. 0, or -errno with a message. */
int ref_line_link_set(struct words *ws);
int ref_line_link_add(struct words *ws);
int ref_line_fou_add(struct words *ws);
int ref_line_addr_add(struct words *ws);
int ref_line_neigh_add(struct words *ws);
int ref_line_route_add(struct words *ws);

#endif
