# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area I: FOU and GUE on the way in."""

import struct

from lib.case import case
from lib.tunnel import gre, gue, icmp_error, in_ip, in_udp, inner, ipv6, up
from scapy.layers.inet import ICMP, IP, UDP
from scapy.packet import Raw

TUN = "local 10.0.0.1 remote 10.0.0.2"
FOU, GUE = 5555, 6080


def world(c, ipproto=4):
    c.world(f"fou add port {FOU} ipproto {ipproto}", f"fou add port {GUE} gue")
    up(c, "tun0", "ipip", TUN)


@case("FOU-001", "FOU-003", "FOU-013", kernel="fou_udp_recv")
def fou_ipip(c):
    """What comes in at the port goes on as protocol 4, whatever the tunnel is set to send."""
    world(c)
    c.recv(in_udp(c, inner(), FOU), in_ip(c, inner()), in_udp(c, inner(), FOU, ip=dict(src="10.0.0.3")),
           in_udp(c, inner(), FOU, chksum=0), in_udp(c, bytes(inner())[:19], FOU), in_udp(c, b"", FOU),
           in_udp(c, bytes(inner()) + b"behind", FOU), in_udp(c, inner(dport=9), FOU))


@case("FOU-013", kernel="ip_tunnel_lookup")
def encap_is_not_checked(c):
    """A tunnel that sends by FOU takes plain packets, and the reverse."""
    c.world(f"fou add port {FOU} ipproto 4")
    up(c, "tun0", "ipip", TUN + f" encap fou encap-sport auto encap-dport {FOU}")
    c.recv(in_ip(c, inner()), in_udp(c, inner(), FOU))


@case("FOU-004", "FOU-005", kernel="fou_udp_recv")
def fou_sit_and_gre(c):
    """Protocols 41 and 47."""
    c.world("fou add port 5541 ipproto 41", "fou add port 5547 ipproto 47")
    up(c, "g0", "gre", TUN)
    up(c, "s0", "sit", TUN, addr=False)
    c.recv(in_udp(c, ipv6(), 5541), in_udp(c, gre(inner()), 5547), in_udp(c, gre(inner()), 5541),
           in_udp(c, ipv6()[:39], 5541), in_udp(c, ipv6(), 5547))


@case("FOU-007", "FOU-008", "FOU-010", kernel="ip_protocol_deliver_rcu")
def udp_in_fou(c):
    """UDP inside is looked up by the outer addresses; at the same port it goes round again."""
    c.world("fou add port 5517 ipproto 17")
    fix = bytes(c.ip() / UDP(sport=1, dport=7777) / b"deep")[20:]
    bad = bytes(c.ip() / UDP(sport=1, dport=7777, chksum=0x1234) / b"deep")[20:]
    zero = bytes(c.ip() / UDP(sport=1, dport=7777, chksum=0) / b"deep")[20:]
    again = bytes(UDP(sport=1, dport=5517, chksum=0) / Raw(zero))
    for body in (fix, bad, zero, again, bytes(UDP(sport=2, dport=5517, chksum=0) / Raw(again)), zero[:7],
                 bytes(UDP(sport=2, dport=5517, chksum=0)), bytes(UDP(dport=9, chksum=0) / b"x")):
        c.recv(in_udp(c, body, 5517), in_udp(c, body, 5517, chksum=0))


@case("FOU-009", "UENCAP-009", kernel="raw_v4_input")
def raw_in_the_loop(c):
    """A raw socket for UDP sees each turn, one for the protocol inside none."""
    c.world("fou add port 5517 ipproto 17", f"fou add port {FOU} ipproto 4")
    up(c, "tun0", "ipip", TUN)
    c.socket("r17 raw 17")
    c.socket("r4 raw 4")
    zero = bytes(UDP(sport=1, dport=7777, chksum=0) / b"deep")
    c.recv(in_udp(c, zero, 5517), in_udp(c, bytes(UDP(sport=1, dport=5517, chksum=0) / Raw(zero)), 5517),
           in_udp(c, inner(), FOU))


@case("FOU-011", "UENCAP-010", "UENCAP-011", kernel="udp_queue_rcv_one_skb")
def outer_checksum(c):
    """A wrong outer checksum is found before the header comes off, whatever the length."""
    world(c)
    c.recv(in_udp(c, inner(), FOU, chksum=0x1234), in_udp(c, inner(b"l" * 300), FOU, chksum=0x1234),
           in_udp(c, inner(b"l" * 300), FOU), in_udp(c, inner(b"l" * 300), FOU, chksum=0),
           in_udp(c, gue(inner(b"l" * 300)), GUE, chksum=77), in_udp(c, gue(inner()), GUE, chksum=77))


