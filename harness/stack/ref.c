/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The `ref` stack: the reference behind the interface that all stacks have. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/stack/ref_stack.h"
#include "harness/stack/ref_world.h"
#include "harness/stack/stack.h"
#include "harness/world/ip_words.h"
#include "ref/ref.h"

static bool ref_probe(const char *arg, struct errmsg *why, struct errmsg *remedy)
{
	(void)arg, (void)remedy;
	errmsg_set(why, 0, "always there");
	return true;
}

/* Kinds of tunnels, joined by '+'; none is fine. */
static bool parse_has(const char *kinds, uint32_t *ret)
{
	char text[128], *save = NULL;

	*ret = 0;
	strcpy(text, kinds);
	for (char *kind = strtok_r(text, "+", &save); kind; kind = strtok_r(NULL, "+", &save)) {
		if (!ref_tunnel_bit(kind))
			return false;
		*ret |= ref_tunnel_bit(kind);
	}
	return true;
}

/* Words of --stack ref:ARG, separated by commas. */
static int parse_arg(struct ref_config *config, const char *arg, struct errmsg *e)
{
	char text[128], *save = NULL;

	if (strlen(arg) >= sizeof(text))
		return errmsg_set(e, -EINVAL, "stack ref: argument too long");
	strcpy(text, arg);
	for (char *word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		int profile = ref_profile_by_name(word);
		uint32_t tunnels;
		int64_t seed;

		if (profile >= 0)
			config->profile = (enum ref_profile)profile;
		else if (strcmp(word, "tap") == 0)
			config->wire = REF_WIRE_TAP;
		else if (strcmp(word, "veth") == 0)
			config->wire = REF_WIRE_VETH;
		else if (strncmp(word, "has=", 4) == 0 && parse_has(word + 4, &tunnels))
			config->tunnels = tunnels;
		else if (strncmp(word, "seed=", 5) == 0 &&
			 ip_number(word + 5, INT64_MIN, INT64_MAX, &seed))
			config->seed = (uint64_t)seed;
		else
			return errmsg_set(e, -EINVAL,
					  "stack ref: no profile \"%.40s\": choose from 6.1, 6.12, "
					  "6.18, and tap, veth, has=KIND+KIND, seed=N",
					  word);
	}
	return 0;
}

static int ref_open(struct stack **ret, const char *arg, struct errmsg *e)
{
	struct ref_stack *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return errmsg_set(e, -ENOMEM, "out of memory");
	s->config.profile = REF_PROFILE_NR - 1;
	err = parse_arg(&s->config, arg, e);
	if (err < 0) {
		free(s);
		return err;
	}
	s->mib_before = calloc(ref_mib_nr(), sizeof(uint64_t));
	s->calls = ref_calls_new();
	if (!s->mib_before || !s->calls) {
		ref_calls_free(s->calls);
		free(s->mib_before);
		free(s);
		return errmsg_set(e, -ENOMEM, "out of memory");
	}
	s->stack.ops = &stack_ref;
	s->stack.shows = OBS_BIT(OBS_TYPE_NR) - 1;
	snprintf(s->stack.label, sizeof(s->stack.label), "ref %s",
		 ref_profile_name(s->config.profile));
	obs_list_init(&s->later);
	*ret = &s->stack;
	return 0;
}

static void ref_close_stack(struct stack *stack)
{
	struct ref_stack *s = (struct ref_stack *)stack;

	ref_free(s->net);
	obs_list_done(&s->later);
	free(s->mib_before);
	ref_calls_free(s->calls);
	free(s);
}

static void look_at_counters(struct ref_stack *s)
{
	memcpy(s->mib_before, ref_mib(s->net), ref_mib_nr() * sizeof(uint64_t));
	for (unsigned int dev = 1; dev <= s->dev_nr; dev++) {
		const struct ref_dev_stats *stats = ref_dev_stats(s->net, (int)dev);

		if (stats)
			s->stats_before[dev] = *stats;
	}
}

static int add_wires(struct ref_stack *s, const struct world *w, struct errmsg *e)
{
	memset(s->wire_of, 0xff, sizeof(s->wire_of));
	for (size_t i = 0; i < w->wire_nr; i++) {
		struct ref_link link = {.kind = REF_LINK_WIRE};
		int ifindex, err;

		memcpy(link.name, w->wires[i].name, sizeof(link.name));
		memcpy(link.mac, w->wires[i].mac, 6);
		ifindex = ref_link_add(s->net, &link);
		if (ifindex < 0)
			return errmsg_set(e, ifindex, "wire %s: %s", link.name, strerror(-ifindex));
		err = ref_link_flags(s->net, ifindex, REF_LINK_UP, 0);
		if (err < 0)
			return errmsg_set(e, err, "wire %s up: %s", link.name, strerror(-err));
		s->wire_ifindex[i] = ifindex;
		s->wire_of[ifindex] = (int)i;
	}
	s->wire_nr = w->wire_nr;
	return 0;
}

