/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Extended echo (RFC 8335, "PROBE"): is this interface of yours up, and what does it speak? Off
 * unless icmp_echo_enable_probe. This host has no IPv6: no address of that kind is ever found.
 * Mirrors: icmp_build_probe(), net/ipv4/icmp.c.
 */
#include <string.h>

#include "ref/icmp.h"
#include "ref/ip.h"
#include "ref/net.h"

#define EXT_HDR_LEN 4 /* extension structure: version, checksum */
#define EXT_OBJ_LEN 4 /* object: length, class, type */
#define EXT_IIO_MAX 24 /* object header and the longest identifier: an IPv6 address */
#define EXT_AFI_LEN 4 /* address family, length, reserved */

#define EXT_CTYPE_NAME	1
#define EXT_CTYPE_INDEX 2
#define EXT_CTYPE_ADDR	3
#define AFI_IP		1
#define AFI_IP6		2

#define EXT_CODE_MAL_QUERY 1
#define EXT_CODE_NO_IF	   2
#define EXT_STATUS_ACTIVE  4
#define EXT_STATUS_IPV4	   2

/* The device that is asked for, NULL: there is none; false: the question makes no sense. */
static bool probe_find(struct ref *net, uint8_t class_type, const uint8_t *ident, size_t len,
		       struct net_device **ret_dev)
{
	char name[REF_IFNAMSIZ] = { 0 };

	switch (class_type) {
	case EXT_CTYPE_NAME:
		if (len >= sizeof(name))
			return false;
		memcpy(name, ident, len);
		*ret_dev = dev_get_by_name(net, name);
		return true;
	case EXT_CTYPE_INDEX:
		if (len != 4)
			return false;
		*ret_dev = dev_get_by_index(net, (int)wire_get32(ident));
		return true;
	case EXT_CTYPE_ADDR:
		if (len < EXT_AFI_LEN || len != EXT_AFI_LEN + (size_t)ident[2])
			return false;
		if (wire_get16(ident) == AFI_IP && ident[2] == 4) {
			*ret_dev = ip_dev_find(net, wire_get32(ident + EXT_AFI_LEN));
			return true;
		}
		*ret_dev = NULL;
		return wire_get16(ident) == AFI_IP6 && ident[2] == 16;
	default:
		return false;
	}
}

/* The object behind the extension header of the request; false: malformed. */
static bool probe_query(struct sk_buff *skb, struct net_device **ret_dev)
{
	struct wire_cur cur = wire_cur(skb->data, skb->len);
	const uint8_t *ident;
	uint16_t len;
	uint8_t class_type;

	wire_take(&cur, EXT_HDR_LEN);
	len = wire_be16(&cur);
	wire_u8(&cur); /* the class is not looked at */
	class_type = wire_u8(&cur);
	if (cur.short_read || len <= EXT_OBJ_LEN || len > EXT_IIO_MAX)
		return false;
	ident = wire_take(&cur, (size_t)len - EXT_OBJ_LEN);
	return ident && probe_find(skb->net, class_type, ident, (size_t)len - EXT_OBJ_LEN, ret_dev);
}

bool icmp_build_probe(struct sk_buff *skb, uint8_t head[ICMP_HLEN])
{
	struct ref *net = skb->net;
	struct net_device *dev = NULL;

	if (!net->sysctl[SYSCTL_ICMP_ECHO_ENABLE_PROBE]) {
		REF_SAY(net, "icmp_echo_enable_probe is off");
		return false;
	}
	if (!(head[7] & 1)) {
		REF_SAY(net, "asks about an interface of another node: ignored");
		return false;
	}
	head[0] = ICMP_EXT_ECHOREPLY;
	head[7] = 0;
	if (!probe_query(skb, &dev)) {
		REF_SAY(net, "malformed query");
		head[1] = EXT_CODE_MAL_QUERY;
	} else if (!dev) {
		REF_SAY(net, "no such interface");
		head[1] = EXT_CODE_NO_IF;
	} else {
		if (dev->flags & REF_LINK_UP)
			head[7] |= EXT_STATUS_ACTIVE;
		if (inet_dev_has_addr(net, dev))
			head[7] |= EXT_STATUS_IPV4;
	}
	return true;
}
