/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The `netns` stack: the running kernel, in a network namespace that the program makes itself.
 *
 *   this process                              keeper (a small child, forked at open)
 *   netns.c      the stack's calls            netns_keeper.c  namespaces, requests, descriptors
 *   netns_wire.c frames in and out            netns_build.c   a world: base state, then its lines
 *   netns_sock.c sockets into observations    netns_link.c    devices
 *   netns_count.c counters                    netns_ip.c      runs ip -batch
 *   netns_stat.c device statistics            netns_open.c    sockets
 *   netns_call.c socket calls of steps        netns_port.c    ports instead of random ones
 *   netns_drop.c drop reasons, by BPF         netns_sysctl.c  the base state
 *   netns_mib.c  counters, by BPF
 *
 * The keeper alone enters namespaces; what it opens there comes here as descriptors over a
 * socket pair. A namespace lives as long as somebody holds a descriptor of it or is in it, so
 * when both processes are gone, by whatever end, nothing is left.
 */
#ifndef HARNESS_STACK_NETNS_H
#define HARNESS_STACK_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/errmsg.h"
#include "harness/guest/noise.h"
#include "harness/obs.h"
#include "harness/stack/stack.h"
#include "harness/step.h"
#include "harness/world/world.h"

enum netns_wire_kind {
	NETNS_TAP, /* write() to a tap device; works for malformed frames and any length */
	NETNS_VETH, /* AF_PACKET on the peer of a veth pair, in a namespace of its own */
};

/* A wire's number of frames that fit before somebody has to read. */
#define NETNS_TXQLEN 16384

/* The keeper's fixed facts. */
struct netns_conf {
	enum netns_wire_kind kind;
	bool no_drops; /* no BPF, though it may be allowed */
	bool user; /* in a user namespace: an ordinary user */
	int rmem_default; /* net.core.rmem_default of the host, or 0: not known */
	int peer_ns; /* veth: namespace of the far ends; the keeper's */
	unsigned int generation; /* of the world: makes names of far ends unique */
};

/* Devices have the numbers of obs.h. */
#define NETNS_DEV_MAX (2 + WORLD_WIRE_MAX + WORLD_LINK_MAX)

/* Values of host-wide sysctls that a world may set: they are applied to its sockets instead. */
struct netns_rmem {
	int rmem_default; /* 0: the host's is right */
	int rmem_max;
	bool force; /* SO_RCVBUFFORCE is allowed */
};

/* How many ports were picked so far: see netns_port.c. */
struct netns_ports {
	uint32_t udp_nr, ping_nr;
};

/* What a world gives: descriptors and where things are. All descriptors non-blocking. */
struct netns_host {
	struct netns_rmem rmem; /* of its sockets */
	struct netns_ports ports;
	uint64_t cookie; /* of the namespace: SO_NETNS_COOKIE, never given twice */
	size_t wire_nr, sock_nr;
	int wire[WORLD_WIRE_MAX];
	int wire_mtu[WORLD_WIRE_MAX];
	/* By the number that observations use (obs.h): the kernel's ifindex; [0] unused. */
	int dev_ifindex[NETNS_DEV_MAX];
	size_t dev_nr; /* highest number + 1 */
	int sock[WORLD_SOCKET_MAX]; /* -1: closed */
	uint8_t sock_flags[WORLD_SOCKET_MAX];
	int snmp, netstat; /* /proc/net/... of the namespace */
	int rtnl; /* netlink socket there */
};

#define NETNS_SOCK_HOLD	   0x1u /* only received from by a step */
#define NETNS_SOCK_RECVERR 0x2u /* has an error queue to look at */
#define NETNS_SOCK_STREAM  0x4u /* just exists */
#define NETNS_SOCK_UDP	   0x8u /* a frame is one datagram at most */
#define NETNS_SOCK_PORT	   0x10u /* has a local port, as far as we know */

/* Number of a device for observations; 0: none of the world's (or no device: 0). */
static inline unsigned int netns_host_dev(const struct netns_host *h, int ifindex)
{
	for (size_t i = 1; i < h->dev_nr; i++)
		if (h->dev_ifindex[i] == ifindex)
			return (unsigned int)i;
	return 0;
}

/*
 * Words of the argument: "tap", "veth" (neither: tap where it can be had), "nodrops". -EINVAL, or
 * -ENODEV: no tap here.
 */
int netns_parse_arg(const char *arg, struct netns_conf *conf, struct errmsg *e);
/* Why /dev/net/tun can't be opened, 0 if it can; the command that helps. */
int netns_tap_errno(void);
const char *netns_tap_remedy(int err);
bool netns_probe(const char *arg, struct errmsg *why, struct errmsg *remedy);