static int do_sysctl(struct ref_stack *s, const struct world_line *line, struct errmsg *e)
{
	int err = ref_sysctl_set(s->net, line->argv[0], line->argv[1]);

	if (err == -ENOENT)
		return errmsg_set(e, err, "the reference has no sysctl %s", line->argv[0]);
	if (err < 0)
		return errmsg_set(e, err, "the reference refuses %s=%s: %s", line->argv[0],
				  line->argv[1], strerror(-err));
	return 0;
}

static int do_line(struct ref_stack *s, const struct world *w, const struct world_line *line,
		   struct errmsg *e)
{
	struct ref_socket *sock;

	switch (line->verb) {
	case WORLD_WIRE:
		return 0;
	case WORLD_IP:
		return ref_world_ip(s->net, line, e);
	case WORLD_SYSCTL:
		return do_sysctl(s, line, e);
	case WORLD_SOCKET:
		break;
	}
	sock = &s->socket[s->socket_nr];
	sock->fd = ref_world_socket(s->net, w, line, &sock->hold, e);
	if (sock->fd < 0)
		return sock->fd;
	s->socket_nr++;
	return 0;
}

static void say_step(void *ctx, const char *func, const char *what)
{
	struct ref_stack *s = ctx;

	s->say(s->say_ctx, s->step, func, what);
}

static int ref_world_new(struct stack *stack, const struct world *w, struct errmsg *e)
{
	struct ref_stack *s = (struct ref_stack *)stack;
	int err;

	ref_free(s->net);
	s->net = ref_new(&s->config);
	if (!s->net)
		return errmsg_set(e, -ENOMEM, "the reference: out of memory");
	s->socket_nr = 0;
	for (size_t i = 0; i < WORLD_SOCKET_MAX; i++)
		s->socket[i].fd = -1;
	s->now_ns = 0;
	s->dev_nr = world_dev_nr(w);
	err = add_wires(s, w, e);
	if (err < 0)
		return errmsg_wrap(e, err, "%s", w->file);
	for (size_t i = 0; i < w->line_nr; i++) {
		err = do_line(s, w, &w->lines[i], e);
		if (err < 0)
			return errmsg_wrap(e, err, "%s:%u", w->file, w->lines[i].line);
	}
	look_at_counters(s);
	ref_explain(s->net, s->say ? say_step : NULL, s);
	return 0;
}

static int ref_reset_stack(struct stack *stack, struct errmsg *e)
{
	struct ref_stack *s = (struct ref_stack *)stack;

	(void)e;
	ref_reset(s->net);
	s->now_ns = 0;
	look_at_counters(s);
	return 0;
}

static void ref_explain_stack(struct stack *stack, stack_say_fn *say, void *ctx)
{
	struct ref_stack *s = (struct ref_stack *)stack;

	s->say = say;
	s->say_ctx = ctx;
	if (s->net)
		ref_explain(s->net, say ? say_step : NULL, s);
}

void ref_keep_update(struct ref_stack *s, const struct ref_update *u, struct obs_list *out)
{
	for (size_t i = 0; i < u->obs_nr; i++) {
		const struct ref_obs *from = &u->obs[i];
		struct obs *obs;

		switch (from->type) {
		case REF_OBS_EMIT:
			if (s->wire_of[from->ifindex] < 0)
				continue;
			obs = obs_add(&s->later, OBS_EMIT, 0);
			if (!obs)
				break;
			obs->chan = (uint16_t)s->wire_of[from->ifindex];
			obs->data_off = obs_put(out, from->data, from->len);
			obs->data_len = (uint32_t)from->len;
			break;
		case REF_OBS_DROP:
			obs = obs_add(&s->later, OBS_DROP, 0);
			if (!obs)
				break;
			obs->name = from->reason;
			if (from->at) {
				obs->text_len = (uint32_t)strlen(from->at);
				obs->text_off = obs_put(out, from->at, obs->text_len);
			}
			break;
		}
	}
	if (u->overflow || s->later.lost)
		out->lost = true;
}

