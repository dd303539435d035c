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
#ifndef IP_PROTOCOL
#define IP_PROTOCOL 52
#endif
#ifndef SO_RCVMARK
#define SO_RCVMARK 75
#endif
#ifndef SOL_UDPLITE
#define SOL_UDPLITE 136
#endif
#define UDPLITE_SEND_CSCOV 10
#define UDPLITE_RECV_CSCOV 11
#define ICMP_FILTER	   1

#define SOCK(name, form)                                                                           \
	{                                                                                          \
#name, SOL_SOCKET, name, SOCKOPT_##form, 0                                         \
	}
#define IP(name, form)                                                                             \
	{                                                                                          \
#name, SOL_IP, name, SOCKOPT_##form, 0                                             \
	}
#define UDP(name, form)                                                                            \
	{                                                                                          \
#name, SOL_UDP, name, SOCKOPT_##form, 0                                            \
	}

const struct sockopt sockopts[] = {
	SOCK(SO_ACCEPTCONN, INT),
	SOCK(SO_BINDTODEVICE, DEV_NAME),
	SOCK(SO_BINDTOIFINDEX, DEV_IDX),
	SOCK(SO_BROADCAST, INT),
	SOCK(SO_BSDCOMPAT, INT),
	SOCK(SO_DEBUG, INT),
	SOCK(SO_DOMAIN, INT),
	SOCK(SO_DONTROUTE, INT),
	SOCK(SO_ERROR, INT),
	SOCK(SO_INCOMING_CPU, INT),
	SOCK(SO_KEEPALIVE, INT),
	SOCK(SO_LINGER, HEX),
	SOCK(SO_MARK, INT),
	SOCK(SO_NO_CHECK, INT),
	SOCK(SO_OOBINLINE, INT),
	SOCK(SO_PEEK_OFF, INT),
	SOCK(SO_PRIORITY, INT),
	SOCK(SO_PROTOCOL, INT),
	SOCK(SO_RCVBUF, INT),
	SOCK(SO_RCVBUFFORCE, INT),
	SOCK(SO_RCVLOWAT, INT),
	SOCK(SO_RCVMARK, INT),
	SOCK(SO_RCVTIMEO, HEX),
	SOCK(SO_REUSEADDR, INT),
	SOCK(SO_REUSEPORT, INT),
	SOCK(SO_RXQ_OVFL, INT),
	SOCK(SO_SELECT_ERR_QUEUE, INT),
	SOCK(SO_SNDBUF, INT),
	SOCK(SO_SNDBUFFORCE, INT),
	SOCK(SO_SNDLOWAT, INT),
	SOCK(SO_SNDTIMEO, HEX),
	SOCK(SO_TIMESTAMP, INT),
	SOCK(SO_TIMESTAMPING, INT),
	SOCK(SO_TIMESTAMPNS, INT),
	SOCK(SO_TXTIME, HEX),
	{ "SCM_TXTIME", SOL_SOCKET, SCM_TXTIME, SOCKOPT_HEX, SOCKOPT_U64 },
	SOCK(SO_TYPE, INT),
	SOCK(SO_ZEROCOPY, INT),

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
	IP(IP_MTU, INT),
	IP(IP_MTU_DISCOVER, INT),
	IP(IP_MULTICAST_ALL, INT),
	IP(IP_MULTICAST_IF, MCAST_IF),
	IP(IP_MULTICAST_LOOP, INT),
	IP(IP_MULTICAST_TTL, INT),
	IP(IP_NODEFRAG, INT),
	IP(IP_OPTIONS, HEX),
	IP(IP_ORIGDSTADDR, INT),
	IP(IP_PASSSEC, INT),
	{ "IP_PKTINFO", SOL_IP, IP_PKTINFO, SOCKOPT_INT, SOCKOPT_PKTINFO },
	IP(IP_PKTOPTIONS, HEX),
	IP(IP_PROTOCOL, INT),
	IP(IP_RECVERR, INT),
	IP(IP_RECVERR_RFC4884, INT),
	IP(IP_RECVFRAGSIZE, INT),
	IP(IP_RECVOPTS, INT),
	IP(IP_RECVORIGDSTADDR, INT),
	IP(IP_RECVTOS, INT),
	IP(IP_RECVTTL, INT),
	{ "IP_RETOPTS", SOL_IP, IP_RETOPTS, SOCKOPT_INT, SOCKOPT_HEX },
	IP(IP_ROUTER_ALERT, INT),
	IP(IP_TOS, INT),
	IP(IP_TRANSPARENT, INT),
	IP(IP_TTL, INT),
	IP(IP_UNBLOCK_SOURCE, MREQ_SOURCE),
	IP(IP_UNICAST_IF, DEV_IDX_BE),
	IP(MCAST_BLOCK_SOURCE, GROUP_SOURCE),
	IP(MCAST_JOIN_GROUP, GROUP),
	IP(MCAST_JOIN_SOURCE_GROUP, GROUP_SOURCE),
	IP(MCAST_LEAVE_GROUP, GROUP),
	IP(MCAST_LEAVE_SOURCE_GROUP, GROUP_SOURCE),
	IP(MCAST_MSFILTER, HEX),
	IP(MCAST_UNBLOCK_SOURCE, GROUP_SOURCE),

	UDP(UDP_CORK, INT),
	UDP(UDP_ENCAP, INT),
	UDP(UDP_GRO, INT),
	UDP(UDP_NO_CHECK6_RX, INT),
	UDP(UDP_NO_CHECK6_TX, INT),
	{ "UDP_SEGMENT", SOL_UDP, UDP_SEGMENT, SOCKOPT_INT, SOCKOPT_U16 },
	{ "UDPLITE_RECV_CSCOV", SOL_UDPLITE, UDPLITE_RECV_CSCOV, SOCKOPT_INT, 0 },
	{ "UDPLITE_SEND_CSCOV", SOL_UDPLITE, UDPLITE_SEND_CSCOV, SOCKOPT_INT, 0 },
	{ "ICMP_FILTER", SOL_RAW, ICMP_FILTER, SOCKOPT_INT, 0 },
};
const size_t sockopt_nr = sizeof(sockopts) / sizeof(sockopts[0]);

