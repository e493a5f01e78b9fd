#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# structs.sh ROOT: every struct that a public header defines has its size pinned in test_abi.c.
set -u -o pipefail
root=$1
missing=0 count=0
while IFS= read -r name; do
    count=$((count + 1))
    grep -qE "^    \{NAMED\($name\), [0-9]+\}," "$root/tests/abi/test_abi.c" && continue
    printf 'the size of struct %s is not pinned in tests/abi/test_abi.c\n' "$name"
    missing=$((missing + 1))
done < <(sed -nE 's/^struct (dfu_[a-z0-9_]+) \{.*/\1/p' "$root"/include/libdfu/*.h | sort -u)
printf '%d structs, %d not pinned\n' "$count" "$missing"
[ "$missing" = 0 ] && [ "$count" -gt 0 ]
