/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The same case again and again: after ref_reset() the host gives the same answers, and the short
 * way of ip_fast.c gives those of the ordinary one.
 */
#include "fuzz/drive.h"
#include "fuzz/target.h"
#include "ref/net.h"

#include <inttypes.h>
#include <string.h>

#define THINGS_MAX 4096
#define OCTETS_MAX ((size_t)1 << 20)

/* All that was shown: things one behind the other, what does not fit as a sum only. */
struct record {
	uint8_t octets[OCTETS_MAX];
	struct {
		const char *what;
		size_t end; /* in octets */
	} thing[THINGS_MAX];
	size_t used, nr;
	uint64_t rest;
};
static struct record first, second;

static void keep(struct record *r, const char *what, const void *data, size_t len)
{
	const uint8_t *p = data;

	if (r->nr == THINGS_MAX || len > OCTETS_MAX - r->used) {
		for (size_t i = 0; i < len; i++)
			r->rest = (r->rest ^ p[i]) * 0x100000001b3u;
		return;
	}
	if (len)
		memcpy(r->octets + r->used, data, len);
	r->used += len;
	r->thing[r->nr].what = what;
	r->thing[r->nr].end = r->used;
	r->nr++;
}

static void keep_update(void *ctx, const struct ref_update *u)
{
	for (size_t i = 0; i < u->obs_nr; i++) {
		const struct ref_obs *obs = &u->obs[i];
		bool drop = obs->type == REF_OBS_DROP;
		const uint64_t head[] = { obs->type, (uint64_t)obs->ifindex,
					  drop ? obs->reason : 0 };

		keep(ctx, drop ? "drop" : "emit", head, sizeof(head));
		if (!drop)
			keep(ctx, "frame", obs->data, obs->len);
		else if (obs->at)
			keep(ctx, "where", obs->at, strlen(obs->at));
	}
}

static void keep_received(void *ctx, unsigned int socket, long ret, const struct ref_msg *msg,
			  uint32_t flags)
{
	const uint64_t call[] = { socket, (uint64_t)ret, flags };
	const uint64_t head[] = { msg->flags, msg->name.addr, msg->name.port, msg->name.given };
	size_t len = ret < 0 ? 0 : (size_t)ret;

	keep(ctx, "receive call", call, sizeof(call));
	if (ret < 0)
		return;
	keep(ctx, "name and flags", head, sizeof(head));
	keep(ctx, "payload", msg->buf, len < msg->buf_len ? len : msg->buf_len);
	keep(ctx, "control messages", msg->control, msg->control_len);
}

static void run(struct record *r, const uint8_t *data, size_t size, bool ordinary)
{
	struct fuzz_host *h = drive_host(data[0]);
	const struct drive_sink sink = {
		.ctx = r,
		.update = keep_update,
		.received = keep_received,
	};

	r->used = r->nr = 0;
	r->rest = 0;
	h->net->ordinary_path = ordinary;
	drive(h, data, size, &sink);
	for (size_t i = 0; i < MIB_NR; i++)
		if (ref_mib(h->net)[i])
			keep(r, ref_mib_name(i), &ref_mib(h->net)[i], sizeof(uint64_t));
	for (size_t i = 0; i < h->w.wire_nr; i++)
		keep(r, "device statistics", ref_dev_stats(h->net, h->ifindex[i]),
		     sizeof(struct ref_dev_stats));
}

static void print_thing(const char *label, const struct record *r, size_t i)
{
	size_t at = i ? r->thing[i - 1].end : 0;

	if (i >= r->nr) {
		fprintf(stderr, "%s: no more\n", label);
		return;
	}
	fprintf(stderr, "%s: %s ", label, r->thing[i].what);
	for (; at < r->thing[i].end; at++)
		fprintf(stderr, "%02x", r->octets[at]);
	fputc('\n', stderr);
}

static bool same_thing(size_t i)
{
	size_t at = i ? first.thing[i - 1].end : 0, len = first.thing[i].end - at;

	return strcmp(first.thing[i].what, second.thing[i].what) == 0 &&
	       first.thing[i].end == second.thing[i].end &&
	       memcmp(first.octets + at, second.octets + at, len) == 0;
}

static void check_same(const char *how)
{
	size_t i = 0;

	while (i < first.nr && i < second.nr && same_thing(i))
		i++;
	if (i < first.nr || i < second.nr) {
		print_thing("first", &first, i);
		print_thing(how, &second, i);
	}
	FUZZ_CHECK(i == first.nr && i == second.nr && first.rest == second.rest,
		   "thing %zu differs %s", i, how);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	run(&first, data, size, false);
	run(&second, data, size, false);
	check_same("after a reset");
	run(&second, data, size, true);
	check_same("the ordinary way");
	return 0;
}
