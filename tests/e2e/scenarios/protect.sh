# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# Read protection: the board refuses, is unprotected, re-enumerates, and can be flashed; nothing of it happens unasked.
. "$E2E_LIB"

image app.bin 9000
plug 1 stm32f407,scale=0.1,rdp=1,stats=stats.json
exits 8 "flashing is refused" dfu flash app.bin@0x08008000
says stderr "dfu unprotect"
exits 0 "info tells of it" dfu info
says stdout "read protection"
exits 2 "unprotect wants to be confirmed" dfu unprotect
exits 8 "it is still protected" dfu read 0x08000000..0x08000100 -o before.bin
exits 0 "unprotect, and the board comes back" dfu unprotect --yes
says stdout "read protection removed"
exits 0 "now it can be flashed" dfu flash app.bin@0x08008000
exits 0 "and verified" dfu verify app.bin@0x08008000
exits 0 "dfu-util reads it, too" dfu-util -a 0 -s 0x08008000:9000 -U after.bin
check "and finds the same" cmp app.bin after.bin
unplug
finish
