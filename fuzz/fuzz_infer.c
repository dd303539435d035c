/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The world that is inferred of a capture: whatever the capture, it is one, the reference can build
 * it, and what is said of each packet is said.
 */
#include <string.h>

#include "fuzz/host.h"
#include "fuzz/target.h"
#include "harness/capture/capture.h"
#include "harness/capture/infer.h"

#define SCRATCH_LEN ((size_t)1 << 20)

static void check_world(const struct world *w, const char *text)
{
	struct errmsg e = { "" };
	struct fuzz_host h;

	FUZZ_CHECK(w->wire_nr > 0, "a world without a wire:\n%s", text);
	FUZZ_CHECK(fuzz_host_open(&h, REF_LINUX_6_18, SCRATCH_LEN, &e) == 0, "%s", e.text);
	FUZZ_CHECK(fuzz_host_world(&h, w, &e) == 0, "%s:\n%s", e.text, text);
	fuzz_host_close(&h);
}

static void check_fates(const struct world *w, struct capture *c)
{
	struct errmsg e = { "" };
	struct capture_packet p;

	if (capture_rewind(c, &e) < 0)
		return;
	while (capture_next(c, &p, &e) > 0) {
		uint8_t eth[14];

		FUZZ_CHECK(capture_fate(w, &p, eth) < FATE_NR, "packet %llu",
			   (unsigned long long)p.nr);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct capture_options capture = { .twice = true, .any_order = true };
	const struct infer_options opt = { .host_nr = 0 };
	struct errmsg e = { "" };
	struct inferred inf;
	struct capture *c;

	if (capture_open_memory(&c, "fuzz", data, size, &capture, &e) < 0)
		return 0;
	if (infer_world(&inf, c, &opt, &e) == 0) {
		check_world(&inf.world, inf.text);
		check_fates(&inf.world, c);
		inferred_done(&inf);
	} else {
		FUZZ_CHECK(*e.text, "an error without a message");
	}
	capture_close(c);
	return 0;
}
