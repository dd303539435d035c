# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area E: raw sockets, receive side."""

from lib.case import HOST, PEER, case, with_options
from scapy.layers.inet import ICMP, TCP
from scapy.packet import Raw

TWO_WIRES = ("wire eth1", "link set dev eth1 arp off", "addr add 10.0.1.1/24 brd + dev eth1")


def plain(c, **kw):
    kw.setdefault("proto", 200)
    return c.ip(**kw) / Raw(b"raw datagram")


@case("RAW-005", "RAW-006", "RAW-007", "RAW-019", "RAW-021", "RAW-027", "RAW-048", "RAW-050",
      kernel="raw_v4_input")
def copies(c):
    """Each matching socket gets its copy, header included."""
    c.socket("a raw 200")
    c.socket("b raw 200")
    c.socket("o raw 201")
    c.recv(plain(c, tos=0x44, ttl=7, flags="DF"), plain(c, proto=201))


@case("RAW-004", "RAW-008", "RAW-009", "RAW-010", "RAW-011", kernel="raw_v4_match")
def addresses(c):
    """Bound and connected sockets match by exact address."""
    c.world("addr add 10.0.0.3/24 dev eth0")
    c.socket(f"bound raw 200 bind {HOST}")
    c.socket("bcast raw 200 bind 10.0.0.255")
    c.socket("group raw 200 bind 224.0.0.1")
    c.socket(f"conn raw 200 connect {PEER}")
    c.socket(f"both raw 200 bind {HOST} connect {PEER}")
    for dst in (HOST, "10.0.0.3", "10.0.0.255", "224.0.0.1", "255.255.255.255"):
        c.recv(plain(c, dst=dst), plain(c, dst=dst, src="10.0.0.9"))


@case("RAW-012", kernel="raw_sk_bound_dev_eq")
def bound_device(c):
    """SO_BINDTODEVICE."""
    c.world(*TWO_WIRES)
    c.socket("e0 raw 200 opt SO_BINDTODEVICE=eth0")
    c.socket("e1 raw 200 opt SO_BINDTODEVICE=eth1")
    c.recv(plain(c))
    c.recv(plain(c, src="10.0.1.9"), wire="eth1")


@case("RAW-016", kernel="raw_v4_match")
def ipproto_raw(c):
    """IPPROTO_RAW sees protocol 255 alone."""
    c.socket("r raw 255")
    c.recv(plain(c), plain(c, proto=255), c.datagram())


@case("RAW-017", kernel="ip_local_deliver")
def not_for_us(c):
    """What is forwarded or refused is not seen."""
    c.world(*TWO_WIRES)
    c.sysctl(ip_forward=1)
    c.socket("r raw 200")
    c.recv(plain(c, dst="10.0.1.9"), plain(c, src="224.0.0.1"), plain(c, dst="127.0.0.1"))


@case("RAW-020", "RAW-025", kernel="raw_rcv")
def padding_and_empty(c):
    """Padding never shows; an empty datagram is its header."""
    c.socket("r raw 200")
    c.recv(plain(c), pad=bytes(30))
    c.recv(c.ip(proto=200), with_options(c.ip(proto=200), b"\x01" * 8))


@case("RAW-022", "RAW-024", kernel="ip_frag_reasm")
def reassembled(c):
    """One copy of the whole, with a rewritten header; CE restored."""
    c.socket("r raw 17")
    packet = c.datagram(b"r" * 100)
    c.recv(*c.fragments(packet, [32, 64]), *c.fragments(packet, [32], id=9))
    a, b = c.fragments(packet, [48], id=10, tos=2)
    b.tos = 3
    c.recv(a, b)


@case("RAW-023", kernel="__ip_options_compile")
def options_as_modified(c):
    """The header shows the options as input left them."""
    c.socket("r raw 200")
    c.recv(with_options(plain(c), b"\x07\x0b\x04" + bytes(8) + b"\x01"),
           with_options(plain(c), b"\x00\x01\x02\x03"))


@case("RAW-026", "RAW-028", kernel="raw_recvmsg")
def receive_calls(c):
    """Short buffers, MSG_TRUNC, MSG_PEEK, MSG_OOB, an empty queue."""
    c.socket("r raw 200 hold")
    for n in range(4):
        c.recv(plain(c, id=n))
    c.recvmsg("r", len=10)
    c.recvmsg("r", len=10, flags="MSG_TRUNC")
    c.recvmsg("r", flags="MSG_PEEK")
    c.recvmsg("r", flags="MSG_OOB")
    for _ in range(3):
        c.recvmsg("r")


@case("RAW-030", "RAW-032", "RAW-033", kernel="raw_v4_input")
def transport_faults(c):
    """A wrong transport checksum does not matter to raw sockets."""
    for proto in (1, 6, 17):
        c.socket(f"r{proto} raw {proto}")
    c.recv(c.datagram(chksum=0x1234), c.ip() / TCP(chksum=0x1234), c.ip() / ICMP(chksum=0x1234),
           c.ip() / ICMP(id=3, seq=4) / b"echo")


@case("RAW-031", kernel="ip_rcv_core")
def header_checksum(c):
    """A wrong header checksum never gets there."""
    c.socket("r raw 200")
    c.recv(plain(c, chksum=0x4321))


