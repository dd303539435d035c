/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The table of socket options, and their values from text. */
#include "harness/world/sockopt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/world/ip_words.h"

/* Newer than the C library's headers. */
#ifndef IP_RECVERR_RFC4884
#define IP_RECVERR_RFC4884 26
#endif
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef SO_RCVMARK
#define SO_RCVMARK 75
#endif
#ifndef SOL_UDPLITE
#define SOL_UDPLITE 136
#endif
#define UDPLITE_SEND_CSCOV 10
#define UDPLITE_RECV_CSCOV 11
#define ICMP_FILTER 1

#define SOCK(name, form)                                                                           \
	{                                                                                          \
#name, SOL_SOCKET, name, SOCKOPT_##form                                            \
	}
#define IP(name, form)                                                                             \
	{                                                                                          \
#name, SOL_IP, name, SOCKOPT_##form                                                \
	}
#define UDP(name, form)                                                                            \
	{                                                                                          \
#name, SOL_UDP, name, SOCKOPT_##form                                               \
	}

const struct sockopt sockopts[] = {
    SOCK(SO_BINDTODEVICE, DEV_NAME),
    SOCK(SO_BINDTOIFINDEX, DEV_IDX),
    SOCK(SO_BROADCAST, INT),
    SOCK(SO_DONTROUTE, INT),
    SOCK(SO_INCOMING_CPU, INT),
    SOCK(SO_MARK, INT),
    SOCK(SO_NO_CHECK, INT),
    SOCK(SO_PEEK_OFF, INT),
    SOCK(SO_PRIORITY, INT),
    SOCK(SO_RCVBUF, INT),
    SOCK(SO_RCVBUFFORCE, INT),
    SOCK(SO_RCVLOWAT, INT),
    SOCK(SO_RCVMARK, INT),
    SOCK(SO_REUSEADDR, INT),
    SOCK(SO_REUSEPORT, INT),
    SOCK(SO_RXQ_OVFL, INT),
    SOCK(SO_SNDBUF, INT),
    SOCK(SO_TIMESTAMP, INT),
    SOCK(SO_TIMESTAMPING, INT),
    SOCK(SO_TIMESTAMPNS, INT),

    IP(IP_ADD_MEMBERSHIP, MREQN),
    IP(IP_ADD_SOURCE_MEMBERSHIP, MREQ_SOURCE),
    IP(IP_BIND_ADDRESS_NO_PORT, INT),
    IP(IP_BLOCK_SOURCE, MREQ_SOURCE),
    IP(IP_CHECKSUM, INT),
    IP(IP_DROP_MEMBERSHIP, MREQN),
    IP(IP_DROP_SOURCE_MEMBERSHIP, MREQ_SOURCE),
    IP(IP_FREEBIND, INT),
    IP(IP_HDRINCL, INT),
    IP(IP_LOCAL_PORT_RANGE, INT),
    IP(IP_MINTTL, INT),
    IP(IP_MSFILTER, MSFILTER),
    IP(IP_MTU_DISCOVER, INT),
    IP(IP_MULTICAST_ALL, INT),
    IP(IP_MULTICAST_IF, MCAST_IF),
    IP(IP_MULTICAST_LOOP, INT),
    IP(IP_MULTICAST_TTL, INT),
    IP(IP_NODEFRAG, INT),
    IP(IP_OPTIONS, HEX),
    IP(IP_ORIGDSTADDR, INT),
    IP(IP_PASSSEC, INT),
    IP(IP_PKTINFO, INT),
    IP(IP_RECVERR, INT),
    IP(IP_RECVERR_RFC4884, INT),
    IP(IP_RECVFRAGSIZE, INT),
    IP(IP_RECVOPTS, INT),
    IP(IP_RECVORIGDSTADDR, INT),
    IP(IP_RECVTOS, INT),
    IP(IP_RECVTTL, INT),
    IP(IP_RETOPTS, INT),
    IP(IP_ROUTER_ALERT, INT),
    IP(IP_TOS, INT),
    IP(IP_TRANSPARENT, INT),
    IP(IP_TTL, INT),
    IP(IP_UNBLOCK_SOURCE, MREQ_SOURCE),
    IP(MCAST_BLOCK_SOURCE, GROUP_SOURCE),
    IP(MCAST_JOIN_GROUP, GROUP),
    IP(MCAST_JOIN_SOURCE_GROUP, GROUP_SOURCE),
    IP(MCAST_LEAVE_GROUP, GROUP),
    IP(MCAST_LEAVE_SOURCE_GROUP, GROUP_SOURCE),
    IP(MCAST_UNBLOCK_SOURCE, GROUP_SOURCE),

    UDP(UDP_CORK, INT),
    UDP(UDP_ENCAP, INT),
    UDP(UDP_GRO, INT),
    UDP(UDP_NO_CHECK6_RX, INT),
    UDP(UDP_NO_CHECK6_TX, INT),
    UDP(UDP_SEGMENT, INT),
    {"UDPLITE_RECV_CSCOV", SOL_UDPLITE, UDPLITE_RECV_CSCOV, SOCKOPT_INT},
    {"UDPLITE_SEND_CSCOV", SOL_UDPLITE, UDPLITE_SEND_CSCOV, SOCKOPT_INT},
    {"ICMP_FILTER", SOL_RAW, ICMP_FILTER, SOCKOPT_INT},
};
const size_t sockopt_nr = sizeof(sockopts) / sizeof(sockopts[0]);

