#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Bad input to `netparity replay`: one clear line on standard error, exit status 2, what was read
before is still reported, and no crash.    usage: test_bad_input.py NETPARITY"""

import gzip
import os
import shutil
import struct
import subprocess
import sys
import tempfile

NETPARITY = os.path.abspath(sys.argv[1])
FAILED = []

FRAME = bytes.fromhex(
    "020000000001" "020000000101" "0800"
    "4500002e000100004011664c" "0a000002" "0a000001"
    "00350400001a0000" "0102030405060708090a0b0c0d0e0f101112")


def head(snap=65535, link=1, magic=0xA1B2C3D4, version=(2, 4)):
    return struct.pack("<IHHiIII", magic, *version, 0, 0, snap, link)


def packet(data=FRAME, cap=None, orig=None, time=1):
    cap = len(data) if cap is None else cap
    return struct.pack("<IIII", time, 0, cap, cap if orig is None else orig) + data


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


SECTION = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def iface(link=1, snap=0):
    return block(1, struct.pack("<HHI", link, 0, snap))


def enhanced(idx=0, data=FRAME):
    return block(6, struct.pack("<IIIII", idx, 0, 1, len(data), len(data)) + data)


GOOD = head() + packet() + packet(time=2)
GOOD_NG = SECTION + iface() + enhanced() + enhanced()

# Name, content, packets before the bad one (None: not even opened), part of the message.
BAD = [
    ("empty", b"", None, "empty"),
    ("header only", head(), None, "no packet in it"),
    ("header cut", head()[:10], None, "cut off"),
    ("text", b"hello, this is no capture\n" * 9, None, "neither pcap nor pcapng"),
    ("zeros", bytes(1000), None, "neither pcap nor pcapng"),
    ("version", head(version=(9, 4)) + packet(), None, "version 9.4"),
    ("link type", head(link=9999) + packet(), None, "link type 9999"),
    ("first record cut", GOOD[:30], 0, "cut off"),
    ("record cut", GOOD[:-len(FRAME) - 7], 1, "cut off"),
    ("data cut", GOOD[:-1], 1, "cut off"),
    ("beyond the snap length", head(snap=59) + packet(FRAME[:59]) + packet(), 1,
     "longer than the snap length"),
    ("huge", GOOD + packet(cap=0x7FFFFFFF), 2, "damaged"),
    ("negative", GOOD + packet(cap=0xFFFFFFFF), 2, "damaged"),
    ("garbage behind", GOOD + bytes(i * 37 & 255 for i in range(300)), 2, "damaged"),
    ("time goes backwards", GOOD + packet(time=1), 2, "before that of packet 2"),
    ("only ARP", head() + packet(FRAME[:12] + b"\x08\x06" + FRAME[14:]), None, "no IPv4 packet"),
    ("only what is cut", head() + packet(FRAME[:40], orig=60), None, "one that the host receives"),
    ("xz", b"\xfd7zXZ\0" + bytes(50), None, "xz"),
    ("zstd", b"\x28\xb5\x2f\xfd" + bytes(50), None, "zstd"),
    ("gzip of nothing", gzip.compress(b""), None, "empty"),
    ("gzip cut", gzip.compress(GOOD)[:-20], None, "gzip"),
    ("gzip without its end", gzip.compress(GOOD, 0)[:-8], 2, "gzip"),
    ("gzip damaged", gzip.compress(GOOD)[:-8] + b"\xff" * 8, 2, "gzip data is damaged"),
    ("ng section only", SECTION, None, "no packet in it"),
    ("ng section cut", SECTION[:20], 0, "cut off"),
    ("ng octet order", SECTION[:8] + b"\0\0\0\0" + SECTION[12:], None, "octet-order"),
    ("ng no interface", SECTION + enhanced(), 0, "interface 0"),
    ("ng wrong interface", GOOD_NG + enhanced(idx=5), 2, "interface 5"),
    ("ng block cut", GOOD_NG[:-10], 1, "cut off"),
    ("ng block without end", GOOD_NG[:-4] + b"\0\0\0\0", 1, "ends with another length"),
    ("ng block too long", GOOD_NG + struct.pack("<II", 6, 0xFFFFFFF0), 2, "damaged"),
    ("ng block of odd length", GOOD_NG + struct.pack("<III", 6, 33, 0) + bytes(30), 2, "damaged"),
    ("ng link type", GOOD_NG + iface(link=147) + enhanced(idx=1), 2, "link type 147"),
    ("ng snap length", SECTION + iface() + enhanced() + iface(snap=59) + enhanced(idx=1), 1,
     "longer than the snap length"),
]


def run(*args, stdin=None, **more):
    """Run it; say what makes any run wrong: a crash, a sanitizer's report, a hang."""
    more.setdefault("stdout", subprocess.PIPE)
    done = subprocess.run([NETPARITY, *args], input=stdin, stderr=subprocess.PIPE, timeout=60,
                          **({} if stdin is not None else {"stdin": subprocess.DEVNULL}), **more)
    done.err = done.stderr.decode(errors="replace")
    done.out = (done.stdout or b"").decode(errors="replace")
    if done.returncode < 0:
        fail(args, f"killed by signal {-done.returncode}", done)
    if "Sanitizer" in done.err or "runtime error" in done.err:
        fail(args, "a sanitizer reports", done)
    return done


