# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area J: protocol 4: tunnel4, ipip, the lookup, congestion marks, what becomes of the inner packet."""

from lib.case import case, fix
from lib.tunnel import gre, icmp_error, in_ip, inner, up
from scapy.layers.inet import ICMP, IP
from scapy.packet import Raw

TUN = "local 10.0.0.1 remote 10.0.0.2"


@case("TUN4-001", kernel="tunnel4_rcv")
def too_short(c):
    """Under 20 octets behind the outer header: dropped, and nobody is told."""
    up(c, "tun0", "ipip", TUN)
    for n in (0, 1, 8, 19):
        c.recv(in_ip(c, bytes(inner())[:n]))
    c.recv(in_ip(c, bytes(inner())[:20]))


@case("TUN4-002", kernel="tunnel4_rcv")
def nobody_takes_it(c):
    """No tunnel: port unreachable, not protocol unreachable."""
    up(c, "tun0", "ipip", "local 10.0.0.1 remote 10.0.0.77")
    c.recv(in_ip(c, inner()), in_ip(c, inner(), src="10.0.0.5"), in_ip(c, inner(), tos=0xB9))
    c.recv(in_ip(c, inner()), dst="ff:ff:ff:ff:ff:ff")
    c.recv(in_ip(c, inner(), dst="10.0.0.255"), in_ip(c, inner(), dst="224.0.0.1"))


@case("TUN4-008", kernel="xfrm4_tunnel_register")
def handlers_by_priority(c):
    """ipip is asked before sit; what ipip has no tunnel for is sit's."""
    up(c, "tun0", "ipip", TUN)
    up(c, "sit1", "sit", TUN + " mode ipip", addr=False)
    up(c, "sit2", "sit", "local 10.0.0.1 remote 10.0.0.3 mode any", addr=False)
    c.recv(in_ip(c, inner()), in_ip(c, inner(), src="10.0.0.3"), in_ip(c, inner(), src="10.0.0.4"))


@case("TUN4-009", "SIT-010", kernel="sit_tunnel_rcv")
def sit_fallback_claims(c):
    """sit0 up, in its own mode: protocol 4 is claimed and dropped in silence."""
    up(c, "tun0", "ipip", TUN)
    up(c, "sit1", "sit", "remote 10.0.0.77", addr=False)
    c.world("link set sit0 up")
    c.recv(in_ip(c, inner()), in_ip(c, inner(), src="10.0.0.3"))


@case("TUN4-012", kernel="tunnel4_err")
def error_for_nobody(c):
    """An error about a packet that no tunnel sent does not count as one."""
    up(c, "tun0", "ipip", TUN)
    for src, dst in (("10.0.0.1", "10.0.0.99"), ("10.0.0.5", "10.0.0.2"), ("10.0.0.1", "10.0.0.2")):
        quoted = IP(src=src, dst=dst, proto=4) / Raw(bytes(inner())[:28])
        for code in (0, 1, 2, 3, 13):
            c.recv(icmp_error(c, quoted, code=code))
        c.recv(icmp_error(c, quoted, type=11, code=0), icmp_error(c, quoted, type=11, code=1),
               icmp_error(c, quoted, type=12, code=0), icmp_error(c, quoted, type=3, code=5),
               icmp_error(c, quoted, type=3, code=4, info=1200))


@case("IPTUN-020", "IPTUN-021", "IPTUN-027", "IPTUN-047", kernel="ip_tunnel_rcv")
def received(c):
    """The inner packet comes in by the tunnel device, with all that IP input does."""
    up(c, "tun0", "ipip", TUN + " ttl 7 tos 0x10")
    c.recv(in_ip(c, inner()), in_ip(c, inner(tos=0x20), tos=0xB8), in_ip(c, inner(ttl=1), ttl=1),
           in_ip(c, bytes(inner()) + b"trailing"), in_ip(c, inner(dst="10.0.0.1")),
           in_ip(c, inner(b"z" * 1400)), in_ip(c, inner(b"")))


