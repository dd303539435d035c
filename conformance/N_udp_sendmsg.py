# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area N: what udp_sendmsg() and the ping sockets do with a call."""

from lib.case import HOST, PEER, case
from scapy.layers.inet import ICMP, IP, UDP
from scapy.packet import Raw

TO = f"{PEER}:7"
PING_FOR_ALL = {"ping_group_range": "0 2147483647"}
FAR_ROUTES = ("route add unreachable 10.66.0.0/16", "route add prohibit 10.67.0.0/16",
              "route add blackhole 10.68.0.0/16")


def no_default(c):
    c.lines = [line for line in c.lines if "route add default" not in line]


def error(c, sport, dport=7, kind=3, code=3, dst=PEER, **kw):
    """An ICMP error about a datagram that this host may have sent."""
    inner = bytes(IP(src=HOST, dst=dst, id=0x77) / UDP(sport=sport, dport=dport) / b"quoted data")
    return c.ip(src="10.0.0.254") / ICMP(type=kind, code=code, **kw) / Raw(inner)


@case("USND-019", "USND-020", "USND-022", "USND-023", "USND-024", "USND-025", "USND-026", "USND-027",
      "USND-031", kernel="udp_sendmsg")
def refusals(c):
    """Lengths, flags and addresses, and which of them is looked at first."""
    for n in (65535, 65536, 65508, 65507):
        c.call(f"sendmsg u to {TO} len {n}")
    c.call(f"sendmsg u to {TO} flags MSG_OOB len 65536")
    c.call(f"sendmsg u to {TO} flags MSG_OOB data 61")
    for n in (1, 8, 15, 16, 20, 128):
        c.call(f"sendmsg u to {TO} namelen {n} data 61")
    for family in (0, 2, 1, 10, 65535):
        c.call(f"sendmsg u to {TO} family {family} data 61")
    c.call(f"sendmsg u to {PEER}:0 data 61")
    c.call(f"sendmsg u to {PEER}:0 family 10 data 61")
    c.call("sendmsg u data 61")
    c.send("u", to=TO, data=b"")


@case("USND-028", "USND-029", kernel="udp_sendmsg")
def connected(c):
    """Without an address to the peer; with one elsewhere, from the address of the connection."""
    c.world("addr add 10.0.0.3/24 dev eth0")
    c.socket(f"k udp bind 10.0.0.3:7000 connect {PEER}:53")
    c.send("k")
    c.send("k", to="10.0.0.9:9")
    c.send("k", to="203.0.113.5:9")
    c.send("k", data=b"")


@case("USND-032", kernel="udp_send_skb")
def checksum_of_zero(c):
    """A checksum that comes out as 0 is written as 0xffff; every low and high half once."""
    c.socket("k udp bind 10.0.0.1:4096")
    base = 0x0A000001 // 65536 + 1 + 0x0A00 + 2 + 17 + 10 + 4096 + 7 + 10
    want = (0xFFFF - base % 0xFFFF) & 0xFFFF
    for value in range(want - 2, want + 3):
        c.send("k", to=TO, data=(value & 0xFFFF).to_bytes(2, "big"))


@case("USND-037", "USND-038", kernel="udp_sendmsg")
def broadcast(c):
    """Refused without SO_BROADCAST; with it on the link, and a copy at home."""
    for to in ("255.255.255.255:7777", "10.0.0.255:7777", "10.0.0.255:9"):
        c.send("u", to=to)
    c.call("setsockopt u SO_BROADCAST=1")
    for to in ("255.255.255.255:7777", "10.0.0.255:7777", "10.0.0.255:9"):
        c.send("u", to=to)


@case("USND-041", "USND-042", kernel="udp_sendmsg")
def multicast(c):
    """No way there; by IP_MULTICAST_IF, its address and its time to live."""
    no_default(c)
    c.socket("g udp bind 0.0.0.0:7001 opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0")
    c.send("u", to="239.1.1.1:7001")
    c.call("setsockopt u IP_MULTICAST_IF=@eth0")
    for ttl in (1, 5, 0):
        c.call(f"setsockopt u IP_MULTICAST_TTL={ttl}")
        c.send("u", to="239.1.1.1:7001")
    c.call("setsockopt u IP_MULTICAST_LOOP=0")
    c.call("setsockopt u IP_MULTICAST_TTL=3")
    c.send("u", to="239.1.1.1:7001")
    c.send("u", to="239.9.9.9:7001")


