#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# documented.sh ROOT: every public function has a comment right above it, and the comment says since when.
. "$(dirname "$0")/lint.sh"
root=$1

count=0
for header in "$root"/include/libdfu/*.h; do
    count=$((count + $(declared "$header" | wc -l)))
    offend_lines < <(awk -v file="${header#"$root"/}" '
        /^[ \t]*#/ { next }
        /\/\*\*/ { comment = ""; inside = 1 }
        inside { comment = comment $0; if (/\*\//) { inside = 0; fresh = 1 } ; next }
        /^[ \t]*DFU_API[ \t]/ {
            name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
            if (!fresh)
                print file ":" FNR ": " name " has no comment right above it"
            else if (comment !~ /@since [0-9]+\.[0-9]/)
                print file ":" FNR ": the comment of " name " has no @since"
        }
        { fresh = 0 }' "$header")
done
[ "$count" -gt 0 ] || offend "no public functions in $root/include/libdfu"
finish "every public function is documented, with @since"
