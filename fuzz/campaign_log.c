/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Appended to and synced; a line that a kill cut short is not believed. */
#include "fuzz/campaign_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define TELL_EVERY_S 1.0

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct campaign_kind *add_kind(struct campaign_log *l, const char *fingerprint,
				      uint64_t seed)
{
	struct campaign_kind *k;

	if (l->kind_nr == CAMPAIGN_KINDS_MAX)
		return NULL;
	if (!l->kind) {
		l->kind = calloc(CAMPAIGN_KINDS_MAX, sizeof(*l->kind));
		if (!l->kind)
			return NULL;
	}
	k = &l->kind[l->kind_nr++];
	*k = (struct campaign_kind){ .hash = fingerprint_hash(fingerprint), .seed = seed };
	snprintf(k->fingerprint, sizeof(k->fingerprint), "%s", fingerprint);
	return k;
}

static struct campaign_kind *by_hash(struct campaign_log *l, uint64_t hash)
{
	for (size_t i = 0; i < l->kind_nr; i++)
		if (l->kind[i].hash == hash)
			return &l->kind[i];
	return NULL;
}

struct campaign_kind *campaign_log_find(struct campaign_log *l, const char *fingerprint)
{
	return by_hash(l, fingerprint_hash(fingerprint));
}

static void read_line(struct campaign_log *l, const char *line)
{
	uint64_t hash, seed;
	int at = 0;

	if (sscanf(line, "next %" SCNu64, &seed) == 1) {
		l->next_seed = l->next_told = seed;
	} else if (sscanf(line, "found %" SCNx64 " %" SCNu64 " %n", &hash, &seed, &at) == 2 && at) {
		/* Not what was cut short. */
		if (fingerprint_hash(line + at) == hash && !by_hash(l, hash)) {
			struct campaign_kind *k = add_kind(l, line + at, seed);

			if (k)
				k->old = true;
		}
	} else if (sscanf(line, "done %" SCNx64, &hash) == 1) {
		struct campaign_kind *k = by_hash(l, hash);

		if (k)
			k->done = true;
	}
}

static int read_log(struct campaign_log *l, const char *path, struct errmsg *e)
{
	FILE *f = fopen(path, "re");
	size_t size = 0;
	char *line = NULL;
	ssize_t len;

	if (!f)
		return errmsg_set(e, -errno, "%s: %s", path, strerror(errno));
	while ((len = getline(&line, &size, f)) > 0) {
		if (line[len - 1] != '\n')
			break;
		line[len - 1] = '\0';
		read_line(l, line);
	}
	free(line);
	fclose(f);
	return 0;
}

int campaign_log_open(struct campaign_log *l, const char *dir, bool keep, struct errmsg *e)
{
	char path[FINDING_PATH_MAX];
	int err;

	*l = (struct campaign_log){ .fd = -1, .dir = dir };
	if (!keep)
		return 0;
	snprintf(path, sizeof(path), "%.500s/campaign.log", dir);
	l->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (l->fd < 0)
		return errmsg_set(e, -errno, "%s: %s", path, strerror(errno));
	if (flock(l->fd, LOCK_EX | LOCK_NB) < 0)
		err = errmsg_set(e, -EBUSY, "%s: another netparity fuzz is at work in this folder",
				 dir);
	else
		err = read_log(l, path, e);
	if (err < 0)
		campaign_log_close(l);
	return err;
}

void campaign_log_close(struct campaign_log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	free(l->kind);
	l->kind = NULL;
	l->kind_nr = 0;
}

/* One line, in one write. A disk that is full shows when the finding itself is written. */
static void tell(struct campaign_log *l, const char *line, bool sync)
{
	ssize_t done;

	if (l->fd < 0)
		return;
	done = write(l->fd, line, strlen(line));
	if (done > 0 && sync)
		fdatasync(l->fd);
}

struct campaign_kind *campaign_log_found(struct campaign_log *l, const char *fingerprint,
					 uint64_t seed)
{
	struct campaign_kind *k = add_kind(l, fingerprint, seed);
	char line[RUN_FINGERPRINT_MAX + 64];

	if (!k)
		return NULL;
	snprintf(line, sizeof(line), "found %016" PRIx64 " %" PRIu64 " %s\n", k->hash, seed,
		 fingerprint);
	tell(l, line, true);
	return k;
}

void campaign_log_done(struct campaign_log *l, struct campaign_kind *k)
{
	char line[64];

	k->done = true;
	snprintf(line, sizeof(line), "done %016" PRIx64 "\n", k->hash);
	tell(l, line, true);
}

void campaign_log_next(struct campaign_log *l, uint64_t seed, bool now)
{
	char line[64];

	l->next_seed = seed;
	if (l->fd < 0 || l->next_told == seed || (!now && now_s() < l->told_at_s + TELL_EVERY_S))
		return;
	snprintf(line, sizeof(line), "next %" PRIu64 "\n", seed);
	tell(l, line, false);
	l->next_told = seed;
	l->told_at_s = now_s();
}
