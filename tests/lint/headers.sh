#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# headers.sh ROOT CC CXX: each public header compiles alone, twice in one file, as C11 and as C++17.
. "$(dirname "$0")/lint.sh"
root=$1 cc=$2 cxx=$3
for compiler in "$cc" "$cxx"; do
    command -v "$compiler" >/dev/null || skip "$compiler is not installed"
done
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror -pedantic-errors)

# compile COMPILER STANDARD LANGUAGE HEADER
compile()
{
    local output
    output=$(printf '#include <%s>\n#include <%s>\ntypedef int dfu_lint_unit;\n' "$4" "$4" |
        "$1" "-std=$2" -x "$3" "${warnings[@]}" -I "$root/include" -fsyntax-only - 2>&1) ||
        offend "$4 as $2 with $1: $(head -n 3 <<<"$output")"
}

count=0
for header in "$root"/include/libdfu/*.h; do
    [ -f "$header" ] || continue
    name=libdfu/$(basename "$header")
    compile "$cc" c11 c "$name"
    compile "$cxx" c++17 c++ "$name"
    count=$((count + 1))
done
[ "$count" -gt 0 ] || offend "no public headers in $root/include/libdfu"
finish "public headers stand alone"
