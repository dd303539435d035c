/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Socket calls as steps of a case. One row of CALLS() is a call: its name, what stands behind the
 * socket's name, and which words may follow. Text is read and written by these rows alone
 * (call_parse.c, call_text.c); how a call runs is one function for each kind of stack, named in
 * the tables of harness/stack/netns_call.c and harness/stack/ref_call.c: a row without one does
 * not compile.
 *
 *   socket NAME udp|udplite|raw PROTO|ping|tcp [hold]     or: socket NAME FAMILY TYPE PROTOCOL
 *   bind NAME ADDR [family N] [namelen N]
 *   connect NAME ADDR [family N] [namelen N]
 *   listen NAME BACKLOG
 *   setsockopt NAME OPTION=VALUE [len N]
 *   getsockopt NAME OPTION[=VALUE] [len N]
 *   getsockname NAME [len N]
 *   getpeername NAME [len N]
 *   sendmsg NAME [to ADDR [family N] [namelen N]] [flags F|F] [cmsg OPTION=VALUE]...
 *           [control HEX] [controllen N] [data HEX]... [len N]...
 *   sendto NAME ...                the same by sendto(2): one chunk, no control messages
 *   recvmsg NAME [len N] [flags F|F] [namelen N] [controllen N]
 *   ioctl NAME SIOCINQ|SIOCOUTQ
 *   poll NAME                      what is ready: POLLIN, ... as a number
 *   shutdown NAME SHUT_RD|SHUT_WR|SHUT_RDWR
 *   close NAME
 *
 * The word `nocap` makes a call without capabilities (CAP_NET_RAW and the like), `noname` receives
 * without asking for the sender.
 *
 * ADDR is 10.0.0.1:53, hex:OCTETS of any sockaddr, or null: no memory is there. OPTION is a name
 * of sockopt.c, or LEVEL/NUMBER with a value hex:OCTETS. `len`, `namelen`, `controllen` are what
 * the call says of lengths, whatever is there: cut short, too long, negative. `data` and `len` of
 * a send are chunks (iovecs), in their order; `len N` is N octets that count up. Constants may be
 * numbers. A receive call has ample room unless told.
 */
#ifndef HARNESS_CALL_H
#define HARNESS_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/errmsg.h"
#include "harness/text.h"
#include "harness/world/world.h"

/* What stands behind the name of the socket. */
enum call_arg {
	CALL_ARG_NONE,
	CALL_ARG_KIND, /* udp, raw 17, or three numbers: num[] */
	CALL_ARG_ADDR, /* addr, addr_len */
	CALL_ARG_SET, /* OPTION=VALUE: num[0] level, num[1] name, data, len */
	CALL_ARG_GET, /* OPTION or OPTION=VALUE */
	CALL_ARG_NR, /* a number: num[0] */
	CALL_ARG_HOW, /* SHUT_*: num[0] */
	CALL_ARG_IOCTL, /* SIOC*: num[0] */
};

/* Bits of the words that may follow. */
#define CALL_W_HOLD	  0x001u
#define CALL_W_ADDR	  0x002u /* family, namelen: of an address before them */
#define CALL_W_TO	  0x004u
#define CALL_W_FLAGS	  0x008u
#define CALL_W_LEN	  0x010u /* a length: len */
#define CALL_W_DATA	  0x020u /* data, len: chunks of a payload */
#define CALL_W_CMSG	  0x040u /* cmsg, control */
#define CALL_W_CONTROLLEN 0x080u
#define CALL_W_NAMELEN	  0x100u

#define CALL_W_SEND (CALL_W_TO | CALL_W_ADDR | CALL_W_FLAGS | CALL_W_DATA)

/*      id           name         argument        words */
#define CALLS(X)                                                                                   \
	X(SOCKET, socket, CALL_ARG_KIND, CALL_W_HOLD)                                              \
	X(BIND, bind, CALL_ARG_ADDR, CALL_W_ADDR)                                                  \
	X(CONNECT, connect, CALL_ARG_ADDR, CALL_W_ADDR)                                            \
	X(LISTEN, listen, CALL_ARG_NR, 0)                                                          \
	X(SETSOCKOPT, setsockopt, CALL_ARG_SET, CALL_W_LEN)                                        \
	X(GETSOCKOPT, getsockopt, CALL_ARG_GET, CALL_W_LEN)                                        \
	X(GETSOCKNAME, getsockname, CALL_ARG_NONE, CALL_W_LEN)                                     \
	X(GETPEERNAME, getpeername, CALL_ARG_NONE, CALL_W_LEN)                                     \
	X(SENDMSG, sendmsg, CALL_ARG_NONE, CALL_W_SEND | CALL_W_CMSG | CALL_W_CONTROLLEN)          \
	X(SENDTO, sendto, CALL_ARG_NONE, CALL_W_SEND)                                              \
	X(RECVMSG, recvmsg, CALL_ARG_NONE,                                                         \
	  CALL_W_LEN | CALL_W_FLAGS | CALL_W_NAMELEN | CALL_W_CONTROLLEN)                          \
	X(IOCTL, ioctl, CALL_ARG_IOCTL, 0)                                                         \
	X(POLL, poll, CALL_ARG_NONE, 0)                                                            \
	X(SHUTDOWN, shutdown, CALL_ARG_HOW, 0)                                                     \
	X(CLOSE, close, CALL_ARG_NONE, 0)

