/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A copy of a capture as pcapng in which each packet bears what became of it as a comment, so that
 * Wireshark shows the verdict beside the packet (`wireshark -g NR FILE` opens at one).
 *
 * The capture is read once more, along with the replay: constant memory, and no need for the replay
 * to keep packets.
 */
#ifndef HARNESS_CAPTURE_ANNOTATE_H
#define HARNESS_CAPTURE_ANNOTATE_H

#include "harness/capture/capture.h"
#include "harness/world/world.h"

struct annotate;

struct annotate_options {
	const char *out; /* file to be written */
	const char *capture; /* "-" will not do: -EINVAL */
	struct capture_options capture_opt;
	const struct world *world; /* borrowed; decides which packets were injected */
	const char *title; /* comment of the file: the stacks and what they are */
};

/* -errno with a message that names the file. Writes nothing over the capture itself: -EINVAL. */
int annotate_open(struct annotate **ret, const struct annotate_options *opt, struct errmsg *e);
/*
 * What became of packet nr. Packets are told of in ascending order; those before that nobody told
 * of were not replayed, and their comments say why.
 */
int annotate_packet(struct annotate *a, uint64_t nr, const char *text, struct errmsg *e);
/*
 * The rest was not replayed. Frees a, whatever it returns. A capture that cannot be read to its
 * end is copied up to there; that is the replay's error, not this one's.
 */
int annotate_close(struct annotate *a, struct errmsg *e);

#endif
