# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area A: IPv4 input, header validation, routing decision."""

from lib.case import HOST, PEER, case, fix, with_options

from scapy.packet import Raw

TWO_WIRES = (
    "wire eth1",
    "link set dev eth1 arp off",
    "addr add 10.0.1.1/24 brd + dev eth1",
)

@case("IPIN-001", kernel="ip_rcv_core")
def frame_to_other_mac(c):
    """A frame to another station is dropped before any IP processing."""
    c.recv(c.datagram(), dst="02:00:00:00:00:99")

@case("IPIN-002", "IPIN-058", kernel="ip_rcv_core")
def plain_datagram(c):
    """A datagram to the host's own address is received and delivered."""
    c.recv(c.datagram())

@case("IPIN-003", rfc="RFC 1122 3.2.1", kernel="ip_rcv_core")
def link_padding(c):
    """InOctets counts the padded length; the socket never sees the padding."""
    c.recv(c.datagram(b"x"), pad=bytes(17))

@case("IPIN-004", rfc="RFC 1812 5.2.2", kernel="ip_rcv_core")
def short_header(c):
    """Fewer than 20 octets: a header error, without an ECN counter."""
    whole = bytes(c.datagram())
    for n in (0, 1, 10, 19):
        c.recv(whole[:n])

@case("IPIN-005", rfc="RFC 1122 3.2.1.1", kernel="ip_rcv_core")
def version_not_4(c):
    """Any version but 4 is a header error, whatever else is right."""
    for version in (0, 1, 3, 5, 6, 15):
        raw = bytearray(bytes(c.datagram()))
        raw[0] = version << 4 | 5
        c.recv(fix(raw))

@case("IPIN-006", rfc="RFC 1812 5.2.2", kernel="ip_rcv_core")
def ihl_below_5(c):
    """A header length below 20 octets is a header error."""
    for ihl in range(5):
        raw = bytearray(bytes(c.datagram()))
        raw[0] = 0x40 | ihl
        c.recv(bytes(raw))

@case("IPIN-007", rfc="RFC 1812 5.2.2", kernel="ip_rcv_core")
def ihl_beyond_data(c):
    """A header longer than the data: the ECN counter has moved already."""
    raw = bytearray(bytes(c.ip(proto=17) / Raw(b"1234")))
    raw[0] = 0x4F
    c.recv(bytes(raw))

@case("IPIN-008", rfc="RFC 1122 3.2.1.2", kernel="ip_rcv_core")
def header_checksum_wrong(c):
    """A wrong header checksum is counted as such and as a header error."""
    c.recv(c.datagram(ip=dict(chksum=0xDEAD)), c.datagram(ip=dict(chksum=0)))

@case("IPIN-009", kernel="ip_rcv_core")
def checksum_before_truncation(c):
    """The checksum is judged before the total length."""
    c.recv(c.datagram(ip=dict(chksum=0xBEEF, len=1000)))

@case("IPIN-010", kernel="ip_rcv_core")
def checksum_covers_options(c):
    """A flipped bit in the options is a checksum error."""
    raw = bytearray(bytes(c.ip() / c.udp() / b"x"))
    raw = bytearray(raw[:20]) + bytes(4) + raw[20:]
    raw[0] = 0x46
    raw[2:4] = len(raw).to_bytes(2, "big")
    raw = bytearray(fix(raw))
    raw[21] ^= 1
    c.recv(bytes(raw))

@case("IPIN-011", rfc="RFC 1812 5.2.2", kernel="ip_rcv_core")
def total_length_beyond_data(c):
    """More total length than data: truncated, not a header error."""
    c.recv(c.datagram(ip=dict(len=38)), c.datagram(ip=dict(len=65535)))

@case("IPIN-012", "IPIN-013", rfc="RFC 1812 5.2.2", kernel="ip_rcv_core")
def total_length_below_header(c):
    """A total length below the header's, zero among them, is a header error."""
    for n in (0, 1, 19):
        c.recv(c.datagram(ip=dict(len=n)))

