/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Fragments on the reference and on the model of octet_map.h: the same datagrams come out, octet by
 * octet, and the same counters move, whatever the order, the overlaps and the times.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "fuzz/fragments_input.h"
#include "fuzz/host.h"
#include "fuzz/octet_map.h"
#include "fuzz/target.h"
#include "ref/net.h"
#include "ref/wire/csum.h"

#define OWN	  0x0a000001u
#define PEER	  0x0a000002u
#define PROTO	  200
#define ETH_LEN	  14u
#define ARENA_LEN ((size_t)16 << 20)

static const char *const world[] = {
	"wire eth0",
	"link set dev eth0 arp off",
	"addr add 10.0.0.1/24 dev eth0",
	"sysctl net.ipv4.ipfrag_max_dist=0",
	/* What waits at once here is charged with more than the usual 4 MB. */
	"sysctl net.ipv4.ipfrag_high_thresh=100000000",
	"socket r raw 200 plain opt IP_RECVFRAGSIZE=1",
};

static struct fuzz_host host;
static struct map model;
static uint8_t received[65536];

static void set_up(void)
{
	struct errmsg e = { "" };

	FUZZ_CHECK(fuzz_host_open(&host, REF_LINUX_6_12, ARENA_LEN, &e) == 0, "%s", e.text);
	for (size_t i = 0; i < sizeof(world) / sizeof(world[0]); i++)
		FUZZ_CHECK(fuzz_host_line(&host, world[i], &e) == 0, "%s", e.text);
}

/* The frame of a fragment; its payload is told by nr, so that each octet says whose it is. */
static size_t build(uint8_t *frame, const struct input_fragment *f, unsigned int nr)
{
	static const uint8_t eth[ETH_LEN] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, 1, 8, 0 };
	uint32_t header_len = 20 + 4u * f->option_words;
	uint8_t *ip = frame + ETH_LEN;

	memcpy(frame, eth, sizeof(eth));
	memset(ip, 0, 20);
	memset(ip + 20, 1, header_len - 20); /* no-operation */
	ip[0] = (uint8_t)(0x40 | header_len / 4);
	ip[1] = (uint8_t)(f->key << 2 | f->codepoint);
	wire_put16(ip + 2, (uint16_t)(header_len + f->len));
	wire_put16(ip + 4, f->key);
	wire_put16(ip + 6, (uint16_t)(f->df << 14 | f->more << 13 | f->start / 8));
	ip[8] = 64;
	ip[9] = PROTO;
	wire_put32(ip + 12, PEER);
	wire_put32(ip + 16, OWN);
	csum_store(ip + 10, csum_fold(csum_partial(ip, header_len, 0)));
	for (uint32_t i = 0; i < f->len; i++)
		ip[header_len + i] = (uint8_t)(nr * 31 + i);
	memset(ip + header_len + f->len, 0xee, f->behind);
	return ETH_LEN + header_len + f->len + f->behind;
}

/* The value of the one control message that was asked for; 0: there is none. */
static uint32_t fragsize(const struct ref_msg *msg)
{
	struct cmsghdr h;
	int value = 0;

	if (msg->control_len < sizeof(h) + sizeof(value))
		return 0;
	memcpy(&h, msg->control, sizeof(h));
	FUZZ_CHECK(h.cmsg_level == 0 && h.cmsg_len == sizeof(h) + sizeof(value),
		   "level %d, %zu octets", h.cmsg_level, h.cmsg_len);
	memcpy(&value, msg->control + sizeof(h), sizeof(value));
	return (uint32_t)value;
}

