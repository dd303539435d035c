/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Case files. */
#include "harness/case/case.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/trace.h"
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
	free(c->steps);
	free(c->bytes);
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

/* Socket of the world that no earlier step has closed. */
static int open_socket(const struct tcase *c, const char *name, const char *what, struct errmsg *e)
{
	int idx = world_socket_idx(&c->world, name);

	if (idx < 0)
		return errmsg_set(e, -EINVAL, "%s: the world has no socket \"%.40s\"", what, name);
	if (c->closed[idx])
		return errmsg_set(e, -EINVAL, "%s: %s is closed by line %u", what, name,
				  c->closed[idx]);
	return idx;
}

static int read_recvmsg(struct tcase *c, char *rest, unsigned int line, struct errmsg *e)
{
	char *argv[8];
	int argc = line_words(rest, argv, 8, e), idx, err;
	struct step *step;

	if (argc < 1)
		return errmsg_set(e, -EINVAL, "recvmsg: write: recvmsg SOCKET [len N] [flags F|F]");
	idx = open_socket(c, argv[0], "recvmsg", e);
	err = idx < 0 ? idx : step_new(c, STEP_RECVMSG, line, &step, e);
	if (err < 0)
		return err;
	step->chan = (uint16_t)idx;
	for (int i = 1; i < argc; i += 2) {
		const char *value = argv[i + 1];
		int64_t len;

		if (!value)
			return errmsg_set(e, -EINVAL, "recvmsg: %.40s needs a value", argv[i]);
		if (strcmp(argv[i], "len") == 0 && ip_number(value, 0, 65536, &len))
			step->len = (size_t)len;
		else if (strcmp(argv[i], "flags") != 0 || !trace_flags_parse(value, &step->flags))
			return errmsg_set(e, -EINVAL, "recvmsg: cannot read \"%.40s %.40s\"",
					  argv[i], value);
	}
	return 0;
}

static int read_close(struct tcase *c, char *rest, unsigned int line, struct errmsg *e)
{
	int idx = open_socket(c, rest, "close", e);
	struct step *step;
	int err = idx < 0 ? idx : step_new(c, STEP_CLOSE, line, &step, e);

	if (err == 0) {
		step->chan = (uint16_t)idx;
		c->closed[idx] = line;
	}
	return err;
}

static const struct {
	const char *word;
	int (*read)(struct tcase *c, char *rest, unsigned int line, struct errmsg *e);
} step_words[] = {
	{ "recv", read_recv },
	{ "sleep", read_sleep },
	{ "recvmsg", read_recvmsg },
	{ "close", read_close },
};

/* One line of a case that is not a `case` line. The message has FILE:LINE. */
static int read_line(struct tcase *c, char *text, unsigned int line, struct errmsg *e)
{
	for (size_t i = 0; i < sizeof(step_words) / sizeof(step_words[0]); i++) {
		int err = 0;

		if (!is_word(text, step_words[i].word))
			continue;
		if (c->step_nr == 0)
			err = world_finish(&c->world, e);
		if (err < 0)
			return err;
		err = step_words[i].read(c, after_word(text), line, e);
		return err < 0 ? errmsg_wrap(e, err, "%s:%u", c->world.file, line) : 0;
	}
	if (c->step_nr > 0)
		return errmsg_set(
			e, -EINVAL,
			"%s:%u: \"%.20s\" is no step (recv, sleep, recvmsg, close), and lines "
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

/* Lines up to the next `case` line or the end. */
static int read_case(struct case_file *f, struct tcase *c, struct errmsg *e)
{
	int got, err = read_case_line(f, c, e);

	f->pending = false;
	while (err == 0 && (got = lines_next(&f->lines, e)) != 0) {
		if (got < 0)
			return got;
		if (is_word(f->lines.text, "case")) {
			f->pending = true;
			break;
		}
		if (*f->lines.text)
			err = read_line(c, f->lines.text, f->lines.nr, e);
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
