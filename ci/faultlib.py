# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Faults of the reference: the table ci/faults.list, faults made by rule, and a copy of the sources
in which all of them are compiled in, each behind its number.

A fault is an edit: (file, start, end, text). An expression becomes `(REF_FAULT(n) ? (wrong) :
(right))`, a statement `{ if (REF_FAULT(n)) { wrong } else { right } }`; the number comes from the
environment variable REF_FAULT. Edits may lie within each other. Lines keep their numbers.
"""

import re
from dataclasses import dataclass

DEFINE = """
/* Put here by ci/faults: which fault this process has. */
#include <stdlib.h>
int ref_fault;
__attribute__((constructor)) static void ref_fault_init(void)
{
	const char *text = getenv("REF_FAULT");

	ref_fault = text ? atoi(text) : 0;
}
"""
DECLARE = "extern int ref_fault;\n#define REF_FAULT(n) __builtin_expect(ref_fault == (n), 0)\n"
DEFINED_IN = "ref/mib.c"


class FaultError(Exception):
    pass


@dataclass
class Fault:
    name: str
    file: str
    start: int
    end: int
    wrong: str
    says: str
    number: int = 0

    @property
    def statement(self):
        return self.wrong.rstrip().endswith((";", "}")) or not self.wrong.strip()


# ---- the table ----

def function_span(text, name, where):
    """Offsets of a function's text, from its name to its closing brace."""
    found = [m for m in re.finditer(rf"^\w[^\n;#]*\b{name}\([^;{{}}]*\)\n\{{.*?^\}}", text,
                                    re.M | re.S)]
    if len(found) != 1:
        raise FaultError(f"{where}: {len(found)} functions are named {name}")
    return found[0].span()


def find_anchor(text, anchor, lo, hi, where):
    """Where the anchor stands, white space aside; exactly once between lo and hi."""
    pattern = r"\s+".join(re.escape(word) for word in anchor.split())
    if re.match(r"\w", anchor):
        pattern = r"\b" + pattern
    found = list(re.compile(pattern).finditer(text, lo, hi))
    if len(found) != 1:
        raise FaultError(f"{where}: the text to replace stands there {len(found)} times, not once: "
                         f"{anchor}")
    return found[0].span()


def read_table(path, source):
    """The faults of a table; source(file) is the text of a file of the reference."""
    faults, names = [], set()
    text = path.read_text(encoding="utf-8")
    line = 1
    for block in re.split(r"\n(?=\n)", text):
        here = line + len(block) - len(block.lstrip("\n"))
        line += block.count("\n") + 1
        lines = [l for l in block.strip("\n").split("\n") if l]
        if not lines or all(l.startswith("#") for l in lines):
            continue
        where = f"{path.name}:{here}"
        head = lines[0].split()
        marked = {mark: " ".join(l[1:].strip() for l in lines[1:] if l[0] == mark)
                  for mark in "#-+"}
        if len(head) != 3 or not marked["-"] or not marked["#"] or head[0] in names:
            raise FaultError(f"{where}: a fault is a new NAME, a FILE and a FUNCTION (or *), then "
                             "lines with # (what is wrong), - (the right text) and + (the wrong one)")
        name, file, function = head
        names.add(name)
        code = source(file)
        lo, hi = (0, len(code)) if function == "*" else function_span(code, function, where)
        start, end = find_anchor(code, marked["-"], lo, hi, where)
        faults.append(Fault(name, file, start, end, marked["+"], marked["#"]))
    return faults


# ---- the copy ----

def flat(text):
    """On one line, without comments: the wrong text must not move the lines of the right one."""
    return " ".join(re.sub(r"/\*.*?\*/", " ", text, flags=re.S).split())