/* The next datagram of the reference is this one; NULL: there is none. */
static void check_delivered(const struct map_whole *w)
{
	uint8_t control[64];
	struct ref_msg msg = {
		.buf = received,
		.buf_len = sizeof(received),
		.control = control,
		.control_max = sizeof(control),
	};
	long got = ref_recvmsg(host.net, host.fd[0], &msg, MSG_DONTWAIT);

	if (!w) {
		FUZZ_CHECK(got < 0, "a datagram of %ld octets that the model does not have", got);
		return;
	}
	FUZZ_CHECK(got == (long)(w->header_len + w->len), "%ld octets, model %u + %u", got,
		   w->header_len, w->len);
	FUZZ_CHECK(memcmp(received + w->header_len, w->payload, w->len) == 0, "another payload");
	FUZZ_CHECK(wire_get16(received + 6) == (w->df ? 0x4000 : 0) && received[1] == w->tos,
		   "fragment word 0x%x, tos 0x%x, model DF %d, 0x%x", wire_get16(received + 6),
		   received[1], w->df, w->tos);
	FUZZ_CHECK(fragsize(&msg) == w->largest, "largest fragment %u, model %u", fragsize(&msg),
		   w->largest);
}

static void check_counters(void)
{
	const uint64_t *mib = host.net->mib;

	FUZZ_CHECK(mib[MIB_IP_REASMREQDS] == model.reqds && mib[MIB_IP_REASMOKS] == model.oks &&
			   mib[MIB_IP_REASMFAILS] == model.fails &&
			   mib[MIB_IP_REASMTIMEOUT] == model.timeouts &&
			   mib[MIB_IPEXT_REASMOVERLAPS] == model.overlaps,
		   "reqds %" PRIu64 " oks %" PRIu64 " fails %" PRIu64 " timeouts %" PRIu64
		   " overlaps %" PRIu64 ", model %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		   " %" PRIu64,
		   mib[MIB_IP_REASMREQDS], mib[MIB_IP_REASMOKS], mib[MIB_IP_REASMFAILS],
		   mib[MIB_IP_REASMTIMEOUT], mib[MIB_IPEXT_REASMOVERLAPS], model.reqds, model.oks,
		   model.fails, model.timeouts, model.overlaps);
}

static void one_fragment(const struct input_fragment *f, unsigned int nr, uint64_t now_ns)
{
	static uint8_t frame[ETH_LEN + 60 + 8192 + 16];
	struct ref_event event = { .type = REF_EV_FRAME, .now_ns = now_ns, .data = frame };
	uint32_t header_len = 20 + 4u * f->option_words;
	struct map_whole whole;
	bool done;

	event.ifindex = host.ifindex[0];
	event.len = build(frame, f, nr);
	ref_step(host.net, &event);
	if (f->start == 0 && !f->more) {
		/* No fragment: delivered as it is. */
		whole = (struct map_whole){
			.payload = frame + ETH_LEN + header_len,
			.len = f->len,
			.header_len = header_len,
			.df = f->df,
			.tos = frame[ETH_LEN + 1],
		};
		check_delivered(&whole);
		return;
	}
	done = map_fragment(&model, now_ns,
			    &(struct map_fragment){
				    .key = f->key,
				    .start = f->start,
				    .len = f->len,
				    .header_len = header_len,
				    .more = f->more,
				    .df = f->df,
				    .tos = frame[ETH_LEN + 1],
				    .payload = frame + ETH_LEN + header_len,
			    },
			    &whole);
	check_delivered(done ? &whole : NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t now_ns = 0;

	if (!host.net)
		set_up();
	ref_reset(host.net);
	map_init(&model);
	for (unsigned int nr = 0; nr < FRAGMENT_INPUT_MAX && size >= FRAGMENT_INPUT_LEN; nr++) {
		struct input_fragment f = input_fragment(data);

		now_ns += f.wait_ns;
		map_time(&model, now_ns);
		one_fragment(&f, nr, now_ns);
		check_counters();
		data += FRAGMENT_INPUT_LEN;
		size -= FRAGMENT_INPUT_LEN;
	}
	now_ns += MAP_TIMEOUT_NS;
	map_time(&model, now_ns);
	ref_step(host.net, &(struct ref_event){ .type = REF_EV_TIME, .now_ns = now_ns });
	check_counters();
	return 0;
}
