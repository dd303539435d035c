/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Device statistics, by one RTM_GETSTATS dump of the namespace each time. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/stack/netns.h"

#define ANSWER_MAX 32768

struct netns_stats {
	const struct netns_host *host;
	const struct netns_wires *wires;
	const struct netns_noise *noise; /* of the wires */
	struct netns_noise noise_seen;
	uint64_t not_left[WORLD_WIRE_MAX]; /* counted as sent, and drained before the first look */
	uint64_t last[NETNS_DEV_MAX][OBS_STAT_NR];
	uint64_t now[NETNS_DEV_MAX][OBS_STAT_NR];
	uint8_t answer[ANSWER_MAX];
};

static void take(struct netns_stats *s, const struct nlmsghdr *nlh)
{
	const struct if_stats_msg *ifsm = NLMSG_DATA(nlh);
	size_t left = nlh->nlmsg_len - NLMSG_LENGTH(sizeof(*ifsm));
	const struct rtattr *rta = (const void *)((const char *)ifsm + NLMSG_ALIGN(sizeof(*ifsm)));
	unsigned int dev = netns_host_dev(s->host, (int)ifsm->ifindex);
	struct rtnl_link_stats64 st = { 0 };

	if (!dev)
		return;
	for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left))
		if (rta->rta_type == IFLA_STATS_LINK_64)
			memcpy(&st, RTA_DATA(rta),
			       RTA_PAYLOAD(rta) < sizeof(st) ? RTA_PAYLOAD(rta) : sizeof(st));
#define X(id, name) s->now[dev][OBS_STAT_##id] = st.name;
	OBS_STATS(X)
#undef X
}

static int dump(struct netns_stats *s, struct errmsg *e)
{
	struct {
		struct nlmsghdr nlh;
		struct if_stats_msg ifsm;
	} req = {
		.nlh = { .nlmsg_len = sizeof(req),
			 .nlmsg_type = RTM_GETSTATS,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.ifsm = { .filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64) },
	};
	bool done = false;

	if (send(s->host->rtnl, &req, sizeof(req), 0) < 0)
		return errmsg_set(e, -errno, "device statistics: %s", strerror(errno));
	while (!done) {
		ssize_t n = recv(s->host->rtnl, s->answer, sizeof(s->answer), 0);
		size_t left = n > 0 ? (size_t)n : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return errmsg_set(e, -EIO, "device statistics: %s", strerror(errno));
		for (struct nlmsghdr *nlh = (void *)s->answer; NLMSG_OK(nlh, left);
		     nlh = NLMSG_NEXT(nlh, left)) {
			if (nlh->nlmsg_type == NLMSG_ERROR)
				return errmsg_set(e, -EIO, "device statistics: refused");
			if (nlh->nlmsg_type == NLMSG_DONE)
				done = true;
			else if (nlh->nlmsg_type == RTM_NEWSTATS)
				take(s, nlh);
		}
	}
	return 0;
}

struct netns_stats *netns_stats_new(struct errmsg *e)
{
	struct netns_stats *s = calloc(1, sizeof(*s));

	if (!s)
		errmsg_set(e, -ENOMEM, "no memory for statistics");
	return s;
}

int netns_stats_world(struct netns_stats *s, const struct netns_host *h,
		      const struct netns_wires *wires, struct errmsg *e)
{
	int err;

	s->host = h;
	s->wires = wires;
	s->noise = &wires->noise;
	memset(s->now, 0, sizeof(s->now));
	err = netns_stats_read(s, e);
	for (size_t i = 0; i < h->wire_nr; i++)
		s->not_left[i] = s->now[i + 2][OBS_STAT_TX_PACKETS] - wires->left[i];
	netns_stats_report(s, NULL, 0);
	return err;
}

void netns_stats_free(struct netns_stats *s)
{
	free(s);
}

/* What left the wires without being an observation does not count either. */
static int64_t moved(const struct netns_stats *s, unsigned int dev, enum obs_stat stat)
{
	int64_t by = (int64_t)(s->now[dev][stat] - s->last[dev][stat]);
	size_t wire = dev - 2;

	if (dev < 2 || wire >= s->host->wire_nr)
		return by;
	if (stat == OBS_STAT_TX_PACKETS)
		by -= (int64_t)(s->noise->tx_packets[wire] - s->noise_seen.tx_packets[wire]);
	if (stat == OBS_STAT_TX_BYTES)
		by -= (int64_t)(s->noise->tx_bytes[wire] - s->noise_seen.tx_bytes[wire]);
	return by;
}

int netns_stats_read(struct netns_stats *s, struct errmsg *e)
{
	return dump(s, e);
}

bool netns_stats_drained(const struct netns_stats *s)
{
	for (size_t i = 0; i < s->host->wire_nr; i++)
		if (s->now[i + 2][OBS_STAT_TX_PACKETS] - s->not_left[i] != s->wires->left[i])
			return false;
	return true;
}

void netns_stats_report(struct netns_stats *s, struct obs_list *out, uint32_t step)
{
	for (unsigned int dev = 1; out && dev < s->host->dev_nr; dev++)
		for (unsigned int stat = 0; stat < OBS_STAT_NR; stat++) {
			int64_t by = moved(s, dev, (enum obs_stat)stat);
			struct obs *obs = by ? obs_add(out, OBS_STAT, step) : NULL;

			if (!obs)
				continue;
			obs->chan = (uint16_t)dev;
			obs->name = (uint16_t)stat;
			obs->value = by;
		}
	memcpy(s->last, s->now, sizeof(s->last));
	s->noise_seen = *s->noise;
}
