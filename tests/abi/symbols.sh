#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# symbols.sh LIST LIBRARY: the library exports what LIST says, in the versions that LIST says. A released line never
# goes away or changes; a new function adds its line here and to CHANGELOG.md.
set -u -o pipefail
export LC_ALL=C
exported=$(nm -D --defined-only "$2" | awk '$2 != "A" { print $3 }' | sort) || exit 1
[ -n "$exported" ] || { printf '%s exports nothing\n' "$2" && exit 1; }
diff <(grep -v '^#' "$1") - <<<"$exported" || {
    printf '< only in %s, > only in %s\n' "${1##*/}" "${2##*/}"
    exit 1
}
