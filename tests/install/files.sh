#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What is installed, and where.
. "$(dirname "$0")/common.sh"
stage

present() # present FILE, below the prefix
{
    [ -e "$prefix/$1" ] || fail "$1 is not installed; there are: $(cd "$prefix" && find . -type f | sort | tr '\n' ' ')"
}

for header in "$SOURCE"/include/libdfu/*.h; do
    present "include/libdfu/${header##*/}"
done
for name in libdfu libdfu-sim; do
    present "$LIBDIR/$name.a"
    present "$LIBDIR/pkgconfig/$name.pc"
    case " ${kinds[*]} " in *" shared "*)
        present "$LIBDIR/$name.so"
        soname=$(objdump -p "$libdir/$name.so" | awk '$1 == "SONAME" { print $2 }')
        [ "$soname" = "$name.so.0" ] || fail "$name.so has the soname '$soname'"
        present "$LIBDIR/$soname"
        ;;
    esac
done
present "$LIBDIR/cmake/libdfu/libdfu-config.cmake"
present "$LIBDIR/cmake/libdfu/libdfu-config-version.cmake"
present lib/udev/rules.d/60-dfu.rules
present bin/dfu
run "$prefix/bin/dfu" --version

# Nothing that is installed may name the folder it was built in or staged through, but for debug information.
if grep -rlIF -e "$work" -e "$BUILD" -e "$SOURCE" "$prefix"; then
    fail "the files above name a folder of the build"
fi
# The unrelated libdfu of the distribution owns include/dfu and libdfu.so.1.
[ ! -e "$prefix/include/dfu" ] || fail "include/dfu belongs to another package"
echo "installed files are as they should be"
