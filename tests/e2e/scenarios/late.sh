# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# Boards that take their time to come back: waited for up to the limit that the message names. (Simulated time is five
# times as fast as ours here, but where the reset must follow within wDetachTimeOut.)
. "$E2E_LIB"

image app.bin 3000

# After DETACH and a reset: 10 s.
plug 1 dfu11-runtime-reset,away=6000
exits 0 "back 6 s after a detach" dfu flash --detach app.bin
exits 0 "and it holds what was sent" dfu verify app.bin
unplug
plug 1 dfu11-runtime,scale=0.2,away=70000
exits 9 "not back 10 s after a detach" dfu detach
says stderr "went away and did not come back within 10000 ms"
says stderr "hint:"
unplug

# After a reset that is to free a device which answers nothing else: 5 s.
plug 1 dfu11,scale=0.2,away=15000,fault=state=8@1
exits 0 "back 3 s after a reset" dfu flash app.bin
exits 0 "and it holds what was sent" dfu verify app.bin
unplug
plug 1 dfu11,scale=0.2,away=60000,fault=state=8@1
exits 9 "not back 5 s after a reset" dfu flash app.bin
says stderr "did not come back within 5000 ms"
says stderr "hint:"
unplug

# After a manifestation, which the host ends by a reset: what came back within 3 s is told.
plug 1 dfu11-reset,scale=0.2,away=5000
exits 0 "its program is there a second after the reset" dfu flash app.bin
says stdout "started the program (it came back on USB as another device)"
unplug
plug 1 dfu11-reset,scale=0.2,away=60000
exits 0 "its program is not there after three" dfu flash app.bin
says stdout "started the program (nothing came back on USB)"
unplug

# After a leave with nothing to start.
plug 1 st-loader,scale=0.2,away=5000
exits 10 "back a second after a leave" dfu leave 0x08020000
says stderr "the device is still in DFU mode"
unplug
finish
