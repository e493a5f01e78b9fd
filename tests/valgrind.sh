#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# valgrind.sh [BUILD]: runs the unit tests and those of the simulator that are short enough under valgrind, and fails
# for any error or leak. BUILD is a build without sanitizers (build/release).
set -u -o pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-$root/build/release}" && pwd) || exit 1
# A minute and more each: many points of what the others do a few of, threads (which have ThreadSanitizer), scripts;
# and one that measures memory.
long='sim_(faults|eager|memory_jobs|cells|property|protect|ahead|sim_floor_script|gang|sim_lifetime)|unit_image_srec_cat'
# shellcheck disable=SC2317 # called through xargs
one()
{
    local log
    local status=0
    log=$(valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible \
        --child-silent-after-fork=yes "$1" 2>&1) || status=$?
    [[ $status == 0 || $status == 77 ]] && return 0 # 77: skipped
    printf '%s\n' "$log" | tail -40
    echo "FAILED: $1"
    return 1
}
export -f one
tests=()
for test in "$build"/tests/unit/unit_* "$build"/tests/sim/sim_*; do
    if [[ -f $test && -x $test && ! $(basename "$test") =~ ^($long)$ ]]; then
        tests+=("$test")
    fi
done
failed=0
# shellcheck disable=SC2016 # for the other shell
printf '%s\n' "${tests[@]}" | xargs -P "$(nproc)" -I {} bash -c 'cd "$(mktemp -d)" && one {}' || failed=1
echo "${#tests[@]} programs under valgrind"
exit "$((failed || ${#tests[@]} == 0))"
