# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area C: IPv4 reassembly."""

import itertools

from lib.case import HOST, PEER, case, with_options
from scapy.layers.inet import ICMP
from scapy.packet import Raw

PROTO = 200  # a raw socket takes it: what was put together is seen octet by octet


def letters(n, first=0):
    return bytes(97 + (first + i // 8) % 26 for i in range(n))


def frag(c, start, end, more=True, fill=None, **kw):
    """Octets [start, end) of a datagram; each 8-octet block has its own letter."""
    body = bytes([fill]) * (end - start) if fill else letters(65536)[start:end]
    flags = ["MF"] if more else []
    if kw.pop("df", False):
        flags.append("DF")
    if kw.pop("evil", False):
        flags.append("evil")
    kw.setdefault("id", 0x4242)
    kw.setdefault("proto", PROTO)
    return c.ip(flags="+".join(flags), frag=start // 8, **kw) / Raw(body)


def raw(c):
    c.socket(f"r raw {PROTO} opt IP_RECVFRAGSIZE=1")
    c.socket("r201 raw 201")


@case("REASM-001", "REASM-002", "REASM-003", "REASM-005", "REASM-006", kernel="ip_frag_reasm")
def in_order(c):
    """All fragments in order make one datagram."""
    c.recv(*c.fragments(c.datagram(b"o" * 100), [32, 64, 96]))


@case("REASM-004", kernel="ip_frag_reasm")
def any_order(c):
    """Every order of four fragments gives the same datagram."""
    raw(c)
    for n, order in enumerate(itertools.permutations(range(4))):
        parts = [frag(c, i * 16, i * 16 + 16, more=i < 3, id=100 + n) for i in range(4)]
        c.recv(*(parts[i] for i in order))


@case("REASM-008", "REASM-009", "REASM-010", "REASM-011", kernel="ip_find")
def keys(c):
    """Id, source, destination and protocol each make another datagram."""
    raw(c)
    c.world("addr add 10.0.0.3/24 dev eth0")
    for kw in (dict(id=2), dict(src="10.0.0.9"), dict(dst="10.0.0.3"), dict(proto=201)):
        c.recv(frag(c, 0, 16, id=1), frag(c, 16, 32, more=False, **{"id": 1, **kw}))
        c.recv(frag(c, 16, 32, more=False, id=1), frag(c, 0, 16, **{"id": 1, **kw}))


@case("REASM-012", "REASM-050", kernel="ip_find")
def not_keys(c):
    """TOS, TTL and options are not part of the key; the first fragment's header counts."""
    raw(c)
    c.recv(frag(c, 0, 16, id=1, ttl=9, tos=0x10), frag(c, 16, 32, more=False, id=1, ttl=77, tos=0x20))
    c.recv(frag(c, 16, 32, more=False, id=2, ttl=77, tos=0x20), frag(c, 0, 16, id=2, ttl=9, tos=0x10))


@case("REASM-013", "REASM-062", kernel="ip_find")
def two_wires(c):
    """Fragments from two wires are joined; the control block is that of the first fragment."""
    raw(c)
    c.world("wire eth1", "link set dev eth1 arp off", "addr add 10.0.1.1/24 brd + dev eth1")
    c.recv(frag(c, 0, 16))
    c.recv(frag(c, 16, 32, more=False), wire="eth1")
    c.recv(frag(c, 16, 32, more=False, id=2))
    c.recv(frag(c, 0, 16, id=2), wire="eth1")


@case("REASM-016", kernel="ip_find")
def id_reused(c):
    """A reused id mixes into the old queue."""
    raw(c)
    c.recv(frag(c, 0, 16), frag(c, 0, 16, fill=90), frag(c, 16, 40, fill=90), frag(c, 24, 48, more=False),
           frag(c, 40, 48, more=False))


@case("REASM-018", "REASM-019", kernel="ip_frag_queue")
def not_multiple_of_8(c):
    """A length that is no multiple of eight is cut, unless it is the last fragment's."""
    raw(c)
    c.recv(frag(c, 0, 13), frag(c, 8, 30, more=False))
    c.recv(frag(c, 16, 30, more=False, id=2), frag(c, 0, 23, id=2))


@case("REASM-020", "REASM-021", "REASM-022", "REASM-023", kernel="ip_frag_queue")
def empty_fragments(c):
    """An empty fragment, or one cut to nothing, ends its queue."""
    raw(c)
    c.recv(frag(c, 0, 16, id=1), frag(c, 16, 23, id=1), frag(c, 16, 32, more=False, id=1))
    c.recv(frag(c, 0, 16, id=2), frag(c, 16, 16, id=2), frag(c, 16, 32, more=False, id=2))
    c.recv(frag(c, 0, 16, id=3), frag(c, 16, 16, more=False, id=3), frag(c, 16, 32, more=False, id=3))
    c.recv(frag(c, 8, 8, id=4), frag(c, 0, 8, id=4), frag(c, 8, 16, more=False, id=4))
    c.recv(frag(c, 0, 5, id=5), frag(c, 0, 0, id=6), frag(c, 24, 24, more=False, id=7))


@case("REASM-024", "REASM-025", "REASM-026", "REASM-027", "REASM-028", "REASM-029",
      kernel="ip_frag_queue")
def contradicting_ends(c):
    """Two last fragments, or one before the end of data."""
    raw(c)
    c.recv(frag(c, 16, 32, id=1), frag(c, 8, 24, more=False, id=1), frag(c, 0, 16, id=1))
    c.recv(frag(c, 16, 32, more=False, id=2), frag(c, 32, 40, more=False, id=2), frag(c, 0, 16, id=2))
    c.recv(frag(c, 16, 32, more=False, id=3), frag(c, 8, 24, more=False, id=3), frag(c, 0, 16, id=3))
    c.recv(frag(c, 16, 32, more=False, id=4), frag(c, 16, 32, more=False, id=4), frag(c, 0, 16, id=4))
    c.recv(frag(c, 16, 32, more=False, id=5), frag(c, 24, 40, id=5), frag(c, 0, 16, id=5))
    c.recv(frag(c, 24, 32, more=False, id=6), frag(c, 16, 32, id=6), frag(c, 0, 16, id=6))
    c.recv(frag(c, 24, 29, more=False, id=7), frag(c, 16, 24, id=7), frag(c, 0, 16, id=7))
    c.recv(frag(c, 24, 29, more=False, id=8), frag(c, 16, 32, id=8), frag(c, 0, 16, id=8))


@case("REASM-029", kernel="ip_frag_queue")
def more_bit_at_known_end(c):
    """MF up to exactly the known end is accepted."""
    raw(c)
    c.recv(frag(c, 24, 32, more=False, id=1), frag(c, 0, 24, id=1))
    c.recv(frag(c, 32, 32, more=False, id=2), frag(c, 0, 32, id=2))


@case("REASM-030", kernel="ip_frag_queue")
def last_inside_run(c):
    """A last fragment inside a run is a duplicate; the queue never completes."""
    raw(c)
    c.sysctl(ipfrag_time=1)
    c.recv(frag(c, 0, 16), frag(c, 8, 16, more=False))
    c.sleep(1.3)


@case("REASM-031", "REASM-032", "REASM-033", "REASM-034", kernel="ip_frag_reasm")
def size_limits(c):
    """65535 octets in all are delivered, one more is not."""
    raw(c)
    for n, (total, options) in enumerate(((65515, b""), (65516, b""), (65511, b"\x01" * 4),
                                          (65512, b"\x01" * 4), (65535, b""))):
        parts = [frag(c, i, min(i + 32768, total), more=i + 32768 < total, id=n + 1)
                 for i in range(0, total, 32768)]
        if options:
            parts[0] = with_options(parts[0], options)
        c.recv(*parts)
    c.recv(frag(c, 65528, 65530, more=False, id=9), frag(c, 65528, 65536, id=10))


@case("REASM-035", "REASM-036", "REASM-037", "REASM-038", kernel="inet_frag_queue_insert")
def duplicates(c):
    """Duplicates, and fragments inside what is there, are ignored: the first copy wins."""
    raw(c)
    c.recv(frag(c, 0, 32, id=1), frag(c, 0, 32, fill=90, id=1, ttl=3), frag(c, 8, 24, fill=90, id=1),
           frag(c, 0, 8, fill=90, id=1), frag(c, 24, 32, fill=90, id=1),
           frag(c, 32, 40, more=False, id=1))
    c.recv(frag(c, 16, 32, id=2), frag(c, 32, 48, id=2), frag(c, 24, 40, fill=90, id=2),
           frag(c, 0, 16, id=2), frag(c, 48, 56, more=False, id=2))


@case("REASM-041", "REASM-042", "REASM-043", "REASM-044", "REASM-045", "REASM-046", "REASM-049",
      kernel="inet_frag_queue_insert")
def overlaps(c):
    """A real overlap ends the queue and is counted."""
    raw(c)
    shapes = [
        [(0, 16, 1), (8, 24, 1), (24, 32, 0)],
        [(8, 24, 1), (0, 16, 1), (24, 32, 0)],
        [(8, 16, 1), (0, 24, 1), (24, 32, 0)],
        [(0, 8, 1), (16, 24, 1), (0, 24, 1), (24, 32, 0)],
        [(0, 8, 1), (16, 24, 1), (8, 24, 1), (24, 32, 0)],
        [(0, 8, 1), (16, 24, 1), (0, 16, 1), (24, 32, 0)],
        [(8, 16, 1), (8, 24, 1), (0, 8, 1), (24, 32, 0)],
        [(8, 16, 1), (0, 16, 1), (16, 32, 0)],
        [(16, 32, 0), (8, 32, 0), (0, 8, 1)],
        [(16, 32, 0), (16, 24, 1), (0, 16, 1)],
    ]
    for n, shape in enumerate(shapes):
        c.recv(*(frag(c, a, b, more=bool(m), id=n + 1) for a, b, m in shape))
        c.recv(frag(c, 0, 24, id=n + 1), frag(c, 24, 32, more=False, id=n + 1))


@case("REASM-039", "REASM-040", "REASM-044", kernel="inet_frag_queue_insert")
def runs(c):
    """Fragments appended in order make one run; those inserted before it do not."""
    raw(c)
    orders = [[1, 2, 3], [3, 2, 1], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2]]
    inner = [(1, 3), (1, 4), (2, 4), (1, 2), (2, 3)]
    n = 0
    for order in orders:
        for a, b in inner:
            n += 1
            c.recv(*(frag(c, 8 * i, 8 * i + 8, id=n) for i in order), frag(c, 8 * a, 8 * b, fill=90, id=n),
                   frag(c, 0, 8, id=n), frag(c, 32, 40, more=False, id=n))


@case("REASM-047", kernel="ip_find")
def late_fragment(c):
    """A fragment after completion opens a new queue."""
    raw(c)
    c.sysctl(ipfrag_time=1)
    c.recv(frag(c, 0, 16), frag(c, 16, 32, more=False), frag(c, 16, 32, more=False),
           frag(c, 0, 16, id=2), frag(c, 16, 32, more=False, id=2), frag(c, 0, 16, id=2))
    c.sleep(1.4)


@case("REASM-052", "REASM-053", "REASM-054", kernel="ip_frag_reasm")
def options_in_fragments(c):
    """Options come from the first fragment; each fragment is cut by its own header length."""
    raw(c)
    rr = b"\x07\x0b\x04" + bytes(8) + b"\x01"
    c.recv(with_options(frag(c, 0, 16, id=1), rr), frag(c, 16, 32, more=False, id=1))
    c.recv(frag(c, 0, 16, id=2), with_options(frag(c, 16, 32, more=False, id=2), b"\x01" * 8))
    c.recv(with_options(frag(c, 16, 32, more=False, id=3), b"\x01" * 8),
           with_options(frag(c, 0, 16, id=3), b"\x55\x04\x01\x02"))


@case("REASM-055", "REASM-056", "REASM-057", "REASM-058", "REASM-059", "REASM-060",
      kernel="ip_frag_reasm")
def flags_of_the_result(c):
    """DF of the result follows the largest fragments; the reserved bit is cleared."""
    raw(c)
    for n, dfs in enumerate(itertools.product((False, True), repeat=3)):
        c.recv(frag(c, 0, 32, id=n + 1, df=dfs[0]), frag(c, 32, 48, id=n + 1, df=dfs[1]),
               frag(c, 48, 80, more=False, id=n + 1, df=dfs[2]))
        c.recv(frag(c, 48, 60, more=False, id=n + 20, df=dfs[2]), frag(c, 32, 48, id=n + 20, df=dfs[1]),
               frag(c, 0, 32, id=n + 20, df=dfs[0]))
    c.recv(frag(c, 0, 16, id=50, evil=True), frag(c, 16, 32, more=False, id=50, evil=True))


@case("REASM-065", kernel="inet_frag_reasm_finish")
def transport_checksum(c):
    """The transport checksum is verified over the whole."""
    for bad in (False, True):
        packet = c.datagram(b"k" * 200, **(dict(chksum=0x1111) if bad else {}))
        c.recv(*c.fragments(packet, [64, 128], id=10 + bad))
        c.recv(*reversed(c.fragments(packet, [64, 128], id=12 + bad)))
        small = c.datagram(b"k" * 20, **(dict(chksum=0x1111) if bad else {}))
        c.recv(*c.fragments(small, [8, 16], id=14 + bad))


@case(*[f"REASM-0{n}" for n in range(66, 78)], rfc="RFC 3168 5.3", kernel="ip_frag_ecn_table")
def ecn(c):
    """Every combination of ECN codepoints over two, and over three, fragments."""
    raw(c)
    for n, bits in enumerate(itertools.product(range(4), repeat=2)):
        c.recv(frag(c, 0, 16, id=100 + n, tos=bits[0]),
               frag(c, 16, 32, more=False, id=100 + n, tos=bits[1]))
    for n, bits in enumerate(itertools.product(range(4), repeat=3)):
        c.recv(frag(c, 16, 32, id=200 + n, tos=bits[1]), frag(c, 0, 16, id=200 + n, tos=bits[0]),
               frag(c, 32, 48, more=False, id=200 + n, tos=bits[2]))
    c.recv(frag(c, 0, 16, id=300), frag(c, 0, 16, id=300, tos=3), frag(c, 16, 32, more=False, id=300))


@case("REASM-079", "REASM-080", "REASM-082", "REASM-083", kernel="ip_frag_too_far")
def max_distance(c):
    """More than 64 fragments of the source in between restart the queue."""
    raw(c)
    for between in (63, 64, 65):
        i = 1000 + between
        c.recv(frag(c, 0, 32, id=i))
        for n in range(between):
            c.recv(frag(c, 0, 8, id=2000 + 200 * between + n))
        c.recv(frag(c, 32, 40, more=False, id=i), frag(c, 0, 32, id=i))
        c.recv(frag(c, 32, 40, more=False, id=i))


@case("REASM-081", kernel="ip_frag_too_far")
def max_distance_off(c):
    """ipfrag_max_dist=0 turns the test off."""
    raw(c)
    c.sysctl(ipfrag_max_dist=0)
    c.recv(frag(c, 0, 32, id=1))
    for n in range(80):
        c.recv(frag(c, 0, 8, id=100 + n))
    c.recv(frag(c, 32, 40, more=False, id=1))


@case("REASM-084", "REASM-085", "REASM-086", "REASM-103", kernel="inet_frag_find")
def memory_limit(c):
    """Above ipfrag_high_thresh new fragments are refused; nothing is evicted."""
    raw(c)
    c.sysctl(ipfrag_low_thresh=1000)
    c.sysctl(ipfrag_high_thresh=8000)
    for n in range(14):
        c.recv(frag(c, 0, 8 * (n % 4 + 1), id=n + 1))
    c.recv(frag(c, 8, 16, more=False, id=1), frag(c, 0, 8, id=50), frag(c, 8, 16, more=False, id=50))


@case("REASM-087", kernel="inet_frag_find")
def memory_limit_zero(c):
    """A threshold of zero refuses every fragment."""
    raw(c)
    c.sysctl(ipfrag_low_thresh=0)
    c.sysctl(ipfrag_high_thresh=0)
    c.recv(frag(c, 0, 16), frag(c, 16, 32, more=False))


@case("REASM-090", "REASM-091", "REASM-093", "REASM-094", "REASM-099", "REASM-100",
      kernel="ip_expire")
def timeout(c):
    """After ipfrag_time a queue ends; with its first fragment there, time exceeded is sent."""
    raw(c)
    c.sysctl(ipfrag_time=1)
    c.recv(frag(c, 0, 16, id=1), frag(c, 16, 32, more=False, id=2), frag(c, 0, 21, id=3),
           frag(c, 0, 16, id=4, dst="10.0.0.255"), frag(c, 0, 16, id=5, dst="224.0.0.1"))
    error = bytes(c.ip(id=6, flags="MF") / ICMP(type=3, code=3) / bytes(c.ip(src=HOST, dst=PEER)) / bytes(4))
    request = bytes(c.ip(id=7, flags="MF") / ICMP(type=8) / bytes(8))
    c.recv(error, request)
    c.recv(frag(c, 0, 1000, id=8), frag(c, 1008, 2000, id=8))
    c.sleep(1.4)
    c.recv(frag(c, 16, 32, more=False, id=1))


@case("REASM-091", kernel="ip_expire")
def timeout_with_options(c):
    """The quoted first fragment carries its options as processed."""
    raw(c)
    c.sysctl(ipfrag_time=1)
    c.recv(with_options(frag(c, 0, 16, id=1), b"\x07\x0b\x04" + bytes(8) + b"\x01"))
    c.sleep(1.4)


@case("REASM-108", kernel="ip_protocol_deliver_rcu")
def reassembled_then_dropped(c):
    """A reassembled datagram that nobody wants."""
    c.recv(*c.fragments(c.datagram(b"n" * 64, dport=9), [32]))
    c.recv(*(frag(c, i * 16, i * 16 + 16, more=i < 2, proto=222) for i in range(3)))
    c.recv(*reversed(c.fragments(c.datagram(b"n" * 1200, dport=9), [400, 800], id=77)))


@case("REASM-003", kernel="icmp_echo")
def echo_in_fragments(c):
    """A fragmented echo request is answered in fragments of the MTU."""
    whole = c.ip() / ICMP(id=5, seq=6) / letters(4000)
    c.recv(*c.fragments(whole, [1480, 2960]))


def chunk_pairs():
    """The 13 Allen relations of two chunks, as (start, end) in blocks of eight octets."""
    return {
        "before": ((1, 2), (4, 5)), "meets": ((1, 3), (3, 5)), "overlaps": ((1, 4), (3, 6)),
        "starts": ((1, 3), (1, 5)), "during": ((2, 3), (1, 5)), "finishes": ((3, 5), (1, 5)),
        "equals": ((1, 4), (1, 4)), "after": ((4, 5), (1, 2)), "met_by": ((3, 5), (1, 3)),
        "overlapped_by": ((3, 6), (1, 4)), "started_by": ((1, 5), (1, 3)), "contains": ((1, 5), (2, 3)),
        "finished_by": ((1, 5), (3, 5)),
    }


@case("REASM-041", kernel="inet_frag_queue_insert")
def allen_pairs(c):
    """All relations of two chunks, with the first and the last fragment in every place."""
    raw(c)
    n = 0
    for (a, b) in chunk_pairs().values():
        end = max(a[1], b[1])
        parts = [(a, 65), (b, 66)]
        for order in itertools.permutations(["first", "x", "y", "last"]):
            if order.index("x") > order.index("y"):
                continue
            n += 1
            for what in order:
                if what == "first":
                    c.recv(frag(c, 0, 8, id=n))
                elif what == "last":
                    c.recv(frag(c, end * 8, end * 8 + 8, more=False, id=n))
                else:
                    (start, stop), fill = parts[what == "y"]
                    c.recv(frag(c, start * 8, stop * 8, fill=fill, id=n))
