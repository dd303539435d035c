# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area J: protocol 41: tunnel64 and sit. What is inside ends at IPv6, which is off."""

from lib.case import case
from lib.tunnel import icmp_error, in_ip, inner, ipv6, up
from scapy.layers.inet import IP
from scapy.packet import Raw

TUN = "local 10.0.0.1 remote 10.0.0.2"


@case("TUN4-004", "TUN4-005", kernel="tunnel64_rcv")
def short_or_nobody(c):
    """Under 40 octets: dropped. No tunnel: port unreachable."""
    up(c, "s0", "sit", TUN)
    for n in (0, 1, 39, 40):
        c.recv(in_ip(c, ipv6()[:n], proto=41))
    c.recv(in_ip(c, ipv6(), proto=41, src="10.0.0.3"), in_ip(c, ipv6(), proto=41, dst="10.0.0.255"))


@case("TUN4-005", "SIT-001", kernel="ipip6_rcv")
def received(c):
    """The packet comes in by the tunnel's device, whatever it is."""
    up(c, "s0", "sit", TUN)
    c.recv(in_ip(c, ipv6(), proto=41), in_ip(c, bytes(60), proto=41), in_ip(c, ipv6() + b"behind", proto=41),
           in_ip(c, bytes(inner()), proto=41), in_ip(c, ipv6(payload=b"p" * 1300), proto=41))


@case("SIT-001", "SIT-002", kernel="ipip6_tunnel_lookup")
def lookup(c):
    """Both addresses, the remote, the local, the newest of none."""
    c.world("addr add 10.0.0.11/24 dev eth0")
    up(c, "sl", "sit", "local 10.0.0.1")
    up(c, "sr", "sit", "remote 10.0.0.2", addr=False)
    up(c, "both", "sit", TUN, addr=False)
    c.world("link set sit0 up")
    for src, dst in (("10.0.0.2", "10.0.0.1"), ("10.0.0.2", "10.0.0.11"), ("10.0.0.3", "10.0.0.1"),
                     ("10.0.0.3", "10.0.0.11")):
        c.recv(in_ip(c, ipv6(), proto=41, src=src, dst=dst))


@case("SIT-003", kernel="ipip6_tunnel_lookup")
def lookup_other_link(c):
    """Bound to another device it is out, unlike ipip."""
    c.world("wire eth1", "link set eth1 arp off")
    up(c, "s1", "sit", TUN + " dev eth1")
    up(c, "sr", "sit", "remote 10.0.0.3 dev eth0", addr=False)
    c.recv(in_ip(c, ipv6(), proto=41), in_ip(c, ipv6(), proto=41, src="10.0.0.3"))


@case("SIT-003", kernel="ipip6_tunnel_lookup")
def lookup_down(c):
    """A tunnel that is down is not there."""
    up(c, "sr", "sit", "remote 10.0.0.3")
    c.world(f"link add both type sit {TUN}")
    c.recv(in_ip(c, ipv6(), proto=41))


@case("SIT-004", "SIT-005", "SIT-006", rfc="RFC 3964", kernel="packet_is_spoofed")
def spoofed(c):
    """6to4 addresses must tell the outer ones, where no remote is set."""
    up(c, "sl", "sit", "local 10.0.0.1")
    up(c, "both", "sit", "local 10.0.0.1 remote 10.0.0.3", addr=False)
    for outer in ("10.0.0.2", "10.0.0.3"):
        for v6 in (dict(src="2002:0a00:0002::1"), dict(src="2002:0a00:0003::1"), dict(dst="2002:0a00:0001::1"),
                   dict(dst="2002:0a00:0009::1"), dict(src="2002:0a00:0002::1", dst="2002:0a00:0001::1"), {}):
            c.recv(in_ip(c, ipv6(**v6), proto=41, src=outer))


@case("SIT-009", "SIT-010", kernel="sit_tunnel_rcv")
def modes(c):
    """Each mode takes its own protocol; any takes both."""
    for n, mode in enumerate(("ip6ip", "ipip", "any")):
        up(c, f"s{n}", "sit", f"local 10.0.0.1 remote 10.0.0.{n + 2} mode {mode}", addr=n == 0)
    for n in range(3):
        c.recv(in_ip(c, ipv6(), proto=41, src=f"10.0.0.{n + 2}"), in_ip(c, inner(), src=f"10.0.0.{n + 2}"))


@case("SIT-011", "SIT-012", rfc="RFC 6040 4.2", kernel="ipip6_rcv")
def marks(c):
    """All sixteen pairs of congestion marks."""
    up(c, "s0", "sit", TUN)
    for outer in range(4):
        for tc in range(4):
            c.recv(in_ip(c, ipv6(tc=tc), proto=41, tos=outer))


@case("SIT-013", "TUN4-012", kernel="ipip6_err")
def errors(c):
    """Errors about our packet, about nobody's, and about one too short to be told inside."""
    up(c, "s0", "sit", TUN)
    for dst in ("10.0.0.2", "10.0.0.7"):
        for size in (8, 48):
            quoted = IP(src="10.0.0.1", dst=dst, proto=41) / Raw(ipv6()[:size])
            for type, code, info in ((3, 1, 0), (3, 3, 0), (3, 5, 0), (11, 0, 0), (11, 1, 0), (12, 0, 0),
                                     (3, 4, 1280), (5, 1, 0x0A0000FE)):
                c.recv(icmp_error(c, quoted, type=type, code=code, info=info))


@case("IPTUN-030", kernel="ip_defrag")
def fragments(c):
    """Fragments outside, and a sit tunnel in an ipip one."""
    up(c, "s0", "sit", TUN)
    up(c, "tun0", "ipip", TUN, addr=False)
    up(c, "s1", "sit", "remote 10.0.0.9", addr=False)
    c.recv(*c.fragments(in_ip(c, ipv6(payload=b"f" * 200), proto=41, id=8), [40, 120]))
    c.recv(in_ip(c, in_ip(c, ipv6(), proto=41, src="10.0.0.9", dst="192.168.1.1")))
