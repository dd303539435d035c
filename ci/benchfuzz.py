# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Figures of the fuzzers, for ci/bench: executions of the target `host` under libFuzzer with an
identity mutator, and cases of `netparity fuzz`, per second of CPU time."""

import os
import re
import resource
import struct
import subprocess
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
# Sanitizers, input, least executions per CPU-second that are the goal.
TARGET_GOALS = [("address", "one-packet", 550_000), ("address", "two-fragments", 350_000),
                ("address,undefined", "one-packet", None), ("address,undefined", "two-fragments", 110_000)]
CAMPAIGN_GOAL = 150_000
SEED = 8            # of the campaign: its first world is the plain one


def csum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def frame(payload, word):
    """A record of fuzz/steps_input.h: a UDP packet or fragment to the plain world's host."""
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, word, 64, 17, 0,
                         bytes([10, 16, 0, 1]), bytes([10, 0, 0, 1]))
    header = header[:10] + struct.pack("!H", csum(header)) + header[12:]
    octets = bytes.fromhex("0200000000010200000001010800") + header + payload
    return struct.pack("!H", len(octets)) + octets


def inputs():
    data = bytes(range(56))
    pseudo = bytes([10, 16, 0, 1, 10, 0, 0, 1, 0, 17]) + struct.pack("!H", 8 + len(data))
    check = csum(pseudo + struct.pack("!HHHH", 4000, 7777, 8 + len(data), 0) + data) or 0xFFFF
    udp = struct.pack("!HHHH", 4000, 7777, 8 + len(data), check) + data
    return {"one-packet": b"\0" + frame(udp, 0),
            "two-fragments": b"\0" + frame(udp[:32], 0x2000) + frame(udp[32:], 4)}


def cpu_s(*argv, env=None):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(a) for a in argv], check=True, capture_output=True, env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def build(sanitize):
    """build-fuzz is what ci/fuzz uses; the other one is for this figure."""
    folder = TOP / ("build-fuzz" if "undefined" in sanitize else "build-fuzz-asan")
    env = dict(os.environ, CC=os.environ.get("FUZZ_CC", "clang"))
    if not (folder / "build.ninja").exists():
        subprocess.run(["meson", "setup", folder, "-Dfuzzing=libfuzzer", f"-Db_sanitize={sanitize}",
                        "-Db_lundef=false", "-Dbpf=disabled"], cwd=TOP, env=env, check=True,
                       capture_output=True)
    subprocess.run(["ninja", "-C", folder, "fuzz/fuzz-host"], check=True, capture_output=True)
    return folder / "fuzz" / "fuzz-host"


def executions(program, octets, runs):
    """Per CPU-second, start-up left out: what more runs cost more. The best of three."""
    env = dict(os.environ, NETPARITY_FUZZ_IDENTITY="1")
    with tempfile.TemporaryDirectory() as corpus:
        Path(corpus, "input").write_bytes(octets)
        # Nothing is learnt from an input that stays: no search in what is known of it.
        options = ["-entropic=0", "-reduce_inputs=0", corpus]
        few = min(cpu_s(program, "-runs=1000", *options, env=env) for _ in range(3))
        many = min(cpu_s(program, f"-runs={1000 + runs}", *options, env=env) for _ in range(3))
    return runs / max(many - few, 1e-9)


def bench_fuzz(figures, options):
    for sanitize, name, goal in TARGET_GOALS:
        figure = f"fuzz/{sanitize.replace(',', '+')}/{name}"
        if options.wants(figure):
            rate = executions(build(sanitize), inputs()[name], 20_000 if options.quick else 200_000)
            figures.add(figure, rate, "executions/CPU-s", goal, least=True)
    if options.wants("fuzz/campaign"):
        bench_campaign(figures, options)


def bench_campaign(figures, options):
    """Generation, both stacks, comparison; worlds are drawn anew as in any campaign."""
    cases, best = (65_536 if options.quick else 4 * 65_536), 0
    for _ in range(1 if options.quick else 3):
        with tempfile.TemporaryDirectory() as out:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run([options.build / "netparity", "fuzz", "--seed", str(SEED), "--cases",
                                   str(cases), "--out", out], text=True, capture_output=True,
                                  check=False)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        ran = re.search(r"(\d+) cases in ", done.stdout)
        if not ran or done.returncode not in (0, 1):
            figures.fail("fuzz/campaign", (done.stderr.strip().splitlines() or ["failed"])[-1])
            return
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = max(best, int(ran.group(1)) / used)
    figures.add("fuzz/campaign", best, "cases/CPU-s", CAMPAIGN_GOAL, least=True)
