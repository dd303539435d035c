# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area P: from ip_local_out() to the wire."""

from lib.case import HOST, PEER, case

TO = f"{PEER}:7"


@case("IPOU-001", "IPOU-002", "IPOU-003", "IPOU-005", "IPOU-025", "IPOU-032", kernel="ip_output")
def counters(c):
    """Whole and in pieces, of one call and of several."""
    c.call(f"sendmsg u to {TO} len 100")
    c.call(f"sendmsg u to {TO} len 4000")
    c.call(f"sendmsg u to {TO} flags MSG_MORE len 1999")
    c.call(f"sendmsg u to {TO} len 2001")
    c.call(f"sendmsg u to {HOST}:7777 len 100")
    c.call(f"sendmsg u to {HOST}:7777 len 65507")


@case("IPOU-014", "IPOU-015", "IPOU-016", kernel="ip_mc_output")
def multicast_copies(c):
    """A copy at home where the group was joined, unless the sender wants none."""
    c.world("wire eth1", "link set dev eth1 arp off", "addr add 10.0.1.1/24 dev eth1")
    c.socket("g udp opt SO_REUSEADDR=1 bind 0.0.0.0:7001 opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0")
    c.socket("o udp opt SO_REUSEADDR=1 bind 0.0.0.0:7001")
    for loop in (1, 0):
        c.call(f"setsockopt u IP_MULTICAST_LOOP={loop}")
        for dev in ("eth0", "eth1"):
            c.call(f"setsockopt u IP_MULTICAST_IF=@{dev}")
            c.send("u", to="239.1.1.1:7001")


@case("IPOU-021", kernel="ip_mc_output")
def broadcast_copies(c):
    """At home and on the wire, whatever IP_MULTICAST_LOOP says; also in pieces."""
    c.call("setsockopt u SO_BROADCAST=1")
    for loop in (1, 0):
        c.call(f"setsockopt u IP_MULTICAST_LOOP={loop}")
        c.send("u", to="10.0.0.255:7777")
        c.call("sendmsg u to 10.0.0.255:7777 len 3000")


@case("IPOU-008", kernel="neigh_resolve_output")
def nobody_answers(c):
    """The call succeeds though nobody has said yet who the neighbour is."""
    c.lines = [line.replace(" arp off", " arp on") for line in c.lines]
    c.send("u", to="10.0.0.77:9")
    c.send("u", to="203.0.113.1:9")
