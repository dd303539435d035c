/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Words of world lines as values, read the way iproute2 reads them. */
#ifndef HARNESS_IP_WORDS_H
#define HARNESS_IP_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP_TEXT_MAX 24 /* "255.255.255.255:65535" and its NUL */

/* Is word a prefix of full, of one letter at least: how iproute2 takes commands and objects. */
bool ip_word_is(const char *word, const char *full);
/* Decimal, or hexadecimal after 0x, from min to max; nothing else in the word. */
bool ip_number(const char *word, int64_t min, int64_t max, int64_t *ret);
/* All four octets, host order. */
bool ip_addr(const char *word, uint32_t *ret);
/*
 * ADDR, ADDR/LEN, ADDR/MASK, or default, any, all; missing octets are 0 ("10/8"). *ret_plen is
 * 32 when none is given.
 */
bool ip_prefix(const char *word, uint32_t *ret_addr, uint8_t *ret_plen);
/* ADDR:PORT, ADDR, :PORT or *:PORT. */
bool ip_endpoint(const char *word, uint32_t *ret_addr, uint16_t *ret_port);
bool ip_mac(const char *word, uint8_t ret[6]);
/* May a network device have this name? */
bool ip_dev_name(const char *word);
/* Pairs of hexadecimal digits, at most max octets; false also for an odd number of digits. */
bool ip_hex(const char *word, uint8_t *ret, size_t max, size_t *ret_len);
/* Dotted text of an address into buf; returns buf. */
const char *ip_text(char buf[IP_TEXT_MAX], uint32_t addr);

#endif
