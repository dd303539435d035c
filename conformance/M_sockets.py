# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Area M: making sockets, binding, connecting, naming (options are M_sockopt.py)."""

from lib.case import HOST, PEER, case

KINDS = ("udp", "udplite", "raw 200", "raw 255", "raw 1", "ping")
PING_FOR_ALL = {"ping_group_range": "0 2147483647"}


def addresses(c):
    """More addresses and routes than the usual: 10.0.0.3, and a second network without route."""
    c.world("addr add 10.0.0.3/24 dev eth0", "addr add 172.16.0.1/16 dev eth0",
            "route add unreachable 10.66.0.0/16", "route add prohibit 10.67.0.0/16",
            "route add blackhole 10.68.0.0/16")


def no_default(c):
    c.lines = [line for line in c.lines if "route add default" not in line]


def opened(c, name, kind="udp", *words):
    c.call("socket", name, kind, *words)


def names(c, *sockets):
    for s in sockets:
        c.call("getsockname", s)
        c.call("getpeername", s)


# ---- socket(2) ----


@case("SOCK-001", "SOCK-002", "SOCK-003", "SOCK-004", "SOCK-005", "SOCK-007", kernel="__sys_socket")
def type_words(c):
    """Flags of the type, families and types out of range, and which is looked at first."""
    for kind in ("SOCK_DGRAM|0x10", "SOCK_DGRAM|0x100", "SOCK_DGRAM|0x1000000", -1, "SOCK_CLOEXEC|2",
                 "SOCK_NONBLOCK|2", "SOCK_NONBLOCK|SOCK_CLOEXEC|2", "SOCK_NONBLOCK|SOCK_CLOEXEC|3", 11, 12,
                 13, 14, 15):
        opened(c, "s", f"AF_INET {kind} 17")
        c.call("getsockopt s SO_TYPE")
        c.recvmsg("s")
    for family in (-1, 46, 47, 255, 0x7FFFFFFF):
        for kind in (2, 11, "2|0x100"):
            opened(c, "s", f"{family} {kind} 0")


@case("SOCK-006", kernel="__sock_create")
def families(c):
    """Families that nobody implements."""
    for family in (0, 12, 13, 14, 22, 25, 28):
        opened(c, "s", f"{family} SOCK_DGRAM 0")


@case("SOCK-015", "SOCK-016", "SOCK-018", "SOCK-020", "SOCK-021", "SOCK-022", "SOCK-023", "SOCK-043",
      kernel="inet_create")
def protocols(c):
    """Every type with protocols around every row of inetsw, and out of range."""
    c.sysctl(**PING_FOR_ALL)
    for kind in (0, 2, 3, 4, 5, 6, 7, 8, 9):
        for protocol in (-1, 0, 1, 2, 6, 17, 58, 132, 136, 137, 254, 255, 256, 262, 263, 264, 0x7FFFFFFF):
            if kind == 3 and protocol == 0x7FFFFFFF:
                continue
            opened(c, "s", f"AF_INET {kind} {protocol}")
            if kind in (2, 3):
                for option in ("SO_TYPE", "SO_DOMAIN", "SO_PROTOCOL"):
                    c.call("getsockopt s", option)
    for protocol in (1, 17, 132, 136, 255, 257):
        opened(c, "s", f"AF_INET SOCK_STREAM {protocol}")


@case("SOCK-025", "SOCK-026", "SOCK-029", "SOCK-030", kernel="inet_create")
def raw(c):
    """The number of a raw socket is its protocol; 255 includes headers."""
    for protocol in (1, 2, 17, 200, 254, 255, 256, 262):
        opened(c, "s", f"raw {protocol}")
        c.call("getsockopt s IP_HDRINCL")
        names(c, "s")
    opened(c, "r", "raw 200", "hold")
    c.recv(c.ip(proto=200) / b"to 200", c.ip(proto=201) / b"to 201")
    c.recvmsg("r")
    c.recvmsg("r")


@case("SOCK-031", "SOCK-034", kernel="ping_init_sock")
def ping_for_nobody(c):
    """Nobody is in the range, not even root."""
    c.sysctl(ping_group_range="1 0")
    opened(c, "p", "ping")
    c.call("getsockname p")


@case("SOCK-031", "SOCK-032", "SOCK-034", kernel="ping_init_sock")
def ping_for_others(c):
    """A range without group 0."""
    c.sysctl(ping_group_range="5 10")
    opened(c, "p", "ping")


