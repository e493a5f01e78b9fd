#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""from_srec_cat.py DFU PAGE: runs every pair of commands of docs/from-srec_cat.md and compares the files they write.

A pair is a block of shell whose first line is srec_cat's and whose second is ours. A third line that begins with '#' is
what ours must say while it writes nothing. Skipped (exit 77) without srec_cat.
"""

import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

AT_LEAST = 25  # pairs, of which some are refusals


def hex_record(kind, offset, data):
    body = bytes([len(data)]) + offset.to_bytes(2, "big") + bytes([kind]) + data
    return f":{(body + bytes([-sum(body) & 255])).hex().upper()}\n"


def hex_file(segments, start=None):
    """Intel HEX of (address, bytes) that stay within 64 KiB."""
    text = ""
    for address, data in segments:
        text += hex_record(4, 0, (address >> 16).to_bytes(2, "big"))
        for i in range(0, len(data), 16):
            text += hex_record(0, address + i & 0xFFFF, data[i:i + 16])
    if start is not None:
        text += hex_record(5, 0, start.to_bytes(4, "big"))
    return text + ":00000001FF\n"


def make_inputs(folder):
    noise = random.Random(20250112).randbytes
    app, boot, main, low, high = noise(4096), noise(2000), noise(3000), noise(1024), noise(512)
    (folder / "app.bin").write_bytes(app)
    (folder / "config.bin").write_bytes(noise(64))
    (folder / "app.hex").write_text(hex_file([(0x08000000, app)], 0x08000041))
    (folder / "cut.hex").write_text(hex_file([(0x08000000, app)]).replace(":00000001FF\n", ""))
    (folder / "boot.hex").write_text(hex_file([(0x08000000, boot)]))
    (folder / "main.hex").write_text(hex_file([(0x08000800, main)], 0x08000841))
    (folder / "holes.hex").write_text(hex_file([(0x08001000, high), (0x08000000, low)]))


def run(line, dfu, inputs):
    """Runs a command in a folder of its own; returns exit status, messages, and the file after -o or None."""
    words = shlex.split(line)
    output = words[words.index("-o") + 1]
    if words[0] == "dfu":
        words[0] = dfu
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(inputs, name, dirs_exist_ok=True)
        done = subprocess.run(words, cwd=name, capture_output=True, text=True, timeout=60)
        path = Path(name) / output
        return done.returncode, done.stderr, path.read_bytes() if path.exists() else None


def check(block, dfu, inputs):
    """What is wrong with a pair, or None."""
    theirs = run(block[0], dfu, inputs)
    ours = run(block[1], dfu, inputs)
    if theirs[0] != 0 or theirs[2] is None:
        return f"srec_cat failed: {theirs[1]}"
    if len(block) > 2:
        said = block[2].lstrip("# ")
        if ours[0] == 0 or ours[2] is not None:
            return "dfu did not refuse"
        return None if said in ours[1] else f"dfu said something else: {ours[1]}"
    if ours[0] != 0:
        return f"dfu failed: {ours[1]}"
    return None if theirs[2] == ours[2] else "the files differ"


def main():
    dfu, page = os.path.abspath(sys.argv[1]), sys.argv[2]
    if shutil.which("srec_cat") is None:
        print("skipped: there is no srec_cat (package srecord)")
        sys.exit(77)
    blocks = [b.strip().split("\n") for b in re.findall(r"^```sh\n(.*?)^```$", Path(page).read_text(), re.M | re.S)]
    bad = [] if len(blocks) >= AT_LEAST else [f"only {len(blocks)} pairs found"]
    with tempfile.TemporaryDirectory() as name:
        make_inputs(Path(name))
        for block in blocks:
            if len(block) < 2 or not block[0].startswith("srec_cat ") or not block[1].startswith("dfu image "):
                bad.append(f"no pair: {block}")
                continue
            wrong = check(block, dfu, name)
            if wrong is not None:
                bad.append(f"{block[0]}\n{block[1]}\n  {wrong}")
    print("\n".join(bad))
    print(f"{len(blocks)} pairs, {len(bad)} wrong")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
