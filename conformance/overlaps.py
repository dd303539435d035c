# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Overlapping fragments, exhaustively.

Every consistent relation of two chunks (13, after Allen) and of three (409), each in every order,
with the first and the last fragment of the datagram before, behind or around them: about 17,400
scenarios, one case per relation. Each chunk is filled with a letter of its own, so the octets that
a raw socket receives say which chunk won.
"""

import itertools

from lib.case import case

PROTO = 200
FIRST, LAST = "F", "L"
# Where the first and the last fragment of the datagram come among the chunks.
PLACES = ((FIRST + LAST, ""), (LAST + FIRST, ""), (FIRST, LAST), (LAST, FIRST), ("", FIRST + LAST),
          ("", LAST + FIRST), ("", ""))


def relations(n):
    """All ways in which n chunks can lie to each other: tuples of (start, end) ranks."""
    seen = set()
    points = range(2 * n)
    spans = [(a, b) for a in points for b in points if a < b]
    for chunks in itertools.product(spans, repeat=n):
        used = sorted({p for c in chunks for p in c})
        rank = {p: i for i, p in enumerate(used)}
        seen.add(tuple((rank[a], rank[b]) for a, b in chunks))
    return sorted(seen)


def checksum(octets):
    total = sum(int.from_bytes(octets[i:i + 2], "big") for i in range(0, len(octets), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def fragment(ident, start, end, letter, more):
    """One fragment; start and end in blocks of eight octets."""
    body = letter.encode() * (8 * (end - start))
    head = bytearray(20)
    head[0] = 0x45
    head[2:4] = (20 + len(body)).to_bytes(2, "big")
    head[4:6] = ident.to_bytes(2, "big")
    head[6:8] = ((0x2000 if more else 0) | start).to_bytes(2, "big")
    head[8], head[9] = 64, PROTO
    head[12:16] = bytes((10, 0, 0, 2))
    head[16:20] = bytes((10, 0, 0, 1))
    head[10:12] = checksum(head).to_bytes(2, "big")
    return bytes(head) + body


def scenario(c, ident, chunks, order, place):
    """The chunks in this order (ranks become blocks 1, 2, ...), first and last where place says."""
    end = 1 + max(b for _, b in chunks)
    ends = {FIRST: fragment(ident, 0, 1, "f", True), LAST: fragment(ident, end, end + 1, "l", False)}
    c.recv(*(ends[w] for w in place[0]))
    for i in order:
        start, stop = chunks[i]
        c.recv(fragment(ident, 1 + start, 1 + stop, "ABC"[i], True))
    c.recv(*(ends[w] for w in place[1]))


def register(name, chunks):
    def fn(c):
        c.no_sockets()
        c.socket(f"r raw {PROTO}")
        scenarios = itertools.product(itertools.permutations(range(len(chunks))), PLACES)
        for ident, (order, place) in enumerate(scenarios, 1):
            scenario(c, ident, chunks, order, place)

    fn.__doc__ = "Chunks at " + ", ".join(f"{a}-{b}" for a, b in chunks) + "."
    case("REASM-041", rfc="RFC 791 3.2", kernel="inet_frag_queue_insert", name=name)(fn)


for _n, _kind in ((2, "pair"), (3, "triple")):
    for _i, _chunks in enumerate(relations(_n)):
        register(f"{_kind}_{_i}", _chunks)
