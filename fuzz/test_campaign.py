#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Campaigns from outside, without a kernel: two references of different versions differ where Linux
did. What is found is there after a kill, small, and repeatable.    usage: test_campaign.py NETPARITY"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NETPARITY = os.path.abspath(sys.argv[1])
TWO = ("--stack", "ref:6.18", "--stack", "ref:6.12")
FAILED = []


def run(*argv):
    return subprocess.run([NETPARITY, *argv], capture_output=True, text=True, timeout=400, check=False)


def expect(what, ok, done=None):
    if not ok:
        FAILED.append(what)
        print(f"not ok: {what}" + (f"\n  status {done.returncode}\n{done.stdout}{done.stderr}"
                                   if done else ""))


def log(folder):
    return Path(folder, "campaign.log").read_text(encoding="utf-8").splitlines()


def found_and_repeated():
    done = run("fuzz", *TWO, "--seed", "5", "--cases", "3000", "--out", "a")
    expect("differences are found", done.returncode == 1 and "DIVERGENCE: 3000 cases" in done.stdout,
           done)
    cases = sorted(Path("a").glob("*.case"))
    expect("each is a case and a capture", cases and all(c.with_suffix(".pcap").exists()
                                                         for c in cases), done)
    for line in done.stdout.splitlines():
        if "repeat: netparity " in line:
            again = run(*line.split("netparity ", 1)[1].split())
            expect(f"the command repeats it: {line}", again.returncode == 1, again)
    for case in cases:
        text = case.read_text(encoding="utf-8")
        expect(f"{case} is small", text.count("\nrecv ") <= 12 and len(text) < 4000)
        expect(f"{case} was confirmed", "confirmed in 5 of 5 runs" in text)
    same = run("fuzz", *TWO, "--seed", "5", "--cases", "3000", "--out", "b")
    expect("the same seed finds the same",
           sorted(p.name for p in Path("b").glob("*.case")) == [c.name for c in cases], same)


def goes_on():
    done = run("fuzz", *TWO, "--cases", "3000", "--out", "a")
    expect("it goes on with the next seed", "seed 6, " in done.stdout, done)
    expect("and knows what it found", "kinds of difference known" in done.stdout and
           "known before" in done.stdout, done)
    same = run("fuzz", "--stack", "ref:6.18", "--stack", "ref:6.18", "--cases", "3000", "--out", "c")
    expect("the same twice is parity", same.returncode == 0 and "PARITY: 3000" in same.stdout, same)


def killed():
    """What is found is written before it is shrunk; the next run shrinks what is left."""
    child = subprocess.Popen([NETPARITY, "fuzz", *TWO, "--seed", "5", "--seconds", "60", "--out", "d"],
                             stdout=subprocess.DEVNULL)
    try:
        for _ in range(2000):
            if list(Path("d").glob("*-found.case")) or list(Path("d").glob("*.pcap")):
                break
            time.sleep(0.01)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    left = {line.split()[1] for line in log("d") if line.startswith("found")}
    left -= {line.split()[1] for line in log("d") if line.startswith("done")}
    for name in left:
        raw = Path("d", f"{name}-found.case")
        expect(f"{name}: as it was found", raw.exists() and
               run("run", *TWO, "--quiet", str(raw)).returncode == 1)
    done = run("fuzz", *TWO, "--cases", "1", "--out", "d")
    for name in left:
        expect(f"{name}: shrunk after the kill", Path("d", f"{name}.case").exists() and
               not Path("d", f"{name}-found.case").exists(), done)


def interrupted():
    child = subprocess.Popen([NETPARITY, "fuzz", *TWO, "--seconds", "60", "--out", "e"],
                             stdout=subprocess.PIPE, text=True, start_new_session=True)
    child.stdout.readline()
    busy = run("fuzz", *TWO, "--cases", "1", "--out", "e")
    expect("one at a time in a folder", busy.returncode == 2 and "is at work" in busy.stderr, busy)
    os.killpg(child.pid, signal.SIGINT)
    out, _ = child.communicate(timeout=300)
    expect(f"an interrupt ends with the sum: {out}", "cases in" in out and "stopped; " in out)


def shrunk():
    noise = "".join(f"recv eth0 0200000000010200000001010800450000140000000040fa{0:04x}0a0000{i:02x}0a000001\n"
                    for i in range(2, 9))
    small = next(Path("a").glob("*.case")).read_text(encoding="utf-8")
    lines = small.splitlines()
    world = [x for x in lines if x and x.split()[0] in ("wire", "link", "addr", "route", "sysctl", "socket")]
    steps = [x for x in lines if x and x.split()[0] in ("recv", "recvmsg")]
    extra = ["sysctl net.ipv4.ip_default_ttl=63", "sysctl net.ipv4.icmp_echo_ignore_all=0"]
    Path("big.case").write_text("case big\n" + "\n".join(world + extra) + "\n" + noise +
                                "\n".join(steps) + "\n", encoding="utf-8")
    done = run("shrink", *TWO, "--out", "f", "big.case")
    got = sorted(Path("f").glob("*.case"))
    expect("a case is shrunk", done.returncode == 1 and got, done)
    for case in got:
        text = case.read_text(encoding="utf-8")
        expect(f"{case}: what does not matter is gone", "ip_default_ttl" not in text and
               text.count("\nrecv ") <= len(steps), done)
    done = run("shrink", "--stack", "ref:6.18", "--stack", "ref:6.18", "--out", "f", "big.case")
    expect("nothing to shrink is parity", done.returncode == 0 and "do the same" in done.stdout, done)
    expect("a file must be named", run("shrink").returncode == 2)


def main():
    with tempfile.TemporaryDirectory(prefix="netparity-test.") as work:
        os.chdir(work)
        for check in (found_and_repeated, goes_on, killed, interrupted, shrunk):
            check()
        os.chdir("/")
    return 1 if FAILED else 0


sys.exit(main())