@case("IPIN-014", kernel="ip_rcv_core")
def no_payload(c):
    """A bare header is accepted; raw sockets get 20 octets."""
    c.socket("r raw 17")
    c.socket("r200 raw 200")
    c.recv(c.ip(proto=17), c.ip(proto=200), c.ip(proto=6), c.ip(proto=1), c.ip(proto=2))

@case("IPIN-015", rfc="RFC 1122 3.2.1", kernel="ip_rcv_core")
def trailing_octets_cut(c):
    """What follows the total length is cut off."""
    c.socket("r raw 17")
    c.recv(bytes(c.datagram(b"abc")) + b"trailing")

@case("IPIN-017", "IPIN-019", "IPIN-020", rfc="RFC 3168", kernel="ip_rcv_core")
def ecn_counters(c):
    """Each ECN codepoint has its counter."""
    for tos in range(4):
        c.recv(c.datagram(ip=dict(tos=tos)))
        c.recv(c.datagram(ip=dict(tos=0xB8 | tos)))

@case("IPIN-022", rfc="RFC 791 3.1", kernel="ip_is_fragment")
def reserved_flag(c):
    """The reserved flag bit is ignored and stays visible to raw sockets."""
    c.socket("r raw 17")
    c.recv(c.datagram(ip=dict(flags="evil")), c.datagram(ip=dict(flags="evil+DF")),
           c.datagram(ip=dict(flags="DF")))

@case("IPIN-023", rfc="RFC 1122 3.2.1.7", kernel="ip_forward")
def ttl_zero_and_one(c):
    """TTL is not looked at for local delivery."""
    c.recv(c.datagram(ip=dict(ttl=0)), c.datagram(ip=dict(ttl=1)), c.datagram(ip=dict(ttl=255)))

@case("IPIN-033", rfc="RFC 1122 3.3.6", kernel="ip_rcv_finish_core")
def unicast_in_link_broadcast(c):
    """A unicast datagram in a broadcast or multicast frame is accepted by default."""
    c.recv(c.datagram(), dst="ff:ff:ff:ff:ff:ff")
    c.recv(c.datagram(), dst="01:00:5e:00:00:01")
    c.recv(c.datagram(dport=9), dst="ff:ff:ff:ff:ff:ff")

@case("IPIN-033", rfc="RFC 1122 3.3.6", kernel="ip_rcv_finish_core")
def unicast_in_link_broadcast_refused(c):
    """drop_unicast_in_l2_multicast refuses it."""
    c.conf(drop_unicast_in_l2_multicast=1)
    c.recv(c.datagram(), dst="ff:ff:ff:ff:ff:ff")
    c.recv(c.datagram(), dst="01:00:5e:00:00:01")
    c.recv(c.datagram())

@case("IPIN-034", rfc="RFC 1812 5.3.4", kernel="ip_forward")
def forward_of_link_broadcast(c):
    """A broadcast frame is never forwarded."""
    c.world(*TWO_WIRES)
    c.sysctl(ip_forward=1)
    c.recv(c.datagram(ip=dict(dst="10.0.1.9")), dst="ff:ff:ff:ff:ff:ff")

@case("IPIN-035", kernel="ip_rcv_finish_core")
def group_in_unicast_frame(c):
    """Multicast and broadcast datagrams in unicast frames are taken by address."""
    c.recv(c.datagram(ip=dict(dst="224.0.0.1")), c.datagram(ip=dict(dst="10.0.0.255")),
           dst="02:00:00:00:00:01")

@case("IPIN-036", "IPIN-096", rfc="RFC 4293", kernel="ip_rcv_finish_core")
def multicast_counters(c):
    """InMcastPkts and InMcastOctets (the trimmed length); 224.0.0.1 is always joined."""
    c.recv(c.datagram(ip=dict(dst="224.0.0.1")), pad=bytes(20))

@case("IPIN-037", rfc="RFC 4293", kernel="ip_rcv_finish_core")
def broadcast_counters(c):
    """InBcastPkts and InBcastOctets for the limited and the directed broadcast."""
    c.recv(c.datagram(ip=dict(dst="255.255.255.255")), c.datagram(ip=dict(dst="10.0.0.255")),
           c.datagram(ip=dict(src="0.0.0.0", dst="0.0.0.0")))

