/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The log of a campaign: text, one line for each thing that must not be forgotten.
 *
 *	next SEED                      all stretches before this seed have run
 *	found HASH SEED FINGERPRINT    a kind of difference, and the stretch that showed it
 *	done HASH                      it is shrunk and written
 */
#ifndef FUZZ_CAMPAIGN_LOG_H
#define FUZZ_CAMPAIGN_LOG_H

#include "fuzz/campaign.h"

struct campaign_kind {
	uint64_t hash, seed;
	bool done;
	bool old; /* of an earlier run */
	char fingerprint[RUN_FINGERPRINT_MAX];
};

struct campaign_log {
	int fd; /* -1: none is kept */
	const char *dir;
	uint64_t next_seed; /* 0: none told */
	uint64_t next_told; /* the latest that is in the file */
	double told_at_s;
	struct campaign_kind *kind;
	size_t kind_nr;
};

/* keep: read what there is, and lock it. -EBUSY: another process has it. */
int campaign_log_open(struct campaign_log *l, const char *dir, bool keep, struct errmsg *e);
void campaign_log_close(struct campaign_log *l);
/* The kind of this fingerprint, or NULL. */
struct campaign_kind *campaign_log_find(struct campaign_log *l, const char *fingerprint);
/* A new kind, on disk when this returns; NULL: there are too many, or no memory. */
struct campaign_kind *campaign_log_found(struct campaign_log *l, const char *fingerprint,
					 uint64_t seed);
void campaign_log_done(struct campaign_log *l, struct campaign_kind *k);
/* Now and then, or `now`: the seed to go on with. */
void campaign_log_next(struct campaign_log *l, uint64_t seed, bool now);

#endif
