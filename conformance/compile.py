#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Turn the case functions of conformance/*.py into plain text: compile.py OUTDIR [AREA.py...]"""

import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from lib import case as lib  # noqa: E402


def load(path):
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return name


def main(argv):
    if len(argv) < 2:
        sys.exit("usage: compile.py OUTDIR [AREA.py...]   writes OUTDIR/AREA.case")
    outdir = argv[1]
    paths = argv[2:] or sorted(
        os.path.join(HERE, f) for f in os.listdir(HERE)
        if f.endswith(".py") and f != "compile.py")
    os.makedirs(outdir, exist_ok=True)
    for path in paths:
        lib.registry.clear()
        area = load(path)
        seen = set()
        out = []
        for name, fn, rows, rfc, kernel in lib.registry:
            if name in seen:
                sys.exit(f"{path}: two cases are named {name}")
            seen.add(name)
            doc = (fn.__doc__ or "").strip().replace("\n", " ")
            if not doc:
                sys.exit(f"{path}: case {name} has no docstring")
            c = lib.Case()
            fn(c)
            out.append(c.text(f"{area}.{name}", " ".join(doc.split()), rows, rfc, kernel))
        with open(os.path.join(outdir, area + ".case"), "w", encoding="utf-8") as f:
            f.write("\n".join(out))


if __name__ == "__main__":
    main(sys.argv)
