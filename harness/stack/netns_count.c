/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Counters: what moved in the namespace's /proc/net/snmp and /proc/net/netstat. Both are pairs of
 * lines, "Ip: NAME NAME ..." and "Ip: VALUE VALUE ...". The names are read once; only the lines of
 * IcmpMsg come and go. A counter that the reference does not know is reported by its name.
 *
 * Where BPF is allowed, a stack that looks often has the sums from netns_mib.c instead. What that
 * knows no name of is read here still, when it moves.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/stack/netns.h"
#include "harness/stack/netns_drop.h"
#include "harness/stack/netns_mib.h"
#include "ref/ref.h"

#define TEXT_MAX    32768
#define COLUMN_MAX  1024
#define LINE_MAX_NR 32
#define MOVED_MAX   1024
#define SLOT_MAX    1024
#define OFTEN	    64 /* looks after which the sums are worth loading */
#define CONTROL	    256 /* after so many looks both sources are read, and must agree */

struct column {
	char name[OBS_NAME_MAX];
	uint16_t mib; /* ref_mib index or OBS_NAME_OTHER */
	bool gauge; /* a setting or a level, not a counter */
	uint64_t last;
};

/* One line of names. */
struct row {
	size_t names_len; /* of the line, newline included */
	size_t first, nr; /* columns */
};

struct view {
	int fd;
	struct row row[LINE_MAX_NR];
	size_t row_nr;
};

struct moved {
	const char *name;
	uint16_t mib;
	int64_t by;
};

struct netns_counts {
	struct view view[2];
	struct column column[COLUMN_MAX];
	size_t column_nr;
	uint16_t icmpmsg_at[2]; /* ref_mib index of IcmpMsg.InType0, IcmpMsg.OutType0 */
	uint64_t icmpmsg[2][256];
	const struct netns_noise *noise;
	struct netns_noise noise_seen;
	struct moved moved[MOVED_MAX];
	size_t moved_nr, merge_nr;
	char text[TEXT_MAX];
	const struct netns_drops *drops; /* knows where the namespace is; NULL: no BPF */
	struct netns_mib *mib; /* NULL: not loaded */
	unsigned int looks;
	bool mib_failed, mib_synced; /* slot[] is as old as the columns */
	uint64_t slot[SLOT_MAX];
	struct column *slot_column[SLOT_MAX], *slot_icmp[SLOT_MAX];
};

static const char *const gauges[] = {
	"Ip.Forwarding", "Ip.DefaultTTL", "Tcp.RtoAlgorithm", "Tcp.RtoMin",
	"Tcp.RtoMax",	 "Tcp.MaxConn",	  "Tcp.CurrEstab",
};

static uint16_t mib_by_name(const char *name)
{
	for (size_t i = 0; i < ref_mib_nr(); i++)
		if (strcmp(ref_mib_name(i), name) == 0)
			return (uint16_t)i;
	return OBS_NAME_OTHER;
}

static int view_read(struct netns_counts *c, struct view *v, struct errmsg *e)
{
	ssize_t n = pread(v->fd, c->text, TEXT_MAX - 1, 0);

	if (n <= 0)
		return errmsg_set(e, -EIO, "reading counters: %s",
				  n < 0 ? strerror(errno) : "nothing there");
	if (n == TEXT_MAX - 1)
		return errmsg_set(e, -E2BIG, "reading counters: more than %d octets", TEXT_MAX - 1);
	c->text[n] = 0;
	return 0;
}

