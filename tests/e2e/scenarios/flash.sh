# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# What dfu writes dfu-util reads, and the other way round; on a boot ROM and on ST's library, inside and outside.
. "$E2E_LIB"

image app.bin 50004

# both_ways PROFILE ADDRESS ALT
both_ways()
{
    name="$1 at $2"
    check "$name: dfu flash" dfu flash "app.bin@$2"
    check "$name: dfu verify" dfu verify "app.bin@$2"
    rm -f ours.bin theirs.bin
    check "$name: dfu read" dfu read -o ours.bin "$2+50004"
    check "$name: dfu reads back what dfu wrote" cmp app.bin ours.bin
    check "$name: dfu-util -U" dfu-util -a "$3" -s "$2:50004" -U theirs.bin
    check "$name: dfu-util reads back what dfu wrote" cmp app.bin theirs.bin

    check "$name: dfu erase" dfu erase "$2+50004"
    rm -f ours.bin theirs.bin
    check "$name: dfu-util -U after erase" dfu-util -a "$3" -s "$2:50004" -U theirs.bin
    check "$name: it is erased" test "$(tr -d '\377' <theirs.bin | wc -c)" = 0

    check "$name: dfu-util -D" dfu-util -a "$3" -s "$2" -D app.bin
    check "$name: dfu verify of what dfu-util wrote" dfu verify "app.bin@$2"
    check "$name: dfu read of it" dfu read -o ours.bin "$2+50004"
    check "$name: dfu reads back what dfu-util wrote" cmp app.bin ours.bin
    printf '\001' | dd of=app.bin bs=1 seek=40000 conv=notrunc 2>/dev/null
    exits 7 "$name: dfu verify of something else" dfu verify "app.bin@$2"
    image app.bin 50004
}

plug 1 stm32f407,scale=0.2,stats=stats.json
both_ways stm32f407 0x08008000 0
check "stm32f407: dfu erase --mass-erase" dfu erase --mass-erase --yes
rm -f theirs.bin
check "stm32f407: dfu-util -U after it" dfu-util -a 0 -s 0x08008000:50004 -U theirs.bin
check "stm32f407: it is erased" test "$(tr -d '\377' <theirs.bin | wc -c)" = 0
check "stm32f407: dfu-util mass-erase and -D" dfu-util -a 0 -s 0x08008000:mass-erase:force -D app.bin
check "stm32f407: dfu verify after it" dfu verify app.bin@0x08008000
unplug
check "stm32f407: no early poll by either" grep -q '"early_poll": 0' stats.json
check "stm32f407: nothing written twice" grep -q '"write_unerased": 0' stats.json
plug 1 st-loader,scale=0.2,stats=stats.json
both_ways st-loader 0x08008000 0
both_ways st-loader 0x90010000 1
unplug
check "st-loader: nothing written twice" grep -q '"write_unerased": 0' stats.json
plug 1 dfu11,scale=0.2
check "dfu11: dfu flash" dfu flash app.bin
rm -f theirs.bin
check "dfu11: dfu-util -U" dfu-util -U theirs.bin
check "dfu11: dfu-util reads back what dfu wrote" cmp app.bin theirs.bin
head -c 30000 app.bin >other.bin
check "dfu11: dfu-util -D" dfu-util -D other.bin
check "dfu11: dfu verify of what dfu-util wrote" dfu verify other.bin
exits 7 "dfu11: dfu verify of something else" dfu verify app.bin
unplug
finish
