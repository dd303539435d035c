/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Words come from the text itself (they are found where they are) and from a list of those that
 * mean something somewhere.
 */
#include "fuzz/mutate_text.h"

#include <string.h>

#define NR(a)	  (sizeof(a) / sizeof((a)[0]))
#define PIECE_MAX 2048

static const char *const words[] = {
	"case x\n",
	"recv",
	"sleep",
	"recvmsg",
	"close",
	"wire",
	"link",
	"addr",
	"route",
	"neigh",
	"sysctl",
	"socket",
	"udp",
	"udplite",
	"raw",
	"ping",
	"bind",
	"connect",
	"dev",
	"opt",
	"hold",
	"plain",
	"add",
	"set",
	"up",
	"down",
	"mtu",
	"arp",
	"on",
	"off",
	"brd",
	"+",
	"peer",
	"scope",
	"via",
	"src",
	"table",
	"metric",
	"nexthop",
	"weight",
	"local",
	"unreachable",
	"default",
	"eth0",
	"lo",
	"10.0.0.1",
	"0.0.0.0",
	"255.255.255.255",
	"10.0.0.0/8",
	"0",
	"1",
	"-1",
	"65535",
	"4294967295",
	"99999999999999999999",
	"1.5s",
	"1ns",
	"flags",
	"MSG_PEEK|MSG_TRUNC",
	"len",
	"deliver",
	"error",
	"emit",
	"drop",
	"count",
	"stat",
	"from",
	"ttl=64",
	"tos=0x0",
	"pktinfo=eth0,10.0.0.1,10.0.0.1",
	"cmsg=0/8:00",
	"flags=MSG_TRUNC",
	"ret 1",
	"#",
	":",
	"\\\n",
	"\"",
	"'",
	"=",
	"%",
	"\n",
};

struct piece {
	size_t off, len;
};

/* The line around an octet, its end included. */
static struct piece line_at(const uint8_t *data, size_t size, size_t at)
{
	size_t start = at, end = at;

	while (start > 0 && data[start - 1] != '\n')
		start--;
	while (end < size && data[end] != '\n')
		end++;
	return (struct piece){ start, (end < size ? end + 1 : end) - start };
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '=' || c == ',' || c == '@' || c == ':';
}

/* The word around an octet; empty between words. */
static struct piece word_at(const uint8_t *data, size_t size, size_t at)
{
	size_t start = at, end = at;

	while (start > 0 && !is_blank(data[start - 1]))
		start--;
	while (end < size && !is_blank(data[end]))
		end++;
	return (struct piece){ start, end - start };
}

static size_t replace(uint8_t *data, size_t size, size_t max, struct piece old, const void *octets,
		      size_t len)
{
	if (size - old.len + len > max)
		return size;
	memmove(data + old.off + len, data + old.off + old.len, size - old.off - old.len);
	memcpy(data + old.off, octets, len);
	return size - old.len + len;
}

/* A piece of the text in place of another one, or in front of it. */
static size_t copy_piece(uint8_t *data, size_t size, size_t max, struct piece from, struct piece to)
{
	uint8_t copy[PIECE_MAX];

	if (from.len > sizeof(copy))
		return size;
	memcpy(copy, data + from.off, from.len);
	return replace(data, size, max, to, copy, from.len);
}

size_t mutate_text(struct rng *r, uint8_t *data, size_t size, size_t max)
{
	const char *word = words[rng_below(r, NR(words))];
	size_t at, other;
	struct piece to;

	if (size == 0)
		return replace(data, 0, max, (struct piece){ 0, 0 }, word, strlen(word));
	at = rng_below(r, (uint32_t)size);
	other = rng_below(r, (uint32_t)size);
	to = word_at(data, size, at);
	switch (rng_below(r, 9)) {
	case 0: /* without a line */
		return replace(data, size, max, line_at(data, size, at), "", 0);
	case 1: /* a line twice */
		to = line_at(data, size, other);
		to.len = 0;
		return copy_piece(data, size, max, line_at(data, size, at), to);
	case 2:
		return replace(data, size, max, to, word, strlen(word));
	case 3:
		return copy_piece(data, size, max, word_at(data, size, other), to);
	case 4: /* one more word */
		to.len = 0;
		size = replace(data, size, max, to, " ", 1);
		return replace(data, size, max, to, word, strlen(word));
	case 5:
		return replace(data, size, max, to, "", 0);
	case 6: /* a digit */
		for (size_t i = at; i < size; i++)
			if (data[i] >= '0' && data[i] <= '9') {
				data[i] = (uint8_t)('0' + rng_below(r, 10));
				return size;
			}
		return size;
	case 7:
		data[at] = (uint8_t)rng_next(r);
		return size;
	default:
		return replace(data, size, max, (struct piece){ at, 0 }, "\n", 1);
	}
}
