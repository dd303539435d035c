# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area J: protocol 47: GRE with IP and with Ethernet inside."""

from lib.case import HOST_MAC, PEER_MAC, case, mac
from lib.tunnel import gre, icmp_error, in_ip, inner, ipv6, up
from scapy.layers.inet import IP
from scapy.packet import Raw

TUN = "local 10.0.0.1 remote 10.0.0.2"
TAP_MAC = "02:00:00:00:09:09"


def by(c, body, **ip):
    return in_ip(c, body, proto=47, **ip)


def ether(body, dst=TAP_MAC, src=PEER_MAC, proto=0x0800):
    return mac(dst) + mac(src) + proto.to_bytes(2, "big") + bytes(body)


@case("GRE-001", "GRE-007", kernel="gre_rcv")
def too_short(c):
    """Under 12 octets, or shorter than its flags say: dropped."""
    up(c, "g0", "gre", TUN)
    for n in (0, 3, 4, 11, 12):
        c.recv(by(c, gre(inner())[:n]))
    for kw in (dict(key=1), dict(key=1, seq=2), dict(key=1, seq=2, csum=True)):
        c.recv(by(c, gre(b"", **kw)), by(c, gre(bytes(8), **kw)))


@case("GRE-003", "GRE-004", "GRE-005", "GRE-006", kernel="gre_parse_header")
def flags(c):
    """Each bit of the first two octets, alone."""
    up(c, "g0", "gre", TUN)
    for bit in range(16):
        c.recv(by(c, gre(inner(), flags=1 << bit)))
    c.recv(by(c, gre(inner(), version=1)), by(c, gre(inner(), flags=0x0100)), by(c, gre(inner(), flags=0x0F00)))


@case("GRE-008", "GRE-009", "GRE-010", kernel="gre_parse_header")
def checksums(c):
    """A wrong sum, and one against what was agreed."""
    up(c, "gc", "gre", TUN + " icsum")
    up(c, "gn", "gre", "local 10.0.0.1 remote 10.0.0.3", addr=False)
    for src in ("10.0.0.2", "10.0.0.3"):
        c.recv(by(c, gre(inner()), src=src), by(c, gre(inner(), csum=True), src=src),
               by(c, gre(inner(), csum=0x1234), src=src), by(c, gre(inner(b"odd"), csum=True), src=src))


@case("GRE-011", "GRE-012", "GRE-013", "GRE-014", "GRE-015", kernel="ip_tunnel_lookup")
def keys(c):
    """A packet's key is the tunnel's, or it is not the tunnel's packet."""
    up(c, "gk", "gre", TUN + " key 7")
    up(c, "gn", "gre", "local 10.0.0.1 remote 10.0.0.3", addr=False)
    up(c, "gi", "gre", "local 10.0.0.1 remote 10.0.0.4 ikey 1.2.3.4 okey 9", addr=False)
    up(c, "gw", "gre", "dev eth0", addr=False)
    for src in ("10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"):
        for kw in ({}, dict(key=0), dict(key=7), dict(key=0x01020304), dict(key=9)):
            c.recv(by(c, gre(inner(), **kw), src=src))


@case("GRE-011", kernel="gre_rcv")
def nobody_takes_it(c):
    """No tunnel: port unreachable; of ERSPAN too."""
    up(c, "g0", "gre", TUN)
    c.recv(by(c, gre(inner()), src="10.0.0.3"), by(c, gre(inner(), key=5)),
           by(c, gre(ether(inner()), proto=0x6558), src="10.0.0.3"))


@case("GRE-031", kernel="erspan_rcv")
def erspan(c):
    """ERSPAN without a device for it, of each type."""
    up(c, "g0", "gre", TUN)
    c.recv(by(c, gre(ether(inner()), proto=0x88BE)), by(c, gre(b"\x10\0\0\5\0\0\0\0" + ether(inner()), proto=0x88BE, seq=1)),
           by(c, gre(bytes(12) + ether(inner()), proto=0x22EB, seq=1)), by(c, gre(b"\x10\0", proto=0x88BE, seq=1)))


@case("GRE-016", "GRE-017", "GRE-018", "GRE-019", "GRE-020", "GRE-021", rfc="RFC 2890 2.2", kernel="ip_tunnel_rcv")
def sequences(c):
    """Numbers that go back are dropped, gaps are not; without iseq nobody looks."""
    up(c, "gs", "gre", TUN + " iseq")
    up(c, "gn", "gre", "local 10.0.0.1 remote 10.0.0.3", addr=False)
    for src in ("10.0.0.2", "10.0.0.3"):
        for seq in (None, 5, 5, 4, 6, 100, 99, 101, 0x80000064, 0x80000066, 0xFFFFFFFF, 3, 2, 4):
            c.recv(by(c, gre(inner(), seq=seq), src=src))
        c.recv(by(c, gre(inner(), seq=10), src=src, tos=3), by(c, gre(inner(), seq=10), src=src),
               by(c, gre(bytes(inner())[:10], seq=12), src=src), by(c, gre(inner(), seq=12), src=src))


