/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Control messages as words of a trace, and back. */
#include "harness/trace_ctrl.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/world/ip_words.h"

static const struct ctrl_word ctrl_words[] = {
	{ "pktinfo", SOL_IP, IP_PKTINFO, CTRL_PKTINFO },
	{ "ttl", SOL_IP, IP_TTL, CTRL_INT },
	{ "tos", SOL_IP, IP_TOS, CTRL_HEX8 },
	{ "opts", SOL_IP, IP_RECVOPTS, CTRL_OCTETS },
	{ "retopts", SOL_IP, IP_RETOPTS, CTRL_OCTETS },
	{ "origdst", SOL_IP, IP_ORIGDSTADDR, CTRL_ENDPOINT },
	{ "checksum", SOL_IP, IP_CHECKSUM, CTRL_INT },
	{ "fragsize", SOL_IP, IP_RECVFRAGSIZE, CTRL_INT },
	{ "err", SOL_IP, IP_RECVERR, CTRL_ERR },
	{ "mark", SOL_SOCKET, SO_MARK, CTRL_INT },
	{ "rxq-ovfl", SOL_SOCKET, SO_RXQ_OVFL, CTRL_INT },
};

const struct ctrl_word *ctrl_by_type(int level, int type)
{
	for (size_t i = 0; i < sizeof(ctrl_words) / sizeof(ctrl_words[0]); i++)
		if (ctrl_words[i].level == level && ctrl_words[i].type == type)
			return &ctrl_words[i];
	return NULL;
}

const struct ctrl_word *ctrl_by_word(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(ctrl_words) / sizeof(ctrl_words[0]); i++)
		if (strlen(ctrl_words[i].word) == len &&
		    strncmp(ctrl_words[i].word, word, len) == 0)
			return &ctrl_words[i];
	return NULL;
}

bool ctrl_next(const struct obs_list *l, const struct obs *obs, size_t *at, struct obs_cmsg *ret,
	       const uint8_t **ret_data)
{
	const uint8_t *p = l->bytes + obs->ctrl_off + *at;

	if (obs->ctrl_len - *at < sizeof(*ret))
		return false;
	memcpy(ret, p, sizeof(*ret));
	if (ret->len > obs->ctrl_len - *at - sizeof(*ret))
		return false;
	*ret_data = p + sizeof(*ret);
	*at += sizeof(*ret) + ret->len;
	return true;
}

static bool pktinfo_text(struct text *t, const struct world *w, const uint8_t *data)
{
	char spec[IP_TEXT_MAX], dst[IP_TEXT_MAX];
	struct in_pktinfo info;
	const char *dev;

	memcpy(&info, data, sizeof(info));
	dev = info.ipi_ifindex > 0 ? world_dev_name(w, (unsigned int)info.ipi_ifindex) : NULL;
	if (!dev)
		return false;
	text_add(t, " pktinfo=%s,%s,%s", dev, ip_text(spec, ntohl(info.ipi_spec_dst.s_addr)),
		 ip_text(dst, ntohl(info.ipi_addr.s_addr)));
	return true;
}

/* A sockaddr_in of which only family, address and port are set. */
static bool plain_endpoint(const uint8_t *data, bool family_0_too, struct sockaddr_in *ret)
{
	static const char zero[8];

	memcpy(ret, data, sizeof(*ret));
	return (ret->sin_family == AF_INET || (family_0_too && ret->sin_family == 0)) &&
	       memcmp(ret->sin_zero, zero, sizeof(zero)) == 0;
}

/* err=ERRNO,ORIGIN,TYPE,CODE,INFO,DATA,OFFENDER:PORT with '-' for no offender. */
static bool err_text(struct text *t, const uint8_t *data)
{
	struct sock_extended_err ee;
	struct sockaddr_in from;
	char addr[IP_TEXT_MAX];

	memcpy(&ee, data, sizeof(ee));
	if (ee.ee_pad || !plain_endpoint(data + sizeof(ee), true, &from))
		return false;
	text_add(t, " err=%u,%u,%u,%u,%u,%u,", ee.ee_errno, ee.ee_origin, ee.ee_type, ee.ee_code,
		 ee.ee_info, ee.ee_data);
	if (from.sin_family == AF_INET)
		text_add(t, "%s:%u", ip_text(addr, ntohl(from.sin_addr.s_addr)),
			 ntohs(from.sin_port));
	else if (from.sin_addr.s_addr || from.sin_port)
		text_add(t, "?%s:%u", ip_text(addr, ntohl(from.sin_addr.s_addr)),
			 ntohs(from.sin_port));
	else
		text_add(t, "-");
	return true;
}

