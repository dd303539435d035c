/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Case files. */
#include "harness/case/case.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/call/call.h"
#include "harness/world/ip_words.h"

#define FRAME_MIN 14
#define FRAME_MAX (65535 + 14 + 8)

int case_file_open(struct case_file *f, const char *path, struct errmsg *e)
{
	*f = (struct case_file){ .pending = false };
	return lines_open(&f->lines, path, CASE_LINE_MAX, e);
}

int case_file_open_memory(struct case_file *f, const char *name, const void *data, size_t len,
			  struct errmsg *e)
{
	*f = (struct case_file){ .pending = false };
	return lines_open_memory(&f->lines, name, data, len, CASE_LINE_MAX, e);
}

void case_file_close(struct case_file *f)
{
	lines_close(&f->lines);
}

void tcase_done(struct tcase *c)
{
	world_done(&c->world);
	for (size_t i = 0; i < c->step_nr; i++)
		free((struct call *)(uintptr_t)c->steps[i].call);
	free(c->steps);
	free(c->bytes);
	free(c->rows);
	*c = (struct tcase){ .line = 0 };
}

/* Cut the first word off; returns what follows it. */
static char *after_word(char *s)
{
	s += strcspn(s, " \t");
	if (*s)
		*s++ = '\0';
	return s + strspn(s, " \t");
}

/* Is it the first word of the line, or all of it? */
static bool is_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	return strncmp(line, word, len) == 0 && strchr(" \t", line[len]);
}

static int step_new(struct tcase *c, enum step_type type, unsigned int line, struct step **ret,
		    struct errmsg *e)
{
	if (c->step_nr == CASE_STEPS_MAX)
		return errmsg_set(e, -EINVAL, "more than %d steps", CASE_STEPS_MAX);
	if (c->step_nr == c->step_max) {
		size_t max = c->step_max ? 2 * c->step_max : 32;
		struct step *grown = realloc(c->steps, max * sizeof(*grown));

		if (!grown)
			return errmsg_set(e, -ENOMEM, "out of memory");
		c->steps = grown;
		c->step_max = max;
	}
	*ret = &c->steps[c->step_nr];
	**ret = (struct step){ .type = type, .idx = (uint32_t)c->step_nr, .line = line };
	c->step_nr++;
	return 0;
}

/* Digits in place without white space; false: something else among them. */
static bool squeeze_hex(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (isspace((unsigned char)*s))
			continue;
		if (!isxdigit((unsigned char)*s))
			return false;
		*to++ = *s;
	}
	*to = '\0';
	return true;
}

/* Until the case is whole, a frame's data is its offset in bytes: the buffer still moves. */
static int add_frame(struct tcase *c, struct step *step, const char *hex, struct errmsg *e)
{
	size_t len = strlen(hex) / 2, got;

	if (len < FRAME_MIN || len > FRAME_MAX || strlen(hex) % 2)
		return errmsg_set(
			e, -EINVAL,
			"recv: a frame has %d to %d octets of two digits each, not %zu digits",
			FRAME_MIN, FRAME_MAX, strlen(hex));
	if (len > c->bytes_max - c->bytes_used) {
		size_t max = 2 * c->bytes_max + len + 4096;
		uint8_t *grown = max > CASE_BYTES_MAX ? NULL : realloc(c->bytes, max);

		if (!grown)
			return errmsg_set(e, -EINVAL, "recv: more than %zu octets in one case",
					  (size_t)CASE_BYTES_MAX);
		c->bytes = grown;
		c->bytes_max = max;
	}
	if (!ip_hex(hex, c->bytes + c->bytes_used, len, &got))
		return errmsg_set(e, -EINVAL, "recv: no pairs of hexadecimal digits");
	step->data = (const uint8_t *)(uintptr_t)c->bytes_used;
	step->len = len;
	c->bytes_used += len;
	return 0;
}

static int read_recv(struct tcase *c, char *rest, unsigned int line, struct errmsg *e)
{
	char *wire = rest;
	struct step *step;
	int idx, err;

	rest = after_word(rest);
	idx = world_wire_idx(&c->world, wire);
	if (idx < 0)
		return errmsg_set(e, -EINVAL, "recv: the world has no wire \"%.40s\"", wire);
	if (!squeeze_hex(rest))
		return errmsg_set(e, -EINVAL, "recv: only hexadecimal digits may follow the wire");
	err = step_new(c, STEP_FRAME, line, &step, e);
	if (err < 0)
		return err;
	step->chan = (uint16_t)idx;
	return add_frame(c, step, rest, e);
}