@case("SOCK-032", kernel="ping_init_sock")
def ping_for_root(c):
    """A range with group 0: a ping socket, unbound."""
    c.sysctl(ping_group_range="0 0")
    opened(c, "p", "ping")
    for option in ("SO_TYPE", "SO_PROTOCOL", "SO_REUSEADDR"):
        c.call("getsockopt p", option)
    names(c, "p")


@case("SOCK-039", "SOCK-040", "SOCK-042", kernel="inet_create")
def defaults(c):
    """What options read right after creation."""
    c.sysctl(**PING_FOR_ALL)
    for kind in KINDS:
        opened(c, "s", kind)
        for option in ("IP_TTL", "IP_TOS", "IP_MULTICAST_TTL", "IP_MULTICAST_LOOP", "IP_MULTICAST_ALL",
                       "IP_MTU_DISCOVER", "SO_REUSEADDR", "SO_REUSEPORT", "SO_BROADCAST", "SO_KEEPALIVE",
                       "SO_DONTROUTE", "SO_ERROR", "SO_PRIORITY", "SO_MARK", "SO_RCVBUF", "SO_SNDBUF",
                       "SO_RCVLOWAT", "SO_SNDLOWAT", "SO_RCVTIMEO", "SO_SNDTIMEO", "SO_LINGER",
                       "SO_ACCEPTCONN", "SO_OOBINLINE", "SO_NO_CHECK", "SO_TIMESTAMP", "SO_TIMESTAMPNS",
                       "SO_RXQ_OVFL", "SO_PEEK_OFF", "SO_BINDTODEVICE", "SO_BINDTOIFINDEX", "IP_OPTIONS",
                       "IP_HDRINCL", "IP_NODEFRAG", "IP_RECVERR", "IP_PKTINFO", "IP_RECVTTL", "IP_RECVTOS",
                       "IP_RECVOPTS", "IP_RETOPTS", "IP_MTU", "IP_FREEBIND", "IP_TRANSPARENT", "IP_MINTTL",
                       "IP_UNICAST_IF", "IP_MULTICAST_IF", "IP_CHECKSUM", "IP_RECVFRAGSIZE",
                       "IP_BIND_ADDRESS_NO_PORT", "IP_LOCAL_PORT_RANGE", "IP_PROTOCOL", "IP_PASSSEC",
                       "IP_RECVERR_RFC4884", "IP_RECVORIGDSTADDR", "UDP_CORK", "UDP_ENCAP", "UDP_SEGMENT",
                       "UDP_GRO", "UDP_NO_CHECK6_TX", "UDP_NO_CHECK6_RX", "UDPLITE_SEND_CSCOV",
                       "UDPLITE_RECV_CSCOV", "ICMP_FILTER"):
            c.call("getsockopt s", option)


@case("SOCK-041", kernel="inet_create")
def pmtu_default_dont(c):
    """ip_no_pmtu_disc decides the mode of new sockets."""
    c.sysctl(ip_no_pmtu_disc=1)
    opened(c, "s")
    c.call("getsockopt s IP_MTU_DISCOVER")


@case("SOCK-041", kernel="inet_create")
def pmtu_default_dont_3(c):
    """The same for its third mode."""
    c.sysctl(ip_no_pmtu_disc=3)
    opened(c, "s", "raw 99")
    c.call("getsockopt s IP_MTU_DISCOVER")


# ---- bad descriptors and addresses ----


@case("SOCK-050", kernel="sock_no_listen")
def listening(c):
    """Datagram sockets do not listen, whatever the backlog and state."""
    c.sysctl(**PING_FOR_ALL)
    for kind in KINDS:
        opened(c, "s", kind)
        for backlog in (-1, 0, 5):
            c.call("listen s", backlog)
    c.call("close s")
    c.call("listen s 5")


