# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area R: what reading from a socket gives (the receive calls; those that wait are left out)."""

from lib.case import HOST, PEER, case, with_options
from scapy.layers.inet import ICMP, IP, UDP
from scapy.packet import Raw

GATEWAY = "10.0.0.254"


def about(c, inner, kind=3, code=3, ext=b"", rest=0, **ip):
    """An ICMP error that quotes `inner` (octets), extensions behind it."""
    head = ICMP(type=kind, code=code)
    octets = bytearray(bytes(head)[:8])
    octets[4:8] = rest.to_bytes(4, "big")
    octets[2:4] = b"\0\0"
    whole = bytes(octets) + inner + ext
    total = sum(int.from_bytes((whole + b"\0")[i:i + 2], "big") for i in range(0, len(whole), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    octets[2:4] = (0xFFFF - total).to_bytes(2, "big")
    return c.ip(src=GATEWAY, proto=1, **ip) / Raw(bytes(octets) + inner + ext)


def sent(sport, body=b"quoted data", dst=PEER, dport=5353):
    return bytes(IP(src=HOST, dst=dst, id=0x77) / UDP(sport=sport, dport=dport) / body)


def echo_quoted(ident, kind=8):
    return bytes(IP(src=HOST, dst=PEER, id=0x78) / ICMP(type=kind, id=ident, seq=1) / b"ping")


@case("URCV-001", "URCV-002", "URCV-004", "URCV-005", "URCV-006", "URCV-007", "URCV-008", "URCV-010",
      "URCV-017", kernel="udp_recvmsg")
def reading(c):
    """Lengths, MSG_TRUNC, MSG_PEEK, MSG_OOB, empty datagrams and buffers."""
    c.socket("s udp bind 0.0.0.0:7000 hold")
    for n in (0, 10, 20, 30, 40, 0):
        c.recv(c.datagram(bytes(range(n)), dport=7000))
    c.recvmsg("s", len=4)
    c.recvmsg("s", len=0, flags="MSG_PEEK")
    c.recvmsg("s", len=0)
    c.recvmsg("s", len=7, flags="MSG_PEEK|MSG_TRUNC")
    c.recvmsg("s", len=7, flags="MSG_TRUNC")
    c.recvmsg("s", flags="MSG_OOB")
    c.recvmsg("s", len=40)
    c.recvmsg("s", flags="MSG_PEEK")
    c.recvmsg("s", flags="MSG_PEEK")
    c.recvmsg("s")
    c.recvmsg("s")
    c.recvmsg("s", flags="MSG_PEEK")


@case("URCV-018", "URCV-074", kernel="raw_recvmsg")
def reading_raw(c):
    """Raw sockets: the same, and MSG_OOB is refused."""
    c.socket("r raw 17 hold")
    for n in (0, 10, 20):
        c.recv(c.datagram(bytes(range(n)), dport=9))
    c.recvmsg("r", flags="MSG_OOB")
    c.recvmsg("r", len=20, flags="MSG_PEEK")
    c.recvmsg("r", len=20, flags="MSG_TRUNC")
    c.recvmsg("r", len=38)
    c.recvmsg("r", flags="MSG_TRUNC")
    c.recvmsg("r")


@case("URCV-026", "URCV-027", kernel="udp_recvmsg")
def bad_checksum(c):
    """A deferred checksum is verified before a cut read gives anything, and by a peek."""
    c.socket("s udp bind 0.0.0.0:7000 hold")
    for flags in ("", "MSG_PEEK", "MSG_TRUNC"):
        c.recv(c.datagram(bytes(200), dport=7000, chksum=0x1111), c.datagram(b"good", dport=7000))
        for n in (3, 10, 500):
            c.recvmsg("s", len=n, **(dict(flags=flags) if flags else {}))
    c.recvmsg("s")


@case("URCV-033", "URCV-034", "URCV-035", "URCV-036", "URCV-037", kernel="__skb_try_recv_from_queue")
def peek_offset(c):
    """SO_PEEK_OFF over full, empty and skipped datagrams."""
    c.socket("s udp bind 0.0.0.0:7000 opt SO_PEEK_OFF=0 hold")
    c.socket("t udp bind 0.0.0.0:7001 opt SO_PEEK_OFF=7 hold")
    c.socket("n udp bind 0.0.0.0:7002 opt SO_PEEK_OFF=-1 hold")
    for port in (7000, 7001, 7002):
        c.recv(c.datagram(b"abcde", dport=port), c.datagram(b"", dport=port), c.datagram(b"fgh", dport=port))
    for sock in ("s", "t", "n"):
        for n in (3, 3, 3, 3, 3):
            c.recvmsg(sock, len=n, flags="MSG_PEEK")
        c.recvmsg(sock)
        c.recvmsg(sock, len=3, flags="MSG_PEEK")
        c.recvmsg(sock)
        c.recvmsg(sock, len=1)
        c.recvmsg(sock, flags="MSG_PEEK")


@case("URCV-042", "URCV-043", "URCV-045", "URCV-046", kernel="__udp_enqueue_schedule_skb")
def full_queues(c):
    """The smallest buffers of a UDP and a raw socket, filled and read in turns."""
    c.socket("s udp opt SO_RCVBUF=1 opt SO_RXQ_OVFL=1 bind 0.0.0.0:7000 hold")
    c.socket("r raw 200 opt SO_RCVBUF=1 opt SO_RXQ_OVFL=1 hold")
    for n in range(6):
        c.recv(c.datagram(bytes([n]) * 20, dport=7000), c.ip(proto=200) / Raw(bytes([n]) * 20))
    for _ in range(3):
        c.recvmsg("s")
        c.recvmsg("r")
        c.recv(c.datagram(b"more", dport=7000), c.ip(proto=200) / Raw(b"more"))
    for _ in range(6):
        c.recvmsg("s")
        c.recvmsg("r")


@case("URCV-047", "URCV-049", "URCV-050", "URCV-051", "URCV-052", "URCV-054", "URCV-055", "URCV-057",
      "URCV-058", kernel="ip_cmsg_recv_offset")
def control_messages(c):
    """All of them at once on every kind of socket, with options, and for fragments."""
    opts = " ".join(f"opt {name}=1" for name in (
        "IP_RECVFRAGSIZE", "IP_CHECKSUM", "IP_RECVORIGDSTADDR", "IP_RETOPTS", "IP_RECVOPTS", "IP_RECVTOS",
        "IP_RECVTTL", "IP_PKTINFO", "SO_RCVMARK", "SO_RXQ_OVFL"))
    c.sysctl(ping_group_range="0 10")
    c.socket(f"s udp bind 0.0.0.0:7000 {opts} opt UDP_GRO=1")
    c.socket(f"l udplite bind 0.0.0.0:7000 {opts}")
    c.socket(f"r raw 17 {opts}")
    c.socket(f"p ping bind 0.0.0.0:7000 {opts}")
    reply = c.ip() / ICMP(type=0, id=7000, seq=3) / b"pong"
    for options in (b"", b"\x07\x07\x04\0\0\0\0\0", b"\x01\x01\x01\0", b"\x94\x04\0\0",
                    b"\x83\x07\x04\x0a\0\0\x05\0"):
        for packet in (c.datagram(dport=7000, ip=dict(tos=0x2E, ttl=77)), reply,
                       c.ip(proto=136) / Raw(bytes.fromhex("14e91b5800000000") + b"no checksum")):
            c.recv(with_options(packet, options) if options else packet)
    c.recv(*c.fragments(c.datagram(bytes(range(250)), dport=7000), [64, 200]))
    c.recv(*c.fragments(c.ip() / ICMP(type=0, id=7000, seq=3) / bytes(300), [64, 200], id=2))


@case("URCV-061", "URCV-062", "URCV-066", "URCV-015", kernel="ip_recv_error")
def error_queue(c):
    """Entries in order; each leaves the error of the next one pending."""
    c.socket(f"e udp bind {HOST}:7000 connect {PEER}:5353 opt IP_RECVERR=1 hold")
    c.recvmsg("e", flags="MSG_ERRQUEUE")
    for code, rest in ((3, 0), (4, 1200), (1, 0), (13, 0)):
        c.recv(about(c, sent(7000), code=code, rest=rest))
    c.recv(about(c, sent(7000), kind=11, code=0), about(c, sent(7000), kind=12, rest=0x14000000),
           c.datagram(b"data", dport=7000))
    c.recvmsg("e", flags="MSG_ERRQUEUE")
    c.recvmsg("e")
    c.recvmsg("e")
    c.recvmsg("e", flags="MSG_ERRQUEUE", len=3)
    c.recvmsg("e", flags="MSG_ERRQUEUE|MSG_TRUNC", len=3)
    c.recvmsg("e", flags="MSG_ERRQUEUE|MSG_PEEK")
    for _ in range(3):
        c.recvmsg("e", flags="MSG_ERRQUEUE")
    c.recvmsg("e")


@case("URCV-064", kernel="ip_recv_error")
def error_control_messages(c):
    """Control messages of an entry are about the ICMP packet."""
    opts = " ".join(f"opt {name}=1" for name in (
        "IP_RECVERR", "IP_PKTINFO", "IP_RECVTTL", "IP_RECVTOS", "IP_RECVORIGDSTADDR", "IP_RECVOPTS",
        "IP_RETOPTS", "IP_CHECKSUM", "IP_RECVFRAGSIZE"))
    c.socket(f"e udp bind {HOST}:7000 {opts}")
    for body in (b"", b"x", b"quoted data", bytes(range(100))):
        c.recv(about(c, sent(7000, body), tos=0x48, ttl=9))
    c.recv(with_options(about(c, sent(7000)), b"\x07\x07\x04\0\0\0\0\0"))
    c.recv(with_options(about(c, sent(7000)), b"\x01\x01\x01\0"))


@case("URCV-065", rfc="RFC 4884", kernel="ipv4_icmp_error_rfc4884")
def error_extensions(c):
    """IP_RECVERR_RFC4884: where the extensions are, and whether they are sound."""
    c.socket(f"e udp bind {HOST}:7000 opt IP_RECVERR=1 opt IP_RECVERR_RFC4884=1")
    c.socket(f"o udp bind {HOST}:7001 opt IP_RECVERR=1")
    quote = sent(7000, bytes(100))
    for ext in (b"\x20\0\0\0", b"\x20\0\0\0\0\4\1\1", b"\x20\0\x12\x34\0\4\1\1", b"\x20\0\0\0\0\3\1\1",
                b"\x20\0\0\0\0\5\1\1", b"\x20\0\0\0\0\4", b"\x30\0\0\0\0\3", b"\x20\0", b"",
                b"\x20\0\0\0\0\x08\1\1abcd\0\4\2\2"):
        for kind in (3, 11, 12):
            c.recv(about(c, quote, kind=kind, code=0, ext=ext, rest=len(quote) // 4 << 16))
    for words in (0, 31, 33, 255):
        c.recv(about(c, quote, ext=b"\x20\0\0\0\0\4\1\1", rest=words << 16))
    c.recv(about(c, sent(7000, bytes(60)), ext=b"\x20\0\0\0", rest=22 << 16))
    c.recv(about(c, sent(7001, bytes(100)), ext=b"\x20\0\0\0", rest=32 << 16))


@case("URCV-067", kernel="sock_queue_err_skb")
def error_queue_full(c):
    """Entries share the receive buffer with datagrams; the error stays pending without one."""
    c.socket(f"e udp opt SO_RCVBUF=1 bind {HOST}:7000 opt IP_RECVERR=1 hold")
    for _ in range(4):
        c.recv(about(c, sent(7000)))
    c.recv(c.datagram(b"data", dport=7000))
    for _ in range(3):
        c.recvmsg("e", flags="MSG_ERRQUEUE")
    c.recvmsg("e")
    c.recv(c.datagram(b"data", dport=7000), about(c, sent(7000)), about(c, sent(7000)))
    c.recvmsg("e")
    c.recvmsg("e")
    c.recvmsg("e", flags="MSG_ERRQUEUE")
    c.recvmsg("e", flags="MSG_ERRQUEUE")


@case("URCV-071", kernel="raw_err")
def error_raw(c):
    """Raw sockets: who is told, and the quote with or without its header."""
    c.socket("a raw 17 opt IP_RECVERR=1")
    c.socket("h raw 17 opt IP_RECVERR=1 opt IP_HDRINCL=1")
    c.socket("n raw 17")
    c.socket(f"k raw 17 connect {PEER}")
    c.socket("o raw 17 opt IP_RECVERR=1 connect 10.0.0.9")
    c.socket(f"b raw 17 opt IP_RECVERR=1 bind {HOST}")
    c.socket("d raw 17 opt IP_RECVERR=1 opt IP_MTU_DISCOVER=0")
    for kind, code in [(3, n) for n in (0, 1, 2, 3, 4, 5, 13, 15)] + [(4, 0), (5, 1), (11, 0), (12, 0)]:
        c.recv(about(c, sent(7000), kind=kind, code=code, rest=600 if (kind, code) == (3, 4) else 0))


@case("URCV-072", "URCV-076", kernel="ping_err")
def error_ping(c):
    """Ping sockets: echo replies by identifier, errors about echo requests, all kinds."""
    c.sysctl(ping_group_range="0 10")
    c.socket(f"p ping bind {HOST}:77")
    c.socket("e ping bind 0.0.0.0:78 opt IP_RECVERR=1")
    c.socket(f"k ping bind {HOST}:79 connect {PEER}:0")
    for ident in (77, 78, 79, 80):
        c.recv(c.ip() / ICMP(type=0, id=ident, seq=1) / b"pong", c.ip() / ICMP(type=8, id=ident) / b"?")
        for kind, code in [(3, n) for n in (0, 1, 3, 4, 13)] + [(4, 0), (5, 1), (11, 0), (12, 0)]:
            c.recv(about(c, echo_quoted(ident), kind=kind, code=code))
        c.recv(about(c, echo_quoted(ident, kind=0)), about(c, echo_quoted(ident, kind=13)))


@case("URCV-073", kernel="__udp4_lib_err")
def error_pmtu_modes(c):
    """Fragmentation needed, for every mode of path MTU discovery."""
    for mode in range(6):
        c.socket(f"e{mode} udp bind {HOST}:{7000 + mode} opt IP_RECVERR=1 opt IP_MTU_DISCOVER={mode}")
        c.socket(f"k{mode} udp bind {HOST}:{7100 + mode} connect 10.0.0.{10 + mode}:5353 "
                 f"opt IP_MTU_DISCOVER={mode}")
    for mode in range(6):
        dst = f"10.0.0.{10 + mode}"
        for mtu in (1400, 500):
            c.recv(about(c, sent(7000 + mode, dst=dst), code=4, rest=mtu),
                   about(c, sent(7100 + mode, dst=dst), code=4, rest=mtu))
            c.recv(c.datagram(bytes(700), dport=9, ip=dict(src=dst)))


@case("URCV-084", "URCV-085", "URCV-088", "URCV-089", "URCV-090", "URCV-075", kernel="ip_local_deliver_finish")
def local_delivery(c):
    """Sockets see whole datagrams; who has no handler is unreachable unless a raw socket matches."""
    c.socket("d udp bind 0.0.0.0:7000")
    c.socket("r raw 17")
    c.socket("x raw 200 bind 10.0.0.1")
    c.socket("f raw 1 opt ICMP_FILTER=256")
    c.recv(*c.fragments(c.datagram(bytes(200), dport=7000), [64, 128]))
    c.recv(c.ip(proto=200) / Raw(b"x"), c.ip(proto=200, dst="10.0.0.255") / Raw(b"x"),
           c.ip(proto=201) / Raw(b"x"), c.ip() / ICMP(type=8) / b"filtered", c.ip() / ICMP(type=13) / bytes(12))
