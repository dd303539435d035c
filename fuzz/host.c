/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Lines of a world, done one by one as the `ref` stack does them. */
#include "fuzz/host.h"

#include <errno.h>
#include <string.h>

#include "harness/stack/ref_world.h"

int fuzz_host_open(struct fuzz_host *h, enum ref_profile profile, size_t arena_len,
		   struct errmsg *e)
{
	const struct ref_config config = { .profile = profile, .arena_len = arena_len };

	*h = (struct fuzz_host){ .net = ref_new(&config) };
	world_init(&h->w, "fuzz");
	return h->net ? 0 : errmsg_set(e, -ENOMEM, "out of memory");
}

void fuzz_host_close(struct fuzz_host *h)
{
	ref_free(h->net);
	world_done(&h->w);
	h->net = NULL;
}

static int add_wire(struct fuzz_host *h, struct errmsg *e)
{
	const struct world_wire *wire = &h->w.wires[h->w.wire_nr - 1];
	struct ref_link link = { .kind = REF_LINK_WIRE };
	int ifindex;

	memcpy(link.name, wire->name, sizeof(link.name));
	memcpy(link.mac, wire->mac, sizeof(link.mac));
	ifindex = ref_link_add(h->net, &link);
	if (ifindex < 0)
		return errmsg_set(e, ifindex, "wire %s: %s", link.name, strerror(-ifindex));
	h->ifindex[h->w.wire_nr - 1] = ifindex;
	return ref_link_flags(h->net, ifindex, REF_LINK_UP, 0);
}

static int do_line(struct fuzz_host *h, const struct world_line *line, struct errmsg *e)
{
	size_t sock = h->w.socket_nr - 1;
	int fd, err;

	switch (line->verb) {
	case WORLD_WIRE:
		return add_wire(h, e);
	case WORLD_IP:
		return ref_world_ip(h->net, line, e);
	case WORLD_SYSCTL:
		err = ref_sysctl_set(h->net, line->argv[0], line->argv[1]);
		return err < 0 ? errmsg_set(e, err, "sysctl %s", line->argv[0]) : 0;
	case WORLD_SOCKET:
		break;
	}
	fd = ref_world_socket(h->net, &h->w, line, &h->held[sock], e);
	if (fd < 0)
		return fd;
	h->fd[sock] = fd;
	return 0;
}

int fuzz_host_line(struct fuzz_host *h, const char *text, struct errmsg *e)
{
	size_t before = h->w.line_nr;
	int err = world_add_line(&h->w, text, (unsigned int)before + 1, e);

	if (err < 0 || h->w.line_nr == before)
		return err;
	return do_line(h, &h->w.lines[before], e);
}

int fuzz_host_world(struct fuzz_host *h, const struct world *w, struct errmsg *e)
{
	int err = 0;

	for (size_t i = 0; i < w->line_nr && err == 0; i++)
		err = fuzz_host_line(h, w->lines[i].text, e);
	return err;
}
