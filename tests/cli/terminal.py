#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the dfu command does on a terminal: bar, colours, questions. Runs it on a pseudo terminal."""

import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

DFU = os.path.abspath(sys.argv[1])
BLINKY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "blinky", "blinky.hex")
SIM = "stm32f407"
TIMEOUT_S = 60


def run_on_terminal(args, answer=None, env=None):
    """Exit status and everything that came out, with standard input, output and error on one terminal."""
    master, slave = pty.openpty()
    environment = dict(os.environ, TERM="xterm", **(env or {}))
    if "NO_COLOR" not in (env or {}):
        environment.pop("NO_COLOR", None)
    child = subprocess.Popen([DFU] + args, stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    if answer is not None:
        os.write(master, answer)
    output, end = b"", time.monotonic() + TIMEOUT_S
    while time.monotonic() < end:
        if select.select([master], [], [], 1)[0]:
            try:
                data = os.read(master, 4096)
            except OSError:  # the other side is closed
                break
            if not data:
                break
            output += data
    status = child.wait(timeout=TIMEOUT_S)
    os.close(master)
    return status, output.decode()


def check(what, good, output):
    print(("ok: " if good else "FAILED: ") + what)
    if not good:
        print(output.replace("\033", "<ESC>").replace("\r", "<CR>"))
        sys.exit(1)


def without_colour(text):
    return re.sub(r"\033\[[0-9;]*m", "", text)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    with open("big.bin", "wb") as f:
        f.write(bytes(range(1, 251)) * 2000)

    status, out = run_on_terminal(["--sim", SIM, "flash", "big.bin@0x08000000"])
    columns = [len(piece) for piece in re.split(r"[\r\n]", out) if "[" in piece and "%" in piece]
    check("a flash succeeds on a terminal", status == 0, out)
    check("the bar is drawn", len(columns) >= 3, out)
    check("the bar fits 80 columns", max(columns) <= 79, out)
    check("the bar is gone at the end", re.search(r"\r +\r", out) is not None, out)
    check("phases are summed up", "erased 8 sectors" in out and "compared 488.3 KiB" in out, out)

    status, out = run_on_terminal(["--sim", SIM + ",fault=disconnect@200", "flash", "big.bin@0x08000000"])
    check("a failed flash leaves the bar on the screen", status == 9 and re.search(r"%[^\r]*\r\n.*error:", out, re.S), out)

    # 800 ms by our clock; bars are drawn every 100 ms.
    status, out = run_on_terminal(["--sim", "st-loader,count=3,time=real,scale=0.05", "flash", "big.bin@0x08008000",
                                   "--boards", "all", "--diff"])
    bars = re.findall(r"(?m)(?:^|\033\[J)(\S+) +(\w+) +\[[#-]{20}\] +\d+% .*$", out)
    check("several boards are flashed on a terminal", status == 0 and "3 of 3 boards done" in out, out)
    check("each has a bar with its path, also while it is read first",
          {name for name, _ in bars} == {"1-1", "1-2", "1-3"} and {"Reading", "Writing"} <= {did for _, did in bars}, out)
    pieces = re.split(r"\r\033\[(\d+)A\033\[J", out)  # what stands there, and how many lines of it are wiped out
    wiped = [[re.search(r"\] +\d+% ", line) is not None for line in text.splitlines()] for text in pieces[::2]]
    check("every bar that was drawn is wiped out before the next line, and nothing else",
          all(sum(bars) == int(lines) and all(bars[-int(lines):]) for bars, lines in zip(wiped, pieces[1::2]))
          and not any(wiped[-1]), out)

    status, out = run_on_terminal(["--sim", SIM, "--progress", "never", "flash", BLINKY])
    check("--progress never shows none", status == 0 and "%" not in out and "erased 1 sector," not in out, out)

    status, out = run_on_terminal(["--sim", SIM, "info"])
    check("a terminal gets colours", "\033[" in out, out)
    status, out = run_on_terminal(["--sim", SIM, "info"], env={"NO_COLOR": "1"})
    check("NO_COLOR switches them off", "\033[" not in out, out)
    status, out = run_on_terminal(["--sim", SIM, "--color", "always", "info"], env={"NO_COLOR": "1"})
    check("--color always switches them on", "\033[" in out, out)
    status, out = run_on_terminal(["flsh", "--color", "auto"])
    check("errors are coloured", "\033[1;31merror:" in out and without_colour(out).startswith("error: "), out)

    status, out = run_on_terminal(["--sim", SIM, "erase", "0x08000000+1"], answer=b"n\n")
    check("erase asks, and no means no", status == 130 and "[y/N]" in out and "nothing was erased" in out, out)
    status, out = run_on_terminal(["--sim", SIM, "erase", "0x08000000+1"], answer=b"y\n")
    check("yes means yes", status == 0 and "erased 1 sector" in out, out)
    status, out = run_on_terminal(["--sim", SIM, "erase", "0x08000000+1", "--yes"])
    check("--yes does not ask", status == 0 and "[y/N]" not in out, out)
