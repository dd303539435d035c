# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area B: IPv4 options on receive and their echo."""

from lib.case import HOST, PEER, case, with_options
from scapy.layers.inet import ICMP
from scapy.packet import Raw


TWO_WIRES = ("wire eth1", "link set dev eth1 arp off", "addr add 10.0.1.1/24 brd + dev eth1")


def ip4(text):
    return bytes(int(x) for x in text.split("."))


def pad(octets, fill=0):
    return octets + bytes([fill]) * (-len(octets) % 4)


def rr(slots, pointer=4, length=None, filled=b""):
    body = (filled + bytes(4 * slots))[:4 * slots]
    return bytes([7, 3 + 4 * slots if length is None else length, pointer]) + body


def ts(flag, octets, pointer=5, overflow=0, length=None, body=b""):
    body = (body + bytes(octets))[:octets]
    return bytes([68, 4 + octets if length is None else length, pointer, overflow << 4 | flag]) + body


def route(kind, *addresses, pointer=4, length=None):
    body = b"".join(ip4(a) for a in addresses)
    return bytes([kind, 3 + len(body) if length is None else length, pointer]) + body


def echo(c, options, **ip):
    """An echo request that carries options."""
    return with_options(c.ip(**ip) / ICMP(id=7, seq=9) / b"echo", pad(options))


def udp(c, options, **ip):
    return with_options(c.datagram(ip=ip), pad(options))


def both(c, *options, **ip):
    """The options on a datagram to a socket and on an echo request."""
    c.socket("r raw 17")
    for o in options:
        c.recv(udp(c, o, **ip), echo(c, o, **ip))


def table(name, rows, doc, *options, setup=None):
    """One case of several raw option strings."""

    def fn(c):
        if setup:
            setup(c)
        both(c, *options)

    fn.__doc__ = doc
    case(*rows, kernel="__ip_options_compile", name=name)(fn)


table("end_of_list", ("OPT-013", "OPT-014", "OPT-015"),
      "End of list stops the parser; what follows is erased.",
      bytes(4), b"\x00\x01\x02\x03", b"\x01\x00\x44\x01", b"\x00\x07\x00\x00", bytes(40))
table("nop", ("OPT-016", "OPT-017"), "Only NOPs: accepted, not echoed.", b"\x01" * 4, b"\x01" * 40)
table("no_room_for_length", ("OPT-018",), "A type octet at the very end.",
      b"\x01\x01\x01\x07", b"\x01\x01\x01\x44", b"\x01\x01\x01\x82", b"\x01" * 39 + b"\x55")
table("length_0_and_1", ("OPT-019", "OPT-020", "OPT-022"), "A length below two is an error.",
      b"\x07\x00\x00\x00", b"\x07\x01\x00\x00", b"\x01\x44\x00\x00", b"\x55\x00\x00\x00",
      b"\x55\x01\x00\x00", b"\x82\x01\x00\x00")
table("length_beyond", ("OPT-021", "OPT-022"), "A length beyond the header is an error.",
      b"\x07\x05\x04\x00", b"\x55\x05\x00\x00", b"\x01\x01\x55\x03", b"\x83\xff\x04\x00")
table("unknown", ("OPT-023",), "An unknown option is skipped and not echoed.",
      b"\x55\x04\x01\x02", b"\x55\x02\x01\x00", b"\xd5\x03\x00\x01", b"\x1e\x04\x00\x00")
table("security_and_stream", ("OPT-024", "OPT-025"), "Security and stream id are skipped unread.",
      b"\x82\x0b" + bytes(9), b"\x82\x02\x01\x01", b"\x88\x04\x12\x34", b"\x88\x03\x12\x00",
      b"\x88\x02\x01\x01")
table("source_route_off", ("OPT-029",), "A good source route is dropped in silence by default.",
      route(131, PEER), route(137, PEER), route(131, "10.0.0.7", "10.0.0.8", pointer=12))
table("source_route_malformed", ("OPT-026", "OPT-028", "OPT-030"),
      "A malformed source route is answered even when source routes are off.",
      b"\x83\x02\x01\x00", b"\x89\x02\x01\x00", b"\x83\x03\x03\x00", b"\x83\x03\x00\x00",
      route(131, PEER, pointer=3), route(131, PEER, pointer=5), route(131, PEER, pointer=6),
      route(131, PEER) + route(131, PEER), route(131, PEER) + b"\x01" + route(137, PEER))
