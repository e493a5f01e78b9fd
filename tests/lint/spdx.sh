#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# spdx.sh ROOT: every source and every script names its licence in its first three lines.
. "$(dirname "$0")/lint.sh"
root=$1

count=0
while IFS= read -r file; do
    case $file in
    tests/data/*.hex | tests/fuzz/seeds/*) continue ;;
    *.c | *.h | *.c.in | *.h.in | *.cpp | *.S | *.s | *.ld | *.sh | *.py | *.rules) ;;
    *) [ "$(head -c 2 "$root/$file" 2>/dev/null | tr -d '\0')" = '#!' ] || continue ;;
    esac
    count=$((count + 1))
    grep -qm 1 'SPDX-License-Identifier: BSD-2-Clause' <(head -n 3 "$root/$file") || offend "$file names no licence"
done < <(files "$root")
[ "$count" -gt 0 ] || offend "no sources found in $root"
finish "every source starts with its SPDX line"
