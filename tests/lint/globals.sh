#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# globals.sh LIST…: no object of the libraries holds a variable. Constant tables with pointers live in .data.rel.ro,
# which is read-only once the program is loaded, so the section decides and not nm's letter.
. "$(dirname "$0")/lint.sh"

count=0
while IFS= read -r object; do
    count=$((count + 1))
    # Sanitizers add tables of their own, which no source names.
    offend_lines < <(objdump -t "$object" | awk -v object="${object##*_objects.dir/}" '
        function is_variable(section) {
            if (section ~ /^\.data\.rel\.ro/) return 0
            return section ~ /^\.(data|bss|tdata|tbss)(\.|$)/ || section == "*COM*"
        }
        { sub(/ \.hidden /, " ") }
        NF >= 4 {
            name = $NF; section = $(NF - 2)
            if (!is_variable(section) || name == section) next
            if (name ~ /^(__unnamed_|_*__asan|__odr_asan|_*__sancov|__sanitizer|\.L|__start___sancov|__stop___sancov)/) next
            print object ": " name " is a variable (" section ")"
        }')
done < <(objects "$@")
[ "$count" -gt 0 ] || offend "no objects found in $*"
finish "the libraries have no mutable globals"
