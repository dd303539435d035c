/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A finding survives a kill at any moment. */
#include "fuzz/finding.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/case/case_write.h"

/* FNV-1a, 64 bits. */
uint64_t fingerprint_hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 0x100000001b3u;
	return h;
}

static bool put_capture(FILE *f, const struct step *steps, size_t nr)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 262144);
	pcap_dumper_t *d = p ? pcap_dump_fopen(p, f) : NULL;

	for (size_t i = 0; d && i < nr; i++) {
		struct pcap_pkthdr h = {
			.ts = { .tv_usec = (suseconds_t)i },
			.caplen = (bpf_u_int32)steps[i].len,
			.len = (bpf_u_int32)steps[i].len,
		};

		if (steps[i].type == STEP_FRAME)
			pcap_dump((u_char *)d, &h, steps[i].data);
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
	char tmp[FINDING_PATH_MAX + 8];
	FILE *f;

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	f = fopen(tmp, "we");
	if (!f)
		errmsg_set(e, -errno, "%s: %s", tmp, strerror(errno));
	return f;
}

static int close_new(FILE *f, const char *path, struct errmsg *e)
{
	char tmp[FINDING_PATH_MAX + 8];
	bool ok = fflush(f) == 0 && !ferror(f) && fsync(fileno(f)) == 0;

	ok = fclose(f) == 0 && ok;
	snprintf(tmp, sizeof(tmp), "%s.new", path);
	if (ok && rename(tmp, path) == 0)
		return 0;
	return errmsg_set(e, -EIO, "%s: %s", tmp, strerror(errno));
}

/* The folder's entries on disk too: a renamed file is there after a crash of the machine. */
static void sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

static void path_of(char *path, const char *dir, const char *what, uint64_t hash,
		    const char *suffix)
{
	snprintf(path, FINDING_PATH_MAX, "%.500s/%016" PRIx64 "%s%.32s%s", dir, hash,
		 *what ? "-" : "", what, suffix);
}

static int write_capture(const char *path, const struct step *steps, size_t nr, struct errmsg *e)
{
	FILE *f = open_new(path, e);

	if (!f)
		return -EIO;
	if (!put_capture(f, steps, nr)) {
		fclose(f);
		return errmsg_set(e, -EIO, "%s: cannot write a capture", path);
	}
	return close_new(f, path, e);
}

int finding_write(const char *dir, const char *what, const char *fingerprint, const char *notes,
		  const struct world *w, const struct step *steps, size_t nr, bool capture,
		  char *ret_path, struct errmsg *e)
{
	uint64_t hash = fingerprint_hash(fingerprint);
	char pcap[FINDING_PATH_MAX], name[32], *head = NULL;
	int err = 0;
	FILE *f;

	path_of(ret_path, dir, what, hash, ".case");
	path_of(pcap, dir, what, hash, ".pcap");
	if (capture)
		err = write_capture(pcap, steps, nr, e);
	f = err == 0 ? open_new(ret_path, e) : NULL;
	if (!f)
		return -EIO;
	snprintf(name, sizeof(name), "%016" PRIx64, hash);
	if (asprintf(&head, FINDING_FOUND "%s\n%s", fingerprint, notes) < 0 ||
	    case_write(f, name, head, w, steps, nr) < 0)
		err = errmsg_set(e, -ENOMEM, "out of memory");
	free(head);
	if (err < 0) {
		fclose(f);
		return err;
	}
	err = close_new(f, ret_path, e);
	sync_dir(dir);
	return err;
}

void finding_remove(const char *dir, const char *what, const char *fingerprint)
{
	char path[FINDING_PATH_MAX];

	path_of(path, dir, what, fingerprint_hash(fingerprint), ".case");
	unlink(path);
}
