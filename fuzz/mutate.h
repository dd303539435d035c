/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The structure-aware mutator: one source for the generator and for both fuzzing engines. It
 * changes header fields, options, lengths and octets of one Ethernet frame and, most of the time,
 * repairs what the change broke (header checksum, total length, transport length and checksum).
 */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

#include "fuzz/rng.h"

/* What mutate_repair() puts right. */
#define REPAIR_TOT_LEN 0x1u
#define REPAIR_IP_CSUM 0x2u
#define REPAIR_L4_LEN  0x4u
#define REPAIR_L4_CSUM 0x8u
#define REPAIR_ALL     0xfu

/*
 * Change frame (len octets, room for max) a little. Returns the new length, at most max. Works on
 * anything, an empty frame included.
 */
size_t mutate_frame(struct rng *r, uint8_t *frame, size_t len, size_t max);
/* Put right what `what` says, where the frame is whole enough for it to mean something. */
void mutate_repair(uint8_t *frame, size_t len, unsigned int what);

#endif
