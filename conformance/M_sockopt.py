# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area M: socket options: values, lengths, levels, and what they read afterwards."""

from lib.case import HOST, PEER, case

KINDS = ("udp", "udplite", "raw 200", "raw 1", "ping")
INTS = (-2147483648, -2, -1, 0, 1, 2, 3, 5, 6, 7, 64, 127, 128, 255, 256, 257, 65535, 65536, 2147483647)


def opened(c, name, kind="udp"):
    c.call("socket", name, kind)


def each_kind(c, *kinds):
    c.sysctl(ping_group_range="0 2147483647")
    for kind in kinds or KINDS:
        opened(c, "s", kind)
        yield kind


def sweep(c, option, values=INTS):
    """Each value, and what is read after it."""
    for value in values:
        c.call(f"setsockopt s {option}={value}")
        c.call("getsockopt s", option)


def lengths(c, option, octets="0700000000000000"):
    """Values of 0 to 8 octets, and reading into as many."""
    for n in (-1, 0, 1, 2, 3, 4, 5, 8):
        c.call(f"setsockopt s {option}=hex:{octets[:2 * max(n, 0)]}", f"len {n}" if n < 0 else "")
        c.call(f"getsockopt s {option}")
        c.call(f"getsockopt s {option} len {n}")


@case("SOCK-105", kernel="do_ip_setsockopt")
def ttl(c):
    """IP_TTL: -1, and 1 to 255."""
    for _ in each_kind(c):
        sweep(c, "IP_TTL")
        lengths(c, "IP_TTL")


@case("SOCK-106", kernel="do_ip_setsockopt")
def multicast_ttl(c):
    """IP_MULTICAST_TTL: -1 means 1, and 0 to 255."""
    for _ in each_kind(c):
        sweep(c, "IP_MULTICAST_TTL")
        lengths(c, "IP_MULTICAST_TTL")


@case("SOCK-107", kernel="__ip_sock_set_tos")
def tos(c):
    """IP_TOS keeps eight bits, and decides the priority."""
    for _ in each_kind(c):
        for value in (0, 1, 3, 4, 8, 16, 24, 28, 30, 0xB8, 0xFF, 0x100, 0x1FF, -1):
            c.call(f"setsockopt s IP_TOS={value}")
            c.call("getsockopt s IP_TOS")
            c.call("getsockopt s SO_PRIORITY")
        lengths(c, "IP_TOS")


@case("SOCK-108", kernel="ip_sock_set_mtu_discover")
def mtu_discover(c):
    """IP_MTU_DISCOVER: 0 to 5."""
    for _ in each_kind(c):
        sweep(c, "IP_MTU_DISCOVER")
        lengths(c, "IP_MTU_DISCOVER", "0300000000000000")


@case("SOCK-109", kernel="do_ip_setsockopt")
def raw_only(c):
    """IP_HDRINCL, IP_NODEFRAG and ICMP_FILTER are for raw sockets."""
    for _ in each_kind(c):
        for option in ("IP_HDRINCL", "IP_NODEFRAG", "ICMP_FILTER"):
            sweep(c, option, (0, 1, 2, -1))
            lengths(c, option)


@case("SOCK-110", rfc="RFC 791 3.1", kernel="ip_options_get")
def options(c):
    """IP_OPTIONS: lengths, padding, each option well and ill formed."""
    for _ in each_kind(c, "udp", "raw 200", "ping"):
        for octets in ("", "00", "01", "0101", "010101", "01010101", "0101010101", "01" * 40, "01" * 41,
                       "01" * 44, "00" * 40, "07", "0703", "070304", "07030400", "0707040000000000",
                       "070b04" + "00" * 8, "070708", "07070a00000000", "0702", "0700", "07ff", "9404", "940400",
                       "94040000", "94040001", "94050000", "94030000", "8603040000", "860b0000000002", "44",
                       "4404", "44040500", "44080500aabbccdd", "440c0500" + "00" * 8, "440c0501" + "00" * 8,
                       "440c0503" + "00" * 8, "440c0503" + "0a000001" + "00" * 4, "440c0d01" + "00" * 8,
                       "440805f0aabbccdd", "44080502aabbccdd", "8307040a000002", "83070400000000",
                       "830704ffffffff", "830b040a0000020a000003", "8307050a000002", "8307080a000002",
                       "8303040000", "89070409090909", "8307040a00000283070409090909", "ff", "ff02", "ff03",
                       "ff040000", "c703aa", "01000101", "0007070400000000"):
            c.call(f"setsockopt s IP_OPTIONS=hex:{octets}")
            c.call("getsockopt s IP_OPTIONS")
        c.call("setsockopt s IP_OPTIONS=hex:0707040000000000")
        for n in (-1, 0, 1, 4, 7, 8, 9, 40):
            c.call(f"getsockopt s IP_OPTIONS len {n}")
        c.call("setsockopt s IP_OPTIONS=hex: len -1")
        c.call("setsockopt s IP_OPTIONS=hex:07070400 len 2")


