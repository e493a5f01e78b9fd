#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# quirks.sh ROOT: every row of lib/proto/quirks.c is explained in docs/quirks.md.
. "$(dirname "$0")/lint.sh"
root=$1

count=0
while IFS= read -r id; do
    count=$((count + 1))
    grep -q "^| $id |" "$root/docs/quirks.md" || offend "docs/quirks.md has no row $id"
done < <(sed -nE 's/.*DFUI_QUIRK_[A-Z0-9_ |]+, "([A-Z][0-9]+)".*/\1/p' "$root/lib/proto/quirks.c" | sort -u)
[ "$count" -gt 0 ] || offend "no rows found in lib/proto/quirks.c"
finish "every quirk row is documented"
