/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Numbers of the kernel's user interface that the socket calls of ref.h take and give, as enum
 * constants REF_SOL_SOCKET, REF_IP_RECVTTL, ...: usable beside the system's own headers, and the
 * same whatever those define. The lists are also tables: expand REF_SOCKOPTS() to get names.
 */
#ifndef REF_UAPI_H
#define REF_UAPI_H

#include <stdint.h>

/*      level       option                     number */
#define REF_SOCKOPTS(X)                                                                            \
	X(SOL_SOCKET,	SO_DEBUG,		1)                                                 \
	X(SOL_SOCKET,	SO_REUSEADDR,		2)                                                 \
	X(SOL_SOCKET,	SO_TYPE,		3)                                                 \
	X(SOL_SOCKET,	SO_ERROR,		4)                                                 \
	X(SOL_SOCKET,	SO_DONTROUTE,		5)                                                 \
	X(SOL_SOCKET,	SO_BROADCAST,		6)                                                 \
	X(SOL_SOCKET,	SO_SNDBUF,		7)                                                 \
	X(SOL_SOCKET,	SO_RCVBUF,		8)                                                 \
	X(SOL_SOCKET,	SO_KEEPALIVE,		9)                                                 \
	X(SOL_SOCKET,	SO_OOBINLINE,		10)                                                \
	X(SOL_SOCKET,	SO_NO_CHECK,		11)                                                \
	X(SOL_SOCKET,	SO_PRIORITY,		12)                                                \
	X(SOL_SOCKET,	SO_LINGER,		13)                                                \
	X(SOL_SOCKET,	SO_BSDCOMPAT,		14)                                                \
	X(SOL_SOCKET,	SO_REUSEPORT,		15)                                                \
	X(SOL_SOCKET,	SO_RCVLOWAT,		18)                                                \
	X(SOL_SOCKET,	SO_SNDLOWAT,		19)                                                \
	X(SOL_SOCKET,	SO_RCVTIMEO,		20)                                                \
	X(SOL_SOCKET,	SO_SNDTIMEO,		21)                                                \
	X(SOL_SOCKET,	SO_BINDTODEVICE,	25)                                                \
	X(SOL_SOCKET,	SO_ATTACH_FILTER,	26)                                                \
	X(SOL_SOCKET,	SO_DETACH_FILTER,	27)                                                \
	X(SOL_SOCKET,	SO_TIMESTAMP,		29)                                                \
	X(SOL_SOCKET,	SO_ACCEPTCONN,		30)                                                \
	X(SOL_SOCKET,	SO_SNDBUFFORCE,		32)                                                \
	X(SOL_SOCKET,	SO_RCVBUFFORCE,		33)                                                \
	X(SOL_SOCKET,	SO_TIMESTAMPNS,		35)                                                \
	X(SOL_SOCKET,	SO_MARK,		36)                                                \
	X(SOL_SOCKET,	SO_PROTOCOL,		38)                                                \
	X(SOL_SOCKET,	SO_DOMAIN,		39)                                                \
	X(SOL_SOCKET,	SO_RXQ_OVFL,		40)                                                \
	X(SOL_SOCKET,	SO_PEEK_OFF,		42)                                                \
	X(SOL_SOCKET,	SO_SELECT_ERR_QUEUE,	45)                                                \
	X(SOL_SOCKET,	SO_INCOMING_CPU,	49)                                                \
	X(SOL_SOCKET,	SO_BINDTOIFINDEX,	62)                                                \
	X(SOL_SOCKET,	SO_RCVTIMEO_NEW,	66)                                                \
	X(SOL_SOCKET,	SO_SNDTIMEO_NEW,	67)                                                \
	X(SOL_SOCKET,	SO_RCVMARK,		75)                                                \
	X(SOL_IP,	IP_TOS,			1)                                                 \
	X(SOL_IP,	IP_TTL,			2)                                                 \
	X(SOL_IP,	IP_HDRINCL,		3)                                                 \
	X(SOL_IP,	IP_OPTIONS,		4)                                                 \
	X(SOL_IP,	IP_ROUTER_ALERT,	5)                                                 \
	X(SOL_IP,	IP_RECVOPTS,		6)                                                 \
	X(SOL_IP,	IP_RETOPTS,		7)                                                 \
	X(SOL_IP,	IP_PKTINFO,		8)                                                 \
	X(SOL_IP,	IP_PKTOPTIONS,		9)                                                 \
	X(SOL_IP,	IP_MTU_DISCOVER,	10)                                                \
	X(SOL_IP,	IP_RECVERR,		11)                                                \
	X(SOL_IP,	IP_RECVTTL,		12)                                                \
	X(SOL_IP,	IP_RECVTOS,		13)                                                \
	X(SOL_IP,	IP_MTU,			14)                                                \
	X(SOL_IP,	IP_FREEBIND,		15)                                                \
	X(SOL_IP,	IP_PASSSEC,		18)                                                \
	X(SOL_IP,	IP_TRANSPARENT,		19)                                                \
	X(SOL_IP,	IP_RECVORIGDSTADDR,	20)                                                \
	X(SOL_IP,	IP_MINTTL,		21)                                                \
	X(SOL_IP,	IP_NODEFRAG,		22)                                                \
	X(SOL_IP,	IP_CHECKSUM,		23)                                                \
	X(SOL_IP,	IP_BIND_ADDRESS_NO_PORT, 24)                                               \
	X(SOL_IP,	IP_RECVFRAGSIZE,	25)                                                \
	X(SOL_IP,	IP_RECVERR_RFC4884,	26)                                                \
	X(SOL_IP,	IP_MULTICAST_IF,	32)                                                \
	X(SOL_IP,	IP_MULTICAST_TTL,	33)                                                \
	X(SOL_IP,	IP_MULTICAST_LOOP,	34)                                                \
	X(SOL_IP,	IP_ADD_MEMBERSHIP,	35)                                                \
	X(SOL_IP,	IP_DROP_MEMBERSHIP,	36)                                                \
	X(SOL_IP,	IP_UNBLOCK_SOURCE,	37)                                                \
	X(SOL_IP,	IP_BLOCK_SOURCE,	38)                                                \
	X(SOL_IP,	IP_ADD_SOURCE_MEMBERSHIP, 39)                                              \
	X(SOL_IP,	IP_DROP_SOURCE_MEMBERSHIP, 40)                                             \
	X(SOL_IP,	IP_MSFILTER,		41)                                                \
	X(SOL_IP,	MCAST_JOIN_GROUP,	42)                                                \
	X(SOL_IP,	MCAST_BLOCK_SOURCE,	43)                                                \
	X(SOL_IP,	MCAST_UNBLOCK_SOURCE,	44)                                                \
	X(SOL_IP,	MCAST_LEAVE_GROUP,	45)                                                \
	X(SOL_IP,	MCAST_JOIN_SOURCE_GROUP, 46)                                               \
	X(SOL_IP,	MCAST_LEAVE_SOURCE_GROUP, 47)                                              \
	X(SOL_IP,	MCAST_MSFILTER,		48)                                                \
	X(SOL_IP,	IP_MULTICAST_ALL,	49)                                                \
	X(SOL_IP,	IP_UNICAST_IF,		50)                                                \
	X(SOL_IP,	IP_LOCAL_PORT_RANGE,	51)                                                \
	X(SOL_IP,	IP_PROTOCOL,		52)                                                \
	X(SOL_UDP,	UDP_CORK,		1)                                                 \
	X(SOL_UDP,	UDP_ENCAP,		100)                                               \
	X(SOL_UDP,	UDP_NO_CHECK6_TX,	101)                                               \
	X(SOL_UDP,	UDP_NO_CHECK6_RX,	102)                                               \
	X(SOL_UDP,	UDP_SEGMENT,		103)                                               \
	X(SOL_UDP,	UDP_GRO,		104)                                               \
	X(SOL_UDPLITE,	UDPLITE_SEND_CSCOV,	10)                                                \
	X(SOL_UDPLITE,	UDPLITE_RECV_CSCOV,	11)                                                \
	X(SOL_RAW,	ICMP_FILTER,		1)