@case("IPTUN-022", "IPTUN-023", "IPTUN-024", kernel="ip_rcv_core")
def bad_inner_header(c):
    """A bad inner header is counted on the tunnel first, then dropped by IP."""
    up(c, "tun0", "ipip", TUN)
    good = bytes(inner())
    for body in (bytes(inner(chksum=0x1234)), b"\x65" + good[1:], b"\x44" + good[1:], b"\x46" + good[1:],
                 fix(good[:2] + b"\x01\x00" + good[4:]), fix(good[:2] + b"\x00\x10" + good[4:]), bytes(40)):
        c.recv(in_ip(c, body))


@case("IPTUN-025", kernel="fib_validate_source")
def reverse_path(c):
    """The reverse path filter is that of the tunnel device."""
    up(c, "tun0", "ipip", TUN)
    c.conf("tun0", rp_filter=1)
    c.recv(in_ip(c, inner()), in_ip(c, inner(src="192.168.1.1")), in_ip(c, inner(src="203.0.113.1")))


@case("IPTUN-026", kernel="fib_validate_source")
def local_source(c):
    """An inner source of the host's own is a martian, unless that is accepted."""
    up(c, "tun0", "ipip", TUN)
    up(c, "tun1", "ipip", "local 10.0.0.1 remote 10.0.0.3", addr=False)
    c.conf("tun1", accept_local=1)
    for src in ("10.0.0.2", "10.0.0.3"):
        c.recv(in_ip(c, inner(src="10.0.0.1"), src=src), in_ip(c, inner(src="127.0.0.1"), src=src),
               in_ip(c, inner(src="224.0.0.1"), src=src), in_ip(c, inner(dst="127.0.0.1"), src=src))


@case("IPTUN-028", kernel="ip_forward")
def forwarded(c):
    """Not for this host, forwarding on: the inner TTL counts, not the outer one."""
    up(c, "tun0", "ipip", TUN)
    c.sysctl(ip_forward=1)
    c.recv(in_ip(c, inner(dst="10.0.0.8"), ttl=1), in_ip(c, inner(dst="10.0.0.8", ttl=1)),
           in_ip(c, inner(dst="10.0.0.8", ttl=2)), in_ip(c, inner(dst="198.51.100.1")))


@case("IPTUN-029", kernel="ip_route_input_slow")
def not_forwarded(c):
    """Not for this host, forwarding off."""
    up(c, "tun0", "ipip", TUN)
    c.recv(in_ip(c, inner(dst="10.0.0.8")), in_ip(c, inner(dst="198.51.100.1")),
           in_ip(c, inner(dst="224.0.0.1")), in_ip(c, inner(dst="255.255.255.255")))


@case("IPTUN-030", "IPTUN-031", kernel="ip_defrag")
def fragments(c):
    """Fragments outside, inside, and of both: each layer puts its own together."""
    up(c, "tun0", "ipip", TUN)
    c.recv(*c.fragments(in_ip(c, inner(b"o" * 200), id=1), [16, 104]))
    c.recv(*reversed(c.fragments(in_ip(c, inner(b"o" * 200), id=2), [8, 64, 128])))
    for piece in c.fragments(inner(b"i" * 200, id=3), [104]):
        c.recv(in_ip(c, piece))
    for n, piece in enumerate(c.fragments(inner(b"b" * 300, id=4), [104, 200])):
        c.recv(*c.fragments(in_ip(c, piece, id=100 + n), [48]))
    c.recv(in_ip(c, c.fragments(inner(b"u" * 200, id=5), [104])[0]))
    c.sleep(40)


@case("IPTUN-033", kernel="skb_scrub_packet")
def link_broadcast(c):
    """That the frame was a broadcast is forgotten inside."""
    up(c, "tun0", "ipip", TUN)
    c.sysctl(conf__all__drop_unicast_in_l2_multicast=1)
    c.recv(in_ip(c, inner()))
    c.sysctl(conf__all__drop_unicast_in_l2_multicast=0)
    c.recv(in_ip(c, inner()), dst="ff:ff:ff:ff:ff:ff")
    c.recv(in_ip(c, inner()), dst="01:00:5e:00:00:01")


