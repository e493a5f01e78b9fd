# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# Plain DFU 1.0, and what a DFU suffix says against the device that is there.
. "$E2E_LIB"

image app.bin 3000
cp app.bin right.dfu
cp app.bin wrong.dfu
check "a suffix for the device" dfu image suffix --add --vid 1d50 --pid 5119 right.dfu
check "a suffix for another" dfu image suffix --add --vid 1d50 --pid 511a wrong.dfu

plug 1 openmoko,scale=0.2
exits 0 "info" dfu info
says stdout "bcdDFUVersion 1.00"
exits 6 "the file for another device is refused" dfu flash wrong.dfu
says stderr "product id 511a"
exits 0 "the file for this one is not" dfu flash right.dfu
exits 0 "and it is there" dfu verify right.dfu
exits 0 "dfu-util reads it" dfu-util -d 1d50:5119 -a 0 -U back.bin
check "and finds the same, without the suffix" cmp -n 3000 app.bin back.bin
unplug
plug 1 openmoko,scale=0.2
exits 0 "dfu-util writes it" dfu-util -d 1d50:5119 -a 0 -D right.dfu
exits 0 "and it is there" dfu verify app.bin@0
unplug
finish