table("record_route", ("OPT-046", "OPT-055", "OPT-056", "OPT-049"),
      "Record route: own address written, echoed with a second copy.",
      rr(1), rr(2), rr(3), rr(9), rr(1, pointer=8), rr(2, pointer=8, filled=ip4("10.9.9.9")),
      rr(2, pointer=12, filled=ip4("10.9.9.9") * 2), rr(1, pointer=255), rr(1, pointer=9))
table("record_route_bad", ("OPT-050", "OPT-051", "OPT-052", "OPT-053"),
      "Record route with a bad length or pointer, or twice.",
      b"\x07\x02\x04\x00", rr(1, pointer=3), rr(1, pointer=0), rr(1, pointer=5), rr(1, pointer=6),
      rr(1, pointer=7), rr(1) + b"\x01" + rr(1), b"\x07\x03\x03\x00", b"\x07\x03\x04\x00")
table("record_route_odd_length", ("OPT-054",), "A partial slot after ours: no echo reply.",
      bytes([7, 9, 4]) + bytes(6), bytes([7, 10, 4]) + bytes(7), bytes([7, 5, 4]) + bytes(2),
      bytes([7, 9, 8]) + bytes(6))
table("timestamp_only", ("OPT-057", "OPT-071", "OPT-073"), "Timestamps only.",
      ts(0, 4), ts(0, 8), ts(0, 12, pointer=9), ts(0, 36), ts(0, 0))
table("timestamp_and_address", ("OPT-058", "OPT-072", "OPT-073"), "Addresses and timestamps.",
      ts(1, 8), ts(1, 16), ts(1, 32), ts(1, 16, pointer=13))
table("timestamp_prespecified", ("OPT-059", "OPT-060", "OPT-061", "OPT-074"),
      "Prespecified addresses.",
      ts(3, 8, body=ip4(HOST)), ts(3, 8, body=ip4("10.9.9.9")), ts(3, 8, pointer=13),
      ts(3, 16, body=ip4(HOST) + bytes(4) + ip4(HOST)), ts(3, 8, body=ip4("10.0.0.255")),
      ts(3, 8, body=ip4("224.0.0.1")), ts(3, 8, body=ip4("127.0.0.1")), ts(3, 8, body=bytes(4)))
table("timestamp_other_flags", ("OPT-062",), "Flags 2 and 4 to 15 are remembered and no more.",
      *(ts(f, 8) for f in (2, 4, 7, 15)))
table("timestamp_overflow", ("OPT-063", "OPT-064"), "Overflow counts to 15, then it is an error.",
      ts(0, 4, pointer=9), ts(0, 4, pointer=9, overflow=14), ts(0, 4, pointer=9, overflow=15),
      ts(1, 8, pointer=13, overflow=3), ts(1, 8, pointer=13, overflow=15),
      ts(2, 8, pointer=13, overflow=15), ts(3, 8, pointer=13, overflow=15), ts(0, 4, pointer=200))
table("timestamp_bad", ("OPT-065", "OPT-066", "OPT-067", "OPT-068", "OPT-069", "OPT-070"),
      "Timestamp with a bad length or pointer, or twice.",
      b"\x44\x03\x05\x00", b"\x44\x02\x05\x00", ts(0, 4, pointer=4), ts(0, 4, pointer=0),
      ts(0, 4, pointer=6), ts(2, 4, pointer=8), ts(1, 4), ts(1, 7), ts(3, 4), ts(3, 6),
      ts(0, 4) + ts(0, 4), b"\x44\x04\x05\x00", b"\x44\x04\x04\x00")
table("timestamp_partial_slot", ("OPT-075",), "A partial slot after ours: no echo reply.",
      ts(0, 6), ts(1, 12), ts(3, 12, body=ip4(HOST)))
table("router_alert", ("OPT-079", "OPT-080", "OPT-083"), "Router alert.",
      b"\x94\x04\x00\x00", b"\x94\x02\x01\x01", b"\x94\x03\x00\x01", b"\x94\x04\x00\x01",
      b"\x94\x06\x00\x00\x00\x00", b"\x94\x04\x00\x00\x94\x04\x00\x00")