enum call_type {
#define X(id, name, arg, words) CALL_##id,
	CALLS(X)
#undef X
		CALL_TYPE_NR,
};

struct call_row {
	const char *name;
	enum call_arg arg;
	uint32_t words;
};
extern const struct call_row call_rows[CALL_TYPE_NR];

/* The row of a name; CALL_TYPE_NR: none. */
enum call_type call_by_name(const char *name, size_t len);

#define CALL_CHUNKS_MAX	 16
#define CALL_DEVS_MAX	 4
#define CALL_ADDR_ROOM	 128 /* octets that are there behind every addr */
#define CALL_OPTION_MAX	 4096 /* of an option: value, or room for one */
#define CALL_DATA_MAX	 (128u << 10) /* of a payload: more than any datagram takes */
#define CALL_CONTROL_MAX 4096
#define CALL_HEX_MAX	 32 /* octets shown to people of each run */
#define CALL_AMPLE	 INT32_MIN /* a length that was not given */

/* Where a device's number (obs.h) stands that a kernel has another ifindex for. */
struct call_dev {
	enum { CALL_IN_DATA, CALL_IN_CONTROL, CALL_IN_RESULT } in;
	uint32_t off;
	bool big_endian;
};

/*
 * A call with its arguments. All memory that it points to is somebody else's and stays while the
 * call is used; tcase owns that of a case.
 */
struct call {
	enum call_type type;
	int32_t num[3];
	bool hold, nocap, noname;
	/* struct sockaddr, CALL_ADDR_ROOM octets; NULL: none. addr_len is what the call says. */
	const uint8_t *addr;
	int32_t addr_len;
	const uint8_t *data; /* payload, or the value of an option */
	uint32_t data_len;
	uint32_t chunk[CALL_CHUNKS_MAX]; /* lengths of the payload's chunks */
	uint8_t chunk_nr;
	/* Option: its length as said. Names: room. recvmsg: room for octets. CALL_AMPLE: all. */
	int32_t len;
	const uint8_t *control;
	uint32_t control_len; /* octets that are there */
	int32_t controllen; /* as said: sendmsg; recvmsg: room; CALL_AMPLE: all */
	int32_t namelen; /* recvmsg: room for the sender; CALL_AMPLE: all */
	uint32_t flags; /* MSG_* */
	struct call_dev dev[CALL_DEVS_MAX];
	uint8_t dev_nr;
};

/*
 * A call out of the words behind its name, the socket's name first. *ret is one block, to be
 * freed; *ret_chan the socket's number. A `socket` call gives the world a socket of that name.
 * 0, or -errno with a message that begins with the call's name.
 */
int call_parse(struct call **ret, uint16_t *ret_chan, enum call_type type, struct world *w,
	       char **argv, int argc, struct errmsg *e);
/* As call_parse() reads it; octets are cut behind hex_max of each run, and "..." follows. */
void call_text(struct text *t, const struct world *w, uint16_t chan, const struct call *c,
	       size_t hex_max);
/* A copy as one block, to be freed. NULL: no memory. */
struct call *call_copy(const struct call *c);

/*
 * A call as octets: the struct, then CALL_PARTS - 1 runs of octets, some of them empty. Pointers in
 * the struct only say whether something is there.
 */
#define CALL_PARTS 4
struct call_part {
	const void *data;
	size_t len;
};
size_t call_parts(const struct call *c, struct call_part ret[CALL_PARTS]);
/*
 * The call at the beginning of these octets, which stay its own; *ret_len is how many it took.
 * NULL: they are no call.
 */
struct call *call_unpack(void *octets, size_t len, size_t *ret_len);
/* The octets that a step brings along are here now: a call that lies in them moves with them. */
struct step;
void call_step_moved(struct step *s, uint8_t *octets);

#endif
