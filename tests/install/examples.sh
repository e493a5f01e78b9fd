#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Each program of docs/examples builds as its first comment says, and runs.
. "$(dirname "$0")/common.sh"
stage
[ "${kinds[0]}" = shared ] || only_static

count=0
for example in "$SOURCE"/docs/examples/*.c; do
    name=$(basename "$example" .c)
    command=$(sed -nE 's/^ \* (cc -o .*)$/\1/p' "$example")
    [ -n "$command" ] || fail "$name.c does not say how to build it"
    cp "$example" "$work"
    as_said "$command"
    run "$work/$name"
    count=$((count + 1))
done
[ "$count" -gt 0 ] || fail "there are no examples"
