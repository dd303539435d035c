# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area C: fragments of lengths that are no multiple of eight, among others that are."""

from lib.case import IP, Raw, case


def pieces(c, ident, *spans):
    """UDP datagram octets by (start, end, more); octets count up."""
    body = bytes(c.udp(len=72, chksum=0)) + bytes(range(64))
    for start, end, more in spans:
        c.recv(IP(src=c.peer, dst=c.host, id=ident, proto=17, flags="MF" if more else 0,
                  frag=start // 8) / Raw(body[start:end]))


@case("REASM-018", kernel="ip_frag_queue")
def odd_in_the_middle(c):
    """A fragment with more to come is cut to a multiple of eight, wherever it comes."""
    c.socket("r raw 17")
    for ident, odd in enumerate(range(16, 25), 1):
        pieces(c, ident, (0, 16, True), (16, odd + 8, True), (24, 72, False))
    for ident, odd in enumerate(range(8, 17), 101):
        pieces(c, ident, (0, odd, True), (8, 72, False))


@case("REASM-018", kernel="ip_frag_queue")
def odd_without_raw_sockets(c):
    """The same for a UDP socket alone."""
    for ident, odd in enumerate(range(16, 25), 1):
        pieces(c, ident, (0, 16, True), (16, odd + 8, True), (24, 72, False))
        pieces(c, 100 + ident, (0, 16, True), (16, odd + 8, True), (odd // 8 * 8 + 8, 72, False))
    for ident, odd in enumerate(range(8, 17), 201):
        pieces(c, ident, (0, odd, True), (odd // 8 * 8, 72, False))
