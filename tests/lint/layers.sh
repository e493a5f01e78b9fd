#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# layers.sh ROOT: who may include whom. docs/architecture.md explains the table.
. "$(dirname "$0")/lint.sh"
root=$1

# Folders of lib/ whose private headers a folder of lib/ may include.
declare -A private=(
    [core]="core"
    [image]="core image"
    [map]="core map"
    [usb]="core usb"
    [proto]="core usb proto"
    [session]="core usb proto map session"
    [op]="core image map usb proto session op"
    [sim]="sim"
)
# Public headers that it may include; the umbrella is for users.
declare -A public=(
    [core]="types error context"
    [image]="types error image crc"
    [map]="types error memmap optbytes"
    [usb]="types error context transport device"
    [proto]="types error context transport device"
    [session]="types error context transport device memmap optbytes session"
    [op]="types error context transport device memmap optbytes session image plan crc gang"
    [sim]="types error context transport sim"
)

has() # has WORD "LIST"
{
    case " $2 " in *" $1 "*) return 0 ;; esac
    return 1
}

# lib_include FILE HEADER: a quoted include in lib/FOLDER/.
lib_include()
{
    local file=$1 header=$2 folder target
    folder=$(cut -d/ -f2 <<<"$file")
    if [ -f "$root/lib/$header" ]; then
        target=${header%%/*}
    elif [ -f "$root/$(dirname "$file")/$header" ]; then
        target=$folder
    else
        offend "$file: \"$header\" is not a header of lib/ or of its own folder"
        return
    fi
    has "$target" "${private[$folder]-}" || offend "$file: lib/$folder may not include lib/$target ($header)"
}

# outside_include FILE HEADER FOLDER…: a quoted include where only the folder's own headers are allowed.
outside_include()
{
    local file=$1 header=$2 folder
    shift 2
    for folder in "$@"; do
        [ -f "$root/$folder/$header" ] && return
    done
    offend "$file: \"$header\" is not a header of $*; only <libdfu/...> may be included besides"
}

quoted() # quoted FILE HEADER
{
    case $2 in
    *..*) offend "$1: \"$2\" climbs out of its folder" && return ;;
    *.c) offend "$1: includes a source file, \"$2\"" && return ;;
    esac
    case $1 in
    lib/*) lib_include "$1" "$2" ;;
    include/*) offend "$1: public headers include each other as <libdfu/...>, not \"$2\"" ;;
    cli/*) outside_include "$1" "$2" cli "$(dirname "$1")" ;;
    tests/sim/*) outside_include "$1" "$2" tests/sim tests/support ;;
    tests/cli/*) outside_include "$1" "$2" tests/cli tests/support cli ;;
    tests/support/*) outside_include "$1" "$2" tests/support ;;
    esac
}

angled() # angled FILE HEADER
{
    local folder
    case $2 in
    libdfu/*)
        [ -f "$root/include/$2" ] || offend "$1: <$2> does not exist"
        case $1 in
        lib/*)
            folder=$(cut -d/ -f2 <<<"$1")
            has "$(basename "$2" .h)" "${public[$folder]-}" || offend "$1: lib/$folder may not include <$2>"
            ;;
        esac
        ;;
    *libusb*)
        case $1 in lib/usb/libusb*) ;; *) offend "$1: only lib/usb/libusb* may include <$2>" ;; esac
        ;;
    zlib.h)
        case $1 in lib/image/* | tests/unit/*) ;; *) offend "$1: only lib/image may include <$2>" ;; esac
        ;;
    esac
}

count=0
while IFS= read -r file; do
    while IFS= read -r line; do
        count=$((count + 1))
        case $line in
        \"*) quoted "$file" "${line//\"/}" ;;
        \<*) angled "$file" "${line//[<>]/}" ;;
        *) offend "$file: an include that cannot be checked: $line" ;;
        esac
    done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*("[^"]*"|<[^>]*>|.*).*/\1/p' "$root/$file")
done < <(files "$root" 'lib/*.[ch]' 'include/*.h' 'cli/*.[ch]' 'tests/*.[ch]')
[ "$count" -gt 0 ] || offend "no includes found in $root"
finish "includes keep to the layers"
