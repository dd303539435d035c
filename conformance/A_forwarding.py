# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area A: datagrams that are passed on, and what the host says to itself."""

from lib.case import HOST, case, fix, with_options
from scapy.layers.inet import ICMP, TCP
from scapy.packet import Raw

FAR = "10.0.1.9"


def router(c, mtu=1500):
    """A second wire, behind which FAR is."""
    c.world("wire eth1", f"link set dev eth1 arp off mtu {mtu}", "addr add 10.0.1.1/24 brd + dev eth1")
    c.sysctl(ip_forward=1)


def with_checksum(packet, want):
    """The packet, its id chosen so that the header checksum is the wanted one."""
    octets = bytearray(bytes(packet))
    octets[4:6] = b"\0\0"
    octets = bytearray(fix(octets))
    octets[4:6] = ((int.from_bytes(octets[10:12], "big") - want) % 0xFFFF).to_bytes(2, "big")
    octets = fix(octets)
    assert int.from_bytes(octets[10:12], "big") == want, f"no id makes the checksum {want:#06x}"
    return octets


@case("IPIN-106", rfc="RFC 1624", kernel="ip_decrease_ttl")
def checksum_carry(c):
    """The checksum of a forwarded header is updated right on both sides of the carry."""
    router(c)
    for want in (0xFEFE, 0xFEFF, 0xFF00, 0xFF7F, 0xFFFE, 0x0000, 0x00FF, 0x8000):
        c.recv(with_checksum(c.datagram(ip=dict(dst=FAR)), want))


@case(kernel="ip_forward")
def too_big_for_the_next_link(c):
    """DF decides: fragments of it, or the error; a fragment with neither DF is cut further."""
    router(c, mtu=576)
    for flags, frag in (("", 0), ("DF", 0), ("MF", 0), ("MF", 8), ("", 8), ("MF+DF", 0), ("DF", 8)):
        c.recv(c.ip(dst=FAR, flags=flags, frag=frag, proto=200) / Raw(bytes(range(256)) * 4))
    for size in (555, 556, 557):
        c.recv(c.ip(dst=FAR, flags="DF", proto=200) / Raw(bytes(size)))
        c.recv(c.ip(dst=FAR, proto=200) / Raw(bytes(size)))


@case(kernel="ip_dst_mtu_maybe_forward")
def learnt_mtu_when_forwarding(c):
    """A learnt path MTU is not heeded when forwarding, unless ip_forward_use_pmtu says so."""
    router(c)
    learn(c)
    c.recv(c.ip(dst=FAR, flags="DF", proto=200) / Raw(bytes(1000)))


@case(kernel="ip_dst_mtu_maybe_forward")
def learnt_mtu_used(c):
    """With ip_forward_use_pmtu=1 the learnt path MTU is that of forwarded datagrams."""
    router(c)
    c.sysctl(ip_forward_use_pmtu=1)
    learn(c)
    for size in (531, 532, 533, 1000):
        c.recv(c.ip(dst=FAR, flags="DF", proto=200) / Raw(bytes(size)))


def learn(c):
    """The host hears that the path to FAR takes 552 octets."""
    quoted = bytes(c.ip(src="10.0.1.1", dst=FAR) / ICMP(type=0, id=3) / bytes(600))[:576]
    c.recv(c.ip(src=FAR, dst="10.0.1.1") / ICMP(id=3) / b"to be known", wire="eth1")
    c.recv(c.ip(src="10.0.1.254", dst="10.0.1.1") / ICMP(type=3, code=4, nexthopmtu=552) / quoted,
           wire="eth1")


@case(kernel="ip_call_ra_chain")
def alert_sockets_and_plain_datagrams(c):
    """A router alert socket takes datagrams with the option, and no others."""
    router(c)
    c.socket("ra raw 200 opt IP_ROUTER_ALERT=1")
    c.recv(c.ip(dst=FAR, proto=200) / Raw(b"without it"))
    c.recv(with_options(c.ip(dst=FAR, proto=200) / Raw(b"with it"), b"\x94\x04\x00\x00"))
    c.recv(with_options(c.ip(dst=FAR, proto=201) / Raw(b"of another"), b"\x94\x04\x00\x00"))
    a, b = c.fragments(c.ip(dst=FAR, proto=200) / Raw(bytes(64)), [32])
    c.recv(with_options(a, b"\x94\x04\x00\x00"), with_options(b, b"\x94\x04\x00\x00"))


@case("IPIN-106", "RAW-014", "ICMP-108", "URCV-048", kernel="ip_rcv_finish_core")
def to_itself(c):
    """What the host sends to its own address comes in on lo; there errors know no rate limit."""
    c.sysctl(icmp_ratemask=6168, icmp_ratelimit=1000)
    c.conf(accept_local=1)
    c.conf("all", accept_local=1)
    c.socket("r raw 1")
    for _ in range(4):
        c.recv(c.ip(src=HOST) / c.udp(dport=9) / b"own source, closed port")
    c.recv(c.ip(src=HOST) / ICMP(id=1) / b"echo to itself")


@case(rfc="RFC 9293 3.10.7.1", kernel="tcp_v4_send_reset")
def no_reset_of_a_broadcast(c):
    """A segment to a group or broadcast address in a frame to the host itself gets no reset."""
    for dst in ("10.0.0.255", "255.255.255.255", "224.0.0.1", HOST):
        c.recv(c.ip(dst=dst) / TCP(dport=9, flags="S"), dst="02:00:00:00:00:01")
        c.recv(c.ip(dst=dst) / TCP(dport=9, flags="A", ack=7), dst="02:00:00:00:00:01")


@case(kernel="devinet_copy_dflt_conf")
def what_a_device_was_told(c):
    """A default reaches devices that were never told otherwise, and no others."""
    c.bare()
    c.world("wire eth0", "wire eth1")
    c.conf("all", rp_filter=0)
    c.conf("eth0", rp_filter=1)
    c.conf("default", rp_filter=0)
    c.world("link set dev eth0 arp off", "link set dev eth1 arp off", "addr add 10.0.0.1/24 brd + dev eth0",
            "addr add 10.0.1.1/24 brd + dev eth1", "sysctl net.ipv4.icmp_ratemask=0")
    c.recv(c.ip(src="10.0.1.9") / ICMP(id=1) / b"by the wrong wire")
    c.recv(c.ip(src="10.0.0.9", dst="10.0.1.1") / ICMP(id=1) / b"by the wrong wire", wire="eth1")


@case("OPT-080", kernel="__ip_options_compile")
def alert_of_another_value(c):
    """Only the value 0 is an alert."""
    router(c)
    c.socket("ra raw 200 opt IP_ROUTER_ALERT=1")
    for octets in (b"\x94\x04\x00\x01", b"\x94\x04\x01\x00", b"\x94\x04\x00\x00", b"\x94\x03\x00\x00"):
        c.recv(with_options(c.ip(dst=FAR, proto=200) / Raw(b"alert"), octets))
