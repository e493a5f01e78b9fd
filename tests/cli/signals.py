#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Ctrl-C and closed pipes. The simulator runs in real time here, slowed down where the test needs the program to be
busy; every step waits for output, never for a time."""

import json
import os
import signal
import subprocess
import sys
import tempfile

DFU = os.path.abspath(sys.argv[1])


def start(sim, *args):
    child = subprocess.Popen([DFU, "--sim", sim, "--json", "flash", "big.bin@0x08000000", *args],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in child.stdout:
        if json.loads(line).get("event") == "progress":
            return child
    sys.exit("FAILED: the program ended before it showed progress: " + child.stderr.read())


def rest_of(child):
    """What is left of standard output and error, when it has ended. Both are short enough for their pipes.
    Not communicate(): that would miss what the line-wise reading before has taken already."""
    out, err = child.stdout.read(), child.stderr.read()
    child.wait(timeout=60)
    return out, err


def check(what, good, *details):
    print(("ok: " if good else "FAILED: ") + what)
    if not good:
        print(*details)
        sys.exit(1)


def interrupt(number):
    child = start("stm32f407,time=real,state=board,stats=stats.json")
    child.send_signal(number)
    out, err = rest_of(child)
    last = json.loads(out.splitlines()[-1])
    check(f"signal {number}: exit 130", child.returncode == 130, child.returncode, out, err)
    check("the last line is the error", last["event"] == "error" and last["code"] == "DFU_ERR_CANCELLED", last)
    check("it says that it stops", "stopping" in err, err)
    stats = json.load(open("stats.json"))
    check("the counters were kept, and no rule was broken", stats["early_poll"] == 0 and stats["bad_state"] == 0, stats)
    check("the device is idle again",
          subprocess.run([DFU, "--sim", "stm32f407,state=board", "info"], stdout=subprocess.DEVNULL).returncode == 0)


def interrupt_in_a_transfer():
    """Sends both signals while the erase runs inside a GETSTATUS; status and standard output."""
    # 100 times slower than a board: the transfer takes 25 s, so only the second signal can end it this soon.
    child = subprocess.Popen([DFU, "--sim", "st-loader,time=real,scale=100", "-vvv", "erase", "0x08008000+1"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for word in ("DNLOAD", "stopping"):
        for line in child.stderr:
            if word in line:
                break
        child.send_signal(signal.SIGINT)
    _, err = rest_of(child)
    return child.returncode, err


def interrupt_twice():
    # The first signal may come in the instant before the transfer begins; then the clean stop wins.
    for _ in range(5):
        status, err = interrupt_in_a_transfer()
        if "error:" not in err:
            break
    check("a second signal ends it at once", status == 130 and "error:" not in err, status, err)


def station(boards, limit, wanted, status):
    """Ctrl-C while a station has nothing to do: how it usually ends."""
    sim = f"st-loader,time=real,scale=0.01,count=2,plug={0 if boards else 10**9}@0,plug={0 if boards else 10**9}@1"
    child = subprocess.Popen([DFU, "--sim", sim, "--json", "-v", "flash", "small.bin@0x08008000", limit],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    left = boards
    while left:
        left -= json.loads(child.stdout.readline())["event"] == "result"
    if not boards:
        while "waiting" not in child.stderr.readline():
            pass
    child.send_signal(signal.SIGINT)
    out, err = rest_of(child)
    last = json.loads(out.splitlines()[-1]) if out else {}
    check(f"station, {wanted}: exit {status}", child.returncode == status, child.returncode, out, err)
    check("its last line is the sum", last.get("event") == "summary" and last["good"] == boards and
          last["exit"] == status, last)


def killed():
    """A row that a board may hold is not given out again, whatever became of the program that gave it."""
    with open("s.csv", "w") as f:
        f.write("serial\nA1\nB2\nC3\n")
    give = ["flash", "big.bin@0x08008000", "--data", "s.csv", "--patch", "0x08008000=str:{serial}", "--json"]
    child = subprocess.Popen([DFU, "--sim", "st-loader,time=real", *give], stdout=subprocess.PIPE, text=True)
    for line in child.stdout:
        if json.loads(line).get("phase") == "write":
            break
    child.kill()
    rest = child.stdout.read()
    check("no result was printed", child.wait(timeout=60) == -signal.SIGKILL and '"result"' not in rest, rest)
    for serial in ("B2", "C3", None):
        done = subprocess.run([DFU, "--sim", "st-loader,state=given", *give], stdout=subprocess.PIPE, text=True)
        check(f"the next row is {serial}", done.returncode == (0 if serial else 6), done.stdout)
        with open("given/08000000.bin", "rb") as f:
            f.seek(0x8000)
            check("and no other", serial is None or f.read(2) == serial.encode())


def closed_pipe():
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run([DFU, "--sim", "stm32f407,state=piped", "--json", "flash", "big.bin@0x08000000"],
                          stdout=write_end, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(write_end)
    check("a closed pipe is an error", done.returncode == 6 and "cannot write to standard output" in done.stderr,
          done.returncode, done.stderr)
    flash = open("piped/08000000.bin", "rb").read()
    check("but the flash was finished", flash.startswith(open("big.bin", "rb").read()))


# A shell starts background jobs with SIGINT ignored, and the command honours that; here it is to be obeyed.
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    with open("big.bin", "wb") as f:
        f.write(bytes(range(1, 251)) * 2000)
    interrupt(signal.SIGINT)
    interrupt(signal.SIGTERM)
    interrupt_twice()
    with open("small.bin", "wb") as f:
        f.write(bytes(range(1, 201)))
    station(2, "--loop", "all good", 0)
    station(2, "--loop=3", "one is missing", 130)
    station(0, "--loop", "none came", 130)
    killed()
    closed_pipe()
