# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area G: UDP and UDP-Lite receive."""

from lib.case import HOST, PEER, PORT, case, with_options
from scapy.layers.inet import ICMP, IP, UDP
from scapy.packet import Raw

GATEWAY = "10.0.0.254"
TWO_WIRES = ("wire eth1", "link set dev eth1 arp off", "addr add 10.0.1.1/24 brd + dev eth1")


def error(c, sport, dport=5353, kind=3, code=3, dst=PEER, **kw):
    inner = bytes(IP(src=HOST, dst=dst, id=0x77) / UDP(sport=sport, dport=dport) / b"quoted data")
    return c.ip(src=GATEWAY) / ICMP(type=kind, code=code, **kw) / Raw(inner)


def csum16(octets):
    total = sum(int.from_bytes((octets + b"\0")[i:i + 2], "big") for i in range(0, len(octets), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def udplite(c, body, coverage, sport=5353, dport=PORT, csum=None, src=PEER, dst=HOST):
    """A UDP-Lite datagram; the checksum covers `coverage` octets (0: all)."""
    head = sport.to_bytes(2, "big") + dport.to_bytes(2, "big") + coverage.to_bytes(2, "big")
    whole = head + b"\0\0" + body
    pseudo = bytes(int(x) for x in (src + "." + dst).split(".")) + b"\0\x88" + len(whole).to_bytes(2, "big")
    covered = whole[:coverage] if coverage else whole
    value = csum16(pseudo + covered) or 0xFFFF
    if csum is not None:
        value = csum
    return c.ip(proto=136, src=src, dst=dst) / Raw(head + value.to_bytes(2, "big") + body)


@case("UDPRX-001", kernel="__udp4_lib_rcv")
def short_header(c):
    """Fewer than eight octets."""
    for n in range(8):
        c.recv(c.ip(proto=17) / Raw(bytes(c.udp(len=n))[:n]))


@case("UDPRX-002", "UDPRX-003", "UDPRX-004", kernel="__udp4_lib_rcv")
def bad_length(c):
    """A length field beyond the payload, or below eight."""
    for n in (0, 1, 7, 13, 100, 65535):
        c.recv(c.datagram(b"1234", len=n, chksum=0))
        c.recv(c.datagram(b"1234", len=n))


@case("UDPRX-005", kernel="__udp4_lib_rcv")
def length_below_payload(c):
    """What follows the UDP length is cut; the checksum covers the UDP length only."""
    good = bytes(c.ip() / c.udp() / b"abcd")
    c.recv(c.ip() / Raw(good[20:] + b"trailer"), c.datagram(b"abcdefgh", len=12),
           c.ip() / Raw(good[20:]) / Raw(bytes(100)))
    udp = c.ip(proto=17)
    c.recv(udp / Raw(good[20:] + b"trailer"), udp / Raw(good[20:] + bytes(100)),
           udp / Raw(bytes(c.ip() / c.udp() / b"")[20:] + b"x"))


@case("UDPRX-006", kernel="udp_recvmsg")
def empty_datagram(c):
    """No data is a datagram too."""
    c.recv(c.datagram(b""), c.datagram(b"", dport=9))


@case("UDPRX-008", kernel="raw_local_deliver")
def raw_before_udp(c):
    """A raw socket gets what UDP refuses."""
    c.socket("r raw 17")
    c.recv(c.datagram(b"1234", len=100), c.datagram(b"1234", chksum=1), c.ip(proto=17) / Raw(b"123"))


@case("UDPRX-009", "UDPRX-010", kernel="__udp4_lib_rcv")
def port_zero(c):
    """Destination port 0 has no listener; source port 0 is fine."""
    c.recv(c.datagram(dport=0), c.datagram(sport=0), c.datagram(sport=0, dport=9))


@case("UDPRX-011", kernel="ip_local_deliver")
def fragmented(c):
    """A fragmented datagram is judged as a whole."""
    c.recv(*c.fragments(c.datagram(bytes(range(200))), [64, 128]))
    c.recv(*c.fragments(c.datagram(bytes(range(200)), dport=9), [64, 128], id=3))


@case("UDPRX-012", "UDPRX-013", "UDPRX-123", rfc="RFC 768", kernel="udp4_csum_init")
def checksum_zero(c):
    """A zero checksum is not verified; 0xffff is one like any other."""
    c.socket("s udp bind 0.0.0.0:7780 opt IP_CHECKSUM=1")
    c.recv(c.datagram(chksum=0), c.datagram(chksum=0, dport=7780), c.datagram(bytes(100), chksum=0),
           c.datagram(chksum=0xFFFF))
    for x in range(0, 65536, 4369):
        body = bytearray(b"\0\0zero sum")
        packet = c.datagram(bytes(body), chksum=0)
        base = csum16(bytes(int(v) for v in (PEER + "." + HOST).split(".")) + b"\0\x11"
                      + (8 + len(body)).to_bytes(2, "big") + bytes(packet)[20:])
        body[0:2] = base.to_bytes(2, "big")
        if x == 0:
            c.recv(c.datagram(bytes(body), chksum=0xFFFF), c.datagram(bytes(body), chksum=0x0001))


@case("UDPRX-014", "UDPRX-015", "UDPRX-016", "UDPRX-017", "UDPRX-018", kernel="udp4_csum_init")
def checksum_wrong(c):
    """A wrong checksum: seen at once up to 76 octets, else when read."""
    for n in (0, 1, 67, 68, 69, 70, 1000):
        for dport in (PORT, 9):
            c.recv(c.datagram(bytes(n), chksum=0x1111, dport=dport))
            c.recv(c.datagram(bytes(n), chksum=0x1111, dport=dport, ip=dict(dst="224.0.0.1")))


@case("UDPRX-015", "UDPRX-016", "UDPRX-099", kernel="udp_recvmsg")
def checksum_wrong_queued(c):
    """A bad datagram in the queue is skipped by the read that meets it."""
    c.socket("h udp bind 0.0.0.0:7780 hold")
    c.recv(c.datagram(bytes(100), chksum=0x1111, dport=7780), c.datagram(b"good", dport=7780),
           c.datagram(bytes(200), chksum=0x1111, dport=7780))
    c.recvmsg("h")
    c.recvmsg("h")
    c.recv(c.datagram(bytes(100), chksum=0x1111, dport=7780))
    c.recvmsg("h", flags="MSG_PEEK")
    c.recv(c.datagram(bytes(100), chksum=0x1111, dport=7780))
    c.recvmsg("h", len=10)


@case("UDPRX-026", "UDPRX-027", "UDPRX-031", "UDPRX-029", "UDPRX-030", kernel="udp4_lib_lookup2")
def lookup(c):
    """Exact address before wildcard; connected before unconnected."""
    c.world("addr add 10.0.0.3/24 dev eth0")
    c.no_sockets()
    c.socket("any udp opt SO_REUSEADDR=1 bind 0.0.0.0:7000")
    c.socket(f"one udp opt SO_REUSEADDR=1 bind {HOST}:7000")
    c.socket(f"con udp opt SO_REUSEADDR=1 bind {HOST}:7000 connect {PEER}:5353")
    c.socket(f"lone udp bind {HOST}:7001 connect {PEER}:5353")
    for dst in (HOST, "10.0.0.3"):
        for kw in (dict(), dict(sport=9), ):
            for src in (PEER, "10.0.0.9"):
                c.recv(c.datagram(dport=7000, ip=dict(dst=dst, src=src), **kw),
                       c.datagram(dport=7001, ip=dict(dst=dst, src=src), **kw))


@case("UDPRX-028", "UDPRX-033", "UDPRX-034", "UDPRX-050", kernel="compute_score")
def lookup_device(c):
    """SO_BINDTODEVICE in the score, and what address comes first."""
    c.world(*TWO_WIRES)
    c.no_sockets()
    c.socket("dev udp opt SO_REUSEADDR=1 dev eth0 bind 0.0.0.0:7000")
    c.socket(f"addr udp opt SO_REUSEADDR=1 bind {HOST}:7000")
    c.socket("any udp opt SO_REUSEADDR=1 bind 0.0.0.0:7001")
    c.socket("d0 udp opt SO_REUSEADDR=1 dev eth0 bind 0.0.0.0:7001")
    c.socket("d1 udp dev eth1 bind 0.0.0.0:7002")
    c.socket("d2 udp dev eth0 bind 0.0.0.0:7002")
    c.socket("d3 udp dev eth1 bind 0.0.0.0:7003")
    for port in (7000, 7001, 7002, 7003):
        c.recv(c.datagram(dport=port))
        c.recv(c.datagram(dport=port, ip=dict(dst="10.0.1.1", src="10.0.1.9")), wire="eth1")


@case("UDPRX-032", kernel="udp_lib_get_port")
def lookup_equal(c):
    """Of equal sockets the one bound last receives."""
    c.no_sockets()
    c.socket("a udp opt SO_REUSEADDR=1 bind 0.0.0.0:7000")
    c.socket("b udp opt SO_REUSEADDR=1 bind 0.0.0.0:7000")
    c.socket(f"x udp opt SO_REUSEADDR=1 bind {HOST}:7001")
    c.socket(f"y udp opt SO_REUSEADDR=1 bind {HOST}:7001")
    c.recv(c.datagram(dport=7000), c.datagram(dport=7001))
    c.close("b")
    c.recv(c.datagram(dport=7000))


@case("UDPRX-044", kernel="inet_lookup_reuseport")
def reuseport_of_one(c):
    """A group of one, and a connected member beside it."""
    c.no_sockets()
    c.socket("g udp opt SO_REUSEPORT=1 bind 0.0.0.0:7000")
    c.socket(f"k udp opt SO_REUSEPORT=1 bind 0.0.0.0:7000 connect {PEER}:5353")
    c.recv(c.datagram(dport=7000), c.datagram(dport=7000, sport=1))


@case("UDPRX-052", "UDPRX-070", "UDPRX-071", kernel="__udp_is_mcast_sock")
def bound_to_group(c):
    """Sockets bound to broadcast, multicast and unicast addresses."""
    c.no_sockets()
    c.socket("b udp opt SO_REUSEADDR=1 bind 10.0.0.255:7000")
    c.socket("l udp opt SO_REUSEADDR=1 bind 255.255.255.255:7000")
    c.socket("m udp opt SO_REUSEADDR=1 bind 224.0.0.1:7000")
    c.socket(f"u udp opt SO_REUSEADDR=1 bind {HOST}:7000")
    c.socket("any udp opt SO_REUSEADDR=1 bind 0.0.0.0:7000")
    for dst in (HOST, "10.0.0.255", "255.255.255.255", "224.0.0.1"):
        c.recv(c.datagram(dport=7000, ip=dict(dst=dst)))


@case("UDPRX-053", "UDPRX-055", "UDPRX-056", kernel="udp_v4_early_demux")
def early_demux_off(c):
    """The same flow with early demux off."""
    c.sysctl(udp_early_demux=0)
    c.socket(f"k udp bind {HOST}:7000 connect {PEER}:5353")
    for _ in range(3):
        c.recv(c.datagram(dport=7000))


@case("UDPRX-060", "UDPRX-061", "UDPRX-062", "UDPRX-063", kernel="__udp4_lib_mcast_deliver")
def group_copies(c):
    """Every matching socket gets a copy; nobody: ignored."""
    c.no_sockets()
    c.socket("a udp opt SO_REUSEADDR=1 bind 0.0.0.0:7000")
    c.socket("b udp opt SO_REUSEADDR=1 bind 0.0.0.0:7000 opt IP_MULTICAST_ALL=0")
    c.socket("m udp opt SO_REUSEADDR=1 bind 0.0.0.0:7000 opt IP_MULTICAST_ALL=0 "
             "opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0")
    c.socket("other udp bind 0.0.0.0:7001 opt IP_MULTICAST_ALL=0")
    for dst in ("239.1.1.1", "224.0.0.1", "10.0.0.255", "255.255.255.255"):
        c.recv(c.datagram(dport=7000, ip=dict(dst=dst)), c.datagram(dport=7001, ip=dict(dst=dst)),
               c.datagram(dport=7002, ip=dict(dst=dst)))


@case("UDPRX-064", "UDPRX-068", kernel="ip_mc_sf_allow")
def group_by_wire(c):
    """Membership and filters hold on the wire they were made for."""
    c.world(*TWO_WIRES)
    c.no_sockets()
    c.socket("a udp opt SO_REUSEADDR=1 bind 0.0.0.0:7000 opt IP_MULTICAST_ALL=0 "
             "opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0")
    c.socket("b udp opt SO_REUSEADDR=1 bind 0.0.0.0:7000 opt IP_ADD_MEMBERSHIP=239.1.1.1@eth1")
    c.socket("i udp opt SO_REUSEADDR=1 bind 0.0.0.0:7000 "
             "opt IP_ADD_SOURCE_MEMBERSHIP=239.1.1.1,10.0.0.50@10.0.0.1")
    for src in (PEER, "10.0.0.50"):
        c.recv(c.datagram(dport=7000, ip=dict(dst="239.1.1.1", src=src)))
    c.recv(c.datagram(dport=7000, ip=dict(dst="239.1.1.1", src="10.0.1.9")), wire="eth1")


@case("UDPRX-065", "UDPRX-066", "UDPRX-067", rfc="RFC 3376", kernel="ip_mc_sf_allow")
def source_filters(c):
    """Include and exclude lists."""
    c.no_sockets()
    c.socket("inc udp opt SO_REUSEADDR=1 bind 0.0.0.0:7000 "
             "opt IP_ADD_SOURCE_MEMBERSHIP=239.1.1.1,10.0.0.50@10.0.0.1")
    c.socket("exc udp opt SO_REUSEADDR=1 bind 0.0.0.0:7000 opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0 "
             "opt IP_BLOCK_SOURCE=239.1.1.1,10.0.0.50@10.0.0.1")
    for src in (PEER, "10.0.0.50", "10.0.0.51"):
        c.recv(c.datagram(dport=7000, ip=dict(dst="239.1.1.1", src=src)))


@case("UDPRX-069", kernel="__udp_is_mcast_sock")
def connected_and_group(c):
    """A connected socket takes group datagrams from its peer alone."""
    c.no_sockets()
    c.socket(f"k udp bind 0.0.0.0:7000 connect {PEER}:5353")
    for dst in ("10.0.0.255", "224.0.0.1"):
        c.recv(c.datagram(dport=7000, ip=dict(dst=dst)), c.datagram(dport=7000, sport=1, ip=dict(dst=dst)),
               c.datagram(dport=7000, ip=dict(dst=dst, src="10.0.0.9")))


@case("UDPRX-073", kernel="__udp4_lib_mcast_deliver")
def group_one_full(c):
    """One full socket loses its copy alone."""
    c.no_sockets()
    c.socket("f udp opt SO_REUSEADDR=1 opt SO_RCVBUF=2304 bind 0.0.0.0:7000 hold")
    c.socket("g udp opt SO_REUSEADDR=1 bind 0.0.0.0:7000")
    for n in range(8):
        c.recv(c.datagram(bytes([n]) * 100, dport=7000, ip=dict(dst="224.0.0.1")))
    for _ in range(5):
        c.recvmsg("f")


@case("UDPRX-076", "UDPRX-079", kernel="__udp4_lib_rcv")
def no_listener(c):
    """Port unreachable for UDP and UDP-Lite."""
    c.recv(c.datagram(dport=9), udplite(c, b"abcd", 0, dport=9), udplite(c, b"abcd", 8, dport=9))


@case("UDPRX-089", "UDPRX-090", "UDPRX-092", "UDPRX-093", "UDPRX-098", kernel="__udp_enqueue_schedule_skb")
def receive_buffer(c):
    """Small receive buffers: what fits, what is dropped, when room comes back."""
    c.socket("s udp opt SO_RCVBUF=2304 opt SO_RXQ_OVFL=1 bind 0.0.0.0:7000 hold")
    c.socket("t udp opt SO_RCVBUF=10000 opt SO_RXQ_OVFL=1 bind 0.0.0.0:7001 hold")
    for n in range(30):
        c.recv(c.datagram(bytes([n]) * (n * 7), dport=7000), c.datagram(bytes([n]) * (n * 40), dport=7001))
    for _ in range(2):
        c.recvmsg("s")
        c.recv(c.datagram(b"again", dport=7000))
        c.recvmsg("t")
        c.recv(c.datagram(b"again", dport=7001))
    for _ in range(20):
        c.recvmsg("s")
        c.recvmsg("t")
    c.recv(c.datagram(b"last", dport=7000), c.datagram(b"last", dport=7001))
    c.recvmsg("s")
    c.recvmsg("t")


@case("UDPRX-090", kernel="__udp_enqueue_schedule_skb")
def larger_than_buffer(c):
    """A datagram larger than the whole buffer fits an empty queue."""
    c.socket("s udp opt SO_RCVBUF=2304 bind 0.0.0.0:7000 hold")
    c.recv(c.datagram(bytes(1400), dport=7000), c.datagram(bytes(10), dport=7000))
    c.recv(*c.fragments(c.datagram(bytes(9000), dport=7000), [1480 * i for i in range(1, 7)]))
    for _ in range(4):
        c.recvmsg("s")
    c.recv(*c.fragments(c.datagram(bytes(9000), dport=7000), [1480 * i for i in range(1, 7)], id=9))
    c.recvmsg("s")


@case("UDPRX-097", kernel="udp_destruct_common")
def close_with_unread(c):
    """A socket closed with unread datagrams frees them; its port is free then."""
    c.socket("s udp bind 0.0.0.0:7000 hold")
    c.recv(c.datagram(dport=7000), c.datagram(dport=7000))
    c.close("s")
    c.recv(c.datagram(dport=7000))


@case("UDPRX-099", "UDPRX-100", "UDPRX-101", "UDPRX-102", "UDPRX-112", kernel="udp_recvmsg")
def receive_calls(c):
    """Short buffers, MSG_TRUNC, MSG_PEEK, an empty queue."""
    c.socket("s udp bind 0.0.0.0:7000 hold")
    for n in range(7):
        c.recv(c.datagram(bytes([65 + n]) * (20 + 20 * n), dport=7000))
    c.recvmsg("s", len=5)
    c.recvmsg("s", len=5, flags="MSG_TRUNC")
    c.recvmsg("s", flags="MSG_PEEK")
    c.recvmsg("s", len=7, flags="MSG_PEEK|MSG_TRUNC")
    for _ in range(6):
        c.recvmsg("s")


@case("UDPRX-104", "UDPRX-105", "UDPRX-106", "UDPRX-107", kernel="__skb_try_recv_from_queue")
def peek_offset(c):
    """SO_PEEK_OFF walks over datagrams."""
    c.socket("s udp bind 0.0.0.0:7000 opt SO_PEEK_OFF=0 hold")
    c.recv(c.datagram(b"abcdefgh", dport=7000), c.datagram(b"ijklmnop", dport=7000))
    for n in (3, 3, 2, 4, 10, 10):
        c.recvmsg("s", len=n, flags="MSG_PEEK")
    c.recvmsg("s", len=4)
    c.recvmsg("s", len=3, flags="MSG_PEEK|MSG_TRUNC")
    c.recvmsg("s", len=3, flags="MSG_PEEK")
    c.recvmsg("s")
    c.recvmsg("s")


@case("UDPRX-109", "UDPRX-131", "UDPRX-132", kernel="__udp4_lib_err")
def pending_error(c):
    """A pending error comes before data, once."""
    c.socket(f"k udp bind {HOST}:7000 connect {PEER}:5353 hold")
    c.socket("p udp bind 0.0.0.0:7001 hold")
    c.socket("e udp bind 0.0.0.0:7002 opt IP_RECVERR=1 hold")
    for sock, port in (("k", 7000), ("p", 7001), ("e", 7002)):
        c.recv(c.datagram(b"data", dport=port), error(c, port))
        for _ in range(3):
            c.recvmsg(sock)
    c.recvmsg("e", flags="MSG_ERRQUEUE")
    c.recvmsg("e", flags="MSG_ERRQUEUE")
    c.recvmsg("k", flags="MSG_ERRQUEUE")


@case("UDPRX-113", "UDPRX-115", "UDPRX-116", "UDPRX-117", "UDPRX-119", "UDPRX-120", "UDPRX-129",
      kernel="ip_cmsg_recv_offset")
def control_messages(c):
    """All control messages at once, for unicast, broadcast, multicast and fragments."""
    c.socket("s udp bind 0.0.0.0:7000 opt IP_PKTINFO=1 opt IP_RECVTTL=1 opt IP_RECVTOS=1 opt IP_RECVOPTS=1 "
             "opt IP_RETOPTS=1 opt IP_RECVORIGDSTADDR=1 opt IP_RECVFRAGSIZE=1 opt IP_CHECKSUM=1 "
             "opt SO_RXQ_OVFL=1 opt UDP_GRO=1")
    for dst in (HOST, "10.0.0.255", "224.0.0.1"):
        c.recv(c.datagram(dport=7000, ip=dict(dst=dst, tos=0x47, ttl=3)))
        c.recv(with_options(c.datagram(dport=7000, ip=dict(dst=dst)), b"\x07\x0b\x04" + bytes(8) + b"\x01"))
    c.recv(*c.fragments(c.datagram(bytes(300), dport=7000), [64, 200]))


@case("UDPRX-121", "UDPRX-122", kernel="ip_cmsg_recv_checksum")
def checksum_message(c):
    """IP_CHECKSUM is there when the sum was completed early."""
    c.socket("s udp bind 0.0.0.0:7000 opt IP_CHECKSUM=1 hold")
    for n in (0, 5, 68, 69, 200):
        c.recv(c.datagram(bytes(range(n)), dport=7000))
    for _ in range(3):
        c.recvmsg("s")
    c.recvmsg("s", flags="MSG_PEEK")
    c.recvmsg("s", len=9)
    c.recvmsg("s")


@case("UDPRX-127", "UDPRX-128", "UDPRX-125", kernel="udp_lib_setsockopt")
def options_without_effect(c):
    """IP_MINTTL, UDP_NO_CHECK6_RX and UDP_GRO change nothing here."""
    c.socket("s udp bind 0.0.0.0:7000 opt IP_MINTTL=200 opt UDP_NO_CHECK6_RX=1 opt UDP_GRO=1")
    c.recv(c.datagram(dport=7000, ip=dict(ttl=3)), c.datagram(dport=7000, chksum=7))


@case(*[f"UDPRX-{n}" for n in (133, 134, 136, 138, 139, 140, 141, 142, 143, 144, 145, 146, 147)],
      kernel="__udp4_lib_err")
def icmp_errors(c):
    """Every error to a plain, a connected and an IP_RECVERR socket."""
    c.socket("p udp bind 0.0.0.0:7000")
    c.socket(f"k udp bind {HOST}:7001 connect {PEER}:5353")
    c.socket("e udp bind 0.0.0.0:7002 opt IP_RECVERR=1")
    c.socket(f"b udp bind {HOST}:7003 connect {PEER}:5353 opt IP_RECVERR=1")
    for port in (7000, 7001, 7002, 7003):
        for kind, code in [(3, n) for n in range(16)] + [(4, 0), (5, 1), (11, 0), (11, 1), (12, 0)]:
            c.recv(error(c, port, kind=kind, code=code))


@case("UDPRX-148", "UDPRX-149", "UDPRX-150", "UDPRX-151", kernel="__udp4_lib_err")
def icmp_errors_nobody(c):
    """Errors that match no socket."""
    c.world(*TWO_WIRES)
    c.socket(f"k udp bind {HOST}:7001 connect {PEER}:5353")
    c.socket("d udp dev eth1 bind 0.0.0.0:7002 opt IP_RECVERR=1")
    c.recv(error(c, 7999), error(c, 7001, dport=1), error(c, 7001, dst="10.0.0.9"), error(c, 7002))
    short = bytes(error(c, 7001))[:20 + 8 + 27]
    c.recv(c.ip(src=GATEWAY, proto=1) / Raw(short[20:]))


@case("UDPRX-152", "UDPRX-153", kernel="ip_recv_error")
def error_queue(c):
    """What the error queue gives, in order, and what it does to the pending error."""
    c.socket("e udp bind 0.0.0.0:7002 opt IP_RECVERR=1 hold")
    for code in (3, 1, 4, 13):
        c.recv(error(c, 7002, code=code, **(dict(nexthopmtu=1200) if code == 4 else {})))
    c.recvmsg("e", flags="MSG_ERRQUEUE")
    c.recvmsg("e")
    c.recvmsg("e", flags="MSG_ERRQUEUE", len=3)
    for _ in range(3):
        c.recvmsg("e", flags="MSG_ERRQUEUE")
    c.recvmsg("e")


@case("UDPRX-156", "UDPRX-157", "UDPRX-158", "UDPRX-160", "UDPRX-163", rfc="RFC 3828",
      kernel="udplite_checksum_init")
def udplite_coverage(c):
    """Coverage of every kind; its own port space."""
    c.socket(f"l udplite bind 0.0.0.0:{PORT}")
    for coverage in (0, 1, 7, 8, 9, 11, 12, 13, 100):
        c.recv(udplite(c, b"lite", coverage))
    c.recv(udplite(c, b"lite", 0, csum=0), udplite(c, b"lite", 8, csum=0), udplite(c, b"lite", 8, csum=1),
           udplite(c, bytes(100), 20), udplite(c, bytes(100), 0, csum=1), udplite(c, bytes(100), 90, csum=1))
    good = bytearray(bytes(udplite(c, b"covered not covered", 15)))
    good[-1] ^= 0xFF
    c.recv(bytes(good), c.datagram())


@case("UDPRX-161", "UDPRX-162", kernel="udp_queue_rcv_one_skb")
def udplite_minimum(c):
    """UDPLITE_RECV_CSCOV: what coverage is enough."""
    for n, name in ((0, "z"), (5, "f"), (8, "e"), (12, "t"), (20, "v")):
        c.socket(f"{name} udplite bind 0.0.0.0:{7100 + n} opt UDPLITE_RECV_CSCOV={n}")
        for coverage in (0, 8, 11, 12, 14, 18):
            c.recv(udplite(c, b"0123456789", coverage, dport=7100 + n))


@case("UDPRX-040", kernel="udp4_lib_lookup2")
def connected_in_port_group(c):
    """A connected member of a port group is found before the group chooses."""
    c.no_sockets()
    c.socket(f"a udp opt SO_REUSEPORT=1 bind {HOST}:7000 connect {PEER}:5353")
    c.socket(f"b udp opt SO_REUSEPORT=1 bind {HOST}:7000")
    c.socket(f"d udp opt SO_REUSEPORT=1 bind {HOST}:7001")
    c.socket(f"e udp opt SO_REUSEPORT=1 bind {HOST}:7001 connect {PEER}:5353")
    for dport in (7000, 7001):
        c.recv(c.datagram(dport=dport), c.datagram(dport=dport, sport=9))


@case("UDPRX-060", kernel="__udp_is_mcast_sock")
def multicast_to_connected(c):
    """A connected socket hears its peer's port only, of a group too."""
    c.no_sockets()
    c.socket(f"m udp opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0 bind 239.1.1.1:7000 connect {PEER}:5353")
    for src in (PEER, "10.0.0.9"):
        for sport in (5353, 9):
            c.recv(c.datagram(dport=7000, sport=sport, ip=dict(src=src, dst="239.1.1.1")))


@case("UDPRX-110", kernel="ip_recv_error")
def error_with_checksum(c):
    """The sum of an error message is told as that of a datagram."""
    c.socket(f"e udp opt IP_RECVERR=1 opt IP_CHECKSUM=1 bind {HOST}:7100 connect {PEER}:5353")
    for size in (0, 1, 100):
        inner = bytes(IP(src=HOST, dst=PEER) / UDP(sport=7100, dport=5353) / bytes(size))
        c.recv(c.ip(src=GATEWAY) / ICMP(type=3, code=3) / Raw(inner))


@case("RAW-001", kernel="ipv4_pktinfo_prepare")
def own_answer_heard(c):
    """What the host answers to itself comes by way of lo; the control message says from where."""
    c.world("addr add 10.0.0.3/24 dev eth0")
    c.conf(accept_local=1)
    c.socket("r raw 1")
    c.recv(c.ip(src="10.0.0.3") / ICMP(type=8, id=5) / b"to myself")
    c.recv(c.datagram(dport=9, ip=dict(src="10.0.0.3")))
