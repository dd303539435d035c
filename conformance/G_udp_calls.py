# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area G: UDP reception together with calls: binding, connecting late, errors that are taken."""

from lib.case import HOST, PEER, case
from scapy.layers.inet import ICMP


@case("UDPRX-007", kernel="ip_protocol_deliver_rcu")
def counted_as_delivered(c):
    """Whatever UDP drops it for, IP counts the datagram as delivered."""
    c.socket("full udp opt SO_RCVBUF=1 bind 0.0.0.0:7001 hold")
    c.recv(c.ip(proto=17) / bytes(7), c.datagram(chksum=0x1234), c.datagram(dport=9))
    for _ in range(6):
        c.recv(c.datagram(dport=7001))


@case("UDPRX-043", kernel="reuseport_select_sock")
def one_of_a_group(c):
    """One flow is always one socket's: its buffer alone overflows."""
    for n in range(4):
        c.socket(f"s{n} udp opt SO_REUSEPORT=1 opt SO_RCVBUF=1 bind 0.0.0.0:7001 hold")
    for _ in range(6):
        c.recv(c.datagram(dport=7001, sport=4000))


@case("UDPRX-049", kernel="udp_lib_get_port")
def port_taken(c):
    """A second socket for a port needs SO_REUSEADDR on both; wildcard and address collide."""
    for first in ("0.0.0.0", HOST):
        for mine in (0, 1):
            c.call("socket a udp")
            c.call(f"setsockopt a SO_REUSEADDR={mine}")
            c.call(f"bind a {first}:7001")
            for addr in ("0.0.0.0", HOST, "127.0.0.1"):
                for reuse in (0, 1):
                    c.call("socket b udp")
                    c.call(f"setsockopt b SO_REUSEADDR={reuse}")
                    c.call(f"bind b {addr}:7001")
                    c.call("close b")
            c.call("close a")


@case("UDPRX-051", kernel="udp_recvmsg")
def connected_late(c):
    """What is queued stays, whoever the socket is connected to afterwards."""
    c.socket("s udp bind 0.0.0.0:7001 hold")
    c.recv(c.datagram(b"before", dport=7001))
    c.call("connect s 10.0.0.9:5")
    c.recv(c.datagram(b"behind", dport=7001))
    c.recvmsg("s")
    c.recvmsg("s")


@case("UDPRX-114", kernel="ipv4_pktinfo_prepare")
def packet_info_late(c):
    """IP_PKTINFO asked for after the datagram was queued: the device is not known."""
    c.socket("s udp plain bind 0.0.0.0:7001 hold")
    c.recv(c.datagram(dport=7001))
    c.call("setsockopt s IP_PKTINFO=1")
    c.recv(c.datagram(dport=7001))
    c.recvmsg("s")
    c.recvmsg("s")


@case("UDPRX-142", kernel="sock_error")
def an_error_is_told_once(c):
    """A pending error is told by one call, then it is gone; SO_ERROR takes it as well."""
    c.socket(f"s udp bind {HOST}:7001 connect {PEER}:5 hold")
    unreachable = ICMP(type=3, code=3) / bytes(c.ip(src=HOST, dst=PEER) / c.udp(sport=7001, dport=5))
    c.recv(c.ip() / unreachable)
    c.recvmsg("s")
    c.recvmsg("s")
    c.recv(c.ip() / unreachable)
    c.call("getsockopt s SO_ERROR")
    c.call("getsockopt s SO_ERROR")
    c.recvmsg("s")
    c.recv(c.ip() / unreachable, c.datagram(b"data", dport=7001, sport=5))
    c.recvmsg("s")
    c.recvmsg("s")
    c.recvmsg("s")
    c.call("setsockopt s IP_RECVERR=1")
    c.recv(c.ip() / unreachable, c.ip() / unreachable)
    c.recvmsg("s", flags="MSG_ERRQUEUE")
    c.call("getsockopt s SO_ERROR")
    c.recvmsg("s", flags="MSG_ERRQUEUE")
    c.call("getsockopt s SO_ERROR")
    c.recvmsg("s")
    c.recvmsg("s", flags="MSG_ERRQUEUE")


def bad_ones_first(c):
    """Two datagrams with wrong checksums and one that is right, none of them read."""
    c.socket("s udp bind 0.0.0.0:7001 hold")
    for chksum in (0x1234, 0x4321):
        c.recv(c.datagram(bytes(100), dport=7001, chksum=chksum))
    c.recv(c.datagram(bytes(90), dport=7001))


@case("UDPRX-024", kernel="first_packet_length")
def octets_that_wait(c):
    """SIOCINQ drops leading datagrams with wrong checksums, and counts them."""
    bad_ones_first(c)
    c.call("ioctl s SIOCINQ")
    c.call("ioctl s SIOCINQ")
    c.recvmsg("s")
    c.call("ioctl s SIOCINQ")
    c.recv(c.datagram(b"", dport=7001), c.datagram(bytes(100), dport=7001, chksum=7))
    c.call("ioctl s SIOCINQ")


@case("UDPRX-023", kernel="udp_poll")
def poll_and_wrong_checksums(c):
    """poll of a descriptor that never blocks leaves them: readable, and then nothing is there."""
    bad_ones_first(c)
    c.call("poll s")
    c.recvmsg("s")
    c.recv(c.datagram(bytes(100), dport=7001, chksum=0x1234))
    c.call("poll s")
    c.recvmsg("s")
    c.call("poll s")
