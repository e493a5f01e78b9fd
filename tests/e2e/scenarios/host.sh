# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# needs: bash
# module: udc-core
# module: dummy_hcd
# The other way to run scenarios, on a machine of one's own: here the virtual machine is that machine.
. "$E2E_LIB"
if [ -z "${E2E_GUEST:-}" ]; then
    echo "ok - nothing to do outside the virtual machine: this is run --host already"
    exit 0
fi

run=$(dirname "$E2E_LIB")/run
mkdir -p build/cli
ln -s "$(command -v dfu)" build/cli/dfu
image app.bin 8000

# on_host STATUS WHAT SCENARIO…
on_host()
{
    want=$1
    what=$2
    shift 2
    exits "$want" "$what" bash "$run" --host --build build "$@"
}

# Here boards are not on bus 1: another host controller was first.
rmmod vhci-hcd
load udc-core
load dummy_hcd
on_host 77 "without the kernel module" "$(dirname "$run")/scenarios/access.sh"
says stdout "skipped: no vhci_hcd: there is no /sys/devices/platform/vhci_hcd.0/attach"
says stdout "hint: modprobe vhci-hcd"
insmod /modules/vhci-hcd.ko
bus=$(vhci_bus)
check "boards are on bus $bus, not 1" test "$bus" -gt 1

cat >passes.sh <<'END'
. "$E2E_LIB"
image app.bin 8000
plug 2 st-loader,count=2,scale=0.2
check "flash one of two" dfu -p "$bus-2" flash app.bin@0x08008000
check "E2E_GUEST is not set" test -z "${E2E_GUEST:-}"
finish
END
cat >fails.sh <<'END'
. "$E2E_LIB"
plug 1 st-loader,scale=0.2
check "what cannot be" false
exit 1
END
on_host 0 "a scenario of our own, and one of the tree" passes.sh "$(dirname "$run")/scenarios/access.sh"
says stdout "ok - flash one of two"
says stdout "ok - E2E_GUEST is not set"
says stdout "e2e: passes.sh passed"
says stdout "ok - nobody may not open"
says stdout "e2e: access.sh passed"
on_host 1 "one that fails, before one that passes" fails.sh passes.sh
says stdout "not ok - what cannot be"
says stdout "e2e: fails.sh FAILED"
says stdout "e2e: passes.sh passed"
check "what failed has left no board behind" test "$(boards)" = 0

# Refusals.
as_nobody()
{
    su -s /bin/sh nobody -c "bash '$run' --host --build '$PWD/build' '$PWD/passes.sh'"
}
chmod -R a+rX "$PWD"
exits 77 "not root" as_nobody
says stdout "skipped: only root may plug in virtual devices"
says stdout "hint: run it as root"
plug 1 st-loader
on_host 77 "a board of somebody's own is there" passes.sh
says stdout "skipped: a device with DFU is plugged in already, at $bus-1:1.0"
says stdout "hint: unplug it"
unplug
on_host 2 "no such scenario" missing.sh
says stderr "cannot read missing.sh"
finish
