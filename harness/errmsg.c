/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "harness/errmsg.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One line, whatever a file name or an input had in it. */
static void one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

int errmsg_set(struct errmsg *e, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	one_line(e->text);
	return err;
}

int errmsg_wrap(struct errmsg *e, int err, const char *fmt, ...)
{
	char what[sizeof(e->text)], old[sizeof(e->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	memcpy(old, e->text, sizeof(old));
	snprintf(e->text, sizeof(e->text), "%.250s: %.250s", what, old);
	one_line(e->text);
	return err;
}
