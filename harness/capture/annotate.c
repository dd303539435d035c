/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "harness/capture/annotate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/capture/infer.h"
#include "harness/capture/pcapng_write.h"

struct annotate {
	struct capture *capture;
	struct pcapng_writer *out;
	const struct world *world;
	uint64_t nr; /* packets written */
	bool ended; /* the capture has no more */
};

static bool same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

int annotate_open(struct annotate **ret, const struct annotate_options *opt, struct errmsg *e)
{
	struct annotate *a;
	int err;

	if (!strcmp(opt->capture, "-"))
		return errmsg_set(
			e, -EINVAL,
			"%s: the capture is read twice for comments, which standard input "
			"cannot be: save it to a file first",
			opt->out);
	if (same_file(opt->out, opt->capture))
		return errmsg_set(e, -EINVAL, "%s: is the capture itself: name another file",
				  opt->out);
	a = calloc(1, sizeof(*a));
	if (!a)
		return errmsg_set(e, -ENOMEM, "%s: no memory", opt->out);
	a->world = opt->world;
	err = capture_open(&a->capture, opt->capture, &opt->capture_opt, e);
	if (!err)
		err = pcapng_create(&a->out, opt->out, opt->title, e);
	if (err) {
		capture_close(a->capture);
		free(a);
		return err;
	}
	*ret = a;
	return 0;
}

/* Copy packets up to nr, which bears the text. */
static int copy(struct annotate *a, uint64_t nr, const char *text, struct errmsg *e)
{
	while (a->nr < nr && !a->ended) {
		struct capture_packet p;
		struct capture_raw raw;
		struct errmsg unread;
		uint8_t eth[14];
		char comment[128];
		enum capture_fate fate;
		int err;

		if (capture_next(a->capture, &p, &unread) != 1) {
			a->ended = true;
			break;
		}
		a->nr = p.nr;
		capture_raw(a->capture, &raw);
		fate = capture_fate(a->world, &p, eth);
		snprintf(comment, sizeof(comment), "netparity: not replayed%s%s",
			 fate == FATE_INJECT ? "" : ": ",
			 fate == FATE_INJECT ? "" : capture_fate_text[fate]);
		err = pcapng_packet(a->out, &p, &raw, p.nr == nr ? text : comment, e);
		if (err)
			return err;
	}
	return 0;
}

int annotate_packet(struct annotate *a, uint64_t nr, const char *text, struct errmsg *e)
{
	return copy(a, nr, text, e);
}

int annotate_close(struct annotate *a, struct errmsg *e)
{
	struct errmsg later;
	int err = copy(a, UINT64_MAX, NULL, e);
	int close_err = pcapng_close(a->out, err ? &later : e);

	capture_close(a->capture);
	free(a);
	return err ? err : close_err;
}