@case("FOU-012", "GUE-024", "UENCAP-005", kernel="__udp4_lib_mcast_deliver")
def to_broadcast(c):
    """To a broadcast address the header comes off, and the rest is lost."""
    world(c)
    for dst in ("10.0.0.255", "255.255.255.255", "224.0.0.1"):
        c.recv(in_udp(c, inner(), FOU, ip=dict(dst=dst)), in_udp(c, gue(inner()), GUE, ip=dict(dst=dst)))


@case("UENCAP-006", kernel="udp_v4_early_demux")
def to_group_without_early_demux(c):
    """Without early demux there is no unicast way for a group."""
    world(c)
    c.sysctl(udp_early_demux=0)
    c.recv(in_udp(c, inner(), FOU, ip=dict(dst="224.0.0.1")))


@case("FOU-014", kernel="ip_tunnel_rcv")
def marks(c):
    """The congestion mark is that of the outer header, UDP between or not."""
    world(c)
    for outer in range(4):
        for tos in range(4):
            c.recv(in_udp(c, inner(tos=tos), FOU, ip=dict(tos=outer)))


@case("FOU-015", kernel="ip_tunnel_rcv")
def metadata(c):
    """A device that takes everything takes FOU packets."""
    c.world(f"fou add port {FOU} ipproto 4")
    up(c, "tm", "ipip", "external")
    c.recv(in_udp(c, inner(), FOU), in_udp(c, inner(), FOU, ip=dict(src="10.0.0.3")))


@case("FOU-016", "UENCAP-008", kernel="ip_protocol_deliver_rcu")
def other_protocols(c):
    """ICMP or TCP inside, and a protocol that nobody speaks."""
    c.world("fou add port 5501 ipproto 1", "fou add port 5506 ipproto 6", "fou add port 5599 ipproto 253")
    echo = bytes(ICMP(id=3, seq=4) / b"echo")
    tcp = bytes.fromhex("0001005000000001000000005002ffff00000000")
    c.recv(in_udp(c, echo, 5501), in_udp(c, echo[:6], 5501), in_udp(c, tcp, 5506), in_udp(c, b"x" * 20, 5599),
           in_udp(c, b"", 5599), in_udp(c, b"x" * 20, 5599, ip=dict(tos=0x21)))


@case("GUE-001", "GUE-002", "GUE-005", kernel="gue_udp_recv")
def gue_not_understood(c):
    """Too short, an unknown version, neither IPv4 nor IPv6 in version 1."""
    world(c)
    for body in (b"", b"\0", b"\0\4\0", gue(inner(), version=2), gue(inner(), version=3), b"\x55" + bytes(40),
                 b"\x75" + bytes(40)):
        c.recv(in_udp(c, body, GUE))


@case("GUE-003", "GUE-004", kernel="gue_udp_recv")
def gue_direct(c):
    """Version 1: an IP packet without a GUE header."""
    world(c)
    up(c, "s0", "sit", TUN, addr=False)
    c.recv(in_udp(c, inner(), GUE), in_udp(c, ipv6(), GUE), in_udp(c, b"\x45\0\0\x14", GUE),
           in_udp(c, inner(), GUE, ip=dict(src="10.0.0.3")), in_udp(c, ipv6(), GUE, ip=dict(src="10.0.0.3")))


@case("GUE-006", "GUE-007", "GUE-008", kernel="gue_udp_recv")
def gue_header_lengths(c):
    """Options that no flag describes are skipped; beyond the packet they are not."""
    world(c)
    c.recv(in_udp(c, gue(inner()), GUE), in_udp(c, gue(inner(), options=b"\xff" * 8), GUE),
           in_udp(c, gue(inner(), options=b"\xff" * 124), GUE), in_udp(c, gue(b"", hlen=1), GUE),
           in_udp(c, gue(bytes(40), hlen=11), GUE), in_udp(c, gue(bytes(40), hlen=10), GUE),
           in_udp(c, gue(inner()), GUE, ip=dict(src="10.0.0.3")),
           in_udp(c, gue(inner(), options=bytes(8)), GUE, ip=dict(src="10.0.0.3")))