@case("IPIN-038", kernel="ip_rcv_finish_core")
def bad_options_before_group_counters(c):
    """Options are handled before the multicast and broadcast counters."""
    c.recv(with_options(c.datagram(ip=dict(dst="224.0.0.1")), b"\x07\x00\x00\x00"))
    c.recv(with_options(c.datagram(ip=dict(dst="10.0.0.255")), b"\x07\x00\x00\x00"))

@case("IPIN-039", kernel="ip_rcv_finish_core")
def multicast_fragments_counted(c):
    """Each fragment of a multicast datagram moves the multicast counters."""
    c.recv(*c.fragments(c.datagram(b"m" * 64, ip=dict(dst="224.0.0.1")), [24, 48]))

@case("IPIN-040", rfc="RFC 1122 3.2.1.3", kernel="ip_route_input_slow")
def source_multicast(c):
    """A multicast source is a martian."""
    for dst in (HOST, "10.0.0.255", "10.0.0.77", "255.255.255.255"):
        c.recv(c.datagram(ip=dict(src="224.0.0.5", dst=dst)))

@case("IPIN-040", rfc="RFC 1122 3.2.1.3", kernel="ip_route_input_slow")
def source_limited_broadcast(c):
    """255.255.255.255 as a source is a martian."""
    c.recv(c.datagram(ip=dict(src="255.255.255.255")))

@case("IPIN-042", "IPIN-043", rfc="RFC 1122 3.2.1.3", kernel="ip_route_input_slow")
def source_zero(c):
    """A zero source is tolerated with the limited broadcast only."""
    c.recv(c.datagram(ip=dict(src="0.0.0.0")), c.datagram(ip=dict(src="0.0.0.0", dst="10.0.0.255")))

@case("IPIN-044", rfc="RFC 1122 3.2.1.3", kernel="ip_route_input_slow")
def source_zero_limited_broadcast(c):
    """0.0.0.0 to 255.255.255.255 passes, even with strict rp_filter."""
    c.conf(rp_filter=1)
    c.recv(c.datagram(ip=dict(src="0.0.0.0", dst="255.255.255.255")))

@case("IPIN-045", rfc="RFC 1122 3.3.6", kernel="ip_route_input_slow")
def source_and_destination_zero(c):
    """0.0.0.0 to 0.0.0.0 is delivered as a broadcast."""
    c.recv(c.datagram(ip=dict(src="0.0.0.0", dst="0.0.0.0")))

@case("IPIN-046", rfc="RFC 1122 3.2.1.3", kernel="ip_route_input_slow")
def destination_zero(c):
    """A zero destination with a real source is a martian destination."""
    c.recv(c.datagram(ip=dict(dst="0.0.0.0")))

@case("IPIN-047", rfc="RFC 1122 3.2.1.3", kernel="ipv4_is_zeronet")
def zero_network(c):
    """0.1.2.3 is an ordinary address."""
    c.recv(c.datagram(ip=dict(src="0.1.2.3")), c.datagram(ip=dict(dst="0.1.2.3")))

@case("IPIN-048", "IPIN-049", rfc="RFC 1122 3.2.1.3(g)", kernel="ip_route_input_slow")
def loopback_addresses(c):
    """127/8 from the wire is refused as source and as destination."""
    c.recv(c.datagram(ip=dict(dst="127.0.0.1")), c.datagram(ip=dict(dst="127.9.9.9")),
           c.datagram(ip=dict(src="127.0.0.1")), c.datagram(ip=dict(src="127.9.9.9")),
           c.datagram(ip=dict(src="127.0.0.1", dst="127.0.0.1")))

@case("IPIN-050", "IPIN-051", kernel="ip_route_input_slow")
def loopback_source_limited_broadcast(c):
    """The limited broadcast has no loopback test: only configured addresses are refused."""
    c.recv(c.datagram(ip=dict(src="127.0.0.1", dst="255.255.255.255")),
           c.datagram(ip=dict(src="127.0.0.2", dst="255.255.255.255")))