table("cipso", ("OPT-084", "OPT-085", "OPT-086", "OPT-087", "OPT-088", "OPT-089", "OPT-093"),
      "CIPSO with and without a domain.",
      b"\x86\x06\x00\x00\x00\x00", b"\x86\x07\x00\x00\x00\x01\x01", b"\x86\x08\x00\x00\x00\x01\x01\x02",
      b"\x86\x08\x00\x00\x00\x00\x01\x02", b"\x86\x0a\x00\x00\x00\x05\x01\x04\x00\x00",
      b"\x86\x09\x00\x00\x00\x05\x01\x02\x01", b"\x86\x0a\x00\x00\x00\x05\x01\x00\x00\x00",
      b"\x86\x0a\x00\x00\x00\x05\x01\x09\x00\x00",
      b"\x86\x08\x00\x00\x00\x05\x01\x02" + b"\x86\x08\x00\x00\x00\x05\x01\x02")
table("good_then_bad", ("OPT-008", "OPT-009", "OPT-010"),
      "Options before the bad one were processed and are quoted so.",
      rr(2) + b"\x07\x00", rr(2) + b"\x55\x00\x00", ts(0, 8) + b"\x44\x00\x00\x00",
      ts(1, 16) + b"\x55\x01\x00\x00", bytes([7, 9, 4]) + bytes(6) + b"\x55\x00\x00",
      ts(0, 6) + b"\x55\x00")
table("reply_order", ("OPT-094",), "The order in a reply is fixed.",
      ts(0, 8) + b"\x01" + rr(2), rr(2) + b"\x01" + ts(0, 8), b"\x55\x03\x01" + rr(1) + ts(0, 8))


@case("OPT-001", kernel="ip_rcv_finish_core")
def no_options(c):
    """IHL 5: nothing to do."""
    c.recv(c.datagram(), c.ip() / ICMP(id=1, seq=1) / b"x")


@case("OPT-002", kernel="ip_rcv_finish_core")
def routing_drop_wins(c):
    """A martian source is refused before its options are looked at."""
    c.recv(udp(c, b"\x07\x00", src="224.0.0.1"), udp(c, b"\x07\x00", dst="0.0.0.0"))


@case("OPT-005", "OPT-006", kernel="__ip_options_compile")
def bad_option_in_fragments(c):
    """Only the first fragment is answered."""
    whole = c.datagram(b"z" * 64)
    first, second = c.fragments(whole, [32])
    c.recv(with_options(second, b"\x07\x00\x00\x00"), with_options(first, b"\x07\x00\x00\x00"))


@case("OPT-007", kernel="__icmp_send")
def bad_option_in_icmp_error(c):
    """No error about an error; an echo request with the same option is answered."""
    quoted = bytes(c.ip(src=HOST, dst=PEER) / c.udp())
    c.recv(with_options(c.ip() / ICMP(type=3, code=3) / quoted, b"\x07\x00\x00\x00"),
           with_options(c.ip() / ICMP(type=8) / b"q", b"\x07\x00\x00\x00"),
           with_options(c.ip() / ICMP(type=0) / b"q", b"\x07\x00\x00\x00"),
           with_options(c.ip() / ICMP(type=99) / b"q", b"\x07\x00\x00\x00"))


@case("OPT-011", "OPT-012", kernel="__ip_options_compile")
def stale_checksum(c):
    """Options changed on input leave the header checksum as it came."""
    c.socket("r raw 17")
    c.recv(udp(c, rr(3)), udp(c, ts(0, 8)), udp(c, b"\x00\x01\x01\x01"))


@case("OPT-031", "OPT-032", "OPT-037", "OPT-043", "OPT-044", "OPT-045", "OPT-040", "OPT-039",
      kernel="ip_options_rcv_srr")
def source_route_on(c):
    """Source routes accepted, not forwarding."""
    c.world("addr add 10.0.0.3/24 dev eth0")
    c.conf("all", accept_source_route=1)
    c.conf("eth0", accept_source_route=1)
    both(c, b"\x83\x03\x04\x00", route(131, PEER, pointer=8), route(137, PEER, pointer=8),
         route(131, "10.0.0.7", "10.0.0.8", pointer=12), route(137, "10.0.0.7", "10.0.0.8", pointer=12),
         route(131, "10.0.0.7", "10.0.0.8", pointer=8), route(131, "10.0.0.7", pointer=6),
         route(131, "10.0.0.7", pointer=7), route(131, HOST, "10.0.0.3"), route(131, HOST, "10.0.0.7"),
         route(131, "10.0.0.3", pointer=4), route(137, "10.0.0.3", HOST, "10.0.0.3", pointer=8),
         route(131, "10.0.0.7", pointer=255))


