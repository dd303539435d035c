/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The mutator for libFuzzer, which may always take its own besides (one time in four). With
 * NETPARITY_FUZZ_IDENTITY=1 in the environment inputs stay as they are: then an execution costs
 * what the target costs, which is what ci/bench measures.
 *
 * INPUT_KIND: what the target takes, from meson.build.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "fuzz/mutate_input.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	static int identity = -1;
	struct rng r = { seed };

	if (identity < 0)
		identity = getenv("NETPARITY_FUZZ_IDENTITY") != NULL;
	if (identity)
		return size;
	if (rng_one_in(&r, 4))
		return LLVMFuzzerMutate(data, size, max);
	return mutate_input(INPUT_KIND, &r, data, size, max);
}
