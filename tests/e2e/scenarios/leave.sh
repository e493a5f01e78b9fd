# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# Leaving: a device that vanishes has left; one that comes back as a loader has not.
. "$E2E_LIB"

image app.bin 20000
for profile in st-loader stm32f407; do
    plug 1 $profile,scale=0.2
    exits 0 "$profile: flash --leave" dfu flash app.bin@0x08008000 --leave
    says stdout "started the program"
    wait_boards 0
    exits 0 "$profile: nothing is left on the bus" dfu list
    check "$profile: it is not listed" test ! -s stdout
    exits 3 "$profile: gone before it is opened" dfu info
    unplug

    # The other tool's leave, and ours after its writing.
    plug 1 $profile,scale=0.2
    dfu-util -a 0 -s 0x08008000:leave -D app.bin >dfu-util.log 2>&1
    wait_boards 0
    exits 0 "$profile: dfu-util's leave: nothing is left on the bus either" dfu list
    check "$profile: dfu-util's leave: it is not listed" test ! -s stdout
    unplug
    plug 1 $profile,scale=0.2
    check "$profile: dfu-util -D" dfu-util -a 0 -s 0x08008000 -D app.bin
    exits 0 "$profile: dfu leave after it" dfu leave 0x08008000
    wait_boards 0
    unplug

    # Nothing that could be started: the loader comes back, at its old port.
    plug 1 $profile,scale=0.2
    exits 10 "$profile: leave with nothing to start" dfu leave 0x08020000
    says stderr "error: the device is still in DFU mode"
    says stderr "its loader came back: no valid program, or it is told to stay"
    says stderr "hint:  check BOOT0"
    wait_boards 1
    exits 0 "$profile: it is back at its path" dfu -p "$bus-1" info
    head -c 4000 /dev/zero | tr '\0' '\377' >blank.bin
    exits 0 "$profile: flash --leave that comes back" dfu flash blank.bin@0x08020000 --leave
    says stderr "note: everything is written, but the device is still in DFU mode: is BOOT0 still high?"
    check "$profile: it is not said to have started" test "$(grep -c 'started the program' stdout)" = 0
    wait_boards 1
    exits 10 "$profile: the same with --require-leave" dfu flash blank.bin@0x08020000 --require-leave
    says stderr "error: everything is written, but the device is still in DFU mode"
    says stderr "hint:  check BOOT0"
    wait_boards 1
    exits 0 "$profile: still usable" dfu verify blank.bin@0x08020000
    unplug
done
finish
