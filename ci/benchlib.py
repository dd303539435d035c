# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""What ci/bench works with: captures made to order, and runs measured."""

import gzip
import hashlib
import os
import random
import struct
import subprocess
from pathlib import Path
from types import SimpleNamespace

HOST, PEER = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
ETHER = bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, 1, 8, 0])
PCAP_HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(payload, proto, src, ident, offset=0, more=False):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident,
                       offset // 8 | (0x2000 if more else 0), 64, proto, 0, src, HOST)
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def udp(data, src, sport, dport):
    length = 8 + len(data)
    pseudo = src + HOST + struct.pack(">BBH", 0, 17, length)
    head = struct.pack(">HHH", sport, dport, length)
    return head + struct.pack(">H", checksum(pseudo + head + b"\0\0" + data) or 0xFFFF) + data


def record(frame, seconds=0, micros=0):
    return struct.pack("<IIII", seconds, micros, len(frame), len(frame)) + frame


def long_block():
    """1000 packets of one time: 500 whole datagrams, 250 of two fragments, each its own id."""
    out = []
    for i in range(500):
        datagram = udp(bytes([i & 0xFF]) * 32, PEER, 4000, 5000)
        out.append(record(ETHER + ipv4(datagram, 17, PEER, i)))
        if i % 2:
            big = udp(bytes([i & 0xFF]) * 56, PEER, 4000, 5000)
            for offset in (0, 32):
                frame = ETHER + ipv4(big[offset:offset + 32], 17, PEER, 1000 + i, offset, offset == 0)
                out.append(record(frame))
    return b"".join(out), len(out)


def long_capture(path, packets):
    """A capture of about so many packets (whole blocks of 1000), gzip'd if the name says so."""
    opener = gzip.open(path, "wb", compresslevel=1) if path.suffix == ".gz" else open(path, "wb")
    block, nr = long_block()
    with opener as f:
        f.write(PCAP_HEAD)
        for _ in range(packets // nr):
            f.write(block)


def frames_of(path):
    """The Ethernet frames of a little-endian pcap file; none if it is something else."""
    data = Path(path).read_bytes()
    if len(data) < 24 or data[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") or data[20] != 1:
        return
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def mutate(rng, frame):
    """A frame with a few octets of its IP packet changed; mostly the header checksum is repaired."""
    frame = bytearray(frame)
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        where = rng.choice((34, len(frame), len(frame)))
        frame[rng.randrange(14, min(where, len(frame)))] = rng.choice(
            (0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    if rng.random() < 0.1:
        del frame[rng.randrange(15, len(frame)):]
    head = (frame[14] & 0xF) * 4
    if rng.random() < 0.9 and 20 <= head <= len(frame) - 14:
        frame[24:26] = b"\0\0"
        frame[24:26] = struct.pack(">H", checksum(bytes(frame[14:14 + head])))
    return bytes(frame)


def mutated_capture(path, captures, packets, seed):
    """The same octets for the same seed and captures."""
    rng = random.Random(seed)
    frames = [f for c in captures for f in frames_of(c)
              if f[12:14] == b"\x08\x00" and len(f) >= 35 and f[26:30] != HOST]
    with open(path, "wb") as out:
        out.write(PCAP_HEAD)
        for i in range(packets):
            out.write(record(mutate(rng, rng.choice(frames)), i // 1000, i % 1000))


def measure(command):
    """Run to the end: CPU seconds (user and system) and the largest resident size in MiB."""
    with open(os.devnull, "wb") as null, subprocess.Popen(
            [str(a) for a in command], stdout=null, stderr=subprocess.PIPE) as child:
        stderr = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        raise subprocess.CalledProcessError(child.returncode, command[0], stderr=stderr.decode())
    return SimpleNamespace(cpu_s=usage.ru_utime + usage.ru_stime, rss_mib=usage.ru_maxrss / 1024)


def trace_digest(program, stack, capture):
    done = subprocess.run([program, "replay", "--quiet", "--trace", "--stack", stack, capture],
                          capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise subprocess.CalledProcessError(done.returncode, "netparity", stderr=done.stderr.decode())
    return hashlib.sha256(done.stdout).hexdigest(), done.stdout.count(b"\n")
