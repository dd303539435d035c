/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Changes to the input of a fuzz target, by what kind of input that is: one source for libFuzzer
 * (mutator_libfuzzer.c) and AFL++ (mutator_afl.c). Frames inside are changed by mutate_frame(),
 * which repairs lengths and checksums most of the time; so are the lengths that a capture file has
 * around them.
 */
#ifndef FUZZ_MUTATE_INPUT_H
#define FUZZ_MUTATE_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "fuzz/rng.h"

/* What a target takes: the second column of the table of targets in fuzz/meson.build. */
enum input_kind {
	INPUT_KIND_FRAME, /* one Ethernet frame */
	INPUT_KIND_STEPS, /* steps_input.h */
	INPUT_KIND_FRAGMENTS, /* fragments_input.h */
	INPUT_KIND_CAPTURE, /* a pcap or pcapng file */
	INPUT_KIND_TEXT, /* lines of words */
};

/*
 * Change data (size octets, room for max) a little. Returns the new size, at most max; 0 only if
 * max is 0. Works on anything.
 */
size_t mutate_input(enum input_kind kind, struct rng *r, uint8_t *data, size_t size, size_t max);

#endif