/* The parts of a value that names groups and sources. */
struct group_words {
	uint32_t group, source, local; /* host order; 0: not given */
	char dev[16]; /* "" : not given */
};

/* [GROUP][,SOURCE][@DEV|@ADDR] */
static bool group_words(const char *value, struct group_words *ret)
{
	char text[80], *at, *comma;

	*ret = (struct group_words){ .group = 0 };
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

static void set_dev_big_endian(struct socket_call *call, const char *dev)
{
	set_dev(call, dev, 0);
	call->dev_big_endian = true;
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

static bool parse_dev_idx_be(struct socket_call *call, const char *value)
{
	if (!parse_dev_idx(call, value))
		return false;
	set_dev_big_endian(call, value);
	return true;
}

static bool parse_u16(struct socket_call *call, const char *value)
{
	int64_t v;
	uint16_t n;

	if (!ip_number(value, 0, UINT16_MAX, &v))
		return false;
	n = (uint16_t)v;
	set_val(call, &n, sizeof(n));
	return true;
}

static bool parse_u64(struct socket_call *call, const char *value)
{
	int64_t v;

	if (!ip_number(value, 0, INT64_MAX, &v))
		return false;
	set_val(call, &v, sizeof(v));
	return true;
}

static bool parse_pktinfo(struct socket_call *call, const char *value)
{
	char text[64], *save = NULL;
	const char *dev, *spec, *dst;
	struct in_pktinfo info = { .ipi_ifindex = 0 };
	uint32_t spec_addr, dst_addr;

	if (strlen(value) >= sizeof(text))
		return false;
	strcpy(text, value);
	dev = strtok_r(text, ",", &save);
	spec = strtok_r(NULL, ",", &save);
	dst = strtok_r(NULL, ",", &save);
	if (!dst || strtok_r(NULL, ",", &save) || !ip_addr(spec, &spec_addr) ||
	    !ip_addr(dst, &dst_addr))
		return false;
	info.ipi_spec_dst.s_addr = htonl(spec_addr);
	info.ipi_addr.s_addr = htonl(dst_addr);
	set_val(call, &info, sizeof(info));
	if (strcmp(dev, "-") == 0)
		return true;
	if (!ip_dev_name(dev))
		return false;
	set_dev(call, dev, 0);
	return true;
}

static bool parse_mreqn(struct socket_call *call, const char *value)
{
	struct group_words words;
	struct ip_mreqn req = { .imr_ifindex = 0 };

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
	struct ip_mreqn req = { .imr_ifindex = 0 };

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
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };

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
	[SOCKOPT_INT] = { parse_int, "a number" },
	[SOCKOPT_DEV_NAME] = { parse_dev_name, "the name of a device" },
	[SOCKOPT_DEV_IDX] = { parse_dev_idx, "the name of a device" },
	[SOCKOPT_MREQN] = { parse_mreqn, "GROUP, GROUP@DEV or GROUP@ADDR" },
	[SOCKOPT_MCAST_IF] = { parse_mcast_if, "ADDR, @DEV or ADDR@DEV" },
	[SOCKOPT_MREQ_SOURCE] = { parse_mreq_source, "GROUP,SOURCE or GROUP,SOURCE@ADDR" },
	[SOCKOPT_GROUP] = { parse_group, "GROUP@DEV" },
	[SOCKOPT_GROUP_SOURCE] = { parse_group_source, "GROUP,SOURCE@DEV" },
	[SOCKOPT_MSFILTER] = { parse_msfilter, "GROUP@ADDR:include,SOURCE,... or :exclude,..." },
	[SOCKOPT_HEX] = { parse_hex, "octets as hexadecimal digits" },
	[SOCKOPT_DEV_IDX_BE] = { parse_dev_idx_be, "the name of a device" },
	[SOCKOPT_U16] = { parse_u16, "a number below 65536" },
	[SOCKOPT_U64] = { parse_u64, "a number" },
	[SOCKOPT_PKTINFO] = { parse_pktinfo, "DEV,ADDR,ADDR (DEV may be -)" },
};

const char *sockopt_form_help(enum sockopt_form form)
{
	return forms[form].help;
}

const struct sockopt *sockopt_by_number(int level, int name)
{
	for (size_t i = 0; i < sockopt_nr; i++)
		if (sockopts[i].level == level && sockopts[i].name == name)
			return &sockopts[i];
	return NULL;
}

/* LEVEL/NUMBER */
static bool parse_numbers(const char *word, size_t len, int *ret_level, int *ret_name)
{
	char text[32], *slash;
	int64_t level, name;

	if (len >= sizeof(text))
		return false;
	memcpy(text, word, len);
	text[len] = '\0';
	slash = strchr(text, '/');
	if (!slash)
		return false;
	*slash++ = '\0';
	if (!ip_number(text, INT32_MIN, INT32_MAX, &level) ||
	    !ip_number(slash, INT32_MIN, INT32_MAX, &name))
		return false;
	*ret_level = (int)level;
	*ret_name = (int)name;
	return true;
}

bool sockopt_find(const char *word, size_t len, int *ret_level, int *ret_name,
		  const struct sockopt **ret_row)
{
	*ret_row = NULL;
	if (parse_numbers(word, len, ret_level, ret_name))
		return true;
	for (size_t i = 0; i < sockopt_nr; i++) {
		const struct sockopt *opt = &sockopts[i];

		if (strlen(opt->text) != len || strncmp(word, opt->text, len) != 0)
			continue;
		*ret_level = opt->level;
		*ret_name = opt->name;
		*ret_row = opt;
		return true;
	}
	return false;
}

static int parse(struct socket_call *call, const char *word, bool cmsg, struct errmsg *e)
{
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : 0;
	const char *what = cmsg ? "cmsg" : "opt";
	const struct sockopt *opt;
	enum sockopt_form form;
	bool ok;

	if (!equals)
		return errmsg_set(e, -EINVAL, "%s: write: %s NAME=VALUE", what, what);
	if (!sockopt_find(word, len, &call->level, &call->name, &opt))
		return errmsg_set(e, -EINVAL, "no socket option named %.*s",
				  (int)(len < 60 ? len : 60), word);
	form = !opt ? SOCKOPT_HEX : cmsg && opt->cmsg ? opt->cmsg : opt->form;
	call->type = SOCKET_CALL_SETSOCKOPT;
	call->dev_at = -1;
	call->dev_big_endian = false;
	if (strncmp(equals + 1, "hex:", 4) == 0)
		ok = parse_hex(call, equals + 5);
	else
		ok = opt && forms[form].parse(call, equals + 1);
	if (!ok)
		return errmsg_set(e, -EINVAL, "%.*s takes %s, not \"%.60s\"",
				  (int)(len < 60 ? len : 60), word,
				  opt ? forms[form].help : "hex:OCTETS", equals + 1);
	return 0;
}

int sockopt_parse(struct socket_call *call, const char *word, struct errmsg *e)
{
	return parse(call, word, false, e);
}

int sockopt_parse_cmsg(struct socket_call *call, const char *word, struct errmsg *e)
{
	return parse(call, word, true, e);
}
