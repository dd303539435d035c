#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Makes the first inputs of the fuzz targets from the captures and the conformance cases.

    fuzz/seeds.py [--build DIR]      (build: with the compiled cases; default build)

Files that are there already stay. A name begins with what it was made of, so that a file whose name
is a hash is one that a fuzzer found.
"""

import argparse
import struct
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
SIZE_MAX = 4096     # octets of one file
FILES_MAX = 36      # of one target
CAPTURE_PACKETS = 6


def write(target, name, octets):
    folder = TOP / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if 0 < len(octets) <= SIZE_MAX and not path.exists():
        path.write_bytes(octets)


def cases(path):
    """(name, text) of each case of a file."""
    for part in path.read_text(encoding="utf-8").split("\ncase "):
        text = part if part.startswith("case ") else "case " + part
        yield text.split()[1], text.rstrip() + "\n"


def spread(things, nr):
    """nr of them, evenly."""
    things = list(things)
    step = max(1, len(things) // nr)
    return things[::step][:nr]


def frames(text):
    """(wire, octets) of the recv lines of a case."""
    for line in text.replace("\\\n", "").splitlines():
        words = line.split("#")[0].split()
        if words[:1] == ["recv"]:
            yield words[1], bytes.fromhex("".join(words[2:]))


def steps_input(text, world=0):
    out = bytes([world])
    for wire, frame in frames(text):
        head = (0x4000 if wire == "eth1" else 0) | len(frame)
        out += struct.pack("!H", head) + frame
    return out


def fragments_input(text):
    """The fragments of a case, as far as six octets can say what they are."""
    out, keys = b"", []
    for _, frame in frames(text):
        ip = frame[14:]
        if len(ip) < 20 or frame[12:14] != b"\x08\x00":
            continue
        length, ident, word = struct.unpack_from("!HHH", ip, 2)
        keys += [] if ident in keys else [ident]
        head = (keys.index(ident) & 3) << 6 | (word >> 13 & 1) << 5 | (word >> 14 & 1) << 4 | \
            (ip[1] & 3) << 2
        out += struct.pack("!BHHB", head, word & 0x1fff, max(0, length - 4 * (ip[0] & 15)) & 0x1fff, 0)
    return out


def from_cases(build):
    everything = [c for path in sorted((build / "conformance").glob("*.case")) for c in cases(path)
                  if path.stem != "overlaps"]
    for name, text in spread((c for c in everything if len(c[1]) < SIZE_MAX), FILES_MAX):
        write("case", f"{name}.case", text.encode())
    worlds = {}
    for name, text in everything:
        world = "".join(line + "\n" for line in text.splitlines()
                        if line.split()[:1] and line.split()[0] not in
                        ("case", "recv", "sleep", "recvmsg", "close", "#"))
        worlds.setdefault(world, name)
    for world, name in spread(worlds.items(), FILES_MAX):
        write("world", f"{name}.world", world.encode())
    for i, (name, text) in enumerate(spread((c for c in everything if list(frames(c[1]))), FILES_MAX)):
        write("host", f"{name}.steps", steps_input(text, i % 4 * 8))
        write("twice", f"{name}.steps", steps_input(text, i % 4 * 8))
        write("headers", f"{name}.frame", next(frames(text))[1])
    reassembly = [c for c in cases(build / "conformance" / "C_reassembly.case")]
    for name, text in spread((c for c in reassembly if list(frames(c[1]))), FILES_MAX):
        write("reassembly", f"{name}.fragments", fragments_input(text))


def from_traces(build):
    """Traces of the reference, of worlds that the target knows: that of the generator."""
    for name in ("C_reassembly", "F_icmp", "G_udp_receive", "B_ip_options"):
        done = subprocess.run([build / "netparity", "run", "--stack", "ref", "--trace", "--quiet",
                               build / "conformance" / f"{name}.case"],
                              capture_output=True, text=True, check=False)
        lines = [x for x in done.stdout.splitlines() if x[:1].isdigit() and len(x) < 600]
        for i in range(0, min(len(lines), 200), 25):
            write("trace", f"{name}-{i}.trace", ("\n".join(lines[i:i + 25]) + "\n").encode())


def write_capture(name, octets):
    write("capture", name, octets)
    write("infer", name, octets)


def from_captures():
    for path in sorted((TOP / "pcaps").iterdir()):
        octets = path.read_bytes()
        if path.suffix == ".gz":
            write_capture(path.name, octets)
        elif path.suffix == ".pcapng":
            end = 0
            while end + 12 <= len(octets):
                length = struct.unpack_from("<I", octets, end + 4)[0]
                if end + length > SIZE_MAX:
                    break
                end += length
            write_capture(path.name, octets[:end])
        elif path.suffix == ".pcap":
            end = 24
            for _ in range(CAPTURE_PACKETS):
                if end + 16 > len(octets):
                    break
                length = struct.unpack_from("<I", octets, end + 8)[0]
                if end + 16 + length > SIZE_MAX:
                    break
                end += 16 + length
            write_capture(path.name, octets[:end])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=TOP / "build", metavar="DIR")
    build = parser.parse_args().build
    if not (build / "conformance").exists():
        sys.exit(f"seeds.py: {build}/conformance is not there: run meson compile -C {build}")
    from_cases(build)
    from_traces(build)
    from_captures()


if __name__ == "__main__":
    main()
