# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC2016,SC2154
# Times dfu beside dfu-util in the virtual machine; tests/bench/guest runs it and reads the lines that begin with
# "bench". Before this stand PARTS and ROUNDS.
. "$E2E_LIB"

EXTERNAL=0x90000000
APP=0x08008000
ROM=0x08000000

# took KEY COMMAND…: "bench KEY SECONDS USER SYSTEM"
took()
{
    key=$1
    shift
    if busybox time -o took.out -f "bench $key %e %U %S" "$@" >stdout 2>stderr; then
        grep '^bench' took.out
    else
        echo "not ok - $key: $*"
        tail -n 5 stdout stderr
        failures=$((failures + 1))
    fi
}

# counted KEY: what the board counted, after unplug: "count KEY NAME NUMBER"
counted()
{
    sed -nE "s/^ *\"(transfers|floor_ms|early_poll|bytes_down|bytes_up)\": ([0-9]+),?$/count $1 \1 \2/p" stats.json
    rm -f stats.json
}

# job KEY SIM COMMAND…: on a board of its own
job()
{
    what=$1
    sim=$2
    shift 2
    rm -f stats.json
    plug 1 "$sim,stats=stats.json"
    took "$what" "$@"
    unplug
    counted "$what"
}

# changed FROM TO OFFSET: a copy with one byte changed
changed()
{
    cp "$1" "$2"
    printf '\001' | dd of="$2" bs=1 seek="$3" conv=notrunc 2>/dev/null
}

part_st()
{
    image ext.bin 1048576
    changed ext.bin ext2.bin 500000
    job st_util st-loader dfu-util -a 1 -s $EXTERNAL -D ext.bin
    rm -rf flash
    job st_verify st-loader,state=flash dfu flash ext.bin@$EXTERNAL
    job st_plain st-loader dfu flash --no-verify ext.bin@$EXTERNAL
    job st_eager st-loader dfu flash --poll eager ext.bin@$EXTERNAL
    job st_diff64 st-loader,state=flash dfu flash --diff ext2.bin@$EXTERNAL
}

part_st128()
{
    image app.bin 1015808
    changed app.bin app2.bin 500000
    job st128_util st-loader dfu-util -a 0 -s $APP -D app.bin
    rm -rf flash
    job st128_verify st-loader,state=flash dfu flash app.bin@$APP
    job st128_diff st-loader,state=flash dfu flash --diff app2.bin@$APP
}

part_rom()
{
    image rom.bin 1048576
    job rom_util stm32f407 dfu-util -a 0 -s $ROM -D rom.bin
    job rom_verify stm32f407 dfu flash rom.bin@$ROM
    job rom_plain stm32f407 dfu flash --no-verify rom.bin@$ROM
}

part_read()
{
    job start_util st-loader sh -c 'for i in 0 1 2 3 4 5 6 7 8 9; do rm -f a; dfu-util -a 1 -s 0x90000000:2048 -U a || exit 1; done'
    job start_dfu st-loader sh -c 'for i in 0 1 2 3 4 5 6 7 8 9; do dfu read -o a 0x90000000+2K --format bin || exit 1; done'
    for kib in 256 1024; do
        rm -f theirs ours
        job read${kib}_util st-loader dfu-util -a 1 -s $EXTERNAL:$((kib * 1024)) -U theirs
        job read${kib}_dfu st-loader dfu read -o ours "$EXTERNAL+${kib}K" --format bin
        cmp theirs ours || failures=$((failures + 1))
    done
}

# Ten in a row, because one is short. What one of them asks the board is what it is asked beyond what the system asks.
part_list()
{
    for who in none util dfu; do
        plug 1 st-loader,stats=stats.json
        case $who in
        util) dfu-util -l >stdout 2>stderr ;;
        dfu) dfu list >stdout 2>stderr ;;
        esac
        unplug
        standard=$(sed -nE 's/^ *"standard": ([0-9]+),?$/\1/p' stats.json)
        [ $who != none ] || system=$standard
        [ $who = none ] || echo "count list_$who moved $((standard - system))"
        counted list_$who
    done
    plug 1 st-loader
    for _ in 1 2; do
        took list_util sh -c 'for i in 0 1 2 3 4 5 6 7 8 9; do dfu-util -l || exit 1; done'
        took list_dfu sh -c 'for i in 0 1 2 3 4 5 6 7 8 9; do dfu list || exit 1; done'
    done
    unplug
}

# Eight boards of ST's timing, 256 KiB each; then the same with eight programs side by side.
part_gang()
{
    image gang.bin 262144
    job gang_one st-loader dfu flash --no-verify gang.bin@$EXTERNAL
    plug 8 st-loader,count=8
    took gang_eight dfu flash --boards all --no-verify gang.bin@$EXTERNAL
    unplug
    job gang_one_util st-loader dfu-util -a 1 -s $EXTERNAL -D gang.bin
    plug 8 st-loader,count=8
    export bus EXTERNAL
    took gang_util sh -c 'jobs=
        for i in 1 2 3 4 5 6 7 8; do
            dfu-util -p $bus-$i -a 1 -s $EXTERNAL -D gang.bin &
            jobs="$jobs $!"
        done
        for j in $jobs; do wait $j || exit 1; done'
    unplug
}

round=0
while [ $round -lt "$ROUNDS" ]; do
    round=$((round + 1))
    for part in $PARTS; do
        "part_$part"
    done
done
finish
