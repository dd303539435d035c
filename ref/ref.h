/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The reference: one Linux IPv4 host as a library.
 *
 * A host is a `struct ref`. The caller gives it a world (links, addresses, routes, sysctls,
 * sockets), then events; each event carries its time and yields observations. The library makes
 * no system call, reads no clock, keeps no global state, prints nothing, and allocates nothing
 * after ref_new(). Not thread-safe: one host, one thread; any number of hosts.
 *
 * Addresses and ports are in host byte order. Lengths are octets, times nanoseconds since the
 * host was made. Errors are negative errno values as the kernel would give them.
 */
#ifndef REF_H
#define REF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define REF_API __attribute__((visibility("default")))
#else
#define REF_API
#endif

/* Which Linux the host behaves as; rows of ref/profile.h say where they differ. */
enum ref_profile {
	REF_LINUX_6_1,
	REF_LINUX_6_12,
	REF_LINUX_6_18,
	REF_PROFILE_NR,
};

/* The driver that a frame comes through: decides the true size that the kernel accounts. */
enum ref_wire {
	REF_WIRE_TAP,	/* a write to a tap device */
	REF_WIRE_VETH,	/* an AF_PACKET send on the peer of a veth */
	REF_WIRE_NR,
};

struct ref_config {
	enum ref_profile profile;
	enum ref_wire wire;
	uint64_t seed;		/* for everything that the kernel picks at random */
	size_t arena_len;	/* packet memory, octets; 0: REF_ARENA_LEN (limits.h) */
	uint32_t tunnels;	/* kinds that are there from the start: bits of ref_tunnel_bit() */
};

struct ref;

/* Returns NULL when there is no memory. The new host has a loopback device, up, 127.0.0.1/8. */
REF_API struct ref *ref_new(const struct ref_config *config);
/* Accepts NULL. */
REF_API void ref_free(struct ref *net);
/*
 * Forget all packets, queues, timers, learnt routes, limits and counters, and set the time to 0;
 * keep the world: links, addresses, routes, neighbours, sysctls, sockets with their options.
 */
REF_API void ref_reset(struct ref *net);

/* Name of a profile ("6.12"), and back; an unknown name gives -1. */
REF_API const char *ref_profile_name(enum ref_profile profile);
REF_API int ref_profile_by_name(const char *name);

/* ---- the world ---- */

#define REF_IFNAMSIZ 16

enum ref_link_kind {
	REF_LINK_LO,
	REF_LINK_WIRE,	/* an Ethernet device whose other end is the harness */
	REF_LINK_DUMMY,
	REF_LINK_TUNNEL, /* by ref_tunnel_add() */
	REF_LINK_KIND_NR,
};

struct ref_link {
	char name[REF_IFNAMSIZ];
	enum ref_link_kind kind;
	uint8_t mac[6];
	uint32_t mtu;		/* 0: 1500 (lo: 65536) */
};

#define REF_LINK_UP		0x1u	/* values of IFF_*: linux/if.h */
#define REF_LINK_PROMISC	0x100u
#define REF_LINK_NOARP		0x80u
#define REF_LINK_ALLMULTI	0x200u
#define REF_LINK_MULTICAST	0x1000u

/* Returns the ifindex (1 is lo, then counted up), or -EEXIST, -EINVAL, -ENOSPC. */
REF_API int ref_link_add(struct ref *net, const struct ref_link *link);
REF_API int ref_link_by_name(const struct ref *net, const char *name);	/* ifindex or -ENODEV */
/* Set and clear IFF_ flags (those above); REF_LINK_UP makes the connected routes come and go. */
REF_API int ref_link_flags(struct ref *net, int ifindex, uint32_t set, uint32_t clear);
REF_API int ref_link_mtu(struct ref *net, int ifindex, uint32_t mtu);
REF_API int ref_link_mac(struct ref *net, int ifindex, const uint8_t mac[6]);

struct ref_addr {
	uint32_t local;
	uint32_t peer;		/* 0: same as local */
	uint8_t plen;
	bool has_brd;		/* ip addr's `brd`; without it the kernel sets none */
	uint32_t brd;
	uint8_t scope;		/* RT_SCOPE_*: 0 universe, 253 link, 254 host */
	bool noprefixroute;
};

REF_API int ref_addr_add(struct ref *net, int ifindex, const struct ref_addr *addr);

enum ref_route_type {	/* values of RTN_*: linux/rtnetlink.h */
	REF_RTN_UNICAST = 1,
	REF_RTN_LOCAL = 2,
	REF_RTN_BROADCAST = 3,
	REF_RTN_ANYCAST = 4,
	REF_RTN_MULTICAST = 5,
	REF_RTN_BLACKHOLE = 6,
	REF_RTN_UNREACHABLE = 7,
	REF_RTN_PROHIBIT = 8,
	REF_RTN_THROW = 9,
	REF_RTN_NAT = 10,
};

#define REF_ROUTE_NEXTHOPS 4

struct ref_route {
	enum ref_route_type type;
	uint32_t dst;
	uint8_t plen;
	uint8_t tos;		/* 0: any */
	uint32_t metric;
	uint32_t table;		/* 0: main (local for RTN_LOCAL and RTN_BROADCAST) */
	uint8_t scope;
	uint32_t prefsrc;
	uint32_t mtu;		/* metric `mtu`; 0: none */
	bool mtu_lock;
	size_t nexthop_nr;
	struct {
		int ifindex;	/* 0: found by the gateway */
		uint32_t gateway;
		bool onlink;
		uint8_t weight;	/* as in `weight N`; 0 is 1 */
	} nexthop[REF_ROUTE_NEXTHOPS];
};

REF_API int ref_route_add(struct ref *net, const struct ref_route *route);
REF_API int ref_neigh_add(struct ref *net, int ifindex, uint32_t addr, const uint8_t mac[6]);

/*
 * Tunnels: devices (`link add NAME type KIND WORDS`) and other things of the kernel's (`fou add
 * WORDS`) by the kind's name, with what iproute2's words say as numbers. ref_tunnel_opts() tells
 * which words a kind has and which parameter each one sets.
 */
enum ref_param {
	REF_P_LOCAL,
	REF_P_REMOTE,
	REF_P_TTL,
	REF_P_TOS,
	REF_P_PMTUDISC,
	REF_P_LINK,		/* ifindex */
	REF_P_MODE,		/* protocol inside; 0: any */
	REF_P_EXTERNAL,
	REF_P_IKEY, REF_P_OKEY,
	REF_P_ISEQ, REF_P_OSEQ,
	REF_P_ICSUM, REF_P_OCSUM,
	REF_P_ENCAP, REF_P_ENCAP_SPORT, REF_P_ENCAP_DPORT, REF_P_ENCAP_CSUM,
	REF_P_PORT,		/* that is listened on */
	REF_P_PEER_PORT,
	REF_P_PROTOCOL,
	REF_P_GUE,
	REF_P_UNUSED,		/* says nothing about the way in */
	REF_PARAM_NR,
};

struct ref_params {
	uint64_t given;		/* bit n: parameter n was */
	int64_t v[REF_PARAM_NR];
};

enum ref_opt_type {
	REF_OPT_SET,	/* no value: the parameter becomes min */
	REF_OPT_NUMBER,	/* min to max */
	REF_OPT_HEX,	/* the same, hexadecimal also without 0x */
	REF_OPT_ADDR,	/* an IPv4 address; "any" is 0 */
	REF_OPT_DEV,	/* a device's name: its ifindex */
	REF_OPT_KEY,	/* a number, or four octets with dots */
	REF_OPT_NAME,	/* one of names */
};

struct ref_word {
	const char *word;	/* NULL: end of the list */
	int64_t value;
};

struct ref_opt {
	const char *word;
	uint8_t type;		/* enum ref_opt_type */
	uint8_t param, also;	/* enum ref_param; also 0: no second one */
	int64_t min, max;
	const struct ref_word *names; /* words instead of the value; NULL: none */
};

