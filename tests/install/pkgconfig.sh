#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# An outside program builds and runs with what pkg-config says, shared and static, as C and as C++.
. "$(dirname "$0")/common.sh"
stage
cp "$here/consumer/consumer.c" "$work/consumer.cpp"

try() # try KIND
{
    local -a options=() words
    [ "$1" = shared ] || options=(--static)
    read -ra words <<<"$(pkg-config "${options[@]}" --cflags --libs libdfu-sim)"
    "$CC" "${flags[@]}" -o "$work/c" "$here/consumer/consumer.c" "${words[@]}" || fail "the C program does not build"
    "$CXX" "${flags[@]}" -o "$work/cxx" "$work/consumer.cpp" "${words[@]}" || fail "the C++ program does not build"
    for program in c cxx; do
        expect_kind "$1" "$work/$program"
        run "$work/$program"
    done
    printf '%s, pkg-config: built and run as C and C++\n' "$1"
}

version=$(pkg-config --modversion libdfu)
[ "$version" = "$VERSION" ] || fail "pkg-config says version $version instead of $VERSION"
case " ${kinds[*]} " in *" shared "*) try shared ;; esac
only_static
try static
