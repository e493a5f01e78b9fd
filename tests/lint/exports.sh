#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# exports.sh ROOT LIBDFU_SO LIBDFU_SIM_SO: what the headers declare, what the export maps list and what the shared
# libraries export are the same.
. "$(dirname "$0")/lint.sh"
root=$1 dfu_so=$2 sim_so=$3

mapped()
{
    sed -nE '/global:/,/local:/s/^[[:space:]]*([A-Za-z0-9_]+);.*/\1/p' "$1" | sort -u
}

exported()
{
    nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u
}

# same LEFT_NAME LEFT RIGHT_NAME RIGHT
same()
{
    comm -23 <(echo "$2") <(echo "$4") | sed "/./s|\$| is in $1 but not in $3|" | grep . | offend_into
    comm -13 <(echo "$2") <(echo "$4") | sed "/./s|\$| is in $3 but not in $1|" | grep . | offend_into
}

offend_into()
{
    cat >>"$found"
}

# compare NAME MAP SO HEADER…
compare()
{
    local name=$1 map=$2 so=$3 functions listed visible
    shift 3
    functions=$(declared "$@")
    listed=$(mapped "$map")
    visible=$(exported "$so")
    [ -n "$functions" ] || offend "$name: no function is declared DFU_API"
    same "the headers" "$functions" "${map##*/}" "$listed"
    same "${map##*/}" "$listed" "${so##*/}" "$visible"
}

found=$(mktemp)
trap 'rm -f "$found"' EXIT
headers=()
for header in "$root"/include/libdfu/*.h; do
    [ "${header##*/}" = sim.h ] || headers+=("$header")
done
compare libdfu "$root/lib/libdfu.map" "$dfu_so" "${headers[@]}"
compare libdfu-sim "$root/lib/sim/libdfu-sim.map" "$sim_so" "$root/include/libdfu/sim.h"
offend_lines <"$found"
finish "headers, export maps and libraries name the same functions"
