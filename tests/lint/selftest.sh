#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# selftest.sh CC CXX: every check accepts a small good project and rejects it with one fault added, so that none of
# them passes because it looks at nothing.
set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
cc=$1 cxx=$2
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
passed=0 failed=0

# good: a project of one function in each library that keeps every rule.
good()
{
    find "$tree" -mindepth 1 -delete
    mkdir -p "$tree"/{docs,include/libdfu,lib/{core,map,op,usb,image,proto,session,sim},cli,tests/{unit,sim,cli,support},build}
    local id='/* SPDX-License-Identifier: BSD-2-Clause */' header
    for header in types error context transport device memmap session image plan crc libdfu; do
        printf '%s\n#ifndef H_%s\n#define H_%s\ntypedef int h_%s_t;\n#endif\n' "$id" "$header" "$header" "$header" \
            >"$tree/include/libdfu/$header.h"
    done
    cat >"$tree/include/libdfu/error.h" <<EOF
$id
#ifndef H_error
#define H_error
#define DFU_API __attribute__((visibility("default")))
#ifdef __cplusplus
extern "C" {
#endif
/** Gives one; DFU_API int dfu_not_declared(void) is only text. @since 0.1 */
DFU_API int dfu_one(int a,
                    int b);
#ifdef __cplusplus
}
#endif
#endif
EOF
    cat >"$tree/include/libdfu/sim.h" <<EOF
$id
#ifndef H_sim
#define H_sim
#include <libdfu/error.h>
#ifdef __cplusplus
extern "C" {
#endif
/**
 * Gives one, too.
 * @since 0.1
 */
DFU_API int dfu_sim_one(void);
#ifdef __cplusplus
}
#endif
#endif
EOF
    printf '%s\nint dfui_two(void);\n' "$id" >"$tree/lib/core/core.h"
    printf '%s\nint dfui_desc(void);\n' "$id" >"$tree/lib/usb/desc.h"
    printf '%s\nint dfui_map(void);\n' "$id" >"$tree/lib/map/map.h"
    cat >"$tree/lib/core/one.c" <<EOF
$id
#include <libdfu/error.h>
#include "core/core.h"
static const char *const words[] = {"a", "b"};
int dfui_two(void) { return words[0][0]; }
int dfu_one(int a, int b) { return a + b; }
__attribute__((visibility("default"))) int dfu_hidden(void) { return 2; }
EOF
    printf '%s\n#include <libdfu/sim.h>\nint dfu_sim_one(void) { return 1; }\n' "$id" >"$tree/lib/sim/sim.c"
    printf '%s\n#include <libdfu/libdfu.h>\n' "$id" >"$tree/cli/main.c"
    printf '%s\n#include <libdfu/libdfu.h>\n' "$id" >"$tree/tests/support/support.h"
    printf '%s\n/* sleep(1) is only text */\n#include "support.h"\n' "$id" >"$tree/tests/sim/test_one.c"
    printf 'LIBDFU_0.1 {\nglobal:\n    dfu_one;\nlocal:\n    *;\n};\n' >"$tree/lib/libdfu.map"
    printf 'LIBDFU_SIM_0.1 {\nglobal:\n    dfu_sim_one;\nlocal:\n    *;\n};\n' >"$tree/lib/sim/libdfu-sim.map"
    printf 'hello\n' >"$tree/README.md"
    printf '%s\n/* {"wrp", set_wrp} */\n' "$id" >"$tree/cli/simdev.c"
    {
        printf '%s\n' "$id"
        printf 'QUIRK("A1", "seen", "where", "what\\"s, done",\n      "sim,wrp", "tests/sim/test_two.c:a1_one", "why")\n'
        printf 'NOT_OURS("%s", "seen", "where", "why")\n' A{2..6} B{1..21} C{1..25} D{1..11} E{1..11} H{1..9}
    } >"$tree/lib/proto/quirks.def"
    printf '%s\nstatic void a1_one(void **state)\n{\n    cmocka_unit_test(a1_one);\n}\n' "$id" >"$tree/tests/sim/test_two.c"
    python3 "$here/quirks.py" --write "$tree"
}

# build: objects and shared libraries as the real build lays them out.
build()
{
    mkdir -p "$tree/build/lib/x_objects.dir"
    "$cc" -fPIC -fvisibility=hidden -fno-builtin -w -I "$tree/include" -I "$tree/lib" -c "$tree/lib/core/one.c" \
        -o "$tree/build/lib/x_objects.dir/one.c.o" &&
        "$cc" -fPIC -fvisibility=hidden -w -I "$tree/include" -c "$tree/lib/sim/sim.c" \
            -o "$tree/build/lib/x_objects.dir/sim.c.o" &&
        "$cc" -shared -Wl,--version-script="$tree/lib/libdfu.map" -o "$tree/build/libdfu.so" \
            "$tree/build/lib/x_objects.dir/one.c.o" &&
        "$cc" -shared -Wl,--version-script="$tree/lib/sim/libdfu-sim.map" -o "$tree/build/libdfu-sim.so" \
            "$tree/build/lib/x_objects.dir/sim.c.o" &&
        find "$tree/build/lib" -name '*.o' >"$tree/build/objects"
}

