#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# words.sh ROOT: no file speaks of the machine that it was written on.
. "$(dirname "$0")/lint.sh"
root=$1

# Split, so that this file does not match itself.
patterns=(
    '(^|[^[:alnum:]_.$}/])/(ho''me|Us''ers)/[a-z]'  # somebody's own folder
    '(^|[^[:alnum:]_.$}/])/ro''ot/'                 # the superuser's
    '(^|[^[:alnum:]_.$}])/wo''rk(/|\b)'             # one machine's work space
    '(^|[^[:alnum:]_.$}])/tm''p/[[:alnum:]]'        # a fixed name that two runs would fight over: use mktemp
    '\bsha''red/(data|reference|hooks)'             # found through DFU_TEST_DATA alone
)

count=0
while IFS= read -r file; do
    count=$((count + 1))
    [ "$file" = .ci/run ] && continue # the one place that knows where test data stands
    for pattern in "${patterns[@]}"; do
        offend_lines < <(grep -nIE -e "$pattern" "$root/$file" | cut -c1-160 | sed "s|^|$file:|")
    done
done < <(files "$root")
[ "$count" -gt 0 ] || offend "no files found in $root"
finish "no file names a path of one machine"
