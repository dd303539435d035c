/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The mutator for AFL++, a library that afl-fuzz loads (AFL_CUSTOM_MUTATOR_LIBRARY); its own
 * mutators go on beside it. The functions are those of AFL++'s docs/custom_mutators.md.
 *
 * INPUT_KIND: what the target takes, from meson.build.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/mutate_input.h"

struct mutator {
	struct rng rng;
	size_t max;
	uint8_t *octets;
};

void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **ret, uint8_t *add,
		       size_t add_size, size_t max);
void afl_custom_deinit(void *data);

void *afl_custom_init(void *afl, unsigned int seed)
{
	struct mutator *m = calloc(1, sizeof(*m));

	(void)afl;
	if (m)
		m->rng.state = seed;
	return m;
}

size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **ret, uint8_t *add,
		       size_t add_size, size_t max)
{
	struct mutator *m = data;

	(void)add;
	(void)add_size;
	if (max > m->max) {
		uint8_t *grown = realloc(m->octets, max);

		if (!grown)
			return 0;
		m->octets = grown;
		m->max = max;
	}
	if (size > max)
		size = max;
	memcpy(m->octets, buf, size);
	*ret = m->octets;
	return mutate_input(INPUT_KIND, &m->rng, m->octets, size, max);
}

void afl_custom_deinit(void *data)
{
	struct mutator *m = data;

	free(m->octets);
	free(m);
}