/* What a netns stack that has a world holds of it. */
const struct netns_host *netns_host_of(const struct stack *stack);
/* Somebody else ran something on its world, and observed it: count from here. */
int netns_recount(struct stack *stack, struct errmsg *e);
void netns_host_init(struct netns_host *h);
/* Close everything; fine on an initialised one. */
void netns_host_close(struct netns_host *h);

/*
 * Does this kernel, over this wire, finish with a packet before the send returns? Runs cases of
 * its own on s, whose next world is then as fresh as any; once in a process and wire. -ENODEV with
 * what went wrong.
 */
int netns_selftest(struct stack *s, enum netns_wire_kind kind, struct errmsg *e);

/* ---- keeper ---- */

struct netns_keeper {
	pid_t pid;
	int ctl; /* this process's end of the socket pair */
};

/*
 * Fork the keeper and let it make its first namespaces. -ENODEV with the reason (and the remedy
 * in the message) when this machine does not allow it.
 */
int netns_keeper_start(struct netns_keeper *k, const struct netns_conf *conf, struct errmsg *e);
/* A fresh namespace with this world. 0, -EINVAL ("FILE:LINE: ..."), or another -errno. */
int netns_keeper_world(struct netns_keeper *k, const struct world *w, struct netns_host *ret,
		       struct errmsg *e);
/* socket(2) in the namespace of the latest world; non-blocking. A descriptor, or -errno. */
int netns_keeper_socket(struct netns_keeper *k, const int32_t number[3], bool nocap);
/* This thread without the capabilities that sockets ask for; returns those it had. */
uint32_t netns_caps_drop(void);
void netns_caps_raise(uint32_t caps);
void netns_keeper_stop(struct netns_keeper *k);

/* Inside the keeper, in the fresh namespace. On failure the caller closes what h holds. */
int netns_build(const struct netns_conf *conf, const struct world *w, struct netns_host *h,
		struct errmsg *e);
/* The directory of sysctls that was written last. */
struct netns_sysctls {
	int fd; /* -1: none */
	char dir[128];
};

void netns_sysctls_init(struct netns_sysctls *at);
void netns_sysctls_done(struct netns_sysctls *at);
/* What a namespace begins with, for all, default and lo; before there are other devices. */
int netns_sysctls_base(const struct netns_conf *conf, struct netns_sysctls *at, struct errmsg *e);
/* A world's sysctl line. */
int netns_sysctls_line(const struct netns_conf *conf, struct netns_sysctls *at,
		       struct netns_rmem *rmem, const struct world *w,
		       const struct world_line *line, struct errmsg *e);
/* lo up; a wire up with its address and MTU 1500. */
int netns_lo_up(struct errmsg *e);
int netns_wire_make(const struct netns_conf *conf, const struct world_wire *wire, size_t idx,
		    struct netns_host *h, struct errmsg *e);
/* After the world's lines: what depends on them. */
int netns_wire_finish(const struct world_wire *wire, size_t idx, struct netns_host *h,
		      struct errmsg *e);
/* Run lines first .. first + nr - 1 of w (all WORLD_IP) through one `ip -batch -`. */
int netns_ip_run(const struct world *w, size_t first, size_t nr, struct errmsg *e);
/* Path of ip(8), or NULL. */
const char *netns_ip_path(void);

int netns_sock_open(const struct netns_rmem *rmem, const struct world *w,
		    const struct world_line *line, size_t idx, struct netns_host *h,
		    struct errmsg *e);
/* Flags that a socket has by its kind; its receive buffer is made the world's. 0 or -errno. */
int netns_sock_init(int fd, const struct netns_rmem *rmem, uint8_t *ret_flags);
/* setsockopt() as if limits of the host were those of the world. 0 or -errno. */
int netns_sock_setsockopt(int fd, const struct netns_rmem *rmem, uint8_t *flags, int level,
			  int name, const void *val, int len);

/*
 * Ports that the kernel would pick at random: see netns_port.c. Before a call that binds the
 * socket by itself (connect, send), once it is bound: nothing.
 */
void netns_port_auto(struct netns_ports *ports, int fd, uint8_t *flags);
/* bind(2). 0 or -errno. */
int netns_port_bind(struct netns_ports *ports, int fd, const void *addr, int len);

/* ---- wires ---- */

/* What was left out of the observations so far (the table of netns_wire.c). */
struct netns_noise {
	uint64_t tx_packets[WORLD_WIRE_MAX], tx_bytes[WORLD_WIRE_MAX];
	uint64_t igmp_packets, igmp_octets;
	/* Of these: reports to a group, which the kernel also gives to itself. */
	uint64_t looped_packets, looped_octets;
};