@case("OPT-033", "OPT-036", kernel="ip_options_rcv_srr")
def source_route_not_to_us(c):
    """Source routes in broadcast frames, or to broadcast and multicast."""
    c.conf("all", accept_source_route=1)
    c.conf("eth0", accept_source_route=1)
    c.recv(udp(c, route(131, "10.0.0.7")), dst="ff:ff:ff:ff:ff:ff")
    c.recv(udp(c, route(131, "10.0.0.7"), dst="10.0.0.255"), dst="02:00:00:00:00:01")
    c.recv(udp(c, route(131, "10.0.0.7"), dst="224.0.0.1"), dst="02:00:00:00:00:01")
    c.recv(udp(c, route(131, "10.0.0.7"), dst="192.0.2.1"))


@case("OPT-034", "OPT-035", "OPT-038", "OPT-041", "OPT-042", kernel="ip_options_rcv_srr")
def source_route_forwarding(c):
    """Source routes accepted and forwarding."""
    c.world(*TWO_WIRES, "route add 192.0.2.0/24 via 10.0.1.5 dev eth1")
    c.sysctl(ip_forward=1)
    c.conf("all", accept_source_route=1)
    c.conf("eth0", accept_source_route=1)
    for kind in (131, 137):
        c.recv(udp(c, route(kind, "10.0.1.7", "10.0.1.8")),
               udp(c, route(kind, "10.0.1.7", "10.0.1.8"), dst="10.0.1.9"),
               udp(c, route(kind, "192.0.2.7")), udp(c, route(kind, "10.0.0.7")),
               udp(c, route(kind, "10.0.1.7", pointer=8), dst="10.0.1.9"),
               udp(c, route(kind, "127.0.0.1")), udp(c, route(kind, "224.0.0.1")))


@case("OPT-047", kernel="fib_compute_spec_dst")
def record_route_group(c):
    """To broadcast and multicast the recorded address is that towards the sender."""
    c.socket("r raw 17")
    c.world("addr add 10.0.0.3/24 dev eth0", "addr add 10.7.0.1/24 dev eth0")
    c.recv(udp(c, rr(2), dst="10.0.0.255"), udp(c, rr(2), dst="224.0.0.1"),
           udp(c, rr(2), dst="255.255.255.255"), udp(c, rr(2), dst="224.0.0.1", src="10.7.0.9"),
           udp(c, ts(1, 8), dst="10.0.0.255"))


@case("OPT-048", "OPT-077", kernel="ip_forward_options")
def options_forwarded(c):
    """Forwarding finishes what input began."""
    c.world(*TWO_WIRES)
    c.sysctl(ip_forward=1)
    for o in (rr(1), rr(2), rr(1, pointer=8), ts(0, 8), ts(1, 8), ts(1, 16),
              ts(3, 8, body=ip4("10.0.1.1")), b"\x94\x04\x00\x00", b"\x55\x04\x01\x02", bytes(4),
              rr(2) + b"\x01" + ts(0, 8)):
        c.recv(udp(c, o, dst="10.0.1.9"))


@case("OPT-048", kernel="ip_options_fragment")
def options_forwarded_in_fragments(c):
    """Only copied options go into later fragments."""
    c.world(*TWO_WIRES, "link set dev eth1 mtu 600")
    c.sysctl(ip_forward=1)
    for o in (rr(1), b"\x94\x04\x00\x00", b"\x55\x04\x01\x02" + b"\x94\x04\x00\x00", b"\x01\x01\x01\x01",
              b"\x82\x04\x01\x02" + rr(1)):
        c.recv(with_options(c.datagram(bytes(range(250)) * 4, ip=dict(dst="10.0.1.9")), pad(o)))


@case("OPT-053", kernel="ip_cmsg_recv_opts")
def control_messages(c):
    """IP_RECVOPTS and IP_RETOPTS show the options."""
    c.socket("o udp bind 0.0.0.0:7780 opt IP_RECVOPTS=1 opt IP_RETOPTS=1")
    for o in (rr(2), ts(0, 8), ts(1, 16), b"\x01\x01\x01\x01", b"\x55\x04\x01\x02", b"\x94\x04\x00\x00",
              bytes([7, 9, 4]) + bytes(6)):
        c.recv(with_options(c.datagram(dport=7780), pad(o)))


@case("OPT-023", kernel="__icmp_send")
def options_in_errors(c):
    """Port and protocol unreachable about packets with options carry them back."""
    for o in (rr(2), ts(0, 8), b"\x55\x04\x01\x02", b"\x94\x04\x00\x00", rr(9)):
        c.recv(with_options(c.datagram(dport=9), pad(o)),
               with_options(c.ip(proto=200) / Raw(b"x" * 8), pad(o)))
