/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Results as pages for a browser that need nothing else: index.html (counts by area and stacks,
 * what was compared, the kinds of difference, each divergence) and cases.html (each case).
 */
#ifndef HARNESS_REPORT_PAGE_H
#define HARNESS_REPORT_PAGE_H

#include "harness/report/results.h"

#define PAGE_DETAIL_MAX 1000 /* divergences that are shown in full */
#define PAGE_OPEN	4 /* of these: unfolded from the start */
#define PAGE_KIND_MAX	1000 /* fingerprints that have a row of their own */
#define PAGE_LINE_MAX	600 /* octets of a line of a trace */

struct page;

/* dir is made if it is not there. 0 or -errno with a message. */
int page_open(struct page **ret, const char *dir, struct errmsg *e);
/* A record of a case or a summary. */
int page_add(struct page *p, const struct result *r, struct errmsg *e);
/* An input ended: without its summary the run did not end. */
void page_end_of_input(struct page *p, const char *path, bool summary);
/* Write what was gathered; p is gone after it. 0 or -errno with a message. */
int page_close(struct page *p, struct errmsg *e);
/* p is gone, and so are its files. */
void page_abandon(struct page *p);

/* ---- parts ---- */

/* The beginning and the end of each page. title is plain text. */
void page_head(FILE *out, const char *title);
void page_foot(FILE *out);
void page_put(FILE *out, const char *text);
/* One divergence, with the anchor d<NR>; open: unfolded. */
void page_divergence(FILE *out, const struct result *r, const struct result_divergence *d,
		     uint64_t nr, bool open);

#endif
