/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Drop events: the programs of harness/bpf/drop.bpf.c write them into a ring as they happen, and
 * since a send or a receive is over when its call returns, so is the ring. Reasons are numbers
 * that differ between kernels; their names come from the kernel's own type information.
 */
#include "harness/stack/netns_drop.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/bpf/drop.h"
#include "harness/guest/noise.h"
#include "ref/ref.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Woverlength-strings"
#include "drop.skel.h"
#pragma GCC diagnostic pop

#define PREFIX	   "SKB_DROP_REASON_"
#define REASON_MAX 512
#define SITE_MAX   1024 /* power of two; callers of kfree_skb() that a run can meet */

struct reason {
	uint16_t drop; /* ref drop index or OBS_NAME_OTHER */
	char name[OBS_NAME_MAX];
};

/* A place that drops: kernel address and name. */
struct site {
	uint64_t address;
	char name[DROP_SYMBOL_MAX];
};

struct netns_drops {
	struct drop_bpf *skel;
	struct ring_buffer *ring;
	struct reason reason[REASON_MAX];
	struct site site[SITE_MAX];
	size_t site_nr;
	uint64_t lost_seen;
	struct obs_list *out; /* of the drain at work */
	uint32_t step;
};

static int quiet(enum libbpf_print_level level, const char *format, va_list ap)
{
	(void)level, (void)format, (void)ap;
	return 0;
}

/* ---- the kernel's types ---- */

static bool learn_reasons(struct netns_drops *d, const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "skb_drop_reason", BTF_KIND_ENUM);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	if (!type)
		return false;
	for (uint16_t i = 0; i < btf_vlen(type); i++) {
		const struct btf_enum *v = &btf_enum(type)[i];
		const char *name = btf__name_by_offset(btf, v->name_off);
		int drop;

		if (v->val < 0 || v->val >= REASON_MAX || !name ||
		    strncmp(name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		name += strlen(PREFIX);
		drop = ref_drop_by_name(name);
		d->reason[v->val].drop = drop < 0 ? OBS_NAME_OTHER : (uint16_t)drop;
		snprintf(d->reason[v->val].name, OBS_NAME_MAX, "%s", name);
	}
	return true;
}

/* Does the event say which socket refused the packet? (Linux 6.11) */
static bool event_has_socket(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "btf_trace_kfree_skb", BTF_KIND_TYPEDEF);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	while (type && (btf_is_typedef(type) || btf_is_ptr(type)))
		type = btf__type_by_id(btf, type->type);
	/* Its own first argument, then the event's. */
	return type && btf_is_func_proto(type) && btf_vlen(type) >= 5;
}

/* ---- events ---- */

static const char *site_name(struct netns_drops *d, uint64_t address)
{
	size_t at = (size_t)(address * 0x9e3779b97f4a7c15u >> 54) % SITE_MAX;
	struct drop_symbol symbol = { .address = address };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &symbol, .ctx_size_in = sizeof(symbol));

	while (d->site[at].address && d->site[at].address != address)
		at = (at + 1) % SITE_MAX;
	if (d->site[at].address)
		return d->site[at].name;
	if (bpf_prog_test_run_opts(bpf_program__fd(d->skel->progs.symbol), &opts) || opts.retval)
		snprintf(symbol.name, sizeof(symbol.name), "0x%llx", (unsigned long long)address);
	if (d->site_nr + 1 == SITE_MAX)
		return "?";
	d->site_nr++;
	d->site[at].address = address;
	memcpy(d->site[at].name, symbol.name, sizeof(symbol.name));
	d->site[at].name[sizeof(symbol.name) - 1] = 0;
	return d->site[at].name;
}

