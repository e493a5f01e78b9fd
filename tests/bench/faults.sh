# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# One fault in the middle of a flash job, request by request and kind by kind, for dfu and for dfu-util: what do they
# say, and what does flash hold? tests/bench/faults runs it; tests/e2e/lib.sh has what it uses.
#
# The job: three blocks into one sector of an F405 ROM that is full of noise, then leave. A tool is
#   right          exit 0, and flash holds the file
#   honest         another exit, and flash does not hold it; or the device was taken away before the data was in
#   false success  exit 0, and flash does not hold it
#   false failure  another exit, although flash holds it and the device is (or has left) as it should
#   hang           not done after two minutes
. "$E2E_LIB"

length=6000
limit=120
image app.bin $length
: >results

# The n-th class request of each tool's job: TOOL REQUEST N, and how many DNLOAD and GETSTATUS there are by then.
requests="
dfu      erase-dnload     4 1  1
dfu      erase-status     5 1  2
dfu      block-dnload    16 4  7
dfu      block-status    17 4  8
dfu      block-status-2  18 4  9
dfu      leave-dnload    33 8 15
dfu      leave-status    34 8 16
dfu-util erase-dnload     2 1  1
dfu-util erase-status     3 1  2
dfu-util block-dnload    14 5  9
dfu-util block-status    15 5 10
dfu-util block-status-2  16 5 11
dfu-util leave-dnload    26 9 17
dfu-util leave-status    27 9 18
"
# The first is the one that the count of requests is checked with.
always="disconnect stall timeout reconnect"
faults_of()
{
    case $1 in
    erase-dnload) echo "$always short status=errERASE state=2" ;;
    erase-status) echo "$always short status=errVENDOR state=2 state=10" ;;
    block-dnload) echo "$always short flip rot status=errWRITE state=2" ;;
    block-status) echo "$always short status=errPROG status=errVENDOR state=2 poll=3000" ;;
    block-status-2) echo "$always short status=errVERIFY state=2" ;;
    leave-dnload) echo "$always" ;;
    leave-status) echo "$always short status=errUNKNOWN" ;;
    esac
}

count_is() # count_is NAME NUMBER
{
    [ "$(sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" stats.json)" = "$2" ]
}

holds()
{
    dd if=flash/08000000.bin bs=4096 skip=8 count=2 2>/dev/null | head -c $length | cmp -s - app.bin
}

judge() # judge STATUS REQUEST FAULT
{
    if [ "$1" = 143 ] || [ "$1" = 124 ]; then
        echo hang
    elif [ "$1" = 0 ]; then
        holds && echo right || echo false-success
    elif ! holds; then
        echo honest
    else
        case $3.$2 in
        disconnect.leave-*) echo false-failure ;;
        disconnect.*) echo honest ;;
        *) echo false-failure ;;
        esac
    fi
}

try() # try TOOL REQUEST N FAULT
{
    rm -rf flash stats.json
    plug 1 "stm32f405,scale=0.2,init=random,state=flash,stats=stats.json,fault=$4@$3"
    status=0
    if [ "$1" = dfu ]; then
        timeout $limit dfu --wait=5 flash app.bin@0x08008000 --leave >log 2>&1 || status=$?
    else
        timeout $limit dfu-util -a 0 -s 0x08008000:leave -D app.bin >log 2>&1 || status=$?
    fi
    unplug
    verdict=$(judge $status "$2" "$4")
    echo "$1 $verdict" >>results
    printf '%-8s  %-14s  %-17s  %3d  %s\n' "$1" "$2" "$4" $status "$verdict"
    [ "$1" != dfu ] || case $verdict in
    right | honest) ;;
    *)
        failures=$((failures + 1))
        sed 's/^/    /' log
        ;;
    esac
}

echo "tool      request         fault              exit  verdict"
while read -r tool request n dnload getstatus; do
    [ -n "$tool" ] || continue
    for fault in $(faults_of "$request"); do
        try "$tool" "$request" "$n" "$fault" </dev/null
        if [ "$fault" = disconnect ] && ! { count_is dnload "$dnload" && count_is getstatus "$getstatus"; }; then
            echo "not ok - $tool: request $n is not the $request that it is taken for"
            cat stats.json
            failures=$((failures + 1))
        fi
    done
done <<EOF
$requests
EOF

echo
echo "| tool | points | right and exit 0 | honest failure | false success | false failure | hang |"
echo "|---|---|---|---|---|---|---|"
for tool in dfu dfu-util; do
    line="| $tool | $(grep -c "^$tool " results)"
    for verdict in right honest false-success false-failure hang; do
        line="$line | $(grep -c "^$tool $verdict\$" results)"
    done
    echo "$line |"
done
finish
