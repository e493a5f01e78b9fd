# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# Busy, forbidden, unplugged, twins, stuck: the documented status, and a hint that helps.
. "$E2E_LIB"

image app.bin 60000

# Another program has it: no disturbance either way.
plug 1 st-loader
dfu-util -a 1 -s 0x90000000:2000000 -U theirs >dfu-util.log 2>&1 &
reader=$!
until_true test -s theirs
exits 0 "busy: dfu list" dfu list
says stdout "206437A55652"
says stdout "cannot be used: another program has claimed interface 0"
exits 5 "busy: dfu verify" dfu verify app.bin@0x08008000
says stderr "hint:"
says stderr "interface 0"
says stderr "LIBUSB_ERROR_BUSY"
check "busy: the other program got everything" wait $reader
check "busy: and nothing else" test "$(wc -c <theirs)" = 2000000
unplug

# Unplugged in the middle; and for half a second only.
plug 1 st-loader,scale=0.2,fault=disconnect@60
exits 9 "unplugged in the middle" dfu flash app.bin@0x08008000
says stderr "hint:"
exits 3 "unplugged: nothing there now" dfu info
unplug

plug 1 st-loader,scale=0.2,fault=reconnect@60
exits 9 "unplugged for a moment" dfu flash app.bin@0x08008000
says stderr "hint:"
wait_boards 1
exits 0 "unplugged for a moment: it is back, and a second run completes it" dfu flash app.bin@0x08008000
unplug

# Unplugged in the middle, and another one is plugged into the same port while the first is waited for.
dfu -q --sim st-loader,serial=THEOTHER,state=other,init=random list >list.log
sha256sum other/*.bin >other.sums
plug 1 st-loader,scale=0.2,serial=THEFIRST,state=first,fault=disconnect@60
rm -f log
dfu flash app.bin@0x08008000 --wait=600 >log 2>&1 &
writer=$!
until_true grep -qF "waiting for it to come back" log
unplug
plug 1 st-loader,scale=0.2,serial=THEOTHER,state=other,stats=other.json
got=0
wait $writer || got=$?
check "another board at its port: refused" test $got = 9
says log "another board is at $bus-1 now: 0483:df11, serial THEOTHER, was 0483:df11, serial THEFIRST"
says log "plug the same board in again"
unplug
check "another board at its port: not a byte of it has changed" sha256sum -c other.sums
check "another board at its port: nothing was sent to it" grep -q '"dnload": 0,' other.json
dd if=first/08000000.bin of=begun bs=4096 skip=8 count=1 2>/dev/null
dd if=app.bin of=theirs bs=4096 count=1 2>/dev/null
check "another board at its port: the first had been begun" cmp begun theirs

# Two with one serial number.
plug 1 st-loader,scale=0.2,serial=TWIN
plug 2 st-loader,scale=0.2,serial=TWIN
exits 4 "twins" dfu -S TWIN info
says stderr "--path $bus-1"
says stderr "--path $bus-2"
exits 0 "one of them by path" dfu -S TWIN -p "$bus-2" info
unplug

# A loader that says dfuDNBUSY for ever: nothing but a USB reset helps, and the kernel does it for us.
plug 1 st-loader,scale=0.2,fault=state=4@1
exits 0 "stuck: a reset brings it back" dfu info
exits 0 "stuck: and it works" dfu flash app.bin@0x08008000
unplug

# The same, left in dfuMANIFEST-WAIT-RESET, but the reset ends DFU mode: the kernel has another device now, which is
# not written to.
plug 1 dfu11-reset,scale=0.2,fault=state=8@1
exits 9 "lost in a reset" dfu flash app.bin
says stderr "came back, but not in DFU mode"
says stderr "hint:"
dfu list >stdout
says stdout "run time"
unplug

# Stopped on request: the device is left in dfuIDLE.
plug 1 st-loader,scale=0.2
rm -f log
dfu flash app.bin@0x08008000 >log 2>&1 &
writer=$!
until_true grep -q . log
kill -TERM $writer
got=0
wait $writer || got=$?
check "stopped: status 130" test $got = 130
dfu-util -a 0 -s 0x08008000:64 -U part >dfu-util.log 2>&1
says dfu-util.log "DFU state(2) = dfuIDLE, status(0)"
exits 0 "stopped: it works afterwards" dfu flash app.bin@0x08008000
unplug
finish
