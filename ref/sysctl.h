/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The sysctls that the reference models: one line each, with the kernel's own default, which a
 * live stack writes explicitly (a new namespace inherits some from the host). All are integers.
 */
#ifndef REF_SYSCTL_H
#define REF_SYSCTL_H

/* net.ipv4.conf.{all,default,DEV}.KEY */
/*      id                      key                     default  min  max */
#define REF_DEVCONFS(X)                                                                            \
	X(FORWARDING,		"forwarding",			0, -2147483647, 2147483647)         \
	X(RP_FILTER,		"rp_filter",			0, -2147483647, 2147483647)         \
	X(ACCEPT_LOCAL,		"accept_local",			0, -2147483647, 2147483647)         \
	X(ROUTE_LOCALNET,	"route_localnet",		0, -2147483647, 2147483647)         \
	X(SRC_VMARK,		"src_valid_mark",		0, -2147483647, 2147483647)         \
	X(ACCEPT_SOURCE_ROUTE,	"accept_source_route",		0, -2147483647, 2147483647)         \
	X(ACCEPT_REDIRECTS,	"accept_redirects",		1, -2147483647, 2147483647)         \
	X(SECURE_REDIRECTS,	"secure_redirects",		1, -2147483647, 2147483647)         \
	X(SEND_REDIRECTS,	"send_redirects",		1, -2147483647, 2147483647)         \
	X(SHARED_MEDIA,		"shared_media",			1, -2147483647, 2147483647)         \
	X(LOG_MARTIANS,		"log_martians",			0, -2147483647, 2147483647)         \
	X(BOOTP_RELAY,		"bootp_relay",			0, -2147483647, 2147483647)         \
	X(DROP_UNICAST_IN_L2_MULTICAST, "drop_unicast_in_l2_multicast", 0, -2147483647, 2147483647) \
	X(IGNORE_ROUTES_WITH_LINKDOWN, "ignore_routes_with_linkdown", 0, -2147483647, 2147483647)   \
	X(ARP_IGNORE,		"arp_ignore",			0, -2147483647, 2147483647)

/* net.ipv4.KEY */
#define REF_SYSCTLS(X)                                                                             \
	X(IP_EARLY_DEMUX,	"ip_early_demux",		1, 0, 255)                          \
	X(UDP_EARLY_DEMUX,	"udp_early_demux",		1, 0, 255)                          \
	X(TCP_EARLY_DEMUX,	"tcp_early_demux",		1, 0, 255)                          \
	X(IP_DEFAULT_TTL,	"ip_default_ttl",		64, 1, 255)                         \
	X(IP_NO_PMTU_DISC,	"ip_no_pmtu_disc",		0, 0, 255)                          \
	X(IP_FORWARD_USE_PMTU,	"ip_forward_use_pmtu",		0, 0, 255)                          \
	X(IP_FORWARD_UPDATE_PRIORITY, "ip_forward_update_priority", 1, 0, 1)                       \
	X(IP_NONLOCAL_BIND,	"ip_nonlocal_bind",		0, 0, 255)                          \
	X(FWMARK_REFLECT,	"fwmark_reflect",		0, 0, 255)                          \
	X(IPFRAG_TIME,		"ipfrag_time",			30, 0, 2147483)                     \
	X(IPFRAG_HIGH_THRESH,	"ipfrag_high_thresh",		4194304, 0, 2147483647)             \
	X(IPFRAG_LOW_THRESH,	"ipfrag_low_thresh",		3145728, 0, 2147483647)             \
	X(IPFRAG_MAX_DIST,	"ipfrag_max_dist",		64, 0, 2147483647)                  \
	X(ICMP_ECHO_IGNORE_ALL,	"icmp_echo_ignore_all",		0, 0, 1)                            \
	X(ICMP_ECHO_ENABLE_PROBE, "icmp_echo_enable_probe",	0, 0, 1)                            \
	X(ICMP_ECHO_IGNORE_BROADCASTS, "icmp_echo_ignore_broadcasts", 1, 0, 1)                     \
	X(ICMP_IGNORE_BOGUS_ERROR_RESPONSES, "icmp_ignore_bogus_error_responses", 1, 0, 1)         \
	X(ICMP_ERRORS_USE_INBOUND_IFADDR, "icmp_errors_use_inbound_ifaddr", 0, 0, 1)               \
	X(ICMP_RATELIMIT,	"icmp_ratelimit",		1000, 0, 2147483647)                \
	X(ICMP_RATEMASK,	"icmp_ratemask",		6168, 0, 2147483647)                \
	X(ICMP_MSGS_PER_SEC,	"icmp_msgs_per_sec",		1000, 0, 2147483647)                \
	X(ICMP_MSGS_BURST,	"icmp_msgs_burst",		50, 0, 2147483647)                  \
	X(IGMP_LINK_LOCAL_MCAST_REPORTS, "igmp_link_local_mcast_reports", 1, 0, 255)               \
	X(IGMP_MAX_MEMBERSHIPS,	"igmp_max_memberships",		20, 0, 2147483647)                  \
	X(IGMP_MAX_MSF,		"igmp_max_msf",			10, 0, 2147483647)                  \
	X(UDP_L3MDEV_ACCEPT,	"udp_l3mdev_accept",		0, 0, 1)                            \
	X(RAW_L3MDEV_ACCEPT,	"raw_l3mdev_accept",		1, 0, 1)                            \
	X(ROUTE_MIN_PMTU,	"route.min_pmtu",		552, 68, 2147483647)                \
	X(ROUTE_MTU_EXPIRES,	"route.mtu_expires",		600, 0, 2147483647)

enum ref_devconf_idx {
#define X(id, key, initial, min, max) DEVCONF_##id,
	REF_DEVCONFS(X)
#undef X
	DEVCONF_NR,
};

enum ref_sysctl_idx {
#define X(id, key, initial, min, max) SYSCTL_##id,
	REF_SYSCTLS(X)
#undef X
	SYSCTL_NR,
};

/*
 * Keys beside these tables that are written like them: net.ipv4.ip_forward (writes
 * conf/all/forwarding, conf/default/forwarding and every device's), net.ipv4.ping_group_range
 * ("MIN MAX"), net.core.rmem_default, net.core.rmem_max.
 */

#endif
