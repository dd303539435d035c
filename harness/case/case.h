/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Case files: plain text, several cases to a file.
 *
 *   case NAME
 *   rows ID...                          the behaviours that it shows, see conformance/rows
 *   LINE OF A WORLD ...                 see harness/world/world.h
 *   recv WIRE HEX...                    a frame from the Ethernet header on; white space is fine
 *   sleep 1.5s                          ns, us, ms or s
 *   sendmsg SOCKET to 10.0.0.2:7 data 6162              a socket call: see harness/call/call.h
 *   recvmsg SOCKET flags MSG_PEEK|MSG_TRUNC
 *   name SOCKET                         no step: a socket that none makes, closed all along
 *
 * '#' begins a comment; a line that ends in a backslash goes on in the next. World lines stand
 * before the first step. A `socket` line behind the first step is a call, and so is any call with
 * the word `call` in front: call socket s2 AF_INET SOCK_DGRAM 0. One case is in memory at a time.
 */
#ifndef HARNESS_CASE_H
#define HARNESS_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/errmsg.h"
#include "harness/lines.h"
#include "harness/step.h"
#include "harness/world/world.h"

#define CASE_NAME_MAX	 128
#define CASE_STEPS_MAX	 65536
#define CASE_BYTES_MAX	 ((size_t)64 << 20) /* octets of the frames of one case */
#define CASE_LINE_MAX	 (512 * 1024) /* hexadecimal digits of the longest frame, spaced out */
#define CASE_SLEEP_MAX_S 86400

struct tcase {
	char name[CASE_NAME_MAX];
	unsigned int line; /* of the word case */
	uint64_t hash; /* of its lines, without comments, name and rows: what a recording is of */
	char *rows; /* behaviours that it shows: their ids, a space between; NULL: none are named */
	struct world world;
	struct step *steps; /* data points into bytes; calls are owned */
	size_t step_nr, step_max;
	uint8_t *bytes;
	size_t bytes_used, bytes_max;
};

struct case_file {
	struct lines lines;
	bool pending; /* lines.text is the `case` line of the next one */
};

/* path may be "-". 0, or -errno with a message. */
int case_file_open(struct case_file *f, const char *path, struct errmsg *e);
/* The same of octets that stay until case_file_close(); name is for messages. */
int case_file_open_memory(struct case_file *f, const char *name, const void *data, size_t len,
			  struct errmsg *e);
/*
 * The next case; release it with tcase_done(). 1: a case; 0: no more; -errno with a message
 * "FILE:LINE: ..." (then nothing is to be released).
 */
int case_file_next(struct case_file *f, struct tcase *ret, struct errmsg *e);
void case_file_close(struct case_file *f);
void tcase_done(struct tcase *c);

#endif
