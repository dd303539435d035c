# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area F: ICMP in and out."""

from lib.case import HOST, PEER, case, with_options
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.packet import Raw

GATEWAY = "10.0.0.254"
TWO_WIRES = ("wire eth1", "link set dev eth1 arp off", "addr add 10.0.1.1/24 brd + dev eth1")


def quoted(proto_packet, src=HOST, dst=PEER, **ip):
    """A packet of the host's as an error quotes it."""
    return bytes(IP(src=src, dst=dst, id=0x77, **ip) / proto_packet)


def error(c, inner, kind=3, code=3, src=GATEWAY, **kw):
    return c.ip(src=src) / ICMP(type=kind, code=code, **kw) / Raw(bytes(inner))


def message(kind, code=0, rest=bytes(4), body=b""):
    """An ICMP message from octets, its checksum right."""
    raw = bytearray(bytes([kind, code, 0, 0]) + rest + body)
    total = sum(int.from_bytes((raw + b"\0")[i:i + 2], "big") for i in range(0, len(raw), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    raw[2:4] = (0xFFFF - total).to_bytes(2, "big")
    return Raw(bytes(raw))


@case("ICMP-001", "ICMP-002", "ICMP-003", "ICMP-004", kernel="icmp_rcv")
def validation(c):
    """Checksum and length of the message."""
    c.recv(c.ip() / ICMP(chksum=0x1234) / b"x", c.ip() / ICMP(chksum=0) / b"x")
    for n in range(0, 9):
        body = bytearray(bytes(message(8))[:n])
        if n >= 4:
            body = bytearray(bytes(message(8, rest=bytes(n - 4))))
        c.recv(c.ip(proto=1) / Raw(bytes(body)))
    c.recv(c.ip(proto=1) / Raw(b"\xff\xff"), c.ip(proto=1) / Raw(b"\xff"))


@case("ICMP-006", "ICMP-007", "ICMP-008", kernel="icmp_rcv")
def every_type(c):
    """Every type, with eight octets of data."""
    for kind in range(256):
        c.recv(c.ip(proto=1) / message(kind, body=b"12345678"))


@case("ICMP-006", kernel="icmp_rcv")
def every_type_short(c):
    """Every known type, with nothing behind the header."""
    for kind in list(range(20)) + [42, 43]:
        c.recv(c.ip(proto=1) / message(kind))


@case("ICMP-009", "ICMP-012", "ICMP-013", "ICMP-041", "ICMP-042", kernel="icmp_rcv")
def to_groups(c):
    """Messages to broadcast and multicast addresses."""
    for dst in ("10.0.0.255", "255.255.255.255", "224.0.0.1"):
        for kind in (0, 3, 8, 11, 13, 14, 17, 18, 42, 43, 99):
            c.recv(c.ip(proto=1, dst=dst) / message(kind, body=b"123456789012"))


@case("ICMP-010", "ICMP-011", kernel="icmp_rcv")
def echo_to_groups_answered(c):
    """icmp_echo_ignore_broadcasts=0: the source is the preferred address towards the sender."""
    c.world("addr add 10.7.0.1/24 brd + dev eth0")
    c.sysctl(icmp_echo_ignore_broadcasts=0)
    for dst in ("10.0.0.255", "255.255.255.255", "224.0.0.1", "10.7.0.255"):
        for src in (PEER, "10.7.0.9"):
            c.recv(c.ip(proto=1, dst=dst, src=src) / message(8, body=b"abc"),
                   c.ip(proto=1, dst=dst, src=src) / message(13, body=bytes(12)))


@case("ICMP-014", kernel="icmp_rcv")
def echo_in_broadcast_frame(c):
    """Only the route type counts, not the frame's address."""
    c.recv(c.ip() / ICMP(id=1, seq=1) / b"x", dst="ff:ff:ff:ff:ff:ff")


@case("ICMP-015", "ICMP-016", "ICMP-017", "ICMP-019", "ICMP-025", "ICMP-096", "ICMP-097",
      rfc="RFC 792", kernel="icmp_echo")
def echo(c):
    """Echo of any length, code and TOS."""
    for n in (0, 1, 2, 7, 56, 575, 1472):
        c.recv(c.ip() / ICMP(id=n, seq=n + 1) / bytes(i & 255 for i in range(n)))
    c.recv(c.ip() / ICMP(code=9, id=1) / b"code")
    for tos in (0x01, 0x02, 0x03, 0x10, 0xB8, 0xFF):
        c.recv(c.ip(tos=tos) / ICMP(id=tos) / b"tos")
    c.recv(c.ip(flags="DF", ttl=1) / ICMP(id=5) / b"df")


@case("ICMP-018", kernel="icmp_reply")
def echo_fragmented(c):
    """A large echo is answered in fragments of the MTU."""
    for n, size in enumerate((1473, 1480, 1481, 2952, 3000, 8000, 65507)):
        whole = c.ip(id=100 + n) / ICMP(id=n, seq=1) / bytes(i * 7 & 255 for i in range(size))
        c.recv(*c.fragments(whole, list(range(1480, size + 8, 1480))))


@case("ICMP-018", kernel="ip_append_data")
def echo_small_mtu(c):
    """Fragment sizes follow the MTU, whatever it is."""
    c.world("link set dev eth0 mtu 577")
    for n, size in enumerate((549, 550, 1100, 1101, 2000)):
        whole = c.ip(id=100 + n) / ICMP(id=n, seq=1) / bytes(i * 7 & 255 for i in range(size))
        c.recv(*c.fragments(whole, list(range(552, size + 8, 552))))


@case("ICMP-018", kernel="ip_append_data")
def echo_fragmented_with_options(c):
    """Options take room in every fragment, or only in the first."""
    whole = c.ip(id=100) / ICMP(id=1, seq=1) / bytes(i * 7 & 255 for i in range(4000))
    for n, options in enumerate((b"\x07\x0b\x04" + bytes(8) + b"\x01", b"\x44\x0c\x05\x00" + bytes(8))):
        parts = c.fragments(whole, [1400, 2800], id=50 + n)
        c.recv(with_options(parts[0], options), *parts[1:])


@case("ICMP-020", "ICMP-021", kernel="icmp_echo")
def echo_ignored(c):
    """icmp_echo_ignore_all is silent; timestamps are answered all the same."""
    c.sysctl(icmp_echo_ignore_all=1)
    c.recv(c.ip() / ICMP(id=1) / b"x", c.ip(proto=1) / message(13, body=bytes(12)))


@case("ICMP-022", "ICMP-083", kernel="icmp_reply")
def no_route_back(c):
    """No route to the asker: no answer, no error."""
    c.bare()
    c.world("wire eth0", "link set dev eth0 arp off", "addr add 10.0.0.1/24 brd + dev eth0",
            "sysctl net.ipv4.icmp_ratemask=0")
    c.recv(c.ip(src="198.51.100.1") / ICMP(id=1) / b"x", c.datagram(ip=dict(src="198.51.100.1")))


@case("ICMP-023", "ICMP-024", kernel="icmp_reply")
def odd_sources(c):
    """A broadcast source, and a zero source with the limited broadcast."""
    c.sysctl(icmp_echo_ignore_broadcasts=0)
    c.recv(c.ip(src="10.0.0.255") / ICMP(id=1) / b"x",
           c.ip(src="0.0.0.0", dst="255.255.255.255") / ICMP(id=1) / b"x")


@case("ICMP-030", "ICMP-031", "ICMP-032", rfc="RFC 792", kernel="icmp_timestamp")
def timestamp(c):
    """Timestamp requests of every length."""
    for n in (0, 3, 4, 8, 11, 12, 13, 20, 100):
        c.recv(c.ip(proto=1, tos=n) / message(13, code=n & 1, rest=b"\0\1\0\2", body=bytes(range(n))))


@case("ICMP-033", kernel="icmp_build_probe")
def probe_off(c):
    """Extended echo is off by default."""
    c.recv(c.ip(proto=1) / message(42, rest=b"\0\1\1\1", body=b"\x20\0\0\0\0\x08\x03\x01eth0"))


@case("ICMP-034", "ICMP-035", "ICMP-036", "ICMP-037", "ICMP-038", rfc="RFC 8335",
      kernel="icmp_build_probe")
def probe_on(c):
    """Extended echo: by name, index and address; unknown and malformed."""
    c.sysctl(icmp_echo_enable_probe=1)

    def ext(obj, local=1, dst=HOST, version=0x20):
        head = bytearray(bytes([version, 0, 0, 0]) + obj)
        total = sum(int.from_bytes((head + b"\0")[i:i + 2], "big") for i in range(0, len(head), 2))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        head[2:4] = (0xFFFF - total).to_bytes(2, "big")
        c.recv(c.ip(proto=1, dst=dst) / message(42, rest=bytes([0, 9, 5, local]), body=bytes(head)))

    def obj(cls, ctype, body, length=None):
        return (4 + len(body) if length is None else length).to_bytes(2, "big") + bytes([cls, ctype]) + body

    for name in (b"eth0\0\0\0\0", b"eth0", b"nope", b"lo\0\0", b"", b"x" * 20):
        ext(obj(3, 1, name))
    for index in (1, 2, 3, 99):
        ext(obj(3, 2, index.to_bytes(4, "big")))
    ext(obj(3, 2, b"\0\0"))
    for address in (HOST, PEER, "127.0.0.1"):
        ext(obj(3, 3, b"\0\1\4\0" + bytes(int(x) for x in address.split("."))))
    ext(obj(3, 3, b"\0\2\x10\0" + bytes(16)))
    ext(obj(3, 3, b"\0\x09\4\0" + bytes(4)))
    ext(obj(3, 3, b"\0\1\5\0" + bytes(4)))
    ext(obj(3, 4, b"abcd"))
    ext(obj(2, 1, b"eth0"))
    ext(obj(3, 1, b"eth0", length=100))
    ext(obj(3, 1, b"eth0", length=3))
    ext(b"")
    ext(obj(3, 1, b"eth0"), local=0)
    ext(obj(3, 1, b"eth0"), dst="10.0.0.255")
    ext(obj(3, 1, b"eth0"), version=0x10)


@case("ICMP-039", "ICMP-040", kernel="ping_rcv")
def echo_replies(c):
    """Echo replies go to the ping socket with that id, else to nobody."""
    c.sysctl(ping_group_range="0 2147483647")
    c.socket("p ping bind 0.0.0.0:77")
    c.socket(f"q ping bind {HOST}:78")
    c.socket("r raw 1")
    for ident in (77, 78, 79):
        for kind in (0, 8, 43):
            c.recv(c.ip(proto=1) / message(kind, rest=ident.to_bytes(2, "big") + b"\0\1", body=b"pong"))
    c.recv(c.ip(proto=1, dst="10.0.0.255") / message(0, rest=b"\0\x4d\0\1"))


@case("ICMP-043", "ICMP-045", "ICMP-046", "ICMP-047", kernel="icmp_socket_deliver")
def quoted_lengths(c):
    """How much of the packet has to be quoted."""
    c.socket(f"k udp bind {HOST}:7000 connect {PEER}:8000")
    inner = quoted(UDP(sport=7000, dport=8000) / b"data")
    for n in (0, 8, 19, 20, 24, 27, 28, 30, len(inner)):
        c.recv(error(c, inner[:n]))
    bad = bytearray(inner)
    bad[0] = 0x46
    c.recv(error(c, bytes(bad[:28])), error(c, bytes(bad[:31])), error(c, bytes(bad)))
    bad[0] = 0x65
    c.recv(error(c, bytes(bad)))
    bad[0] = 0x44
    c.recv(error(c, bytes(bad)))
    bad = bytearray(inner)
    bad[9] = 255
    c.recv(error(c, bytes(bad)))
    bad = bytearray(inner)
    bad[6] = 0x20
    bad[10] ^= 0xFF
    c.recv(error(c, bytes(bad)))


@case("ICMP-049", kernel="__udp4_lib_err")
def nobodys_flow(c):
    """Errors about flows that nobody owns."""
    for inner in (UDP(sport=1, dport=2) / b"xx", TCP(sport=1, dport=2), ICMP(id=3) / b"x",
                  ICMP(type=0) / b"x", Raw(b"12345678")):
        proto = dict(proto=200) if isinstance(inner, Raw) else {}
        c.recv(error(c, quoted(inner, **proto)), error(c, quoted(inner, **proto), kind=11, code=0))


@case("ICMP-051", "ICMP-052", "ICMP-053", "ICMP-058", kernel="icmp_err_convert")
def errno_table(c):
    """Every code to a connected socket, and to one with IP_RECVERR."""
    c.socket(f"k udp bind {HOST}:7000 connect {PEER}:8000")
    c.socket(f"e udp bind {HOST}:7001 connect {PEER}:8001 opt IP_RECVERR=1")
    for sport in (7000, 7001):
        inner = quoted(UDP(sport=sport, dport=sport + 1000) / b"data")
        for code in list(range(18)) + [255]:
            c.recv(error(c, inner, code=code))
        for kind, code in ((4, 0), (11, 0), (11, 1), (11, 2), (12, 0), (12, 1), (5, 1)):
            c.recv(error(c, inner, kind=kind, code=code))


@case("ICMP-054", "ICMP-055", kernel="icmp_unreach")
def quoted_broadcast(c):
    """An error about a broadcast, with the sysctl on."""
    c.socket("e udp bind 0.0.0.0:7001 opt IP_RECVERR=1")
    c.recv(error(c, quoted(UDP(sport=7001, dport=9) / b"x", dst="10.0.0.255")))


@case("ICMP-055", kernel="icmp_unreach")
def quoted_broadcast_bogus(c):
    """The same with icmp_ignore_bogus_error_responses=0."""
    c.sysctl(icmp_ignore_bogus_error_responses=0)
    c.socket("e udp bind 0.0.0.0:7001 opt IP_RECVERR=1")
    c.recv(error(c, quoted(UDP(sport=7001, dport=9) / b"x", dst="10.0.0.255")))


@case("ICMP-056", "ICMP-057", kernel="icmp_err")
def ping_socket_errors(c):
    """Errors about echo requests reach the ping socket; about replies they do not."""
    c.sysctl(ping_group_range="0 2147483647")
    c.socket(f"p ping bind {HOST}:77 connect {PEER}:0 opt IP_RECVERR=1")
    for kind in (8, 0, 13):
        c.recv(error(c, quoted(ICMP(type=kind, id=77, seq=1) / b"ping")))


@case("ICMP-059", rfc="RFC 4884", kernel="ip_icmp_error_rfc4884")
def rfc4884(c):
    """The offset of the extension structure."""
    c.socket(f"e udp bind {HOST}:7001 connect {PEER}:8001 opt IP_RECVERR=1 opt IP_RECVERR_RFC4884=1")
    inner = quoted(UDP(sport=7001, dport=8001) / (b"d" * 100))
    ext = bytes.fromhex("2000 dff7 0008 0101 00001000".replace(" ", ""))
    for words in (0, 32, 31, 40):
        c.recv(c.ip(src=GATEWAY, proto=1) / message(3, 3, bytes([0, words, 0, 0]), inner[:128] + ext))
    c.recv(c.ip(src=GATEWAY, proto=1) / message(11, 0, bytes([0, 32, 0, 0]), inner[:128] + ext[:3]))


@case("ICMP-060", "ICMP-061", "ICMP-063", rfc="RFC 1191", kernel="__ip_rt_update_pmtu")
def path_mtu(c):
    """A learnt path MTU shows in the fragments of an echo reply."""
    inner = quoted(UDP(sport=1, dport=2) / b"x")
    ping = c.ip() / ICMP(id=1, seq=1) / bytes(1400)
    for mtu in (1600, 1200, 1300, 1000, 400, 900):
        c.recv(error(c, inner, code=4, nexthopmtu=mtu), ping)


@case("ICMP-060", kernel="ip_rt_update_pmtu")
def path_mtu_unknown(c):
    """MTU 0 in the message."""
    inner = quoted(UDP(sport=1, dport=2) / b"x")
    ping = c.ip() / ICMP(id=1, seq=1) / bytes(1400)
    c.recv(error(c, inner, code=4, nexthopmtu=0), ping, error(c, inner, code=4, nexthopmtu=67), ping)


def no_pmtu_disc(mode):
    def fn(c):
        c.sysctl(ip_no_pmtu_disc=mode)
        c.socket(f"e udp bind {HOST}:7001 connect {PEER}:8001 opt IP_RECVERR=1")
        inner = quoted(UDP(sport=7001, dport=8001) / b"x")
        c.recv(error(c, inner, code=4, nexthopmtu=1000), c.ip() / ICMP(id=1, seq=1) / bytes(1400),
               error(c, quoted(TCP(sport=1, dport=2)), code=4, nexthopmtu=800),
               c.ip() / ICMP(id=1, seq=1) / bytes(1400))

    fn.__doc__ = f"Fragmentation needed with ip_no_pmtu_disc={mode}."
    case("ICMP-064", "ICMP-065", "ICMP-066", kernel="icmp_unreach", name=f"no_pmtu_disc_{mode}")(fn)


for _mode in (1, 2, 3):
    no_pmtu_disc(_mode)


@case("ICMP-067", kernel="ip_sk_accept_pmtu")
def mtu_discover_modes(c):
    """Which sockets are told of fragmentation needed."""
    for n in range(6):
        c.socket(f"s{n} udp bind {HOST}:{7010 + n} connect {PEER}:8000 opt IP_MTU_DISCOVER={n}")
        c.socket(f"e{n} udp bind {HOST}:{7020 + n} connect {PEER}:8000 opt IP_MTU_DISCOVER={n} opt IP_RECVERR=1")
    for port in list(range(7010, 7016)) + list(range(7020, 7026)):
        c.recv(error(c, quoted(UDP(sport=port, dport=8000) / b"x"), code=4, nexthopmtu=1300))


@case("ICMP-068", "ICMP-069", "ICMP-071", "ICMP-072", "ICMP-074", kernel="__ip_do_redirect")
def redirects(c):
    """Redirects, good and bad; what they changed shows in where an echo reply goes."""
    c.bare()
    c.world("wire eth0", "addr add 10.0.0.1/24 brd + dev eth0",
            *(f"neigh add 10.0.0.{n} lladdr 02:00:00:00:02:{n:02x} dev eth0" for n in (2, 250, 251, 252, 253, 254)),
            "route add default via 10.0.0.254 dev eth0", "sysctl net.ipv4.icmp_ratemask=0")
    ping = c.ip(src="192.0.2.9") / ICMP(id=1, seq=1) / b"where to"
    inner = quoted(UDP(sport=1, dport=2) / b"x", dst="192.0.2.9")
    c.recv(ping)
    for src, gw, code in (("10.0.0.253", "10.0.0.252", 1), (GATEWAY, "224.0.0.1", 1), (GATEWAY, HOST, 1),
                          (GATEWAY, "0.0.0.0", 1), (GATEWAY, "10.0.0.255", 1), (GATEWAY, GATEWAY, 1),
                          (GATEWAY, "10.0.0.252", 4), (GATEWAY, "10.0.0.252", 0),
                          ("10.0.0.252", "10.0.0.251", 1), (GATEWAY, "10.0.0.250", 1)):
        c.recv(error(c, inner, kind=5, code=code, src=src, gw=gw), ping)
    c.recv(error(c, inner[:19], kind=5, code=1, gw="10.0.0.252"))


@case("ICMP-073", kernel="__ip_do_redirect")
def redirects_refused(c):
    """accept_redirects off on all and the device."""
    c.bare()
    c.world("wire eth0", "addr add 10.0.0.1/24 brd + dev eth0",
            *(f"neigh add 10.0.0.{n} lladdr 02:00:00:00:02:{n:02x} dev eth0" for n in (252, 254)),
            "route add default via 10.0.0.254 dev eth0", "sysctl net.ipv4.icmp_ratemask=0")
    c.conf("all", accept_redirects=0)
    c.conf("eth0", accept_redirects=0)
    ping = c.ip(src="192.0.2.9") / ICMP(id=1, seq=1) / b"where to"
    inner = quoted(UDP(sport=1, dport=2) / b"x", dst="192.0.2.9")
    c.recv(ping, error(c, inner, kind=5, code=1, gw="10.0.0.252"), ping)


@case("ICMP-075", "ICMP-076", "ICMP-077", kernel="__icmp_send")
def errors_not_sent(c):
    """No error about group frames, group addresses or later fragments."""
    c.recv(c.datagram(dport=9), dst="ff:ff:ff:ff:ff:ff")
    c.recv(c.datagram(dport=9), dst="01:00:5e:00:00:01")
    c.recv(c.datagram(dport=9, ip=dict(dst="10.0.0.255")), c.datagram(dport=9, ip=dict(dst="224.0.0.1")))
    c.sysctl(ip_forward=1)
    c.world("route add unreachable 192.0.2.0/24")
    c.recv(*c.fragments(c.datagram(bytes(64), ip=dict(dst="192.0.2.1")), [32]))


@case("ICMP-078", "ICMP-079", "ICMP-080", rfc="RFC 1122 3.2.2", kernel="__icmp_send")
def errors_about_icmp(c):
    """Which ICMP types may be answered by an error."""
    c.sysctl(ip_forward=1)
    c.world("route add unreachable 192.0.2.0/24")
    for kind in list(range(20)) + [42, 43, 99]:
        c.recv(c.ip(proto=1, dst="192.0.2.1", src=f"10.0.0.{20 + kind}") / message(kind, body=b"12345678"))
    c.recv(c.ip(proto=1, dst="192.0.2.1"))


@case("ICMP-086", "ICMP-087", "ICMP-088", rfc="RFC 1812 4.3.2.3", kernel="__icmp_send")
def quoting(c):
    """How much an error quotes: 576 octets in all at most."""
    for n in (0, 1, 8, 9, 519, 520, 521, 1000, 1472):
        c.recv(c.datagram(bytes(i & 255 for i in range(n)), dport=9))
    c.recv(*c.fragments(c.datagram(bytes(i & 255 for i in range(1200)), dport=9), [400, 800]))


@case("ICMP-086", "ICMP-085", kernel="__icmp_send")
def quoting_small_mtu(c):
    """A smaller MTU quotes less."""
    c.world("link set dev eth0 mtu 300")
    c.recv(c.datagram(bytes(270), dport=9), c.datagram(bytes(100), dport=9))


@case("ICMP-090", "ICMP-091", "ICMP-092", "ICMP-094", kernel="__icmp_send")
def source_address(c):
    """The source of an error: the packet's destination when it was ours, else by route."""
    c.world("addr add 10.0.0.3/24 dev eth0", *TWO_WIRES, "route add unreachable 192.0.2.0/24")
    c.sysctl(ip_forward=1)
    c.recv(c.datagram(dport=9, ip=dict(dst="10.0.0.3")), c.datagram(dport=9, ip=dict(dst="10.0.1.1")),
           c.datagram(ip=dict(dst="192.0.2.1", src="10.0.0.90")),
           c.datagram(ip=dict(dst="10.0.1.9", ttl=1)),
           c.datagram(ip=dict(dst="10.0.1.9", ttl=1, src="198.51.100.1")))
    c.recv(c.datagram(ip=dict(dst="10.0.0.9", ttl=1, src="10.0.1.9")), wire="eth1")


@case("ICMP-092", kernel="__icmp_send")
def source_address_inbound(c):
    """icmp_errors_use_inbound_ifaddr: the primary address of the receiving wire."""
    c.world("addr add 10.0.0.3/24 dev eth0", "addr add 10.7.0.1/24 dev eth0", *TWO_WIRES)
    c.sysctl(ip_forward=1, icmp_errors_use_inbound_ifaddr=1)
    for src in (PEER, "10.7.0.9", "198.51.100.1"):
        c.recv(c.datagram(ip=dict(dst="10.0.1.9", ttl=1, src=src)))


@case("ICMP-095", "ICMP-096", "ICMP-097", kernel="__icmp_send")
def header_of_errors(c):
    """TOS, TTL and DF of an error."""
    c.sysctl(ip_default_ttl=99)
    for tos in (0, 1, 2, 3, 0x10, 0x1E, 0x20, 0xB8, 0xFF):
        c.recv(c.datagram(dport=9, ip=dict(tos=tos, flags="DF")))


@case("ICMP-104", "ICMP-110", "ICMP-113", "ICMP-115", kernel="icmpv4_xrlim_allow")
def limit_per_host(c):
    """icmp_ratelimit: a burst of six to one host; another host has its own."""
    c.sysctl(icmp_ratemask=6168, icmp_msgs_per_sec=100000, icmp_msgs_burst=100000)
    for _ in range(10):
        c.recv(c.datagram(dport=9, ip=dict(src="10.0.0.110")))
    c.recv(c.datagram(dport=9, ip=dict(src="10.0.0.111")))
    c.recv(c.ip(src="10.0.0.110") / ICMP(id=1) / b"x")
    c.sleep(1.2)
    c.recv(c.datagram(dport=9, ip=dict(src="10.0.0.110")), c.datagram(dport=9, ip=dict(src="10.0.0.110")))


@case("ICMP-111", kernel="inet_peer_xrlim_allow")
def limit_per_host_off(c):
    """icmp_ratelimit=0 lifts it."""
    c.sysctl(icmp_ratemask=6168, icmp_ratelimit=0, icmp_msgs_per_sec=100000, icmp_msgs_burst=100000)
    for _ in range(10):
        c.recv(c.datagram(dport=9, ip=dict(src="10.0.0.112")))


@case("ICMP-107", kernel="icmp_global_allow")
def limit_global_zero(c):
    """icmp_msgs_per_sec=0: no error at all; frag needed is never limited."""
    c.world("wire eth1", "link set dev eth1 arp off", "addr add 10.0.1.1/24 dev eth1",
            "link set dev eth1 mtu 600")
    c.sysctl(icmp_ratemask=6168, icmp_msgs_per_sec=0, icmp_msgs_burst=0, ip_forward=1)
    c.recv(c.datagram(dport=9, ip=dict(src="10.0.0.107")),
           c.datagram(bytes(1000), ip=dict(dst="10.0.1.9", flags="DF")),
           c.ip() / ICMP(id=1) / b"x")


@case("ICMP-101", kernel="ip_push_pending_frames")
def output_counters(c):
    """Counters of output and of forwarding."""
    c.world(*TWO_WIRES)
    c.sysctl(ip_forward=1)
    c.recv(c.ip() / ICMP(id=1) / b"x", c.datagram(dport=9), c.datagram(ip=dict(dst="10.0.1.9")))


@case("ICMP-093", rfc="RFC 7600 4.8", kernel="__icmp_send")
def error_without_address(c):
    """A host without any address sends its errors from 192.0.0.8, ids of its own making."""
    c.bare()
    c.world("wire eth0", "link set dev eth0 arp off", "route add default dev eth0")
    c.sysctl(ip_forward=1, icmp_ratemask=0)
    for ttl in (1, 1, 64):
        c.recv(c.datagram(ip=dict(src="8.8.8.8", dst="1.2.3.4", ttl=ttl)))
    c.recv(c.ip(src="192.0.0.8", dst="1.2.3.4", id=77) / ICMP(type=3, code=1) / Raw(bytes(28)))


@case("ICMP-004", kernel="fib_select_multipath")
def answer_by_multipath(c):
    """Of several ways back, the one over the wire whose address the answer bears."""
    c.world("wire eth1", "link set dev eth1 arp off", "addr add 10.0.1.1/24 brd + dev eth1",
            "route add 198.51.100.0/24 nexthop dev eth0 weight 1 nexthop dev eth1 weight 9",
            "route add 203.0.113.0/24 nexthop dev eth1 weight 9 nexthop dev eth0 weight 1")
    for net in ("198.51.100", "203.0.113"):
        for n in range(1, 9):
            c.recv(c.ip(src=f"{net}.{n}", dst="10.0.0.1") / ICMP(type=8, id=n))
            c.recv(c.ip(src=f"{net}.{n}", dst="10.0.1.1") / ICMP(type=8, id=n), wire="eth1")


@case("ICMP-095", kernel="__icmp_send")
def error_quotes_less_behind_options(c):
    """Options of the answer take their room from what is quoted."""
    for n in (500, 530, 1000):
        c.recv(with_options(c.ip() / UDP(sport=5, dport=9) / bytes(n), b"\x07\x0b\x04" + bytes(9)))


@case("IPOU-049", kernel="ip_mkroute_input")
def redirect_shared_media(c):
    """One of the two switches suffices for a redirect to a sender that is not on the wire."""
    c.world("route add 8.0.0.0/8 dev eth0")
    c.sysctl(ip_forward=1)
    c.conf(shared_media=0)
    c.recv(c.datagram(ip=dict(src="8.8.8.8", dst="10.0.0.77")))


@case(kernel="ip_mkroute_input")
def redirect_media_not_shared(c):
    """With neither, a sender that is not on the wire gets none."""
    c.world("route add 8.0.0.0/8 dev eth0")
    c.sysctl(ip_forward=1)
    c.conf(shared_media=0)
    c.conf("all", shared_media=0)
    c.recv(c.datagram(ip=dict(src="8.8.8.8", dst="10.0.0.77")))
