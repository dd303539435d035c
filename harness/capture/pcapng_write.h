/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A pcapng file in the making: packets with comments, which libpcap cannot write. */
#ifndef HARNESS_CAPTURE_PCAPNG_WRITE_H
#define HARNESS_CAPTURE_PCAPNG_WRITE_H

#include "harness/capture/capture.h"

struct pcapng_writer;

/* Create path; comment is of the whole file, may be NULL. -errno with a message "PATH: ...". */
int pcapng_create(struct pcapng_writer **ret, const char *path, const char *comment,
		  struct errmsg *e);
/*
 * Add a packet as it was recorded, with a comment (NULL: none). Times are in nanoseconds; each link
 * type is an interface of the file. Errors of the file may come only later, from the close.
 */
int pcapng_packet(struct pcapng_writer *w, const struct capture_packet *p,
		  const struct capture_raw *raw, const char *comment, struct errmsg *e);
/* Frees w, whatever it returns: 0 if all is in the file, -errno with a message if not. */
int pcapng_close(struct pcapng_writer *w, struct errmsg *e);

#endif
