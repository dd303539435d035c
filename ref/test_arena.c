/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Packet memory: classes, reuse, the end of it; under ASan what may be touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ref/arena.h"

static void rooms(void **state)
{
	static const struct {
		size_t n, room;
	} cases[] = {
		{ 1, 128 },   { 128, 128 },	 { 129, 256 },
		{ 256, 256 }, { 65537, 131072 }, { 131072, 131072 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(arena_room(cases[i].n), cases[i].room);
}

static void limits(void **state)
{
	struct arena a;
	void *p[3];

	(void)state;
	assert_int_equal(arena_init(&a, 131072 + 256), 0);
	assert_null(arena_alloc(&a, 131073));
	p[0] = arena_alloc(&a, 131072);
	assert_non_null(p[0]);
	assert_null(arena_alloc(&a, 257));
	p[1] = arena_alloc(&a, 100);
	p[2] = arena_alloc(&a, 128);
	assert_non_null(p[1]);
	assert_non_null(p[2]);
	memset(p[0], 0xa5, 131072);
	memset(p[1], 0xa5, 100);
	memset(p[2], 0xa5, 128);
	assert_null(arena_alloc(&a, 1));
	/* What comes back is given out again, to its own class only. */
	arena_free(&a, p[1], 100);
	assert_null(arena_alloc(&a, 129));
	assert_ptr_equal(arena_alloc(&a, 1), p[1]);
	arena_reset(&a);
	assert_ptr_equal(arena_alloc(&a, 65537), p[0]);
	arena_done(&a);
}

static void closed(void **state)
{
#ifdef REF_ASAN
	struct arena a;
	uint8_t *p;

	(void)state;
	assert_int_equal(arena_init(&a, 4096), 0);
	assert_true(__asan_address_is_poisoned(a.base));
	p = arena_alloc(&a, 200);
	assert_false(__asan_address_is_poisoned(p + 199));
	assert_true(__asan_address_is_poisoned(p + 200));
	arena_free(&a, p, 200);
	assert_true(__asan_address_is_poisoned(p));
	assert_true(__asan_address_is_poisoned(p + 199));
	assert_ptr_equal(arena_alloc(&a, 250), p);
	assert_false(__asan_address_is_poisoned(p + 249));
	arena_reset(&a);
	assert_true(__asan_address_is_poisoned(p));
	arena_done(&a);
#else
	(void)state;
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rooms),
		cmocka_unit_test(limits),
		cmocka_unit_test(closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
