/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Addresses and routes of a host. Mirrors: include/net/ip_fib.h, struct in_ifaddr.
 *
 * Without policy rules the kernel keeps the tables local and main in one trie: a lookup takes the
 * longest prefix of both, and the local one where they are as long. So does this one: prefixes
 * are hashed by length, and a table knows which lengths it has.
 */
#ifndef REF_FIB_H
#define REF_FIB_H

#include "ref/limits.h"
#include "ref/neighbour.h"
#include "ref/ref.h"
#include "ref/route.h"

#define RT_SCOPE_UNIVERSE 0
#define RT_SCOPE_LINK	  253
#define RT_SCOPE_HOST	  254
#define RT_SCOPE_NOWHERE  255

#define RT_TABLE_DEFAULT 253
#define RT_TABLE_MAIN	 254
#define RT_TABLE_LOCAL	 255

#define FIB_HASH_BITS 11
#define IFA_HASH_BITS 8
#define RT_CACHE_BITS 11

struct in_ifaddr {
	struct in_ifaddr *next; /* of the same device, in the kernel's order */
	struct in_ifaddr *hash_next; /* of the same bucket, newest first */
	struct net_device *dev; /* NULL: slot unused */
	uint32_t local;
	uint32_t address; /* the peer; local when there is none */
	uint32_t mask;
	uint32_t broadcast; /* as set explicitly; 0: none */
	uint8_t prefixlen;
	uint8_t scope;
	bool secondary;
	bool noprefixroute;
};

struct fib_nh {
	struct net_device *dev;
	int oif;
	uint32_t gw; /* 0: none */
	uint8_t scope;
	uint8_t weight;
	bool onlink;
	bool dead;
	int32_t upper_bound; /* of a multipath hash that takes this one; -1: none */
};

/* What routes with the same way share: also its exceptions. Mirrors: struct fib_info. */
struct fib_info {
	uint32_t refs; /* 0: slot unused */
	uint32_t table;
	uint32_t priority;
	uint32_t prefsrc;
	uint32_t mtu;
	bool mtu_lock;
	bool dead;
	uint8_t type;
	uint8_t scope;
	uint8_t nh_nr;
	struct fib_nh nh[REF_ROUTE_NEXTHOPS];
};

/* One route: a prefix and its way. Mirrors: struct fib_alias. */
struct fib_alias {
	struct fib_alias *next; /* of the same bucket: by prefix, then in the kernel's order */
	struct fib_info *info; /* NULL: slot unused */
	uint32_t dst;
	uint32_t table;
	uint8_t plen;
	uint8_t tos;
	uint8_t type;
};

struct fib_table {
	uint32_t id; /* 254 stands for 254 and 255 */
	uint64_t plens; /* bit n: there is a prefix of length n */
	uint16_t plen_nr[33];
};

struct fib_result {
	const struct fib_alias *fa;
	const struct fib_info *fi; /* NULL: no route behind this result */
	const struct fib_nh *nh;
	uint8_t type;
	uint8_t scope;
	uint8_t prefixlen;
};

/* What was learnt about one destination behind a next hop. Mirrors: struct fib_nh_exception. */
struct fib_nh_exception {
	const struct fib_nh *nh; /* NULL: slot unused */
	uint32_t daddr;
	uint32_t gw;
	uint32_t pmtu;
	bool mtu_locked;
	uint64_t expires_ns;
	uint64_t stamp; /* order of use, for the reclaim */
};

/* A decision of ip_route_input_noref(), valid while genid is the host's. */
struct rt_cache_slot {
	uint32_t genid;
	uint32_t daddr, saddr;
	int iif;
	uint16_t cb_flags;
	uint8_t tos;
	struct rtable rt;
};

struct netns_fib {
	uint32_t genid; /* counts the flushes of the routing cache. Mirrors: rt_genid */
	bool has_custom_local_routes;
	struct in_ifaddr ifa[REF_IFADDR_MAX];
	struct in_ifaddr *ifa_hash[1u << IFA_HASH_BITS];
	struct fib_info info[REF_FIB_MAX];
	struct fib_alias alias[REF_FIB_MAX];
	struct fib_alias *hash[1u << FIB_HASH_BITS];
	struct fib_table table[REF_FIB_TABLES];
	uint32_t table_nr;
	struct fib_nh_exception fnhe[REF_FNHE_MAX];
	uint32_t fnhe_nr; /* slots ever used */
	uint64_t fnhe_stamp;
	struct rt_cache_slot cache[1u << RT_CACHE_BITS];
	struct netns_neigh neigh;
};

static inline struct rt_cache_slot *rt_cache_slot(struct netns_fib *fib, uint32_t daddr,
						  uint32_t saddr)
{
	uint32_t h = (daddr ^ (saddr << 5 | saddr >> 27)) * 0x9e3779b1u >> (32 - RT_CACHE_BITS);

	return &fib->cache[h];
}

/* How a route is asked for. Mirrors: struct fib_config. */
struct fib_config {
	uint32_t dst, table, priority, prefsrc, mtu;
	bool mtu_lock;
	bool append; /* the kernel's own: behind its equals, instead of refusing them */
	uint8_t plen, tos, type, scope;
	uint8_t nh_nr;
	struct {
		int oif;
		uint32_t gw;
		bool onlink;
		uint8_t weight;
	} nh[REF_ROUTE_NEXTHOPS];
};