/* "1.5s": decimal digits, at most nine behind the point, and a unit. */
static bool parse_time(const char *s, uint64_t *ret_ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = { { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 } };
	uint64_t whole = 0, part = 0, scale = 1;
	int digits = 0;

	for (; isdigit((unsigned char)*s) && digits < 15; s++, digits++)
		whole = 10 * whole + (uint64_t)(*s - '0');
	if (digits == 0)
		return false;
	if (*s == '.')
		for (s++; isdigit((unsigned char)*s) && scale < 1000000000; s++, scale *= 10)
			part = 10 * part + (uint64_t)(*s - '0');
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t ns = units[i].ns;

		if (strcmp(s, units[i].unit) != 0)
			continue;
		if (whole > CASE_SLEEP_MAX_S * (UINT64_C(1000000000) / ns))
			return false;
		*ret_ns = whole * ns + part * ns / scale;
		return true;
	}
	return false;
}

static int read_sleep(struct tcase *c, char *rest, unsigned int line, struct errmsg *e)
{
	struct step *step;
	uint64_t ns;
	int err;

	if (!parse_time(rest, &ns))
		return errmsg_set(e, -EINVAL,
				  "sleep: no time such as 1.5s, 20ms, 5us, 1ns: \"%.40s\"", rest);
	err = step_new(c, STEP_SLEEP, line, &step, e);
	if (err == 0)
		step->sleep_ns = ns;
	return err;
}

#define CALL_WORDS_MAX 128

static int read_call(struct tcase *c, enum call_type type, char *rest, unsigned int line,
		     struct errmsg *e)
{
	char *argv[CALL_WORDS_MAX];
	int argc = line_words(rest, argv, CALL_WORDS_MAX, e), err;
	struct step *step;
	struct call *call;
	uint16_t chan;

	if (argc < 0)
		return argc;
	err = call_parse(&call, &chan, type, &c->world, argv, argc, e);
	if (err < 0)
		return err;
	err = step_new(c, STEP_CALL, line, &step, e);
	if (err < 0) {
		free(call);
		return err;
	}
	step->chan = chan;
	step->call = call;
	return 0;
}

/* "name S": a socket that steps speak of and none makes, closed all along. No step itself. */
static int read_name(struct tcase *c, char *rest, unsigned int line, struct errmsg *e)
{
	int idx = world_step_socket(&c->world, rest, false, e);

	(void)line;
	return idx < 0 ? idx : 0;
}

static const struct {
	const char *word;
	int (*read)(struct tcase *c, char *rest, unsigned int line, struct errmsg *e);
} step_words[] = {
	{ "recv", read_recv },
	{ "sleep", read_sleep },
	{ "name", read_name },
};

/* The call that a line is; CALL_TYPE_NR: none. *text moves behind its name. */
static enum call_type line_call(const struct tcase *c, char **text)
{
	char *name = *text;
	enum call_type type;

	if (is_word(name, "call"))
		name += 4 + strspn(name + 4, " \t");
	type = call_by_name(name, strcspn(name, " \t"));
	/* A socket of the world, unless steps have begun. */
	if (type == CALL_SOCKET && c->step_nr == 0 && name == *text)
		return CALL_TYPE_NR;
	if (type != CALL_TYPE_NR)
		*text = name + strcspn(name, " \t");
	return type;
}

static int read_step(struct tcase *c, enum call_type call, size_t row, char *text,
		     unsigned int line, struct errmsg *e)
{
	int err = c->step_nr == 0 ? world_finish(&c->world, e) : 0;

	if (err < 0)
		return err;
	err = call == CALL_TYPE_NR ? step_words[row].read(c, after_word(text), line, e)
				   : read_call(c, call, text, line, e);
	return err < 0 ? errmsg_wrap(e, err, "%s:%u", c->world.file, line) : 0;
}

