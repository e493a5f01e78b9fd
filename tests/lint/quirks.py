#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""quirks.py ROOT [DFU]: checks lib/proto/quirks.def against tests, simulated devices and docs/quirks.md.
quirks.py --write ROOT: makes docs/quirks.md from it."""
import json
import os
import re
import subprocess
import sys

FIELDS = {"DEVICE": 9, "QUIRK": 7, "NOT_OURS": 4, "OPEN": 4}
# What is known of devices is counted in these rows; F and G are no rows.
EXPECTED = [letter + str(n) for letter, last in (("A", 6), ("B", 21), ("C", 25), ("D", 11), ("E", 11), ("H", 9))
            for n in range(1, last + 1)]
HEAD = """<!-- Made from lib/proto/quirks.def by tests/lint/quirks.py --write: change that. -->
# Quirks

How real devices depart from DFU 1.1 (the USB-IF specification) and DfuSe (AN3156, UM0424), and what libdfu does about
it. `lib/proto/quirks.def` holds these rows with the source of each; a test shows each with a simulated device that
misbehaves the same way. `dfu sim PROFILE` lists the rows that a simulated device shows.

"""


def rows(root):
    """(kind, [field, …]) in the order of the file."""
    with open(os.path.join(root, "lib/proto/quirks.def"), encoding="utf-8") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    out = []
    at = 0
    token = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^",()]+)|([(),]))')
    for match in re.finditer(r"^(DEVICE|QUIRK|NOT_OURS|OPEN)(?=\()", text, flags=re.M):
        fields = [""]
        at = match.end() + 1
        while True:
            part = token.match(text, at)
            at = part.end()
            if part.group(3) == ")":
                break
            if part.group(3) == ",":
                fields.append("")
            elif part.group(1) is not None:
                fields[-1] += re.sub(r"\\(.)", r"\1", part.group(1))
            else:
                fields[-1] += part.group(2).strip()
        out.append((match.group(1), fields))
    return out


def cell(text):
    return text.replace("|", "\\|")


def page(table):
    out = [HEAD + "| id | what is seen | where | what libdfu does | simulated by | tests |", "|---|---|---|---|---|---|"]
    for kind, f in table:
        if kind == "QUIRK":
            names = " ".join("`%s`" % name.rsplit("/", 1)[1] for name in f[5].split())
            out.append("| %s | %s | %s | %s | %s | %s |" % (f[0], cell(f[1]), cell(f[2]), cell(f[3]),
                                                        " ".join("`%s`" % p for p in f[4].split()), names))
    for kind, title in (("OPEN", "Not, or not wholly, dealt with"), ("NOT_OURS", "No concern of this program")):
        out += ["", "## " + title, "", "| id | what is seen | where | what happens |", "|---|---|---|---|"]
        out += ["| %s | %s | %s | %s |" % tuple(cell(x) for x in f) for k, f in table if k == kind]
    out += ["", "## Devices by their ids", "", "| id | VID:PID | bcdDevice | what libdfu knows of it | source |",
            "|---|---|---|---|---|"]
    for kind, f in table:
        if kind == "DEVICE":
            vid, first, last, low, high = (x[2:] for x in f[1:6])
            pids = first if first == last else "%s..%s" % (first, last)
            bcd = "any" if (low, high) == ("0000", "FFFF") else low if low == high else "%s..%s" % (low, high)
            out.append("| %s | %s:%s | %s | %s | %s |" % (f[0], vid, pids, bcd, cell(f[7]), cell(f[8])))
    return "\n".join(out) + "\n"


def test_names(root, where, quirk):
    """Why this is no test of the quirk, or None."""
    path, _, name = where.partition(":")
    try:
        with open(os.path.join(root, path), encoding="utf-8") as f:
            text = f.read()
    except OSError:
        return "there is no %s" % path
    word = re.compile(r"\b%s\b" % quirk)
    if not name:
        return None if word.search(text) else "%s does not name it" % path
    found = re.search(r"((?:^/\*(?:(?!\*/).)*\*/\n)*)^static void %s\(.*?^}" % re.escape(name), text, flags=re.S | re.M)
    if not found or not re.search(r"cmocka_unit_test\(%s\)" % re.escape(name), text):
        return "%s has no test %s" % (path, name)
    if quirk.lower() in name.split("_") or word.search(found.group(0)):
        return None
    return "%s: %s does not name it" % (path, name)


def simulated(dfu):
    listed = json.loads(subprocess.run([dfu, "sim", "list", "--json"], check=True, capture_output=True).stdout)
    return {p["name"]: p["quirks"] for p in listed["profiles"]}


def check_row(root, fields, profiles, keys):
    quirk, simulated_by, tests = fields[0], fields[4].split(), fields[5].split()
    if not simulated_by or not tests:
        yield "no simulated device or no test"
    for entry in simulated_by:
        name, _, key = entry.partition(",")
        if profiles is not None and name not in profiles:
            yield "there is no profile %s" % name
        elif profiles is not None and not key and quirk not in profiles[name]:
            yield "profile %s does not say that it shows it" % name
        if key and key not in keys:
            yield "--sim has no key %s" % key
    for where in tests:
        wrong = test_names(root, where, quirk)
        if wrong:
            yield wrong


def check(root, dfu):
    table = rows(root)
    profiles = simulated(dfu) if dfu else None
    with open(os.path.join(root, "cli/simdev.c"), encoding="utf-8") as f:
        keys = re.findall(r'\{"(\w+)", set_', f.read())
    bad = ["%s: %d fields instead of %d" % (f[0], len(f), FIELDS[k]) for k, f in table if len(f) != FIELDS[k]]
    if bad:
        return bad
    ids = [f[0] for k, f in table if k != "DEVICE"]
    bad += ["%s: is %d times in the table" % (i, ids.count(i)) for i in EXPECTED if ids.count(i) != 1]
    bad += ["%s: no such row is expected" % i for i in ids if i not in EXPECTED]
    bad += ["%s: a device row without a QUIRK" % f[0] for k, f in table
            if k == "DEVICE" and ("QUIRK", f[0]) not in [(a, b[0]) for a, b in table]]
    for kind, fields in table:
        if kind == "QUIRK":
            bad += ["%s: %s" % (fields[0], wrong) for wrong in check_row(root, fields, profiles, keys)]
    for name, shown in (profiles or {}).items():
        bad += ["profile %s: %s is in no row" % (name, i) for i in shown if i not in ids]
    with open(os.path.join(root, "docs/quirks.md"), encoding="utf-8") as f:
        if f.read() != page(table):
            bad.append("docs/quirks.md is not what the table says: tests/lint/quirks.py --write %s" % root)
    return bad


def main():
    arguments = sys.argv[1:]
    if arguments[0] == "--write":
        with open(os.path.join(arguments[1], "docs/quirks.md"), "w", encoding="utf-8") as f:
            f.write(page(rows(arguments[1])))
        return
    for line in check(arguments[0], arguments[1] if len(arguments) > 1 else None):
        print(line)


if __name__ == "__main__":
    main()