def fail(what, why, done):
    FAILED.append(what)
    print(f"FAIL {what}: {why}\n  exit {done.returncode}\n  stderr: {done.err}  stdout: {done.out}")


def expect(what, done, status, *texts):
    lines = done.err.splitlines()
    if done.returncode != status:
        fail(what, f"exit status is not {status}", done)
    elif len(lines) != (1 if status else 0):
        fail(what, "not one line on standard error", done)
    else:
        for text in texts:
            if text not in lines[0]:
                fail(what, f"the message lacks \"{text}\"", done)


def ran(nr):
    return f" on ref 6.18: {nr} packet"


def bad_captures():
    for i, (name, content, before, message) in enumerate(BAD):
        path = f"bad{i}"
        with open(path, "wb") as f:
            f.write(content)
        packet_nr = [] if before is None else [f"packet {before + 1}: "]
        for how, shown, args in (("file", path, {}), ("pipe", "standard input", {"stdin": content})):
            done = run("replay", "--stack", "ref", path if how == "file" else "-", **args)
            expect(f"{name} ({how})", done, 2, f"netparity: {shown}: ", message, *packet_nr)
            if before and ran(before) not in done.out:
                fail(f"{name} ({how})", f"the {before} packets before are not reported", done)
        # A good capture beside a bad one is replayed.
        done = run("replay", "--stack", "ref", path, "good.pcap")
        expect(f"{name}, good", done, 2, message)
        if ran(2) not in done.out:
            fail(f"{name}, good", "the good one is not reported", done)


def good_captures():
    """What looks odd and is fine."""
    with open("good.pcap.gz", "wb") as f:
        f.write(gzip.compress(GOOD))
    os.mkfifo("fifo")
    subprocess.Popen(["sh", "-c", "cat good.pcap >fifo"])
    odd = head() + packet(orig=20) + packet(FRAME[:-18], orig=60)
    for name, args, stdin, nr in (
            ("gzip", ["good.pcap.gz"], None, 2),
            ("fifo", ["fifo"], None, 2),
            ("pipe", ["-"], GOOD, 2),
            ("gzip in a pipe", ["-"], gzip.compress(GOOD), 2),
            ("pcapng", ["-"], GOOD_NG, 2),
            ("backwards, allowed", ["--any-order", "-"], GOOD + packet(time=1), 3),
            ("lengths that do not match", ["-"], odd, 1)):
        done = run("replay", "--stack", "ref", *args, stdin=stdin)
        expect(name, done, 0)
        if ran(nr) not in done.out:
            fail(name, f"not {nr} packets", done)


