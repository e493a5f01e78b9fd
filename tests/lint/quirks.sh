#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# quirks.sh ROOT [DFU]: every row of lib/proto/quirks.def has a simulated device that shows it and a test that names it,
# and docs/quirks.md is made from it. See quirks.py.
. "$(dirname "$0")/lint.sh"
command -v python3 >/dev/null || skip "no python3"
found=$(python3 "$(dirname "$0")/quirks.py" "$@") || offend "quirks.py failed"
[ -z "$found" ] || offend_lines <<<"$found"
finish "table, tests, simulated devices and docs/quirks.md agree on quirks"
