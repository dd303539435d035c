# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area O: the datagram that is put together: fragments, DF, identifiers, headers, raw sockets."""

from lib.case import HOST, PEER, case
from scapy.layers.inet import ICMP, IP, UDP
from scapy.packet import Raw

TO = f"{PEER}:7"
MODES = ("IP_PMTUDISC_DONT", "IP_PMTUDISC_WANT", "IP_PMTUDISC_DO", "IP_PMTUDISC_PROBE",
         "IP_PMTUDISC_INTERFACE", "IP_PMTUDISC_OMIT")


def header(**kw):
    """A packet with its own header, as octets of a sendmsg."""
    kw.setdefault("src", HOST)
    kw.setdefault("dst", PEER)
    kw.setdefault("proto", 200)
    return bytes(IP(**kw) / Raw(b"netparity"))


def frag_needed(c, mtu, sport=7777, dport=7):
    inner = bytes(IP(src=HOST, dst=PEER, id=0x77) / UDP(sport=sport, dport=dport) / b"quoted data")
    return c.ip(src="10.0.0.254") / ICMP(type=3, code=4, nexthopmtu=mtu) / Raw(inner)


@case("IPAP-001", "IPAP-008", kernel="__ip_append_data")
def fragments(c):
    """Sizes around what fits one, two and three packets, at several MTUs."""
    for n in (1472, 1473, 2952, 2953, 8000, 65507):
        c.call(f"sendmsg u to {TO} len {n}")


@case("IPAP-001", kernel="__ip_append_data")
def fragments_small_mtu(c):
    """An MTU that is no multiple of eight."""
    c.world("link set dev eth0 mtu 603")
    for n in (575, 576, 1151, 1152, 3000):
        c.call(f"sendmsg u to {TO} len {n}")


@case("IPAP-010", kernel="ip_options_fragment")
def fragments_with_options(c):
    """Options that are copied and those that are not."""
    for octets in ("94040000", "070b04000000000000000000", "9404000001010700"[:8] + "070704000000000000"[:16]):
        c.call(f"setsockopt u IP_OPTIONS=hex:{octets}")
        for n in (1468, 1469, 3000):
            c.call(f"sendmsg u to {TO} len {n}")


@case("IPAP-015", "IPAP-016", "IPAP-018", "IPAP-019", "IPAP-020", "IPAP-021", "IPAP-022", "IPAP-024",
      "IPAP-025", "IPAP-027", kernel="ip_sk_use_pmtu")
def modes(c):
    """DF and fragments by IP_MTU_DISCOVER, before and after a path MTU was learnt."""
    c.socket(f"k udp bind 0.0.0.0:7000 connect {TO}")
    for learnt in (False, True):
        if learnt:
            c.recv(frag_needed(c, 1000, 7000))
        for mode in MODES:
            c.call(f"setsockopt u IP_MTU_DISCOVER={MODES.index(mode)}")
            for n in (100, 1200, 1472, 1473):
                c.call(f"sendmsg u to {TO} len {n}")


@case("IPAP-026", kernel="ip_local_error")
def local_errors(c):
    """What is too long here is on the error queue, from this host itself."""
    c.socket("k udp bind 0.0.0.0:7000 hold opt IP_RECVERR=1 opt IP_MTU_DISCOVER=2")
    c.call(f"sendmsg k to {TO} len 1473")
    c.recvmsg("k", flags="MSG_ERRQUEUE")
    c.recvmsg("k", flags="MSG_ERRQUEUE")
    c.call("setsockopt k IP_OPTIONS=hex:01010100")
    c.call(f"sendmsg k to {TO} len 1473")
    c.recvmsg("k", flags="MSG_ERRQUEUE")
    c.send("k", to=TO)


@case("IPAP-031", "IPAP-032", "IPAP-033", kernel="ip_select_ident_segs")
def identifiers(c):
    """Zero where nothing can be cut, a number of its own elsewhere."""
    c.socket(f"k udp bind 0.0.0.0:7000 connect {TO}")
    for mode in range(6):
        for s in ("u", "k"):
            c.call(f"setsockopt {s} IP_MTU_DISCOVER={mode}")
            c.send(s, to=TO)
            c.send(s, to=TO)


@case("IPAP-036", "IPAP-037", "IPAP-039", "IPAP-041", kernel="__ip_make_skb")
def headers(c):
    """TTL, TOS and protocol: of the call, the socket, the host."""
    c.sysctl(ip_default_ttl=77)
    c.socket("l udplite bind 0.0.0.0:7000")
    c.socket("r raw 200")
    for s in ("u", "l", "r"):
        c.send(s, to=TO)
        c.call(f"setsockopt {s} IP_TTL=9")
        c.call(f"setsockopt {s} IP_TOS=17")
        c.send(s, to=TO)
        c.send(s, "cmsg IP_TTL=5 cmsg IP_TOS=6", to=TO)
        c.send(s, to="239.1.1.1:7")
        c.call(f"setsockopt {s} IP_MULTICAST_TTL=3")
        c.send(s, to="239.1.1.1:7")


