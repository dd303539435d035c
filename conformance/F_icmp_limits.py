# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area F: when no error is sent, and how errors are limited."""

from lib.case import HOST, PEER, case, with_options
from scapy.layers.inet import ICMP
from scapy.packet import Raw


@case("ICMP-081", rfc="RFC 1122 3.2.2", kernel="__icmp_send")
def nothing_without_a_route(c):
    """Header errors and martians are dropped in silence."""
    for src in ("0.0.0.0", "127.0.0.9", "224.0.0.9", "255.255.255.255", HOST):
        c.recv(c.ip(src=src) / c.udp(dport=9) / b"martian")
    c.recv(c.ip(chksum=1) / c.udp(dport=9) / b"sum", c.ip(version=6) / c.udp(dport=9) / b"version",
           c.ip(ihl=4) / c.udp(dport=9) / b"length", c.ip(len=900) / c.udp(dport=9) / b"cut")


@case("ICMP-082", rfc="RFC 1122 3.2.2", kernel="__icmp_send")
def sources_that_nobody_answers(c):
    """A zero source survives on a broadcast alone, where errors are suppressed."""
    for dst in (HOST, "255.255.255.255", "10.0.0.255", "224.0.0.1"):
        for src in ("0.0.0.0", "224.0.0.5", "10.0.0.255", "127.0.0.1"):
            c.recv(c.ip(src=src, dst=dst) / c.udp(dport=9) / b"closed")


@case("ICMP-099", rfc="RFC 1122 3.2.2", kernel="__ip_options_echo")
def options_come_back(c):
    """Record route, time stamps and source routes of the offending datagram are echoed."""
    c.world("route add 20.0.0.0/8 via 10.0.0.254 dev eth0")
    rr = b"\x07\x0b\x08\x14\x00\x00\x07" + bytes(4) + b"\x01"
    stamps = b"\x44\x14\x0d\x01\x14\x00\x00\x07\x00\x00\x00\x05" + bytes(8)
    route = b"\x83\x0b\x0c\x0a\x00\x00\x63\x0a\x00\x00\x62\x00"
    c.conf(accept_source_route=1)
    c.conf("all", accept_source_route=1)
    for octets in (rr, stamps, route, rr + route):
        c.recv(with_options(c.ip() / c.udp(dport=9) / b"closed", octets))
        c.recv(with_options(c.ip(proto=201) / Raw(b"unknown"), octets))


def big(c):
    c.world("wire eth1", "link set dev eth1 arp off mtu 576", "addr add 10.0.1.1/24 brd + dev eth1")
    c.sysctl(ip_forward=1)
    return c.ip(dst="10.0.1.9", flags="DF", proto=200) / Raw(bytes(1000))


@case("ICMP-105", rfc="RFC 1812 4.3.2.8", kernel="icmpv4_mask_allow")
def never_limited(c):
    """Fragmentation needed is told each time, even where no other error may leave."""
    c.sysctl(icmp_ratemask=6168, icmp_ratelimit=60000, icmp_msgs_per_sec=0, icmp_msgs_burst=0)
    packet = big(c)
    c.recv(*[packet] * 12)
    c.recv(c.ip() / c.udp(dport=9) / b"limited")


@case("ICMP-106", kernel="icmp_global_allow")
def global_bucket_is_empty(c):
    """Without any burst no error of the mask leaves; the counter says so; others do."""
    c.sysctl(icmp_ratemask=6168, icmp_msgs_per_sec=0, icmp_msgs_burst=0)
    for _ in range(3):
        c.recv(c.ip() / c.udp(dport=9) / b"closed")
    c.recv(c.ip(proto=201) / Raw(b"unknown"), c.ip() / ICMP(id=1) / b"echo")


@case("ICMP-026", kernel="icmpv4_mask_allow")
def replies_limited_too(c):
    """Bit 0 of the mask: echo replies are limited as errors are, by host and by all."""
    c.sysctl(icmp_ratemask=1, icmp_ratelimit=60000)
    c.recv(*[c.ip() / ICMP(id=1, seq=n) / b"echo" for n in range(9)])
    c.recv(*[c.ip(src="10.0.0.3") / ICMP(id=1, seq=n) / b"echo" for n in range(2)])


@case("ICMP-114", kernel="icmpv4_xrlim_allow")
def one_bucket_for_each_host(c):
    """The limit is of the one who is told, whatever the error."""
    c.sysctl(icmp_ratemask=6168, icmp_ratelimit=60000)
    for n in range(9):
        c.recv(c.ip() / c.udp(dport=9 + n) / b"closed")
    c.recv(c.ip(proto=201) / Raw(b"unknown"), c.ip(src="10.0.0.3") / c.udp(dport=9) / b"another")


@case("ICMP-098", kernel="__ip_select_ident")
def ids_of_answers(c):
    """An answer's id is neither the question's nor zero; an error's likewise."""
    for ident in (0, 0x1234, 0xFFFF):
        c.recv(c.ip(id=ident) / ICMP(id=1) / b"echo", c.ip(id=ident) / c.udp(dport=9) / b"closed")
        c.recv(c.ip(id=ident, flags="DF") / ICMP(id=1) / b"echo")


@case("ICMP-040", kernel="ping_err")
def errors_of_ping_sockets(c):
    """An error about an echo message of a code of its own is nobody's; path MTUs by IP_MTU_DISCOVER."""
    c.sysctl(ping_group_range="0 2147483647")
    c.socket(f"a ping bind {HOST}:77 connect {PEER}:0 opt IP_MTU_DISCOVER=0")
    c.socket(f"b ping bind {HOST}:78 connect {PEER}:0 opt IP_MTU_DISCOVER=2")
    for ident in (77, 78):
        for inner in (0, 1):
            quoted = bytes(c.ip(src=HOST, dst=PEER) / ICMP(type=8, code=inner, id=ident) / b"ping")
            for code, mtu in ((3, 0), (4, 1000), (1, 0)):
                c.recv(c.ip(src="10.0.0.254") / ICMP(type=3, code=code, nexthopmtu=mtu) / quoted)


@case("ICMP-039", kernel="ping_get_port")
def idents_of_one_chain(c):
    """Idents that share a chain are not the same ident."""
    c.sysctl(ping_group_range="0 2147483647")
    for reuse in (0, 1):
        for name, ident in (("a", 5), ("b", 69), ("c", 5), ("d", 133)):
            c.call("socket", name, "ping")
            c.call(f"setsockopt {name} SO_REUSEADDR={reuse}")
            c.call(f"bind {name} {HOST}:{ident}")
        c.recv(c.ip() / ICMP(type=0, id=5) / b"five", c.ip() / ICMP(type=0, id=69) / b"the other")
        for name in "abcd":
            c.call("close", name)


@case(kernel="__ip_do_redirect")
def redirect_of_another_prefix(c):
    """Where the media are not shared, sender and gateway must be of one prefix of the wire."""
    c.world("addr add 10.2.0.1/24 dev eth0", "route add 20.0.0.0/8 via 10.2.0.254 dev eth0",
            "route add 30.0.0.0/8 via 10.0.0.253 dev eth0")
    c.sysctl(ip_forward=1)
    c.conf(shared_media=0)
    c.conf("all", shared_media=0)
    c.recv(c.datagram(ip=dict(dst="20.0.0.9")), c.datagram(ip=dict(dst="30.0.0.9")))
    c.recv(c.datagram(ip=dict(dst="20.0.0.9", src="10.2.0.9")))
