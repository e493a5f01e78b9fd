#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# An outside CMake project finds the package, builds and runs, shared and static, as C and as C++.
. "$(dirname "$0")/common.sh"
stage

for kind in "${kinds[@]}"; do
    if ! { "$CMAKE" -G Ninja -S "$here/consumer" -B "$work/$kind" "-DKIND=$kind" "-DCMAKE_PREFIX_PATH=$prefix" \
        "-DCMAKE_C_COMPILER=$CC" "-DCMAKE_CXX_COMPILER=$CXX" "-DCMAKE_C_FLAGS=$FLAGS" "-DCMAKE_CXX_FLAGS=$FLAGS" &&
        "$CMAKE" --build "$work/$kind"; } >"$work/log" 2>&1; then
        fail "$kind: $(cat "$work/log")"
    fi
    for program in consumer_c consumer_cxx; do
        expect_kind "$kind" "$work/$kind/$program"
        run "$work/$kind/$program"
    done
    printf '%s, find_package: built and run as C and C++\n' "$kind"
done

# A version that is not compatible is refused.
mkdir "$work/other"
printf 'cmake_minimum_required(VERSION 3.20)\nproject(other C)\nfind_package(libdfu 99 REQUIRED)\n' \
    >"$work/other/CMakeLists.txt"
if "$CMAKE" -G Ninja -S "$work/other" -B "$work/other/b" "-DCMAKE_PREFIX_PATH=$prefix" "-DCMAKE_C_COMPILER=$CC" \
    >"$work/log" 2>&1; then
    fail "find_package(libdfu 99) succeeds"
fi
tr -s '\n ' ' ' <"$work/log" | grep 'compatible with requested version "99"' >/dev/null || fail "find_package(libdfu 99) fails otherwise: $(cat "$work/log")"
