/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Progress on a terminal. */
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "harness/cli/cli.h"

#define FIRST_MS 500
#define EVERY_MS 200

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void progress_begin(struct progress *p, const char *what)
{
	*p = (struct progress){
		.on = isatty(STDERR_FILENO) == 1,
		.what = what,
		.next_ms = now_ms() + FIRST_MS,
	};
}

void progress_show(struct progress *p, uint64_t nr)
{
	long long now = p->on ? now_ms() : 0;

	if (!p->on || now < p->next_ms)
		return;
	p->next_ms = now + EVERY_MS;
	fprintf(stderr, "\r\033[K%s: %" PRIu64, p->what, nr);
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->on)
		fprintf(stderr, "\r\033[K");
}