/* The parts of a value that names groups and sources. */
struct group_words {
	uint32_t group, source, local; /* host order; 0: not given */
	char dev[16];                  /* "" : not given */
};

/* [GROUP][,SOURCE][@DEV|@ADDR] */
static bool group_words(const char *value, struct group_words *ret)
{
	char text[80], *at, *comma;

	*ret = (struct group_words){.group = 0};
	if (strlen(value) >= sizeof(text))
		return false;
	strcpy(text, value);
	at = strchr(text, '@');
	if (at)
		*at++ = '\0';
	comma = strchr(text, ',');
	if (comma)
		*comma++ = '\0';
	if (*text && !ip_addr(text, &ret->group))
		return false;
	if (comma && !ip_addr(comma, &ret->source))
		return false;
	if (!at || ip_addr(at, &ret->local))
		return true;
	if (!ip_dev_name(at))
		return false;
	strcpy(ret->dev, at);
	return true;
}

static void set_dev(struct socket_call *call, const char *dev, size_t offset)
{
	if (!*dev)
		return;
	strcpy(call->dev, dev);
	call->dev_at = (int)offset;
}

static void set_val(struct socket_call *call, const void *val, size_t len)
{
	memcpy(call->val, val, len);
	call->val_len = len;
}

static bool parse_int(struct socket_call *call, const char *value)
{
	int64_t v;
	int n;

	if (!ip_number(value, INT32_MIN, UINT32_MAX, &v))
		return false;
	n = (int)(uint32_t)v;
	set_val(call, &n, sizeof(n));
	return true;
}

static bool parse_dev_name(struct socket_call *call, const char *value)
{
	if (!ip_dev_name(value))
		return false;
	set_val(call, value, strlen(value) + 1);
	return true;
}

static bool parse_dev_idx(struct socket_call *call, const char *value)
{
	const int none = 0;

	if (!ip_dev_name(value))
		return false;
	set_val(call, &none, sizeof(none));
	set_dev(call, value, 0);
	return true;
}

static bool parse_mreqn(struct socket_call *call, const char *value)
{
	struct group_words words;
	struct ip_mreqn req = {.imr_ifindex = 0};

	if (!group_words(value, &words) || words.source)
		return false;
	req.imr_multiaddr.s_addr = htonl(words.group);
	req.imr_address.s_addr = htonl(words.local);
	set_val(call, &req, sizeof(req));
	set_dev(call, words.dev, offsetof(struct ip_mreqn, imr_ifindex));
	return true;
}

static bool parse_mcast_if(struct socket_call *call, const char *value)
{
	struct group_words words;
	struct ip_mreqn req = {.imr_ifindex = 0};

	if (!group_words(value, &words) || words.source || words.local)
		return false;
	req.imr_address.s_addr = htonl(words.group);
	set_val(call, &req, sizeof(req));
	set_dev(call, words.dev, offsetof(struct ip_mreqn, imr_ifindex));
	return true;
}

static bool parse_mreq_source(struct socket_call *call, const char *value)
{
	struct group_words words;
	struct ip_mreq_source req;

	if (!group_words(value, &words) || *words.dev)
		return false;
	req.imr_multiaddr.s_addr = htonl(words.group);
	req.imr_interface.s_addr = htonl(words.local);
	req.imr_sourceaddr.s_addr = htonl(words.source);
	set_val(call, &req, sizeof(req));
	return true;
}

static void set_storage(struct sockaddr_storage *ss, uint32_t addr)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(addr)};

	memcpy(ss, &in, sizeof(in));
}

