#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""random_srec_cat.py DFU [--count N] [--seed S]: random images and edits through srec_cat and dfu; the files must be equal.

The count may also come from the variable N, so that N=10000 tests/cli/random_srec_cat.py build/release/cli/dfu is the long
run. Where dfu refuses, srec_cat may have done something: that must be one of REFUSALS, and is counted. Skipped (exit 77)
without srec_cat.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

BASE = 0x08000000
SPAN = 0x30000  # crosses two 64 KiB lines

# What dfu refuses by design, by words of its error. Where srec_cat goes on, docs/from-srec_cat.md says why dfu does not.
REFUSALS = (
    "leaves no data",  # srec_cat: a file without data
    "which the CRC would cover",  # gaps under a CRC
    "-bit words, but",  # a rest that fills no word
    "which is no multiple of 4",  # words that do not begin at one
    "lies inside its own range",  # a CRC slot with data on both sides
    "leaves the 4 GiB",  # a start address of 0 that moves below 0
)


def make_segments(rng):
    """Disjoint, in random order; a byte, a run, or some KiB each, at any alignment."""
    segments, used = [], []
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        length = rng.choice((1, 3, 4, 16, 32, 100, 256, 1791, 1792, 1793, 5000, 0x10001))
        start = BASE + rng.choice((0, 1, 4, 16, rng.randrange(SPAN), rng.randrange(SPAN) & ~31, 0xFFF0, 0x10000))
        if all(start + length <= a or start >= b for a, b in used):
            used.append((start, start + length))
            segments.append((start, rng.choice((rng.randbytes(length), bytes(length), b"\xff" * length))))
    return segments


def hex_record(kind, offset, data):
    body = bytes([len(data)]) + offset.to_bytes(2, "big") + bytes([kind]) + data
    return f":{(body + bytes([-sum(body) & 255])).hex()}"


def records(rng, segments):
    """(address, bytes) pieces of records, each within one 64 KiB line."""
    width = rng.choice((16, 32, 7, 255))
    pieces = []
    for start, data in segments:
        at = 0
        while at < len(data):
            n = min(width, len(data) - at, 0x10000 - (start + at & 0xFFFF))
            pieces.append((start + at, data[at:at + n]))
            at += n
    if rng.random() < 0.2:
        rng.shuffle(pieces)
    return pieces


def write_hex(rng, path, segments, start):
    lines, upper = [], None
    for address, data in records(rng, segments):
        if address >> 16 != upper:
            upper = address >> 16
            lines.append(hex_record(4, 0, upper.to_bytes(2, "big")))
        lines.append(hex_record(0, address & 0xFFFF, data))
    if start is not None:
        lines.append(hex_record(5, 0, start.to_bytes(4, "big")))
    lines.append(":00000001ff")
    text = "\n".join(lines) + "\n"
    path.write_text(text if rng.random() < 0.3 else text.upper())


def write_srec(rng, path, segments, start):
    lines = []
    for address, data in records(rng, segments):
        for i in range(0, len(data), 250):
            body = (address + i).to_bytes(4, "big") + data[i:i + 250]
            body = bytes([len(body) + 1]) + body
            lines.append(f"S3{(body + bytes([~sum(body) & 255])).hex().upper()}")
    body = bytes([5]) + (start or 0).to_bytes(4, "big")
    lines.append(f"S7{(body + bytes([~sum(body) & 255])).hex().upper()}")
    path.write_text("\n".join(lines) + "\n")