static int on_event(void *ctx, void *data, size_t size)
{
	static const struct reason unknown = { .drop = OBS_NAME_OTHER, .name = "?" };
	struct netns_drops *d = ctx;
	const struct drop_event *event = data;
	const struct reason *reason;
	char text[OBS_NAME_MAX + DROP_SYMBOL_MAX + 2];
	const char *site;
	struct obs *obs;

	if (size < sizeof(*event) || !d->out)
		return 0;
	site = site_name(d, event->location);
	if (noise_drop(site, event->own))
		return 0;
	obs = obs_add(d->out, OBS_DROP, d->step);
	if (!obs)
		return 0;
	reason = event->reason < REASON_MAX && d->reason[event->reason].name[0]
			 ? &d->reason[event->reason]
			 : &unknown;
	obs->name = reason->drop;
	if (reason->drop == OBS_NAME_OTHER) {
		snprintf(text, sizeof(text), "%s %s", reason->name, site);
		site = text;
	}
	obs->text_len = (uint32_t)strlen(site);
	obs->text_off = obs_put(d->out, site, obs->text_len);
	return 0;
}

void netns_drops_drain(struct netns_drops *d, struct obs_list *out, uint32_t step)
{
	uint64_t lost;

	d->out = out;
	d->step = step;
	ring_buffer__consume(d->ring);
	lost = __atomic_load_n(&d->skel->bss->lost, __ATOMIC_RELAXED);
	if (lost != d->lost_seen && out)
		out->lost = true;
	d->lost_seen = lost;
}

void netns_drops_watch(struct netns_drops *d, uint64_t cookie)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	bpf_prog_test_run_opts(bpf_program__fd(d->skel->progs.learn_thread), &opts);
	__atomic_store_n(&d->skel->bss->cookie, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&d->skel->bss->net, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&d->skel->bss->cookie, cookie, __ATOMIC_RELEASE);
	netns_drops_drain(d, NULL, 0);
}

uint64_t netns_drops_sent(const struct netns_drops *d)
{
	return __atomic_load_n(&d->skel->bss->sent, __ATOMIC_ACQUIRE);
}

uint64_t netns_drops_net(const struct netns_drops *d)
{
	return __atomic_load_n(&d->skel->bss->net, __ATOMIC_ACQUIRE);
}

void netns_drops_running(struct netns_drops *d, bool running)
{
	__atomic_store_n(&d->skel->bss->running, running, __ATOMIC_RELEASE);
}

/* ---- loading ---- */

static int load(struct netns_drops *d, struct errmsg *why)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int err;

	if (!btf)
		return errmsg_set(why, -ENODEV, "drop reasons: this kernel has no BTF");
	if (!learn_reasons(d, btf)) {
		btf__free(btf);
		return errmsg_set(why, -ENODEV, "drop reasons: this kernel has none");
	}
	d->skel = drop_bpf__open();
	if (!d->skel) {
		btf__free(btf);
		return errmsg_set(why, -errno, "drop reasons: %s", strerror(errno));
	}
	bpf_program__set_autoload(
		event_has_socket(btf) ? d->skel->progs.on_drop : d->skel->progs.on_drop_sk, false);
	btf__free(btf);
	err = drop_bpf__load(d->skel);
	if (!err)
		err = drop_bpf__attach(d->skel);
	if (err)
		return errmsg_set(why, err, "drop reasons: loading BPF: %s%s", strerror(-err),
				  err == -EPERM ? " (root is needed)" : "");
	d->ring = ring_buffer__new(bpf_map__fd(d->skel->maps.events), on_event, d, NULL);
	return d->ring ? 0 : errmsg_set(why, -errno, "drop reasons: ring: %s", strerror(errno));
}

struct netns_drops *netns_drops_new(struct errmsg *why)
{
	struct netns_drops *d;

	if (geteuid() != 0) {
		errmsg_set(why, -EPERM, "drop reasons: BPF needs root");
		return NULL;
	}
	d = calloc(1, sizeof(*d));
	if (!d) {
		errmsg_set(why, -ENOMEM, "drop reasons: no memory");
		return NULL;
	}
	libbpf_set_print(quiet);
	if (load(d, why)) {
		netns_drops_free(d);
		return NULL;
	}
	return d;
}

void netns_drops_free(struct netns_drops *d)
{
	if (!d)
		return;
	ring_buffer__free(d->ring);
	drop_bpf__destroy(d->skel);
	free(d);
}
