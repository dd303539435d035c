/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A finding on disk: a case file and a capture that say it all, written whole or not at all. */
#ifndef FUZZ_FINDING_H
#define FUZZ_FINDING_H

#include "fuzz/shrink.h"

/* A short name for a fingerprint: the same fault has the same one. */
uint64_t fingerprint_hash(const char *text);

/*
 * Write DIR/NAME.case and DIR/NAME.pcap, NAME made from the fingerprint: the same fault has the
 * same name. DIR is made if it is not there. path: where the case went (size octets).
 * 0, or -errno with a message.
 */
int finding_write(const char *dir, const char *fingerprint, const char *about,
		  const struct world *w, const struct shrunk *s, char *path, size_t size,
		  struct errmsg *e);

#endif