struct netns_wires {
	enum netns_wire_kind kind;
	const struct netns_host *host;
	struct netns_recv *recv; /* buffers */
	size_t spill_every, unspilled; /* sends until the wires' queues could run over */
	struct obs_list spill; /* frames taken before the group's end */
	struct netns_noise noise;
	uint64_t left[WORLD_WIRE_MAX]; /* frames, noise among them */
	uint64_t settled; /* looped packets that are known to have come back */
};

int netns_wires_open(struct netns_wires *ws, enum netns_wire_kind kind, const struct netns_host *h,
		     struct errmsg *e);
void netns_wires_close(struct netns_wires *ws);
/*
 * The kernel receives this frame, all of it before this returns. A frame that no wire can carry
 * (under 14 octets) or that a wire that is down refuses is not an error: nothing is received.
 */
int netns_wire_send(struct netns_wires *ws, size_t idx, const uint8_t *frame, size_t len,
		    struct errmsg *e);
/* Everything that left on all wires becomes observations of `step`. */
int netns_wires_drain(struct netns_wires *ws, struct obs_list *out, uint32_t step,
		      struct errmsg *e);
/*
 * What timers of the kernel send may still be in the backlog of this CPU: wait until that is empty.
 * Looped noise: have we waited since it was seen?
 */
void netns_wires_settle(struct netns_wires *ws);
static inline bool netns_wires_settled(const struct netns_wires *ws)
{
	return ws->settled == ws->noise.looped_packets;
}
/* ... or nothing. */
int netns_wires_discard(struct netns_wires *ws, struct errmsg *e);

/* ---- sockets ---- */

struct netns_socks;

/* Buffers, for any number of worlds; netns_socks_world() before use. NULL: no memory. */
struct netns_socks *netns_socks_new(struct errmsg *e);
void netns_socks_free(struct netns_socks *ss);
/* These are the sockets now; h is borrowed. 0 or -errno. */
int netns_socks_world(struct netns_socks *ss, struct netns_host *h, struct errmsg *e);
/*
 * Empty all sockets that are not held, after this many frames (SIZE_MAX: whatever there was). Where
 * a frame can be one datagram at most, no more than that is asked for: the last answer of a
 * receive call, that there is nothing, costs as much as any.
 */
int netns_socks_drain(struct netns_socks *ss, size_t frames, struct obs_list *out, uint32_t step,
		      struct errmsg *e);
/* One receive call: observed with the idx `seen`. */
void netns_socks_recvmsg(struct netns_socks *ss, const struct step *step, struct obs_list *out,
			 uint32_t seen);
/* A socket that a step made is drained from now on. 0 or -errno. */
int netns_socks_add(struct netns_socks *ss, size_t idx, struct errmsg *e);

/* ---- calls ---- */

struct netns_calls;

struct netns_calls *netns_calls_new(struct netns_keeper *k, struct netns_socks *ss,
				    struct errmsg *e);
void netns_calls_free(struct netns_calls *cs);
/* These are the sockets now; h is borrowed. */
void netns_calls_world(struct netns_calls *cs, struct netns_host *h);
/* A CALL step, observed with the idx `seen`. 0, or -errno: the environment is broken. */
int netns_calls_run(struct netns_calls *cs, const struct step *step, struct obs_list *out,
		    uint32_t seen, struct errmsg *e);

/* ---- counters and device statistics ---- */

struct netns_counts;
struct netns_drops;

struct netns_counts *netns_counts_new(struct errmsg *e);
void netns_counts_free(struct netns_counts *c);
/*
 * Count from here, in this namespace. noise is borrowed: what it says is taken off. drops may be
 * NULL: no BPF.
 */
int netns_counts_world(struct netns_counts *c, const struct netns_host *h,
		       const struct netns_noise *noise, const struct netns_drops *drops,
		       struct errmsg *e);
/* Look: adds to what moved since the last report. */
int netns_counts_read(struct netns_counts *c, struct errmsg *e);
/* What of IGMP's noise adds to this counter. */
enum noise_by netns_counts_noise(const char *name);
/* What moved, by name, less the noise; out may be NULL. */
void netns_counts_report(struct netns_counts *c, struct obs_list *out, uint32_t step);

struct netns_stats;

struct netns_stats *netns_stats_new(struct errmsg *e);
void netns_stats_free(struct netns_stats *s);
int netns_stats_world(struct netns_stats *s, const struct netns_host *h,
		      const struct netns_wires *wires, struct errmsg *e);
int netns_stats_read(struct netns_stats *s, struct errmsg *e);
/* Has every frame that the wires' statistics count been drained? */
bool netns_stats_drained(const struct netns_stats *s);
void netns_stats_report(struct netns_stats *s, struct obs_list *out, uint32_t step);

#endif