@case("SOCK-051", kernel="__sys_bind")
def closed(c):
    """Every call on a closed name."""
    c.call("close u")
    for words in ("close u", f"bind u {HOST}:5", f"connect u {PEER}:5", "listen u 1", "getsockname u",
                  "getpeername u", "setsockopt u IP_TTL=5", "getsockopt u IP_TTL", "recvmsg u",
                  "recvmsg u flags MSG_ERRQUEUE", "shutdown u SHUT_RD", "shutdown u 7",
                  "bind u null namelen 16", "bind u 1.2.3.4:5 namelen -1", "connect u 1.2.3.4:5 namelen 300",
                  f"sendmsg u to {PEER}:5 data 00", f"sendmsg u to {PEER}:5 namelen -1 data 00",
                  f"sendto u to {PEER}:5 data 00", f"sendto u to {PEER}:5 namelen -1 data 00",
                  "setsockopt u IP_TTL=5 len -1", "getsockopt u IP_TTL len -1", "getsockname u len -1",
                  "sendmsg u cmsg IP_TTL=5 controllen -1"):
        c.call(words)
    c.recv(c.datagram())
    opened(c, "u")
    c.call(f"bind u {HOST}:{c.port}")
    c.recv(c.datagram())


@case("SOCK-052", "SOCK-053", "SOCK-054", "SOCK-055", "SOCK-076", kernel="inet_bind")
def bind_addresses(c):
    """Lengths, families and pointers of bind, for every kind of socket."""
    c.sysctl(**PING_FOR_ALL)
    for kind in KINDS:
        for words in (f"{HOST}:700 namelen -1", f"{HOST}:700 namelen 0", f"{HOST}:700 namelen 1",
                      f"{HOST}:700 namelen 2", f"{HOST}:700 namelen 8", f"{HOST}:700 namelen 15",
                      f"{HOST}:700 namelen 16", f"{HOST}:701 namelen 17", f"{HOST}:702 namelen 128",
                      f"{HOST}:703 namelen 129", f"{HOST}:704 namelen 2147483647", "null namelen 0",
                      "null namelen 16", "null namelen 129", "0.0.0.0:705 family 0", f"{HOST}:706 family 0",
                      "0.0.0.0:707 family 10", f"{HOST}:708 family 1", f"{HOST}:709 family 65535",
                      "hex:02000abc0a00000100000000000000ff", "10.9.9.9:710 family 10 namelen 16",
                      "10.9.9.9:711 family 0"):
            opened(c, "s", kind)
            c.call("bind s", words)
            c.call("getsockname s")


@case("SOCK-052", "SOCK-084", "SOCK-085", "SOCK-086", kernel="inet_dgram_connect")
def connect_addresses(c):
    """Lengths, families and pointers of connect."""
    c.sysctl(**PING_FOR_ALL)
    for kind in KINDS:
        for words in (f"{PEER}:700 namelen -1", f"{PEER}:700 namelen 0", f"{PEER}:700 namelen 1",
                      f"{PEER}:700 namelen 2", f"{PEER}:700 namelen 8", f"{PEER}:700 namelen 15",
                      f"{PEER}:700 namelen 16", f"{PEER}:701 namelen 17", f"{PEER}:702 namelen 128",
                      f"{PEER}:703 namelen 129", "null namelen 0", "null namelen 16", "null namelen 129",
                      "0.0.0.0:705 family 0", f"{PEER}:706 family 0", f"{PEER}:706 family 0 namelen 2",
                      f"{PEER}:706 family 0 namelen 1", "0.0.0.0:707 family 10", f"{PEER}:708 family 1",
                      f"{PEER}:709 family 65535 namelen 3", f"{PEER}:0"):
            opened(c, "s", kind)
            c.call("connect s", words)
            names(c, "s")


# ---- bind(2) ----


@case("SOCK-056", "SOCK-058", "SOCK-060", "SOCK-062", "SOCK-075", kernel="__inet_bind")
def bind_local(c):
    """Foreign, own, loopback, group and broadcast addresses; a second bind."""
    c.sysctl(**PING_FOR_ALL)
    addresses(c)
    for kind in KINDS:
        for n, addr in enumerate((HOST, "10.0.0.3", "172.16.0.1", PEER, "9.9.9.9", "127.0.0.1", "127.1.2.3",
                                  "224.0.0.1", "239.1.2.3", "10.0.0.255", "10.0.0.0", "255.255.255.255",
                                  "0.0.0.0", "0.0.0.1", "240.0.0.1", "10.66.0.1", "172.16.255.255")):
            opened(c, f"s{n}", kind)
            c.call(f"bind s{n} {addr}:800")
            c.call(f"bind s{n} {HOST}:801")
            names(c, f"s{n}")


@case("SOCK-077", "SOCK-079", kernel="raw_bind")
def bind_raw_again(c):
    """A raw socket takes every address in turn, and no port."""
    for protocol in (17, 200, 255):
        opened(c, "r", f"raw {protocol}")
        for addr in (f"{HOST}:5", "0.0.0.0:6", "127.0.0.1:0", "9.9.9.9:7", "239.1.1.1:8"):
            c.call("bind r", addr)
            names(c, "r")


