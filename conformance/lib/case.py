# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Cases in Python: one function per behaviour, packets by scapy.

    @case("IPIN-008", rfc="RFC 1122 3.2.1.2", kernel="ip_rcv_core")
    def header_checksum_wrong(c):
        \"\"\"A wrong header checksum is counted as checksum and as header error.\"\"\"
        c.recv(c.ip(chksum=0xDEAD) / c.udp() / b"x")

A case starts with the usual world (one wire, eth0, 10.0.0.1/24, no ARP, a UDP socket `u` on port
7777, no ICMP rate limit); c.world(...) adds lines, c.bare() begins with none. compile.py turns the
functions into plain text cases that `netparity run` takes without Python.
"""

import ipaddress

from scapy.layers.inet import ICMP, IP, UDP  # noqa: F401  (re-exported for the case files)
from scapy.packet import Raw

HOST = "10.0.0.1"
PEER = "10.0.0.2"
PORT = 7777
HOST_MAC = "02:00:00:00:00:01"
PEER_MAC = "02:00:00:00:01:01"

USUAL = (
    "wire eth0",
    "link set dev eth0 arp off",
    "addr add 10.0.0.1/24 brd + dev eth0",
    "route add default via 10.0.0.254 dev eth0",
    "sysctl net.ipv4.icmp_ratemask=0",
)
USUAL_SOCKETS = (f"socket u udp bind 0.0.0.0:{PORT}",)

# scapy writes the time of day into time-stamp messages; a case has the same octets each time.
for _field in ICMP.fields_desc:
    if _field.name.startswith("ts_"):
        getattr(_field, "fld", _field).default = 0

registry = []


def case(*rows, rfc="-", kernel="-", name=None):
    """Register a case; rows are the ids of the behaviours that it shows."""

    def register(fn):
        registry.append((name or fn.__name__, fn, rows, rfc, kernel))
        return fn

    return register


def mac(text):
    return bytes(int(x, 16) for x in text.split(":"))


class Case:
    def __init__(self):
        self.lines = list(USUAL)
        self.sockets = list(USUAL_SOCKETS)
        self.steps = []
        self.host, self.peer, self.port = HOST, PEER, PORT

    # ---- the world ----

    def bare(self):
        """No usual world: the lines given from here on are all there is."""
        self.lines, self.sockets = [], []

    def world(self, *lines):
        self.lines.extend(lines)

    def sysctl(self, **kv):
        """c.sysctl(ip_forward=1) writes net.ipv4.ip_forward; '__' stands for a dot."""
        for k, v in kv.items():
            self.lines.append(f"sysctl net.ipv4.{k.replace('__', '.')}={v}")

    def conf(self, dev="eth0", **kv):
        for k, v in kv.items():
            self.lines.append(f"sysctl net.ipv4.conf.{dev}.{k}={v}")

    def socket(self, *words):
        """c.socket("r raw 17"), after all other lines of the world."""
        self.sockets.append("socket " + " ".join(words))

    def no_sockets(self):
        self.sockets = []

    # ---- packets ----

    def ip(self, **kw):
        kw.setdefault("src", self.peer)
        kw.setdefault("dst", self.host)
        kw.setdefault("id", 0x1234)
        return IP(**kw)

    def udp(self, **kw):
        kw.setdefault("sport", 5353)
        kw.setdefault("dport", self.port)
        return UDP(**kw)

    def datagram(self, payload=b"netparity", ip=None, **udp):
        """A plain good UDP datagram to the usual socket."""
        return self.ip(**(ip or {})) / self.udp(**udp) / payload

    def fragments(self, packet, cuts, **ip):
        """Cut a whole packet's IP payload at octet offsets; returns scapy packets in order."""
        whole = IP(bytes(packet))
        body = bytes(whole.payload)
        edges = [0, *cuts, len(body)]
        out = []
        for start, end in zip(edges, edges[1:]):
            out.append(self.piece(whole, body[start:end], start, more=end != len(body), **ip))
        return out

    def piece(self, like, octets, offset, more, **ip):
        """One fragment with like's header: octets at a byte offset."""
        assert offset % 8 == 0
        flags = ("MF" if more else "") + ("+DF" if ip.pop("df", False) else "")
        fields = dict(src=like.src, dst=like.dst, id=like.id, proto=like.proto, tos=like.tos,
                      ttl=like.ttl, flags=flags.strip("+"), frag=offset // 8)
        fields.update(ip)
        return IP(**fields) / Raw(octets)

    # ---- steps ----

    def recv(self, *packets, wire="eth0", dst=None, src=PEER_MAC, ethertype=0x0800, pad=b""):
        """Receive IPv4 packets (scapy or bytes) in Ethernet frames on a wire."""
        for packet in packets:
            octets = bytes(packet)
            to = dst or self.mac_for(wire, octets)
            frame = mac(to) + mac(src) + ethertype.to_bytes(2, "big") + octets + pad
            self.frame(frame, wire)

    @staticmethod
    def mac_for(wire, octets):
        """What an honest sender would write: group and broadcast addresses mapped."""
        n = 1 + int(wire[3:] or 0)
        if len(octets) >= 20:
            daddr = ipaddress.IPv4Address(octets[16:20])
            if daddr.is_multicast:
                low = int(daddr) & 0x7FFFFF
                return "01:00:5e:%02x:%02x:%02x" % (low >> 16, low >> 8 & 255, low & 255)
            if int(daddr) == 0xFFFFFFFF or str(daddr) == "10.0.0.255":
                return "ff:ff:ff:ff:ff:ff"
        return "02:00:00:00:00:%02x" % n

    def frame(self, octets, wire="eth0"):
        self.steps.append(f"recv {wire} {bytes(octets).hex()}")

    def sleep(self, seconds):
        self.steps.append(f"sleep {seconds}s")

    def call(self, *words):
        """A socket call in the words of harness/call/call.h: c.call("bind s 10.0.0.1:53")."""
        self.steps.append("call " + " ".join(str(w) for w in words))

    def recvmsg(self, sock, **kw):
        self.call("recvmsg", sock, *(f"{k} {v}" for k, v in kw.items()))

    def send(self, sock, *words, to=None, data=b"netparity"):
        """One sendmsg: an address, any words, one chunk of data (None: none)."""
        self.call("sendmsg", sock, *([f"to {to}"] if to else []), *words,
                  *([f"data {bytes(data).hex()}"] if data else ["len 0"] if data == b"" else []))

    def close(self, sock):
        self.call("close", sock)

    def text(self, name, doc, rows, rfc, kernel):
        head = [f"case {name}", f"# {doc}"]
        if rows:
            head.append("rows " + " ".join(rows))
        if rfc != "-":
            head.append(f"# rfc: {rfc}")
        if kernel != "-":
            head.append(f"# kernel: {kernel}")
        return "\n".join(head + self.lines + self.sockets + self.steps) + "\n"


def with_options(packet, octets):
    """The packet with these raw option octets (a multiple of four), header length and checksum
    right: malformed options are as easy as good ones."""
    assert len(octets) % 4 == 0 and len(octets) <= 40
    raw = bytearray(bytes(packet))
    ihl = (raw[0] & 15) * 4
    out = bytearray(raw[:20]) + octets + raw[ihl:]
    out[0] = 0x40 | (5 + len(octets) // 4)
    out[2:4] = len(out).to_bytes(2, "big")
    return fix(out)


def fix(octets):
    """Recompute the header checksum of raw packet octets."""
    out = bytearray(octets)
    n = (out[0] & 15) * 4
    out[10:12] = b"\0\0"
    total = sum(int.from_bytes(out[i:i + 2], "big") for i in range(0, n, 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    out[10:12] = (0xFFFF - total).to_bytes(2, "big")
    return bytes(out)
