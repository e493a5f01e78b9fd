#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The least time in which any host can put an image into a device, in milliseconds.

Worked out from the image and from figures given here, not from what the simulator counted, so that the two can
be compared. What counts: one erase command for each sector that holds a byte of the image (blank bytes, too: what is
there now is not known), one SET_ADDRESS, and the blocks that are not blank; for each of these the DNLOAD, the GETSTATUS that starts the work, the work, the wait that the
device asks for, and the GETSTATUS that ends it. With --read it is the least time to read the image's bytes: one
SET_ADDRESS, one ABORT, and one UPLOAD a block. With --plain (no addresses) nothing is pointed at, the device erases a
sector when the first block reaches it, every block is sent, and a zero-length block and its manifestation end it.

  floor.py image.bin 0x08008000 --sectors 0x08000000:4*16384=250000,1*65536=550000,7*131072=1000000 \\
           --transfer-size 2048 --unit 4 --program-ns 16000 --poll-ms 50

As a module: Device, write_floor() and read_floor(), which also tell how many class requests the job needs.
"""
import argparse
import dataclasses

STATUS_BYTES = 6
COMMAND_BYTES = 5


def number(text):
    return int(text, 0)


def ceil_div(a, b):
    return -(-a // b)


def wire_us(length):
    """Full speed: 1 ms a transfer, then 19 packets of 64 bytes a millisecond."""
    packets = ceil_div(length, 64)
    return 1000 + ceil_div(packets * 1000, 19)


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


@dataclasses.dataclass
class Device:
    sectors: list
    transfer_size: int
    unit: int  # bytes that program_ns buys
    program_ns: int
    poll_ms: int = 0  # fixed bwPollTimeout after work done inside GETSTATUS; 0: the work is the wait
    erased: int = 0xFF
    plain: bool = False
    manifest_ms: int = 1  # plain: what is waited in dfuMANIFEST
    tolerant: bool = True  # plain: a GETSTATUS ends the manifestation; otherwise a USB reset does
    away_ms: int = 0  # what the device spends off the bus or in a reset, whoever the host is

    def program_us(self, length):
        return ceil_div(ceil_div(length, self.unit) * self.program_ns, 1000)

    def step_us(self, length, work_us):
        """One DNLOAD to its end: three class requests."""
        wait_us = self.poll_ms * 1000 + work_us if self.poll_ms else ceil_div(work_us, 1000) * 1000
        return wire_us(length) + 2 * wire_us(STATUS_BYTES) + wait_us


def blocks_of(device, address, image):
    for offset in range(0, len(image), device.transfer_size):
        yield address + offset, image[offset:offset + device.transfer_size]


def plain_write_floor(device, address, image):
    total = requests = 0
    for at, block in blocks_of(device, address, image):
        begun = sum(erase_us for start, _, erase_us in device.sectors if at <= start < at + len(block))
        total += device.step_us(len(block), begun + device.program_us(len(block)))
        requests += 3
    total += wire_us(0) + wire_us(STATUS_BYTES) + device.manifest_ms * 1000
    requests += 2
    if device.tolerant:
        total += wire_us(STATUS_BYTES)
        requests += 1
    return total, requests


def write_floor(device, address, image):
    """(microseconds, class requests) to erase what the image covers and to send what is not blank."""
    if device.plain:
        return plain_write_floor(device, address, image)
    total = requests = 0
    for _, block in blocks_of(device, address, image):
        if block.count(device.erased) < len(block):
            total += device.step_us(len(block), device.program_us(len(block)))
            requests += 3
    if requests > 0:
        total += device.step_us(COMMAND_BYTES, 0)
        requests += 3
    for start, end, erase_us in device.sectors:
        if address < end and address + len(image) > start:
            total += device.step_us(COMMAND_BYTES, erase_us)
            requests += 3
    return total, requests


def read_floor(device, address, length):
    """(microseconds, class requests) to read so many bytes."""
    del address  # one SET_ADDRESS, wherever
    total = requests = 0
    if not device.plain:
        total = device.step_us(COMMAND_BYTES, 0) + wire_us(0)
        requests = 4
    for offset in range(0, length, device.transfer_size):
        total += wire_us(min(device.transfer_size, length - offset))
        requests += 1
    return total, requests


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
    parser.add_argument("--read", action="store_true", help="reading instead of writing")
    parser.add_argument("--plain", action="store_true", help="plain DFU")
    args = parser.parse_args()

    with open(args.image, "rb") as f:
        image = f.read()
    image += bytes([args.erased ^ 0xFF]) * args.append
    image += bytes([args.erased]) * (-len(image) % args.pad)
    device = Device(args.sectors, args.transfer_size, args.unit, args.program_ns, args.poll_ms, args.erased,
                    args.plain)
    total, _ = read_floor(device, args.address, len(image)) if args.read else write_floor(device, args.address, image)
    print("%d.%03d" % (total // 1000, total % 1000))


if __name__ == "__main__":
    main()
