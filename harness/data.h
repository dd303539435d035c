/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Where the project's own data is: rows of behaviours, recorded answers, known differences. */
#ifndef HARNESS_DATA_H
#define HARNESS_DATA_H

#include <stddef.h>

#include "harness/errmsg.h"

/*
 * The path of an entry of conformance/ ("recorded", "rows") into buf. Looked for in the folder
 * that NETPARITY_DATA names, else beside the program: ../conformance (a build tree), then
 * ../share/netparity (installed). 0, or -ENOENT with a message.
 */
int data_path(char *buf, size_t size, const char *name, struct errmsg *e);
/* A glob pattern of the cases that the build made, or that were installed. 0 or -ENOENT. */
int data_cases(char *buf, size_t size, struct errmsg *e);

#endif