@case("IPTUN-002", "IPTUN-005", "IPTUN-007", kernel="ip_tunnel_lookup")
def lookup_order(c):
    """Both addresses, the remote, the local, none; the fallback where nothing fits."""
    up(c, "tw", "ipip", "dev eth0")
    up(c, "tl", "ipip", "local 10.0.0.1", addr=False)
    up(c, "tr", "ipip", "remote 10.0.0.2", addr=False)
    up(c, "exact", "ipip", TUN, addr=False)
    c.world("addr add 10.0.0.11/24 dev eth0")
    for src, dst in (("10.0.0.2", "10.0.0.1"), ("10.0.0.2", "10.0.0.11"), ("10.0.0.3", "10.0.0.1"),
                     ("10.0.0.3", "10.0.0.11")):
        c.recv(in_ip(c, inner(), src=src, dst=dst))


@case("IPTUN-003", kernel="ip_tunnel_lookup")
def lookup_link_wins(c):
    """A less exact tunnel of the very device wins over an exact one of none."""
    up(c, "exact", "ipip", TUN)
    up(c, "tr", "ipip", "remote 10.0.0.2 dev eth0", addr=False)
    c.recv(in_ip(c, inner()))


@case("IPTUN-004", kernel="ip_tunnel_lookup")
def lookup_other_link(c):
    """Another device does not exclude a tunnel, and is no better than none."""
    c.world("wire eth1")
    up(c, "exact", "ipip", TUN + " dev eth1")
    c.recv(in_ip(c, inner()))


@case("IPTUN-006", kernel="ip_tunnel_lookup")
def lookup_group(c):
    """A tunnel to a group takes what is sent to the group."""
    up(c, "tg", "ipip", "local 10.0.0.1 remote 224.0.0.1")
    c.recv(in_ip(c, inner(), dst="224.0.0.1"), in_ip(c, inner()))


@case("IPTUN-008", "IPTUN-010", kernel="ip_tunnel_lookup")
def lookup_metadata(c):
    """A device that takes everything comes behind the four tables, before the fallback."""
    up(c, "tm", "ipip", "external")
    up(c, "exact", "ipip", TUN, addr=False)
    c.world("link set tunl0 up")
    c.recv(in_ip(c, inner()), in_ip(c, inner(), src="10.0.0.3"))


@case("IPTUN-009", kernel="ip_tunnel_lookup")
def lookup_fallback(c):
    """tunl0, when it is up."""
    up(c, "exact", "ipip", TUN)
    c.world("link set tunl0 up")
    c.recv(in_ip(c, inner()), in_ip(c, inner(), src="10.0.0.3"))


@case("IPTUN-011", kernel="ip_tunnel_lookup")
def lookup_down(c):
    """A tunnel that is down is not there, in any table."""
    for name, words in (("tw", "dev eth0"), ("loc", "local 10.0.0.1"), ("rem", "remote 10.0.0.2"), ("exact", TUN)):
        c.world(f"link add {name} type ipip {words}".rstrip())
    c.recv(in_ip(c, inner()))


@case("IPTUN-011", kernel="ip_tunnel_lookup")
def lookup_next_when_down(c):
    """... and the next best has it."""
    up(c, "tr", "ipip", "remote 10.0.0.2")
    c.world(f"link add exact type ipip {TUN}")
    c.recv(in_ip(c, inner()))


@case("IPTUN-012", kernel="ip_tunnel_lookup")
def lookup_several(c):
    """Of several exact ones that no device tells apart the oldest; in the later tables the newest."""
    c.world("wire eth1", "wire eth2")
    up(c, "t1", "ipip", TUN + " dev eth1")
    up(c, "t2", "ipip", TUN + " dev eth2", addr=False)
    up(c, "l1", "ipip", "local 10.0.0.1 dev eth1", addr=False)
    up(c, "l2", "ipip", "local 10.0.0.1 dev eth2", addr=False)
    c.recv(in_ip(c, inner()), in_ip(c, inner(), src="10.0.0.3"))


@case("IPTUN-013", "IPTUN-014", kernel="ipip_tunnel_rcv")
def modes(c):
    """What the tunnel carries: another mode drops in silence, any takes it."""
    up(c, "t4", "ipip", TUN + " mode ipip")
    up(c, "ta", "ipip", "local 10.0.0.1 remote 10.0.0.3 mode any", addr=False)
    c.recv(in_ip(c, inner()), in_ip(c, inner(), src="10.0.0.3"))


