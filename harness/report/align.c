/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "harness/report/align.h"

static char mark(const struct align *at, const struct obs *a, const struct obs *b)
{
	const struct divergence *d = at->d;
	uint32_t type = a ? a->type : b->type;

	if ((a && a == d->diff.a) || (b && b == d->diff.b))
		return '>';
	if (!(at->types & OBS_BIT(type)))
		return '-';
	return a && b && obs_equal(&d->a, a, &d->b, b) ? ' ' : '!';
}

bool align_next(struct align *at, struct align_row *ret)
{
	const struct divergence *d = at->d;
	const struct obs *a = at->i < d->a.nr ? &d->a.obs[at->i] : NULL;
	const struct obs *b = at->j < d->b.nr ? &d->b.obs[at->j] : NULL;
	int order;

	if (!a && !b)
		return false;
	order = !a ? 1 : !b ? -1 : obs_slot_cmp(&d->a, a, &d->b, b);
	*ret = (struct align_row){
		.a = order <= 0 ? a : NULL,
		.b = order >= 0 ? b : NULL,
	};
	ret->mark = mark(at, ret->a, ret->b);
	at->i += order <= 0;
	at->j += order >= 0;
	return true;
}
