/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A file of cases: read to its end; each case that is whole is written, read again (the same case),
 * and runs on the `ref` stack.
 */
#include <string.h>

#include "fuzz/target.h"
#include "harness/call/call.h"
#include "harness/case/case.h"
#include "harness/case/case_write.h"
#include "harness/source.h"
#include "harness/stack/stack.h"

#define STEPS_MAX 64 /* of one case: the rest is not run */

static void check_case(const struct tcase *c)
{
	for (size_t i = 0; i < c->step_nr; i++) {
		const struct step *s = &c->steps[i];

		FUZZ_CHECK(s->idx == i, "step %zu is number %u", i, s->idx);
		if (s->type == STEP_FRAME)
			FUZZ_CHECK(s->chan < c->world.wire_nr && s->data >= c->bytes &&
					   s->len <= c->bytes_used,
				   "a frame of %zu octets on wire %u", s->len, s->chan);
	}
}

static bool same_call(const struct step *a, const struct world *wa, const struct step *b,
		      const struct world *wb)
{
	static char text_a[1 << 20], text_b[1 << 20];
	struct text ta = text_init(text_a, sizeof(text_a)), tb = text_init(text_b, sizeof(text_b));

	call_text(&ta, wa, a->chan, a->call, SIZE_MAX);
	call_text(&tb, wb, b->chan, b->call, SIZE_MAX);
	return strcmp(text_a, text_b) == 0;
}

static bool same_step(const struct step *a, const struct world *wa, const struct step *b,
		      const struct world *wb)
{
	if (a->type == STEP_CALL && b->type == STEP_CALL)
		return same_call(a, wa, b, wb);
	return a->type == b->type && a->chan == b->chan && a->len == b->len &&
	       a->sleep_ns == b->sleep_ns &&
	       (a->type != STEP_FRAME || memcmp(a->data, b->data, a->len) == 0);
}

static void check_again(const struct tcase *c)
{
	struct errmsg e = { "" };
	struct case_file f;
	struct tcase again;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	case_write(out, c->name, NULL, &c->world, c->steps, c->step_nr);
	if (fclose(out) == 0 && case_file_open_memory(&f, "again", text, size, &e) == 0) {
		int got = case_file_next(&f, &again, &e);

		FUZZ_CHECK(got == 1, "what was written is no case: %s\n%s", e.text, text);
		FUZZ_CHECK(strcmp(c->name, again.name) == 0 && again.step_nr == c->step_nr &&
				   again.world.line_nr == c->world.line_nr,
			   "%zu steps become %zu:\n%s", c->step_nr, again.step_nr, text);
		for (size_t i = 0; i < c->step_nr; i++)
			FUZZ_CHECK(
				same_step(&c->steps[i], &c->world, &again.steps[i], &again.world),
				"step %zu is another:\n%s", i, text);
		tcase_done(&again);
		case_file_close(&f);
	}
	free(text);
}

/* Of what the stack shows, every observation belongs to a step, in order. */
static void run_case(struct stack *stack, const struct tcase *c)
{
	const struct plan plan = { .drain_every = 1, .count_every = 1 };
	size_t nr = c->step_nr < STEPS_MAX ? c->step_nr : STEPS_MAX;
	struct errmsg e = { "" };
	struct obs_list seen;
	int err = stack->ops->world(stack, &c->world, &e);

	FUZZ_CHECK(err == 0 || *e.text, "an error without a message");
	if (err < 0)
		return;
	obs_list_init(&seen);
	err = stack->ops->run(stack, c->steps, nr, &plan, &seen, &e);
	FUZZ_CHECK(err == 0, "%s", e.text);
	for (size_t i = 0; i < seen.nr; i++)
		FUZZ_CHECK(seen.obs[i].step < nr &&
				   (i == 0 || seen.obs[i].step >= seen.obs[i - 1].step),
			   "observation %zu is of step %u", i, seen.obs[i].step);
	obs_list_done(&seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stack *stack;
	struct errmsg e = { "" };
	struct case_file f;
	struct tcase c;
	int got;

	if (!stack && stack_open(&stack, "ref", &e) < 0)
		return 0;
	if (case_file_open_memory(&f, "fuzz", data, size, &e) < 0)
		return 0;
	while ((got = case_file_next(&f, &c, &e)) > 0) {
		check_case(&c);
		check_again(&c);
		run_case(stack, &c);
		tcase_done(&c);
	}
	FUZZ_CHECK(got == 0 || *e.text, "an error without a message");
	case_file_close(&f);
	return 0;
}
