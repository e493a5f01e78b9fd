# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# Without permission: told why, by whom and what to do; with the rule installed it works.
. "$E2E_LIB"

as() # as USER COMMAND LINE
{
    su -s /bin/sh "$1" -c "$2"
}

plug 1 st-loader,scale=0.2
exits 0 "nobody may list" as nobody "dfu list"
says stdout "206437A55652"
says stdout "permission"
exits 0 "nobody may list, in JSON" as nobody "dfu list --json"
says stdout '"serial":"206437A55652"'
exits 5 "nobody may not open" as nobody "dfu info"
says stderr "/dev/bus/usb/$(printf %03d "$bus")/"
says stderr "root:root"
says stderr "uid 65534"
says stderr "60-dfu.rules"

# Whom the system has not configured.
authorized=/sys/bus/usb/devices/$bus-1/authorized
image app.bin 8000
echo 0 >"$authorized"
exits 0 "not authorized: listed, and why" dfu list
says stdout "cannot be used: the system has not configured the device at $bus-1"
exits 5 "not authorized: nothing can be done" dfu flash app.bin@0x08008000
says stderr "$authorized"
echo 1 >"$authorized"
exits 0 "authorized again" dfu flash app.bin@0x08008000
unplug

# A container that has sysfs, as all have, and no device nodes.
if [ -n "${E2E_GUEST:-}" ]; then
    plug 1 st-loader,scale=0.2
    exits 0 "no device nodes: listed, and why" unshare -m sh -c "mount -t tmpfs none /dev/bus/usb && dfu list"
    says stdout "cannot be opened: open: cannot open /dev/bus/usb/"
    exits 5 "no device nodes: nothing can be done" unshare -m sh -c "mount -t tmpfs none /dev/bus/usb && dfu info"
    says stderr "let this container have /dev/bus/usb"
    unplug
fi

# The rule for group plugdev; only where it does not change somebody's machine.
if [ -n "${E2E_GUEST:-}" ] && [ -e /e2e/60-dfu.rules ]; then
    cp /e2e/60-dfu.rules /lib/udev/rules.d/
    udevadm control --reload
    plug 1 st-loader,scale=0.2
    exits 0 "a member of plugdev may open it" as user "dfu info"
    exits 5 "nobody still may not" as nobody "dfu info"
    unplug
    # The kernel shows a device before the rule is applied to it.
    as user "dfu --wait=60 info" >waited 2>&1 &
    waiter=$!
    until_true grep -q waiting waited
    plug 1 st-loader,scale=0.2
    check "one that waits for it may open it, too" wait $waiter
    says waited "206437A55652"
    exits 5 "nobody still may not, in the end" as nobody "dfu info"
    says stderr "root:plugdev"
    unplug
fi
finish
