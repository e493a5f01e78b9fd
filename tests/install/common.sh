# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the tests of this folder; ctest sets CMAKE, BUILD, SOURCE, CC, CXX, FLAGS and KINDS.
# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is for the scripts that source it
set -euo pipefail
: "${CMAKE:?}" "${BUILD:?}" "${SOURCE:?}" "${CC:?}" "${CXX:?}" "${FLAGS?}" "${KINDS:?}" "${LIBDIR:?}" "${VERSION:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$SOURCE/tests/install
read -ra flags <<<"$FLAGS"
read -ra kinds <<<"$KINDS"

fail()
{
    printf 'FAILED: %s\n' "$*"
    exit 1
}

# stage: installs into $prefix, which is not where the build was told it would be: an installed tree can be moved.
stage()
{
    "$CMAKE" --install "$BUILD" --prefix "$work/first" >"$work/install.log" || fail "$(cat "$work/install.log")"
    prefix=$work/moved
    mv "$work/first" "$prefix"
    libdir=$prefix/$LIBDIR
    export PKG_CONFIG_PATH=$libdir/pkgconfig
}

# only_static: what a machine with no shared libraries of ours has.
only_static()
{
    rm -f "$libdir"/libdfu*.so*
}

# run PROGRAM ARGUMENT…: runs it against the installed libraries.
run()
{
    LD_LIBRARY_PATH=$libdir "$@" || fail "$* exits with $?"
}

# as_said COMMAND: runs a compiler command of the documentation in $work, with the compiler under test and all warnings.
as_said()
{
    mkdir -p "$work/bin"
    printf '#!/bin/sh\nexec "%s" %s -Wall -Wextra -Wpedantic -Werror "$@"\n' "$CC" "$FLAGS" >"$work/bin/cc"
    chmod +x "$work/bin/cc"
    (cd "$work" && PATH=$work/bin:$PATH bash -c "$1") || fail "'$1' does not build it"
}

# loads PROGRAM: whether it needs our shared library.
loads()
{
    # Not grep -q: it would end objdump by a broken pipe, which counts as a failure here.
    objdump -p "$1" | grep 'NEEDED .*libdfu\.so\.0' >/dev/null
}

# expect_kind KIND PROGRAM: a shared program loads libdfu.so.0 and a static one does not.
expect_kind()
{
    case $1 in
    shared) loads "$2" || fail "$2 does not load libdfu.so.0" ;;
    static) if loads "$2"; then fail "$2 loads libdfu.so.0"; fi ;;
    esac
}
