/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Whole cases on the reference, with what must hold whatever arrives: every packet has one fate,
 * counters add up to what was seen, and nothing is left behind.
 */
#include "fuzz/drive.h"
#include "fuzz/target.h"
#include "ref/net.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

/* What the host showed during one input. */
struct seen {
	uint64_t emitted, emitted_octets; /* frames on wires */
	uint64_t refused; /* packets freed before they were somebody's: see early[] */
	uint64_t datagrams[2]; /* read from UDP and UDP-Lite sockets */
	bool overflow; /* more than could be listed */
};

static const struct fuzz_host *current;

/*
 * Where a packet that was received can end before it is delivered, forwarded or put together with
 * others.
 */
static const char *const early[] = { "ip_rcv_core", "ip_rcv_finish_core", "ip_error",
				     "ip_forward" };

static bool is_early(const struct ref_obs *obs)
{
	/* Not the host's: it is not even counted as received. */
	if (obs->reason == SKB_DROP_REASON_OTHERHOST)
		return false;
	/* Counted as forwarded before that was found out. */
	if (obs->reason == SKB_DROP_REASON_PKT_TOO_BIG &&
	    ref_since(current->net, DIFF_FORW_COUNTED_FIRST))
		return false;
	for (size_t i = 0; obs->at && i < sizeof(early) / sizeof(early[0]); i++)
		if (strcmp(obs->at, early[i]) == 0)
			return true;
	return false;
}

static void see_update(void *ctx, const struct ref_update *u)
{
	struct seen *seen = ctx;

	seen->overflow |= u->overflow;
	for (size_t i = 0; i < u->obs_nr; i++) {
		const struct ref_obs *obs = &u->obs[i];

		if (obs->type == REF_OBS_DROP) {
			seen->refused += is_early(obs);
			continue;
		}
		seen->emitted++;
		seen->emitted_octets += obs->len;
		FUZZ_CHECK(obs->len >= 14, "a frame of %zu octets", obs->len);
	}
}

static void see_received(void *ctx, unsigned int socket, long ret, const struct ref_msg *msg,
			 uint32_t flags)
{
	const struct sock *sk = &current->net->sock.sk[current->fd[socket]];
	struct seen *seen = ctx;

	if (ret < 0)
		return;
	FUZZ_CHECK(msg->control_len <= msg->control_max, "%zu octets of control messages in %zu",
		   msg->control_len, msg->control_max);
	FUZZ_CHECK(flags & MSG_TRUNC || (size_t)ret <= msg->buf_len, "%ld octets in %zu", ret,
		   msg->buf_len);
	if (flags & (MSG_PEEK | MSG_ERRQUEUE))
		return;
	if (sk->sk_protocol == 17 || sk->sk_protocol == 136)
		seen->datagrams[sk->sk_protocol == 136] += sk->sk_type == SOCK_DGRAM;
}

#define MIB(id) ref_mib(net)[MIB_##id]

static bool takes_alerts(const struct ref *net)
{
	for (int i = 0; i < net->sock.sk_end; i++)
		if (net->sock.sk[i].sk_prot && net->sock.sk[i].inet_flags & INET_FLAGS_RTALERT)
			return true;
	return false;
}

/* A packet was received: it is refused, forwarded, delivered, of no protocol, or a fragment. */
static void check_fates(const struct ref *net, const struct seen *seen)
{
	uint64_t in = MIB(IP_INRECEIVES) + MIB(IP_REASMOKS);
	uint64_t out = seen->refused + MIB(IP_INDELIVERS) + MIB(IP_INUNKNOWNPROTOS) +
		       MIB(IP_REASMREQDS) + MIB(IP_FORWDATAGRAMS);

	/* What sockets with IP_ROUTER_ALERT take from others' packets is counted nowhere. */
	FUZZ_CHECK(in == out || (takes_alerts(net) && in > out),
		   "%" PRIu64 " received + %" PRIu64 " put together, but %" PRIu64
		   " refused + %" PRIu64 " delivered + %" PRIu64 " of no protocol + %" PRIu64
		   " fragments + %" PRIu64 " forwarded",
		   MIB(IP_INRECEIVES), MIB(IP_REASMOKS), seen->refused, MIB(IP_INDELIVERS),
		   MIB(IP_INUNKNOWNPROTOS), MIB(IP_REASMREQDS), MIB(IP_FORWDATAGRAMS));
	FUZZ_CHECK(MIB(IP_REASMOKS) + MIB(IP_REASMFAILS) <=
			   MIB(IP_REASMREQDS) + MIB(IP_REASMTIMEOUT),
		   "%" PRIu64 " put together, %" PRIu64 " failed, of %" PRIu64 " fragments",
		   MIB(IP_REASMOKS), MIB(IP_REASMFAILS), MIB(IP_REASMREQDS));
	FUZZ_CHECK(MIB(IPEXT_INNOECTPKTS) + MIB(IPEXT_INECT1PKTS) + MIB(IPEXT_INECT0PKTS) +
				   MIB(IPEXT_INCEPKTS) <=
			   MIB(IP_INRECEIVES),
		   "more codepoints than the %" PRIu64 " packets received", MIB(IP_INRECEIVES));
}

