# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Packets for tunnels. The inner sender is reached by eth0, so that an answer to it leaves there:
what goes out through a tunnel is another area."""

import struct

from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

INNER_SRC = "10.0.0.9"
INNER_DST = "192.168.1.1"  # of the tunnel device


def up(c, name, kind, words="", addr=True):
    """A tunnel device, up, with the inner address."""
    c.world(f"link add {name} type {kind} {words}".rstrip(), f"link set {name} up")
    if addr:
        c.world(f"addr add {INNER_DST}/32 dev {name}")


def inner(payload=b"inner", dport=7777, udp=None, **ip):
    """The packet inside: a datagram to the usual socket."""
    ip.setdefault("src", INNER_SRC)
    ip.setdefault("dst", INNER_DST)
    ip.setdefault("id", 0x77)
    return IP(**ip) / UDP(sport=4444, dport=dport, **(udp or {})) / Raw(payload)


def in_ip(c, body, proto=4, **ip):
    """Behind an outer IP header."""
    return c.ip(proto=proto, **ip) / Raw(bytes(body))


def in_udp(c, body, dport, ip=None, **udp):
    """Behind outer IP and UDP headers."""
    udp.setdefault("sport", 33333)
    return c.ip(**(ip or {})) / UDP(dport=dport, **udp) / Raw(bytes(body))


def gue(body, proto=4, version=0, control=0, hlen=None, flags=0, options=b""):
    """Behind a GUE header; hlen in words, by default what the options have."""
    words = len(options) // 4 if hlen is None else hlen
    return struct.pack("!BBH", version << 6 | control << 5 | words, proto, flags) + options + bytes(body)


def gre(body, proto=0x0800, key=None, seq=None, csum=None, flags=0, version=0):
    """Behind a GRE header. csum: True, or the number that stands there."""
    flags |= (0x8000 if csum is not None else 0) | (0x2000 if key is not None else 0) | \
        (0x1000 if seq is not None else 0) | version
    head = struct.pack("!HH", flags, proto)
    rest = (struct.pack("!I", key) if key is not None else b"") + \
        (struct.pack("!I", seq) if seq is not None else b"")
    if csum is None:
        return head + rest + bytes(body)
    whole = head + bytes(4) + rest + bytes(body)
    value = checksum(whole) if csum is True else csum
    return head + struct.pack("!HH", value, 0) + rest + bytes(body)


def checksum(octets):
    octets = bytes(octets) + b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def ipv6(src="2001:db8::9", dst="2001:db8::1", tc=0, payload=b"x" * 8):
    """An IPv6 packet (next header: none)."""
    from ipaddress import IPv6Address
    return struct.pack("!IHBB", 6 << 28 | tc << 20, len(payload), 59, 64) + \
        IPv6Address(src).packed + IPv6Address(dst).packed + payload


def icmp_error(c, quoted, type=3, code=1, info=0, **ip):
    """An ICMP error that quotes the first octets of a packet of ours."""
    body = struct.pack("!BBHI", type, code, 0, info) + bytes(quoted)
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    return c.ip(proto=1, **ip) / Raw(body)
