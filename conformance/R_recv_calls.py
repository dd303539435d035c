# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area R: receive calls with all their arguments; readiness, queue lengths, many datagrams at once."""

from lib.case import HOST, PEER, case
from scapy.layers.inet import ICMP
from scapy.packet import Raw


def held(c, name, kind, bind=None, *options):
    c.call("socket", name, kind, "hold")
    for option in options:
        c.call("setsockopt", name, option)
    if bind:
        c.call("bind", name, bind)


@case("URCV-006", "URCV-019", "URCV-020", "URCV-023", kernel="udp_recvmsg")
def flags_and_rooms(c):
    """No room, no name, MSG_WAITALL; which flags come back."""
    held(c, "s", "udp", f"{HOST}:7000")
    for words in ("len 0", "len 0 flags MSG_PEEK", "len 0 flags MSG_TRUNC", "len 0 flags MSG_PEEK|MSG_TRUNC",
                  "noname", "noname flags MSG_PEEK", "flags MSG_WAITALL", "len 2 flags MSG_WAITALL",
                  "flags MSG_CTRUNC", "flags MSG_TRUNC|MSG_CTRUNC", "flags MSG_CONFIRM", "flags MSG_NOSIGNAL",
                  "flags MSG_EOR", "flags MSG_DONTROUTE", "flags MSG_OOB", "flags MSG_MORE",
                  "flags MSG_WAITFORONE", "flags 0x40000000", "flags 0x100000"):
        c.recv(c.datagram(b"octets", dport=7000))
        c.call("recvmsg s", words)
    for _ in range(8):
        c.recvmsg("s")


@case("URCV-018", "URCV-023", kernel="raw_recvmsg")
def flags_of_others(c):
    """The same flags on raw and ping sockets."""
    c.sysctl(ping_group_range="0 10")
    held(c, "r", "raw 200")
    held(c, "p", "ping", "0.0.0.0:77")
    for words in ("len 0", "len 0 flags MSG_PEEK", "len 21 flags MSG_TRUNC", "noname", "flags MSG_WAITALL",
                  "flags MSG_CTRUNC", "flags MSG_OOB", "namelen 3", "namelen 0", "controllen 0"):
        c.recv(c.ip(proto=200) / Raw(b"octets"), c.ip() / ICMP(type=0, id=77) / b"pong")
        c.call("recvmsg r", words)
        c.call("recvmsg p", words)
    for _ in range(3):
        c.recvmsg("r")
        c.recvmsg("p")


@case("URCV-024", kernel="move_addr_to_user")
def name_rooms(c):
    """Rooms for the sender's name, also for entries of the error queue."""
    held(c, "s", "udp", f"{HOST}:7000", "IP_RECVERR=1")
    quote = bytes(c.ip(src=HOST, dst=PEER) / c.udp(sport=7000, dport=5353) / b"q")
    for n in (-1, 0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 4096):
        c.recv(c.datagram(b"name", dport=7000))
        c.recvmsg("s", namelen=n)
        c.recv(c.ip() / ICMP(type=3, code=3) / Raw(quote))
        c.recvmsg("s", namelen=n, flags="MSG_ERRQUEUE")
        c.call("getsockopt s SO_ERROR")


@case("URCV-059", kernel="put_cmsg")
def control_rooms(c):
    """Rooms for control messages from none to enough: cut, left out, and told by MSG_CTRUNC."""
    held(c, "s", "udp", f"{HOST}:7000", "IP_PKTINFO=1", "IP_RECVTTL=1", "IP_RECVTOS=1", "IP_RECVORIGDSTADDR=1",
         "IP_RECVERR=1")
    quote = bytes(c.ip(src=HOST, dst=PEER) / c.udp(sport=7000, dport=5353) / b"q")
    for n in [*range(0, 25), 28, 31, 32, 33, 40, 48, 52, 55, 56, 57, 63, 64, 72, 73, 76, 80, 81, 95, 96, 104,
              112, 120, 200]:
        c.recv(c.datagram(b"data", dport=7000))
        c.recvmsg("s", controllen=n)
        c.recv(c.ip() / ICMP(type=3, code=3) / Raw(quote))
        c.recvmsg("s", controllen=n, flags="MSG_ERRQUEUE")
        c.call("getsockopt s SO_ERROR")


