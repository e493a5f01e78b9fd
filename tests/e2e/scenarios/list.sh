# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# needs: lsusb
# dfu and dfu-util see the same devices, serial numbers, paths, alternate settings and names.
. "$E2E_LIB"

# Each line: vid:pid path serial alt name.
by_dfu_util()
{
    dfu-util -l 2>/dev/null | sed -nE \
        's/^Found DFU: \[(.*)\] .*path="(.*)", alt=(.*), name="(.*)", serial="(.*)"$/\1 \2 \5 \3 \4/p' | sort
}

by_dfu()
{
    dfu list --json | tr '{' '\n' | sed 's/: */:/g; s/, */,/g' | awk -F '"' '
        function value(key, i) {
            for (i = 2; i < NF; i++)
                if ($i == key)
                    return $(i + 1) == ":" ? $(i + 2) : substr($(i + 1), 2) + 0
            return "UNKNOWN"
        }
        /"vid":/ { device = sprintf("%04x:%04x %s %s", value("vid"), value("pid"), value("path"), value("serial")) }
        /"regions":/ { print device, value("alt"), value("name") }' | sort
}

exits 0 "dfu list with no device" dfu list
for spec in st-loader,count=2 stm32f407 stm32f072 stm32h743 stm32g0b1 stm32l152 dfu11; do
    case $spec in *count=2) count=2 ;; *) count=1 ;; esac
    plug $count $spec
    by_dfu_util >theirs
    by_dfu >ours
    check "$spec: dfu-util sees it" test -s theirs
    check "$spec: the two agree on $(wc -l <ours) lines" diff theirs ours
    unplug
done

# A string whose bLength goes past its text: dfu-util prints the noise, dfu what is before it.
plug 1 stm32f429
by_dfu >ours
says ours "3258355C3137 0 @Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"
# The kernel turns the units CC50 01A8 2E54 BFFA 4B7C B204 CEF8 behind it into UTF-8 and stops at the next, 0000.
printf '%s\354\261\220\306\250\342\271\224\353\277\272\344\255\274\353\210\204\354\273\270\n' \
    '@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg' >wanted
check "stm32f429: the kernel got the noise" cmp wanted "/sys/bus/usb/devices/$bus-1:1.0/interface"
lsusb -v -d 0483:df11 >stdout 2>/dev/null
says stdout "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"
says stdout "@OTP Memory /0x1FFF7800/01*512 e,01*016 e/0x1FFE7800/01*512 e,01*016 e"
tr -s ' ' <stdout >squeezed
says squeezed "wTransferSize 2048 bytes"
says squeezed "bcdDFUVersion 1.1a"
unplug

# A serial number of 8-bit characters, which are UTF-16 to the kernel: 33 43 42 4A, U+4333 U+4A42.
plug 1 gd32vf103
exits 0 "gd32vf103 is listed" dfu list
says stdout "28e9:0189"
says stdout "serial 3CBJ"
printf '\344\214\263\344\251\202\n' >wanted
check "gd32vf103: the kernel got 8-bit characters" cmp wanted "/sys/bus/usb/devices/$bus-1/serial"
unplug
finish
