/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The list of what one step did: frames that left, packets that were dropped. */
#include "ref/net.h"

#include <string.h>

static struct ref_obs *obs_next(struct ref *net, enum ref_obs_type type, int ifindex)
{
	struct ref_obs *obs;

	if (net->update.obs_nr == REF_OBS_MAX) {
		net->update.overflow = true;
		return NULL;
	}
	obs = &net->obs[net->update.obs_nr++];
	obs->type = type;
	obs->ifindex = ifindex;
	return obs;
}

void obs_emit(struct ref *net, int ifindex, const uint8_t *frame, size_t len)
{
	struct ref_obs *obs;
	uint8_t *copy = net->obs_bytes + net->obs_bytes_used;

	if (len > REF_OBS_BYTES - net->obs_bytes_used) {
		net->update.overflow = true;
		return;
	}
	obs = obs_next(net, REF_OBS_EMIT, ifindex);
	if (!obs)
		return;
	memcpy(copy, frame, len);
	net->obs_bytes_used += len;
	obs->data = copy;
	obs->len = len;
	obs->at = NULL;
}

void obs_drop(struct ref *net, int ifindex, enum skb_drop_reason reason, const char *at)
{
	struct ref_obs *obs = obs_next(net, REF_OBS_DROP, ifindex);

	if (!obs)
		return;
	obs->data = NULL;
	obs->len = 0;
	obs->reason = (uint16_t)reason;
	obs->at = at;
}
