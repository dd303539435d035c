# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area D: local delivery and protocol dispatch."""

from lib.case import case
from scapy.layers.inet import ICMP, TCP
from scapy.packet import Raw


@case("DELIV-001", "DELIV-002", "DELIV-003", kernel="ip_protocol_deliver_rcu")
def handler_counts_delivery(c):
    """InDelivers counts whatever the handler does."""
    c.recv(c.datagram(), c.datagram(dport=9), c.datagram(chksum=0x1234), c.datagram(b"y" * 100, chksum=1),
           c.ip() / ICMP(chksum=0x1234), c.ip() / TCP(chksum=0x1234))


@case("DELIV-004", "DELIV-011", "DELIV-012", rfc="RFC 1122 3.2.2.1", kernel="ip_protocol_deliver_rcu")
def unknown_protocols(c):
    """No handler and no raw socket: protocol unreachable."""
    c.no_sockets()
    for proto in (0, 3, 5, 8, 50, 51, 89, 99, 108, 112, 132, 200, 253, 254, 255):
        c.recv(c.ip(proto=proto) / Raw(b"p" * 12))


@case("DELIV-005", kernel="ip_protocol_deliver_rcu")
def unknown_protocol_to_group(c):
    """To broadcast and multicast it is counted only; so in a broadcast frame."""
    for dst in ("10.0.0.255", "255.255.255.255", "224.0.0.1"):
        c.recv(c.ip(proto=200, dst=dst) / Raw(b"p" * 12))
    c.recv(c.ip(proto=200) / Raw(b"p" * 12), dst="ff:ff:ff:ff:ff:ff")
    c.recv(c.ip(proto=200) / Raw(b"p" * 12), dst="01:00:5e:00:00:01")


@case("DELIV-006", "DELIV-007", kernel="raw_local_deliver")
def raw_sockets_first(c):
    """A raw socket is a receiver; with a handler both get it."""
    c.socket("r200 raw 200")
    c.socket("r17 raw 17")
    c.socket("r1 raw 1")
    c.recv(c.ip(proto=200) / Raw(b"p" * 12), c.datagram(), c.datagram(dport=9),
           c.ip() / ICMP(id=1, seq=2) / b"ping")


@case("DELIV-008", kernel="raw_v4_input")
def full_raw_socket(c):
    """A raw socket without room is no receiver (6.12 on)."""
    c.socket("r raw 200 opt SO_RCVBUF=2304 hold")
    for n in range(8):
        c.recv(c.ip(proto=200, id=n) / Raw(bytes(500)))
    c.recvmsg("r")
    c.recv(c.ip(proto=200, id=20) / Raw(bytes(500)))


@case("DELIV-010", kernel="raw_v4_input")
def raw_socket_refuses_group(c):
    """A raw socket that refuses the group still counts as receiver."""
    c.socket("r raw 200 opt IP_MULTICAST_ALL=0")
    c.recv(c.ip(proto=200, dst="224.0.0.1") / Raw(b"p" * 12), c.ip(proto=200) / Raw(b"p" * 12))


@case("DELIV-012", kernel="raw_v4_match")
def protocol_255(c):
    """IPPROTO_RAW receives protocol 255 only."""
    c.socket("r raw 255")
    c.recv(c.ip(proto=255) / Raw(b"p" * 12), c.ip(proto=254) / Raw(b"p" * 12), c.datagram(dport=9))


@case("DELIV-013", "DELIV-014", "DELIV-015", "DELIV-016", "DELIV-017", kernel="inet_add_protocol")
def built_in_handlers(c):
    """ICMP, IGMP, TCP, UDP and UDP-Lite, each with too little and with something."""
    for proto in (1, 2, 6, 17, 136):
        c.recv(c.ip(proto=proto), c.ip(proto=proto) / Raw(b"\0" * 7), c.ip(proto=proto) / Raw(b"\0" * 40))


@case("DELIV-036", "DELIV-038", kernel="igmp_rcv")
def igmp_bad(c):
    """IGMP of odd lengths, with a wrong checksum, of an unknown type."""
    for body in ("1100", "1100eeff0000", "11000000" + "00000000", "1100eeff00000000", "1100eeff0000000000",
                 "1100eeff000000000000", "99ff0000ffff6700", "1700e8ff00000000"):
        c.recv(c.ip(dst="224.0.0.1", proto=2, ttl=1) / Raw(bytes.fromhex(body)),
               c.ip(proto=2) / Raw(bytes.fromhex(body)))


@case("DELIV-037", "DELIV-038", rfc="RFC 3376 7.2.1", kernel="igmp_heard_query")
def igmp_old_router(c):
    """After a query of version 1 or 2, queries of version 3 are not looked into."""
    # A general query with a source, and one that ends before its sources.
    bad_v3 = Raw(bytes.fromhex("1100 e4fd 0000 0000 0000 0001 0a00 0001".replace(" ", "")))
    short_v3 = Raw(bytes.fromhex("1100 eefd 0000 0000 0000 0002".replace(" ", "")))
    c.world("wire eth1", "link set dev eth1 arp off", "addr add 10.0.1.1/24 brd + dev eth1")
    for query in ("1100eeff00000000", "1164ee9b00000000"):
        wire, src = ("eth0", "10.0.0.2") if query[3] == "0" else ("eth1", "10.0.1.2")
        for body in (bad_v3, short_v3, Raw(bytes.fromhex(query)), bad_v3, short_v3):
            c.recv(c.ip(dst="224.0.0.1", src=src, proto=2, ttl=1) / body, wire=wire)


@case(kernel="tcp_v4_rcv", rfc="RFC 9293 3.10.7.1")
def tcp_closed_port(c):
    """Segments to a closed port are reset by the rules of a closed state."""
    for flags in ("S", "A", "SA", "R", "RA", "F", "FA", "", "P", "PA", "SF", "U"):
        for body in (b"", b"data"):
            c.recv(c.ip() / TCP(sport=1111, dport=80, seq=1000, ack=5000, flags=flags) / Raw(body))


@case(kernel="tcp_v4_rcv")
def tcp_bad(c):
    """TCP headers that lie about their length, or end early."""
    c.recv(c.ip() / TCP(dport=80, dataofs=4), c.ip() / TCP(dport=80, dataofs=15),
           c.ip() / TCP(dport=80, flags="A", chksum=1) / b"abc", c.ip(proto=6) / Raw(bytes(19)),
           c.ip() / TCP(dport=80, flags="S", options=[("MSS", 1460), ("NOP", None), ("WScale", 7)]),
           c.ip(tos=0xB9) / TCP(dport=80, flags="S"), c.ip(ttl=1) / TCP(dport=80, flags="S"))
    c.recv(c.ip() / TCP(dport=80, flags="S"), dst="ff:ff:ff:ff:ff:ff")
    c.recv(c.ip(dst="10.0.0.255") / TCP(dport=80, flags="S"), c.ip(dst="224.0.0.1") / TCP(dport=80))
    c.recv(*c.fragments(c.ip() / TCP(dport=80, flags="A") / (b"t" * 60), [24]))


@case("DELIV-041", kernel="icmpv4_xrlim_allow")
def protocol_unreachable_limited(c):
    """Under the rate limit only the answer is missing."""
    c.sysctl(icmp_ratemask=6168)
    for _ in range(9):
        c.recv(c.ip(proto=200, src="10.0.0.41") / Raw(b"p" * 12))
