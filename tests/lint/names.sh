#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# names.sh ROOT LIST…: the top level holds what belongs there, and every symbol that the libraries' objects share
# starts with dfu_ (public) or dfui_ (private).
. "$(dirname "$0")/lint.sh"
root=$1
shift

while IFS= read -r entry; do
    case $entry in
    lib | cli | include | tests | docs | cmake | packaging | bindings) ;;
    CMakeLists.txt | CMakePresets.json | README.md | LICENSE | CHANGELOG.md | CONTRIBUTING.md | SECURITY.md) ;;
    .*) ;;
    *) offend "$entry does not belong on the top level" ;;
    esac
done < <(files "$root" | cut -d/ -f1 | sort -u)

count=0
while IFS= read -r object; do
    count=$((count + 1))
    # asan.module_ctor and the like, and sanitizers' weak tables, are no names of ours.
    offend_lines < <(nm -g --defined-only "$object" | awk -v object="${object##*_objects.dir/}" '
        $3 !~ /^(dfu_|dfui_|asan\.|__asan|__odr_asan|__sancov|sancov\.|__start___sancov|__stop___sancov)/ {
            print object ": " $3 " starts with neither dfu_ nor dfui_"
        }')
done < <(objects "$@")
[ "$count" -gt 0 ] || offend "no objects found in $*"
finish "names keep to their places"
