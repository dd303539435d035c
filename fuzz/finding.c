/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Written beside, synced, then renamed: a finding survives a kill at any moment. */
#include "fuzz/finding.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/call/call.h"

/* FNV-1a, 64 bits. */
uint64_t fingerprint_hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 0x100000001b3u;
	return h;
}

static void put_call(FILE *f, const struct world *w, const struct step *step)
{
	const size_t size = 4 * CALL_DATA_MAX;
	char *buf = malloc(size);
	struct text t = text_init(buf, buf ? size : 0);

	if (!buf)
		return;
	call_text(&t, w, step->chan, step->call, SIZE_MAX);
	fprintf(f, "call %s\n", buf);
	free(buf);
}

static void put_steps(FILE *f, const struct world *w, const struct shrunk *s)
{
	for (size_t i = 0; i < s->nr; i++) {
		const struct step *step = &s->steps[i];

		if (step->type == STEP_SLEEP)
			fprintf(f, "sleep %" PRIu64 "ns\n", step->sleep_ns);
		if (step->type == STEP_CALL)
			put_call(f, w, step);
		if (step->type != STEP_FRAME)
			continue;
		fprintf(f, "recv %s ", w->wires[step->chan].name);
		for (size_t j = 0; j < step->len; j++)
			fprintf(f, "%02x", step->data[j]);
		fputc('\n', f);
	}
}

static bool put_capture(FILE *f, const struct shrunk *s)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 262144);
	pcap_dumper_t *d = p ? pcap_dump_fopen(p, f) : NULL;

	for (size_t i = 0; d && i < s->nr; i++) {
		struct pcap_pkthdr h = {
			.ts = { .tv_usec = (suseconds_t)i },
			.caplen = (bpf_u_int32)s->steps[i].len,
			.len = (bpf_u_int32)s->steps[i].len,
		};

		if (s->steps[i].type == STEP_FRAME)
			pcap_dump((u_char *)d, &h, s->steps[i].data);
	}
	if (d)
		pcap_dump_flush(d);
	if (p)
		pcap_close(p);
	return d != NULL;
}

/* Open path with ".new" behind it. */
static FILE *open_new(const char *path, struct errmsg *e)
{
	char tmp[600];
	FILE *f;

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	f = fopen(tmp, "we");
	if (!f)
		errmsg_set(e, -errno, "%s: %s", tmp, strerror(errno));
	return f;
}

static int close_new(FILE *f, const char *path, struct errmsg *e)
{
	char tmp[600];
	bool ok = fflush(f) == 0 && !ferror(f) && fsync(fileno(f)) == 0;

	ok = fclose(f) == 0 && ok;
	snprintf(tmp, sizeof(tmp), "%s.new", path);
	if (ok && rename(tmp, path) == 0)
		return 0;
	return errmsg_set(e, -EIO, "%s: %s", tmp, strerror(errno));
}

int finding_write(const char *dir, const char *fingerprint, const char *about,
		  const struct world *w, const struct shrunk *s, char *path, size_t size,
		  struct errmsg *e)
{
	uint64_t hash = fingerprint_hash(fingerprint);
	char *text, pcap[600];
	FILE *f;
	int err;

	if (mkdir(dir, 0777) < 0 && errno != EEXIST)
		return errmsg_set(e, -errno, "%s: %s", dir, strerror(errno));
	snprintf(path, size, "%.500s/%016" PRIx64 ".case", dir, hash);
	snprintf(pcap, sizeof(pcap), "%.500s/%016" PRIx64 ".pcap", dir, hash);
	f = open_new(pcap, e);
	if (!f)
		return -EIO;
	if (!put_capture(f, s))
		errmsg_set(e, -EIO, "%s: cannot write a capture", pcap);
	err = close_new(f, pcap, e);
	if (err < 0)
		return err;
	text = world_text(w);
	f = text ? open_new(path, e) : NULL;
	if (!f) {
		free(text);
		return -EIO;
	}
	fprintf(f, "case %016" PRIx64 "\n# %s\n# %s\n# confirmed in %u of %d runs\n%s", hash,
		fingerprint, about, s->hits, SHRINK_CONFIRM, text);
	put_steps(f, w, s);
	free(text);
	return close_new(f, path, e);
}