/* The name of a kind, NULL behind the last; its bit, 0: no such kind. */
REF_API const char *ref_tunnel_kind(size_t idx);
REF_API uint32_t ref_tunnel_bit(const char *kind);
/* The words of a kind; NULL: no such kind. */
REF_API const struct ref_opt *ref_tunnel_opts(const char *kind, size_t *ret_nr);
REF_API bool ref_tunnel_is_link(const char *kind);
/*
 * Make one. Returns the ifindex (0 for what is no device), or -errno as the kernel. link: name,
 * MTU and MAC (0: the kind's own); ignored for what is no device.
 */
REF_API int ref_tunnel_add(struct ref *net, const char *kind, const struct ref_link *link,
			   const struct ref_params *params);

/*
 * Write a sysctl, key as in `sysctl -w` ("net.ipv4.conf.eth0.rp_filter"), value as text.
 * -ENOENT: the reference does not know the key; -EINVAL: the kernel would refuse the value.
 */
REF_API int ref_sysctl_set(struct ref *net, const char *key, const char *value);

/* One row of the table of sysctls that the reference models; key has a %s for conf/DEV. */
struct ref_sysctl {
	const char *key;
	const char *initial;	/* the kernel's own default, written explicitly on a live host */
	bool per_dev;
};
REF_API const struct ref_sysctl *ref_sysctl_table(size_t *ret_nr);

/* ---- socket calls: descriptors are small integers of this host; errors are -errno ---- */

struct ref_sockaddr {
	uint32_t addr;
	uint16_t port;
	bool given;	/* false: no address (NULL); as output: none was returned */
};

struct ref_msg {
	struct ref_sockaddr name;	/* in (send), out (receive) */
	uint8_t *buf;			/* payload; caller's */
	size_t buf_len;
	uint8_t *control;		/* records as below; caller's */
	size_t control_max;		/* room, in octets of the kernel's struct cmsghdr layout */
	size_t control_len;		/* out: octets used, laid out as the 64-bit kernel does */
	uint32_t flags;			/* out: MSG_TRUNC, MSG_CTRUNC, MSG_ERRQUEUE, ... */
};

/*
 * A message to send. Address and control messages are octets in the layout of the 64-bit kernel,
 * as a program passes them: of any family and length, also cut short.
 */
struct ref_msg_out {
	const void *name;	/* struct sockaddr (ref_sockaddr_in: uapi.h); NULL: none */
	int name_len;
	const uint8_t *buf;	/* payload; of several chunks: one behind the other */
	size_t buf_len;
	const uint8_t *control;	/* records of struct ref_cmsghdr; NULL: none */
	size_t control_len;
};

/* family, type, protocol, level, option names and flags have the kernel's numbers (uapi.h). */
REF_API int ref_socket(struct ref *net, int family, int type, int protocol);
REF_API int ref_bind(struct ref *net, int fd, const struct ref_sockaddr *addr);
REF_API int ref_connect(struct ref *net, int fd, const struct ref_sockaddr *addr);
/* The same with the octets that a program passes, of any family and length. */
REF_API int ref_bind_octets(struct ref *net, int fd, const void *addr, int len);
REF_API int ref_connect_octets(struct ref *net, int fd, const void *addr, int len);
REF_API int ref_setsockopt(struct ref *net, int fd, int level, int name, const void *val,
			   size_t len);
REF_API int ref_getsockopt(struct ref *net, int fd, int level, int name, void *val, size_t *len);
REF_API int ref_getsockname(struct ref *net, int fd, struct ref_sockaddr *ret_addr);
REF_API int ref_getpeername(struct ref *net, int fd, struct ref_sockaddr *ret_addr);
/*
 * Returns octets taken or -errno; never waits. Everything that the sending sets off on this host
 * is done when it returns: ref_pending() has frames and drops.
 */
REF_API long ref_sendmsg(struct ref *net, int fd, const struct ref_msg_out *msg, uint32_t flags);
/* sendto(2): an address of length 0 is too short, where sendmsg(2) takes it for none. */
REF_API long ref_sendto(struct ref *net, int fd, const struct ref_msg_out *msg, uint32_t flags);
REF_API int ref_listen(struct ref *net, int fd, int backlog);
REF_API int ref_shutdown(struct ref *net, int fd, int how);
/* Returns octets received (with MSG_TRUNC: the real length) or -errno; never waits. */
REF_API long ref_recvmsg(struct ref *net, int fd, struct ref_msg *msg, uint32_t flags);
/*
 * The same without a copy, and without flags: msg->buf is set to where the octets stand in the
 * host, all of them, to be read until the next call with this host (but ref_pending() and
 * ref_readable()); msg->buf_len is not looked at.
 */