@case("GRE-022", "GRE-023", "GRE-024", "GRE-025", kernel="__ipgre_rcv")
def protocols(c):
    """IPv4, IPv6, WCCP of both versions, ARP, and a type that nobody speaks."""
    up(c, "g0", "gre", TUN)
    c.recv(by(c, gre(inner())), by(c, gre(ipv6(), proto=0x86DD)), by(c, gre(bytes(30), proto=0x1234)),
           by(c, gre(inner(), proto=0x883E)), by(c, gre(b"\0\0\0\0" + bytes(inner()), proto=0x883E)),
           by(c, gre(inner(), proto=0x883E, key=0)), by(c, gre(bytes(30), proto=0x8847)))


@case("GRE-026", "GRE-028", "GRE-029", "GRE-030", kernel="ip_tunnel_rcv")
def gretap(c):
    """Ethernet inside: for this host, for another, for all; too short for its headers."""
    up(c, "gt", "gretap", TUN)
    c.world(f"link set gt address {TAP_MAC}", "link set gt arp off")
    whole = ether(inner())
    c.recv(by(c, gre(whole, proto=0x6558)), by(c, gre(ether(inner(), dst=HOST_MAC), proto=0x6558)),
           by(c, gre(ether(inner(), dst="ff:ff:ff:ff:ff:ff"), proto=0x6558)),
           by(c, gre(ether(ipv6(), proto=0x86DD), proto=0x6558)), by(c, gre(ether(bytes(30), proto=0x1234), proto=0x6558)),
           by(c, gre(ether(b"\0\0\x08\0" + bytes(inner()), proto=0x8100), proto=0x6558)),
           by(c, gre(ether(b"\0\5\x08\0" + bytes(inner()), proto=0x8100), proto=0x6558)))
    for n in (8, 13, 14, 33, 34):
        c.recv(by(c, gre(whole[:n], proto=0x6558)))
    c.recv(by(c, gre(inner())))


@case("GRE-027", kernel="ipgre_rcv")
def ethernet_to_gre(c):
    """Ethernet inside and only an IP tunnel: it takes the frame, and nobody knows it."""
    up(c, "g0", "gre", TUN)
    c.recv(by(c, gre(ether(inner()), proto=0x6558)), by(c, gre(ether(inner())[:9], proto=0x6558)))


@case("IPTUN-044", "IPTUN-046", rfc="RFC 6040 4.2", kernel="IP_ECN_decapsulate")
def marks(c):
    """Marks with IPv4 and IPv6 inside, in Ethernet, and with something else."""
    up(c, "g0", "gre", TUN)
    up(c, "gt", "gretap", TUN, addr=False)
    c.world(f"link set gt address {TAP_MAC}", "link set gt arp off")
    for outer in range(4):
        for tos in range(4):
            c.recv(by(c, gre(inner(tos=tos)), tos=outer), by(c, gre(ipv6(tc=tos), proto=0x86DD), tos=outer),
                   by(c, gre(ether(inner(tos=tos)), proto=0x6558), tos=outer))
        c.recv(by(c, gre(bytes(30), proto=0x1234), tos=outer))


@case("GRE-033", "GRE-034", kernel="ipgre_err")
def errors(c):
    """Errors about our packet; the header quoted whole, in part, with routing."""
    up(c, "g0", "gre", TUN)
    for body in (gre(inner()), gre(ipv6(payload=bytes(30)), proto=0x86DD), gre(inner(), key=9),
                 gre(inner(), flags=0x4000), gre(inner(), version=1), gre(inner(), version=2),
                 gre(inner(), csum=0x99)):
        for size in (8, 40, 64):
            quoted = IP(src="10.0.0.1", dst="10.0.0.2", proto=47) / Raw(body[:size])
            for type, code, info in ((3, 1, 0), (3, 3, 0), (3, 5, 0), (11, 0, 0), (11, 1, 0), (12, 0, 0),
                                     (3, 4, 1280), (5, 1, 0x0A0000FE)):
                c.recv(icmp_error(c, quoted, type=type, code=code, info=info))


@case("IPTUN-030", "IPTUN-031", kernel="ip_defrag")
def fragments(c):
    """Fragments outside and inside, with a checksum over the whole."""
    up(c, "g0", "gre", TUN + " icsum key 3")
    c.recv(*c.fragments(by(c, gre(inner(b"f" * 200), csum=True, key=3), id=8), [16, 120]))
    for piece in c.fragments(inner(b"i" * 200, id=3), [104]):
        c.recv(by(c, gre(piece, csum=True, key=3)))
