/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Socket calls of steps on the reference. A closed name is descriptor -1: it says EBADF itself. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/stack/ref_stack.h"

/* As netns_call.c has it: zeros behind the control messages that are there. */
#define CONTROL_ROOM (512u << 10)

struct ref_calls {
	uint8_t control[CONTROL_ROOM];
	uint8_t option[CALL_OPTION_MAX];
};

/* One call while it runs. */
struct ctx {
	struct ref_stack *s;
	const struct call *c;
	const struct step *step;
	struct obs_list *out;
	uint32_t seen;
	int fd;
	bool told; /* it has made its own observation */
	const uint8_t *octets; /* that it gave */
	int32_t given_len; /* as returned */
	uint32_t octet_nr;
};

struct ref_calls *ref_calls_new(void)
{
	return calloc(1, sizeof(struct ref_calls));
}

void ref_calls_free(struct ref_calls *rc)
{
	free(rc);
}

static int64_t run_socket(struct ctx *x)
{
	struct ref_socket *sock = &x->s->socket[x->step->chan];

	if (sock->fd >= 0) {
		ref_close(x->s->net, sock->fd);
		ref_keep_update(x->s, ref_pending(x->s->net), x->out);
	}
	if (x->s->socket_nr <= x->step->chan)
		x->s->socket_nr = (size_t)x->step->chan + 1;
	sock->fd = ref_socket(x->s->net, x->c->num[0], x->c->num[1], x->c->num[2]);
	sock->hold = x->c->hold;
	/* The number of a descriptor is no observation. */
	return sock->fd < 0 ? sock->fd : 0;
}

static int64_t run_bind(struct ctx *x)
{
	return ref_bind_octets(x->s->net, x->fd, x->c->addr, x->c->addr_len);
}

static int64_t run_connect(struct ctx *x)
{
	return ref_connect_octets(x->s->net, x->fd, x->c->addr, x->c->addr_len);
}

static int64_t run_listen(struct ctx *x)
{
	return ref_listen(x->s->net, x->fd, x->c->num[0]);
}

static int64_t run_setsockopt(struct ctx *x)
{
	return ref_setsockopt(x->s->net, x->fd, x->c->num[0], x->c->num[1], x->c->data,
			      (size_t)(int64_t)x->c->len);
}

/* Keep what was returned: as much as is there of the length that was told. */
static void give(struct ctx *x, int32_t len, int32_t room)
{
	x->octets = x->s->calls->option;
	x->given_len = len;
	x->octet_nr = (uint32_t)(len < 0 ? 0 : len < room ? len : room);
}

static int64_t run_getsockopt(struct ctx *x)
{
	uint8_t *option = x->s->calls->option;
	int32_t room = x->c->len == CALL_AMPLE ? CALL_OPTION_MAX : x->c->len;
	size_t len = (size_t)(int64_t)room;
	int err;

	memset(option, 0, CALL_OPTION_MAX);
	if (x->c->data_len)
		memcpy(option, x->c->data, x->c->data_len);
	err = ref_getsockopt(x->s->net, x->fd, x->c->num[0], x->c->num[1], option, &len);
	if (err == 0)
		give(x, (int32_t)len, room);
	return err;
}

static int64_t get_name(struct ctx *x,
			int (*call)(struct ref *net, int fd, struct ref_sockaddr *ret_addr))
{
	int32_t room = x->c->len == CALL_AMPLE ? CALL_ADDR_ROOM : x->c->len;
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct ref_sockaddr addr;
	int err = call(x->s->net, x->fd, &addr);

	if (err < 0)
		return err;
	if (room < 0)
		return -EINVAL;
	in.sin_addr.s_addr = htonl(addr.addr);
	in.sin_port = htons(addr.port);
	memset(x->s->calls->option, 0, CALL_OPTION_MAX);
	memcpy(x->s->calls->option, &in, sizeof(in));
	give(x, (int32_t)sizeof(in), room);
	return 0;
}

static int64_t run_getsockname(struct ctx *x)
{
	return get_name(x, ref_getsockname);
}

static int64_t run_getpeername(struct ctx *x)
{
	return get_name(x, ref_getpeername);
}