static bool form_text(struct text *t, const struct world *w, const struct ctrl_word *row,
		      const struct obs_cmsg *c, const uint8_t *data)
{
	struct sockaddr_in in;
	char addr[IP_TEXT_MAX];
	int32_t v;

	switch (row->form) {
	case CTRL_INT:
		if (c->len != sizeof(v))
			return false;
		memcpy(&v, data, sizeof(v));
		text_add(t, " %s=%" PRId32, row->word, v);
		return true;
	case CTRL_HEX8:
		if (c->len != 1)
			return false;
		text_add(t, " %s=0x%x", row->word, data[0]);
		return true;
	case CTRL_PKTINFO:
		return c->len == sizeof(struct in_pktinfo) && pktinfo_text(t, w, data);
	case CTRL_ENDPOINT:
		if (c->len != sizeof(in) || !plain_endpoint(data, false, &in))
			return false;
		text_add(t, " %s=%s:%u", row->word, ip_text(addr, ntohl(in.sin_addr.s_addr)),
			 ntohs(in.sin_port));
		return true;
	case CTRL_ERR:
		return c->len == sizeof(struct sock_extended_err) + sizeof(in) && err_text(t, data);
	case CTRL_OCTETS:
		text_add(t, " %s=", row->word);
		text_hex(t, data, c->len);
		return true;
	}
	return false;
}

void ctrl_text(struct text *t, const struct world *w, const struct obs_cmsg *c, const uint8_t *data)
{
	const struct ctrl_word *row = ctrl_by_type(c->level, c->type);

	if (row && form_text(t, w, row, c, data))
		return;
	text_add(t, " cmsg=%d/%d:", c->level, c->type);
	text_hex(t, data, c->len);
}

static bool pktinfo_value(const struct world *w, const char *value, struct in_pktinfo *ret)
{
	char text[64], *save = NULL;
	const char *dev, *spec, *dst;
	uint32_t spec_addr, dst_addr;
	unsigned int idx;

	if (strlen(value) >= sizeof(text))
		return false;
	strcpy(text, value);
	dev = strtok_r(text, ",", &save);
	spec = strtok_r(NULL, ",", &save);
	dst = strtok_r(NULL, ",", &save);
	idx = dev ? world_dev_by_name(w, dev) : 0;
	if (!idx || !spec || !dst || !ip_addr(spec, &spec_addr) || !ip_addr(dst, &dst_addr))
		return false;
	*ret = (struct in_pktinfo){
		.ipi_ifindex = (int)idx,
		.ipi_spec_dst.s_addr = htonl(spec_addr),
		.ipi_addr.s_addr = htonl(dst_addr),
	};
	return true;
}

static bool endpoint_value(const char *value, uint8_t *ret)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	uint32_t addr;
	uint16_t port;

	if (strcmp(value, "-") == 0) {
		memset(ret, 0, sizeof(in));
		return true;
	}
	if (*value == '?') {
		in.sin_family = 0;
		value++;
	}
	if (!ip_endpoint(value, &addr, &port))
		return false;
	in.sin_addr.s_addr = htonl(addr);
	in.sin_port = htons(port);
	memcpy(ret, &in, sizeof(in));
	return true;
}

static bool err_value(const char *value, uint8_t *ret)
{
	static const int64_t max[6] = { UINT32_MAX, 255, 255, 255, UINT32_MAX, UINT32_MAX };
	struct sock_extended_err ee;
	char text[128], *save = NULL;
	int64_t v[6];
	const char *word;

	if (strlen(value) >= sizeof(text))
		return false;
	strcpy(text, value);
	word = strtok_r(text, ",", &save);
	for (int i = 0; i < 6; i++, word = strtok_r(NULL, ",", &save))
		if (!word || !ip_number(word, 0, max[i], &v[i]))
			return false;
	if (!word || !endpoint_value(word, ret + sizeof(ee)))
		return false;
	ee = (struct sock_extended_err){
		.ee_errno = (uint32_t)v[0],
		.ee_origin = (uint8_t)v[1],
		.ee_type = (uint8_t)v[2],
		.ee_code = (uint8_t)v[3],
		.ee_info = (uint32_t)v[4],
		.ee_data = (uint32_t)v[5],
	};
	memcpy(ret, &ee, sizeof(ee));
	return true;
}

bool ctrl_value(const struct ctrl_word *row, const struct world *w, const char *value, uint8_t *ret,
		size_t max, size_t *ret_len)
{
	struct in_pktinfo info;
	int64_t v;
	int32_t n;

	if (max < 64)
		return false;
	switch (row->form) {
	case CTRL_INT:
		if (!ip_number(value, INT32_MIN, INT32_MAX, &v))
			return false;
		n = (int32_t)v;
		memcpy(ret, &n, sizeof(n));
		*ret_len = sizeof(n);
		return true;
	case CTRL_HEX8:
		if (!ip_number(value, 0, 255, &v))
			return false;
		ret[0] = (uint8_t)v;
		*ret_len = 1;
		return true;
	case CTRL_PKTINFO:
		if (!pktinfo_value(w, value, &info))
			return false;
		memcpy(ret, &info, sizeof(info));
		*ret_len = sizeof(info);
		return true;
	case CTRL_ENDPOINT:
		*ret_len = sizeof(struct sockaddr_in);
		return *value != '-' && *value != '?' && endpoint_value(value, ret);
	case CTRL_ERR:
		*ret_len = sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in);
		return err_value(value, ret);
	case CTRL_OCTETS:
		return ip_hex(value, ret, max, ret_len);
	}
	return false;
}