enum ref_uapi_sockopt {
#define X(level, name, nr) REF_##name = (nr),
	REF_SOCKOPTS(X)
#undef X
	REF_IP_ORIGDSTADDR = REF_IP_RECVORIGDSTADDR,
};

enum ref_uapi_level {
	REF_SOL_IP = 0,
	REF_SOL_SOCKET = 1,
	REF_SOL_UDP = 17,
	REF_SOL_UDPLITE = 136,
	REF_SOL_RAW = 255,
};

enum ref_uapi_family { REF_AF_UNSPEC = 0, REF_AF_INET = 2, REF_AF_MAX = 46 };

enum ref_uapi_sock_type {
	REF_SOCK_STREAM = 1,
	REF_SOCK_DGRAM = 2,
	REF_SOCK_RAW = 3,
	REF_SOCK_TYPE_MAX = 10,
	REF_SOCK_TYPE_MASK = 15,
	REF_SOCK_NONBLOCK = 04000,
	REF_SOCK_CLOEXEC = 02000000,
};

enum ref_uapi_protocol {
	REF_IPPROTO_IP = 0,
	REF_IPPROTO_ICMP = 1,
	REF_IPPROTO_IGMP = 2,
	REF_IPPROTO_TCP = 6,
	REF_IPPROTO_UDP = 17,
	REF_IPPROTO_UDPLITE = 136,
	REF_IPPROTO_RAW = 255,
	REF_IPPROTO_MAX = 263,
};