@case("URCV-016", "URCV-029", kernel="datagram_poll")
def readiness(c):
    """poll: empty, readable, in error, shut down on either side."""
    c.sysctl(ping_group_range="0 10")
    for kind, port in (("udp", 7000), ("raw 17", 0), ("udplite", 7000), ("ping", 7000)):
        for hows in ((), ("SHUT_RD",), ("SHUT_WR",), ("SHUT_RD", "SHUT_WR"), ("SHUT_RDWR",)):
            for connected in (False, True):
                held(c, "s", kind, f"{HOST}:{port}")
                if connected:
                    c.call(f"connect s {PEER}:5353")
                for how in hows:
                    c.call("shutdown s", how)
                c.call("poll s")
                c.recvmsg("s")
                c.recv(c.datagram(b"data", dport=7000))
                c.call("poll s")
                c.recvmsg("s")
                c.recvmsg("s")
                c.call("poll s")
    c.call("close s")
    c.call("poll s")


@case("URCV-029", "URCV-030", kernel="datagram_poll")
def readiness_of_errors(c):
    """poll with a pending error, and with entries on the error queue."""
    quote = bytes(c.ip(src=HOST, dst=PEER) / c.udp(sport=7000, dport=5353) / b"q")
    for options in ((), ("IP_RECVERR=1",), ("IP_RECVERR=1", "SO_SELECT_ERR_QUEUE=1")):
        held(c, "s", "udp", f"{HOST}:7000", *options)
        c.call(f"connect s {PEER}:5353")
        c.recv(c.ip() / ICMP(type=3, code=3) / Raw(quote))
        c.call("poll s")
        c.call("getsockopt s SO_ERROR")
        c.call("poll s")
        c.recvmsg("s", flags="MSG_ERRQUEUE")
        c.call("poll s")


@case("URCV-031", "URCV-032", kernel="udp_ioctl")
def queue_lengths(c):
    """SIOCINQ: the first datagram alone, bad ones before it go. SIOCOUTQ: nothing waits."""
    c.sysctl(ping_group_range="0 10")
    for kind in ("udp", "raw 17", "ping", "udplite"):
        held(c, "s", kind, None if kind == "raw 17" else f"{HOST}:7000")
        for request in ("SIOCINQ", "SIOCOUTQ", 0, 0x5422):
            c.call("ioctl s", request)
    held(c, "u2", "udp", f"{HOST}:7001")
    held(c, "r2", "raw 17")
    for body, kw in ((b"", {}), (b"four", {}), (bytes(300), dict(chksum=0x1111)), (bytes(200), {}),
                     (bytes(300), dict(chksum=0x1111))):
        c.recv(c.datagram(body, dport=7001, **kw))
        c.call("ioctl u2 SIOCINQ")
        c.call("ioctl r2 SIOCINQ")
    for _ in range(5):
        c.recvmsg("u2")
        c.recvmsg("r2")
        c.call("ioctl u2 SIOCINQ")
        c.call("ioctl r2 SIOCINQ")
    c.call("close s")
    c.call("ioctl s SIOCINQ")


@case("URCV-038", kernel="sk_set_peek_off")
def peek_off_of_others(c):
    """SO_PEEK_OFF is for UDP."""
    c.sysctl(ping_group_range="0 10")
    for kind in ("udp", "udplite", "raw 17", "ping"):
        held(c, "s", kind)
        for value in (0, 5, -1, -7):
            c.call(f"setsockopt s SO_PEEK_OFF={value}")
            c.call("getsockopt s SO_PEEK_OFF")


@case("URCV-039", kernel="__sock_set_rcvbuf")
def receive_buffer(c):
    """SO_RCVBUF is doubled, has a least value, and a limit."""
    held(c, "s", "udp")
    for value in (0, 1, 1000, 1151, 1152, 1153, 2304, 100000, 212992, 0x7FFFFFFF, -1, -100000):
        c.call(f"setsockopt s SO_RCVBUF={value}")
        c.call("getsockopt s SO_RCVBUF")


@case("URCV-039", kernel="__sock_set_rcvbuf")
def receive_buffer_max(c):
    """The limit is net.core.rmem_max."""
    c.world("sysctl net.core.rmem_max=5000")
    held(c, "s", "udp")
    for value in (1, 4999, 5000, 5001, 1000000, -1):
        c.call(f"setsockopt s SO_RCVBUF={value}")
        c.call("getsockopt s SO_RCVBUF")
        c.call(f"setsockopt s SO_RCVBUFFORCE={value}")
        c.call("getsockopt s SO_RCVBUF")


