# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090
# Several DFU interfaces on one device, and several configurations: dfu and dfu-util list the same, and each job goes
# where it was sent.
. "$E2E_LIB"

# Each line: path configuration interface alt name.
by_dfu_util()
{
    dfu-util -l 2>/dev/null | sed -nE \
        's/^Found (DFU|Runtime): .* cfg=(.*), intf=(.*), path="(.*)", alt=(.*), name="(.*)", serial=".*"$/\4 \2 \3 \5 \6/p' | sort
}

by_dfu()
{
    dfu list --json | tr '{' '\n' | sed 's/: */:/g; s/, */,/g' | awk -F '"' '
        function value(key, i) {
            for (i = 2; i < NF; i++)
                if ($i == key)
                    return $(i + 1) == ":" ? $(i + 2) : substr($(i + 1), 2) + 0
            return "UNKNOWN"
        }
        /"vid":/ { device = sprintf("%s %s %s", value("path"), value("config"), value("interface")) }
        /"regions":/ { print device, value("alt"), value("name") }' | sort
}

agree()
{
    by_dfu_util >theirs
    by_dfu >ours
    check "$1: dfu-util sees $2 alternate settings" test "$(wc -l <theirs)" = "$2"
    check "$1: dfu and dfu-util agree" diff theirs ours
}

image app.bin 20000
seq 5 9000 | head -c 30001 >radio.bin
plug 2 st-pair,scale=0.2,stats=stats.json
agree "two interfaces" 2
exits 0 "two interfaces: dfu list" dfu list
says stdout "path $bus-1:1.0"
says stdout "path $bus-1:1.1"
exits 4 "two interfaces: one must be picked" dfu flash app.bin@0x08008000
says stderr "--path $bus-1:1.0"
says stderr "--path $bus-1:1.1"
exits 0 "flash the one" dfu -p "$bus-1:1.0" flash app.bin@0x08008000
exits 0 "flash the other" dfu -p "$bus-1:1.1" flash radio.bin
exits 0 "verify the one" dfu -p "$bus-1:1.0" verify app.bin@0x08008000
exits 0 "verify the other" dfu -p "$bus-1:1.1" verify radio.bin
exits 7 "the other does not hold what the one does" dfu -p "$bus-1:1.1" verify app.bin
rm -f back.bin
check "dfu-util reads the one" dfu-util -i 0 -a 0 -s 0x08008000:20000 -U back.bin
check "it is what dfu wrote" cmp app.bin back.bin
# dfu-util 0.11 takes the first functional descriptor for that of all interfaces, so the other is DfuSe to it.
exits 74 "dfu-util cannot write the other" dfu-util -i 1 -D radio.bin
exits 0 "which is as it was" dfu -p "$bus-1:1.1" verify radio.bin
unplug
check "nothing was sent in a wrong state" grep -q '"bad_state": 0' stats.json

# The two interfaces are free of each other: one in use is no reason to keep off the other.
plug 2 st-pair,scale=4
dfu -p "$bus-1:1.0" read -o all.bin 0x08000000+1M >log 2>&1 &
reader=$!
until_true has_driver "$bus-1:1.0" usbfs
exits 0 "in use: dfu list" dfu list
says stdout "cannot be used: another program has claimed interface 0"
exits 5 "in use: the same interface" dfu -p "$bus-1:1.0" info
says stderr "another program has it (LIBUSB_ERROR_BUSY)"
says stderr "hint:"
head -c 3000 radio.bin >short.bin
exits 0 "in use: the other interface" dfu -p "$bus-1:1.1" flash short.bin
check "in use: the reader got all" wait $reader
unplug

# What is in the other configuration is told of, and cannot be had before that is in force.
plug 1 st-configs,scale=0.2
agree "two configurations" 2
exits 0 "two configurations: dfu list" dfu list
says stdout "cannot be used: it belongs to configuration 2, but 1 is in force"
exits 0 "what is in force needs no choice" dfu flash app.bin@0x08008000
exits 5 "the other cannot be used" dfu -p "$bus-1:2.0" flash radio.bin
says stderr "belongs to configuration 2, but 1 is in force"
says stderr "echo 2 > /sys/bus/usb/devices/$bus-1/bConfigurationValue"
echo 2 >"/sys/bus/usb/devices/$bus-1/bConfigurationValue"
exits 0 "after the change that was hinted at" dfu flash radio.bin
exits 0 "after the change: verify" dfu -p "$bus-1:2.0" verify radio.bin
rm -f back.bin
check "after the change: dfu-util reads it" dfu-util -c 2 -U back.bin
check "it is what dfu wrote" cmp radio.bin back.bin
head -c 9000 radio.bin >short.bin
check "after the change: dfu-util writes it" dfu-util -c 2 -D short.bin
exits 0 "dfu verifies it" dfu verify short.bin
exits 5 "now the first cannot be used" dfu -p "$bus-1:1.0" info
unplug

# A program with another interface before its run-time one.
plug 1 dfu11-runtime-composite
agree "composite program" 1
exits 0 "composite program: detach and flash" dfu flash --detach radio.bin
unplug
finish