def bad_files():
    ref = ("replay", "--stack", "ref")
    expect("missing", run(*ref, "nowhere.pcap"), 2, "nowhere.pcap: No such file")
    expect("directory", run(*ref, "."), 2, "netparity: .: ", "directory")
    if os.geteuid():
        os.chmod("secret.pcap", 0)
        expect("not allowed", run(*ref, "secret.pcap"), 2, "secret.pcap: Permission denied")
    expect("no capture", run(*ref), 2, "which capture")
    expect("no such option", run(*ref, "--bogus", "good.pcap"), 2, "--bogus")
    expect("no such stack", run("replay", "--stack", "bogus", "good.pcap"), 2, "bogus")
    expect("no such host", run(*ref, "--host", "10.0.0", "good.pcap"), 2, "10.0.0")
    with open("bad.world", "w", encoding="ascii") as f:
        f.write("# a world\nwire eth0\naddr add 10.0.0.1/24 dev eth0\nsocket x bogus\n")
    expect("bad world", run(*ref, "--world", "bad.world", "good.pcap"), 2, "bad.world:4: ")
    with open("bad2.world", "w", encoding="ascii") as f:
        f.write("addr add 10.0.0.1/24 dev eth9\n")
    expect("world that cannot be", run(*ref, "--world", "bad2.world", "good.pcap"), 2,
           "bad2.world:1: ")
    expect("missing world", run(*ref, "--world", "nowhere", "good.pcap"), 2, "nowhere: No such")
    for option in ("--world", "--json", "--save-world", "--annotate"):
        expect(f"{option} .", run(*ref, option, ".", "good.pcap"), 2, "netparity: .:")


def full_disk_and_closed_pipe():
    ref = ("replay", "--stack", "ref")
    for option in ("--json", "--save-world", "--annotate"):
        expect(f"full disk, {option}", run(*ref, option, "/dev/full", "good.pcap"), 2,
               "/dev/full", "No space left on device")
    with open("/dev/full", "wb") as full:
        expect("full disk", run(*ref, "good.pcap", stdout=full), 2, "No space left on device")
        expect("full disk, trace", run(*ref, "--trace", "good.pcap", stdout=full), 2,
               "No space left on device")
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        expect("closed pipe", run(*ref, "good.pcap", stdout=closed), 2, "Broken pipe")
    env = {**os.environ, "TMPDIR": "/nowhere"}
    expect("no TMPDIR", run(*ref, "-", stdin=GOOD, env=env), 2, "TMPDIR")


def annotated():
    """Comments on good packets and on the last one before a bad one, as Wireshark shows them."""
    with open("cut.pcap", "wb") as f:
        f.write(GOOD + packet(FRAME[:12] + b"\x08\x06" + FRAME[14:], time=3) + packet(time=4)[:-1])
    done = run("replay", "--stack", "ref", "--annotate", "out.pcapng", "cut.pcap")
    expect("annotated", done, 2, "packet 4: cut off")
    with open("out.pcapng", "rb") as f:
        data = f.read()
    comments = [b"netparity: replayed\nref 6.18:\n", b"netparity: replayed\nref 6.18:\n",
                b"netparity: not replayed: not IPv4"]
    at = 0
    for comment in comments:
        at = data.find(comment, at) + 1
        if not at:
            fail("annotated", f"no comment {comment}", done)
    if not shutil.which("tshark"):
        return
    shown = subprocess.run(["tshark", "-r", "out.pcapng", "-T", "fields", "-e", "frame.number",
                            "-e", "frame.comment"], capture_output=True, check=True).stdout
    lines = shown.decode().splitlines()
    if len(lines) != 3 or not lines[2].startswith("3\tnetparity: not replayed: not IPv4"):
        fail("annotated", f"tshark shows {lines}", done)


def main():
    with tempfile.TemporaryDirectory(prefix="netparity-test.") as work:
        os.chdir(work)
        for name in ("good.pcap", "secret.pcap"):
            with open(name, "wb") as f:
                f.write(GOOD)
        bad_captures()
        good_captures()
        bad_files()
        full_disk_and_closed_pipe()
        annotated()
        os.chdir("/")
    return 1 if FAILED else 0


sys.exit(main())