@case("SOCK-060", "SOCK-078", kernel="__inet_bind")
def bind_connected(c):
    """A connected socket is bound."""
    c.sysctl(**PING_FOR_ALL)
    for kind in KINDS:
        opened(c, "s", kind)
        c.call(f"connect s {PEER}:900")
        c.call(f"bind s {HOST}:901")
        c.call("bind s 0.0.0.0:0")
        names(c, "s")


@case("SOCK-057", kernel="inet_addr_valid_or_nonlocal")
def bind_foreign(c):
    """Foreign addresses by option."""
    c.sysctl(**PING_FOR_ALL)
    for kind in KINDS:
        for option in ("IP_FREEBIND", "IP_TRANSPARENT"):
            opened(c, "s", kind)
            c.call(f"setsockopt s {option}=1")
            c.call("bind s 9.9.9.9:5")
            names(c, "s")


@case("SOCK-057", kernel="inet_addr_valid_or_nonlocal")
def bind_foreign_sysctl(c):
    """Foreign addresses by sysctl."""
    c.sysctl(ip_nonlocal_bind=1, **PING_FOR_ALL)
    for kind in KINDS:
        opened(c, "s", kind)
        c.call("bind s 9.9.9.9:5")
        names(c, "s")


def both(c, first, second, a, b, kinds=("udp", "udp")):
    """Bind two sockets with options to two addresses, and see whom a datagram reaches (unless that is
    one of a group, by a hash with a random key)."""
    for name, kind, options, addr in (("x", kinds[0], first, a), ("y", kinds[1], second, b)):
        opened(c, name, kind)
        for option in options:
            c.call("setsockopt", name, option)
        c.call("bind", name, addr)
        c.call("getsockname", name)
    if not (a == b and "SO_REUSEPORT=1" in first and "SO_REUSEPORT=1" in second):
        c.recv(c.datagram(dport=1000))


@case("SOCK-062", "SOCK-063", "SOCK-064", "SOCK-065", "SOCK-066", kernel="udp_lib_get_port")
def bind_conflicts(c):
    """Two sockets on one port: addresses and SO_REUSEADDR, SO_REUSEPORT of either or both."""
    addresses(c)
    a, r = ["SO_REUSEADDR=1"], ["SO_REUSEPORT=1"]
    for first in ([], a, r, a + r):
        for second in ([], a, r, a + r):
            both(c, first, second, f"{HOST}:1000", f"{HOST}:1000")
            both(c, first, second, "0.0.0.0:1000", f"{HOST}:1000")
            both(c, first, second, f"{HOST}:1000", "0.0.0.0:1000")
    both(c, [], [], f"{HOST}:1000", "10.0.0.3:1000")
    both(c, [], [], "127.0.0.1:1000", f"{HOST}:1000")
    both(c, [], [], "239.1.1.1:1000", f"{HOST}:1000")


@case("SOCK-067", kernel="udp_lib_lport_inuse")
def bind_devices(c):
    """The same port on two devices."""
    c.world("wire eth1", "addr add 10.1.0.1/24 dev eth1")
    one, two = ["SO_BINDTOIFINDEX=eth0"], ["SO_BINDTODEVICE=eth1"]
    for first, second in ((one, two), (one, []), ([], two), (one, one)):
        both(c, first, second, "0.0.0.0:1000", "0.0.0.0:1000")


@case("SOCK-068", kernel="udp_lib_get_port")
def bind_lite(c):
    """UDP and UDP-Lite have tables of their own."""
    both(c, [], [], f"{HOST}:1000", f"{HOST}:1000", kinds=("udp", "udplite"))
    both(c, [], [], f"{HOST}:1000", f"{HOST}:1000", kinds=("udplite", "udplite"))


