#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Results for machines: TAP, JUnit XML, --list, --case, --shard, and `netparity report`. Needs no
kernel: two references of different versions differ where Linux did.

usage: test_results.py NETPARITY"""

import html.parser
import json
import os
import random
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

NETPARITY = os.path.abspath(sys.argv[1])
TWO = ("--stack", "ref:6.12", "--stack", "ref:6.18")
FAILED = []
# Names and files as hostile as they may be: markup, directives of TAP, controls, no UTF-8.
ODD = b"o<b>&\"']]>\x01\x1b[31m\xff\xc3\xa9\xe2\x80\xae*"
ODD_FILE = (b"odd <i>&#\xfe \xc0\xaf \xed\xa0\x80 \xef\xbf\xbf \xf4\x90\x80\x80 \xf0\x9f\x98\x80"
            b" \xe2\x82 name.case")
GARBAGE_RUNS = 200


def udp(src, port):
    header = bytes.fromhex("4500001c123400004011" "0000" + src + "0a000001")
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + struct.pack("!H", 0xFFFF - (total & 0xFFFF) - (total >> 16)) + header[12:]
    ether = bytes.fromhex("020000000001" "020000000101" "0800")
    return (ether + header + struct.pack("!HHHH", 5353, port, 8, 0)).hex()


# From 224.0.0.1, which is no source of a packet: 6.12 does not say why it is dropped, 6.18 does.
WORLD = """\
wire eth0
link set dev eth0 arp off
addr add 10.0.0.1/24 dev eth0
socket u udp bind :7
"""
SAME = f"{WORLD}recv eth0 {udp('0a000002', 7)}\n"
DIFFERS = f"{WORLD}recv eth0 {udp('0a000002', 7)}\nrecv eth0 {udp('e0000001', 7)}\n"
# A case that the reference refuses: the run fails there.
FAILS = f"wire eth0\nsocket t tcp bind :7\nrecv eth0 {udp('0a000002', 7)}\n"


def check(good, what, done=None):
    if good:
        return
    FAILED.append(what)
    print(f"not ok: {what}")
    if done:
        print(f"  status {done.returncode}\n  {done.stdout!r}\n  {done.stderr!r}")


def run(*words, **kw):
    return subprocess.run([NETPARITY, *words], capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=120, check=False, **kw)


def write(name, data):
    with open(name, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def read(name):
    with open(name, "rb") as f:
        return f.read()


def points(done):
    """The test points of TAP, [(good, name)], strictly: numbers in order, a plan that holds."""
    found, plan = [], None
    lines = done.stdout.decode("utf-8", "replace").split("\n")
    check(lines[0] == "TAP version 13" and lines[-1] == "", "TAP: version and end", done)
    for line in lines[1:-1]:
        point = re.fullmatch(r"(not )?ok (\d+) - ([^#]*)", line)
        if point:
            check(plan is None and int(point[2]) == len(found) + 1, f"TAP: {line}", done)
            found.append((not point[1], point[3]))
        elif re.fullmatch(r"1\.\.\d+( # SKIP .*)?", line):
            check(plan is None, "TAP: two plans", done)
            plan = int(line[3:].split()[0])
        else:
            check(line.startswith("#"), f"TAP: no line of it: {line!r}", done)
    check(plan == len(found), "TAP: the plan", done)
    return found


def tap():
    done = run("run", "--tap", *TWO, "c.case", "fails.case", ODD_FILE)
    found = points(done)
    check([p[0] for p in found] == [True, False, False, True, False], f"TAP: {found}", done)
    check(found[0][1] == "a.same" and found[2][1] == "c.fails", "TAP: names", done)
    check(b"# difference 1: step 1 (c.case:" in done.stdout, "TAP: the report", done)
    check(b"# repeat: netparity run" in done.stdout, "TAP: the command", done)
    check(done.returncode == 2 and b"\x1b" not in done.stdout, "TAP: status", done)
    done = run("run", "--tap", *TWO, "nowhere.case", "c.case")
    check([p[0] for p in points(done)] == [False, True, False], "TAP: a missing file", done)
    done = run("run", "--tap", *TWO, "--stack", "ref:6.1", "--case", "*.same", "c.case")
    check([p[1] for p in points(done)] == ["a.same: ref 6.18", "a.same: ref 6.1"],
          "TAP: three stacks", done)
    done = run("run", "--tap", "--stack", "frob", "c.case")
    check(done.returncode == 2 and done.stdout.startswith(b"Bail out! "), "TAP: no stack", done)
    done = run("run", "--tap", "--trace", "--stack", "ref", "c.case")
    check(done.returncode == 2 and not done.stdout, "--tap and --trace", done)


def junit():
    done = run("run", "--quiet", "--junit", "j.xml", *TWO, "c.case", "fails.case", ODD_FILE,
               "nowhere.case")
    root = ET.fromstring(read("j.xml"))
    check(done.returncode == 2, "JUnit: status", done)
    check({k: root.attrib[k] for k in ("tests", "failures", "errors")} ==
          {"tests": "6", "failures": "2", "errors": "2"}, f"JUnit: {root.attrib}", done)
    check([len(s) for s in root] == [2, 1, 2, 1], "JUnit: suites", done)
    for suite in root:
        cases = suite.findall("testcase")
        for key, tag in (("tests", None), ("failures", "failure"), ("errors", "error")):
            count = sum(1 for c in cases if tag is None or c.find(tag) is not None)
            check(int(suite.attrib[key]) == count, f"JUnit: {key} of {suite.attrib}", done)
    case = root[0][1]
    check(case.attrib["classname"] == "c" and case.attrib["name"] == "a.differs", "JUnit: names")
    check(case.find("failure").attrib["message"] ==
          "drop reason: NOT_SPECIFIED, IP_INVALID_SOURCE", "JUnit: message")
    check("first differing field: drop reason" in case.find("failure").text, "JUnit: the report")
    out = case.find("system-out").text
    check("ref 6.12:\n  1 drop NOT_SPECIFIED" in out and "ref 6.18:\n  1 drop IP_INVALID" in out,
          "JUnit: traces")
    check("o<b>&\"']]>\\x01\\x1b[31m\\xff\u00e9\\u202e*" in root[2][0].attrib["name"],
          f"JUnit: {root[2][0].attrib}")
    check(root[2].attrib["name"] == "odd <i>&#\\xfe \\xc0\\xaf \\xed\\xa0\\x80 \\uffff "
          "\\xf4\\x90\\x80\\x80 \U0001f600 \\xe2\\x82 name.case", f"JUnit: {root[2].attrib}")
    check("nowhere.case" in root[3][0].find("error").attrib["message"], "JUnit: a missing file")
    done = run("run", "--junit", "nowhere/j.xml", *TWO, "c.case")
    check(done.returncode == 2 and done.stderr.count(b"\n") == 1, "JUnit: no folder", done)
    done = run("run", "--junit", "/dev/full", *TWO, "c.case")
    check(done.returncode == 2 and b"/dev/full: No space" in done.stderr, "JUnit: full", done)


def expired():
    """A known difference that no longer shows fails its case, in every report."""
    write("known", 'a.same "ref 6.1*" "ref 6.1*" payload "it was once"\n')
    words = (*TWO, "--known", "known", "--case", "a.same", "c.case")
    done = run("run", "--tap", "--json", "k.jsonl", "--junit", "k.xml", *words)
    check([p[0] for p in points(done)] == [False] and done.returncode == 1, "TAP: expired", done)
    check(json.loads(read("k.jsonl").splitlines()[0])["verdict"] == "failed", "JSON: expired")
    error = ET.fromstring(read("k.xml")).find("testsuite/testcase/error")
    check("known:1: a.same no longer shows" in error.attrib["message"], "JUnit: expired")


def names(*words):
    done = run("run", "--list", *words)
    check(done.returncode == 0, f"--list {words}", done)
    return done.stdout.decode().split("\n")[:-1]


def selection():
    write("many.case", "".join(f"case m.c{i}\n{SAME}" for i in range(23)))
    all_names = names("many.case", "c.case")
    check(all_names == [f"m.c{i}" for i in range(23)] + ["a.same", "a.differs"], "--list")
    for n in (1, 2, 5, 25, 40):
        parts = [names("--shard", f"{i}/{n}", "many.case", "c.case") for i in range(1, n + 1)]
        check(sorted(sum(parts, [])) == sorted(all_names), f"--shard: {n} parts")
        check(max(map(len, parts)) - min(map(len, parts)) <= 1, f"--shard: {n} even parts")
    check(names("--case", "m.c1?", "many.case") == [f"m.c1{i}" for i in range(10)], "--case")
    both = names("--case", "m.c1?", "--shard", "2/3", "many.case")
    check(both == ["m.c11", "m.c14", "m.c17"], f"--case and --shard: {both}")
    done = run("run", "--stack", "ref", "--case", "m.c2*", "--shard", "1/2", "many.case")
    check(done.stdout.count(b"RAN ") == 2, "--shard runs", done)
    done = run("run", "--stack", "ref", "--shard", "30/40", "many.case")
    check(done.returncode == 0 and b"none of the 23" in done.stdout, "an empty shard", done)
    check(points(run("run", "--tap", "--stack", "ref", "--shard", "30/40", "many.case")) == [],
          "TAP: an empty shard")
    done = run("run", "--stack", "ref", "--case", "x*", "many.case", "c.case")
    check(done.returncode == 2 and b"no case x* among 25" in done.stderr, "no such case", done)
    for bad in ("0/2", "3/2", "1", "/", "1/", "/2", "x/2", "1/2/3", "-1/2", "1/0",
                "1/99999999999999999999", "1" * 40 + "/2"):
        done = run("run", "--stack", "ref", "--shard", bad, "c.case")
        check(done.returncode == 2 and done.stderr.count(b"\n") == 1, f"--shard {bad}", done)
    # A name with the letters of a glob is repeated as itself.
    write("glob.case", f"case g[1]*?\\x\n{DIFFERS}case g1zz\n{DIFFERS}")
    done = run("run", *TWO, "--case", "g[[]*", "glob.case")
    repeat = re.search(rb"^repeat: (.*)$", done.stdout, re.M)[1].decode()
    again = run(*shlex.split(repeat)[1:])
    check(again.stdout.count(b"DIVERGENCE") == 1, "repeat of a name like a glob", again)


class Page(html.parser.HTMLParser):
    """A page whose tags must pair up; what it says, what it links to."""
    VOID = {"meta"}

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.open, self.text, self.ids, self.links, self.tags = [], [], set(), [], set()
        self.feed(read(path).decode("utf-8"))
        check(not self.open, f"{path}: left open: {self.open}")

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.add(tag)
        self.ids.add(attrs.get("id"))
        if "href" in attrs:
            self.links.append(attrs["href"])
        check("src" not in attrs, "a page loads something")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        check(self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}")
        if self.open:
            self.open.pop()

    def handle_data(self, data):
        self.text.append(data)

    def says(self):
        return "".join(self.text)


KNOWN_TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "a",
              "strong", "span", "div", "table", "thead", "tbody", "tr", "th", "td", "details",
              "summary", "pre", "code"}


def pages():
    done = run("run", "--quiet", "--json", "r.jsonl", *TWO, "c.case", "fails.case", ODD_FILE)
    done = run("report", "r.jsonl", "-o", "pages")
    check(done.returncode == 0 and done.stdout == b"pages/index.html\n", "report", done)
    index, cases = Page("pages/index.html"), Page("pages/cases.html")
    check(index.tags | cases.tags <= KNOWN_TAGS,
          f"report: tags {(index.tags | cases.tags) - KNOWN_TAGS}")
    for text in ("5 cases, 2 in parity, 2 diverging, 1 failed", "ref 6.12 against ref 6.18",
                 "compared: deliver, error, return, emit, drop, count, stat",
                 "drop NOT_SPECIFIED # ip_rcv_finish_core", "source 224.0.0.1",
                 "ip_route_input_slow: martian source",
                 "netparity run --stack ref:6.12 --stack ref:6.18 --case a.differs c.case"):
        check(text in index.says(), f"report: does not say {text!r}")
    check("o<b>&\"']]>" in cases.says(), "report: odd names")
    for page in (index, cases):
        for link in page.links:
            file, _, anchor = link.partition("#")
            target = {"": page, "index.html": index, "cases.html": cases}[file]
            check(not anchor or anchor in target.ids, f"report: {link} leads nowhere")
    run("run", "--quiet", "--json", "e.jsonl", *TWO, "--case", "a.same", "c.case", "nowhere.case")
    run("report", "e.jsonl", "-o", "pages")
    text = Page("pages/index.html").says()
    check("Failed: 1 cases, 1 in parity" in text and "nowhere.case: No such file" in text,
          "report: an input that is missing")
    lines = read("r.jsonl").splitlines(keepends=True)
    write("cut.jsonl", b"".join(lines[:-1]))
    done = run("report", "cut.jsonl", "r.jsonl", "-o", "pages")
    index = Page("pages/index.html").says()
    check(done.returncode == 0 and "cut.jsonl" in index and "10 cases" in index and
          "the run did not end" in index, "report: a run that did not end", done)
    record = json.loads(lines[1])
    record["divergences"] *= 600
    write("big.jsonl", (json.dumps(record) + "\n").encode() * 2 + lines[-1])
    done = run("report", "big.jsonl", "-o", "pages")
    check(done.returncode == 0 and "200 more divergences are not shown in full" in
          Page("pages/index.html").says(), "report: too many to show", done)


def refused():
    """Bad input: one line that says where, exit 2, and no page is left."""
    lines = read("r.jsonl").splitlines(keepends=True)
    record = json.loads(lines[1])
    bad = [b"\n", b"{}\n", b"[]\n", b"null\n", b'{"record": "frob"}\n', b'{"record": 1}\n', b'{"record": "error"}\n',
           b'{"record": "summary"}\n', lines[1][:-20], b"\xff\xfe\n", b"[" * 5000 + b"\n",
           lines[-1] + lines[0]]
    for key in sorted(set(record) - {"error", "observations"}):
        for value in (None, -1, {"x": 1}, ["x", 1], [[]]):
            bad.append(json.dumps({**record, key: value}).encode() + b"\n")
    for key in sorted(set(record["divergences"][0]) - {"confirmed", "line"}):
        for value in (-1, {"x": 1}, [1]):
            if key == "frame" and value != "xyz":
                value = "xyz"
            changed = {**record["divergences"][0], key: value}
            bad.append(json.dumps({**record, "divergences": [changed]}).encode() + b"\n")
    for rows in ([[">", 0, 99]], [[">", -1, 0]], [[1, 0, 0]], [[">"]], [None]):
        changed = {**record["divergences"][0], "rows": rows}
        bad.append(json.dumps({**record, "divergences": [changed]}).encode() + b"\n")
    for data in bad:
        write("bad.jsonl", data)
        done = run("report", "bad.jsonl", "-o", "none")
        what = f"report: bad input {data[:200]!r}"
        check(done.returncode == 2 and done.stderr.count(b"\n") == 1, what, done)
        check(b"bad.jsonl:1: " in done.stderr or data.startswith(lines[-1]), what, done)
        check(not os.path.exists("none/index.html"), what, done)
    for words in ((), ("r.jsonl",), ("-o", "pages"), ("nowhere", "-o", "none"),
                  (".", "-o", "none"), ("r.jsonl", "-o", "r.jsonl"),
                  ("r.jsonl", "-o", "nowhere/deep")):
        done = run("report", *words)
        check(done.returncode == 2 and done.stderr.count(b"\n") == 1, f"report {words}", done)


def garbage():
    """Results with octets changed, dropped and doubled: a page or an error, never a crash."""
    rng = random.Random(20)
    good = read("r.jsonl")
    for i in range(GARBAGE_RUNS):
        data = bytearray(good)
        for _ in range(rng.randint(1, 8)):
            at, what = rng.randrange(len(data)), rng.randrange(3)
            if what == 0:
                data[at] = rng.choice(b'"[]{},:0-9\\x\x00\xff') if i % 2 else rng.randrange(256)
            elif what == 1:
                del data[at:at + rng.randint(1, 40)]
            else:
                data[at:at] = data[at:at + rng.randint(1, 40)]
        write("garbage.jsonl", bytes(data))
        done = run("report", "garbage.jsonl", "-o", "none")
        check(done.returncode in (0, 2) and done.stderr.count(b"\n") == (done.returncode == 2),
              f"report: garbage {i}", done)
        if done.returncode == 0:
            Page("none/index.html")


def main():
    with tempfile.TemporaryDirectory(prefix="netparity-test.") as work:
        os.chdir(work)
        write("c.case", f"case a.same\n{SAME}case a.differs\n{DIFFERS}")
        write("fails.case", f"case c.fails\n{FAILS}")
        write(ODD_FILE, b"case " + ODD + b"\n" + SAME.encode() + b"case " + ODD + b"2\n" +
              DIFFERS.encode())
        for part in (tap, junit, expired, selection, pages, refused, garbage):
            part()
        os.chdir("/")
    print(f"{len(FAILED)} failures" if FAILED else "all as it should be")
    return 1 if FAILED else 0


sys.exit(main())