/* Each ICMP message has a type. */
static void check_icmp(const struct ref *net)
{
	uint64_t in = 0, out = 0;

	if (MIB(ICMP_INMSGS) == 0 && MIB(ICMP_OUTMSGS) == 0)
		return;
	for (size_t i = 0; i < 256; i++) {
		in += net->mib[MIB_ICMPMSG_IN + i];
		out += net->mib[MIB_ICMPMSG_OUT + i];
	}
	FUZZ_CHECK(in + MIB(ICMP_INCSUMERRORS) <= MIB(ICMP_INMSGS) && in <= MIB(ICMP_INMSGS),
		   "%" PRIu64 " types of %" PRIu64 " messages received", in, MIB(ICMP_INMSGS));
	FUZZ_CHECK(out == MIB(ICMP_OUTMSGS), "%" PRIu64 " types of %" PRIu64 " messages sent", out,
		   MIB(ICMP_OUTMSGS));
	FUZZ_CHECK(MIB(ICMP_INERRORS) + in <= 2 * MIB(ICMP_INMSGS), "%" PRIu64 " errors",
		   MIB(ICMP_INERRORS));
}

/* Devices count what was seen to leave them. */
static void check_devices(const struct fuzz_host *h, const struct seen *seen)
{
	uint64_t packets = 0, octets = 0;

	for (size_t i = 0; i < h->w.wire_nr; i++) {
		const struct ref_dev_stats *s = ref_dev_stats(h->net, h->ifindex[i]);

		packets += s->tx_packets;
		octets += s->tx_bytes;
	}
	FUZZ_CHECK(packets == seen->emitted && octets == seen->emitted_octets,
		   "%" PRIu64 " frames of %" PRIu64 " octets were sent, %" PRIu64 " of %" PRIu64
		   " counted",
		   seen->emitted, seen->emitted_octets, packets, octets);
}

/* All timers have fired and all sockets are empty. */
static void check_nothing_left(const struct fuzz_host *h)
{
	const struct ref *net = h->net;
	size_t in_use = drive_in_use(h);

	for (unsigned int i = 0; i < h->w.socket_nr; i++) {
		const struct sock *sk = &net->sock.sk[h->fd[i]];

		FUZZ_CHECK(sk->sk_rmem_alloc == 0, "socket %u: %d octets are charged for nothing",
			   i, (int)sk->sk_rmem_alloc);
	}
	FUZZ_CHECK(net->frags.mem == 0, "%" PRId64 " octets of fragments", net->frags.mem);
	FUZZ_CHECK(in_use == 0, "%zu octets of packet memory are nobody's", in_use);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { .overflow = false };
	const struct drive_sink sink = {
		.ctx = &seen,
		.update = see_update,
		.received = see_received,
	};
	struct fuzz_host *h;

	if (size == 0)
		return 0;
	h = drive_host(data[0]);
	current = h;
	drive(h, data, size, &sink);
	if (!seen.overflow) {
		check_fates(h->net, &seen);
		check_devices(h, &seen);
		FUZZ_CHECK(seen.datagrams[0] == h->net->mib[MIB_UDP_INDATAGRAMS] &&
				   seen.datagrams[1] == h->net->mib[MIB_UDPLITE_INDATAGRAMS],
			   "%" PRIu64 " datagrams read, %" PRIu64 " counted", seen.datagrams[0],
			   h->net->mib[MIB_UDP_INDATAGRAMS]);
	}
	check_icmp(h->net);
	check_nothing_left(h);
	return 0;
}
