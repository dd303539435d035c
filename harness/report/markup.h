/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Text of any origin within XML and HTML. What comes out is valid UTF-8 that both can hold: octets
 * that are no UTF-8, control characters, and characters that turn the direction of text stand as
 * \xHH or \uHHHH.
 */
#ifndef HARNESS_MARKUP_H
#define HARNESS_MARKUP_H

#include <stdio.h>

/* Between tags: new lines and tabs stay. */
void markup_text(FILE *out, const char *text, size_t len);
/* Within the double quotes of an attribute: a new line is &#10;. */
void markup_attr(FILE *out, const char *text);
/* name="TEXT" with a space before it. */
void markup_pair(FILE *out, const char *name, const char *text);

#endif
