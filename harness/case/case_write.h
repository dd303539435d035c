/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A case as text, ready to be read again by case.h. */
#ifndef HARNESS_CASE_WRITE_H
#define HARNESS_CASE_WRITE_H

#include <stddef.h>
#include <stdio.h>

#include "harness/step.h"
#include "harness/world/world.h"

/*
 * Write `case NAME`, the lines of notes as comments (NULL: none), the world, the steps. 0, or
 * -ENOMEM; whether f took it all is the caller's to ask (ferror()).
 */
int case_write(FILE *f, const char *name, const char *notes, const struct world *w,
	       const struct step *steps, size_t nr);

#endif
