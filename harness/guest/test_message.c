/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Messages between harness and guest: both ends in two processes, over real doorbells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/call/call.h"
#include "harness/guest/message.h"

struct ends {
	struct guest_chan host, guest;
};

static void ends_open(struct ends *x)
{
	int pair[2];

	memset(x, 0, sizeof(*x));
	x->host.shm = mmap(NULL, GUEST_MEM_LEN, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			   -1, 0);
	assert_true(x->host.shm != MAP_FAILED);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	x->guest.shm = x->host.shm;
	x->host.host = true;
	x->host.in = x->host.out = pair[0];
	x->guest.in = x->guest.out = pair[1];
}

static void ends_close(struct ends *x)
{
	guest_chan_done(&x->host);
	guest_chan_done(&x->guest);
	close(x->host.in);
	close(x->guest.in);
	munmap(x->host.shm, GUEST_MEM_LEN);
}

/* A child that sends back what it gets, until the other end closes. */
static pid_t echo(struct ends *x)
{
	pid_t pid = fork();
	enum guest_message type;
	struct iovec iov;
	uint8_t *data;
	size_t len;

	assert_true(pid >= 0);
	if (pid)
		return pid;
	close(x->host.in);
	while (guest_chan_recv(&x->guest, &type, &data, &len, -1) == 0) {
		uint8_t *copy = malloc(len ? len : 1); /* it lies where a part may come to lie */

		if (!copy)
			_exit(1);
		memcpy(copy, data, len);
		iov = (struct iovec){ copy, len };
		if (guest_chan_send(&x->guest, type, &iov, 1, -1))
			_exit(1);
		free(copy);
	}
	_exit(0);
}

static void test_lengths(void **state)
{
	static const size_t lens[] = { 0,
				       1,
				       GUEST_AREA_LEN - 1,
				       GUEST_AREA_LEN,
				       GUEST_AREA_LEN + 1,
				       3 * GUEST_AREA_LEN + 7,
				       5 };
	uint8_t *sent = malloc(4 * GUEST_AREA_LEN);
	struct ends x;
	pid_t pid;

	(void)state;
	assert_non_null(sent);
	for (size_t i = 0; i < 4 * GUEST_AREA_LEN; i++)
		sent[i] = (uint8_t)(i * 2654435761u >> 24);
	ends_open(&x);
	pid = echo(&x);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		const struct iovec iov[] = { { sent, lens[i] / 2 },
					     { sent + lens[i] / 2, lens[i] - lens[i] / 2 } };
		enum guest_message type = GUEST_NONE;
		uint8_t *data;
		size_t len = 99;

		assert_int_equal(guest_chan_send(&x.host, GUEST_TRY, iov, 2, 5000), 0);
		assert_int_equal(guest_chan_recv(&x.host, &type, &data, &len, 5000), 0);
		assert_int_equal(type, GUEST_TRY);
		assert_int_equal(len, lens[i]);
		assert_memory_equal(data, sent, len);
	}
	shutdown(x.host.in, SHUT_RDWR);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	ends_close(&x);
	free(sent);
}

static void test_silence(void **state)
{
	enum guest_message type;
	struct ends x;
	uint8_t *data;
	size_t len;

	(void)state;
	ends_open(&x);
	assert_int_equal(guest_chan_recv(&x.host, &type, &data, &len, 20), -ETIMEDOUT);
	shutdown(x.guest.out, SHUT_WR);
	assert_int_equal(guest_chan_recv(&x.host, &type, &data, &len, 20), -EPIPE);
	ends_close(&x);
}

/* A length that is none. */
static void test_bad_length(void **state)
{
	enum guest_message type;
	struct ends x;
	uint8_t *data;
	size_t len;

	(void)state;
	ends_open(&x);
	x.host.shm->up = (struct guest_half){ .type = GUEST_OBS, .len = GUEST_AREA_LEN + 1 };
	assert_int_equal(write(x.guest.out, "r", 1), 1);
	assert_int_equal(guest_chan_recv(&x.host, &type, &data, &len, 1000), -EBADMSG);
	ends_close(&x);
}

