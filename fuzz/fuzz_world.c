/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A world file: read, written as text, read again: the same world. Then a host is made of it; what
 * the reference cannot do is an error with a message.
 */
#include <string.h>

#include "fuzz/host.h"
#include "fuzz/target.h"
#include "harness/lines.h"

#define SCRATCH_LEN ((size_t)1 << 20)

static int read_world(struct world *w, const void *data, size_t size, struct errmsg *e)
{
	struct lines lines;
	int err = lines_open_memory(&lines, "fuzz", data, size, WORLD_LINE_MAX, e);

	world_init(w, "fuzz");
	if (err < 0)
		return err;
	err = world_read_lines(w, &lines, e);
	lines_close(&lines);
	return err;
}

static void check_again(const struct world *w)
{
	char *text = world_text(w), *again;
	struct errmsg e = { "" };
	struct world other;
	int err;

	if (!text)
		return;
	err = read_world(&other, text, strlen(text), &e);
	FUZZ_CHECK(err == 0, "its own text is no world: %s\n%s", e.text, text);
	again = world_text(&other);
	FUZZ_CHECK(!again || strcmp(text, again) == 0, "\n%sbecomes\n%s", text, again);
	FUZZ_CHECK(other.wire_nr == w->wire_nr && other.socket_nr == w->socket_nr &&
			   other.link_nr == w->link_nr && other.local_nr == w->local_nr,
		   "%zu wires, %zu sockets become %zu, %zu", w->wire_nr, w->socket_nr,
		   other.wire_nr, other.socket_nr);
	free(again);
	free(text);
	world_done(&other);
}

static void build(const struct world *w)
{
	struct errmsg e = { "" };
	struct fuzz_host h;

	if (fuzz_host_open(&h, REF_LINUX_6_18, SCRATCH_LEN, &e) == 0 &&
	    fuzz_host_world(&h, w, &e) < 0)
		FUZZ_CHECK(*e.text, "an error without a message");
	fuzz_host_close(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct errmsg e = { "" };
	struct world w;

	if (read_world(&w, data, size, &e) < 0) {
		FUZZ_CHECK(*e.text, "an error without a message");
	} else {
		check_again(&w);
		build(&w);
	}
	world_done(&w);
	return 0;
}