/* One line of a case that is not a `case` line. The message has FILE:LINE. */
static int read_line(struct tcase *c, char *text, unsigned int line, struct errmsg *e)
{
	size_t nr = sizeof(step_words) / sizeof(step_words[0]), row = 0;
	enum call_type call = line_call(c, &text);

	while (row < nr && !is_word(text, step_words[row].word))
		row++;
	if (call != CALL_TYPE_NR || row < nr)
		return read_step(c, call, row, text, line, e);
	if (c->step_nr > 0)
		return errmsg_set(
			e, -EINVAL,
			"%s:%u: \"%.20s\" is no step (recv, sleep, or a socket call), and lines "
			"of the world stand before the first step",
			c->world.file, line, text);
	return world_add_line(&c->world, text, line, e);
}

static int read_case_line(struct case_file *f, struct tcase *c, struct errmsg *e)
{
	char *name = after_word(f->lines.text);

	if (*name == '\0' || strlen(name) >= CASE_NAME_MAX || strpbrk(name, " \t"))
		return errmsg_set(e, -EINVAL,
				  "%s:%u: write: case NAME (one word, at most %d octets)",
				  f->lines.path, f->lines.nr, CASE_NAME_MAX - 1);
	strcpy(c->name, name);
	c->line = f->lines.nr;
	return 0;
}

/* FNV-1a of 64 bits: told apart by accident once in 2^64, and the same on every machine. */
#define HASH_INIT  UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x100000001b3)

/* A line and its end. */
static uint64_t hash_line(uint64_t hash, const char *line)
{
	do {
		hash = (hash ^ (unsigned char)*line) * HASH_PRIME;
	} while (*line++);
	return hash;
}

/* `rows ID...`, once; blanks between them become single spaces. */
static int read_rows(struct tcase *c, char *rest, struct errmsg *e)
{
	char *save = NULL;
	size_t len = 0;

	if (c->rows)
		return errmsg_set(e, -EINVAL, "rows: they stand in one line");
	c->rows = calloc(1, strlen(rest) + 1);
	if (!c->rows)
		return errmsg_set(e, -ENOMEM, "out of memory");
	for (char *id = strtok_r(rest, " \t", &save); id; id = strtok_r(NULL, " \t", &save)) {
		if (len)
			c->rows[len++] = ' ';
		memcpy(c->rows + len, id, strlen(id));
		len += strlen(id);
	}
	return len ? 0 : errmsg_set(e, -EINVAL, "rows: write: rows ID...");
}

/* A line of the case, whatever it is; the message has FILE:LINE. */
static int read_any_line(struct tcase *c, char *text, unsigned int line, struct errmsg *e)
{
	int err;

	if (!is_word(text, "rows")) {
		c->hash = hash_line(c->hash, text);
		return read_line(c, text, line, e);
	}
	err = read_rows(c, after_word(text), e);
	return err < 0 ? errmsg_wrap(e, err, "%s:%u", c->world.file, line) : 0;
}

/* Lines up to the next `case` line or the end. */
static int read_case(struct case_file *f, struct tcase *c, struct errmsg *e)
{
	int got, err = read_case_line(f, c, e);

	c->hash = HASH_INIT;
	f->pending = false;
	while (err == 0 && (got = lines_next(&f->lines, e)) != 0) {
		if (got < 0)
			return got;
		if (is_word(f->lines.text, "case")) {
			f->pending = true;
			break;
		}
		if (*f->lines.text)
			err = read_any_line(c, f->lines.text, f->lines.nr, e);
	}
	if (err == 0 && c->step_nr == 0)
		err = world_finish(&c->world, e);
	return err;
}

int case_file_next(struct case_file *f, struct tcase *ret, struct errmsg *e)
{
	int got, err;

	while (!f->pending) {
		got = lines_next(&f->lines, e);
		if (got <= 0)
			return got;
		f->pending = is_word(f->lines.text, "case");
		if (!f->pending && *f->lines.text)
			return errmsg_set(e, -EINVAL, "%s:%u: a case begins with: case NAME",
					  f->lines.path, f->lines.nr);
	}
	*ret = (struct tcase){ .line = 0 };
	world_init(&ret->world, f->lines.path);
	err = read_case(f, ret, e);
	if (err < 0) {
		tcase_done(ret);
		return err;
	}
	for (size_t i = 0; i < ret->step_nr; i++)
		if (ret->steps[i].type == STEP_FRAME)
			ret->steps[i].data = ret->bytes + (uintptr_t)ret->steps[i].data;
	return 1;
}
