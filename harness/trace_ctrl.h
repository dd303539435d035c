/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Control messages that a trace has a word for. */
#ifndef HARNESS_TRACE_CTRL_H
#define HARNESS_TRACE_CTRL_H

#include <stdbool.h>

#include "harness/obs.h"
#include "harness/text.h"
#include "harness/world/world.h"

/* How the octets of a control message are written. */
enum ctrl_form {
	CTRL_INT, /* four octets, decimal */
	CTRL_HEX8, /* one octet */
	CTRL_PKTINFO, /* device, local address, destination */
	CTRL_ENDPOINT, /* struct sockaddr_in */
	CTRL_ERR, /* struct sock_extended_err and the offender */
	CTRL_OCTETS, /* any number of them */
};

struct ctrl_word {
	const char *word;
	int level, type;
	enum ctrl_form form;
};

/* The row of a control message by its number, or by its word; NULL: none. */
const struct ctrl_word *ctrl_by_type(int level, int type);
const struct ctrl_word *ctrl_by_word(const char *word, size_t len);
/* "pktinfo=eth0,10.0.0.1,10.0.0.1", or "cmsg=LEVEL/TYPE:HEX" when the octets have another form. */
void ctrl_text(struct text *t, const struct world *w, const struct obs_cmsg *c,
	       const uint8_t *data);
/* The octets of a value as ctrl_text() writes it, into ret of at most max octets; false: not so. */
bool ctrl_value(const struct ctrl_word *row, const struct world *w, const char *value, uint8_t *ret,
		size_t max, size_t *ret_len);

/* One record out of obs->ctrl_*; advances *at, false at the end. */
bool ctrl_next(const struct obs_list *l, const struct obs *obs, size_t *at, struct obs_cmsg *ret,
	       const uint8_t **ret_data);

#endif
