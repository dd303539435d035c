/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What all pages of a report begin and end with, and how they look: light, dark, narrow, printed.
 */
#include <string.h>

#include "harness/report/markup.h"
#include "harness/report/page.h"

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;"
	"--box:#f6f8fa;--good:#116329;--bad:#a40e26;--odd:#7d4e00;--hit:#ffe2e0;--more:#fff1d6;"
	"--link:#0550ae}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--soft:#9198a1;"
	"--line:#3d444d;--box:#161b22;--good:#56d364;--bad:#ff8a80;--odd:#e3b341;--hit:#4c1d1d;"
	"--more:#3d2e0a;--link:#79c0ff}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;max-width:90rem;padding:1rem;background:var(--bg);color:var(--fg);"
	"font:16px/1.45 system-ui,sans-serif}\n"
	"h1{font-size:1.4rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}h3{font-size:1rem}\n"
	"h1,h2,h3,p,summary,td,th{overflow-wrap:anywhere}\n"
	"a{color:var(--link)}\n"
	"code,pre,.trace td{font:13px/1.4 ui-monospace,monospace}\n"
	"pre{margin:.4rem 0;padding:.6rem;background:var(--box);border:1px solid var(--line);"
	"border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere}\n"
	".wide{overflow-x:auto}.wide td,.wide th{overflow-wrap:break-word}\n"
	".counts td:nth-child(2){min-width:9rem}\n"
	"table{border-collapse:collapse;width:100%}\n"
	"td,th{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left;"
	"vertical-align:top}\n"
	"th{color:var(--soft);font-weight:600}\n"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	".good{color:var(--good)}.bad{color:var(--bad);font-weight:600}.odd{color:var(--odd)}\n"
	".soft{color:var(--soft)}\n"
	"details{margin:.8rem 0;padding:.5rem .9rem;border:1px solid var(--line);"
	"border-radius:8px}\n"
	"summary{cursor:pointer;font-weight:600}\n"
	".trace{table-layout:fixed}\n"
	".trace th:first-child,.trace td:first-child{width:2rem;text-align:center}\n"
	".trace td{overflow-wrap:anywhere}\n"
	".trace .first td{background:var(--hit)}.trace .more td{background:var(--more)}\n"
	".trace .none td{color:var(--soft)}\n"
	".two{display:grid;grid-template-columns:1fr 1fr;gap:0 1rem}.two>*{min-width:0}\n"
	"@media(max-width:46rem){.two{grid-template-columns:1fr}body{padding:.6rem}\n"
	".trace thead{display:none}.trace tr{display:block;border-bottom:1px solid var(--line)}\n"
	".trace td,.trace td:first-child{display:block;width:auto;border:0;text-align:left}\n"
	".trace td[data-who]:not(:empty)::before{content:attr(data-who) \": \";"
	"color:var(--soft)}\n"
	".trace td:empty,.trace td.same{display:none}}\n"
	"@media print{body{max-width:none}details{break-inside:avoid}}\n";

void page_put(FILE *out, const char *text)
{
	markup_text(out, text, strlen(text));
}

void page_head(FILE *out, const char *title)
{
	fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		     "style-src 'unsafe-inline'\">\n<title>");
	page_put(out, title);
	fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
	page_put(out, title);
	fprintf(out, "</h1>\n");
}

void page_foot(FILE *out)
{
	fprintf(out, "<p class=\"soft\">Written by netparity report " NETPARITY_VERSION
		     ".</p>\n</body>\n</html>\n");
}
