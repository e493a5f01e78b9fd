#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the benchmark scripts make of figures: the ratios, what is missed, what failed. All figures are made up, and the
expected ones worked out by hand."""
import contextlib
import importlib.machinery
import importlib.util
import io
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True


def load(name):
    loader = importlib.machinery.SourceFileLoader(f"bench_{name}", str(Path(__file__).resolve().parent / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


guest, gang, virtual = load("guest"), load("gang"), load("virtual")

# Three turns of which the ratios are 0.64, 0.65 and 0.60: their median is the bound. The ratio of the medians is 0.60.
ST = """\
e2e: Linux 6.1.0, dfu 0.1.0, dfu-util 0.11, 3.80 s to here
ok - something else
bench st_util 100.00 0.50 0.25
bench st_util 200.00 0.50 0.25
bench st_util 150.00 0.50 0.25
bench st_verify 64.00 0.30 0.10
bench st_verify 130.00 0.50 0.10
bench st_verify 90.00 0.40 0.20
bench st_plain 60.00 0.30 0.10
bench st_eager 20.00 0.30 0.10
bench st_diff64 10.50 0.30 0.10
count st_verify transfers 2000
count st_verify floor_ms 41951
count st_verify bytes_down 1048576
count st_verify bytes_up 1048576
count st_plain floor_ms 40000
e2e: end, 0 failed
"""
# Above a floor of 10 s: 2 s of 5 s.
ROM = """\
bench rom_util 15.00 0.50 0.25
bench rom_verify 14.50 0.30 0.10
bench rom_plain 12.00 0.30 0.10
count rom_plain floor_ms 10000
e2e: end, 0 failed
"""
LIST = """\
bench list_util 2.00 0.50 0.25
bench list_dfu 2.00 0.50 0.25
count list_util moved 8
count list_dfu moved 22
count list_dfu transfers 0
e2e: end, 0 failed
"""


def report(text, check=True, parts=None):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = guest.report(text, parts, check)
    return status, out.getvalue()


class Guest(unittest.TestCase):
    def test_figures_are_read(self):
        times, counts = guest.parse(ST)
        self.assertEqual(times["st_verify"], [(64.0, 0.4), (130.0, 0.6), (90.0, 0.6000000000000001)])
        self.assertEqual(counts["st_verify"],
                         {"transfers": 2000, "floor_ms": 41951, "bytes_down": 1048576, "bytes_up": 1048576})
        self.assertEqual(set(times), {"st_util", "st_verify", "st_plain", "st_eager", "st_diff64"})

    def test_the_table(self):
        lines = report(ST)[1].splitlines()
        self.assertEqual(lines[0], "e2e: Linux 6.1.0, dfu 0.1.0, dfu-util 0.11, 3.80 s to here")
        verify = next(line.split() for line in lines if line.startswith("st_verify"))
        # runs, median seconds, floor in s, transfers, ms of processor for each, and for each of two MiB
        self.assertEqual(verify[1:], ["3", "90.00", "41.951", "2000", "0.300", "300"])

    def test_a_ratio_is_the_median_of_the_turns(self):
        ours, theirs = [(64, 0), (130, 0), (90, 0)], [(100, 0), (200, 0), (150, 0)]
        self.assertAlmostEqual(guest.ratio_of(ours, theirs), 0.64)
        self.assertAlmostEqual(guest.ratio_of(ours[:2], theirs[:1]), 0.97)

    def test_at_the_bound_is_good(self):
        for text in ST, ROM, LIST:
            status, out = report(text)
            self.assertEqual((status, out.count("MISSED")), (0, 0), out)
            self.assertIn("0 missed, 0 without figures, 0 failed", out)

    def test_beyond_a_bound_is_missed(self):
        cases = [(ST, "st_verify 64.00", "st_verify 64.10", "ST library, 1 MiB, verified / not"),
                 (ST, "st_diff64 10.50", "st_diff64 10.60", "ST library, --diff, one 64 KiB sector / full"),
                 (ROM, "rom_verify 14.50", "rom_verify 14.60", "ROM, 1 MiB, verified / not"),
                 (ROM, "rom_plain 12.00", "rom_plain 12.10", "rom: time above the floor, not verified"),
                 (LIST, "list_dfu 2.00", "list_dfu 2.10", "list, ten in a row"),
                 (LIST, "moved 22", "moved 23", "list: control transfers (dfu-util: 8)"),
                 (LIST, "transfers 0", "transfers 1", "list: class requests")]
        for text, good, bad, what in cases:
            self.assertIn(good, text)
            status, out = report(text.replace(good, bad))
            missed = [line for line in out.splitlines() if line.endswith("MISSED")]
            self.assertEqual(status, 1, out)
            self.assertEqual(len(missed), 1, out)
            self.assertTrue(missed[0].startswith(what), out)
            self.assertEqual(report(text.replace(good, bad), check=False)[0], 0)

    def test_a_failed_job_is_a_failure_without_check(self):
        status, out = report(ST + "not ok - st_plain: dfu flash\n", check=False)
        self.assertEqual(status, 1)
        self.assertIn("not ok - st_plain: dfu flash\n", out)
        self.assertEqual(report(ST.replace("0 failed", "1 failed"), check=False)[0], 1)
        self.assertEqual(report(ST.replace("e2e: end, 0 failed\n", ""), check=False)[0], 1)

    def test_what_has_no_figures_is_a_failure_without_check(self):
        status, out = report(ST.replace("bench st_plain", "bench other"), check=False)
        self.assertEqual(status, 1)
        self.assertRegex(out, "(?m)^ST library, 1 MiB, not verified +no figures$")
        self.assertEqual(report(ST, parts=["st"], check=False)[0], 0)
        self.assertEqual(report(ST, parts=["st", "rom"], check=False)[0], 1)
        self.assertEqual(report(LIST.replace("moved", "other"), check=False)[0], 1)


class Others(unittest.TestCase):
    def test_gang(self):
        self.assertTrue(gang.is_good(1.05, 8, 999999, 100))
        self.assertFalse(gang.is_good(1.06, 8, 0, 100))
        self.assertTrue(gang.is_good(1.0, 32, 142, 100))
        self.assertFalse(gang.is_good(1.0, 32, 143, 100))

    def test_a_page_that_is_out_of_date(self):
        rows = ["dfu11    full   100   99.0  1.0101", "dfu11    diff    10    9.0  1.1111"]
        self.assertEqual(virtual.stale_rows("# Title\nprofile job ms ratio\n" + rows[1], rows), [])
        self.assertEqual(virtual.stale_rows(rows[0] + "\n" + rows[1].replace("10 ", "11 "), rows),
                         [rows[1].replace("10 ", "11 ")])
        self.assertEqual(virtual.stale_rows("# Title\n", rows), ["no table"])

    def test_virtual(self):
        """1.01 x 1000 ms + 40 ms, 16 requests beyond 100, none of them early."""
        for took, transfers, early, good in ((1050, 116, 0, True), (1051, 116, 0, False), (1050, 117, 0, False),
                                             (1050, 116, 1, False)):
            bench, out = virtual.Bench("dfu", Path(".")), io.StringIO()
            with contextlib.redirect_stdout(out):
                bench.row("board", "full", {"elapsed_ms": took, "transfers": transfers, "early_poll": early}, 1000000,
                          100)
            self.assertEqual((bench.failed, "MISSED" in out.getvalue()), (not good, not good))


if __name__ == "__main__":
    unittest.main()