@case("IPIN-052", kernel="ip_route_input_slow")
def route_localnet(c):
    """route_localnet lifts the loopback test; the rest of the checks stay."""
    c.conf(route_localnet=1)
    c.recv(c.datagram(ip=dict(dst="127.0.0.1")), c.datagram(ip=dict(dst="127.9.9.9")),
           c.datagram(ip=dict(src="127.0.0.1")), c.datagram(ip=dict(src="127.9.9.9")))

@case("IPIN-054", rfc="RFC 1122 3.2.1.3", kernel="ip_route_input_slow")
def source_class_e(c):
    """240/4 is an ordinary source; as a destination it is just not ours."""
    c.recv(c.datagram(ip=dict(src="240.1.2.3")), c.datagram(ip=dict(dst="250.0.0.1")))

@case("IPIN-056", "IPIN-057", kernel="ip_route_input_slow")
def weak_host_model(c):
    """An address of another interface is the host's own; also on a wire without address."""
    c.world(*TWO_WIRES, "wire eth2", "link set dev eth2 arp off")
    c.recv(c.datagram(ip=dict(dst="10.0.1.1")))
    c.recv(c.datagram(), wire="eth1")
    c.recv(c.datagram(), wire="eth2", dst="02:00:00:00:00:03")
    c.recv(c.datagram(ip=dict(dst="10.0.1.1")), wire="eth2", dst="02:00:00:00:00:03")

@case("IPIN-060", kernel="fib_add_ifaddr")
def old_style_broadcast(c):
    """The all-zeros host part is no broadcast any more."""
    c.recv(c.datagram(ip=dict(dst="10.0.0.0")))

@case("IPIN-061", kernel="ip_route_input_slow")
def broadcast_of_other_wire(c):
    """The directed broadcast of another wire's subnet is a broadcast here too."""
    c.world(*TWO_WIRES)
    c.recv(c.datagram(ip=dict(dst="10.0.1.255")))

@case("IPIN-064", kernel="ip_route_input_slow")
def not_for_us(c):
    """Not ours and not forwarding: InAddrErrors, nothing sent."""
    c.recv(c.datagram(ip=dict(dst="10.0.0.9")), c.datagram(ip=dict(dst="192.0.2.1")))

@case("IPIN-064", kernel="ip_route_input_slow")
def not_for_us_no_route(c):
    """The same without any route to the destination."""
    c.bare()
    c.world("wire eth0", "link set dev eth0 arp off", "addr add 10.0.0.1/24 brd + dev eth0")
    c.recv(c.datagram(ip=dict(dst="192.0.2.1")))

@case("IPIN-065", kernel="ip_route_input_slow")
def special_routes_not_forwarding(c):
    """Blackhole, unreachable and prohibit routes look alike when the host does not forward."""
    c.world("route add blackhole 192.0.2.0/28", "route add unreachable 192.0.2.16/28",
            "route add prohibit 192.0.2.32/28", "route add throw 192.0.2.48/28")
    for last in (1, 17, 33, 49):
        c.recv(c.datagram(ip=dict(dst=f"192.0.2.{last}")))

@case("IPIN-066", kernel="ip_route_input_slow")
def not_for_us_source_unchecked(c):
    """Not ours: the source is not validated before InAddrErrors counts."""
    c.conf(rp_filter=1)
    c.recv(c.datagram(ip=dict(src=HOST, dst="10.0.0.9")),
           c.datagram(ip=dict(src="172.16.1.1", dst="10.0.0.9")))

@case("IPIN-067", kernel="ip_rcv_finish_core")
def not_for_us_bad_option(c):
    """A malformed option is answered before the error route runs."""
    c.recv(with_options(c.datagram(ip=dict(dst="10.0.0.9")), b"\x07\x00\x00\x00"))

@case("IPIN-068", rfc="RFC 1812 5.2.7.1", kernel="ip_error")
def forward_no_route(c):
    """Forwarding without a route: InNoRoutes and network unreachable."""
    c.bare()
    c.world("wire eth0", "link set dev eth0 arp off", "addr add 10.0.0.1/24 brd + dev eth0",
            "sysctl net.ipv4.icmp_ratemask=0", "sysctl net.ipv4.ip_forward=1")
    c.recv(c.datagram(ip=dict(dst="192.0.2.1", src="10.0.0.68")))