static bool parse_group(struct socket_call *call, const char *value)
{
	struct group_words words;
	struct group_req req;

	memset(&req, 0, sizeof(req));
	if (!group_words(value, &words) || words.source || words.local)
		return false;
	set_storage(&req.gr_group, words.group);
	set_val(call, &req, sizeof(req));
	set_dev(call, words.dev, offsetof(struct group_req, gr_interface));
	return true;
}

static bool parse_group_source(struct socket_call *call, const char *value)
{
	struct group_words words;
	struct group_source_req req;

	memset(&req, 0, sizeof(req));
	if (!group_words(value, &words) || words.local)
		return false;
	set_storage(&req.gsr_group, words.group);
	set_storage(&req.gsr_source, words.source);
	set_val(call, &req, sizeof(req));
	set_dev(call, words.dev, offsetof(struct group_source_req, gsr_interface));
	return true;
}

/* struct ip_msfilter: group, interface, mode, number, sources: four octets each. */
static bool parse_msfilter(struct socket_call *call, const char *value)
{
	const char *colon = strchr(value, ':');
	uint32_t word[SOCKET_VAL_MAX / 4], nr = 0, addr;
	char text[512], *save = NULL, *mode, *source;
	struct group_words words;

	if (!colon || strlen(value) >= sizeof(text))
		return false;
	strcpy(text, value);
	text[colon - value] = '\0';
	if (!group_words(text, &words) || words.source || *words.dev)
		return false;
	mode = strtok_r(text + (colon - value) + 1, ",", &save);
	if (!mode || (strcmp(mode, "include") != 0 && strcmp(mode, "exclude") != 0))
		return false;
	while ((source = strtok_r(NULL, ",", &save))) {
		if (4 + nr == SOCKET_VAL_MAX / 4 || !ip_addr(source, &addr))
			return false;
		word[4 + nr++] = htonl(addr);
	}
	word[0] = htonl(words.group);
	word[1] = htonl(words.local);
	word[2] = strcmp(mode, "include") == 0 ? MCAST_INCLUDE : MCAST_EXCLUDE;
	word[3] = nr;
	set_val(call, word, 16 + 4 * nr);
	return true;
}

static bool parse_hex(struct socket_call *call, const char *value)
{
	return ip_hex(value, call->val, sizeof(call->val), &call->val_len);
}

static const struct {
	bool (*parse)(struct socket_call *call, const char *value);
	const char *help;
} forms[SOCKOPT_FORM_NR] = {
    [SOCKOPT_INT] = {parse_int, "a number"},
    [SOCKOPT_DEV_NAME] = {parse_dev_name, "the name of a device"},
    [SOCKOPT_DEV_IDX] = {parse_dev_idx, "the name of a device"},
    [SOCKOPT_MREQN] = {parse_mreqn, "GROUP, GROUP@DEV or GROUP@ADDR"},
    [SOCKOPT_MCAST_IF] = {parse_mcast_if, "ADDR, @DEV or ADDR@DEV"},
    [SOCKOPT_MREQ_SOURCE] = {parse_mreq_source, "GROUP,SOURCE or GROUP,SOURCE@ADDR"},
    [SOCKOPT_GROUP] = {parse_group, "GROUP@DEV"},
    [SOCKOPT_GROUP_SOURCE] = {parse_group_source, "GROUP,SOURCE@DEV"},
    [SOCKOPT_MSFILTER] = {parse_msfilter, "GROUP@ADDR:include,SOURCE,... or :exclude,..."},
    [SOCKOPT_HEX] = {parse_hex, "octets as hexadecimal digits"},
};

const char *sockopt_form_help(enum sockopt_form form)
{
	return forms[form].help;
}

int sockopt_parse(struct socket_call *call, const char *word, struct errmsg *e)
{
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : 0;

	if (!equals)
		return errmsg_set(e, -EINVAL, "opt: write: opt NAME=VALUE");
	for (size_t i = 0; i < sockopt_nr; i++) {
		const struct sockopt *opt = &sockopts[i];
		bool ok;

		if (strlen(opt->text) != len || strncmp(word, opt->text, len) != 0)
			continue;
		call->type = SOCKET_CALL_SETSOCKOPT;
		call->level = opt->level;
		call->name = opt->name;
		call->dev_at = -1;
		if (strncmp(equals + 1, "hex:", 4) == 0)
			ok = parse_hex(call, equals + 5);
		else
			ok = forms[opt->form].parse(call, equals + 1);
		if (!ok)
			return errmsg_set(e, -EINVAL, "%s takes %s, not \"%.60s\"", opt->text,
					  forms[opt->form].help, equals + 1);
		return 0;
	}
	return errmsg_set(e, -EINVAL, "no socket option named %.*s", (int)(len < 60 ? len : 60),
			  word);
}