@case("GUE-009", "GUE-010", "GUE-011", kernel="validate_gue_flags")
def gue_flags(c):
    """Each flag but the private one drops; the private one needs its word, with one known bit."""
    world(c)
    for bit in range(16):
        c.recv(in_udp(c, gue(inner(), flags=1 << bit), GUE),
               in_udp(c, gue(inner(), flags=1 << bit, options=bytes(4)), GUE))
    for bit in range(0, 32, 3):
        c.recv(in_udp(c, gue(inner(), flags=1, options=struct.pack("!I", 1 << bit) + bytes(4)), GUE))


def remcsum(start, offset):
    return struct.pack("!IHH", 0x80000000, start, offset)


@case("GUE-013", "GUE-014", "GUE-015", kernel="gue_remcsum")
def remcsum_bad(c):
    """Remote checksum: no room for its fields, the sum before its range, or behind the packet."""
    world(c)
    c.recv(in_udp(c, gue(inner(), flags=1, options=remcsum(20, 26)[:4]), GUE),
           in_udp(c, gue(inner(), flags=1, options=remcsum(26, 20)), GUE),
           in_udp(c, gue(inner(), flags=1, options=remcsum(20, 20)), GUE))
    size = len(inner())
    for at in (size - 3, size - 2, size - 1, size, size + 1, 0xFFFF, 0xFFFE):
        c.recv(in_udp(c, gue(inner(), flags=1, options=remcsum(20, at)), GUE))


@case("GUE-016", "GUE-018", kernel="skb_remcsum_adjust_partial")
def remcsum_trusted(c):
    """The inner checksum is taken on trust, also where the outer one is zero."""
    world(c)
    for packet in (inner(), inner(udp=dict(chksum=0x4711)), inner(b"L" * 200, udp=dict(chksum=0x4711)),
                   inner(dport=9, udp=dict(chksum=0x4711))):
        c.recv(in_udp(c, gue(packet, flags=1, options=remcsum(20, 26)), GUE),
               in_udp(c, gue(packet, flags=1, options=remcsum(20, 26)), GUE, chksum=0))
        # A range that begins before the inner UDP header is not trusted there. (Of a long datagram
        # the kernel then looks at a sum where the range's beginning was: chance.)
        if len(packet) < 80:
            c.recv(in_udp(c, gue(packet, flags=1, options=remcsum(0, 26)), GUE))
    echo = bytes(IP(src="10.0.0.9", dst="192.168.1.1") / ICMP(id=1, seq=1, chksum=0x99) / b"echo")
    c.recv(in_udp(c, gue(echo, flags=1, options=remcsum(20, 22)), GUE), in_udp(c, gue(echo), GUE))


@case("GUE-019", "GUE-020", kernel="gue_udp_recv")
def gue_control(c):
    """Control messages are dropped; so is protocol 0."""
    world(c)
    c.recv(in_udp(c, gue(inner(), control=1), GUE), in_udp(c, gue(b"", proto=0, control=1), GUE),
           in_udp(c, gue(inner(), proto=0), GUE), in_udp(c, gue(inner(), control=1, flags=2), GUE))


@case("GUE-021", "GUE-022", "UENCAP-008", kernel="gue_udp_recv")
def gue_protocols(c):
    """By the protocol in the header: tunnels, and one that nobody speaks."""
    world(c)
    up(c, "g0", "gre", TUN, addr=False)
    up(c, "s0", "sit", TUN, addr=False)
    for proto, body in ((4, bytes(inner())), (41, ipv6()), (47, gre(inner())), (59, b"none" * 5), (253, b"x" * 30),
                        (255, b"x" * 30), (2, bytes(8))):
        c.recv(in_udp(c, gue(body, proto=proto), GUE), in_udp(c, gue(body, proto=proto, options=bytes(4)), GUE))


@case("GUE-023", kernel="ip_protocol_deliver_rcu")
def udp_in_gue(c):
    """UDP in GUE, also to the same port: it goes round."""
    world(c)
    zero = bytes(UDP(sport=1, dport=7777, chksum=0) / b"deep")
    body = gue(zero, proto=17)
    for _ in range(6):
        c.recv(in_udp(c, body, GUE))
        body = gue(bytes(UDP(sport=2, dport=GUE, chksum=0) / Raw(body)), proto=17)


