/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "harness/cli/comments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/text.h"
#include "harness/trace.h"

#define TEXT_MAX 8192
/* Octets of payloads and frames: the packet itself is next to the comment. */
#define HEX_MAX	 16

int comments_open(struct comments *c, const struct annotate_options *opt, const struct stack *a,
		  const struct stack *b, struct errmsg *e)
{
	struct annotate_options titled = *opt;
	char title[256];
	struct text t = text_init(title, sizeof(title));
	int err;

	*c = (struct comments){ .w = opt->world, .a = a, .b = b, .text = malloc(TEXT_MAX) };
	if (!c->text)
		return errmsg_set(e, -ENOMEM, "%s: no memory", opt->out);
	text_add(&t, "netparity: each packet's comment says what became of it: %s", a->label);
	if (b)
		text_add(&t, " against %s", b->label);
	titled.title = title;
	err = annotate_open(&c->annotate, &titled, e);
	if (err < 0) {
		free(c->text);
		*c = (struct comments){ .text = NULL };
	}
	return err;
}

static void add_lines(struct text *t, const struct comments *c, const char *label,
		      struct obs_range range)
{
	text_add(t, "\n%s:%s", label, range.first == range.end ? " nothing" : "");
	for (size_t i = range.first; i < range.end; i++) {
		char line[512];

		trace_line_short(line, sizeof(line), HEX_MAX, c->w, range.list,
				 &range.list->obs[i]);
		/* Without the number of the step: the comment is on its packet. */
		text_add(t, "\n  %s", line + strspn(line, "0123456789 "));
	}
}

int comments_step(struct comments *c, const struct step *step, struct obs_range a,
		  struct obs_range b, const struct diff *diff, struct errmsg *e)
{
	struct text t = text_init(c->text, TEXT_MAX);

	if (diff->found)
		text_add(&t, "netparity: differs: %s: %s", diff->field, diff->detail);
	else
		text_add(&t, "netparity: %s", c->b ? "no difference" : "replayed");
	add_lines(&t, c, c->a->label, a);
	if (diff->found)
		add_lines(&t, c, c->b->label, b);
	return annotate_packet(c->annotate, (uint64_t)step->idx + 1, c->text, e);
}

int comments_close(struct comments *c, struct errmsg *e)
{
	int err = annotate_close(c->annotate, e);

	free(c->text);
	*c = (struct comments){ .text = NULL };
	return err;
}
