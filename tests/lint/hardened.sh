#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# hardened.sh BUILD_TYPE FILE…: programs are position independent; programs and libraries bind everything at start, in
# memory that is read-only afterwards; an optimised build has stack guards and checked copies.
. "$(dirname "$0")/lint.sh"
build_type=$1
shift

for file; do
    name=$(basename "$file")
    headers=$(readelf -W -h -l -d "$file") || offend "$name cannot be read"
    symbols=$(nm -D "$file")
    grep -q 'Type: *DYN' <<<"$headers" || offend "$name is not position independent"
    grep -q 'GNU_RELRO' <<<"$headers" || offend "$name has no RELRO segment"
    grep -qE 'BIND_NOW|FLAGS_1.*NOW' <<<"$headers" || offend "$name binds lazily"
    grep -qE 'GNU_STACK.* RWE ' <<<"$headers" && offend "$name has an executable stack"
    grep -q '__stack_chk_fail' <<<"$symbols" || offend "$name has no stack guards"
    [ "$build_type" = Debug ] || grep -qE '__[a-z]+_chk@' <<<"$symbols" || offend "$name has no checked copies"
done
[ $# -gt 0 ] || offend "nothing to look at"
finish "programs and libraries are hardened"
