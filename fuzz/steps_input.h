/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Octets as steps on a host: what the targets `host`, `twice` and `reassembly` take, and what the
 * mutator takes apart and puts together again. Any octets mean something.
 *
 *	octet 0: number of the world
 *	then records: 16 bits in network order, and what belongs to them
 *	  0 w f f f f f f f f f f f f f f   a frame of f octets on wire w; they follow
 *	  1 0 t t t t t t t t t t t t t t   t hundredths of a second pass
 *	  1 1 c c . . . . s s s s s s s s   a call on socket s: see enum input_call
 */
#ifndef FUZZ_STEPS_INPUT_H
#define FUZZ_STEPS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ref/wire/cur.h"

#define INPUT_STEPS_MAX 96 /* records that are looked at */
#define INPUT_FRAME_MIN 14
#define INPUT_TICK_NS	UINT64_C(10000000)

enum input_call {
	INPUT_CALL_READ,
	INPUT_CALL_PEEK,
	INPUT_CALL_SHORT, /* with a buffer of 8 octets, and little room for control messages */
	INPUT_CALL_ERROR, /* of the error queue */
};

struct input_step {
	enum { INPUT_FRAME, INPUT_SLEEP, INPUT_CALL } type;
	uint8_t chan; /* wire or socket: the target takes it modulo what it has */
	enum input_call call;
	uint64_t sleep_ns;
	const uint8_t *data; /* FRAME: borrowed */
	size_t len; /* FRAME: fewer than asked for where the input ends */
};

/* The next record from cur, which stands behind octet 0. False: no more. */
static inline bool input_step_next(struct wire_cur *cur, struct input_step *ret)
{
	uint16_t head;

	if (cur->left < 2)
		return false;
	head = wire_get16(wire_take(cur, 2));
	*ret = (struct input_step){ .type = INPUT_FRAME };
	if (!(head & 0x8000)) {
		ret->chan = head >> 14 & 1;
		ret->len = head & 0x3fffu;
		if (ret->len > cur->left)
			ret->len = cur->left;
		ret->data = wire_take(cur, ret->len);
	} else if (!(head & 0x4000)) {
		ret->type = INPUT_SLEEP;
		ret->sleep_ns = (head & 0x3fffu) * INPUT_TICK_NS;
	} else {
		ret->type = INPUT_CALL;
		ret->call = (enum input_call)(head >> 12 & 3);
		ret->chan = (uint8_t)head;
	}
	return true;
}

#endif
