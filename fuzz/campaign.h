/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Differential fuzzing: generated cases on two stacks, for a while, and what differs.
 *
 * Cases run in stretches of CAMPAIGN_STRETCH, each in a world of its own; world and cases come from
 * the seed of the stretch, and stretch number i has the seed S + i: so what a long campaign found
 * is found again in one stretch. A new kind of difference is written down at once, as it is
 * (HASH-found.case), then shrunk, confirmed, and written as HASH.case and HASH.pcap.
 *
 * A campaign that has a folder keeps a log in it (campaign.log): one that was stopped or killed
 * goes on with the next seed, knows what it has found, and shrinks what it had not finished.
 */
#ifndef FUZZ_CAMPAIGN_H
#define FUZZ_CAMPAIGN_H

#include "fuzz/finding.h"
#include "fuzz/shrink.h"
#include "harness/run.h"

#define CAMPAIGN_STRETCH   65536 /* cases */
#define CAMPAIGN_KINDS_MAX 4096 /* kinds of difference that are told apart */
#define CAMPAIGN_TAIL	   4096 /* steps of a difference that are written down at once */

struct campaign_finding {
	const char *fingerprint, *path;
	const struct divergence *div; /* as it was seen first */
	const struct world *w; /* of div */
	const struct shrunk *small;
};

struct campaign_options {
	const char *dir; /* of findings */
	bool log; /* keep a log there, and go on where it ends */
	uint64_t seed; /* 0: where the log ends, or first_seed */
	uint64_t first_seed; /* of a campaign without a log */
	uint64_t cases, seconds; /* the end, whichever comes first; 0: not given */
	size_t batch;
	bool (*stop)(void); /* asked often: true ends it */
	void (*begins)(void *ctx, uint64_t seed, uint64_t known); /* kinds known of earlier runs */
	void (*progress)(void *ctx, uint64_t cases);
	void (*finding)(void *ctx, const struct campaign_finding *f);
	/* A stack does not take a world that the other one takes: a difference too, of worlds. */
	void (*refused)(void *ctx, uint64_t seed, const char *why);
	void *ctx;
};

struct campaign_sum {
	uint64_t cases, steps, stretches;
	uint64_t differing; /* steps */
	uint64_t kinds; /* found by this run */
	uint64_t again; /* steps of kinds that were known from an earlier one */
	uint64_t refused; /* worlds */
	uint64_t next_seed;
};

/* 0, or -errno with a message: -EBUSY: another campaign is at work in the folder. */
int campaign(struct stack *a, struct stack *b, const struct campaign_options *opt,
	     struct campaign_sum *ret, struct errmsg *e);

/*
 * Shrink one case and write it down in dir: all kinds of difference that it shows, each told to
 * `finding`. *ret_kinds: how many. 0, or -errno with a message.
 */
int campaign_shrink_case(struct stack *a, struct stack *b, const struct tcase *c,
			 const struct campaign_options *opt, uint64_t *ret_kinds, struct errmsg *e);

#endif
