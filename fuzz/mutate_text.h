/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The part of mutate_input.h for worlds, cases and traces: lines and words. */
#ifndef FUZZ_MUTATE_TEXT_H
#define FUZZ_MUTATE_TEXT_H

#include <stdbool.h>

#include <stddef.h>
#include <stdint.h>

#include "fuzz/rng.h"

size_t mutate_text(struct rng *r, uint8_t *data, size_t size, size_t max);

#endif