#define REF_MSG_CMSG_COMPAT 0x80000000u

enum ref_uapi_msg {
	REF_MSG_OOB = 0x1,
	REF_MSG_PEEK = 0x2,
	REF_MSG_DONTROUTE = 0x4,
	REF_MSG_CTRUNC = 0x8,
	REF_MSG_PROBE = 0x10,
	REF_MSG_TRUNC = 0x20,
	REF_MSG_DONTWAIT = 0x40,
	REF_MSG_WAITALL = 0x100,
	REF_MSG_CONFIRM = 0x800,
	REF_MSG_ERRQUEUE = 0x2000,
	REF_MSG_NOSIGNAL = 0x4000,
	REF_MSG_MORE = 0x8000,
};

enum ref_uapi_poll {
	REF_POLLIN = 0x1,
	REF_POLLPRI = 0x2,
	REF_POLLOUT = 0x4,
	REF_POLLERR = 0x8,
	REF_POLLHUP = 0x10,
	REF_POLLRDNORM = 0x40,
	REF_POLLRDBAND = 0x80,
	REF_POLLWRNORM = 0x100,
	REF_POLLWRBAND = 0x200,
	REF_POLLRDHUP = 0x2000,
};

enum ref_uapi_ioctl { REF_SIOCINQ = 0x541b, REF_SIOCOUTQ = 0x5411 };

enum ref_uapi_pmtudisc {
	REF_IP_PMTUDISC_DONT,
	REF_IP_PMTUDISC_WANT,
	REF_IP_PMTUDISC_DO,
	REF_IP_PMTUDISC_PROBE,
	REF_IP_PMTUDISC_INTERFACE,
	REF_IP_PMTUDISC_OMIT,
};

enum ref_uapi_ee_origin { REF_SO_EE_ORIGIN_LOCAL = 1, REF_SO_EE_ORIGIN_ICMP = 2 };
enum ref_uapi_mcast { REF_MCAST_EXCLUDE, REF_MCAST_INCLUDE };
enum ref_uapi_encap { REF_UDP_ENCAP_ESPINUDP = 2, REF_UDP_ENCAP_L2TPINUDP = 3 };

/*
 * Layouts of the 64-bit kernel, as options and control messages carry them. Addresses and ports
 * in them are in network order, as octets: the caller passes on what a program would.
 */
struct ref_cmsghdr {
	uint64_t len;	/* this header included, padding not */
	int32_t level, type;
};
#define REF_CMSG_ALIGN(n) (((n) + 7u) & ~(size_t)7)
#define REF_CMSG_LEN(n) (sizeof(struct ref_cmsghdr) + (n))
#define REF_CMSG_SPACE(n) (sizeof(struct ref_cmsghdr) + REF_CMSG_ALIGN(n))

struct ref_in_pktinfo {
	int32_t ifindex;
	uint8_t spec_dst[4], addr[4];
};

struct ref_sockaddr_in {
	uint16_t family;	/* host order */
	uint8_t port[2], addr[4], zero[8];
};

struct ref_sock_extended_err {
	uint32_t ee_errno;
	uint8_t origin, type, code, pad;
	uint32_t info;
	uint32_t data;	/* RFC 4884: len (16 bits), flags (8 bits), reserved */
};

struct ref_ip_mreqn {
	uint8_t multiaddr[4], address[4];
	int32_t ifindex;	/* struct ip_mreq ends before it */
};

struct ref_ip_mreq_source {
	uint8_t multiaddr[4], interface[4], sourceaddr[4];
};

struct ref_ip_msfilter {
	uint8_t multiaddr[4], interface[4];
	uint32_t fmode, numsrc;
	uint8_t slist[][4];
};

struct ref_sockaddr_storage {
	struct ref_sockaddr_in in;
	uint8_t rest[112];
};

struct ref_group_req {
	uint32_t interface, pad;
	struct ref_sockaddr_storage group;
};

struct ref_group_source_req {
	uint32_t interface, pad;
	struct ref_sockaddr_storage group, source;
};

struct ref_group_filter {
	uint32_t interface, pad;
	struct ref_sockaddr_storage group;
	uint32_t fmode, numsrc;
	struct ref_sockaddr_storage slist[];
};

#endif
