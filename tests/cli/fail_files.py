#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each file operation of a command fails in turn: exit 0 only with a whole output, an old output is kept as it was when
the command fails, and nothing is left behind."""

import os
import subprocess
import sys
import tempfile

DFU, SHIM = (os.path.abspath(p) for p in sys.argv[1:3])
IMAGE = bytes(range(1, 251)) * 80
OLD = b"what was there\n"
SIM = "stm32f407,state=state"

# name, command, the file that it writes
JOBS = [
    ("image to .hex", ["image", "in.bin@0x08000000", "-o", "out.hex"], "out.hex"),
    ("image to .bin", ["image", "in.bin@0x08000000", "--fill", "0xFF@0x08000000..0x08006000", "-o", "out.bin"], "out.bin"),
    ("read", ["--sim", SIM, "read", "-o", "out.bin", "0x08000000+20000"], "out.bin"),
    ("flash", ["--sim", SIM, "flash", "in.bin@0x08000000"], "state/08000000.bin"),
    ("flash with a wire log", ["--sim", SIM, "--record", "wire.log", "flash", "in.bin@0x08000000"], "wire.log"),
    ("verify", ["--sim", SIM, "verify", "in.bin@0x08000000"], None),
]


def run(command, fail=0):
    env = dict(os.environ, LD_PRELOAD=SHIM, FAIL_FILE=str(fail), FAIL_FILE_COUNT="count")
    done = subprocess.run([DFU, "-q", *command], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=60)
    with open("count") as f:
        count = int(f.read())
    os.unlink("count")
    return done, count


def contents(path):
    with open(path, "rb") as f:
        return f.read()


def one_job(name, command, output):
    if output and not output.startswith("state/"):
        with open(output, "wb") as f:
            f.write(OLD)
    done, count = run(command)
    if done.returncode != 0 or count < 4:
        sys.exit(f"FAILED: {name}: {count} operations, {done.stderr}")
    good = contents(output) if output else b""
    there = sorted(os.listdir(".") + os.listdir("state"))
    failed = 0
    for n in range(1, count + 1):
        before = good if output and output.startswith("state/") else OLD
        if output:
            with open(output, "wb") as f:
                f.write(before)
        done, _ = run(command, n)
        what = f"{name}, operation {n} of {count}: exit {done.returncode}"
        if done.returncode == 0 and output and contents(output) != good and not output.endswith(".log"):
            sys.exit(f"FAILED: {what} with a short or missing {output}")
        if done.returncode != 0 and output and contents(output) not in (before, good) and not output.endswith(".log"):
            sys.exit(f"FAILED: {what}, and {output} is not what it was")
        if done.returncode < 0 or done.returncode == 1:
            sys.exit(f"FAILED: {what}: {done.stderr}")
        if done.returncode != 0 and not done.stderr.startswith(("error:", "warning:")):
            sys.exit(f"FAILED: {what}, and it does not say why: {done.stderr}")
        left = sorted(os.listdir(".") + os.listdir("state"))
        if left != there:
            sys.exit(f"FAILED: {what} leaves {sorted(set(left) ^ set(there))}")
        failed += done.returncode != 0
    print(f"ok: {name}: {count} operations, {failed} of them told as a failure")
    return count


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    with open("in.bin", "wb") as f:
        f.write(IMAGE)
    subprocess.run([DFU, "-q", "--sim", SIM, "flash", "in.bin@0x08000000"], check=True, stderr=subprocess.DEVNULL)
    print("all:", sum(one_job(*job) for job in JOBS), "operations")