@case("SOCK-069", "SOCK-072", "SOCK-074", kernel="udp_lib_get_port")
def bind_any_port(c):
    """Port 0: one of the range, of the socket's range, or none yet."""
    for n in range(4):
        opened(c, f"s{n}")
        c.call(f"bind s{n} 0.0.0.0:0")
        c.call(f"getsockname s{n}")
    for low, high in ((40000, 40000), (40000, 40001), (50000, 0), (0, 33000), (60000, 50000), (20000, 65535)):
        opened(c, "r")
        c.call(f"setsockopt r IP_LOCAL_PORT_RANGE={high << 16 | low}")
        c.call("getsockopt r IP_LOCAL_PORT_RANGE")
        if low == high:
            c.call(f"bind r {HOST}:0")
            c.call("getsockname r")
    for call in (f"connect l {PEER}:9", f"bind l {HOST}:77"):
        opened(c, "l")
        c.call("setsockopt l IP_BIND_ADDRESS_NO_PORT=1")
        c.call(f"bind l {HOST}:0")
        c.call("getsockname l")
        c.call(call)
        names(c, "l")


@case("SOCK-070", "SOCK-071", kernel="inet_autobind")
def ports_exhausted(c):
    """No port is left: bind and connect say so in different words."""
    opened(c, "a")
    c.call(f"setsockopt a IP_LOCAL_PORT_RANGE={40000 << 16 | 40000}")
    c.call(f"bind a {HOST}:0")
    for call in (f"bind b {HOST}:0", f"connect b {PEER}:9", f"sendmsg b to {PEER}:9 data 00"):
        opened(c, "b")
        c.call(f"setsockopt b IP_LOCAL_PORT_RANGE={40000 << 16 | 40000}")
        c.call(call)
        names(c, "b")


@case("SOCK-073", kernel="udp_lib_get_port")
def ports_shared(c):
    """SO_REUSEADDR on all of them: a port in use may be picked."""
    for name in ("a", "b"):
        opened(c, name)
        c.call("setsockopt", name, "SO_REUSEADDR=1")
        c.call(f"setsockopt {name} IP_LOCAL_PORT_RANGE={40000 << 16 | 40000}")
        c.call(f"bind {name} {HOST}:0")
        c.call("getsockname", name)


@case("SOCK-057", "SOCK-075", "SOCK-076", "SOCK-080", "SOCK-081", "SOCK-082", "SOCK-083", kernel="ping_bind")
def bind_ping(c):
    """Ping sockets: the port is the echo id; groups and broadcasts are refused."""
    c.sysctl(**PING_FOR_ALL)
    for addr in ("0.0.0.0:0", "0.0.0.0:5", f"{HOST}:5", f"{HOST}:0", "224.0.0.1:6", "10.0.0.255:7",
                 "255.255.255.255:8", "9.9.9.9:9", "127.0.0.1:10"):
        opened(c, "p", "ping")
        c.call("bind p", addr)
        names(c, "p")
        c.call("bind p 0.0.0.0:44")
    for options in ([], ["SO_REUSEADDR=0"]):
        opened(c, "q", "ping")
        for option in options:
            c.call("setsockopt q", option)
        c.call("bind q 0.0.0.0:10")
        opened(c, "p", "ping")
        c.call("bind p 0.0.0.0:10")


# ---- connect(2) ----


@case("SOCK-087", "SOCK-088", "SOCK-089", "SOCK-090", "SOCK-091", "SOCK-092", kernel="__ip4_datagram_connect")
def connecting(c):
    """To every kind of destination, with no route and refused routes, bound and unbound."""
    c.sysctl(**PING_FOR_ALL)
    addresses(c)
    no_default(c)
    for kind in KINDS:
        for bound in ("", "10.0.0.3:55", "0.0.0.0:55", "224.0.0.1:55"):
            for peer in (f"{PEER}:9", "172.16.5.5:9", f"{HOST}:9", "127.0.0.1:9", "0.0.0.0:9", f"{PEER}:0",
                         "9.9.9.9:9", "10.66.0.1:9", "10.67.0.1:9", "10.68.0.1:9", "10.0.0.255:9",
                         "255.255.255.255:9", "239.1.1.1:9", "240.0.0.1:9"):
                opened(c, "s", kind)
                if bound:
                    c.call("bind s", bound)
                c.call("connect s", peer)
                names(c, "s")
                c.call("getsockopt s IP_MTU")


@case("SOCK-090", kernel="__ip4_datagram_connect")
def connect_broadcast(c):
    """SO_BROADCAST allows it."""
    for peer in ("10.0.0.255:9", "255.255.255.255:9", "10.0.0.0:9"):
        opened(c, "s")
        c.call("connect s", peer)
        c.call("setsockopt s SO_BROADCAST=1")
        c.call("connect s", peer)
        names(c, "s")


