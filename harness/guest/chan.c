/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "harness/guest/chan.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct guest_half *half(const struct guest_chan *c, bool own)
{
	return c->host == own ? &c->shm->down : &c->shm->up;
}

static uint8_t *area(const struct guest_chan *c, bool own)
{
	return (uint8_t *)c->shm + GUEST_HEAD_LEN + (c->host == own ? 0 : GUEST_AREA_LEN);
}

static int ring(struct guest_chan *c)
{
	static const char octet = GUEST_RING;

	for (;;) {
		ssize_t n = write(c->out, &octet, 1);

		if (n == 1)
			return 0;
		if (n < 0 && errno != EINTR)
			return errno == ECONNRESET ? -EPIPE : -errno;
	}
}

/* Wait for the other side's ring. */
static int await(struct guest_chan *c, int timeout_ms)
{
	struct pollfd pfd = { .fd = c->in, .events = POLLIN };
	char octet;

	for (;;) {
		int n = timeout_ms < 0 ? 1 : poll(&pfd, 1, timeout_ms);
		ssize_t got;

		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		got = read(c->in, &octet, 1);
		if (got == 1)
			return 0;
		if (got == 0)
			return -EPIPE;
		if (errno != EINTR && errno != EAGAIN)
			return errno == ECONNRESET ? -EPIPE : -errno;
	}
}

int guest_chan_send(struct guest_chan *c, enum guest_message type, const struct iovec *iov,
		    size_t iov_nr, int timeout_ms)
{
	struct guest_half *h = half(c, true);
	uint8_t *to = area(c, true);
	size_t used = 0;
	int err;

	for (size_t i = 0; i < iov_nr; i++) {
		const uint8_t *from = iov[i].iov_base;
		size_t left = iov[i].iov_len;

		while (left) {
			size_t room = GUEST_AREA_LEN - used, n = left < room ? left : room;

			memcpy(to + used, from, n);
			used += n;
			from += n;
			left -= n;
			if (used < GUEST_AREA_LEN)
				continue;
			*h = (struct guest_half){ .type = type, .more = 1, .len = used };
			err = ring(c);
			if (!err)
				err = await(c, timeout_ms);
			if (err)
				return err;
			used = 0;
		}
	}
	*h = (struct guest_half){ .type = type, .len = used };
	return ring(c);
}

static int keep(struct guest_chan *c, size_t have, const uint8_t *part, size_t len)
{
	if (have + len > c->buf_max) {
		size_t max = c->buf_max ? c->buf_max : GUEST_AREA_LEN;
		uint8_t *buf;

		while (max < have + len)
			max *= 2;
		buf = realloc(c->buf, max);
		if (!buf)
			return -ENOMEM;
		c->buf = buf;
		c->buf_max = max;
	}
	memcpy(c->buf + have, part, len);
	return 0;
}

int guest_chan_recv(struct guest_chan *c, enum guest_message *ret_type, uint8_t **ret_data,
		    size_t *ret_len, int timeout_ms)
{
	const struct guest_half *h = half(c, false);
	uint8_t *from = area(c, false);
	size_t have = 0;
	int err;

	for (;;) {
		struct guest_half now;

		err = await(c, timeout_ms);
		if (err)
			return err;
		now = *h;
		if (now.len > GUEST_AREA_LEN)
			return -EBADMSG;
		if (!now.more && !have) { /* where it lies */
			*ret_type = (enum guest_message)now.type;
			*ret_data = from;
			*ret_len = now.len;
			return 0;
		}
		err = keep(c, have, from, now.len);
		if (err)
			return err;
		have += now.len;
		if (!now.more) {
			*ret_type = (enum guest_message)now.type;
			*ret_data = c->buf;
			*ret_len = have;
			return 0;
		}
		err = ring(c);
		if (err)
			return err;
	}
}

void guest_chan_done(struct guest_chan *c)
{
	free(c->buf);
	c->buf = NULL;
	c->buf_max = 0;
}