@case("IPIN-073", kernel="ip_error")
def forward_no_route_limited(c):
    """At most five answers in a row to one source; InNoRoutes keeps counting."""
    c.bare()
    c.world("wire eth0", "link set dev eth0 arp off", "addr add 10.0.0.1/24 brd + dev eth0",
            "sysctl net.ipv4.icmp_ratemask=0", "sysctl net.ipv4.ip_forward=1")
    for _ in range(8):
        c.recv(c.datagram(ip=dict(dst="192.0.2.1", src="10.0.0.73")))

@case("IPIN-069", "IPIN-070", "IPIN-071", "IPIN-072", rfc="RFC 1812 5.2.7.1", kernel="ip_error")
def forward_special_routes(c):
    """Unreachable, prohibit, blackhole and throw routes while forwarding."""
    c.bare()
    c.world("wire eth0", "link set dev eth0 arp off", "addr add 10.0.0.1/24 brd + dev eth0",
            "sysctl net.ipv4.icmp_ratemask=0", "sysctl net.ipv4.ip_forward=1",
            "route add blackhole 192.0.2.0/28", "route add unreachable 192.0.2.16/28",
            "route add prohibit 192.0.2.32/28", "route add throw 192.0.2.48/28")
    for last in (1, 17, 33, 49):
        c.recv(c.datagram(ip=dict(dst=f"192.0.2.{last}", src=f"10.0.0.{100 + last}")))

@case("IPIN-074", kernel="ip_route_input_slow")
def forwarding_of_input_device(c):
    """Only the input device's own forwarding flag counts."""
    c.world(*TWO_WIRES)
    c.sysctl(ip_forward=1)
    c.conf("eth0", forwarding=0)
    c.recv(c.datagram(ip=dict(dst="10.0.1.9")))
    c.recv(c.datagram(ip=dict(src="10.0.1.9", dst="10.0.0.9")), wire="eth1")

@case("IPIN-075", kernel="ip_route_input_slow")
def odd_route_types(c):
    """Multicast and anycast type routes are martian destinations when forwarding."""
    c.world("route add multicast 192.0.2.0/28 dev eth0 table main")
    c.sysctl(ip_forward=1)
    c.recv(c.datagram(ip=dict(dst="192.0.2.1")))

@case("IPIN-076", "IPIN-077", rfc="RFC 1812 5.3.8", kernel="fib_validate_source")
def own_source(c):
    """An own address as source is refused; so is the land packet."""
    c.world("addr add 10.0.0.3/24 dev eth0")
    c.recv(c.datagram(ip=dict(src="10.0.0.3")), c.datagram(ip=dict(src=HOST)))

@case("IPIN-078", kernel="fib_validate_source")
def own_source_accept_local(c):
    """accept_local=1 lets an own source in."""
    c.world("addr add 10.0.0.3/24 dev eth0")
    c.conf(accept_local=1)
    c.recv(c.datagram(ip=dict(src="10.0.0.3")))

@case("IPIN-079", kernel="__fib_validate_source")
def own_source_accept_local_strict(c):
    """With rp_filter=1 the local route of an own source is on lo: reverse path failure."""
    c.world("addr add 10.0.0.3/24 dev eth0", *TWO_WIRES)
    c.conf(accept_local=1, rp_filter=1)
    c.recv(c.datagram(ip=dict(src="10.0.0.3")), c.datagram(ip=dict(src="10.0.1.1")))

@case("IPIN-080", rfc="RFC 1122 3.2.1.3", kernel="fib_validate_source")
def source_directed_broadcast(c):
    """A directed broadcast as source passes the quick check."""
    c.recv(c.datagram(ip=dict(src="10.0.0.255")))

@case("IPIN-081", kernel="__fib_validate_source")
def source_directed_broadcast_rp(c):
    """With rp_filter it is refused, without the reverse-path counter."""
    c.conf(rp_filter=2)
    c.recv(c.datagram(ip=dict(src="10.0.0.255")))