static void set_control(struct ctx *x, struct ref_msg_out *msg)
{
	const struct call *c = x->c;
	int32_t len = c->controllen == CALL_AMPLE ? (int32_t)c->control_len : c->controllen;

	if (!c->control_len && c->controllen == CALL_AMPLE)
		return;
	if (c->control_len)
		memcpy(x->s->calls->control, c->control, c->control_len);
	msg->control = x->s->calls->control;
	msg->control_len = (size_t)(int64_t)len;
}

static int64_t run_sendmsg(struct ctx *x)
{
	const struct call *c = x->c;
	struct ref_msg_out msg = {
		.name = c->addr,
		.name_len = c->addr_len,
		.buf = c->data,
		.buf_len = c->data_len,
	};
	long n;

	set_control(x, &msg);
	n = ref_sendmsg(x->s->net, x->fd, &msg, c->flags);
	if (c->control_len)
		memset(x->s->calls->control, 0, c->control_len);
	return n;
}

static int64_t run_sendto(struct ctx *x)
{
	const struct call *c = x->c;
	const struct ref_msg_out msg = {
		.name = c->addr,
		.name_len = c->addr_len,
		.buf = c->data,
		.buf_len = c->data_len,
	};

	return ref_sendto(x->s->net, x->fd, &msg, c->flags);
}

static int64_t run_recvmsg(struct ctx *x)
{
	const struct call *c = x->c;
	const struct ref_receive how = {
		.flags = c->flags,
		.len = c->len >= 0 && c->len < RX_BUF_LEN ? (size_t)c->len : RX_BUF_LEN,
		.controllen = c->controllen,
		.namelen = c->namelen,
		.tell_eagain = true,
		.noname = c->noname,
	};

	x->told = true;
	/* The call may say more octets than it writes (SO_PEEK_OFF): those must look alike. */
	if (c->flags & MSG_TRUNC)
		memset(x->s->rx_buf, 0, how.len);
	ref_receive(x->s, x->step->chan, &how, x->seen, x->out);
	return 0;
}

static int64_t run_ioctl(struct ctx *x)
{
	int32_t value;
	int err = ref_ioctl(x->s->net, x->fd, (uint32_t)x->c->num[0], &value);

	if (err < 0)
		return err;
	memcpy(x->s->calls->option, &value, sizeof(value));
	give(x, sizeof(value), sizeof(value));
	return 0;
}

static int64_t run_poll(struct ctx *x)
{
	return ref_poll(x->s->net, x->fd);
}

static int64_t run_shutdown(struct ctx *x)
{
	return ref_shutdown(x->s->net, x->fd, x->c->num[0]);
}

static int64_t run_close(struct ctx *x)
{
	x->s->socket[x->step->chan].fd = -1;
	return ref_close(x->s->net, x->fd);
}

static int64_t (*const runs[CALL_TYPE_NR])(struct ctx *x) = {
#define X(id, name, arg, words) [CALL_##id] = run_##name,
	CALLS(X)
#undef X
};

void ref_calls_run(struct ref_stack *s, const struct step *step, uint32_t seen,
		   struct obs_list *out)
{
	struct ctx x = {
		.s = s,
		.c = step->call,
		.step = step,
		.out = out,
		.seen = seen,
		.fd = s->socket[step->chan].fd,
	};
	struct obs *obs;
	int64_t value;

	ref_privileged(s->net, !step->call->nocap);
	value = runs[step->call->type](&x);
	ref_privileged(s->net, true);

	if (x.told)
		return;
	ref_keep_update(s, ref_pending(s->net), out);
	obs = obs_add(out, OBS_RETURN, seen);
	if (!obs)
		return;
	obs->chan = step->chan;
	obs->name = (uint16_t)step->call->type;
	obs->value = value < 0 ? 0 : value;
	obs->flags = value < 0 ? (uint32_t)-value : 0;
	obs->addr = (uint32_t)x.given_len;
	if (value >= 0 && x.octet_nr) {
		obs->data_off = obs_put(out, x.octets, x.octet_nr);
		obs->data_len = x.octet_nr;
	}
}