/* The kernel's control buffer as records without padding. */
static void put_control(struct obs_list *out, struct obs *obs, const uint8_t *control, size_t len)
{
	uint8_t *room = obs_room(out, len);
	size_t at = 0, used = 0;

	if (!room)
		return;
	while (len - at >= sizeof(struct cmsghdr)) {
		struct cmsghdr h;
		struct obs_cmsg c;

		memcpy(&h, control + at, sizeof(h));
		if (h.cmsg_len < sizeof(h) || h.cmsg_len > len - at)
			break;
		c = (struct obs_cmsg){
		    .level = h.cmsg_level,
		    .type = h.cmsg_type,
		    .len = (uint32_t)(h.cmsg_len - sizeof(h)),
		};
		memcpy(room + used, &c, sizeof(c));
		memcpy(room + used + sizeof(c), control + at + sizeof(h), c.len);
		used += sizeof(c) + c.len;
		at += CMSG_ALIGN(h.cmsg_len) < len - at ? CMSG_ALIGN(h.cmsg_len) : len - at;
	}
	obs->ctrl_len = (uint32_t)used;
	obs->ctrl_off = obs_take(out, used);
}

/* The sender as far as the call has room for it. */
static void put_name(struct obs *obs, const struct ref_msg *msg, const struct ref_receive *how)
{
	struct sockaddr_in in = { .sin_family = AF_INET }, cut = { .sin_family = 0 };

	bool given = msg->name.given && !how->noname;

	obs->name = (uint16_t)(given ? 0 : -(int)sizeof(in));
	if (!given)
		return;
	in.sin_addr.s_addr = htonl(msg->name.addr);
	in.sin_port = htons(msg->name.port);
	memcpy(&cut, &in,
	       how->namelen >= 0 && how->namelen < (int32_t)sizeof(in) ? (size_t)how->namelen
								       : sizeof(in));
	obs->addr = ntohl(cut.sin_addr.s_addr);
	obs->port = ntohs(cut.sin_port);
}

bool ref_receive(struct ref_stack *s, uint16_t chan, const struct ref_receive *how, uint32_t step,
		 struct obs_list *out)
{
	struct ref_msg msg = {
		.buf = s->rx_buf,
		.buf_len = how->len,
		.control = s->control,
		.control_max = sizeof(s->control),
	};
	struct obs *obs;
	long got;

	if (how->controllen != CALL_AMPLE)
		msg.control_max = how->controllen >= 0 && how->controllen < CONTROL_LEN
					  ? (size_t)how->controllen
					  : CONTROL_LEN;
	if (s->socket[chan].fd >= 0 && how->namelen < 0 && how->namelen != CALL_AMPLE)
		got = -EINVAL;
	else if (how->flags == 0 && how->len == RX_BUF_LEN)
		/* No datagram is longer: the octets go from where they are. */
		got = ref_recv_lend(s->net, s->socket[chan].fd, &msg);
	else
		got = ref_recvmsg(s->net, s->socket[chan].fd, &msg, how->flags | MSG_DONTWAIT);
	ref_keep_update(s, ref_pending(s->net), out);
	if (got == -EAGAIN && !how->tell_eagain)
		return false;
	obs = obs_add(out, got < 0 ? OBS_ERROR : OBS_DELIVER, step);
	if (!obs)
		return false;
	obs->chan = chan;
	if (got < 0) {
		obs->flags = (uint32_t)-got;
		return true;
	}
	obs->value = got;
	obs->flags = msg.flags;
	obs->truncated = (msg.flags & MSG_TRUNC) != 0;
	put_name(obs, &msg, how);
	obs->data_len = (uint32_t)((size_t)got < how->len ? (size_t)got : how->len);
	obs->data_off = obs_put(out, msg.buf, obs->data_len);
	if (msg.control_len > 0)
		put_control(out, obs, s->control, msg.control_len);
	return true;
}

/* Until EAGAIN, or two errors in a row. */
static void drain_queue(struct ref_stack *s, uint16_t chan, uint32_t flags, uint32_t step,
			struct obs_list *out)
{
	const struct ref_receive how = {
		.flags = flags, .len = RX_BUF_LEN, .controllen = CALL_AMPLE, .namelen = CALL_AMPLE
	};
	bool error = false;

	while (ref_receive(s, chan, &how, step, out)) {
		bool again = error;

		error = out->obs[out->nr - 1].type == OBS_ERROR;
		if (again && error)
			return;
	}
}