@case("IPIN-082", "IPIN-087", rfc="RFC 3704 2.2", kernel="__fib_validate_source")
def rp_filter_strict(c):
    """Strict: the best route back must use the input wire; the maximum of all and device counts."""
    c.world(*TWO_WIRES)
    c.conf("all", rp_filter=1)
    c.recv(c.datagram(ip=dict(src="10.0.1.9")), c.datagram(ip=dict(src="10.0.0.9")),
           c.datagram(ip=dict(src="198.51.100.1")))
    c.recv(c.datagram(ip=dict(src="198.51.100.1")), wire="eth1")

@case("IPIN-083", "IPIN-087", rfc="RFC 3704 2.4", kernel="__fib_validate_source")
def rp_filter_loose(c):
    """Loose: any route back will do; 2 wins over 1."""
    c.world(*TWO_WIRES)
    c.conf("all", rp_filter=1)
    c.conf("eth0", rp_filter=2)
    c.recv(c.datagram(ip=dict(src="10.0.1.9")))

@case("IPIN-084", rfc="RFC 3704 2.4", kernel="__fib_validate_source")
def rp_filter_loose_no_route(c):
    """Loose without any route back: refused."""
    c.bare()
    c.world("wire eth0", "link set dev eth0 arp off", "addr add 10.0.0.1/24 brd + dev eth0",
            "sysctl net.ipv4.conf.eth0.rp_filter=2", "socket u udp bind 0.0.0.0:7777")
    c.recv(c.datagram(ip=dict(src="198.51.100.1")))

@case("IPIN-085", kernel="fib_validate_source")
def no_route_back(c):
    """rp_filter=0 and no route to the source: accepted."""
    c.bare()
    c.world("wire eth0", "link set dev eth0 arp off", "addr add 10.0.0.1/24 brd + dev eth0",
            "socket u udp bind 0.0.0.0:7777")
    c.recv(c.datagram(ip=dict(src="198.51.100.1")), c.datagram(ip=dict(src="198.51.100.1"), dport=9))

@case("IPIN-086", kernel="__fib_validate_source")
def rp_filter_loose_no_address(c):
    """Loose mode on a wire without an address refuses a mismatch."""
    c.world("wire eth1", "link set dev eth1 arp off")
    c.conf("eth1", rp_filter=2)
    c.recv(c.datagram(ip=dict(src="10.0.0.9")), wire="eth1")

@case("IPIN-088", kernel="fib_info_nh_uses_dev")
def rp_filter_multipath(c):
    """Strict: one next hop of a multipath route on the input wire suffices."""
    c.world(*TWO_WIRES,
            "route add 198.51.100.0/24 nexthop via 10.0.0.5 dev eth0 nexthop via 10.0.1.5 dev eth1")
    c.conf("all", rp_filter=1)
    c.recv(c.datagram(ip=dict(src="198.51.100.7")))
    c.recv(c.datagram(ip=dict(src="198.51.100.7")), wire="eth1")

@case("IPIN-090", kernel="ip_route_input_slow")
def rp_filter_broadcast(c):
    """The source rules hold for broadcasts with a real source."""
    c.world(*TWO_WIRES)
    c.conf(rp_filter=1)
    for dst in ("10.0.0.255", "255.255.255.255"):
        c.recv(c.datagram(ip=dict(src="10.0.1.9", dst=dst)),
               c.datagram(ip=dict(src="224.0.0.9", dst=dst)))

@case("IPIN-092", kernel="ip_handle_martian_source")
def log_martians(c):
    """log_martians changes no decision."""
    c.conf(log_martians=1)
    c.recv(c.datagram(ip=dict(src="127.0.0.1")), c.datagram(ip=dict(dst="127.0.0.1")))

@case("IPIN-093", rfc="RFC 1112 7.2", kernel="ip_route_input_rcu")
def multicast_not_joined(c):
    """A group that nobody joined is dropped; InMcastPkts does not move."""
    c.recv(c.datagram(ip=dict(dst="239.1.1.1")))

