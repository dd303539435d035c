/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A packet, field by field. */
#include <string.h>

#include "harness/field_text.h"
#include "harness/report/report.h"
#include "ref/wire/field.h"

#define LINE_WIDTH 116
#define NAME_WIDTH 14
#define VALUE_MAX  100 /* octets fields are cut here */

/* A line that is broken between fields when it grows too wide. */
struct line {
	FILE *out;
	int indent;
	size_t width;
};

static void put(struct line *l, const char *text, bool first)
{
	size_t len = strlen(text) + (first ? 0 : 2);

	if (!first && l->width + len > LINE_WIDTH) {
		fprintf(l->out, ",\n%*s", l->indent + NAME_WIDTH, "");
		l->width = (size_t)l->indent + NAME_WIDTH;
		first = true;
	}
	fprintf(l->out, "%s%s", first ? "" : ", ", text);
	l->width += len;
}

void report_packet(FILE *out, const uint8_t *frame, size_t len, int indent)
{
	struct wire_layer layers[WIRE_LAYER_MAX];
	size_t nr = wire_layers(frame, len, layers, WIRE_LAYER_MAX);

	for (size_t i = 0; i < nr; i++) {
		const struct wire_layer *layer = &layers[i];
		struct line line = { .out = out, .indent = indent, .width = NAME_WIDTH };
		char name[32], text[160], value[VALUE_MAX];

		snprintf(name, sizeof(name), "%s%s", layer->quoted ? "> " : "",
			 layer->header->name);
		fprintf(out, "%*s%-*s", indent, "", NAME_WIDTH, name);
		line.width += (size_t)indent;
		if (layer->cut)
			put(&line, "(cut)", true);
		for (size_t j = 0; j < layer->header->field_nr; j++) {
			const struct wire_field *f = &layer->header->fields[j];

			if (!wire_field_fits(layer, f))
				continue;
			field_text(value, sizeof(value), frame, layer, f);
			snprintf(text, sizeof(text), "%s %s", f->name, value);
			put(&line, text, j == 0 && !layer->cut);
		}
		fprintf(out, "\n");
	}
}