static void drain(struct ref_stack *s, uint32_t step, struct obs_list *out)
{
	for (uint16_t i = 0; i < s->socket_nr; i++) {
		if (s->socket[i].fd < 0 || s->socket[i].hold ||
		    !ref_readable(s->net, s->socket[i].fd))
			continue;
		drain_queue(s, i, 0, step, out);
		drain_queue(s, i, MSG_ERRQUEUE, step, out);
	}
}

/* What was kept of the group, in its order. */
static void append_later(struct ref_stack *s, uint32_t step, struct obs_list *out)
{
	if (s->later.nr == 0)
		return;
	for (size_t wire = 0; wire <= s->wire_nr; wire++)
		for (size_t i = 0; i < s->later.nr; i++) {
			const struct obs *from = &s->later.obs[i];
			bool drop = from->type == OBS_DROP;
			struct obs *obs;

			if (drop ? wire < s->wire_nr : from->chan != wire)
				continue;
			obs = obs_add(out, from->type, step);
			if (!obs)
				return;
			*obs = *from;
			obs->step = step;
		}
	obs_list_clear(&s->later);
}

static void add_stats(struct ref_stack *s, unsigned int dev, uint32_t step, struct obs_list *out)
{
	const struct ref_dev_stats *now = ref_dev_stats(s->net, (int)dev);
	struct ref_dev_stats *before = &s->stats_before[dev];
	struct obs *obs;

	if (!now || memcmp(now, before, sizeof(*now)) == 0)
		return;
#define X(id, field)                                                                               \
	if (now->field != before->field && (obs = obs_add(out, OBS_STAT, step))) {                 \
		obs->chan = (uint16_t)dev;                                                         \
		obs->name = OBS_STAT_##id;                                                         \
		obs->value = (int64_t)(now->field - before->field);                                \
	}
	OBS_STATS(X)
#undef X
	*before = *now;
}

static void count(struct ref_stack *s, uint32_t step, struct obs_list *out)
{
	const uint64_t *mib = ref_mib(s->net);
	size_t nr = ref_mib_nr();

	for (size_t i = 0; i < nr; i++) {
		struct obs *obs;

		if (mib[i] == s->mib_before[i])
			continue;
		obs = obs_add(out, OBS_COUNT, step);
		if (!obs)
			return;
		obs->name = (uint16_t)i;
		obs->value = (int64_t)(mib[i] - s->mib_before[i]);
		s->mib_before[i] = mib[i];
	}
	for (unsigned int dev = 1; dev <= s->dev_nr; dev++)
		add_stats(s, dev, step, out);
}

/* seen: the last step of the group. */
static void do_step(struct ref_stack *s, const struct step *step, uint32_t seen,
		    struct obs_list *out)
{
	struct ref_event event = {.now_ns = s->now_ns};

	s->step = step->idx;
	switch (step->type) {
	case STEP_FRAME:
		event.type = REF_EV_FRAME;
		event.ifindex = s->wire_ifindex[step->chan];
		event.data = step->data;
		event.len = step->len;
		ref_keep_update(s, ref_step(s->net, &event), out);
		break;
	case STEP_SLEEP:
		event.type = REF_EV_TIME;
		event.now_ns = s->now_ns += step->sleep_ns;
		ref_keep_update(s, ref_step(s->net, &event), out);
		break;
	case STEP_CALL:
		ref_calls_run(s, step, seen, out);
		break;
	}
}

static int ref_run(struct stack *stack, const struct step *steps, size_t nr,
		   const struct plan *plan, struct obs_list *out, struct errmsg *e)
{
	struct ref_stack *s = (struct ref_stack *)stack;
	size_t drain_every = plan->drain_every ? plan->drain_every : nr;

	(void)e;
	for (size_t i = 0; i < nr;) {
		size_t end = nr - i > drain_every ? i + drain_every : nr;
		uint32_t seen = steps[end - 1].idx;

		for (; i < end; i++)
			do_step(s, &steps[i], seen, out);
		drain(s, seen, out);
		append_later(s, seen, out);
		if (end == nr || (plan->count_every && end % plan->count_every == 0))
			count(s, seen, out);
	}
	return 0;
}

const struct stack_ops stack_ref = {
    .name = "ref",
    .summary = "the reference: this project's model of Linux",
    .arg_help = "6.1 | 6.12 | 6.18, tap | veth, has=KIND+KIND, seed=N (separated by commas)",
    .probe = ref_probe,
    .open = ref_open,
    .world = ref_world_new,
    .run = ref_run,
    .explain = ref_explain_stack,
    .reset = ref_reset_stack,
    .close = ref_close_stack,
};
