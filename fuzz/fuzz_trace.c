/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Lines of a trace: what is read and written again is the same observation. */
#include <string.h>

#include "fuzz/gen.h"
#include "fuzz/target.h"
#include "harness/compare/compare.h"
#include "harness/lines.h"
#include "harness/trace.h"

#define LINES_MAX 256

static void make_world(struct world *w)
{
	struct errmsg e = { "" };
	struct lines lines;

	world_init(w, "fuzz");
	FUZZ_CHECK(lines_open_memory(&lines, "fuzz", gen_world, strlen(gen_world), WORLD_LINE_MAX,
				     &e) == 0 &&
			   world_read_lines(w, &lines, &e) == 0,
		   "%s", e.text);
	lines_close(&lines);
}

static void check_again(const struct world *w, const struct obs_list *l, const struct obs *obs)
{
	static char text[TRACE_LINE_MAX], again[TRACE_LINE_MAX];
	struct errmsg e = { "" };
	struct obs_list other;
	size_t len = trace_line(text, sizeof(text), w, l, obs);

	if (len >= sizeof(text))
		return;
	obs_list_init(&other);
	FUZZ_CHECK(trace_parse(&other, w, text, &e) == 1, "%s: %s", e.text, text);
	trace_line(again, sizeof(again), w, &other, &other.obs[0]);
	FUZZ_CHECK(strcmp(text, again) == 0, "\n%s\nbecomes\n%s", text, again);
	FUZZ_CHECK(obs_equal(l, obs, &other, &other.obs[0]), "not equal: %s", text);
	obs_list_done(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	struct errmsg e = { "" };
	struct lines lines;
	struct obs_list l;

	if (!w.file)
		make_world(&w);
	if (lines_open_memory(&lines, "fuzz", data, size, TRACE_LINE_MAX, &e) < 0)
		return 0;
	obs_list_init(&l);
	/* Without a comment: the location of a drop is one. */
	while (l.nr < LINES_MAX && lines_next(&lines, &e) > 0) {
		size_t before = l.nr;
		int got = trace_parse(&l, &w, lines.text, &e);

		FUZZ_CHECK(got >= 0 || *e.text, "an error without a message");
		if (got == 1) {
			FUZZ_CHECK(l.nr == before + 1, "one line, %zu observations", l.nr - before);
			check_again(&w, &l, &l.obs[before]);
		}
	}
	obs_list_done(&l);
	lines_close(&lines);
	return 0;
}