@case("USND-048", "USND-049", "USND-050", kernel="udp_sendmsg")
def routes_that_refuse(c):
    """Unreachable, prohibited, black holes: each its own errno, and no OutNoRoutes."""
    c.world(*FAR_ROUTES)
    for net in (66, 67, 68):
        c.send("u", to=f"10.{net}.0.1:9")


@case("USND-054", "USND-055", kernel="ip_sendmsg_scope")
def dontroute(c):
    """Only what is on the link."""
    for to in (TO, "203.0.113.1:9"):
        c.send("u", "flags MSG_DONTROUTE", to=to)
    c.call("setsockopt u SO_DONTROUTE=1")
    for to in (TO, "203.0.113.1:9"):
        c.send("u", to=to)


@case("USND-058", "USND-061", "USND-062", "USND-063", "USND-064", "USND-086", kernel="ip_cmsg_send")
def control_messages_refused(c):
    """Lengths that are not sound, levels and types that nobody knows."""
    head = bytes.fromhex
    for octets in (head("0f00000000000000") + head("0000000002000000") + bytes(4),
                   head("1500000000000000") + head("0000000002000000") + bytes(4),
                   head("0000000000000000") + head("0000000002000000") + bytes(4),
                   head("1400000000000000") + head("0700000002000000") + bytes(4),
                   head("1400000000000000") + head("1100000067000000") + bytes(4),
                   head("1200000000000000") + head("1100000068000000") + bytes(8),
                   head("1400000000000000") + head("0000000063000000") + bytes(4),
                   head("1400000000000000") + head("0100000063000000") + bytes(4),
                   head("1400000000000000"), b"\x01" * 15):
        c.call(f"sendmsg u to {TO} control {octets.hex()} data 61")


@case("USND-065", "USND-066", "USND-067", "USND-068", kernel="ip_cmsg_send")
def ttl_and_tos(c):
    """For one datagram; values and lengths that are refused."""
    for to in (TO, "239.1.1.1:9"):
        for v in (1, 9, 255, 0, 256, -1):
            c.send("u", f"cmsg IP_TTL={v}", to=to)
    for v in (0, 1, 3, 16, 255, 256, -1):
        c.send("u", f"cmsg IP_TOS={v}", to=TO)
    c.send("u", "cmsg IP_TTL=hex:09", to=TO)
    c.send("u", "cmsg IP_TOS=hex:09", to=TO)
    c.send("u", "cmsg IP_TOS=hex:0900", to=TO)
    c.send("u", "cmsg IP_TTL=4 cmsg IP_TOS=8 cmsg IP_TTL=5", to=TO)


@case("USND-069", "USND-070", "USND-075", kernel="ip_cmsg_send")
def pktinfo(c):
    """Source and device of one datagram."""
    c.world("wire eth1", "link set dev eth1 arp off", "addr add 10.0.1.1/24 dev eth1",
            "addr add 10.0.0.3/24 dev eth0")

    def info(ifindex, spec, addr="0.0.0.0"):
        octets = ifindex.to_bytes(4, "little") + b"".join(
            bytes(int(x) for x in a.split(".")) for a in (spec, addr))
        return f"cmsg IP_PKTINFO=hex:{octets.hex()}"

    for spec in ("10.0.0.3", "10.0.1.1", "0.0.0.0", "10.0.0.77", "239.1.1.1"):
        c.send("u", info(0, spec, "1.2.3.4"), to=TO)
    c.send("u", "cmsg IP_PKTINFO=hex:0000000000000000", to=TO)


@case("USND-076", kernel="ip_cmsg_send")
def retopts(c):
    """Options of one datagram, instead of the socket's; record route and stamps are filled in."""
    c.call("setsockopt u IP_OPTIONS=hex:01010100")
    c.send("u", to=TO)
    c.send("u", "cmsg IP_RETOPTS=hex:070b0400000000000000000000", to=TO)
    c.send("u", "cmsg IP_RETOPTS=hex:0703", to=TO)
    c.send("u", "cmsg IP_RETOPTS=hex:94040000", to=TO)
    c.send("u", "cmsg IP_RETOPTS=hex:830704c0000201", to=TO)
    c.send("u", to=TO)


@case("USND-080", kernel="__sock_cmsg_send")
def mark(c):
    """A mark of one datagram; another length is refused."""
    c.socket("m udp bind 0.0.0.0:7005 opt SO_RCVMARK=1")
    c.send("u", "cmsg SO_MARK=5", to=f"{HOST}:7005")
    c.send("u", "cmsg SO_MARK=hex:05", to=f"{HOST}:7005")


