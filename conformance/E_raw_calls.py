# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area E: raw sockets: limits that are met exactly, options, and sockets that go."""

from lib.case import HOST, PEER, case
from scapy.layers.inet import ICMP
from scapy.packet import Raw


def plain(c, **kw):
    kw.setdefault("proto", 200)
    return c.ip(**kw) / Raw(b"raw datagram")


@case("RAW-002", "RAW-003", kernel="inet_create")
def protocols(c):
    """Protocol 0 is no raw socket; negative ones and those beyond the table are errors."""
    for proto in (0, -1, 255, 256, 261, 262, 263, 1000):
        c.call("socket s AF_INET SOCK_RAW", proto)


@case("RAW-046", kernel="raw_v4_input")
def exactly_full(c):
    """A buffer that is full to the octet takes no more: three small frames fill 2304 octets."""
    c.socket("r raw 200 opt SO_RCVBUF=1152 opt SO_RXQ_OVFL=1 hold")
    for n in range(5):
        c.recv(plain(c, id=n))
    for _ in range(4):
        c.recvmsg("r")
    for n in range(3):
        c.recv(plain(c, id=n))
    c.recvmsg("r")


@case("RAW-018", kernel="raw_recvmsg")
def header_included(c):
    """IP_HDRINCL changes nothing of what is received."""
    c.socket("with raw 200 opt IP_HDRINCL=1")
    c.socket("without raw 200 opt IP_HDRINCL=0")
    c.recv(plain(c), plain(c, tos=8, ttl=3))


@case("RAW-038", kernel="raw_setsockopt")
def filter_option(c):
    """ICMP_FILTER is of ICMP sockets alone; no other option is of this level."""
    c.socket("icmp raw 1")
    c.socket("r raw 200")
    for sock in ("icmp", "r"):
        for option in ("ICMP_FILTER=0x100", "255/2=hex:01000000"):
            c.call("setsockopt", sock, option)
        c.call("getsockopt", sock, "ICMP_FILTER")
        c.call("getsockopt", sock, "ICMP_FILTER=0 len 2")
        c.call("getsockopt", sock, "ICMP_FILTER=0 len -1")
    for octets in ("", "08", "0801", "080100", "0000010000", "08010000ffff"):
        c.call(f"setsockopt icmp ICMP_FILTER=hex:{octets}")
        c.call("getsockopt icmp ICMP_FILTER")
        c.recv(c.ip() / ICMP(id=1) / b"echo", c.ip() / ICMP(type=0, id=1) / b"reply")


@case("RAW-060", kernel="raw_err")
def redirect(c):
    """A redirect turns the route; no socket hears of it."""
    c.world("route add 20.0.0.0/8 via 10.0.0.254 dev eth0",
            "neigh add 10.0.0.254 lladdr 02:00:00:00:02:54 dev eth0 nud permanent",
            "neigh add 10.0.0.253 lladdr 02:00:00:00:02:53 dev eth0 nud permanent")
    c.conf(accept_redirects=1)
    c.conf("all", accept_redirects=1)
    c.socket("conn raw 200 opt IP_RECVERR=1 connect 20.0.0.2")
    c.socket("plain raw 200")
    quoted = bytes(c.ip(src=HOST, dst="20.0.0.2", proto=200) / Raw(b"quoted octets"))
    c.recv(c.ip(src="20.0.0.2") / ICMP(id=1) / b"by the old one")
    c.recv(c.ip(src="10.0.0.254") / ICMP(type=5, code=1, gw="10.0.0.253") / quoted)
    c.recv(c.ip(src="20.0.0.2") / ICMP(id=1) / b"by the new one")


@case("RAW-057", kernel="raw_err")
def path_mtu(c):
    """Fragmentation needed for a raw datagram is heeded by the next answer."""
    c.socket(f"conn raw 200 connect {PEER}")
    quoted = bytes(c.ip(src=HOST, dst=PEER, proto=200) / Raw(b"quoted octets"))
    c.recv(c.ip() / ICMP(id=1) / bytes(800))
    c.recv(c.ip(src="10.0.0.254") / ICMP(type=3, code=4, nexthopmtu=600) / quoted)
    c.recv(c.ip() / ICMP(id=1) / bytes(800))
    c.call("getsockopt conn IP_MTU")


@case("RAW-001", kernel="raw_unhash_sk")
def sockets_that_go(c):
    """A closed socket gets nothing more; those around it in the chain do."""
    for name in "abcd":
        c.socket(f"{name} raw 200")
    c.recv(plain(c))
    for name in "bda":
        c.call("close", name)
        c.recv(plain(c))
    c.call("close c")
    c.recv(plain(c))


@case("RAW-008", kernel="raw_bind")
def bind_kinds(c):
    """Binding to group and broadcast addresses: what the socket is then called."""
    for addr in (HOST, "10.0.0.255", "224.0.0.1", "255.255.255.255", "0.0.0.0", "10.0.0.2",
                 "127.0.0.1", "127.0.0.2"):
        c.call("socket s raw 200")
        c.call(f"bind s {addr}")
        c.call("getsockname s")
        c.call(f"bind s {HOST}")
        c.call("getsockname s")
        c.call(f"connect s {PEER}")
        c.call("getsockname s")
        c.call(f"bind s {HOST}")


@case("RAW-026", kernel="raw_recvmsg")
def receive_options(c):
    """Without options no control messages; with an empty error queue none of it."""
    c.socket("s raw 200 plain hold")
    c.recv(plain(c), plain(c))
    c.recvmsg("s", flags="MSG_ERRQUEUE")
    c.recvmsg("s", len=3)
    c.recvmsg("s", flags="MSG_ERRQUEUE|MSG_OOB")
    c.recvmsg("s")
    c.recvmsg("s")


@case("RAW-046", kernel="sock_queue_rcv_skb_reason")
def full_to_the_octet(c):
    """Small frames cost 704 octets, larger ones 768: four and three of them fill their buffers."""
    c.sysctl(ping_group_range="0 2147483647")
    c.socket("r raw 200 opt SO_RCVBUF=1408 opt SO_RXQ_OVFL=1 hold")
    c.socket("big raw 201 opt SO_RCVBUF=1152 opt SO_RXQ_OVFL=1 hold")
    c.socket(f"p ping bind {HOST}:77 opt SO_RCVBUF=1408 opt SO_RXQ_OVFL=1 hold")
    for n in range(6):
        c.recv(plain(c, id=n), c.ip(id=n, proto=201) / Raw(bytes(60)))
        c.recv(c.ip() / ICMP(type=0, id=77, seq=n) / b"ping")
    for name in ("r", "big", "p"):
        for _ in range(6):
            c.recvmsg(name)


@case("RAW-029", kernel="raw_ioctl")
def octets_that_wait(c):
    """SIOCINQ: the length of the first datagram, its header included; 0 when there is none."""
    c.socket("r raw 200 hold")
    c.call("ioctl r SIOCINQ")
    c.recv(plain(c), c.ip(proto=200))
    for _ in range(3):
        c.call("ioctl r SIOCINQ")
        c.recvmsg("r")
