/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Messages over the shared memory and the doorbell of proto.h; the same code on both sides. */
#ifndef HARNESS_GUEST_CHAN_H
#define HARNESS_GUEST_CHAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "harness/errmsg.h"
#include "harness/guest/proto.h"

struct guest_chan {
	struct guest_shm *shm; /* borrowed */
	bool host; /* which side this is */
	int in, out; /* the doorbell; may be the same */
	uint8_t *buf; /* a message of several parts; kept for the next */
	size_t buf_max;
};

/*
 * Send one message, made of pieces. timeout_ms: for each answer of the other side to a part;
 * negative: for ever. -ETIMEDOUT, -EPIPE (the other side has gone) or another -errno.
 */
int guest_chan_send(struct guest_chan *c, enum guest_message type, const struct iovec *iov,
		    size_t iov_nr, int timeout_ms);
/*
 * The next message. Its octets are the channel's until the next call. Errors as above; -EBADMSG:
 * lengths that can't be.
 */
int guest_chan_recv(struct guest_chan *c, enum guest_message *ret_type, uint8_t **ret_data,
		    size_t *ret_len, int timeout_ms);
void guest_chan_done(struct guest_chan *c);

#endif
