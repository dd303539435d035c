/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "harness/report/out.h"

#include <errno.h>
#include <string.h>

int report_out_open(struct report_out *o, struct errmsg *e)
{
	o->file = o->path ? fopen(o->path, "we") : stdout;
	if (!o->file)
		return errmsg_set(e, -EINVAL, "%s: %s", o->path, strerror(errno));
	o->err = o->format->begin ? o->format->begin(o) : 0;
	if (o->err == 0)
		return 0;
	errmsg_set(e, o->err, "%s: %s", o->path ? o->path : "standard output", strerror(-o->err));
	if (o->path)
		fclose(o->file);
	return o->err;
}

static void keep(struct report_out *o, int err)
{
	if (o->err == 0)
		o->err = err;
}

void report_out_one(struct report_out *o, const struct report_case *c)
{
	keep(o, o->format->one(o, c));
}

void report_out_outside(struct report_out *o, const char *what)
{
	if (o->format->outside)
		keep(o, o->format->outside(o, what));
}

int report_out_close(struct report_out *o, const struct report_total *t, int exit_status,
		     struct errmsg *e)
{
	keep(o, o->format->end(o, t, exit_status));
	if (o->format->done)
		o->format->done(o);
	/* Of standard output the program says it at its end. */
	if (!o->path)
		return 0;
	errno = 0;
	if (ferror(o->file))
		keep(o, -EIO);
	if (fclose(o->file) != 0)
		keep(o, errno ? -errno : -EIO);
	return o->err < 0 ? errmsg_set(e, o->err, "%s: %s", o->path, strerror(-o->err)) : 0;
}

/* ---- for a person ---- */

static int person_one(struct report_out *o, const struct report_case *c)
{
	if (!o->quiet || c->res->differing)
		report_person(o->file, c, o->max);
	return 0;
}

static int person_end(struct report_out *o, const struct report_total *t, int exit_status)
{
	(void)exit_status;
	report_person_total(o->file, t);
	return 0;
}

const struct report_format report_format_person = { .one = person_one, .end = person_end };

/* ---- JSON lines ---- */

static int json_one(struct report_out *o, const struct report_case *c)
{
	return report_json_case(o->file, c);
}

static int json_outside(struct report_out *o, const char *what)
{
	return report_json_error(o->file, what);
}

static int json_end(struct report_out *o, const struct report_total *t, int exit_status)
{
	return report_json_total(o->file, t, exit_status);
}

const struct report_format report_format_json = {
	.one = json_one,
	.outside = json_outside,
	.end = json_end,
};
