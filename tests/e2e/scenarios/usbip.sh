# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# needs: usbip
# Over TCP, at the loopback address unless told otherwise, to Linux's own client: list, attach, use, and what a
# malformed client cannot do.
. "$E2E_LIB"

image app.bin 9000
dfu sim st-loader,count=2,scale=0.2 --usbip 2>sim.log &
# shellcheck disable=SC2034 # unplug reads it
sims=$!
until_true grep -q "listening at 127.0.0.1:3240" sim.log
exits 0 "usbip list" usbip list -r 127.0.0.1
says stdout "1-1:"
says stdout "1-2:"
says stdout "(0483:df11)"
exits 0 "usbip attach" usbip attach -r 127.0.0.1 -b 1-2
wait_boards 1
exits 0 "it is the one asked for" dfu -S 206437A55001 flash app.bin@0x08008000
exits 1 "it cannot be had twice" usbip attach -r 127.0.0.1 -b 1-2

# Rubbish from the network costs that connection only.
printf 'GET / HTTP/1.1\r\n\r\n' | busybox nc 127.0.0.1 3240 >/dev/null
until_true grep -q "USB/IP version 0x4745" sim.log
exits 0 "the others go on" dfu -S 206437A55001 verify app.bin@0x08008000
exits 0 "usbip detach" usbip detach -p 0
wait_boards 0
unplug
finish
