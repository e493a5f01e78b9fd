# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# Ctrl-C and SIGKILL at random moments of a flash: never exit 0 unless it was over, and a second run completes the job.
. "$E2E_LIB"

# Milliseconds below 1600: a whole job takes about as long.
moment()
{
    echo $(($(busybox od -An -N2 -tu2 /dev/urandom) % 1600))
}

image app.bin 60000
image other.bin 60000
printf 'other' | dd of=other.bin bs=1 seek=30000 conv=notrunc 2>/dev/null
killed=0
ended=0
for profile in st-loader stm32f407; do
    plug 1 $profile,scale=0.2
    for signal in INT KILL INT KILL INT KILL INT KILL; do
        ms=$(moment)
        # The one in the background sends the signal: a background command would ignore that of Ctrl-C.
        (
            until_true test -s pid
            busybox usleep $((ms * 1000))
            kill -$signal "$(cat pid)" 2>/dev/null
        ) &
        rm -f pid
        status=0
        sh -c 'echo $$ >pid; exec dfu -q flash other.bin@0x08008000' 2>first.log || status=$?
        wait $!
        if [ $status = 0 ]; then
            ended=$((ended + 1))
        elif [ $status = 130 ] || [ $status = 137 ]; then
            killed=$((killed + 1))
        else
            echo "not ok - $profile: $signal after $ms ms: status $status"
            cat first.log
            failures=$((failures + 1))
        fi
        exits 0 "$profile: $signal after $ms ms (status $status), then a second run" dfu flash app.bin@0x08008000
    done
    rm -f theirs
    check "$profile: what dfu-util reads is all of it" dfu-util -a 0 -s 0x08008000:60000 -U theirs
    check "$profile: and the same" cmp app.bin theirs
    unplug
done
echo "note: $killed runs were stopped, $ended had ended before"
check "some were stopped" test $killed -ge 4
finish
