# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# From run-time to DFU mode and back, by our command and, beside it, by dfu-util.
. "$E2E_LIB"

image app.bin 8000
# Where a reset must follow DETACH within wDetachTimeOut, time is not made shorter.
for profile in dfu11-runtime,scale=0.2 dfu11-runtime-reset st-runtime,scale=0.2; do
    plug 1 $profile
    dfu list >stdout
    says stdout "run time"
    exits 0 "$profile: detach" dfu detach
    says stdout "is in DFU mode now"
    exits 0 "$profile: again, there is nothing to do" dfu detach
    says stdout "is in DFU mode already"
    exits 0 "$profile: it can be opened" dfu info
    unplug
done

# One command: detach, flash the board that came back, leave.
plug 1 dfu11-runtime-reset
exits 0 "detach, flash, verify and leave in one" dfu flash app.bin --detach --leave
says stdout "verified"
says stdout "it came back on USB as another device"
dfu list >stdout
says stdout "run time"
exits 0 "dfu-util detaches the same board" dfu-util -e
exits 0 "and is left in DFU mode" dfu --wait=60 list # it comes back while we look
says stdout "DFU mode"
unplug

# A download that needs a reset to be taken in.
plug 1 dfu11-reset,scale=0.2
exits 0 "manifestation with a reset" dfu flash app.bin
says stdout "not verified"
says stdout "it came back on USB as another device"
exits 3 "it is at run time now" dfu info
says stderr "dfu detach"
exits 0 "and back" dfu detach
exits 7 "nothing is touched where it must be verified" dfu flash app.bin --require-verify
unplug
finish