def some_range(rng, segments):
    """Mostly near data, with ends of every alignment."""
    if rng.random() < 0.1:
        a, b = sorted(rng.sample(range(0, SPAN + 0x2000, rng.choice((1, 4, 32))), 2))
        return BASE + a, BASE + b
    start, data = rng.choice(segments)
    a = max(BASE, start + rng.choice((-64, -1, 0, 0, 4, len(data) // 2)))
    b = start + rng.choice((len(data) // 2 + 1, len(data) - 1, len(data), len(data) + 7, len(data) + 4096))
    return (a, b) if a < b else (b, a + 1)


def random_edit(rng, segments):
    """(srec_cat's words, ours) of one edit."""
    kind = rng.choice(("fill", "crop", "exclude", "offset"))
    if kind == "offset":
        by = rng.choice((4, -4, 32, 0x1000, -0x10000, 1))
        return ["-offset", str(by) if by < 0 else hex(by)], ["--move", str(by)]
    a, b = some_range(rng, segments)
    if kind == "fill":
        value = rng.choice((0, 0xFF, 0x5A))
        return ["-fill", hex(value), hex(a), hex(b)], ["--fill", f"{value}@{a:#x}..{b:#x}"]
    return [f"-{kind}", hex(a), hex(b)], [f"--{kind}", f"{a:#x}..{b:#x}"]


def random_crc(rng):
    """Mostly over whole words without gaps, as one does it."""
    theirs, ours = [], []
    if rng.random() < 0.8:
        a = BASE + 4 * rng.randrange(0x4000)
        b = a + 4 * rng.randrange(1, 0x4000)
        theirs, ours = ["-fill", "0xFF", hex(a), hex(b), "-crop", hex(a), hex(b)], ["--fill", f"0xFF@{a:#x}..{b:#x}"]
        ours += ["--crop", f"{a:#x}..{b:#x}"]
    words, options = plain_crc(rng)
    return theirs + words, ours + options


def plain_crc(rng):
    at = BASE + rng.choice((SPAN * 2, SPAN * 2 + 4, 0x8000))
    name, ours = rng.choice((
        ("-STM32", ["--stm32-crc", hex(at)]),
        ("-STM32_BE", ["--stm32-crc", hex(at), "--crc-big-endian"]),
        ("-CRC32_LE", ["--crc", f"crc32@{at:#x}"]),
        ("-CRC16_BE", ["--crc", f"crc16-aug-ccitt@{at:#x}", "--crc-big-endian"])))
    return [name, hex(at)], ours


def random_job(rng, folder):
    """The two command lines, and the name of the file that both write."""
    segments = make_segments(rng)
    start = rng.choice((None, BASE + rng.randrange(SPAN)))
    kind = rng.choice(("hex", "hex", "s19", "bin"))
    path = folder / f"in.{kind}"
    if kind == "bin":
        base = BASE + rng.choice((0, 1, 0x100, 0xFFF1))
        path.write_bytes(segments[0][1])
        theirs, ours = [path.name, "-Binary", "-offset", hex(base)], [f"{path.name}@{base:#x}"]
    elif kind == "hex":
        write_hex(rng, path, segments, start)
        theirs, ours = [path.name, "-Intel"], [path.name]
    else:
        write_srec(rng, path, segments, start)
        theirs, ours = [path.name, "-Motorola"], [path.name]
    if kind == "bin":
        segments = [(base, segments[0][1])]
    edits = [random_edit(rng, segments) for _ in range(rng.randrange(4))] + ([random_crc(rng)] if rng.random() < 0.4 else [])
    for a, b in edits:
        theirs, ours = theirs + a, ours + b
    suffix = rng.choice(("hex", "hex", "s19", "bin"))
    if suffix == "bin":  # only of one stretch: srec_cat begins at address 0, and fills gaps with zeros
        low, high = BASE + 0x1000, BASE + 0x1000 + rng.randrange(1, 0x9000)
        theirs += ["-fill", "0xA5", hex(low), hex(high), "-crop", hex(low), hex(high), "-offset", str(-low)]
        ours += ["--fill", f"0xA5@{low:#x}..{high:#x}", "--crop", f"{low:#x}..{high:#x}"]
    out = f"out.{suffix}"
    word = {"hex": ["-Intel"], "s19": ["-Motorola"], "bin": ["-Binary"]}[suffix]
    if suffix == "s19":
        theirs = ["-header", ""] + theirs
    if suffix != "bin" and rng.random() < 0.3:
        width = rng.choice((4, 16, 31, 64, 128))
        word, ours = word + [f"-obs={width}"], ours + ["--record-bytes", str(width)]
    return ["srec_cat"] + theirs + ["-o", out] + word, ["image"] + ours + ["-q", "-o", out], out


def run(command, folder, out):
    path = folder / out
    path.unlink(missing_ok=True)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    return done, path.read_bytes() if done.returncode == 0 and path.exists() else None


def compare(dfu, folder, seed, counts):
    """What differs, or None."""
    rng = random.Random(seed)
    theirs, ours, out = random_job(rng, folder)
    their_run, wanted = run(theirs, folder, out)
    our_run, got = run([dfu] + ours, folder, out)
    report = f"seed {seed}\n  {' '.join(theirs)}\n  dfu {' '.join(ours)}\n"
    if got is not None and wanted is not None:
        counts["equal"] += 1
        return None if got == wanted else report + "  the files differ"
    if got is None:
        reason = next((r for r in REFUSALS if r in our_run.stderr), None)
        if reason is None:
            return report + f"  dfu: {our_run.stderr}"
        counts[f"{reason} (srec_cat: {'refused' if wanted is None else 'written'})"] += 1
        return None
    return report + f"  only srec_cat refuses: {their_run.stderr}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dfu")
    parser.add_argument("--count", type=int, default=int(os.environ.get("N", "100")))
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if shutil.which("srec_cat") is None:
        print("skipped: there is no srec_cat (package srecord)")
        sys.exit(77)
    counts, bad = Counter(), []
    with tempfile.TemporaryDirectory() as name:
        for seed in range(args.seed, args.seed + args.count):
            wrong = compare(os.path.abspath(args.dfu), Path(name), seed, counts)
            if wrong is not None:
                bad.append(wrong)
                print(wrong)
    for what, count in counts.most_common():
        print(f"{count:7} {what}")
    print(f"{args.count} images, {len(bad)} with a difference that is not listed")
    sys.exit(bool(bad) or counts["equal"] < args.count // 3)


if __name__ == "__main__":
    main()
