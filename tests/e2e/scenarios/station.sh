# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# A station: boards are plugged in, done, and unplugged while one command runs; each gets a row of its own.
. "$E2E_LIB"

image app.bin 8000
printf 'serial\nROW1\nROW2\nROW3\nROW4\nROW5\nROW6\n' >rows.csv

# test_done N: so many boards are done by now.
test_done()
{
    [ "$(grep -c ': flashed 8000 bytes' out)" = "$1" ]
}

dfu flash app.bin@0x08008000 --loop=5 --data rows.csv --patch '0x08009000=str:{serial}' >out 2>err &
station=$!
plug 2 st-loader,count=2,scale=0.2,state=first
until_true test_done 2
unplug
plug 2 st-loader,count=2,scale=0.2,state=second
until_true test_done 4
pause # a few looks at the bus: those that stay are not done again
pause
pause
pause
check "four boards, four times" test_done 4
plug 3 st-loader,scale=0.2,state=third
check "the fifth ends it: exit 0" wait $station
check "five boards, five times" test_done 5
says out "5 of 5 boards done, 0 failed"
says err "5 good, 0 failed"
unplug
for flash in first/*/08000000.bin second/*/08000000.bin third/08000000.bin; do
    dd if="$flash" of=low bs=4096 skip=8 count=1 2>/dev/null
    dd if=app.bin of=theirs bs=4096 count=1 2>/dev/null
    check "$flash holds the program" cmp low theirs
    dd if="$flash" bs=4 skip=$((0x9000 / 4)) count=1 2>/dev/null >>rows
    echo >>rows
done
check "each has a row of its own" test "$(grep -c '^ROW[1-5]$' rows)$(sort -u rows | wc -l)" = 55
check "five rows are done" test "$(grep -c '^done' rows.csv.ledger)" = 5

dfu flash app.bin@0x08008000 --loop >out 2>err &
station=$!
plug 1 st-loader,scale=0.2
until_true test_done 1
kill -TERM $station # a shell's background jobs ignore SIGINT
check "stopped while it waits: exit 0" wait $station
unplug
finish