run_check() # run_check CHECK
{
    case $1 in
    headers) set -- "$1" "$tree" "$cc" "$cxx" ;;
    exports) set -- "$1" "$tree" "$tree/build/libdfu.so" "$tree/build/libdfu-sim.so" ;;
    forbidden | globals) set -- "$1" "$tree/build/objects" ;;
    names) set -- "$1" "$tree" "$tree/build/objects" ;;
    *) set -- "$1" "$tree" ;;
    esac
    local check=$1
    shift
    case $check in
    exports | forbidden | globals | names) build || return 99 ;;
    esac
    "$here/$check.sh" "$@"
}

report() # report OK TEXT OUTPUT
{
    if [ "$1" = yes ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s; it printed:\n%s\n' "$2" "$3"
    fi
}

accepts() # accepts CHECK
{
    local output status
    good
    output=$(run_check "$1" 2>&1)
    status=$?
    if [ $status = 0 ]; then
        report yes
    else
        report no "$1 should accept the good project (exit $status)" "$output"
    fi
}

# rejects CHECK TEXT FILE LINE: with LINE appended to FILE of the good project the check fails and says TEXT.
rejects()
{
    local output status
    good
    mkdir -p "$tree/$(dirname "$3")"
    printf '%b\n' "$4" >>"$tree/$3"
    output=$(run_check "$1" 2>&1)
    status=$?
    if [ $status = 1 ] && grep -qF -- "$2" <<<"$output"; then
        report yes
    else
        report no "$1 should reject '$4' in $3 with '$2' (exit $status)" "$output"
    fi
}

for check in layers headers exports documented forbidden globals names no_sleep spdx words quirks; do
    accepts "$check"
done

rejects layers 'lib/core may not include lib/usb' lib/core/one.c '#include "usb/desc.h"'
rejects layers 'lib/map may not include lib/usb' lib/map/map.h '#include "usb/desc.h"'
rejects layers 'lib/proto may not include lib/map' lib/proto/x.c '#include "map/map.h"'
rejects layers 'lib/sim may not include lib/core' lib/sim/sim.c '#include "core/core.h"'
rejects layers 'lib/sim may not include <libdfu/memmap.h>' lib/sim/sim.c '#include <libdfu/memmap.h>'
rejects layers 'lib/image may not include <libdfu/device.h>' lib/image/x.c '#include <libdfu/device.h>'
rejects layers 'lib/op may not include <libdfu/libdfu.h>' lib/op/x.c '#include <libdfu/libdfu.h>'
rejects layers 'only lib/usb/libusb* may include <libusb.h>' lib/usb/other.c '#include <libusb.h>'
rejects layers 'only lib/usb/libusb* may include <libusb-1.0/libusb.h>' cli/main.c '  #  include <libusb-1.0/libusb.h>'
rejects layers 'only <libdfu/...> may be included besides' cli/main.c '#include "core/core.h"'
rejects layers 'climbs out of its folder' cli/main.c '#include "../lib/core/core.h"'
rejects layers 'only <libdfu/...> may be included besides' tests/sim/test_one.c '#include "core/core.h"'
rejects layers 'only <libdfu/...> may be included besides' tests/cli/test_x.c '#include "core/core.h"'
rejects layers 'includes a source file' tests/unit/test_x.c '#include "core/one.c"'
rejects layers 'public headers include each other' include/libdfu/error.h '#include "types.h"'
rejects layers 'does not exist' cli/main.c '#include <libdfu/none.h>'
rejects headers 'libdfu/crc.h as c11' include/libdfu/crc.h 'extern uint32_t dfu_x;'
rejects headers 'libdfu/crc.h as c++17' include/libdfu/crc.h 'typedef int class;'
rejects headers 'libdfu/plan.h as c11' include/libdfu/plan.h 'struct unguarded { int a; };'
rejects exports 'dfu_two is in the headers but not in libdfu.map' include/libdfu/crc.h \
    '#include <libdfu/error.h>\nDFU_API int\ndfu_two (void);'
rejects exports 'dfu_three is in libdfu-sim.map but not in the headers' lib/sim/libdfu-sim.map \
    'X {\nglobal:\n    dfu_three;\nlocal:\n    none;\n};'
rejects exports 'dfu_four is in libdfu.map but not in libdfu.so' lib/libdfu.map 'X {\nglobal:\n    dfu_four;\nlocal:\n    none;\n};'
rejects exports 'dfu_hidden is in libdfu.so but not in libdfu.map' lib/libdfu.map 'X {\nglobal:\n    dfu_hid*;\n};'
rejects documented 'dfu_two has no comment' include/libdfu/crc.h 'DFU_API int dfu_two(void);'
rejects documented 'the comment of dfu_two has no @since' include/libdfu/crc.h '/** Two. */\nDFU_API int dfu_two(void);'
rejects documented 'dfu_two has no comment' include/libdfu/crc.h \
    '/** About a struct. @since 0.1 */\nstruct x;\nDFU_API int dfu_two(void);'
rejects forbidden 'exit ends the caller' lib/core/one.c 'void exit(int);\nvoid dfui_x(void) { exit(1); }'
rejects forbidden '__assert_fail ends the caller' lib/core/one.c '#include <assert.h>\nvoid dfui_x(int a) { assert(a); }'
rejects forbidden 'prints' lib/core/one.c '#include <stdio.h>\nvoid dfui_x(void) { printf("x\\n"); }'
rejects forbidden 'stderr prints' lib/core/one.c '#include <stdio.h>\nvoid dfui_x(void) { fwrite("x", 1, 1, stderr); }'
rejects forbidden 'getenv reads the environment' lib/core/one.c '#include <stdlib.h>\nchar *dfui_x(void) { return getenv("X"); }'
rejects forbidden 'sscanf reads numbers' lib/core/one.c '#include <stdio.h>\nint dfui_x(char *s, int *a) { return sscanf(s, "%d", a); }'
rejects forbidden 'reads numbers' lib/sim/sim.c '#include <stdlib.h>\nint dfui_x(char *s) { return atoi(s); }'
rejects forbidden 'strcpy writes without bounds' lib/core/one.c '#include <string.h>\nvoid dfui_x(char *a, char *b) { strcpy(a, b); }'
rejects forbidden 'nanosleep waits' lib/core/one.c '#include <time.h>\nvoid dfui_x(struct timespec *t) { nanosleep(t, 0); }'
rejects globals 'counter is a variable (.bss)' lib/core/one.c 'static int counter;\nint dfui_x(void) { return ++counter; }'
rejects globals 'is a variable (.data)' lib/core/one.c 'int dfui_x(void) { static int seen = 7; return ++seen; }'
rejects globals 'names is a variable' lib/core/one.c 'const char *names[] = {"a", "b"};'
rejects globals 'is a variable (.tbss)' lib/core/one.c 'static _Thread_local int t;\nint dfui_x(void) { return ++t; }'
rejects names 'tools does not belong on the top level' tools/x.sh 'echo'
rejects names 'NOTES.txt does not belong' NOTES.txt 'x'
rejects names 'helper starts with neither' lib/core/one.c 'int helper(void) { return 1; }'
rejects no_sleep 'tests/sim/test_one.c:4:' tests/sim/test_one.c 'void x(void) { usleep (10); }'
rejects no_sleep 'tests/cli/x.sh' tests/cli/x.sh 'true; sleep 1'
rejects no_sleep 'tests/cli/x.py' tests/cli/x.py 'time.sleep(1)'
rejects spdx 'cli/other.c names no licence' cli/other.c 'int x;'
rejects spdx 'packaging/run names no licence' packaging/run '#!/bin/sh'
rejects words 'README.md:2:' README.md 'see /ho''me/somebody/x'
rejects words 'README.md:2:' README.md 'cd /wo''rk/main'
rejects words 'cli/main.c' cli/main.c '/* /tm''p/out */'
rejects words 'README.md:2:' README.md 'data in ../sha''red/data'
rejects quirks 'docs/quirks.md is not what the table says' docs/quirks.md 'more'
rejects quirks 'B9: is 2 times in the table' lib/proto/quirks.def 'NOT_OURS("B9", "seen", "where", "why")'
rejects quirks 'B9: a device row without a QUIRK' lib/proto/quirks.def 'DEVICE("B9", 1, 2, 2, 0, 1, F, "why", "source")'
rejects quirks 'tests/sim/test_two.c has no test b9' lib/proto/quirks.def \
    'QUIRK("B9", "seen", "where", "what", "sim,wrp", "tests/sim/test_two.c:b9", "why")'
rejects quirks '--sim has no key nokey' lib/proto/quirks.def \
    'QUIRK("B9", "seen", "where", "what", "sim,nokey", "tests/sim/test_two.c:a1_one", "why")'

# hardened ACCEPTED FLAG…: a program built so is accepted, or is not.
hardened()
{
    local want=$1 output status
    shift
    printf '#include <stdio.h>\n#include <string.h>\nint main(int c, char **v)\n{\n    char b[40];\n    strcpy(b, v[c - 1]);\n    return puts(b);\n}\n' >"$tree/h.c"
    "$cc" -O2 -w "$@" -o "$tree/h" "$tree/h.c" 2>/dev/null || return 0 # an option that this compiler does not have
    output=$("$here/hardened.sh" Release "$tree/h" 2>&1)
    status=$?
    if { [ "$want" = yes ] && [ $status = 0 ]; } || { [ "$want" = no ] && [ $status = 1 ]; }; then
        report yes
    else
        report no "hardened for: $* (exit $status)" "$output"
    fi
}

# shellcheck disable=SC2054 # the commas are the linker's
all=(-fPIE -pie -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -Wl,-z,relro,-z,now)
hardened yes "${all[@]}"
hardened no "${all[@]}" -fno-PIE -no-pie
hardened no "${all[@]}" -fno-stack-protector
hardened no "${all[@]}" -U_FORTIFY_SOURCE
hardened no "${all[@]}" -Wl,-z,lazy
hardened no "${all[@]}" -Wl,-z,norelro
hardened no "${all[@]}" -Wl,-z,execstack

printf '%d cases passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
