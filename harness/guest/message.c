/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "harness/guest/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/call/call.h"

#define ROUND(n) (((n) + 7) & ~(size_t)7)

uint32_t guest_layout(void)
{
	return (uint32_t)((sizeof(struct step) << 20 | sizeof(struct obs) << 10 |
			   sizeof(struct guest_run) << 5 | sizeof(struct guest_obs)) ^
			  sizeof(struct call) << 16);
}

void guest_pieces_done(struct guest_pieces *p)
{
	free(p->iov);
	*p = (struct guest_pieces){ .iov = NULL };
}

#define PARTS (CALL_PARTS + 1) /* most pieces of one step, padding among them */

/* The octets that follow the steps for this one, rounded up, as pieces from iov on. */
static size_t step_pieces(const struct step *s, struct iovec *iov)
{
	static const uint8_t padding[8];
	struct call_part parts[CALL_PARTS];
	size_t len = 0, used = 0;

	if (s->type == STEP_FRAME) {
		len = s->len;
		iov[used++] = (struct iovec){ (void *)(uintptr_t)s->data, s->len };
	} else if (s->type == STEP_CALL) {
		len = call_parts(s->call, parts);
		for (; used < CALL_PARTS; used++)
			iov[used] = (struct iovec){ (void *)(uintptr_t)parts[used].data,
						    parts[used].len };
	}
	iov[used++] = (struct iovec){ (void *)(uintptr_t)padding, ROUND(len) - len };
	return used;
}

/* Find them again behind the steps; returns how many octets, SIZE_MAX: not so. */
static size_t step_point(struct step *s, uint8_t *data, size_t len)
{
	size_t need = s->type == STEP_FRAME ? s->len : 0;

	s->data = NULL;
	if (s->type == STEP_CALL) {
		s->call = call_unpack(data, len, &need);
		if (!s->call)
			return SIZE_MAX;
	}
	if (need > len || ROUND(need) > len)
		return SIZE_MAX;
	if (s->type == STEP_FRAME && need)
		s->data = data;
	return ROUND(need);
}

int guest_send_run(struct guest_chan *c, struct guest_pieces *p, const struct step *steps,
		   size_t nr, const struct plan *plan, bool fast, int timeout_ms)
{
	struct guest_run head = {
		.step_nr = (uint32_t)nr,
		.drain_every = plan->drain_every,
		.count_every = plan->count_every,
		.fast = fast,
	};
	size_t used = 0;

	if (p->max < PARTS * nr + 2) {
		struct iovec *iov = realloc(p->iov, (PARTS * nr + 2) * sizeof(*iov));

		if (!iov)
			return -ENOMEM;
		p->iov = iov;
		p->max = PARTS * nr + 2;
	}
	p->iov[used++] = (struct iovec){ &head, sizeof(head) };
	p->iov[used++] = (struct iovec){ (void *)(uintptr_t)steps, nr * sizeof(*steps) };
	for (size_t i = 0; i < nr; i++)
		used += step_pieces(&steps[i], p->iov + used);
	return guest_chan_send(c, GUEST_RUN, p->iov, used, timeout_ms);
}

int guest_read_run(uint8_t *data, size_t len, struct step **ret_steps, size_t *ret_nr,
		   struct plan *ret_plan)
{
	struct guest_run head;
	struct step *steps;
	size_t at, nr;

	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	nr = head.step_nr;
	if ((len - sizeof(head)) / sizeof(*steps) < nr)
		return -EBADMSG;
	steps = (void *)(data + sizeof(head));
	at = sizeof(head) + nr * sizeof(*steps);
	for (size_t i = 0; i < nr; i++) {
		size_t took = step_point(&steps[i], data + at, len - at);

		if (took == SIZE_MAX || steps[i].chan >= WORLD_SOCKET_MAX)
			return -EBADMSG;
		at += took;
	}
	*ret_steps = steps;
	*ret_nr = nr;
	*ret_plan = (struct plan){ head.drain_every, head.count_every };
	return at == len ? 0 : -EBADMSG;
}

int guest_send_obs(struct guest_chan *c, const struct obs_list *l, int timeout_ms)
{
	struct guest_obs head = {
		.obs_nr = l->nr,
		.bytes_len = l->bytes_used,
		.lost = l->lost,
	};
	const struct iovec iov[] = {
		{ &head, sizeof(head) },
		{ l->obs, l->nr * sizeof(*l->obs) },
		{ l->bytes, l->bytes_used },
	};

	return guest_chan_send(c, GUEST_OBS, iov, 3, timeout_ms);
}

/* Does it lie within the octets that came? Of nothing, where it lies means nothing. */
static bool within(uint32_t off, uint32_t len, size_t bytes_len)
{
	return len == 0 || (uint64_t)off + len <= bytes_len;
}

static bool obs_sound(const struct obs *o, size_t bytes_len)
{
	return o->type < OBS_TYPE_NR && within(o->data_off, o->data_len, bytes_len) &&
	       within(o->ctrl_off, o->ctrl_len, bytes_len) &&
	       within(o->text_off, o->text_len, bytes_len);
}

/* bytes: what the observations point into. */
static int add_all(const struct guest_obs *head, const uint8_t *obs, const uint8_t *bytes,
		   struct obs_list *l)
{
	uint32_t base = head->bytes_len ? obs_put(l, bytes, head->bytes_len) : 0;

	if (base == UINT32_MAX)
		return -ENOMEM;
	l->lost |= head->lost != 0;
	for (size_t i = 0; i < head->obs_nr; i++) {
		struct obs *o;
		struct obs in;

		memcpy(&in, obs + i * sizeof(in), sizeof(in));
		if (!obs_sound(&in, head->bytes_len))
			return -EBADMSG;
		o = obs_add(l, (enum obs_type)in.type, in.step);
		if (!o)
			return -ENOMEM;
		*o = in;
		o->data_off += base;
		o->ctrl_off += base;
		o->text_off += base;
	}
	return 0;
}

int guest_read_obs(const uint8_t *data, size_t len, struct obs_list *l)
{
	struct guest_obs head;

	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	data += sizeof(head);
	len -= sizeof(head);
	if (head.obs_nr > len / sizeof(struct obs) ||
	    len - head.obs_nr * sizeof(struct obs) != head.bytes_len)
		return -EBADMSG;
	return add_all(&head, data, data + head.obs_nr * sizeof(struct obs), l);
}

int guest_read_obs_fast(const uint8_t *data, size_t len, struct obs_list *l)
{
	struct guest_obs head;

	if (len < GUEST_AREA_LEN / 2)
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	if (head.obs_nr > (GUEST_AREA_LEN / 2 - sizeof(head)) / sizeof(struct obs) ||
	    len - GUEST_AREA_LEN / 2 != head.bytes_len)
		return -EBADMSG;
	return add_all(&head, data + sizeof(head), data + GUEST_AREA_LEN / 2, l);
}