@case("SOCK-112", kernel="do_ip_setsockopt")
def multicast_if(c):
    """IP_MULTICAST_IF by address, by index, cleared, and on a bound socket."""
    c.world("wire eth1", "addr add 10.1.0.1/24 dev eth1")
    for kind in each_kind(c, "udp", "raw 200"):
        for value in ("10.1.0.1", HOST, "127.0.0.1", PEER, "@eth0", "@eth1", "@lo", "10.1.0.1@eth0",
                      "9.9.9.9@eth1", "0.0.0.0", "hex:0a010001", "hex:0a0100", "hex:", "hex:00000000",
                      "hex:0000000009090909", "hex:00000000" + "0a010001", "hex:" + "00" * 8 + "63000000",
                      "hex:" + "00" * 8 + "ffffffff", "hex:" + "00" * 7, "hex:" + "00" * 11):
            c.call(f"setsockopt s IP_MULTICAST_IF={value}")
            c.call("getsockopt s IP_MULTICAST_IF")
        for n in (-1, 0, 1, 4, 8, 12):
            c.call(f"getsockopt s IP_MULTICAST_IF len {n}")
        opened(c, "d", kind)
        c.call("setsockopt d SO_BINDTODEVICE=eth1")
        for value in ("@eth0", "@eth1", HOST, "10.1.0.1", "0.0.0.0"):
            c.call(f"setsockopt d IP_MULTICAST_IF={value}")
            c.call("getsockopt d IP_MULTICAST_IF")


@case("SOCK-113", kernel="do_ip_setsockopt")
def unicast_if(c):
    """IP_UNICAST_IF takes an index in network order."""
    c.world("wire eth1", "addr add 10.1.0.1/24 dev eth1")
    for kind in each_kind(c, "udp", "raw 200"):
        for value in ("eth0", "eth1", "lo", "hex:00000000", "hex:00000063", "hex:ffffffff", "hex:02000000",
                      "hex:0000", "hex:", "hex:0000000000"):
            c.call(f"setsockopt s IP_UNICAST_IF={value}")
            c.call("getsockopt s IP_UNICAST_IF")
        opened(c, "d", kind)
        c.call("setsockopt d SO_BINDTODEVICE=eth1")
        for value in ("eth0", "eth1"):
            c.call(f"setsockopt d IP_UNICAST_IF={value}")
            c.call("getsockopt d IP_UNICAST_IF")


@case("SOCK-115", kernel="do_ip_getsockopt")
def router_alert(c):
    """IP_ROUTER_ALERT: for raw sockets, and read back."""
    for _ in each_kind(c, "udp", "raw 200", "raw 255", "ping"):
        for value in (1, 1, 0, 0, 2):
            c.call(f"setsockopt s IP_ROUTER_ALERT={value}")
            c.call("getsockopt s IP_ROUTER_ALERT")


@case("SOCK-116", kernel="ip_sock_set_recverr")
def recverr_off(c):
    """IP_RECVERR=0 discards what was queued."""
    quote = bytes.fromhex("4500001d00010000401166ce0a0000010a00000207d00bb80009000061")
    opened(c, "s")
    c.call("socket h udp hold")
    for name, port in (("s", 2000), ("h", 2001)):
        c.call(f"bind {name} {HOST}:{port}")
        c.call(f"setsockopt {name} IP_RECVERR=1")
    for port in (2000, 2001, 2001):
        q = bytearray(quote)
        q[20:22] = port.to_bytes(2, "big")
        icmp = bytearray(b"\x03\x03\0\0\0\0\0\0" + q)
        total = sum(int.from_bytes((icmp + b"\0")[i:i + 2], "big") for i in range(0, len(icmp), 2))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        icmp[2:4] = (0xFFFF - total).to_bytes(2, "big")
        c.recv(c.ip(proto=1) / bytes(icmp))
    c.call("setsockopt h IP_RECVERR=0")
    c.recvmsg("h", flags="MSG_ERRQUEUE")
    c.recvmsg("h")
    c.call("getsockopt h SO_ERROR")


