/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A finding on disk: a case and a capture that say it all. Files are written whole or not at all:
 * beside, synced, then renamed.
 */
#ifndef FUZZ_FINDING_H
#define FUZZ_FINDING_H

#include "harness/errmsg.h"
#include "harness/step.h"
#include "harness/world/world.h"

#define FINDING_PATH_MAX 640
/* Comment lines of a case that say what it is a finding of: "# found: FINGERPRINT". */
#define FINDING_FOUND	 "found: "

/* A short name for a fingerprint: the same fault has the same one. */
uint64_t fingerprint_hash(const char *text);

/*
 * Write DIR/HASH-WHAT.case, HASH being that of the fingerprint (what "": DIR/HASH.case) and, with
 * `capture`, a .pcap of its frames beside. notes: lines for the head of the case. DIR is there.
 * ret_path: where the case went (FINDING_PATH_MAX octets). 0, or -errno with a message.
 */
int finding_write(const char *dir, const char *what, const char *fingerprint, const char *notes,
		  const struct world *w, const struct step *steps, size_t nr, bool capture,
		  char *ret_path, struct errmsg *e);
/* The work on a finding is done: remove DIR/HASH-WHAT.case. */
void finding_remove(const char *dir, const char *what, const char *fingerprint);

#endif
