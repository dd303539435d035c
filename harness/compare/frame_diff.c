/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The field in which two frames differ, by the tables of fields. */
#include "harness/compare/frame_diff.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "harness/field_text.h"
#include "ref/wire/field.h"

/* Enough of any field's text to see the difference. */
#define VALUE_MAX 72

struct frame {
	const uint8_t *octets;
	struct wire_layer layers[WIRE_LAYER_MAX];
	size_t nr;
};

struct found {
	const struct wire_layer *layer;
	const struct wire_field *field; /* NULL: none yet */
	char a[VALUE_MAX], b[VALUE_MAX];
};

static bool octets_differ(const struct frame *a, const struct frame *b, size_t i,
			  const struct wire_field *f, struct found *ret)
{
	size_t skip = f->bit_off / 8, at = 0;
	const struct wire_layer *la = &a->layers[i], *lb = &b->layers[i];
	size_t na = la->len > skip ? la->len - skip : 0, nb = lb->len > skip ? lb->len - skip : 0;
	const uint8_t *pa = a->octets + la->off + skip, *pb = b->octets + lb->off + skip;

	while (at < na && at < nb && pa[at] == pb[at])
		at++;
	if (at == na && at == nb)
		return false;
	if (at < na && at < nb) {
		snprintf(ret->a, sizeof(ret->a), "0x%02x", pa[at]);
		snprintf(ret->b, sizeof(ret->b), "0x%02x at octet %zu", pb[at], at);
	} else {
		snprintf(ret->a, sizeof(ret->a), "%zu octets", na);
		snprintf(ret->b, sizeof(ret->b), "%zu octets", nb);
	}
	return true;
}

static bool field_differs(const struct frame *a, const struct frame *b, size_t i,
			  const struct wire_field *f, struct found *ret)
{
	if (f->bits == 0)
		return octets_differ(a, b, i, f, ret);
	field_text(ret->a, sizeof(ret->a), a->octets, &a->layers[i], f);
	field_text(ret->b, sizeof(ret->b), b->octets, &b->layers[i], f);
	return strcmp(ret->a, ret->b) != 0;
}

/* The first field of layer i that differs; a derived one is only kept if none was found before. */
static bool layer_differs(const struct frame *a, const struct frame *b, size_t i, struct found *ret)
{
	const struct wire_header *h = a->layers[i].header;

	for (size_t j = 0; j < h->field_nr; j++) {
		struct found now = { .layer = &a->layers[i], .field = &h->fields[j] };

		if ((ret->field && now.field->derived) || !field_differs(a, b, i, now.field, &now))
			continue;
		*ret = now;
		if (!now.field->derived)
			return true;
	}
	return false;
}

void frame_diff(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, char *field,
		size_t field_size, char *detail, size_t detail_size)
{
	struct frame fa = { .octets = a }, fb = { .octets = b };
	struct found found = { .field = NULL };
	const char *other = NULL;
	size_t i = 0;

	fa.nr = wire_layers(a, a_len, fa.layers, WIRE_LAYER_MAX);
	fb.nr = wire_layers(b, b_len, fb.layers, WIRE_LAYER_MAX);
	for (; i < fa.nr && i < fb.nr; i++) {
		if (fa.layers[i].header != fb.layers[i].header) {
			other = fb.layers[i].header->name;
			break;
		}
		if (layer_differs(&fa, &fb, i, &found))
			break;
	}
	if (found.field && (!found.field->derived || (!other && fa.nr == fb.nr))) {
		snprintf(field, field_size, "%s%s %s", found.layer->quoted ? "quoted " : "",
			 found.layer->header->name, found.field->name);
		snprintf(detail, detail_size, "%s, %s", found.a, found.b);
	} else if (other) {
		snprintf(field, field_size, "header");
		snprintf(detail, detail_size, "%s, %s", fa.layers[i].header->name, other);
	} else {
		snprintf(field, field_size, "frame length");
		snprintf(detail, detail_size, "%zu octets, %zu octets", a_len, b_len);
	}
}
