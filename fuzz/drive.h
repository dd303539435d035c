/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Inputs of steps_input.h on hosts of the reference: what the targets `host` and `twice` share. */
#ifndef FUZZ_DRIVE_H
#define FUZZ_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzz/host.h"

/* Told of everything that the host shows, in its order. Members may be NULL. */
struct drive_sink {
	void *ctx;
	/* Observations of one step or call. */
	void (*update)(void *ctx, const struct ref_update *u);
	/* A receive call: what it returned, and the message if that is no error. */
	void (*received)(void *ctx, unsigned int socket, long ret, const struct ref_msg *msg,
			 uint32_t flags);
};

/* The host of octet 0, made on first use, then kept; reset. Never NULL: no memory ends the run. */
struct fuzz_host *drive_host(uint8_t world);
/* Hosts of drive_host(): worlds are taken modulo this. */
#define DRIVE_WORLDS 24

/*
 * Do the steps of data (behind octet 0) on a host, each followed by receive calls until its sockets
 * are empty; then let every timer fire, and empty the held sockets too.
 */
void drive(struct fuzz_host *h, const uint8_t *data, size_t size, const struct drive_sink *sink);
/* Octets of packet memory that are handed out. */
size_t drive_in_use(const struct fuzz_host *h);

#endif