@case("URCV-056", kernel="__sock_recv_timestamp")
def timestamps(c):
    """SO_TIMESTAMP and SO_TIMESTAMPNS: which of them, where in the order, into short rooms."""
    c.sysctl(ping_group_range="0 10")
    for kind, bind in (("udp", f"{HOST}:7000"), ("raw 17", None), ("ping", "0.0.0.0:77")):
        held(c, "s", kind, bind, "IP_RECVTTL=1", "SO_RXQ_OVFL=1")
        for option in ("SO_TIMESTAMP=1", "SO_TIMESTAMPNS=1", "SO_TIMESTAMP=1", "SO_TIMESTAMP=0",
                       "SO_TIMESTAMPNS=1", "SO_TIMESTAMPNS=0"):
            c.call("setsockopt s", option)
            c.call("getsockopt s SO_TIMESTAMP")
            c.call("getsockopt s SO_TIMESTAMPNS")
            c.recv(c.datagram(b"when", dport=7000), c.ip() / ICMP(type=0, id=77) / b"when")
            c.recvmsg("s")
        c.call("setsockopt s SO_TIMESTAMP=1")
        for n in (0, 15, 16, 24, 32, 40):
            c.recv(c.datagram(b"when", dport=7000), c.ip() / ICMP(type=0, id=77) / b"when")
            c.recvmsg("s", controllen=n)


@case("URCV-077", "URCV-083", kernel="udp_recvmsg")
def many_at_once(c):
    """Datagrams of many lengths, read in one go, in their order."""
    for port in (7000, 7001):
        c.socket(f"s{port} udp bind {HOST}:{port}")
    for n in range(40):
        c.recv(c.datagram(bytes([n]) * n, dport=7000 + n % 2))


@case("URCV-083", kernel="__skb_recv_udp")
def between_queues(c):
    """Reading while more arrives: order, and the buffer's accounts."""
    held(c, "s", "udp", f"{HOST}:7000", "SO_RCVBUF=3000", "SO_RXQ_OVFL=1")
    for n in range(24):
        c.recv(c.datagram(bytes([n]) * (n % 7), dport=7000), c.datagram(bytes([n]), dport=7000))
        if n % 3 != 1:
            c.recvmsg("s")
        if n % 5 == 0:
            c.recvmsg("s", flags="MSG_PEEK")
    for _ in range(8):
        c.recvmsg("s")


@case("SOCK-024", "SOCK-027", kernel="inet_create")
def unprivileged_sockets(c):
    """Raw sockets without CAP_NET_RAW: the protocol is looked at first."""
    c.sysctl(ping_group_range="0 10")
    for words in ("raw 0", "raw 1", "raw 17", "raw 255", "AF_INET SOCK_RAW 262", "AF_INET SOCK_RAW 263", "udp",
                  "udplite", "ping", "AF_INET SOCK_DGRAM 6"):
        c.call("socket s", words, "nocap")
        c.call("getsockname s")


@case("SOCK-059", kernel="__inet_bind")
def unprivileged_ports(c):
    """Low ports without CAP_NET_BIND_SERVICE; the address is looked at first."""
    c.sysctl(ping_group_range="0 10")
    for kind in ("udp", "udplite", "raw 200", "ping"):
        for addr in (f"{HOST}:1", f"{HOST}:1023", f"{HOST}:1024", f"{PEER}:1", "0.0.0.0:80", "0.0.0.0:0",
                     "239.1.1.1:80"):
            c.call("socket s", kind)
            c.call("bind s", addr, "nocap")
            c.call("getsockname s" if not addr.endswith(":0") else "poll s")


@case("SOCK-111", "SOCK-117", "SOCK-118", kernel="sk_setsockopt")
def unprivileged_options(c):
    """Options that ask for capabilities."""
    for kind in ("udp", "raw 200"):
        c.call("socket s", kind)
        for option in ("SO_MARK=0", "SO_MARK=7", "SO_PRIORITY=-1", "SO_PRIORITY=0", "SO_PRIORITY=6",
                       "SO_PRIORITY=7", "SO_DEBUG=0", "SO_DEBUG=1", "SO_RCVBUFFORCE=5000", "SO_SNDBUFFORCE=5000",
                       "SO_RCVMARK=1", "SO_RCVMARK=0", "SO_BINDTODEVICE=none", "SO_BINDTODEVICE=eth0",
                       "SO_BINDTODEVICE=lo", "SO_BINDTOIFINDEX=eth0", "SO_BINDTODEVICE=hex:", "IP_TRANSPARENT=0",
                       "IP_TRANSPARENT=1", "IP_FREEBIND=1", "IP_HDRINCL=1", "IP_TOS=255",
                       "IP_OPTIONS=hex:8307040a000002", "IP_OPTIONS=hex:8907040a000002",
                       "IP_OPTIONS=hex:0707040000000000", "IP_OPTIONS=hex:94040000",
                       "IP_OPTIONS=hex:860b0000000002", "IP_OPTIONS=hex:ff040000", "IP_OPTIONS=hex:01010101",
                       "IP_OPTIONS=hex:44080500aabbccdd", "IP_ROUTER_ALERT=1", "UDP_ENCAP=3", "UDP_CORK=1"):
            c.call("setsockopt s", option, "nocap")
        c.call("getsockopt s SO_PRIORITY nocap")
        c.call("getsockopt s SO_MARK nocap")
