# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# Ctrl-C in every phase: exit status 130, the device is left in dfuIDLE, and a second run completes the job.
. "$E2E_LIB"

# interrupt WHAT WHEN COMMAND…: sends the signal of Ctrl-C to the command as soon as the command line WHEN is true. A
# command in the background would have been told to ignore it, so that the one in the background is who sends it.
interrupt()
{
    what=$1
    when=$2
    shift 2
    rm -f pid stdout
    (
        until_true test -s pid
        until_true eval "$when"
        kill -INT "$(cat pid)"
    ) &
    sender=$!
    exits 130 "$what: status 130" sh -c 'echo $$ >pid; exec "$@"' sh "$@"
    wait $sender
}

phase()
{
    echo "grep -q '\"phase\": *\"$1\"' stdout 2>/dev/null"
}

# The first thing that dfu-util asks for is the status, and it tells what it got.
idle()
{
    dfu-util -a 0 -s 0x08008000:64 -U part >dfu-util.log 2>&1
    rm -f part
    says dfu-util.log "DFU state(2) = dfuIDLE, status(0)"
}

image app.bin 60000
image large.bin 600000 # reading is so fast that a small one is over before the signal comes
for profile in st-loader stm32f407; do
    plug 1 $profile,scale=0.2
    for name in erase write; do
        interrupt "$profile: $name" "$(phase $name)" dfu --json flash app.bin@0x08008000
        says stdout '"code":"DFU_ERR_CANCELLED"'
        idle
    done
    interrupt "$profile: verify" "$(phase verify)" dfu --json verify large.bin@0x08008000
    says stdout '"code":"DFU_ERR_CANCELLED"'
    idle
    exits 0 "$profile: a second run completes it" dfu flash app.bin@0x08008000
    interrupt "$profile: read" "$(phase read)" dfu --json read -o out.bin 0x08008000+600000
    check "$profile: read: half a file is no file" test ! -e out.bin
    idle
    check "$profile: what dfu-util reads is all of it" dfu-util -a 0 -s 0x08008000:60000 -U theirs
    check "$profile: and the same" cmp app.bin theirs
    rm -f theirs
    unplug
done

# One command that takes seconds: the device is waited for.
plug 1 stm32f407,scale=0.2
interrupt "mass erase" "$(phase erase)" dfu --json erase --mass-erase --yes
idle
unplug

# With no device open: while one is waited for, while it changes modes, and after it was told to leave.
interrupt "waiting for a device" "grep -q waiting stderr" dfu --wait info
plug 1 dfu11-runtime,scale=5
interrupt "detach" "test_boards 0" dfu detach
wait_boards 1
exits 0 "detach: it is in DFU mode all the same" dfu detach
unplug
plug 1 st-loader,scale=5
interrupt "leave" "test_boards 0" dfu leave 0x08020000
wait_boards 1
idle
unplug
finish
