/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "harness/guest/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROUND(n) (((n) + 7) & ~(size_t)7)

uint32_t guest_layout(void)
{
	return (uint32_t)(sizeof(struct step) << 20 | sizeof(struct obs) << 10 |
			  sizeof(struct guest_run) << 5 | sizeof(struct guest_obs));
}

void guest_pieces_done(struct guest_pieces *p)
{
	free(p->iov);
	*p = (struct guest_pieces){ .iov = NULL };
}

/* Octets that follow the steps for this one. */
static size_t step_octets(const struct step *s)
{
	return s->type == STEP_FRAME ? s->len : 0;
}

int guest_send_run(struct guest_chan *c, struct guest_pieces *p, const struct step *steps,
		   size_t nr, const struct plan *plan, int timeout_ms)
{
	static const uint8_t padding[8];
	struct guest_run head = {
		.step_nr = (uint32_t)nr,
		.drain_every = plan->drain_every,
		.count_every = plan->count_every,
	};
	size_t used = 0;

	if (p->max < 2 * nr + 2) {
		struct iovec *iov = realloc(p->iov, (2 * nr + 2) * sizeof(*iov));

		if (!iov)
			return -ENOMEM;
		p->iov = iov;
		p->max = 2 * nr + 2;
	}
	p->iov[used++] = (struct iovec){ &head, sizeof(head) };
	p->iov[used++] = (struct iovec){ (void *)(uintptr_t)steps, nr * sizeof(*steps) };
	for (size_t i = 0; i < nr; i++) {
		size_t len = step_octets(&steps[i]);

		p->iov[used++] = (struct iovec){ (void *)(uintptr_t)steps[i].data, len };
		p->iov[used++] = (struct iovec){ (void *)(uintptr_t)padding, ROUND(len) - len };
	}
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
		size_t need = step_octets(&steps[i]);

		if (need > len - at || ROUND(need) > len - at)
			return -EBADMSG;
		steps[i].data = need ? data + at : NULL;
		at += ROUND(need);
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

/* Does what an observation points at lie within the octets that came? */
static bool obs_sound(const struct obs *o, size_t bytes_len)
{
	return o->type < OBS_TYPE_NR && (uint64_t)o->data_off + o->data_len <= bytes_len &&
	       (uint64_t)o->ctrl_off + o->ctrl_len <= bytes_len &&
	       (uint64_t)o->text_off + o->text_len <= bytes_len;
}

int guest_read_obs(const uint8_t *data, size_t len, struct obs_list *l)
{
	struct guest_obs head;
	const uint8_t *obs;
	uint32_t base;

	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	obs = data + sizeof(head);
	len -= sizeof(head);
	if (head.obs_nr > len / sizeof(struct obs) ||
	    len - head.obs_nr * sizeof(struct obs) != head.bytes_len)
		return -EBADMSG;
	base = head.bytes_len ? obs_put(l, obs + head.obs_nr * sizeof(struct obs), head.bytes_len)
			      : 0;
	if (base == UINT32_MAX)
		return -ENOMEM;
	l->lost |= head.lost != 0;
	for (size_t i = 0; i < head.obs_nr; i++) {
		struct obs *o;
		struct obs in;

		memcpy(&in, obs + i * sizeof(in), sizeof(in));
		if (!obs_sound(&in, head.bytes_len))
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
