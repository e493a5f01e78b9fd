#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# coverage.sh [OUT]: runs the tests in a build that counts, and prints how much of lib/ they reach; the pages are in
# OUT (build/coverage/html). Fails below the floors that docs/testing.md states. Needs gcc and gcovr.
set -u -o pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/coverage
out=${1:-$build/html}
lines=95 branches=85

mkdir -p "$build"
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=gcc \
    -DCMAKE_C_FLAGS="--coverage -fprofile-abs-path -fprofile-update=atomic" >"$build.log" 2>&1 || { cat "$build.log" && exit 1; }
cmake --build "$build" --parallel "$(nproc)" >>"$build.log" 2>&1 || { cat "$build.log" && exit 1; }
find "$build" -name '*.gcda' -delete
# cli_read limits the size of files and cli_fail_files lets them fail, which the counters' own files do not survive.
ctest --test-dir "$build" -j "$(nproc)" -LE 'e2e|install|lint' -E '^cli_(read|fail_files)$' | tail -5 || exit 1
mkdir -p "$out"
echo "all of lib/:"
gcovr --root "$root" --object-directory "$build" --filter "$root/lib/" --exclude-unreachable-branches \
    --json "$build/lib.json" --print-summary
# These need a kernel's USB: tests/e2e runs them, in a virtual machine that keeps no counters.
echo "without what only a real bus reaches:"
gcovr --root "$root" -a "$build/lib.json" --exclude 'lib/usb/libusb.*' --exclude 'lib/sim/serve_vhci.c' \
    --exclude-unreachable-branches --html-details "$out/index.html" --txt "$out/lib.txt" --print-summary \
    --fail-under-line "$lines" --fail-under-branch "$branches"