/* Columns of one line of names; p is after "Ip: ". */
static int learn_row(struct netns_counts *c, struct row *row, const char *group, size_t group_len,
		     char *p, struct errmsg *e)
{
	row->first = c->column_nr;
	for (char *save = NULL, *w = strtok_r(p, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		struct column *col = &c->column[c->column_nr];

		if (c->column_nr == COLUMN_MAX)
			return errmsg_set(e, -E2BIG, "more than %d counters", COLUMN_MAX);
		snprintf(col->name, sizeof(col->name), "%.*s.%s", (int)group_len, group, w);
		col->mib = mib_by_name(col->name);
		for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
			if (strcmp(gauges[i], col->name) == 0)
				col->gauge = true;
		c->column_nr++;
		row->nr++;
	}
	return 0;
}

static bool is_icmpmsg(const char *line)
{
	return strncmp(line, "IcmpMsg:", 8) == 0;
}

static int learn_view(struct netns_counts *c, struct view *v, struct errmsg *e)
{
	int err = view_read(c, v, e);
	char *p = c->text;

	while (!err && *p) {
		char *end = strchr(p, '\n'), *colon = strchr(p, ':');
		struct row *row = &v->row[v->row_nr];

		if (!end || !colon || colon > end || v->row_nr == LINE_MAX_NR)
			return errmsg_set(e, -EIO, "counters in an unknown form");
		*end = 0;
		row->names_len = (size_t)(end + 1 - p);
		if (!is_icmpmsg(p)) {
			err = learn_row(c, row, p, (size_t)(colon - p), colon + 1, e);
			v->row_nr++;
		}
		p = strchr(end + 1, '\n');
		if (!p)
			return errmsg_set(e, -EIO, "counters in an unknown form");
		p++;
	}
	return err;
}

static void note(struct netns_counts *c, const char *name, uint16_t mib, int64_t by)
{
	/* Of a look before, if this is not the first since the last report. */
	for (size_t i = 0; by && i < c->merge_nr; i++)
		if (strcmp(c->moved[i].name, name) == 0) {
			c->moved[i].by += by;
			return;
		}
	if (by && c->moved_nr < MOVED_MAX)
		c->moved[c->moved_nr++] = (struct moved){ name, mib, by };
}

/* p is after the colon of a line of values: reads one; false at the end of the line. */
static bool next_value(const char **p, uint64_t *ret)
{
	const char *s = *p;
	bool minus;
	uint64_t v = 0;

	while (*s == ' ')
		s++;
	minus = *s == '-';
	s += minus;
	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (uint64_t)(*s - '0');
	*ret = minus ? 0 - v : v;
	*p = s;
	return true;
}

/*
 * "IcmpMsg: InType3 OutType0" and its values, up to 16 of those that are not zero; p is at the
 * names. Returns the line after, or NULL.
 */
static const char *read_icmpmsg(struct netns_counts *c, const char *p)
{
	const char *names = p + 8, *values = strchr(p, '\n');
	uint16_t mib;
	uint64_t v;

	if (!values || !is_icmpmsg(values + 1))
		return NULL;
	values += 9;
	while (next_value(&values, &v)) {
		unsigned long type;
		bool sent;

		names += strspn(names, " ");
		sent = *names == 'O';
		type = strtoul(names + strcspn(names, "0123456789 \n"), NULL, 10);
		if (type > 255)
			return NULL;
		mib = (uint16_t)(c->icmpmsg_at[sent] + type);
		note(c, ref_mib_name(mib), mib, (int64_t)(v - c->icmpmsg[sent][type]));
		c->icmpmsg[sent][type] = v;
		names += strcspn(names, " \n");
	}
	p = strchr(values, '\n');
	return p ? p + 1 : NULL;
}

static const char *read_row(struct netns_counts *c, const struct row *row, const char *p)
{
	p = strchr(p + row->names_len, ':');
	if (!p)
		return NULL;
	p++;
	for (size_t k = row->first; k < row->first + row->nr; k++) {
		struct column *col = &c->column[k];
		uint64_t value;

		if (!next_value(&p, &value))
			return NULL;
		if (!col->gauge && value != col->last)
			note(c, col->name, col->mib, (int64_t)(value - col->last));
		col->last = value;
	}
	p = strchr(p, '\n');
	return p ? p + 1 : NULL;
}

static int read_view(struct netns_counts *c, struct view *v, struct errmsg *e)
{
	int err = view_read(c, v, e);
	const char *p = c->text;

	if (err)
		return err;
	for (size_t i = 0; i < v->row_nr && p; i++) {
		while (p && is_icmpmsg(p))
			p = read_icmpmsg(c, p);
		if (p)
			p = read_row(c, &v->row[i], p);
	}
	return p ? 0 : errmsg_set(e, -EIO, "counters changed their form");
}

static const struct {
	const char *name;
	enum noise_by by;
} igmp[] = {
	{ "Ip.OutRequests", NOISE_SENT_PACKETS },
	{ "Ip.OutTransmits", NOISE_SENT_PACKETS },
	{ "IpExt.OutMcastPkts", NOISE_SENT_PACKETS },
	{ "IpExt.OutOctets", NOISE_SENT_OCTETS },
	{ "IpExt.OutMcastOctets", NOISE_SENT_OCTETS },
	{ "Ip.InReceives", NOISE_LOOPED_PACKETS },
	{ "Ip.InDelivers", NOISE_LOOPED_PACKETS },
	{ "IpExt.InMcastPkts", NOISE_LOOPED_PACKETS },
	{ "IpExt.InNoECTPkts", NOISE_LOOPED_PACKETS },
	{ "IpExt.InOctets", NOISE_LOOPED_OCTETS },
	{ "IpExt.InMcastOctets", NOISE_LOOPED_OCTETS },
};

enum noise_by netns_counts_noise(const char *name)
{
	for (size_t k = 0; k < sizeof(igmp) / sizeof(igmp[0]); k++)
		if (strcmp(name, igmp[k].name) == 0)
			return igmp[k].by;
	return NOISE_BY_NOTHING;
}

/* Take off what the frames counted that are no observations. */
static void without_noise(struct netns_counts *c)
{
	const struct netns_noise *now = c->noise, *seen = &c->noise_seen;
	const int64_t by[NOISE_BY_NR] = {
		[NOISE_SENT_PACKETS] = (int64_t)(now->igmp_packets - seen->igmp_packets),
		[NOISE_SENT_OCTETS] = (int64_t)(now->igmp_octets - seen->igmp_octets),
		[NOISE_LOOPED_PACKETS] = (int64_t)(now->looped_packets - seen->looped_packets),
		[NOISE_LOOPED_OCTETS] = (int64_t)(now->looped_octets - seen->looped_octets),
	};

	c->noise_seen = *now;
	for (size_t i = 0; i < c->moved_nr && by[NOISE_SENT_PACKETS]; i++)
		c->moved[i].by -= by[netns_counts_noise(c->moved[i].name)];
}

/* The reference's by its index, then the others by name. */
static int by_mib(const void *a, const void *b)
{
	const struct moved *x = a, *y = b;

	return x->mib != y->mib ? (x->mib > y->mib) - (x->mib < y->mib) : strcmp(x->name, y->name);
}

static void report(struct netns_counts *c, struct obs_list *out, uint32_t step)
{
	qsort(c->moved, c->moved_nr, sizeof(c->moved[0]), by_mib);
	for (size_t i = 0; i < c->moved_nr; i++) {
		const struct moved *m = &c->moved[i];
		struct obs *obs = m->by ? obs_add(out, OBS_COUNT, step) : NULL;

		if (!obs)
			continue;
		obs->name = m->mib;
		obs->value = m->by;
		if (m->mib == OBS_NAME_OTHER) {
			obs->text_len = (uint32_t)strlen(m->name);
			obs->text_off = obs_put(out, m->name, obs->text_len);
		}
	}
}

/* ---- the sums of netns_mib.c ---- */

static struct column *column_by_name(struct netns_counts *c, const char *name)
{
	for (size_t i = 0; name && i < c->column_nr; i++)
		if (strcmp(c->column[i].name, name) == 0)
			return &c->column[i];
	return NULL;
}

/* Load them when they are worth it, once. */
static bool mib_ready(struct netns_counts *c)
{
	if (c->mib || c->mib_failed || !c->drops || ++c->looks < OFTEN)
		return c->mib != NULL && c->drops;
	c->mib = netns_mib_nr() <= SLOT_MAX ? netns_mib_new() : NULL;
	c->mib_failed = !c->mib;
	for (size_t i = 0; c->mib && i < netns_mib_nr(); i++) {
		c->slot_column[i] = column_by_name(c, netns_mib_name(c->mib, i));
		c->slot_icmp[i] = column_by_name(c, netns_mib_icmp_name(i));
	}
	return c->mib != NULL;
}

/* The last slots are IcmpMsg's: in by type, out by type. SIZE_MAX: another. */
static size_t icmpmsg_slot(size_t i)
{
	size_t first = netns_mib_nr() - NETNS_MIB_ICMPMSG_NR;

	return i < first ? SIZE_MAX : i - first;
}

static bool slot_known(const struct netns_counts *c, size_t i)
{
	return c->slot_column[i] || icmpmsg_slot(i) != SIZE_MAX;
}

static void move_column(struct netns_counts *c, struct column *col, uint64_t by)
{
	if (!col)
		return;
	note(c, col->name, col->mib, (int64_t)by);
	col->last += by;
}

static void move_slot(struct netns_counts *c, size_t i, uint64_t by)
{
	size_t msg = icmpmsg_slot(i);

	move_column(c, c->slot_column[i], by);
	move_column(c, c->slot_icmp[i], by);
	if (msg != SIZE_MAX) {
		uint16_t mib = (uint16_t)(c->icmpmsg_at[msg / 256] + msg % 256);

		note(c, ref_mib_name(mib), mib, (int64_t)by);
		c->icmpmsg[msg / 256][msg % 256] += by;
	}
	c->slot[i] += by;
}

/* False: something moved that only /proc can name; nothing is noted then. */
static bool mib_take(struct netns_counts *c, const uint64_t *now)
{
	size_t nr = netns_mib_nr(), moved_nr = 0;
	uint16_t moved[SLOT_MAX];

	for (size_t i = 0; i < nr; i++)
		if (now[i] != c->slot[i])
			moved[moved_nr++] = (uint16_t)i;
	for (size_t i = 0; i < moved_nr; i++)
		if (!slot_known(c, moved[i]))
			return false;
	for (size_t i = 0; i < moved_nr; i++)
		move_slot(c, moved[i], now[moved[i]] - c->slot[moved[i]]);
	return true;
}

/* NULL: no sums, for now or for ever. */
static const uint64_t *mib_sums(struct netns_counts *c)
{
	uint64_t net = mib_ready(c) ? netns_drops_net(c->drops) : 0;

	return net ? netns_mib_read(c->mib, net) : NULL;
}

/* Both sources, read together, must agree: else the sums are not what we take them for. */
static bool mib_agrees(const struct netns_counts *c)
{
	for (size_t i = 0; i < netns_mib_nr(); i++) {
		const struct column *col = c->slot_column[i] ? c->slot_column[i] : c->slot_icmp[i];

		if (col && !col->gauge && col->last != c->slot[i])
			return false;
	}
	return true;
}

/* Read /proc; and the sums, so that both are of the same moment. */
static int look_both(struct netns_counts *c, struct errmsg *e)
{
	size_t len = netns_mib_nr() * sizeof(c->slot[0]);
	const uint64_t *now = mib_sums(c);
	int err;

	do {
		if (now)
			memcpy(c->slot, now, len);
		err = read_view(c, &c->view[0], e);
		if (!err)
			err = read_view(c, &c->view[1], e);
		c->merge_nr = c->moved_nr;
		now = now && !err ? mib_sums(c) : NULL;
	} while (now && memcmp(c->slot, now, len) != 0);
	if (now && !mib_agrees(c)) {
		if (c->mib_synced)
			return errmsg_set(e, -EIO, "counters by BPF are not those of /proc");
		netns_mib_free(c->mib);
		c->mib = NULL;
		c->mib_failed = true;
	}
	c->mib_synced = now && c->mib;
	return err;
}

struct netns_counts *netns_counts_new(struct errmsg *e)
{
	struct netns_counts *c = calloc(1, sizeof(*c));

	if (!c) {
		errmsg_set(e, -ENOMEM, "no memory for counters");
		return NULL;
	}
	c->icmpmsg_at[0] = mib_by_name("IcmpMsg.InType0");
	c->icmpmsg_at[1] = mib_by_name("IcmpMsg.OutType0");
	return c;
}

int netns_counts_world(struct netns_counts *c, const struct netns_host *h,
		       const struct netns_noise *noise, const struct netns_drops *drops,
		       struct errmsg *e)
{
	int err = 0;

	c->drops = drops;
	c->mib_synced = false;
	c->view[0].fd = h->snmp;
	c->view[1].fd = h->netstat;
	c->noise = noise;
	memset(c->icmpmsg, 0, sizeof(c->icmpmsg));
	/* The names are the kernel's: the same in all namespaces. */
	if (c->view[0].row_nr == 0)
		err = learn_view(c, &c->view[0], e);
	if (!err && c->view[1].row_nr == 0)
		err = learn_view(c, &c->view[1], e);
	if (!err)
		err = netns_counts_read(c, e);
	netns_counts_report(c, NULL, 0);
	return err;
}

void netns_counts_free(struct netns_counts *c)
{
	if (c)
		netns_mib_free(c->mib);
	free(c);
}

int netns_counts_read(struct netns_counts *c, struct errmsg *e)
{
	const uint64_t *now = c->mib_synced && ++c->looks % CONTROL ? mib_sums(c) : NULL;

	if (!now || !mib_take(c, now))
		return look_both(c, e);
	c->merge_nr = c->moved_nr;
	return 0;
}

void netns_counts_report(struct netns_counts *c, struct obs_list *out, uint32_t step)
{
	without_noise(c);
	if (out)
		report(c, out, step);
	c->moved_nr = c->merge_nr = 0;
}