static void test_run(void **state)
{
	static const uint8_t frame[] = "0123456789012", other[] = "abcdefgh";
	static const uint8_t address[CALL_ADDR_ROOM] = { 2, 0, 0, 53 };
	const struct call receive = { .type = CALL_RECVMSG, .len = 12, .flags = 3 };
	const struct call send = {
		.type = CALL_SENDMSG,
		.addr = address,
		.addr_len = 16,
		.data = other,
		.data_len = 5,
		.chunk = { 2, 3 },
		.chunk_nr = 2,
		.control = frame,
		.control_len = 3,
	};
	const struct step steps[] = {
		{ .type = STEP_FRAME, .idx = 4, .chan = 1, .data = frame, .len = sizeof(frame) },
		{ .type = STEP_SLEEP, .idx = 5, .sleep_ns = 17 },
		{ .type = STEP_CALL, .idx = 6, .call = &receive },
		{ .type = STEP_FRAME, .idx = 7, .data = other, .len = 8 },
		{ .type = STEP_CALL, .idx = 8, .call = &send },
	};
	const struct plan plan = { 2, 4 };
	struct guest_pieces pieces = { .iov = NULL };
	enum guest_message type;
	struct plan got_plan;
	struct step *got;
	struct ends x;
	uint8_t *data;
	size_t len, nr;

	(void)state;
	ends_open(&x);
	assert_int_equal(guest_send_run(&x.host, &pieces, steps, 5, &plan, true, 1000), 0);
	assert_int_equal(guest_chan_recv(&x.guest, &type, &data, &len, 1000), 0);
	assert_int_equal(type, GUEST_RUN);
	/* Each shorter one is refused, and so is one that says more steps. */
	for (size_t cut = 1; cut <= len; cut++) {
		uint8_t *copy = malloc(len);

		assert_non_null(copy);
		memcpy(copy, data, len);
		assert_int_equal(guest_read_run(copy, len - cut, &got, &nr, &got_plan), -EBADMSG);
		free(copy);
	}
	assert_int_equal(guest_read_run(data, len, &got, &nr, &got_plan), 0);
	assert_int_equal(nr, 5);
	assert_int_equal(got_plan.drain_every, 2);
	assert_int_equal(got_plan.count_every, 4);
	assert_int_equal(got[0].chan, 1);
	assert_memory_equal(got[0].data, frame, sizeof(frame));
	assert_int_equal(got[1].sleep_ns, 17);
	assert_int_equal(got[2].call->len, 12);
	assert_int_equal(got[2].call->flags, 3);
	assert_null(got[2].call->data);
	assert_memory_equal(got[4].call->addr, address, sizeof(address));
	assert_memory_equal(got[4].call->data, other, 5);
	assert_memory_equal(got[4].call->control, frame, 3);
	assert_null(got[2].data);
	assert_memory_equal(got[3].data, other, 8);
	guest_pieces_done(&pieces);
	ends_close(&x);
}

static void test_obs(void **state)
{
	struct obs_list a, b;
	enum guest_message type;
	struct ends x;
	struct obs *o;
	uint8_t *data;
	size_t len;

	(void)state;
	ends_open(&x);
	obs_list_init(&a);
	obs_list_init(&b);
	obs_put(&b, "before", 6);
	o = obs_add(&a, OBS_EMIT, 3);
	o->data_off = obs_put(&a, "frame", 5);
	o->data_len = 5;
	o = obs_add(&a, OBS_COUNT, 3);
	o->value = -2;
	assert_int_equal(guest_send_obs(&x.guest, &a, 1000), 0);
	assert_int_equal(guest_chan_recv(&x.host, &type, &data, &len, 1000), 0);
	assert_int_equal(type, GUEST_OBS);
	for (size_t cut = 1; cut <= len; cut++)
		assert_int_equal(guest_read_obs(data, len - cut, &b), -EBADMSG);
	obs_list_clear(&b);
	obs_put(&b, "before", 6);
	assert_int_equal(guest_read_obs(data, len, &b), 0);
	assert_int_equal(b.nr, 2);
	assert_memory_equal(b.bytes + b.obs[0].data_off, "frame", 5);
	assert_int_equal(b.obs[1].value, -2);
	/* What points outside is refused. */
	((struct obs *)(data + sizeof(struct guest_obs)))->data_len = 6;
	assert_int_equal(guest_read_obs(data, len, &b), -EBADMSG);
	/* Nothing at all is fine. */
	obs_list_clear(&a);
	obs_list_done(&b);
	assert_int_equal(guest_send_obs(&x.guest, &a, 1000), 0);
	assert_int_equal(guest_chan_recv(&x.host, &type, &data, &len, 1000), 0);
	assert_int_equal(guest_read_obs(data, len, &b), 0);
	assert_int_equal(b.nr, 0);
	obs_list_done(&a);
	obs_list_done(&b);
	ends_close(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),	   cmocka_unit_test(test_silence),
		cmocka_unit_test(test_bad_length), cmocka_unit_test(test_run),
		cmocka_unit_test(test_obs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
