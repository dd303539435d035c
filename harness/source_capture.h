/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The packets of a capture as steps. */
#ifndef HARNESS_SOURCE_CAPTURE_H
#define HARNESS_SOURCE_CAPTURE_H

#include "harness/capture/capture.h"
#include "harness/capture/infer.h"
#include "harness/source.h"

struct capture_source {
	struct source source;
	struct capture *capture; /* borrowed */
	const struct world *world;
	struct step steps[SOURCE_CHUNK_MAX + 1];
	size_t nr;
	bool left_over; /* steps[nr] belongs to the next chunk */
	uint8_t *bytes;
	size_t bytes_used, bytes_max;
	uint64_t fates[FATE_NR]; /* of the packets read so far */
};

void capture_source_init(struct capture_source *s, struct capture *c, const struct world *w);
void capture_source_done(struct capture_source *s);

#endif
