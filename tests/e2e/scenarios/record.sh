# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# What was recorded from libusb is what the board counted, and replaying it is the same job again.
. "$E2E_LIB"

image app.bin 20000
plug 1 stm32f407,scale=0.2,stats=stats.json
exits 0 "record a flash" dfu --record wire.log flash app.bin@0x08008000
unplug
recorded=$(grep -ciE '^control [0-9]+ (21|a1) ' wire.log)
counted=$(sed -n 's/.*"transfers": \([0-9]*\).*/\1/p' stats.json)
check "recorded $recorded class requests, the board counted $counted" test "$recorded" = "$counted"
exits 0 "replay it, with no board there" dfu --replay wire.log flash app.bin@0x08008000
finish
