# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area D: protocols that have a handler only while something else is loaded."""

from lib.case import case
from scapy.packet import Raw


@case("DELIV-018", "DELIV-019", "DELIV-020", "DELIV-021", "DELIV-022", "DELIV-023", "DELIV-024",
      "DELIV-025", "DELIV-026", "DELIV-027", kernel="ip_protocol_deliver_rcu")
def nobody_registered(c):
    """Without a tunnel, a transform or a transport of theirs they are unknown protocols."""
    for proto in (4, 41, 137, 47, 50, 51, 108, 132, 0, 2, 33, 46, 89, 94, 255):
        c.recv(c.ip(proto=proto) / Raw(bytes(48)))


@case(kernel="ip_protocol_deliver_rcu")
def by_configuration(c):
    """PIM is in the kernels of distributions, L2TP over IP is a module that nobody has loaded."""
    for proto in (103, 115):
        c.recv(c.ip(proto=proto) / Raw(bytes(48)))


@case("DELIV-033", kernel="xfrm4_policy_check")
def no_policy(c):
    """Without IPsec policies nothing is refused: UDP, raw and unknown protocols."""
    c.socket("r raw 200")
    c.recv(c.datagram(), c.ip(proto=200) / Raw(b"raw"), c.ip(proto=201) / Raw(b"nobody"))
