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

come_and_go "with udevd"
if [ -n "${E2E_GUEST:-}" ]; then
    udevadm control --exit
    come_and_go "without udevd"
fi
finish