def render(code, faults, start=0, end=None, skip=None):
    """The code from start to end with these faults (all within) compiled in."""
    end = len(code) if end is None else end
    out, at = [], start
    faults = sorted(faults, key=lambda f: (f.start, -f.end))
    i = 0
    while i < len(faults):
        lo, hi = faults[i].start, faults[i].end
        group = [f for f in faults[i:] if f.start < hi]
        same = [f for f in group if (f.start, f.end) == (lo, hi)]
        inner = [f for f in group if (f.start, f.end) != (lo, hi)]
        crossing = [f for f in inner if f.end > hi]
        if crossing:
            raise FaultError(f"{crossing[0].file}: {crossing[0].name} and {faults[i].name} cross")
        right = render(code, inner, lo, hi)
        if same[0].statement:
            wrong = "".join(f"if (REF_FAULT({f.number})) {{ {flat(f.wrong)} }} else " for f in same)
            text = f"{{ {wrong}{{ {right} }} }}"
        else:
            wrong = "".join(f"REF_FAULT({f.number}) ? ({flat(f.wrong)}) : " for f in same)
            text = f"({wrong}({right}))"
        out += [code[at:lo], text]
        at = hi
        i += len(group)
    return "".join(out) + code[at:end]


def compile_in(file, code, faults):
    """The text of a file of the copy."""
    return DECLARE + "#line 1\n" + render(code, faults) + (DEFINE if file == DEFINED_IN else "")


# ---- faults by rule ----

TOKEN = re.compile(r"""/\*.*?\*/ | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | \#[^\n]*
    | 0[xX][0-9a-fA-F]+[uUlL]* | \d+[uUlL]* | \w+
    | <<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\S""", re.X | re.S)
PRECEDENCE = {"*": 10, "/": 10, "%": 10, "+": 9, "-": 9, "<<": 8, ">>": 8, "<": 7, "<=": 7, ">": 7,
              ">=": 7, "==": 6, "!=": 6, "&": 5, "^": 4, "|": 3, "&&": 2, "||": 1}
STOPS = {";", "{", "}", ",", "?", ":", "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=",
         ">>=", "return", "case", "else", "do"}
SWAP = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+",
        "<<": ">>", ">>": "<<", "*": "+"}
OPEN, CLOSE = {"(": ")", "[": "]"}, {")": "(", "]": "["}
KEYWORDS = {"if", "for", "while", "switch", "return", "case", "else", "do", "goto", "break",
            "continue", "default", "sizeof", "static", "const", "struct", "enum", "int", "bool",
            "unsigned", "void", "char", "size_t", "union", "long"}
SILENT = {"REF_SAY", "assert", "static_assert", "_Static_assert", "sizeof", "alignas", "offsetof"}


