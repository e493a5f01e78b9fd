#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# no_sleep.sh ROOT: tests wait in virtual time; none of them sleeps.
. "$(dirname "$0")/lint.sh"
root=$1

count=0
while IFS= read -r file; do
    count=$((count + 1))
    case $file in
    tests/lint/no_sleep.sh | tests/lint/selftest.sh | tests/lint/forbidden.sh) continue ;; # they name what they look for
    *.c | *.h) text=$(without_comments "$root/$file") pattern='\b(sleep|usleep|nanosleep|clock_nanosleep|thrd_sleep)[[:space:]]*\(' ;;
    *.py) text=$(<"$root/$file") pattern='\bsleep[[:space:]]*\(' ;;
    *) text=$(<"$root/$file") pattern='(^|[;&|(]|\b(do|then|else)\b)[[:space:]]*sleep[[:space:]]' ;;
    esac
    offend_lines < <(grep -nE "$pattern" <<<"$text" | sed "s|^|$file:|")
done < <(files "$root" 'tests/*.[ch]' 'tests/*.py' 'tests/*.sh' 'tests/*/run')
[ "$count" -gt 0 ] || offend "no tests found in $root"
finish "no test sleeps"