@case("IPIN-094", rfc="RFC 1112", kernel="ip_route_input_mc")
def multicast_joined(c):
    """A joined group is delivered."""
    c.socket("m udp bind 0.0.0.0:7778 opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0")
    c.recv(c.datagram(ip=dict(dst="239.1.1.1"), dport=7778), c.datagram(ip=dict(dst="239.1.1.1")))

@case("IPIN-095", kernel="ip_check_mc_rcu")
def multicast_joined_elsewhere(c):
    """Joined on another wire is not joined here."""
    c.world(*TWO_WIRES)
    c.socket("m udp bind 0.0.0.0:7778 opt IP_ADD_MEMBERSHIP=239.1.1.1@eth1")
    c.recv(c.datagram(ip=dict(dst="239.1.1.1"), dport=7778))
    c.recv(c.datagram(ip=dict(dst="239.1.1.1", src="10.0.1.9"), dport=7778), wire="eth1")

@case("IPIN-097", rfc="RFC 3376", kernel="ip_check_mc_rcu")
def multicast_source_filter(c):
    """A source that no socket of the wire wants is dropped at IP level."""
    c.socket("m udp bind 0.0.0.0:7778 opt IP_ADD_SOURCE_MEMBERSHIP=239.1.1.1,10.0.0.50@10.0.0.1")
    c.recv(c.datagram(ip=dict(dst="239.1.1.1"), dport=7778),
           c.datagram(ip=dict(dst="239.1.1.1", src="10.0.0.50"), dport=7778))

@case("IPIN-098", kernel="ip_check_mc_rcu")
def igmp_ignores_source_filter(c):
    """IGMP passes the source filter."""
    c.socket("m udp bind 0.0.0.0:7778 opt IP_ADD_SOURCE_MEMBERSHIP=239.1.1.1,10.0.0.50@10.0.0.1")
    c.socket("r raw 2")
    c.recv(c.ip(dst="239.1.1.1", proto=2, ttl=1) / Raw(bytes.fromhex("1600 e8fd ef01 0101")))

@case("IPIN-099", "IPIN-100", "IPIN-101", kernel="ip_mc_validate_source")
def multicast_zero_source(c):
    """A zero source: link-local groups always, others only for IGMP."""
    c.socket("m udp bind 0.0.0.0:7778 opt IP_ADD_MEMBERSHIP=239.1.1.1@eth0")
    c.socket("r raw 2")
    c.conf(rp_filter=1)
    c.recv(c.datagram(ip=dict(src="0.0.0.0", dst="224.0.0.1")),
           c.datagram(ip=dict(src="0.0.0.0", dst="239.1.1.1"), dport=7778),
           c.ip(src="0.0.0.0", dst="239.1.1.1", proto=2) / Raw(bytes(8)))

@case("IPIN-102", "IPIN-103", "IPIN-104", kernel="ip_mc_validate_source")
def multicast_bad_sources(c):
    """Multicast, broadcast, loopback and own sources are refused for multicast."""
    for src in ("224.0.0.9", "255.255.255.255", "127.0.0.1", "127.1.1.1", HOST, "240.0.0.1"):
        c.recv(c.datagram(ip=dict(src=src, dst="224.0.0.1")))

@case("IPIN-105", kernel="ip_mc_validate_source")
def multicast_rp_filter(c):
    """The reverse path is checked for multicast."""
    c.world(*TWO_WIRES)
    c.conf(rp_filter=1)
    c.recv(c.datagram(ip=dict(src="10.0.1.9", dst="224.0.0.1")))

@case("IPIN-107", kernel="ip_route_input_noref")
def tos_routing(c):
    """A route with a TOS decides only for packets with that TOS; ECN bits never matter."""
    c.world(*TWO_WIRES, "route add unreachable 192.0.2.0/24",
            "route add 192.0.2.0/24 tos 0x10 via 10.0.1.5 dev eth1")
    c.sysctl(ip_forward=1)
    for n, tos in enumerate((0x10, 0x13, 0x00, 0x30, 0x50, 0x90)):
        c.recv(c.datagram(ip=dict(dst="192.0.2.1", src=f"10.0.0.{120 + n}", tos=tos)))

