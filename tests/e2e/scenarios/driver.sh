# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# module: trancevibrator
# A kernel driver has the DFU interface: it is told of, moved aside for the job, and put back.
. "$E2E_LIB"

image app.bin 20000
load trancevibrator
new_id=/sys/bus/usb/drivers/trancevibrator/new_id
echo 0483 df11 >$new_id
plug 1 st-loader,scale=0.2
until_true has_driver "$bus-1:1.0" trancevibrator
exits 0 "dfu list" dfu list
says stdout "kernel driver trancevibrator is attached; it is detached for as long as the device is used"
says stdout "alt 1  External Flash"
exits 0 "dfu list --json" dfu list --json
says stdout '"driver":"trancevibrator"'
says stdout '"access_error":null'
check "list leaves the driver alone" has_driver "$bus-1:1.0" trancevibrator
exits 0 "dfu flash" dfu flash app.bin@0x08008000
check "the driver is back" has_driver "$bus-1:1.0" trancevibrator
dfu read -o all.bin 0x08000000+0x60000 >log 2>&1 &
reader=$!
until_true has_driver "$bus-1:1.0" usbfs
check "a program can have it instead, and reads all" wait $reader
check "the driver is back again" has_driver "$bus-1:1.0" trancevibrator
exits 0 "dfu verify" dfu verify app.bin@0x08008000
exits 74 "dfu-util gives up here" dfu-util -a 0 -s 0x08008000:64 -U part
unplug
echo 0483 df11 >/sys/bus/usb/drivers/trancevibrator/remove_id

# Beside a run-time interface others keep theirs: the driver of interface 0 sees nothing of a detach but the end.
plug 1 dfu11-runtime-composite
echo 1209 0002 >$new_id
until_true has_driver "$bus-1:1.0" trancevibrator
echo "$bus-1:1.1" >/sys/bus/usb/drivers/trancevibrator/unbind
exits 0 "composite program: dfu list" dfu list
check "composite program: no driver is told of" test "$(grep -c 'kernel driver' stdout)" = 0
echo "$bus-1:1.1" >/sys/bus/usb/drivers/trancevibrator/bind
exits 0 "composite program: now its DFU interface has one, too" dfu list
says stdout "kernel driver trancevibrator is attached"
exits 0 "composite program: detach" dfu detach
exits 0 "composite program: flash" dfu flash app.bin
unplug
finish