@case("USND-088", "USND-090", kernel="udp_sendmsg")
def options(c):
    """The socket's options in each datagram; a source route goes to its first hop."""
    for octets in ("070b04000000000000000000", "01010101", "830b0400000000000000000000",
                   "830b04c6336401c0000201", "890704c0000201"):
        c.call(f"setsockopt u IP_OPTIONS=hex:{octets}")
        c.send("u", to=TO)
        c.send("u", to="0.0.0.0:7")


@case("USND-095", "USND-096", "USND-102", "USND-108", "USND-109", kernel="udp_push_pending_frames")
def corking(c):
    """One datagram out of several calls."""
    c.call("setsockopt u UDP_CORK=1")
    for data in (b"a", b"bcd", b"", b"efghi"):
        c.send("u", to=TO, data=data)
    c.call("setsockopt u UDP_CORK=0")
    for n in (1, 3, 501, 1001):
        c.call(f"sendmsg u to {TO} flags MSG_MORE len {n}")
    c.send("u", to="10.0.0.9:9", data=b"end")
    c.call(f"sendmsg u to {TO} flags MSG_MORE len 60000")
    c.call(f"sendmsg u to {TO} flags MSG_MORE len 6000")
    c.send("u", to=TO, data=b"fresh")
    c.call("setsockopt u UDP_CORK=1")
    c.call("setsockopt u UDP_CORK=0")
    c.send("u", "flags MSG_MORE", to=TO, data=b"kept")
    c.send("u", "flags MSG_OOB", to=TO, data=b"x")
    c.send("u", data=b"and sent")


@case("USND-122", "USND-123", "USND-124", "USND-128", "USND-132", kernel="__udp4_lib_err")
def errors_at_the_next_send(c):
    """An error about an earlier datagram is what the next call returns, once, and nothing is sent."""
    c.socket(f"k udp bind 0.0.0.0:7000 hold connect {TO}")
    for code in range(16):
        c.recv(error(c, 7000, code=code))
        c.send("k")
        c.send("k")
    for kind in (11, 12, 4):
        c.recv(error(c, 7000, kind=kind, code=0))
        c.send("k")
    c.recv(error(c, 7777), error(c, 7099))
    c.send("u", to=TO)


@case("USND-129", "USND-130", kernel="ip_icmp_error")
def errors_with_recverr(c):
    """With IP_RECVERR also what is soft, also without a connection."""
    c.socket("k udp bind 0.0.0.0:7000 hold opt IP_RECVERR=1")
    for kind, code in ((3, 3), (3, 1), (11, 0), (3, 13)):
        c.recv(error(c, 7000, kind=kind, code=code))
        c.send("k", to="10.0.0.9:9")
        c.send("k", to="10.0.0.9:9")
        c.recvmsg("k", flags="MSG_ERRQUEUE")


@case("USND-139", "USND-140", "USND-141", kernel="ping_v4_sendmsg")
def ping(c):
    """The identifier and the checksum are the kernel's; what else can't be asked is refused."""
    c.sysctl(**PING_FOR_ALL)
    c.socket("p ping bind 0.0.0.0:77")
    for octets in ("0800000000000001616263", "08000000ffff0001", "2a00000000000101", "08000000000000",
                   "", "0801000000000001", "0000000000000001", "0d00000000000001", "2a01000000000001"):
        c.call(f"sendmsg p to {PEER}:0 data {octets}" if octets else f"sendmsg p to {PEER}:0 len 0")
    c.call("sendmsg p data 0800000000000001")
    c.call(f"sendmsg p to {PEER}:0 family 0 data 0800000000000001")
    c.call(f"sendmsg p to {PEER}:0 namelen 15 data 0800000000000001")
    c.call(f"sendmsg p to {PEER}:0 flags MSG_OOB data 0800000000000001")
    c.call(f"sendmsg p to {PEER}:0 len 65536")
    c.call(f"sendmsg p to {HOST}:0 data 0800000000000001")


@case("USND-001", kernel="sockfd_lookup_light")
def closed(c):
    """No descriptor any more."""
    c.close("u")
    c.send("u", to=TO)
    c.call(f"sendto u to {TO} data 61")


@case("USND-102", kernel="udp_flush_pending_frames")
def closed_while_corked(c):
    """What waited is thrown away, piece by piece."""
    c.sysctl(**PING_FOR_ALL)
    c.socket("r raw 200")
    c.socket("p ping")
    c.call(f"sendmsg u to {TO} flags MSG_MORE len 3000")
    c.call(f"sendmsg r to {TO} flags MSG_MORE len 10")
    c.call(f"sendmsg p to {PEER}:0 flags MSG_MORE data 0800000000000001")
    for s in "urp":
        c.close(s)
