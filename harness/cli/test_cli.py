#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""The program from outside: verdicts, reports, JSON, exit status, usage. Needs no kernel: two
references of different versions differ where Linux did.    usage: test_cli.py NETPARITY"""

import json
import os
import shlex
import struct
import subprocess
import sys
import tempfile

NETPARITY = os.path.abspath(sys.argv[1])
FAILED = []
shown = {}

def udp(src, port):
    """A frame from src:5353 to 10.0.0.1:port without payload, as hexadecimal digits."""
    header = bytes.fromhex("4500001c123400004011" "0000" + src + "0a000001")
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + struct.pack("!H", 0xFFFF - (total & 0xFFFF) - (total >> 16)) + header[12:]
    ether = bytes.fromhex("020000000001" "020000000101" "0800")
    return (ether + header + struct.pack("!HHHH", 5353, port, 8, 0)).hex()


# From 224.0.0.1, which is no source of a packet: 6.12 does not say why it is dropped, 6.18 does.
MARTIAN = udp("e0000001", 7)
# To a socket, and to none.
TO_7, TO_9 = udp("0a000002", 7), udp("0a000002", 9)

WORLD = """\
wire eth0
link set dev eth0 arp off
addr add 10.0.0.1/24 dev eth0
sysctl net.ipv4.icmp_ratemask=0
socket u udp bind :7
"""
CASES = f"""\
case same
{WORLD}recv eth0 {TO_7}
recv eth0 {TO_9}
sleep 1ms
case differs
{WORLD}recv eth0 {TO_7}
recv eth0 {MARTIAN}
recv eth0 {MARTIAN}
"""
TWO = ("--stack", "ref:6.12", "--stack", "ref:6.18")


def fail(what, why, done):
    FAILED.append(what)
    print(f"not ok: {what}: {why}")
    if shown.get("last") is not done:
        print(f"  status {done.returncode}\n{done.stdout}{done.stderr}")
    shown["last"] = done


def run(*words, **kw):
    kw.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([NETPARITY, *words], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          text=True, timeout=60, check=False, **kw)


def expect(what, done, status, *texts, err=()):
    if done.returncode != status:
        fail(what, f"status is not {status}", done)
    for text in texts:
        if text not in (done.stdout or ""):
            fail(what, f"does not say {text!r}", done)
    for text in err:
        if text not in done.stderr:
            fail(what, f"standard error does not say {text!r}", done)
    if status == 2 and done.stderr.count("\n") != 1:
        fail(what, "standard error is not one line", done)
    return done


def pcap(*frames):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for frame in frames:
        octets = bytes.fromhex(frame)
        out += struct.pack("<IIII", 1, 0, len(octets), len(octets)) + octets
    return out


def usage():
    for words in ((), ("frob",), ("replay",), ("run",), ("explain",), ("run", "--frob", "x"),
                  ("run", "--stack"), ("run", "--trace=1", "x"), ("run", "--as", "5.4", "x"),
                  ("run", "--max", "0", "x"), ("run", "--max", "x", "x"), ("help", "frob"),
                  ("replay", "--host", "1.2.3", "x"), ("doctor", "x"),
                  ("run", "--world", "w", "x"), ("explain", "--stack", "netns", "x"),
                  ("replay", "--world", "w", "--host", "1.2.3.4", "x"),
                  ("run", *["--stack", "ref"] * 5, "x")):
        done = run(*words)
        if done.returncode != 2 or done.stdout or not done.stderr:
            fail(f"usage {words}", "should be refused", done)
    expect("help", run("help"), 0, "replay", "exit status: 0 parity, 1 divergence, 2 bad")
    for name in ("replay", "run", "explain", "doctor", "version", "help"):
        for words in (("help", name), (name, "--help"), (name, "-h")):
            expect(f"help of {name}", run(*words), 0, f"usage: netparity {name}")
    expect("version", run("version"), 0, "netparity ")
    expect("--version", run("--version"), 0, "netparity ")
    expect("no such stack", run("run", "--stack", "frob", "c.case"), 2, err=("choose from ref",))


def cases():
    expect("parity", run("run", *TWO, "--case", "same", "c.case"), 0,
           "PARITY      same: ref 6.12 and ref 6.18 did the same: 3 steps, 1 delivered")
    done = expect(
        "divergence", run("run", *TWO, "c.case"), 1,
        "DIVERGENCE  differs: ref 6.12 and ref 6.18 differ in 2 of 3 steps",
        "first in step 1 (c.case:", "confirmed", "difference 1: step 1", "and 1 more like it",
        "first differing field: drop reason: NOT_SPECIFIED, IP_INVALID_SOURCE (ref 6.12, ref 6.18)",
        "source 224.0.0.1", "\n  > 1 drop NOT_SPECIFIED", "| 1 drop IP_INVALID_SOURCE",
        "decisions of ref 6.12:", "2 cases: 1 parity, 1 diverging")
    repeat = [line[8:] for line in done.stdout.splitlines() if line.startswith("repeat: ")]
    again = run(*shlex.split(repeat[0])[1:])
    expect("the repeat command repeats", again, 1, "1 drop NOT_SPECIFIED")
    expect("alone", run("run", "--stack", "ref", "c.case"), 0, "RAN         differs on ref 6.18")
    expect("no such case", run("run", *TWO, "--case", "frob", "c.case"), 2, err=("no case frob",))
    expect("three stacks", run("run", *TWO, "--stack", "ref:6.12,seed=5", "--case", "differs",
                               "c.case"), 1, "2 cases: 1 parity, 1 diverging")
    trace = expect("trace", run("run", "--stack", "ref", "--trace", "--case", "same", "c.case"), 0,
                   "\n0 deliver u from 10.0.0.2:5353 len 0 ", "\n1 drop NO_SOCKET", "# same\n",
                   "\n1 emit eth0 10.0.0.1 > 10.0.0.2 ttl 64 icmp unreachable code 3 : ")
    for _ in range(3):
        if run("run", "--stack", "ref", "--trace", "--case", "same",
               "c.case").stdout != trace.stdout:
            fail("trace", "is another the next time", trace)
    with open("bad.case", "w", encoding="ascii") as f:
        f.write(CASES + "frob\n")
    expect("good before bad", run("run", *TWO, "bad.case"), 2, "PARITY      same",
           err=("bad.case:19: ",))
    with open("odd name's.case", "w", encoding="ascii") as f:
        f.write(CASES)
    done = run("run", *TWO, "odd name's.case")
    repeat = [line[8:] for line in done.stdout.splitlines() if line.startswith("repeat: ")]
    expect("repeat with an odd name", run(*shlex.split(repeat[0])[1:]), 1)


def captures():
    replay = ("replay", *TWO, "--host", "10.0.0.1")
    with open("many.pcap", "wb") as f:
        f.write(pcap(*[TO_7] * 3000, MARTIAN, *[TO_7] * 3000, MARTIAN, TO_7))
    done = expect("capture", run(*replay, "many.pcap"), 1, "world inferred from many.pcap",
                  "differ in 2 of 6003 packets", "first in packet 3001, confirmed",
                  "difference 1: packet 3001, and 1 more like it")
    repeat = [line[8:] for line in done.stdout.splitlines() if line.startswith("repeat: ")]
    expect("repeat of a capture", run(*shlex.split(repeat[0])[1:]), 1, "packet 3001")
    expect("saved world", run(*replay, "--save-world", "w.world", "many.pcap"), 1)
    expect("given world", run("replay", *TWO, "--world", "w.world", "many.pcap"), 1,
           "differ in 2 of 6003 packets")
    with open("many.pcap", "rb") as f:
        done = subprocess.run([NETPARITY, "replay", *TWO, "--world", "w.world", "-"], stdin=f,
                              capture_output=True, text=True, check=False)
    expect("a file as standard input", done, 1, "first in packet 3001")
    expect("no time for a batch", run(*replay, "--batch", "1", "many.pcap"), 1,
           "first in packet 3001, confirmed")
    done = expect("explain", run("explain", "--stack", "ref", "--host", "10.0.0.1", "many.pcap"), 0,
                  "packet 3001: 224.0.0.1 > 10.0.0.1", "ref: drop IP_INVALID_SOURCE #",
                  "    ip_route_input_slow: ")
    expect("explain a case", run("explain", "--stack", "ref", "c.case"), 0, "case differs",
           "step 2 (line 9): 0.001 s pass")


RECORD = {"record", "case", "file", "kind", "stacks", "verdict", "steps", "differing", "known",
          "compared", "not_compared", "cannot", "observations", "divergences", "other_differing"}
DIVERGENCE = {"step", "fingerprint", "count", "confirmed", "note", "type", "field", "detail",
              "traces", "rows", "decisions", "frame", "repeat"}
SUMMARY = {"record", "cases", "parity", "diverging", "failed", "steps", "differing", "exit",
           "version"}


def known_differences():
    """Listed differences do not count, further ones do, and those that are gone must go."""
    with tempfile.TemporaryDirectory() as tmp:
        case, known = os.path.join(tmp, "x.case"), os.path.join(tmp, "known")
        for lines, status, out, err in (
                ("", 1, "DIVERGENCE", ""),
                ('differs "ref 6.1*" "ref 6.1*" "drop reason" "6.18 says why"\n', 0,
                 "2 known differences", ""),
                ('differs "ref 6.1*" "ref 6.1*" "payload" "no"\n', 1, "DIVERGENCE",
                 "known:1: differs no longer shows"),
                ('* "ref 6.1*" "ref 6.1*" "drop reason" "too wide"\n', 1, "",
                 "known:1: same no longer shows"),
                ('differs "ref 6.1*" "netns *" "drop reason" "other stacks"\n', 1, "DIVERGENCE", ""),
                ("differs\n", 2, "", "known:1: write: CASE")):
            with open(case, "w", encoding="ascii") as f:
                f.write(CASES)
            with open(known, "w", encoding="ascii") as f:
                f.write(lines)
            expect(f"known: {lines!r}", run("run", *TWO, "--known", known, case), status,
                   *filter(None, [out]), err=tuple(filter(None, [err])))


def as_json():
    done = run("run", *TWO, "--json", "r.json", "c.case")
    with open("r.json", encoding="utf-8") as f:
        records = [json.loads(line) for line in f]
    if [r["record"] for r in records] != ["case", "case", "summary"]:
        fail("json", f"records {records}", done)
    same, differs, summary = records
    if set(same) != RECORD or set(differs) != RECORD or set(summary) != SUMMARY:
        fail("json", f"keys {set(same) ^ RECORD} {set(summary) ^ SUMMARY}", done)
    if same["verdict"] != "parity" or differs["verdict"] != "divergence":
        fail("json", "verdicts", done)
    divergence = differs["divergences"][0]
    if set(divergence) != DIVERGENCE | {"line"} or divergence["frame"] != MARTIAN:
        fail("json", f"divergence {divergence}", done)
    if divergence["step"] != 1 or divergence["count"] != 2 or not divergence["confirmed"]:
        fail("json", f"divergence {divergence}", done)
    if summary["exit"] != 1 or summary["parity"] != 1 or summary["diverging"] != 1:
        fail("json", f"summary {summary}", done)
    done = run("replay", *TWO, "--json", "r.json", "--quiet", "many.pcap", "nowhere.pcap")
    expect("json and a missing capture", done, 2, err=("nowhere.pcap: No such",))
    with open("r.json", encoding="utf-8") as f:
        records = [json.loads(line) for line in f]
    if records[0]["divergences"][0]["packet"] != 3001 or records[-1]["exit"] != 2:
        fail("json", "of a capture", done)


def streams():
    """A closed standard output is an error, not the number of something else."""
    line = f"{shlex.quote(NETPARITY)} run --stack ref c.case >&-"
    expect("closed standard output", run_shell(line), 2, err=("standard output: ",))
    line = f"{shlex.quote(NETPARITY)} explain --stack ref many.pcap | head -n 1"
    expect("closed pipe", run_shell(line), 2, "packet 1:", err=("standard output: Broken pipe",))
    line = f"{shlex.quote(NETPARITY)} run --stack ref c.case 2>&- | cat"
    expect("closed standard error", run_shell(line), 0, "RAN         same")


def run_shell(line):
    return subprocess.run(["bash", "-c", f"set -o pipefail; {line}"], capture_output=True,
                          text=True, timeout=60, check=False)


def main():
    with tempfile.TemporaryDirectory(prefix="netparity-test.") as work:
        os.chdir(work)
        with open("c.case", "w", encoding="ascii") as f:
            f.write(CASES)
        # A command that is run again finds the program under its name.
        for check in (usage, cases, captures, known_differences, as_json, streams):
            check()
        os.chdir("/")
    return 1 if FAILED else 0


sys.exit(main())
