# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# Blocks of 8192 bytes: usbfs carries 4096 at most, so each of ours gets its own address, and nothing goes astray.
. "$E2E_LIB"

image app.bin 50004
plug 1 st-8k,scale=0.2,stats=stats.json
exits 0 "dfu info" dfu info
says stdout "transfer size  8192 bytes"
exits 0 "dfu flash" dfu flash app.bin@0x08008000
says stderr "blocks of 4096 bytes instead of 8192: no more fits a control transfer here"
exits 0 "dfu verify" dfu verify app.bin@0x08008000
rm -f back.bin
exits 0 "dfu read" dfu read -o back.bin 0x08008000+50004
check "dfu reads back what dfu wrote" cmp app.bin back.bin
exits 0 "dfu flash into the other memory" dfu flash app.bin@0x90010000
exits 0 "dfu flash in blocks of 512" dfu --transfer-size 512 flash app.bin@0x08020000

# dfu-util 0.11 writes well, one address a block, but reads on by block numbers that count 8192 bytes each.
check "dfu-util -D" dfu-util -a 0 -s 0x08008000 -D app.bin
exits 0 "dfu verifies what dfu-util wrote" dfu verify app.bin@0x08008000
rm -f theirs.bin
check "dfu-util -U" dfu-util -a 0 -s 0x08008000:50004 -U theirs.bin
check "what it read is wrong from the second block on" test "$(cmp app.bin theirs.bin | cut -d, -f1)" = \
    "app.bin theirs.bin differ: char 4097"
unplug
check "nothing was sent in a wrong state, or early" grep -q '"early_poll": 0' stats.json
check "nothing was written twice" grep -q '"write_unerased": 0' stats.json

# Plain DFU: blocks may be shorter than wTransferSize, and a short answer is the end. (In a configuration of its own,
# so that dfu-util can have it, too.)
plug 1 st-configs,scale=0.2
echo 2 >"/sys/bus/usb/devices/$bus-1/bConfigurationValue"
exits 0 "plain: dfu flash" dfu flash app.bin
exits 0 "plain: dfu verify" dfu verify app.bin
rm -f theirs.bin
check "plain: dfu-util -U" dfu-util -c 2 -U theirs.bin
check "plain: dfu-util reads back what dfu wrote" cmp app.bin theirs.bin
head -c 8192 app.bin >two.bin
exits 0 "plain: two blocks of 4096" dfu flash two.bin
exits 0 "plain: verify them" dfu verify two.bin
unplug
finish