def marks(c, frame, pairs):
    for outer, tos in pairs:
        c.recv(frame(outer, tos))


@case("IPTUN-038", "IPTUN-039", "IPTUN-040", "IPTUN-041", "IPTUN-042", "IPTUN-043", "IPTUN-044",
      "IPTUN-045", rfc="RFC 6040 4.2", kernel="IP_ECN_decapsulate")
def congestion_marks(c):
    """All sixteen pairs of outer and inner marks, with code points beside them."""
    up(c, "tun0", "ipip", TUN)
    c.socket("snoop raw 17")
    for outer in range(4):
        for tos in range(4):
            c.recv(in_ip(c, inner(tos=0x40 | tos), tos=0x88 | outer))


@case("IPTUN-042", kernel="IP_ECN_set_ce")
def congestion_mark_sum_zero(c):
    """A header checksum that the mark turns into zero: it is 0xffff then."""
    up(c, "tun0", "ipip", TUN)
    c.sysctl(ip_forward=1)
    for tos, outer in ((1, 3), (2, 3), (2, 1)):
        for ident in range(0, 0x10000):
            packet = inner(dst="10.0.0.8", tos=tos, id=ident)
            if int.from_bytes(bytes(packet)[10:12], "big") in (0, 1, 2, 0xFFFE):
                c.recv(in_ip(c, packet, tos=outer))
            if ident > 0x200 and ident % 7 == 0:
                break


@case("IPTUN-017", kernel="ip_tunnel_newlink")
def two_alike_but_for_device(c):
    """Alike but for the device: two tunnels."""
    up(c, "t0", "ipip", TUN)
    up(c, "t1", "ipip", TUN + " dev eth0", addr=False)
    c.recv(in_ip(c, inner()))


@case("IPTUN-048", "IPTUN-049", "IPTUN-050", "IPTUN-051", kernel="ipip_err")
def errors(c):
    """Errors about our packet: nothing is relayed at once; of a path MTU routing hears."""
    up(c, "tun0", "ipip", TUN)
    quoted = IP(src="10.0.0.1", dst="10.0.0.2", proto=4) / Raw(bytes(inner())[:28])
    for type, code, info in ((3, 0, 0), (3, 1, 0), (3, 5, 0), (11, 0, 0), (11, 1, 0), (12, 0, 0), (4, 0, 0),
                             (3, 4, 1300), (3, 4, 0), (5, 1, 0x0A0000FE)):
        c.recv(icmp_error(c, quoted, type=type, code=code, info=info))
    c.recv(c.ip() / ICMP(id=7, seq=1) / (b"e" * 1400))


@case("IPTUN-030", "IPTUN-021", kernel="ip_tunnel_rcv")
def nested(c):
    """A tunnel in a tunnel in a tunnel; the same tunnel again and again."""
    up(c, "tun0", "ipip", TUN)
    up(c, "tun1", "ipip", "local 192.168.1.1 remote 10.0.0.9", addr=False)
    up(c, "any0", "ipip", "dev eth0", addr=False)
    c.recv(in_ip(c, in_ip(c, inner(), src="10.0.0.9", dst="192.168.1.1")))
    packet = inner()
    # From ten rounds of the softirq on a thread of the kernel does the rest: when is chance.
    for _ in range(8):
        packet = in_ip(c, packet)
    c.recv(packet)


@case("IPTUN-037", kernel="ip_tunnel_rcv")
def short_inner_by_gre(c):
    """An inner packet shorter than its header, where no tunnel4 has looked before."""
    up(c, "g0", "gre", TUN)
    for n in (8, 12, 19, 20):
        c.recv(in_ip(c, gre(bytes(inner())[:n]), proto=47))


@case("IPTUN-029", "TUN4-002", kernel="ip_protocol_deliver_rcu")
def raw_sockets_see_both(c):
    """A raw socket for protocol 4 sees the outer packet, one for 17 the inner one."""
    up(c, "tun0", "ipip", TUN)
    c.socket("r4 raw 4")
    c.socket("r17 raw 17")
    c.recv(in_ip(c, inner()), in_ip(c, inner(), src="10.0.0.3"))