@case("RAW-034", "RAW-035", "RAW-036", "RAW-037", "RAW-039", kernel="icmp_filter")
def icmp_filter(c):
    """ICMP_FILTER by type; types above 31 always pass; short messages never do."""
    c.socket("all raw 1")
    c.socket("some raw 1 opt ICMP_FILTER=0x00000100")
    c.socket("none raw 1 opt ICMP_FILTER=0xffffffff")
    for kind in (0, 3, 8, 13, 31, 32, 40, 42, 255):
        c.recv(c.ip() / ICMP(type=kind) / b"12345678")
    c.recv(c.ip(proto=1) / Raw(b"\x08\0\xf7\xff\0\0\0"), c.ip(proto=1))


@case("RAW-040", "RAW-041", "RAW-042", "RAW-044", "RAW-045", kernel="ip_mc_sf_allow")
def multicast(c):
    """Membership, IP_MULTICAST_ALL and source filters of raw sockets."""
    c.world(*TWO_WIRES)
    c.socket("all raw 200")
    c.socket("strict raw 200 opt IP_MULTICAST_ALL=0")
    c.socket("member raw 200 opt IP_MULTICAST_ALL=0 opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0")
    c.socket("other raw 200 opt IP_MULTICAST_ALL=0 opt IP_ADD_MEMBERSHIP=239.1.1.1@eth1")
    c.socket("source raw 200 opt IP_ADD_SOURCE_MEMBERSHIP=239.1.1.1,10.0.0.50@10.0.0.1")
    for dst in ("239.1.1.1", "224.0.0.1", "10.0.0.255"):
        c.recv(plain(c, dst=dst), plain(c, dst=dst, src="10.0.0.50"))
    c.recv(plain(c, dst="239.1.1.1", src="10.0.1.9"), wire="eth1")


@case("RAW-046", kernel="raw_v4_input")
def full_buffer(c):
    """A full receive buffer; the drops are told by SO_RXQ_OVFL."""
    c.socket("r raw 200 opt SO_RCVBUF=2304 opt SO_RXQ_OVFL=1 hold")
    c.socket("ok raw 200")
    for n in range(9):
        c.recv(plain(c, id=n))
    for _ in range(6):
        c.recvmsg("r")
    c.recv(plain(c, id=99))
    c.recvmsg("r")


@case("RAW-049", kernel="ipv4_pktinfo_prepare")
def packet_info(c):
    """IP_PKTINFO for unicast, broadcast and multicast."""
    c.world("addr add 10.0.0.3/24 dev eth0", *TWO_WIRES)
    c.socket("r raw 200")
    for dst in (HOST, "10.0.0.3", "10.0.0.255", "255.255.255.255", "224.0.0.1", "10.0.1.1"):
        c.recv(plain(c, dst=dst))
    c.recv(plain(c, dst="10.0.0.1", src="10.0.1.9"), wire="eth1")


def errors(c):
    """ICMP errors that quote a raw datagram of ours."""
    quoted = bytes(c.ip(src=HOST, dst=PEER, proto=200) / Raw(b"quoted octets"))
    for kind, code in ((3, 0), (3, 1), (3, 2), (3, 3), (3, 5), (3, 6), (3, 7), (3, 8), (3, 9), (3, 10),
                       (3, 11), (3, 12), (3, 13), (3, 14), (3, 15), (3, 16), (4, 0), (11, 0), (11, 1),
                       (12, 0)):
        c.recv(c.ip(src="10.0.0.254") / ICMP(type=kind, code=code) / quoted)


@case("RAW-053", "RAW-054", "RAW-055", "RAW-056", "RAW-059", "RAW-061", "RAW-062", kernel="raw_err")
def icmp_errors(c):
    """Hard errors reach connected sockets; soft ones and others do not."""
    c.socket("plain raw 200")
    c.socket(f"conn raw 200 connect {PEER}")
    c.socket("far raw 200 connect 10.0.0.9")
    errors(c)


@case("RAW-057", kernel="raw_err")
def icmp_errors_queued(c):
    """With IP_RECVERR every error is queued."""
    c.socket("q raw 200 opt IP_RECVERR=1")
    c.socket("qh raw 200 opt IP_RECVERR=1 opt IP_HDRINCL=1")
    errors(c)


@case("RAW-057", kernel="raw_err")
def icmp_frag_needed(c):
    """Fragmentation needed: by IP_MTU_DISCOVER."""
    c.socket(f"dont raw 200 opt IP_MTU_DISCOVER=0 connect {PEER}")
    c.socket(f"want raw 200 opt IP_MTU_DISCOVER=1 connect {PEER}")
    c.socket(f"do raw 200 opt IP_MTU_DISCOVER=2 connect {PEER}")
    c.socket(f"q raw 200 opt IP_MTU_DISCOVER=2 opt IP_RECVERR=1 connect {PEER}")
    quoted = bytes(c.ip(src=HOST, dst=PEER, proto=200) / Raw(b"quoted octets"))
    for mtu in (1000, 0, 68, 9000):
        c.recv(c.ip(src="10.0.0.254") / ICMP(type=3, code=4, nexthopmtu=mtu) / quoted)
