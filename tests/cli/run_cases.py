#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs command-line cases that are written as text.

A case file holds cases, each in a fresh temporary folder:

    # a comment, between cases
    == what the case shows
    needs: data                  (skips the case; also: command NAME, file PATH, plain build)
    $ dfu map '@X /0x0/4*1Kg'    a command line for sh; a backslash at the end continues it
    expected standard output
    stderr:
    expected standard error
    exit: 0

What is left out is expected to be empty, or 0. In expected text a line "..." stands for any lines, and
{{…}} inside a line for a regular expression. The commands of a case share its folder, and see

    DATA  tests/data      FIRMWARE  the folder with real firmware, from DFU_TEST_DATA (needs: data)
    pick        on PATH: prints values of JSON lines, see its help
    page-lines  on PATH: prints the command lines of a page of docs/
"""

import difflib
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77
TIMEOUT_S = 120


class Command:
    def __init__(self, text, line):
        self.text, self.line = text, line
        self.stdout, self.stderr, self.exit = [], [], 0


class Case:
    def __init__(self, title):
        self.title, self.needs, self.commands = title, [], []


def parse(path):
    """The cases of a file; raises ValueError with the line of a mistake."""
    cases, target = [], None
    lines = open(path, encoding="utf-8").read().split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        command = cases[-1].commands[-1] if cases and cases[-1].commands else None
        if line.startswith("== "):
            cases.append(Case(line[3:]))
            target = None
        elif line.startswith("needs: ") and cases and not cases[-1].commands:
            cases[-1].needs.append(line[7:])
        elif line.startswith("$ ") and cases:
            text, first = line[2:], number
            while text.endswith("\\"):
                text = text[:-1] + lines[number].strip()
                number += 1
            cases[-1].commands.append(Command(text, first))
            target = cases[-1].commands[-1].stdout
        elif line == "stderr:" and command:
            target = command.stderr
        elif line.startswith("exit: ") and command:
            command.exit = int(line[6:])
            target = None
        elif target is not None:
            target.append(line)
        elif line and not line.startswith("#"):
            raise ValueError(f"{path}:{number}: what is this line for?")
    for case in cases:
        for command in case.commands:
            for text in (command.stdout, command.stderr):
                while text and text[-1] == "":  # blank lines between cases
                    text.pop()
        if not case.commands:
            raise ValueError(f"{path}: case '{case.title}' has no command")
    return cases


def line_matches(wanted, got):
    if "{{" not in wanted:
        return wanted == got
    pattern = ""
    for i, part in enumerate(re.split(r"\{\{(.*?)\}\}", wanted)):
        pattern += f"(?:{part})" if i % 2 else re.escape(part)
    return re.fullmatch(pattern, got) is not None


def matches(wanted, got):
    """Whether the lines fit; '...' eats as few as it can."""
    if not wanted:
        return not got
    if wanted[0] == "...":
        return any(matches(wanted[1:], got[i:]) for i in range(len(got) + 1))
    return bool(got) and line_matches(wanted[0], got[0]) and matches(wanted[1:], got[1:])


def missing(need, dfu):
    """Why the case cannot run, or None."""
    kind, _, name = need.partition(" ")
    if kind == "data":
        return None if os.environ.get("DFU_TEST_DATA") else "DFU_TEST_DATA is not set"
    if kind == "command":
        found = any(os.access(os.path.join(d, name), os.X_OK) for d in os.environ["PATH"].split(":"))
        return None if found else f"{name} is not installed"
    if kind == "plain":
        with open(dfu, "rb") as f:
            return "this build has a sanitizer" if b"__asan_init" in f.read() else None
    if kind == "file":
        return None if os.path.exists(name) else f"there is no {name}"
    raise ValueError(f"unknown need '{need}'")


def environment(dfu, folder):
    env = {k: v for k, v in os.environ.items() if not k.startswith("DFU_") and k != "NO_COLOR"}
    path = [os.path.dirname(os.path.abspath(dfu)), os.path.join(HERE, "bin"), env.get("PATH", "")]
    env.update(PATH=":".join(path), LC_ALL="C", TERM="dumb", HOME=folder, TMPDIR=folder,
               DATA=os.path.join(os.path.dirname(HERE), "data"),
               SUPPORT=os.path.join(os.path.dirname(HERE), "support"),
               PYTHONDONTWRITEBYTECODE="1")
    if os.environ.get("DFU_TEST_DATA"):
        env["FIRMWARE"] = os.path.join(os.environ["DFU_TEST_DATA"], "firmware")
    return env


def lines_of(data):
    text = data.decode("utf-8", "backslashreplace")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


def complain(path, command, name, wanted, got):
    print(f"{path}:{command.line}: $ {command.text}\n  {name} is not as expected (- expected, + found):")
    for line in difflib.unified_diff(wanted, got, lineterm="", n=100):
        if not line.startswith(("---", "+++", "@@")):
            print("    " + line)


def run_command(path, command, folder, env):
    done = subprocess.run(["sh", "-c", command.text], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_S)
    good = True
    for name, wanted, got in (("standard output", command.stdout, lines_of(done.stdout)),
                              ("standard error", command.stderr, lines_of(done.stderr)),
                              ("exit status", [str(command.exit)], [str(done.returncode)])):
        if not matches(wanted, got):
            complain(path, command, name, wanted, got)
            good = False
    return good


def run_case(path, case, dfu):
    with tempfile.TemporaryDirectory(prefix="dfu-case-") as folder:
        env = environment(dfu, folder)
        for command in case.commands:
            if not run_command(path, command, folder, env):
                return False
    return True


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: run_cases.py DFU CASE_FILE...")
    dfu, failed, passed, skipped = sys.argv[1], 0, 0, 0
    for path in sys.argv[2:]:
        for case in parse(path):
            reasons = [r for r in (missing(need, dfu) for need in case.needs) if r]
            if reasons:
                print(f"skipped: {case.title}: {', '.join(reasons)}")
                skipped += 1
            elif run_case(path, case, dfu):
                passed += 1
            else:
                print(f"FAILED: {case.title}\n")
                failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    if failed or not passed + skipped:
        sys.exit(1)
    sys.exit(0 if passed else SKIPPED)


if __name__ == "__main__":
    main()