@case("SOCK-093", "SOCK-095", "SOCK-096", "SOCK-097", kernel="__udp_disconnect")
def reconnecting(c):
    """Another peer, then AF_UNSPEC: what stays of address, port and device."""
    c.sysctl(**PING_FOR_ALL)
    addresses(c)
    for kind in KINDS:
        # An echo id that nobody named is the harness's: it does not go away.
        for bound in (*([""] if kind != "ping" else []), "0.0.0.0:56", f"{HOST}:56", *([f"{HOST}:0"] if kind != "ping" else [])):
            opened(c, "s", kind)
            if bound:
                c.call("bind s", bound)
            c.call("connect s 0.0.0.0:0 family 0")
            names(c, "s")
            c.call(f"connect s {PEER}:9")
            names(c, "s")
            c.call("connect s 172.16.5.5:10")
            names(c, "s")
            c.call("connect s 9.9.9.9:0 family 0 namelen 2")
            names(c, "s")
            c.call("connect s 172.16.5.5:10")
            names(c, "s")
        opened(c, "d", kind)
        c.call("setsockopt d SO_BINDTODEVICE=eth0")
        c.call(f"connect d {PEER}:9")
        c.call("connect d 0.0.0.0:0 family 0")
        c.call("getsockopt d SO_BINDTODEVICE")


@case("SOCK-098", kernel="__ip4_datagram_connect")
def connect_group(c):
    """Route and source by IP_MULTICAST_IF; IP_UNICAST_IF for others."""
    c.world("wire eth1", "addr add 10.1.0.1/24 dev eth1")
    for options in (["IP_MULTICAST_IF=@eth1"], ["IP_MULTICAST_IF=10.1.0.1"], ["IP_MULTICAST_IF=10.0.0.1@eth1"],
                    ["IP_UNICAST_IF=eth1"], ["SO_BINDTODEVICE=eth1"]):
        for peer in ("239.1.1.1:9", f"{PEER}:9", "10.1.0.9:9"):
            opened(c, "s")
            for option in options:
                c.call("setsockopt s", option)
            c.call("connect s", peer)
            names(c, "s")


@case("SOCK-099", kernel="compute_score")
def connected_filter(c):
    """Only the peer reaches a connected socket."""
    opened(c, "s")
    c.call(f"bind s {HOST}:2000")
    c.call(f"connect s {PEER}:3000")
    c.recv(c.datagram(b"peer", dport=2000, sport=3000), c.datagram(b"port", dport=2000, sport=3001),
           c.datagram(b"host", dport=2000, sport=3000, ip=dict(src="10.0.0.9")))
    c.call("connect s 0.0.0.0:0 family 0")
    c.recv(c.datagram(b"any", dport=2000, sport=3001))


# ---- names, shutdown ----


@case("SOCK-100", "SOCK-101", "SOCK-102", kernel="inet_getname")
def naming(c):
    """Names into short and long buffers."""
    opened(c, "s")
    names(c, "s")
    c.call(f"bind s {HOST}:2000")
    for n in (-1, 0, 1, 2, 4, 8, 15, 16, 17, 128, 1000):
        c.call(f"getsockname s len {n}")
        c.call(f"getpeername s len {n}")
    c.call(f"connect s {PEER}:3000")
    for n in (-1, 0, 1, 2, 4, 8, 15, 16, 17, 128, 1000):
        c.call(f"getpeername s len {n}")
    for n in (-1, 0, 1, 4, 8, 15, 16, 128):
        c.recv(c.datagram(b"name", dport=2000, sport=3000))
    opened(c, "h", "udp", "hold")
    c.call(f"bind h {HOST}:2001")
    for n in (-1, 0, 1, 4, 8, 15, 16, 128):
        c.recv(c.datagram(b"name", dport=2001, sport=3000))
        c.recvmsg("h", namelen=n)
    c.recvmsg("h")


@case("SOCK-103", "SOCK-104", kernel="inet_shutdown")
def shutting_down(c):
    """Unconnected it fails, and works; out of range it does nothing."""
    c.sysctl(**PING_FOR_ALL)
    for kind in KINDS:
        for connected in (False, True):
            for how in (-1, 0, 1, 2, 3, 0x7FFFFFFF):
                opened(c, "s", kind)
                if connected:
                    c.call(f"connect s {PEER}:9")
                c.call("shutdown s", how)
                c.recvmsg("s")
                c.call("getsockopt s SO_ERROR")