@case("IPAP-047", "IPAP-051", "IPAP-052", "IPAP-056", kernel="raw_sendmsg")
def raw(c):
    """A payload behind a header of the kernel's; what is refused, in which order."""
    c.socket("r raw 200")
    for n in (0, 1, 100, 1480, 1481, 3000, 65515, 65516, 65535, 65536):
        c.call(f"sendmsg r to {PEER}:0 len {n}")
    c.call(f"sendmsg r to {PEER}:0 flags MSG_OOB len 65536")
    c.call(f"sendmsg r to {PEER}:0 flags MSG_OOB namelen 8 data 61")
    for words in ("namelen 15", "family 10", "family 0", "family 1 namelen 8"):
        c.call(f"sendmsg r to {PEER}:9 {words} data 61")
    c.call("sendmsg r data 61")
    c.send("r", to="255.255.255.255:0")
    c.call("setsockopt r SO_BROADCAST=1")
    c.send("r", to="255.255.255.255:0")
    for data in (b"a", b"b"):
        c.send("r", "flags MSG_MORE", to=f"{PEER}:0", data=data)
    c.send("r", to=f"{PEER}:0", data=b"c")


@case("IPAP-063", "IPAP-064", "IPAP-065", "IPAP-066", "IPAP-068", "IPAP-070", "IPAP-071", "IPAP-072",
      "IPAP-075", kernel="raw_send_hdrinc")
def header_included(c):
    """What is filled in, what is kept, what is refused."""
    c.socket("h raw 255 hold")
    for kw in ({"src": "0.0.0.0", "id": 1}, {"src": "192.0.2.7", "id": 1}, {"dst": "10.0.0.99", "id": 1},
               {"dst": "0.0.0.0", "id": 1}, {"id": 0}, {"id": 0x4321}, {"id": 7, "flags": "MF", "frag": 3},
               {"id": 7, "len": 9000}, {"id": 7, "chksum": 1}, {"id": 7, "ttl": 0}, {"id": 7, "tos": 255},
               {"id": 7, "version": 6}, {"id": 7, "ihl": 6}, {"id": 7, "ihl": 4}, {"id": 7, "ihl": 0},
               {"id": 7, "ihl": 15}, {"id": 7, "proto": 1}):
        c.send("h", to=f"{PEER}:0", data=header(**kw))
    for n in (0, 1, 19, 20):
        c.call(f"sendmsg h to {PEER}:0 data {header(id=5)[:n].hex()}" if n
               else f"sendmsg h to {PEER}:0 len 0")
    c.send("h", to=f"{PEER}:0", data=header(id=5)[:20] + bytes(1480))
    c.send("h", to=f"{PEER}:0", data=header(id=5)[:20] + bytes(1481))
    c.call("setsockopt h IP_RECVERR=1")
    c.send("h", to=f"{PEER}:0", data=header(id=5)[:20] + bytes(1481))
    c.recvmsg("h", flags="MSG_ERRQUEUE")
    c.call("setsockopt h IP_OPTIONS=hex:01010100")
    c.send("h", to=f"{PEER}:0", data=header(id=5))


@case("IPAP-088", "IPAP-096", "IPAP-098", "IPAP-101", "IPAP-102", kernel="udp_send_skb")
def segment_refused(c):
    """UDP_SEGMENT: values, what is short enough to be one, what can't be cut."""
    for v in (-1, 65536, 65535, 100):
        c.call(f"setsockopt u UDP_SEGMENT={v}")
        c.call("getsockopt u UDP_SEGMENT")
    c.call(f"sendmsg u to {TO} len 100")
    c.call(f"sendmsg u to {TO} len 12801")
    c.call(f"sendmsg u to {TO} cmsg UDP_SEGMENT=0 len 300")
    c.call("setsockopt u UDP_SEGMENT=1473")
    c.call(f"sendmsg u to {TO} len 3000")
    c.call("setsockopt u SO_NO_CHECK=1")
    c.call("setsockopt u UDP_SEGMENT=100")
    c.call(f"sendmsg u to {TO} len 50")
    c.call(f"sendmsg u to {TO} len 500")


@case("IPAP-021", kernel="__ip_append_data")
def longest_on_lo(c):
    """The device's MTU of 65536 is what counts, one octet more than a total length can say."""
    c.socket("k udp bind 0.0.0.0:7000 opt IP_MTU_DISCOVER=3")
    for n in (65507, 65508, 65509):
        c.call(f"sendmsg k to {HOST}:7777 len {n}")
    c.call(f"sendmsg k to {HOST}:7777 flags MSG_MORE len 65000")
    c.call(f"sendmsg k to {HOST}:7777 flags MSG_MORE len 508")
    c.call(f"sendmsg k to {HOST}:7777 len 0")


@case("IPAP-086", "IPAP-087", "IPAP-100", kernel="__udp_gso_segment")
def segments(c):
    """Cut at the device: each with its own headers, the last one shorter; counted as one."""
    c.call("setsockopt u UDP_SEGMENT=100")
    for n in (101, 200, 250, 1000, 12800):
        c.call(f"sendmsg u to {TO} len {n}")
    c.call(f"sendmsg u to {TO} cmsg UDP_SEGMENT=1400 len 30000")
    c.call("setsockopt u UDP_CORK=1")
    c.call(f"sendmsg u to {TO} len 70")
    c.call(f"sendmsg u to {TO} len 71")
    c.call("setsockopt u UDP_CORK=0")
    c.call("setsockopt u IP_OPTIONS=hex:01010100")
    c.call(f"sendmsg u to {TO} len 250")
