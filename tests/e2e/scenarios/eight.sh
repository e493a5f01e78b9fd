# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# Eight boards at once: each by its path and by its serial number, one after the other and all together.
. "$E2E_LIB"

serial()
{
    echo 206437A5500"$1"
}

plug 8 st-loader,count=8,scale=0.2,state=flash
exits 4 "eight match: none is taken" dfu info
says stderr "--path $bus-8"
for i in 0 1 2 3 4 5 6 7; do
    image "app$i" $((6000 + 4 * i))
done
for i in 0 1 2 3; do
    check "board $i by path" dfu -p "$bus-$((i + 1))" flash "app$i@0x08008000"
done
for i in 4 5 6 7; do
    check "board $i by serial number" dfu -S "$(serial $i)" flash "app$i@0x08008000"
done
for i in 0 1 2 3 4 5 6 7; do
    check "board $i, the other way" dfu -S "$(serial $i)" -p "$bus-$((i + 1))" verify "app$i@0x08008000"
done
check "dfu-util finds one by path" dfu-util -p "$bus-3" -a 0 -s 0x08008000:6008 -U theirs
check "it is that one" cmp theirs app2

# All at once: an erase on one keeps nobody waiting, and nobody gets another's bytes.
jobs=
for i in 0 1 2 3 4 5 6 7; do
    dfu -p "$bus-$((i + 1))" flash "app$((7 - i))@0x08010000" >"log$i" 2>&1 &
    jobs="$jobs $!"
done
for job in $jobs; do
    check "a board of eight" wait "$job"
done
unplug
for i in 0 1 2 3 4 5 6 7; do
    dd if="flash/$(serial $i)/08000000.bin" of=low bs=4 skip=$((0x8000 / 4)) count=$(((6000 + 4 * i) / 4)) 2>/dev/null
    dd if="flash/$(serial $i)/08000000.bin" of=high bs=4 skip=$((0x10000 / 4)) count=$(((6028 - 4 * i) / 4)) 2>/dev/null
    check "board $i holds its own" cmp low "app$i"
    check "board $i holds its own above" cmp high "app$((7 - i))"
done
finish
