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

mapfile -t names < <(files "$root" | grep -vx '.ci/run') # .ci/run alone knows where test data stands
[ ${#names[@]} -gt 0 ] || offend "no files found in $root"
offend_lines < <(cd "$root" && grep -nHIE "${patterns[@]/#/-e}" -- "${names[@]}" | cut -c1-160)
finish "no file names a path of one machine"