class Body:
    """The tokens of one function body: (text, start, end), and which bracket meets which."""

    def __init__(self, code, lo, hi):
        self.code = code
        self.t = [(m.group(), m.start(), m.end()) for m in TOKEN.finditer(code, lo, hi)
                  if not m.group().startswith(("/*", "#"))]
        self.match = {}
        stack = []
        for i, (text, _, _) in enumerate(self.t):
            if text in OPEN:
                stack.append(i)
            elif text in CLOSE and stack:
                j = stack.pop()
                self.match[i], self.match[j] = j, i
        self.quiet = set()
        for i, (text, _, _) in enumerate(self.t):
            if text in SILENT and i + 1 in self.match:
                self.quiet.update(range(i, self.match[i + 1] + 1))
            if text == "case":
                while self.t[i][0] != ":":
                    self.quiet.add(i)
                    i += 1

    def text(self, i, j):
        return self.code[self.t[i][1]:self.t[j][2]]

    def edge(self, i, precedence, step):
        """The last token of the operand that begins beside i."""
        i += step
        last = i
        while 0 <= i < len(self.t):
            text = self.t[i][0]
            if text in (OPEN if step > 0 else CLOSE):
                if i not in self.match:
                    return None
                i = self.match[i]
            elif text in STOPS or text in OPEN or text in CLOSE:
                break
            elif self.binary(i) and (PRECEDENCE[text] < precedence or
                                     (step > 0 and PRECEDENCE[text] == precedence)):
                break
            last = i
            i += step
        return last

    def binary(self, i):
        text = self.t[i][0]
        if text not in PRECEDENCE or i == 0:
            return False
        before = self.t[i - 1][0]
        if before == ")" and i - 1 in self.match:
            inside = self.t[i - 2][0]
            opener = self.match[i - 1]
            if (inside.endswith("_t") or inside in KEYWORDS or inside == "*" or
                    self.t[opener + 1][0] in ("struct", "enum", "const")) and \
                    not (opener and re.match(r"\w", self.t[opener - 1][0])):
                return False  # a cast
            return not (opener and self.t[opener - 1][0] in ("if", "while", "for"))
        return before == "]" or (re.match(r"\w", before) is not None and before not in KEYWORDS)

    def operators(self):
        for i, (op, _, _) in enumerate(self.t):
            if i in self.quiet or not self.binary(i):
                continue
            left, right = self.edge(i, PRECEDENCE[op], -1), self.edge(i, PRECEDENCE[op], 1)
            if left is None or right is None or left == i or right == i:
                continue
            a, b = self.text(left, i - 1), self.text(i + 1, right)
            if op in SWAP:
                yield left, right, f"{a} {SWAP[op]} {b}", f"{op} is {SWAP[op]}"
            if op in ("<", "<=", ">", ">="):
                yield left, right, f"!({a} {op} {b})", f"{op} the other way"
            if op in ("&&", "||", "&", "|"):
                yield left, right, a, f"without the right side of {op}"
            if op in ("&&", "||"):
                yield left, right, b, f"without the left side of {op}"

    def conditions(self):
        for i, (word, _, _) in enumerate(self.t):
            if word == "if" and i + 1 in self.match:
                last = self.match[i + 1]
                yield i + 2, last - 1, "0", "never"
                yield i + 2, last - 1, "1", "always"

    def constants(self):
        for i, (word, _, _) in enumerate(self.t):
            if i in self.quiet or (i and self.t[i - 1][0] in ("->", ".", "goto")):
                continue
            after = self.t[i + 1][0] if i + 1 < len(self.t) else ""
            if word in ("true", "false"):
                yield i, i, {"true": "false", "false": "true"}[word], f"not {word}"
            elif word[0].isdigit() or (re.fullmatch(r"[A-Z][A-Z0-9_]{2,}", word) and after != "("):
                yield i, i, f"{word} + 1", f"{word} is one more"

    def statements(self):
        for i, (word, _, _) in enumerate(self.t):
            before = self.t[i - 1][0] if i else "{"
            control = before == ")" and i - 1 in self.match and \
                self.t[self.match[i - 1] - 1][0] in ("if", "for", "while")
            if not (before in (";", "{", "}", "else", ":") or control) or word in SILENT:
                continue
            if word in KEYWORDS - {"break", "continue"} or not re.match(r"[\w*+-]", word):
                continue
            following = self.t[i + 1][0]
            if re.match(r"\w", following) or following == ":" or \
                    (following == "*" and self.t[i + 3][0] in ("=", ";", ",", "[")):
                continue  # a declaration, or a label
            end = i
            while self.t[end][0] != ";":
                end = self.match.get(end, end) + 1
                if end >= len(self.t) or self.t[end][0] in "{})":
                    break
            else:
                yield i, end, "", "left out"


def sweep(file, code):
    """Faults by rule in each function of a file."""
    out = []
    for m in re.finditer(r"^[^\n]*\)\n\{\n.*?^\}", code, re.M | re.S):
        body = Body(code, m.start() + m.group().index("\n{") + 1, m.end())
        for rule in (body.operators, body.conditions, body.constants, body.statements):
            for i, j, wrong, says in rule():
                start, end = body.t[i][1], body.t[j][2]
                line = code.count("\n", 0, start) + 1
                out.append(Fault(f"{file}:{line}", file, start, end, wrong,
                                 f"{flat(code[start:end])}: {says}"))
    return out
