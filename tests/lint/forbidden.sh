#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# forbidden.sh LIST…: no object of the libraries calls what a library must not call.
. "$(dirname "$0")/lint.sh"

declare -A why
because() # because REASON NAME…
{
    local reason=$1 name
    shift
    for name in "$@"; do
        why[$name]=$reason
    done
}
because "ends the caller's program" exit _exit _Exit quick_exit abort __assert_fail __assert raise kill \
    pthread_exit err errx verr verrx
because "prints" printf vprintf fprintf vfprintf dprintf puts fputs putchar putc fputc perror warn warnx stdout stderr \
    __printf_chk __vprintf_chk __fprintf_chk __vfprintf_chk syslog psignal
because "reads standard input" stdin getchar scanf vscanf
because "reads the environment or the locale" getenv secure_getenv environ setlocale localeconv
because "reads numbers without bounds; use core/scan.h" sscanf vsscanf fscanf vfscanf atoi atol atoll atof \
    strtol strtoul strtoll strtoull strtoimax strtoumax strtof strtod strtold
because "writes without bounds" gets strcpy strcat stpcpy sprintf vsprintf __sprintf_chk __vsprintf_chk __strcpy_chk \
    __strcat_chk __stpcpy_chk
because "keeps state between calls" strtok rand srand random srandom localtime gmtime ctime asctime tmpnam
because "starts programs or takes over signals" system popen fork vfork execv execve execvp execl execlp posix_spawn \
    signal sigaction
because "waits or reads a clock beside the transport" sleep usleep nanosleep clock_nanosleep poll select \
    clock_gettime gettimeofday time

# allowed FILE SYMBOL: the exceptions, each with its reason.
allowed()
{
    case $1:$2 in
    */usb/libusb*:clock_gettime | */usb/libusb*:clock_nanosleep | */usb/libusb*:nanosleep) ;; # the transport's own clock
    */usb/uevent*:poll) ;; # waits for it
    */sim/*clock*:clock_gettime | */sim/*clock*:clock_nanosleep | */sim/*clock*:nanosleep) ;; # real time on request
    *) return 1 ;;
    esac
}

count=0
while IFS= read -r object; do
    count=$((count + 1))
    while IFS= read -r symbol; do
        plain=${symbol#__isoc99_}
        plain=${plain#__isoc23_}
        [ -n "${why[$plain]-}" ] || continue
        allowed "$object" "$plain" || offend "${object##*_objects.dir/}: $symbol ${why[$plain]}"
    done < <(nm -u "$object" | awk '{ sub(/@.*/, "", $NF); print $NF }')
done < <(objects "$@")
[ "$count" -gt 0 ] || offend "no objects found in $*"
finish "the libraries leave the program, its output, its environment and its time alone"
