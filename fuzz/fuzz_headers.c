/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* One frame through the views of headers, and what prints them. */
#include <string.h>

#include "fuzz/target.h"
#include "harness/field_text.h"
#include "harness/trace.h"
#include "ref/wire/field.h"

/* Every layer lies in the frame, behind the one before; every field that fits can be shown. */
static void check_layer(const uint8_t *data, size_t size, const struct wire_layer *l)
{
	char text[4096];

	FUZZ_CHECK(l->off <= size && l->len <= size - l->off, "%s at %zu, %zu octets, of %zu",
		   l->header->name, l->off, l->len, size);
	for (size_t i = 0; i < l->header->field_nr; i++) {
		const struct wire_field *f = &l->header->fields[i];
		int n, cut;

		memset(text, 0xa5, sizeof(text));
		n = field_text(text, sizeof(text), data, l, f);
		FUZZ_CHECK(n >= 0 && memchr(text, '\0', sizeof(text)), "%s %s has no end",
			   l->header->name, f->name);
		/* With no room for it the length is the same; only octets end earlier. */
		cut = field_text(text, 4, data, l, f);
		FUZZ_CHECK(f->format == WIRE_OCTETS || cut == n, "%s %s: %d, cut %d",
			   l->header->name, f->name, n, cut);
		FUZZ_CHECK(memchr(text, '\0', 4), "%s %s, cut, has no end", l->header->name,
			   f->name);
		if (wire_field_fits(l, f) && f->bits > 0 && f->bits <= 32)
			FUZZ_CHECK(f->bits == 32 || wire_field_value(data, l, f) >> f->bits == 0,
				   "%s %s has more than %u bits", l->header->name, f->name,
				   f->bits);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_layer layers[WIRE_LAYER_MAX], few[2];
	char text[1024], small[16];
	size_t nr = wire_layers(data, size, layers, WIRE_LAYER_MAX), len;

	FUZZ_CHECK(nr <= WIRE_LAYER_MAX, "%zu layers", nr);
	for (size_t i = 0; i < nr; i++)
		check_layer(data, size, &layers[i]);
	FUZZ_CHECK(wire_layers(data, size, few, 2) <= 2, "more layers than there is room for");
	len = trace_frame_text(text, sizeof(text), data, size);
	FUZZ_CHECK(memchr(text, '\0', sizeof(text)), "no end, %zu", len);
	trace_frame_text(small, sizeof(small), data, size);
	FUZZ_CHECK(strncmp(small, text, strlen(small)) == 0, "cut, it is no beginning: %s", small);
	return 0;
}
