/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A fuzz target: one file fuzz_NAME.c with this function, one line in fuzz/meson.build that says
 * what kind of input it takes. The same file is linked with libFuzzer, with AFL++'s driver, and
 * with replay.c, a plain program that runs files: that one is the test of corpus/NAME/.
 *
 * A target takes any octets, does the same with the same ones, and says that something is wrong by
 * FUZZ_CHECK(). Nothing is switched off for the sake of fuzzing.
 */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Always returns 0. data is borrowed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold; else the engine keeps the input. The message says what was seen. */
#define FUZZ_CHECK(ok, ...)                                                                        \
	do {                                                                                       \
		if (__builtin_expect(!(ok), 0)) {                                                  \
			fprintf(stderr, "%s:%d: %s does not hold: ", __FILE__, __LINE__, #ok);     \
			fprintf(stderr, __VA_ARGS__);                                              \
			fputc('\n', stderr);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif
