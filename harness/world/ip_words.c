/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Words as values. */
#include "harness/world/ip_words.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ip_word_is(const char *word, const char *full)
{
	size_t len = strlen(word);

	return len > 0 && strncmp(word, full, len) == 0;
}

bool ip_number(const char *word, int64_t min, int64_t max, int64_t *ret)
{
	const char *digits = *word == '-' ? word + 1 : word;
	bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	long long v;
	char *end;

	if (!isxdigit((unsigned char)digits[hex ? 2 : 0]))
		return false;
	errno = 0;
	v = strtoll(word, &end, hex ? 16 : 10);
	if (errno || *end || v < min || v > max)
		return false;
	*ret = v;
	return true;
}

/* Up to four dotted octets at the start of s; returns how many, and where they end. */
static int dotted(const char *s, uint32_t *ret_addr, const char **ret_end)
{
	uint32_t addr = 0;
	int nr = 0;

	for (; nr < 4; nr++) {
		unsigned int octet = 0, digits = 0;

		for (; isdigit((unsigned char)*s) && digits < 3; s++, digits++)
			octet = 10 * octet + (unsigned int)(*s - '0');
		if (digits == 0 || octet > 255)
			return 0;
		addr |= octet << (24 - 8 * nr);
		if (*s != '.' || nr == 3)
			break;
		s++;
	}
	*ret_addr = addr;
	*ret_end = s;
	return nr + 1;
}

bool ip_addr(const char *word, uint32_t *ret)
{
	const char *end;
	uint32_t addr;

	if (dotted(word, &addr, &end) != 4 || *end)
		return false;
	*ret = addr;
	return true;
}

bool ip_prefix(const char *word, uint32_t *ret_addr, uint8_t *ret_plen)
{
	uint32_t addr, mask;
	const char *end;
	int64_t plen = 32;

	if (strcmp(word, "default") == 0 || strcmp(word, "any") == 0 || strcmp(word, "all") == 0) {
		*ret_addr = 0;
		*ret_plen = 0;
		return true;
	}
	if (dotted(word, &addr, &end) == 0 || (*end && *end != '/'))
		return false;
	if (*end && ip_addr(end + 1, &mask)) {
		if ((~mask & (~mask + 1)) != 0)
			return false;
		plen = __builtin_popcount(mask);
	} else if (*end && !ip_number(end + 1, 0, 32, &plen)) {
		return false;
	}
	*ret_addr = addr;
	*ret_plen = (uint8_t)plen;
	return true;
}

bool ip_endpoint(const char *word, uint32_t *ret_addr, uint16_t *ret_port)
{
	const char *colon = strchr(word, ':');
	size_t len = colon ? (size_t)(colon - word) : strlen(word);
	int64_t port = 0;
	uint32_t addr = 0;
	char text[16];

	if (len >= sizeof(text) || *word == '\0')
		return false;
	memcpy(text, word, len);
	text[len] = '\0';
	if (len > 0 && strcmp(text, "*") != 0 && !ip_addr(text, &addr))
		return false;
	if (colon && !ip_number(colon + 1, 0, 65535, &port))
		return false;
	*ret_addr = addr;
	*ret_port = (uint16_t)port;
	return true;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ip_mac(const char *word, uint8_t ret[6])
{
	uint8_t mac[6];

	for (int i = 0; i < 6; i++) {
		int v = 0, nr = 0;

		for (; nr < 2 && digit(*word) >= 0; word++, nr++)
			v = v << 4 | digit(*word);
		if (nr == 0 || *word != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)v;
		word++;
	}
	memcpy(ret, mac, 6);
	return true;
}

bool ip_dev_name(const char *word)
{
	size_t len = strlen(word);

	if (len == 0 || len > 15 || strcmp(word, ".") == 0 || strcmp(word, "..") == 0)
		return false;
	for (; *word; word++)
		if (*word == '/' || *word == ':' || !isgraph((unsigned char)*word))
			return false;
	return true;
}

bool ip_hex(const char *word, uint8_t *ret, size_t max, size_t *ret_len)
{
	size_t len = 0;

	for (; *word; word += 2, len++) {
		int hi = digit(word[0]), lo = hi < 0 ? -1 : digit(word[1]);

		if (lo < 0 || len == max)
			return false;
		ret[len] = (uint8_t)(hi << 4 | lo);
	}
	*ret_len = len;
	return true;
}

const char *ip_text(char buf[IP_TEXT_MAX], uint32_t addr)
{
	snprintf(buf, IP_TEXT_MAX, "%u.%u.%u.%u", addr >> 24, addr >> 16 & 255, addr >> 8 & 255,
		 addr & 255);
	return buf;
}
