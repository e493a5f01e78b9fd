# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What scenarios use. Start with: . "$E2E_LIB"
set -u
failures=0
sims=

# The bus that boards are plugged into: they are at $bus-1, $bus-2 and so on.
vhci_bus()
{
    for hub in /sys/devices/platform/vhci_hcd.0/usb*; do
        [ "$(cat "$hub/speed" 2>/dev/null)" = 480 ] && cat "$hub/busnum" && return
    done
}
# shellcheck disable=SC2034 # scenarios read it
bus=$(vhci_bus)

# A scenario that ends early leaves no boards behind.
trap '[ -z "$sims" ] || kill $sims' EXIT
trap 'exit 130' INT TERM

# check WHAT COMMAND…: the command must succeed; its output is shown when it does not.
check()
{
    what=$1
    shift
    if "$@" >check.out 2>&1; then
        echo "ok - $what"
    else
        echo "not ok - $what (status $?: $*)"
        head -n 30 check.out | sed 's/^/    /'
        failures=$((failures + 1))
    fi
}

# exits STATUS WHAT COMMAND…: the command must end with that status; its output is kept in stdout and stderr.
exits()
{
    want=$1
    what=$2
    shift 2
    got=0
    "$@" >stdout 2>stderr || got=$?
    if [ $got = "$want" ]; then
        echo "ok - $what"
    else
        echo "not ok - $what: status $got, not $want ($*)"
        head -n 15 stdout stderr | sed 's/^/    /'
        failures=$((failures + 1))
    fi
}

# says FILE TEXT: a line of the file holds the text.
says()
{
    if grep -qF -- "$2" "$1"; then
        echo "ok -   $1 says \"$2\""
    else
        echo "not ok -   $1 does not say \"$2\""
        head -n 20 "$1" | sed 's/^/    /'
        failures=$((failures + 1))
    fi
}

# plug COUNT PROFILE[,KEY=VALUE…]: plugs in simulated boards and waits until the system has that many DFU interfaces.
plug()
{
    dfu sim "$2" --vhci 2>sim.log &
    sims="$sims $!"
    wait_boards "$1"
}

# Between two looks at something that is about to happen.
pause()
{
    busybox usleep 50000
}

# until_true COMMAND…: looks again and again, for as long as anything here may take.
until_true()
{
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        if [ $tries -gt 600 ]; then
            echo "not ok - never became true: $*"
            exit 1
        fi
        pause
    done
}

# How many DFU interfaces there are.
boards()
{
    count=0
    for class in /sys/bus/usb/devices/*/bInterfaceClass; do
        [ -r "$class" ] && [ "$(cat "$class" 2>/dev/null)" = fe ] && count=$((count + 1))
    done
    echo $count
}

test_boards()
{
    [ "$(boards)" = "$1" ]
}

wait_boards()
{
    until_true test_boards "$1"
    udevadm settle 2>/dev/null || true # no udevd: nothing to wait for
}

# has_driver INTERFACE NAME: whether the driver called NAME has it; "usbfs" when a program has.
has_driver()
{
    [ "$(basename "$(readlink "/sys/bus/usb/devices/$1/driver")")" = "$2" ]
}

# load MODULE: a kernel module that the scenario names in a line "# module: MODULE".
load()
{
    if [ -n "${E2E_GUEST:-}" ]; then
        check "module $1" insmod "/modules/$1.ko"
    else
        check "module $1" modprobe "$1"
    fi
}

# Takes all boards away; their state= and stats= files are written now.
unplug()
{
    for pid in $sims; do
        kill "$pid" && wait "$pid"
    done
    sims=
    wait_boards 0
}

# image FILE LENGTH: bytes that begin like a vector table linked for 0x08008000, and do not repeat.
image()
{
    {
        printf '\000\000\001\040\101\200\000\010'
        seq 1 $(($2 / 4))
    } | head -c "$2" >"$1"
}

finish()
{
    [ -z "$sims" ] || unplug
    exit $((failures > 0))
}
