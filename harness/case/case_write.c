/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* One function for each kind of step. */
#include "harness/case/case_write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/call/call.h"

static void write_frame(FILE *f, const struct world *w, const struct step *s)
{
	static const char digits[] = "0123456789abcdef";

	fprintf(f, "recv %s ", w->wires[s->chan].name);
	for (size_t i = 0; i < s->len; i++) {
		putc_unlocked(digits[s->data[i] >> 4], f);
		putc_unlocked(digits[s->data[i] & 15], f);
	}
}

static void write_sleep(FILE *f, const struct world *w, const struct step *s)
{
	(void)w;
	/* More nanoseconds than the reader takes digits of: in a larger unit and a fraction. */
	if (s->sleep_ns < UINT64_C(1000000000))
		fprintf(f, "sleep %" PRIu64 "ns", s->sleep_ns);
	else
		fprintf(f, "sleep %" PRIu64 ".%09" PRIu64 "s", s->sleep_ns / UINT64_C(1000000000),
			s->sleep_ns % UINT64_C(1000000000));
}

/* All octets of a call, as call_parse() reads it. */
static void write_call(FILE *f, const struct world *w, const struct step *s)
{
	const size_t size = 4 * CALL_DATA_MAX;
	char *buf = malloc(size);
	struct text t = text_init(buf, buf ? size : 0);

	if (!buf)
		return;
	call_text(&t, w, s->chan, s->call, SIZE_MAX);
	fprintf(f, "call %s", buf);
	free(buf);
}

static void (*const writers[])(FILE *f, const struct world *w, const struct step *s) = {
	[STEP_FRAME] = write_frame,
	[STEP_SLEEP] = write_sleep,
	[STEP_CALL] = write_call,
};

static void write_notes(FILE *f, const char *notes)
{
	while (*notes) {
		size_t len = strcspn(notes, "\n");

		fprintf(f, "# %.*s\n", (int)len, notes);
		notes += len + (notes[len] == '\n');
	}
}

/* Sockets of calls that no step before them makes. */
static void write_names(FILE *f, const struct world *w, const struct step *steps, size_t nr)
{
	bool known[WORLD_SOCKET_MAX] = { false };

	for (size_t i = 0; i < nr; i++) {
		const struct step *s = &steps[i];

		if (s->type != STEP_CALL || !w->step_socket[s->chan] || known[s->chan])
			continue;
		known[s->chan] = true;
		if (s->call->type != CALL_SOCKET)
			fprintf(f, "name %s\n", w->socket_name[s->chan]);
	}
}

int case_write(FILE *f, const char *name, const char *notes, const struct world *w,
	       const struct step *steps, size_t nr)
{
	char *text = world_text(w);

	if (!text)
		return -ENOMEM;
	fprintf(f, "case %s\n", name);
	if (notes)
		write_notes(f, notes);
	fputs(text, f);
	free(text);
	write_names(f, w, steps, nr);
	for (size_t i = 0; i < nr; i++) {
		writers[steps[i].type](f, w, &steps[i]);
		fputc('\n', f);
	}
	return 0;
}
