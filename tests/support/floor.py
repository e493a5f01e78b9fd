#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The least time in which any host can put an image into a simulated device, in milliseconds.

Worked out from the image and from figures given here, not from what the simulator counted, so that the two can
be compared. What counts: one erase command for each sector that holds a byte of a block that is sent, one SET_ADDRESS,
and the blocks; for each of these the DNLOAD, the GETSTATUS that starts the work, the work, the wait that the
device asks for, and the GETSTATUS that ends it.

  floor.py image.bin 0x08008000 --sectors 0x08000000:4*16384=250000,1*65536=550000,7*131072=1000000 \\
           --transfer-size 2048 --unit 4 --program-ns 16000 --poll-ms 50
"""
import argparse


def number(text):
    return int(text, 0)


def wire_us(length):
    """Full speed: 1 ms a transfer, then 19 packets of 64 bytes a millisecond."""
    packets = -(-length // 64)
    return 1000 + -(-packets * 1000 // 19)


def sector_list(text):
    """START:COUNT*SIZE=ERASE_US,... -> [(start, end, erase_us)]"""
    start, groups = text.split(":")
    at = number(start)
    out = []
    for group in groups.split(","):
        shape, erase_us = group.split("=")
        count, size = shape.split("*")
        for _ in range(number(count)):
            out.append((at, at + number(size), number(erase_us)))
            at += number(size)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image")
    parser.add_argument("address", type=number)
    parser.add_argument("--sectors", type=sector_list, required=True)
    parser.add_argument("--transfer-size", type=number, required=True)
    parser.add_argument("--unit", type=number, required=True, help="bytes that --program-ns buys")
    parser.add_argument("--program-ns", type=number, required=True)
    parser.add_argument("--poll-ms", type=number, default=0,
                        help="fixed bwPollTimeout after work done inside GETSTATUS; 0: the work is the wait")
    parser.add_argument("--erased", type=number, default=0xFF)
    parser.add_argument("--pad", type=number, default=1, help="fill the image's end up to a multiple of this")
    parser.add_argument("--append", type=number, default=0, help="bytes behind the image, such as 4 of a CRC")
    args = parser.parse_args()

    with open(args.image, "rb") as f:
        image = f.read()
    image += bytes([args.erased ^ 0xFF]) * args.append
    image += bytes([args.erased]) * (-len(image) % args.pad)

    def step_us(length, work_us):
        wait_us = args.poll_ms * 1000 + work_us if args.poll_ms else -(-work_us // 1000) * 1000
        return wire_us(length) + wire_us(6) + wait_us + wire_us(6)

    total = 0
    sent = []
    for offset in range(0, len(image), args.transfer_size):
        block = image[offset:offset + args.transfer_size]
        if block.count(args.erased) == len(block):
            continue
        sent.append((args.address + offset, len(block)))
        units = -(-len(block) // args.unit)
        total += step_us(len(block), -(-units * args.program_ns // 1000))
    if sent:
        total += step_us(5, 0)
    for start, end, erase_us in args.sectors:
        if any(a < end and a + n > start for a, n in sent):
            total += step_us(5, erase_us)
    print("%d.%03d" % (total // 1000, total % 1000))


if __name__ == "__main__":
    main()
