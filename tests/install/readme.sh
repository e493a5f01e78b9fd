#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The C program of the README builds as it says, flashes an image, and reports a missing one.
. "$(dirname "$0")/common.sh"
stage
only=${kinds[0]}
awk '/^```c$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$SOURCE/README.md" >"$work/flash.c"
[ -s "$work/flash.c" ] || fail "README.md has no C program"
command=$(sed -nE 's/^(cc .*flash\.c.*)$/\1/p' "$SOURCE/README.md" | head -n 1)
[ -n "$command" ] || fail "README.md does not say how to build the program"
[ "$only" = shared ] || only_static

as_said "$command"
run "$work/flash" "$SOURCE/tests/data/blinky/blinky.hex" >"$work/out"
cat "$work/out"
if LD_LIBRARY_PATH=$libdir "$work/flash" "$work/missing.hex" 2>"$work/err"; then
    fail "the program takes a file that does not exist"
fi
grep -q '^error: .*missing\.hex' "$work/err" || fail "a missing file is reported as: $(cat "$work/err")"