static inline uint32_t inet_make_mask(uint8_t plen)
{
	return plen ? ~0u << (32 - plen) : 0;
}

static inline bool inet_ifa_match(uint32_t addr, const struct in_ifaddr *ifa)
{
	return ((addr ^ ifa->address) & ifa->mask) == 0;
}

/* Every decision taken so far is void. Mirrors: rt_cache_flush(). */
void rt_cache_flush(struct ref *net);

/*
 * Longest prefix; 0 or -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL as the route's type says.
 * Mirrors: fib_lookup(), and fib_table_lookup() for one table (-EAGAIN: nothing there).
 */
int fib_lookup(const struct ref *net, const struct flowi4 *fl4, struct fib_result *ret_res);
int fib_table_lookup(const struct ref *net, uint32_t table, const struct flowi4 *fl4,
		     struct fib_result *ret_res);
/* 0 or -errno as netlink answers. Mirrors: fib_table_insert(). */
int fib_table_insert(struct ref *net, const struct fib_config *cfg);
/* Errno of a route of this type (0: it leads somewhere), and its narrowest scope. */
int fib_type_error(uint8_t type);
uint8_t fib_type_scope(uint8_t type);
bool fib_has_table(const struct ref *net, uint32_t id);
/* Remove the routes whose way is dead. */
void fib_flush(struct ref *net);

/* fib_semantics.c */
/*
 * The way of a route, shared with its equals, with one reference; 0 or -errno as netlink
 * answers. Mirrors: fib_create_info(), fib_release_info().
 */
int fib_create_info(struct ref *net, const struct fib_config *cfg, struct fib_info **ret_fi);
void fib_release_info(struct ref *net, struct fib_info *fi);
/* Routes over a device that went down: dead and gone; force: also the local ones. */
void fib_disable_ip(struct ref *net, struct net_device *dev, bool force);
/* Next hops over a device that came up live again: of multipath routes. Mirrors: fib_sync_up(). */
void fib_sync_up(struct ref *net, const struct net_device *dev);
/* A local address is gone: so are the routes that prefer it. Mirrors: fib_sync_down_addr(). */
void fib_sync_down_addr(struct ref *net, uint32_t local);
/* Choose among next hops, fill in fl4->saddr. Mirrors: fib_select_path(). */
void fib_select_path(struct ref *net, struct fib_result *res, struct flowi4 *fl4);
/*
 * The next hop for a hash, before that one whose own address is saddr (0: none is asked for).
 * Mirrors: fib_select_multipath().
 */
void fib_select_multipath(const struct ref *net, struct fib_result *res, uint32_t hash,
			  uint32_t saddr);
uint32_t fib_multipath_hash(const struct ref *net, uint32_t saddr, uint32_t daddr);
/* Preferred source of a result's way. Mirrors: fib_result_prefsrc(). */
uint32_t fib_result_prefsrc(const struct ref *net, const struct fib_result *res);
/* Is gw a gateway of a route over dev? Mirrors: ip_fib_check_default() == 0. */
bool ip_fib_check_default(const struct ref *net, uint32_t gw, const struct net_device *dev);

/* devinet.c */
const struct in_ifaddr *inet_lookup_ifaddr(const struct ref *net, uint32_t addr);
/* Are both in one subnet of the device? b 0: only a. Mirrors: inet_addr_onlink(). */
bool inet_addr_onlink(const struct net_device *dev, uint32_t a, uint32_t b);
/* Mirrors: inet_confirm_addr(); dev NULL: any device. */
uint32_t inet_confirm_addr(const struct ref *net, const struct net_device *dev, uint32_t dst,
			   uint32_t local, uint8_t scope);
/* Mirrors: the NETDEV_UP, NETDEV_DOWN and NETDEV_CHANGEMTU events of fib and devinet. */
void inetdev_up(struct net_device *dev);
void inetdev_down(struct net_device *dev);
void inetdev_changemtu(struct net_device *dev, uint32_t old_mtu);
/* IPv4 state with the default configuration. Mirrors: inetdev_init(). */
void inetdev_init(struct net_device *dev);

/* fib_frontend.c */
/*
 * May this source come in here? SKB_NOT_DROPPED_YET or the reason; *ret_direct: it is on the link
 * itself (only known where the full check ran). Mirrors: fib_validate_source().
 */
int fib_validate_source(struct sk_buff *skb, uint32_t src, uint32_t dst, uint8_t tos, int oif,
			struct net_device *dev, bool *ret_direct);

/* route_output.c */
/* The way of a result into rt: gateway, MTU, what was learnt. Mirrors: rt_set_nexthop(). */
void rt_set_nexthop(struct ref *net, struct rtable *rt, const struct fib_result *res,
		    uint32_t daddr);

/* fib_exception.c */
struct fib_nh_exception *find_exception(struct ref *net, const struct fib_nh *nh, uint32_t daddr);
void update_or_create_fnhe(struct ref *net, const struct fib_nh *nh, uint32_t daddr, uint32_t gw,
			   uint32_t pmtu, bool lock, uint64_t expires_ns);
/* Forget those of a next hop that goes away; nh NULL: all. */
void fnhe_flush(struct ref *net, const struct fib_nh *nh);
/* A device's MTU changed from orig. Mirrors: fib_sync_mtu(). */
void fib_sync_mtu(struct ref *net, const struct net_device *dev, uint32_t orig);

#endif