@case("IPIN-108", rfc="RFC 1812 5.3.1", kernel="ip_forward")
def forward_ttl(c):
    """TTL 0 and 1 are not forwarded: time exceeded."""
    c.world(*TWO_WIRES)
    c.sysctl(ip_forward=1)
    for ttl in (0, 1, 2, 255):
        c.recv(c.datagram(ip=dict(dst="10.0.1.9", ttl=ttl)))

@case("IPIN-110", rfc="RFC 1191", kernel="ip_forward")
def forward_too_big_df(c):
    """A packet larger than the egress MTU with DF: fragmentation needed."""
    c.world(*TWO_WIRES, "link set dev eth1 mtu 1000")
    c.sysctl(ip_forward=1)
    c.recv(c.datagram(bytes(973), ip=dict(dst="10.0.1.9", flags="DF")),
           c.datagram(bytes(972), ip=dict(dst="10.0.1.9", flags="DF")),
           c.datagram(bytes(1400), ip=dict(dst="10.0.1.9", flags="DF")))

@case("IPIN-110", kernel="ip_fragment")
def forward_too_big(c):
    """Without DF it is cut into fragments."""
    c.world(*TWO_WIRES, "link set dev eth1 mtu 600")
    c.sysctl(ip_forward=1)
    c.recv(c.datagram(bytes(range(256)) * 5, ip=dict(dst="10.0.1.9")))

@case("IPIN-112", kernel="__mkroute_input")
def forward_source_refused(c):
    """Forwarded packets have their source validated."""
    c.world(*TWO_WIRES)
    c.sysctl(ip_forward=1)
    c.conf("all", rp_filter=1)
    c.recv(c.datagram(ip=dict(src="10.0.1.8", dst="10.0.1.9")),
           c.datagram(ip=dict(src="127.0.0.1", dst="10.0.1.9")),
           c.datagram(ip=dict(src=HOST, dst="10.0.1.9")))

@case("IPIN-113", kernel="ip_forward")
def forward_fragments(c):
    """Fragments are forwarded as they are."""
    c.world(*TWO_WIRES)
    c.sysctl(ip_forward=1)
    c.recv(*c.fragments(c.datagram(bytes(100), ip=dict(dst="10.0.1.9")), [48]))

@case(kernel="ip_forward")
def forward_redirect(c):
    """Forwarding out of the wire it came in on sends a redirect."""
    c.sysctl(ip_forward=1)
    c.conf("all", send_redirects=1)
    c.recv(c.datagram(ip=dict(dst="10.0.0.9")), c.datagram(ip=dict(dst="192.0.2.1")))

@case(kernel="ip_rcv_core")
def other_ethertypes(c):
    """Frames of other protocols never reach IP."""
    c.recv(b"\x00" * 46, ethertype=0x88B5)
    c.recv(bytes(c.datagram()), ethertype=0x8100)

@case("IPIN-058", kernel="ip_route_input_slow")
def addresses_and_prefixes(c):
    """Several prefixes on one wire, a /32, a /31 and a /30."""
    c.world("addr add 10.9.0.1/32 dev eth0", "addr add 10.9.1.0/31 dev eth0",
            "addr add 10.9.2.1/30 brd + dev eth0")
    for dst in ("10.9.0.1", "10.9.0.2", "10.9.1.0", "10.9.1.1", "10.9.2.0", "10.9.2.1", "10.9.2.2",
                "10.9.2.3", "10.9.2.4"):
        c.recv(c.datagram(ip=dict(dst=dst)))

@case("IPIN-026", "IPIN-028", "IPIN-027", kernel="udp_v4_early_demux")
def connected_socket_early_demux(c):
    """A connected socket's flow keeps being accepted; fragments go the long way."""
    c.socket(f"k udp bind {HOST}:7779 connect {PEER}:5353")
    c.recv(c.datagram(dport=7779), c.datagram(dport=7779), c.datagram(dport=7779, sport=1))
    c.recv(*c.fragments(c.datagram(b"f" * 40, dport=7779), [24]))
