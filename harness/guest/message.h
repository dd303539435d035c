/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Steps and observations as messages. */
#ifndef HARNESS_GUEST_MESSAGE_H
#define HARNESS_GUEST_MESSAGE_H

#include "harness/guest/chan.h"
#include "harness/obs.h"
#include "harness/step.h"

/* How large the structs are that travel as they are. */
uint32_t guest_layout(void);

/* Send the steps of a run. pieces is room for it, kept between calls; fast: see proto.h. */
struct guest_pieces {
	struct iovec *iov;
	size_t max;
};
void guest_pieces_done(struct guest_pieces *p);
int guest_send_run(struct guest_chan *c, struct guest_pieces *p, const struct step *steps,
		   size_t nr, const struct plan *plan, bool fast, int timeout_ms);
/*
 * Read it: the steps lie in data and point into it. -EBADMSG: lengths that can't be. The data must
 * be aligned as a struct step.
 */
int guest_read_run(uint8_t *data, size_t len, struct step **ret_steps, size_t *ret_nr,
		   struct plan *ret_plan);

int guest_send_obs(struct guest_chan *c, const struct obs_list *l, int timeout_ms);
/* Add them to l. */
int guest_read_obs(const uint8_t *data, size_t len, struct obs_list *l);
int guest_read_obs_fast(const uint8_t *data, size_t len, struct obs_list *l);

#endif
