# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# Waiting for a device, with udevd and without.
. "$E2E_LIB"

image app.bin 8000
come_and_go()
{
    dfu --wait=60 info >waited 2>&1 &
    waiter=$!
    plug 1 st-loader,scale=0.2
    check "$1: one that comes later is seen" wait $waiter
    says waited "206437A55652"
    exits 0 "$1: flash and leave" dfu flash app.bin@0x08008000 --leave
    wait_boards 0
    exits 3 "$1: it has gone" dfu --wait=1 info
    unplug
}

# looks WHAT: sets count to how often the bus is looked at in five seconds in which nothing happens, and gap to the
# shortest time between two looks that follow one another, in ms, the first few and the last left out.
looks()
{
    exits 3 "$1: nothing comes" dfu --record wire.log --wait=5 info
    count=$(grep -c '^enumerate' wire.log)
    gap=$(awk '$1 == "end" { if (++n > 5 && (least == 0 || gap < least)) least = gap; gap = $3 - last; last = $3 }
        END { print int(least / 1000) }' wire.log)
    echo "note: $1: looked at the bus $count times in 5 s, $gap ms apart at least"
}

# The kernel's clock in microseconds, and what its log adds to get there.
monotonic()
{
    sed -n 's/^now at \([0-9]*\)[0-9][0-9][0-9] nsecs$/\1/p' /proc/timer_list | head -n1
}
logged() # logged TEXT: when the kernel's log last said that
{
    dmesg | grep -F -- "$1" | tail -n1 | sed -nE 's/^\[ *([0-9]+)\.([0-9]+)\].*/\1\2/p'
}

# From the kernel's last line about a new device to the end of the look that found it. A note: times are no test.
latency()
{
    times=
    for i in 1 2 3 4 5; do
        rm -f waited
        dfu --record wire.log --wait=60 list >waited 2>&1 &
        waiter=$!
        until_true grep -q "waiting" waited
        dfu sim st-loader,scale=0.2 --vhci 2>sim.log & # not plug: it would look, too
        # shellcheck disable=SC2034 # unplug reads it
        sims=$!
        wait $waiter
        echo "mark $i" >/dev/kmsg
        offset=$(($(monotonic) - $(logged "mark $i")))
        known=$(($(logged "usb $bus-1: SerialNumber") + offset))
        seen=$(awk -v path="$bus-1" '$1 == "device" && $2 == path { here = 1 } $1 == "end" && here { print $3; exit }' wire.log)
        wait_boards 1
        times="$times $(((seen - known) / 1000))"
        unplug
    done
    echo "note: $1: seen so many ms after the kernel knew:$times"
}

come_and_go "with udevd"
if [ -n "${E2E_GUEST:-}" ]; then
    looks "with udevd"
    check "with udevd: events were waited for" test "$count" -le 14
    check "with udevd: for half a second each time" test "$gap" -ge 450
    with=$gap
    latency "with udevd"
    udevadm control --exit
    until_true sh -c '! grep -q /run/udev/control /proc/net/unix' # it goes when its queue is empty
    come_and_go "without udevd"
    looks "without udevd"
    # Both gaps hold the look itself, which takes long where the machine is busy.
    check "without udevd: no events were waited for" test "$gap" -lt $((with - 100))
    latency "without udevd"
fi
finish