REF_API long ref_recv_lend(struct ref *net, int fd, struct ref_msg *msg);
/* SIOCINQ, SIOCOUTQ: 0 or -errno. */
REF_API int ref_ioctl(struct ref *net, int fd, uint32_t request, int32_t *ret_value);
/* What poll(2) says of a descriptor that does not wait (POLLIN, ...), or -errno. */
REF_API int ref_poll(struct ref *net, int fd);
/* Are calls from now on those of a program with every capability (so it begins), or of none? */
REF_API void ref_privileged(struct ref *net, bool on);
REF_API int ref_close(struct ref *net, int fd);
/* True when a receive, or a look at the error queue, would find something: cheap, for drains. */
REF_API bool ref_readable(const struct ref *net, int fd);

/* ---- events in, observations out ---- */

enum ref_event_type {
	REF_EV_FRAME,	/* a frame is received on a wire */
	REF_EV_TIME,	/* nothing but time passes */
};

struct ref_event {
	enum ref_event_type type;
	uint64_t now_ns;	/* never goes back: an earlier time counts as the present one */
	int ifindex;
	const uint8_t *data;	/* whole frame from the Ethernet header on, no FCS; borrowed */
	size_t len;
};

enum ref_obs_type {
	REF_OBS_EMIT,	/* a frame left on a wire */
	REF_OBS_DROP,	/* a packet was freed with a reason: the kfree_skb event */
};

struct ref_obs {
	enum ref_obs_type type;
	int ifindex;
	const uint8_t *data;	/* EMIT: the frame; owned by the host, valid until the next call */
	size_t len;
	uint16_t reason;	/* DROP: enum skb_drop_reason of dropreason.h */
	const char *at;		/* DROP: the kernel function that decides */
};

struct ref_update {
	const struct ref_obs *obs;
	size_t obs_nr;
	bool overflow;		/* more than REF_OBS_MAX: what came after is not listed */
};

/* The result belongs to the host and is valid until the next call that takes it. */
REF_API const struct ref_update *ref_step(struct ref *net, const struct ref_event *event);
/* Observations of the latest call that was not a step (sendmsg, recvmsg, close). Same lifetime. */
REF_API const struct ref_update *ref_pending(struct ref *net);
/* When the next timer fires, nanoseconds; UINT64_MAX: none. */
REF_API uint64_t ref_next_timer(const struct ref *net);

/* ---- counters, by the kernel's names ("Ip.InReceives", "IcmpMsg.OutType3") ---- */

REF_API size_t ref_mib_nr(void);
REF_API const char *ref_mib_name(size_t idx);
REF_API const uint64_t *ref_mib(const struct ref *net);	/* ref_mib_nr() values, of now */
/* The device statistics of `ip -s -s link`. */
struct ref_dev_stats {
	uint64_t rx_packets, rx_bytes, rx_dropped, rx_nohandler, rx_otherhost_dropped, multicast;
	uint64_t tx_packets, tx_bytes, tx_dropped;
	uint64_t rx_errors, rx_length_errors, rx_crc_errors, rx_frame_errors, rx_fifo_errors;
	uint64_t tx_errors, tx_carrier_errors, collisions;
};
REF_API const struct ref_dev_stats *ref_dev_stats(const struct ref *net, int ifindex);

REF_API const char *ref_drop_name(uint16_t reason);	/* "UDP_CSUM": no prefix */
REF_API int ref_drop_by_name(const char *name);		/* -1: unknown */

/* ---- why ---- */

/* Called for each decision: `func` is the kernel function, `what` a short phrase. */
typedef void ref_say_fn(void *ctx, const char *func, const char *what);
REF_API void ref_explain(struct ref *net, ref_say_fn *say, void *ctx);

#endif