@case("SOCK-119", kernel="sk_getsockopt")
def pending_error(c):
    """SO_ERROR gives the pending error once."""
    c.call("socket k udp hold")
    c.call(f"bind k {HOST}:2000")
    c.call(f"connect k {PEER}:3000")
    c.call("getsockopt k SO_ERROR")
    quote = bytes.fromhex("4500001d00010000401166ce0a0000010a00000207d00bb80009000061")
    icmp = bytearray(b"\x03\x03\0\0\0\0\0\0" + quote)
    total = sum(int.from_bytes((icmp + b"\0")[i:i + 2], "big") for i in range(0, len(icmp), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    icmp[2:4] = (0xFFFF - total).to_bytes(2, "big")
    for calls in (["getsockopt k SO_ERROR"] * 2, ["recvmsg k"] * 2, ["getsockopt k SO_ERROR len 1"] * 2,
                  ["getsockopt k SO_ERROR len 0"] * 2, ["setsockopt k SO_ERROR=0"] * 2,
                  [f"connect k {PEER}:3000", "getsockopt k SO_ERROR"]):
        c.recv(c.ip(proto=1) / bytes(icmp))
        for words in calls:
            c.call(words)


@case(kernel="sk_setsockopt")
def socket_level(c):
    """Every option of SOL_SOCKET that takes a number: values and lengths."""
    for _ in each_kind(c, "udp", "raw 200", "ping"):
        for option in ("SO_DEBUG", "SO_REUSEADDR", "SO_REUSEPORT", "SO_TYPE", "SO_DOMAIN", "SO_PROTOCOL",
                       "SO_DONTROUTE", "SO_BROADCAST", "SO_SNDBUF", "SO_RCVBUF", "SO_KEEPALIVE",
                       "SO_OOBINLINE", "SO_NO_CHECK", "SO_PRIORITY", "SO_BSDCOMPAT", "SO_RCVLOWAT",
                       "SO_SNDLOWAT", "SO_ACCEPTCONN", "SO_SNDBUFFORCE", "SO_RCVBUFFORCE", "SO_MARK",
                       "SO_RXQ_OVFL", "SO_PEEK_OFF", "SO_SELECT_ERR_QUEUE", "SO_RCVMARK", "SO_TIMESTAMP",
                       "SO_TIMESTAMPNS"):
            sweep(c, option, (-2147483648, -2, -1, 0, 1, 2, 6, 7, 1151, 1152, 2303, 2304, 2305, 106496, 212992,
                              212993, 2147483647))
            lengths(c, option)


@case("SOCK-117", "SOCK-118", kernel="sk_setsockopt")
def marks(c):
    """SO_PRIORITY and SO_MARK for one who may."""
    for _ in each_kind(c):
        for option in ("SO_PRIORITY", "SO_MARK"):
            sweep(c, option, (0, 1, 6, 7, 255, 0x7FFFFFFF, 0xFFFFFFFF))


@case("URCV-012", "URCV-013", kernel="sock_set_timeout")
def timeouts(c):
    """SO_RCVTIMEO, SO_SNDTIMEO, SO_LINGER: structs of all lengths."""
    def timeval(sec, usec):
        return (sec & (1 << 64) - 1).to_bytes(8, "little").hex() + (usec & (1 << 64) - 1).to_bytes(8, "little").hex()

    for _ in each_kind(c, "udp", "raw 200"):
        for option in ("SO_RCVTIMEO", "SO_SNDTIMEO"):
            for octets in (timeval(0, 0), timeval(1, 0), timeval(1, 500000), timeval(0, 20000), timeval(0, 40000),
                           timeval(0, 999999), timeval(0, 1000000), timeval(0, -1), timeval(-1, 0),
                           timeval(-5, 10), timeval(3, 999999), timeval(1 << 40, 0), timeval((1 << 63) - 1, 0),
                           timeval(1, 0)[:30], timeval(1, 0) + "00", "", "00000000", timeval(2, 0)):
                c.call(f"setsockopt s {option}=hex:{octets}")
                c.call("getsockopt s", option)
            for n in (0, 4, 8, 15, 16, 17):
                c.call(f"getsockopt s {option} len {n}")
        for octets in ("0100000005000000", "0000000005000000", "01000000ffffff0f", "01000000", "", "01" * 12):
            c.call(f"setsockopt s SO_LINGER=hex:{octets}")
            c.call("getsockopt s SO_LINGER")
    c.call("socket w udp hold")
    c.call("setsockopt w SO_RCVTIMEO=hex:" + timeval(-1, 0))
    c.recvmsg("w")


@case(kernel="do_ip_setsockopt")
def ip_level(c):
    """Every switch of SOL_IP: values and lengths."""
    for _ in each_kind(c, "udp", "raw 200", "ping"):
        for option in ("IP_PKTINFO", "IP_RECVTTL", "IP_RECVOPTS", "IP_RETOPTS", "IP_RECVTOS", "IP_RECVERR",
                       "IP_FREEBIND", "IP_PASSSEC", "IP_TRANSPARENT", "IP_MINTTL", "IP_CHECKSUM",
                       "IP_BIND_ADDRESS_NO_PORT", "IP_RECVFRAGSIZE", "IP_RECVERR_RFC4884",
                       "IP_RECVORIGDSTADDR", "IP_MULTICAST_LOOP", "IP_MULTICAST_ALL", "IP_MTU", "IP_PROTOCOL",
                       "IP_LOCAL_PORT_RANGE"):
            sweep(c, option, (-1, 0, 1, 2, 255, 256, 65535))
            lengths(c, option)


@case(kernel="udp_lib_setsockopt")
def udp_level(c):
    """The options of SOL_UDP and SOL_UDPLITE on every kind of socket."""
    for _ in each_kind(c):
        for option in ("UDP_CORK", "UDP_NO_CHECK6_TX", "UDP_NO_CHECK6_RX", "UDP_SEGMENT", "UDP_GRO",
                       "UDPLITE_SEND_CSCOV", "UDPLITE_RECV_CSCOV"):
            sweep(c, option, (-1, 0, 1, 2, 7, 8, 9, 65535, 65536))
            lengths(c, option)
    # 1 and 2 are for kernels with IPsec.
    for value in (-1, 0, 3, 4, 5, 7):
        opened(c, "e")
        c.call(f"setsockopt e UDP_ENCAP={value}")
        c.call("getsockopt e UDP_ENCAP")


@case(kernel="sk_setsockopt")
def devices(c):
    """SO_BINDTODEVICE and SO_BINDTOIFINDEX: names, indexes, lengths, clearing."""
    c.world("wire eth1")
    for _ in each_kind(c, "udp", "raw 200", "ping"):
        for value in ("SO_BINDTODEVICE=eth0", "SO_BINDTODEVICE=eth1", "SO_BINDTODEVICE=lo",
                      "SO_BINDTODEVICE=none", "SO_BINDTODEVICE=hex:65746830", "SO_BINDTODEVICE=hex:657468",
                      "SO_BINDTODEVICE=hex:00", "SO_BINDTODEVICE=eth0", "SO_BINDTODEVICE=hex:",
                      "SO_BINDTODEVICE=hex:" + "61" * 15, "SO_BINDTODEVICE=hex:" + "61" * 16,
                      "SO_BINDTODEVICE=hex:6574683000" + "61" * 20, "SO_BINDTOIFINDEX=eth1",
                      "SO_BINDTOIFINDEX=hex:00000000", "SO_BINDTOIFINDEX=hex:63000000",
                      "SO_BINDTOIFINDEX=hex:ffffffff", "SO_BINDTOIFINDEX=hex:0200", "SO_BINDTOIFINDEX=eth0"):
            c.call("setsockopt s", value)
            c.call("getsockopt s SO_BINDTODEVICE")
            c.call("getsockopt s SO_BINDTOIFINDEX")
        for n in (-1, 0, 1, 4, 15, 16, 17):
            c.call(f"getsockopt s SO_BINDTODEVICE len {n}")


@case(kernel="ip_mc_join_group")
def memberships(c):
    """Joining and leaving: twice, what is no group, sources, lengths."""
    c.world("wire eth1", "addr add 10.1.0.1/24 dev eth1")
    for _ in each_kind(c, "udp", "raw 200"):
        for words in ("IP_ADD_MEMBERSHIP=239.1.1.1@eth0", "IP_ADD_MEMBERSHIP=239.1.1.1@eth0",
                      "IP_ADD_MEMBERSHIP=239.1.1.1@eth1", "IP_ADD_MEMBERSHIP=239.1.1.2@10.1.0.1",
                      "IP_ADD_MEMBERSHIP=239.1.1.3@9.9.9.9", "IP_ADD_MEMBERSHIP=239.1.1.4",
                      "IP_ADD_MEMBERSHIP=10.0.0.9@eth0", "IP_ADD_MEMBERSHIP=hex:ef010105",
                      "IP_ADD_MEMBERSHIP=hex:ef0101050a000001", "IP_ADD_MEMBERSHIP=hex:",
                      "IP_ADD_MEMBERSHIP=hex:ef01010600000000" + "63000000",
                      "IP_DROP_MEMBERSHIP=239.1.1.1@eth0", "IP_DROP_MEMBERSHIP=239.1.1.1@eth0",
                      "IP_DROP_MEMBERSHIP=239.1.1.1", "IP_DROP_MEMBERSHIP=239.9.9.9",
                      "IP_ADD_SOURCE_MEMBERSHIP=239.2.1.1,10.0.0.2@10.0.0.1",
                      "IP_ADD_SOURCE_MEMBERSHIP=239.2.1.1,10.0.0.2@10.0.0.1",
                      "IP_ADD_SOURCE_MEMBERSHIP=239.2.1.1,10.0.0.3@10.0.0.1",
                      "IP_BLOCK_SOURCE=239.2.1.1,10.0.0.3@10.0.0.1",
                      "IP_DROP_SOURCE_MEMBERSHIP=239.2.1.1,10.0.0.2@10.0.0.1",
                      "IP_DROP_SOURCE_MEMBERSHIP=239.2.1.1,10.0.0.2@10.0.0.1",
                      "IP_BLOCK_SOURCE=239.1.1.2,10.0.0.3@10.1.0.1", "IP_BLOCK_SOURCE=239.1.1.2,10.0.0.3@10.1.0.1",
                      "IP_UNBLOCK_SOURCE=239.1.1.2,10.0.0.3@10.1.0.1",
                      "IP_UNBLOCK_SOURCE=239.1.1.2,10.0.0.3@10.1.0.1", "IP_BLOCK_SOURCE=239.8.8.8,10.0.0.3",
                      "MCAST_JOIN_GROUP=239.3.1.1@eth1", "MCAST_JOIN_GROUP=239.3.1.1@eth1",
                      "MCAST_LEAVE_GROUP=239.3.1.1@eth1", "MCAST_LEAVE_GROUP=239.3.1.1@eth1",
                      "MCAST_JOIN_SOURCE_GROUP=239.3.1.2,10.0.0.2@eth0",
                      "MCAST_BLOCK_SOURCE=239.3.1.2,10.0.0.2@eth0",
                      "MCAST_LEAVE_SOURCE_GROUP=239.3.1.2,10.0.0.2@eth0", "MCAST_JOIN_GROUP=hex:02000000"):
            c.call("setsockopt s", words)
        c.call("getsockopt s IP_MSFILTER=hex:ef0101020a010001" + "00" * 8 + " len 32")
        c.call("getsockopt s IP_MSFILTER=hex:ef0909090a010001" + "00" * 8 + " len 32")


@case(kernel="sock_common_setsockopt")
def levels(c):
    """Levels and numbers that nobody has."""
    for _ in each_kind(c):
        for level in (-1, 0, 1, 2, 6, 17, 41, 58, 136, 255, 256, 263):
            for name in (-1, 0, 5, 24, 66, 99, 1000):
                # Firewalls have options of SOL_IP in these places, where there is one.
                if level == 0 and name in (66, 99):
                    continue
                c.call(f"setsockopt s {level}/{name}=hex:01000000")
                c.call(f"getsockopt s {level}/{name} len 4")