@case("FOUERR-001", "FOUERR-002", "FOUERR-003", kernel="gue_err")
def errors_through_gue(c):
    """An error about a GUE datagram is for whoever speaks the protocol inside."""
    world(c)
    udp = dict(sport=40000, dport=7000, chksum=0)
    heads = (bytes(inner())[:28], gue(bytes(inner())[:28]), gue(b"x" * 20, proto=17), gue(b"x" * 20, proto=136),
             gue(b"", control=1), gue(b"", flags=2), b"\0\4", gue(b"", hlen=3), gue(b"x" * 20, proto=253),
             ipv6()[:40], gue(b"", version=2), b"\x55" + bytes(20), gue(b"", flags=1, options=bytes(4)))
    for head in heads:
        for dst in ("10.0.0.2", "10.0.0.66"):
            quoted = IP(src="10.0.0.1", dst=dst) / UDP(**udp) / Raw(head)
            c.recv(icmp_error(c, quoted, code=1), icmp_error(c, quoted, code=4, info=1000),
                   icmp_error(c, quoted, type=11, code=0))


@case("FOUERR-004", kernel="gue_err")
def errors_through_fou(c):
    """FOU has no header: its datagrams are read as GUE's, in vain."""
    c.world("fou add port 5547 ipproto 47")
    up(c, "g0", "gre", TUN)
    quoted = IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=40000, dport=5547) / Raw(gre(inner())[:28])
    c.recv(icmp_error(c, quoted), icmp_error(c, quoted, code=3))


@case("FOUERR-005", kernel="__udp4_lib_err")
def error_finds_the_port_itself(c):
    """Where both ends have the same port the socket is found, and swallows the error."""
    world(c)
    for port in (FOU, GUE):
        quoted = IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=port, dport=port) / Raw(bytes(inner())[:28])
        c.recv(icmp_error(c, quoted), icmp_error(c, quoted, code=3), icmp_error(c, quoted, code=4, info=900))


@case("FOUCFG-004", "FOUCFG-013", "UENCAP-037", kernel="fou_create")
def ports_by_address(c):
    """One port number at two addresses: each goes its own way."""
    c.world("addr add 10.0.0.11/24 dev eth0", f"fou add port {FOU} ipproto 4 local 10.0.0.1",
            f"fou add port {FOU} ipproto 47 local 10.0.0.11", f"fou add port {GUE} gue local 10.0.0.1 dev eth0")
    up(c, "tun0", "ipip", TUN)
    up(c, "g0", "gre", "local 10.0.0.11 remote 10.0.0.2", addr=False)
    c.recv(in_udp(c, inner(), FOU), in_udp(c, gre(inner()), FOU, ip=dict(dst="10.0.0.11")),
           in_udp(c, inner(), FOU, ip=dict(dst="10.0.0.11")), in_udp(c, gue(inner()), GUE),
           in_udp(c, gue(inner()), GUE, ip=dict(dst="10.0.0.11")))


@case("UENCAP-036", kernel="udp_sock_create4")
def connected_port(c):
    """A port with a peer takes that peer's datagrams only."""
    c.world(f"fou add port {FOU} ipproto 4 peer 10.0.0.2 peer_port 33333")
    up(c, "tun0", "ipip", TUN)
    c.recv(in_udp(c, inner(), FOU), in_udp(c, inner(), FOU, sport=33334),
           in_udp(c, inner(), FOU, ip=dict(src="10.0.0.3")))


@case("UENCAP-001", "UENCAP-002", "UENCAP-003", "UENCAP-039", kernel="udp_unicast_rcv_skb")
def fragments_and_addresses(c):
    """Fragments of the outer datagram, and each of the host's addresses."""
    world(c)
    c.world("addr add 10.0.0.11/24 dev eth0")
    up(c, "any0", "ipip", "dev eth0", addr=False)
    c.recv(*c.fragments(in_udp(c, inner(b"f" * 300), FOU, ip=dict(id=9)), [16, 120]))
    c.recv(*c.fragments(in_udp(c, gue(inner(b"f" * 300)), GUE, ip=dict(id=10)), [8, 120]))
    for piece in c.fragments(inner(b"i" * 300, id=3), [104]):
        c.recv(in_udp(c, piece, FOU))
    c.recv(in_udp(c, inner(), FOU, ip=dict(dst="10.0.0.11")), in_udp(c, inner(), FOU, ip=dict(dst="192.168.1.1")))
    c.recv(in_udp(c, in_udp(c, inner(), FOU, ip=dict(src="10.0.0.9", dst="192.168.1.1")), FOU))
