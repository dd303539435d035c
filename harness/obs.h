/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Observations: what a stack did, in one canonical form whichever stack it was. The list is an
 * arena that is emptied and used again: nothing is allocated per packet once it is warm.
 */
#ifndef HARNESS_OBS_H
#define HARNESS_OBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum obs_type {
	OBS_DELIVER, /* a socket received a datagram */
	OBS_ERROR, /* a receive call failed: a pending socket error, EAGAIN of a step */
	OBS_RETURN, /* another socket call returned */
	OBS_EMIT, /* a frame left on a wire */
	OBS_DROP, /* a packet was freed with a reason */
	OBS_COUNT, /* a counter moved */
	OBS_STAT, /* a device statistic moved */
	OBS_TYPE_NR,
};

/* The statistics of a device, by the names of `ip -s -s link`. */
#define OBS_STATS(X)                                                                               \
	X(RX_PACKETS, rx_packets)                                                                  \
	X(RX_BYTES, rx_bytes)                                                                      \
	X(RX_DROPPED, rx_dropped)                                                                  \
	X(RX_NOHANDLER, rx_nohandler)                                                              \
	X(RX_OTHERHOST_DROPPED, rx_otherhost_dropped)                                              \
	X(MULTICAST, multicast)                                                                    \
	X(TX_PACKETS, tx_packets)                                                                  \
	X(TX_BYTES, tx_bytes)                                                                      \
	X(TX_DROPPED, tx_dropped)                                                                  \
	X(RX_ERRORS, rx_errors)                                                                    \
	X(RX_LENGTH_ERRORS, rx_length_errors)                                                      \
	X(RX_CRC_ERRORS, rx_crc_errors)                                                            \
	X(RX_FRAME_ERRORS, rx_frame_errors)                                                        \
	X(RX_FIFO_ERRORS, rx_fifo_errors)                                                          \
	X(TX_ERRORS, tx_errors)                                                                    \
	X(TX_CARRIER_ERRORS, tx_carrier_errors)                                                    \
	X(COLLISIONS, collisions)

enum obs_stat {
#define X(id, name) OBS_STAT_##id,
	OBS_STATS(X)
#undef X
		OBS_STAT_NR,
};

/* Bits of what a stack can show. */
#define OBS_BIT(type) (1u << (type))

#define OBS_NAME_MAX 48

struct obs {
	uint8_t type; /* enum obs_type */
	uint8_t truncated; /* DELIVER: data_len is less than wire_len */
	uint16_t chan; /* socket (DELIVER, ERROR, RETURN), wire (EMIT), device (STAT): see below */
	uint32_t step; /* last step before it was seen */
	uint32_t addr; /* DELIVER: sender; RETURN: length of an option or a name, as returned */
	uint16_t port;
	uint16_t name; /* COUNT: ref_mib index, DROP: ref drop index, either may be
			  OBS_NAME_OTHER; STAT: enum obs_stat; RETURN: enum call_type;
			  DELIVER: length of the sender's name if not 16, less 16 */
	uint32_t flags; /* DELIVER: msg_flags; ERROR, RETURN: errno (RETURN: 0 none) */
	int64_t value; /* COUNT, STAT: by how much; DELIVER, RETURN: what the call returned */
	uint32_t data_off, data_len; /* DELIVER: payload; EMIT: frame; RETURN: octets that the
					call gave; in list->bytes */
	uint32_t ctrl_off, ctrl_len; /* DELIVER: control messages, see below */
	uint32_t text_off, text_len; /* DROP: location, not compared; OBS_NAME_OTHER: see below */
};

/*
 * The name is text: a counter or reason that the reference lacks. COUNT: the text is the name.
 * DROP: the name, then a space and the location if it is known.
 */
#define OBS_NAME_OTHER 0xffffu

/*
 * Devices are numbered alike on all stacks, in `chan` and in control messages (IP_PKTINFO): 1 is
 * lo, then the wires of the world, then its `link add` lines (see world_dev_name()).
 */

/* A control message within ctrl: this header (native integers), then len octets, no padding. */
struct obs_cmsg {
	int32_t level, type;
	uint32_t len;
};

struct obs_list {
	struct obs *obs;
	size_t nr, max;
	uint8_t *bytes;
	size_t bytes_used, bytes_max;
	bool lost; /* memory ran out, or a stack lost events: what, in the report */
};

const char *obs_type_name(enum obs_type type);
const char *obs_stat_name(enum obs_stat stat);
void obs_list_init(struct obs_list *l);
void obs_list_done(struct obs_list *l);
static inline void obs_list_clear(struct obs_list *l)
{
	l->nr = 0;
	l->bytes_used = 0;
	l->lost = false;
}
/* A new zeroed observation at the end; NULL: no memory (and lost is set). */
struct obs *obs_add(struct obs_list *l, enum obs_type type, uint32_t step);
/* Room for n octets at the end of bytes, not yet taken; NULL: no memory. */
uint8_t *obs_room(struct obs_list *l, size_t n);
/* Take n of them: returns their offset. */
uint32_t obs_take(struct obs_list *l, size_t n);
/* Copy octets in: returns their offset (UINT32_MAX: no memory). */
uint32_t obs_put(struct obs_list *l, const void *data, size_t n);

#endif
